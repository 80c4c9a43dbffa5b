"""Puts together what binds each area: lists, plans, the cap. Read anew by every system that asks.

What does not belong here: the rules of each part (`regimes`, `cap`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from assets.administration import cap, legal_basis, regimes
from assets.administration.cap import AreaCaps, MunicipalCap, Stk7
from assets.administration.legal_basis import Basis
from assets.administration.regimes import Lists, Plan, PlanReach
from law.loader import Law, list_day

PLAN_PARAMETERS = (
    "udviklingsplan.deadline_year",
    "udviklingsplan.years_off_list",
    "omraaderegler.udviklingsplan",
    "afgoerelsesvalg.plan_letting_again",
)


@dataclass(frozen=True)
class Binding:
    """What binds the areas of the list year. `cap_basis` is None for a list before the cap took effect."""

    lists: Lists
    plans: Mapping[str, Plan]
    plan_basis: Basis
    reach: Mapping[str, PlanReach]
    caps: Mapping[str, MunicipalCap]
    area_caps: AreaCaps
    stk7: Mapping[str, Stk7]
    cap_basis: Basis | None


def read_binding(con: duckdb.DuckDBPyConnection, law: Law, list_year: int) -> Binding:
    """Reads the sealed lists and the accepted cases. Raises AdministrationError where no law is held for the list."""
    day = list_day(list_year)
    plan_basis = legal_basis.required_basis(legal_basis.bases(law, PLAN_PARAMETERS), day, "development plans")
    cap_basis = cap.basis_of_list(law, list_year)
    lists = regimes.read_lists(con, list_year)
    plans = regimes.read_plans(con, lists, plan_basis.codes("omraaderegler.udviklingsplan"))
    reach = {area: regimes.plan_reach(lists, plan, area, plan_basis) for area, plan in plans.items()}
    caps = cap.read_caps(con, list_year)
    area_caps = cap.read_area_caps(con, list_year)
    stk7 = cap.stk7_by_area(lists, caps, area_caps)
    return Binding(lists, plans, plan_basis, reach, caps, area_caps, stk7, cap_basis)
