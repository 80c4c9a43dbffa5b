"""The renovation frame of Landsbyggefonden as a ledger: allotments by day, and what is left after each.

10 billion kroner set aside in 2018 up to 2026, raised in 2021, allotted by need and not earmarked (agreement of
15 June 2021; the amounts are in law/parameters/renoveringsramme). What does not belong here: how need is weighed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import duckdb

from assets.administration import legal_basis
from assets.administration.legal_basis import Basis, bases, basis_on
from assets.administration.regimes import Lists, Plan
from assets.administration.store import Output, counts_by, replace_output_rows
from law.loader import Law, newest_list_year

FRAMES = ("renoveringsramme.frame_2018", "renoveringsramme.increase_2021")
PARAMETERS = (FRAMES[0], "omraaderegler.renoveringsramme", "renoveringsramme.last_year", "afgoerelsesvalg.fund_order")

FUND_LEDGER = Output(
    name="fund_ledger",
    columns={
        "allotment_id": "VARCHAR",
        "decided_on": "DATE",
        "area_id": "VARCHAR",
        "status": "VARCHAR",
        "amount_oere": "BIGINT",
        "allotted_oere": "BIGINT",
        "frame_oere": "BIGINT",
        "frame_left_oere": "BIGINT",
        "eligible": "BOOLEAN",
        "need": "VARCHAR",
        "reason": "VARCHAR",
        "parameter_set": "VARCHAR",
    },
    order=(),
)


def eligible(lists: Lists, plans: Mapping[str, Plan], area_id: str, day: dt.date, basis: Basis) -> bool | None:
    """Whether the frame may be allotted to an area on a day: by the list of the day, or by its development plan.

    None where the list of the day is not sealed in the home, or where the plan alone could decide and is in doubt.
    """
    plan = plans.get(area_id)
    if plan is not None and plan.approved_on is not None and plan.approved_on <= day:
        return True
    categories = lists.categories(newest_list_year(day), area_id)
    if categories is None:
        return None
    listed = bool(categories & set(basis.codes("omraaderegler.renoveringsramme")))
    return None if not listed and plan is not None and plan.in_doubt else listed


def write_funds(con: duckdb.DuckDBPyConnection, law: Law, lists: Lists, plans: Mapping[str, Plan]) -> dict[str, int]:
    """Replaces the list year's ledger of the frame. Returns counts by status."""
    periods = bases(law, PARAMETERS, FRAMES[1:])
    allotted = 0
    rows: list[list[Any]] = []
    query = "SELECT * FROM cases.fund_allotments ORDER BY decided_on, allotment_id"
    for allotment_id, decided_on, area_id, amount, need in con.execute(query).fetchall():
        basis = basis_on(periods, decided_on)
        assert basis is not None, "intake refuses days before the frame"
        frame = sum(basis.number(name) for name in FRAMES if basis.holds(name))
        suits = eligible(lists, plans, area_id, decided_on, basis)
        if not basis.met("renoveringsramme.last_year", decided_on.year):
            reason = "after the last year of the frame"
        elif suits is False:
            reason = "the area was no udsat boligområde and had no development plan"
        elif allotted + amount > frame:
            reason = "more than what is left of the frame"
        else:
            reason = ""
        if not reason:
            allotted += amount
        rows.append(
            [
                *(allotment_id, decided_on, area_id, "refused" if reason else "allotted", amount),
                *(0 if reason else amount, frame, frame - allotted, suits, need),
                *(reason or "within the frame", basis.parameter_set),
            ]
        )
    replace_output_rows(con, FUND_LEDGER, lists.list_year, rows)
    legal_basis.record(con, lists.list_year, [period.values for period in periods])
    return counts_by(FUND_LEDGER, "status", rows)
