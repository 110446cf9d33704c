"""What can be done with the units of an agency: add, rename, close."""

from datetime import datetime

from tortoise.expressions import F, Q
from tortoise.transactions import in_transaction

from app import audit
from app.accounts.actions.tree import Outdated
from app.accounts.forms.agencies import UnitNamed
from app.accounts.models import Agency, Membership, Unit
from app.accounts.queries.columns import column
from app.audit import Actor
from app.forms import Invalid
from app.i18n import format_number, ngettext
from app.i18n import gettext as _
from app.search.normal import fold


async def add(agency: Agency, form: UnitNamed, *, actor: Actor, now: datetime) -> Unit:
    """Add a unit, unless there is an open one of this name: whoever sends a form twice has one unit."""
    async with in_transaction():
        await _hold(agency, form)
        await _refuse_double(agency, form)
        unit = await Unit.create(agency_id=agency.id, name=form.name, email=form.email)
        await audit.record(actor, "added_unit", f"unit:{unit.id}", now=now, details={"agency": agency.id})
    return unit


async def rename(agency: Agency, unit: Unit, form: UnitNamed, *, actor: Actor, now: datetime) -> None:
    """Give a unit another name or address; `Outdated` when it was closed meanwhile."""
    async with in_transaction():
        await _hold(agency, form)
        await _refuse_double(agency, form, unit.id)
        changed = await Unit.filter(id=unit.id, agency_id=agency.id, closed_at=None).update(
            name=form.name, email=form.email
        )
        if not changed:
            raise Outdated
        await audit.record(actor, "renamed_unit", f"unit:{unit.id}", now=now, details={"agency": agency.id})


async def close(agency: Agency, unit: Unit, *, actor: Actor, now: datetime) -> None:
    """Close a unit in which nobody has a role any more."""
    async with in_transaction():
        held = await Membership.filter(Q(ends_at=None) | Q(ends_at__gt=now), unit_id=unit.id, ended_at=None).count()
        if held:
            raise Invalid.because(
                {},
                form=ngettext(
                    "%(n)s role is held in this unit. End it or move it first.",
                    "%(n)s roles are held in this unit. End them or move them first.",
                    held,
                    n=format_number(held),
                ),
            )
        changed = await Unit.filter(id=unit.id, agency_id=agency.id, closed_at=None).update(closed_at=now)
        if changed:  # whoever presses twice has closed it once
            await audit.record(actor, "closed_unit", f"unit:{unit.id}", now=now, details={"agency": agency.id})


async def _hold(agency: Agency, form: UnitNamed) -> None:
    """Keep others from adding to this agency until the transaction ends, and refuse a closed one."""
    if not await Agency.filter(id=agency.id, closed_at=None).update(version=F("version")):
        raise Invalid.because(_typed(form), form=_("This agency is closed."))


def _typed(form: UnitNamed) -> dict[str, str]:
    return {name: str(value) for name, value in form.model_dump().items()}


async def _refuse_double(agency: Agency, form: UnitNamed, own: int = 0) -> None:
    names = await column(Unit.filter(agency_id=agency.id, closed_at=None).exclude(id=own), "name")
    if fold(form.name_ar) in {fold(name.get("ar", "")) for name in names}:
        raise Invalid.because(_typed(form), name_ar=_("There is a unit of this name already."))
