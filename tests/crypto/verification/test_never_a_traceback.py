"""Whatever the bytes are, an observer gets a report: never a traceback, never a hang."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto.archive import entry_bytes, first_entry
from crypto.verification import Report, Verdict
from tests.crypto.records import (
    TIMESTAMP,
    Little,
    Step,
    archive_bytes,
    canonical,
    ends_of_events,
    judge,
    make_election,
    said,
    sha,
    with_content,
)

# One ballot, one trustee alone and a group of two: small, so that many mutations fit into a few seconds.
L: Little = make_election(singles=1, threshold=(2, 2), votes=((0, [[1, 0]]),), weights=(2,))
STEPS = L.steps()
WHOLE = archive_bytes(STEPS)
SPOTS = [(at, number) for at, step in enumerate(STEPS) for number in range(len(step.records))]

BOUNDED = settings(
    max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def examined(folder: Path, data: bytes) -> Report:
    """The report, which can be printed and sent whatever it says."""
    path = folder / "hostile.bel"
    path.write_bytes(data)
    report = judge(path)
    assert isinstance(report, Report)
    assert report.verdict.exit_code in (0, 1, 2)
    json.dumps(report.to_json(), ensure_ascii=False).encode()
    for outcome in report.outcomes.values():
        assert all(isinstance(failure.reason, str) for failure in (*outcome.failures, *outcome.warnings))
    return report


def with_record(spot: tuple[int, int], data: bytes) -> bytes:
    """The archive with one record replaced, all hashes and frames right."""
    at, number = spot
    return archive_bytes([*STEPS[:at], with_content(STEPS[at], number, data), *STEPS[at + 1 :]])


def record(spot: tuple[int, int]) -> bytes:
    return STEPS[spot[0]].records[spot[1]]


def test_the_record_that_is_mutated_below_verifies(tmp_path: Path) -> None:
    assert examined(tmp_path, WHOLE).verdict is Verdict.VERIFIED


# Whole archives


@BOUNDED
@given(data=st.binary(max_size=3000))
def test_any_bytes_at_all_get_a_report(data: bytes, tmp_path: Path) -> None:
    assert examined(tmp_path, data).verdict.exit_code != 0


@BOUNDED
@given(data=st.binary(max_size=3000))
def test_any_bytes_after_a_good_beginning_get_a_report(data: bytes, tmp_path: Path) -> None:
    assert examined(tmp_path, first_entry(TIMESTAMP) + data).verdict.exit_code != 0
    assert examined(tmp_path, WHOLE + data).verdict is (Verdict.REJECTED if data else Verdict.VERIFIED)


@BOUNDED
@given(data=st.binary(max_size=600))
def test_any_bytes_after_the_name_of_the_first_entry_get_a_report(data: bytes, tmp_path: Path) -> None:
    head = first_entry(TIMESTAMP)
    for start in (9, 124, 512):
        changed = (head[:start] + data)[:1024].ljust(1024, b"\0") + WHOLE[1024:]
        report = examined(tmp_path, changed)
        assert report.verdict is Verdict.VERIFIED if changed == WHOLE else report.verdict.exit_code != 0


def mutations(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Bytes flipped, set, removed, doubled, exchanged; the same ones every time."""
    dice = random.Random(seed)
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 1, 1, 2, 5))):
            if not changed:
                break
            at = dice.randrange(len(changed))
            length = dice.choice((1, 2, 16, 64, 512, 1024))
            match dice.randrange(6):
                case 0:
                    changed[at] ^= 1 << dice.randrange(8)
                case 1:
                    changed[at] = dice.choice(b'\x00\xff"\\{}[],:0-9eEnN ')
                case 2:
                    del changed[at : at + length]
                case 3:
                    changed[at:at] = changed[at : at + length]
                case 4:
                    other = dice.randrange(len(changed))
                    one, two = changed[at : at + length], changed[other : other + length]
                    if len(one) == len(two):
                        changed[at : at + length], changed[other : other + length] = two, one
                case 5:
                    changed[at:at] = bytes(length)
        if bytes(changed) != data:
            yield bytes(changed)


def test_no_archive_with_changed_bytes_is_ever_verified(tmp_path: Path) -> None:
    ends = set(ends_of_events(WHOLE))
    tried = 0
    for changed in mutations(WHOLE, 250, 11):
        tried += 1
        report = examined(tmp_path, changed)
        if report.verdict.exit_code == 0:  # only a cut between two events leaves a record that may go on
            assert len(changed) in ends, said(report)
            assert changed == WHOLE[: len(changed)], said(report)
    assert tried > 200


def test_no_archive_whose_entries_are_shuffled_left_out_or_repeated_is_ever_verified(tmp_path: Path) -> None:
    entries = [WHOLE[start:end] for start, end in _bounds(WHOLE)]
    dice = random.Random(12)
    for _ in range(80):
        changed = list(entries)
        match dice.randrange(3):
            case 0:
                del changed[dice.randrange(len(changed) - 1)]
            case 1:
                changed.insert(dice.randrange(len(changed)), dice.choice(entries))
            case 2:
                one, two = dice.sample(range(len(changed)), 2)
                changed[one], changed[two] = changed[two], changed[one]
        data = first_entry(TIMESTAMP) + b"".join(changed)
        if data != WHOLE:
            assert examined(tmp_path, data).verdict is Verdict.REJECTED


def _bounds(data: bytes) -> Iterator[tuple[int, int]]:
    at = 1024
    while at < len(data):
        size = int(data[at + 124 : at + 135], 8)
        end = at + 512 + size + -size % 512
        yield at, end
        at = end


# Single records, all hashes and frames right


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: f"{STEPS[spot[0]].kind}-{spot[1]}")
def test_a_record_with_changed_bytes_gets_a_report_in_every_place(spot: tuple[int, int], tmp_path: Path) -> None:
    for changed in mutations(record(spot), 20, spot[0] * 10 + spot[1]):
        report = examined(tmp_path, with_record(spot, changed))
        if report.verdict is Verdict.VERIFIED:
            at, _ = spot
            unbound = {"Result", "PartialDecryption", "Setup", "EncryptedTally"}
            assert STEPS[at].kind in unbound, said(report)
            assert report.result == L.result


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["0", "1", "-1", "00", "0" * 64, "f" * 64, str(2**255), "Ed25519", "Single", "Pedersen", "{}"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@BOUNDED
@given(spot=st.sampled_from(SPOTS), value=json_values)
def test_any_json_in_any_place_gets_a_report(spot: tuple[int, int], value: Any, tmp_path: Path) -> None:
    data = json.dumps(value, separators=(",", ":")).encode()
    assert examined(tmp_path, with_record(spot, data)).verdict.exit_code != 0


def _inner(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _inner(child, (*place, key))


def _placed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _placed(copy[place[0]], place[1:], new)
    return copy


INSIDE = [(spot, place) for spot in SPOTS for place in _inner(json.loads(record(spot)))]


@settings(BOUNDED, max_examples=100)
@given(where=st.sampled_from(INSIDE), value=json_values)
def test_any_json_inside_any_record_gets_a_report(where: Any, value: Any, tmp_path: Path) -> None:
    spot, place = where
    data = canonical_or_ascii(_placed(json.loads(record(spot)), place, value))
    examined(tmp_path, with_record(spot, data))


def canonical_or_ascii(value: Any) -> bytes:
    """Canonical JSON, with lone surrogates escaped when there are any."""
    try:
        return canonical(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


NUMBERS = [b"1e999", b"-1e-999", b"-0", b"9" * 4300, b"-" + b"9" * 5000, b"NaN"]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:8].decode())
def test_an_odd_number_in_place_of_any_value_gets_a_report(number: bytes, tmp_path: Path) -> None:
    for spot, place in INSIDE[::3]:
        marked = canonical(_placed(json.loads(record(spot)), place, "@@"))
        report = examined(tmp_path, with_record(spot, marked.replace(b'"@@"', number)))
        if report.verdict.exit_code == 0:
            assert (number, report.result) == (b"-0", L.result), (spot, place, said(report))


def test_lists_nested_to_any_depth_in_place_of_any_value_get_a_report(tmp_path: Path) -> None:
    """Near the recursion limit one function may manage what the next does not."""
    dice = random.Random(13)
    for depth in (*range(900, 1000, 3), 2_000, 50_000):
        spot, place = dice.choice(INSIDE)
        marked = canonical(_placed(json.loads(record(spot)), place, "@@"))
        nested = dice.choice((b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth))
        examined(tmp_path, with_record(spot, marked.replace(b'"@@"', nested)))


# Events, and the proofs beside the archive


@BOUNDED
@given(body=st.one_of(st.binary(max_size=200), json_values.map(lambda value: json.dumps(value).encode())))
def test_any_event_gets_a_report(body: bytes, tmp_path: Path) -> None:
    data = WHOLE + entry_bytes(f"{sha(body)}.event.json", body, TIMESTAMP)
    assert examined(tmp_path, data).verdict is Verdict.REJECTED


@BOUNDED
@given(
    kinds=st.lists(st.sampled_from([str(step.kind) for step in STEPS] + ["Shuffle", "EndShuffles"]), max_size=8),
    lies=st.lists(
        st.dictionaries(st.sampled_from(["parent", "height", "payload", "type", "more"]), json_values, max_size=2),
        min_size=8,
        max_size=8,
    ),
)
def test_any_chain_of_events_gets_a_report(kinds: list[str], lies: list[dict[str, Any]], tmp_path: Path) -> None:
    records = {str(step.kind): step.records for step in STEPS}
    records["Shuffle"] = records["PartialDecryption"]
    steps = [Step(kind, records.get(kind, ()), lie) for kind, lie in zip(kinds, lies, strict=False)]
    try:
        data = archive_bytes(steps)
    except UnicodeEncodeError:
        return
    if steps != STEPS[: len(steps)]:
        examined(tmp_path, data)


@BOUNDED
@given(data=st.one_of(st.binary(max_size=300), json_values.map(lambda value: json.dumps(value).encode())))
def test_any_file_of_strong_proofs_gets_a_report(data: bytes, tmp_path: Path) -> None:
    L.write_strong(tmp_path, data)
    assert examined(tmp_path, WHOLE).verdict is Verdict.REJECTED


def test_a_file_of_strong_proofs_with_changed_bytes_is_never_called_strong(tmp_path: Path) -> None:
    good = L.write_strong(tmp_path).read_bytes()
    assert examined(tmp_path, WHOLE).decryption_proofs == "strong"
    for changed in mutations(good, 60, 14):
        L.write_strong(tmp_path, changed)
        report = examined(tmp_path, WHOLE)
        if report.decryption_proofs == "strong":
            assert json.loads(changed)["decryptions"] == json.loads(good)["decryptions"]


def test_only_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        judge(tmp_path / "absent.bel")
    with pytest.raises(IsADirectoryError):
        judge(tmp_path)
