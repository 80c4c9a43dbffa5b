"""Any asset, any group and each part that a backfill takes of the graph can be made alone, with its own checks alone.

Belongs here: what a selection of assets resolves to, and that a run of it checks what it makes. Does not belong: what
the whole job makes, and what a check counts.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

import duckdb
import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, ExecuteInProcessResult, JobDefinition
from dagster._core.execution.api import create_execution_plan
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.storage.tags import PARTITION_NAME_TAG

from assets.cross_register_checks import CROSS_REGISTER_CHECKS
from pipelines.definitions import defs
from tests.command import file_bytes
from tests.graph.homes import YEAR, Ready

GRAPH = defs.resolve_asset_graph()
LIST = defs.resolve_job_def("annual_list")
JOBS = (LIST, defs.resolve_implicit_global_asset_job_def())
"""What the launchpad of a job starts, and what an asset's own button or a backfill of assets does."""
KEYS = sorted(LIST.asset_layer.executable_asset_keys, key=lambda key: key.to_user_string())
GROUPS = sorted({str(GRAPH.get(key).group_name) for key in KEYS})
CROSS_CHECKED = {check.name for check in CROSS_REGISTER_CHECKS}
CHECKED = sorted({check.asset_key for check in GRAPH.asset_check_keys if check.name in CROSS_CHECKED})


def planned(job: JobDefinition, keys: Collection[AssetKey]) -> ExecutionPlan:
    """What a run of some assets takes."""
    return create_execution_plan(job.get_subset(asset_selection=set(keys)), tags={PARTITION_NAME_TAG: str(YEAR)})


def made_by(plan: ExecutionPlan) -> set[AssetKey]:
    outputs = [output.properties for step in plan.steps for output in step.step_outputs]
    return {key for made in outputs if made and not made.asset_check_key and (key := made.asset_key)}


def checked_by(plan: ExecutionPlan) -> set[AssetCheckKey]:
    outputs = [output.properties for step in plan.steps for output in step.step_outputs]
    return {made.asset_check_key for made in outputs if made and made.asset_check_key}


def of_group(group: str) -> set[AssetKey]:
    return {key for key in KEYS if GRAPH.get(key).group_name == group}


def checks_of(keys: Collection[AssetKey]) -> set[AssetCheckKey]:
    return {check for check in GRAPH.asset_check_keys if check.asset_key in keys}


def waiting_for_the_year_before() -> set[AssetKey]:
    """Assets that a backfill of several list years makes for a later one only when the earlier one is made."""
    found = {key for key in KEYS if key in GRAPH.get(key).parent_keys}
    while more := {key for key in KEYS if GRAPH.get(key).parent_keys & found} - found:
        found |= more
    return found


SELECTIONS = {
    **{key.to_user_string(): {key} for key in KEYS},
    **{f"group {group}": of_group(group) for group in GROUPS},
    "a backfill, at once": set(KEYS) - waiting_for_the_year_before(),
    "a backfill, in turn": waiting_for_the_year_before(),
}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
@pytest.mark.parametrize("name", SELECTIONS)
def test_a_selection_resolves_to_its_assets_and_their_checks(job: JobDefinition, name: str) -> None:
    keys = SELECTIONS[name]
    plan = planned(job, keys)
    assert made_by(plan) == keys
    assert checked_by(plan) == checks_of(keys)


def test_a_backfill_takes_the_graph_in_two_parts() -> None:
    assert AssetKey(["edition", "edition"]) in waiting_for_the_year_before()
    assert AssetKey(["areas", "area_residents"]) in set(KEYS) - waiting_for_the_year_before()


def test_a_backfill_of_every_asset_asks_for_its_list_years_alone() -> None:
    names = ["2025", "2024"]
    with DagsterInstance.ephemeral() as instance:
        asked = AssetBackfillData.from_asset_partitions(
            asset_graph=GRAPH,
            partition_names=names,
            asset_selection=KEYS,
            dynamic_partitions_store=instance,
            backfill_start_timestamp=time.time(),
            all_partitions=False,
        ).target_subset
    found = {key: sorted(asked.get_partitions_subset(key).get_partition_keys()) for key in KEYS}
    assert [key for key, years in found.items() if years != sorted(names)] == []


def told(instance: DagsterInstance, keys: Collection[AssetKey]) -> dict[AssetCheckKey, int]:
    """What the last evaluation of each check counted."""
    records = instance.event_log_storage.get_asset_check_summary_records(list(checks_of(keys)))
    found = {key: record.last_check_execution_record for key, record in records.items()}
    events = {key: record.event.dagster_event for key, record in found.items() if record and record.event}
    return {key: event.event_specific_data.metadata["failing_rows"].value for key, event in events.items() if event}


def made_alone(
    keys: Collection[AssetKey], home: Path, snapshots: Path, instance: DagsterInstance
) -> ExecuteInProcessResult:
    settings = {"home": str(home), "snapshots": str(snapshots), "as_of": f"{YEAR}-12-01"}
    return LIST.execute_in_process(
        run_config={"resources": {"run": {"config": settings}}},
        partition_key=str(YEAR),
        asset_selection=list(keys),
        instance=instance,
    )


@pytest.mark.parametrize(
    "keys",
    [{key} for key in CHECKED] + [of_group("areas"), of_group("criteria"), of_group("cap")],
    ids=lambda keys: "+".join(sorted(key.to_user_string() for key in keys)),
)
def test_assets_made_alone_are_checked_as_in_the_whole_run(keys: set[AssetKey], ready: Ready, tmp_path: Path) -> None:
    home, snapshots = ready.copied(tmp_path)
    sealed = file_bytes(home / "editions")
    with DagsterInstance.from_config(str(ready.home / "dagster")) as instance:
        whole = told(instance, keys)
    with DagsterInstance.ephemeral() as instance:
        done = made_alone(keys, home, snapshots, instance)
        assert {event.asset_key for event in done.get_asset_materialization_events()} == keys
        assert {e.asset_check_key for e in done.get_asset_check_evaluations()} == checks_of(keys)
        assert told(instance, keys) == whole
    assert file_bytes(home / "editions") == sealed, "what is made alone seals nothing"


def test_only_what_is_asked_for_is_counted_over_the_registers(ready: Ready, tmp_path: Path) -> None:
    home, snapshots = ready.copied(tmp_path)
    names = [check.name for check in checks_of(KEYS)]

    def counted() -> set[str]:
        with duckdb.connect(str(home / "warehouse.duckdb")) as con:
            found = con.execute("SELECT counted FROM registers.counts WHERE counted IN ?", [names]).fetchall()
            con.execute("DELETE FROM registers.counts WHERE counted IN ?", [names])
        return {name for (name,) in found}

    assert len(counted()) > 1
    with DagsterInstance.ephemeral() as instance:
        made_alone({AssetKey(["areas", "area_dwellings"])}, home, snapshots, instance)
    assert counted() == {"dwellings_without_parcel"}
