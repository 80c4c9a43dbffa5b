"""What binds an area on the list of the year: its categories, the reach of development plans, and the cap.

Here belongs what several systems ask of an area. What does not belong here: the rules table itself (`area_rules`)
and any decision about a household.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import duckdb

from assets.administration.case_tables import DEVELOPMENT_PLANS
from assets.administration.errors import AdministrationError
from assets.administration.intake import doubts
from assets.administration.legal_basis import Basis
from law.loader import list_day, newest_list_year

UDSAT = "udsat_boligomraade"
FOREBYGGELSE = "forebyggelsesomraade"
PARALLELSAMFUND = "parallelsamfund"
OMDANNELSE = "omdannelsesomraade"

PLAN_IN_DOUBT = "what was recorded of its development plan was refused"

State = Literal["applies", "no", "undecided"]


@dataclass(frozen=True)
class Area:
    """An area on one list, with every category it is in."""

    area_id: str
    name: str
    kom: str
    residents: int
    status: str
    categories: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """A development plan, or the duty to make one where none is recorded (`approved_on` None).

    `in_doubt`: a row that recorded it was refused, so that what it said is not known.
    """

    area_id: str
    approved_on: dt.date | None
    completed_on: dt.date | None
    last_listed_year: int | None
    in_doubt: bool = False


@dataclass(frozen=True)
class Lists:
    """The areas of every sealed list up to the list year, by list year and area id."""

    list_year: int
    by_year: Mapping[int, Mapping[str, Area]]

    @property
    def areas(self) -> Mapping[str, Area]:
        """The areas of the list year."""
        return self.by_year[self.list_year]

    def on(self, day: dt.date, basis: Basis, since: dt.date) -> Lists | None:
        """The lists that a case of a day is judged by, as afgoerelsesvalg.assignment_list has it; None where not known.

        They end with the list year or with the newest list published by the day. Lists from before `since` were
        made under other rules.
        """
        if basis.choice("afgoerelsesvalg.assignment_list") == "list_year_of_run":
            return self
        newest = newest_list_year(day)
        if newest not in self.by_year or list_day(newest) < since:
            return None
        return self.until(newest)

    def until(self, year: int) -> Lists:
        """The lists as they were when the one of `year` was the newest."""
        return Lists(year, {known: areas for known, areas in self.by_year.items() if known <= year})

    def categories(self, year: int, area_id: str) -> frozenset[str] | None:
        """The categories of an area on a list: none where it was not on it, None where that list is not sealed here."""
        if year not in self.by_year:
            return None
        area = self.by_year[year].get(area_id)
        return area.categories if area else frozenset()

    def ever(self, area_id: str, category: str) -> bool:
        """Whether a sealed list has the area in a category."""
        return any(category in area.categories for areas in self.by_year.values() if (area := areas.get(area_id)))


@dataclass(frozen=True)
class PlanReach:
    """Whether § 59, stk. 6, binds an area through its plan though it is no udsat boligområde, from when and until when.

    Almenboligloven § 168 a, stk. 6: until the plan is carried out, or the area has been off the list for the years
    in a row, and at the latest at the deadline; where no list gave the area the duty, from the day that a plan was
    approved. `undecided` where too few lists are known, or the plan is in doubt. Whether a later list that has the area
    makes it bind again is afgoerelsesvalg.plan_letting_again.
    """

    state: State
    until: dt.date | None
    why: str
    since: dt.date | None = None


def read_lists(con: duckdb.DuckDBPyConnection, list_year: int) -> Lists:
    """The sealed lists of schema `edition`, up to the list year."""
    by_year: dict[int, dict[str, Area]] = {}
    rows = con.execute(
        "SELECT list_year, area_id, area_name, kom, residents, status, parallelsamfund, omdannelsesomraade "
        "FROM edition.area_status WHERE list_year <= ? ORDER BY list_year, area_id",
        [list_year],
    ).fetchall()
    for year, area_id, name, kom, residents, status, parallel, conversion in rows:
        categories = {status} if status in (UDSAT, FOREBYGGELSE) else set()
        categories |= {PARALLELSAMFUND} if parallel else set()
        categories |= {OMDANNELSE} if conversion else set()
        by_year.setdefault(year, {})[area_id] = Area(area_id, name, kom, residents or 0, status, frozenset(categories))
    if list_year not in by_year:
        raise AdministrationError(f"edition {list_year}: area_status has no rows: seal it again")
    return Lists(list_year, by_year)


def read_plans(con: duckdb.DuckDBPyConnection, lists: Lists, duty: Collection[str]) -> dict[str, Plan]:
    """Recorded plans, and the duty of every area that a sealed list had in one of the categories `duty`."""
    rows = con.execute(
        "SELECT area_id, approved_on, completed_on, last_listed_year FROM cases.development_plans ORDER BY area_id"
    ).fetchall()
    plans = {row[0]: Plan(*row) for row in rows}
    known = {area_id for areas in lists.by_year.values() for area_id in areas}
    for area_id in sorted(known & doubts(con, DEVELOPMENT_PLANS).keys()):
        plans[area_id] = replace(plans.get(area_id, Plan(area_id, None, None, None)), in_doubt=True)
    for area_id in sorted(known - plans.keys()):
        if any(lists.ever(area_id, category) for category in duty):
            plans[area_id] = Plan(area_id, None, None, None)
    return plans


def plan_reach(lists: Lists, plan: Plan, area_id: str, basis: Basis) -> PlanReach:
    """How far stk. 6 reaches an area through its plan, as the list of the year stands."""
    deadline = dt.date(basis.number("udviklingsplan.deadline_year"), 1, 1)
    until = min(deadline, plan.completed_on) if plan.completed_on else deadline
    obliged = any(lists.ever(area_id, category) for category in basis.codes("omraaderegler.udviklingsplan"))
    since = None if obliged else plan.approved_on
    years = basis.number("udviklingsplan.years_off_list")
    for years_off in range(years):
        year = lists.list_year - years_off
        categories = lists.categories(year, area_id)
        listed = UDSAT in categories if categories is not None else None
        if listed is None and plan.last_listed_year is not None:
            listed = year == plan.last_listed_year if year >= plan.last_listed_year else None
        if listed is None:
            why = f"the list of {year} is not known, nor the last year on it"
            return PlanReach("undecided", until, why, since)
        if listed and plan.in_doubt:
            return PlanReach("undecided", until, PLAN_IN_DOUBT)
        if listed and (ended := _ended_with(lists, plan, area_id, basis)) is not None:
            return PlanReach("no", None, f"{_off(years)}, last in {ended}; back on the list since, not by its plan")
        if listed:
            why = f"development plan; on the list of udsatte boligområder in {year}"
            return PlanReach("applies", until, why, since)
    return PlanReach("no", None, _off(years))


def _off(years: int) -> str:
    return f"off the list of udsatte boligområder for {years} years in a row"


def _ended_with(lists: Lists, plan: Plan, area_id: str, basis: Basis) -> int | None:
    """The list year with which the area had been off the list for the years in a row since it last got a plan or the
    duty to make one. None where it never was, by the lists that are known, and where a later list has it bind again."""
    if basis.choice("afgoerelsesvalg.plan_letting_again") == "binds_again":
        return None
    duty = set(basis.codes("omraaderegler.udviklingsplan"))
    obliged = [year for year in lists.by_year if duty & (lists.categories(year, area_id) or frozenset())]
    off = 0
    for year in range(max(obliged, default=min(lists.by_year)), lists.list_year + 1):
        categories = lists.categories(year, area_id)
        planned = plan.approved_on is None or plan.approved_on <= list_day(year)
        off = off + 1 if planned and categories is not None and UDSAT not in categories else 0
        if off >= basis.number("udviklingsplan.years_off_list"):
            return year
    return None
