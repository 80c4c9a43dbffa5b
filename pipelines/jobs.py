"""The jobs. `annual_list` is the one that the command, the schedule and the UI run: there is no second path.

`annual_report` makes the report of a sealed edition again.
"""

from __future__ import annotations

from dagster import AssetSelection, define_asset_job

STATISTICS = ("received", "registers", "law", "areas", "criteria", "status", "cap", "edition")
REPORT = "report"

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
