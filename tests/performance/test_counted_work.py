"""How much work a run does, counted and not timed: a pass more over a register fails here, on any machine.

Belongs here: files opened, statements, passes over registers, rows scanned, each with a limit that follows from the
registers, rules and tables there are. Does not belong here: seconds (`make bench`), and what comes out of the work.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assets import derivation, warehouse
from assets.contracts import REGISTER_BY_NAME, Kind
from assets.intake import validation
from assets.law_tables import set_law_variables
from law.loader import statistics_law
from pipelines.home import Home
from tests.command import ROOT
from tests.populations import Style, random_world, write_snapshots

YEAR = 2026
TYPED = Style(suffix="parquet", numeric=True)

OF_SNAPSHOT = "INNER JOIN received.snapshots USING (content_sha256) WHERE table_name = '{}'"

PASSES = {
    "bef_20260101": 7,
    "bef_20250101": 3,
    "bolig_20260101": 6,
    "bolig_20250101": 2,
    "of_2025": 1,
    "of_2024": 1,
    "kraf_2025": 2,
    "kraf_2024": 2,
    "udda_2025": 1,
    "ind_2025": 2,
    "akm_2025": 2,
}
"""How often the derivation of an edition reads each snapshot of persons and dwellings from its first row to its last.

The newest population is read for residents, support, convictions in areas and in the country, education, and income in
areas and in regions. Make it fewer and lower the number here; more needs a reason.
"""

STATEMENTS_TO_STORE = 40
STATEMENTS_TO_JUDGE = 50
STATEMENTS_PER_LAYER = 30
STATEMENTS_PER_TABLE = 15
STATEMENTS_PER_REGISTER = 6
STATEMENTS_PER_LAW_TABLE = 10
STATEMENTS_TO_SEAL = 170
STATEMENTS_AROUND = 70
METADATA_LOOKS = 3
METADATA_LOOKS_AGAIN = 2
DATABASES = 4
"""SQLite files of a Dagster instance in one run: runs, the index of events, the events of the run, schedules."""


@dataclass
class Counted:
    """One call of the command: statements with the step that sent them, files and databases opened."""

    statements: list[tuple[str, str]]
    opened: dict[str, int]
    sqlite_opened: int

    def of_steps(self, pattern: str) -> list[str]:
        return [statement for step, statement in self.statements if re.fullmatch(pattern, step)]


@dataclass
class Work:
    """Two calls on the same snapshots in one home: the second finds nothing changed."""

    home: Home
    snapshots: Path
    first: Counted
    again: Counted

    @property
    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.snapshots)) for path in self.snapshots.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("counted")
    snapshots = write_snapshots(random_world(11, YEAR, large=2), folder / "snapshots", lambda *_: TYPED)
    out, home = folder / "counts.json", folder / "home"
    command = [sys.executable, "-m", "tests.performance.counted", out, snapshots, home, YEAR, 2]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    first, again = (Counted(**count) for count in json.loads(out.read_text(encoding="utf-8")))
    return Work(Home(home), snapshots, first, again)


@pytest.fixture(scope="module")
def stored(work: Work) -> dict[str, int]:
    """Rows of every stored snapshot by the name of its table."""
    with warehouse.connect(work.home.warehouse, work.home.scratch) as con:
        return dict(con.execute("SELECT table_name, rows FROM received.snapshots").fetchall())


def _without_hash(table: str) -> str:
    return table.rsplit("_", 1)[0]


def _register(table: str) -> str:
    return table.rsplit("_", 2)[0]


# --- reading files ---


@pytest.fixture(scope="module")
def out_of_place(work: Work, stored: dict[str, int]) -> set[str]:
    """Files in which intake met a cell that it refuses or a key of other than digits, where rows are kept as they come:
    these are read a second time."""
    found = set()
    with warehouse.connect(work.home.warehouse, work.home.scratch) as con:
        for table in stored:
            register = REGISTER_BY_NAME[_register(table)]
            keys = [column.stored for column in register.columns if column.kind is Kind.PSEUDONYM]
            numbered = " + ".join(["0", *(f"count(*) FILTER ({key} < 0)" for key in keys)])
            refused = "SELECT coalesce(sum(counts.rows), 0) FROM received.counts AS counts " + OF_SNAPSHOT.format(table)
            refused += " AND (measure LIKE 'types:%' OR measure = 'cpr')"
            odd = con.execute(f'SELECT ({numbered}) + ({refused}) FROM received."{table}"').fetchall()[0][0]
            if odd and not register.in_year:
                query = "SELECT files.file_name FROM received.files AS files " + OF_SNAPSHOT.format(table)
                found |= {row[0] for row in con.execute(query).fetchall()}
    return {name for name in work.files if Path(name).name in found}


def test_each_file_is_read_once_for_its_hash_and_once_for_its_rows(work: Work, out_of_place: set[str]) -> None:
    assert work.first.opened == dict.fromkeys(work.files, 1)
    for name in work.files:
        naming = [statement for _, statement in work.first.statements if name in statement]
        reading = [statement for statement in naming if statement.startswith("INSERT INTO received.")]
        assert 1 <= len(reading) <= (2 if name in out_of_place else 1), name
        others = [statement for statement in naming if statement not in reading]
        assert len(others) <= METADATA_LOOKS + (METADATA_LOOKS_AGAIN if name in out_of_place else 0), name
        assert all("parquet_schema(" in statement or statement.startswith("DESCRIBE ") for statement in others), name


def test_a_second_run_hashes_the_files_and_reads_no_row_of_them(work: Work) -> None:
    assert work.again.opened == dict.fromkeys(work.files, 1)
    for name in work.files:
        assert not [statement for _, statement in work.again.statements if name in statement], name


# --- judging rows ---


def _passes_of_checks(counted: Counted, table: str) -> list[str]:
    """Statements of the checks that read a snapshot's rows, alone or with the others of its register."""
    reading = re.compile(rf'FROM\s+(received\.)?"?{table}"?\b')
    among_them = False
    found = []
    for statement in counted.of_steps("received"):
        if statement.startswith("CREATE TEMP VIEW together"):
            among_them = bool(reading.search(statement))
        elif "LIMIT " not in statement and (reading.search(statement) or (among_them and "FROM together" in statement)):
            found.append(statement)
    return found


def test_a_snapshot_is_judged_in_one_pass_and_one_for_each_query_that_rules_need(
    work: Work, stored: dict[str, int]
) -> None:
    with warehouse.connect(work.home.warehouse, work.home.scratch) as con:
        broken = Counter(
            {
                str(table): int(count)
                for table, count in con.execute(
                    """
                    SELECT snapshots.table_name, count(*)
                    FROM received.validations AS validations
                    INNER JOIN received.snapshots AS snapshots USING (content_sha256)
                    WHERE validations.failing_rows > 0
                    GROUP BY ALL
                    """
                ).fetchall()
            }
        )
    for table in stored:
        register = REGISTER_BY_NAME[_register(table)]
        rules = validation.rules(register)
        queries = len({rule.count_sql for rule in rules if rule.count_sql}) + sum(bool(rule.once) for rule in rules)
        # a key of several columns takes two: its rows, and those of each value
        own = queries + min(len(register.key), 2)
        # the rows counted, the sums of all expectations together; both again, and each broken rule, where one is broken
        limit = 2 + own + (2 + broken[table] if broken[table] else 0)
        passes = _passes_of_checks(work.first, table)
        assert len(passes) <= limit, (_without_hash(table), passes)


def test_a_second_run_judges_no_row(work: Work, stored: dict[str, int]) -> None:
    assert [table for table in stored if _passes_of_checks(work.again, table)] == []


# --- deriving ---


def _scans(plan: dict[str, Any]) -> list[tuple[str, int]]:
    """Table and rows of every scan in a profile of DuckDB."""
    table = str(plan.get("extra_info", {}).get("Table", "")).split(".")[-1].strip('"')
    own = [(table, int(plan["rows_scanned"]))] if table and "rows_scanned" in plan else []
    return own + [scan for child in plan.get("children", []) for scan in _scans(child)]


@pytest.fixture(scope="module")
def scans(work: Work) -> dict[str, list[tuple[str, int]]]:
    """Per derived table of an edition: the scans of its SQL, as DuckDB's profiler counted them."""
    found = {}
    with warehouse.connect(work.home.warehouse, work.home.scratch) as con:
        derivation.prepare_session(con)
        set_law_variables(con, statistics_law().for_list_year(YEAR), YEAR)
        for derived in derivation.upstream_of(derivation.PUBLISHED):
            if derived.kind != "view":
                rows = con.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {derived.sql}").fetchall()
                profile = json.loads(rows[0][1])
                found[derived.table] = [scan for operator in profile["operator"] for scan in _scans(operator)]
    return found


def test_no_table_reads_a_snapshot_twice(scans: dict[str, list[tuple[str, int]]], stored: dict[str, int]) -> None:
    for derived, found in scans.items():
        times = Counter(table for table, _ in found if table in stored)
        assert [_without_hash(table) for table, count in times.items() if count > 1] == [], derived


def test_passes_over_the_registers_are_the_ones_known(
    scans: dict[str, list[tuple[str, int]]], stored: dict[str, int]
) -> None:
    times = Counter(_without_hash(table) for found in scans.values() for table, _ in found if table in stored)
    assert {name: times[name] for name in PASSES} == PASSES


def test_rows_scanned_are_the_rows_of_those_passes(
    scans: dict[str, list[tuple[str, int]]], stored: dict[str, int]
) -> None:
    scanned = sum(rows for found in scans.values() for table, rows in found if _without_hash(table) in PASSES)
    limit = sum(PASSES.get(_without_hash(table), 0) * rows for table, rows in stored.items())
    assert 0 < scanned <= limit


def test_a_second_run_derives_no_table_again(work: Work) -> None:
    def deriving(counted: Counted) -> list[str]:
        return [s for s in counted.of_steps(".*_tables") if s.startswith("CREATE OR REPLACE TEMP TABLE")]

    assert len(deriving(work.first)) == sum(derived.kind != "view" for derived in derivation.TABLES)
    assert deriving(work.again) == []


def test_a_second_run_counts_nothing_over_the_registers_again(work: Work) -> None:
    def counting(counted: Counted) -> list[str]:
        sent = counted.of_steps("cross_register_checks|areas_tables")
        over = re.compile(r"FROM (registers\.(bef|bolig|of|kraf)|areas\.area_\w+)\b")
        return [s for s in sent if over.search(s) and not s.startswith("CREATE OR REPLACE VIEW")]

    assert len(counting(work.first)) == 4 * 2 + 2  # four checks on two status days, two views
    assert counting(work.again) == []


# --- what stands around it ---


def _limit(stored: dict[str, int]) -> int:
    """Statements that a run may send: so many per snapshot, rule, register, table, layer, and once."""
    rules = sum(len(validation.rules(REGISTER_BY_NAME[_register(table)])) for table in stored)
    measures = sum(len(REGISTER_BY_NAME[_register(table)].columns) + 5 for table in stored)
    layers = len({derived.schema for derived in derivation.TABLES})
    law_tables = {read for table in (*derivation.TABLES, *derivation.REPORT) for read in table.reads if "law." in read}
    return (
        len(stored) * (STATEMENTS_TO_STORE + STATEMENTS_TO_JUDGE)
        + rules
        + measures
        + layers * STATEMENTS_PER_LAYER
        + len(derivation.TABLES) * STATEMENTS_PER_TABLE
        + len(REGISTER_BY_NAME) * STATEMENTS_PER_REGISTER
        + len(law_tables) * STATEMENTS_PER_LAW_TABLE
        + STATEMENTS_TO_SEAL
        + STATEMENTS_AROUND
    )


def test_statements_of_a_run_follow_from_registers_rules_and_tables(work: Work, stored: dict[str, int]) -> None:
    assert len(work.again.statements) < len(work.first.statements) <= _limit(stored)
    tables = Counter(f"{derived.schema}_tables" for derived in derivation.TABLES)
    for step, count in Counter(step for step, _ in work.first.statements).items():
        if step in tables:
            assert count <= STATEMENTS_PER_LAYER + STATEMENTS_PER_TABLE * tables[step], step


def test_a_run_that_finds_nothing_new_reads_the_books_once_and_writes_nothing_in_them(work: Work) -> None:
    statements = work.again.of_steps("received|law")
    for table in ("deliveries", "vintages", "snapshots", "validations"):
        assert sum(f"received.{table}" in statement for statement in statements) == 1, table
    assert not [statement for statement in statements if statement.startswith(("INSERT", "DELETE", "UPDATE"))]
    for step in ("registers", "edition__edition"):
        assert sum("received.validations" in statement for statement in work.again.of_steps(step)) == 1, step


def test_the_event_log_is_not_opened_for_every_event(work: Work) -> None:
    assert work.first.sqlite_opened <= 25 * DATABASES
    assert work.again.sqlite_opened <= 12 * DATABASES
