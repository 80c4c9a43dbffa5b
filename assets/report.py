"""The annual report: its tables, the disclosure check that may hold it back, and the finished publication.

The edition is sealed before any of this runs and never waits for it. What does not belong here: how figures are
counted (`sql/report`), withheld (`assets.reporting.counts`), attacked (`assets.reporting.check`) or shown.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetExecutionContext,
    Failure,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableSchema,
    asset,
    multi_asset_check,
)

from assets import derivation
from assets.checks import check_spec, outcome
from assets.disclosure.limits import LIMITS, disclosure_limits
from assets.documentation import described, materialized
from assets.factory import (
    OWNER,
    REPORT,
    WRITER_POOL,
    key_of,
    law_of,
    layer,
    list_year_of,
    prepare_report,
    refuse_stale,
    register_tags,
)
from assets.finished import Finished, from_csv, to_csv
from assets.partitions import LIST_YEARS, ONE_YEAR_A_RUN
from assets.reporting.cells import Before, told_by_releases
from assets.reporting.shapes import MADE_FROM, SHAPES
from assets.warehouse import insert_rows, transaction
from law.loader import LegalValue, report_law
from pipelines.resources import Run

if TYPE_CHECKING:
    from assets.reporting.source import Source
    from assets.reporting.tables import Released

FINISHED = "report.finished"
READ_BESIDES = ("criteria.area_criteria", "status.area_status", "cap.municipal_cap", "cap.area_cap")
REMEDY = "The report is held back, the lists stand. Withhold more, or look at what else publishes these figures."
ATTACKING = (
    *("disclosure/attack", "disclosure/cells", "disclosure/limits", "disclosure/linear_programs"),
    *("finished", "list_names", "rounding"),
    *("reporting/cells", "reporting/check", "reporting/labels"),
)
"""The modules that the attack is made of: it is tried again when one of them, or the solver, is another."""
MAKING = (
    *ATTACKING,
    *("code_lists", "disclosure/suppression", "pages", "publishing/public_lists", "warehouse"),
    *("reporting/comparisons", "reporting/counts", "reporting/shapes", "reporting/shown", "reporting/source"),
    *("reporting/tables", "reporting/uncertainty"),
)
"""The modules that fill the report's tables."""
SHOWING = (
    "contracts",
    *("reporting/charts", "reporting/document", "reporting/files", "reporting/html", "reporting/pdf"),
    *("reporting/publication", "reporting/text", "reporting/workbook", "reporting/writer"),
    *("reporting/sections/annex", "reporting/sections/criteria", "reporting/sections/homes"),
    *("reporting/sections/immigration", "reporting/sections/method", "reporting/sections/moves"),
    *("reporting/sections/over_time", "reporting/sections/residents", "reporting/sections/social_export"),
    "reporting/sections/summary",
)
"""The modules that show them."""
TEMPLATES = ("redegoerelse.html.j2", "redegoerelse.typ", "charts.yaml")
"""The files below `reporting/templates` that say how they look."""
SOURCES = (*(table.table for table in derivation.REPORT), *READ_BESIDES)
_REGISTER_TAGS = register_tags(*SOURCES, derivation.EDITION)


def _source(modules: Iterable[str]) -> bytes:
    return b"".join((Path(__file__).parent / f"{module}.py").read_bytes() for module in modules)


def _code(*modules: str) -> str:
    """Hash of what the report is made by: SQL, the law's values, the limits and some modules."""
    sql = derivation.macros() + "".join(table.sql for table in derivation.REPORT)
    parts = (sql.encode(), report_law().sha256.encode(), LIMITS.read_bytes(), _source(modules))
    looks = [(Path(__file__).parent / "reporting" / "templates" / name).read_bytes() for name in TEMPLATES]
    return hashlib.sha256(b"".join([*parts, *looks])).hexdigest()


def _made_from() -> MetadataValue:
    """The report's tables as a Markdown table: what each is called in the report, and links to what its figures are of,
    where the way to the registers goes on."""
    lines = ["| table | in the report | made from |", "|---|---|---|"]
    for name, shape in SHAPES.items():
        paths = ["/".join(key_of(table).path) for table in MADE_FROM[name]]
        links = ", ".join(f"[{path}](/assets/{path})" for path in paths)
        lines.append(f"| {name} | {shape.title} | {links} |")
    return MetadataValue.md("\n".join(lines))


def _columns() -> TableSchema:
    """Every column of the report's tables, under the name of its table."""
    return TableSchema(
        [
            TableColumn(f"{name}.{column.name}", column.kind, description=column.meaning)
            for name, shape in SHAPES.items()
            for column in shape.columns
        ]
    )


@asset(
    key=key_of(FINISHED),
    group_name=REPORT,
    deps=[key_of(table) for table in (*SOURCES, derivation.EDITION)],
    partitions_def=LIST_YEARS,
    backfill_policy=ONE_YEAR_A_RUN,
    description=(
        "Redegørelsens tabeller. Every table of the report after disclosure control: figures on few persons are "
        "withheld, and so many others that no total gives them away."
    ),
    kinds={"duckdb", "csv"},
    owners=[OWNER],
    tags={"layer": REPORT, "confidentiality": "public", **_REGISTER_TAGS},
    metadata=described(FINISHED, "Redegørelsens tabeller", ("§ 61 a", "§ 61 b"), made_from=_made_from())
    | {"dagster/column_schema": _columns()},
    code_version=_code(*MAKING),
    pool=WRITER_POOL,
)
def finished(context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """Makes the tables of a list year's report, and records what is withheld in them."""
    from assets.reporting.source import Source

    list_year = list_year_of(context)
    law = law_of(run, list_year)
    with run.warehouse() as con:
        derivation.prepare_session(con)
        prepare_report(con, list_year)
        digest = _made_of(con, law, list_year)
        earlier, before = _released_earlier(run, list_year)
        values = report_law().for_list_year(list_year)
        source = Source(con, list_year, values, disclosure_limits(), earlier, before)
        released = _released(source)
        with transaction(con):
            con.execute("DELETE FROM report.finished_tables WHERE list_year = ?", [list_year])
            con.execute("DELETE FROM report.hidden_cells WHERE list_year = ?", [list_year])
            for position, table in enumerate(released.tables.values()):
                row = [list_year, table.name, position, to_csv(table)]
                con.execute("INSERT INTO report.finished_tables VALUES (?, ?, ?, ?)", row)
            cells = [(list_year, cell.table, cell.cell, cell.reason) for cell in released.hidden]
            insert_rows(con, "report.hidden_cells", ("SMALLINT", "VARCHAR", "VARCHAR", "VARCHAR"), cells)
        derivation.record_fingerprint(con, FINISHED, list_year, digest)
    rows = sum(len(table.rows) for table in released.tables.values())
    told = {"tables": len(released.tables), "withheld": len(released.hidden)}
    return materialized(FINISHED, rows, digest, told)


def _released(source: "Source") -> "Released":
    """The finished tables and what is withheld in them. Raises Failure where nothing that may be withheld is enough."""
    from assets.disclosure.suppression import UnprotectableError
    from assets.reporting.tables import release

    try:
        return release(source)
    except UnprotectableError as error:  # it names cells, and no figure
        raise Failure(f"disclosure control: {error}. {REMEDY}", allow_retries=False) from None


def _made_of(con: duckdb.DuckDBPyConnection, law: Mapping[str, LegalValue], list_year: int) -> str:
    """Hash of all that the report's tables are made from; refuses where any of it is of other inputs."""
    if not con.execute("SELECT count(*) FROM published.editions WHERE list_year = ?", [list_year]).fetchall()[0][0]:
        raise Failure(f"there is no sealed edition of list year {list_year}: run the list first.", allow_retries=False)
    sources = refuse_stale(con, law, list_year, SOURCES)
    parts = [derivation.fingerprint(table, sources) for table in SOURCES] + [sources[derivation.EDITION]]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


DISCLOSURE = check_spec(
    FINISHED,
    "disclosure",
    "Attacks the finished tables: bounds every withheld figure from all published totals, exactly, and fails where one "
    "can be bounded closer than the limit. Holds back the report, never the lists.",
    blocking=True,
)


@multi_asset_check(name="report_disclosure", specs=[DISCLOSURE], description="Disclosure control.", pool=WRITER_POOL)
def disclosure(context: AssetCheckExecutionContext, run: Run) -> Iterator[AssetCheckResult]:
    """The blocking check: it holds back the report, never the lists."""
    list_year = list_year_of(context)
    with run.warehouse() as con:
        withheld, lines = _attack(con, list_year, _released_earlier(run, list_year)[1])
    least = disclosure_limits().minimum_count
    told = {"withheld": withheld, "least_uncertainty": least}
    yield outcome(FINISHED, DISCLOSURE.name, len(lines), lines, REMEDY, blocking=True, **told)


def _released_earlier(run: Run, list_year: int) -> "tuple[dict[int, dict[str, Finished]], Before]":
    """The tables of earlier list years' reports, and what those and earlier releases of this year's tell of its
    figures. Raises Failure where one of them was altered."""
    from assets.reporting import files

    editions = run.at_home.editions
    try:
        of_years = files.released_before(editions, list_year)
        before = told_by_releases(
            files.released_already(editions, list_year), files.released_of_earlier_years(editions, list_year)
        )
    except files.AlteredReportError as error:
        raise Failure(str(error), allow_retries=False) from None
    return of_years, before


def _attack(con: duckdb.DuckDBPyConnection, list_year: int, before: Before) -> tuple[int, list[str]]:
    """How many figures are withheld, and a line per figure that can be bounded too closely.

    The very same tables, limits, earlier releases and attack are not tried twice: the answer is read back.
    """
    from assets.disclosure.attack import ContradictionError
    from assets.reporting.check import attacked

    tables = finished_tables(con, list_year)
    digest = hashlib.sha256("".join(to_csv(table) for table in tables.values()).encode())
    digest.update(_source(ATTACKING) + LIMITS.read_bytes() + version("highspy").encode())
    digest.update(repr((sorted(before.withheld), [sorted(told.items()) for told in before.told])).encode())
    known = con.execute(
        "SELECT withheld, lines FROM report.attacks WHERE list_year = ? AND attacked = ?",
        [list_year, digest.hexdigest()],
    ).fetchall()
    if known:
        return int(known[0][0]), list(known[0][1])
    try:
        found = attacked(tables, disclosure_limits(), before)
        withheld, lines = found.withheld, found.lines
    except ContradictionError as error:
        withheld, lines = 0, [f"the tables contradict each other: {error}"]
    with transaction(con):
        con.execute("DELETE FROM report.attacks WHERE list_year = ?", [list_year])
        con.execute("INSERT INTO report.attacks VALUES (?, ?, ?, ?)", [list_year, digest.hexdigest(), withheld, lines])
    return withheld, lines


def finished_tables(con: duckdb.DuckDBPyConnection, list_year: int) -> dict[str, Finished]:
    """The finished tables of a list year by name, in order. Raises Failure where there are none."""
    rows = con.execute(
        "SELECT table_name, csv FROM report.finished_tables WHERE list_year = ? ORDER BY position", [list_year]
    ).fetchall()
    if not rows:
        raise Failure(f"materialise report/finished of list year {list_year} first.", allow_retries=False)
    return {name: from_csv(SHAPES[name], text) for name, text in rows}


@asset(
    key=key_of("report.report"),
    group_name=REPORT,
    deps=[key_of(FINISHED), key_of(derivation.EDITION)],
    partitions_def=LIST_YEARS,
    backfill_policy=ONE_YEAR_A_RUN,
    description=(
        "Redegørelsen. The annual report as HTML, PDF, workbook and one CSV per table, added to the sealed edition. "
        "Whichever way it is started, the finished tables are attacked again before anything is written."
    ),
    kinds={"file"},
    owners=[OWNER],
    tags={"layer": REPORT, "confidentiality": "public", **_REGISTER_TAGS},
    metadata=described("report.report", "Redegørelsen", ("§ 61 a", "§ 61 b"), made_from=_made_from()),
    code_version=_code(*MAKING, *SHOWING),
    pool=WRITER_POOL,
)
def report(context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """Writes the report of a list year, or leaves it as it is where nothing changed."""
    from assets.reporting import files, publication
    from assets.reporting.tables import HiddenCell

    list_year = list_year_of(context)
    law = law_of(run, list_year)
    home = run.at_home
    with run.warehouse() as con:
        derivation.prepare_session(con)
        prepare_report(con, list_year)
        if derivation.recorded_fingerprints(con, list_year).get(FINISHED) != _made_of(con, law, list_year):
            raise Failure("report/finished was made from other inputs: materialise it anew.", allow_retries=False)
        _, lines = _attack(con, list_year, _released_earlier(run, list_year)[1])
        if lines:
            raise Failure("disclosure control: " + "; ".join(lines), allow_retries=False)
        tables = finished_tables(con, list_year)
        hidden = con.execute(
            "SELECT table_name, cell, reason FROM report.hidden_cells WHERE list_year = ? ORDER BY ALL", [list_year]
        ).fetchall()
    edition = home.edition(list_year)
    staged = home.scratch / f"report-{list_year}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    standing = files.standing_of(edition)
    rows = publication.write(tables, report_law().for_list_year(list_year), list_year, standing, staged)
    manifest = files.report_manifest(list_year, edition, standing, staged, rows)
    made = files.put_in_place(edition, staged, manifest, [HiddenCell(*cell) for cell in hidden], home.scratch)
    told = {"newly_made": made, "files": len(manifest["files"]), "revision": manifest["edition"]["revision"]}
    version = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    return materialized("report.report", sum(rows.values()), version, told)


ASSETS = [*layer(REPORT), finished, report]
CHECKS = [disclosure]
