"""Which legal values a decision rests on: values by day, and the sets of values stored beside decisions.

What does not belong here: the values (law/parameters) and what any of them is used for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import duckdb

from assets.administration.errors import AdministrationError
from assets.administration.store import Output, append_rows
from law.loader import Law, LegalValue

PARAMETER_SETS = Output(
    name="parameters_used",
    columns={
        "parameter_set": "VARCHAR",
        "parameter": "VARCHAR",
        "value": "VARCHAR",
        "operator": "VARCHAR",
        "paragraph": "VARCHAR",
        "act": "VARCHAR",
        "effective_from": "DATE",
    },
    order=("parameter_set", "parameter"),
)


def parameter_set_id(values: Iterable[LegalValue]) -> str:
    """A short name of a set of values that changes when any of them does."""
    lines = sorted(f"{v.parameter}|{v.text}|{v.effective_from}|{v.reference.citation}" for v in values)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Basis:
    """The values of a system in force from `start` up to and not including `end` (None: no end)."""

    start: dt.date
    end: dt.date | None
    values: Mapping[str, LegalValue]

    @cached_property
    def parameter_set(self) -> str:
        return parameter_set_id(self.values.values())

    def number(self, name: str) -> int:
        value = self.values[name].value
        assert isinstance(value, int), name
        return value

    def share(self, name: str) -> Fraction:
        value = self.values[name].value
        assert isinstance(value, Fraction), name
        return value

    def codes(self, name: str) -> tuple[str, ...]:
        value = self.values[name].value
        assert isinstance(value, tuple), name
        return value

    def choice(self, name: str) -> str:
        value = self.values[name].value
        assert isinstance(value, str), name
        return value

    def holds(self, name: str) -> bool:
        """Whether a value of this name is in force; only for names given as optional."""
        return name in self.values

    def met(self, name: str, figure: Fraction | int) -> bool:
        """Whether a figure meets the limit, exactly."""
        return self.values[name].met_by(figure)


def bases(law: Law, names: Sequence[str], optional: Sequence[str] = ()) -> tuple[Basis, ...]:
    """The periods in which all of `names` are in force, earliest first, with their values.

    `optional` names are in a period's values where they are in force. A period ends when any value changes.
    """
    dated = [value for name in (*names, *optional) for value in law.parameters[name].values]
    days = sorted({value.effective_from for value in dated} | {v.until for v in dated if v.until is not None})
    found = []
    for position, day in enumerate(days):
        in_force = law.in_force(day)
        if all(name in in_force for name in names):
            end = days[position + 1] if position + 1 < len(days) else None
            values = {name: in_force[name] for name in (*names, *optional) if name in in_force}
            found.append(Basis(day, end, values))
    return tuple(found)


def first_day(law: Law, names: Sequence[str]) -> dt.date:
    """The first day on which all of `names` are in force."""
    return bases(law, names)[0].start


def basis_on(found: Sequence[Basis], day: dt.date) -> Basis | None:
    """The basis in force on a day, or None where the law is not held for it."""
    return next((b for b in found if b.start <= day and (b.end is None or day < b.end)), None)


def required_basis(found: Sequence[Basis], day: dt.date, what: str) -> Basis:
    """The basis in force on a day; raises AdministrationError where the law is not held for it."""
    basis = basis_on(found, day)
    if basis is None:
        raise AdministrationError(f"{what}: no law is held for {day}; add dated values under law/parameters")
    return basis


def record(con: duckdb.DuckDBPyConnection, list_year: int, used: Iterable[Mapping[str, LegalValue]]) -> None:
    """Stores sets of values that decisions of a list year name, each once."""
    declared = ", ".join(f'"{name}" {sql_type}' for name, sql_type in PARAMETER_SETS.columns.items())
    con.execute(f"CREATE TABLE IF NOT EXISTS {PARAMETER_SETS.name} (list_year SMALLINT, {declared})")
    for values in used:
        name = parameter_set_id(values.values())
        known = con.execute(
            f"SELECT 1 FROM {PARAMETER_SETS.name} WHERE list_year = ? AND parameter_set = ? LIMIT 1", [list_year, name]
        ).fetchall()
        if not known and values:
            rows = [
                [list_year, name, v.parameter, v.text, v.operator, source.citation, source.act, v.effective_from]
                for v in values.values()
                for source in [v.reference]
            ]
            append_rows(con, PARAMETER_SETS.name, ("list_year", *PARAMETER_SETS.columns), rows)
