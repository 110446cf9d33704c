"""Proving again who one is, before sensitive acts."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.actions import proofs as actions
from app.accounts.actions.sessions import Gone
from app.accounts.forms.proofs import Again
from app.accounts.policy.proofs import PROVE
from app.accounts.queries import passkeys, totp
from app.accounts.web.cookies import give
from app.accounts.web.sessions import session_of
from app.forms import Entered, Invalid, parse
from app.html import local_path, path_of, see_other
from app.limits import Rule, address
from app.web import person_of, private, pseudonym, render, settings_of, spend

ADDRESS = Rule("again-address", "100/10minute")
ACCOUNT = Rule("again-account", "10/10minute")


async def again(request: Request) -> Response:
    """By the password, a code from the app, or a passkey: whichever the person has."""
    person, session = person_of(request), session_of(request)
    target = request.query_params.get("next")
    entered, status = Entered({"next": local_path(target, path_of(request, "accounts:show"))}), 200
    if request.method == "POST":
        await spend(request, (ADDRESS, address(request)), (ACCOUNT, pseudonym(request, str(person.id))))
        now = clock.now()
        try:
            form = await parse(request, Again)
            goes_to = local_path(form.next, path_of(request, "accounts:show"))
            token = await actions.again(
                person,
                session,
                password=form.password,
                code=form.code,
                key=settings_of(request).key,
                values={"next": goes_to, "code": form.code},
                now=now,
            )
            return give(request, RedirectResponse(goes_to, 303), token, session.expires_at, now)
        except Invalid as invalid:
            entered, status = invalid.entered, 422
        except Gone:
            return see_other(request, "accounts:sign_in")
    context = {
        "form": entered,
        "has_password": bool(person.password),
        "has_totp": await totp.is_on(person),
        "has_passkey": bool(await passkeys.passkeys_of(person)) and settings_of(request).has_name,
    }
    return private(render(request, "accounts/again.html", context, block="form", status=status))


ROUTES = [
    Guarded("/account/again", again, methods=["GET", "POST"], name="proofs:again", act=PROVE),
]
