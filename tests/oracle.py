"""A second derivation of the published tables, in plain Python with integers and fractions.

Belongs here: reading a snapshots folder and deriving area_criteria, area_status, municipal_cap and area_cap from it,
written from the published interface and the statute alone, so that the product's SQL can be held against it
cell by cell. Does not belong here: anything taken from the product's SQL or Python, input checks (the oracle
assumes a delivery without blocking faults), speed.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyreadstat

Row = dict[str, str]
Tables = dict[str, list[Row]]
Delivery = Mapping[tuple[str, str], list[Row]]

CODE_LISTS = Path(__file__).resolve().parent.parent / "law" / "code_lists"

FIRST_YEAR_OF_61B = 2021
SURVEYED_OR_IMPUTED = {"3", "9", "10", "17", "18"}


class MissingHistoryError(Exception):
    """No edition and no list exists for an earlier year that the five-year rule needs."""


# --- reading ---


def _text(value: Any) -> str:
    """One cell as text: dates as ISO, whole floats without a decimal part, null as empty."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _csv_rows(raw: bytes) -> list[Row]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    header = text.splitlines()[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().upper() for name in next(lines)]
    return [dict(zip(names, cells, strict=True)) for cells in lines if cells]


def _file_rows(path: Path) -> list[Row]:
    if path.name.endswith(".csv"):
        return _csv_rows(path.read_bytes())
    if path.name.endswith(".csv.gz"):
        return _csv_rows(gzip.decompress(path.read_bytes()))
    if path.name.endswith(".parquet"):
        with duckdb.connect() as connection:
            result = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [column[0].upper() for column in result.description]
            return [dict(zip(names, map(_text, cells), strict=True)) for cells in result.fetchall()]
    if path.name.endswith(".xpt"):
        frame, _ = pyreadstat.read_xport(str(path))
        names = [str(name).upper() for name in frame.columns]
        return [dict(zip(names, map(_text, cells), strict=True)) for cells in frame.itertuples(index=False, name=None)]
    return []


def read_reference(snapshots: Path, register: str, reference: str) -> list[Row] | None:
    """All rows of one register reference, from every file of its newest vintage; None if not delivered."""
    folder = snapshots / register / reference
    if not folder.is_dir():
        return None
    vintages = sorted(
        entry for entry in folder.iterdir() if entry.is_dir() and re.fullmatch(r"\d{4}-\d\d-\d\d", entry.name)
    )
    newest = vintages[-1] if vintages else folder
    return [row for path in sorted(newest.iterdir()) if path.is_file() for row in _file_rows(path)]


def read_delivery(snapshots: Path, list_year: int) -> dict[tuple[str, str], list[Row]]:
    """Every reference that one list year may use and that was delivered, keyed by register and reference."""
    wanted = [(register, f"{year}-01-01") for register in ("bef", "bolig") for year in (list_year - 1, list_year)]
    wanted += [(register, str(year)) for register in ("of", "kraf") for year in (list_year - 2, list_year - 1)]
    wanted += [(register, str(list_year - 1)) for register in ("udda", "ind", "akm")]
    wanted += [("omraade", str(list_year)), ("anvisningsloft", str(list_year))]
    wanted += [("liste", str(year)) for year in range(list_year - 4, list_year)]
    found = {}
    for register, reference in wanted:
        rows = read_reference(snapshots, register, reference)
        if rows is not None:
            found[register, reference] = rows
    return found


# --- code lists ---


@dataclass(frozen=True)
class CodeLists:
    """The dated reference tables, as they stand on one day."""

    western: frozenset[str]
    counted_states: frozenset[str]
    grundskole_or_unknown: frozenset[str]
    region: Mapping[str, str]


def _in_force(rows: Iterable[Row], day: date) -> list[Row]:
    return [
        row
        for row in rows
        if (row.get("VALID_FROM") or "0001-01-01") <= day.isoformat()
        and (not row.get("VALID_TO") or day.isoformat() < row["VALID_TO"])
    ]


def load_code_lists(day: date) -> CodeLists:
    """The code lists in force on a day."""

    def rows(name: str) -> list[Row]:
        return _in_force(_csv_rows((CODE_LISTS / f"{name}.csv").read_bytes()), day)

    return CodeLists(
        western=frozenset(r["COUNTRY_CODE"] for r in rows("countries") if r["COUNTRY_GROUP"] != "ikke-vestlig"),
        counted_states=frozenset(r["PTI_TILSTAND_KODE"] for r in rows("of_states") if r["COUNTED"] == "1"),
        grundskole_or_unknown=frozenset(r["HFAUDD"] for r in rows("hfaudd_grundskole")),
        region={r["KOM"]: r["REG"] for r in rows("municipalities") if r["REG"]},
    )


# --- exact numbers ---


def number(text: str) -> Fraction:
    return Fraction(text.strip().replace(",", "."))


def fixed(value: Fraction | None, digits: int) -> str:
    """The value with a fixed count of decimals, halves away from zero; empty for no value."""
    if value is None:
        return ""
    scaled = abs(value) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}"


def ratio(part: Fraction | int | None, whole: Fraction | int | None) -> Fraction | None:
    if part is None or whole is None or whole == 0:
        return None
    return Fraction(part) / Fraction(whole)


def mean_of_two(first: Fraction | None, second: Fraction | None) -> Fraction | None:
    return None if first is None or second is None else (first + second) / 2


# --- persons ---


def age_on(born: date, day: date) -> int:
    """Completed years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True)
class Person:
    """One row of bef on one status day, with the area of the dwelling if it stands in one."""

    pnr: str
    age: int
    kom: str
    nonwestern: bool
    area: str | None


def parcel_of(row: Row) -> tuple[int, str] | None:
    if not row["EJERLAV"].strip() or not row["MATRIKEL"].strip():
        return None
    return int(number(row["EJERLAV"])), row["MATRIKEL"].strip().lower()


def persons_on(delivery: Delivery, day: date, area_of_parcel: Mapping[Any, str], codes: CodeLists) -> list[Person]:
    areas = {row["ADRESSE_ID"]: area_of_parcel.get(parcel_of(row)) for row in delivery["bolig", day.isoformat()]}
    return [
        Person(
            pnr=row["PNR"],
            age=age_on(date.fromisoformat(row["FOED_DAG"]), day),
            kom=row["KOM"],
            nonwestern=row["IE_TYPE"] in {"2", "3"} and row["OPR_LAND"] not in codes.western,
            area=areas.get(row["ADRESSE_ID"]) if row["ADRESSE_ID"] else None,
        )
        for row in delivery["bef", day.isoformat()]
    ]


def weekdays_between(first: date, last: date) -> int:
    """Mondays to Fridays from the first to the last day, both counted."""
    if last < first:
        return 0
    weeks, rest = divmod((last - first).days + 1, 7)
    return weeks * 5 + sum((first + timedelta(days=n)).weekday() < 5 for n in range(rest))


def full_time_shares(rows: Iterable[Row], year: int, codes: CodeLists) -> dict[str, Fraction]:
    """Each person's share of a full-time year in counted states, at most 1."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    hours: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        if row["PTI_TILSTAND_KODE"] not in codes.counted_states:
            continue
        if not row["PTI_TIMER_PER_UGE"].strip() or not row["PTI_VFRA"].strip():
            continue
        start = max(first, date.fromisoformat(row["PTI_VFRA"]))
        end = min(last, date.fromisoformat(row["PTI_VTIL"])) if row["PTI_VTIL"] else last
        hours[row["PNR"]] += weekdays_between(start, end) * number(row["PTI_TIMER_PER_UGE"])
    full_year = 37 * weekdays_between(first, last)
    return {pnr: min(Fraction(1), value / full_year) for pnr, value in hours.items()}


def convicted_persons(rows: Iterable[Row], year: int) -> set[str]:
    """Persons with a sentence of that year under straffeloven, våbenloven or lov om euforiserende stoffer."""
    return {
        row["PNR"]
        for row in rows
        if row["AFG_AFGOEDTO"].startswith(f"{year}-")
        and row["AFG_AFGTYP3"].strip().isdigit()
        and 100 <= int(row["AFG_AFGTYP3"]) <= 199
        and row["AFG_GER7"].startswith(("1", "32", "34"))
    }


def more_than_grundskole(rows: Iterable[Row], codes: CodeLists) -> set[str]:
    return {
        row["PNR"]
        for row in rows
        if row["HFAUDD"].strip()
        and row["HF_KILDE"].strip()
        and row["HFAUDD"] not in codes.grundskole_or_unknown
        and row["HF_KILDE"] not in SURVEYED_OR_IMPUTED
    }


def incomes_that_count(delivery: Delivery, year: int) -> dict[str, Fraction]:
    students = {row["PNR"] for row in delivery["akm", str(year)] if row["SOCIO13"] == "310"}
    return {
        row["PNR"]: number(row["PERINDKIALT_13"])
        for row in delivery["ind", str(year)]
        if row["OMFANG"] == "1" and row["PERINDKIALT_13"].strip() and row["PNR"] not in students
    }


# --- areas ---


@dataclass
class Area:
    """The exact figures of one area; None is a figure that does not exist."""

    area_id: str
    name: str
    kom: str
    reg: str
    residents: int = 0
    nonwestern: int = 0
    persons_18_64: dict[int, int] = field(default_factory=dict)
    outside_by_year: dict[int, Fraction | None] = field(default_factory=dict)
    adults: dict[int, int] = field(default_factory=dict)
    convicted: dict[int, int] = field(default_factory=dict)
    outside: Fraction | None = None
    convicted_share: Fraction | None = None
    convicted_ratio: Fraction | None = None
    persons_30_59: int = 0
    primary_only: int = 0
    income_persons: int = 0
    income_mean: Fraction | None = None
    region_income_mean: Fraction | None = None

    @property
    def nonwestern_share(self) -> Fraction | None:
        return ratio(self.nonwestern, self.residents)

    @property
    def primary_only_share(self) -> Fraction | None:
        return ratio(self.primary_only, self.persons_30_59)

    @property
    def income_ratio(self) -> Fraction | None:
        return ratio(self.income_mean, self.region_income_mean)

    def finish(self, list_year: int, nation: Nation) -> None:
        """Forms the figures over two years and beside the country from those counted per year."""
        first, second = list_year - 2, list_year - 1
        self.outside = mean_of_two(self.outside_by_year[first], self.outside_by_year[second])
        self.convicted_share = mean_of_two(
            ratio(self.convicted[first], self.adults[first]),
            ratio(self.convicted[second], self.adults[second]),
        )
        self.convicted_ratio = ratio(self.convicted_share, nation.convicted_share)
        self.region_income_mean = nation.region_income_mean.get(self.reg)

    def criteria(self, outside: int, convicted: int, primary: int, income: int) -> int:
        """How many of the four criteria are met at these limits (pct., times, pct., pct.)."""
        return (
            (self.outside is not None and self.outside * 100 > outside)
            + (self.convicted_ratio is not None and self.convicted_ratio >= convicted)
            + (self.primary_only_share is not None and self.primary_only_share * 100 > primary)
            + (self.income_ratio is not None and self.income_ratio * 100 < income)
        )

    @property
    def met_61a(self) -> int:
        return self.criteria(outside=40, convicted=3, primary=60, income=55)

    @property
    def met_61b(self) -> int:
        return self.criteria(outside=30, convicted=2, primary=60, income=65)

    def nonwestern_above(self, percent: int) -> bool:
        return 100 * self.nonwestern > percent * self.residents

    def status(self, list_year: int) -> str:
        if self.residents >= 1000 and self.met_61a >= 2:
            return "udsat_boligomraade"
        if (
            list_year >= FIRST_YEAR_OF_61B
            and self.residents >= 1000
            and self.nonwestern_above(30)
            and self.met_61b >= 2
        ):
            return "forebyggelsesomraade"
        return "ikke_omfattet"

    def parallelsamfund(self, list_year: int) -> bool:
        return self.status(list_year) == "udsat_boligomraade" and self.nonwestern_above(50)


@dataclass(frozen=True)
class Nation:
    """Figures of the whole country that areas are compared with."""

    convicted_share: Fraction | None
    region_income_mean: Mapping[str, Fraction | None]


def _mean(values: list[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def derive_areas(delivery: Delivery, list_year: int, codes: CodeLists) -> tuple[list[Area], Nation]:
    """Every area of the list year with its exact figures, ordered by its id, and the national figures."""
    area_of_parcel: dict[Any, str] = {}
    areas: dict[str, Area] = {}
    for row in delivery["omraade", str(list_year)]:
        area_of_parcel[parcel_of(row)] = row["AREA_ID"]
        reg = codes.region.get(row["KOM"], "")
        areas[row["AREA_ID"]] = Area(row["AREA_ID"], row["NAVN"], row["KOM"], reg)

    people = {
        year: persons_on(delivery, date(year + 1, 1, 1), area_of_parcel, codes)
        for year in (list_year - 2, list_year - 1)
    }
    national = []
    for year, everyone in people.items():
        shares = full_time_shares(delivery["of", str(year)], year, codes)
        guilty = convicted_persons(delivery["kraf", str(year)], year)
        grown = [person for person in everyone if person.age >= 18]
        national.append(ratio(sum(person.pnr in guilty for person in grown), len(grown)))
        by_area: dict[str, list[Person]] = defaultdict(list)
        for person in everyone:
            if person.area is not None:
                by_area[person.area].append(person)
        for area in areas.values():
            working_age = [person for person in by_area[area.area_id] if 18 <= person.age <= 64]
            adults = [person for person in by_area[area.area_id] if person.age >= 18]
            total = sum((shares.get(person.pnr, Fraction(0)) for person in working_age), Fraction(0))
            area.persons_18_64[year] = len(working_age)
            area.outside_by_year[year] = ratio(total, len(working_age))
            area.adults[year] = len(adults)
            area.convicted[year] = sum(person.pnr in guilty for person in adults)
    national_share = mean_of_two(*national)

    educated = more_than_grundskole(delivery["udda", str(list_year - 1)], codes)
    incomes = incomes_that_count(delivery, list_year - 1)
    area_incomes: dict[str, list[Fraction]] = defaultdict(list)
    region_incomes: dict[str, list[Fraction]] = defaultdict(list)
    for person in people[list_year - 1]:
        earns = 15 <= person.age <= 64 and person.pnr in incomes
        if earns and person.kom in codes.region:
            region_incomes[codes.region[person.kom]].append(incomes[person.pnr])
        if person.area is None:
            continue
        area = areas[person.area]
        area.residents += 1
        area.nonwestern += person.nonwestern
        if 30 <= person.age <= 59:
            area.persons_30_59 += 1
            area.primary_only += person.pnr not in educated
        if earns:
            area_incomes[person.area].append(incomes[person.pnr])
    region_means = {reg: _mean(values) for reg, values in region_incomes.items()}

    nation = Nation(national_share, region_means)
    for area in areas.values():
        area.income_persons = len(area_incomes[area.area_id])
        area.income_mean = _mean(area_incomes[area.area_id])
        area.finish(list_year, nation)
    return [areas[key] for key in sorted(areas)], nation


def criteria_row(area: Area, nation: Nation, list_year: int) -> Row:
    y2, y1 = list_year - 2, list_year - 1
    return {
        "list_year": str(list_year),
        "area_id": area.area_id,
        "area_name": area.name,
        "kom": area.kom,
        "reg": area.reg,
        "residents": str(area.residents),
        "nonwestern": str(area.nonwestern),
        "nonwestern_share": fixed(area.nonwestern_share, 10),
        "persons_18_64_y2": str(area.persons_18_64[y2]),
        "outside_share_y2": fixed(area.outside_by_year[y2], 10),
        "persons_18_64_y1": str(area.persons_18_64[y1]),
        "outside_share_y1": fixed(area.outside_by_year[y1], 10),
        "outside_share": fixed(area.outside, 10),
        "adults_y2": str(area.adults[y2]),
        "convicted_y2": str(area.convicted[y2]),
        "adults_y1": str(area.adults[y1]),
        "convicted_y1": str(area.convicted[y1]),
        "convicted_share": fixed(area.convicted_share, 10),
        "national_convicted_share": fixed(nation.convicted_share, 10),
        "convicted_ratio": fixed(area.convicted_ratio, 10),
        "persons_30_59": str(area.persons_30_59),
        "primary_only": str(area.primary_only),
        "primary_only_share": fixed(area.primary_only_share, 10),
        "income_persons": str(area.income_persons),
        "income_mean": fixed(area.income_mean, 2),
        "region_income_mean": fixed(area.region_income_mean, 2),
        "income_ratio": fixed(area.income_ratio, 10),
    }


# --- status, history and cap ---

COUNTING_DECISIONS = ("valid", "insufficient", "cap_unreachable")


def parallelsamfund_by_year(
    delivery: Delivery, list_year: int, editions: Mapping[int, frozenset[str]]
) -> dict[int, frozenset[str]]:
    """The parallelsamfund of each of the four earlier years; an edition decides before a published list."""
    history = {}
    for year in range(list_year - 4, list_year):
        if year in editions:
            history[year] = editions[year]
        elif ("liste", str(year)) in delivery:
            history[year] = frozenset(
                row["AREA_ID"]
                for row in delivery["liste", str(year)]
                if row["LISTE"] in {"parallelsamfund", "omdannelsesomraade"}
            )
        else:
            raise MissingHistoryError(year)
    return history


def status_row(area: Area, list_year: int, history: Mapping[int, frozenset[str]]) -> Row:
    parallel = area.parallelsamfund(list_year)
    years = 0
    if parallel:
        years = 1
        while years < 5 and area.area_id in history[list_year - years]:
            years += 1
    return {
        "list_year": str(list_year),
        "area_id": area.area_id,
        "area_name": area.name,
        "kom": area.kom,
        "residents": str(area.residents),
        "status": area.status(list_year),
        "parallelsamfund": str(parallel).lower(),
        "omdannelsesomraade": str(years == 5).lower(),
        "criteria_met_61a": str(area.met_61a),
        "criteria_met_61b": str(area.met_61b) if list_year >= FIRST_YEAR_OF_61B else "",
        "years_as_parallelsamfund": str(years),
    }


def cap_decision(total: int, udsat: int, by_area: Mapping[str, int], exempted: set[str]) -> tuple[str, int, bool]:
    """The decision, the homes it takes off, and whether some area could have been left out of it.

    by_area: family homes of each forebyggelsesområde of the municipality; exempted: those the council named.
    """
    preventive = sum(by_area.values())

    def above(covered: int) -> bool:
        return 100 * covered > 30 * total

    if not above(udsat + preventive):
        return ("not_allowed" if exempted else "not_needed"), 0, False
    if preventive == 0:
        return "nothing_to_exempt", 0, False
    if not exempted:
        return "missing", 0, False
    taken_off = sum(by_area[area_id] for area_id in exempted)
    covered = udsat + preventive - taken_off
    if above(covered):
        left = any(homes for area_id, homes in by_area.items() if area_id not in exempted)
        return ("insufficient" if left else "cap_unreachable"), taken_off, False
    return "valid", taken_off, any(not above(covered + by_area[area_id]) for area_id in exempted)


@dataclass(frozen=True)
class FamilyHomes:
    """By municipality: its family homes, and those of each area."""

    total: Mapping[str, int]
    by_area: Mapping[str, Mapping[str, int]]


def family_homes(delivery: Delivery, list_year: int) -> FamilyHomes:
    """The almene familieboliger of the list year's status day."""
    area_of_parcel = {parcel_of(row): row["AREA_ID"] for row in delivery["omraade", str(list_year)]}
    total: dict[str, int] = defaultdict(int)
    homes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in delivery["bolig", f"{list_year}-01-01"]:
        if row["BOLIGKATEGORI"] != "familiebolig":
            continue
        total[row["KOM"]] += 1
        area_id = area_of_parcel.get(parcel_of(row))
        if area_id is not None:
            homes[row["KOM"]][area_id] += 1
    return FamilyHomes(total, homes)


def valid_decisions(delivery: Delivery, list_year: int, areas: list[Area]) -> dict[str, dict[str, str]]:
    """By municipality: the day of decision of each area it exempted."""
    status = {area.area_id: area.status(list_year) for area in areas}
    kom_of_area = {area.area_id: area.kom for area in areas}
    decided: dict[str, dict[str, str]] = defaultdict(dict)
    for row in delivery.get(("anvisningsloft", str(list_year)), []):
        area_id = row["AREA_ID"]
        if status.get(area_id) == "forebyggelsesomraade" and kom_of_area[area_id] == row["KOM"]:
            decided[row["KOM"]][area_id] = row["BESLUTTET"]
    return decided


def area_cap_rows(delivery: Delivery, list_year: int, areas: list[Area], family: FamilyHomes) -> list[Row]:
    """One row per listed area and municipality in which it has family homes, its own in any case."""
    homes, decided = family.by_area, valid_decisions(delivery, list_year, areas)
    judged = cap_rows(delivery, list_year, areas, family)
    counting = {row["kom"] for row in judged if row["decision"] in COUNTING_DECISIONS}
    rows = []
    for area in sorted(areas, key=lambda a: a.area_id):
        if area.status(list_year) == "ikke_omfattet":
            continue
        for kom in sorted({area.kom} | {kom for kom, by_area in homes.items() if by_area.get(area.area_id)}):
            named = area.area_id in decided.get(kom, {})
            rows.append(
                {
                    "list_year": str(list_year),
                    "area_id": area.area_id,
                    "kom": kom,
                    "family_homes": str(homes.get(kom, {}).get(area.area_id, 0)),
                    "decided": str(named).lower(),
                    "decided_on": decided[kom][area.area_id] if named else "",
                    "exempted": str(named and kom in counting).lower(),
                }
            )
    return rows


def cap_rows(delivery: Delivery, list_year: int, areas: list[Area], family: FamilyHomes) -> list[Row]:
    """One row per municipality that has an almen familiebolig."""
    status = {area.area_id: area.status(list_year) for area in areas}
    total, decided = family.total, valid_decisions(delivery, list_year, areas)
    rows = []
    for kom in sorted(total):
        homes = family.by_area.get(kom, {})
        udsat = sum(n for area_id, n in homes.items() if status[area_id] == "udsat_boligomraade")
        by_area = {
            area.area_id: homes.get(area.area_id, 0)
            for area in areas
            if status[area.area_id] == "forebyggelsesomraade" and (area.kom == kom or homes.get(area.area_id))
        }
        preventive = sum(by_area.values())
        in_force = list_year >= FIRST_YEAR_OF_61B
        decision, exempted, over = ("not_needed", 0, False)
        if in_force:
            decision, exempted, over = cap_decision(total[kom], udsat, by_area, set(decided[kom]))
        covered = udsat + preventive - exempted
        rows.append(
            {
                "list_year": str(list_year),
                "kom": kom,
                "family_homes": str(total[kom]),
                "homes_udsat": str(udsat),
                "homes_forebyggelse": str(preventive),
                "share": fixed(Fraction(udsat + preventive, total[kom]), 10),
                "cap_exceeded": str(in_force and 100 * (udsat + preventive) > 30 * total[kom]).lower(),
                "decision": decision,
                "homes_exempted": str(exempted),
                "covered_homes": str(covered),
                "covered_share": fixed(Fraction(covered, total[kom]), 10),
                "over_exempted": str(over).lower(),
            }
        )
    return rows


def derive(
    delivery: Delivery,
    list_year: int,
    editions: Mapping[int, frozenset[str]] | None = None,
) -> Tables:
    """The published tables of one list year, as the text that their CSV files must show.

    editions: the parallelsamfund of earlier list years that the home itself has sealed.
    """
    codes = load_code_lists(date(list_year, 12, 1))
    areas, nation = derive_areas(delivery, list_year, codes)
    history = parallelsamfund_by_year(delivery, list_year, editions or {})
    homes = family_homes(delivery, list_year)
    return {
        "area_criteria": [criteria_row(area, nation, list_year) for area in areas],
        "area_status": [status_row(area, list_year, history) for area in areas],
        "municipal_cap": cap_rows(delivery, list_year, areas, homes),
        "area_cap": area_cap_rows(delivery, list_year, areas, homes),
    }


def derive_from_snapshots(
    snapshots: Path, list_year: int, editions: Mapping[int, frozenset[str]] | None = None
) -> Tables:
    return derive(read_delivery(snapshots, list_year), list_year, editions)
