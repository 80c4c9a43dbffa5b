"""Deliveries with faults: what stops a run, what only warns, and what a refusal must and must not say.

Belongs here: the closed list of blocking faults and of warnings, and list years that cannot be run. Does not
belong here: the figures of a sound delivery.
All faults that can stand in one delivery are tried at once; BOLIGOMRAADER_TEST_FAULTS=each also tries every
one of them alone.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.command import Result, csv_table, edition, file_bytes, run_cli, run_list
from tests.populations import Style, World, write_snapshots

YEAR = 2024
SECRET = "HEMMELIG"  # begins every pseudonym, address, case number and planted wrong value
EACH = os.environ.get("BOLIGOMRAADER_TEST_FAULTS") == "each"


def sound_world() -> World:
    """Sixty people in two areas and their registers, without a fault."""
    world = World((YEAR,))
    for name, kom in (("omraade-a", "101"), ("omraade-b", "751")):
        area = world.area(name, kom).homes(5)
        address = world.dwelling(f"{SECRET}-ADR-{name}", kom, area.parcels[0])
        for n in range(30):
            person = area.person(f"{SECRET}-P-{name}-{n}", f"19{60 + n}-05-05", ADRESSE_ID=address)
            person.educated().earning("200000").on_benefit(2022).on_benefit(2023)
            person.sentenced(2022, case=f"{SECRET}-J").sentenced(2023, case=f"{SECRET}-J")
        world.decided(YEAR, kom, name)
    for year in range(YEAR - 4, YEAR):
        world.listed(year, "omraade-a", "udsat_boligomraade", "parallelsamfund")
        world.listed(year, "omraade-b", "forebyggelsesomraade")
    return world


@dataclass
class Delivery:
    """A sound world and the folder it will be written to, for faults to spoil."""

    world: World
    folder: Path
    styles: dict[tuple[str, str], Style] = field(default_factory=dict)
    after: list[Callable[[], object]] = field(default_factory=list)

    def rows(self, register: str, reference: str) -> list[dict[str, str]]:
        return self.world.tables[register, reference]

    def write(self) -> Path:
        write_snapshots(self.world, self.folder, lambda *ref: self.styles.get((ref[0], ref[1]), Style()))
        for spoil in self.after:
            spoil()
        return self.folder


@dataclass(frozen=True)
class Fault:
    """One thing that stops a run: how it gets into a delivery, and what its line must name."""

    name: str
    register: str
    reference: str
    spoil: Callable[[Delivery], object]
    column: str = ""
    counts: tuple[int, ...] = ()

    def found_in(self, result: Result) -> list[str]:
        """The lines that speak of this fault."""
        return [line for line in dict.fromkeys(result.lines) if self._spoken_of_in(line)]

    def _spoken_of_in(self, line: str) -> bool:
        place = f"{self.register}/{self.reference}"
        named = re.search(rf"(?<![\w/]){re.escape(place)}(?![\w-])", line) and self.column.upper() in line.upper()
        rest = line.replace(place, "")
        counted = not self.counts or any(
            re.search(rf"(?<![\d.,-]){count}(?![\d-]|[.,]\d)", rest) for count in self.counts
        )
        return bool(named and counted)


def wrong(
    name: str,
    register: str,
    reference: str,
    column: str,
    value: str,
    count: int,
    first: int = 0,
) -> Fault:
    """A wrong value in some rows of one column, from the row `first` on."""

    def spoil(delivery: Delivery) -> None:
        for row in delivery.rows(register, reference)[first : first + count]:
            row[column] = value

    return Fault(name, register, reference, spoil, column, (count,))


def doubled(name: str, register: str, reference: str, column: str, count: int, first: int = 0) -> Fault:
    """Some rows delivered twice: counted as surplus rows or as all rows that share a key."""

    def spoil(delivery: Delivery) -> None:
        rows = delivery.rows(register, reference)
        rows.extend(dict(row) for row in rows[first : first + count])

    return Fault(name, register, reference, spoil, column, (count, 2 * count))


def cpr_like(name: str, register: str, reference: str, count: int, first: int, hyphen: str) -> Fault:
    def spoil(delivery: Delivery) -> None:
        for n, row in enumerate(delivery.rows(register, reference)[first : first + count]):
            row["PNR"] = f"31128{n}{hyphen}4321"

    return Fault(name, register, reference, spoil, "PNR", (count,))


def more_rows(
    name: str,
    register: str,
    column: str,
    counts: Iterable[int],
    *rows: dict[str, str],
    reference: str = str(YEAR),
) -> Fault:
    def spoil(delivery: Delivery) -> None:
        for row in rows:
            delivery.world.add(register, reference, **row)

    return Fault(name, register, reference, spoil, column, tuple(counts))


A_PARCEL = {"EJERLAV": "2000201", "MATRIKEL": "1a"}
DAY, DAY_BEFORE = f"{YEAR}-01-01", f"{YEAR - 1}-01-01"
VALUE_FAULTS = [
    wrong("tom-noegle-i-bef", "bef", DAY, "PNR", "", 2),
    doubled("pnr-to-gange-i-bef", "bef", DAY, "PNR", 9, first=40),
    wrong("ukendt-kommune-i-bef", "bef", DAY, "KOM", "999", 3, 10),
    wrong("groenlandsk-kommune-i-bef", "bef", DAY_BEFORE, "KOM", "955", 4, 10),
    wrong("ukendt-koen", "bef", DAY, "KOEN", "3", 5, 10),
    wrong("ukendt-oprindelse", "bef", DAY, "IE_TYPE", "4", 6, 10),
    wrong("foedt-efter-statusdagen", "bef", DAY_BEFORE, "FOED_DAG", f"{YEAR - 1}-01-02", 7, 10),
    wrong("umulig-foedselsdag", "bef", DAY, "FOED_DAG", f"{SECRET}-1990-02-30", 8, 10),
    cpr_like("cpr-med-bindestreg", "bef", DAY_BEFORE, 3, 20, "-"),
    cpr_like("cpr-uden-bindestreg", "of", "2023", 4, 0, ""),
    cpr_like("cpr-i-kraf", "kraf", "2022", 5, 0, ""),
    wrong("umulig-startdato", "of", "2023", "PTI_VFRA", "2023-02-30", 6, 10),
    wrong("umulig-slutdato", "of", "2023", "PTI_VTIL", f"{SECRET}-senere", 7, 20),
    wrong("timer-der-ikke-er-tal", "of", "2023", "PTI_TIMER_PER_UGE", f"{SECRET}-37", 8, 30),
    wrong("umulig-afgoerelsesdato", "kraf", "2023", "AFG_AFGOEDTO", "14-05-2023", 9, 10),
    doubled("pnr-to-gange-i-udda", "udda", "2023", "PNR", 4),
    wrong("indkomst-der-ikke-er-et-tal", "ind", "2023", "PERINDKIALT_13", f"{SECRET}-100", 5, 10),
    wrong("ukendt-omfang", "ind", "2023", "OMFANG", "6", 6, 20),
    wrong("tom-noegle-i-akm", "akm", "2023", "PNR", "", 7),
    wrong("tom-adresse-i-bolig", "bolig", DAY, "ADRESSE_ID", "", 2),
    wrong("ukendt-kommune-i-bolig", "bolig", DAY_BEFORE, "KOM", "412", 3),
    wrong("ejerlav-der-ikke-er-et-tal", "bolig", DAY, "EJERLAV", f"{SECRET}-12", 4, 3),
    wrong("ukendt-boligkategori", "bolig", DAY, "BOLIGKATEGORI", f"{SECRET}-villa", 5, 3),
    doubled("adresse-to-gange-i-bolig", "bolig", DAY_BEFORE, "ADRESSE_ID", 4, first=5),
    more_rows(
        "matrikel-i-to-omraader",
        "omraade",
        "MATRIKEL",
        (1, 2),
        {"AREA_ID": "omraade-c", "NAVN": "Navn omraade-c", "KOM": "101"} | A_PARCEL,
    ),
    more_rows(
        "omraade-med-to-navne",
        "omraade",
        "NAVN",
        (1, 2),
        {"AREA_ID": "omraade-b", "NAVN": "Et andet navn", "KOM": "751", "EJERLAV": "31", "MATRIKEL": "1"},
    ),
    more_rows(
        "omraade-i-to-kommuner",
        "omraade",
        "KOM",
        (1, 2),
        {"AREA_ID": "omraade-a", "NAVN": "Navn omraade-a", "KOM": "751", "EJERLAV": "32", "MATRIKEL": "1"},
    ),
    wrong("ukendt-liste", "liste", "2022", "LISTE", "ghettoomraade", 2, 1),
    doubled("omraade-to-gange-paa-samme-liste", "liste", "2023", "AREA_ID", 2),
    wrong("ukendt-kommune-i-anvisningsloft", "anvisningsloft", str(YEAR), "KOM", "000", 1),
    wrong("umulig-beslutningsdato", "anvisningsloft", str(YEAR), "BESLUTTET", f"{SECRET}-snart", 2),
]


def without_column(register: str, reference: str, column: str) -> Callable[[Delivery], object]:
    def spoil(delivery: Delivery) -> None:
        def rewrite() -> None:
            path = next((delivery.folder / register / reference).iterdir())
            lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
            keep = [n for n, name in enumerate(lines[0]) if name != column]
            path.write_text("\n".join(",".join(line[n] for n in keep) for line in lines) + "\n", encoding="utf-8")

        delivery.after.append(rewrite)

    return spoil


def missing(register: str, reference: str) -> Callable[[Delivery], object]:
    def spoil(delivery: Delivery) -> None:
        del delivery.world.tables[register, reference]

    return spoil


def truncated(register: str, reference: str, suffix: str) -> Callable[[Delivery], object]:
    def spoil(delivery: Delivery) -> None:
        delivery.styles[register, reference] = Style(suffix=suffix)

        def cut() -> None:
            path = next((delivery.folder / register / reference).iterdir())
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

        delivery.after.append(cut)

    return spoil


def appended(register: str, reference: str, text: str) -> Callable[[Delivery], object]:
    def spoil(delivery: Delivery) -> None:
        def append() -> None:
            path = next((delivery.folder / register / reference).iterdir())
            path.write_bytes(path.read_bytes() + text.encode())

        delivery.after.append(append)

    return spoil


def unreachable(register: str, reference: str) -> Callable[[Delivery], object]:
    """A link to a disk that is not mounted stands in the place of the folder."""

    def spoil(delivery: Delivery) -> None:
        def link() -> None:
            place = delivery.folder / register / reference
            shutil.rmtree(place)
            place.symlink_to("/mnt/ikke/monteret")

        delivery.after.append(link)

    return spoil


def stray_quotes(register: str, reference: str) -> Callable[[Delivery], object]:
    """Two quotes in a column that is not read, some rows apart."""

    def spoil(delivery: Delivery) -> None:
        def quote() -> None:
            path = next((delivery.folder / register / reference).iterdir())
            names, *lines = path.read_text(encoding="utf-8").splitlines()
            versions = ["1", '"1', "1", "1", '1"', *["1"] * len(lines)]
            rows = [f"{line},{version}" for line, version in zip(lines, versions, strict=False)]
            path.write_text("\n".join([f"{names},VERSION", *rows, ""]), encoding="utf-8")

        delivery.after.append(quote)

    return spoil


FILE_FAULTS = [
    Fault("register-mangler", "akm", "2023", missing("akm", "2023")),
    Fault("statusdag-mangler", "bef", DAY_BEFORE, missing("bef", DAY_BEFORE)),
    Fault("historikaar-mangler", "liste", "2021", missing("liste", "2021")),
    Fault("kolonne-mangler", "udda", "2023", without_column("udda", "2023", "HF_KILDE"), "HF_KILDE"),
    Fault("afkortet-parquet", "ind", "2023", truncated("ind", "2023", "parquet")),
    Fault("afkortet-gzip", "of", "2022", truncated("of", "2022", "csv.gz")),
    Fault(
        "raekke-med-for-mange-felter",
        "kraf",
        "2022",
        appended("kraf", "2022", f"{SECRET}-P-x,{SECRET}-J,2022-05-05,1252000,111,{SECRET},{SECRET}\n"),
    ),
    Fault(
        "raekke-med-for-faa-felter",
        "kraf",
        "2023",
        appended("kraf", "2023", f"{SECRET}-P-x,{SECRET}-J,2023-05-05\n"),
    ),
    wrong("ukendt-koen-samtidig", "bef", DAY, "KOEN", "9", 4),
    Fault("beslutninger-der-ikke-kan-naas", "anvisningsloft", str(YEAR), unreachable("anvisningsloft", str(YEAR))),
    Fault("raekker-mellem-anfoerselstegn", "bolig", DAY, stray_quotes("bolig", DAY)),
]


def spoiled(folder: Path, faults: Iterable[Fault]) -> Path:
    delivery = Delivery(sound_world(), folder)
    for fault in faults:
        fault.spoil(delivery)
    return delivery.write()


def assert_refused(result: Result, home: Path) -> None:
    """A refusal: an exit code, no stack, no person, in the output or in what Dagster keeps of the run."""
    assert result.code != 0
    assert "Traceback" not in result.output
    assert SECRET not in result.output
    assert not re.search(r"31128\d-?4321", result.output)
    kept = {name: data for name, data in file_bytes(home).items() if "warehouse.duckdb" not in name}
    assert [name for name, data in kept.items() if SECRET.encode() in data] == []
    assert [name for name, data in kept.items() if re.search(rb"31128\d-?4321", data)] == []


@dataclass(frozen=True)
class Refusal:
    result: Result
    home: Path
    before: dict[str, bytes]


# Ten digits whose first six are no date, other lengths, and letters: none of them is a CPR number.
NO_CPR = ["3213901234", "1299901234", "3002991234", "310190-123", "010190123456", "P-010190-1234", "0101901"]


@dataclass(frozen=True)
class Sound:
    """A home with a sound edition of the year that the faulty deliveries are for, and what its run said."""

    home: Path
    result: Result


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """Sound, though it tempts: odd pseudonyms, broken older vintages, an empty list, no council decisions or migrations
    but the mark of their folders."""
    folder = tmp_path_factory.mktemp("sound")
    world = sound_world()
    for pnr in NO_CPR:
        world.person(pnr, "1980-01-01", ADRESSE_ID=f"{SECRET}-ADR-omraade-a", KOM="101")
    del world.tables["anvisningsloft", str(YEAR)]
    world.tables["liste", "2021"] = []
    snapshots = write_snapshots(world, folder / "snapshots")
    people = snapshots / "bef" / DAY
    newest = people / "2024-05-01"
    newest.mkdir()
    for path in [path for path in people.iterdir() if path.is_file()]:
        path.rename(newest / path.name)
    (people / "2024-03-18").mkdir()
    (people / "2024-03-18" / "bef.parquet").write_bytes(b"not a parquet file")
    (newest / "_COMPLETE").touch()
    for optional in (f"anvisningsloft/{YEAR}", "vnds_ind/2023"):
        (snapshots / optional).mkdir(parents=True)
        (snapshots / optional / "_COMPLETE").touch()
    result = run_list(YEAR, snapshots, folder / "home")
    assert result.code == 0, result.output[-3000:]
    return Sound(folder / "home", result)


def test_sound_delivery_warns_of_nothing_but_the_year_without_a_list(sound: Sound) -> None:
    (told,) = (line for line in sound.result.lines if "warning:" in line.lower())
    assert "previous reference: 2 (liste/2021 -100 pct., liste/2022 from none)" in told
    assert [warning.name for warning in WARNINGS if warning.found_in(sound.result)] == []


def test_pseudonyms_that_only_resemble_cpr_numbers(sound: Sound) -> None:
    residents = {row["area_id"]: row["residents"] for row in csv_table(sound.home, YEAR, "area_status")}
    assert residents == {"omraade-a": str(30 + len(NO_CPR)), "omraade-b": "30"}


def refused(folder: Path, faults: Iterable[Fault], sealed: Path | None) -> Refusal:
    home = folder / "home"
    if sealed is not None:
        shutil.copytree(sealed, home)
    before = file_bytes(home / "editions") if sealed else {}
    return Refusal(run_list(YEAR, spoiled(folder / "snapshots", faults), home), home, before)


@pytest.fixture(scope="module")
def many_values(tmp_path_factory: pytest.TempPathFactory, sound: Sound) -> Refusal:
    return refused(tmp_path_factory.mktemp("values"), VALUE_FAULTS, sound.home)


@pytest.fixture(scope="module")
def many_files(tmp_path_factory: pytest.TempPathFactory) -> Refusal:
    return refused(tmp_path_factory.mktemp("files"), FILE_FAULTS, None)


@pytest.mark.parametrize("fault", VALUE_FAULTS, ids=lambda fault: fault.name)
def test_wrong_value_is_said_among_all_others(fault: Fault, many_values: Refusal) -> None:
    lines = fault.found_in(many_values.result)
    # A parcel in two areas is also a key twice: it may be said as both.
    assert len(lines) in ({1, 2} if fault.column == "MATRIKEL" else {1}), many_values.result.output


def test_unreadable_value_is_not_warned_about_as_well(many_values: Refusal) -> None:
    """A date that cannot be read is neither an empty one nor one outside the year."""
    warnings = [line for line in many_values.result.output.splitlines() if line.startswith("Warning:")]
    assert not [line for line in warnings if "outside the year" in line or "no first day" in line]


@pytest.mark.parametrize("fault", FILE_FAULTS, ids=lambda fault: fault.name)
def test_faulty_file_is_said_among_all_others(fault: Fault, many_files: Refusal) -> None:
    assert len(fault.found_in(many_files.result)) == 1, many_files.result.output


def test_refusal_leaves_the_earlier_edition_alone(many_values: Refusal) -> None:
    assert_refused(many_values.result, many_values.home)
    assert many_values.before
    assert file_bytes(many_values.home / "editions") == many_values.before


def test_refusal_seals_nothing(many_files: Refusal) -> None:
    assert_refused(many_files.result, many_files.home)
    assert not edition(many_files.home, YEAR).exists()


ALONE = [*VALUE_FAULTS, *FILE_FAULTS]
NORMALLY_ALONE = {"cpr-uden-bindestreg"}


@pytest.mark.parametrize("fault", [f for f in ALONE if EACH or f.name in NORMALLY_ALONE], ids=lambda fault: fault.name)
def test_one_fault_alone_stops_the_run(fault: Fault, tmp_path: Path, sound: Sound) -> None:
    refusal = refused(tmp_path, [fault], sound.home)
    assert_refused(refusal.result, refusal.home)
    assert len(fault.found_in(refusal.result)) == 1, refusal.result.output
    others = [f.name for f in ALONE if f.name != fault.name and f.found_in(refusal.result)]
    same_line = {f.name for f in ALONE if f.found_in(refusal.result) == fault.found_in(refusal.result)}
    assert set(others) <= same_line
    assert file_bytes(refusal.home / "editions") == refusal.before


# --- list years that cannot be run ---


@pytest.mark.parametrize(
    ("list_year", "as_of"),
    [(2009, "2009-12-01"), (2017, "2017-12-01"), (2027, "2026-12-01"), (2099, None)],
)
def test_list_year_that_cannot_be_run(list_year: int, as_of: str | None, tmp_path: Path) -> None:
    snapshots = write_snapshots(World((2024,)), tmp_path / "snapshots")
    day = () if as_of is None else ("--as-of", as_of)
    home = tmp_path / "home"
    result = run_cli("run", "--list-year", list_year, "--snapshots", snapshots, "--home", home, *day)
    assert result.code != 0
    assert "Traceback" not in result.output
    assert len([line for line in result.lines if str(list_year) in line]) >= 1
    assert not edition(home, list_year).exists()


# --- what only warns ---


@dataclass(frozen=True)
class Warned:
    """A warning: words that its line must hold all of, and how many."""

    name: str
    count: int
    words: tuple[str, ...]

    def found_in(self, result: Result) -> list[str]:
        number = rf"(?<![\d.,/-]){self.count}(?![\d-]|[.,]\d)"
        return [
            line
            for line in dict.fromkeys(result.lines)
            if re.search(number, line) and all(re.search(word, line, re.IGNORECASE) for word in self.words)
        ]


WARNINGS = [
    Warned("ukendt-land", 21, (f"bef/{DAY}", "OPR_LAND")),
    Warned("beboer-uden-bolig", 22, (r"\bbef\b", "without a dwelling")),
    Warned("anden-kommune-end-boligen", 23, ("KOM", "dwelling")),
    Warned("bolig-uden-matrikel", 24, (r"\bbolig\b", "without a parcel")),
    Warned("ukendt-tilstand", 25, ("of/2023", "PTI_TILSTAND_KODE")),
    Warned("forloeb-uden-for-aaret", 26, ("of/2023", "outside the year")),
    Warned("forsoergelse-uden-pnr", 27, ("of/2023", "PNR")),
    Warned("forsoergelse-uden-for-bef", 28, (r"\bof\b", r"not in bef")),
    Warned("tom-tilstand", 39, ("of/2023", "PTI_TILSTAND_KODE", "empty")),
    Warned("timer-uden-for-ugen", 40, ("of/2023", "PTI_TIMER_PER_UGE", "below 0 or above")),
    Warned("tomt-land", 41, (f"bef/{DAY}", "OPR_LAND is empty")),
    Warned("tomme-timer", 29, ("of/2023", "PTI_TIMER_PER_UGE", "empty")),
    Warned("ukendt-afgoerelse", 30, ("kraf/2023", "AFG_AFGTYP3")),
    Warned("afgoerelse-uden-for-aaret", 31, ("kraf/2023", "outside the year")),
    Warned("afgoerelse-uden-pnr", 32, ("kraf/2023", "PNR")),
    Warned("afgoerelse-uden-for-bef", 33, (r"\bkraf\b", "not in bef")),
    Warned("ukendt-uddannelse", 34, ("udda/2023", "HFAUDD")),
    Warned("ukendt-kilde", 35, ("udda/2023", "HF_KILDE", "not in")),
    Warned("tom-uddannelse", 36, ("udda/2023", "HFAUDD", "empty")),
    Warned("tom-kilde", 37, ("udda/2023", "HF_KILDE", "empty")),
    Warned("tom-indkomst", 38, ("ind/2023", "PERINDKIALT_13", "empty")),
    Warned("antal-raekker-langt-fra-sidst", 4, ("row count", "5 pct")),
    Warned("omraade-uden-beboere", 3, ("area", "without resident", "tomt-omraade-0, tomt-omraade-1, tomt-omraade-2")),
    Warned(
        "ugyldig-beslutning",
        2,
        ("council decision", "municipality 101 area omraade-a", "municipality 751 no area of the list"),
    ),
    Warned("matrikel-uden-omraade", 5, ("omraade/2024", "AREA_ID is empty", "stands in no area")),
    Warned("matrikel-uden-omraadets-navn", 6, ("omraade/2024", "NAVN is empty", "name on its other parcels")),
]


def world_of_warnings() -> World:
    world = sound_world()
    world.tables["anvisningsloft", str(YEAR)] = []
    world.decided(YEAR, "101", "omraade-a")
    world.decided(YEAR, "751", "findes-ikke")
    home = {"KOM": "101", "ADRESSE_ID": f"{SECRET}-ADR-omraade-a"}

    def people(count: int, name: str, **values: str) -> list[str]:
        names = [f"{SECRET}-{name}-{n}" for n in range(count)]
        for pnr in names:
            world.person(pnr, "1980-01-01", [DAY], **(home | values))
        return names

    people(21, "land", IE_TYPE="2", OPR_LAND="5998")
    people(41, "tomt-land", IE_TYPE="2", OPR_LAND="")
    people(11, "uden-adresse", ADRESSE_ID="")
    people(11, "ukendt-adresse", ADRESSE_ID=f"{SECRET}-findes-ikke")
    people(23, "anden-kommune", KOM="147")
    everyone = people(40, "flere")
    for n in range(24):
        world.dwelling(f"{SECRET}-uden-matrikel-{n}", "101", days=[DAY])
    for n in range(3):
        world.area(f"tomt-omraade-{n}", "101")
    for n in range(5):
        world.add("omraade", YEAR, AREA_ID="", NAVN=f"Navn {n}", KOM="101", EJERLAV="99", MATRIKEL=str(n))
    for n in range(6):
        world.add("omraade", YEAR, AREA_ID="omraade-a", NAVN="", KOM="101", EJERLAV="98", MATRIKEL=str(n))
    cases: list[tuple[str, int, dict[str, str]]] = [
        ("of", 25, {"PTI_TILSTAND_KODE": "9998"}),
        ("of", 26, {"PTI_VFRA": "2021-01-01", "PTI_VTIL": "2021-12-31"}),
        ("of", 27, {"PNR": ""}),
        ("of", 28, {"PNR": f"{SECRET}-borte"}),
        ("of", 29, {"PTI_TIMER_PER_UGE": ""}),
        ("of", 39, {"PTI_TILSTAND_KODE": ""}),
        ("of", 20, {"PTI_TIMER_PER_UGE": "-0.01"}),
        ("of", 20, {"PTI_TIMER_PER_UGE": "168.01"}),
        ("of", 1, {"PTI_TIMER_PER_UGE": "168"}),
        ("kraf", 30, {"AFG_AFGTYP3": "999"}),
        ("kraf", 31, {"AFG_AFGOEDTO": "2021-05-05"}),
        ("kraf", 32, {"PNR": ""}),
        ("kraf", 33, {"PNR": f"{SECRET}-borte"}),
    ]
    for register, count, values in cases:
        plain = dict(world.tables[register, "2023"][0])
        for n in range(count):
            world.add(register, "2023", **(plain | {"PNR": everyone[n]} | values))
    schooling = [(34, "9999", "15"), (35, "4025", "77"), (36, "", "15"), (37, "4025", "")]
    for count, code, source in schooling:
        for n in range(count):
            world.add("udda", 2023, PNR=f"{SECRET}-udd-{count}-{n}", HFAUDD=code, HF_KILDE=source)
    for n in range(38):
        world.add("ind", 2023, PNR=f"{SECRET}-ind-{n}", PERINDKIALT_13="", OMFANG="1")
    return world


def test_a_reference_without_rows_and_what_is_not_read_are_told(tmp_path: Path) -> None:
    world = sound_world()
    for reference in (("of", "2023"), ("udda", "2023"), ("anvisningsloft", str(YEAR)), ("liste", "2023")):
        world.tables[reference] = []
    snapshots = write_snapshots(world, tmp_path / "snapshots")
    (snapshots / "kraf" / "2023" / "20241003").mkdir()
    copied = next((snapshots / "of" / "2022").glob("*.csv"))
    shutil.copyfile(copied, copied.with_name(f"kopi af {copied.name}"))
    result = run_list(YEAR, snapshots, tmp_path / "home")
    assert result.code == 0, result.output[-3000:]
    told = " ".join(result.lines)
    assert "References with no row at all: 2 (of/2023, udda/2023)." in told
    assert "Files and folders of deliveries that are not read: 1 (kraf/2023/20241003)." in told
    twice = f"2 (of/2022/kopi af {copied.name}, of/2022/{copied.name})"
    assert f"Files with the bytes of another file beside them: {twice}." in told


@pytest.fixture(scope="module")
def warned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = tmp_path_factory.mktemp("warnings")
    snapshots = write_snapshots(world_of_warnings(), folder / "snapshots")
    return run_list(YEAR, snapshots, folder / "home"), folder / "home"


def test_warnings_do_not_stop_a_run(warned: tuple[Result, Path]) -> None:
    result, home = warned
    assert result.code == 0, result.output[-3000:]
    assert csv_table(home, YEAR, "area_status")
    assert SECRET not in result.output


def test_an_area_named_on_some_of_its_parcels_stands_once_and_has_its_name(warned: tuple[Result, Path]) -> None:
    found = [row["area_name"] for row in csv_table(warned[1], YEAR, "area_status") if row["area_id"] == "omraade-a"]
    assert found == ["Navn omraade-a"]


@pytest.mark.parametrize("warning", WARNINGS, ids=lambda warning: warning.name)
def test_warning_is_counted(warning: Warned, warned: tuple[Result, Path]) -> None:
    assert warning.found_in(warned[0]), warned[0].output
