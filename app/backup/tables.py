"""Tables as the archive sees them: columns, kinds, the order in which rows can be loaded."""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tortoise import Tortoise, fields

from app.backup.common import TABLE, Failed


@dataclass(frozen=True, slots=True)
class Table:
    """A table and the kinds of its columns."""

    name: str
    columns: Mapping[str, str]
    """Column -> kind."""
    key: tuple[str, ...]
    generated: str | None
    """The column that the database numbers itself."""
    needs: frozenset[str] = frozenset()


_KINDS: tuple[tuple[type[Any], str], ...] = (
    (fields.JSONField, "json"),
    (fields.BooleanField, "bool"),
    (fields.DatetimeField, "datetime"),
    (fields.DateField, "date"),
    (fields.TimeField, "time"),
    (fields.DecimalField, "decimal"),
    (fields.UUIDField, "uuid"),
    (fields.BinaryField, "bytes"),
    (fields.FloatField, "float"),
    (fields.TimeDeltaField, "int"),  # microseconds in both databases
    (fields.IntField, "int"),  # BigIntField and enumerations of numbers are IntFields
    (fields.SmallIntField, "int"),
    (fields.CharField, "text"),
    (fields.TextField, "text"),
)


def _kind(of: Any) -> str:
    for type_, kind in _KINDS:
        if isinstance(of, type_):
            return kind
    raise Failed(f"{of!r} is of a kind that a backup does not know")


def tables_of_models() -> list[Table]:
    """The tables of all features, those that others point to first."""
    found: dict[str, Table] = {}
    for models in Tortoise.apps.values():
        for model in models.values():
            meta = model._meta  # noqa: SLF001 - Tortoise's own name for the description of a model
            columns = {column: _kind(meta.fields_map[name]) for name, column in meta.fields_db_projection.items()}
            related = (meta.fields_map[name] for name in (*meta.fk_fields, *meta.o2o_fields))
            needs = frozenset(name_of(relation.related_model) for relation in related)
            generated = meta.db_pk_column if meta.pk.generated else None
            found[meta.db_table] = Table(meta.db_table, columns, (meta.db_pk_column,), generated, needs)
            for name in meta.m2m_fields:
                link: Any = meta.fields_map[name]
                ends = {link.backward_key: model, link.forward_key: link.related_model}
                kinds = {column: _kind(end._meta.pk) for column, end in ends.items()}  # noqa: SLF001
                names = frozenset(name_of(end) for end in ends.values())
                found.setdefault(link.through, Table(link.through, kinds, tuple(sorted(kinds)), None, names))
    graph = {name: table.needs - {name} for name, table in sorted(found.items())}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        order = sorted(found)  # the constraints are checked at the end of the transaction anyway
    for name in order:
        if not TABLE.match(name):
            raise Failed(f"{name!r} is no name for a table")
    return [found[name] for name in order]


def name_of(model: Any) -> str:
    """Name of a model's table."""
    return str(model._meta.db_table)  # noqa: SLF001


def to_json(kind: str, value: Any) -> Any:
    """A value from either database as the archive spells it."""
    if value is None:
        return None
    match kind:
        case "json":
            return json.loads(value) if isinstance(value, str | bytes) else value
        case "bool":
            return bool(value)
        case "datetime":
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat(timespec="microseconds")
        case "date" | "time":
            return value if isinstance(value, str) else value.isoformat()
        case "decimal" | "uuid":
            return str(value)
        case "bytes":
            return base64.b64encode(value).decode()
        case _:
            return value


def to_database(kind: str, value: Any, *, postgres: bool) -> Any:
    """A value of the archive as the driver wants it, spelled as Tortoise spells it."""
    if value is None:
        return None
    match kind:
        case "json":
            return json.dumps(value, separators=(",", ":"))
        case "bool":
            return value if postgres else int(value)
        case "datetime":
            moment = datetime.fromisoformat(value)
            return moment if postgres else moment.isoformat(" ")
        case "date":
            return date.fromisoformat(value) if postgres else value
        case "time":
            return time.fromisoformat(value) if postgres else value
        case "decimal":
            return Decimal(value) if postgres else value
        case "uuid":
            return uuid.UUID(value) if postgres else value
        case "bytes":
            return base64.b64decode(value)
        case _:
            return value
