"""Everything that goes wrong gets a sentence and an exit code, and leaves every file as it was."""

import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crypto.cli.elections import QUESTIONS, VOTERS, Election
from tests.crypto.cli.shell import Answer, Shell, unchanged


def in_the_middle(path: Path, where: float = 0.5) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    place = int(len(data) * where)
    data[place] ^= 1
    path.write_bytes(data)


# Files that are there already


def test_a_private_key_is_never_overwritten(election: Election, sawtuna: Shell, tmp_path: Path) -> None:
    other = Election.describe(sawtuna, tmp_path / "other")
    other.start(3, 2)
    with unchanged(tmp_path):
        answer = sawtuna("trustee", "join", other.ceremony, "--key", election.key(1), "--name", "سعاد", code=1)
    answer.said("belongs to another ceremony")
    (tmp_path / "notes.txt").write_text("my notes")
    with unchanged(tmp_path):
        sawtuna("trustee", "join", other.ceremony, "--key", tmp_path / "notes.txt", "--name", "سعاد", code=2)


def test_codes_are_never_made_anew_over_the_old_ones(election: Election, sawtuna: Shell) -> None:
    words = ("credentials", "make", election.root / "voters.csv", "--election", election.box)
    with unchanged(election.root):
        sawtuna(*words, "--out", election.authority, code=1).said("private_creds.json exists already")
    (election.authority / "private_creds.json").rename(election.root / "moved.json")
    with unchanged(election.root):
        sawtuna(*words, "--out", election.authority, code=1).said("public_creds.json exists already")


def test_letters_are_not_written_over_letters(election: Election, sawtuna: Shell) -> None:
    words = (
        "credentials",
        "letters",
        election.root / "voters.csv",
        "--private",
        election.authority / "private_creds.json",
        "--election",
        election.box,
        "--out",
        election.authority,
    )
    sawtuna(*words)
    with unchanged(election.root):
        sawtuna(*words, code=1).said("letters-0001.html exists already")


def test_an_election_is_described_started_and_opened_once(election: Election, sawtuna: Shell) -> None:
    with unchanged(election.root):
        sawtuna("election", "new", election.root / "questions.toml", "--out", election.box, code=1).said(
            "draft.json exists already"
        )
        sawtuna("trustee", "start", election.box, code=1).said("ceremony.json exists already")
        election.open(code=1).said("this election is open")


# The wrong moment


def test_a_vote_that_is_closed_stays_closed(election: Election) -> None:
    election.vote(1, ["1", "none"], "--out", "ballot.json")
    election.step("close").said("The vote is closed.")
    with unchanged(election.root):
        election.vote(2, ["1", "none"], code=1).said("the vote is closed")
        election.step("cast", election.root / "voter-1" / "ballot.json", code=1).said("the vote is closed")
        election.step("close", code=1).said("the vote is closed already")


def test_nothing_is_decrypted_before_everything_is_added_up(election: Election) -> None:
    election.vote(1, ["1", "none"])
    with unchanged(election.root):
        election.decrypt(1, code=1).said("There is nothing to decrypt")
        election.step("tally", code=1).said("has to be closed first")
        election.step("result", code=1).said("The trustees have to decrypt first")
    election.step("close")
    with unchanged(election.root):
        election.decrypt(1, code=1).said("There is nothing to decrypt")
        election.step("result", code=1).said("The trustees have to decrypt first")
    election.step("tally")
    with unchanged(election.root):
        election.step("tally", code=1).said("can be added up only once")


def test_a_key_opens_one_sum_and_no_second_one(election: Election, sawtuna: Shell, tmp_path: Path) -> None:
    """The sum of all ballots but one, opened as well, would tell how that one voter voted."""
    election.vote(1, ["1", "none"])
    subset = election.copy(sawtuna, tmp_path / "subset")
    for step in ("close", "tally"):
        subset.step(step)
    subset.decrypt(1).said("Ballots in the sum", "1, of", "So few ballots tell how single voters voted")
    subset.part(1).unlink()
    subset.decrypt(1)  # the same sum again is no harm
    election.vote(2, ["1", "none"])
    for step in ("close", "tally"):
        election.step(step)
    shutil.copyfile(subset.key(1), election.key(1))
    with unchanged(election.root):
        election.decrypt(1, code=1).said("this key has opened another sum for this election before")
    election.decrypt(2)


def test_too_few_trustees_cannot_make_a_result(counting: Election) -> None:
    counting.decrypt(3)
    counting.step("add", counting.part(3))
    with unchanged(counting.root):
        counting.step("result", code=1).said("2 of the trustees 1 to 3 must decrypt")


def test_a_result_is_published_once_and_nothing_is_decrypted_after_it(counting: Election) -> None:
    for trustee in (1, 2):
        counting.decrypt(trustee)
        counting.step("add", counting.part(trustee))
    counting.step("result")
    with unchanged(counting.root):
        counting.step("result", code=1).said("The result has been published already")
        counting.decrypt(3, code=1).said("There is nothing to decrypt")
        counting.step("add", counting.part(1), code=1).said("before the result")


def test_a_vote_cannot_open_before_the_trustees_have_finished(sawtuna: Shell, tmp_path: Path) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(3, 2)
    election.join(1)
    election.register()
    with unchanged(tmp_path):
        election.open(code=2).said("The trustees have not finished their key")


# The wrong file


def test_a_trustees_part_is_taken_in_once(counting: Election) -> None:
    counting.decrypt(1)
    counting.step("add", counting.part(1)).said("The part of trustee 1 Trustee 1 is in.")
    with unchanged(counting.root):
        counting.step("add", counting.part(1), code=1).said("trustee 1 has decrypted before")


def _of_another_trustee(part: dict[str, dict[str, object]]) -> None:
    part["strong"]["owner"] = 2


def _of_no_trustee(part: dict[str, dict[str, object]]) -> None:
    part["strong"]["owner"] = 9


def _with_factors_exchanged(part: dict[str, dict[str, list[list[object]]]]) -> None:
    factors = part["decryption"]["decryption_factors"][0]
    factors[0], factors[1] = factors[1], factors[0]


def _without_strong_proofs(part: dict[str, object]) -> None:
    del part["strong"]


def _of_another_election(part: dict[str, object]) -> None:
    part["uuid"] = "11111111111111"


@pytest.mark.parametrize(
    "alter",
    [_of_another_trustee, _of_no_trustee, _with_factors_exchanged, _without_strong_proofs, _of_another_election],
)
def test_an_altered_part_is_refused_and_named(counting: Election, alter: Callable[[object], None]) -> None:
    counting.decrypt(1)
    part = json.loads(counting.part(1).read_bytes())
    alter(part)
    counting.part(1).write_text(json.dumps(part))
    with unchanged(counting.root):
        counting.step("add", counting.part(1), code=1).said(str(counting.part(1)))


def test_good_parts_before_a_bad_one_are_in(counting: Election) -> None:
    counting.decrypt(1)
    counting.decrypt(2)
    in_the_middle(counting.part(2))
    answer = counting.sawtuna("election", "add", counting.archive, counting.part(1), code=0)
    answer.said("The part of trustee 1")
    before = counting.archive.read_bytes()
    counting.sawtuna("election", "add", counting.archive, counting.part(2), code=REFUSED_OR_UNREADABLE)
    assert counting.archive.read_bytes() == before


REFUSED_OR_UNREADABLE = (1, 2)


def test_a_key_of_another_election_decrypts_nothing(counting: Election, sawtuna: Shell, tmp_path: Path) -> None:
    other = Election.describe(sawtuna, tmp_path / "other")
    other.make_key(3, 2)
    with unchanged(tmp_path):
        answer = sawtuna("trustee", "decrypt", counting.archive, "--key", other.key(1), code=1)
    answer.said(other.uuid, "a key is used for one election only")


def test_a_key_of_a_ceremony_that_was_begun_anew_decrypts_nothing(
    sawtuna: Shell, counting: Election, tmp_path: Path
) -> None:
    again = Election(sawtuna, tmp_path / "again")
    again.box.mkdir(parents=True)
    shutil.copy(counting.box / "draft.json", again.box)
    again.make_key(3, 2)
    with unchanged(tmp_path):
        answer = sawtuna("trustee", "decrypt", counting.archive, "--key", again.key(1), code=1)
    answer.said("this key is not among the election's trustees")


def test_a_key_that_is_not_finished_decrypts_nothing(counting: Election, sawtuna: Shell, tmp_path: Path) -> None:
    again = Election(sawtuna, tmp_path / "again")
    again.box.mkdir(parents=True)
    shutil.copy(counting.box / "draft.json", again.box)
    again.start(3, 2)
    again.join(1)
    with unchanged(tmp_path):
        sawtuna("trustee", "check", "--key", again.key(1), code=1).said("this key is not complete")
        sawtuna("trustee", "decrypt", counting.archive, "--key", again.key(1), code=1).said("not")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other_seed(path: Path) -> None:
    key = json.loads(path.read_bytes())
    key["seed"] = key["seed"][::-1]
    path.write_text(json.dumps(key))


def _no_seed(path: Path) -> None:
    key = json.loads(path.read_bytes())
    del key["seed"]
    path.write_text(json.dumps(key))


def _other_public_key(path: Path) -> None:
    key = json.loads(path.read_bytes())
    key["public_key"] = "5" + "8" * 62 + "66"
    path.write_text(json.dumps(key))


def _numbers_for_texts(path: Path) -> None:
    key = json.loads(path.read_bytes())
    key["sealed_key"] = 7
    path.write_text(json.dumps(key))


def _pins_of_the_wrong_kind(path: Path) -> None:
    key = json.loads(path.read_bytes())
    key["public_key"] = ["x"]
    path.write_text(json.dumps(key))


@pytest.mark.parametrize(
    "damage",
    [_cut, _empty, _other_seed, _no_seed, _other_public_key, _numbers_for_texts, _pins_of_the_wrong_kind],
)
def test_a_damaged_key_file_is_said_to_be_damaged_and_its_content_is_not_shown(
    counting: Election, sawtuna: Shell, damage: Callable[[Path], None]
) -> None:
    key = counting.key(1)
    seed = json.loads(key.read_bytes())["seed"]
    damage(key)
    with unchanged(counting.root):
        answers = [
            sawtuna("trustee", "check", "--key", key, code=REFUSED_OR_UNREADABLE),
            counting.decrypt(1, code=REFUSED_OR_UNREADABLE),
            counting.join(1, code=REFUSED_OR_UNREADABLE),
        ]
    for answer in answers:
        assert seed not in answer.out + answer.err
        assert seed[::-1] not in answer.out + answer.err


def test_a_damaged_key_file_is_named(counting: Election, sawtuna: Shell) -> None:
    _cut(counting.key(1))
    sawtuna("trustee", "check", "--key", counting.key(1), code=2).said(str(counting.key(1)), "damaged")


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6, 0.95])
def test_nothing_is_done_with_a_damaged_archive(counting: Election, where: float) -> None:
    counting.decrypt(1)
    in_the_middle(counting.archive, where)
    with unchanged(counting.root):
        refused: list[Answer] = [
            counting.vote(1, ["1", "none"], code=REFUSED_OR_UNREADABLE),
            counting.step("close", code=REFUSED_OR_UNREADABLE),
            counting.step("tally", code=REFUSED_OR_UNREADABLE),
            counting.sawtuna(
                "trustee", "decrypt", counting.archive, "--key", counting.key(2), code=REFUSED_OR_UNREADABLE
            ),
            counting.step("add", counting.part(1), code=REFUSED_OR_UNREADABLE),
            counting.step("result", code=REFUSED_OR_UNREADABLE),
            counting.sawtuna("verify", counting.archive, code=REFUSED_OR_UNREADABLE),
        ]
    assert len({answer.words for answer in refused}) == 7


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6, 0.95])
def test_no_ballot_goes_into_a_damaged_box(election: Election, where: float) -> None:
    election.vote(1, ["1", "none"], "--out", "ballot.json")
    election.vote(2, ["1", "none"])
    in_the_middle(election.archive, where)
    with unchanged(election.root):
        election.vote(3, ["2", "none"], code=REFUSED_OR_UNREADABLE)
        election.step("cast", election.root / "voter-1" / "ballot.json", code=REFUSED_OR_UNREADABLE)
        election.step("close", code=REFUSED_OR_UNREADABLE)


def test_two_programs_never_write_to_one_archive(election: Election) -> None:
    with election.archive.open("rb") as held, unchanged(election.root):
        fcntl.flock(held, fcntl.LOCK_EX)
        election.vote(1, ["1", "none"], code=1).said("another program is writing to this archive; try again")
        election.step("close", code=1).said("another program is writing to this archive; try again")
    election.vote(1, ["1", "none"])


def test_a_record_whose_trustees_were_exchanged_takes_no_vote(
    election: Election, sawtuna: Shell, tmp_path: Path
) -> None:
    other = Election.describe(sawtuna, tmp_path / "other")
    other.make_key(1, 1)
    other.register()
    with unchanged(election.root):
        sawtuna(
            "election",
            "open",
            other.box,
            "--credentials",
            election.box / "draft.json",
            "--trustees",
            other.ceremony / "trustees.json",
            code=REFUSED_OR_UNREADABLE,
        )
    assert not list(other.box.glob("*.bel"))


def test_credentials_of_another_group_are_refused(sawtuna: Shell, election: Election, tmp_path: Path) -> None:
    other = Election.describe(sawtuna, tmp_path / "other", group="BELENIOS-2048")
    other.make_key(1, 1)
    words = ("election", "open", other.box, "--credentials", election.authority / "public_creds.json")
    with unchanged(tmp_path):
        sawtuna(*words, code=REFUSED_OR_UNREADABLE)


def test_the_same_trustee_cannot_stand_twice(sawtuna: Shell, tmp_path: Path) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.make_key(1, 1)
    election.register()
    trustees = election.ceremony / "trustees.json"
    with unchanged(tmp_path):
        election.open("--trustees", trustees, "--trustees", trustees, code=1)


def test_a_list_without_voters_opens_nothing(sawtuna: Shell, tmp_path: Path) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.make_key(1, 1)
    election.authority.mkdir()
    (election.authority / "public_creds.json").write_text("[]")
    with unchanged(tmp_path):
        election.open(code=1).said("the list is empty: nobody can vote")


def test_a_code_that_is_not_in_the_list_and_an_entry_without_a_code_are_found(
    election: Election, sawtuna: Shell
) -> None:
    private, public = (election.authority / f"{name}_creds.json" for name in ("private", "public"))
    words = ("credentials", "check", "--private", private, "--public", public, "--election", election.box)
    codes, listed = json.loads(private.read_bytes()), json.loads(public.read_bytes())
    private.write_text(json.dumps({voter: code for voter, code in codes.items() if voter != "6"}))
    sawtuna(*words, code=1).said("1 entry that belongs to no code: somebody else could vote")
    private.write_text(json.dumps(codes | {"7": "aXfme-maUqnW-kfv5x-RxPjCg"}))
    sawtuna(*words, code=1).said("The code of “7” is not in the public list.")
    private.write_text(json.dumps(codes))
    public.write_text(json.dumps(listed[1:]))
    sawtuna(*words, code=1).said("is not in the public list.")


def test_two_voters_with_one_code_are_found(election: Election, sawtuna: Shell) -> None:
    private, public = (election.authority / f"{name}_creds.json" for name in ("private", "public"))
    private.write_text(json.dumps(election.codes | {"7": election.codes["1"]}))
    sawtuna("credentials", "check", "--private", private, "--public", public, "--election", election.box, code=1).said(
        "7"
    )


def test_letters_need_a_code_for_every_voter(election: Election, sawtuna: Shell) -> None:
    voters = election.root / "voters.csv"
    voters.write_text(VOTERS + "7,New\n", "utf-8")
    with unchanged(election.root):
        sawtuna(
            "credentials",
            "letters",
            voters,
            "--private",
            election.authority / "private_creds.json",
            "--election",
            election.box,
            "--out",
            election.root,
            code=2,
        ).said("There is no code for “7”")


# The wrong words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["elect"], "elect"),
        (["election", "opn"], "opn"),
        (["election", "close"], "is missing"),
        (["election", "close", "no-such.bel"], "There is no file no-such.bel"),
        (["verify", "no-such.bel"], "There is no file no-such.bel"),
        (["verify", "."], "holds no election archive"),
        (["verify", "x.bel", "--fast"], "There is no option --fast"),
        (["verify", "x.bel", "--jobs", "many"], "--jobs"),
        (["verify", "x.bel", "--jobs", "-1"], "--jobs"),
        (["election", "new", "q.toml"], "--out"),
        (["election", "new", "no-such.toml", "--out", "e"], "There is no file no-such.toml"),
        (["election", "new", ".", "--out", "e"], "is a folder"),
        (["trustee", "start", "no-such"], "There is no file"),
        (["trustee", "join", "no-such", "--key", "k", "--name", "n"], "There is no file"),
        (["trustee", "check", "--key", "no-such"], "There is no file no-such"),
        (["credentials", "make", "no-such.csv", "--election", ".", "--out", "x"], "There is no file no-such.csv"),
        (["vote", "no-such.bel"], "There is no file no-such.bel"),
        (["audit-ballot", "no-such.json", "--election", "."], "holds no election archive"),
        (["demo", "election", "--voters", "0"], "--voters"),
        (["demo", "election", "--trustees", "2", "--threshold", "3"], "threshold cannot be larger"),
        (["--lang", "fr", "verify", "."], "ar, en"),
    ],
)
def test_words_that_are_not_understood_are_named(
    sawtuna: Shell, tmp_path: Path, words: list[str], sentence: str
) -> None:
    with unchanged(tmp_path):
        sawtuna(*words, code=2).said(sentence)


def test_an_unknown_group_is_refused_with_those_that_are_known(sawtuna: Shell, tmp_path: Path) -> None:
    (tmp_path / "q.toml").write_text(QUESTIONS, "utf-8")
    with unchanged(tmp_path):
        for words in (["election", "new", "q.toml", "--out", "e"], ["demo", "election", "--out", "d"]):
            sawtuna(*words, "--group", "P-256", code=2).said("P-256", "Ed25519", "BELENIOS-2048", "RFC-3526-2048")


def test_a_threshold_above_the_number_of_trustees_is_refused(sawtuna: Shell, tmp_path: Path) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    with unchanged(tmp_path):
        sawtuna("trustee", "start", election.box, "--trustees", 2, "--threshold", 3, code=2).said("cannot be larger")
        sawtuna("trustee", "start", election.box, "--trustees", 0, code=2).said("--trustees")


def test_whoever_makes_every_trustee_needed_is_warned(sawtuna: Shell, tmp_path: Path) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(3, 3).said("if one key is lost, this vote can never be counted")


def test_a_folder_with_two_archives_is_not_guessed_at(counting: Election, sawtuna: Shell) -> None:
    shutil.copy(counting.archive, counting.box / "copy.bel")
    with unchanged(counting.root):
        sawtuna("verify", counting.box, code=2).said("holds several archives")
        sawtuna("election", "close", counting.box, code=2).said("holds several archives")


def test_sentences_come_in_arabic_as_well(counting: Election, sawtuna: Shell) -> None:
    words = ("election", "tally", counting.archive)
    english = sawtuna(*words, code=1).err
    by_option = sawtuna("--lang", "ar", *words, code=1).err
    by_locale = sawtuna(*words, code=1, around={"LANG": "ar_IQ.UTF-8"}).err
    assert by_option == by_locale != english
    assert any("\u0600" <= letter <= "\u06ff" for letter in by_option)
