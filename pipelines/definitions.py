"""The statistics code location: every asset, check, job, schedule and sensor, put together in one place.

`workspace.yaml`, the command and the tests load this module. What does not belong here: any asset's content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import Definitions

from assets import (
    areas,
    cap,
    changes,
    criteria,
    edition,
    law,
    published_lists,
    received,
    reconciliation,
    registers,
    report,
    status,
)
from pipelines.executor import home_executor
from pipelines.jobs import annual_list, annual_report, reference_lists
from pipelines.resources import Run

LAYERS = (received, registers, law, areas, criteria, status, changes, cap, edition, report, published_lists)
CHECKED = (received, law, reconciliation, report)


def build_defs(resources: Mapping[str, Any] | None = None) -> Definitions:
    """The definitions, with other resources where a test or a command needs them."""
    return Definitions(
        assets=[asset for module in LAYERS for asset in module.ASSETS],
        asset_checks=[check for module in CHECKED for check in module.CHECKS],
        jobs=[annual_list, annual_report, reference_lists],
        resources={"run": Run(), **(resources or {})},
        executor=home_executor,
    )


defs = build_defs()
