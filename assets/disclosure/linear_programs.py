"""Linear programs, solved by HiGHS: some figures, equations between them, bounds, and the least of a sum of them.

A program is asked many questions that differ in their costs and bounds alone, so it is given to the solver once and
each answer is looked for from the one before. What does not belong here: what figures and equations mean
(`assets.disclosure.attack`, `assets.disclosure.suppression`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import highspy

WHOLE = 1e-6
"""How far from a whole number a figure may be and still be one."""

SETTINGS: Mapping[str, bool | int | str] = {"output_flag": False, "solver": "simplex", "presolve": "off", "threads": 1}
"""Silent, and one way to each answer on every machine. Without presolve it begins where the last answer was found."""
EXACT: Mapping[str, float | str] = {"presolve": "choose", "mip_rel_gap": 0.0, "mip_abs_gap": 0.0}
"""In whole numbers: no answer that is only nearly the least."""


class SolverError(Exception):
    """The solver gave no answer, which is not the same as there being none."""


@dataclass(frozen=True)
class Equation:
    """A sum of figures, each by its number and with its coefficient, and what it comes to."""

    terms: Mapping[int, int]
    total: int


class Outcome(Enum):
    """How a question came out."""

    FOUND = auto()
    UNBOUNDED = auto()
    IMPOSSIBLE = auto()


@dataclass(frozen=True)
class Answer:
    """The figures at which the sum is least; none where there is no least or no figures fit."""

    outcome: Outcome
    figures: Sequence[float] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every figure is a whole number."""
        return all(abs(figure - round(figure)) <= WHOLE for figure in self.figures)


class Program:
    """Figures between bounds that satisfy all equations. In whole numbers where `whole` says so."""

    def __init__(
        self, equations: Sequence[Equation], lower: Sequence[float], upper: Sequence[float], whole: bool = False
    ) -> None:
        import highspy

        self.size = len(lower)
        self._solver = highspy.Highs()
        for name, value in {**SETTINGS, **(EXACT if whole else {})}.items():
            _done(self._solver.setOptionValue(name, value), name)
        _done(self._solver.passModel(_model(equations, lower, upper, whole)), "program")

    def bound(self, lower: Sequence[float], upper: Sequence[float]) -> None:
        """Other bounds for all figures."""
        import numpy as np

        every = np.arange(self.size, dtype=np.int32)
        self._solver.changeColsBounds(self.size, every, np.array(lower, dtype=float), np.array(upper, dtype=float))

    def least(self, costs: Sequence[float]) -> Answer:
        """The figures at which the sum of figures times costs is least. Raises SolverError where it is not known."""
        import highspy
        import numpy as np

        every = np.arange(self.size, dtype=np.int32)
        self._solver.changeColsCost(self.size, every, np.array(costs, dtype=float))
        self._solver.run()
        status, told = self._solver.getModelStatus(), highspy.HighsModelStatus
        if status == told.kOptimal:
            return Answer(Outcome.FOUND, list(self._solver.getSolution().col_value))
        if status in (told.kUnbounded, told.kUnboundedOrInfeasible):
            return Answer(Outcome.UNBOUNDED)
        if status == told.kInfeasible:
            return Answer(Outcome.IMPOSSIBLE)
        raise SolverError(f"the solver gave no answer: {status.name}")


def _done(status: highspy.HighsStatus, what: str) -> None:
    """Raises SolverError where the solver did not take what it was given: it would go on without it."""
    import highspy

    if status != highspy.HighsStatus.kOk:
        raise SolverError(f"the solver did not take: {what}")


def _model(
    equations: Sequence[Equation], lower: Sequence[float], upper: Sequence[float], whole: bool
) -> highspy.HighsLp:
    """The program as HiGHS takes it; the equations row by row, of each what it has terms for."""
    import highspy
    import numpy as np

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(lower), len(equations)
    model.col_cost_ = np.zeros(len(lower))
    model.col_lower_, model.col_upper_ = np.array(lower, dtype=float), np.array(upper, dtype=float)
    totals = np.array([equation.total for equation in equations], dtype=float)
    model.row_lower_, model.row_upper_ = totals, totals
    starts = np.cumsum([0, *(len(equation.terms) for equation in equations)])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = starts.astype(np.int32)
    model.a_matrix_.index_ = np.array([n for equation in equations for n in equation.terms], dtype=np.int32)
    model.a_matrix_.value_ = np.array([c for equation in equations for c in equation.terms.values()], dtype=float)
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(lower)
    return model
