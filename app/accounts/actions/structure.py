"""What changes the tree: move, merge, take apart again, close, open again; each a step that all can read of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app import audit
from app.accounts.actions.agencies import MOST_LEVELS
from app.accounts.actions.tree import Outdated, note, publish, take, tree_change
from app.accounts.models import Agency, AgencyChange, AgencyDocument, Invitation, Membership, Unit
from app.accounts.queries.agencies import height, lineage
from app.accounts.queries.columns import column
from app.audit import Actor
from app.forms import Invalid
from app.i18n import either, gettext, in_both
from app.i18n import gettext as _
from app.notices.actions import notify


async def move(agency: Agency, under: Agency | None, version: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Put an agency under another, or at the top. What is under it comes along."""
    typed = {"reason": reason}
    async with tree_change():
        before = await Agency.get(id=agency.id)
        parent_id = await _place_under(before, under, typed)
        if parent_id == before.parent_id:  # type: ignore[attr-defined]  # Tortoise adds it
            raise Invalid.because(typed, form=_("It stands there already."))
        fresh = await take(agency.id, version, parent_id=parent_id)
        await note(agency.id, "moved", actor.text, now, other_id=parent_id, reason=reason)
        await publish(fresh, now)
        details = {"from": before.parent_id, "to": parent_id}  # type: ignore[attr-defined]  # Tortoise adds it
        await audit.record(actor, "moved_agency", f"agency:{agency.id}", now=now, reason=reason, details=details)


async def _place_under(agency: Agency, under: Agency | None, typed: Mapping[str, str]) -> int | None:
    if under is None:
        return None
    above = await lineage(under.id)
    if agency.id in above:
        raise Invalid.because(typed, form=_("It cannot stand under itself or under what belongs to it."))
    target = await Agency.get(id=under.id)
    if target.closed_at is not None:
        raise Invalid.because(typed, form=_("This agency is closed; nothing can be put under it."))
    if len(above) + await height(agency.id) > MOST_LEVELS:
        raise Invalid.because(typed, form=_("The tree is too deep here."))
    return int(target.id)


async def merge(
    agency: Agency, into: Agency, versions: tuple[int, int], reason: str, *, actor: Actor, now: datetime
) -> None:
    """Let an agency live on in another, with what is under it, its units, documents, roles and open invitations.

    Its name, its calendars and roles that have ended stay with it as facts; its address leads to the other.
    """
    typed = {"reason": reason}
    async with tree_change():
        if agency.id in await lineage(into.id):
            raise Invalid.because(typed, form=_("The other agency is this one or belongs to it. Move it first."))
        if await height(agency.id) - 1 + len(await lineage(into.id)) > MOST_LEVELS:
            raise Invalid.because(typed, form=_("The tree is too deep here."))
        # In one order whichever way round, so that two of these never wait for each other.
        if agency.id < into.id:
            source = await take(agency.id, versions[0], closed_at=now, merged_into_id=into.id)
            target = await take(into.id, versions[1])
        else:
            target = await take(into.id, versions[1])
            source = await take(agency.id, versions[0], closed_at=now, merged_into_id=into.id)
        held = await Membership.filter(_in_force(now), agency_id=agency.id).order_by("id")
        moved = await _hand_over(source.id, target.id, None, now)
        for child in moved["children"]:
            await note(child, "moved", actor.text, now, other_id=target.id, reason=reason)
        await note(source.id, "merged", actor.text, now, other_id=target.id, reason=reason, moved=moved)
        await note(target.id, "absorbed", actor.text, now, other_id=source.id, reason=reason)
        await publish(source, now)
        await publish(target, now)
        await _tell(held, source, target, now)
        details = {"into": target.id, "moved": {kind: len(numbers) for kind, numbers in moved.items()}}
        await audit.record(actor, "merged_agency", f"agency:{source.id}", now=now, reason=reason, details=details)
        await _record_roles(moved["memberships"], source.id, target.id, actor, reason, now)


async def separate(agency: Agency, version: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Take a merger back, as a step of its own: what moved and is still where it went comes back."""
    typed = {"reason": reason}
    async with tree_change():
        merger = await AgencyChange.filter(agency_id=agency.id, verb="merged").order_by("-id").first()
        source = await Agency.get(id=agency.id)
        into: int | None = source.merged_into_id  # type: ignore[attr-defined]  # Tortoise adds it
        if merger is None or into is None:
            raise Outdated
        await _need_open_parent(source, typed)
        if not await Agency.filter(id=into, closed_at=None).exists():
            raise Invalid.because(typed, form=_("The agency into which it was merged is closed. Open that one first."))
        await _reopen(source.id, version)
        moved = await _hand_over(into, source.id, merger.moved or {}, now)
        for child in moved["children"]:
            await note(child, "moved", actor.text, now, other_id=source.id, reason=reason)
        await note(source.id, "separated", actor.text, now, other_id=into, reason=reason)
        await note(into, "released", actor.text, now, other_id=source.id, reason=reason)
        await publish(await Agency.get(id=source.id), now)
        details = {"from": into, "moved": {kind: len(numbers) for kind, numbers in moved.items()}}
        await audit.record(actor, "separated_agency", f"agency:{source.id}", now=now, reason=reason, details=details)
        await _record_roles(moved["memberships"], into, source.id, actor, reason, now)


async def close(agency: Agency, version: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Close an agency. Its page stays, and says so; nothing open may stand under it."""
    async with tree_change():
        if await Agency.filter(parent_id=agency.id, closed_at=None).exists():
            standing = _("Agencies stand under it. Move, merge or close them first.")
            raise Invalid.because({"reason": reason}, form=standing)
        fresh = await take(agency.id, version, closed_at=now)
        await note(agency.id, "closed", actor.text, now, reason=reason)
        await publish(fresh, now)
        await audit.record(actor, "closed_agency", f"agency:{agency.id}", now=now, reason=reason)


async def reopen(agency: Agency, version: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Open an agency that was closed, in its old place."""
    async with tree_change():
        source = await Agency.get(id=agency.id)
        if source.closed_at is None or source.merged_into_id is not None:  # type: ignore[attr-defined]  # Tortoise
            raise Outdated
        await _need_open_parent(source, {"reason": reason})
        await _reopen(source.id, version)
        await note(source.id, "opened", actor.text, now, reason=reason)
        await publish(await Agency.get(id=source.id), now)
        await audit.record(actor, "opened_agency", f"agency:{source.id}", now=now, reason=reason)


async def _reopen(agency: int, version: int) -> None:
    changed = await Agency.filter(id=agency, version=version, closed_at__not_isnull=True).update(
        closed_at=None, merged_into_id=None, version=version + 1
    )
    if not changed:
        raise Outdated


async def _need_open_parent(agency: Agency, typed: Mapping[str, str]) -> None:
    parent: int | None = agency.parent_id  # type: ignore[attr-defined]  # Tortoise adds it
    if parent is not None and not await Agency.filter(id=parent, closed_at=None).exists():
        raise Invalid.because(typed, form=_("The agency above it is closed. Open that one first."))


async def _hand_over(
    source: int, target: int, only: Mapping[str, list[int]] | None, now: datetime
) -> dict[str, list[int]]:
    """Move what hangs on one agency to another; all of it, or `only` those that are still there. What moved."""
    parts: dict[str, tuple[QuerySet[Any], str]] = {
        "children": (Agency.filter(parent_id=source), "parent_id"),
        "units": (Unit.filter(agency_id=source), "agency_id"),
        "documents": (AgencyDocument.filter(agency_id=source, removed_at=None), "agency_id"),
        "memberships": (Membership.filter(_in_force(now), agency_id=source), "agency_id"),
        "invitations": (
            Invitation.filter(agency_id=source, accepted_at=None, withdrawn_at=None, expires_at__gt=now),
            "agency_id",
        ),
    }
    moved: dict[str, list[int]] = {}
    for kind, (found, link) in parts.items():
        query = found if only is None else found.filter(id__in=only.get(kind, []))
        wanted = await column(query.order_by("id"), "id")
        if wanted:
            await query.filter(id__in=wanted).update(**{link: target})
            # A role may have ended between the look and the update: what is there now has moved.
            there = query.model.filter(id__in=wanted, **{link: target})
            wanted = await column(there.order_by("id"), "id")
        moved[kind] = wanted
    return moved


def _in_force(now: datetime) -> Q:
    return Q(ended_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now))


async def _tell(held: list[Membership], source: Agency, target: Agency, now: datetime) -> None:
    """Tell everybody whose role has moved, once each."""
    people = {membership.person_id for membership in held}  # type: ignore[attr-defined]  # Tortoise adds it
    for person in sorted(people):
        await notify(
            person,
            "agency.merged",
            title=in_both(lambda: gettext("Your role is now in another agency")),
            text=in_both(
                lambda: gettext(
                    "%(old)s was merged into %(new)s. Your roles and the units came along.",
                    old=either(source.name),
                    new=either(target.name),
                )
            ),
            url=f"/agencies/{target.slug}",
            thread=f"agency:{target.id}",
            now=now,
        )


async def _record_roles(
    memberships: list[int], source: int, target: int, actor: Actor, reason: str, now: datetime
) -> None:
    for number in memberships:
        details = {"from": source, "to": target}
        await audit.record(actor, "moved_membership", f"membership:{number}", now=now, reason=reason, details=details)
