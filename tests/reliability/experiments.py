"""The experiments: each injects a kind of fault so many times and tells what survived.

Belongs here: the faults, long or short. Does not belong here: what is asserted of them (test_faults) and the page
that gives the figures (measure).
"""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from assets.contracts import BEF, KRAF, Register
from assets.intake import snapshots as received_snapshots
from tests.received.delivering import a_warehouse, csv_text, person, write_sas7bdat, write_xpt
from tests.reliability import faulting
from tests.reliability.faulting import SECRET, YEAR, Run


@dataclass
class Figure:
    """What an experiment found: faults injected, survived, and what was lost or wrong."""

    fault: str
    survived_means: str
    injected: int = 0
    survived: int = 0
    lost: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, good: bool, what: str) -> None:
        self.injected += 1
        self.survived += good
        if not good:
            self.lost.append(what)


class Undisturbed:
    """One run without a fault, to compare with: its snapshots, sealed files and duration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.snapshots = faulting.snapshots_of(folder)
        self.home = folder / "undisturbed"
        started = time.monotonic()
        run = faulting.start(folder, self.home, self.snapshots)
        assert run.wait() == 0, run.said
        self.seconds = time.monotonic() - started
        self.sealed = faulting.sealed(self.home)
        self.published = faulting.published(self.home)

    def same(self, home: Path) -> bool:
        """Whether a home has sealed and published the very same."""
        return faulting.sealed(home) == self.sealed and faulting.published(home) == self.published

    def runs_again(self, home: Path) -> bool:
        """Whether a run after the fault seals the same bytes, without waiting for a run that is dead."""
        run = faulting.start(self.folder, home, self.snapshots)
        return run.wait() == 0 and self.same(home)


def killed(base: Undisturbed, times: int, seed: int = 1) -> Iterator[Figure]:
    """Kills a run at random moments, once or twice, and runs it again. Gives the figure after each kill."""
    figure = Figure("a run is killed (-9) at a random moment", "run again, the home seals the same bytes")
    rng = random.Random(seed)
    too_late = 0
    for n in range(times):
        home = base.folder / f"killed-{n}"
        for _ in range(rng.choice([1, 1, 1, 2])):
            too_late += _killed_once(base, home, rng)
        figure.count(base.runs_again(home), f"kill {n}")
        figure.notes = [f"{too_late} kills came after the run had ended, and were drawn again"]
        shutil.rmtree(home)
        yield figure


def _killed_once(base: Undisturbed, home: Path, rng: random.Random) -> int:
    """Kills one run in a home while it is under way. Returns how many draws came too late, each on a home of its own.

    A run takes as long as the machine lets it: a draw that came too late shortens the time that is drawn from.
    """
    too_late = 0
    while True:
        run = faulting.start(base.folder, home, base.snapshots)
        time.sleep(rng.uniform(0, base.seconds))
        if run.kill():
            return too_late
        too_late += 1
        base.seconds *= 0.9
        shutil.rmtree(home)


# --- disk -------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path | None]:
    """A disk of so many kilobytes; None where this user may not mount one."""
    place = folder / f"disk-{kilobytes}"
    place.mkdir()
    options = f"size={kilobytes}k,mode=700"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
    try:
        yield place if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", place], check=False)


def disk_full(base: Undisturbed, times: int) -> Figure:
    """Runs on disks of growing size, so that they fill up at each stage, then gives the disk room and runs again."""
    means = "refused, with the place and what to do; no edition or the whole one; with room again, the same bytes"
    figure = Figure("the disk is full, at each stage", means)
    used = sum(p.stat().st_size for p in base.home.rglob("*") if p.is_file()) // 1024
    stages = set()
    for n in range(times):
        size = 64 + (used * 5 // 4) * n // times
        with small_disk(base.folder, size) as disk:
            home = (disk or base.folder / f"limited-{size}") / "home"
            limit = None if disk else faulting.no_file_larger_than(size * 1024 // 4)
            run = faulting.start(base.folder, home, base.snapshots, before=limit)
            enough = run.wait() == 0
            # the log of a run goes on after its edition was sealed, and may be what finds the disk full
            left = not (home / "editions" / str(YEAR)).exists() or faulting.sealed(home) == base.sealed
            refused = faulting.plainly_refused(run) and left
            stages.add(_stage(run))
            if disk:
                subprocess.run(["mount", "-o", "remount,size=500m", disk], check=True)
            good = (enough or refused) and base.runs_again(home)
            figure.count(good, f"{size} kB: {run.said[-300:]}")
    figure.notes.append(f"{len(stages)} different messages or places")
    return figure


def _stage(run: Run) -> str:
    return next((line for line in run.said.splitlines() if line.strip()), "")


def disk_full_when_sealing_again(base: Undisturbed, times: int) -> Figure:
    """A sealed home on a disk without room is run on a new delivery: the sealed edition must stay."""
    figure = Figure("the disk is full while a new revision is made", "the sealed edition stays whole; then the same")
    changed = base.folder / "changed"
    shutil.copytree(base.snapshots, changed)
    world = faulting.small_world(people=13)
    shutil.rmtree(changed / "bef")
    written = faulting.snapshots_of(base.folder / "other", world)
    shutil.copytree(written / "bef", changed / "bef")
    for n in range(times):
        with small_disk(base.folder, 60_000 + n) as disk:
            if disk is None:
                figure.notes.append("no disk could be mounted")
                return figure
            home = disk / "home"
            shutil.copytree(base.home, home)
            free = shutil.disk_usage(disk).free
            (disk / "filler").write_bytes(bytes(max(0, free - 4096 - n * 6_000_000 // max(times, 1))))
            run = faulting.start(base.folder, home, changed)
            ended = run.wait() == 0 or faulting.plainly_refused(run)
            kept = faulting.whole(home)
            (disk / "filler").unlink()
            again = faulting.start(base.folder, home, changed)
            figure.count(ended and kept and again.wait() == 0 and faulting.whole(home), run.said[-300:])
        shutil.rmtree(base.folder / f"disk-{60_000 + n}", ignore_errors=True)
    return figure


# --- rights -----------------------------------------------------------------------------------------------------


def read_only(
    base: Undisturbed, commands: tuple[str, ...] = ("run", "verify", "impact", "forget", "upgrade")
) -> Figure:
    """A home that may be read and not written, run without the rights of root."""
    figure = Figure("the home may not be written", "refused in one line, the sealed edition as it was")
    home = base.folder / "read-only"
    shutil.copytree(base.home, home)
    for path in [*home.rglob("*"), home]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    script = Path(os.sys.executable).parent / "boligomraader"  # type: ignore[attr-defined]
    plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    for command in commands:
        more = {
            "run": ["--list-year", str(YEAR), "--snapshots", str(base.snapshots), "--as-of", f"{YEAR}-12-01"],
            "verify": ["--list-year", str(YEAR)],
            "impact": ["--list-year", str(YEAR), "--snapshots", str(base.snapshots)],
            "forget": ["--register", "bef", "--reference", f"{YEAR}-01-01"],
            "upgrade": [],
        }[command]
        done = subprocess.run(
            [*plain, script, command, *more, "--home", home], capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        refused = done.returncode != 0 and "Traceback" not in said and SECRET not in said
        figure.count(refused and "cannot be written" in said and base.same(home), f"{command}: {said[-400:]}")
    for path in [home, *home.rglob("*")]:
        path.chmod(0o700)
    return figure


# --- files ------------------------------------------------------------------------------------------------------


def _sound_files(folder: Path) -> dict[str, bytes]:
    """The same marked persons in every format, and files of another register under the same names."""
    folder.mkdir()
    rows = [person(PNR=f"{SECRET}-{n}", ADRESSE_ID=f"{SECRET}-adr-{n % 7}") for n in range(60)]
    frame = pd.DataFrame(rows)
    text = csv_text([row | {"NAVN": "Ærø"} for row in rows], ";", "\r\n")
    files = {
        "a.csv": text.encode(),
        "b.csv": text.encode("cp1252"),
        "c.csv.gz": gzip.compress(text.encode(), mtime=0),
        "d.csv.gz": gzip.compress(text.encode("cp1252"), mtime=0),
    }
    with duckdb.connect() as con:
        con.register("frame", frame)
        con.execute(f"COPY (SELECT * FROM frame) TO '{folder}/e.parquet' (FORMAT parquet)")
    write_xpt(folder / "f.xpt", frame)
    files |= {name: (folder / name).read_bytes() for name in ("e.parquet", "f.xpt")}
    if shutil.which("readstat"):
        write_sas7bdat(folder / "g.sas7bdat", frame)
        files["g.sas7bdat"] = (folder / "g.sas7bdat").read_bytes()
    return files


def _spoiled(rng: random.Random, data: bytes, others: list[bytes]) -> bytes:
    match rng.choice(["cut", "cut", "flip", "flip", "flip", "swap", "insert", "repeat", "zero"]):
        case "cut":
            return data[: rng.randrange(len(data))]
        case "flip":
            spoiled = bytearray(data)
            for _ in range(rng.choice([1, 1, 2, 8, 64])):
                spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
            return bytes(spoiled)
        case "swap":
            return rng.choice(others)
        case "insert":
            at = rng.randrange(len(data))
            return data[:at] + rng.randbytes(rng.choice([1, 4, 100])) + data[at:]
        case "repeat":
            at = rng.randrange(len(data))
            return data[:at] + data[at // 2 :]
        case _:
            at = rng.randrange(len(data))
            return data[:at] + bytes(min(64, len(data) - at)) + data[at + 64 :]


def fuzzed(folder: Path, cases: int, seed: int = 1) -> Figure:
    """Truncated, bit-flipped and swapped files against intake, in processes that a crash would end."""
    figure = Figure(
        "a file is truncated, bit-flipped or swapped", "read or refused in one line; no stack, no row, no crash"
    )
    files = _sound_files(folder / "sound")
    rng = random.Random(seed)
    batch = 50
    refused = 0
    for first in range(0, cases, batch):
        size = min(batch, cases - first)
        place = folder / f"batch-{first}"
        place.mkdir()
        state = rng.getrandbits(64)
        done = _in_a_fork(place, lambda place=place, state=state, size=size: _batch(place, files, state, size))  # type: ignore[misc]
        told = (place / "told").read_text().splitlines() if (place / "told").exists() else []
        for n in range(size):
            line = told[n] if n < len(told) else f"no answer (process ended with {done})"
            refused += line == "refused"
            figure.count(line in ("read", "refused"), f"case {first + n}: {line}")
        shutil.rmtree(place)
    figure.notes.append(f"{refused} refused, {figure.survived - refused} read with what was left of them")
    return figure


def _in_a_fork(folder: Path, work: Callable[[], None]) -> int:
    pid = os.fork()
    if not pid:
        code = 1
        try:
            out = os.open(folder / "output", os.O_WRONLY | os.O_CREAT)
            os.dup2(out, 1)
            os.dup2(out, 2)
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _batch(folder: Path, files: dict[str, bytes], seed: int, cases: int) -> None:
    rng = random.Random(seed)
    with a_warehouse(folder) as con, (folder / "told").open("w") as told:
        for n in range(cases):
            name = rng.choice(sorted(files))
            register = rng.choice([BEF, BEF, BEF, KRAF])
            root = folder / f"case-{n}"
            reference = f"{YEAR}-01-01" if register is BEF else str(YEAR - 1)
            place = root / register.name / reference
            place.mkdir(parents=True)
            (place / name).write_bytes(_spoiled(rng, files[name], [files[other] for other in sorted(files)]))
            print(_answer(con, register, reference, root, folder), file=told, flush=True)
            shutil.rmtree(root)


def _answer(con: duckdb.DuckDBPyConnection, register: Register, reference: str, root: Path, folder: Path) -> str:
    try:
        year = int(reference[:4])
        books = received_snapshots.read_books(con, YEAR)
        wanted, scratch = [(reference, year)], folder / "scratch"
        found = received_snapshots.receive(con, register, wanted, YEAR, root, scratch, books)
    except Exception as error:
        return f"raised {type(error).__name__}"
    lines = [fault.line for item in found for fault in item.faults]
    if any(SECRET in line or not line.isprintable() for line in lines):
        return "a row reached the user"
    output = (folder / "output").read_bytes() if (folder / "output").exists() else b""
    if output.strip():
        return "something was printed"
    return "refused" if lines else "read"


# --- at once ----------------------------------------------------------------------------------------------------


def at_once(base: Undisturbed, times: int, next_year: bool = True) -> Figure:
    """Two runs of one year (in two time zones) and one of the next together, and a reader all the while."""
    figure = Figure("runs of one year and of several at once, with a reader", "all seal, and every look finds it whole")
    later = faulting.snapshots_of(base.folder / "next", faulting.small_world(YEAR + 1))
    looks = 0
    for n in range(times):
        home = base.folder / f"at-once-{n}"
        shutil.copytree(base.home, home)
        reader = _Reader(home)
        with reader:
            runs = [faulting.start(base.folder, home, base.snapshots, env={"TZ": zone}) for zone in ZONES[:2]]
            if next_year:
                runs.append(faulting.start(base.folder, home, later, YEAR + 1))
            codes = [run.wait() for run in runs]
        looks += reader.looks
        good = set(codes) == {0} and not reader.broken and base.same(home)
        good = good and (not next_year or faulting.whole(home, YEAR + 1))
        figure.count(good, f"{codes} {reader.broken[:1]} {[run.said[-200:] for run in runs if run.status]}")
        shutil.rmtree(home)
    figure.notes.append(f"the reader looked {looks} times")
    return figure


class _Reader:
    """Looks at the edition over and over."""

    def __init__(self, home: Path) -> None:
        self.home, self.looks, self._stop = home, 0, threading.Event()
        self.broken: list[str] = []
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._stop.wait(0.1):
            try:
                if not faulting.whole(self.home):
                    self.broken.append("a file was not the one that the manifest names")
            except OSError as error:
                self.broken.append(type(error).__name__)
            self.looks += 1

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


# --- clocks -----------------------------------------------------------------------------------------------------

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
ZONES = ("Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu", "UTC")


def clocks(base: Undisturbed, times: int) -> Figure:
    """Other time zones, and (where libfaketime is installed) clocks that are years wrong."""
    figure = Figure("another time zone, or a clock that is years wrong", "the same bytes")
    for n, zone in enumerate(ZONES[:times]):
        home = base.folder / f"zone-{n}"
        run = faulting.start(base.folder, home, base.snapshots, env={"TZ": zone})
        figure.count(run.wait() == 0 and base.same(home), f"{zone}: {run.said[-300:]}")
    script = Path(os.sys.executable).parent / "boligomraader"  # type: ignore[attr-defined]
    shifts = ("-2y", "+3y", "-1d") if FAKETIME.exists() and times > 1 else ()
    for shift in shifts:
        home = base.folder / f"clock{shift}"
        args = [
            "run",
            "--no-report",
            "--list-year",
            str(YEAR),
            "--snapshots",
            base.snapshots,
            "--home",
            home,
            "--as-of",
        ]
        code, said = _with_a_clock(shift, [script, *args, f"{YEAR}-12-01"], base.folder / f"said{shift}")
        figure.count(code == 0 and base.same(home), f"{shift}: {said[-300:]}")
    if not shifts:
        figure.notes.append("libfaketime is not installed: time zones alone")
    return figure


def _with_a_clock(shift: str, command: list[object], output: Path) -> tuple[int, str]:
    """Runs a command with the clock shifted. Helpers that Dagster leaves behind under a false clock end with it."""
    false = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": shift, "DONT_FAKE_MONOTONIC": "1"}
    with output.open("w") as stream:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=os.environ | false,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = process.wait(timeout=600)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return code, output.read_text()
