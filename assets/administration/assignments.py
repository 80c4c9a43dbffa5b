"""Municipal assignment: may this household be assigned this vacant home? Almenboligloven § 59, stk. 6-9.

The rules themselves are in `sql/administration` (decided, benefit_runs, member_grounds, assignment_outcomes,
assignment_grounds), so that many households are screened at once. This module gives them the law by period and the
areas' regimes. What does not belong here: any other way a home is let.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from assets.administration import legal_basis
from assets.administration.binding import PLAN_PARAMETERS, Binding
from assets.administration.cap import PARAMETERS as CAP_PARAMETERS
from assets.administration.intake import CODE_LISTS
from assets.administration.legal_basis import Basis
from assets.administration.regimes import Lists
from assets.administration.store import Output, count, load_rows, replace_output, sql_text
from law.loader import Law, list_day

PARAMETERS = (
    "anvisning.citizenship_groups",
    "anvisning.citizenship_unknown_codes",
    "anvisning.lease_ended_months",
    "anvisning.release_from_other_age_below",
    "anvisning.release_months",
    "anvisning.stk6_nr5_benefits",
    "anvisning.stk6_nr5_months",
    "anvisning.stk6_nr7_benefits",
    "anvisning.stk6_nr7_months",
    "anvisning.stk7_grounds",
    "anvisning.stk7_long_benefits",
    "anvisning.stk7_long_months",
    "anvisning.stk7_short_benefits",
    "anvisning.stk7_short_months",
    "omraaderegler.anvisning_stk6",
    "omraaderegler.anvisning_stk7",
    "udviklingsplan.deadline_year",
    "udviklingsplan.years_off_list",
    "afgoerelsesvalg.assignment_alternative_unknown",
    "afgoerelsesvalg.assignment_list",
    "afgoerelsesvalg.benefit_names",
    "afgoerelsesvalg.leap_day_age",
    "afgoerelsesvalg.lease_not_recorded",
    "afgoerelsesvalg.months_last_day",
    "afgoerelsesvalg.plan_letting_again",
    *CAP_PARAMETERS,
)

ASSIGNMENT_DECISIONS = Output(
    name="assignment_decisions",
    columns={"assignment_id": "VARCHAR", "outcome": "VARCHAR", "grounds": "VARCHAR", "missing_facts": "VARCHAR"},
    order=("assignment_id",),
)
ASSIGNMENT_BASIS = Output(
    name="assignment_basis",
    columns={
        "assignment_id": "VARCHAR",
        "household_id": "VARCHAR",
        "area_id": "VARCHAR",
        "decision_date": "DATE",
        "status": "VARCHAR",
        "stk6": "VARCHAR",
        "stk7": "VARCHAR",
        "list_in_force": "BOOLEAN",
        "reason": "VARCHAR",
        "parameter_set": "VARCHAR",
    },
    order=("assignment_id",),
)
ASSIGNMENT_GROUNDS = Output(
    name="assignment_grounds",
    columns={
        "assignment_id": "VARCHAR",
        "member_id": "VARCHAR",
        "ground": "VARCHAR",
        "paragraph": "VARCHAR",
        "met": "BOOLEAN",
        "missing_facts": "VARCHAR",
    },
    order=("assignment_id", "member_id", "ground"),
)

AFTER_DECIDED = ("benefit_runs", "member_grounds", "assignment_outcomes")
"""The steps from what binds an area to what an assignment comes to; each is a query and reads those before it."""


def lists_judged_by(law: Law, lists: Lists) -> list[int]:
    """The list years whose lists an assignment may be judged by, as afgoerelsesvalg.assignment_list has it: of the
    lists in the home those under the rules of today; which list was in force before is not known."""
    choices = {period.choice("afgoerelsesvalg.assignment_list") for period in legal_basis.bases(law, PARAMETERS)}
    if "list_in_force" not in choices:
        return [lists.list_year]
    since = legal_basis.first_day(law, PLAN_PARAMETERS)
    return sorted(year for year in lists.by_year if list_day(year) >= since)


def decide(con: duckdb.DuckDBPyConnection, law: Law, year: int, bindings: Mapping[int, Binding]) -> dict[str, int]:
    """Decides every accepted assignment and replaces the decisions of list year `year`. Returns counts by outcome.

    `bindings` are what binds the areas on each list of `lists_judged_by`. Raises nothing over a case: what is missing
    makes the case undecided.
    """
    periods = legal_basis.bases(law, PARAMETERS)
    _load_law(con, periods)
    _load_free_movement(con)
    _load_regimes(con, periods, bindings)
    days = [[known, list_day(known), list_day(known + 1)] for known in sorted(bindings)]
    load_rows(con, "list_days", {"list_year": "SMALLINT", "valid_from": "DATE", "valid_until": "DATE"}, days)
    con.execute(f"CREATE OR REPLACE TEMP TABLE decided AS {sql_text('decided')}", {"year": year})
    for table in AFTER_DECIDED:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {sql_text(table)}")
    replace_output(con, ASSIGNMENT_DECISIONS, year, "SELECT * FROM assignment_outcomes")
    replace_output(con, ASSIGNMENT_BASIS, year, "SELECT * FROM assignment_outcomes")
    replace_output(con, ASSIGNMENT_GROUNDS, year, sql_text("assignment_grounds"))
    legal_basis.record(con, year, [period.values for period in periods])
    by_outcome = "SELECT outcome, count(*) FROM assignment_outcomes GROUP BY outcome ORDER BY outcome"
    totals = dict(con.execute(by_outcome).fetchall())
    totals["all"] = count(con, "assignment_outcomes")
    for table in ("decided", *AFTER_DECIDED):
        con.execute(f"DROP TABLE {table}")
    return totals


ASSIGNMENT_LAW: Mapping[str, str] = {
    "period": "INTEGER",
    "valid_from": "DATE",
    "valid_until": "DATE",
    "parameter_set": "VARCHAR",
    "under_age": "BIGINT",
    "release_months": "BIGINT",
    "lease_months": "BIGINT",
    "citizenship_groups": "VARCHAR[]",
    "citizenship_unknown_codes": "VARCHAR[]",
    "stk6_nr5_benefits": "VARCHAR[]",
    "stk6_nr5_months": "BIGINT",
    "stk6_nr7_benefits": "VARCHAR[]",
    "stk6_nr7_months": "BIGINT",
    "stk7_grounds": "VARCHAR[]",
    "stk7_short_benefits": "VARCHAR[]",
    "stk7_short_months": "BIGINT",
    "stk7_long_benefits": "VARCHAR[]",
    "stk7_long_months": "BIGINT",
    "longest_months": "BIGINT",
    "last_day_counts": "BOOLEAN",
    "leap_day_on_28_february": "BOOLEAN",
    "no_lease_when_empty": "BOOLEAN",
    "unknown_alternative_bans": "BOOLEAN",
    "by_list_in_force": "BOOLEAN",
    "names_of_each_month": "BOOLEAN",
    "first_day": "DATE",
}
"""The columns of `assignment_law`: what the queries ask of the law, a row for each period in which it is the same."""
BENEFIT_RULES = ("stk6_nr5", "stk6_nr7", "stk7_short", "stk7_long")


def _load_law(con: duckdb.DuckDBPyConnection, periods: Sequence[Basis]) -> None:
    laws = [
        _law_of(period) | {"period": number, "first_day": periods[0].start} for number, period in enumerate(periods)
    ]
    load_rows(con, "assignment_law", ASSIGNMENT_LAW, [[law[column] for column in ASSIGNMENT_LAW] for law in laws])


def _law_of(period: Basis) -> dict[str, Any]:
    months = {f"{rule}_months": period.number(f"anvisning.{rule}_months") for rule in BENEFIT_RULES}
    return {
        "valid_from": period.start,
        "valid_until": period.end,
        "parameter_set": period.parameter_set,
        "under_age": period.number("anvisning.release_from_other_age_below"),
        "release_months": period.number("anvisning.release_months"),
        "lease_months": period.number("anvisning.lease_ended_months"),
        "citizenship_groups": list(period.codes("anvisning.citizenship_groups")),
        "citizenship_unknown_codes": list(period.codes("anvisning.citizenship_unknown_codes")),
        "stk7_grounds": list(period.codes("anvisning.stk7_grounds")),
        **{f"{rule}_benefits": list(period.codes(f"anvisning.{rule}_benefits")) for rule in BENEFIT_RULES},
        **months,
        "longest_months": max(months.values()),
        "last_day_counts": period.choice("afgoerelsesvalg.months_last_day") == "counted",
        "leap_day_on_28_february": period.choice("afgoerelsesvalg.leap_day_age") == "on_28_february",
        "no_lease_when_empty": period.choice("afgoerelsesvalg.lease_not_recorded") == "no_ended_lease",
        "unknown_alternative_bans": period.choice("afgoerelsesvalg.assignment_alternative_unknown") == "ban_stands",
        "by_list_in_force": period.choice("afgoerelsesvalg.assignment_list") == "list_in_force",
        "names_of_each_month": period.choice("afgoerelsesvalg.benefit_names") == "each_month",
    }


def _load_free_movement(con: duckdb.DuckDBPyConnection) -> None:
    """Countries whose citizens are not barred by nr. 4, with their days (law/code_lists)."""
    with (CODE_LISTS / "eu_eoes_countries.csv").open(encoding="utf-8", newline="") as stream:
        rows = [
            [
                *(row["country_code"], row["citizenship_group"], dt.date.fromisoformat(row["valid_from"])),
                dt.date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            ]
            for row in csv.DictReader(stream)
        ]
    columns = {"country_code": "VARCHAR", "citizenship_group": "VARCHAR", "valid_from": "DATE", "valid_to": "DATE"}
    load_rows(con, "free_movement", columns, rows)


def _load_regimes(con: duckdb.DuckDBPyConnection, periods: Sequence[Basis], bindings: Mapping[int, Binding]) -> None:
    columns = {
        "list_year": "SMALLINT",
        "period": "INTEGER",
        "area_id": "VARCHAR",
        "on_list": "BOOLEAN",
        "status": "VARCHAR",
        "stk6": "VARCHAR",
        "stk6_by_plan": "BOOLEAN",
        "stk6_since": "DATE",
        "stk6_until": "DATE",
        "plan_in_doubt": "BOOLEAN",
        "stk7_listed": "BOOLEAN",
        "cap_exceeded": "BOOLEAN",
        "exempted_from": "DATE",
        "decided_from": "DATE",
        "otherwise": "VARCHAR",
        "not_exempted": "VARCHAR",
    }
    rows: list[list[object]] = []
    for number, period in enumerate(periods):
        stk6_categories = set(period.codes("omraaderegler.anvisning_stk6"))
        stk7_categories = set(period.codes("omraaderegler.anvisning_stk7"))
        unsettled = period.choice("valg.insufficient_cap_decision") == "undecided"
        for year, binding, area_id in _areas_by_list(bindings):
            area = binding.lists.areas.get(area_id)
            categories = area.categories if area else frozenset()
            by_plan = binding.reach.get(area_id)
            listed6 = bool(categories & stk6_categories)
            state6 = "applies" if listed6 else by_plan.state if by_plan else "no"
            since, until = (None, None) if listed6 or by_plan is None else (by_plan.since, by_plan.until)
            plan = binding.plans.get(area_id)
            in_doubt = not listed6 and plan is not None and plan.in_doubt
            cap = binding.stk7.get(area_id)
            listed7 = bool(categories & stk7_categories)
            rows.append(
                [
                    *(year, number, area_id, area is not None, area.status if area else "ikke_omfattet"),
                    *(state6, not listed6, since, until, in_doubt, listed7),
                    *((cap.cap_exceeded, cap.exempted_from, cap.decided_from) if cap else (False, None, None)),
                    *((cap.otherwise, cap.not_exempted(unsettled)) if cap else (None, None)),
                ]
            )
    load_rows(con, "regimes", columns, rows)


def _areas_by_list(bindings: Mapping[int, Binding]) -> Iterator[tuple[int, Binding, str]]:
    """Every list with each of its areas, and each area that a plan reaches on it."""
    for year, binding in sorted(bindings.items()):
        for area_id in sorted(binding.lists.areas.keys() | binding.reach.keys()):
            yield year, binding, area_id
