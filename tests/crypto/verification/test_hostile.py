"""Records whose every hash is right and whose content is a lie: the verifier must find the lie and name it."""

import hashlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nacl.bindings import crypto_core_ed25519_add

from crypto import decryption_proofs, tally
from crypto.archive import MAX_SMALL
from crypto.ballot import Ballot, seal
from crypto.encoding import parse_json, sha256_b64
from crypto.errors import Malformed, ProtocolError
from crypto.groups import ED25519, Point, Secret
from crypto.proofs import Proof
from crypto.tally import PartialDecryption
from crypto.trustees import PublicKey
from crypto.verification import Report, Status, Verdict
from tests.crypto.records import (
    CODES,
    ONE_OF_TWO,
    Little,
    Step,
    another,
    archive_bytes,
    ballot_step,
    canonical,
    change,
    decryption_step,
    elements,
    end_step,
    failed,
    finish_election,
    group_of_three,
    judge,
    make_election,
    modular,
    plain,
    resigned,
    result_step,
    rich,
    said,
    sealed_with,
    setup_step,
    sha,
    sign,
    tally_step,
    with_content,
)

L = plain()
SETUP, CASTING, END, TALLY, DECRYPTING, RESULT = (
    L.setup,
    L.casting,
    end_step(),
    L.tallying,
    L.decrypting(),
    L.announcing,
)


def spelled(value: object) -> str:
    """Name of a parameter; a function's own text holds an address, which differs from process to process."""
    return "changed" if callable(value) else str(value)[:60]


def judged(little: Little, folder: Path, steps: list[Step]) -> Report:
    return judge(little.write(folder, steps))


def refused(report: Report, *checks: str) -> None:
    """The record is rejected, by these checks among others."""
    assert report.verdict is Verdict.REJECTED, said(report)
    assert report.verdict.exit_code == 1
    assert report.result is None
    assert set(checks) <= failed(report), said(report)


def refused_only(report: Report, *checks: str) -> None:
    """The record is rejected, by these checks alone: nothing else in it is wrong."""
    refused(report)
    assert failed(report) == set(checks), said(report)


def accepted(report: Report) -> None:
    assert report.verdict is Verdict.VERIFIED, said(report)


@pytest.mark.parametrize("little", [plain, rich, group_of_three, modular, another], ids=lambda make: make.__name__)
def test_the_honest_elections_from_which_all_lies_below_are_made_verify(little: Any, tmp_path: Path) -> None:
    report = judge(little().write(tmp_path))
    accepted(report)
    assert report.result == little().result
    assert [outcome.id for outcome in report.outcomes.values() if outcome.status is Status.SKIPPED] == [
        "ballots.audits",
        "decryptions.strong",
        "previous.kept",
    ]


# The order of events

STORIES: dict[str, list[Step]] = {
    "a second set-up after the first": [SETUP, SETUP, *CASTING, END, TALLY, *DECRYPTING, RESULT],
    "a second set-up after the ballots": [SETUP, *CASTING, SETUP, END, TALLY, *DECRYPTING, RESULT],
    "the set-up of another election at the end": [*L.steps(), another().setup],
    "a whole second election": [*L.steps(), *L.steps()],
    "no set-up": L.steps()[1:],
    "ballots before the set-up": [CASTING[0], SETUP, *CASTING[1:], END, TALLY, *DECRYPTING, RESULT],
    "no close": [SETUP, *CASTING, TALLY, *DECRYPTING, RESULT],
    "a close in the middle": [SETUP, *CASTING[:1], END, *CASTING[1:], END, TALLY, *DECRYPTING, RESULT],
    "closed twice": [SETUP, *CASTING, END, END, TALLY, *DECRYPTING, RESULT],
    "a ballot after the close": [SETUP, *CASTING[:2], END, CASTING[2], TALLY, *DECRYPTING, RESULT],
    "a ballot after the tally": [SETUP, *CASTING[:2], END, TALLY, CASTING[2], *DECRYPTING, RESULT],
    "a ballot after the result": [*L.steps(), CASTING[0]],
    "no tally": [SETUP, *CASTING, END, *DECRYPTING, RESULT],
    "two tallies": [SETUP, *CASTING, END, TALLY, TALLY, *DECRYPTING, RESULT],
    "a decryption before the tally": [SETUP, *CASTING, END, DECRYPTING[0], TALLY, DECRYPTING[1], RESULT],
    "a decryption before the close": [SETUP, DECRYPTING[0], *CASTING, END, TALLY, DECRYPTING[1], RESULT],
    "a result before the decryptions": [SETUP, *CASTING, END, TALLY, RESULT, *DECRYPTING],
    "a result without decryptions": [SETUP, *CASTING, END, TALLY, RESULT],
    "a second result": [*L.steps(), RESULT],
    "a second, other result": [*L.steps(), result_step([[3, 0]])],
    "another result before the right one": [*L.steps()[:-1], result_step([[3, 0]]), RESULT],
    "a decryption after the result": [*L.steps()[:-2], RESULT, DECRYPTING[1]],
    "closed again after the result": [*L.steps(), END],
    "a shuffle where nothing is shuffled": [
        SETUP,
        *CASTING,
        END,
        TALLY,
        replace(DECRYPTING[0], kind="Shuffle"),
        Step("EndShuffles"),
        *DECRYPTING,
        RESULT,
    ],
    "the end of shuffles that never began": [SETUP, *CASTING, END, TALLY, Step("EndShuffles"), *DECRYPTING, RESULT],
}


@pytest.mark.parametrize("story", STORIES)
def test_events_in_any_other_order_than_that_of_an_election_are_refused(story: str, tmp_path: Path) -> None:
    refused(judged(L, tmp_path, STORIES[story]), "archive.order")


def test_without_any_event_there_is_no_election(tmp_path: Path) -> None:
    refused_only(judged(L, tmp_path, []), "archive.order")


@pytest.mark.parametrize("at", range(len(L.steps())))
def test_one_wrong_height_anywhere_is_refused(at: int, tmp_path: Path) -> None:
    steps = L.steps()
    steps[at] = replace(steps[at], lies={"height": at + 100})
    refused(judged(L, tmp_path, steps), "archive.chain")


@pytest.mark.parametrize("at", range(1, len(L.steps())))
def test_one_event_that_names_another_before_it_is_refused(at: int, tmp_path: Path) -> None:
    steps = L.steps()
    steps[at] = replace(steps[at], lies={"parent": sha(b"nothing")})
    refused_only(judged(L, tmp_path, steps), "archive.chain")


def test_an_event_without_a_parent_in_the_middle_is_refused(tmp_path: Path) -> None:
    steps = L.steps()
    steps[2] = replace(steps[2], lies={"parent": None})
    refused_only(judged(L, tmp_path, steps), "archive.chain")


@pytest.mark.parametrize("at", [at for at, step in enumerate(L.steps()) if step.records])
@pytest.mark.parametrize("last", [False, True], ids=["before", "between"])
def test_a_record_that_no_event_uses_is_refused_wherever_it_hides(at: int, last: bool, tmp_path: Path) -> None:
    steps = L.steps()
    records = list(steps[at].records)
    records.insert(len(records) - 1 if last else 0, b'"unused"')
    steps[at] = replace(steps[at], records=tuple(records))
    refused(judged(L, tmp_path, steps), "archive.records")


def test_a_record_after_the_last_event_is_refused(tmp_path: Path) -> None:
    path = L.write(tmp_path)
    with path.open("ab") as file:
        file.write(archive_bytes([ballot_step(b'"x"')])[1024:2048])
    refused_only(judge(path), "archive.entries")


def test_a_record_that_is_missing_is_refused(tmp_path: Path) -> None:
    for at, step in enumerate(L.steps()):
        for place in range(len(step.records)):
            steps = L.steps()
            records = step.records[:place] + step.records[place + 1 :]
            steps[at] = replace(step, records=records, lies={"payload": sha(step.records[-1])})
            refused(judged(L, tmp_path, steps), "archive.records")


# Trustees and the election's key


def own(little: Little, setup: Step, folder: Path, **options: Any) -> Report:
    """The verdict on a set-up alone: what follows cannot distract."""
    path = folder / f"{little.election.uuid}.bel"
    path.write_bytes(archive_bytes([setup]))
    return judge(path, **options)


def test_an_election_key_that_is_not_the_product_of_the_trustees_keys_is_refused(tmp_path: Path) -> None:
    """The administrator knows the private half: everybody's vote would be open to him."""
    secret = ED25519.random()
    little = make_election(key=secret)
    refused_only(own(little, little.setup, tmp_path), "election.key")
    refused(judged(little, tmp_path, little.steps()), "election.key")


def test_a_trustee_who_stands_twice_is_refused(tmp_path: Path) -> None:
    pairs = json.loads(L.trustees.data)
    trustees = canonical([*pairs, pairs[0]])
    keys = L.trustees.keys
    election = change(L.election.data, ("public_key",), str(keys[1] * keys[2] * keys[1]))
    refused_only(own(L, setup_step(election, trustees, L.public), tmp_path), "trustees.distinct")


def test_a_key_chosen_to_cancel_all_others_has_no_proof_and_is_refused(tmp_path: Path) -> None:
    """A rogue key: y_mine = g^x / (all others). The product is then g^x, known to one."""
    secret = ED25519.random()
    rogue = ED25519.generator**secret / L.trustees.combined_key()
    honest = PublicKey.make(L.election.version, secret)
    pair = ["Single", PublicKey(rogue, honest.possession).to_json()]
    trustees = canonical([*json.loads(L.trustees.data), pair])
    election = change(L.election.data, ("public_key",), str(ED25519.generator**secret))
    refused_only(own(L, setup_step(election, trustees, L.public), tmp_path), "trustees.proofs")


def test_a_trustee_left_out_of_the_list_is_missed_in_the_key(tmp_path: Path) -> None:
    trustees = canonical(json.loads(L.trustees.data)[:1])
    refused_only(own(L, setup_step(L.election.data, trustees, L.public), tmp_path), "election.key")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((0, 1, "threshold"), 1),
        ((0, 1, "threshold"), 3),
        ((0, 1, "threshold"), 0),
        ((0, 1, "threshold"), 4),
        ((0, 1, "certs", 0), lambda _: json.loads(group_of_three().trustees.data)[0][1]["certs"][1]),
        ((0, 1, "coefexps", 0), lambda _: json.loads(group_of_three().trustees.data)[0][1]["coefexps"][1]),
        ((0, 1, "signatures", 0), lambda _: json.loads(group_of_three().trustees.data)[0][1]["signatures"][1]),
        ((0, 1, "verification_keys"), lambda keys: keys[::-1]),
        ((0, 1, "verification_keys", 1), lambda key: {**key, "signature": None}),
        ((0, 1, "verification_keys"), lambda keys: keys[:2]),
        ((0, 1, "signatures"), lambda proofs: proofs[:2]),
        ((0, 1, "certs"), lambda certs: certs * 100),
        ((0, 0), "Shamir"),
    ],
    ids=spelled,
)
def test_a_threshold_group_whose_papers_are_changed_is_refused(
    place: tuple[Any, ...], value: Any, tmp_path: Path
) -> None:
    little = group_of_three()
    trustees = change(little.trustees.data, place, value)
    refused(own(little, setup_step(little.election.data, trustees, little.public), tmp_path), "trustees.proofs")


@pytest.mark.parametrize("trustees", [b"[]", b"{}", b"null", b'"x"', b'[["Single"]]', b"[[]]", b"[null]", b"\xff", b""])
def test_trustees_of_no_shape_are_refused(trustees: bytes, tmp_path: Path) -> None:
    refused_only(own(L, setup_step(L.election.data, trustees, L.public), tmp_path), "trustees.proofs")


def test_a_group_of_which_any_one_can_count_is_refused_by_the_ceremony_or_verifies(tmp_path: Path) -> None:
    """With a threshold of 1 all trustees have the same key by construction."""
    # BUG: keygen makes such groups, Pedersen.verify accepts them, and `verify_distinct` then rejects the election.
    try:
        little = make_election(singles=1, threshold=(1, 2))
    except ProtocolError:
        return
    accepted(judge(little.write(tmp_path)))


# The list of credentials


def listed(*entries: object) -> Step:
    return setup_step(L.election.data, L.trustees.data, canonical(list(entries)))


SORTED: list[str] = json.loads(L.public)
IDENTITY = str(ED25519.identity)


@pytest.mark.parametrize(
    ("entries", "place"),
    [
        ([SORTED[0], SORTED[0]], "credentials[1]"),
        ([*SORTED, SORTED[0]], "credentials[3]"),
        ([f"{SORTED[0]},1", f"{SORTED[0]},2"], "credentials[1]"),
        ([f"{SORTED[0]},1", SORTED[1]], "credentials[1]"),
        ([SORTED[0], f"{SORTED[1]},1"], "credentials[1]"),
        ([IDENTITY], "credentials[0]"),
        ([f"{IDENTITY},5"], "credentials[0]"),
        ([f"{SORTED[0]},-1"], "credentials[0]"),
        ([f"{SORTED[0]},+1"], "credentials[0]"),
        ([f"{SORTED[0]},01"], "credentials[0]"),
        ([f"{SORTED[0]},1.5"], "credentials[0]"),
        ([f"{SORTED[0]},"], "credentials[0]"),
        ([f"{SORTED[0]},,voter-1"], "credentials[0]"),
        ([f"{SORTED[0]},٣"], "credentials[0]"),
        ([f"{SORTED[0]},{10**18}"], "credentials[0]"),
        ([f"{SORTED[0]},{'9' * 100_000}"], "credentials[0]"),
        ([SORTED[0].upper()], "credentials[0]"),
        ([SORTED[0] + " "], "credentials[0]"),
        ([SORTED[0], 5], "credentials[1]"),
        ([SORTED[0], None], "credentials[1]"),
        ([SORTED[0], [SORTED[1]]], "credentials[1]"),
        ([{SORTED[0]: 1}], "credentials[0]"),
        ([1e300], "credentials[0]"),
        (["\ud800"], "credentials[0]"),
        ([""], "credentials[0]"),
    ],
    ids=spelled,
)
def test_a_list_of_credentials_that_is_unsound_is_refused_at_the_entry(
    entries: list[object], place: str, tmp_path: Path
) -> None:
    public = json.dumps(entries, separators=(",", ":")).encode()
    report = own(L, setup_step(L.election.data, L.trustees.data, public), tmp_path)
    refused_only(report, "credentials.list")
    assert report["credentials.list"].failures[0].place.startswith(place)


@pytest.mark.parametrize(
    "public",
    [
        *(b"", b"null", b"{}", b'"x"', b"[", b"[,]", b'["a"', b"\xff", b"[\xff]", b"[NaN]"),
        *(b"[" * 100_000, b"[" * 200 + b"]" * 200),
        *(template % SORTED[0].encode() for template in (b'["%s"],', b'["%s"]]', b'["%s",]', b'["%s"][]')),
    ],
    ids=lambda public: public[:20].decode("latin-1"),
)
def test_a_list_of_credentials_that_is_no_list_is_refused(public: bytes, tmp_path: Path) -> None:
    refused_only(own(L, setup_step(L.election.data, L.trustees.data, public), tmp_path), "credentials.list")


JUDGE = """
import sys
from pathlib import Path
from crypto.verification import verify_record
print(verify_record(Path(sys.argv[1])).verdict)
"""


@pytest.mark.parametrize(
    "public",
    [
        b"[" + b"9" * 100_000 + b"]",
        b"[-" + b"9" * 5_000 + b"]",
        b"[1e9999999999999999999]",
        b"[1." + b"9" * 100_000 + b"]",
    ],
    ids=["100,000 digits", "minus 5,000 digits", "an exponent of 19 digits", "100,000 decimals"],
)
def test_absurd_numbers_among_the_credentials_are_refused_and_do_not_crash_the_program(
    public: bytes, tmp_path: Path
) -> None:
    """In a process of its own, because it may die."""
    path = tmp_path / "hostile.bel"
    path.write_bytes(archive_bytes([setup_step(L.election.data, L.trustees.data, public)]))
    done = subprocess.run([sys.executable, "-c", JUDGE, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "rejected\n"), done.stderr[-500:]


@pytest.mark.parametrize("gap", [1, 100, 1_499, 1_500, 1_501, 65_400, 65_530, 65_536, 70_000, 200_000])
@pytest.mark.parametrize("place", [b"[", b",", b'"]'], ids=["at the beginning", "in the middle", "at the end"])
def test_white_space_of_any_length_between_credentials_changes_nothing(gap: int, place: bytes, tmp_path: Path) -> None:
    # BUG: setup._tokens matches white space and text at once; a text that lies over the end of a chunk of 65,536 bytes
    # after more than 1,500 blanks is taken for something else. Skip white space first, then fill the buffer.
    blank = b" \t\r\n"[gap % 4 : gap % 4 + 1] * gap
    spaced = L.public.replace(place, place[:-1] + blank + place[-1:] if place == b'"]' else place + blank)
    report = own(L, setup_step(L.election.data, L.trustees.data, spaced), tmp_path)
    assert report.verdict is Verdict.IN_PROGRESS, said(report)
    assert report.voters == 3


def test_a_list_that_is_not_sorted_is_only_warned_about(tmp_path: Path) -> None:
    steps = L.steps()
    steps[0] = listed(*reversed(SORTED))
    report = judged(L, tmp_path, steps)
    accepted(report)
    (warning,) = report["credentials.list"].warnings
    assert "not sorted" in warning.reason


def test_an_empty_list_is_warned_about(tmp_path: Path) -> None:
    report = own(L, listed(), tmp_path)
    assert report.verdict is Verdict.IN_PROGRESS
    (warning,) = report["credentials.list"].warnings
    assert "nobody can vote" in warning.reason


def test_weights_of_nothing_and_huge_ones_are_counted_exactly(tmp_path: Path) -> None:
    most = 10**18 - 1
    little = make_election(
        weights=(0, most, most, 1),
        votes=((0, [[1, 0]]), (1, [[0, 1]]), (2, [[0, 1]]), (3, [[1, 0]])),
    )
    steps = [*little.steps()[:-1], result_step([[1, str(2 * most)]])]
    steps[-4] = tally_step(tally.to_json(little.total), 4, str(2 * most + 1))
    report = judged(little, tmp_path, steps)
    accepted(report)
    assert (report.counted, report.weight, report.result) == (4, 2 * most + 1, [[1, 2 * most]])


def test_a_voter_of_weight_nothing_changes_no_count_but_is_counted_among_the_ballots(tmp_path: Path) -> None:
    little = rich()
    report = judge(little.write(tmp_path))
    accepted(report)
    assert (report.voters, report.recorded, report.counted, report.weight) == (4, 4, 3, 3)


def test_a_weight_raised_after_the_vote_is_noticed_in_the_tally(tmp_path: Path) -> None:
    little = make_election(weights=(1, 1, 1))
    heavier = canonical([json.loads(little.public)[0].replace(",1", ",9"), *json.loads(little.public)[1:]])
    steps = [with_content(little.setup, 2, heavier), *little.steps()[1:]]
    refused(judged(little, tmp_path, steps), "tally.sums", "tally.counts")


def test_a_list_exchanged_without_the_setup_knowing_is_refused(tmp_path: Path) -> None:
    records = list(SETUP.records)
    records[2] = another().public
    refused(judged(L, tmp_path, [replace(SETUP, records=tuple(records)), *L.steps()[1:]]), "archive.records")


def test_ballots_of_voters_who_are_not_on_an_exchanged_list_are_refused(tmp_path: Path) -> None:
    steps = [with_content(SETUP, 2, another().public), *L.steps()[1:]]
    refused(judged(L, tmp_path, steps), "ballots.credentials")


def test_a_longer_list_than_the_one_announced_shows_in_its_fingerprint(tmp_path: Path) -> None:
    """The record alone cannot say that the list was other before: the fingerprint was announced for that."""
    before = judge(L.write(tmp_path)).credentials_fingerprint
    longer = canonical(sorted([*SORTED, *json.loads(another().public)], key=lambda key: bytes.fromhex(key)[::-1]))
    report = judged(L, tmp_path, [with_content(SETUP, 2, longer), *L.steps()[1:]])
    accepted(report)
    assert before == sha256_b64(L.public) != report.credentials_fingerprint == sha256_b64(longer)


# Ballots


def counted(little: Little, ballots: list[bytes]) -> Little:
    """The same election with these ballots, honestly counted."""
    return finish_election(
        little.election, little.trustees, little.secrets, little.voters, little.public, tuple(ballots), (1, 1, 1)
    )


def test_only_the_last_ballot_of_a_voter_counts_and_counts_once(tmp_path: Path) -> None:
    little = make_election(votes=((0, [[1, 0]]), (1, [[1, 0]]), (0, [[0, 1]]), (0, [[0, 1]]), (1, [[0, 1]])))
    report = judge(little.write(tmp_path))
    accepted(report)
    assert (report.recorded, report.counted, report.result) == (5, 2, [[0, 2]])


def test_an_earlier_ballot_counted_in_place_of_the_later_one_is_noticed(tmp_path: Path) -> None:
    honest = make_election(votes=((0, [[1, 0]]), (1, [[1, 0]]), (0, [[0, 1]])))
    early = counted(honest, list(honest.ballots[:2]))
    report = judged(honest, tmp_path, [honest.setup, *honest.casting, *early.steps()[3:]])
    refused(report, "tally.sums")


def test_an_earlier_and_a_later_ballot_of_one_voter_both_counted_are_noticed(tmp_path: Path) -> None:
    honest = make_election(votes=((0, [[1, 0]]), (1, [[1, 0]]), (0, [[0, 1]])))
    total = tally.empty(honest.election)
    for ballot in honest.ballots:
        answers = Ballot.parse(honest.election, ballot).homomorphic()
        total = tally.add(total, [answer.choices for answer in answers])
    decrypting = [
        decryption_step(owner, tally.decrypt(honest.election, total, secret).to_json())
        for owner, secret in honest.secrets.items()
    ]
    counting = [end_step(), tally_step(tally.to_json(total), 3, 3), *decrypting, result_step([[2, 1]])]
    refused(judged(honest, tmp_path, [honest.setup, *honest.casting, *counting]), "tally.sums", "tally.counts")


def test_a_ballot_posted_again_after_its_replacement_is_refused(tmp_path: Path) -> None:
    """A, B, A: somebody who kept the first ballot's bytes takes the voter's change of mind back."""
    first = seal(L.election, L.voters[0], [[1, 0]]).ballot.data
    second = seal(L.election, L.voters[0], [[0, 1]]).ballot.data
    little = counted(L, [first, second, first])
    report = judged(little, tmp_path, little.steps())
    refused(report, "ballots.unique")
    assert [failure.place for failure in report["ballots.unique"].failures] == ["event[3]"]


def test_another_voters_ballot_under_ones_own_credential_is_refused(tmp_path: Path) -> None:
    """A copied vote, signed by the copyist: its proofs are bound to the first voter's credential."""
    credential = str(ED25519.generator ** L.voters[1])
    copied = resigned(L.election, L.voters[1], L.ballots[0], ("credential",), credential)
    little = counted(L, [L.ballots[0], copied])
    refused_only(judged(little, tmp_path, little.steps()), "ballots.proofs")


def test_answers_exchanged_between_two_questions_are_refused(tmp_path: Path) -> None:
    """Version 1 binds no proof to its question; but the sum of choices and the signature are."""
    twice = make_election(questions=(ONE_OF_TWO, ONE_OF_TWO), votes=((0, [[1, 0], [0, 1]]),))
    answers = json.loads(twice.ballots[0])["answers"]
    exchanged = change(twice.ballots[0], ("answers",), answers[::-1])
    little = counted(twice, [exchanged])
    refused_only(judged(little, tmp_path, little.steps()), "ballots.signatures")


def test_a_ballot_of_another_election_is_refused(tmp_path: Path) -> None:
    """The same voter's key on both lists; the ballot is perfect, elsewhere."""
    elsewhere = another()
    foreign = seal(elsewhere.election, L.voters[0], [[1, 0]]).ballot.data
    little = counted(L, [foreign, L.ballots[1]])
    report = judged(little, tmp_path, little.steps())
    refused(report, "ballots.election", "ballots.proofs")
    assert report["ballots.election"].failures[0].place.startswith("event[1]")


@pytest.mark.parametrize("field", ["election_uuid", "election_hash"])
def test_a_ballot_that_names_another_election_is_refused_even_when_signed(field: str, tmp_path: Path) -> None:
    lying = resigned(L.election, L.voters[0], L.ballots[0], (field,), "AnotherE1ection")
    little = counted(L, [lying])
    refused_only(judged(little, tmp_path, little.steps()), "ballots.election")


def test_a_ballot_of_nobody_is_refused(tmp_path: Path) -> None:
    stranger = ED25519.random()
    little = counted(L, [*L.ballots, seal(L.election, stranger, [[1, 0]]).ballot.data])
    refused(judged(little, tmp_path, little.steps()), "ballots.credentials")


def test_a_ballot_stuffed_and_left_out_of_the_count_is_refused_too(tmp_path: Path) -> None:
    stuffed = ballot_step(seal(L.election, ED25519.random(), [[1, 0]]).ballot.data)
    steps = [SETUP, *CASTING, stuffed, *L.steps()[4:]]
    refused_only(judged(L, tmp_path, steps), "ballots.credentials")


@pytest.mark.parametrize("marks", [(2, 0), (1, 1), (0, 0), (-1, 2), (5, -4)])
def test_a_vote_for_more_or_less_than_is_allowed_is_refused(marks: tuple[int, int], tmp_path: Path) -> None:
    """The voter's program makes what proofs it can; the ciphertexts hold what they should not."""
    honest = json.loads(L.ballots[0])
    answer = honest["answers"][0]
    group, key = ED25519, L.election.public_key
    for index, mark in enumerate(marks):
        r = group.random()
        beta = key**r * group.generator ** group.scalar(mark)
        answer["choices"][index] = {"alpha": str(group.generator**r), "beta": str(beta)}
    report = judged(L, tmp_path, [SETUP, ballot_step(sign(L.election, L.voters[0], honest))])
    refused_only(report, "ballots.proofs")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("answers", 0, "choices"), lambda items: items[:1]),
        (("answers", 0, "choices"), lambda items: items + items),
        (("answers", 0, "choices"), []),
        (("answers", 0, "individual_proofs"), lambda items: items[:1]),
        (("answers", 0, "individual_proofs", 0), lambda items: items[:1]),
        (("answers", 0, "individual_proofs", 0), lambda items: items[::-1]),
        (("answers", 0, "overall_proof"), []),
        (("answers", 0, "overall_proof"), lambda items: items * 2),
        (("answers", 0), lambda answer: {**answer, "blank_proof": []}),
        (("answers",), []),
        (("answers",), lambda items: items * 2),
        (("answers", 0), None),
        (("answers", 0), []),
        (("answers", 0, "choices", 0), {}),
        (("answers", 0, "overall_proof", 0, "challenge"), "-1"),
        (("answers", 0, "overall_proof", 0, "challenge"), "9" * 100_000),
        (("answers", 0, "overall_proof", 0, "challenge"), str(ED25519.order)),
        (("answers", 0, "overall_proof", 0, "challenge"), 5),
        (("answers", 0, "overall_proof", 0, "challenge"), "٥"),
    ],
    ids=spelled,
)
def test_a_signed_ballot_of_another_shape_is_refused(place: tuple[Any, ...], value: Any, tmp_path: Path) -> None:
    changed = resigned(L.election, L.voters[0], L.ballots[0], place, value)
    report = judged(L, tmp_path, [SETUP, ballot_step(changed), CASTING[1]])
    assert report.verdict is Verdict.REJECTED
    assert failed(report) in ({"ballots.form"}, {"ballots.proofs"}), said(report)


# Tally


@pytest.mark.parametrize(
    ("number", "weight", "where"),
    [
        (2, 3, "num_tallied"),
        (4, 3, "num_tallied"),
        (3, 2, "total_weight"),
        (3, 4, "total_weight"),
        (0, 3, "num_tallied"),
    ],
)
def test_a_wrong_number_of_ballots_or_weight_is_refused(number: int, weight: int, where: str, tmp_path: Path) -> None:
    steps = [SETUP, *CASTING, END, tally_step(tally.to_json(L.total), number, weight), *DECRYPTING, RESULT]
    report = judged(L, tmp_path, steps)
    refused_only(report, "tally.counts")
    assert [failure.place for failure in report["tally.counts"].failures] == [where]


@pytest.mark.parametrize("number", [-1, 3.0, "3", None, True, 2**40, [3], {}])
def test_a_number_of_ballots_that_is_none_is_refused(number: object, tmp_path: Path) -> None:
    for pair in ((number, 3), (3, number)):
        steps = [SETUP, *CASTING, END, tally_step(tally.to_json(L.total), *pair), *DECRYPTING, RESULT]
        refused_only(judged(L, tmp_path, steps), "tally.counts")


def test_a_tally_of_a_part_of_the_ballots_is_refused_though_everybody_decrypts_it(tmp_path: Path) -> None:
    part = counted(L, list(L.ballots[:2]))
    steps = [SETUP, *CASTING, *part.steps()[3:]]
    refused(judged(L, tmp_path, steps), "tally.sums", "tally.counts")


def test_a_tally_of_a_part_that_lies_about_its_number_is_refused_too(tmp_path: Path) -> None:
    part = counted(L, list(L.ballots[:2]))
    steps = [SETUP, *CASTING, *part.steps()[3:]]
    steps[5] = tally_step(tally.to_json(part.total), 3, 3)
    refused(judged(L, tmp_path, steps), "tally.sums", "decryptions.proofs")


def test_a_decryption_of_another_tally_is_refused(tmp_path: Path) -> None:
    """A trustee who is asked to decrypt a single voter's ballot must not look as if he had done his duty."""
    one = counted(L, [L.ballots[0]])
    for owner in (1, 2):
        decrypting = L.decrypting()
        decrypting[owner - 1] = one.decrypting(owner)[0]
        report = judged(L, tmp_path, [SETUP, *CASTING, END, TALLY, *decrypting, RESULT])
        refused_only(report, "decryptions.proofs", "result.counts")
        assert report["decryptions.proofs"].failures[0].place.startswith(f"event[{5 + owner}]")


def test_no_ballots_at_all_count_to_nothing(tmp_path: Path) -> None:
    report = judge((little := counted(L, [])).write(tmp_path))
    accepted(report)
    assert (report.counted, report.result) == (0, [[0, 0]])
    little.write_strong(tmp_path)
    assert judge(tmp_path / f"{little.election.uuid}.bel").decryption_proofs == "strong"


# Decryptions


def test_a_trustee_who_decrypts_twice_is_refused(tmp_path: Path) -> None:
    steps = [SETUP, *CASTING, END, TALLY, *DECRYPTING, DECRYPTING[1], RESULT]
    report = judged(L, tmp_path, steps)
    refused_only(report, "decryptions.owners")
    assert report["decryptions.owners"].failures[0].place == "event[8].owner"


def test_a_second_other_decryption_of_one_trustee_is_refused(tmp_path: Path) -> None:
    again = decryption_step(1, tally.decrypt(L.election, L.total, L.secrets[1]).to_json())
    assert again != DECRYPTING[0]
    refused_only(judged(L, tmp_path, [SETUP, *CASTING, END, TALLY, *DECRYPTING, again, RESULT]), "decryptions.owners")


@pytest.mark.parametrize("owner", [0, 3, -1, 10**9, 2**70, "1", 1.0, True, None, [1]])
def test_a_decryption_of_nobody_is_refused(owner: object, tmp_path: Path) -> None:
    stranger = decryption_step(owner, L.decryptions[1].to_json())
    steps = [SETUP, *CASTING, END, TALLY, *DECRYPTING, stranger, RESULT]
    refused_only(judged(L, tmp_path, steps), "decryptions.owners")


def test_two_trustees_who_exchange_their_decryptions_are_refused(tmp_path: Path) -> None:
    exchanged = [decryption_step(1, L.decryptions[2].to_json()), decryption_step(2, L.decryptions[1].to_json())]
    refused(judged(L, tmp_path, [SETUP, *CASTING, END, TALLY, *exchanged, RESULT]), "decryptions.proofs")


@pytest.mark.parametrize("owner", [1, 2])
def test_a_single_trustee_cannot_be_missing(owner: int, tmp_path: Path) -> None:
    report = judged(L, tmp_path, L.steps(owner))
    refused_only(report, "result.counts")
    assert f"trustee {3 - owner} is missing" in report["result.counts"].failures[0].reason


@pytest.mark.parametrize("owners", [(1, 2), (1, 3), (2, 3), (3, 1), (1, 2, 3), (3, 2, 1)])
def test_as_many_trustees_as_the_threshold_or_more_can_count_in_any_order(
    owners: tuple[int, ...], tmp_path: Path
) -> None:
    report = judge(group_of_three().write(tmp_path, group_of_three().steps(*owners)))
    accepted(report)
    assert report.result == [[2, 1]]


@pytest.mark.parametrize("owner", [1, 2, 3])
def test_one_trustee_less_than_the_threshold_cannot_count(owner: int, tmp_path: Path) -> None:
    report = judged(group_of_three(), tmp_path, group_of_three().steps(owner))
    refused_only(report, "result.counts")
    assert "2 of the trustees 1 to 3 must decrypt; 1 valid" in report["result.counts"].failures[0].reason


def spoiled(little: Little, owner: int) -> Step:
    """A decryption whose first factor is one vote off."""
    data = little.decryptions[owner].to_json()
    off = little.decryptions[owner].factors[0][0] * little.group.generator
    return decryption_step(owner, change(data, ("decryption_factors", 0, 0), str(off)))


@pytest.mark.parametrize("owner", [1, 2, 3])
def test_an_invalid_decryption_with_the_threshold_met_by_others_is_told_and_does_no_harm(
    owner: int, tmp_path: Path
) -> None:
    little = group_of_three()
    decrypting = little.decrypting()
    decrypting[owner - 1] = spoiled(little, owner)
    steps = [little.setup, *little.casting, end_step(), little.tallying, *decrypting, little.announcing]
    report = judged(little, tmp_path, steps)
    accepted(report)
    assert report.result == [[2, 1]]
    (warning,) = report["decryptions.proofs"].warnings
    assert warning.place.startswith(f"event[{5 + owner}]")


def test_an_invalid_decryption_that_the_threshold_needs_is_refused(tmp_path: Path) -> None:
    little = group_of_three()
    steps = little.steps(1, 2)
    steps[7] = spoiled(little, 2)
    refused_only(judged(little, tmp_path, steps), "result.counts")


def test_a_valid_decryption_after_an_invalid_one_of_the_same_trustee_does_not_replace_it(tmp_path: Path) -> None:
    little = group_of_three()
    steps = little.steps(1, 2)
    steps.insert(7, spoiled(little, 2))
    refused(judged(little, tmp_path, steps), "decryptions.owners")


def test_an_invalid_decryption_of_a_single_trustee_is_always_refused(tmp_path: Path) -> None:
    steps = L.steps()
    steps[6] = spoiled(L, 2)
    refused(judged(L, tmp_path, steps), "decryptions.proofs", "result.counts")


# Result


@pytest.mark.parametrize(
    "result",
    [
        [[1, 2]],
        [[3, 1]],
        [[2, 0]],
        [[2]],
        [[2, 1, 0]],
        [[2, 1], [0]],
        [],
        [[2, "1"]],
        [["2", 1]],
        [[2.0, 1]],
        [[True, 1]],
        [[2, None]],
        [[2, -1]],
        {"0": [2, 1]},
        [2, 1],
        None,
        "2,1",
    ],
    ids=spelled,
)
def test_any_result_but_the_one_decrypted_is_refused(result: object, tmp_path: Path) -> None:
    refused_only(judged(L, tmp_path, [*L.steps()[:-1], result_step(result)]), "result.counts")


@pytest.mark.parametrize("times", [1, 2, 10**60])
@pytest.mark.parametrize("make", [plain, modular], ids=lambda make: make.__name__)
def test_a_count_that_is_right_but_for_multiples_of_the_groups_order_is_refused(
    make: Any, times: int, tmp_path: Path
) -> None:
    """g^(2 + q) = g^2: in the exponent nobody sees the difference, in the newspaper everybody."""
    little = make()
    first, *others = little.result[0]
    steps = [*little.steps()[:-1], result_step([[str(first + times * little.group.order), *others]])]
    refused_only(judged(little, tmp_path, steps), "result.counts")


# Elements outside the group, in every place of every record

ORDER_2 = (2**255 - 20).to_bytes(32, "little")  # (0, -1)


def mixed(text: str) -> str:
    """The element, moved out of the prime-order subgroup by the point of order 2."""
    return bytes(crypto_core_ed25519_add(bytes.fromhex(text)[::-1], ORDER_2))[::-1].hex()


FOREIGN = {
    "small order 1, in an odd encoding": lambda _: (2**255 - 19 + 1).to_bytes(32).hex(),
    "small order 1, with the sign bit": lambda _: (2**255 + 1).to_bytes(32).hex(),
    "small order 2": lambda _: ORDER_2[::-1].hex(),
    "small order 4": lambda _: "00" * 32,
    "mixed order": mixed,
    "y beyond the prime": lambda _: (2**255 - 1).to_bytes(32).hex(),
    "not on the curve": lambda _: (2).to_bytes(32).hex(),
    "upper case": lambda text: text.upper(),
    "too short": lambda text: text[1:],
    "too long": lambda text: "0" + text,
    "empty": lambda _: "",
}
WHERE = {
    (0, 0): "election.parameters",
    (0, 1): "trustees.proofs",
    (0, 2): "credentials.list",
}
GROUPS_WORDS = ("prime-order group", "64 lower-case hexadecimal digits")


def complaints(report: Report, check: str) -> list[str]:
    outcome = report[check]
    return [failure.reason for failure in (*outcome.failures, *outcome.warnings)]


def places(little: Little) -> list[tuple[int, int, tuple[Any, ...], str]]:
    """Step, record, place and value of every group element in the record of an election."""
    return [
        (at, number, place, value)
        for at, step in enumerate(little.steps())
        for number, record in enumerate(step.content)
        for place, value in elements(little.group, record)
    ]


SMALL = make_election(singles=1, threshold=(2, 2), votes=((0, [[1, 0]]),), weights=(3,))


def tampered(little: Little, at: int, number: int, place: tuple[Any, ...], value: str) -> list[Step]:
    """The steps with an element replaced; a ballot is signed again by its voter."""
    steps = little.steps()
    step = steps[at]
    data = step.records[number]
    text = value + ("," + data.decode().split(",")[1].split('"')[0] if (at, number) == (0, 2) else "")
    changed = change(data, place, text)
    if step.kind == "Ballot":
        changed = sign(little.election, little.voters[0], json.loads(changed))
    steps[at] = with_content(step, number, changed)
    return steps


@pytest.mark.parametrize("sort", FOREIGN)
def test_an_element_outside_the_group_is_refused_in_every_place_of_every_record(sort: str, tmp_path: Path) -> None:
    found = places(SMALL)
    assert len(found) == 1 + (1 + 4 + 4 + 2) + 1 + 5 + 4 + 3 * 2
    for at, number, place, value in found:
        foreign = FOREIGN[sort](value.partition(",")[0])
        steps = tampered(SMALL, at, number, place, foreign)
        report = judged(SMALL, tmp_path, steps)
        context = f"event {at}, record {number}, {place}: {said(report)}"
        kind = steps[at].kind
        if sort == "upper case" and kind == "Ballot" and place[0] == "answers":
            accepted(report)  # the same element in a spelling that belenios-tool takes there, and only there
            continue
        refused(report)
        check = WHERE.get((at, number)) or {"Ballot": "ballots.form", "EncryptedTally": "tally.sums"}.get(
            kind, "decryptions.proofs"
        )
        if kind == "EncryptedTally":
            assert check in failed(report), context  # compared whole, to the byte
        else:
            assert any(words in reason for reason in complaints(report, check) for words in GROUPS_WORDS), context


def test_the_neutral_element_is_refused_in_every_place_of_every_record(tmp_path: Path) -> None:
    for at, number, place, _ in places(SMALL):
        steps = tampered(SMALL, at, number, place, IDENTITY)
        refused(judged(SMALL, tmp_path, steps))


@pytest.mark.parametrize("sort", ["0", "p", "p - 1", "p + 1", "2", "01"])
def test_a_number_outside_the_group_is_refused_in_every_place_of_every_record(sort: str, tmp_path: Path) -> None:
    little = modular()
    p = int(little.group._p)  # type: ignore[attr-defined]
    text = {"p": str(p), "p - 1": str(p - 1), "p + 1": str(p + 1)}.get(sort, sort)
    for at, number, place, _ in places(little):
        steps = little.steps()
        data = change(steps[at].records[number], place, text)
        if steps[at].kind == "Ballot":
            data = sign(little.election, little.voters[at - 1], json.loads(data))
        steps[at] = with_content(steps[at], number, data)
        # Up to the changed record only: what follows is refused anyway, and slow.
        report = judged(little, tmp_path, steps[: at + 1])
        refused(report)


# Shapes of JSON, in every place

LETTERS = {
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "a text": b'"x"',
    "an empty object": b"{}",
    "an empty list": b"[]",
    "a list of lists": b"[[]]",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists just below the limit": b"[" * 900 + b"]" * 900,
    "100,000 digits": b"9" * 100_000,
    "a huge exponent": b"1e999999",
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "a lone surrogate": b'"\\ud800"',
    "a lone surrogate as a key": b'{"\\udfff":1}',
    "a raw surrogate": b'"\xed\xa0\x80"',
    "an overlong slash": b'"\xc0\xaf"',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a":1}'.encode("utf-16"),
    "a NUL": b"\0",
    "a key twice": b'{"a":1,"a":2}',
    "two texts": b"{}{}",
    "not finished": b'{"a":',
}
SPOTS = [(at, number) for at, step in enumerate(L.steps()) for number in range(len(step.records))]


@pytest.mark.parametrize("letter", LETTERS)
def test_a_record_of_the_wrong_shape_is_refused_in_every_place(letter: str, tmp_path: Path) -> None:
    for at, number in SPOTS:
        steps = L.steps()
        steps[at] = with_content(steps[at], number, LETTERS[letter])
        report = judged(L, tmp_path, steps)
        assert report.verdict is Verdict.REJECTED, f"{at}, {number}: {said(report)}"
        json.dumps(report.to_json()).encode()


@pytest.mark.parametrize("letter", ["deep lists", "100,000 digits", "not a number", "a lone surrogate", "a key twice"])
def test_something_hostile_inside_a_record_of_the_right_shape_is_refused_in_every_place(
    letter: str, tmp_path: Path
) -> None:
    for at, number in SPOTS:
        data = L.steps()[at].records[number]
        if not data.startswith(b"{"):
            continue
        hostile = b'{"zz":' + LETTERS[letter] + b"," + data[1:]
        steps = L.steps()
        steps[at] = with_content(steps[at], number, hostile)
        report = judged(L, tmp_path, steps)
        assert report.verdict is Verdict.REJECTED, f"{at}, {number}: {said(report)}"


@pytest.mark.parametrize("exponent", [b"1e999", b"-1e999", b"[1e400]", b'{"a":1e309}'])
def test_a_number_beyond_all_bounds_inside_a_ballot_is_refused(exponent: bytes, tmp_path: Path) -> None:
    hostile = L.ballots[0].replace(b'"answers":[', b'"answers":[' + exponent + b",")
    refused(judged(L, tmp_path, [SETUP, ballot_step(hostile)]), "ballots.form")


@pytest.mark.parametrize("at", [(at, n) for at, n in SPOTS if L.steps()[at].records[n].startswith(b"{")])
def test_a_key_that_stands_twice_is_refused_in_every_record(at: tuple[int, int], tmp_path: Path) -> None:
    """Two programs could read two different records out of one."""
    place, number = at
    data = L.steps()[place].records[number]
    key = next(iter(json.loads(data)))
    steps = L.steps()
    steps[place] = with_content(steps[place], number, data[:-1] + b',"%s":1}' % key.encode())
    refused(judged(L, tmp_path, steps))


def test_a_key_that_stands_twice_among_many_others_is_found_at_once() -> None:
    """A hostile record of a few megabytes must not keep an observer busy for hours."""
    names = [b'"key%d":1' % number for number in range(12_000)]
    started = time.process_time()
    parse_json(b"{" + b",".join(names) + b"}")
    honest = time.process_time() - started
    started = time.process_time()
    with pytest.raises(Malformed, match="key11999"):
        parse_json(b"{" + b",".join([*names, names[-1]]) + b"}")
    assert time.process_time() - started < 20 * honest + 0.1


def test_a_record_beyond_all_sizes_is_refused_without_being_read(tmp_path: Path) -> None:
    # BUG: _ballot passes it over, and `examine` reads it outside its `try`: Malformed leaves verify_record's walk, and
    # one hostile ballot makes the whole record "unreadable" (exit 2) in place of rejected at its place.
    big = b'"' + b"x" * MAX_SMALL + b'"'
    report = judged(L, tmp_path, [SETUP, CASTING[0], ballot_step(big), CASTING[1]])
    refused_only(report, "ballots.form")
    assert report["ballots.form"].failures[0].place.startswith("event[2]")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("questions",), []),
        (("questions", 0, "min"), 2),
        (("questions", 0, "max"), 3),
        (("questions", 0, "max"), -1),
        (("questions", 0, "max"), 1.0),
        (("questions", 0, "answers"), []),
        (("questions", 0, "answers"), ["a"] * 10_001),
        (("questions", 0, "answers", 0), 5),
        (("questions", 0), {"type": "Quadratic", "value": {}}),
        (("questions", 0), {"type": ["x"], "value": {}}),
        (("questions", 0), None),
        (("questions",), {"0": {}}),
        (("uuid",), "../../../etc/passwd"),
        (("uuid",), "short"),
        (("uuid",), "Sawtuna123456\n"),
        (("uuid",), ["Sawtuna1234567"]),
        (("name",), None),
        (("public_key",), str(ED25519.identity)),
        (("version",), "1"),
        (("version",), True),
    ],
    ids=spelled,
)
def test_parameters_that_are_none_are_refused(place: tuple[Any, ...], value: Any, tmp_path: Path) -> None:
    election = change(L.election.data, place, value)
    refused(own(L, setup_step(election, L.trustees.data, L.public), tmp_path), "election.parameters")


@pytest.mark.parametrize(
    ("place", "value"), [(("version",), 2), (("group",), "P-256"), (("group",), ["Ed25519"]), (("group",), None)]
)
def test_a_protocol_or_group_that_is_not_known_gets_no_verdict(
    place: tuple[str], value: object, tmp_path: Path
) -> None:
    election = change(L.election.data, place, value)
    report = own(L, setup_step(election, L.trustees.data, L.public), tmp_path)
    assert (report.verdict, report.verdict.exit_code) == (Verdict.UNSUPPORTED, 2)


def test_hostile_texts_in_titles_and_answers_change_no_verdict_and_stay_texts(tmp_path: Path) -> None:
    hostile = "\u202e<script>alert(1)</script>\0\r\n%(x)s %s {0} \U0001d54f\u200f"
    little = make_election()
    election = change(little.election.data, ("name",), hostile)
    report = own(little, setup_step(election, little.trustees.data, little.public), tmp_path)
    assert report.verdict is Verdict.IN_PROGRESS, said(report)
    assert report.name == hostile
    assert json.loads(json.dumps(report.to_json()))["name"] == hostile


# Strong proofs beside the archive


def with_strong(little: Little, folder: Path, data: bytes | None = None) -> Report:
    little.write_strong(folder, data)
    return judge(little.write(folder))


def strong_bytes(little: Little) -> bytes:
    return decryption_proofs.file_json(little.election, little.strong())


def test_without_strong_proofs_the_report_says_weak(tmp_path: Path) -> None:
    report = judge(L.write(tmp_path))
    accepted(report)
    assert report.decryption_proofs == "weak"
    assert report["decryptions.strong"].status is Status.SKIPPED


@pytest.mark.parametrize("make", [plain, rich, group_of_three, modular], ids=lambda make: make.__name__)
def test_with_a_strong_proof_of_every_trustee_the_report_says_strong(make: Any, tmp_path: Path) -> None:
    report = with_strong(make(), tmp_path)
    accepted(report)
    assert report.decryption_proofs == "strong"
    assert report["decryptions.strong"].count == len(make().decryptions)


def test_with_the_strong_proof_of_one_trustee_only_the_report_says_weak_and_who_is_missing(tmp_path: Path) -> None:
    report = with_strong(L, tmp_path, decryption_proofs.file_json(L.election, L.strong(1)))
    accepted(report)
    assert report.decryption_proofs == "weak"
    assert ["trustee 2" in warning.reason for warning in report["decryptions.strong"].warnings] == [True]


def test_before_anybody_has_decrypted_there_is_nothing_weak_or_strong(tmp_path: Path) -> None:
    report = judged(L, tmp_path, L.steps()[:6])
    assert report.decryption_proofs is None


@pytest.mark.parametrize("part", ["challenge", "response"])
@pytest.mark.parametrize("answer", [0, 1])
@pytest.mark.parametrize("owner", [1, 2])
def test_a_tampered_strong_proof_is_refused_at_its_place(part: str, answer: int, owner: int, tmp_path: Path) -> None:
    place = ("decryptions", owner - 1, "proofs", 0, answer, part)
    data = change(strong_bytes(L), place, lambda value: str((int(value) + 1) % ED25519.order))
    report = with_strong(L, tmp_path, data)
    refused_only(report, "decryptions.strong")
    assert report["decryptions.strong"].failures[0].place == f"decryption-proofs[{owner}].proofs[0][{answer}]"
    assert report.decryption_proofs == "weak"


def test_the_strong_proofs_of_another_election_are_refused(tmp_path: Path) -> None:
    refused_only(with_strong(L, tmp_path, strong_bytes(another())), "decryptions.strong")


@pytest.mark.parametrize("field", ["uuid", "election_hash"])
def test_strong_proofs_that_name_another_election_are_refused(field: str, tmp_path: Path) -> None:
    data = change(strong_bytes(L), (field,), json.loads(strong_bytes(another()))[field])
    refused_only(with_strong(L, tmp_path, data), "decryptions.strong")


def test_the_strong_proofs_of_another_election_made_out_to_this_one_are_refused(tmp_path: Path) -> None:
    """The same trustees, another tally: the head of the file is forged, the proofs are genuine, elsewhere."""
    foreign = json.loads(strong_bytes(another()))
    own_file = json.loads(strong_bytes(L))
    for mine, other in zip(own_file["decryptions"], foreign["decryptions"], strict=True):
        mine["proofs"] = other["proofs"]
    refused_only(with_strong(L, tmp_path, canonical(own_file)), "decryptions.strong")


def test_proofs_exchanged_between_two_trustees_are_refused(tmp_path: Path) -> None:
    value = json.loads(strong_bytes(L))
    one, two = value["decryptions"]
    one["proofs"], two["proofs"] = two["proofs"], one["proofs"]
    refused_only(with_strong(L, tmp_path, canonical(value)), "decryptions.strong")


def test_proofs_exchanged_between_two_answers_are_refused(tmp_path: Path) -> None:
    data = change(strong_bytes(L), ("decryptions", 0, "proofs", 0), lambda row: row[::-1])
    refused_only(with_strong(L, tmp_path, data), "decryptions.strong")


def test_trustees_whose_names_are_exchanged_are_not_called_strongly_proven(tmp_path: Path) -> None:
    """Their proofs are then about decryptions that nobody has recorded."""
    value = json.loads(strong_bytes(L))
    for entry in value["decryptions"]:
        entry["owner"] = 3 - entry["owner"]
    report = with_strong(L, tmp_path, canonical(value))
    assert report.decryption_proofs == "weak"
    assert len(report["decryptions.strong"].warnings) == 4


def test_a_proof_made_with_another_key_is_refused(tmp_path: Path) -> None:
    wrong = decryption_proofs.prove(L.election, L.total, 1, L.secrets[2], L.decryptions[1])
    data = decryption_proofs.file_json(L.election, [wrong, *L.strong(2)])
    refused_only(with_strong(L, tmp_path, data), "decryptions.strong")


@pytest.mark.parametrize(
    "change_file",
    [
        lambda data: data[:-2],
        lambda data: data[: len(data) // 2],
        lambda _: b"",
        lambda _: b"{}",
        lambda _: b"[]",
        lambda _: b"\xff",
        lambda data: data.replace(b'"version":1', b'"version":2'),
        lambda data: data.replace(b'"version":1', b'"version":1e999'),
        lambda data: data.replace(b'"version":1', b'"version":' + b"[" * 900 + b"]" * 900),
        lambda data: data.replace(b'"owner":2', b'"owner":1'),
        lambda data: data.replace(b'"owner":2', b'"owner":0'),
        lambda data: data.replace(b'"owner":2', b'"owner":true'),
        lambda data: change(data, ("decryptions", 0, "proofs"), []),
        lambda data: change(data, ("decryptions", 0, "proofs", 0), lambda row: row[:1]),
        lambda data: change(data, ("decryptions", 0, "proofs", 0), lambda row: row * 2),
        lambda data: change(data, ("decryptions", 0, "payload"), "x"),
        lambda data: change(data, ("decryptions",), {}),
        lambda data: data.replace(b'"version":1', b'"version":1,"version":1'),
    ],
    ids=[
        *("cut", "half", "empty", "object", "list", "bytes", "version 2", "infinite", "deep", "owner twice", "owner 0"),
        *("owner true", "no proofs", "one short", "twice", "no payload", "no list", "key twice"),
    ],
)
def test_a_file_of_strong_proofs_that_is_damaged_is_refused(change_file: Any, tmp_path: Path) -> None:
    refused_only(with_strong(L, tmp_path, change_file(strong_bytes(L))), "decryptions.strong")


def test_strong_proofs_of_decryptions_that_nobody_recorded_make_nothing_strong(tmp_path: Path) -> None:
    other = tally.decrypt(L.election, L.total, L.secrets[1])
    assert other != L.decryptions[1]
    proofs = decryption_proofs.prove(L.election, L.total, 1, L.secrets[1], other)
    report = with_strong(L, tmp_path, decryption_proofs.file_json(L.election, [proofs, *L.strong(2)]))
    accepted(report)
    assert report.decryption_proofs == "weak"


def steal() -> tuple[Little, list[Step], PartialDecryption, Secret]:
    """A trustee and the last voter move a vote, as version 1 permits.

    Its challenge hashes g^w and B alone. The trustee fixes both before the last ballot is cast, so the challenge c is
    known; the voter then chooses randomness r with which B = alpha^w * g^(-c*shift), and F = alpha^x * g^(-shift)
    passes. Two answers, shifted by +1 and -1.
    """
    honest = make_election(singles=2, votes=((0, [[1, 0]]), (1, [[1, 0]])))
    election, group, x = honest.election, honest.group, honest.secrets[1]
    key = group.generator**x
    randomness, proofs = [], []
    for column, shift in enumerate((-1, 1)):
        w, b = group.random().reveal(), group.random().reveal()
        before = honest.total[0][column].alpha
        by_generator, by_alpha = group.generator**w, before**w * group.generator**b
        c = election.version.decryption(election.fingerprint, key, by_generator, by_alpha)
        inverse = group.scalar(pow(int(w), -1, group.order))
        r = (b + c * group.scalar(shift)) * inverse
        randomness.append(Secret(group, r.raw))
        proofs.append(Proof(c, (w - x * c).reveal()))  # type: ignore[attr-defined]
    last = sealed_with(election, honest.voters[2], (1, 0), randomness)
    little = counted(honest, [*honest.ballots, last])
    factors = tuple(
        factor * group.generator ** group.scalar(-shift)
        for factor, shift in zip(little.decryptions[1].factors[0], (-1, 1), strict=True)
    )
    forged = PartialDecryption((factors,), (tuple(proofs),))
    decrypting = [decryption_step(1, forged.to_json()), *little.decrypting(2)]
    steps = [little.setup, *little.casting, end_step(), little.tallying, *decrypting, result_step([[2, 1]])]
    return little, steps, forged, x


def test_a_trustee_and_the_last_voter_can_move_a_vote_past_version_1_and_the_report_says_weak(tmp_path: Path) -> None:
    """Three voters chose the first answer. belenios-tool and the version-1 checks accept two to one."""
    little, steps, _, _ = steal()
    assert little.result == [[3, 0]]
    report = judged(little, tmp_path, steps)
    accepted(report)
    assert report.result == [[2, 1]]
    assert report.decryption_proofs == "weak"


def test_no_strong_proof_can_be_made_for_a_moved_vote(tmp_path: Path) -> None:
    little, steps, forged, x = steal()
    tried = decryption_proofs.prove(little.election, little.total, 1, x, forged)
    little.write_strong(tmp_path, decryption_proofs.file_json(little.election, [tried, *little.strong(2)]))
    refused_only(judged(little, tmp_path, steps), "decryptions.strong")


def test_no_version_1_proof_passes_as_a_strong_one(tmp_path: Path) -> None:
    little, steps, forged, _ = steal()
    copied = decryption_proofs.StrongProofs(1, hashlib.sha256(forged.to_json()).hexdigest(), forged.proofs)
    little.write_strong(tmp_path, decryption_proofs.file_json(little.election, [copied, *little.strong(2)]))
    refused_only(judged(little, tmp_path, steps), "decryptions.strong")


def test_codes_of_voters_are_distinct_in_these_tests() -> None:
    points: set[Point] = {ED25519.generator**voter for voter in L.voters}
    assert len(points) == len(L.voters) == 3 < len(CODES)
