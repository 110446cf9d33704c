"""Pages of notifications: the centre, how one is told, stopping mails by their link."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.models import Person
from app.forms import Entered, Invalid, parse
from app.html import local_path, path_of, see_other
from app.i18n import format_hour, latin_digits
from app.i18n import gettext as _
from app.notices import actions, links, policy, queries
from app.notices.forms import Choice
from app.notices.models import Notification, Telling
from app.web import person_of, private, render, settings_of


async def index(request: Request) -> Response:
    """Everything one was told, unread ones first."""
    person = person_of(request)
    wanted = latin_digits(request.query_params.get("page", ""))
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 1
    context = {"listed": await queries.page(person.id, number), "muted": await queries.muted(person.id)}
    return render(request, "notices/index.html", context)


async def show(request: Request) -> Response:
    """Mark one as read and go where it leads."""
    row = await _own(request)
    await actions.read(row, clock.now())
    return RedirectResponse(local_path(row.url, path_of(request, "notices:index")), 303)


async def read(request: Request) -> Response:
    """Mark one as read."""
    await actions.read(await _own(request), clock.now())
    return await _back(request)


async def read_all(request: Request) -> Response:
    """Mark all that the page knew of as read."""
    until = str((await request.form(max_files=0, max_fields=10)).get("until", ""))
    if not (until.isascii() and until.isdigit()) or len(until) > 20:
        raise HTTPException(400)
    await actions.read_all(person_of(request).id, int(until), clock.now())
    return await _back(request)


async def mute(request: Request) -> Response:
    """No more of a thread."""
    await actions.mute(person_of(request).id, await _thread(request), clock.now())
    return await _back(request)


async def unmute(request: Request) -> Response:
    """Tell of a thread again."""
    await actions.unmute(person_of(request).id, await _thread(request), clock.now())
    return await _back(request)


async def settings(request: Request) -> Response:
    """Where, how often, and when not."""
    person, by_sms = person_of(request), settings_of(request).sends_short_messages
    if request.method != "POST":
        telling = await queries.telling(person.id)
        return await _settings(request, person, telling, Entered(_values(telling, person)))
    try:
        choice = await parse(request, Choice)
        await actions.choose(person, choice, by_sms=by_sms, now=clock.now())
    except Invalid as invalid:
        return await _settings(request, person, await queries.telling(person.id), invalid.entered, status=422)
    return RedirectResponse(f"{path_of(request, 'notices:settings')}?saved=yes", 303)


async def unsubscribe(request: Request) -> Response:
    """The link of a mail shows one button; pressing it, or the mail program's own (RFC 8058), stops the mails."""
    given = request.query_params
    person = links.holds(settings_of(request), given.get("p", ""), given.get("t", ""), given.get("k", ""))
    if person is None:
        raise HTTPException(404, _("This link is not whole. Copy it from the mail once more, or sign in to choose."))
    stopped = request.method == "POST"
    if stopped:
        await actions.stop(person, given.get("t", ""), clock.now())
    return private(render(request, "notices/unsubscribe.html", {"stopped": stopped, "one": bool(given.get("t"))}))


async def _settings(
    request: Request, person: Person, telling: Telling, form: Entered, *, status: int = 200
) -> Response:
    context = {
        "form": form,
        "person": person,
        "telling": telling,
        "by_sms": bool(person.phone) and settings_of(request).sends_short_messages,
        "hours": [(hour, format_hour(hour)) for hour in range(24)],
        "threads": await queries.muted_threads(person.id),
        "saved": request.query_params.get("saved") == "yes" and status == 200,
    }
    return render(request, "notices/settings.html", context, block="form" if status == 422 else None, status=status)


def _values(telling: Telling, person: Person) -> dict[str, str]:
    channel = telling.channel if person.email or not person.phone else "sms"
    hours = {"digest_hour": telling.digest_hour, "quiet_from": telling.quiet_from, "quiet_until": telling.quiet_until}
    return {"channel": channel, "rhythm": telling.rhythm} | {
        name: "" if hour is None else str(hour) for name, hour in hours.items()
    }


async def _own(request: Request) -> Notification:
    row = await queries.find(person_of(request).id, request.path_params["notice"])
    if row is None:
        raise HTTPException(404)
    return row


async def _thread(request: Request) -> str:
    thread = str((await request.form(max_files=0, max_fields=10)).get("thread", ""))
    if not await queries.has_thread(person_of(request).id, thread):
        raise HTTPException(404)
    return thread


async def _back(request: Request) -> Response:
    """To the page on which the button stood."""
    wanted = (await request.form(max_files=0, max_fields=10)).get("next", "")
    target = local_path(wanted if isinstance(wanted, str) else "", "")
    return RedirectResponse(target, 303) if target else see_other(request, "notices:index")


ROUTES = [
    Guarded("/account/notices", index, name="notices:index", act=policy.READ),
    Guarded("/account/notices/settings", settings, methods=["GET", "POST"], name="notices:settings", act=policy.CHANGE),
    Guarded("/account/notices/read", read_all, methods=["POST"], name="notices:read_all", act=policy.READ),
    Guarded("/account/notices/mute", mute, methods=["POST"], name="notices:mute", act=policy.MUTE),
    Guarded("/account/notices/unmute", unmute, methods=["POST"], name="notices:unmute", act=policy.MUTE),
    Guarded("/account/notices/{notice:int}", show, name="notices:open", act=policy.READ),
    Guarded("/account/notices/{notice:int}/read", read, methods=["POST"], name="notices:read", act=policy.READ),
    Guarded("/unsubscribe", unsubscribe, methods=["GET", "POST"], name="notices:unsubscribe", act=policy.STOP),
]
