"""Elections for the journeys, made in the data folder of a running portal by a process of its own.

`python -m tests.journeys.voting FOLDER` prints what it made; the browser's event loop and the database's must not meet.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from app import clock
from tests.journeys.portal import Portal

HOUR = timedelta(hours=1)
VOTER = "citizen@demo.example"
"""The account that is on the list of the election where one signs in."""

DAYS = {
    "question": {"ar": "ما الأيام التي تناسبك؟", "en": "Which days suit you?"},
    "answers": [
        {"ar": "الخميس", "en": "Thursday"},
        {"ar": "الجمعة", "en": "Friday"},
        {"ar": "السبت", "en": "Saturday"},
    ],
    "min": 1,
    "max": 2,
    "blank": True,
    "shuffle": True,
}


@dataclass(frozen=True, slots=True)
class Vote:
    """An election, and the codes of its voters by their number."""

    uuid: str
    codes: dict[str, str]

    def booth(self, language: str, code: str = "") -> str:
        """The booth's address, as a letter has it."""
        return f"/booth/{language}?election={self.uuid}" + (f"#{code}" if code else "")


def votes_in(portal: Portal) -> dict[str, Vote]:
    """Make elections in a portal: `two` questions, one that is `signed`, `large`, `early`, `paused`, a `test`."""
    command = [sys.executable, "-m", "tests.journeys.voting", str(portal.log.parent / "data")]
    root = Path(__file__).resolve().parents[2]
    made = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, timeout=120).stdout
    return {name: Vote(**value) for name, value in json.loads(made).items()}


def _wanted() -> dict[str, dict[str, Any]]:
    from tests.ballots.elections import QUESTIONS  # noqa: PLC0415

    answers = [{"ar": f"جواب {number}", "en": f"Answer {number}"} for number in range(1, 21)]
    large = [
        {
            "question": {"ar": f"سؤال {number}", "en": f"Question {number}"},
            "answers": answers,
            "min": 0,
            "max": 20,
            "blank": False,
            "shuffle": False,
        }
        for number in range(1, 21)
    ]
    now = clock.now()
    return {
        "two": {"questions": [*QUESTIONS, DAYS]},
        "signed": {"sign_in": True, "voters": [("1", "زينب", VOTER, 1)]},
        "large": {"questions": large},
        "early": {"opens": now + HOUR, "closes": now + 3 * HOUR},
        "paused": {},
        "test": {"is_test": True},
    }


async def _make(folder: Path) -> dict[str, Any]:
    from ballots.models import Election  # noqa: PLC0415
    from ballots.rules import Pause  # noqa: PLC0415
    from tests.app.portal import opened, settings_for  # noqa: PLC0415
    from tests.ballots.elections import ready  # noqa: PLC0415

    now, told = clock.now(), {}
    async with opened(settings_for(folder)):
        for name, chosen in _wanted().items():
            made = await ready(now=now - 2 * HOUR, **{"opens": now - HOUR, "closes": now + 48 * HOUR, **chosen})
            told[name] = {"uuid": made.uuid, "codes": made.codes}
            if name == "paused":
                await Election.filter(id=made.id).update(paused_at=now, paused_why=Pause.RESTORED)
    return told


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_make(Path(sys.argv[1])))))  # noqa: T201 - its answer
