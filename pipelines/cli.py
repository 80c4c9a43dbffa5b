"""The command `boligomraader`: one function per subcommand, each a thin cover over the module that does the work.

What does not belong here: any derivation. Heavy imports stand inside the functions, so that `--help` is instant.
"""

from __future__ import annotations

import datetime as dt
import gc
import io
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from law.danish_time import COPENHAGEN, day_of
from pipelines.home import DEFAULT_HOME, DEFAULT_SNAPSHOTS, HOME, OWNER_ONLY, SNAPSHOTS, Home

if TYPE_CHECKING:
    from pipelines.running import OnStep, RunReport

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The annual list of social housing areas under almenboligloven §§ 61 a and 61 b.",
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

ListYear = Annotated[
    int, typer.Option("--list-year", min=1000, max=9999, help="The list year: the list of 1 December that year.")
]
HomeOption = Annotated[Path, typer.Option("--home", help="Folder that holds all state.")]
SnapshotsOption = Annotated[Path, typer.Option("--snapshots", help="Folder of register snapshots.")]
DEMO_LIST_YEAR = 2026
MOST_PROBLEMS = 5
SECONDS_BETWEEN_LOOKS_AT_THE_DAEMON = 5
GARBAGE_AFTER = 2_000_000
"""Objects after which Python looks for circular garbage: a command is short, and imports make many that stay."""


def _fail(lines: list[str], code: int = 1) -> typer.Exit:
    for line in lines:
        err.print(line, style="red", markup=False)
    return typer.Exit(code)


def _today() -> dt.date:
    return dt.datetime.now(COPENHAGEN).date()


def _day(text: str) -> dt.date:
    try:
        return day_of(text) if text else _today()
    except ValueError:
        raise _fail([f"{text!r} is no day: write it as YYYY-MM-DD."], 2) from None


def _existing(path: Path) -> Home:
    """The home of a command that reads one: a mistyped folder is told, and not begun as an empty home."""
    home = Home(path.absolute())
    if not home.warehouse.is_file():
        if any(home.editions.glob("[0-9]*")):
            missing = f"{home.warehouse} is missing: restore a backup, or run the home's list years again."
            raise _fail([f"{missing} What was sealed is untouched."])
        raise _fail([f"There is no home in {home.path}: no list year was run there. Name another folder with --home."])
    return home


def _delivered(snapshots: Path) -> Path:
    """The folder of the deliveries: a mistyped one is told once, and not as a fault of every register."""
    if not os.path.isdir(snapshots):  # Path.is_dir raises where a folder above it may not be entered
        raise _fail([f"There is no snapshots folder {snapshots}. Name it with --snapshots, or write one with demo."])
    return snapshots.absolute()


@app.command()
def demo(
    snapshots: SnapshotsOption = Path(DEFAULT_SNAPSHOTS),
    list_year: ListYear = DEMO_LIST_YEAR,
    population: Annotated[int, typer.Option(help="Residents.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
) -> None:
    """Writes synthetic register snapshots for a list year and the years it needs."""
    from pipelines.demo import of_another_year, write_demo

    try:
        with err.status("Writing synthetic snapshots ...") as status:
            write_demo(snapshots, list_year, population, seed, progress=status.update)
    except ValueError as error:
        raise _fail([str(error)]) from None
    except OSError as error:
        no_room = f"{snapshots} cannot be written ({error.strerror}): name another folder with --snapshots."
        raise _fail([no_room if error.strerror else str(error)]) from None
    if others := of_another_year(snapshots, list_year):
        told = f"Warning: {snapshots} also holds bef/{', bef/'.join(others)} of another demo: its people are others. "
        err.print(f"{told}Keep each list year's demo in a folder of its own.", style="yellow", markup=False)
    out.print(f"Synthetic snapshots of {population} residents for list year {list_year} in {snapshots}", markup=False)


@app.command()
def run(
    list_year: ListYear,
    snapshots: SnapshotsOption = Path(DEFAULT_SNAPSHOTS),
    home: HomeOption = Path(DEFAULT_HOME),
    as_of: Annotated[str, typer.Option(help="The day of the run, YYYY-MM-DD. Default: today in Copenhagen.")] = "",
    reason: Annotated[str, typer.Option(help="Why a new revision is sealed.")] = "",
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave the annual report out.")] = False,
    through: Annotated[
        int | None, typer.Option("--through", help="Run every list year from --list-year to this one, in their order.")
    ] = None,
    law_as_of: Annotated[
        str, typer.Option("--law-as-of", help="Derive the sealed edition's registers under the law of this day, aside.")
    ] = "",
) -> None:
    """Materialises every asset for a list year, checks it, and seals the edition. Exits 0 only when it was sealed.

    With --through one process does so for several list years, and stops at the first that is not sealed: a later one
    reads the editions before it. With --law-as-of nothing is received and no edition is sealed: the result is a
    scenario.
    """
    if law_as_of:
        if through is not None:
            raise _fail(["--law-as-of derives one list year: leave --through out."], 2)
        _scenario(_existing(home), [list_year], [], "", _day(law_as_of))
        return
    day = _day(as_of)
    years = range(list_year, (list_year if through is None else through) + 1)
    _refuse_years(years, day)
    delivered = _delivered(snapshots)
    for year in years:
        _run_year(Home(home.absolute()), delivered, year, day, reason, not no_report)


def _refuse_years(years: range, day: dt.date) -> None:
    from law.loader import statistics_law

    if not years:
        raise _fail(["--through must not be before --list-year."], 2)
    for year in years:
        statistics_law().for_list_year(year)
        if year > day.year:
            raise _fail([f"List year {year} is in the future on {day}: it can be run from 1 January {year}."])


def _run_year(home: Home, snapshots: Path, list_year: int, day: dt.date, reason: str, with_report: bool) -> None:
    """Runs one list year and says what came of it. Exits where no edition was sealed."""
    report = _run_with_progress(home, snapshots, list_year, day.isoformat(), reason, with_report)
    for line in report.warnings:
        err.print(f"Warning: {line}", style="yellow", markup=False)
    if not report.success:
        unsealed = f"No edition was sealed for list year {list_year}. An earlier edition is untouched."
        raise _fail([*report.faults, unsealed])
    _print_lists(home, list_year)
    for stale_year, earlier in report.stale:
        err.print(
            f"Warning: edition {stale_year} is stale: the list of {earlier} has changed since. Run {stale_year} again.",
            style="yellow",
            markup=False,
        )
    what = "sealed" if report.newly_sealed else "unchanged since it was sealed"
    out.print(f"Edition {list_year}, revision {report.revision}, {what}: {home.edition(list_year)}", markup=False)
    warned = len(report.warnings)
    out.print(f"{warned} warning{'' if warned == 1 else 's'}.", markup=False)
    if with_report:
        _tell_of_report(report, home, list_year)


def _tell_of_report(report: RunReport, home: Home, list_year: int) -> None:
    if report.report_made:
        out.print(f"Report {list_year}: {home.edition(list_year) / 'report'}", markup=False)
        return
    for line in report.report_problems[:MOST_PROBLEMS]:
        err.print(f"Report: {line}", style="yellow", markup=False)
    err.print(
        f"The report of {list_year} was held back. The edition and its lists stand.", style="yellow", markup=False
    )


def _run_with_progress(
    home: Home, snapshots: Path, list_year: int, as_of: str, reason: str, with_report: bool
) -> RunReport:
    from pipelines.running import run_annual_list

    with _progress(home) as on_step:
        return run_annual_list(home, snapshots, list_year, as_of, reason, on_step, with_report)


@contextmanager
def _progress(home: Home) -> Iterator[OnStep]:
    """A bar that is told each step; says so where the home cannot be used."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from law.loader import LawError
    from pipelines.failures import plain

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("starting", total=None)

        def on_step(name: str, done: int, total: int) -> None:
            progress.update(task, description=name.replace("__", "/").replace("_", " "), completed=done, total=total)

        try:
            yield on_step
        except (typer.Exit, LawError):  # a file of the law that is not in order is no fault of the home
            raise
        except Exception as error:
            raise _fail([f"The home {home.path} cannot be used: {plain(error)}"]) from None


@app.command()
def report(
    list_year: ListYear,
    home: HomeOption = Path(DEFAULT_HOME),
    as_of: Annotated[str, typer.Option(help="The day of the run, YYYY-MM-DD. Default: today in Copenhagen.")] = "",
) -> None:
    """Makes the annual report of a sealed edition again."""
    from pipelines.running import run_annual_report

    day = _day(as_of)
    place = _existing(home)
    if not (place.edition(list_year) / "manifest.json").is_file():
        raise _fail([f"There is no sealed edition of list year {list_year} in {place.path}. Run the list first."])
    with _progress(place) as on_step:
        made = run_annual_report(place, list_year, day.isoformat(), on_step)
    for line in () if made.report_problems else made.faults[:MOST_PROBLEMS]:
        err.print(f"Report: {line}", style="yellow", markup=False)
    _tell_of_report(made, place, list_year)
    if not made.report_made:
        raise typer.Exit(1)


def _print_lists(home: Home, list_year: int) -> None:
    import csv

    from assets.list_names import LIST_NAMES, WITHIN
    from assets.publishing import releases, sealing

    released = releases.release_of(sealing.read_manifest(home.edition(list_year)))
    state = f"released by {released.by} on {released.when}" if released else "draft"
    with (home.edition(list_year) / "area_status.csv").open(encoding="utf-8", newline="") as stream:
        areas = list(csv.DictReader(stream))
    lists = {
        name.heading: [a for a in areas if (a[code] == "true" if code in WITHIN else a["status"] == code)]
        for code, name in LIST_NAMES.items()
    }
    table = Table(title=escape(f"Lists of 1 December {list_year} ({state})"), title_justify="left")
    table.add_column("List")
    table.add_column("Areas", justify="right")
    table.add_column("Residents", justify="right")
    table.add_column("Names", max_width=70)
    for name, listed in lists.items():
        names = ", ".join(a["area_name"] or a["area_id"] for a in listed[:6]) + (" ..." if len(listed) > 6 else "")
        table.add_row(name, str(len(listed)), str(sum(int(a["residents"]) for a in listed)), escape(names))
    out.print(table)


@app.command()
def explain(
    area_id: Annotated[str, typer.Argument(help="The area's id, or its name.")],
    list_year: ListYear,
    home: HomeOption = Path(DEFAULT_HOME),
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Why an area has the status it has, figure by figure, paragraph by paragraph, and how near it is to another."""
    from pipelines.explain import ExplanationError, as_json, as_text, explain_area

    try:
        told = explain_area(_existing(home), list_year, area_id)
    except ExplanationError as error:
        raise _fail([str(error)]) from None
    out.print(as_json(told) if json else as_text(told), markup=False)


@app.command()
def scenario(
    list_year: Annotated[list[int], typer.Option("--list-year", help="A list year; repeat it for several.")],
    setting: Annotated[
        list[str],
        typer.Option(
            "--set",
            help="name=value, name=a,b,c or name=first:last:step; sets of codes as name='1;1,2'. Repeat it for a grid.",
        ),
    ],
    home: HomeOption = Path(DEFAULT_HOME),
    name: Annotated[str, typer.Option(help="Folder under scenarios/. Default: what is set.")] = "",
) -> None:
    """The lists under other values of the law, from a sealed edition's registers. No official list."""
    _scenario(_existing(home), list_year, setting, name, None)


def _scenario(home: Home, list_years: list[int], settings: list[str], name: str, law_as_of: dt.date | None) -> None:
    from pipelines.scenario import ScenarioError, run_scenario
    from pipelines.scenario_chart import NOTICE

    try:
        with err.status("Deriving aside ..."):
            folder, summary = run_scenario(home, list_years, settings, name, law_as_of)
    except ScenarioError as error:
        raise _fail([str(error)]) from None
    table = Table(title=NOTICE, title_justify="left")
    table.add_column("List")
    table.add_column("Setting", min_width=24, overflow="fold")
    columns = {
        "Udsatte": "udsatte_boligomraader",
        "Forebyg.": "forebyggelsesomraader",
        "Enter": "enters",
        "Leave": "leaves",
        "Move": "moves",
        "Covered": "homes_covered",
    }
    for title in columns:
        table.add_column(title, justify="right")
    for row in summary:
        table.add_row(str(row["list_year"]), str(row["setting"]), *(str(row[name]) for name in columns.values()))
    out.print(table)
    out.print(f"{NOTICE}: {folder}", markup=False)


@app.command()
def verify(list_year: ListYear, home: HomeOption = Path(DEFAULT_HOME)) -> None:
    """Derives a sealed edition anew from the home's register tables and compares it byte for byte."""
    from pipelines.verify import VerificationError, verify_edition

    try:
        lines = verify_edition(_existing(home), list_year)
    except VerificationError as error:
        raise _fail(list(error.args)) from None
    for line in lines:
        out.print(line, markup=False)


@app.command()
def diff(
    list_year: ListYear,
    home: HomeOption = Path(DEFAULT_HOME),
    old: Annotated[int | None, typer.Option("--from", help="The older revision. Default: the one before.")] = None,
    new: Annotated[int | None, typer.Option("--to", help="The newer revision. Default: the newest.")] = None,
) -> None:
    """Compares two revisions of an edition: inputs, law, SQL, and every cell of every table."""
    from pipelines.diff import DiffError, diff_revisions

    try:
        lines = diff_revisions(_existing(home), list_year, old, new)
    except DiffError as error:
        raise _fail([str(error)]) from None
    for line in lines:
        out.print(line, markup=False)


@app.command()
def impact(
    list_year: ListYear, snapshots: SnapshotsOption = Path(DEFAULT_SNAPSHOTS), home: HomeOption = Path(DEFAULT_HOME)
) -> None:
    """What the newest deliveries would change in a sealed edition: statuses and figures. Seals nothing."""
    from pipelines.impact import ImpactError
    from pipelines.impact import impact as impact_of

    try:
        inputs, changes = impact_of(_existing(home), list_year, _delivered(snapshots))
    except ImpactError as error:
        raise _fail(list(error.args)) from None
    if not inputs:
        out.print(f"Edition {list_year}: the deliveries are those that it was sealed on. Nothing would change.")
        return
    for line in inputs:
        out.print(f"Input {line}", markup=False)
    for change in changes:
        out.print(change.line, markup=False)
    areas = {change.key for change in changes if change.column == "status"}
    sealing = "A run would seal a new revision, which names these inputs. Nothing was sealed."
    out.print(f"{len(changes)} figures would change, and the status of {len(areas)} areas. {sealing}")


@app.command()
def pseudonymise(
    source: Annotated[Path, typer.Argument(help="File with CPR numbers: .csv, .csv.gz or .parquet.")],
    target: Annotated[Path, typer.Argument(help="The same file with pseudonyms; must not exist.")],
    key_file: Annotated[Path, typer.Option(help="File of at least 32 random bytes, outside the home, mode 600.")],
    column: Annotated[list[str] | None, typer.Option(help="Column to replace; may be repeated. Default: PNR.")] = None,
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Replaces CPR numbers by keyed pseudonyms (HMAC-SHA-256), row by row, before anything is received."""
    from pipelines.pseudonymise import PseudonymiseError, read_key
    from pipelines.pseudonymise import pseudonymise as write_pseudonyms

    try:
        key = read_key(key_file, Home(home.absolute()))
        written = write_pseudonyms(key, source, target, tuple(column or ["PNR"]))
    except PseudonymiseError as error:
        raise _fail([str(error)]) from None
    if written.of_other_shape:
        told = f"{written.of_other_shape} values have no CPR number's shape: each got the pseudonym of what it says."
        err.print(f"Warning: {told}", style="yellow", markup=False)
    out.print(f"{target}: {written.rows} rows. Destroy {source} if it is no longer needed.", markup=False)


@app.command()
def forget(
    register: Annotated[str, typer.Option(help="The register, e.g. bef.")],
    reference: Annotated[str, typer.Option(help="The reference, e.g. 2026-01-01.")],
    vintage: Annotated[str | None, typer.Option(help="Delivery day; '' for the first. Default: every one.")] = None,
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Deletes a vintage from the home's register tables and file, and proves that it is gone."""
    from pipelines.upkeep import UpkeepError
    from pipelines.upkeep import forget as delete

    try:
        lines = delete(_existing(home), register, reference, vintage)
    except UpkeepError as error:
        raise _fail(list(error.args)) from None
    for line in lines:
        out.print(line, markup=False)


@app.command()
def release(
    list_year: ListYear,
    by: Annotated[str, typer.Option(help="Who releases it.")],
    home: HomeOption = Path(DEFAULT_HOME),
    note: Annotated[str, typer.Option(help="A remark, printed on the public page.")] = "",
) -> None:
    """Verifies the newest edition, notes the release in the log, and takes udkast off the public lists."""
    from assets.publishing.releases import ReleaseLogError
    from pipelines.release import ReleaseError, release_edition, remarks, show_release
    from pipelines.verify import VerificationError

    place = _existing(home)
    now = dt.datetime.now(COPENHAGEN)
    try:
        entry = release_edition(place, list_year, by, note, now)
    except (VerificationError, ReleaseError, ReleaseLogError) as error:
        raise _fail([*map(str, error.args), f"Edition {list_year} was not released."]) from None
    edition = place.edition(list_year)
    page = edition / "public" / "lister.html"
    out.print(f"Edition {list_year}, revision {entry.revision}, released by {entry.by}: {page}", markup=False)
    for remark in remarks(place, list_year, now.date()):
        err.print(f"Warning: {remark}", style="yellow", markup=False)
    if (edition / "report").exists():
        again = f"boligomraader report --home {shlex.quote(str(home))} --list-year {list_year}"
        out.print(f"Its report still says udkast. Make it again: {again}", markup=False)
    show_release(place, entry)


@app.command()
def backup(
    to: Annotated[Path, typer.Option(help="Folder that takes the archive.")],
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Writes a home into one archive with its hash beside it, while no run writes."""
    from pipelines.backup import BackupError
    from pipelines.backup import backup as write_backup

    try:
        archive = write_backup(_existing(home), to.absolute(), dt.datetime.now(COPENHAGEN))
    except BackupError as error:
        raise _fail([str(error)]) from None
    out.print(str(archive), markup=False)


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="The archive that backup wrote.")],
    home: HomeOption = Path(DEFAULT_HOME),
) -> None:
    """Unpacks a backup as a new home, if its hash is right."""
    from pipelines.backup import BackupError
    from pipelines.backup import restore as unpack

    try:
        unpack(archive.absolute(), Home(home.absolute()))
    except BackupError as error:
        raise _fail([str(error)]) from None
    out.print(f"Restored to {home}: verify each list year now.", markup=False)


@app.command()
def upgrade(home: HomeOption = Path(DEFAULT_HOME)) -> None:
    """Writes the warehouse in the newest file format of DuckDB; the old file is kept beside it."""
    from pipelines.upkeep import UpkeepError
    from pipelines.upkeep import upgrade as write_anew

    try:
        done = write_anew(_existing(home))
    except UpkeepError as error:
        raise _fail(list(error.args)) from None
    out.print(f"warehouse.duckdb: format {done.before} -> {done.after}, every table the same.", markup=False)
    out.print(f"The old file is kept as {done.kept}: verify an edition, then delete it.", markup=False)


@app.command()
def protection(home: HomeOption = Path(DEFAULT_HOME)) -> None:
    """Whether others can read the home, and whether its disk is encrypted. Exits 1 where something is wrong."""
    from pipelines.upkeep import protection as look

    if not home.is_dir():
        raise _fail([f"There is no home {home}."])
    good, wrong = look(Home(home.absolute()))
    for line in good:
        out.print(line, markup=False)
    if wrong:
        raise _fail(wrong)


@app.command()
def ui(
    home: HomeOption = Path(DEFAULT_HOME),
    snapshots: SnapshotsOption = Path(DEFAULT_SNAPSHOTS),
    read_only: Annotated[bool, typer.Option("--read-only", help="Everything visible, nothing launchable.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 3000,
    new: Annotated[bool, typer.Option("--new", help="Begin an empty home where there is none.")] = False,
) -> None:
    """The Dagster web UI on this home."""
    from pipelines.event_log import instance_of, refuse_damaged

    place = Home(home.absolute())
    _refuse_ui(place, read_only, host, port, new)
    place.prepare()
    refuse_damaged(place.instance)
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(place.instance),
        HOME: str(place.path),
        SNAPSHOTS: str(snapshots.absolute()),
    }
    workspace = Path(__file__).parent.parent / "workspace.yaml"
    server = str(Path(sys.executable).with_name("dagster-webserver"))
    command = [server, "-w", str(workspace), "-h", host, "-p", str(port)]
    out.print(f"Dagster on http://{host}:{port}", markup=False)
    if read_only:
        os.execve(server, [*command, "--read-only"], environment)
    with place.opening_instance(), instance_of(place.instance):
        pass  # its databases are there before the web server and the daemon begin: one of two that make them ends
    raise typer.Exit(_serve(command, environment, workspace))


def _refuse_ui(home: Home, read_only: bool, host: str, port: int, new: bool) -> None:
    """An empty UI would look like lost data: a home is only begun where that is asked for. Raises LawError where the
    law is not in order: Dagster would only show that its code cannot be loaded."""
    import errno
    import socket

    from law.loader import shipped_law

    shipped_law()
    if not home.warehouse.is_file() and (read_only or not new):
        begin = "Run a list year first, or name another folder with --home"
        raise _fail([f"There is no home in {home.path}. {begin}{'' if read_only else '; --new begins an empty one'}."])
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            told = f"Port {port} on {host} is in use: choose another with --port, or end what listens there."
        else:
            told = (
                f"Port {port} on {host} cannot be listened on ({error.strerror}): choose others with --host and --port."
            )
        raise _fail([told]) from None


def _serve(command: list[str], environment: dict[str, str], workspace: Path) -> int:
    """The web server and, beside it, the daemon that backfills, schedules and sensors need; both end together. A daemon
    that ends before is started again: without one whatever is launched would wait in the queue for ever."""
    import signal
    import subprocess

    def daemon() -> subprocess.Popen[bytes]:
        program = str(Path(sys.executable).with_name("dagster-daemon"))
        output = subprocess.DEVNULL
        return subprocess.Popen([program, "run", "-w", str(workspace)], env=environment, stdout=output, stderr=output)

    beside = daemon()
    server = subprocess.Popen(command, env=environment)
    signal.signal(signal.SIGTERM, lambda _number, _frame: server.terminate())
    try:
        while True:
            try:
                return server.wait(timeout=SECONDS_BETWEEN_LOOKS_AT_THE_DAEMON)
            except subprocess.TimeoutExpired:
                if beside.poll() is not None:
                    err.print("Dagster's daemon, which starts what is queued, has ended: it is started again.")
                    beside = daemon()
    except KeyboardInterrupt:
        return server.wait()
    finally:
        beside.terminate()
        beside.wait()


@app.command()
def reconcile() -> None:
    """Derives the omdannelsesområder of 2019-2023 from the published lists and compares with those published."""
    from pipelines.reconcile import reconcile as compare

    raise typer.Exit(compare())


@app.command()
def classify(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with a row per area: area_id, residents, nonwestern_share, outside_share, convicted_share; from "
            "2014 also primary_only_share and income_ratio; from 2018-12-01 convicted_ratio, or "
            "national_convicted_share too. docs/law.md says what each is."
        ),
    ],
    law_as_of: Annotated[str, typer.Option("--law-as-of", help="The day whose law judges, YYYY-MM-DD.")],
) -> None:
    """Judges given criteria values under the law of a day, any act since 2010."""
    from pipelines.classify import classify as judge_file

    raise typer.Exit(judge_file(file, _day(law_as_of)))


def _mount_administration() -> None:
    """The administration is a code location of its own: its modules are loaded only where its command is given."""
    if len(sys.argv) < 2 or sys.argv[1] in ("administration", "--help"):
        from pipelines.administration.cli import app as administration

        app.add_typer(administration, name="administration")


def main() -> None:
    """Entry point of the console script. Files are the owner's alone; an error is one line, never a stack."""
    from pipelines.failures import plain

    os.umask(OWNER_ONLY)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Danish letters must not end a run that is done
            stream.reconfigure(errors="replace")
    gc.set_threshold(GARBAGE_AFTER)
    try:
        _mount_administration()
        app()
    except Exception as error:
        err.print(plain(error), style="red", markup=False)
        sys.exit(1)
    finally:
        # all that must be closed is closed: looking through what is left for garbage would only delay the end
        gc.freeze()


if __name__ == "__main__":
    main()
