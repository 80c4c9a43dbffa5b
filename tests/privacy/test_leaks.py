"""The leak test: marked persons, addresses and values, every check and step broken, then everything searched.

Belongs here: what may stand nowhere but in the register tables of the warehouse. Does not belong here: whether a
fault is found and counted (tests.test_bad_input).
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets import warehouse
from tests.command import ROOT, Result, run_list
from tests.populations import Style, World, write_snapshots

YEAR = 2024
EACH = os.environ.get("BOLIGOMRAADER_TEST_FAULTS") == "each"
MARK = "HEMMELIG-Ø'ark"
MARKS = (
    MARK,
    "90071992540991",  # begins every key of digits
    "73111977",  # income
    "98765.43",  # dwelling area
    "1907-07-07",  # birth date
    "3112071977",  # looks like a CPR number
)
FORBIDDEN = re.compile(b"|".join(re.escape(mark.encode()) for mark in ("HEMMELIG", *MARKS[1:])))


def marked_world(faulty: bool) -> World:
    """Two areas of marked persons; `faulty` breaks every kind of rule with marked values."""
    world = World((YEAR,))
    for first, name, kom in ((0, "omraade-a", "101"), (500, "omraade-b", "751")):
        area = world.area(name, kom)
        address = world.dwelling(f"{MARK}-adresse-{name}", kom, area.parcels[0], "familiebolig")
        for n in range(12):
            pnr = f"90071992540991{first + n:03d}" if n % 2 else f"{MARK}-{name}-{n}"
            person = area.person(pnr, "1907-07-07" if n == 3 else "1980-02-03", ADRESSE_ID=address)
            person.educated().earning("73111977" if n == 3 else "200000").on_benefit(2022).on_benefit(2023)
            person.sentenced(2022, case=f"{MARK}-sag").sentenced(2023, case=f"{MARK}-sag")
    for rows in (rows for (register, _), rows in world.tables.items() if register == "bolig"):
        for row in rows:
            row["AFDELING_ID"], row["BOLIGAREAL"] = f"{MARK}-afdeling", "98765.43"
    for year in range(YEAR - 4, YEAR):
        world.listed(year, "omraade-a", "parallelsamfund")
    if faulty:
        _break_rules(world)
    return world


def _break_rules(world: World) -> None:
    """Wrong values, doubled and empty keys in every register of persons and dwellings."""
    for (register, _), rows in world.tables.items():
        if register in ("omraade", "liste", "anvisningsloft") or len(rows) < 8:
            continue
        rows.append(dict(rows[0]))
        columns = [name for name in rows[0] if name not in ("PNR", "ADRESSE_ID", "JOURNR")]
        for n, column in enumerate(columns):
            rows[n % len(rows)] = rows[n % len(rows)] | {column: f"{MARK}-{column}"}
        if "PNR" in rows[0]:
            rows[-2] = rows[-2] | {"PNR": ""}
            rows[-3] = rows[-3] | {"PNR": "3112071977"}


def leaks(home: Path, snapshots: Path) -> list[str]:
    """Files below the home, the warehouse aside, that hold a marked value."""
    found = []
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("warehouse.duckdb"):
            data = path.read_bytes()
            data += gzip.decompress(data) if data[:2] == b"\x1f\x8b" else b""
            if FORBIDDEN.search(data) or FORBIDDEN.search(path.name.encode()):
                found.append(str(path.relative_to(home)))
    assert snapshots.exists()
    return found


def leaking_tables(home: Path) -> list[str]:
    """Tables of the warehouse outside schema received, and its bookkeeping, that hold a marked value."""
    keeping = ("snapshots", "files", "deliveries", "vintages", "validations", "counts")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return [
            f"{schema}.{table}"
            for schema, table in tables
            if (schema != "received" or table in keeping)
            and FORBIDDEN.search(repr(con.execute(f'SELECT * FROM {schema}."{table}"').fetchall()).encode())
        ]


def assert_no_leak(result: Result | None, home: Path, snapshots: Path) -> None:
    if result is not None:
        assert "Traceback" not in result.output
        assert not FORBIDDEN.search(result.output.encode()), FORBIDDEN.findall(result.output.encode())
    assert leaks(home, snapshots) == []
    assert leaking_tables(home) == []


@pytest.fixture(scope="module")
def marked_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A sealed home of marked persons, and its snapshots."""
    folder = tmp_path_factory.mktemp("marked")
    snapshots = write_snapshots(marked_world(False), folder / "snapshots")
    result = run_list(YEAR, snapshots, folder / "home")
    assert result.code == 0, result.output[-2000:]
    return folder / "home", snapshots


def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    for n, mark in enumerate(MARKS):
        (tmp_path / f"{n}.log").write_text(f"row: {mark}")
    (tmp_path / "packed.gz").write_bytes(gzip.compress(MARK.encode()))
    (tmp_path / "ascii.json").write_text(ascii({"pnr": MARK}))
    assert len(leaks(tmp_path, tmp_path)) == len(MARKS) + 2


def test_a_sound_run_leaks_nothing(marked_home: tuple[Path, Path]) -> None:
    home, snapshots = marked_home
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM registers.bef").fetchall()[0][0] > 0
        assert FORBIDDEN.search(repr(con.execute("SELECT pseudonym FROM received.pseudonyms").fetchall()).encode())
    assert_no_leak(None, home, snapshots)


def test_broken_checks_and_files_leak_nothing(tmp_path: Path) -> None:
    """Registers of two years come with every rule broken in the one and a broken file in the other."""
    styles = {"ind": Style(suffix="parquet", extra=True), "bolig": Style(suffix="csv.gz", encoding="cp1252")}
    snapshots = write_snapshots(marked_world(True), tmp_path / "snapshots", lambda name, *_: styles.get(name, Style()))
    for path in [*snapshots.glob("*/2022/*.csv"), *snapshots.glob(f"*/{YEAR - 1}-01-01/*.csv")]:
        path.write_bytes(path.read_bytes() + f'{MARK},"3112071977,{MARK}\n'.encode())
    result = run_list(YEAR, snapshots, tmp_path / "home")
    assert result.code != 0
    assert "the file is broken at line" in result.output
    assert sum("cannot be read as" in line for line in result.lines) >= 5
    assert_no_leak(result, tmp_path / "home", snapshots)


# --- every step broken ---


class BrokenConnection:
    """A connection that works `good` times and then raises an error that quotes a person."""

    def __init__(self, con: duckdb.DuckDBPyConnection, good: int, error: Exception) -> None:
        self._con, self._left, self._error = con, good, error

    def execute(self, *args: Any, **more: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise self._error
        return self._con.execute(*args, **more)

    def cursor(self) -> BrokenConnection:
        """What a thread beside the step works on breaks too."""
        return BrokenConnection(self._con.cursor(), self._left, self._error)

    def __enter__(self) -> BrokenConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def _errors() -> list[Exception]:
    quoted = f"{MARK}, 90071992540991001, 73111977, born 1907-07-07"
    return [
        duckdb.ConversionException(f"Conversion Error: Could not convert string '{quoted}' to INT32"),
        KeyError(quoted),
        TypeError(f"unsupported operand for {quoted}"),
        AssertionError(quoted),
    ]


def _nodes() -> list[str]:
    from pipelines.definitions import defs

    return sorted(node.name for node in defs.resolve_job_def("annual_list").graph.nodes)


def test_every_step_broken_leaks_nothing(
    marked_home: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each asset and each set of checks raises an error that quotes a person: at once; each error there is, and in the
    midst of the step too, where every fault is asked for."""
    from dagster import DagsterInstance

    from pipelines.definitions import defs

    home, snapshots = marked_home
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    job = defs.resolve_job_def("annual_list")
    settings = {"home": str(home), "snapshots": str(snapshots), "as_of": f"{YEAR}-12-01"}
    run_config = {"resources": {"run": {"config": settings}}}
    real = warehouse.connect
    failed = set()
    nodes = _nodes()
    with DagsterInstance.get() as instance:
        for node in nodes:
            for good, error in _injections(node):
                monkeypatch.setattr(warehouse, "connect", _broken(real, good, error))
                result = job.execute_in_process(
                    run_config=run_config,
                    partition_key=str(YEAR),
                    instance=instance,
                    op_selection=[node],
                    raise_on_error=False,
                )
                failed |= set() if result.success else {node}
        monkeypatch.setattr(warehouse, "connect", real)
        _turn_codes_into_marks(home)
        for node in ("received", "areas_tables", "criteria_tables"):
            job.execute_in_process(
                run_config=run_config,
                partition_key=str(YEAR),
                instance=instance,
                op_selection=[node],
                raise_on_error=False,
            )
    assert set(nodes) - {"law_parameters_checks"} <= failed  # it opens no database
    said = capfd.readouterr()
    assert not FORBIDDEN.search((said.out + said.err).encode())
    assert_no_leak(None, home, snapshots)


def _turn_codes_into_marks(home: Path) -> None:
    """Codes in the stored tables become marked text, so that DuckDB's own messages quote them."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute("DELETE FROM received.validations")
        for (table,) in con.execute("SELECT table_name FROM received.snapshots WHERE register = 'bef'").fetchall():
            con.execute(f'ALTER TABLE received."{table}" ALTER kom TYPE VARCHAR')
            con.execute(f'UPDATE received."{table}" SET kom = ?', [f"{MARK}-kommune"])


def _injections(node: str) -> Iterator[tuple[int, Exception]]:
    errors = _errors()
    if EACH:
        yield from ((good, error) for good in (0, 1, 2, 4, 7) for error in errors)
    else:
        yield 0, errors[len(node) % len(errors)]


def _broken(real: Any, good: int, error: Exception) -> Any:
    @contextmanager
    def connect(path: Path, scratch: Path, read_only: bool = False) -> Iterator[Any]:
        with real(path, scratch, read_only) as con:
            yield BrokenConnection(con, good, error)

    return connect


def test_only_contract_columns_are_stored_and_decisions_are_shrunk(marked_home: tuple[Path, Path]) -> None:
    with duckdb.connect(str(marked_home[0] / "warehouse.duckdb"), read_only=True) as con:
        columns = con.execute("DESCRIBE registers.kraf").fetchall()
        assert [row[0] for row in columns] == ["list_year", "reference_year", "pnr", "offence_class", "sanction_class"]
        stored = {row[0] for row in con.execute("SELECT DISTINCT column_name FROM duckdb_columns()").fetchall()}
    assert not stored & {"journr", "afg_afgoedto", "afg_ger7", "afg_afgtyp3", "cprtjek"}


def test_home_is_the_owners_alone(marked_home: tuple[Path, Path]) -> None:
    home = marked_home[0]
    modes = {str(path.relative_to(home)): oct(path.lstat().st_mode & 0o077) for path in [home, *home.rglob("*")]}
    assert {name: mode for name, mode in modes.items() if mode != "0o0"} == {}


def test_sources_never_print_rows() -> None:
    """No module of the product prints a fetched row: prints go through the command alone."""
    wrong = [
        str(path)
        for folder in ("assets", "law")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*print\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert wrong == []
