"""Development plans: how far each area is from its goal, the year the present pace reaches it, the dispensations.

Almenboligloven §§ 168 a and 168 b: at most the limit's share of family homes at the deadline. What does not belong
here: how far a plan carries the letting rules (`regimes`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb

from assets.administration import legal_basis
from assets.administration.binding import Binding
from assets.administration.cap import share_text
from assets.administration.case_tables import PLAN_COUNTS
from assets.administration.intake import doubts
from assets.administration.legal_basis import Basis, bases, required_basis
from assets.administration.regimes import PARALLELSAMFUND
from assets.administration.store import Output, counts_by, replace_output_rows
from law.loader import Law, format_value

PARAMETERS = (
    "udsat_boligomraade.convicted",
    "udviklingsplan.business_area_per_home",
    "udviklingsplan.deadline_year",
    "udviklingsplan.demolished_from_year",
    "udviklingsplan.dispensation_parallelsamfund_share",
    "udviklingsplan.dispensation_residents",
    "udviklingsplan.family_home_share",
    "afgoerelsesvalg.plan_pace",
)
#: Published ratios have ten digits, so a ratio this near a limit does not show on which side of it the area is.
HALF_A_DIGIT = Fraction(Decimal(1).scaleb(-10)) / 2

PLAN_PROGRESS = Output(
    name="plan_progress",
    columns={
        "area_id": "VARCHAR",
        "counted_on": "DATE",
        "family_homes": "BIGINT",
        "homes_counted": "BIGINT",
        "share": "DECIMAL(18,10)",
        "goal_met": "BOOLEAN",
    },
    order=("area_id", "counted_on"),
)
PLAN_OUTLOOK = Output(
    name="plan_outlook",
    columns={
        "area_id": "VARCHAR",
        "area_name": "VARCHAR",
        "kom": "VARCHAR",
        "state": "VARCHAR",
        "counted_on": "DATE",
        "family_homes": "BIGINT",
        "homes_counted": "BIGINT",
        "share": "DECIMAL(18,10)",
        "allowed_share": "VARCHAR",
        "family_homes_to_remove": "BIGINT",
        "year_reached": "BIGINT",
        "on_time": "BOOLEAN",
        "dispensation_granted": "VARCHAR",
        "dispensation_stk_3_possible": "BOOLEAN",
        "dispensation_stk_4_possible": "BOOLEAN",
        "parameter_set": "VARCHAR",
    },
    order=("area_id",),
)


@dataclass(frozen=True)
class Count:
    """A count of an area. `homes_counted` is the total that § 168 a lets count: all homes, homes demolished and not
    replaced, and business floor area as homes."""

    counted_on: dt.date
    family_homes: int
    homes_counted: int

    def excess(self, allowed: Fraction) -> Fraction:
        """Family homes above the allowed share; zero or less when the goal is met."""
        return self.family_homes - allowed * self.homes_counted


def count_of(day: dt.date, family: int, other: int, demolished: int, business_m2: int, m2_per_home: int) -> Count:
    """A count as recorded; only whole homes come out of business floor area."""
    return Count(day, family, family + other + demolished + business_m2 // m2_per_home)


def day_reached(counts: Sequence[Count], allowed: Fraction, pace: str) -> dt.date | None:
    """The day on which a straight line through two counts reaches the goal, None where it never does.

    A goal met at the latest count counts from the first count after which it was met throughout.
    """
    latest = counts[-1]
    if latest.excess(allowed) <= 0:
        reached = latest
        for count in reversed(counts):
            if count.excess(allowed) > 0:
                break
            reached = count
        return reached.counted_on
    earlier = counts[:-1]
    if not earlier:
        return None
    start = earlier[0] if pace == "first_to_latest" else earlier[-1]
    before, now = start.excess(allowed), latest.excess(allowed)
    if now >= before:
        return None
    days = (latest.counted_on - start.counted_on).days * before / (before - now)
    try:
        return start.counted_on + dt.timedelta(days=math.ceil(days))
    except OverflowError:
        return None


def write_plans(con: duckdb.DuckDBPyConnection, law: Law, binding: Binding, day: dt.date) -> dict[str, int]:
    """Replaces the list year's progress and outlook of every area with a plan or the duty to make one."""
    lists = binding.lists
    basis = required_basis(bases(law, PARAMETERS), day, "development plans")
    counts = _read_counts(con, basis.number("udviklingsplan.business_area_per_home"))
    granted = {
        row[0]: row[1:]
        for row in con.execute("SELECT area_id, dispensation, dispensation_pct FROM cases.development_plans").fetchall()
    }
    ratios = dict(
        con.execute(
            "SELECT area_id, convicted_ratio FROM edition.area_criteria WHERE list_year = ?", [lists.list_year]
        ).fetchall()
    )
    counts_in_doubt = doubts(con, PLAN_COUNTS)
    progress: list[list[Any]] = []
    outlook: list[list[Any]] = []
    for area_id, plan in binding.plans.items():
        area = lists.areas.get(area_id)
        head = {"area_id": area_id, "parameter_set": basis.parameter_set}
        head |= {"area_name": area.name, "kom": area.kom} if area else {}
        if plan.in_doubt:  # neither the goal nor a dispensation is known
            told: dict[str, Any] = {"state": "undecided"}
        else:
            dispensation, percent = granted.get(area_id, (None, None))
            allowed = basis.share("udviklingsplan.family_home_share") if percent is None else Fraction(percent, 100)
            own = counts.get(area_id, [])
            progress += [
                [area_id, c.counted_on, c.family_homes, c.homes_counted, _share(c), c.excess(allowed) <= 0] for c in own
            ]
            completed = plan.completed_on is not None and plan.completed_on <= day
            settled = area_id not in counts_in_doubt
            told = _outlook(own if settled else [], allowed, completed, basis)
            if not settled and not completed:
                told["state"] = "undecided"
            told |= {
                "dispensation_granted": dispensation,
                "dispensation_stk_3_possible": _stk_3(binding, area.kom if area else None, basis),
                "dispensation_stk_4_possible": _stk_4(
                    area.residents if area else None, area_id in ratios, ratios.get(area_id), basis
                ),
            }
        row = head | told
        outlook.append([row.get(column) for column in PLAN_OUTLOOK.columns])
    replace_output_rows(con, PLAN_PROGRESS, lists.list_year, progress)
    replace_output_rows(con, PLAN_OUTLOOK, lists.list_year, outlook)
    legal_basis.record(con, lists.list_year, [basis.values])
    return counts_by(PLAN_OUTLOOK, "state", outlook)


def _outlook(counts: Sequence[Count], allowed: Fraction, completed: bool, basis: Basis) -> dict[str, Any]:
    """How far an area with these counts is from the share it may have, and when the present pace reaches it."""
    deadline = dt.date(basis.number("udviklingsplan.deadline_year"), 1, 1)
    reached = day_reached(counts, allowed, basis.choice("afgoerelsesvalg.plan_pace")) if counts else None
    told = {
        "state": _state(counts, reached, deadline, completed, allowed),
        "allowed_share": format_value("share", allowed),
        "year_reached": reached.year if reached else None,
        "on_time": reached <= deadline if reached else None,
    }
    if not counts:
        return told
    latest = counts[-1]
    return told | {
        "counted_on": latest.counted_on,
        "family_homes": latest.family_homes,
        "homes_counted": latest.homes_counted,
        "share": _share(latest),
        "family_homes_to_remove": max(0, math.ceil(latest.excess(allowed))),
    }


def _read_counts(con: duckdb.DuckDBPyConnection, m2_per_home: int) -> dict[str, list[Count]]:
    counts: dict[str, list[Count]] = {}
    rows = con.execute("SELECT * FROM cases.plan_counts ORDER BY area_id, counted_on").fetchall()
    for area_id, day, family, other, demolished, business in rows:
        counts.setdefault(area_id, []).append(count_of(day, family, other, demolished, business, m2_per_home))
    return counts


def _share(count: Count) -> Decimal | None:
    return share_text(count.family_homes, count.homes_counted) if count.homes_counted else None


def _state(
    counts: Sequence[Count], reached: dt.date | None, deadline: dt.date, completed: bool, allowed: Fraction
) -> str:
    if completed:
        return "completed"
    if not counts:
        return "no_count"
    if counts[-1].excess(allowed) <= 0:
        return "met"
    if reached is None:
        return "no_pace" if len(counts) == 1 else "not_at_this_pace"
    return "on_course" if reached <= deadline else "late"


def _stk_3(binding: Binding, kom: str | None, basis: Basis) -> bool | None:
    """Whether more than the limit's share of the municipality's family homes stand in parallelsamfund."""
    cap = binding.caps.get(kom or "")
    if cap is None:
        return None
    listed = {a.area_id: a.kom for a in binding.lists.areas.values() if PARALLELSAMFUND in a.categories}
    if any(own == kom and (own, area) not in binding.area_caps for area, own in listed.items()):
        return None
    homes = sum(a.family_homes for a in binding.area_caps.values() if a.kom == kom and a.area_id in listed)
    share = Fraction(homes, cap.family_homes)
    return basis.met("udviklingsplan.dispensation_parallelsamfund_share", share)


def _stk_4(residents: int | None, has_criteria: bool, ratio: Decimal | None, basis: Basis) -> bool | None:
    """Whether the area has fewer residents than the limit and does not meet the criterion of convictions."""
    if residents is None:
        return None
    if not basis.met("udviklingsplan.dispensation_residents", residents):
        return False
    if not has_criteria:
        return None
    if ratio is None:
        return True
    limit = basis.values["udsat_boligomraade.convicted"]
    answers = {limit.met_by(Fraction(ratio) - HALF_A_DIGIT), limit.met_by(Fraction(ratio) + HALF_A_DIGIT)}
    return None if len(answers) > 1 else not answers.pop()
