"""What can be done with drafts: keep, bind to a person, send once, throw away."""

from datetime import datetime, timedelta

from tortoise.expressions import Q
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from app import audit, ids
from app.accounts import drafts
from app.accounts.models import Draft
from app.accounts.queries.drafts import find
from app.admin import choices
from app.audit import Actor


async def keep(
    title: str,
    path: str,
    values: dict[str, list[str]],
    files: list[str],
    *,
    person: int | None,
    browser: str,
    replacing: str,
    now: datetime,
) -> str:
    """Keep a form; the reference under which it is found again.

    `replacing` names a draft that this form was before: it takes what was entered now, and no second one is made.
    """
    async with in_transaction():
        before = await find(replacing, person=person, browser=browser, now=now) if replacing else None
        if before is not None and before.path == path and before.sent_at is None:
            await Draft.filter(id=before.id, sent_at=None).update(values=values, files=files, saved_at=now)
            return replacing
        browser = browser if person is None else ""
        unsent = Draft.filter(person_id=person, browser_hash=browser, sent_at=None)
        for other in await unsent.filter(path=path).order_by("-id").limit(3):
            if other.values == values:  # a second click
                await other.delete()
        too_many = await unsent.order_by("-id").offset(drafts.MOST_UNSENT - 1).limit(1000).values_list("id", flat=True)
        if too_many:
            await Draft.filter(id__in=list(too_many)).delete()  # the oldest make room
        token = ids.token()
        await Draft.create(
            token_hash=ids.token_hash(token),
            person_id=person,
            browser_hash=browser,
            title=title[:200],
            path=path,
            values=values,
            files=files,
            saved_at=now,
            expires_at=now + (drafts.UNBOUND if person is None else await _days()),
        )
        return token


async def bind(browser: str, person: int, now: datetime) -> int:
    """What was written in a browser belongs to who signs in there, and from then on to nobody else."""
    unbound = Draft.filter(person_id=None, browser_hash=browser, expires_at__gt=now)
    return await unbound.update(person_id=person, browser_hash="", expires_at=now + await _days())


async def claim(draft: Draft, now: datetime) -> bool:
    """Begin to send; false when it was sent or is being sent, by another click."""
    free = Q(sending_until=None) | Q(sending_until__lt=now)
    return bool(await _open(draft).filter(free).update(sending_until=now + drafts.SENDING))


async def release(draft: Draft) -> None:
    """It was refused, and waits on."""
    await _open(draft).update(sending_until=None)


async def finish(draft: Draft, now: datetime) -> None:
    """It was sent: nothing of what was written stays here."""
    await _open(draft).update(values={}, files=[], sent_at=now, sending_until=None, expires_at=now + drafts.SENT)


async def throw_away(draft: Draft, by: Actor, now: datetime) -> None:
    """Delete what was written."""
    async with in_transaction():
        if await Draft.filter(id=draft.id).delete():
            await audit.record(by, "draft_thrown_away", f"draft:{draft.id}", now=now)


async def forget_old(now: datetime) -> None:
    """Delete what nobody has sent in time."""
    await Draft.filter(expires_at__lt=now).delete()


async def _days() -> timedelta:
    """How long a draft waits for the person it belongs to."""
    return timedelta(days=await choices.chosen("keep_drafts"))


def _open(draft: Draft) -> QuerySet[Draft]:
    return Draft.filter(id=draft.id, sent_at=None)
