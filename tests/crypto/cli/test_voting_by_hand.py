"""Voting at a terminal: the program asks, a person types, makes mistakes, and types again."""

import json

from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Shell
from tests.crypto.cli.terminal import Terminal
from tests.crypto.cli.test_voting import audit_of, marked

CODE = "Your voter's code (it is not shown): "
"""With the space at the end: it comes when the terminal has stopped to show what is typed."""


def test_a_person_votes_with_mistakes_on_the_way(election: Election) -> None:
    code = election.codes["3"]
    with Terminal("vote", election.archive, folder=election.code(3).parent) as terminal:
        asked = terminal.sees("Your choice")
        assert "Which project should the municipality do first?" in asked
        assert "1. A library" in asked
        assert "Choose 1." in asked
        assert "For a blank ballot write: blank" in asked
        terminal.types("7")
        terminal.sees("answers are named by their numbers, 1 to 3")
        terminal.sees("Your choice")
        terminal.types("1,2")
        terminal.sees("from 1 to 1 answers can be chosen, not 2")
        terminal.sees("Your choice")
        terminal.types("٣")
        asked = terminal.sees("Your choice")
        assert "Which evenings suit you?" in asked
        assert "Choose from 0 to 2" in asked
        assert "blank ballot" not in asked
        terminal.types("blank")
        terminal.sees("this question has no blank vote")
        terminal.sees("Your choice")
        terminal.types("1,3")
        terminal.sees(CODE)
        terminal.types("aXfme-maUqnW-kfv5x-RxPjCg")
        terminal.sees("not on the list of this election")
        terminal.sees(CODE)
        terminal.types(code[:-1])
        terminal.sees("this one has 21")
        terminal.sees(CODE)
        terminal.types(code)
        terminal.sees("Your ballot is sealed")
        assert election.report()["ballots"]["recorded"] == 0
        terminal.sees("cast or audit")
        terminal.types("perhaps")
        terminal.sees("cast or audit")
        terminal.types("Cast")
        terminal.sees("Your ballot is in the box, at position 1.")
        shown = terminal.ends()
    assert code not in shown
    assert code[:-1] not in shown
    assert "aXfme" not in shown
    election.count(1, 2)
    assert election.report()["result"] == [[0, 0, 0, 1], [1, 0, 1]]


def test_a_person_audits_and_then_casts_another_ballot(election: Election, sawtuna: Shell) -> None:
    trackers = []
    for answer in ("audit", "cast"):
        with Terminal("vote", election.archive, folder=election.code(1).parent) as terminal:
            terminal.sees("Your choice")
            terminal.types("2")
            terminal.sees("Your choice")
            terminal.types("none")
            terminal.sees(CODE)
            terminal.types(election.codes["1"])
            terminal.sees("Tracker: ")
            trackers.append(terminal.sees("\n").strip())
            terminal.sees("cast or audit")
            terminal.types(answer)
            shown = terminal.ends()
            if answer == "audit":
                assert marked(shown) == ["A park"]
                assert "It is spoiled and will not be counted" in shown
    assert trackers[0] != trackers[1]
    assert election.report()["ballots"]["recorded"] == 1
    sawtuna("audit-ballot", audit_of(election, 1), "--election", election.box, "--tracker", trackers[0])
    ballot = election.root / "ballot.json"
    ballot.write_text(json.loads(audit_of(election, 1).read_bytes())["ballot"])
    election.step("cast", ballot, code=1).said("can never be cast")


def test_after_five_wrong_codes_the_program_gives_up(election: Election) -> None:
    with Terminal("vote", election.archive, "--choose", 1, "--choose", 1, folder=election.root) as terminal:
        for _ in range(5):
            terminal.sees(CODE)
            terminal.types("aXfme-maUqnW-kfv5x-RxPjCg")
        terminal.sees("not on the list of this election")
        terminal.ends(code=1)
    assert election.report()["ballots"]["recorded"] == 0


def test_whoever_gives_the_choice_in_the_words_is_not_asked_for_it(election: Election) -> None:
    with Terminal("vote", election.archive, "--choose", 1, "--choose", 1, folder=election.root) as terminal:
        asked = terminal.sees(CODE)
        assert "Your choice" not in asked
        terminal.types(election.codes["1"])
        shown = terminal.ends()
    assert "Your ballot is in the box" in shown


def test_ctrl_c_while_being_asked_casts_nothing(election: Election) -> None:
    with Terminal("vote", election.archive, folder=election.root) as terminal:
        terminal.sees("Your choice")
        terminal.types("1")
        terminal.sees("Your choice")
        terminal.presses(b"\x03")
        terminal.sees("Interrupted.")
        terminal.ends(code=130)
    with Terminal("vote", election.archive, "--choose", 1, "--choose", 1, folder=election.root) as terminal:
        terminal.sees(CODE)
        terminal.presses(b"\x03")
        terminal.sees("Interrupted.")
        terminal.ends(code=130)
    assert election.report()["ballots"]["recorded"] == 0


def test_the_end_of_the_input_casts_nothing(election: Election) -> None:
    with Terminal("vote", election.archive, folder=election.root) as terminal:
        terminal.sees("Your choice")
        terminal.presses(b"\x04")
        terminal.ends(code=130)
    assert election.report()["ballots"]["recorded"] == 0
