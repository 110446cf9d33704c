"""What counts mean: who leads, shares of the valid votes, blanks, ties, weights."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots.outcomes import outcomes


def question(*answers: str, blank: bool = True, most: int = 1) -> dict[str, Any]:
    return {
        "question": {"en": "Which?"},
        "answers": [{"en": answer} for answer in answers],
        "min": 1,
        "max": most,
        "blank": blank,
    }


def test_shares_are_of_the_valid_votes_and_blanks_of_everything() -> None:
    (found,) = outcomes([question("A", "B")], [[2, 3, 5]], 10)
    assert found.blank == 2
    assert found.valid == 8
    assert [line.share for line in found.lines] == [3 / 8, 5 / 8]
    assert found.blank_share == 0.2
    assert [line.number for line in found.ranked] == [2, 1]
    assert [line.number for line in found.leaders] == [2]


def test_without_blank_ballots_the_first_count_is_the_first_answer() -> None:
    (found,) = outcomes([question("A", "B", blank=False)], [[3, 5]], 8)
    assert found.blank is None
    assert [line.votes for line in found.lines] == [3, 5]


def test_equally_many_votes_are_a_tie_and_no_votes_are_no_lead() -> None:
    tie, nobody = outcomes([question("A", "B"), question("A", "B")], [[0, 4, 4], [8, 0, 0]], 8)
    assert [line.number for line in tie.leaders] == [1, 2]
    assert nobody.leaders == []
    assert nobody.valid == 0
    assert [line.share for line in nobody.lines] == [0, 0]


def test_with_several_choices_shares_may_add_up_to_more_than_the_whole() -> None:
    (found,) = outcomes([question("A", "B", blank=False, most=2)], [[8, 6]], 10)
    assert sum(line.share for line in found.lines) == pytest.approx(1.4)


def test_a_result_that_does_not_fit_the_questions_is_not_shown() -> None:
    with pytest.raises(ValueError, match="zip"):
        outcomes([question("A", "B")], [[1, 2, 3], [4, 5]], 6)
    with pytest.raises(ValueError, match="zip"):
        outcomes([question("A", "B")], [[1, 2]], 3)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=8), st.integers(0, 1000))
def test_no_bar_is_longer_than_its_axis(votes: list[int], blank: int) -> None:
    names = [str(number) for number in range(len(votes))]
    (found,) = outcomes([question(*names)], [[blank, *votes]], blank + sum(votes))
    assert 0 < found.axis <= 1
    assert all(line.share <= found.axis + 1e-9 for line in found.lines)
    assert found.blank_share <= found.axis + 1e-9
    assert [line.votes for line in found.ranked] == sorted(votes, reverse=True)
