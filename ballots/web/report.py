"""The result for programs, as a table, and as a report to print: a page, one file, a PDF."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.access import Guarded
from app.html import STATIC
from app.i18n import reader, reading
from app.limits import Rule, address
from app.web import render, settings_of, spend
from ballots import report as reports
from ballots.policy import READ
from ballots.report import Report
from ballots.rules import State
from ballots.web.found import election

STYLES = (
    *("reset", "tokens", "base", "components/bar", "components/chip", "components/command", "components/facts"),
    *("components/icon", "components/opening", "components/reference", "components/table", "components/tally"),
    *("components/type", "utilities"),
)
"""Sheets of the pages that the file takes with it. None of them fetches anything."""


def styles() -> str:
    """What the file looks like."""
    return "\n".join((STATIC / "css" / f"{name}.css").read_text("utf-8") for name in STYLES)


PRINTED = Rule("report-pdf", "30/minute")
"""A PDF takes a second to make."""


async def _report(request: Request) -> Report:
    row = await election(request)
    if row.state not in (State.TALLIED, State.ARCHIVED) or row.result is None:
        raise HTTPException(404)
    return await reports.report_of(row, base_url=settings_of(request).base_url, now=clock.now())


async def result_json(request: Request) -> Response:
    """The figures for programs; any page may read them."""
    body = reports.to_json(await _report(request))
    return JSONResponse(body, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"})


async def result_csv(request: Request) -> Response:
    """The figures as a table."""
    found = await _report(request)
    headers = _attached(f"result-{found.election.uuid}.csv")
    return Response(reports.to_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


async def page(request: Request) -> Response:
    """The report as a page that prints well."""
    context = {"report": await _report(request), "sentences": reports.verifying_says()}
    return render(request, "ballots/report.html", context)


async def file(request: Request) -> Response:
    """The report as one file that needs nothing else: styles are in it, and there is no script."""
    found = await _report(request)
    context = {"report": found, "styles": await asyncio.to_thread(styles), "sentences": reports.verifying_says()}
    response = render(request, "ballots/report_file.html", context)
    response.headers["Content-Disposition"] = f'attachment; filename="report-{found.election.uuid}.html"'
    return response


async def printed(request: Request) -> Response:
    """The report as a PDF, in the reader's language."""
    await spend(request, (PRINTED, address(request)))
    found, who = await _report(request), reader()
    cache = settings_of(request).data_dir / "cache" / "fonts"

    from ballots import pdf  # noqa: PLC0415 - a tenth of the start of every process, for what few ask for

    def make() -> bytes:
        with reading(who):
            return pdf.of_report(found, cache)

    data = await asyncio.to_thread(make)
    headers = _attached(f"report-{found.election.uuid}.pdf") | {"Vary": "Cookie, Accept-Language"}
    return Response(data, media_type="application/pdf", headers=headers)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"}


ROUTES = [
    Guarded("/elections/{uuid}/result.json", result_json, name="ballots:result_json", act=READ),
    Guarded("/elections/{uuid}/result.csv", result_csv, name="ballots:result_csv", act=READ),
    Guarded("/elections/{uuid}/report", page, name="ballots:report", act=READ),
    Guarded("/elections/{uuid}/report.html", file, name="ballots:report_file", act=READ),
    Guarded("/elections/{uuid}/report.pdf", printed, name="ballots:report_pdf", act=READ),
]
