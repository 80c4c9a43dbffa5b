"""The third yardstick: what Dagster alone takes to run as many steps, assets and checks as a list year's, with no work.

Two commands, each a process of its own: `shape FILE` writes down the names of the product's steps, assets, what these
depend on, and checks, without the report; `run FILE YEAR` builds the same from plain `dagster` and runs it once in this
process, on Dagster's own storage in a new folder, as a command would. Belongs here: work that is nothing. Does not
belong here: the product, which the second command does not import.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster

LEFT_OUT = "report"


def write_shape(path: Path) -> None:
    """The steps of a list year's run without the report, as JSON."""
    from pipelines.definitions import defs

    steps = []
    for step in (*(defs.assets or ()), *(defs.asset_checks or ())):
        assert isinstance(step, dagster.AssetsDefinition)
        specs = [spec for spec in step.specs if spec.key.path[0] not in (LEFT_OUT, "reference")]
        checks = [check for check in step.check_specs if check.asset_key.path[0] not in (LEFT_OUT, "reference")]
        steps.append(
            {
                "name": step.op.name,
                "assets": [(spec.key.path, _others(spec)) for spec in specs],
                "checks": [(check.asset_key.path, check.name) for check in checks],
            }
        )
    path.write_text(json.dumps([step for step in steps if step["assets"] or step["checks"]]), encoding="utf-8")


def _others(spec: dagster.AssetSpec) -> list[list[str]]:
    """What an asset depends on; on its own earlier years not, which the empty run has none of."""
    return [list(dep.asset_key.path) for dep in spec.deps if dep.asset_key != spec.key]


def _empty(step: dict[str, Any], years: dagster.StaticPartitionsDefinition) -> dagster.AssetsDefinition:
    checks = [dagster.AssetCheckSpec(name, asset=dagster.AssetKey(path)) for path, name in step["checks"]]

    def results() -> Iterator[dagster.AssetCheckResult]:
        for check in checks:
            yield dagster.AssetCheckResult(passed=True, asset_key=check.asset_key, check_name=check.name)

    if not step["assets"]:

        @dagster.multi_asset_check(name=step["name"], specs=checks)
        def judge() -> Iterator[dagster.AssetCheckResult]:
            yield from results()

        return judge
    specs = [
        dagster.AssetSpec(dagster.AssetKey(path), deps=[dagster.AssetKey(dep) for dep in deps], partitions_def=years)
        for path, deps in step["assets"]
    ]

    @dagster.multi_asset(name=step["name"], specs=specs, check_specs=checks)
    def make() -> Iterator[dagster.MaterializeResult | dagster.AssetCheckResult]:
        for spec in specs:
            yield dagster.MaterializeResult(asset_key=spec.key, metadata={"dagster/row_count": 0})
        yield from results()

    return make


def run(shape: Path, list_year: str) -> tuple[int, int]:
    """Runs the empty list year once. Returns how many assets were made and how many checks passed."""
    years = dagster.StaticPartitionsDefinition([list_year])
    steps = [_empty(step, years) for step in json.loads(shape.read_text(encoding="utf-8"))]
    made = [step for step in steps if step.keys]
    job = dagster.define_asset_job("empty", selection=dagster.AssetSelection.assets(*(k for s in made for k in s.keys)))
    judged = [step for step in steps if not step.keys]
    defs = dagster.Definitions(
        assets=made,
        asset_checks=judged,  # type: ignore[arg-type]
        jobs=[job],
        executor=dagster.in_process_executor,
    )
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with tempfile.TemporaryDirectory(prefix="empty-") as folder:
        Path(folder, "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
        with dagster.DagsterInstance.from_config(folder) as instance:
            result = defs.resolve_job_def("empty").execute_in_process(quiet, instance, list_year)
            told = Counter(event.event_type_value for event in result.all_events)
    return told["ASSET_MATERIALIZATION"], told["ASSET_CHECK_EVALUATION"]


if __name__ == "__main__":
    command, place, *rest = sys.argv[1:]
    if command == "shape":
        write_shape(Path(place))
    else:
        print("{} assets, {} checks".format(*run(Path(place), *rest)))
