"""The administration's code location: its assets, its resource and its one job.

What does not belong here: the statistics, which are a code location of their own.
"""

from __future__ import annotations

from dagster import Definitions, define_asset_job

from assets.administration.graph import ASSETS
from assets.administration.run import Administration
from pipelines.administration.executor import locked_executor

JOB = "administration"

administration_job = define_asset_job(
    JOB,
    selection=list(ASSETS),
    executor_def=locked_executor,
    description="Receives the cases and makes every decision of a list year anew.",
)

defs = Definitions(
    assets=list(ASSETS),
    jobs=[administration_job],
    resources={"administration": Administration.configure_at_launch()},
    executor=locked_executor,
)
