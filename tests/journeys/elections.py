"""Elections written into the database of a running portal by another process: `python -m tests.journeys.elections`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from app import clock, db, ids
from app.audit import SYSTEM
from app.main import FEATURES
from app.settings import Settings
from ballots.actions import authority, running
from ballots.demo import everybody
from ballots.demo.everybody import Made
from ballots.models import Election, Voter
from tests.ballots.elections import QUESTIONS, drafted, vote
from tests.journeys.portal import Portal

VOTERS = [("1", "زينب الكاظم", "zainab@example.org", 1), ("=2", "Omar Hanna", "+964 770 000 0001", 1)]


def tell(portal: Portal, act: str, **values: Any) -> Any:
    """Let it be done in the portal's database; its answer."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAWTUNA_")} | {
        "SAWTUNA_DATA_DIR": str(portal.log.parent / "data"),
        "SAWTUNA_DEMO": "true",
        "SAWTUNA_BASE_URL": portal.address,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.elections", act, json.dumps(values)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


async def draft(settings: Settings, **chosen: Any) -> dict[str, Any]:  # noqa: ARG001 - the form of an act
    """A draft with three trustees, a credential authority and voters; the tokens of their links."""
    now = clock.now()
    made = await drafted(
        **{
            "voters": VOTERS,
            "trustees": ["سعاد العاني", "Yusuf Hanna", "نوري البصري"],
            "threshold": 2,
            "questions": QUESTIONS,
            "opens": now + timedelta(minutes=1),
            "closes": now + timedelta(hours=2),
            "created": now,
            "delivered_by_portal": True,
            **chosen,
        }
    )
    return {"uuid": made.uuid, "trustees": [holder.token for holder in made.holders], "authority": made.authority}


async def hold(settings: Settings, *, uuid: str, codes: dict[str, str]) -> dict[str, Any]:
    """Freeze, let every voter with a code vote, close and add up."""
    row, now = await Election.get(uuid=uuid), clock.now()
    made = Made(row.id, row.uuid, codes=codes)
    await running.freeze(row, actor=SYSTEM, now=now)
    during = now + timedelta(minutes=5)
    for number in codes:
        await vote(made, number, [[1, 0, 0, 0] if number == "1" else [0, 0, 1, 0]], now=during)
    await Election.filter(id=row.id).update(closes_at=now - timedelta(seconds=1))
    await everybody.closed(made, settings, now=now)
    return {}


async def opened(settings: Settings, *, uuid: str) -> dict[str, Any]:  # noqa: ARG001 - the form of an act
    """Let the hour of the opening be now."""
    await Election.filter(uuid=uuid).update(opens_at=clock.now() - timedelta(seconds=1))
    return {}


async def closed(settings: Settings, *, uuid: str) -> dict[str, Any]:  # noqa: ARG001 - the form of an act
    """Let the hour of the close be now; the portal's own worker does the rest."""
    await Election.filter(uuid=uuid).update(closes_at=clock.now() - timedelta(seconds=1))
    return {}


async def anew(settings: Settings, *, uuid: str, number: str, name: str) -> dict[str, Any]:  # noqa: ARG001 - the form of an act
    """Withdraw the codes, add a voter, and invite the authority again; the token of its link."""
    row, token = await Election.get(uuid=uuid), ids.token()
    await authority.withdraw_credentials(row, actor=SYSTEM, now=clock.now())
    await Voter.create(election_id=row.id, number=number, name=name)
    await Election.filter(id=row.id).update(authority_token=ids.token_hash(token))
    return {"authority": token}


ACTS: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
    "anew": anew,
    "draft": draft,
    "hold": hold,
    "opened": opened,
    "closed": closed,
}


async def main(act: str, values: dict[str, Any]) -> None:
    """Run as a program."""
    settings = Settings()
    async with db.opened(settings, FEATURES):
        done = await ACTS[act](settings, **values)
    print(json.dumps(done))  # noqa: T201 - its answer


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
