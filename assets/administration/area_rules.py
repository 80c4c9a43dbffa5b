"""Which rules a status sets in motion in each area: applies or not, since when, until when, and why.

What does not belong here: what a rule does in a case. Which categories a rule reaches is law
(`law/parameters/omraaderegler`), and so is how far a development plan does (`regimes`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.administration import cap, legal_basis
from assets.administration.binding import Binding
from assets.administration.legal_basis import Basis, bases, basis_on
from assets.administration.regimes import OMDANNELSE, PLAN_IN_DOUBT, Area, Lists, Plan, plan_reach
from assets.administration.store import Output, replace_output_rows
from law.loader import Law, list_day

RULES = (
    "fleksibel_udlejning",
    "anvisning_stk6",
    "anvisning_stk7",
    "undtaget_under_loftet",
    "nedrivning_genhusning",
    "paabud",
    "fremleje_bytte",
    "afvisning_51c",
    "udviklingsplan",
)
PLAN_PARAMETERS = (
    "udviklingsplan.deadline_year",
    "udviklingsplan.years_off_list",
    "afgoerelsesvalg.plan_letting_again",
)
EARLIER_WORDINGS = "omraaderegler.earlier_wordings"

AREA_RULES = Output(
    name="area_rules",
    columns={
        "list_year": "SMALLINT",
        "area_id": "VARCHAR",
        "area_name": "VARCHAR",
        "kom": "VARCHAR",
        "rule": "VARCHAR",
        "applies": "BOOLEAN",
        "since": "DATE",
        "since_known": "BOOLEAN",
        "until": "DATE",
        "reason": "VARCHAR",
        "paragraph": "VARCHAR",
        "parameter_set": "VARCHAR",
    },
    order=("area_id", "rule"),
)


@dataclass(frozen=True)
class Finding:
    """How one rule stands in one area. `applies` None is undecided; `since` is when the present state began."""

    applies: bool | None
    since: dt.date | None
    since_known: bool | None
    until: dt.date | None
    reason: str


def write_area_rules(con: duckdb.DuckDBPyConnection, law: Law, binding: Binding, day: dt.date) -> dict[str, int]:
    """Replaces the list year's rules as they stand on `day`. Returns counts by what was found."""
    lists = binding.lists
    rows: list[list[Any]] = []
    used: dict[str, Basis] = {}
    for rule in RULES:
        periods = bases(law, [f"omraaderegler.{rule}", EARLIER_WORDINGS], PLAN_PARAMETERS)
        basis = basis_on(periods, list_day(lists.list_year))
        if basis is not None:
            used[basis.parameter_set] = basis
        for area_id in sorted(lists.areas.keys() | binding.plans.keys()):
            finding = _find(rule, area_id, periods, basis, binding, day)
            area = lists.areas.get(area_id) or _latest(lists, area_id)
            rows.append(
                [
                    *(lists.list_year, area_id, area.name, area.kom, rule, finding.applies, finding.since),
                    *(finding.since_known, finding.until, finding.reason),
                    basis.values[f"omraaderegler.{rule}"].reference.citation if basis else None,
                    basis.parameter_set if basis else None,
                ]
            )
    replace_output_rows(con, AREA_RULES, lists.list_year, rows)
    legal_basis.record(con, lists.list_year, [basis.values for basis in used.values()])
    applies = [row[5] for row in rows]
    return {"applies": applies.count(True), "does_not": applies.count(False), "undecided": applies.count(None)}


def _latest(lists: Lists, area_id: str) -> Area:
    return next(areas[area_id] for _, areas in sorted(lists.by_year.items(), reverse=True) if area_id in areas)


def _find(
    rule: str, area_id: str, periods: Sequence[Basis], basis: Basis | None, binding: Binding, day: dt.date
) -> Finding:
    lists = binding.lists
    if basis is None:
        return Finding(False, None, None, None, "no such rule on the day of the list")
    plan = binding.plans.get(area_id)
    if rule == "udviklingsplan":
        return _plan_duty(lists, plan, area_id, basis, day)
    codes = basis.codes(f"omraaderegler.{rule}")
    area = lists.areas.get(area_id)
    listed = sorted((area.categories if area else frozenset()) & set(codes))
    by_plan = rule == "anvisning_stk6"
    if listed:
        since, known = _since(rule, area_id, periods, binding, plan if by_plan else None)
        if rule == "undtaget_under_loftet":
            return _exempted(binding, area_id, day)
        if rule == "anvisning_stk7":
            return _under_the_cap(binding, area_id, since, known, day)
        return Finding(True, since, known, None, f"{listed[0]} on the list of {lists.list_year}")
    if by_plan and plan is not None:
        reach = binding.reach[area_id]
        since, known = _since(rule, area_id, periods, binding, plan)
        if reach.until is not None and reach.until <= day:
            return Finding(False, reach.until, True, None, "the development plan is carried out or its deadline past")
        if reach.state == "applies":
            return Finding(True, since, known, reach.until, f"§ 168 a, stk. 6: {reach.why}")
        if reach.state == "undecided":
            return Finding(None, None, None, reach.until, f"§ 168 a, stk. 6: {reach.why}")
    return Finding(False, None, None, None, _why_not(area_id, codes, lists))


def _why_not(area_id: str, codes: Collection[str], lists: Lists) -> str:
    for year in sorted(lists.by_year, reverse=True):
        categories = lists.categories(year, area_id) or frozenset()
        if year < lists.list_year and categories & set(codes):
            return f"left the list: last on the list of {year}"
    return "on no list that sets the rule in motion"


NOT_DECIDED = "the municipality is above the cap, and it is not recorded which areas the council exempts (stk. 7-8)"


def _cap_state(binding: Binding, area_id: str, day: dt.date) -> cap.State:
    assert binding.cap_basis is not None
    unsettled = binding.cap_basis.choice("valg.insufficient_cap_decision") == "undecided"
    return binding.stk7[area_id].on(day, unsettled)


def _exempted(binding: Binding, area_id: str, day: dt.date) -> Finding:
    """Whether the council has exempted a forebyggelsesområde under the cap."""
    state, exempted_from = _cap_state(binding, area_id, day), binding.stk7[area_id].exempted_from
    if state == "undecided":
        return Finding(None, None, None, None, NOT_DECIDED)
    if state == "applies":
        return Finding(False, None, None, None, "not exempted under the cap")
    start = max(exempted_from, list_day(binding.lists.list_year)) if exempted_from else None
    why = "exempted by the council under the cap: stk. 7 lapses, every other rule stays"
    return Finding(True, start, start is not None, None, why)


def _under_the_cap(binding: Binding, area_id: str, since: dt.date, known: bool, day: dt.date) -> Finding:
    exemption = _exempted(binding, area_id, day)
    if exemption.applies is False:
        return Finding(True, since, known, None, f"forebyggelsesomraade on the list of {binding.lists.list_year}")
    if exemption.applies is None:
        return exemption
    return Finding(False, exemption.since, exemption.since_known, None, exemption.reason)


def _plan_duty(lists: Lists, plan: Plan | None, area_id: str, basis: Basis, day: dt.date) -> Finding:
    if plan is None:
        return Finding(False, None, None, None, "never an omdannelsesområde on a list known here, and no plan recorded")
    deadline = dt.date(basis.number("udviklingsplan.deadline_year"), 1, 1)
    if plan.in_doubt:
        return Finding(None, None, None, deadline, PLAN_IN_DOUBT)
    years = [year for year in sorted(lists.by_year) if OMDANNELSE in (lists.categories(year, area_id) or ())]
    since = list_day(years[0]) if years else plan.approved_on
    known = bool(years) and lists.categories(years[0] - 1, area_id) is not None
    if plan.completed_on is not None and plan.completed_on <= day:
        return Finding(False, plan.completed_on, True, None, "the development plan is carried out")
    if day >= deadline:
        return Finding(False, deadline, True, None, "the deadline of the development plan is past")
    if years and years[-1] == lists.list_year:
        reason = f"{OMDANNELSE} on the list of {lists.list_year}"
    elif years:
        reason = f"left the list, last on that of {years[-1]}; the duty stays (§ 168 a, stk. 5)"
    else:
        reason = "a development plan is recorded; the duty stays off the list (§ 168 a, stk. 5)"
    return Finding(True, since, known, deadline, reason)


def _since(
    rule: str, area_id: str, periods: Sequence[Basis], binding: Binding, plan: Plan | None
) -> tuple[dt.date, bool]:
    """The day from which the rule has applied without a break, and whether that is known for certain.

    It is the day of the first list of an unbroken run, or the day the rule took effect while the area was listed. Where
    the rule held before under a wording that is not held here, it has applied at least since then.
    """
    lists = binding.lists
    year = lists.list_year
    while True:
        earlier = basis_on(periods, list_day(year - 1))
        categories = lists.categories(year - 1, area_id)
        if categories is None:
            return list_day(year), False
        if earlier is None:
            starts = [p for p in periods if list_day(year - 1) < p.start <= list_day(year)]
            covered = starts and categories & set(starts[0].codes(f"omraaderegler.{rule}"))
            if covered or (starts and _planned(binding, plan, area_id, year - 1)):
                return starts[0].start, rule not in starts[0].codes(EARLIER_WORDINGS)
            return list_day(year), True
        codes = set(earlier.codes(f"omraaderegler.{rule}"))
        if not categories & codes and not _planned(binding, plan, area_id, year - 1):
            changed = [p for p in periods if list_day(year - 1) < p.start <= list_day(year)]
            widened = [p for p in changed if categories & set(p.codes(f"omraaderegler.{rule}"))]
            return (widened[0].start if widened else list_day(year)), True
        year -= 1


def _planned(binding: Binding, plan: Plan | None, area_id: str, year: int) -> bool:
    """Whether the plan bound the area on the list of a year."""
    if plan is None:
        return False
    lists, day = binding.lists.until(year), list_day(year)
    if not lists.ever(area_id, OMDANNELSE) and (plan.approved_on is None or plan.approved_on > day):
        return False
    reach = plan_reach(lists, plan, area_id, binding.plan_basis)
    return reach.state != "no" and (reach.until is None or reach.until > day)
