"""The chain of events: what is one, what may follow what, and what a step carries."""

import io
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.archive import Cut, Reader, entry_bytes, first_entry
from crypto.board import MAX_HEIGHT, Event, Kind, Setup, Unclaimed, data_name, event_name, may_follow, replay
from crypto.board import Step as Replayed
from crypto.errors import Malformed, ProtocolError, Rejected
from tests.crypto.records import (
    TIMESTAMP,
    Step,
    archive_bytes,
    archive_parts,
    ballot_step,
    canonical,
    decryption_step,
    end_step,
    ends_of_events,
    plain,
    result_step,
    rich,
    setup_step,
    sha,
    tally_step,
    with_content,
)

VECTORS = Path(__file__).parent.parent / "vectors"
DIGEST = "0123456789abcdef" * 4


def walk(data: bytes) -> list[Replayed]:
    return list(replay(Reader(io.BytesIO(data))))


def errors(steps: Iterable[Replayed]) -> list[ProtocolError]:
    return [error for step in steps for error in (*step.chain_errors, *step.data_errors)]


# One event


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*/*.bel")), ids=lambda path: path.parent.name)
def test_every_event_that_belenios_wrote_is_understood_and_spelled_the_same(path: Path) -> None:
    with Reader.open(path) as reader:
        events = [reader.read(entry) for entry in reader.entries() if entry.is_event]
    assert [Event.parse(event).to_json() for event in events] == events
    assert [Event.parse(event).height for event in events] == list(range(len(events)))


GOOD = {"parent": DIGEST, "height": 7, "type": "Ballot", "payload": DIGEST}


@pytest.mark.parametrize(
    "body",
    [
        canonical(GOOD | {"height": -1}),
        canonical(GOOD | {"height": 7.0}),
        canonical(GOOD | {"height": "7"}),
        canonical(GOOD | {"height": True}),
        canonical(GOOD | {"height": None}),
        canonical(GOOD | {"height": MAX_HEIGHT + 1}),
        canonical(GOOD | {"type": "ballot"}),
        canonical(GOOD | {"type": "Cancel"}),
        canonical(GOOD | {"type": ["Ballot"]}),
        canonical(GOOD | {"type": {}}),
        canonical(GOOD | {"parent": None}),
        canonical(GOOD | {"parent": DIGEST.upper()}),
        canonical(GOOD | {"parent": DIGEST[:-1]}),
        canonical(GOOD | {"payload": DIGEST + "0"}),
        canonical(GOOD | {"payload": None}),
        canonical(GOOD | {"payload": "../" + DIGEST[3:]}),
        canonical(GOOD | {"extra": 1}),
        canonical({"height": 7, "parent": DIGEST, "type": "Ballot", "payload": DIGEST}),
        canonical(GOOD) + b"\n",
        b" " + canonical(GOOD),
        json.dumps(GOOD).encode(),
        canonical(GOOD)[:-1] + b',"height":7}',
        canonical(GOOD).replace(b"Ballot", b"\\u0042allot"),
        canonical(GOOD).replace(b'"height":7', b'"height":07'),
        canonical(GOOD).replace(b'"height":7', b'"height":1e999'),
        canonical(GOOD).replace(b'"height":7', b'"height":NaN'),
        canonical(GOOD).replace(b'"height":7', b'"height":' + b"9" * 100_000),
        canonical(GOOD).replace(b'"height":7', b'"height":' + b"[" * 100_000 + b"]" * 100_000),
        canonical(GOOD).replace(b"Ballot", b"\\ud800"),
        b"\xff\xfe",
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"Ballot"',
        canonical({"parent": DIGEST, "height": 7, "type": "Ballot"}),
        canonical({"parent": DIGEST, "height": 7, "type": "EndBallots", "payload": DIGEST}),
        canonical({"parent": DIGEST, "height": 7, "type": "EndShuffles", "payload": DIGEST}),
    ],
    ids=lambda body: body[:70].decode("latin-1"),
)
def test_an_event_of_any_other_shape_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        Event.parse(body)


def test_an_event_that_cannot_be_read_ends_the_walk_and_says_where() -> None:
    data = first_entry(TIMESTAMP) + entry_bytes(event_name(b"{}"), b"{}", TIMESTAMP)
    with pytest.raises(Malformed, match=r"entry\[1\]@1024"):
        walk(data)


def test_names_of_entries_are_the_digest_and_the_sort() -> None:
    assert data_name(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.data.json"
    assert event_name(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.event.json"


def test_a_setup_names_three_records_and_keeps_the_order_of_those_of_later_releases() -> None:
    one, two, three, four = (sha(text) for text in (b"1", b"2", b"3", b"4"))
    setup = Setup.parse(canonical({"election": one, "trustees": two, "credentials": three, "certificate": four}))
    assert setup == Setup(one, two, three, (four,))
    with pytest.raises(Malformed, match="credentials"):
        Setup.parse(canonical({"election": one, "trustees": two}))
    with pytest.raises(Malformed):
        Setup.parse(canonical({"election": one, "trustees": two, "credentials": three, "certificate": 5}))


# The order


def lives(*, shuffled: bool, length: int) -> set[tuple[str, ...]]:
    """All stories of up to `length` events that `may_follow` allows."""
    found: set[tuple[str, ...]] = {()}
    edge = found
    for _ in range(length):
        edge = {
            (*story, str(kind))
            for story in edge
            for kind in Kind
            if may_follow(Kind(story[-1]) if story else None, kind, shuffled=shuffled)
        }
        found |= edge
    return found


def test_an_election_is_set_up_once_then_cast_closed_tallied_decrypted_and_announced_once() -> None:
    stories = lives(shuffled=False, length=7)
    assert ("Setup", "Ballot", "Ballot", "EndBallots", "EncryptedTally", "PartialDecryption", "Result") in stories
    assert ("Setup", "EndBallots", "EncryptedTally", "PartialDecryption", "PartialDecryption", "Result") in stories
    for story in stories:
        assert story[:1] in ((), ("Setup",))
        for once in ("Setup", "EndBallots", "EncryptedTally", "Result"):
            assert story.count(once) <= 1
        if "Result" in story:
            assert story[-1] == "Result"
            assert "PartialDecryption" in story
        assert "Shuffle" not in story
        assert "Ballot" not in story[story.index("EndBallots") :] if "EndBallots" in story else True


def test_ranked_votes_are_never_decrypted_before_they_are_shuffled() -> None:
    stories = lives(shuffled=True, length=8)
    assert any("PartialDecryption" in story for story in stories)
    for story in stories:
        if "PartialDecryption" in story:
            before = story[: story.index("PartialDecryption")]
            assert before[-1] == "EndShuffles"
            assert before[-2] == "Shuffle"


# The walk


def test_an_honest_archive_replays_without_a_fault_and_every_step_ends_where_its_event_ends() -> None:
    data = archive_bytes(rich().steps())
    steps = walk(data)
    assert errors(steps) == []
    assert [step.event.kind for step in steps] == [step.kind for step in rich().steps()]
    assert [step.end for step in steps] == ends_of_events(data)
    assert steps[0].setup is not None
    assert steps[0].setup.election == sha(rich().election.data)


def test_a_cut_copy_replays_up_to_its_last_whole_event() -> None:
    data = archive_bytes(plain().steps())
    ends = ends_of_events(data)
    seen: list[int] = []
    replaying = replay(Reader(io.BytesIO(data[: ends[3] - 1])))
    with pytest.raises(Cut):
        seen.extend(step.end for step in replaying)
    assert seen == ends[:3]


def test_records_without_their_event_at_the_end_are_reported_after_everything_else() -> None:
    data = archive_bytes([plain().setup]) + entry_bytes(data_name(b"1"), b"1", TIMESTAMP)
    replaying = replay(Reader(io.BytesIO(data)))
    assert next(replaying).event.kind is Kind.SETUP
    with pytest.raises(Unclaimed):
        next(replaying)


def test_records_that_nobody_claims_do_not_pile_up() -> None:
    entries = b"".join(entry_bytes(data_name(b"%d" % n), b"%d" % n, TIMESTAMP) for n in range(100))
    with pytest.raises(Rejected, match="pile up"):
        walk(first_entry(TIMESTAMP) + entries)


SOME = plain()


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ([Step("Setup", (*SOME.setup.records, b"1"))], "event[0]"),
        ([Step("Setup", SOME.setup.records[1:])], "event[0]"),
        ([Step("Setup", (*SOME.setup.records[1::-1], *SOME.setup.records[2:]))], "event[0]"),
        ([Step("Setup", (b"1", *SOME.setup.records))], "event[0]"),
        ([SOME.setup, Step("Ballot", (b"1", b"2"))], "event[1]"),
        ([SOME.setup, Step("Ballot", (b"1",), {"payload": sha(b"2")})], "event[1]"),
        ([SOME.setup, end_step(), Step("EncryptedTally", SOME.tallying.records[1:])], "event[2]"),
        ([SOME.setup, end_step(), Step("EncryptedTally", (b"[]", SOME.tallying.records[1]))], "event[2]"),
        ([SOME.setup, end_step(), SOME.tallying, Step("PartialDecryption", (b"1", b"2"))], "event[3]"),
        ([SOME.setup, Step("EndBallots", (b"1",), {"payload": None})], "event[1]"),
    ],
    ids=[
        "a fifth record in the set-up",
        "no election in the set-up",
        "election and trustees exchanged",
        "a record before the set-up",
        "two records before a ballot",
        "a ballot that is not there",
        "a tally that is not there",
        "another tally",
        "a decryption that names nothing",
        "a record before the close",
    ],
)
def test_an_event_has_exactly_the_records_it_names_in_their_order(steps: list[Step], where: str) -> None:
    found = [error for step in walk(archive_bytes(steps)) for error in step.data_errors]
    assert [error.where.split(".")[0] for error in found] == [where]


@pytest.mark.parametrize("lie", [{"height": 0}, {"height": 2}, {"height": MAX_HEIGHT}])
def test_a_wrong_height_is_noticed_where_it_stands(lie: dict[str, int]) -> None:
    steps = [SOME.setup, Step("Ballot", (SOME.ballots[0],), lie)]
    (error,) = errors(walk(archive_bytes(steps)))
    assert error.where == f"event[{lie['height']}].height"


@pytest.mark.parametrize("parent", [None, DIGEST, sha(SOME.ballots[0])], ids=["none", "unknown", "a record"])
def test_an_event_that_names_another_parent_is_noticed(parent: str | None) -> None:
    steps = [SOME.setup, Step("Ballot", (SOME.ballots[0],), {"parent": parent})]
    # A missing parent also changes the order of keys that the attacker writes; both spellings are refused or noticed.
    (error,) = errors(walk(archive_bytes(steps)))
    assert error.where == "event[1].parent"


def test_the_first_event_has_no_parent() -> None:
    body = canonical({"parent": DIGEST, "height": 0, "type": "Setup", "payload": sha(SOME.setup.records[-1])})
    data = bytearray(first_entry(TIMESTAMP))
    for record in SOME.setup.records:
        data += entry_bytes(data_name(record), record, TIMESTAMP)
    data += entry_bytes(event_name(body), body, TIMESTAMP)
    (error,) = errors(walk(bytes(data)))
    assert error.where == "event[0].parent"


def test_a_record_with_another_content_than_its_name_is_no_payload() -> None:
    data = bytearray(archive_bytes([SOME.setup, ballot_step(SOME.ballots[0])]))
    at = data.index(SOME.ballots[0])
    data[at + 30] ^= 1
    step = walk(bytes(data))[-1]
    assert [error.message for error in step.data_errors] == ["the content does not have the SHA-256 that its name says"]


@settings(deadline=None, database=None)
@given(st.lists(st.sampled_from(list(Kind)), max_size=8))
def test_the_walk_reports_no_fault_of_chain_for_any_sequence_of_well_made_events(kinds: list[Kind]) -> None:
    """The order is judged elsewhere; the chain and the records of each step here are right."""
    make = {
        Kind.SETUP: setup_step(b"1", b"2", b"3"),
        Kind.BALLOT: ballot_step(b"4"),
        Kind.END_BALLOTS: end_step(),
        Kind.ENCRYPTED_TALLY: tally_step(b"5", 1, 1),
        Kind.SHUFFLE: Step("Shuffle", decryption_step(1, b"6").records),
        Kind.END_SHUFFLES: Step("EndShuffles"),
        Kind.PARTIAL_DECRYPTION: decryption_step(1, b"7"),
        Kind.RESULT: result_step([]),
    }
    steps = walk(archive_bytes(make[kind] for kind in kinds))
    assert errors(steps) == []
    assert [step.event.kind for step in steps] == kinds


@settings(deadline=None, database=None)
@given(st.integers(0, 3), st.binary(max_size=40))
def test_whatever_a_founding_record_holds_the_walk_goes_on(place: int, body: bytes) -> None:
    steps = [with_content(SOME.setup, place, body), *SOME.steps()[1:]]
    walked = walk(archive_bytes(steps))
    assert len(walked) == len(steps)
    assert [error.where.split(".")[0] for error in errors(walked)] == (["event[0]"] if place == 3 else [])


# Memory

# ru_maxrss would do but that Linux hands the parent's down to the child over fork and exec; VmHWM begins anew at exec.
READING = """
import sys
from pathlib import Path
from crypto.archive import Reader
from crypto.board import replay
with Reader.open(Path(sys.argv[1])) as reader:
    steps = sum(1 for _ in replay(reader))
status = Path("/proc/self/status").read_text().split()
print(steps, status[status.index("VmHWM:") + 1])
"""


def peak_of_reading(path: Path) -> tuple[int, float]:
    """Events read by a process of its own, and the most memory it ever had, in MiB."""
    done = subprocess.run([sys.executable, "-c", READING, path], check=True, capture_output=True, text=True)
    steps, kilobytes = done.stdout.split()
    return int(steps), int(kilobytes) / 1024


@pytest.mark.slow
def test_a_hundred_thousand_ballots_take_no_more_memory_to_read_than_a_thousand(tmp_path: Path) -> None:
    peaks = {}
    for number in (1_000, 100_000):
        path = tmp_path / f"{number}.bel"
        ballots = (ballot_step(b'{"ballot":%d,"filling":"%s"}' % (n, b"x" * 400)) for n in range(number - 1))
        with path.open("wb") as file:
            file.writelines(archive_parts([SOME.setup, *ballots]))
        steps, peaks[number] = peak_of_reading(path)
        assert steps == number
        path.unlink()
    assert peaks[100_000] < peaks[1_000] + 4
