"""The schedules: the annual list on 1 December, and the look at the deliveries in November.

What does not belong here: in which environment each is registered (`pipelines.environments`) and what the jobs do.
"""

from __future__ import annotations

from dagster import DefaultScheduleStatus, RunRequest, ScheduleEvaluationContext, schedule

from law.danish_time import COPENHAGEN, TIME_ZONE
from pipelines.jobs import annual_list, delivery_status


def _request(context: ScheduleEvaluationContext) -> RunRequest:
    """The list year is the year of the tick in Copenhagen, and the tick's day is the run's only clock."""
    day = context.scheduled_execution_time.astimezone(COPENHAGEN).date()
    return RunRequest(
        run_key=day.isoformat(),
        partition_key=str(day.year),
        run_config={"resources": {"run": {"config": {"as_of": day.isoformat()}}}},
    )


@schedule(
    name="annual_list_1_december",
    job=annual_list,
    cron_schedule="0 6 1 12 *",
    execution_timezone=TIME_ZONE,
    default_status=DefaultScheduleStatus.RUNNING,
    description="The list of the year, 1 December at 06:00 in Copenhagen (§ 61 a, stk. 5). It seals a draft.",
)
def annual_list_1_december(context: ScheduleEvaluationContext) -> RunRequest:
    """Requests the list year whose 1 December it is."""
    return _request(context)


@schedule(
    name="deliveries_in_november",
    job=delivery_status,
    cron_schedule="0 7 * 11 1-5",
    execution_timezone=TIME_ZONE,
    default_status=DefaultScheduleStatus.RUNNING,
    description="Every weekday of November at 07:00: what this year's list still misses, and which delivery is late.",
)
def deliveries_in_november(context: ScheduleEvaluationContext) -> RunRequest:
    """Requests the look at the deliveries of this year's list."""
    return _request(context)


SCHEDULES = [annual_list_1_december, deliveries_in_november]
