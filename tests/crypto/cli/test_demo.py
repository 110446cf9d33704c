"""`sawtuna demo election`: a whole election at once, with files that can be looked at afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crypto.cli.shell import Answer, Shell, mode, secrets_below, unchanged

SMALL = ("demo", "election", "--questions", 2, "--answers", 3)


def expected(folder: Path) -> dict[str, Any]:
    """The true counts."""
    return dict(json.loads((folder / "expected.json").read_bytes()))


@pytest.mark.parametrize(
    ("group", "voters"),
    [
        ("Ed25519", 30),
        ("BELENIOS-2048", 10),
        pytest.param("RFC-3526-2048", 3, marks=pytest.mark.slow),
    ],
)
def test_the_verified_result_is_the_true_one(sawtuna: Shell, tmp_path: Path, group: str, voters: int) -> None:
    sawtuna(*SMALL, "--voters", voters, "--group", group, "--out", "d", "--seed", 7).said("VERIFIED")
    truth = expected(tmp_path / "d")
    report = sawtuna.json("verify", "d", "--json", "--require-strong")
    assert report["verdict"] == "verified"
    assert report["result"] == truth["result"]
    assert report["ballots"]["counted"] == truth["counted"] == sum(truth["result"][0]) == sum(truth["result"][1])
    assert report["ballots"]["recorded"] == truth["ballots"]
    assert report["ballots"]["voters"] == truth["voters"] == voters


def test_a_seed_makes_the_same_votes_and_never_the_same_keys(sawtuna: Shell, tmp_path: Path) -> None:
    for folder, seed in (("a", 7), ("b", 7), ("c", 8)):
        sawtuna(*SMALL, "--voters", 20, "--out", folder, "--seed", seed)
    a, b, c = (tmp_path / folder for folder in "abc")
    assert expected(a) == expected(b) != expected(c)
    assert not secrets_below(a) & secrets_below(b)
    assert len(secrets_below(a)) == 3 + 20
    assert {path.name for path in a.glob("*.bel")}.isdisjoint(path.name for path in b.glob("*.bel"))


def test_without_a_seed_every_demonstration_is_another(sawtuna: Shell, tmp_path: Path) -> None:
    for folder in "ab":
        sawtuna("demo", "election", "--voters", 12, "--questions", 3, "--answers", 4, "--out", folder)
    assert expected(tmp_path / "a") != expected(tmp_path / "b")


def test_the_files_are_those_of_a_real_election(sawtuna: Shell, tmp_path: Path) -> None:
    answer = sawtuna(*SMALL, "--voters", 5, "--out", "d", "--seed", 1)
    folder = tmp_path / "d"
    (archive,) = folder.glob("*.bel")
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        archive.name, f"{archive.stem}.record/decryption-proofs.json", "expected.json",
        "private_creds.json", "public_creds.json", "trustee-1.key.json", "trustee-2.key.json", "trustee-3.key.json",
        "ceremony/ceremony.json", "ceremony/trustees.json",
        *(f"ceremony/{kind}/{n}.json" for kind in ("certificates", "commitments", "shares", "keys") for n in (1, 2, 3)),
    }  # fmt: skip
    private = {"private_creds.json", "trustee-1.key.json", "trustee-2.key.json", "trustee-3.key.json"}
    for path in folder.rglob("*.*"):
        if path.is_file():
            assert mode(path) == (0o600 if path.name in private else 0o644), path
    answer.said("no government stands behind it", f"sawtuna verify d/{archive.name}")
    for trustee in (1, 2, 3):
        sawtuna("trustee", "check", "--key", folder / f"trustee-{trustee}.key.json").said("is whole and decrypts")


def test_without_a_folder_the_demonstration_gets_one_of_its_own(sawtuna: Shell, tmp_path: Path) -> None:
    for _ in range(2):
        sawtuna("demo", "election", "--voters", 2)
    assert len(list((tmp_path / "demo-election").glob("*/*.bel"))) == 2


def test_a_folder_that_is_not_empty_is_refused(sawtuna: Shell, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "notes.txt").write_text("mine")
    with unchanged(tmp_path):
        sawtuna(*SMALL, "--out", "d", code=2).said("d is not empty")


def test_a_file_in_the_place_of_the_folder_is_refused(sawtuna: Shell, tmp_path: Path) -> None:
    (tmp_path / "d").write_text("mine")
    with unchanged(tmp_path):
        sawtuna(*SMALL, "--out", "d", code=2).said("d")


@pytest.mark.parametrize(
    "words",
    [
        ("--voters", 1, "--trustees", 1, "--threshold", 1),
        ("--voters", 3, "--trustees", 3, "--threshold", 3),
        ("--voters", 3, "--trustees", 5, "--threshold", 2, "--questions", 4, "--answers", 7),
        ("--voters", 3, "--answers", 1),
    ],
    ids=["one-voter-one-trustee", "all-needed", "five-trustees", "one-answer"],
)
def test_unusual_sizes_work(sawtuna: Shell, tmp_path: Path, words: tuple[object, ...]) -> None:
    answer: Answer = sawtuna("demo", "election", *words, "--out", "d", "--seed", 3)
    answer.said("VERIFIED")
    assert sawtuna.json("verify", "d", "--json")["result"] == expected(tmp_path / "d")["result"]


def test_in_arabic_the_demonstration_speaks_arabic(sawtuna: Shell) -> None:
    answer = sawtuna("demo", "election", "--voters", 3, "--out", "d", "--lang", "ar")
    assert "VERIFIED" not in answer.out
    assert "voters have a code" not in answer.out
