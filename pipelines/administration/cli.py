"""`boligomraader administration`: runs the administration's job on a folder of cases, and writes invented cases.

What does not belong here: any decision, and the commands of the statistics.
"""

from __future__ import annotations

import csv
import datetime as dt
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from dagster import ExecuteInProcessResult, RunConfig

from assets.administration.errors import AdministrationError
from assets.administration.run import DEFAULT_HOME, HOME_VARIABLE, Administration
from assets.administration.store import FOLDER, kept_open, locked
from law.danish_time import day_of
from pipelines.administration.definitions import JOB, defs
from pipelines.administration.demo import MARKER, Size, write_cases
from pipelines.event_log import instance_of, naming_damage

app = typer.Typer(name="administration", no_args_is_help=True)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help=f"Home with the sealed edition. Default: {HOME_VARIABLE}, else {DEFAULT_HOME}."),
]
INSTANCE = "dagster-administration"
INSTANCE_CONFIG = "telemetry:\n  enabled: false\n"


@app.callback()
def administration() -> None:
    """What a status sets in motion, case by case."""


@app.command()
def run(
    list_year: Annotated[int, typer.Option("--list-year", help="List year whose sealed edition is used.")],
    cases: Annotated[Path, typer.Option("--cases", help="Folder of cases, with a folder per table.")],
    date: Annotated[str, typer.Option("--date", help="The day that the run stands on, YYYY-MM-DD.")],
    home: HomeOption = None,
) -> None:
    """Receives the cases and makes every decision of the list year anew."""
    day = _day(date)
    folder = Administration(home=str(home or "")).home_folder
    if not (folder / "editions" / str(list_year)).is_dir():
        _stop(f"list year {list_year} has no sealed edition in this home: run it first")
    with locked(folder):
        failure = materialise(folder, cases.absolute(), list_year, day)
    if failure:
        _stop(failure)
    typer.echo(f"{FOLDER}/{list_year}: decisions of {day} written, {_rows_told(folder / FOLDER / str(list_year))}")


@app.command()
def demo(
    cases: Annotated[Path, typer.Option("--cases", help="Folder that the invented cases are written to.")],
    list_year: Annotated[int, typer.Option("--list-year", help="List year whose sealed edition names the areas.")],
    date: Annotated[str, typer.Option("--date", help="The day the cases are written for, YYYY-MM-DD.")],
    home: HomeOption = None,
    households: Annotated[
        int, typer.Option("--households", min=1, help="Households that a home may be assigned to.")
    ] = 1_000,
    refund_events: Annotated[
        int, typer.Option("--refund-events", min=1, help="Applications, payment requests and withdrawals.")
    ] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 1,
) -> None:
    """Writes invented cases for a home of invented data: every table, with odd cases and a few bad rows."""
    day = _day(date)
    folder = Administration(home=str(home or "")).home_folder
    if cases.exists() and not cases.is_dir():
        _stop("the folder of cases is a file: give an empty folder")
    if cases.is_dir() and any(cases.iterdir()) and not (cases / MARKER).exists():
        _stop("the folder of cases holds something else: give an empty one")
    try:
        written = write_cases(cases, folder, list_year, day, Size(households, refund_events), seed)
    except AdministrationError as error:
        _stop(str(error))
    typer.echo(f"{sum(written.values())} invented rows in {len(written)} tables")


def _rows_told(folder: Path) -> str:
    """How many rows of the cases were accepted and refused: no decision rests on a refused one."""
    with (folder / "intake.csv").open(encoding="utf-8", newline="") as stream:
        tables = list(csv.DictReader(stream))
    accepted, refused = (sum(int(table[name]) for table in tables) for name in ("accepted", "refused"))
    return f"{accepted} rows accepted, {refused} refused" + (": see refused_rows.csv" if refused else "")


def materialise(home: Path, cases: Path, list_year: int, day: dt.date) -> str | None:
    """Runs the job in this process. Returns None when it succeeded, else why not, in one line."""
    settings = Administration(list_year=list_year, cases=str(cases), home=str(home), day=day.isoformat())
    folder = _instance_folder(home)
    with naming_damage(folder), instance_of(folder) as instance, ExitStack() as stack:
        with suppress(AdministrationError):  # a store that cannot be opened is told by the first step
            stack.enter_context(kept_open(home))
        result = defs.resolve_job_def(JOB).execute_in_process(
            instance=instance,
            run_config=RunConfig(
                resources={"administration": settings},
                loggers={"console": {"config": {"log_level": "CRITICAL"}}},
            ),
            raise_on_error=False,
        )
        return None if result.success else _reason(result)


def _reason(result: ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            if data.user_failure_data and data.user_failure_data.description:
                return data.user_failure_data.description
            name = data.error.cls_name if data.error else None
            return f"{event.step_key}: {name or 'failed'}"
    return "the run failed before any step"


def _instance_folder(home: Path) -> Path:
    folder = home / INSTANCE
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text(INSTANCE_CONFIG, encoding="utf-8")
    return folder


def _day(text: str) -> dt.date:
    try:
        return day_of(text)
    except ValueError:
        _stop("--date is no day: give it as YYYY-MM-DD")


def _stop(reason: str) -> NoReturn:
    typer.echo(f"administration: {reason}", err=True)
    raise typer.Exit(1)
