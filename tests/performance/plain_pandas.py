"""The second yardstick: the published tables by a plain pandas program, exact, with no check of the delivery.

Belongs here: what an analyst would write with pandas alone: read the columns, merge, group. Amounts are whole øre and
hundredths of an hour; what is decided about an area (shares, status, cap) is taken from `tests.oracle`. Does not
belong here: anything of the product. Expects one Parquet vintage per reference, as `boligomraader demo` writes.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests import oracle
from tests.oracle import Area, CodeLists, Nation, Tables, mean_of_two, ratio
from tests.performance.bare_query import write_csv

FULL_TIME_HUNDREDTHS = 3700


def _read(snapshots: Path, register: str, reference: object, columns: list[str]) -> pd.DataFrame:
    files = sorted((snapshots / register / str(reference)).glob("*.parquet"))
    return pd.concat([pd.read_parquet(file, columns=columns) for file in files], ignore_index=True)


def _whole(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values).astype("Int64")


def _numbers(codes: Iterable[str]) -> list[int]:
    return [int(code) for code in codes]


def _hundredths(values: pd.Series) -> pd.Series:
    """Amounts with at most two decimals as whole hundredths; empty stays empty."""
    return values.map(lambda value: int(Decimal(value) * 100), na_action="ignore").astype("Int64")


def _age(born: pd.Series, day: pd.Timestamp) -> pd.Series:
    """Completed years on a day."""
    born = pd.to_datetime(born)
    before = (born.dt.month > day.month) | ((born.dt.month == day.month) & (born.dt.day > day.day))
    return day.year - born.dt.year - before


def _parcels(snapshots: Path, list_year: int) -> pd.DataFrame:
    rows = oracle.read_reference(snapshots, "omraade", str(list_year)) or []
    parcels = [(oracle.parcel_of(row), row["AREA_ID"]) for row in rows]
    return pd.DataFrame(
        [(*parcel, area) for parcel, area in parcels if parcel], columns=["EJERLAV", "MATRIKEL", "area"]
    ).astype({"EJERLAV": "Int64"})


def _homes(snapshots: Path, day: str, parcels: pd.DataFrame) -> pd.DataFrame:
    """Every dwelling of a status day with the area it stands in, if any."""
    columns = ["ADRESSE_ID", "KOM", "EJERLAV", "MATRIKEL", "BOLIGKATEGORI"]
    homes = _read(snapshots, "bolig", day, columns)
    homes["EJERLAV"] = _whole(homes["EJERLAV"])
    homes["MATRIKEL"] = homes["MATRIKEL"].str.strip().str.lower()
    return homes.merge(parcels, on=["EJERLAV", "MATRIKEL"], how="left")


def _people(snapshots: Path, day: str, homes: pd.DataFrame) -> pd.DataFrame:
    people = _read(snapshots, "bef", day, ["PNR", "FOED_DAG", "KOM", "ADRESSE_ID", "IE_TYPE", "OPR_LAND"])
    people["age"] = _age(people["FOED_DAG"], pd.Timestamp(day))
    of_areas = homes.loc[homes["area"].notna(), ["ADRESSE_ID", "area"]]
    return people.merge(of_areas, on="ADRESSE_ID", how="left").drop(columns=["FOED_DAG", "ADRESSE_ID"])


def _support(snapshots: Path, year: int, codes: CodeLists) -> pd.Series:
    """Each person's hundredths of an hour per week times weekdays in counted states, by PNR."""
    spells = _read(snapshots, "of", year, ["PNR", "PTI_TILSTAND_KODE", "PTI_VFRA", "PTI_VTIL", "PTI_TIMER_PER_UGE"])
    counted = _whole(spells["PTI_TILSTAND_KODE"]).isin(_numbers(codes.counted_states))
    spells = spells[counted & spells["PTI_TIMER_PER_UGE"].notna() & spells["PNR"].notna()]
    first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
    start = pd.to_datetime(spells["PTI_VFRA"]).clip(lower=first)
    end = pd.to_datetime(spells["PTI_VTIL"]).fillna(last).clip(upper=last)
    weekdays = np.busday_count(
        start.to_numpy().astype("datetime64[D]"), end.to_numpy().astype("datetime64[D]") + np.timedelta64(1, "D")
    ).clip(min=0)
    units = _hundredths(spells["PTI_TIMER_PER_UGE"]) * weekdays
    return units.groupby(spells["PNR"]).sum().clip(upper=_full_year(year))


def _full_year(year: int) -> int:
    return FULL_TIME_HUNDREDTHS * int(np.busday_count(f"{year}-01-01", f"{year + 1}-01-01"))


def _convicted(snapshots: Path, year: int) -> pd.Series:
    decisions = _read(snapshots, "kraf", year, ["PNR", "AFG_AFGOEDTO", "AFG_GER7", "AFG_AFGTYP3"])
    in_year = pd.to_datetime(decisions["AFG_AFGOEDTO"]).dt.year == year
    sentence = _whole(decisions["AFG_AFGTYP3"]).between(100, 199).fillna(False)
    offence = _whole(decisions["AFG_GER7"]).astype("string").str.zfill(7)
    act = offence.str.startswith(("1", "32", "34")).fillna(False)
    return decisions.loc[in_year & sentence & act, "PNR"].dropna().drop_duplicates()


def _educated(snapshots: Path, year: int, codes: CodeLists) -> pd.Series:
    rows = _read(snapshots, "udda", year, ["PNR", "HFAUDD", "HF_KILDE"]).dropna()
    more = ~_whole(rows["HFAUDD"]).isin(_numbers(codes.grundskole_or_unknown))
    source = ~_whole(rows["HF_KILDE"]).isin(_numbers(oracle.SURVEYED_OR_IMPUTED))
    return rows.loc[more & source, "PNR"]


def _incomes(snapshots: Path, year: int) -> pd.DataFrame:
    """PNR and income in øre of the taxable persons who are not students."""
    work = _read(snapshots, "akm", year, ["PNR", "SOCIO13"])
    students = work.loc[_whole(work["SOCIO13"]) == 310, "PNR"]
    incomes = _read(snapshots, "ind", year, ["PNR", "PERINDKIALT_13", "OMFANG"])
    counts = (_whole(incomes["OMFANG"]) == 1) & incomes["PERINDKIALT_13"].notna() & ~incomes["PNR"].isin(students)
    incomes = incomes[counts]
    return pd.DataFrame({"PNR": incomes["PNR"], "oere": _hundredths(incomes["PERINDKIALT_13"])})


def _count(of_areas: pd.Series) -> dict[str, int]:
    return {str(area): int(count) for area, count in of_areas.value_counts().items()}


def _sums(values: pd.Series, by: pd.Series) -> dict[Any, tuple[int, int]]:
    """Count and sum per group; the sum of whole numbers in whole numbers."""
    grouped = values.groupby(by).agg(["count", "sum"])
    return {key: (int(row["count"]), int(row["sum"])) for key, row in grouped.iterrows()}


def _year(
    areas: dict[str, Area], people: pd.DataFrame, snapshots: Path, year: int, codes: CodeLists
) -> Fraction | None:
    """Adds what is counted per year to each area, and gives the year's national share of convicted."""
    adults = people[people["age"] >= 18]
    guilty = adults["PNR"].isin(_convicted(snapshots, year))
    grown, convicted = _count(adults["area"]), _count(adults.loc[guilty, "area"])
    workers = people[people["area"].notna() & people["age"].between(18, 64)]
    units = workers["PNR"].map(_support(snapshots, year, codes)).fillna(0).astype("int64")
    supported = _sums(units, workers["area"])
    for area in areas.values():
        persons, sum_of_units = supported.get(area.area_id, (0, 0))
        area.persons_18_64[year] = persons
        area.outside_by_year[year] = ratio(sum_of_units, persons * _full_year(year))
        area.adults[year] = grown.get(area.area_id, 0)
        area.convicted[year] = convicted.get(area.area_id, 0)
    return ratio(int(guilty.sum()), len(adults))


def _residents(
    areas: dict[str, Area], people: pd.DataFrame, snapshots: Path, list_year: int, codes: CodeLists
) -> Nation:
    """Adds what is counted on the newest status day to each area, and gives the means of the regions."""
    here = people[people["area"].notna()]
    western = _whole(here["OPR_LAND"]).isin(_numbers(codes.western))
    nonwestern = _count(here.loc[_whole(here["IE_TYPE"]).isin([2, 3]) & ~western, "area"])
    residents = _count(here["area"])
    middle = here[here["age"].between(30, 59)]
    persons = _count(middle["area"])
    primary = _count(middle.loc[~middle["PNR"].isin(_educated(snapshots, list_year - 1, codes)), "area"])
    earners = people[people["age"].between(15, 64)].merge(_incomes(snapshots, list_year - 1), on="PNR")
    in_area = _sums(earners["oere"], earners["area"])
    region = earners["KOM"].astype(str).str.zfill(3).map(codes.region)
    means = {reg: Fraction(oere, 100 * count) for reg, (count, oere) in _sums(earners["oere"], region).items()}
    for area in areas.values():
        area.residents = residents.get(area.area_id, 0)
        area.nonwestern = nonwestern.get(area.area_id, 0)
        area.persons_30_59 = persons.get(area.area_id, 0)
        area.primary_only = primary.get(area.area_id, 0)
        area.income_persons, oere = in_area.get(area.area_id, (0, 0))
        area.income_mean = ratio(oere, 100 * area.income_persons)
    return Nation(None, means)


def derive(snapshots: Path, list_year: int) -> Tables:
    """The published tables of one list year, as the text that their CSV files must show."""
    codes = oracle.load_code_lists(dt.date(list_year, 12, 1))
    parcels = _parcels(snapshots, list_year)
    areas: dict[str, Area] = {}
    for row in oracle.read_reference(snapshots, "omraade", str(list_year)) or []:
        areas[row["AREA_ID"]] = Area(row["AREA_ID"], row["NAVN"], row["KOM"], codes.region.get(row["KOM"], ""))
    areas = dict(sorted(areas.items()))

    national: list[Fraction | None] = []
    for year in (list_year - 2, list_year - 1):
        day = f"{year + 1}-01-01"
        homes = _homes(snapshots, day, parcels)
        people = _people(snapshots, day, homes)
        national.append(_year(areas, people, snapshots, year, codes))
    regions = _residents(areas, people, snapshots, list_year, codes)
    nation = Nation(mean_of_two(*national), regions.region_income_mean)
    for area in areas.values():
        area.finish(list_year, nation)

    family = homes[homes["BOLIGKATEGORI"] == "familiebolig"]
    kom = family["KOM"].astype(str).str.zfill(3)
    in_areas: dict[str, dict[str, int]] = defaultdict(dict)
    for (code, area_id), count in family.groupby([kom, "area"]).size().items():
        in_areas[code][area_id] = int(count)
    few = {
        (register, str(year)): rows
        for register, years in (("liste", range(list_year - 4, list_year)), ("anvisningsloft", [list_year]))
        for year in years
        if (rows := oracle.read_reference(snapshots, register, str(year))) is not None
    }
    history = oracle.parallelsamfund_by_year(few, list_year, {})
    found, counted = list(areas.values()), oracle.FamilyHomes(_count(kom), in_areas)
    return {
        "area_criteria": [oracle.criteria_row(area, nation, list_year) for area in found],
        "area_status": [oracle.status_row(area, list_year, history) for area in found],
        "municipal_cap": oracle.cap_rows(few, list_year, found, counted),
        "area_cap": oracle.area_cap_rows(few, list_year, found, counted),
    }


def main() -> int:
    """Writes the tables as CSV: snapshots folder, list year, folder."""
    snapshots, list_year, folder = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in derive(snapshots, list_year).items():
        write_csv(folder / f"{table}.csv", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
