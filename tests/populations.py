"""Synthetic deliveries: named cases, random populations full of edges, and the formats they come in.

Belongs here: building the rows of every register for one or more list years and writing them as snapshots.
Does not belong here: what the figures should be (the cases and the oracle say that).
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyreadstat

from tests import oracle

Row = dict[str, str]
Reference = tuple[str, str]

COLUMNS: dict[str, tuple[str, ...]] = {
    "bef": ("PNR", "FOED_DAG", "KOEN", "KOM", "ADRESSE_ID", "IE_TYPE", "OPR_LAND", "STATSB"),
    "of": ("PNR", "PTI_TILSTAND_KODE", "PTI_VFRA", "PTI_VTIL", "PTI_TIMER_PER_UGE"),
    "kraf": ("PNR", "JOURNR", "AFG_AFGOEDTO", "AFG_GER7", "AFG_AFGTYP3"),
    "udda": ("PNR", "HFAUDD", "HF_KILDE"),
    "ind": ("PNR", "PERINDKIALT_13", "OMFANG"),
    "akm": ("PNR", "SOCIO13"),
    "bolig": (
        "ADRESSE_ID",
        "KOM",
        "EJERLAV",
        "MATRIKEL",
        "AFDELING_ID",
        "BOLIGKATEGORI",
        "BOLIGAREAL",
        "ANTAL_VAERELSER",
    ),
    "omraade": ("AREA_ID", "NAVN", "KOM", "EJERLAV", "MATRIKEL"),
    "liste": ("AREA_ID", "LISTE"),
    "anvisningsloft": ("KOM", "AREA_ID", "BESLUTTET", "JOURNALNR"),
}
DATES = {"FOED_DAG", "PTI_VFRA", "PTI_VTIL", "AFG_AFGOEDTO", "BESLUTTET"}
DECIMALS = {"PTI_TIMER_PER_UGE", "PERINDKIALT_13", "BOLIGAREAL"}
NUMBERS = {
    "KOEN",
    "KOM",
    "IE_TYPE",
    "OPR_LAND",
    "STATSB",
    "PTI_TILSTAND_KODE",
    "AFG_GER7",
    "AFG_AFGTYP3",
    "HFAUDD",
    "HF_KILDE",
    "OMFANG",
    "SOCIO13",
    "EJERLAV",
    "ANTAL_VAERELSER",
}
EXTRA_VALUE = "maa-aldrig-laeses"


# --- rows ---


@dataclass
class Person:
    """One person of a world; the methods add what the registers know about them and return the person."""

    world: World
    pnr: str

    def on_benefit(
        self,
        year: int,
        *,
        state: str = "7050",
        hours: str = "37",
        first: str | None = None,
        last: str | None = None,
    ) -> Person:
        """A spell in of/<year>; the whole year, full time unless said otherwise; last="" is open, first="" unknown."""
        self.world.add(
            "of",
            year,
            PNR=self.pnr,
            PTI_TILSTAND_KODE=state,
            PTI_VFRA=f"{year}-01-01" if first is None else first,
            PTI_VTIL=f"{year}-12-31" if last is None else last,
            PTI_TIMER_PER_UGE=hours,
        )
        return self

    def sentenced(
        self,
        year: int,
        *,
        offence: str = "1252000",
        kind: str = "111",
        day: str | None = None,
        case: str = "",
    ) -> Person:
        """A decision in kraf/<year>: violence and an unconditional sentence in May unless said otherwise."""
        self.world.add(
            "kraf",
            year,
            PNR=self.pnr,
            JOURNR=case,
            AFG_AFGOEDTO=f"{year}-05-14" if day is None else day,
            AFG_GER7=offence,
            AFG_AFGTYP3=kind,
        )
        return self

    def educated(self, code: str = "4025", source: str = "15") -> Person:
        for year in self.world.single_years:
            self.world.add("udda", year, PNR=self.pnr, HFAUDD=code, HF_KILDE=source)
        return self

    def earning(self, income: str, *, liability: str = "1", socio: str | None = "131") -> Person:
        for year in self.world.single_years:
            self.world.add("ind", year, PNR=self.pnr, PERINDKIALT_13=income, OMFANG=liability)
            if socio is not None:
                self.world.add("akm", year, PNR=self.pnr, SOCIO13=socio)
        return self


@dataclass
class Area:
    """One area of a world with its parcels and one address where people can live."""

    world: World
    area_id: str
    kom: str
    parcels: list[tuple[str, str]]
    address: str

    def person(self, pnr: str, born: str, **more: str) -> Person:
        more = {"ADRESSE_ID": self.address, "KOM": self.kom} | more
        return self.world.person(pnr, born, **more)

    def crowd(self, count: int, born: str, name: str, **more: str) -> list[Person]:
        return [self.person(f"{self.area_id}-{name}-{n}", born, **more) for n in range(count)]

    def homes(self, count: int, category: str = "familiebolig") -> Area:
        for n in range(count):
            self.world.dwelling(f"bolig-{self.area_id}-{category}-{n}", self.kom, self.parcels[0], category)
        return self


@dataclass
class World:
    """All registers for some list years, as rows of text keyed by register and reference."""

    list_years: tuple[int, ...]
    tables: dict[Reference, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for year in self.list_years:
            for day in (f"{year - 1}-01-01", f"{year}-01-01"):
                self.tables.setdefault(("bef", day), [])
                self.tables.setdefault(("bolig", day), [])
            for period in (year - 2, year - 1):
                self.tables.setdefault(("of", str(period)), [])
                self.tables.setdefault(("kraf", str(period)), [])
            for register in ("udda", "ind", "akm"):
                self.tables.setdefault((register, str(year - 1)), [])
            self.tables.setdefault(("omraade", str(year)), [])
            for earlier in range(year - 4, year):
                if earlier not in self.list_years:
                    self.tables.setdefault(("liste", str(earlier)), [])

    @property
    def days(self) -> list[str]:
        return sorted(reference for register, reference in self.tables if register == "bef")

    @property
    def double_years(self) -> list[int]:
        return sorted(int(reference) for register, reference in self.tables if register == "of")

    @property
    def single_years(self) -> list[int]:
        return sorted(int(reference) for register, reference in self.tables if register == "udda")

    def add(self, register: str, reference: int | str, **values: str) -> None:
        row = dict.fromkeys(COLUMNS[register], "") | values
        self.tables.setdefault((register, str(reference)), []).append(row)

    def area(self, area_id: str, kom: str, *, name: str | None = None, parcels: int = 1) -> Area:
        """An area with its own parcels in every list year and one address without almen home in it."""
        serial = 1 + sum(len(rows) for (register, _), rows in self.tables.items() if register == "omraade")
        land = [(str(2000100 + int(kom)), f"{serial}{'abcdefgh'[n]}") for n in range(parcels)]
        for year in self.list_years:
            for ejerlav, matrikel in land:
                self.add(
                    "omraade",
                    year,
                    AREA_ID=area_id,
                    NAVN=name or f"Navn {area_id}",
                    KOM=kom,
                    EJERLAV=ejerlav,
                    MATRIKEL=matrikel,
                )
        address = f"adresse-{area_id}"
        self.dwelling(address, kom, land[0], "")
        return Area(self, area_id, kom, land, address)

    def dwelling(
        self,
        address: str,
        kom: str,
        parcel: tuple[str, str] = ("", ""),
        category: str = "",
        days: Iterable[str] | None = None,
    ) -> str:
        for day in self.days if days is None else days:
            self.add(
                "bolig",
                day,
                ADRESSE_ID=address,
                KOM=kom,
                EJERLAV=parcel[0],
                MATRIKEL=parcel[1],
                AFDELING_ID="" if not category else f"afd-{kom}",
                BOLIGKATEGORI=category,
                BOLIGAREAL="80",
                ANTAL_VAERELSER="3",
            )
        return address

    def outside_homes(self, kom: str, count: int, category: str = "familiebolig") -> None:
        for n in range(count):
            self.dwelling(f"bolig-{kom}-{category}-{n}", kom, ("999", "1"), category)

    def person(self, pnr: str, born: str, days: Iterable[str] | None = None, **more: str) -> Person:
        """A person in bef on the given status days (on every one from birth on, if none are given)."""
        defaults = {"KOEN": "1", "KOM": "101", "IE_TYPE": "1", "OPR_LAND": "5100", "STATSB": "5100"}
        for day in self.days if days is None else days:
            if born <= day:
                self.add("bef", day, **(defaults | {"PNR": pnr, "FOED_DAG": born} | more))
        return Person(self, pnr)

    def listed(self, year: int, area_id: str, *lists: str) -> None:
        for name in lists:
            self.add("liste", year, AREA_ID=area_id, LISTE=name)

    def decided(self, year: int, kom: str, area_id: str) -> None:
        self.add(
            "anvisningsloft",
            year,
            KOM=kom,
            AREA_ID=area_id,
            BESLUTTET=f"{year}-11-01",
            JOURNALNR=f"sag-{area_id}",
        )


# --- files ---


@dataclass(frozen=True)
class Style:
    """How one reference is delivered."""

    suffix: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal_comma: bool = False
    quote_all: bool = False
    newline: str = "\n"
    parts: int = 1
    case: Callable[[str], str] = str.upper
    numeric: bool = False
    as_double: bool = False
    empty_as_null: bool = True
    extra: bool = False
    older_vintages: bool = False
    shuffle: bool = False


def mixed_case(name: str) -> str:
    return "".join(letter.lower() if n % 2 else letter.upper() for n, letter in enumerate(name))


def _csv_bytes(names: list[str], rows: list[Row], style: Style) -> bytes:
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if style.quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=style.delimiter, quoting=quoting, lineterminator=style.newline)
    header = [style.case(name) for name in names]
    extras = ["CPRTJEK", "cprtjek"] if style.extra else []
    writer.writerow(header + extras)
    for row in rows:
        cells = [
            row[name].replace(".", ",") if style.decimal_comma and name in DECIMALS else row[name] for name in names
        ]
        writer.writerow(cells + [EXTRA_VALUE] * len(extras))
    return out.getvalue().encode(style.encoding)


def _typed(name: str, values: list[str], style: Style) -> pd.Series:
    """One column as a foreign system would type it: numbers and dates where it holds nothing else."""
    empty = None if style.empty_as_null else ""
    texts = pd.Series([value or empty for value in values], dtype="object")
    if not style.numeric:
        return texts
    if name in DECIMALS and not style.as_double:
        return pd.Series([Decimal(v) if v else None for v in values], dtype="object")
    plain = all(v == "" or (v.isdigit() and (v == "0" or not v.startswith("0"))) for v in values)
    if name in DECIMALS or (name in NUMBERS and plain and style.as_double):
        return pd.Series([float(v) if v else None for v in values], dtype="float64")
    if name in NUMBERS and plain:
        return pd.Series([int(v) if v else None for v in values], dtype="Int64")
    if name in DATES:
        return pd.Series([date.fromisoformat(v) if v else None for v in values], dtype="object")
    return texts


def _write_part(folder: Path, stem: str, names: list[str], rows: list[Row], style: Style) -> None:
    path = folder / f"{stem}.{style.suffix}"
    if style.suffix == "csv":
        path.write_bytes(_csv_bytes(names, rows, style))
        return
    if style.suffix == "csv.gz":
        path.write_bytes(gzip.compress(_csv_bytes(names, rows, style), mtime=0))
        return
    frame = pd.DataFrame({style.case(name): _typed(name, [row[name] for row in rows], style) for name in names})
    if style.extra:
        frame["CPRTJEK"] = EXTRA_VALUE
    if style.suffix == "xpt":
        pyreadstat.write_xport(frame, str(path), file_format_version=8)
        return
    types = []
    for name in names:
        column = f'"{style.case(name)}"'
        if style.numeric and name in DECIMALS and not style.as_double:
            types.append(f"{column}::DECIMAL(18,2) AS {column}")
        elif style.numeric and name in DATES:
            types.append(f"{column}::DATE AS {column}")
        elif str(frame[style.case(name)].dtype) == "object":
            types.append(f"{column}::VARCHAR AS {column}")
        else:
            types.append(column)
    types += ["CPRTJEK"] if style.extra else []
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        connection.execute(f"COPY (SELECT {', '.join(types)} FROM frame) TO '{path}' (FORMAT parquet)")


def write_reference(root: Path, register: str, reference: str, rows: list[Row], style: Style) -> Path:
    """One reference on disk; returns the folder of the vintage that counts."""
    names = list(COLUMNS[register])
    if register == "omraade" and any("FORGAENGER" in row for row in rows):
        names.append("FORGAENGER")
        rows = [{"FORGAENGER": ""} | row for row in rows]
    if style.shuffle:
        random.Random(f"{register}{reference}").shuffle(names)
        rows = list(rows)
        random.Random(reference).shuffle(rows)
    folder = root / register / reference
    folder.mkdir(parents=True, exist_ok=True)
    if style.older_vintages:
        year = reference[:4]
        _write_part(folder, "foerste", names, rows[: len(rows) // 2], style)
        (folder / f"{year}-02-28").mkdir()
        _write_part(folder / f"{year}-02-28", "anden", names, rows[len(rows) // 3 :], style)
        folder = folder / f"{year}-10-03"
        folder.mkdir()
    for part in range(style.parts):
        _write_part(folder, f"{register}{reference}del{part}", names, rows[part :: style.parts], style)
    return folder


def write_snapshots(
    world: World, root: Path, style_of: Callable[[str, str, list[Row]], Style] = lambda *_: Style()
) -> Path:
    """Every table of the world as a snapshots folder."""
    for (register, reference), rows in sorted(world.tables.items()):
        write_reference(root, register, reference, rows, style_of(register, reference, rows))
    return root


def random_style(rng: random.Random) -> Callable[[str, str, list[Row]], Style]:
    """A style drawn anew for every reference, so that one delivery mixes all formats."""

    def style(register: str, reference: str, rows: list[Row]) -> Style:  # noqa: ARG001
        suffix = rng.choice(["csv", "csv", "csv.gz", "parquet", "parquet", "xpt" if len(rows) > 1 else "csv"])
        ansi = all(value.encode("cp1252", "ignore").decode("cp1252") == value for row in rows for value in row.values())
        return Style(
            suffix=suffix,
            delimiter=rng.choice(",;"),
            encoding=rng.choice(["utf-8", "utf-8-sig"] + (["cp1252"] * 2 if ansi else [])),
            decimal_comma=rng.random() < 0.4,
            quote_all=rng.random() < 0.3,
            newline=rng.choice(["\n", "\r\n"]),
            parts=rng.choice([1, 1, 2, 3]) if len(rows) > 5 else 1,
            case=rng.choice([str.upper, str.lower, mixed_case]),
            numeric=rng.random() < 0.7,
            as_double=rng.random() < 0.5,
            empty_as_null=rng.random() < 0.5,
            extra=rng.random() < 0.4,
            older_vintages=rng.random() < 0.3,
            shuffle=rng.random() < 0.7,
        )

    return style


# --- random populations ---

KOM_BY_REG = {
    "81": ["813", "851"],
    "82": ["615", "751"],
    "83": ["461", "621"],
    "84": ["101", "169"],
    "85": ["265", "316"],
}
NAMES = [
    "Søndre Ø, afsnit B",
    "Ærøgade; vest",
    'Åparken "Ny"',
    "Birkevang",
    "Lille Mølle",
    "Egholt 3.5",
    "Ødeland",
]
LANDS = [
    "5100",
    "5104",
    "5120",
    "5103",
    "5102",
    "5114",
    "5199",
    "5172",
    "5512",
    "5404",
    "5999",
    "",
    "0",
    "5101",
]
STATES = ["7050", "7090", "7025", "5080", "7100", "6010", "5025", "9998", ""]
HOURS = ["37", "37.00", "18.5", "12.33", "0.01", "0", "7.4", "40", "", "36.99"]
OFFENCES = ["1252000", "1435000", "3210505", "3410506", "3610000", "2100000", "3310000", "3010000", ""]
SENTENCES = ["111", "121", "100", "199", "99", "200", "211", "999", "0", ""]
EDUCATIONS = ["1009", "1107", "4025", "3530", "9999", "1090", "0", "5070", ""]
SOURCES = ["1", "3", "9", "10", "11", "15", "17", "18", "77", ""]
EDGE_AGES = [15, 18, 30, 60, 65]


@dataclass
class _Draw:
    """The moving parts of one random population while it is being built."""

    rng: random.Random
    world: World
    style_of_pnr: str
    serial: int = 0

    def pnr(self, kind: str) -> str:
        """A pseudonym: twelve digits in some populations, free text in others."""
        self.serial += 1
        return f"{7 * 10**11 + self.serial * 7919}" if self.style_of_pnr == "digits" else f"P-{kind}-{self.serial}"

    def birthday(self) -> str:
        rng, year = self.rng, int(self.rng.choice(self.world.days)[:4])
        if rng.random() < 0.5:
            edge = date(year - rng.choice(EDGE_AGES), 1, 1)
            return (edge + timedelta(days=rng.choice([-1, 0, 0, 1]))).isoformat()
        if rng.random() < 0.05:
            return f"{rng.choice([1944, 1960, 1988, 2004])}-02-29"
        return (date(year, 1, 1) - timedelta(days=rng.randrange(0, 34000))).isoformat()


def _random_parcel(rng: random.Random, parcel: tuple[str, str]) -> tuple[str, str]:
    """The same parcel as somebody else writes it."""
    ejerlav, matrikel = parcel
    matrikel = rng.choice([matrikel, matrikel.upper(), f" {matrikel}", f"{matrikel.upper()} "])
    return rng.choice([ejerlav, ejerlav, f"00{ejerlav}"]), matrikel


def _random_life(draw: _Draw, addresses: list[tuple[str, str]], kind: str) -> None:
    """One person with random rows in every register; addresses are pairs of address and municipality."""
    rng, world = draw.rng, draw.world
    pnr, born = draw.pnr(kind), draw.birthday()
    address, kom = rng.choice(addresses)
    origin = {
        "KOEN": rng.choice("12"),
        "IE_TYPE": rng.choice("1112233"),
        "OPR_LAND": rng.choice(LANDS),
        "STATSB": rng.choice(["5100", "5404", "", "5998"]),
    }
    for day in world.days:
        if rng.random() < 0.1:
            continue
        if rng.random() < 0.12:
            address, kom = rng.choice(addresses)
        if rng.random() < 0.03:
            address = rng.choice(["", "adresse-uden-bolig"])
        world.person(pnr, born, [day], ADRESSE_ID=address, KOM=kom, **origin)
    person = Person(world, pnr)
    for year in world.double_years:
        for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 4])):
            first = date(year, 1, 1) + timedelta(days=rng.randrange(-400, 380))
            last = first + timedelta(days=rng.choice([0, 1, 6, 40, 200, 365, 800]))
            if rng.random() < 0.1:
                first += timedelta(days=(5 - first.weekday()) % 7)
                last = first + timedelta(days=1)
            person.on_benefit(
                year,
                state=rng.choice(STATES),
                hours=rng.choice(HOURS),
                first=first.isoformat(),
                last="" if rng.random() < 0.15 else last.isoformat(),
            )
        for _ in range(rng.choice([0, 0, 0, 0, 0, 0, 1, 2])):
            day = date(year, 1, 1) + timedelta(days=rng.choice([0, 364, rng.randrange(-30, 400)]))
            person.sentenced(
                year,
                offence=rng.choice(OFFENCES),
                kind=rng.choice(SENTENCES),
                day="" if rng.random() < 0.03 else day.isoformat(),
                case=rng.choice(["j1", "j2", ""]),
            )
    for year in world.single_years:
        if rng.random() < 0.75:
            world.add("udda", year, PNR=pnr, HFAUDD=rng.choice(EDUCATIONS), HF_KILDE=rng.choice(SOURCES))
        if rng.random() < 0.85:
            income = rng.choice(
                [
                    str(rng.randrange(-90000, 700000)),
                    f"{rng.randrange(0, 400000)}.{rng.randrange(10, 100)}",
                    "",
                    "0",
                ]
            )
            world.add("ind", year, PNR=pnr, PERINDKIALT_13=income, OMFANG=rng.choice("11110235"))
        if rng.random() < 0.8:
            world.add("akm", year, PNR=pnr, SOCIO13=rng.choice(["131", "310", "330", "0", "", "777"]))


def _small_areas(draw: _Draw, koms: list[str]) -> list[Area]:
    """Areas of few people whose every attribute is random, one of them empty, one on Christiansø."""
    rng, world = draw.rng, draw.world
    areas = []
    for n, kom in enumerate([*rng.choices(koms, k=6), "411"]):
        area = world.area(f"lille-{n}", kom, name=f"{NAMES[n]} {n}", parcels=rng.choice([1, 2, 3]))
        areas.append(area)
        addresses = [(area.address, kom)]
        for door in range(4):
            category = rng.choice(["", "ungdomsbolig", "aeldrebolig", "familiebolig" if kom != "411" else ""])
            parcel = _random_parcel(rng, rng.choice(area.parcels))
            addresses.append((world.dwelling(f"doer-{n}-{door}", kom, parcel, category), kom))
        if rng.random() < 0.5:
            late = world.days[1:]
            addresses.append((world.dwelling(f"ny-{n}", kom, area.parcels[0], "", days=late), kom))
        if n == 0:
            continue
        addresses.append((world.dwelling(f"uden-matrikel-{n}", kom, ("2000101", "")), kom))
        addresses.append((addresses[0][0], rng.choice(koms)))
        for _ in range(rng.randrange(1, 45)):
            _random_life(draw, addresses, "lille")
    outside = [(world.dwelling(f"udenfor-{kom}", kom, ("77", "1")), kom) for kom in koms]
    for _ in range(150):
        _random_life(draw, outside, "udenfor")
    return areas


# Non-western pct., outside pct., convicted pct. in either year, grundskole pct., income in øre: drawn freely,
# or so that an udsat boligområde or a forebyggelsesområde is likely. The country: 1 pct. and 200,000 kr.
_FREE = (
    [30, 31, 50, 80],
    [20, 30, 31, 40, 41, 45],
    [(0, 1), (2, 2), (1, 3), (3, 3), (2, 4), (3, 2), (5, 5), (1, 2), (6, 0)],
    [50, 60, 61, 70],
    [11_000_000, 13_000_000, 20_000_000, 9_000_000],
)
_LIKELY_UDSAT = (
    [50, 50, 51, 80],
    [40, 41, 41],
    [(3, 3), (2, 4), (5, 5)],
    [60, 61, 61],
    [11_000_000, 9_000_000],
)
_LIKELY_PREVENTIVE = (
    [30, 31, 45],
    [31, 40],
    [(2, 2), (1, 3), (2, 3)],
    [60, 60, 61],
    [11_000_000, 13_000_000],
)
_PROFILES = [_FREE, _LIKELY_UDSAT, _LIKELY_PREVENTIVE, _LIKELY_PREVENTIVE]


def _large_area(draw: _Draw, number: int, kom: str) -> Area:
    """An area near the legal limits: a hundred adults whose figures are steered, and children to fill it."""
    rng, world = draw.rng, draw.world
    year = world.list_years[0]
    area = world.area(f"stor-{number}", kom, parcels=rng.choice([1, 2]))
    residents = rng.choice([999, 1000, 1000, 1000, 1000, 1001, 1010])
    percents, outsides, sentences, primaries, incomes = rng.choice(_PROFILES)
    nonwestern = rng.choice(percents) * residents // 100 + rng.choice([0, 1])
    outside, trim = rng.choice(outsides), rng.choice(["exact", "above", "below"])
    convicted, primary, income = rng.choice(sentences), rng.choice(primaries), rng.choice(incomes)
    less = rng.choice([0, 0, 1])
    for n in range(100):
        far = {"IE_TYPE": rng.choice("23"), "OPR_LAND": rng.choice(["5404", "5512", "5103"])} if n < nonwestern else {}
        person = area.person(draw.pnr("kerne"), f"{year - 42}-0{1 + n % 9}-15", **far)
        for k, period in enumerate(world.double_years):
            if n < outside:
                shorter = n == 0 and trim == "below"
                person.on_benefit(period, first=f"{period}-01-08" if shorter else None, last="" if n % 3 else None)
            elif n == outside and trim == "above":
                person.on_benefit(period, first=f"{period}-02-05", last=f"{period}-02-07", hours="0.01")
            if n < convicted[k % 2]:
                person.sentenced(period, offence=rng.choice(["1252000", "3210505", "3410506"]))
        if n >= primary:
            person.educated()
        elif n % 4 == 0:
            person.educated("1009")
        elif n % 4 == 1:
            person.educated("4025", "9")
        ore = income - (less if n == 0 else 0)
        person.earning(f"{ore // 100}.{ore % 100:02d}", socio=rng.choice(["131", "330", None]))
    for n in range(100, residents):
        far = {"IE_TYPE": "3", "OPR_LAND": "5404"} if n < nonwestern else {"IE_TYPE": "1", "OPR_LAND": "5404"}
        area.person(draw.pnr("barn"), f"{year - 10}-06-30", **far)
    return area


def _balance_convictions(draw: _Draw) -> None:
    """Bring the country to exactly one convicted in a hundred in both years of the first list year."""
    world, first = draw.world, draw.world.list_years[0]
    for year in (first - 2, first - 1):
        day = date(year + 1, 1, 1)
        guilty = oracle.convicted_persons(world.tables["kraf", str(year)], year)
        grown = [
            row
            for row in world.tables["bef", day.isoformat()]
            if oracle.age_on(date.fromisoformat(row["FOED_DAG"]), day) >= 18
        ]
        adults, convicted = len(grown), sum(row["PNR"] in guilty for row in grown)
        while 100 * convicted < adults:
            world.person(draw.pnr("doemt"), "1980-03-03", [day.isoformat()]).sentenced(year)
            adults, convicted = adults + 1, convicted + 1
        for _ in range(100 * convicted - adults):
            world.person(draw.pnr("fyld"), "1980-03-03", [day.isoformat()])


def _balance_incomes(draw: _Draw, koms: list[str]) -> None:
    """Bring every region in use to a mean income of exactly 200,000 kr. in the first list year."""
    world, first = draw.world, draw.world.list_years[0]
    nation = oracle.derive_areas(world.tables, first, oracle.load_code_lists(date(first, 12, 1)))[1]
    incomes = oracle.incomes_that_count(world.tables, first - 1)
    regions = {kom: reg for reg, members in KOM_BY_REG.items() for kom in members}
    for reg in sorted({regions[kom] for kom in koms}):
        day = date(first, 1, 1)
        earners = [
            row["PNR"]
            for row in world.tables["bef", day.isoformat()]
            if regions.get(row["KOM"]) == reg
            and row["PNR"] in incomes
            and 15 <= oracle.age_on(date.fromisoformat(row["FOED_DAG"]), day) <= 64
        ]
        mean = nation.region_income_mean.get(reg) or 0
        assert mean * len(earners) == sum(incomes[pnr] for pnr in earners)
        ore = 20_000_000 * (len(earners) + 1) - int(mean * len(earners) * 100)
        kom = next(kom for kom in koms if regions[kom] == reg)
        person = world.person(draw.pnr("udligner"), "1980-03-03", KOM=kom)
        sign, ore = ("-" if ore < 0 else ""), abs(ore)
        world.add("ind", first - 1, PNR=person.pnr, PERINDKIALT_13=f"{sign}{ore // 100}.{ore % 100:02d}", OMFANG="1")


def _history(draw: _Draw, areas: list[Area]) -> None:
    rng, world = draw.rng, draw.world
    years = sorted(int(reference) for register, reference in world.tables if register == "liste")
    empty = rng.choice([*years, *[None] * 15])
    always = {area.area_id for area in areas if rng.random() < 0.8}
    for year in years:
        if year == empty:
            continue
        for area in areas:
            if area.area_id in always or rng.random() < 0.5:
                lists = rng.choice(
                    [
                        ("parallelsamfund",),
                        ("omdannelsesomraade",),
                        ("udsat_boligomraade", "parallelsamfund", "omdannelsesomraade"),
                    ]
                )
                world.listed(year, area.area_id, *lists)
            elif rng.random() < 0.5:
                world.listed(year, area.area_id, rng.choice(["udsat_boligomraade", "forebyggelsesomraade"]))
        world.listed(year, "nedlagt-omraade", "parallelsamfund")


def _homes_and_decisions(draw: _Draw, areas: list[Area], koms: list[str]) -> None:
    """Family homes around the 30 pct. cap of each municipality, and what its council decided."""
    rng, world = draw.rng, draw.world
    for area in areas:
        area.homes(rng.choice([0, 3, 12, 30, 60]) if area.area_id.startswith("stor") else 3)
    first = world.list_years[0]
    status = {area.area_id: area.status(first) for area in _areas_of(world, first)}
    for kom in koms:
        mine = [area for area in areas if area.kom == kom]
        rows = [row for row in world.tables["bolig", f"{first}-01-01"] if row["BOLIGKATEGORI"] == "familiebolig"]
        total = sum(row["KOM"] == kom for row in rows)
        land = {parcel for area in mine if status[area.area_id] != "ikke_omfattet" for parcel in area.parcels}
        covered = sum(
            row["KOM"] == kom and (str(int(row["EJERLAV"] or 0)), row["MATRIKEL"].strip().lower()) in land
            for row in rows
        )
        exact = covered * 10 // 3
        wanted = rng.choice([exact, exact - 1, covered * 2, covered * 2, covered + 20, covered + 5, 5 * covered])
        world.outside_homes(kom, max(0, wanted - total, 1))
        world.outside_homes(kom, 5, "aeldrebolig")
    for year in world.list_years:
        preventive = {a.area_id for a in _areas_of(world, year) if a.status(year) == "forebyggelsesomraade"}
        if rng.random() < 0.1:
            continue
        for kom in koms:
            mine_ids = [area.area_id for area in areas if area.kom == kom]
            chosen = [area_id for area_id in mine_ids if area_id in preventive]
            share = rng.choice([0, 0.4, 0.7, 1, 1])
            for area_id in chosen:
                if rng.random() < share:
                    world.decided(year, kom, area_id)
            for area_id in set(mine_ids) - set(chosen):
                if rng.random() < 0.3:
                    world.decided(year, rng.choice([kom, koms[0]]), area_id)
        world.decided(year, koms[0], "intet-saadant-omraade")


def _areas_of(world: World, list_year: int) -> list[oracle.Area]:
    codes = oracle.load_code_lists(date(list_year, 12, 1))
    return oracle.derive_areas(world.tables, list_year, codes)[0]


def random_world(seed: int, *list_years: int, large: int = 8) -> World:
    """A population of about ten thousand people that sits on as many limits of the law as it can."""
    rng = random.Random(seed)
    world = World(list_years)
    draw = _Draw(rng, world, rng.choice(["digits", "text"]))
    koms = [rng.choice(members) for members in rng.sample(list(KOM_BY_REG.values()), 3)]
    small = _small_areas(draw, koms)
    big = [_large_area(draw, number, rng.choice([koms[0], koms[0], koms[1]])) for number in range(large)]
    for (register, _), rows in world.tables.items():
        if register == "omraade":
            for row in rows:
                row["EJERLAV"], row["MATRIKEL"] = _random_parcel(rng, (row["EJERLAV"], row["MATRIKEL"]))
                row["FORGAENGER"] = rng.choice(["", "nedlagt-omraade"])
    _strangers(draw)
    _balance_incomes(draw, koms)
    _balance_convictions(draw)
    _history(draw, [*big, small[1]])
    _homes_and_decisions(draw, [*small[:6], *big], koms)
    return world


def _strangers(draw: _Draw) -> None:
    """Rows that belong to nobody in bef: firms without PNR and people who have left."""
    for year in draw.world.double_years:
        for pnr in ("", "P-ukendt-person"):
            Person(draw.world, pnr).on_benefit(year).sentenced(year)
