"""The lists that the ministry has really published, 2012-2024, as reference tables, and what they reconcile to.

They are real areas: no synthetic figure ever stands beside them, and nothing here enters a list. What does not
belong here: the files (`law/published_lists`) and the command's answer (`pipelines.reconcile`).
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from dagster import AssetExecutionContext, AssetsDefinition, MaterializeResult, asset

import law
from assets.derivation import SQL
from assets.factory import OWNER, WRITER_POOL, key_of
from assets.warehouse import transaction
from law.loader import list_day, shipped_law
from pipelines.resources import Run

FOLDER = Path(law.__file__).parent / "published_lists"
FILES: Mapping[str, tuple[str, str]] = {
    "published_membership": ("membership.csv", "Which area stood on which list, with the source of each row."),
    "published_counts": ("counts.csv", "How many areas stood on each list."),
    "conviction_thresholds": ("conviction_thresholds.csv", "The conviction threshold printed with each list."),
}
TYPES: Mapping[tuple[str, str], str] = {
    ("published_membership", "list_year"): "SMALLINT",
    ("published_membership", "complete"): "BOOLEAN",
    ("published_counts", "count"): "INTEGER",
}


def _reference_asset(name: str, file: str, description: str) -> AssetsDefinition:
    @asset(
        key=key_of(f"reference.{name}"),
        group_name="reference",
        description=f"Offentliggjorte lister. {description}",
        kinds={"duckdb", "csv"},
        owners=[OWNER],
        tags={"layer": "reference", "confidentiality": "public"},
        metadata={"title": "Offentliggjorte lister"},
        pool=WRITER_POOL,
    )
    def compute(_context: AssetExecutionContext, run: Run) -> MaterializeResult:
        with (FOLDER / file).open(encoding="utf-8", newline="") as stream:
            header, *rows = list(csv.reader(stream))
        with run.warehouse() as con, transaction(con):
            columns = ", ".join(f"{column} {TYPES.get((name, column), 'VARCHAR')}" for column in header)
            con.execute(f"CREATE OR REPLACE TABLE reference.{name} ({columns})")
            marks = ", ".join("?" for _ in header)
            con.executemany(f"INSERT INTO reference.{name} VALUES ({marks})", [_empty_as_null(row) for row in rows])
        return MaterializeResult(metadata={"dagster/row_count": len(rows)})

    return compute


def _empty_as_null(row: list[str]) -> list[str | None]:
    return [value or None for value in row]


@asset(
    key=key_of("reference.omdannelsesomraade_years"),
    group_name="reference",
    description="Lovens antal år. How many years as parallelsamfund the law of each list day asks for.",
    kinds={"duckdb", "yaml"},
    owners=[OWNER],
    tags={"layer": "reference", "confidentiality": "public"},
    metadata={"title": "Lovens antal år", "paragraphs": "§ 61 a, stk. 4"},
    deps=[key_of("reference.published_membership")],
    pool=WRITER_POOL,
)
def omdannelsesomraade_years(_context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """The rule in force on the list day of every year with a published list; none before the rule."""
    with run.warehouse() as con, transaction(con):
        listed = con.execute(
            "SELECT DISTINCT CAST(list_year AS INTEGER) FROM reference.published_membership"
        ).fetchall()
        dated = {row[0]: shipped_law().in_force(list_day(row[0])).get("omdannelsesomraade.years") for row in listed}
        rows = [(year, value.value) for year, value in sorted(dated.items()) if value is not None]
        con.execute("CREATE OR REPLACE TABLE reference.omdannelsesomraade_years (list_year SMALLINT, years SMALLINT)")
        con.executemany("INSERT INTO reference.omdannelsesomraade_years VALUES (?, ?)", rows)
    return MaterializeResult(metadata={"dagster/row_count": len(rows)})


@asset(
    key=key_of("reference.reconciliation"),
    group_name="reference",
    description="Afstemning. Omdannelsesområder that follow from the published lists, beside those published.",
    kinds={"duckdb", "sql"},
    owners=[OWNER],
    tags={"layer": "reference", "confidentiality": "public"},
    metadata={"title": "Afstemning", "paragraphs": "§ 61 a, stk. 4"},
    deps=[key_of("reference.published_membership"), key_of("reference.omdannelsesomraade_years")],
    pool=WRITER_POOL,
)
def reconciliation(_context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """Both sides of each list year; a row that stands on one side only is a disagreement."""
    derivation = (SQL / "reference" / "reconciliation.sql").read_text(encoding="utf-8")
    with run.warehouse() as con, transaction(con):
        con.execute(f"CREATE OR REPLACE TABLE reference.reconciliation AS {derivation}")
        total, apart = con.execute(
            "SELECT count(*), count(*) FILTER (is_derived <> is_published) FROM reference.reconciliation"
        ).fetchall()[0]
    return MaterializeResult(metadata={"dagster/row_count": int(total), "disagreements": int(apart)})


ASSETS = [
    *(_reference_asset(name, file, description) for name, (file, description) in FILES.items()),
    omdannelsesomraade_years,
    reconciliation,
]
