"""What the report of an election says, gathered once for the page, the file and the PDF."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.accounts.forms.imports import safe_cell
from app.accounts.models import Agency
from app.i18n import either
from app.i18n import gettext as _
from ballots.models import Election
from ballots.outcomes import Outcome, outcomes
from ballots.queries import public
from ballots.queries.public import Figures, Holders

CSV_COLUMNS = (
    *("question", "question_ar", "question_en", "answer", "answer_ar", "answer_en"),
    *("kind", "votes", "share_of_valid", "most_votes"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """An election with its result."""

    election: Election
    agency: Agency | None
    outcomes: Sequence[Outcome]
    figures: Figures
    holders: Holders
    made_at: datetime
    address: str
    """Of the election's page, whole."""

    @property
    def title(self) -> str:
        """In the reader's language, or in the one there is."""
        return either(self.election.title)


async def report_of(row: Election, *, base_url: str, now: datetime) -> Report:
    """The report of an election that has a result."""
    agency = await Agency.get_or_none(id=row.agency_id)  # type: ignore[attr-defined]  # Tortoise adds it
    return Report(
        row,
        agency,
        outcomes(row.questions, row.result or [], row.weight),
        await public.figures(row),
        await public.holders(row),
        now,
        f"{base_url}/elections/{row.uuid}",
    )


def to_json(report: Report) -> dict[str, Any]:
    """The figures for programs."""
    row = report.election
    return {
        "uuid": row.uuid,
        "state": str(row.state),
        "test": row.is_test,
        "title": row.title,
        "url": report.address,
        "opens_at": row.opens_at.isoformat() if row.opens_at else None,
        "closes_at": row.closes_at.isoformat() if row.closes_at else None,
        "tallied_at": row.tallied_at.isoformat() if row.tallied_at else None,
        "voters": report.figures.voters,
        "counted": row.counted,
        "replaced": report.figures.replaced,
        "weighted": row.weighted,
        "weight": row.weight,
        "fingerprint": row.fingerprint,
        "credentials_fingerprint": row.credentials_fingerprint,
        "head": row.head,
        "questions": [
            {
                "question": outcome.question.question,
                "min": outcome.question.min,
                "max": outcome.question.max,
                "valid": outcome.valid,
                "blank": outcome.blank,
                "answers": [
                    {"answer": line.answer, "votes": line.votes, "share": line.share, "most_votes": line.leads}
                    for line in outcome.lines
                ],
            }
            for outcome in report.outcomes
        ],
    }


def to_csv(report: Report) -> str:
    """The figures as a table. The mark in front tells spreadsheets that it is UTF-8; no cell is a formula."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(CSV_COLUMNS)
    for number, outcome in enumerate(report.outcomes, 1):
        asked = [str(number), *_both(outcome.question.question)]
        for line in outcome.lines:
            told = [str(line.number), *_both(line.answer), "answer", str(line.votes), f"{line.share:.6f}"]
            writer.writerow([safe_cell(cell) for cell in [*asked, *told, "yes" if line.leads else "no"]])
        if outcome.blank is not None:
            writer.writerow([safe_cell(cell) for cell in [*asked, "", "", "", "blank", str(outcome.blank), "", ""]])
    return "\ufeff" + target.getvalue()


def _both(text: Any) -> list[str]:
    return [str(text.get(language, "")) for language in ("ar", "en")]


def verifying_says() -> list[str]:
    """How somebody checks the result, in three sentences."""
    return [
        _(
            "Download the record from the election's page. "
            "Everything needed to check it is in it, and no vote of anybody."
        ),
        _(
            "Compare the fingerprint there with the one on this paper, in a newspaper, or with a trustee: "
            "if they differ, you are looking at another election."
        ),
        _(
            "Let the page verify the record in your browser, or run the commands below on a computer of your own. "
            "The second program was not written by us."
        ),
    ]
