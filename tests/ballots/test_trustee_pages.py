"""The pages of trustees and of the credential authority, and the codes that the portal may send."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.audit import SYSTEM
from app.models import AuditEntry, Job
from ballots.actions import Refused, credentials, running
from ballots.models import Credential, Election, Trustee
from ballots.rules import State
from tests.app.portal import DATABASES, Portal, fresh_portal, words
from tests.ballots.elections import DURING, NOW, Made, closed, drafted, ready, with_credentials, with_keys

VOTERS = (
    ("1", "زينب", "zainab@example.org", 1),
    ("2", "Omar", "omar@example.org", 1),
    ("3", "نور", "+9647700000001", 1),
)
ORIGIN = "https://sawtuna.example"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as found:
        yield found


def asked(portal: Portal, path: str, token: str) -> Any:
    """The answer to somebody with a link."""
    return portal.browser(authorization=f"Bearer {token}").get(f"/api/elections/{path}")


def handed(portal: Portal, made: Made, codes: Mapping[str, object], token: str) -> Any:
    """The answer to codes that the portal is to send."""
    browser = portal.browser(authorization=f"Bearer {token}")
    return browser.post(f"/api/elections/{made.uuid}/mail-codes", json={"codes": dict(codes)})


async def issued(**more: Any) -> Made:
    """A draft whose codes are issued, and whose administrator lets the portal send them."""
    made = await drafted(**{"voters": VOTERS, "delivered_by_portal": True, **more})
    await with_credentials(made)
    return made


def reachable(made: Made) -> Mapping[str, str]:
    """The codes of those who have a mail address."""
    return {number: made.codes[number] for number in ("1", "2")}


async def send(made: Made, codes: Mapping[str, object], **more: Any) -> int:
    return await credentials.mail_codes(await made.row(), codes, base_url=ORIGIN, now=more.get("now", NOW))


async def lose(made: Made, index: int) -> None:
    await Trustee.filter(election_id=made.id, index=index).update(lost_at=NOW)


async def everything() -> list[str]:
    """What is kept beside the outbox."""
    return [str(row) for model in (AuditEntry, Credential, Election, Job) for row in await model.all().values()]


@pytest.mark.parametrize("page", ["trustee", "credentials"])
def test_the_page_of_a_link_holds_nothing_of_a_draft(portal: Portal, page: str) -> None:
    made = portal.run(drafted, voters=VOTERS)
    answer = portal.browser().get(f"/elections/{made.uuid}/{page}")
    assert answer.status_code == 200
    for secret in ("أولويات", "Priorities", "Trustee 1", "zainab", *(one.token for one in made.holders)):
        assert secret not in answer.text
    assert "<script>" not in answer.text
    assert portal.browser().get(f"/elections/NobodysElection1/{page}").status_code == 404


def test_a_link_opens_its_own_election_only(portal: Portal) -> None:
    made, other = portal.run(drafted, voters=VOTERS), portal.run(drafted)
    good = asked(portal, f"{made.uuid}/ceremony", made.holders[0].token)
    assert good.status_code == 200
    assert good.json()["lost"] == []
    assert good.headers["cache-control"] == "no-store"
    for token in (made.authority, other.holders[0].token, "x" * 43, "short"):
        refused = asked(portal, f"{made.uuid}/ceremony", token)
        assert refused.status_code == 401
    for path in ("voters",):
        for token in (made.holders[0].token, other.authority, "x" * 43):
            assert (asked(portal, f"{made.uuid}/{path}", token)).status_code == 401


def test_a_trustee_hears_which_keys_are_lost(portal: Portal) -> None:
    made = portal.run(drafted)
    portal.run(lose, made, 2)
    answer = asked(portal, f"{made.uuid}/ceremony", made.holders[0].token)
    assert answer.json()["lost"] == [2]


def test_everything_a_trustee_has_published_can_be_fetched_again_until_the_result(portal: Portal) -> None:
    """So the key file of the first step is enough for the whole election."""
    made = portal.run(ready)
    answer = asked(portal, f"{made.uuid}/ceremony", made.holders[0].token)
    published = answer.json()["published"]
    assert set(published) == {"certificates", "commitments", "shares", "keys"}
    assert all(set(parts) == {"1", "2", "3"} for parts in published.values())


def test_the_authority_learns_the_fingerprint_of_the_list_that_holds(portal: Portal) -> None:
    made = portal.run(issued)
    told = (asked(portal, f"{made.uuid}/voters", made.authority)).json()
    assert told["done"]
    assert told["by_portal"]
    assert not told["mailed"]
    portal.run(with_keys, made)
    portal.run(running.freeze, portal.run(made.row), actor=SYSTEM, now=NOW)
    assert portal.run(made.row).credentials_fingerprint == told["fingerprint"]
    assert len(told["fingerprint"]) == 43


def test_the_portal_sends_each_code_to_its_voter_once_and_keeps_it_nowhere(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    made = portal.run(issued)
    codes = reachable(made)
    with caplog.at_level(logging.INFO):
        answer = handed(portal, made, codes, made.authority)
    assert answer.json() == {"sent": 2}
    letters = {message.recipient: message for message in portal.mails()}
    assert set(letters) == {"zainab@example.org", "omar@example.org"}
    assert codes["1"] in letters["zainab@example.org"].body
    assert codes["2"] not in letters["zainab@example.org"].body
    assert codes["1"] not in letters["zainab@example.org"].subject
    assert made.uuid in letters["omar@example.org"].body
    kept = portal.run(everything)
    assert not any(code in text for code in codes.values() for text in [*kept, caplog.text, answer.text])
    assert portal.run(made.row).delivered_by_portal
    told = (asked(portal, f"{made.uuid}/voters", made.authority)).json()
    assert told["mailed"]
    with pytest.raises(Refused) as refused:
        portal.run(send, made, codes)
    assert refused.value.code == "conflict"
    assert len(portal.mails()) == 2


def test_only_codes_that_were_issued_are_sent_and_only_to_their_voters(portal: Portal) -> None:
    made, other = portal.run(issued), portal.run(issued)
    good = reachable(made)
    wrong: dict[str, Mapping[str, object]] = {
        "codes": {"1": other.codes["1"]},
        "voters": {"3": made.codes["3"]},
        "numbers": {},
    }
    for code, sent in [
        *wrong.items(),
        ("codes", {"1": good["1"], "2": good["1"]}),
        ("codes", {"1": 7}),
        ("codes", {"1": "not a code"}),
        ("voters", {"9": good["1"]}),
    ]:
        with pytest.raises(Refused) as refused:
            portal.run(send, made, sent)
        assert refused.value.code == code
        assert not any(str(value) in refused.value.sentence for value in sent.values())
    assert portal.mails() == []


def test_codes_of_another_weight_are_not_mixed_up(portal: Portal) -> None:
    voters = (("1", "A", "a@example.org", 5), ("2", "B", "b@example.org", 1))
    made = portal.run(issued, voters=voters)
    with pytest.raises(Refused) as refused:
        portal.run(send, made, {"1": made.codes["2"], "2": made.codes["1"]})
    assert refused.value.code == "codes"


def test_the_portal_sends_nothing_that_was_not_allowed_or_is_not_needed(portal: Portal) -> None:
    unwanted = portal.run(issued, delivered_by_portal=False)
    early = portal.run(drafted, voters=VOTERS, delivered_by_portal=True)
    over = portal.run(ready, voters=VOTERS, delivered_by_portal=True)
    portal.run(closed, over, portal.settings)
    for made, code in ((unwanted, "not_allowed"), (early, "not_yet"), (over, "closed")):
        with pytest.raises(Refused) as refused:
            portal.run(send, made, {"1": "x"})
        assert refused.value.code == code


def test_codes_can_be_sent_while_the_vote_is_open(portal: Portal) -> None:
    made = portal.run(ready, voters=VOTERS, delivered_by_portal=True)
    assert portal.run(running.turn, made.id, now=DURING) is State.OPEN
    assert portal.run(send, made, reachable(made), now=DURING) == 2
    page = words(portal.browser(accept_language="en").get(f"/elections/{made.uuid}").text)
    assert "The portal may send them by its own mail." in page, "everybody can see what the vote trusts"
    assert "The portal sent the voters' codes by its own mail" in page


def test_nobody_but_the_authority_has_codes_sent(portal: Portal) -> None:
    made = portal.run(issued)
    for token in ("", made.holders[0].token, "x" * 43):
        assert handed(portal, made, reachable(made), token).status_code == 401
    assert portal.mails() == []
