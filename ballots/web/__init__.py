"""Pages of elections: the routes of every resource, explicitly."""

from starlette.routing import BaseRoute

from ballots.web import (
    authority,
    board,
    booth,
    deciding,
    documents,
    downloads,
    keyholders,
    manage,
    observer,
    public,
    questions,
    receipts,
    report,
    trustee,
    voters,
)

ROUTES: list[BaseRoute] = [
    *booth.ROUTES,
    *receipts.ROUTES,
    *downloads.ROUTES,
    *manage.ROUTES,
    *questions.ROUTES,
    *documents.ROUTES,
    *voters.ROUTES,
    *keyholders.ROUTES,
    *trustee.ROUTES,
    *authority.ROUTES,
    *deciding.ROUTES,
    *public.ROUTES,
    *board.ROUTES,
    *observer.ROUTES,
    *report.ROUTES,
]
