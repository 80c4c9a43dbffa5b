"""The registers as a list year sees them: promoted snapshots only, behind one view per register.

What does not belong here: receiving and checking (`assets.received`).
"""

from dagster import AssetExecutionContext, AssetsDefinition, Failure, MaterializeResult, asset

from assets import snapshots
from assets.contracts import REGISTERS, Register
from assets.documentation import described, materialized
from assets.factory import OWNER, WRITER_POOL, key_of, law_of
from assets.partitions import LIST_YEARS, ONE_YEAR_A_RUN
from pipelines.resources import Run


def _register_asset(register: Register) -> AssetsDefinition:
    @asset(
        key=key_of(f"registers.{register.name}"),
        group_name="registers",
        deps=[key_of(f"received.{register.name}")],
        partitions_def=LIST_YEARS,
        backfill_policy=ONE_YEAR_A_RUN,
        description=f"{register.title}. {register.description} Checked snapshots only.",
        kinds={"duckdb"},
        owners=[OWNER],
        tags={
            "layer": "registers",
            "register": register.name,
            "confidentiality": "person_level" if register.personal else "aggregate",
        },
        metadata=described(f"registers.{register.name}", register.title, source=register.source),
        code_version=register.fingerprint,
        pool=WRITER_POOL,
    )
    def compute(context: AssetExecutionContext, run: Run) -> MaterializeResult:
        list_year = int(context.partition_key)
        law = law_of(run, list_year)
        with run.warehouse() as con:
            hindered = snapshots.hindrances(con, register, law, list_year)
            if hindered:
                raise Failure("; ".join(hindered), allow_retries=False)
            rows = snapshots.promote(con, register, law, list_year)
            version = snapshots.promoted_fingerprints(con, list_year)[register.name]
        return materialized(None, f"registers.{register.name}", rows, version=version)

    return compute


ASSETS = [_register_asset(register) for register in REGISTERS]
