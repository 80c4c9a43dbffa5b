"""The benchmark behind `make bench`: the product beside a bare query and a plain pandas program, on the same files.

Every measurement is a process of its own: wall time, processor time of all its threads, and peak resident memory come
from the kernel when it ends; the product's also per stage (`tests.performance.staged`). Belongs here: what is run, in
which order, and the verdict on each target. Does not belong here: the yardsticks and how a stage is timed.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from assets.warehouse import DEFAULT_MEMORY, MEMORY, THREADS
from tests.command import ROOT, TABLES
from tests.performance.staged import BESIDE, STAGES, WITHIN

CHANGED = ("law/parameters/udsat_boligomraade/primary_only.yaml", "value: 60 pct", "value: 59 pct")
"""The law parameter that is changed in a copy of the product, and how."""

COPIED = ("assets", "law", "pipelines", "sql", "tests")
NATION, DEMO = 6_000_000, 200_000
TEN_NATIONS = 60_000_000
PACKAGES = ("duckdb", "dagster", "great-expectations", "pandas", "pyarrow", "numpy")
GIGABYTE = 1024.0
WIDTH = 160


@dataclass
class Measure:
    """What one process took. `stages` and what follows are there for the product alone; `walls` are those of all
    times that the same was measured, ascending."""

    name: str
    wall: float
    cpu: float
    peak_mb: float
    load_before: float
    code: int = 0
    walls: list[float] = field(default_factory=list)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    steps: dict[str, dict[str, float]] = field(default_factory=dict)
    files_read: int = 0
    snapshots_stored: int = 0
    tables_judged: int = 0

    def of_stages(self, *stages: str) -> tuple[float, float]:
        """Wall and processor seconds of some stages together."""
        chosen = [self.stages[stage] for stage in stages]
        return sum(stage["wall"] for stage in chosen), sum(stage["cpu"] for stage in chosen)


@dataclass
class Ratios:
    """Of what was measured in turn, how often one took as long as the other, ascending: in wall and processor time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass
class Country:
    """All that was measured on one population. `to_bare` is a first run to the bare query just before it, `to_first` a
    changed parameter to the first run just before it."""

    population: int
    snapshot_bytes: int
    areas: int = 0
    measures: dict[str, Measure] = field(default_factory=dict)
    to_bare: Ratios = field(default_factory=Ratios)
    to_first: Ratios = field(default_factory=Ratios)
    same_figures: bool = False


@dataclass(frozen=True)
class Target:
    """One target: what was measured of it, in wall and in processor time, and whether wall time meets it.

    `met` is None where it was not measured.
    """

    name: str
    limit: str
    wall: str
    cpu: str
    met: bool | None


# --- measuring --------------------------------------------------------------------------------------------------

COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Modules are compiled once and kept, as everywhere but where a shell forbids it."""


def timed(name: str, command: Sequence[str], cwd: Path, log: Path) -> Measure:
    """Runs a command to its end in a process of its own."""
    load = os.getloadavg()[0]
    started = time.perf_counter()
    with log.open("ab") as stream:
        process = subprocess.Popen(command, cwd=cwd, stdout=stream, stderr=subprocess.STDOUT, env=os.environ | COMPILED)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    cpu = used.ru_utime + used.ru_stime
    return Measure(name, wall, cpu, used.ru_maxrss / 1024, load, process.returncode)


class Bench:
    """The measurements of one population in a folder of its own."""

    def __init__(
        self, folder: Path, population: int, list_year: int, snapshots: Path, repeat: int, console: Console
    ) -> None:
        self.folder, self.list_year, self.snapshots, self.console = folder, list_year, snapshots, console
        self.repeat = repeat
        self.log = folder / "output.log"
        files = [path for path in snapshots.rglob("*") if path.is_file()]
        self.country = Country(population, sum(path.stat().st_size for path in files))

    def python(self, name: str, module: str, *arguments: object, cwd: Path = ROOT) -> Measure:
        self.console.print(f"{self.country.population:>11,} residents: {name} ...")
        measure = timed(name, [sys.executable, "-m", module, *map(str, arguments)], cwd, self.log)
        self.country.measures[name] = measure
        if measure.code:
            tail = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
            raise SystemExit(f"{name} ended with {measure.code}:\n{tail}")
        return measure

    def product(self, name: str, *command: object, cwd: Path = ROOT) -> Measure:
        out = self.folder / f"{name.replace(' ', '-')}.json"
        measure = self.python(name, "tests.performance.staged", out, *command, cwd=cwd)
        for key, value in json.loads(out.read_text(encoding="utf-8")).items():
            setattr(measure, key, value)
        # measuring a stage's peak starts the kernel's own anew; what no stage took is the interpreter's start and end
        measure.peak_mb = max(measure.peak_mb, *(stage["peak_mb"] for stage in measure.stages.values()))
        rest = measure.stages["orchestration"]
        wall, cpu = measure.of_stages(*(stage for stage in measure.stages if stage not in (*BESIDE, *WITHIN)))
        rest["wall"] += measure.wall - wall
        rest["cpu"] += measure.cpu - cpu
        return measure

    def run(self, name: str, home: Path, *more: object, list_year: int | None = None, cwd: Path = ROOT) -> Measure:
        settings = ("--list-year", list_year or self.list_year, "--home", home, "--as-of", f"{self.list_year}-12-01")
        return self.product(name, "run", *settings, "--snapshots", self.snapshots, "--no-report", *more, cwd=cwd)

    def compared(self, with_pandas: bool, with_report: bool) -> None:
        """Bare query, first run and a run with one parameter changed, one after the other and as often as asked for;
        then pandas, the run of nothing and the report."""
        home, copy, rounds = self.folder / "home", self.folder / "changed", []
        first_edition = self.folder / "edition"
        for _ in range(self.repeat):
            shutil.rmtree(home, ignore_errors=True)
            bare, first = self._bare(), self.run("first run", home)
            if not copy.exists():
                shutil.copytree(home / "editions" / str(self.list_year), first_edition)
                _changed_copy(copy)
            changed = self.run("one parameter changed", home, cwd=copy)
            if _revision(home, self.list_year) != 2:
                raise SystemExit("the changed law made no new revision: the copy of the product was not what ran")
            rounds.append((bare, first, changed))
        self.country.to_bare = _ratios((first, bare) for bare, first, _ in rounds)
        self.country.to_first = _ratios((changed, first) for _, first, changed in rounds)
        for measured in zip(*rounds, strict=True):
            self._keep_middle(measured)
        if with_pandas:
            self.python(
                "pandas", "tests.performance.plain_pandas", self.snapshots, self.list_year, self.folder / "pandas"
            )
        self._compare(first_edition)
        # under the law that sealed the newest edition
        self._keep_middle([self.run("nothing changed", home, cwd=copy) for _ in range(self.repeat)])
        self._empty()
        if with_report:
            year = ("--list-year", self.list_year, "--home", home, "--as-of", f"{self.list_year}-12-01")
            self.product("report", "report", *year, cwd=copy)
        shutil.rmtree(home)

    def _bare(self) -> Measure:
        beside = (self.snapshots, self.list_year, self.folder / "bare.csv")
        return self.python("bare query", "tests.performance.bare_query", *beside)

    def _empty(self) -> None:
        """As many steps, assets and checks, with no work: what Dagster itself takes."""
        shape, module = self.folder / "shape.json", "tests.performance.empty_dagster"
        told = timed("shape", [sys.executable, "-m", module, "shape", str(shape)], ROOT, self.log)
        if told.code:
            raise SystemExit("the shape of a run could not be told: see the end of " + str(self.log))
        self.python("empty Dagster run", module, "run", shape, self.list_year)

    def _keep_middle(self, measured: Sequence[Measure]) -> None:
        """Of several measurements of the same the one whose wall time stands in the middle."""
        by_wall = sorted(measured, key=lambda one: one.wall)
        kept = by_wall[len(by_wall) // 2]
        self.country.measures[kept.name] = replace(kept, walls=[one.wall for one in by_wall])

    def _compare(self, edition: Path) -> None:
        """The yardsticks and the product gave the same bytes, or the comparison of their times is worth nothing."""
        beside = {self.folder / "bare.csv": "area_criteria"}
        beside |= {self.folder / "pandas" / f"{table}.csv": table for table in TABLES}
        for path, table in beside.items():
            if path.exists() and path.read_bytes() != (edition / f"{table}.csv").read_bytes():
                raise SystemExit(f"{path.name} is not what the product published as {table}")
        self.country.same_figures = True
        self.country.areas = len((edition / "area_criteria.csv").read_text(encoding="utf-8").splitlines()) - 1

    def years(self, count: int, seed: int) -> None:
        """Several list years in one home and one process, ascending, of one folder with what each was delivered."""
        home, given, first = self.folder / "years", self.snapshots, self.list_year - count + 1
        self.snapshots = self.folder / "delivered"
        for year in range(first, self.list_year + 1):
            arrived = self.folder / "arrived"
            write_demo(arrived, self.country.population, year, seed, self.log)
            _deliver(arrived, self.snapshots)
        self.run(f"{count} list years", home, "--through", self.list_year, list_year=first)
        shutil.rmtree(home)
        shutil.rmtree(self.snapshots)
        self.snapshots = given

    def areas(self, counts: Sequence[int]) -> None:
        """A first run on the same people and homes with as many areas as asked for."""
        given, home = self.snapshots, self.folder / "areas"
        for count in sorted(counts):
            self.snapshots = self.folder / f"snapshots-{count}-areas"
            _with_areas(given, self.snapshots, count)
            self.run(f"{count:,} areas", home)
            shutil.rmtree(home)
            shutil.rmtree(self.snapshots)
        self.snapshots = given


def _deliver(arrived: Path, delivered: Path) -> None:
    """Adds the references that were not delivered before."""
    for reference in sorted(path for path in arrived.glob("*/*") if path.is_dir()):
        place = delivered / reference.relative_to(arrived)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            reference.rename(place)
    shutil.rmtree(arrived)


def _with_areas(given: Path, folder: Path, count: int) -> None:
    """The same snapshots with other areas: the parcels with the most homes, each an area of its own."""
    shutil.copytree(given, folder, copy_function=os.link)
    homes = sorted((given / "bolig").glob("*/*.parquet"))[-1]
    with duckdb.connect() as con:
        parcels = con.execute(
            """
            SELECT min(KOM), EJERLAV, MATRIKEL
            FROM read_parquet(?)
            WHERE EJERLAV IS NOT NULL AND MATRIKEL IS NOT NULL
            GROUP BY EJERLAV, MATRIKEL
            ORDER BY count(*) DESC, EJERLAV, MATRIKEL
            LIMIT ?
            """,
            [str(homes), count],
        ).fetchall()
    if len(parcels) < count:
        raise SystemExit(f"the snapshots have {len(parcels):,} parcels with homes, too few for {count:,} areas")
    for boundaries in sorted(path for path in (folder / "omraade").rglob("*") if path.suffix):
        boundaries.unlink()
        with boundaries.with_suffix(".csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("AREA_ID", "NAVN", "KOM", "EJERLAV", "MATRIKEL"))
            writer.writerows((f"P{i:06}", f"Parcel {i:06}", *parcel) for i, parcel in enumerate(parcels))


def write_demo(snapshots: Path, population: int, list_year: int, seed: int, log: Path) -> None:
    command = ("demo", "--snapshots", snapshots, "--population", population, "--list-year", list_year, "--seed", seed)
    done = timed("demo", [sys.executable, "-m", "pipelines.cli", *map(str, command)], ROOT, log)
    if done.code:
        raise SystemExit("the demo could not be written: " + log.read_text(encoding="utf-8", errors="replace")[-2000:])


def _ratios(pairs: Iterable[tuple[Measure, Measure]]) -> Ratios:
    measured = list(pairs)
    return Ratios(sorted(a.wall / b.wall for a, b in measured), sorted(a.cpu / b.cpu for a, b in measured))


def _changed_copy(folder: Path) -> None:
    """A copy of the product, with its compiled modules, in which one parameter of the law has another value."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    place, old, new = CHANGED
    text = (folder / place).read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{place} no longer says {old!r}")
    (folder / place).write_text(text.replace(old, new), encoding="utf-8")


def _revision(home: Path, list_year: int) -> int:
    manifest = json.loads((home / "editions" / str(list_year) / "manifest.json").read_text(encoding="utf-8"))
    return int(manifest["revision"])


# --- the verdict ------------------------------------------------------------------------------------------------


def targets(countries: Sequence[Country], years: int) -> list[Target]:
    """Every target with what was measured of it; never met without a measurement."""
    by_population = {country.population: country for country in countries}
    nation = by_population.get(NATION)
    demo = by_population.get(DEMO)
    return [
        *(_national(nation) if nation else _unmeasured_national()),
        _years_target(nation or (countries[0] if countries else None), years),
        _ten_nations(nation, by_population.get(TEN_NATIONS)),
        _seconds("200,000 residents, without the report", demo, "first run", 20),
    ]


NATIONAL = {
    "full run against the bare query": "at most 6 times",
    "peak memory of the full run": "at most 4 GB",
    "full run against pandas": "at least 5 times faster",
    "orchestration and imports": "at most 8 s",
    "nothing changed": "at most 10 s",
    "one parameter changed: snapshots read": "none",
    "one parameter changed against the full run": "at most 1/5",
}


def _unmeasured_national() -> list[Target]:
    return [Target(name, limit, "", "", None) for name, limit in NATIONAL.items()]


def _national(country: Country) -> Iterator[Target]:
    first, again = country.measures.get("first run"), country.measures.get("nothing changed")
    changed = country.measures.get("one parameter changed")
    names = iter(NATIONAL.items())
    yield _in_turn(*next(names), country.to_bare, at_most=6)
    name, limit = next(names)
    peak = first.peak_mb / GIGABYTE if first else math.nan
    yield Target(name, limit, f"{peak:.2f} GB" if first else "", "", peak <= 4 if first else None)
    yield _at_least(*next(names), country.measures.get("pandas"), first, 5)
    name, limit = next(names)
    wall, cpu = first.of_stages("orchestration", "imports") if first else (math.nan, math.nan)
    yield Target(name, limit, *_both(wall, cpu, " s", first), wall <= 8 if first else None)
    next(names)
    yield (
        _seconds("nothing changed", country, "nothing changed", 10)
        if again
        else Target("nothing changed", "", "", "", None)
    )
    name, limit = next(names)
    stored = (
        "" if changed is None else f"{changed.snapshots_stored} read into tables, {changed.files_read} files hashed"
    )
    yield Target(name, limit, stored, "", changed.snapshots_stored == 0 if changed else None)
    yield _in_turn(*next(names), country.to_first, at_most=0.2)


def _in_turn(name: str, limit: str, ratios: Ratios, at_most: float) -> Target:
    """The middle of ratios, each of two programs of the same minute; the lowest and the highest are told."""
    if not ratios.wall:
        return Target(name, limit, "", "", None)
    middle = len(ratios.wall) // 2
    wall, cpu = ratios.wall[middle], ratios.cpu[middle]
    spread = f" ({ratios.wall[0]:.3f} to {ratios.wall[-1]:.3f})" if middle else ""
    return Target(name, limit, f"{wall:.3f} times{spread}", f"{cpu:.3f} times", wall <= at_most)


def _both(wall: float, cpu: float, unit: str, measured: object) -> tuple[str, str]:
    return (f"{wall:.2f}{unit}", f"{cpu:.2f}{unit}") if measured else ("", "")


def _at_least(name: str, limit: str, slow: Measure | None, fast: Measure | None, times: float) -> Target:
    if slow is None or fast is None:
        return Target(name, limit, "", "", None)
    wall, cpu = slow.wall / fast.wall, slow.cpu / fast.cpu
    return Target(name, limit, f"{wall:.2f} times", f"{cpu:.2f} times", wall >= times)


def _seconds(name: str, country: Country | None, measure: str, limit: int) -> Target:
    found = country.measures.get(measure) if country else None
    if found is None:
        return Target(name, f"at most {limit} s", "", "", None)
    return Target(name, f"at most {limit} s", f"{found.wall:.1f} s", f"{found.cpu:.1f} s", found.wall <= limit)


def _years_target(country: Country | None, years: int) -> Target:
    name, limit = "eight list years against one", "at most 6 times"
    found = country.measures.get(f"{years} list years") if country else None
    if country is None or found is None or years != 8:
        return Target(name, limit, "", "", None)
    first = country.measures["first run"]
    told = f"{found.wall / first.wall:.2f} times ({country.population:,} residents)"
    return Target(name, limit, told, f"{found.cpu / first.cpu:.2f} times", found.wall <= 6 * first.wall)


def _ten_nations(nation: Country | None, ten: Country | None) -> Target:
    name, limit = "60,000,000 residents against 6,000,000", "within 8 GB, at most 13 times"
    if nation is None or ten is None:
        return Target(name, limit, "", "", None)
    one, many = nation.measures["first run"], ten.measures["first run"]
    wall, cpu, peak = many.wall / one.wall, many.cpu / one.cpu, many.peak_mb / GIGABYTE
    met = wall <= 13 and peak <= 8
    return Target(name, limit, f"{wall:.2f} times, {peak:.2f} GB", f"{cpu:.2f} times", met)


def growth(countries: Sequence[Country]) -> dict[str, float]:
    """Exponent of processor time in residents, per stage of the first run and per yardstick, and of a first run in
    areas, by least squares on logarithms.

    1 is proportional; a stage that takes no longer for more residents has 0.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for country in countries:
        for name, measure in country.measures.items():
            if name in ("bare query", "pandas", "first run"):
                found.setdefault(name, []).append((country.population, measure.cpu))
            if name == "first run":
                for stage, spent in measure.stages.items():
                    found.setdefault(f"first run: {stage}", []).append((country.population, spent["cpu"]))
            if name == "first run" or name.endswith(" areas"):
                areas = country.areas if name == "first run" else int(name.removesuffix(" areas").replace(",", ""))
                named = f"first run, by areas, of {country.population:,} residents"
                found.setdefault(named, []).append((areas, measure.cpu))
    return {name: slope(points) for name, points in found.items() if len(points) > 2 and all(y > 0 for _, y in points)}


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Exponent b of y = a x^b, by least squares on logarithms."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


# --- telling ----------------------------------------------------------------------------------------------------


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo")
    models = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE**3
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "duckdb_memory": os.environ.get(MEMORY, DEFAULT_MEMORY),
        "duckdb_threads": os.environ.get(THREADS, "all cores"),
        "measured_on": dt.date.today().isoformat(),
    }


def told(countries: Sequence[Country], years: int) -> dict[str, Any]:
    """Everything that goes into the JSON."""
    return {
        "machine": machine(),
        "countries": [asdict(country) for country in countries],
        "targets": [asdict(target) for target in targets(countries, years)],
        "growth_exponents": growth(countries),
    }


def table_of(countries: Sequence[Country], judged: Sequence[Target]) -> Table:
    """Measurements, stages and verdicts, one under the other."""
    table = Table(title="make bench: seconds of wall time, of processor time, and peak memory")
    for name in ("Residents", "Measured", "Wall", "CPU", "Peak MB", "Load before"):
        table.add_column(name, justify="left" if name == "Measured" else "right", no_wrap=True)
    for country in countries:
        for measure in country.measures.values():
            figures = (
                f"{measure.wall:.1f}",
                f"{measure.cpu:.1f}",
                f"{measure.peak_mb:.0f}",
                f"{measure.load_before:.1f}",
            )
            table.add_row(f"{country.population:,}", measure.name, *figures)
            for stage in STAGES:
                spent = measure.stages.get(stage)
                if spent and spent["wall"] > 0.05:
                    peak = f"{spent['peak_mb']:.0f}" if spent["peak_mb"] else ""
                    indent = "    of it " if stage in WITHIN else "    beside: " if stage in BESIDE else "  "
                    table.add_row("", f"{indent}{stage}", f"{spent['wall']:.1f}", f"{spent['cpu']:.1f}", peak, "")
        table.add_section()
    verdicts: Mapping[bool | None, str] = {True: "met", False: "not met", None: "not measured"}
    for target in judged:
        table.add_row("", f"{target.name}: {target.limit}", target.wall, target.cpu, "", verdicts[target.met])
    return table


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--population", type=int, nargs="+", default=[NATION], help="residents; several fit the growth"
    )
    options.add_argument("--list-year", type=int, default=2026)
    options.add_argument("--years", type=int, default=1, help="list years in one home, the smallest population alone")
    options.add_argument(
        "--areas", type=int, nargs="+", default=[], help="other numbers of areas, the smallest population alone"
    )
    options.add_argument("--threads", type=int, help="threads of DuckDB (default: all cores)")
    options.add_argument("--memory", help="memory limit of DuckDB, such as 2500MB")
    options.add_argument(
        "--snapshots", type=Path, nargs="+", default=[], help="snapshots to reuse, one folder per population, ascending"
    )
    options.add_argument(
        "--repeat",
        type=int,
        default=1,
        help="how often bare query, first run, changed parameter and run of nothing are measured: the middle counts",
    )
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", type=Path, default=Path("data/bench.json"))
    options.add_argument("--no-pandas", action="store_true", help="leave the pandas program out: it needs most memory")
    options.add_argument("--no-report", action="store_true", help="leave the report out")
    chosen = options.parse_args()
    if chosen.snapshots and len(chosen.snapshots) != len(chosen.population):
        options.error("--snapshots takes one folder per --population")
    for name, value in ((THREADS, chosen.threads), (MEMORY, chosen.memory)):
        if value is not None:
            os.environ[name] = str(value)
    console, countries = Console(), []
    console.width = max(console.width, WIDTH)
    for population, snapshots in zip_longest(sorted(chosen.population), chosen.snapshots):
        with tempfile.TemporaryDirectory(prefix="bench-") as place:
            countries.append(_measured(Path(place), population, snapshots, chosen, console))
        _write(chosen.json, told(countries, chosen.years))
    console.print(table_of(countries, targets(countries, chosen.years)))
    for name, exponent in growth(countries).items():
        console.print(f"grows to the power {exponent:.2f}: {name}", highlight=False)
    console.print(f"written: {chosen.json}")
    return 0


def _measured(
    place: Path, population: int, snapshots: Path | None, chosen: argparse.Namespace, console: Console
) -> Country:
    if snapshots is None:
        snapshots = place / "snapshots"
        write_demo(snapshots, population, chosen.list_year, chosen.seed, place / "output.log")
    # in memory as a whole, ten nations fit in no small machine, and they take their time
    small = population <= NATION
    bench = Bench(place, population, chosen.list_year, snapshots, chosen.repeat if small else 1, console)
    bench.compared(small and not chosen.no_pandas, small and not chosen.no_report)
    if population == min(chosen.population):
        bench.areas(chosen.areas)
        if chosen.years > 1:
            bench.years(chosen.years, chosen.seed)
    return bench.country


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
