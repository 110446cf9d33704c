"""Elections for everybody: the list, and the page of each from its announcement to its archive."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.models import Agency
from app.accounts.says import LEVELS
from app.accounts.web.numbers import page as page_number
from app.html import path_of
from app.i18n import gettext as _
from app.i18n import reader
from app.policy import Level
from app.web import render
from ballots import report as reports
from ballots import words
from ballots.actions import counting
from ballots.models import Election
from ballots.outcomes import outcomes
from ballots.policy import READ
from ballots.queries import documents, lists, public
from ballots.rules import Question, State, days_left
from ballots.web.found import election

LIVE = frozenset({State.READY, State.OPEN, State.CLOSED, State.DECRYPTING})
"""States in which something can still be added to the board."""


async def index(request: Request) -> Response:
    """Every published election: open, coming, ended."""
    now = clock.now()
    listed = await lists.listed(request.query_params.get("state", ""), page_number(request), now)
    return render(
        request, "ballots/index.html", {"listed": listed, "now": now, "chip_of": words.chip_of, "left": days_left}
    )


async def show(request: Request) -> Response:
    """One election: what is asked, who holds the key, how it stands, and how to check it."""
    row, now = await election(request), clock.now()
    has_result = row.state in (State.TALLIED, State.ARCHIVED) and row.result is not None
    agency = await Agency.get_or_none(id=row.agency_id)  # type: ignore[attr-defined]  # Tortoise adds it
    log = await public.log(row)
    context = {
        "election": row,
        "agency": agency,
        "now": now,
        "state": words.chip_of(row),
        "days": days_left(row.opens_at if row.state is State.READY else row.closes_at, now),
        "questions": [Question.of(value) for value in row.questions],
        "documents": await documents.documents_of(row),
        "figures": await public.figures(row),
        "holders": await public.holders(row),
        "who_may": who_may(row),
        "outcomes": outcomes(row.questions, row.result or [], row.weight) if has_result else [],
        "hours": await public.by_hour(row),
        "log": log,
        "told": words.told,
        "extended_to": words.extended_to,
        "reason": next((entry.reason for entry in log if entry.verb == "election_cancelled"), ""),
        "booth": booth(request, row),
        "files": await files(request, row),
        "live": row.state in LIVE,
    }
    return render(request, "ballots/show.html", context)


def who_may(row: Election) -> str:
    """Who may vote, in a sentence."""
    if row.voters_by == "level":
        level = _(LEVELS[Level(row.level)]) if row.level in list(Level) else str(row.level)
        if row.place:
            return _("Accounts in %(place)s with this proof: %(level)s", place=row.place, level=level)
        return _("Accounts with this proof: %(level)s", level=level)
    return _("Those on the list of voters, each with a code")


def booth(request: Request, row: Election) -> str:
    """Where one votes."""
    return f"{path_of(request, 'booth:show', language=reader().language)}?election={row.uuid}"


async def files(request: Request, row: Election) -> list[dict[str, Any]]:
    """What can be downloaded: words, name, address, bytes (None where nobody knows before it is packed)."""

    def file(name: str, says: str, called: str, size: int | None = None) -> dict[str, Any]:
        return {"says": says, "name": called, "href": path_of(request, name, uuid=row.uuid), "size": size}

    uuid = row.uuid
    archive = {
        "says": _("The whole record: every ballot, every proof"),
        "name": f"{uuid}.bel",
        "href": path_of(request, "ballots:archive", uuid=uuid, file=uuid),
        "size": row.archive_size,
    }
    found = [archive]
    if row.state in (State.DECRYPTING, State.TALLIED, State.ARCHIVED):
        proofs = await counting.proofs_json(row)
        found.append(file("ballots:proofs", _("Strong proofs of the count"), "decryption-proofs.json", len(proofs)))
    found.append(file("ballots:zip", _("Both in one file, for “sawtuna verify”"), f"{uuid}.zip"))
    found.append(file("ballots:record", _("The questions and keys"), "election.json", len(row.record.encode())))
    if row.result is not None and row.state in (State.TALLIED, State.ARCHIVED):
        report = await reports.report_of(row, base_url="", now=row.tallied_at or row.created_at)
        table = len(reports.to_csv(report).encode())
        found.append(file("ballots:result_csv", _("The figures as a table"), "result.csv", table))
        found.append(file("ballots:result_json", _("The figures for programs"), "result.json"))
        found.append(file("ballots:report_pdf", _("Report to print"), "report.pdf"))
    return found


ROUTES = [
    Guarded("/elections", index, name="ballots:index", act=READ),
    Guarded("/elections/{uuid}", show, name="ballots:show", act=READ),
]
