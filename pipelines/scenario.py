"""Scenarios: what the lists would be under other values of the law, from the registers that an edition was made of.

A scenario derives aside and writes tables and a chart to `<home>/scenarios/<name>/`. It is never an edition and
says so in every file. What does not belong here: the derivation (`sql/`, `assets.aside`) and the look of the chart
(`pipelines.scenario_chart`).
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import duckdb

from assets import derivation, exchange
from assets.aside import AsideError, Snapshot, aside, put_law, sealed_snapshots, show_registers
from assets.code_lists import municipality_names
from assets.contracts import BOLIG, LISTE, REGISTERS, history_years, reference_years, whole
from assets.publishing import sealing
from assets.warehouse import rows_of
from law.loader import (
    STATISTICS_GROUPS,
    WHOLE_UNITS,
    Law,
    LawError,
    LegalValue,
    Parameter,
    format_value,
    list_day,
    parse_exact,
    shipped_law,
    statistics_law,
)
from pipelines.diff import in_full
from pipelines.home import Home
from pipelines.scenario_chart import NOTICE, SEPARATOR, page

MAX_POINTS = 500
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,79}")
LISTED = ("udsat_boligomraade", "forebyggelsesomraade")
SCENARIO_TABLES = derivation.upstream_of(derivation.PUBLISHED)

Row = dict[str, Any]


class ScenarioError(Exception):
    """A scenario that cannot be derived. The message is one line that says why, and what to do."""


@dataclass(frozen=True)
class Point:
    """One combination of values: its number (0 is the law as it is), what is set, and the day of the law if another."""

    number: int
    settings: Mapping[str, str]
    law_as_of: dt.date | None = None

    @property
    def label(self) -> str:
        """What is set, as the tables write it; the page and its chart say it in words."""
        told = [f"{name} = {value}" for name, value in self.settings.items()]
        if self.law_as_of is not None:
            told.insert(0, f"loven pr. {self.law_as_of}")
        return SEPARATOR.join(told) or "gældende lov"


@dataclass
class Result:
    """The tables of a scenario, one list of rows each, in the order in which they are written."""

    areas: list[Row] = field(default_factory=list)
    summary: list[Row] = field(default_factory=list)
    municipalities: list[Row] = field(default_factory=list)


def run_scenario(
    home: Home, list_years: Sequence[int], settings: Sequence[str], name: str = "", law_as_of: dt.date | None = None
) -> tuple[Path, list[Row]]:
    """Derives the list years at every point and writes the scenario. Returns its folder and the summary's rows.

    `settings` are texts `name=value`, where the value may be several or a range (`grid`). With `law_as_of` the
    lists are derived under the law of that day instead of their own. Raises ScenarioError.
    """
    law, points = statistics_law(), grid(settings, law_as_of)
    years = sorted(set(list_years))
    chosen = name or default_name(years, settings, law_as_of)
    if not NAME.fullmatch(chosen):
        raise ScenarioError(f"{chosen!r} is no name of a scenario: use letters, digits, '.', '_', '=' and '-'.")
    if not settings and law_as_of is None:
        raise ScenarioError("Nothing is changed: give at least one --set name=value, or --law-as-of.")
    manifests = {year: _manifest(home, law, year) for year in years}
    result, target = Result(), home.scenarios / chosen
    try:
        with home.locked():
            for list_year, manifest in manifests.items():
                _derive_year(home, law, points, list_year, manifest, result)
            synthetic = any(map(sealing.is_synthetic, manifests.values()))
            shown = page(target.name, _changed(points), result.summary, result.areas, synthetic)
            _write(home, target, result, _description(manifests, points, law), shown)
    except (AsideError, LawError) as error:
        raise ScenarioError(str(error)) from None
    return target, result.summary


# --- what is set ------------------------------------------------------------------------------------------------


def grid(settings: Sequence[str], law_as_of: dt.date | None = None) -> list[Point]:
    """Every combination of what is set, after the law as it is.

    A setting is `name=value`; `name=a,b,c` gives several values and `name=first:last:step` a range, ends included.
    Several sets of codes are separated by semicolons, since commas stand between codes.
    """
    names: list[str] = []
    alternatives: list[list[str]] = []
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name or not text.strip():
            raise ScenarioError(f"{setting!r} sets nothing: write --set name=value.")
        if name in names:
            raise ScenarioError(f"{name} is set twice: give several values as {name}=a,b.")
        names.append(name)
        alternatives.append(_alternatives(_parameter(name), text))
    now = Point(0, {})
    if not names:
        return [now, Point(1, {}, law_as_of)] if law_as_of else [now]
    combinations = [dict(zip(names, chosen, strict=True)) for chosen in product(*alternatives)]
    if len(combinations) > MAX_POINTS:
        raise ScenarioError(f"The grid has {len(combinations)} points; {MAX_POINTS} are the most. Take larger steps.")
    return [now, *(Point(number, chosen, law_as_of) for number, chosen in enumerate(combinations, start=1))]


def _parameter(name: str) -> Parameter:
    if name.split(".")[0] not in STATISTICS_GROUPS and name in shipped_law().parameters:
        raise ScenarioError(f"{name} does not decide who is on a list, so a scenario cannot set it.")
    parameter = shipped_law().parameters.get(name)
    if parameter is None:
        raise ScenarioError(f"{name}: no such parameter; the known names are the files under law/parameters/.")
    return parameter


def _alternatives(parameter: Parameter, text: str) -> list[str]:
    """The values that a setting gives, each once, as a parameter file writes them."""
    if parameter.unit == "codes":
        given = [part.strip() for part in text.split(";")]
    else:
        given = [value for part in text.split(",") for value in _range(parameter, part.strip())]
    try:
        law = statistics_law()
        checked = [law.with_values({parameter.name: value}).parameters[parameter.name].values[0] for value in given]
    except LawError as error:
        raise ScenarioError(str(error)) from None
    return list(dict.fromkeys(value.text for value in checked))


def _range(parameter: Parameter, text: str) -> list[str]:
    """`20pct:40pct:5pct` as 20, 25, 30, 35 and 40 pct; anything without colons as it is."""
    if ":" not in text:
        return [text]
    ends = text.split(":")
    try:
        first, last, step = (parse_exact(end) for end in ends)
    except (LawError, ValueError):
        raise ScenarioError(
            f"{parameter.name}={text}: write a range as first:last:step, as 20pct:40pct:5pct."
        ) from None
    if step <= 0 or last < first:
        raise ScenarioError(f"{parameter.name}={text}: a range goes upwards, by a step above zero.")
    count = (last - first) // step + 1
    if count > MAX_POINTS:
        raise ScenarioError(f"{parameter.name}={text}: {count} values; {MAX_POINTS} are the most. Take larger steps.")
    return [_written(parameter, first + number * step) for number in range(count)]


def _written(parameter: Parameter, value: Fraction) -> str:
    if parameter.unit in WHOLE_UNITS:
        if value.denominator != 1:
            raise ScenarioError(f"{parameter.name}: {value} is no whole number of {parameter.unit}.")
        return str(value.numerator)
    return format_value(parameter.unit, value)


def default_name(list_years: Sequence[int], settings: Sequence[str], law_as_of: dt.date | None) -> str:
    """A name that says what is set, where that is short, and a hash of it where it is long."""
    parts = [*(str(year) for year in list_years), *([f"lov-{law_as_of}"] if law_as_of else []), *settings]
    text = re.sub(r"[^A-Za-z0-9._=-]+", "-", "_".join(parts))
    if len(text) <= 60:
        return text
    return f"{text[:40]}-{hashlib.sha256('_'.join(parts).encode()).hexdigest()[:8]}"


# --- deriving ---------------------------------------------------------------------------------------------------


def _manifest(home: Home, law: Law, list_year: int) -> Mapping[str, Any]:
    """The manifest of the edition that a scenario starts from."""
    manifest = sealing.read_manifest(home.edition(list_year))
    if manifest is None:
        raise ScenarioError(f"There is no sealed edition of list year {list_year} in {home.path}: run it first.")
    if manifest["law"] != sealing.describe_law(law.for_list_year(list_year), list_year):
        raise ScenarioError(f"Edition {list_year} was sealed under other parameters than these. Run it again first.")
    return manifest


def _derive_year(
    home: Home, law: Law, points: Sequence[Point], list_year: int, manifest: Mapping[str, Any], result: Result
) -> None:
    base = law.for_list_year(list_year)
    days = [point.law_as_of or list_day(list_year) for point in points]
    laws = [_law_of(law, point, day) for point, day in zip(points, days, strict=True)]
    with aside(home, manifest, law) as con:
        before = _read(con)
        laid = Laid(con, list_year, base, list_day(list_year))
        _show_more(con, manifest, list_year, laws)
        if any(values["valg.split_area_history"] != base["valg.split_area_history"] for values in laws):
            _show_predecessors(con, manifest)
        for point, day, values in zip(points, days, laws, strict=True):
            laid.change(values, day)
            _add(result, point, list_year, before, _read(con))


def _law_of(law: Law, point: Point, day: dt.date) -> Mapping[str, LegalValue]:
    in_force = law.in_force(day)
    if "udsat_boligomraade.residents" not in in_force:
        raise ScenarioError(
            f"The act in force on {day} does not derive lists from registers: judge given figures with classify."
        )
    asleep = [name for name in point.settings if name not in in_force]
    if asleep:
        raise ScenarioError(f"{asleep[0]} is not in force on {day}, so setting it there changes nothing.")
    return law.with_values(point.settings).in_force(day)


class Laid:
    """A list year that has been derived aside, and what it takes to derive it under another law.

    Only the tables that depend on what changed are derived anew.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, list_year: int, values: Mapping[str, LegalValue], day: dt.date
    ) -> None:
        self._con, self._list_year, self._values = con, list_year, values
        self._hashes = put_law(con, values, list_year, day)

    def change(self, values: Mapping[str, LegalValue], day: dt.date) -> list[str]:
        """Derives the list year under other values. Returns the tables that were derived anew."""
        names = self._values.keys() | values.keys()
        changed = {name for name in names if self._values.get(name) != values.get(name)}
        hashes = put_law(self._con, values, self._list_year, day)
        moved = {table for table, digest in hashes.items() if self._hashes[table] != digest}
        self._values, self._hashes = values, hashes
        anew: list[str] = []
        for derived in SCENARIO_TABLES:
            if _depends(derived, changed, moved, anew):
                derivation.derive(self._con, derived, self._list_year)
                anew.append(derived.table)
        return anew


def _depends(derived: derivation.Derived, changed: set[str], moved: set[str], anew: Iterable[str]) -> bool:
    """Whether a table is made from a changed parameter, a changed table of the law, or a table derived anew.

    `law.parameters` is read whole by the tables that hold figures against limits; others name each parameter.
    """
    if not changed.isdisjoint(derived.legal_values):
        return True
    read = set(derived.reads) - ({derivation.LAW} if derived.legal_values else set())
    return not read.isdisjoint(moved.union(anew))


def _show_more(
    con: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    list_year: int,
    laws: Iterable[Mapping[str, LegalValue]],
) -> None:
    """Shows the references that other reference years need, where some list year of the home has them."""
    used = sealed_snapshots(manifest)
    have = {(snapshot.register, snapshot.reference) for snapshot in used}
    known_years = {item["year"] for item in manifest["history"]}
    wanted: set[tuple[str, str]] = set()
    for values in laws:
        missing = [year for year in history_years(values, list_year) if year not in known_years]
        if missing:
            raise ScenarioError(f"Edition {list_year} was sealed without the list of {missing[0]}, which this needs.")
        for register in REGISTERS:
            if register is not LISTE and not register.optional:
                years = reference_years(register, values, list_year)
                wanted.update((register.name, register.reference_name(year)) for year in years)
        homes_year = values.get("anvisningsloft.homes_year_offset")
        if homes_year is not None:
            wanted.add((BOLIG.name, BOLIG.reference_name(list_year + whole(homes_year))))
    if wanted <= have:
        return
    show_registers(con, [*used, *(_anywhere(con, *place) for place in sorted(wanted - have))], list_year)


def _anywhere(con: duckdb.DuckDBPyConnection, register: str, reference: str) -> Snapshot:
    found = con.execute(
        """
        SELECT vintage, content_sha256 FROM home.registers.promoted
        WHERE register = ? AND reference = ? ORDER BY list_year DESC LIMIT 1
        """,
        [register, reference],
    ).fetchall()
    if not found:
        raise ScenarioError(f"This needs {register}/{reference}, which no list year of this home has used.")
    return Snapshot(register, reference, found[0][0], found[0][1])


def _show_predecessors(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> None:
    """The earlier editions whole: an edition's own history lacks the areas that have since been split."""
    con.execute("DELETE FROM published.parallelsamfund_history")
    con.execute(
        """
        INSERT INTO published.parallelsamfund_history BY NAME
        SELECT list_year, year, area_id, parallelsamfund, source FROM home.published.parallelsamfund_history
        WHERE list_year = year AND list_contains(?, year)
        """,
        [[item["year"] for item in manifest["history"] if item["source"] == "edition"]],
    )


# --- what comes out ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lists:
    """A list year as derived: areas by id with their family homes, and the cap by municipality."""

    areas: Mapping[str, Row]
    cap: Mapping[str, Row]


def _read(con: duckdb.DuckDBPyConnection) -> Lists:
    areas = rows_of(
        con,
        """
        SELECT status.*, coalesce(homes.family_homes, 0) AS family_homes
        FROM status.area_status AS status
        LEFT JOIN (
            SELECT area_id, CAST(sum(family_homes) AS BIGINT) AS family_homes FROM cap.family_homes GROUP BY area_id
        ) AS homes ON homes.area_id = status.area_id
        ORDER BY status.area_id
        """,
    )
    cap = rows_of(con, "SELECT * FROM cap.municipal_cap ORDER BY kom")
    return Lists({row["area_id"]: row for row in areas}, {row["kom"]: row for row in cap})


def _add(result: Result, point: Point, list_year: int, before: Lists, after: Lists) -> None:
    head: Row = {"point": point.number, "setting": point.label, "list_year": list_year}
    changes = {area_id: _change(before.areas[area_id], row) for area_id, row in after.areas.items()}
    listed = [row for row in after.areas.values() if row["status"] in LISTED]
    result.summary.append(
        {
            **head,
            "udsatte_boligomraader": _count(after, "status", "udsat_boligomraade"),
            "parallelsamfund": _count(after, "parallelsamfund", True),
            "omdannelsesomraader": _count(after, "omdannelsesomraade", True),
            "forebyggelsesomraader": _count(after, "status", "forebyggelsesomraade"),
            "enters": sum(change == "enters" for change in changes.values()),
            "leaves": sum(change == "leaves" for change in changes.values()),
            "moves": sum(change == "moves" for change in changes.values()),
            "residents_listed": sum(row["residents"] for row in listed),
            "family_homes_listed": sum(row["family_homes"] for row in listed),
            "homes_covered": sum(row["covered_homes"] for row in after.cap.values()),
            "municipalities_over_cap": sum(bool(row["cap_exceeded"]) for row in after.cap.values()),
        }
    )
    if not point.number:
        return
    for area_id, now in after.areas.items():
        was = before.areas[area_id]
        row = {**head, "area_id": area_id, "area_name": now["area_name"], "kom": now["kom"]}
        row |= {"residents": now["residents"], "family_homes": now["family_homes"]}
        for name in ("status", "parallelsamfund", "omdannelsesomraade"):
            row |= {f"{name}_before": was[name], f"{name}_after": now[name]}
        result.areas.append({**row, "change": changes[area_id]})
    for kom, now in after.cap.items():
        was = before.cap[kom]
        row = {**head, "kom": kom, "municipality": municipality_names()[int(kom)], "family_homes": now["family_homes"]}
        for name in ("share", "cap_exceeded", "decision", "covered_homes", "covered_share"):
            row |= {f"{name}_before": was[name], f"{name}_after": now[name]}
        result.municipalities.append(row)


def _count(lists: Lists, column: str, value: Any) -> int:
    return sum(row[column] == value for row in lists.areas.values())


def _change(before: Row, after: Row) -> str:
    """`enters` and `leaves` the lists, `moves` from one list to another, or empty."""
    was, now = before["status"] in LISTED, after["status"] in LISTED
    if was != now:
        return "enters" if now else "leaves"
    same = all(before[name] == after[name] for name in ("status", "parallelsamfund", "omdannelsesomraade"))
    return "" if same else "moves"


def _changed(points: Sequence[Point]) -> dict[str, list[str]]:
    """What a scenario changes: each parameter with the values it is given, and the day of the law if another."""
    changed: dict[str, list[str]] = {}
    for point in points:
        day = {"loven": f"pr. {point.law_as_of}"} if point.law_as_of else {}
        for name, value in {**day, **point.settings}.items():
            if value not in changed.setdefault(name, []):
                changed[name].append(value)
    return changed


def _description(manifests: Mapping[int, Mapping[str, Any]], points: Sequence[Point], law: Law) -> dict[str, Any]:
    return {
        "notice": NOTICE,
        "law_sha256": law.sha256,
        "editions": {str(year): manifest["revision"] for year, manifest in manifests.items()},
        "points": [
            {
                "point": point.number,
                "settings": dict(point.settings),
                "law_as_of": point.law_as_of.isoformat() if point.law_as_of else None,
            }
            for point in points
        ],
    }


def _write(home: Home, target: Path, result: Result, description: Mapping[str, Any], shown: str) -> None:
    """Writes a scenario aside and puts it in place; one of the same name is replaced."""
    staged = home.scratch / f"scenario-{target.name}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    tables = {"areas": result.areas, "summary": result.summary, "municipalities": result.municipalities}
    for name, rows in tables.items():
        _write_csv(staged / f"{name}.csv", rows)
    (staged / "scenarie.html").write_text(shown, encoding="utf-8")
    text = json.dumps(description, ensure_ascii=False, indent=1)
    (staged / "scenario.json").write_text(text + "\n", encoding="utf-8")
    exchange.put_in_place(staged, target)


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*(rows[0] if rows else []), "note"])
        writer.writerows([*map(_cell, row.values()), NOTICE] for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else in_full(value)
