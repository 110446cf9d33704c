"""What nobody may do to an election, however they come by it: found by an independent reader, kept from coming back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import clock, ids
from app.accounts.models import Person
from app.audit import SYSTEM
from app.models import Job, Message
from app.settings import Settings
from ballots import live
from ballots.actions import Outdated, Refused, casting, ceremony, credentials, running
from ballots.models import CastBallot, CeremonyPart, Credential, Election, Trustee, Turnout, Voter
from ballots.receipts import signing_key
from ballots.rules import State
from crypto import transcripts
from crypto.encoding import canonical
from crypto.groups import named
from crypto.transcripts import VERSION_1
from crypto.trustees import PublicKey
from tests.app.portal import DATABASES, Portal, fresh_database, fresh_portal, opened, with_account
from tests.ballots.elections import DURING, NOW, ballot_of, drafted, ready, vote, with_credentials, with_keys

LIBRARY, PARK = [[0, 1, 0, 0]], [[0, 0, 1, 0]]


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with fresh_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as found:
        yield found


def inside(settings: Settings, work: Callable[[], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with opened(settings):
            return await work()

    return asyncio.run(run())


def test_one_voter_cannot_fill_the_board(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casting, "MOST_BALLOTS", 3)

    async def work() -> None:
        made = await ready()
        for _time in range(3):
            await vote(made, "1", LIBRARY)
        with pytest.raises(Refused) as refused:
            await vote(made, "1", PARK)
        assert refused.value.code == "too_often"
        await vote(made, "2", PARK)
        assert await CastBallot.filter(election_id=made.id).count() == 4

    inside(settings, work)


async def person(email: str) -> Person:
    return await Person.create(email=email, name=email, password="x", created_at=NOW, confirmed_at=NOW)


def test_an_entry_of_the_list_serves_one_account_for_ever(settings: Settings) -> None:
    async def work() -> None:
        voters = [("1", "Zainab", "z@example.org", 1), ("2", "Omar", "o@example.org", 1)]
        made = await ready(voters=voters, sign_in=True)
        zainab = await person("z@example.org")
        await vote(made, "1", LIBRARY, person=zainab)
        await Person.filter(id=zainab.id).update(email="new@example.org")
        buyer = await person("z@example.org")
        with pytest.raises(Refused) as refused:
            await vote(made, "2", PARK, person=buyer)
        assert refused.value.code == "not_voter"
        # Neither does deleting the account set code or entry free.
        await Voter.filter(person_id=zainab.id).update(person_id=None)
        await Credential.filter(used_by_id=zainab.id).update(used_by_id=None)
        for number in ("1", "2"):
            with pytest.raises(Refused):
                await vote(made, number, PARK, person=buyer)

    inside(settings, work)


def test_where_nobody_signs_in_nothing_ties_an_account_to_a_ballot(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        await vote(made, "1", LIBRARY, person=await person("z@example.org"))
        assert await Job.filter(name=casting.SEND_RECEIPT).count() == 0
        assert await Credential.filter(election_id=made.id, used_by_id__isnull=False).count() == 0
        assert await Turnout.filter(election_id=made.id).count() == 0, "a small election is not followed by the hour"

    inside(settings, work)


def test_what_is_frozen_is_what_was_looked_at(settings: Settings) -> None:
    async def work() -> None:
        made = await drafted()
        await with_keys(made)
        await with_credentials(made)
        seen = await made.row()
        await Election.filter(id=made.id).update(version=seen.version + 1, title={"en": "Something else"})
        with pytest.raises(Outdated):
            await running.freeze(seen, actor=SYSTEM, now=NOW)
        assert (await made.row()).state is State.DRAFT

    inside(settings, work)


async def _single() -> tuple[Any, dict[int, Trustee], list[PublicKey]]:
    made = await drafted(threshold=3)
    trustees = {one.index: one for one in await Trustee.filter(election_id=made.id)}
    group = named("Ed25519")
    return made, trustees, [PublicKey.make(VERSION_1, group.random()) for _ in range(3)]


def _committed(key: PublicKey) -> dict[str, str]:
    return {"commitment": transcripts.key_commitment(canonical(str(key.point)))}


def test_whoever_copies_a_commitment_is_the_one_who_is_refused(settings: Settings) -> None:
    async def work() -> None:
        _made, trustees, keys = await _single()
        await ceremony.publish(trustees[1], "commitments", _committed(keys[0]), now=NOW)
        with pytest.raises(Refused):
            await ceremony.publish(trustees[2], "commitments", _committed(keys[0]), now=NOW)
        for index in (2, 3):
            await ceremony.publish(trustees[index], "commitments", _committed(keys[index - 1]), now=NOW)

    inside(settings, work)


def test_nothing_gets_into_the_record_that_does_not_belong_there(settings: Settings) -> None:
    async def work() -> None:
        made, trustees, keys = await _single()
        for index in (1, 2, 3):
            await ceremony.publish(trustees[index], "commitments", _committed(keys[index - 1]), now=NOW)
        for index in (1, 2, 3):
            public = {**keys[index - 1].to_json(), "junk": "<script>", "name": "Somebody else"}
            await ceremony.publish(trustees[index], "keys", {"public_key": public, "more": "x"}, now=NOW)
        row, parts = await made.row(), await ceremony.parts_of(made.id)
        record = ceremony.trustees_json(row, ["A", "B", "C"], parts).decode()
        assert "junk" not in record
        assert "Somebody else" not in record
        assert "more" not in "".join(part.body for part in await CeremonyPart.filter(election_id=made.id))

    inside(settings, work)


def test_trustees_for_whom_the_others_wait_are_called_and_nobody_else(settings: Settings) -> None:
    async def work() -> None:
        made, trustees, keys = await _single()
        for index in (1, 2, 3):
            await ceremony.publish(trustees[index], "commitments", _committed(keys[index - 1]), now=NOW)
        assert await Job.filter(name=ceremony.CALL, run_at=NOW + ceremony.PATIENCE).count() == 1
        await ceremony.publish(trustees[2], "keys", {"public_key": keys[1].to_json()}, now=NOW)
        await ceremony.call(made.id, "commitments", now=NOW + ceremony.PATIENCE)
        assert sorted([mail.recipient for mail in await Message.all()]) == [trustees[1].email, trustees[3].email]
        await CeremonyPart.filter(election_id=made.id, kind="commitments").delete()
        await ceremony.call(made.id, "commitments", now=NOW + ceremony.PATIENCE)
        assert await Message.all().count() == 2, "keys that are made anew call nobody to the old ones"

    inside(settings, work)


def test_a_step_that_is_too_large_is_refused(settings: Settings) -> None:
    async def work() -> None:
        _made, trustees, _keys = await _single()
        with pytest.raises(Refused):
            await ceremony.publish(trustees[1], "commitments", {"commitment": "a" * 64, "name": "n" * 2000}, now=NOW)

    inside(settings, work)


def test_a_link_that_was_replaced_opens_nothing_even_for_a_request_that_had_begun(settings: Settings) -> None:
    async def work() -> None:
        made, trustees, keys = await _single()
        begun = trustees[1]
        await Trustee.filter(id=begun.id).update(token_hash=ids.token_hash(ids.token()))
        with pytest.raises(Refused) as refused:
            await ceremony.publish(begun, "commitments", _committed(keys[0]), now=NOW)
        assert refused.value.code == "link"
        seen = await made.row()
        await Election.filter(id=made.id).update(authority_token=None)
        with pytest.raises(Refused) as refused:
            await credentials.issue(seen, [], now=NOW)
        assert refused.value.code == "link"

    inside(settings, work)


def test_a_stranger_cannot_make_the_portal_verify_proofs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        made, other = await ready(), await ready()
        made.codes["9"] = other.codes["1"]
        text = ballot_of(await made.row(), made.codes["9"], LIBRARY)
        monkeypatch.setattr(casting, "_verified", lambda *_: pytest.fail("verified without a code of this election"))
        with pytest.raises(Refused) as refused:
            await casting.cast(await made.row(), text, person=None, key=signing_key(b"x"), now=DURING)
        assert refused.value.code == "unknown_credential"

    inside(settings, work)


def test_a_vote_that_opens_by_a_ballot_is_told_like_any_other(settings: Settings) -> None:
    async def work() -> None:
        from ballots.queries import public  # noqa: PLC0415 - beside its only use

        made = await ready()
        await vote(made, "1", LIBRARY)
        assert "election_opened" in [one.verb for one in await public.log(await made.row())]

    inside(settings, work)


def _open_now(portal: Portal) -> Any:
    now = clock.now()
    return portal.run(
        ready, now=now - timedelta(hours=2), opens=now - timedelta(hours=1), closes=now + timedelta(hours=5)
    )


@pytest.mark.parametrize("seal", ["<b>" + "a" * 40, "\u202e" * 43, "!" * 43, "a" * 42 + "\0", "a" * 44])
def test_only_what_can_be_a_seal_is_kept_as_one(portal: Portal, seal: str) -> None:
    made = _open_now(portal)
    assert portal.browser().post(f"/api/elections/{made.uuid}/audits", json={"seal": seal}).status_code == 400


def test_a_body_larger_than_any_ballot_is_refused_before_it_is_read(portal: Portal) -> None:
    made = _open_now(portal)
    body = json.dumps({"ballot": "x", "a": [[]] * 100_000})
    answer = portal.browser().post(
        f"/api/elections/{made.uuid}/ballots", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["ceremony", "key-proof", "decryptions", "credentials", "mail-codes"])
def test_nothing_is_read_of_whoever_has_no_link(portal: Portal, path: str) -> None:
    made = _open_now(portal)
    for token in ("", f"Bearer {'x' * 43}"):
        answer = portal.browser(authorization=token).post(
            f"/api/elections/{made.uuid}/{path}", content="{" * 1000, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 401, "not 400, which would mean that the body was looked at"


def test_streams_are_counted_by_address(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_AN_ADDRESS", 0)
    made = _open_now(portal)
    answer = portal.browser().get(f"/api/elections/{made.uuid}/events")
    assert answer.status_code == 429
    assert answer.headers["retry-after"]


def test_an_account_that_has_voted_gets_its_receipt_by_mail_once(portal: Portal) -> None:
    now = clock.now()
    made = portal.run(
        ready,
        now=now - timedelta(hours=2),
        opens=now - timedelta(hours=1),
        closes=now + timedelta(hours=5),
        voters=[("1", "Zainab", "z@example.org", 1)],
        sign_in=True,
    )
    browser = with_account(portal, "z@example.org")
    text = ballot_of(portal.run(made.row), made.codes["1"], LIBRARY)
    for expected in (201, 200):
        answer = browser.post(f"/api/elections/{made.uuid}/ballots", json={"ballot": text})
        assert answer.status_code == expected
    tracker = answer.json()["receipt"]["tracker"]
    assert [tracker in mail.body for mail in portal.mails()].count(True) == 1
