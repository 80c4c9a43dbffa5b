"""Finished tables: the report's figures as they are released, after disclosure control, and their CSV form.

Everything the report says is read from these. What does not belong here: how a figure is counted (`sql/report`),
which are withheld (`assets.reporting.counts`, `assets.disclosure.suppression`), and how a table is shown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from assets.disclosure.limits import WITHHELD
from assets.rounding import rounded

Kind = Literal["text", "code", "year", "flag", "count", "pct0", "pct", "pct2", "signed", "signed2", "kroner", "ratio"]
DECIMALS: Mapping[Kind, int] = {
    "count": 0,
    "pct0": 0,
    "pct": 1,
    "pct2": 2,
    "signed": 1,
    "signed2": 2,
    "kroner": 0,
    "ratio": 2,
}
"""Digits after the point of the kinds that are numbers. A year is none: it is not counted with."""
Value = str | int | bool | Decimal | None
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Column:
    """A column: its name in the CSV, what it is, and what it means."""

    name: str
    kind: Kind
    title: str
    meaning: str


@dataclass(frozen=True)
class Finished:
    """A finished table. A cell is a value, WITHHELD, or None where there is nothing to tell."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    note: str = ""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def find(self, **at: Value) -> int:
        """Position of the one row with these values. Raises KeyError where there is none or more than one."""
        found = [i for i, row in enumerate(self.rows) if all(row[name] == value for name, value in at.items())]
        if len(found) != 1:
            raise KeyError(f"{self.name}: {len(found)} rows with {at}")
        return found[0]

    def where(self, **at: Value) -> list[int]:
        """Positions of the rows with these values."""
        return [i for i, row in enumerate(self.rows) if all(row[name] == value for name, value in at.items())]


def to_csv(table: Finished) -> str:
    """The table as CSV: comma, header, LF, decimal point, empty for nothing to tell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow([written(row[column.name]) for column in table.columns])
    return out.getvalue()


def written(value: Value) -> str:
    """A value as a CSV holds it; a decimal with all its digits, not a zero of ten digits as 0E-10."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_csv(shape: Finished, text: str) -> Finished:
    """The table that a CSV holds; `shape` gives its columns."""
    read = csv.DictReader(io.StringIO(text))
    kinds = {column.name: column.kind for column in shape.columns}
    rows = [{name: parsed(value, kinds[name]) for name, value in row.items()} for row in read]
    return Finished(shape.name, shape.title, shape.columns, shape.key, list(rows), shape.note)


def parsed(text: str, kind: Kind) -> Value:
    """A cell of a CSV as a value."""
    if text == "":
        return None
    if text == WITHHELD or kind in ("text", "code"):
        return text
    if kind == "flag":
        return text == "true"
    return int(text) if kind == "year" or DECIMALS[kind] == 0 else Decimal(text)


def danish(value: Value, kind: Kind) -> str:
    """A value as Danish readers write it: 1.234,5, ja or nej, and the word for what is withheld."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, str) or kind == "year":
        return str(value)
    sign = "+" if kind in ("signed", "signed2") and value > 0 else ""
    text = f"{value:,.{DECIMALS[kind]}f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return sign + text.replace("-", "−")


def number(row: Row, name: str) -> int | Decimal | None:
    """The number in a cell; None where it is withheld or there is none."""
    value = row[name]
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def names(rows: Sequence[Row], column: str) -> list[str]:
    """The distinct texts of a column, in order."""
    return list(dict.fromkeys(str(row[column]) for row in rows))


def share_pct(part: Value, whole: Value, places: int = 1) -> Value:
    """A share in pct. of two figures: withheld where either is, empty where there is nobody."""
    if WITHHELD in (part, whole):
        return WITHHELD
    assert isinstance(part, int)
    assert isinstance(whole, int)
    return rounded(Fraction(100 * part, whole), places) if whole else None
