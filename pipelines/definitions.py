"""The statistics code location: every asset, check, job, schedule and sensor, put together in one place.

`workspace.yaml`, the command and the tests load this module. What does not belong here: any asset's content.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dagster import Definitions

from assets import (
    areas,
    cap,
    changes,
    criteria,
    cross_register_checks,
    edition,
    law,
    published_lists,
    received,
    registers,
    report,
    status,
)
from pipelines.environments import registered
from pipelines.executor import home_executor
from pipelines.home import OWNER_ONLY
from pipelines.jobs import annual_list, annual_report, delivery_status, reference_lists
from pipelines.resources import Run
from pipelines.schedules import SCHEDULES
from pipelines.sensors import SENSORS

os.umask(OWNER_ONLY)  # whatever server loads this: what Dagster writes about a run is its owner's alone

LAYERS = (received, registers, law, areas, criteria, status, changes, cap, edition, report, published_lists)
CHECKED = (law, cross_register_checks, report)


def build_defs(resources: Mapping[str, Any] | None = None) -> Definitions:
    """The definitions, with other resources where a test or a command needs them."""
    return Definitions(
        assets=[asset for module in LAYERS for asset in module.ASSETS],
        asset_checks=[check for module in CHECKED for check in module.CHECKS],
        jobs=[annual_list, annual_report, delivery_status, reference_lists],
        schedules=registered(SCHEDULES),
        sensors=registered(SENSORS),
        resources={"run": Run(), **(resources or {})},
        executor=home_executor,
    )


defs = build_defs()
