"""Elections that belenios-tool ran, and copies that somebody tampered with: every folder of tests/vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

from crypto.encoding import sha256_b64
from crypto.verification import Verdict
from tests.crypto.records import failed, judge, said, take_apart

VECTORS = Path(__file__).parent.parent.parent / "vectors"
TAMPERED = VECTORS / "tampered"

VERIFIED, REJECTED, UNSUPPORTED = Verdict.VERIFIED, Verdict.REJECTED, Verdict.UNSUPPORTED
EXIT_CODES = {VERIFIED: 0, REJECTED: 1, UNSUPPORTED: 2}

ELECTIONS: dict[str, tuple[Verdict, set[str]]] = {
    "belenios2048-2.0-basic": (VERIFIED, set()),
    "belenios2048-2.0-revotes": (VERIFIED, set()),
    "belenios2048-2.0-threshold": (REJECTED, {"trustees.proofs"}),  # certificates without context: 2.5.1 refuses too
    "belenios2048-3.3.0-basic": (VERIFIED, set()),
    "belenios2048-3.3.0-blank": (VERIFIED, set()),
    "belenios2048-3.3.0-rfc3526-mixnet": (UNSUPPORTED, set()),
    "belenios2048-3.3.0-threshold": (VERIFIED, set()),
    "belenios2048-3.3.0-weights": (VERIFIED, set()),
    "ed25519-2.5.1-threshold": (REJECTED, {"trustees.proofs"}),  # unsigned verification keys: 3.3.0 refuses too
    "ed25519-3.3.0-basic": (VERIFIED, set()),
    "ed25519-3.3.0-blank": (VERIFIED, set()),
    "ed25519-3.3.0-lists": (UNSUPPORTED, set()),
    "ed25519-3.3.0-mixnet": (UNSUPPORTED, set()),
    "ed25519-3.3.0-revotes": (VERIFIED, set()),
    "ed25519-3.3.0-threshold": (VERIFIED, set()),
    "ed25519-3.3.0-weights": (VERIFIED, set()),
}

# What no longer fits when a counted ballot is not (or cannot be) counted.
UNCOUNTED = {"tally.sums", "decryptions.proofs", "result.counts"}

COPIES: dict[str, tuple[Verdict, set[str]]] = {
    "belenios2048-3.3.0-basic--dropped-event-raw": (REJECTED, {"archive.chain", "tally.counts", *UNCOUNTED}),
    "belenios2048-3.3.0-basic--flipped-individual-proof-resigned": (REJECTED, {"ballots.proofs"}),
    "belenios2048-3.3.0-basic--unknown-credential": (REJECTED, {"ballots.credentials", "ballots.proofs"}),
    "belenios2048-3.3.0-basic--wrong-result": (REJECTED, {"result.counts"}),
    "ed25519-3.3.0-basic--alpha-outside-subgroup-resigned": (REJECTED, {"ballots.form", *UNCOUNTED}),
    "ed25519-3.3.0-basic--answer-encoding-0x-resigned": (VERIFIED, set()),
    "ed25519-3.3.0-basic--answer-encoding-big-resigned": (REJECTED, {"ballots.form", *UNCOUNTED}),
    "ed25519-3.3.0-basic--answer-encoding-order-resigned": (VERIFIED, set()),
    "ed25519-3.3.0-basic--answer-encoding-zero-resigned": (VERIFIED, set()),
    "ed25519-3.3.0-basic--bad-signature": (REJECTED, {"ballots.signatures"}),
    "ed25519-3.3.0-basic--credential-outside-subgroup-with-other-ballots": (REJECTED, {"credentials.list"}),
    "ed25519-3.3.0-basic--dropped-ballot-relinked": (REJECTED, {"tally.counts", *UNCOUNTED}),
    "ed25519-3.3.0-basic--dropped-event-raw": (REJECTED, {"archive.chain", "tally.counts", *UNCOUNTED}),
    "ed25519-3.3.0-basic--duplicate-ballot": (REJECTED, {"ballots.unique", *UNCOUNTED}),
    "ed25519-3.3.0-basic--extra-field-in-answer-resigned": (VERIFIED, set()),
    "ed25519-3.3.0-basic--flipped-individual-proof": (REJECTED, {"ballots.proofs", "ballots.signatures"}),
    "ed25519-3.3.0-basic--flipped-individual-proof-resigned": (REJECTED, {"ballots.proofs"}),
    "ed25519-3.3.0-basic--flipped-overall-proof-resigned": (REJECTED, {"ballots.proofs"}),
    "ed25519-3.3.0-basic--newline-after-result": (VERIFIED, set()),
    "ed25519-3.3.0-basic--no-EndBallots": (REJECTED, {"archive.order"}),
    "ed25519-3.3.0-basic--noncanonical-ballot": (REJECTED, {"ballots.form", "tally.counts", *UNCOUNTED}),
    "ed25519-3.3.0-basic--swapped-events-raw": (REJECTED, {"archive.chain"}),
    "ed25519-3.3.0-basic--tar-trailing-zeros": (REJECTED, {"archive.entries"}),
    "ed25519-3.3.0-basic--tar-ustar-magic": (REJECTED, {"archive.entries"}),
    "ed25519-3.3.0-basic--unknown-credential": (REJECTED, {"ballots.credentials", "ballots.proofs"}),
    "ed25519-3.3.0-basic--wrong-encrypted-tally": (REJECTED, {"tally.sums"}),
    "ed25519-3.3.0-basic--wrong-partial-decryption": (REJECTED, {"decryptions.proofs", "result.counts"}),
    "ed25519-3.3.0-basic--wrong-result": (REJECTED, {"result.counts"}),
    "ed25519-3.3.0-blank--flipped-overall-proof-resigned": (REJECTED, {"ballots.proofs"}),
    "ed25519-3.3.0-lists--forged-nonzero-proof": (REJECTED, {"ballots.form"}),  # which 3.3.0 accepts
    "ed25519-3.3.0-mixnet--bad-shuffle": (UNSUPPORTED, set()),  # no verdict is given on any shuffle yet
    "ed25519-3.3.0-mixnet--no-EndShuffles": (REJECTED, {"archive.order"}),
    "ed25519-3.3.0-threshold--extra-invalid-partial-decryption": (VERIFIED, set()),
}

ALL = [(VECTORS / name, *expected) for name, expected in ELECTIONS.items()]
ALL += [(TAMPERED / name, *expected) for name, expected in COPIES.items()]


def archive(folder: Path) -> Path:
    (path,) = folder.glob("*.bel")
    return path


def known(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_bytes())


def numbers(result: Any) -> Any:
    """Counts as numbers, however they are written."""
    return [numbers(item) for item in result] if isinstance(result, list) else int(result)


def test_every_folder_of_vectors_is_in_the_table() -> None:
    assert {path.name for path in VECTORS.iterdir() if path.is_dir()} == {*ELECTIONS, "tampered"}
    assert {path.name for path in TAMPERED.iterdir()} == set(COPIES)


@pytest.mark.parametrize(("folder", "verdict", "checks"), ALL, ids=lambda value: getattr(value, "name", ""))
def test_the_verdict_is_the_one_expected_and_so_is_the_check_that_fails(
    folder: Path, verdict: Verdict, checks: set[str]
) -> None:
    report = judge(archive(folder))
    assert (report.verdict, report.verdict.exit_code) == (verdict, EXIT_CODES[verdict]), said(report)
    assert failed(report) == checks, said(report)
    json.dumps(report.to_json())
    if verdict is VERIFIED:
        source = VECTORS / folder.name.split("--")[0]
        assert report.result == numbers(known(source, "result.json")["result"])
        assert report.decryption_proofs == "weak"
    else:
        assert report.result is None
    if verdict is REJECTED:
        assert all(failure.reason for outcome in report.outcomes.values() for failure in outcome.failures)


@pytest.mark.parametrize("name", COPIES)
def test_we_judge_tampered_copies_as_a_sound_verifier_must(name: str) -> None:
    """The column of the vectors' README, but for shuffles, of which we say that we cannot judge them."""
    wanted = known(TAMPERED / name, "meta.json")["sound_verifier"]
    verdict, _ = COPIES[name]
    if wanted == "reject":
        assert verdict is REJECTED or name == "ed25519-3.3.0-mixnet--bad-shuffle"
        assert EXIT_CODES[verdict] != 0
    else:
        assert verdict is VERIFIED


@pytest.mark.parametrize("name", ELECTIONS)
def test_turnout_trackers_and_fingerprints_are_those_that_belenios_counted(name: str) -> None:
    folder = VECTORS / name
    votes, meta = known(folder, "votes.json"), known(folder, "meta.json")
    report = judge(archive(folder))
    steps = take_apart(archive(folder))
    assert report.recorded == len(votes)
    assert report.counted == len({vote["voter"] for vote in votes})
    assert report.voters == len(known(folder, "public_creds_with_ids.json"))
    assert report.credentials_fingerprint == meta["public_credentials_fingerprint"]
    assert report.uuid == meta["uuid"]
    assert report.phase == "Result"
    trackers = [sha256_b64(step.records[0]) for step in steps if step.kind == "Ballot"]
    assert trackers == [vote["tracker"] for vote in votes]
    assert {json.loads(step.records[0])["election_hash"] for step in steps if step.kind == "Ballot"} == {
        report.fingerprint
    }


def test_the_invalid_decryption_of_a_threshold_group_is_told_as_a_warning() -> None:
    report = judge(archive(TAMPERED / "ed25519-3.3.0-threshold--extra-invalid-partial-decryption"))
    (warning,) = report["decryptions.proofs"].warnings
    assert "proof of correct decryption does not hold" in warning.reason


@pytest.mark.parametrize("name", ["ed25519-3.3.0-basic", "ed25519-3.3.0-revotes"])
def test_two_processes_find_what_one_finds(name: str) -> None:
    path = archive(VECTORS / name)
    assert judge(path, jobs=2).to_json() == judge(path, jobs=1).to_json()


def test_two_processes_place_a_failure_where_one_does() -> None:
    path = archive(TAMPERED / "ed25519-3.3.0-basic--flipped-individual-proof")
    assert judge(path, jobs=2).to_json() == judge(path, jobs=1).to_json()
