"""Judges given criteria values under the law of a day, any day since 2011.

Belongs here: reading a table of figures, holding each against the limits in force, and the path from criteria
to status under each act. Does not belong here: limits (`law/parameters`), how figures come from registers.
Under the acts before 2018 the figures given must be the means over the years that those acts ask for.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from assets.csv_header import header_of
from assets.list_names import NO_LIST
from law.loader import Law, LegalValue, shipped_law

CRITERIA = ("outside", "convicted", "primary_only", "income")
OLDER_ACTS = {
    "ghettoomraade_2010": ("nonwestern", "outside", "convicted"),
    "ghettoomraade_2014": ("nonwestern", "outside", "convicted", "primary_only", "income"),
}
SHARES = (
    "nonwestern_share",
    "outside_share",
    "convicted_share",
    "national_convicted_share",
    "primary_only_share",
)
COLUMNS = {
    "nonwestern": "nonwestern_share",
    "outside": "outside_share",
    "convicted": "convicted_share",
    "primary_only": "primary_only_share",
    "income": "income_ratio",
}
DECIMAL = re.compile(r"-?\d+([.,]\d+)?([eE][+-]?\d{1,2})?", re.ASCII)
OUTPUT = (
    "area_id",
    "status",
    "parallelsamfund",
    "criteria_met_61a",
    "criteria_61a",
    "criteria_met_61b",
    "criteria_61b",
)


class ClassifyError(ValueError):
    """A file or a day that cannot be judged. The message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Exact figures of one area. Shares and ratios are fractions of one; None is an empty figure, never met.

    `convicted_share` is per adult resident; `convicted_ratio` is that share over the national one.
    """

    area_id: str
    residents: int
    nonwestern: Fraction | None
    outside: Fraction | None
    convicted_share: Fraction | None
    convicted_ratio: Fraction | None
    primary_only: Fraction | None
    income: Fraction | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one area is under the law of a day, and the criteria it meets by the paragraph they stand in.

    `status` is `udsat_boligomraade`, `forebyggelsesomraade` or `ikke_omfattet`; under the acts before 1
    December 2018 `ghettoomraade` or `ikke_omfattet`. `parallelsamfund` is None under those acts, and
    `criteria_61b` before § 61 b took effect.
    """

    area_id: str
    status: str
    parallelsamfund: bool | None
    criteria_61a: tuple[str, ...]
    criteria_61b: tuple[str, ...] | None

    def row(self) -> dict[str, str]:
        """The judgement as text, one entry per output column."""
        met = self.criteria_61b
        return {
            "area_id": self.area_id,
            "status": self.status,
            "parallelsamfund": "" if self.parallelsamfund is None else str(self.parallelsamfund).lower(),
            "criteria_met_61a": str(len(self.criteria_61a)),
            "criteria_61a": ";".join(self.criteria_61a),
            "criteria_met_61b": "" if met is None else str(len(met)),
            "criteria_61b": "" if met is None else ";".join(met),
        }


def judge(figures: Figures, in_force: Mapping[str, LegalValue]) -> Judgement:
    """One area under the values in force on a day (almenboligloven § 61 a and § 61 b as they read that day).

    Raises ClassifyError when none of the acts is among them.
    """
    act = _act(in_force)
    if act in OLDER_ACTS:
        met = _met(figures, act, OLDER_ACTS[act], in_force)
        listed = _large_enough(figures, act, in_force) and _enough(met, act, in_force)
        return Judgement(figures.area_id, "ghettoomraade" if listed else NO_LIST, None, met, None)

    met_61a = _met(figures, "udsat_boligomraade", CRITERIA, in_force)
    udsat = _large_enough(figures, "udsat_boligomraade", in_force) and _enough(met_61a, "udsat_boligomraade", in_force)
    parallel = udsat and in_force["parallelsamfund.nonwestern"].met_by(figures.nonwestern)
    if "forebyggelsesomraade.residents" not in in_force:
        status = "udsat_boligomraade" if udsat else NO_LIST
        return Judgement(figures.area_id, status, parallel, met_61a, None)

    met_61b = _met(figures, "forebyggelsesomraade", CRITERIA, in_force)
    forebyggelse = (
        _large_enough(figures, "forebyggelsesomraade", in_force)
        and in_force["forebyggelsesomraade.nonwestern"].met_by(figures.nonwestern)
        and _enough(met_61b, "forebyggelsesomraade", in_force)
    )
    # The lists share no area: udsat boligområde comes first (valg.overlap_udsat_forebyggelse).
    status = "udsat_boligomraade" if udsat else "forebyggelsesomraade" if forebyggelse else NO_LIST
    return Judgement(figures.area_id, status, parallel, met_61a, met_61b)


def law_of_day(legal: Law, day: dt.date) -> dict[str, LegalValue]:
    """The values in force on a day under which areas can be judged. ClassifyError for any other day."""
    in_force = legal.in_force(day)
    try:
        _act(in_force)
    except ClassifyError:
        first = min(legal.parameters[f"{act}.residents"].values[0].effective_from for act in OLDER_ACTS)
        raise ClassifyError(
            f"no law here covers {day}: the first act took effect on {first}; give a later day to --law-as-of"
        ) from None
    return in_force


def read_figures(path: Path, in_force: Mapping[str, LegalValue]) -> list[Figures]:
    """The areas in a CSV file (comma or semicolon, UTF-8 or Windows-1252, decimal point or comma).

    Column names match without regard to case and extra columns are not read. Raises ClassifyError, with all
    that is wrong in one line.
    """
    rows = _csv_rows(path, in_force)
    faults = _Faults()
    areas = [_figures(row, line, faults) for line, row in rows]
    seen: set[str] = set()
    for line, row in rows:
        if row["area_id"] in seen:
            faults.add("area_id stands twice; give one row per area", line)
        seen.add(row["area_id"])
    if faults:
        raise ClassifyError(f"{path.name}: {faults}")
    return areas


def classify(csv_path: str | Path, law_as_of: dt.date, legal: Law | None = None) -> int:
    """Prints the judgement of every area of a file as CSV, in the order of the file.

    Returns 0. A bad file or a day that no law covers is one line on standard error and returns 2, with no
    judgement printed.
    """
    try:
        in_force = law_of_day(legal or shipped_law(), law_as_of)
        judged = [judge(area, in_force) for area in read_figures(Path(csv_path), in_force)]
    except ClassifyError as error:
        print(f"classify: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(as_csv(judged))
    return 0


def as_csv(judged: Iterable[Judgement]) -> str:
    """Judgements as CSV text with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, OUTPUT, lineterminator="\n")
    writer.writeheader()
    writer.writerows(judgement.row() for judgement in judged)
    return text.getvalue()


def _act(in_force: Mapping[str, LegalValue]) -> str:
    for act in ("udsat_boligomraade", *OLDER_ACTS):
        if f"{act}.residents" in in_force:
            return act
    raise ClassifyError("none of the acts on listed areas is in force")


def _large_enough(figures: Figures, act: str, in_force: Mapping[str, LegalValue]) -> bool:
    return in_force[f"{act}.residents"].met_by(figures.residents)


def _enough(met: tuple[str, ...], act: str, in_force: Mapping[str, LegalValue]) -> bool:
    return in_force[f"{act}.criteria_needed"].met_by(len(met))


def _met(figures: Figures, act: str, criteria: Iterable[str], in_force: Mapping[str, LegalValue]) -> tuple[str, ...]:
    return tuple(name for name in criteria if _criterion(figures, in_force[f"{act}.{name}"], name))


def _criterion(figures: Figures, limit: LegalValue, name: str) -> bool:
    if name == "convicted":
        # Until 2018 the limit is a share of adults, since then a multiple of the national share.
        return limit.met_by(figures.convicted_share if limit.unit == "share" else figures.convicted_ratio)
    return limit.met_by(getattr(figures, name))


class _Faults:
    """What is wrong with the rows of a file: each kind once, with its count and first line."""

    def __init__(self) -> None:
        self._lines: dict[str, list[int]] = {}

    def add(self, fault: str, line: int) -> None:
        self._lines.setdefault(fault, []).append(line)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __str__(self) -> str:
        return "; ".join(
            f"{fault} ({len(lines)} row{'s' if len(lines) > 1 else ''}, first on line {lines[0]})"
            for fault, lines in self._lines.items()
        )


def _csv_rows(path: Path, in_force: Mapping[str, LegalValue]) -> list[tuple[int, dict[str, str]]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ClassifyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("windows-1252", errors="replace")
    if "\0" in text:
        raise ClassifyError(f"{path.name}: is no text file; give a CSV file")
    header = text.split("\n", 1)[0]
    if not header.strip():
        raise ClassifyError(f"{path.name}: is empty; give a CSV file with a header and one row per area")
    try:
        _, delimiter = header_of(io.StringIO(text, newline=""))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise ClassifyError(f"{path.name}: is no valid CSV ({error}); check its quotes") from None
    names = [name.strip().lower() for name in lines[0][1]]
    missing = _missing_columns(names, in_force)
    if missing:
        raise ClassifyError(f"{path.name}: no column {', '.join(missing)}; add what is missing to the header")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ClassifyError(f"{path.name}: the column {', '.join(twice)} stands twice; keep one of them")
    if len(lines) == 1:
        raise ClassifyError(f"{path.name}: has no rows; give one row per area")
    ragged = [line for line, row in lines if len(row) != len(names)]
    if ragged:
        raise ClassifyError(
            f"{path.name}: {len(ragged)} row(s) have another number of fields than the header, first on line "
            f"{ragged[0]}; with a decimal comma separate the fields by semicolon"
        )
    return [(line, dict(zip(names, (field.strip() for field in row), strict=True))) for line, row in lines[1:]]


def _missing_columns(names: Iterable[str], in_force: Mapping[str, LegalValue]) -> list[str]:
    act = _act(in_force)
    given = set(names)
    criteria = OLDER_ACTS.get(act, ("nonwestern", "outside", "primary_only", "income"))
    needed = ("area_id", "residents", *(COLUMNS[criterion] for criterion in criteria))
    missing = [name for name in needed if name not in given]
    has_ratio = "convicted_ratio" in given or {"convicted_share", "national_convicted_share"} <= given
    if act not in OLDER_ACTS and not has_ratio:
        missing.append("convicted_ratio (or both convicted_share and national_convicted_share)")
    return missing


def _figures(row: Mapping[str, str], line: int, faults: _Faults) -> Figures:
    if not row["area_id"]:
        faults.add("area_id is empty; give every area its id", line)
    residents = row["residents"]
    if not residents.isascii() or not residents.isdigit():
        faults.add("residents is no whole number; write digits only", line)
        residents = "0"
    shares = {name: _number(row, name, line, faults) for name in SHARES}
    for name, share in shares.items():
        if share is not None and not 0 <= share <= 1:
            faults.add(f"{name} is outside 0 to 1; write 40 per cent as 0.40", line)
    given_ratio = _number(row, "convicted_ratio", line, faults)
    if given_ratio is not None and given_ratio < 0:
        faults.add("convicted_ratio is negative; a ratio of shares cannot be", line)
    return Figures(
        area_id=row["area_id"],
        residents=int(residents),
        nonwestern=shares["nonwestern_share"],
        outside=shares["outside_share"],
        convicted_share=shares["convicted_share"],
        # A given ratio has lost less to rounding than a quotient of two rounded shares.
        convicted_ratio=_ratio(shares) if given_ratio is None else given_ratio,
        primary_only=shares["primary_only_share"],
        income=_number(row, "income_ratio", line, faults),
    )


def _number(row: Mapping[str, str], name: str, line: int, faults: _Faults) -> Fraction | None:
    text = row.get(name, "")
    if not text:
        return None
    if not DECIMAL.fullmatch(text):
        faults.add(f"{name} is no decimal number; write it as 0.40 or leave it empty", line)
        return None
    return Fraction(text.replace(",", "."))


def _ratio(shares: Mapping[str, Fraction | None]) -> Fraction | None:
    share, national = shares["convicted_share"], shares["national_convicted_share"]
    return None if share is None or not national else share / national
