"""The demo: synthetic register snapshots that look like real deliveries.

Here belong the files: which registers and references are written, under which names, in which formats. What
does not belong here: how the population comes about (see `pipelines.demo_model`), which columns a register has
(`assets.contracts`: the demo only says what stands in them), and the law.

Method. The country is planned top down: residents per municipality by true relative size, areas with target
figures, kinds of homes. Homes and households are then drawn, filled with people, and a year of moves, births,
deaths and migrations is undone to get the earlier day. Figures inside an area are exact quotas of its
residents; the rest of the country takes what brings it to the marginals in `demo_data/`. Each draw is a hash
of seed, stream and row number, and each file is written in row order with fixed row groups, so that the same
arguments give the same bytes. Everything is invented: people, homes, areas, names, cadastral numbers.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from assets.contracts import REGISTER_BY_NAME
from assets.intake.deliveries import COMPLETE, SYNTHETIC, is_synthetic
from pipelines.demo_model import housing as homes
from pipelines.demo_model import people as persons
from pipelines.demo_model import plan, registers
from pipelines.demo_model.draws import Bools, Draws, Ints

SMALLEST_POPULATION = 1_000
_MARKER_TEXT = (
    "Alt i denne mappe er opdigtet: personer, boliger, områder, navne og matrikler.\n"
    "Everything in this folder is invented: people, homes, areas, names and parcels.\n"
)
_ROW_GROUP = 122_880
_PARCEL_LETTERS = ("", *"abcdefghiklmnopqrstuvxyzæø", "aa", "ab", "ac", "ad")
#: The share of family homes, in per cent, above which the invented councils make exemptions.
_CAP_PCT = 30
_EARLIER_LISTS = 4


@dataclass(frozen=True)
class Country:
    """The demo's plan, homes and people, before anything is written."""

    list_year: int
    figures: dict[str, float]
    municipalities: list[plan.Municipality]
    areas: list[plan.Area]
    housing: homes.Housing
    people: persons.People
    draws: Draws


def write_demo(
    snapshots: Path,
    list_year: int = 2026,
    population: int = 200_000,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Write every snapshot that `list_year` needs into `snapshots`; same arguments, same bytes.

    `population` is the number of residents on 1 January of the list year. `progress` is told the register
    that is being written. Raises ValueError when the population is too small, and FileExistsError when
    `snapshots` holds anything but an earlier demo, so that no delivery is ever overwritten.
    """
    if population < SMALLEST_POPULATION:
        raise ValueError(f"a demo needs at least {SMALLEST_POPULATION} residents, not {population}")
    tell = progress or (lambda _: None)
    _claim(snapshots)
    tell("population")
    country = build_country(list_year, population, seed)
    files = _Files(snapshots, tell)
    try:
        _write_population(country, files)
        _write_homes(country, files)
        _write_years(country, files)
        _write_lists(country, files)
        _write_migrations(country, files)
    finally:
        files.close()


def of_another_year(snapshots: Path, list_year: int) -> list[str]:
    """The populations in a demo's folder, by their day, that the demo of this list year does not write.

    They are of another invented country: a list year that needs one of each would mix their people.
    """
    own = {f"{year}-01-01" for year in (list_year - 1, list_year)}
    return sorted(folder.name for folder in (snapshots / "bef").iterdir() if folder.name not in own)


def build_country(list_year: int, population: int, seed: int) -> Country:
    """Plan and populate the country, without writing anything."""
    draws = Draws(seed)
    figures = plan.marginals()
    where = plan.municipalities(population)
    areas = plan.areas(where, draws)
    housing = homes.build(homes.blocks(where, areas, figures), draws, figures)
    people = persons.build(housing, areas, figures, list_year, draws)
    return Country(list_year, figures, where, areas, housing, people, draws)


def council_decisions(country: Country) -> list[tuple[int, str]]:
    """(KOM, AREA_ID) of every exemption that a council decided.

    Where the listed areas hold too many of the family homes, the council exempts whole
    forebyggelsesomraader, the smallest first, until the share is low enough. Of these municipalities, by
    size, the second has decided nothing, the first that can exempts one area more than it must, and the
    last that can one too few. One more decision is for an area that is no forebyggelsesomraade, in a
    municipality that needs none.
    """
    found = [(kom, *_exemptions(country, kom)) for kom in _by_size(country)]
    exceeding = [(kom, needed, spare) for kom, needed, spare in found if needed]
    too_many = next((kom for kom, _, spare in exceeding[:1] + exceeding[2:] if spare), None)
    too_few = next((kom for kom, needed, _ in exceeding[:1:-1] if len(needed) > 1 and kom != too_many), None)
    rows: list[tuple[int, str]] = []
    for number, (kom, needed, spare) in enumerate(exceeding):
        if number == 1:
            continue
        exempted = needed + spare[:1] if kom == too_many else needed[:-1] if kom == too_few else needed
        rows += [(kom, area.area_id) for area in exempted]
    content = {kom for kom, needed, _ in found if not needed}
    mild = [area for area in country.areas if area.kind == plan.MILD and area.kom in content]
    rows += [(area.kom, area.area_id) for area in mild[:1]]
    return sorted(rows)


def _by_size(country: Country) -> list[int]:
    return [m.kom for m in sorted(country.municipalities, key=lambda m: (-m.residents, m.kom))]


def _exemptions(country: Country, kom: int) -> tuple[list[plan.Area], list[plan.Area]]:
    """The forebyggelsesomraader that the council has to exempt, and those that it may keep."""
    housing = country.housing
    family = (housing.kom == kom) & (housing.kind == homes.FAMILY) & ~housing.demolished
    everything = int(family.sum())
    in_area = np.bincount(housing.area[family] + 1, minlength=len(country.areas) + 1)[1:]
    listed = [i for i, area in enumerate(country.areas) if area.kom == kom and area.kind in plan.LISTED]
    covered = sum(int(in_area[i]) for i in listed)
    preventive = [i for i in listed if country.areas[i].kind == plan.PREVENT]
    preventive.sort(key=lambda i: (int(in_area[i]), i))
    needed: list[plan.Area] = []
    while preventive and 100 * covered > _CAP_PCT * everything:
        i = preventive.pop(0)
        covered -= int(in_area[i])
        needed.append(country.areas[i])
    return needed, [country.areas[i] for i in preventive]


def _claim(snapshots: Path) -> None:
    """Mark the folder as synthetic; refuse one that holds something else."""
    if snapshots.exists() and not snapshots.is_dir():
        raise FileExistsError(f"{snapshots} is no folder: choose an empty folder")
    if snapshots.exists() and any(snapshots.iterdir()) and not is_synthetic(snapshots):
        raise FileExistsError(f"{snapshots} holds files that no demo wrote: choose an empty folder")
    snapshots.mkdir(parents=True, exist_ok=True)
    (snapshots / SYNTHETIC).write_text(_MARKER_TEXT, encoding="utf-8")


class _Files:
    """Writes one finished folder per register and reference."""

    def __init__(self, snapshots: Path, tell: Callable[[str], None]) -> None:
        self.snapshots = snapshots
        self.tell = tell
        self.connection = duckdb.connect(config={"preserve_insertion_order": True})

    def close(self) -> None:
        self.connection.close()

    def parquet(
        self, register: str, reference: str, name: str, columns: dict[str, Ints], values: Mapping[str, str]
    ) -> None:
        """Write the rows of `columns` in order; `values` turns the numbers into the delivered columns, by name."""
        select = ", ".join(f"{values[column]} AS {column}" for column in _delivered(register, values))
        folder = self._folder(register, reference)
        self.connection.register("rows", pd.DataFrame(columns, copy=False))
        target = str(folder / f"{name}.parquet").replace("'", "''")
        self.connection.execute(
            f"COPY (SELECT {select} FROM rows) TO '{target}' "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {_ROW_GROUP})"
        )
        self.connection.unregister("rows")
        (folder / COMPLETE).touch()

    def text(
        self,
        register: str,
        reference: str,
        rows: Iterable[Mapping[str, object]],
        delimiter: str = ",",
        encoding: str = "utf-8",
    ) -> None:
        """Write a small register as CSV."""
        folder = self._folder(register, reference)
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        header = _delivered(register)
        writer.writerow(header)
        writer.writerows([row[column] for column in header] for row in rows)
        (folder / f"{register}{reference}.csv").write_bytes(out.getvalue().encode(encoding))
        (folder / COMPLETE).touch()

    def _folder(self, register: str, reference: str) -> Path:
        self.tell(f"{register} {reference}")
        folder = self.snapshots / register / reference
        folder.mkdir(parents=True, exist_ok=True)
        (folder / COMPLETE).unlink(missing_ok=True)
        return folder


def _delivered(register: str, values: Iterable[str] = ()) -> list[str]:
    """The columns of a delivery: those of the contract in its order, then whatever else there are values for."""
    contract = [column.name for column in REGISTER_BY_NAME[register].columns]
    return [*contract, *(name for name in values if name not in contract)]


def _date(column: str) -> str:
    return f"DATE '1970-01-01' + nullif({column}, {registers.EMPTY})::INTEGER"


def _number(column: str, kind: str = "INTEGER") -> str:
    return f"nullif({column}, {registers.EMPTY})::{kind}"


def _pseudonyms(country: Country, rows: Ints) -> Ints:
    """Twelve-digit pseudonyms, one to one."""
    return country.draws.scramble("pnr", rows, 39, 100_000_000_000)


def _addresses(country: Country, rows: Ints) -> Ints:
    """Eleven-digit address numbers, one to one."""
    return country.draws.scramble("address", rows, 36, 10_000_000_000)


def _or_empty(row: Ints, value: Ints) -> Ints:
    return np.where(row < 0, registers.EMPTY, value)


def _write_population(country: Country, files: _Files) -> None:
    """`bef` of both days; CIVST and VERSION are delivered but never loaded."""
    people, year = country.people, country.list_year
    pnr = _pseudonyms(country, np.arange(len(people)))
    civil = country.draws.below("civil", np.arange(len(people)), 100)
    address = _or_empty(people.home, _addresses(country, people.home))
    before = _or_empty(people.home_before, _addresses(country, people.home_before))
    for reference, present, home, kom, age in (
        (year - 1, people.present_before, before, people.kom_before, people.age - 1),
        (year, people.present, address, people.kom, people.age),
    ):
        columns = {
            "pnr": pnr[present],
            "birth": people.birth_day[present],
            "sex": people.sex[present],
            "kom": kom[present],
            "home": home[present],
            "origin": people.origin[present],
            "country": people.country[present],
            "citizen": people.citizenship[present],
            "age": age[present],
            "civil": civil[present],
        }
        files.parquet(
            "bef",
            f"{reference}-01-01",
            f"BEF{reference - 1}12",
            columns,
            {
                "PNR": "pnr::VARCHAR",
                "FOED_DAG": _date("birth"),
                "KOEN": "sex::TINYINT",
                "KOM": "lpad(kom::VARCHAR, 3, '0')",
                "ADRESSE_ID": _number("home", "VARCHAR"),
                "IE_TYPE": "origin::TINYINT",
                "OPR_LAND": "country::SMALLINT",
                "STATSB": "citizen::SMALLINT",
                "ALDER": "age::SMALLINT",
                "CIVST": "CASE WHEN age < 18 OR civil < 40 THEN 'U' WHEN civil < 85 THEN 'G' ELSE 'F' END",
                "VERSION": f"'{reference - 1}12'",
            },
        )


def _write_homes(country: Country, files: _Files) -> None:
    """`bolig` of both days; a few homes outside the areas stand on no known parcel."""
    housing, year = country.housing, country.list_year
    rows = np.arange(len(housing.persons))
    draws = country.draws
    almene = housing.kind != homes.PRIVATE
    rooms = np.where(
        almene,
        1 + draws.choose("rooms/almene", rows, (0.11, 0.33, 0.36, 0.16, 0.04)),
        1 + draws.choose("rooms/private", rows, (0.04, 0.12, 0.17, 0.24, 0.22, 0.13, 0.08)),
    )
    square_metres = np.where(
        almene,
        20 + rooms * 20 + draws.below("metres", rows, 5),
        22 + rooms * 22 + draws.below("metres", rows, 30),
    )
    lost = (housing.area < 0) & (draws.uniform("no_parcel", rows) < 0.0002)
    address = _addresses(country, rows)
    letters = ", ".join(f"'{letters}'" for letters in _PARCEL_LETTERS)
    per_number = len(_PARCEL_LETTERS)
    for reference, gone in ((year - 1, housing.new_built), (year, housing.demolished)):
        here = ~gone
        columns = {
            "home": address[here],
            "kom": housing.kom[here],
            "ejerlav": np.where(lost, registers.EMPTY, housing.ejerlav)[here],
            "parcel": housing.parcel[here],
            "department": housing.department[here],
            "kind": housing.kind[here],
            "metres": square_metres[here],
            "rooms": rooms[here],
        }
        files.parquet(
            "bolig",
            f"{reference}-01-01",
            f"BOLIG{reference - 1}12",
            columns,
            {
                "ADRESSE_ID": "home::VARCHAR",
                "KOM": "lpad(kom::VARCHAR, 3, '0')",
                "EJERLAV": _number("ejerlav"),
                "MATRIKEL": (
                    f"CASE WHEN ejerlav <> {registers.EMPTY} THEN (1 + parcel // {per_number})::VARCHAR "
                    f"|| ([{letters}])[1 + parcel % {per_number}] END"
                ),
                "AFDELING_ID": (
                    "CASE WHEN department > 0 THEN 'A' || lpad(kom::VARCHAR, 3, '0') || '-' "
                    "|| lpad(department::VARCHAR, 4, '0') END"
                ),
                "BOLIGKATEGORI": (
                    f"CASE kind WHEN {homes.FAMILY} THEN 'familiebolig' WHEN {homes.YOUTH} THEN 'ungdomsbolig' "
                    f"WHEN {homes.ELDERLY} THEN 'aeldrebolig' END"
                ),
                "BOLIGAREAL": "metres::SMALLINT",
                "ANTAL_VAERELSER": "rooms::TINYINT",
                "VERSION": f"'{reference - 1}12'",
            },
        )


def _write_years(country: Country, files: _Files) -> None:
    """The period registers: `of` and `kraf` of two years, `udda`, `ind` and `akm` of the last."""
    people, areas, figures, draws = country.people, country.areas, country.figures, country.draws
    earlier, later = registers.years(people, country.housing, country.list_year)
    for year in (earlier, later):
        outside = registers.outside_work(year, areas, figures, draws)
        student = registers.students(year, outside, draws)
        _write_of(country, files, year, outside, student)
        guilty = registers.convicted(year, people, areas, figures, draws)
        _write_kraf(country, files, year, guilty)
    primary = registers.primary_only(later, areas, figures, draws)
    columns = registers.udda_educations(later, people, primary, draws)
    columns["person"] = _pseudonyms(country, columns["person"])
    files.parquet(
        "udda",
        str(later.year),
        f"UDDA{later.year}09",
        columns,
        {
            "PNR": "person::VARCHAR",
            "HFAUDD": _number("hfaudd", "VARCHAR"),
            "HF_KILDE": _number("source", "SMALLINT"),
            "VERSION": f"'{later.year}09'",
        },
    )
    columns = registers.ind_incomes(later, people, areas, _regions(country), outside, student, figures, draws)
    columns["person"] = _pseudonyms(country, columns["person"])
    files.parquet(
        "ind",
        str(later.year),
        f"IND{later.year}",
        columns,
        {
            "PNR": "person::VARCHAR",
            "PERINDKIALT_13": f"({_number('amount', 'BIGINT')}::DECIMAL(14, 0) / 100)::DECIMAL(14, 2)",
            "OMFANG": "scope::TINYINT",
        },
    )
    columns = registers.akm_codes(later, outside, student, draws)
    columns["person"] = _pseudonyms(country, columns["person"])
    files.parquet(
        "akm",
        str(later.year),
        f"AKM{later.year}",
        columns,
        {"PNR": "person::VARCHAR", "SOCIO13": "socio::SMALLINT"},
    )


def _write_migrations(country: Country, files: _Files) -> None:
    """`vnds_ind` and `vnds_ud` of the years before the list year."""
    for year in range(country.list_year - registers.MIGRATION_YEARS, country.list_year):
        for register, land, columns in (
            ("vnds_ind", "INDV_LAND", registers.immigrations(year, country.list_year, country.people, country.draws)),
            ("vnds_ud", "UDV_LAND", registers.emigrations(year, country.list_year, country.people, country.draws)),
        ):
            columns["person"] = _pseudonyms(country, columns["person"])
            files.parquet(
                register,
                str(year),
                f"{register.upper()}{year}",
                columns,
                {
                    "PNR": "person::VARCHAR",
                    "HAEND_DATO": _date("day"),
                    "IE_TYPE": "origin::TINYINT",
                    "OPR_LAND": "country::SMALLINT",
                    land: "abroad::SMALLINT",
                    "VERSION": f"'{year}'",
                },
            )


def _regions(country: Country) -> Ints:
    """Region per person, on the list year's day."""
    region = np.zeros(1000, dtype=np.int64)
    for municipality in country.municipalities:
        region[municipality.kom] = municipality.reg
    return region[country.people.kom]


def _write_of(country: Country, files: _Files, year: registers.Year, outside: Bools, student: Bools) -> None:
    columns = registers.of_spells(year, outside, student, country.figures, country.draws)
    columns["person"] = _or_empty(columns["person"], _pseudonyms(country, columns["person"]))
    files.parquet(
        "of",
        str(year.year),
        f"OF{year.year}",
        columns,
        {
            "PNR": _number("person", "VARCHAR"),
            "PTI_TILSTAND_KODE": "state::VARCHAR",
            "PTI_VFRA": _date("start"),
            "PTI_VTIL": _date("last"),
            "PTI_TIMER_PER_UGE": f"({_number('hours')}::DECIMAL(6, 0) / 100)::DECIMAL(6, 2)",
            "VERSION": f"'{year.year}'",
        },
    )


def _write_kraf(country: Country, files: _Files, year: registers.Year, guilty: Bools) -> None:
    columns = registers.kraf_decisions(year, guilty, country.figures, country.draws)
    columns["person"] = _or_empty(columns["person"], _pseudonyms(country, columns["person"]))
    files.parquet(
        "kraf",
        str(year.year),
        f"KRAF{year.year}",
        columns,
        {
            "PNR": _number("person", "VARCHAR"),
            "JOURNR": (
                "'4' || lpad((\"case\" % 1000)::VARCHAR, 3, '0') || '-' || (\"case\")::VARCHAR "
                f"|| '-{year.year % 100:02d}'"
            ),
            "AFG_AFGOEDTO": _date("day"),
            "AFG_GER7": "offence::VARCHAR || '000'",
            "AFG_AFGTYP3": "decision::SMALLINT",
        },
    )


def _write_lists(country: Country, files: _Files) -> None:
    """Area boundaries, the lists of earlier years and the councils' decisions."""
    year = country.list_year
    files.text(
        "omraade",
        str(year),
        _boundaries(country),
        delimiter=";",
        encoding="cp1252",
    )
    for earlier in range(year - _EARLIER_LISTS, year):
        listed = plan.history(country.areas, year, earlier)
        files.text("liste", str(earlier), ({"AREA_ID": area, "LISTE": name} for area, name in listed))
    decisions = council_decisions(country)
    files.text(
        "anvisningsloft",
        str(year),
        [
            {
                "KOM": f"{kom:03d}",
                "AREA_ID": area,
                "BESLUTTET": datetime.date(year, 2, 1 + kom % 28),
                "JOURNALNR": f"{year}-{kom:03d}-{number:03d}",
            }
            for number, (kom, area) in enumerate(decisions, start=1)
        ],
    )


def _boundaries(country: Country) -> list[dict[str, object]]:
    """Each area's parcels; every seventh is written in capitals, as the cadastre's extracts sometimes do."""
    housing = country.housing
    inside = np.flatnonzero(housing.area >= 0)
    keys = np.stack((housing.area[inside], housing.ejerlav[inside], housing.parcel[inside]))
    rows: list[dict[str, object]] = []
    for number, (index, ejerlav, parcel) in enumerate(np.unique(keys, axis=1).T.tolist()):
        area = country.areas[index]
        name = f"{1 + parcel // len(_PARCEL_LETTERS)}{_PARCEL_LETTERS[parcel % len(_PARCEL_LETTERS)]}"
        name = name.upper() if number % 7 == 3 else name
        rows.append(
            {
                "AREA_ID": area.area_id,
                "NAVN": area.name,
                "KOM": f"{area.kom:03d}",
                "EJERLAV": ejerlav,
                "MATRIKEL": name,
                "FORGAENGER": area.predecessor or "",
            }
        )
    return rows
