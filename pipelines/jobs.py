"""The jobs. `annual_list` is the one that the command, the schedule and the UI run: there is no second path."""

from __future__ import annotations

from dagster import AssetSelection, define_asset_job

STATISTICS = ("received", "registers", "law", "areas", "criteria", "status", "cap", "edition")

annual_list = define_asset_job(
    "annual_list",
    selection=AssetSelection.groups(*STATISTICS),
    description="Derives the lists of a list year from the snapshots, checks everything, and seals the edition.",
)

reference_lists = define_asset_job(
    "reference_lists",
    selection=AssetSelection.groups("reference"),
    description="Loads the lists that were really published and reconciles the omdannelsesområder with them.",
)
