"""What can be done with one agency: enter it, let it speak of itself, rename it."""

from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit
from app.accounts.actions.tree import differs, note, publish, take, tree_change
from app.accounts.directory import suggested_slug
from app.accounts.forms.agencies import About, Founding, Renaming
from app.accounts.models import Agency, AgencyChange
from app.accounts.queries.agencies import lineage
from app.accounts.queries.columns import column
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.search.normal import fold

MOST_LEVELS = 12


async def create(form: Founding, *, actor: Actor, now: datetime) -> Agency:
    """Enter an agency; without a slug it gets one made of its name."""
    typed = values_of(form)
    async with tree_change():
        parent = await _parent(form.parent, typed)
        await _refuse_double(form, parent, typed)
        slug = form.slug or await free_slug(form.name)
        await refuse_taken(slug, typed)
        agency = await Agency.create(
            slug=slug, kind=form.kind, name=form.name, place=form.place, parent=parent, **form.contact()
        )
        await note(agency.id, "entered", actor.text, now)
        await publish(agency, now)
        details = {"slug": slug, "parent": parent.id if parent else None}
        await audit.record(actor, "created_agency", f"agency:{agency.id}", now=now, details=details)
    return agency


async def edit(agency: Agency, form: About, version: int, *, actor: Actor, now: datetime) -> Agency:
    """Let an agency speak of itself; `Outdated` when somebody was faster."""
    columns = form.contact()
    async with in_transaction():
        fresh = await take(agency.id, version, **columns)
        await publish(fresh, now)
        details = {"fields": differs(agency, columns)}
        await audit.record(actor, "edited_agency", f"agency:{agency.id}", now=now, details=details)
    return fresh


async def rename(agency: Agency, form: Renaming, *, actor: Actor, now: datetime) -> Agency:
    """Give another name, address, kind or place. The old name stays in the history, the old address leads here."""
    typed = values_of(form)
    async with tree_change():
        before = await Agency.get(id=agency.id)
        slug = form.slug or before.slug
        if slug != before.slug:
            await refuse_taken(slug, typed, agency.id)
        columns: dict[str, object] = {"name": form.name, "slug": slug, "kind": form.kind, "place": form.place}
        changes = differs(before, columns)
        if not changes and before.version == form.version:
            raise Invalid.because(typed, form=_("Nothing is different yet. Change the name, the address or the kind."))
        fresh = await take(agency.id, form.version, **columns)
        if {"name", "slug"} & set(changes):
            await note(
                agency.id,
                "renamed",
                actor.text,
                now,
                old_slug=before.slug if "slug" in changes else None,
                old_name=before.name if "name" in changes else None,
                reason=form.reason,
            )
        await publish(fresh, now)
        details = {"fields": changes, "slug": [before.slug, slug]}
        await audit.record(actor, "renamed_agency", f"agency:{agency.id}", now=now, reason=form.reason, details=details)
    return fresh


async def refuse_taken(slug: str, typed: dict[str, str], own: int | None = None) -> None:
    """Refuse an address that another agency has, or had: its links lead there."""
    if await Agency.filter(slug=slug).exclude(id=own or 0).exists():
        raise Invalid.because(typed, slug=_("Another agency has this address already."))
    if await AgencyChange.filter(old_slug=slug).exclude(agency_id=own or 0).exists():
        raise Invalid.because(typed, slug=_("Another agency had this address, and links still lead to it."))


async def free_slug(name: dict[str, str]) -> str:
    """An address made of a name that nobody has or had."""
    base = suggested_slug(name)
    taken = await column(Agency.filter(slug__startswith=base), "slug")
    given_up = await column(AgencyChange.filter(old_slug__startswith=base), "old_slug")
    return suggested_slug(name, {*taken, *given_up})


async def _parent(slug: str, typed: dict[str, str]) -> Agency | None:
    if not slug:
        return None
    parent = await Agency.get_or_none(slug=slug)
    if parent is None:
        raise Invalid.because(typed, parent=_("There is no agency with this address."))
    if parent.closed_at is not None:
        raise Invalid.because(typed, parent=_("This agency is closed; nothing can be put under it."))
    if len(await lineage(parent.id)) >= MOST_LEVELS:
        raise Invalid.because(typed, parent=_("The tree is too deep here."))
    return parent


async def _refuse_double(form: Founding, parent: Agency | None, typed: dict[str, str]) -> None:
    """Whoever sends the form twice enters one agency."""
    beside = Agency.filter(parent_id=parent.id if parent else None, closed_at=None)
    names = await column(beside, "name")
    if fold(form.name_ar) in {fold(name.get("ar", "")) for name in names}:
        raise Invalid.because(typed, name_ar=_("There is an agency of this name here already."))


def values_of(form: About | Founding | Renaming) -> dict[str, str]:
    """What was typed, as a form shows it again."""
    return {name: str(value) for name, value in form.model_dump().items()}
