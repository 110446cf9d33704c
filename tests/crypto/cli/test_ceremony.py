"""The trustees' key ceremony as they live through it: drives carried to and fro, people who cheat, runs cut short."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crypto.channel import send
from crypto.groups import named
from crypto.transcripts import VERSION_1
from crypto.trustees import Certificate
from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Shell, unchanged

CHANGED = "these files have changed since this trustee relied on them"


@pytest.fixture
def begun(sawtuna: Shell, tmp_path: Path) -> Election:
    """A ceremony of three, two of whom will be able to count; nobody has joined."""
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(3, 2)
    return election


@pytest.fixture
def alone(sawtuna: Shell, tmp_path: Path) -> Election:
    """A ceremony of two who are both needed."""
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(2, 2)
    return election


def rounds(election: Election, number: int, *trustees: int) -> None:
    """Everybody runs the command so often."""
    for _ in range(number):
        for trustee in trustees:
            election.join(trustee)


def published(election: Election, kind: str, trustee: int) -> Any:
    """A file of the folder."""
    return json.loads((election.ceremony / kind / f"{trustee}.json").read_bytes())


def publish(election: Election, kind: str, trustee: int, value: object) -> None:
    """Put another file there."""
    (election.ceremony / kind / f"{trustee}.json").write_text(json.dumps(value))


# As it should be


def test_the_program_says_at_every_step_whom_it_waits_for(begun: Election) -> None:
    begun.join(2).said("Step 1 of 4, trustee 2.", "Waiting for: ", "1", "3")
    begun.join(1).said("Step 1 of 4, trustee 1.", "Waiting for: 3")
    begun.join(3).said("Step 2 of 4, trustee 3.", "Waiting for: ", "1 Trustee 1", "2 Trustee 2")
    begun.join(1)
    begun.join(2).said("Step 3 of 4, trustee 2.", "Waiting for: ", "1 Trustee 1", "3 Trustee 3")
    rounds(begun, 1, 3, 1)
    begun.join(2).said("Step 4 of 4, trustee 2.", "Waiting for: 3 Trustee 3")
    last = begun.join(3).said("The key is ready", "Compare it with the other trustees")
    prints = {begun.join(trustee).value("Fingerprint of the trustees' list") for trustee in (1, 2, 3)}
    assert prints == {last.value("Fingerprint of the trustees' list")}


def test_names_are_listed_with_the_comma_of_the_language(begun: Election) -> None:
    begun.join(1).said("Waiting for: 2, 3")


def test_running_the_command_again_while_waiting_changes_nothing(begun: Election) -> None:
    rounds(begun, 1, 1, 2)
    with unchanged(begun.root):
        rounds(begun, 2, 1, 2)
    rounds(begun, 4, 3, 1, 2)
    with unchanged(begun.root):
        rounds(begun, 1, 1, 2, 3)


def test_nothing_in_the_shared_folder_is_secret(begun: Election) -> None:
    rounds(begun, 5, 1, 2, 3)
    shared = "\n".join(path.read_text() for path in begun.ceremony.rglob("*.json"))
    for trustee in (1, 2, 3):
        assert json.loads(begun.key(trustee).read_bytes())["seed"] not in shared


@pytest.mark.parametrize(("size", "threshold"), [(3, 2), (3, 3)], ids=["threshold", "all-needed"])
def test_the_folder_may_be_copied_between_machines_and_merged(
    sawtuna: Shell, tmp_path: Path, size: int, threshold: int
) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(size, threshold)
    machines = {trustee: tmp_path / f"machine-{trustee}" for trustee in range(1, size + 1)}
    for machine in machines.values():
        shutil.copytree(election.ceremony, machine)
    for _ in range(6):
        for trustee, machine in machines.items():
            election.join(trustee, folder=machine)
        for source in machines.values():
            for target in machines.values():
                if source != target:
                    shutil.copytree(source, target, dirs_exist_ok=True)
    lists = {(machine / "trustees.json").read_bytes() for machine in machines.values()}
    assert len(lists) == 1
    for trustee in machines:
        sawtuna("trustee", "check", "--key", election.key(trustee)).said("is whole and decrypts")


@pytest.mark.parametrize(
    ("runs", "kind"),
    [([1], "certificates"), ([1, 2, 3], "commitments"), ([1, 2, 3, 1, 2], "shares"), ([1, 2, 3] * 2 + [1], "keys")],
    ids=["certificate", "commitment", "shares", "key"],
)
def test_a_run_that_was_cut_short_between_key_file_and_folder_goes_on(
    begun: Election, runs: list[int], kind: str
) -> None:
    for trustee in runs:
        begun.join(trustee)
    (begun.ceremony / kind / f"{runs[-1]}.json").unlink()
    rounds(begun, 5, 1, 2, 3)
    prints = {begun.join(trustee).value("Fingerprint of the trustees' list") for trustee in (1, 2, 3)}
    assert len(prints) == 1
    for trustee in (1, 2, 3):
        begun.sawtuna("trustee", "check", "--key", begun.key(trustee)).said("is whole and decrypts")


def test_a_file_that_was_lost_on_the_way_can_be_published_again(begun: Election) -> None:
    rounds(begun, 1, 1, 2, 3)
    (begun.ceremony / "certificates" / "2.json").unlink()
    rounds(begun, 4, 2, 1, 3)
    begun.join(1).said("The key is ready")


def test_an_unfinished_temporary_file_does_not_stand_in_the_way(begun: Election) -> None:
    begun.join(1)
    (begun.ceremony / "certificates" / ".2.json.new").write_text('{"name": "Tru')
    (begun.root / "trustee-1" / ".1.key.json.new").write_text('{"form')
    rounds(begun, 5, 1, 2, 3)
    begun.join(1).said("The key is ready")


# Places


def test_a_place_is_taken_once(begun: Election, tmp_path: Path) -> None:
    begun.join(2, "--index", 2)
    with unchanged(tmp_path):
        begun.join(1, "--index", 2, code=1).said("place 2 of this ceremony is not free")
        begun.join(1, "--index", 4, code=1).said("place 4 of this ceremony is not free")
    rounds(begun, 1, 1, 3)
    with unchanged(tmp_path):
        words = ("trustee", "join", begun.ceremony, "--key", begun.key(4), "--name", "Late")
        begun.sawtuna(*words, code=1).said("all places of this ceremony are taken")
    assert not begun.key(4).exists()


@pytest.mark.parametrize(("size", "threshold"), [(3, 2), (3, 3)], ids=["threshold", "all-needed"])
def test_of_two_people_on_one_place_one_is_told_and_no_key_is_made(
    sawtuna: Shell, tmp_path: Path, size: int, threshold: int
) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(size, threshold)
    shutil.copytree(election.ceremony, tmp_path / "machine")
    election.join(1, "--index", 1, folder=tmp_path / "machine")
    election.join(2, "--index", 1)
    shutil.copytree(tmp_path / "machine", election.ceremony, dirs_exist_ok=True)
    election.join(3)
    election.join(4, "--index", 2)
    with unchanged(tmp_path):
        answer = election.join(2, code=1)
    answer.said("[1]")
    assert not (election.ceremony / "trustees.json").exists()


def test_of_two_people_on_one_place_the_one_is_told_at_once(begun: Election, tmp_path: Path) -> None:
    shutil.copytree(begun.ceremony, tmp_path / "machine")
    begun.join(1, "--index", 1, folder=tmp_path / "machine")
    begun.join(2, "--index", 1)
    shutil.copytree(tmp_path / "machine", begun.ceremony, dirs_exist_ok=True)
    begun.join(2, code=1).said("[1]")


@pytest.mark.parametrize(("size", "threshold"), [(3, 2), (3, 3)], ids=["threshold", "all-needed"])
def test_a_copied_key_cannot_take_a_second_place(sawtuna: Shell, tmp_path: Path, size: int, threshold: int) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(size, threshold)
    rounds(election, 1, 1)
    copied = json.loads(election.key(1).read_bytes())
    election.key(2).parent.mkdir()
    election.key(2).write_text(json.dumps(copied | {"index": 2, "name": "Thief", "published": {}}))
    for _ in range(5):
        for trustee in (1, 2, 3):
            election.join(trustee, code=(0, 1))
    answer = election.join(3, code=1)
    answer.said("same key" if threshold == 2 else "same")
    assert not (election.ceremony / "trustees.json").exists()


def test_a_plain_copy_of_a_key_is_the_same_trustee(begun: Election) -> None:
    begun.join(1)
    begun.key(2).parent.mkdir()
    shutil.copy(begun.key(1), begun.key(2))
    begun.join(2).said("trustee 1.")
    assert not (begun.ceremony / "certificates" / "2.json").exists()


def test_nobody_can_publish_in_anothers_place(begun: Election) -> None:
    rounds(begun, 1, 1, 2)
    publish(begun, "certificates", 3, published(begun, "certificates", 2))
    with unchanged(begun.root):
        begun.join(1, code=1).said("[2]")
        begun.join(3, code=1).said("place 3 of this ceremony is not free")


def test_what_is_published_in_ones_own_name_is_recognised(alone: Election) -> None:
    rounds(alone, 1, 1, 2)
    commitment = published(alone, "commitments", 1)
    publish(alone, "commitments", 1, commitment | {"commitment": commitment["commitment"][::-1]})
    with unchanged(alone.root):
        alone.join(1, code=1).said("what stands in this trustee's name is not his")


# Cheating


def test_a_certificate_that_changes_after_others_relied_on_it_is_refused(begun: Election) -> None:
    begun.join(3)
    rounds(begun, 1, 1, 2)
    begun.join(1)
    (begun.ceremony / "certificates" / "3.json").unlink()
    begun.key(3).unlink()
    begun.join(3)
    with unchanged(begun.root):
        begun.join(1, code=1).said(CHANGED)


def test_a_commitment_that_changes_after_others_relied_on_it_is_refused(begun: Election) -> None:
    rounds(begun, 2, 1, 2, 3)
    rounds(begun, 1, 1)
    value = published(begun, "commitments", 2)
    publish(begun, "commitments", 2, {"commitment": value["commitment"][::-1]})
    with unchanged(begun.root):
        begun.join(1, code=1).said(CHANGED)


def _polynomial_of_another(election: Election) -> None:
    """With the commitments of trustee 3 in trustee 2's name."""
    value = published(election, "shares", 2)
    publish(election, "shares", 2, value | {"coefexps": published(election, "shares", 3)["coefexps"]})


def _no_share_for_the_first(election: Election) -> None:
    value = published(election, "shares", 2)
    value["secrets"][0] = value["secrets"][2]
    publish(election, "shares", 2, value)


def _too_few_shares(election: Election) -> None:
    value = published(election, "shares", 2)
    value["secrets"].pop()
    publish(election, "shares", 2, value)


def _wrong_share_for_the_first(election: Election) -> None:
    """Signed and encrypted as it should be, but not on the polynomial."""
    group = named("Ed25519")
    seed = json.loads(election.key(2).read_bytes())["seed"]
    cert = Certificate.parse(group, published(election, "certificates", 1)["certificate"], 3, 2, 1)
    value = published(election, "shares", 2)
    value["secrets"][0] = send(VERSION_1, VERSION_1.signing_key(group, seed), cert.encryption, {"secret": "12345"})
    publish(election, "shares", 2, value)


@pytest.mark.parametrize(
    "cheat", [_polynomial_of_another, _no_share_for_the_first, _too_few_shares, _wrong_share_for_the_first]
)
def test_a_share_that_is_not_what_was_committed_to_names_its_author(
    begun: Election, cheat: Callable[[Election], None]
) -> None:
    rounds(begun, 2, 1, 2, 3)
    cheat(begun)
    begun.join(1, code=1).said("shares[2]")
    assert not (begun.ceremony / "keys" / "1.json").exists()
    begun.sawtuna("trustee", "check", "--key", begun.key(1), code=1).said("this key is not complete")


def test_a_key_that_was_not_committed_to_names_its_author(alone: Election) -> None:
    rounds(alone, 1, 1, 2)
    other = Election(alone.sawtuna, alone.root / "other")
    other.box.mkdir(parents=True)
    shutil.copy(alone.box / "draft.json", other.box)
    other.start(2, 2)
    rounds(other, 2, 1, 2)
    shutil.copy(other.ceremony / "keys" / "2.json", alone.ceremony / "keys" / "2.json")
    alone.join(1, code=1).said("keys[2]", "this is not what the trustee had committed to")
    assert not (alone.ceremony / "trustees.json").exists()


def test_a_finished_list_that_was_changed_is_refused(begun: Election) -> None:
    rounds(begun, 5, 1, 2, 3)
    target = begun.ceremony / "trustees.json"
    target.write_bytes(target.read_bytes().replace(b"Trustee 2", b"Trustee 9"))
    with unchanged(begun.root):
        begun.join(1, code=1).said("trustees.json", "is not the one that follows from the trustees' files")


@pytest.mark.parametrize(
    "change", [{"threshold": 1}, {"size": 4}, {"uuid": "11111111111111"}, {"group": "BELENIOS-2048"}]
)
def test_the_rules_of_a_ceremony_cannot_change_under_way(begun: Election, change: dict[str, object]) -> None:
    begun.join(1)
    path = begun.ceremony / "ceremony.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with unchanged(begun.root):
        begun.join(1, code=1).said("this key belongs to another ceremony")


def test_hostile_names_stay_names(begun: Election) -> None:
    for trustee, name in enumerate(["[red]A[/]", "%(names)s <b>", "سعاد\u202e"], 1):
        begun.sawtuna("trustee", "join", begun.ceremony, "--key", begun.key(trustee), "--name", name)
    begun.join(1).said("%(names)s <b>")
    rounds(begun, 4, 2, 3, 1)
    names = {published(begun, "certificates", trustee)["name"] for trustee in (1, 2)}
    assert names == {"[red]A[/]", "%(names)s <b>"}
    begun.register()
    begun.open()
    begun.count(1, 2).said("VERIFIED")


def test_a_name_cannot_write_on_the_terminals_of_others(begun: Election) -> None:
    rounds(begun, 1, 1, 2)
    publish(begun, "certificates", 2, published(begun, "certificates", 2) | {"name": "\x1b[2J\x1b[H✔ The key is ready"})
    answer = begun.join(3)
    assert "\x1b" not in answer.out


# Mistakes


def test_a_key_file_does_not_go_into_the_shared_folder(begun: Election) -> None:
    with unchanged(begun.root):
        begun.sawtuna(
            "trustee", "join", begun.ceremony, "--key", begun.ceremony / "me.key.json", "--name", "A", code=2
        ).said("must not lie in the shared folder")


@pytest.mark.parametrize("name", ["", "   "])
def test_a_trustee_gives_a_name_the_first_time(begun: Election, name: str) -> None:
    with unchanged(begun.root):
        begun.sawtuna("trustee", "join", begun.ceremony, "--key", begun.key(1), "--name", name, code=2).said("--name")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"certificate":{}}', b"\xff", b'{"certificate":7}'])
def test_a_damaged_file_in_the_folder_is_named(begun: Election, content: bytes) -> None:
    begun.join(1)
    begun.join(2)
    (begun.ceremony / "certificates" / "3.json").write_bytes(content)
    with unchanged(begun.root):
        begun.join(1, code=(1, 2)).said("cert")


def test_a_folder_that_is_no_ceremony_is_refused(begun: Election, sawtuna: Shell, tmp_path: Path) -> None:
    with unchanged(tmp_path):
        for folder in (begun.box, begun.ceremony / "ceremony.json", tmp_path / "missing"):
            sawtuna("trustee", "join", folder, "--key", "k.key.json", "--name", "A", code=2)
