"""The lists that the ministry has really published, 2012-2024, as reference tables, and what they reconcile to.

They are real areas: no synthetic figure ever stands beside them, and nothing here enters a list. What does not
belong here: the files (`law/published_lists`), how the tables are filled (`assets.published_tables`) and the
command's answer (`pipelines.reconcile`).
"""

from dagster import AssetExecutionContext, AssetsDefinition, MaterializeResult, asset

from assets import published_tables
from assets.documentation import content_of, described, materialized
from assets.factory import OWNER, WRITER_POOL, key_of
from assets.warehouse import transaction
from law.loader import shipped_law
from pipelines.resources import Run


def _reference_asset(name: str, description: str) -> AssetsDefinition:
    @asset(
        key=key_of(f"reference.{name}"),
        group_name="reference",
        description=f"Offentliggjorte lister. {description}",
        kinds={"duckdb", "csv"},
        owners=[OWNER],
        tags={"layer": "reference", "confidentiality": "public"},
        metadata=described(f"reference.{name}", "Offentliggjorte lister", ("§ 61 a, stk. 5",)),
        code_version=published_tables.version_of(name),
        pool=WRITER_POOL,
    )
    def compute(_context: AssetExecutionContext, run: Run) -> MaterializeResult:
        with run.warehouse() as con, transaction(con):
            published_tables.fill(con, name, published_tables.rows_of_file(name))
            return materialized(f"reference.{name}", *content_of(con, f"reference.{name}"))

    return compute


@asset(
    key=key_of("reference.omdannelsesomraade_years"),
    group_name="reference",
    description="Lovens antal år. How many years as parallelsamfund the law of each list day asks for.",
    kinds={"duckdb", "yaml"},
    owners=[OWNER],
    tags={"layer": "reference", "confidentiality": "public"},
    metadata=described("reference.omdannelsesomraade_years", "Lovens antal år", ("§ 61 a, stk. 4",)),
    deps=[key_of("reference.published_membership")],
    code_version=published_tables.version_of("omdannelsesomraade_years"),
    pool=WRITER_POOL,
)
def omdannelsesomraade_years(_context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """The rule in force on the list day of every year with a published list; none before the rule."""
    with run.warehouse() as con, transaction(con):
        published_tables.fill_years(con, shipped_law())
        return materialized(
            "reference.omdannelsesomraade_years", *content_of(con, "reference.omdannelsesomraade_years")
        )


@asset(
    key=key_of("reference.reconciliation"),
    group_name="reference",
    description="Afstemning. Omdannelsesområder that follow from the published lists, beside those published.",
    kinds={"duckdb", "sql"},
    owners=[OWNER],
    tags={"layer": "reference", "confidentiality": "public"},
    metadata=described("reference.reconciliation", "Afstemning", ("§ 61 a, stk. 4",)),
    deps=[key_of("reference.published_membership"), key_of("reference.omdannelsesomraade_years")],
    code_version=published_tables.version_of("reconciliation"),
    pool=WRITER_POOL,
)
def reconciliation(_context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """Both sides of each list year; a row that stands on one side only is a disagreement."""
    with run.warehouse() as con, transaction(con):
        apart = published_tables.fill_reconciliation(con)
        return materialized(
            "reference.reconciliation", *content_of(con, "reference.reconciliation"), {"disagreements": apart}
        )


ASSETS = [
    *(_reference_asset(name, description) for name, (_file, description) in published_tables.FILES.items()),
    omdannelsesomraade_years,
    reconciliation,
]
