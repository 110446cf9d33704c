"""The list of elections where there are none, and where there are ten thousand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from app import clock
from ballots.models import Election
from ballots.queries import lists
from ballots.rules import State, new_uuid
from tests.app.portal import fresh_portal

DAY = timedelta(days=1)
ENGLISH = {"accept-language": "en"}


def test_a_portal_without_elections_says_so(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path) as fresh:
        assert "No election has been announced yet" in fresh.client.get("/elections", headers=ENGLISH).text
        assert "No election of this kind" in fresh.client.get("/elections?state=open", headers=ENGLISH).text


def test_ten_thousand_elections_are_paged(tmp_path: Path) -> None:
    now = clock.now()
    with fresh_portal("sqlite", tmp_path) as fresh:

        async def fill() -> list[list[str]]:
            await Election.bulk_create(
                [
                    Election(
                        uuid=new_uuid(),
                        state=State.OPEN if number < 25 else State.TALLIED,
                        title={"en": f"Number {number}"},
                        description={},
                        questions=[],
                        opens_at=now - DAY,
                        closes_at=now + DAY + timedelta(seconds=number) if number < 25 else now - DAY,
                        created_at=now,
                        frozen_at=now,
                    )
                    for number in range(10_000)
                ],
                batch_size=500,
            )
            return [
                [row.title["en"] for rows in (await lists.listed("", number, now)).rows.values() for row in rows]
                for number in (1, 2, 500, 501)
            ]

        first, second, last, beyond = fresh.run(fill)
        assert first == [f"Number {number}" for number in range(20)]
        assert second[:5] == [f"Number {number}" for number in range(20, 25)]
        assert len(second) == len(last) == 20
        assert last == beyond
        assert "page=500" in fresh.client.get("/elections", headers=ENGLISH).text
