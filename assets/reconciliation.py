"""Checks across registers, after promotion: they warn, with a count, and never stop a run.

Each check is a query in `sql/checks/` that counts offending rows. What does not belong here: what can be said of a
register alone (`assets.validation`).
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    PreviewWarning,
    multi_asset_check,
)

from assets import derivation
from assets.contracts import ROW_CHANGE_PCT
from assets.factory import WRITER_POOL, key_of, law_of
from assets.law_tables import set_law_variables
from assets.partitions import LIST_YEARS
from pipelines.resources import Run


@dataclass(frozen=True)
class Reconciliation:
    """A check across registers: the asset it belongs to, what it counts, and what to do about it."""

    name: str
    table: str
    what: str
    remedy: str

    @property
    def sql(self) -> str:
        return (derivation.SQL / "checks" / f"{self.name}.sql").read_text(encoding="utf-8")


RECONCILIATIONS = (
    Reconciliation(
        "residents_without_dwelling",
        "areas.area_residents",
        "persons in bef without a dwelling in bolig",
        "They count in the country and in no area. Compare with last year's count.",
    ),
    Reconciliation(
        "dwellings_without_parcel",
        "areas.area_dwellings",
        "dwellings in bolig without a parcel",
        "They stand in no area. Ask for the cadastre key.",
    ),
    Reconciliation(
        "municipality_of_person_and_dwelling",
        "areas.area_residents",
        "persons whose KOM differs from their dwelling's",
        "The person's decides the region, the dwelling's the cap. Ask which register is late.",
    ),
    Reconciliation(
        "of_persons_in_population",
        "areas.area_residents",
        "rows in of for persons not in bef",
        "They do not count. Expected for persons who died or left.",
    ),
    Reconciliation(
        "kraf_persons_in_population",
        "areas.area_residents",
        "rows in kraf (one per person, act and kind of sanction) for persons not in bef",
        "They do not count. Expected for persons who died or left.",
    ),
    Reconciliation(
        "row_counts_steady",
        "areas.area_residents",
        f"references with a row count more than {ROW_CHANGE_PCT} pct. off the previous reference",
        "Ask the register's owner before the list is published.",
    ),
    Reconciliation(
        "areas_without_residents",
        "criteria.residents",
        "areas without residents",
        "Check the parcels of the area's boundary.",
    ),
    Reconciliation(
        "council_decisions_valid",
        "cap.council_decisions",
        "council decisions for an area that is no forebyggelsesområde of that municipality on this list",
        "They are ignored. Tell the council.",
    ),
)


def _specs() -> list[AssetCheckSpec]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)
        return [
            AssetCheckSpec(
                item.name,
                asset=key_of(item.table),
                description=f"Counts {item.what}. {item.remedy}",
                partitions_def=LIST_YEARS,
            )
            for item in RECONCILIATIONS
        ]


def _reconciliation() -> AssetChecksDefinition:
    @multi_asset_check(name="reconciliation", specs=_specs(), description="Checks across registers.", pool=WRITER_POOL)
    def compute(context: AssetCheckExecutionContext, run: Run) -> Iterator[AssetCheckResult]:
        list_year = int(context.partition_key)
        law = law_of(run, list_year)
        with run.warehouse() as con:
            derivation.prepare_session(con)
            set_law_variables(con, law, list_year)
            con.execute("SET VARIABLE row_change_pct = CAST(? AS INTEGER)", [ROW_CHANGE_PCT])
            counts = [int(con.execute(item.sql).fetchall()[0][0]) for item in RECONCILIATIONS]
        for item, count in zip(RECONCILIATIONS, counts, strict=True):
            yield AssetCheckResult(
                passed=count == 0,
                asset_key=key_of(item.table),
                check_name=item.name,
                severity=AssetCheckSeverity.WARN,
                description=f"{item.what[0].upper()}{item.what[1:]}: {count}. {item.remedy}" if count else None,
                metadata={"failing_rows": count, "limit": 0, "remedy": item.remedy},
            )

    return compute


CHECKS = [_reconciliation()]
