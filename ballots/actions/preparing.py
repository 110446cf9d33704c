"""What can be done with a draft: begin one, change it, its questions, copy it, cancel it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit, ids
from app.accounts.models import Agency
from app.accounts.queries.roles import place_at
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.policy import Who
from ballots import board, invitations
from ballots.actions import Outdated, Refused
from ballots.forms.drafts import Basics, New
from ballots.models import CeremonyPart, Election, ElectionDocument, Trustee
from ballots.policy import may_prepare_at
from ballots.rules import MOST_QUESTIONS, NOT_INVITED, Question, State, may_move, new_uuid


@asynccontextmanager
async def drafting(election: Election, version: int | None = None) -> AsyncIterator[Election]:
    """A transaction on a draft that nobody else changes until it ends; its version rises with it.

    Raises `Refused` once it is frozen or cancelled, `Outdated` when it is not the `version` that the page showed.
    """
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        if row.state is State.CANCELLED:
            raise Refused(_("This election is cancelled. Nothing in it can change any more."), "cancelled")
        if row.state is not State.DRAFT:
            raise Refused(_("This election is frozen. Nothing in it can change any more."), "frozen")
        if version is not None and version != row.version:
            raise Outdated
        yield row
        await Election.filter(id=row.id).update(version=row.version + 1)


async def create(form: New, *, who: Who, actor: Actor, now: datetime) -> Election:
    """Begin an election, where the role of whoever begins it holds."""
    values = {name: str(value) for name, value in form.model_dump().items()}
    if form.agency_id is not None and not await Agency.filter(id=form.agency_id, closed_at=None).exists():
        raise Invalid.because(values, agency=_("Choose one of the options."))
    if not may_prepare_at(who, await place_at(form.agency_id)):
        raise Invalid.because(values, agency=_("Your role does not hold there."))
    async with in_transaction():
        row = await Election.create(
            uuid=new_uuid(), **form.columns(), questions=[], agency_id=form.agency_id, created_at=now
        )
        await audit.record(actor, "election_created", row.subject, now=now, details={"agency": form.agency_id})
    return row


async def change(election: Election, form: Basics, *, actor: Actor, now: datetime) -> None:
    """Titles, description, contact, times. Whoever sends the same twice has changed it once."""
    wanted = form.columns()
    try:
        async with drafting(election, form.version) as row:
            fields = sorted(name for name, value in wanted.items() if getattr(row, name) != value)
            if fields:
                await Election.filter(id=row.id).update(**wanted)
                await audit.record(actor, "election_changed", row.subject, now=now, details={"fields": fields})
    except Outdated:
        there = await Election.get(id=election.id)
        if any(getattr(there, name) != value for name, value in wanted.items()):
            raise


async def put_question(
    election: Election, index: int | None, question: Question, version: int, *, actor: Actor, now: datetime
) -> None:
    """Put a question in place of the one at `index`, or behind the others."""
    async with drafting(election, version) as row:
        questions = list(row.questions)
        if index is None:
            if len(questions) >= MOST_QUESTIONS:
                raise Refused(_("This election has as many questions as fit."))
            questions.append(question.to_json())
        elif index < len(questions):
            questions[index] = question.to_json()
        else:
            raise Outdated
        await _put(row, questions)
        details = {"question": len(questions) if index is None else index + 1}
        await audit.record(actor, "question_put", row.subject, now=now, details=details)


async def remove_question(election: Election, index: int, version: int, *, actor: Actor, now: datetime) -> None:
    """Take a question out."""
    async with drafting(election, version) as row:
        if index >= len(row.questions):
            raise Outdated
        await _put(row, row.questions[:index] + row.questions[index + 1 :])
        await audit.record(actor, "question_removed", row.subject, now=now, details={"question": index + 1})


async def move_question(election: Election, index: int, by: int, version: int, *, actor: Actor, now: datetime) -> None:
    """Exchange a question with the one before it (`by` -1) or behind it (1); at the end it stays where it is."""
    async with drafting(election, version) as row:
        questions, target = list(row.questions), index + by
        if index >= len(questions):
            raise Outdated
        if 0 <= target < len(questions):
            questions[index], questions[target] = questions[target], questions[index]
            await _put(row, questions)
            details = {"from": index + 1, "to": target + 1}
            await audit.record(actor, "question_moved", row.subject, now=now, details=details)


async def _put(row: Election, questions: list[dict[str, object]]) -> None:
    row.questions = questions
    await row.save(update_fields=["questions"])


async def copy_election(election: Election, *, as_test: bool, actor: Actor, now: datetime) -> Election:
    """A new draft with the same texts, documents, questions, settings and trustees, who are not invited yet.

    Times and voters are not taken over: a trial must not write to the voters of the real election.
    """
    async with in_transaction():
        row = await Election.create(
            uuid=new_uuid(),
            is_test=as_test,
            title=election.title,
            description=election.description,
            contact=election.contact,
            group=election.group,
            questions=election.questions,
            agency_id=election.agency_id,  # type: ignore[attr-defined]  # Tortoise adds it
            voters_by=election.voters_by,
            level=election.level,
            place=election.place,
            sign_in=election.sign_in,
            threshold=election.threshold,
            created_at=now,
        )
        for document in await ElectionDocument.filter(election_id=election.id).order_by("id"):
            await ElectionDocument.create(
                election_id=row.id, file_id=document.digest, title=document.title, name=document.name, added_at=now
            )
        for trustee in await Trustee.filter(election_id=election.id).order_by("index"):
            await Trustee.create(
                election_id=row.id,
                index=trustee.index,
                name=trustee.name,
                email=trustee.email,
                language=trustee.language,
                token_hash=nobodys_token(),
            )
        details = {"of": election.uuid, "test": as_test}
        await audit.record(actor, "election_copied", row.subject, now=now, details=details)
    return row


def nobodys_token() -> str:
    """What stands for a trustee's token until the invitation is sent: no link leads there."""
    return NOT_INVITED + ids.token()


async def cancel(election: Election, reason: str, *, actor: Actor, now: datetime) -> None:
    """Give an election up before it opens. Trustees and the credential authority are told."""
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        if row.state is State.CANCELLED:
            return  # by a second press of the button
        begun = row.state is State.READY and row.opens_at is not None and row.opens_at <= now
        if begun or not may_move(row.state, State.CANCELLED):
            raise Refused(_("The vote has begun. It cannot be cancelled any more."), "begun")
        await Election.filter(id=row.id).update(state=State.CANCELLED, version=row.version + 1)
        await invitations.tell_all(row, "cancelled", now)
        await audit.record(actor, "election_cancelled", row.subject, now=now, reason=reason)


async def has_ceremony(election: int) -> bool:
    """Whether a trustee has published anything."""
    return await CeremonyPart.filter(election_id=election).exists()
