"""The jobs. `annual_list` is the one that the command, the schedule and the UI run: there is no second path.

`annual_report` makes the report of a sealed edition again. What does not belong here: when a job starts
(`pipelines.schedules`, `pipelines.sensors`), how a run executes (`pipelines.executor`), and what an asset does.
"""

from dagster import (
    AssetSelection,
    MetadataValue,
    Nothing,
    OpExecutionContext,
    Out,
    Output,
    define_asset_job,
    in_process_executor,
    job,
    op,
)

from assets.factory import REPORT, law_of, list_year_of
from assets.partitions import LIST_YEARS
from assets.publishing import sealing
from pipelines.deliveries import references, summary
from pipelines.resources import Run

STATISTICS = ("received", "registers", "law", "areas", "criteria", "status", "cap", "edition")

annual_list = define_asset_job(
    "annual_list",
    selection=AssetSelection.groups(*STATISTICS, REPORT),
    description=(
        "Derives the lists of a list year from the snapshots, checks everything, seals the edition, and then makes the "
        "annual report."
    ),
)

annual_report = define_asset_job(
    "annual_report",
    selection=AssetSelection.groups(REPORT),
    description="Makes the annual report of a list year anew from what its edition was derived from.",
)

reference_lists = define_asset_job(
    "reference_lists",
    selection=AssetSelection.groups("reference"),
    description="Loads the lists that were really published and reconciles the omdannelsesområder with them.",
)


@op(out=Out(Nothing), description="Looks at the snapshots folder and starts nothing.")
def look_at_deliveries(context: OpExecutionContext, run: Run) -> Output[None]:
    """Tells the number of required references that are not complete, and each in words. A value would be stored."""
    list_year = list_year_of(context)
    editions = run.at_home.editions
    own = sealing.sealed_years(editions) if editions.is_dir() else []
    found = references(law_of(run, list_year), list_year, run.snapshot_folder, own)
    told = summary(found, run.day, list_year)
    for line in told.splitlines():
        context.log.info(line)
    missing = sum(item.state != "complete" and not item.optional for item in found)
    late = sum(item.late(run.day) and not item.optional for item in found)
    shown = MetadataValue.md("\n".join(f"- {line}" for line in told.splitlines()))
    return Output(None, metadata={"missing": missing, "late": late, "references": shown})


@job(
    partitions_def=LIST_YEARS,
    executor_def=in_process_executor,
    description="A dry run: what the list year still misses and which delivery is late. It writes nothing.",
)
def delivery_status() -> None:
    """Says what is missing; used in November."""
    look_at_deliveries()
