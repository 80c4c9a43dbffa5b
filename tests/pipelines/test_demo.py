"""The demo's snapshots: reproducible, on the contract, near the marginals, and without a real area's name."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest

from assets.contracts import AKM, LISTE, REGISTER_BY_NAME, Register
from assets.intake.deliveries import is_synthetic
from pipelines import demo
from pipelines.demo import build_country, council_decisions, write_demo
from pipelines.demo_model import plan
from tests.command import run_cli

LAW = Path(__file__).parents[2] / "law"
SMALL_POPULATION = 20_000
FULL_POPULATION = 200_000

COLUMNS = {
    "bef": "PNR FOED_DAG KOEN KOM ADRESSE_ID IE_TYPE OPR_LAND STATSB",
    "of": "PNR PTI_TILSTAND_KODE PTI_VFRA PTI_VTIL PTI_TIMER_PER_UGE",
    "kraf": "PNR JOURNR AFG_AFGOEDTO AFG_GER7 AFG_AFGTYP3",
    "udda": "PNR HFAUDD HF_KILDE",
    "ind": "PNR PERINDKIALT_13 OMFANG",
    "akm": "PNR SOCIO13",
    "bolig": "ADRESSE_ID KOM EJERLAV MATRIKEL AFDELING_ID BOLIGKATEGORI BOLIGAREAL ANTAL_VAERELSER",
    "omraade": "AREA_ID NAVN KOM EJERLAV MATRIKEL FORGAENGER",
    "liste": "AREA_ID LISTE",
    "anvisningsloft": "KOM AREA_ID BESLUTTET JOURNALNR",
    "vnds_ind": "PNR HAEND_DATO IE_TYPE OPR_LAND INDV_LAND",
    "vnds_ud": "PNR HAEND_DATO IE_TYPE OPR_LAND UDV_LAND",
}
REFERENCES = {
    "bef": {"2025-01-01", "2026-01-01"},
    "bolig": {"2025-01-01", "2026-01-01"},
    "of": {"2024", "2025"},
    "kraf": {"2024", "2025"},
    "udda": {"2025"},
    "ind": {"2025"},
    "akm": {"2025"},
    "omraade": {"2026"},
    "liste": {"2022", "2023", "2024", "2025"},
    "anvisningsloft": {"2026"},
    "vnds_ind": {"2020", "2021", "2022", "2023", "2024", "2025"},
    "vnds_ud": {"2020", "2021", "2022", "2023", "2024", "2025"},
}
LISTS = {"udsat_boligomraade", "parallelsamfund", "omdannelsesomraade", "forebyggelsesomraade"}


class Snapshots:
    """A written demo with every Parquet register as a view, named register and year: bef_2026, of_2025."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect(config={"threads": 2})
        for file in sorted(folder.glob("*/*/*.parquet")):
            name = f"{file.parts[-3]}_{file.parts[-2][:4]}"
            self.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{file}'")
        self.connection.execute("CREATE TABLE parcels (area VARCHAR, ejerlav INTEGER, matrikel VARCHAR)")
        rows = [(r["AREA_ID"], int(r["EJERLAV"]), r["MATRIKEL"].strip().lower()) for r in self.areas()]
        self.connection.executemany("INSERT INTO parcels VALUES (?, ?, ?)", rows)
        for year in (2025, 2026):
            self.connection.execute(
                f"""CREATE VIEW people_{year} AS
                SELECT b.*, p.area, {year} - 1 - year(b.FOED_DAG)
                    + (strftime(b.FOED_DAG, '%m%d') = '0101')::INTEGER AS age
                FROM bef_{year} b LEFT JOIN bolig_{year} h USING (ADRESSE_ID)
                LEFT JOIN parcels p ON p.ejerlav = h.EJERLAV AND p.matrikel = h.MATRIKEL"""
            )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def areas(self) -> list[dict[str, str]]:
        return self.csv("omraade/2026/omraade2026.csv", delimiter=";", encoding="cp1252")

    def csv(self, path: str, delimiter: str = ",", encoding: str = "utf-8") -> list[dict[str, str]]:
        with (self.folder / path).open(encoding=encoding, newline="") as file:
            return list(csv.DictReader(file, delimiter=delimiter))


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def law_codes(file: str, column: str) -> set[str]:
    with (LAW / "code_lists" / file).open(encoding="utf-8", newline="") as rows:
        return {row[column] for row in csv.DictReader(rows)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    folder = tmp_path_factory.mktemp("small") / "snapshots"
    write_demo(folder, population=SMALL_POPULATION)
    return Snapshots(folder)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    folder = tmp_path_factory.mktemp("full") / "snapshots"
    write_demo(folder, population=FULL_POPULATION)
    return Snapshots(folder)


@pytest.mark.parametrize("threads", [1, 2])
def test_same_arguments_give_the_same_bytes_on_any_number_of_threads(
    small: Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    connect: Callable[..., Any] = duckdb.connect
    monkeypatch.setattr(demo.duckdb, "connect", lambda config: connect(config={**config, "threads": threads}))
    write_demo(tmp_path / "again", population=SMALL_POPULATION)
    assert digests(tmp_path / "again") == digests(small.folder)


def test_another_seed_gives_other_people(small: Snapshots, tmp_path: Path) -> None:
    write_demo(tmp_path / "other", population=SMALL_POPULATION, seed=2)
    here, there = digests(small.folder), digests(tmp_path / "other")
    assert here.keys() == there.keys()
    same = {name for name in here if here[name] == there[name] and not name.endswith("_COMPLETE")}
    assert not {name for name in same if name.endswith(".parquet")}


def test_writing_again_into_a_demo_replaces_it(tmp_path: Path) -> None:
    write_demo(tmp_path, population=2_000, seed=1)
    first = digests(tmp_path)
    write_demo(tmp_path, population=2_000, seed=2)
    assert digests(tmp_path) != first
    write_demo(tmp_path, population=2_000, seed=1)
    assert digests(tmp_path) == first


def test_the_command_warns_of_a_demo_of_another_year_in_the_folder(tmp_path: Path) -> None:
    calls = [
        run_cli("demo", "--snapshots", tmp_path, "--list-year", year, "--population", 1_000) for year in (2024, 2026)
    ]
    assert [call.code for call in calls] == [0, 0]
    assert "Warning" not in calls[0].output
    assert f"Warning: {tmp_path} also holds bef/2023-01-01, bef/2024-01-01 of another demo" in calls[1].output


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    delivery = tmp_path / "bef" / "2026-01-01" / "BEF202512.parquet"
    delivery.parent.mkdir(parents=True)
    delivery.write_bytes(b"a delivery")
    with pytest.raises(FileExistsError, match="choose an empty folder"):
        write_demo(tmp_path)
    assert digests(tmp_path).keys() == {"bef/2026-01-01/BEF202512.parquet"}
    assert delivery.read_bytes() == b"a delivery"


def test_too_small_a_population_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least"):
        write_demo(tmp_path / "none", population=999)
    assert not (tmp_path / "none").exists()


def test_every_reference_of_the_list_year_is_there_and_complete(small: Snapshots) -> None:
    found = {
        register.name: {reference.name for reference in register.iterdir()}
        for register in small.folder.iterdir()
        if register.is_dir()
    }
    assert found == REFERENCES
    for register, references in REFERENCES.items():
        for reference in references:
            files = {path.name for path in (small.folder / register / reference).iterdir()}
            assert "_COMPLETE" in files
            assert len(files) == 2
    assert is_synthetic(small.folder)
    assert (small.folder / "bef/2026-01-01/BEF202512.parquet").exists()
    assert (small.folder / "udda/2025/UDDA202509.parquet").exists()


def test_another_list_year_moves_every_reference(tmp_path: Path) -> None:
    write_demo(tmp_path, list_year=2023, population=2_000)
    references = {str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("_COMPLETE")}
    expected = {
        "bef/2022-01-01",
        "bef/2023-01-01",
        "bolig/2022-01-01",
        "bolig/2023-01-01",
        "of/2021",
        "of/2022",
    }
    expected |= {"kraf/2021", "kraf/2022", "udda/2022", "ind/2022", "akm/2022", "omraade/2023"}
    expected |= {"anvisningsloft/2023", "liste/2019", "liste/2020", "liste/2021", "liste/2022"}
    expected |= {f"{register}/{year}" for register in ("vnds_ind", "vnds_ud") for year in range(2017, 2023)}
    assert references == expected
    old = (tmp_path / "liste/2020/liste2020.csv").read_text(encoding="utf-8")
    assert "forebyggelsesomraade" not in old


def test_every_register_of_the_contract_is_written() -> None:
    assert set(COLUMNS) == set(REGISTER_BY_NAME)


@pytest.mark.parametrize("register", sorted(COLUMNS))
def test_contract_columns_are_there(small: Snapshots, register: str) -> None:
    """In the contract's order, before the columns that are never loaded."""
    contract = COLUMNS[register].split()
    assert contract == [column.name for column in REGISTER_BY_NAME[register].columns]
    for reference in REFERENCES[register]:
        (file,) = (p for p in (small.folder / register / reference).iterdir() if p.name != "_COMPLETE")
        if file.suffix == ".parquet":
            names = [row[0] for row in small.rows(f"DESCRIBE SELECT * FROM '{file}'")]
        else:
            header = file.read_text(encoding="cp1252").splitlines()[0]
            names = re.split("[,;]", header)
        assert names[: len(contract)] == contract


def test_a_column_new_to_the_contract_must_be_invented_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo writes what the contract has: it cannot leave out a column that it has no values for."""
    for name, register in (("akm", AKM), ("liste", LISTE)):
        more = replace(register, columns=(*register.columns, replace(register.columns[0], name="NYT")))
        with monkeypatch.context() as changed:
            changed.setitem(cast(dict[str, Register], REGISTER_BY_NAME), name, more)
            with pytest.raises(KeyError, match="NYT"):
                write_demo(tmp_path / name, population=1_000)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        *(
            (f"{table}_{year}", key)
            for table, key in (("bef", "PNR"), ("bolig", "ADRESSE_ID"))
            for year in (2025, 2026)
        ),
        ("udda_2025", "PNR"),
        ("ind_2025", "PNR"),
        ("akm_2025", "PNR"),
    ],
)
def test_keys_are_filled_and_single(full: Snapshots, table: str, key: str) -> None:
    rows, keys = full.rows(f"SELECT count(*), count(DISTINCT {key}) FROM {table}")[0]
    assert rows == keys
    assert rows > 100_000


def test_no_pseudonym_looks_like_a_cpr_number(full: Snapshots) -> None:
    for table in ("bef_2025", "bef_2026", "of_2025", "kraf_2024", "udda_2025", "ind_2025", "akm_2025"):
        assert full.value(f"SELECT count(*) FROM {table} WHERE NOT regexp_full_match(PNR, '[1-9][0-9]{{11}}')") == 0
    assert full.value("SELECT count(*) FROM bolig_2026 WHERE NOT regexp_full_match(ADRESSE_ID, '[0-9]{11}')") == 0


def test_codes_that_would_stop_a_run_are_all_valid(full: Snapshots) -> None:
    municipalities = law_codes("municipalities.csv", "kom")
    for year in (2025, 2026):
        assert {row[0] for row in full.rows(f"SELECT DISTINCT KOM FROM bef_{year}")} <= municipalities
        assert {row[0] for row in full.rows(f"SELECT DISTINCT KOM FROM bolig_{year}")} <= municipalities
        assert full.value(f"SELECT count(*) FROM bef_{year} WHERE FOED_DAG > DATE '{year}-01-01'") == 0
        assert full.value(f"SELECT count(*) FROM bef_{year} WHERE KOEN NOT IN (1, 2) OR IE_TYPE NOT IN (1, 2, 3)") == 0
        kinds = {row[0] for row in full.rows(f"SELECT DISTINCT BOLIGKATEGORI FROM bolig_{year}")}
        assert kinds == {None, "familiebolig", "ungdomsbolig", "aeldrebolig"}
    assert full.value("SELECT count(*) FROM ind_2025 WHERE OMFANG NOT BETWEEN 0 AND 5 OR OMFANG IS NULL") == 0
    parcels = [(row["EJERLAV"], row["MATRIKEL"].lower()) for row in full.areas()]
    assert len(parcels) == len(set(parcels))
    names = {(row["AREA_ID"], row["NAVN"], row["KOM"]) for row in full.areas()}
    assert len(names) == len({area_id for area_id, _, _ in names}) == 60


def test_all_municipalities_and_christiansoe_have_residents(small: Snapshots) -> None:
    expected = law_codes("municipalities.csv", "kom") | {"411"}
    assert len(expected) == 99
    assert {row[0] for row in small.rows("SELECT DISTINCT KOM FROM bef_2026")} == expected


def test_relative_sizes_of_municipalities_are_true(full: Snapshots) -> None:
    found = dict(full.rows("SELECT KOM, count(*) FROM bef_2026 GROUP BY KOM"))
    assert sum(found.values()) == FULL_POPULATION
    with (plan.DATA / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            exact = int(row["people"]) * FULL_POPULATION / 6_025_603
            assert found[f"{int(row['kom']):03d}"] == pytest.approx(exact, abs=2, rel=0.001)


def test_codes_that_only_warn_are_known_but_for_a_few(full: Snapshots) -> None:
    for table, column, file, name, most in (
        ("bef_2026", "OPR_LAND", "countries.csv", "country_code", 100),
        ("of_2025", "PTI_TILSTAND_KODE", "of_states.csv", "pti_tilstand_kode", 100),
        ("udda_2025", "HF_KILDE", "hf_kilde.csv", "hf_kilde", 0),
        ("akm_2025", "SOCIO13", "socio13.csv", "socio13", 0),
    ):
        known = ", ".join(f"'{code}'" for code in law_codes(file, name))
        unknown = full.value(
            f"SELECT count(*) FROM {table} WHERE {column}::VARCHAR NOT IN ({known}) AND {column} IS NOT NULL"
        )
        assert unknown <= most, (table, column)
        assert (unknown > 0) == (most > 0), (table, column)


def test_the_usual_dirt_is_there(full: Snapshots) -> None:
    for sql in (
        "SELECT count(*) FROM bef_2026 WHERE ADRESSE_ID IS NULL",
        "SELECT count(*) FROM bolig_2026 WHERE EJERLAV IS NULL AND MATRIKEL IS NULL",
        "SELECT count(*) FROM of_2025 WHERE PNR IS NULL",
        "SELECT count(*) FROM of_2025 WHERE PNR NOT IN (SELECT PNR FROM bef_2026)",
        "SELECT count(*) FROM of_2025 WHERE PTI_TIMER_PER_UGE IS NULL",
        "SELECT count(*) FROM of_2025 WHERE PTI_VFRA > DATE '2025-12-31'",
        "SELECT count(*) FROM of_2025 WHERE PTI_VTIL IS NULL",
        "SELECT count(*) FROM kraf_2025 WHERE PNR IS NULL",
        "SELECT count(*) FROM kraf_2025 WHERE PNR NOT IN (SELECT PNR FROM bef_2026)",
        "SELECT count(*) FROM kraf_2025 WHERE year(AFG_AFGOEDTO) <> 2025",
        "SELECT count(*) - count(DISTINCT JOURNR) FROM kraf_2025",
        "SELECT count(*) FROM (SELECT PNR FROM kraf_2025 GROUP BY PNR HAVING count(*) > 2)",
        "SELECT count(*) FROM kraf_2025 WHERE AFG_AFGTYP3 < 200 AND AFG_GER7 LIKE '2%'",
        "SELECT count(*) FROM kraf_2025 WHERE AFG_AFGTYP3 >= 200 AND AFG_GER7 LIKE '1%'",
        "SELECT count(*) FROM udda_2025 WHERE HFAUDD IS NULL OR HF_KILDE IS NULL",
        "SELECT count(*) FROM udda_2025 WHERE HF_KILDE IN (3, 9, 10, 17, 18)",
        "SELECT count(*) FROM udda_2025 WHERE length(HFAUDD) < 4",
        "SELECT count(*) FROM ind_2025 WHERE PERINDKIALT_13 < 0",
        "SELECT count(*) FROM ind_2025 WHERE PERINDKIALT_13 IS NULL",
    ):
        assert full.value(sql) > 0, sql
    assert any(row["MATRIKEL"] != row["MATRIKEL"].lower() for row in full.areas())


def test_a_year_passes_between_the_two_days(full: Snapshots) -> None:
    later, earlier = full.value("SELECT count(*) FROM bef_2026"), full.value("SELECT count(*) FROM bef_2025")
    assert 0.98 < earlier / later < 1
    stayed = full.value("SELECT count(*) FROM bef_2025 JOIN bef_2026 USING (PNR)")
    assert 0.96 < stayed / earlier < 0.99
    moved = full.value(
        "SELECT avg((a.ADRESSE_ID <> b.ADRESSE_ID)::INTEGER) FROM bef_2025 a JOIN bef_2026 b USING (PNR)"
    )
    assert 0.05 < moved < 0.15
    assert full.value("SELECT count(*) FROM people_2026 WHERE age = 0") > 0
    newborn_before = "SELECT count(*) FROM people_2026 WHERE age = 0 AND PNR IN (SELECT PNR FROM bef_2025)"
    assert full.value(newborn_before) == 0
    for year in (2025, 2026):
        lost = f"SELECT count(*) FROM bef_{year} WHERE ADRESSE_ID NOT IN (SELECT ADRESSE_ID FROM bolig_{year})"
        assert full.value(lost) == 0


def test_ages_are_near_the_marginals(full: Snapshots) -> None:
    figures = plan.marginals()
    for name, low, high in (
        ("0_5", 0, 5), ("6_16", 6, 16), ("17_19", 17, 19), ("20_34", 20, 34), ("35_64", 35, 64),
        ("65_79", 65, 79), ("80_plus", 80, 120),
    ):  # fmt: skip
        found = full.value(f"SELECT count(*) FROM people_2026 WHERE age BETWEEN {low} AND {high}") / FULL_POPULATION
        assert found == pytest.approx(figures[f"age_{name}"] / figures["population"], rel=0.3), name


def test_national_figures_are_near_the_marginals(full: Snapshots) -> None:
    """Non-western and almene shares lie higher here: 60 areas are three tenths of so small a country."""
    figures = plan.marginals()
    with (LAW / "code_lists" / "countries.csv").open(encoding="utf-8", newline="") as file:
        groups = {row["country_code"]: row for row in csv.DictReader(file)}
    western = ", ".join(code for code, row in groups.items() if row["country_group"] == "vestlig")
    menapt = ", ".join(code for code, row in groups.items() if row["menapt"] == "1")
    other = f"IE_TYPE IN (2, 3) AND OPR_LAND NOT IN ({western})"
    share = "SELECT avg(({})::INTEGER) * 100 FROM {}".format
    assert figures["origin_non_western"] <= full.value(share(other, "bef_2026")) < 12
    assert full.value(share(f"IE_TYPE IN (2, 3) AND OPR_LAND IN ({western})", "bef_2026")) == pytest.approx(
        figures["origin_western"], abs=0.5
    )
    assert full.value(share(f"OPR_LAND IN ({menapt})", f"bef_2026 WHERE {other}")) == pytest.approx(
        figures["origin_menapt_of_non_western"], abs=4
    )
    occupied = "bolig_2026 WHERE ADRESSE_ID IN (SELECT ADRESSE_ID FROM bef_2026)"
    assert 18 < full.value(share("BOLIGKATEGORI IS NOT NULL", occupied)) < 28
    assert full.value(share("BOLIGKATEGORI = 'familiebolig'", "bolig_2026 WHERE BOLIGKATEGORI IS NOT NULL")) == (
        pytest.approx(figures["almene_family"], abs=5)
    )
    size = "SELECT count(*) / count(DISTINCT ADRESSE_ID) FROM bef_2026 JOIN bolig_2026 USING (ADRESSE_ID)"
    everyone, almene = full.value(size), full.value(f"{size} WHERE BOLIGKATEGORI IS NOT NULL")
    assert everyone == pytest.approx(2.09, abs=0.05)
    assert almene < everyone - 0.2
    homes = full.value("SELECT count(*) / count(DISTINCT AFDELING_ID) FROM bolig_2026 WHERE AFDELING_ID IS NOT NULL")
    assert homes == pytest.approx(figures["homes_per_department"], rel=0.15)


def test_convictions_and_incomes_are_near_the_marginals(full: Snapshots) -> None:
    figures = plan.marginals()
    for year in (2024, 2025):
        adults = f"people_{year + 1} WHERE age >= 18"
        guilty = full.value(
            f"""SELECT count(*) FROM {adults} AND PNR IN (SELECT PNR FROM kraf_{year} WHERE AFG_AFGTYP3 < 200
            AND year(AFG_AFGOEDTO) = {year} AND regexp_matches(AFG_GER7, '^(1|32|34)'))"""
        )
        assert guilty / full.value(f"SELECT count(*) FROM {adults}") * 100 == pytest.approx(
            figures["convicted_of_adults"], abs=0.005
        )
    in_nordjylland = "KOM IN ('773', '787', '810', '813', '820', '825', '840', '846', '849', '851', '860')"
    mean = full.value(
        f"""SELECT avg(PERINDKIALT_13::DOUBLE) FROM people_2026
        JOIN ind_2025 USING (PNR) JOIN akm_2025 USING (PNR)
        WHERE {in_nordjylland} AND age BETWEEN 15 AND 64 AND OMFANG = 1 AND SOCIO13 <> 310"""
    )
    assert mean == pytest.approx(figures["income_81"], rel=0.005)


def test_areas_have_the_planned_residents_origin_and_convictions(full: Snapshots) -> None:
    country = build_country(2026, FULL_POPULATION, 1)
    residents = dict(full.rows("SELECT area, count(*) FROM people_2026 WHERE area IS NOT NULL GROUP BY area"))
    assert residents == {area.area_id: area.residents for area in country.areas}
    with (LAW / "code_lists" / "countries.csv").open(encoding="utf-8", newline="") as file:
        western = ", ".join(r["country_code"] for r in csv.DictReader(file) if r["country_group"] != "ikke-vestlig")
    non_western = dict(
        full.rows(
            f"""SELECT area, avg((IE_TYPE IN (2, 3) AND OPR_LAND NOT IN ({western}))::INTEGER)
            FROM people_2026 GROUP BY area"""
        )
    )
    for area in country.areas:
        assert non_western[area.area_id] == pytest.approx(area.non_western, abs=0.012), area.kind
    departments = full.rows(
        """SELECT p.area, count(DISTINCT h.AFDELING_ID), count(DISTINCT p.ejerlav || p.matrikel)
        FROM parcels p JOIN bolig_2026 h ON p.ejerlav = h.EJERLAV AND p.matrikel = h.MATRIKEL
        GROUP BY p.area"""
    )
    assert sum(several > 1 for _, several, _ in departments) > 45
    assert min(parcels for _, _, parcels in departments) > 1


def test_areas_span_every_status_at_the_full_sizes() -> None:
    for population, least, most in ((FULL_POPULATION, 60, 60), (6_000_000, 75, 80)):
        areas = plan.areas(plan.municipalities(population), demo.Draws(1))
        assert least <= len(areas) <= most
        kinds = [area.kind for area in areas]
        for kind in (plan.PARALLEL, plan.UDSAT, plan.SMALL, plan.MILD, plan.WESTERN):
            assert kinds.count(plan.PREVENT) > kinds.count(kind) >= 3
        listed = [area.residents for area in areas if area.kind in plan.LISTED]
        assert 1000 == min(listed) <= max(listed) <= 7000
        assert max(area.residents for area in areas if area.kind == plan.SMALL) == 999
        assert sum(area.predecessor is not None for area in areas) == 1
        unbroken = {len(area.parallel_years) for area in areas if area.kind == plan.PARALLEL}
        assert unbroken == {0, 1, 2, 3, 4}
        assert len({area.name for area in areas}) == len({area.area_id for area in areas}) == len(areas)


def test_a_small_demo_has_a_handful_of_areas(small: Snapshots) -> None:
    sizes = [row[0] for row in small.rows("SELECT count(*) FROM people_2026 WHERE area IS NOT NULL GROUP BY area")]
    assert 3 <= len(sizes) <= 10
    assert sum(size >= 1000 for size in sizes) >= 3


def test_earlier_lists_are_consistent(full: Snapshots) -> None:
    on: dict[int, dict[str, set[str]]] = {}
    for year in range(2022, 2026):
        rows = full.csv(f"liste/{year}/liste{year}.csv")
        assert {row["LISTE"] for row in rows} <= LISTS
        assert len({(row["AREA_ID"], row["LISTE"]) for row in rows}) == len(rows)
        on[year] = {}
        for row in rows:
            on[year].setdefault(row["AREA_ID"], set()).add(row["LISTE"])
    for year, areas in on.items():
        for area, lists in areas.items():
            if lists & {"parallelsamfund", "omdannelsesomraade"}:
                assert "udsat_boligomraade" in lists, (year, area)
            assert not {"udsat_boligomraade", "forebyggelsesomraade"} <= lists, (year, area)
            if "omdannelsesomraade" in lists:
                earlier = [on[k].get(area, set()) for k in range(2022, year)]
                assert all(past & {"parallelsamfund", "omdannelsesomraade"} for past in earlier), (year, area)


def test_councils_above_the_cap_decided_or_did_not(full: Snapshots) -> None:
    country = build_country(2026, FULL_POPULATION, 1)
    written = {(int(row["KOM"]), row["AREA_ID"]) for row in full.csv("anvisningsloft/2026/anvisningsloft2026.csv")}
    assert written == set(council_decisions(country))
    kind = {area.area_id: area.kind for area in country.areas}
    kom = {area.area_id: area.kom for area in country.areas}
    assert all(kom[area] == council for council, area in written)
    homes: dict[int, list[int]] = {}
    for council, area, count in full.rows(
        """SELECT h.KOM::INTEGER, p.area, count(*) FROM bolig_2026 h
        LEFT JOIN parcels p ON p.ejerlav = h.EJERLAV AND p.matrikel = h.MATRIKEL
        WHERE BOLIGKATEGORI = 'familiebolig' GROUP BY ALL"""
    ):
        everything, covered, exempted = homes.setdefault(council, [0, 0, 0])
        everything += count
        covered += count if kind.get(area) in plan.LISTED else 0
        exempted += count if (council, area) in written and kind[area] == plan.PREVENT else 0
        homes[council] = [everything, covered, exempted]
    above = {council: row for council, row in homes.items() if 100 * row[1] > 30 * row[0]}
    valid = [council for council, (n, covered, e) in above.items() if e and 100 * (covered - e) <= 30 * n]
    preventive = {area.kom for area in country.areas if area.kind == plan.PREVENT}
    undecided = [council for council, row in above.items() if not row[2] and council in preventive]
    assert len(valid) >= 1
    assert len(undecided) == 1
    assert [area for _, area in written if kind[area] != plan.PREVENT]


def test_no_demo_name_is_a_real_areas_name() -> None:
    with (LAW / "published_lists" / "membership.csv").open(encoding="utf-8", newline="") as file:
        real = {part.strip().lower() for row in csv.DictReader(file) for part in re.split("[/,()]", row["area"])}
    invented = {(stem + suffix).lower() for stem in plan._STEMS for suffix in plan._SUFFIXES}
    assert len(real) > 40
    assert len(invented) == len(plan._STEMS) * len(plan._SUFFIXES) >= 80
    assert not {name for name in invented if any(name in area or area in name for area in real if area)}


def test_the_demos_countries_are_drawn_from_their_groups() -> None:
    with (LAW / "code_lists" / "countries.csv").open(encoding="utf-8", newline="") as file:
        law = {row["country_code"]: row for row in csv.DictReader(file)}
    with (plan.DATA / "countries.csv").open(encoding="utf-8", newline="") as file:
        drawn = list(csv.DictReader(file))
    assert len(drawn) > 50
    for row in drawn:
        group = law[row["country_code"]]
        assert (group["country_group"] == "vestlig") == (row["draw"] == "western"), row["name_da"]
        assert (group["menapt"] == "1") == (row["draw"] == "menapt"), row["name_da"]


def test_progress_names_each_register(tmp_path: Path) -> None:
    told: list[str] = []
    write_demo(tmp_path, population=1_000, progress=told.append)
    assert told[0] == "population"
    assert {line.split()[0] for line in told[1:]} == set(COLUMNS)
