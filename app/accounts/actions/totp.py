"""What can be done with an authenticator app and with printed codes: one function a verb, one transaction each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import audit, ids
from app.accounts import proving, totps
from app.accounts.models import Ceremony, Person, RecoveryCode, Totp
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.i18n import in_both, ngettext
from app.notices.actions import notify

PAGE = "/account/two-step"


class Over(Exception):
    """No more guesses: too many, too late, or used."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Both factors were right."""

    person: Person
    target: str
    method: str


async def begin(person: Person, key: bytes, *, now: datetime) -> None:
    """Make a secret for an app that is not confirmed yet. One that waits already, and is young, stays."""
    async with in_transaction():
        await Totp.filter(person_id=person.id, confirmed_at=None, created_at__lt=now - totps.WAITS).delete()
    try:
        async with in_transaction():
            if not await Totp.filter(person_id=person.id).exists():
                sealed = totps.seal(key, person.id, totps.new_secret())
                await Totp.create(person=person, secret=sealed, created_at=now)
    except IntegrityError:
        pass  # the other half of a double click has made it


async def confirm(person: Person, typed: str, key: bytes, *, now: datetime) -> None:
    """Take the first code from the app: from now on signing in takes two steps. Also makes codes to print."""
    row = await Totp.get_or_none(person_id=person.id)
    if row is None:
        raise Invalid.because({}, form=_("Begin again: this took too long."))
    if row.confirmed_at is not None:
        return  # a second click
    step = totps.step_of(totps.unseal(key, person.id, row.secret), totps.digits(typed), now)
    if step is None:
        raise Invalid.because({"code": typed}, code=_wrong())
    async with in_transaction():
        waiting = Totp.filter(person_id=person.id, confirmed_at=None, secret=row.secret)
        if not await waiting.update(confirmed_at=now, last_step=step):
            return
        await _print(person, key, now)
        await audit.record(Actor.person(person.id), "totp_on", f"person:{person.id}", now=now)
        await _tell(
            person,
            in_both(lambda: _("Signing in takes two steps now")),
            in_both(lambda: _("A code from your authenticator app is asked for after the first step.")),
            now,
        )


async def renew_codes(person: Person, key: bytes, *, now: datetime) -> None:
    """Make new codes to print; those from before are void."""
    async with in_transaction():
        if not await Totp.filter(person_id=person.id, confirmed_at__not_isnull=True).exists():
            raise Invalid.because({}, form=_("Turn on signing in with two steps first."))
        await _print(person, key, now)
        await audit.record(Actor.person(person.id), "recovery_codes_made", f"person:{person.id}", now=now)


async def _print(person: Person, key: bytes, now: datetime) -> None:
    codes = totps.new_codes()
    await RecoveryCode.filter(person_id=person.id).delete()
    await RecoveryCode.bulk_create(
        RecoveryCode(person_id=person.id, code_hash=totps.code_hash(key, person.id, code)) for code in codes
    )
    # A page that is answered once may be lost on its way (a double click, a bad line): for some minutes the codes can
    # be looked at again, sealed, until their person has said that they are kept.
    await put_away(person, now=now)
    await Ceremony.create(
        token_hash=ids.token_hash(ids.token()),
        kind=totps.PRINTED,
        person_id=person.id,
        data={"codes": totps.seal(key, person.id, " ".join(codes))},
        expires_at=now + totps.PRINTED_LASTS,
    )


async def put_away(person: Person, *, now: datetime) -> None:
    """The new codes are kept somewhere: they are shown no more."""
    await Ceremony.filter(person_id=person.id, kind=totps.PRINTED, used_at=None).update(used_at=now, data={})


async def turn_off(person: Person, *, now: datetime) -> None:
    """Sign in with one step again; the secret and the printed codes are gone."""
    async with in_transaction():
        removed = await Totp.filter(person_id=person.id).delete()
        await RecoveryCode.filter(person_id=person.id).delete()
        await put_away(person, now=now)
        if not removed:
            return
        await audit.record(Actor.person(person.id), "totp_off", f"person:{person.id}", now=now)
        await _tell(
            person,
            in_both(lambda: _("Signing in takes one step again")),
            in_both(
                lambda: _("The authenticator app and the printed codes work no more. If it was not you, write to us.")
            ),
            now,
        )


async def give(person: Person, key: bytes, *, code: str, values: Mapping[str, str], now: datetime) -> None:
    """Use a code from the app up; `Invalid` when it is wrong or was used before."""
    row = await Totp.get_or_none(person_id=person.id, confirmed_at__not_isnull=True)
    step = totps.step_of(totps.unseal(key, person.id, row.secret), totps.digits(code), now) if row else None
    if step is None:
        raise Invalid.because(values, code=_wrong())
    if not await Totp.filter(person_id=person.id, last_step__lt=step).update(last_step=step):
        raise Invalid.because(values, code=_("This code was used already. Wait for the next one."))


async def give_paper(person: Person, key: bytes, *, code: str, values: Mapping[str, str], now: datetime) -> None:
    """Use a printed code up; `Invalid` when it is wrong or was used before."""
    async with in_transaction():
        hashed = totps.code_hash(key, person.id, totps.read(code))
        if not await RecoveryCode.filter(person_id=person.id, code_hash=hashed, used_at=None).update(used_at=now):
            raise Invalid.because(values, paper=_("This is none of your printed codes, or it was used already."))
        left = await RecoveryCode.filter(person_id=person.id, used_at=None).count()
        await audit.record(
            Actor.person(person.id), "recovery_code_used", f"person:{person.id}", now=now, details={"left": left}
        )
        await _tell(
            person,
            in_both(lambda: _("A printed code was used to sign in")),
            in_both(
                lambda: ngettext(
                    "%(n)s of them is left. If it was not you, set a new password and make new codes.",
                    "%(n)s of them are left. If it was not you, set a new password and make new codes.",
                    left,
                )
            ),
            now,
        )


async def second(token: str, key: bytes, *, code: str, paper: str, now: datetime) -> Passed:
    """The second step of signing in. Every guess is counted before it is compared."""
    hashed = ids.token_hash(token)
    open_ = Ceremony.filter(token_hash=hashed, kind=totps.SECOND, used_at=None, expires_at__gt=now)
    if not await open_.filter(guesses__lt=totps.GUESSES).update(guesses=F("guesses") + 1):
        raise Over
    ceremony = await Ceremony.get(token_hash=hashed).select_related("person")
    person = ceremony.person
    assert person is not None
    try:
        if paper:
            await give_paper(person, key, code=paper, values={"paper": paper}, now=now)
        elif code:
            await give(person, key, code=code, values={"code": code}, now=now)
        else:
            raise Invalid.because({}, code=_("Fill in this field."))
    except Invalid:
        if ceremony.guesses >= totps.GUESSES:
            await _close(ceremony, person, now)
            raise Over from None
        raise
    if not await open_.update(used_at=now) or person.deleted_at is not None or person.blocked_at is not None:
        raise Over
    method = proving.both(ceremony.data["method"], proving.PAPER if paper else proving.TOTP)
    return Passed(person, ceremony.data["target"], method)


async def _close(ceremony: Ceremony, person: Person, now: datetime) -> None:
    """Whoever guesses here knew the password: its person must hear of it, once."""
    async with in_transaction():
        if not await Ceremony.filter(token_hash=ceremony.token_hash, used_at=None).update(used_at=now):
            return
        await audit.record(Actor.person(person.id), "second_factor_refused", f"person:{person.id}", now=now)
        await _tell(
            person,
            in_both(lambda: _("Somebody was stopped at the second step")),
            in_both(
                lambda: _("The first step was right, but five codes were wrong. If it was not you, set a new password.")
            ),
            now,
        )


async def _tell(person: Person, title: Mapping[str, str], text: Mapping[str, str], now: datetime) -> None:
    await notify(person.id, "security", title=title, text=text, url=PAGE, urgent=True, now=now)


def _wrong() -> str:
    return _("This code is not right. Enter the one that the app shows now; the phone's clock must be right.")
