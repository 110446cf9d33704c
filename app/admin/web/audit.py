"""The audit trail, searched."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.access import Guarded
from app.accounts.queries.agencies import everywhere
from app.admin import queries
from app.admin.policy import READ_AUDIT
from app.admin.web.common import page_number
from app.i18n import latin_digits
from app.web import render


async def index(request: Request) -> Response:
    """Entries by who, on what, which verb, from when until when."""
    asked = {name: request.query_params.get(name, "").strip()[:160] for name in ("actor", "target", "verb")}
    since, until = _day(request.query_params.get("since", "")), _day(request.query_params.get("until", ""))
    found = await queries.audit_entries(
        **asked, since=since, until=until + timedelta(days=1) if until else None, page=page_number(request)
    )
    context = {
        "found": found,
        "asked": asked
        | {"since": since.date().isoformat() if since else "", "until": until.date().isoformat() if until else ""},
    }
    return render(request, "admin/audit.html", context)


def _day(text: str) -> datetime | None:
    """A day as typed; None when there is none or it is none."""
    try:
        return datetime.fromisoformat(latin_digits(text[:10])).replace(tzinfo=UTC)
    except ValueError:
        return None


ROUTES = [Guarded("/admin/audit", index, name="audit:index", act=READ_AUDIT, place=everywhere)]
