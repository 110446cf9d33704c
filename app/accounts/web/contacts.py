"""One's own address and number: see, add, confirm, replace, remove."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.actions import codes
from app.accounts.actions import contacts as actions
from app.accounts.codes import CONTACT
from app.accounts.contacts import Contact, Kind
from app.accounts.forms.codes import Enter, NewContact, OldContact
from app.accounts.models import Code
from app.accounts.policy.contacts import CHANGE, CONFIRM, FIRST, READ
from app.accounts.queries.codes import code_under
from app.accounts.queries.identities import identities_of
from app.accounts.web.codes import GUESSES, drop, held, hold, not_right, too_many
from app.forms import Entered, Invalid, parse
from app.html import local_path, path_of, see_other
from app.limits import Rule, address
from app.web import person_of, private, pseudonym, render, settings_of, spend

MESSAGES = Rule("contact-messages", "6/hour")
MESSAGES_ADDRESS = Rule("contact-messages-address", "60/hour")


async def index(request: Request) -> Response:
    """How one is reached, and a form for a new address or number."""
    return await _index(request, Entered({"next": local_path(request.query_params.get("next"), "")}))


async def add(request: Request) -> Response:
    """Send a code to a new address or number."""
    person, now = person_of(request), clock.now()
    try:
        form = await parse(request, NewContact)
        await spend(
            request, (MESSAGES_ADDRESS, address(request)), (MESSAGES, pseudonym(request, f"person:{person.id}"))
        )
        try:
            handle = await actions.ask(
                person, form.contact, next_path=form.next, settings=settings_of(request), now=now
            )
        except codes.TooMany:
            raise too_many({"contact": form.contact.shown, "next": form.next}) from None
    except Invalid as invalid:
        return await _index(request, invalid.entered, 422)
    return hold(request, handle, "contacts:confirm")


async def first(request: Request) -> Response:
    """The same for an account that has neither yet, as one has who came from another provider."""
    if person_of(request).confirmed_at is not None:
        raise HTTPException(409)
    return await add(request)


async def confirm(request: Request) -> Response:
    """Enter the code that was sent to the new address or number."""
    person, handle, now = person_of(request), held(request), clock.now()
    waiting = await code_under(handle, frozenset({CONTACT}), now, person.id)
    if request.method != "POST":
        return _confirm(request, waiting, Entered())
    try:
        form = await parse(request, Enter)
        await spend(request, (GUESSES, address(request)))
        target = await actions.confirm(person, handle, form.code, settings=settings_of(request), now=now)
    except codes.Wrong as wrong:
        return _confirm(request, waiting if wrong.left else None, not_right(wrong).entered, 422)
    except codes.Spent:
        return _confirm(request, None, Entered(), 410)
    except Invalid as invalid:
        return _confirm(request, waiting, invalid.entered, 422)
    # The cookie stays for a moment: the second press of a double click shall find what the first one found.
    return RedirectResponse(local_path(target, path_of(request, "contacts:index")), 303)


async def remove(request: Request) -> Response:
    """Remove an address or a number."""
    try:
        form = await parse(request, OldContact)
        await actions.remove(person_of(request), Kind(form.kind), now=clock.now())
    except Invalid as invalid:
        return await _index(request, Entered({}, {"form": invalid.entered.errors.get("form", [])}), 422)
    return drop(request, see_other(request, "contacts:index"))


async def _index(request: Request, form: Entered, status: int = 200) -> Response:
    person = person_of(request)
    own = {
        kind: Contact(kind, value) for kind, value in ((Kind.MAIL, person.email), (Kind.PHONE, person.phone)) if value
    }
    context = {
        "form": form,
        "own": {kind.value: contact.shown for kind, contact in own.items()} if person.confirmed_at else {},
        "action": "contacts:add" if person.confirmed_at else "contacts:first",
        "linked": await identities_of(person, settings_of(request).oidc_issuer),
    }
    return private(render(request, "accounts/contacts.html", context, status=status))


def _confirm(request: Request, waiting: Code | None, form: Entered, status: int = 200) -> Response:
    context = {"form": form, "target": Contact.of(waiting.target).shown if waiting else ""}
    return private(render(request, "accounts/contact_code.html", context, status=status))


ROUTES = [
    Guarded("/account/contacts", index, name="contacts:index", act=READ),
    Guarded("/account/contacts/add", add, methods=["POST"], name="contacts:add", act=CHANGE),
    Guarded("/account/contacts/first", first, methods=["POST"], name="contacts:first", act=FIRST),
    Guarded("/account/contacts/confirm", confirm, methods=["GET", "POST"], name="contacts:confirm", act=CONFIRM),
    Guarded("/account/contacts/remove", remove, methods=["POST"], name="contacts:remove", act=CHANGE),
]
