"""The sensors: new snapshots start what they feed, and a failed run is told to people.

A snapshot counts when its folder is finished (`_COMPLETE`), and only in the vintage that a run would read. A list year
that is complete is run whole; of one that is not, only a register that has all it needs for that year is received and
checked, so that a fault in it is known while there is time, and what has not come yet is no fault. What does not belong
here: in which environment each is registered (`pipelines.environments`), and how a notice is sent
(`pipelines.notices`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from dagster import (
    AssetKey,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    sensor,
)

from assets.contracts import REGISTERS, Register, needed_years
from assets.intake.deliveries import YEAR, find_delivery
from assets.partitions import END_LIST_YEAR, FIRST_LIST_YEAR
from assets.publishing import sealing
from law.loader import statistics_law
from pipelines import notices
from pipelines.deliveries import is_complete
from pipelines.jobs import annual_list
from pipelines.resources import Run

SECONDS_BETWEEN_LOOKS = 60


def finished(snapshots: Path) -> dict[str, str]:
    """Every finished reference as register/reference, with what tells its files apart: names, sizes and times."""
    found = {}
    for register in REGISTERS:
        folder = snapshots / register.name
        for reference in sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
            if is_complete(register, reference, snapshots):
                found[f"{register.name}/{reference}"] = _mark(snapshots, register, reference)
    return found


def _mark(snapshots: Path, register: Register, reference: str) -> str:
    delivery = find_delivery(snapshots, register, reference)
    assert delivery is not None
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in delivery.files]
    return hashlib.sha256(repr((delivery.vintage, facts)).encode()).hexdigest()[:16]


def _years_there(register: Register, now: Mapping[str, str]) -> list[int]:
    """The years of which a register's folder is finished."""
    places = (place.split("/") for place in now)
    return sorted(int(year) for name, year in places if name == register.name and YEAR.fullmatch(year))


def requests(
    before: Mapping[str, str], now: Mapping[str, str], today_year: int, own: list[int]
) -> Iterator[RunRequest]:
    """What to run for the references that are new or changed: per list year, ascending, the whole list or a part.

    A list year after `today_year` is not requested; it is when the last of its deliveries comes.
    """
    changed = {place for place, mark in now.items() if before.get(place) != mark}
    law = statistics_law()
    for list_year in range(FIRST_LIST_YEAR, min(END_LIST_YEAR, today_year + 1)):
        values = law.for_list_year(list_year)
        # an edition made on the way stands in for a published list
        needed = {
            f"{register.name}/{register.reference_name(year)}": register
            for register in REGISTERS
            for year in needed_years(register, values, list_year, own, _years_there(register, now))
        }
        fed = sorted(changed & needed.keys())
        if not fed:
            continue
        missing = {place: register for place, register in needed.items() if place not in now and not register.optional}
        if missing:
            fed = [p for p in fed if not needed[p].optional and needed[p] not in missing.values()]
            if not fed:
                continue
        names = sorted({needed[place].name for place in fed})
        marks = repr(sorted((place, now[place]) for place in (fed if missing else needed.keys() & now.keys())))
        yield RunRequest(
            run_key=f"{list_year}:{hashlib.sha256(marks.encode()).hexdigest()[:16]}",
            partition_key=str(list_year),
            asset_selection=[AssetKey(["received", name]) for name in names] if missing else None,
            tags={"boligomraader/new": "_".join(names)},
        )
        if not missing:
            own = [*own, list_year]


@sensor(
    name="new_snapshots",
    job=annual_list,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=DefaultSensorStatus.RUNNING,
    description="Finished snapshot folders that are new or changed: runs each list year that they complete or change; "
    "of a list year that still misses a delivery, receives and checks a new register that is whole for it.",
)
def new_snapshots(context: SensorEvaluationContext, run: Run) -> SensorResult | SkipReason:
    """The cursor holds what was seen at the last look."""
    now = finished(run.snapshot_folder)
    before: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    editions = run.at_home.editions
    own = sealing.sealed_years(editions) if editions.is_dir() else []
    found = list(requests(before, now, run.day.year, own))
    cursor = json.dumps(now, sort_keys=True)
    if not found:
        context.update_cursor(cursor)
        return SkipReason(f"Nothing new among {len(now)} finished snapshots.")
    return SensorResult(run_requests=found, cursor=cursor)


@run_failure_sensor(
    name="failure_notices",
    default_status=DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=True,
    description="A failed run is told to the webhook or the mailbox of the configuration: which job, list year, step "
    "and check, with counts; no text of any error and no value.",
)
def failure_notices(context: RunFailureSensorContext) -> None:
    """Sends one notice per failed run."""
    notices.send(notices.notice_of(context.instance, context.dagster_run))


SENSORS = [new_snapshots, failure_notices]
