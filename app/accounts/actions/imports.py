"""Agencies from a sheet: what would happen, and then that, whole or not at all."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import audit
from app.accounts.actions.agencies import MOST_LEVELS
from app.accounts.actions.tree import Outdated, publish, publish_later, tree_change, words_of
from app.accounts.forms.imports import Line, Mistake, Sheet
from app.accounts.models import Agency, AgencyChange
from app.accounts.queries.columns import column
from app.audit import Actor
from app.i18n import LANGUAGES
from app.i18n import gettext as _

FEW = 50
"""So many are made findable at once; more by jobs."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Change:
    """An agency that is there and would change."""

    line: int
    wanted: Line
    agency: Agency
    fields: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """What an import would do. With a mistake it does nothing."""

    created: list[tuple[int, Line]] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    left: int = 0
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """What was shown: it must not be something else that is done."""
        parts = [f"+{wanted.slug}" for _line, wanted in self.created]
        parts += [f"{change.agency.slug}@{change.agency.version}:{','.join(change.fields)}" for change in self.changed]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def does_nothing(self) -> bool:
        """Whether everything is so already."""
        return not (self.created or self.changed)


class Wrong(Exception):
    """A sheet with mistakes; the plan tells them."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"{len(plan.mistakes)} mistakes")
        self.plan = plan


async def plan(sheet: Sheet) -> Plan:
    """What the import of a sheet would do at this moment."""
    found = Plan(mistakes=list(sheet.mistakes))
    known = {row.slug: row for row in await Agency.all()}
    slug_of = {row.id: row.slug for row in known.values()}
    given_up = set(await column(AgencyChange.filter(old_slug__not_isnull=True), "old_slug"))
    listed = {wanted.slug for _line, wanted in sheet.lines}
    above = {slug: slug_of.get(row.parent_id, "") for slug, row in known.items()}  # type: ignore[attr-defined]  # Tortoise adds it
    wrong = Sheet(mistakes=found.mistakes)
    for line, wanted in sheet.lines:
        row = known.get(wanted.slug)
        if row is not None and row.closed_at is not None:
            wrong.wrong(line, "slug", _("This agency is closed."))
            continue
        if row is None and wanted.slug in given_up:
            wrong.wrong(line, "slug", _("Another agency had this address, and links still lead to it."))
            continue
        parent = known.get(wanted.parent)
        if wanted.parent and wanted.parent not in listed and parent is None:
            wrong.wrong(line, "parent", _("There is no agency with this address."))
            continue
        if parent is not None and parent.closed_at is not None:
            wrong.wrong(line, "parent", _("This agency is closed; nothing can be put under it."))
            continue
        if row is None or "parent" in sheet.columns:
            above[wanted.slug] = wanted.parent
        if row is None:
            found.created.append((line, wanted))
            continue
        fields = _fields(row, wanted, sheet.columns, slug_of)
        if fields:
            found.changed.append(Change(line, wanted, row, fields))
        else:
            found.left += 1
    for line, wanted in sheet.lines:
        levels = _levels(wanted.slug, above)
        if levels is None:
            wrong.wrong(line, "parent", _("It cannot stand under itself or under what belongs to it."))
        elif levels > MOST_LEVELS:
            wrong.wrong(line, "parent", _("The tree is too deep here."))
    found.mistakes.sort(key=lambda mistake: mistake.line)
    return found


def _levels(slug: str, above: Mapping[str, str]) -> int | None:
    """How deep an agency would stand; None when it would stand under itself."""
    seen = set[str]()
    while slug:
        if slug in seen:
            return None
        seen.add(slug)
        slug = above.get(slug, "")
    return len(seen)


def _columns(wanted: Line) -> dict[str, Any]:
    return {"name": wanted.name, "kind": wanted.kind, "place": wanted.place, **wanted.contact()}


def _values(row: Agency, wanted: Line, columns: tuple[str, ...]) -> dict[str, Any]:
    """What the table is to hold. A column that the sheet lacks says nothing, for one language too."""
    values: dict[str, Any] = {}
    for name, value in _columns(wanted).items():
        if isinstance(value, dict):
            kept = dict(getattr(row, name))
            for language in LANGUAGES:
                if f"{name}_{language}" in columns:
                    kept.pop(language, None)
                    kept |= {language: value[language]} if language in value else {}
            values[name] = kept
        elif name in columns:
            values[name] = value
    return values


def _fields(row: Agency, wanted: Line, columns: tuple[str, ...], slug_of: Mapping[int, str]) -> tuple[str, ...]:
    """Columns of the table that would change."""
    fields = [name for name, value in _values(row, wanted, columns).items() if getattr(row, name) != value]
    parent = slug_of.get(row.parent_id, "")  # type: ignore[attr-defined]  # Tortoise adds it
    if "parent" in columns and parent != wanted.parent:
        fields.append("parent")
    return tuple(fields)


async def apply(sheet: Sheet, seen: str | None, *, actor: Actor, now: datetime) -> Plan:
    """Do what the plan says, all of it or nothing. `Outdated` when it would not be what was shown as `seen`."""
    async with tree_change():
        intended = await plan(sheet)
        if intended.mistakes:
            raise Wrong(intended)
        if seen is not None and seen != intended.fingerprint:
            raise Outdated
        if intended.does_nothing:
            return intended
        ids = await _create(intended, actor, now)
        await _change(intended, sheet.columns, ids, actor, now)
        touched = [ids[wanted.slug] for _line, wanted in intended.created]
        touched += [change.agency.id for change in intended.changed]
        if len(touched) <= FEW:
            for row in await Agency.filter(id__in=touched):
                await publish(row, now)
        else:
            await publish_later(touched, now)
        details = {
            "created": len(intended.created),
            "changed": len(intended.changed),
            "left": intended.left,
            "plan": intended.fingerprint,
        }
        await audit.record(actor, "imported_agencies", "agencies", now=now, details=details)
    return intended


async def _create(intended: Plan, actor: Actor, now: datetime) -> dict[str, int]:
    """Enter new agencies, level by level, because a row points to the one above it; numbers of all by slug."""
    ids: dict[str, int] = dict(await Agency.all().values_list("slug", "id"))
    waiting = [wanted for _line, wanted in intended.created]
    while waiting:
        ready = [wanted for wanted in waiting if not wanted.parent or wanted.parent in ids]
        waiting = [wanted for wanted in waiting if wanted.parent and wanted.parent not in ids]
        rows = []
        for wanted in ready:
            row = Agency(slug=wanted.slug, parent_id=ids.get(wanted.parent), **_columns(wanted))
            row.search = words_of(row)
            rows.append(row)
        await Agency.bulk_create(rows, batch_size=BATCH)
        ids = dict(await Agency.all().values_list("slug", "id"))
    fresh = [
        AgencyChange(agency_id=ids[wanted.slug], verb="entered", at=now, by=actor.text)
        for _line, wanted in intended.created
    ]
    await AgencyChange.bulk_create(fresh, batch_size=BATCH)
    return ids


async def _change(
    intended: Plan, columns: tuple[str, ...], ids: Mapping[str, int], actor: Actor, now: datetime
) -> None:
    steps = []
    for change in intended.changed:
        row = change.agency
        told = _values(row, change.wanted, columns)
        values = {name: value for name, value in told.items() if name in change.fields}
        if "name" in change.fields:
            steps.append(AgencyChange(agency_id=row.id, verb="renamed", at=now, by=actor.text, old_name=row.name))
        if "parent" in change.fields:
            parent = ids.get(change.wanted.parent)
            values["parent_id"] = parent
            steps.append(AgencyChange(agency_id=row.id, verb="moved", at=now, by=actor.text, other_id=parent))
        for name, value in values.items():
            setattr(row, name, value)
        taken = Agency.filter(id=row.id, version=row.version, closed_at=None)
        if not await taken.update(**values, search=words_of(row), version=row.version + 1):
            raise Outdated
    await AgencyChange.bulk_create(steps, batch_size=BATCH)
