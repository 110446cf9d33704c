"""What is done in a service centre: prove that somebody is there, act for them, end it, dispute it, decide."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import audit, ids, jobs, mail
from app.accounts import visits
from app.accounts.actions import codes, register
from app.accounts.actions.codes import Spent
from app.accounts.actions.ways import NO_PASSWORD
from app.accounts.codes import DIGITS, GUESSES, LIFETIME, hash_of
from app.accounts.contacts import Contact, Kind
from app.accounts.models import Agency, Code, Person, Session, Visit
from app.accounts.queries import centre as queries
from app.accounts.queries.register import Register
from app.accounts.register import Claim
from app.audit import SYSTEM, Actor
from app.forms import Invalid
from app.i18n import Reader, either, format_datetime, in_both, ngettext, reader, reading
from app.i18n import gettext as _
from app.notices.actions import notify
from app.settings import Settings

CLOSE = "accounts.close_visit"


class NameNeeded(Exception):
    """Whoever is there has proven their address or number, and has no account yet."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where an agent stands: who, at which agency, in which browser."""

    agent: Person
    agency: Agency
    session: str
    """Hash of the token of the agent's session."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What an agent saw on a document."""

    document: str
    end: str
    claim: Claim | None


async def ask(
    contact: Contact, agency: Agency, method: str, *, agent: Person, settings: Settings, now: datetime
) -> str:
    """Begin to begin: the handle under which presence is proven. A code is sent to whoever holds the contact.

    Nothing here depends on whether there is such an account, so that no agent learns it without the person.
    """
    data = {"agency": str(agency.id), "method": method}
    asked = await codes.ask(visits.PURPOSE, contact, person=agent.id, data=data, now=now)
    async with in_transaction():
        if method == visits.BY_CODE:
            await _send(asked.id, contact, agency, settings, now)
        details = {"method": method, "agency": agency.id}
        await audit.record(Actor.person(agent.id), "visit_asked", f"agency:{agency.id}", now=now, details=details)
    return asked.handle


async def _send(code: int, contact: Contact, agency: Agency, settings: Settings, now: datetime) -> None:
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    row = await Code.get(id=code)
    await Code.filter(id=code).update(code_hash=hash_of(settings.key, row.handle, digits))
    known = await Person.get_or_none(**contact.where)
    language = known.language if known is not None else reader().language
    minutes = LIFETIME.seconds // 60
    with reading(Reader("en" if language == "en" else "ar")):
        subject = _("Your code for the service centre")
        text = ngettext(
            "%(code)s is your code for a visit to %(agency)s. It holds for %(n)s minute. Tell it only to the agent in "
            "front of you, who then acts for you for half an hour. If you are not there, tell it to nobody.",
            "%(code)s is your code for a visit to %(agency)s. It holds for %(n)s minutes. Tell it only to the agent in "
            "front of you, who then acts for you for half an hour. If you are not there, tell it to nobody.",
            minutes,
            code=digits,
            agency=either(agency.name),
        )
    kind = "sms" if contact.kind is Kind.PHONE else "mail"
    await mail.post(contact.value, "" if kind == "sms" else subject, text, language=language, now=now, kind=kind)


async def asked(handle: str, agent: Person, now: datetime, *, purpose: str = visits.PURPOSE) -> Code | None:
    """What an agent has begun to begin, while it holds."""
    if not ids.TOKEN.match(handle):
        return None
    return await Code.get_or_none(
        handle=ids.token_hash(handle), purpose=purpose, person_id=agent.id, used_at=None, expires_at__gt=now
    )


async def prove(handle: str, digits: str, counter: Counter, *, key: bytes, now: datetime) -> Visit:
    """Begin a visit with the code that the citizen has read out. Raises `Spent`, `Wrong`, `NameNeeded`, `Invalid`."""
    row = await codes.guess(
        handle, digits, purposes=frozenset({visits.PURPOSE}), key=key, now=now, person=counter.agent.id
    )
    contact = Contact.of(row.target)
    async with in_transaction():
        if not await codes.use(row, now):
            raise Spent
        citizen = await Person.get_or_none(**contact.where)
        if citizen is not None:
            await _may_act_for(citizen, counter)
            await Person.filter(id=citizen.id, confirmed_at=None).update(confirmed_at=now)  # the code was read
            return await _begin(citizen, counter, visits.BY_CODE, "", now)
        await Code.filter(id=row.id).update(purpose=visits.NEW, used_at=None)
    raise NameNeeded


async def make_account(handle: str, name: str, counter: Counter, now: datetime) -> Visit:
    """An account for somebody whose address or number was just proven, and a visit. Raises `Spent`."""
    mine = Code.filter(
        handle=ids.token_hash(handle), purpose=visits.NEW, person_id=counter.agent.id, used_at=None, expires_at__gt=now
    )
    async with in_transaction():
        if not await mine.update(used_at=now):
            raise Spent
        row = await Code.get(handle=ids.token_hash(handle))
        contact = Contact.of(row.target)
        try:
            async with in_transaction():
                citizen = await Person.create(
                    name=name,
                    password=NO_PASSWORD,
                    language=reader().language,
                    created_at=now,
                    confirmed_at=now,
                    **contact.where,
                )
                details = {"agency": counter.agency.id}
                agent = Actor.person(counter.agent.id)
                await audit.record(agent, "made_account", f"person:{citizen.id}", now=now, details=details)
        except IntegrityError:  # made at home in the same minute
            citizen = await Person.get(**contact.where)
        await _may_act_for(citizen, counter)
        return await _begin(citizen, counter, visits.BY_CODE, "", now)


async def identify(
    handle: str, checked: Checked, counter: Counter, *, book: Register, key: bytes, now: datetime
) -> Visit:
    """Begin a visit with a document that the agent has looked at; the account is seen in person from then on.

    Whatever does not fit is refused in the same words, whether there is an account or not. Raises `Spent`, `Invalid`,
    `RegisterAway`.
    """
    stored = ids.token_hash(handle)
    mine = Code.filter(
        handle=stored, purpose=visits.PURPOSE, person_id=counter.agent.id, used_at=None, expires_at__gt=now
    )
    if not await mine.filter(guesses__lt=GUESSES).update(guesses=F("guesses") + 1):
        raise Spent
    row = await Code.get(handle=stored)
    citizen = await Person.get_or_none(
        **Contact.of(row.target).where, confirmed_at__not_isnull=True, blocked_at=None, deleted_at=None
    )
    if checked.claim is not None and (citizen is None or citizen.register_hash is not None):
        await book.find(checked.claim)  # as for an account that is matched now: whether it answers tells nothing
    if citizen is None or not await _fits(citizen, checked.claim, counter, book, key, now):
        details = {"method": visits.BY_IDENTITY}
        agent, agency = Actor.person(counter.agent.id), f"agency:{counter.agency.id}"
        await audit.record(agent, "visit_refused", agency, now=now, details=details)
        raise Invalid.because(
            {},
            form=_(
                "No visit could begin: either there is no confirmed account with this address or number, or document, "
                "number and birth date do not belong to it. Use a code instead; it also makes an account."
            ),
        )
    async with in_transaction():
        if not await codes.use(row, now):
            raise Spent
        await _may_act_for(citizen, counter)
        visit = await _begin(citizen, counter, visits.BY_IDENTITY, visits.note_of(checked.document, checked.end), now)
        seen = Person.filter(id=citizen.id, register_hash__not_isnull=True, seen_at=None)
        if await seen.update(seen_at=now):
            agent = Actor.person(counter.agent.id)
            details = {"for": f"person:{citizen.id}", "visit": visit.id}
            await audit.record(agent, "seen_in_person", f"person:{citizen.id}", now=now, details=details)
            await notify(
                citizen.id,
                "level",
                title=in_both(lambda: _("Your account is proven in person")),
                text=in_both(
                    lambda: _(
                        "An agent of %(agency)s has compared you with your document. Of the document we keep its kind "
                        "and the last three characters of its number.",
                        agency=either(counter.agency.name),
                    )
                ),
                url="/account/level",
                now=now,
            )
    return visit


async def _fits(
    citizen: Person, claim: Claim | None, counter: Counter, book: Register, key: bytes, now: datetime
) -> bool:
    """Whether number and birth date, where they were entered, are those of the account, or become so."""
    if citizen.id == counter.agent.id:
        return True  # refused in other words
    if claim is None:
        # What is known of somebody is compared, or an address alone would open an account.
        return citizen.register_hash is None
    if citizen.register_hash is not None:
        return hmac.compare_digest(citizen.register_hash, claim.hashed(key))
    by = register.By(Actor.person(counter.agent.id), {"for": f"person:{citizen.id}", "agency": counter.agency.id})
    try:
        await register.match(citizen, claim, register=book, key=key, by=by, now=now)
    except Invalid:
        return False
    return True


async def _may_act_for(citizen: Person, counter: Counter) -> None:
    if citizen.id == counter.agent.id:
        raise Invalid.because({}, form=_("Nobody acts for themselves in a visit. Use your own account as it is."))
    if citizen.blocked_at is not None or citizen.deleted_at is not None:
        raise Invalid.because({}, form=_("This account is closed. An administrator can say why."))


async def _begin(citizen: Person, counter: Counter, proof: str, note: str, now: datetime) -> Visit:
    visit = await Visit.create(
        agent=counter.agent,
        citizen=citizen,
        agency_id=counter.agency.id,
        proof=proof,
        note=note,
        started_at=now,
        expires_at=now + visits.LASTS,
    )
    if not await Session.filter(token_hash=counter.session, person_id=counter.agent.id).update(visit_id=visit.id):
        raise Spent  # signed out meanwhile, in another window
    details = {"for": f"person:{citizen.id}", "agency": counter.agency.id, "proof": proof}
    await audit.record(Actor.person(counter.agent.id), "visit_began", f"visit:{visit.id}", now=now, details=details)
    await _tell(
        citizen.id,
        visit,
        lambda: _("An agent acts for you in a service centre"),
        lambda: _(
            "Since %(when)s an agent of %(agency)s acts for you, for half an hour at most. You see everything that was "
            "done, and you can dispute it. If you are not there, dispute it at once.",
            when=format_datetime(now),
            agency=either(counter.agency.name),
        ),
        now,
        urgent=True,
    )
    await jobs.enqueue(CLOSE, now=now, run_at=visit.expires_at, visit=visit.id)
    return visit


async def end(session: Session, agent: Person, now: datetime) -> None:
    """End the visit of this browser. One that has run out is put away; a second click does nothing."""
    if session.visit_id is None:
        return
    async with in_transaction():
        await Session.filter(token_hash=session.token_hash).update(visit_id=None)
        visit = await Visit.get(id=session.visit_id)
        await _close(visit, min(now, visit.expires_at), Actor.person(agent.id), now)


async def run_out(visit: int, now: datetime) -> None:
    """Note that the half hour is over, if nobody has ended the visit before."""
    async with in_transaction():
        row = await Visit.get(id=visit)
        if row.expires_at <= now:
            await _close(row, row.expires_at, SYSTEM, now)


async def _close(visit: Visit, at: datetime, by: Actor, now: datetime) -> None:
    if not await Visit.filter(id=visit.id, ended_at=None).update(ended_at=at):
        return
    citizen = visit.citizen_id  # type: ignore[attr-defined]  # Tortoise adds it
    details = {"for": f"person:{citizen}"}
    await audit.record(by, "visit_ended", f"visit:{visit.id}", now=now, details=details)
    done = len((await Visit.get(id=visit.id)).acts)
    await _tell(
        citizen,
        visit,
        lambda: _("The visit to the service centre has ended"),
        lambda: ngettext(
            "It ended at %(when)s; %(n)s thing was done for you. Look at it, and dispute what you did not want.",
            "It ended at %(when)s; %(n)s things were done for you. Look at them, and dispute what you did not want.",
            done,
            when=format_datetime(at),
        ),
        now,
    )


async def dispute(visit: int, citizen: Person, text: str, now: datetime) -> None:
    """Say that something was wrong, once, within the time for it."""
    async with in_transaction():
        open_ones = Visit.filter(
            id=visit, citizen_id=citizen.id, disputed_at=None, started_at__gt=now - visits.DISPUTABLE
        )
        if not await open_ones.update(disputed_at=now, dispute=text):
            raise Invalid.because(
                {"text": text}, form=_("This visit was disputed before, or more than ninety days have passed since.")
            )
        row = await Visit.get(id=visit)
        await audit.record(Actor.person(citizen.id), "visit_disputed", f"visit:{visit}", now=now)
        for judge in await queries.judges_of(row, now):
            await notify(
                judge,
                "dispute",
                title=in_both(lambda: _("A visit to a service centre was disputed")),
                text=in_both(lambda: _("Read what the citizen says and what was done, and decide.")),
                url=f"/centre/disputes/{visit}",
                must_act=True,
                now=now,
            )


async def decide(visit: int, judge: Person, text: str, now: datetime) -> None:
    """Answer a dispute, once. Neither the agent nor the citizen decides about their own visit."""
    async with in_transaction():
        waiting = Visit.filter(id=visit, disputed_at__not_isnull=True, decided_at=None)
        waiting = waiting.exclude(agent_id=judge.id).exclude(citizen_id=judge.id)
        if not await waiting.update(decided_at=now, decision=text):
            raise Invalid.because({"text": text}, form=_("Somebody has decided already."))
        row = await Visit.get(id=visit)
        await audit.record(Actor.person(judge.id), "visit_decided", f"visit:{visit}", now=now)
        text_of_both = lambda: _("Read what was decided, and why.")  # noqa: E731 - said twice
        citizen, agent = row.citizen_id, row.agent_id  # type: ignore[attr-defined]  # Tortoise adds them
        await _tell(citizen, row, lambda: _("Your dispute is decided"), text_of_both, now)
        await _tell(
            agent, row, lambda: _("A dispute about a visit of yours is decided"), text_of_both, now, url="/centre"
        )


async def _tell(
    person: int,
    visit: Visit,
    title: Callable[[], str],
    text: Callable[[], str],
    now: datetime,
    *,
    url: str = "/account/visits",
    urgent: bool = False,
) -> None:
    await notify(
        person,
        "visit",
        title=in_both(title),
        text=in_both(text),
        url=url,
        thread=f"visit:{visit.id}",
        urgent=urgent,
        now=now,
    )
