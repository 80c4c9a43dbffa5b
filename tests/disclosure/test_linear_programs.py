"""The solver's answers on programs small enough to be worked out by hand."""

from __future__ import annotations

import math

import pytest

from assets.disclosure import linear_programs
from assets.disclosure.linear_programs import Answer, Equation, Outcome, Program, SolverError

FREE = math.inf


def test_the_next_question_starts_from_other_costs_and_bounds() -> None:
    program = Program([Equation({0: 1, 1: 1}, 10)], [0, 0], [FREE, FREE])
    assert program.least([1, 0]) == Answer(Outcome.FOUND, [0.0, 10.0])
    assert program.least([-1, 0]) == Answer(Outcome.FOUND, [10.0, 0.0])
    program.bound([0, 4], [FREE, 4])
    assert program.least([-1, 0]) == Answer(Outcome.FOUND, [6.0, 4.0])


@pytest.mark.parametrize("whole", [False, True])
def test_no_least_and_no_figures_are_told_apart(whole: bool) -> None:
    assert Program([], [0, 0], [FREE, 3], whole).least([-1, 0]).outcome is Outcome.UNBOUNDED
    assert Program([Equation({0: 1, 1: 1}, 10)], [0, 0], [3, 3], whole).least([1, 0]).outcome is Outcome.IMPOSSIBLE
    assert Program([], [0, 0], [3, 3], whole).least([-1, -1]) == Answer(Outcome.FOUND, [3.0, 3.0])


def test_in_whole_numbers_the_least_is_exact_however_large() -> None:
    apart = Program([Equation({0: 1, 1: 3}, 1_000_000)], [0, 0], [FREE, FREE], whole=True)
    assert [round(figure) for figure in apart.least([1, 0]).figures] == [1, 333_333]
    assert [round(figure) for figure in apart.least([0, 1]).figures] == [1_000_000, 0]
    half_apart = [Equation({0: 2, 1: -2}, 1)]
    assert not Program(half_apart, [0, 0], [FREE, FREE]).least([1, 0]).is_whole
    assert Program(half_apart, [0, 0], [9, 9], whole=True).least([1, 0]).outcome is Outcome.IMPOSSIBLE


def test_what_the_solver_does_not_take_or_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SolverError, match="program"):
        Program([Equation({7: 1}, 1)], [0], [FREE])
    monkeypatch.setattr(linear_programs, "SETTINGS", {**linear_programs.SETTINGS, "simplex_iteration_limit": 0})
    with pytest.raises(SolverError, match="kIterationLimit"):
        Program([Equation({0: 1, 1: 1}, 10)], [0, 0], [FREE, FREE]).least([1, 0])
    monkeypatch.setattr(linear_programs, "SETTINGS", {"no_such_option": 1})
    with pytest.raises(SolverError, match="no_such_option"):
        Program([], [0], [1])


def test_it_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    Program([Equation({0: 1}, 1)], [0], [FREE], whole=True).least([1])
    assert capfd.readouterr() == ("", "")
