"""`python -m app.data_doc` writes docs/data.md, the inventory of what is kept, from the models; a test compares."""

from collections.abc import Iterable
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path

from tortoise.models import Model

from app.data_inventory import INVENTORY
from app.features import Feature
from app.main import FEATURES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "data.md"

_HEAD = """# What is kept

Every table of the portal: what it is for, whether it tells something about a person, how long it stays, and what
becomes of it when that person deletes the account. Written by `python -m app.data_doc`; a test holds it against the
models, so that no table is added in silence. How long things stay can be chosen under Administration, Settings.

"""


def models(features: Iterable[Feature] = FEATURES) -> dict[str, type[Model]]:
    """Every table and its model."""
    found = {}
    for feature in features:
        if feature.models is None:
            continue
        for _name, member in getmembers(import_module(feature.models), isclass):
            if issubclass(member, Model) and member is not Model:
                found[str(member._meta.db_table)] = member  # noqa: SLF001 - Tortoise's description of a model
    return found


def columns(model: type[Model]) -> list[str]:
    """Its columns, those of relations included, which Tortoise adds only once it is connected."""
    meta = model._meta  # noqa: SLF001 - Tortoise's description of a model
    related = {name: meta.fields_map[name].source_field or f"{name}_id" for name in (*meta.fk_fields, *meta.o2o_fields)}
    return sorted({*meta.fields_db_projection.values(), *related.values()} - set(related))


def text() -> str:
    """The whole page."""
    parts = [_HEAD]
    for table, model in sorted(models().items()):
        entry = INVENTORY[table]
        listed = ", ".join(f"`{column}`" for column in columns(model))
        parts.append(
            f"## {table}\n\n{entry.purpose}\n\n"
            f"- **Personal:** {entry.personal}\n"
            f"- **Kept:** {entry.kept}\n"
            f"- **On deletion of the account:** {entry.deletion}\n"
            f"- Columns: {listed}\n\n"
        )
    return "".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
