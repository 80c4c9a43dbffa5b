"""The law of the list year as assets: parameters and code lists in force on 1 December.

What does not belong here: the values (`law/`) and how the tables are filled (`assets.law_tables`).
"""

from dagster import AssetExecutionContext, AssetsDefinition, MaterializeResult, asset

from assets.derivation import record_fingerprint
from assets.documentation import described, materialized
from assets.factory import OWNER, WRITER_POOL, key_of, law_of, list_year_of
from assets.law_tables import LAW_TABLES, LawTable, fill_law_table
from assets.partitions import LIST_YEARS, ONE_YEAR_A_RUN
from assets.warehouse import transaction
from law.loader import list_day, statistics_law
from pipelines.resources import Run


def _law_asset(table: LawTable) -> AssetsDefinition:
    @asset(
        key=key_of(f"law.{table.name}"),
        group_name="law",
        partitions_def=LIST_YEARS,
        backfill_policy=ONE_YEAR_A_RUN,
        description=f"{table.title}. {table.description}",
        kinds={"duckdb", "yaml" if table.name == "parameters" else "csv"},
        owners=[OWNER],
        tags={"layer": "law", "confidentiality": "public"},
        metadata=described(f"law.{table.name}", table.title, ("§ 61 a", "§ 61 b", "§ 59, stk. 7")),
        code_version=statistics_law().sha256,
        pool=WRITER_POOL,
    )
    def compute(context: AssetExecutionContext, run: Run) -> MaterializeResult:
        list_year = list_year_of(context)
        law = law_of(run, list_year)
        with run.warehouse() as con, transaction(con):
            rows, digest = fill_law_table(con, table, law, list_year, list_day(list_year))
            record_fingerprint(con, f"law.{table.name}", list_year, digest)
        return materialized(None, f"law.{table.name}", rows, {"fingerprint": digest}, version=digest)

    return compute


ASSETS = [_law_asset(table) for table in LAW_TABLES]
