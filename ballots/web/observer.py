"""The observer's page: the record is verified in the reader's own browser, or by the commands that stand beside it."""

import json

from starlette.requests import Request
from starlette.responses import Response

from app.access import Guarded
from app.i18n import gettext as _
from app.web import render
from ballots import words
from ballots.policy import READ
from ballots.queries import public
from ballots.rules import State
from ballots.web.found import election


def checks() -> list[tuple[str, str, str]]:
    """Every check of `docs/record.md`, section 5: identifier, what holds, and what that keeps out."""
    return [
        (
            "archive.entries",
            _("Every record is whole"),
            _("Each has exactly the content that its name promises, and nothing stands between them."),
        ),
        (
            "archive.chain",
            _("The board is one unbroken chain"),
            _("Every event names the one before it: none is missing, none was put in later."),
        ),
        (
            "archive.records",
            _("Every event has its records"),
            _("Exactly those that it names, in their order."),
        ),
        (
            "archive.order",
            _("Everything came in its order"),
            _("First the set-up, then ballots, the close, the sum, the trustees' parts, the result; nothing after it."),
        ),
        (
            "election.parameters",
            _("The questions and the key are sound"),
            _("The questions can be answered, and the key is one that can keep a secret."),
        ),
        (
            "trustees.proofs",
            _("Every trustee holds the key"),
            _("Each has proven to know a part of it, and the parts belong together."),
        ),
        ("trustees.distinct", _("No two trustees have the same key"), _("So none of them counts twice.")),
        (
            "election.key",
            _("The election's key is made of the trustees' keys"),
            _("Nobody else has put in one of their own, with which ballots could be opened."),
        ),
        (
            "credentials.list",
            _("The list of voters' codes is sound"),
            _("No code stands twice in it, and none is empty."),
        ),
        (
            "ballots.form",
            _("Every ballot can be read"),
            _("Each has as many parts as the questions ask for, and every part lies where it must."),
        ),
        (
            "ballots.election",
            _("Every ballot belongs to this election"),
            _("None was taken from another one."),
        ),
        (
            "ballots.credentials",
            _("Every ballot comes from a voter's code on the list"),
            _("None was cast with an invented code."),
        ),
        ("ballots.unique", _("No ballot stands twice"), _("So no earlier vote can be brought back.")),
        (
            "ballots.signatures",
            _("Every ballot is signed with its voter's code"),
            _("Nobody without the code has changed anything in it."),
        ),
        (
            "ballots.proofs",
            _("Every sealed ballot holds an allowed choice"),
            _("It is proven without opening it: no answer counts twice, none below zero."),
        ),
        (
            "ballots.audits",
            _("No ballot was opened for an audit"),
            _("A seal that was opened must never be cast: no ballot here has one of the list of those."),
        ),
        (
            "tally.sums",
            _("The sealed sum is right"),
            _("Added up again from the last ballot of every voter, each with its weight."),
        ),
        (
            "tally.counts",
            _("The number of counted ballots is right"),
            _("As many as there are voters who cast one, and their weight."),
        ),
        (
            "decryptions.owners",
            _("Every part of the count belongs to one trustee"),
            _("Nobody has handed in two."),
        ),
        (
            "decryptions.proofs",
            _("Every trustee has opened the sum rightly"),
            _("Each has proven it, as the protocol of Belenios asks for."),
        ),
        (
            "decryptions.strong",
            _("The same is proven once more, strongly"),
            _("By a proof of ours that leaves no room even for a trustee and the last voter together."),
        ),
        (
            "result.counts",
            _("The published result is what came out"),
            _("Enough trustees have opened their parts, and the counts are their sum."),
        ),
        (
            "previous.kept",
            _("Nothing has vanished since your older copy"),
            _("The older copy, to the byte, is the beginning of this record."),
        ),
    ]


async def verify(request: Request) -> Response:
    """Check everything again, without believing the portal."""
    row = await election(request)
    has_result = row.state in (State.TALLIED, State.ARCHIVED)
    context = {
        "election": row,
        "state": words.chip_of(row),
        "checks": checks(),
        "has_result": has_result,
        "size": (await public.holders(row)).size,
        "result": json.dumps(row.result) if has_result else "",
    }
    return render(request, "ballots/verify.html", context)


ROUTES = [Guarded("/elections/{uuid}/verify", verify, name="ballots:verify", act=READ)]
