"""A small invented home for tests: sealed editions in the published format, and folders of cases.

Belongs here: writing what the administration reads, and reading what it wrote. Does not belong here: judgement.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from assets.administration import assignments, edition, graph, intake, publishing, store
from assets.administration.binding import read_binding
from assets.administration.case_tables import BY_NAME, CASE_TABLES
from assets.administration.regimes import read_lists
from assets.administration.run import Administration
from law.loader import Law, shipped_law

Row = Mapping[str, Any]


def text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([text(row.get(column)) for column in columns])


@dataclass
class World:
    """A home under `folder`; areas and caps by list year, cases by table.

    Without `homes` the edition has no area_cap, as one sealed before that table.
    """

    folder: Path
    areas: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    caps: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    area_caps: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def cases(self) -> Path:
        return self.folder / "cases"

    def area(
        self,
        year: int,
        area_id: str,
        status: str,
        kom: str = "101",
        residents: int = 1500,
        convicted_ratio: str | None = None,
        **flags: bool,
    ) -> None:
        self.areas.setdefault(year, []).append(
            {
                "list_year": year,
                "area_id": area_id,
                "area_name": f"Opdigtet {area_id}",
                "kom": kom,
                "residents": residents,
                "status": status,
                "parallelsamfund": flags.get("parallelsamfund", flags.get("omdannelsesomraade", False)),
                "omdannelsesomraade": flags.get("omdannelsesomraade", False),
                "criteria_met_61a": 0,
                "criteria_met_61b": 0,
                "years_as_parallelsamfund": 0,
                "convicted_ratio": convicted_ratio,
            }
        )

    def homes(
        self, year: int, kom: str, area_id: str, homes: int, decided_on: str | None = None, exempted: bool = False
    ) -> None:
        """A row of `area_cap`. The council has decided where there is a day or an exemption."""
        self.area_caps.setdefault(year, []).append(
            {
                "list_year": year,
                "area_id": area_id,
                "kom": kom,
                "family_homes": homes,
                "decided": exempted or decided_on is not None,
                "decided_on": decided_on,
                "exempted": exempted,
            }
        )

    def cap(
        self, year: int, kom: str, decision: str, homes: str, exempted: int = 0, over_exempted: bool = False
    ) -> None:
        """`homes`: family homes, those in udsatte areas, those in forebyggelsesområder."""
        total, udsat, preventive = (int(number) for number in homes.split())
        covered = udsat + preventive - exempted
        self.caps.setdefault(year, []).append(
            {
                "list_year": year,
                "kom": kom,
                "family_homes": total,
                "homes_udsat": udsat,
                "homes_forebyggelse": preventive,
                "share": "0.0000000000",
                "cap_exceeded": decision not in ("not_needed", "not_allowed"),
                "decision": decision,
                "homes_exempted": exempted,
                "covered_homes": covered,
                "covered_share": f"{covered / total:.10f}",
                "over_exempted": over_exempted,
            }
        )

    def seal(self) -> None:
        for year, areas in self.areas.items():
            target = self.home / "editions" / str(year)
            tables = {
                "area_status": [{k: v for k, v in area.items() if k != "convicted_ratio"} for area in areas],
                "area_criteria": [{k: area[k] for k in ("list_year", "area_id", "convicted_ratio")} for area in areas],
                "municipal_cap": self.caps.get(year, []),
            }
            if year in self.area_caps:
                tables["area_cap"] = self.area_caps[year]
            for name, rows in tables.items():
                columns = list(rows[0]) if rows else list(edition.TABLES[name])
                write_csv(target / f"{name}.csv", columns, rows)
            outputs = [
                {"file": f"{name}.csv", "sha256": hashlib.sha256((target / f"{name}.csv").read_bytes()).hexdigest()}
                for name in tables
            ]
            manifest = {"list_year": year, "outputs": outputs}
            (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    def give(self, table: str, *rows: Row, file: str = "a.csv") -> None:
        write_csv(self.cases / table / file, [c.name for c in BY_NAME[table].columns], rows)

    def settings(self, list_year: int, day: str) -> Administration:
        return Administration(list_year=list_year, cases=str(self.cases), home=str(self.home), day=day)

    def run(self, list_year: int = 2026, day: str = "2026-12-31") -> Results:
        """Takes every step of the job in its order without Dagster; test_command runs the job itself."""
        self.cases.mkdir(parents=True, exist_ok=True)
        run = self.settings(list_year, day)
        with store_in_memory() as con:
            graph.begin(con, run)
            for table in CASE_TABLES:
                intake.receive(con, self.cases, table)
            for system in graph.SYSTEMS:
                system.decide(con, run)
            publishing.publish(con, graph.OUTPUTS, self.home, list_year, run.on_day, run.law)
        return Results(self.home / "administration" / str(list_year))

    def accept(self, con: duckdb.DuckDBPyConnection, tables: Sequence[str], list_year: int, day: str) -> None:
        """Intake alone, for tests that need no run."""
        edition.load(con, self.home, list_year)
        days = dict.fromkeys(
            ("first_day_of_law", "first_instant_of_refunds", "first_day_of_frame"), dt.date(2021, 11, 30)
        )
        intake.prepare(con, dt.date.fromisoformat(day), days)
        for name in tables:
            intake.receive(con, self.cases, BY_NAME[name])


@dataclass(frozen=True)
class Results:
    """The folder a run wrote."""

    folder: Path

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def by(self, name: str, *key: str) -> dict[Any, dict[str, str]]:
        rows = self.table(name)
        return {(row[key[0]] if len(key) == 1 else tuple(row[k] for k in key)): row for row in rows}

    def counts(self) -> dict[str, tuple[int, int, int]]:
        return {
            row["table"]: (int(row["rows_in"]), int(row["accepted"]), int(row["refused"]))
            for row in self.table("intake")
        }

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}


@contextmanager
def store_in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A store without a file, for tests that need no run."""
    # a few rows: a second thread takes longer to begin than there is to do
    with duckdb.connect(config=store.SETTINGS | {"threads": 1}) as con:
        store.prepare(con)
        yield con


DECIDED = ("development_plans", "members", "benefit_months", "assignments")


def decisions(world: World, query: str | None = None, law: Law | None = None, day: str = "2026-12-31") -> Any:
    """Decides the assignments of a world without a run: outcome, grounds and missing facts by assignment.

    With a query, its rows after deciding.
    """
    with store_in_memory() as con:
        world.accept(con, DECIDED, 2026, day)
        decide_in(con, law or shipped_law(), 2026)
        rows = con.execute(
            query
            or "SELECT assignment_id, outcome, coalesce(grounds, ''), coalesce(missing_facts, '') "
            "FROM assignment_decisions"
        ).fetchall()
    return rows if query else {row[0]: row[1:] for row in rows}


def decide_in(con: duckdb.DuckDBPyConnection, law: Law, list_year: int) -> None:
    """Decides the accepted assignments of a store."""
    years = assignments.lists_judged_by(law, read_lists(con, list_year))
    assignments.decide(con, law, list_year, {year: read_binding(con, law, year) for year in years})


def date(text: str, days: int = 0) -> dt.date:
    """A day, or some days after it."""
    return dt.date.fromisoformat(text) + dt.timedelta(days=days)
