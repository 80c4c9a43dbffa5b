"""Sublet and swap: may the tenant, may the landlord refuse, and what is missing. Almenlejeloven §§ 64, 65 and 69.

In udsatte boligområder those who move in must meet the conditions for getting the home. What does not belong
here: letting from the waiting list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.administration import legal_basis
from assets.administration.legal_basis import Basis, bases, basis_on
from assets.administration.regimes import Lists
from assets.administration.store import Output, counts_by, replace_output_rows
from law.danish_time import years_after
from law.loader import Law

PARAMETERS = (
    "fremleje_bytte.notice_weeks",
    "fremleje_bytte.sublet_rooms_share",
    "fremleje_bytte.sublet_whole_years",
    "fremleje_bytte.swap_persons_per_room",
    "fremleje_bytte.swap_residence_years",
    "omraaderegler.fremleje_bytte",
    "afgoerelsesvalg.assignment_list",
    "afgoerelsesvalg.sublet_rooms_conditions",
)

OCCUPANCY_DECISIONS = Output(
    name="occupancy_decisions",
    columns={
        "request_id": "VARCHAR",
        "outcome": "VARCHAR",
        "grounds": "VARCHAR",
        "missing_facts": "VARCHAR",
        "parameter_set": "VARCHAR",
    },
    order=("request_id",),
)


@dataclass(frozen=True)
class Request:
    """A wish to sublet or swap as recorded; the columns of `occupancy_requests`."""

    request_id: str
    kind: str
    area_id: str | None
    informed_on: dt.date
    starts_on: dt.date
    ends_on: dt.date | None
    documentation_on: dt.date | None
    conditions_met: bool | None
    temporary_absence: bool | None
    rooms: int | None
    rooms_sublet: int | None
    persons_after: int | None
    leaver_moved_in: dt.date | None
    reasonable_ground: bool | None


@dataclass(frozen=True)
class Condition:
    """One condition: met, not met, or open for want of facts. `bars`: without it the tenant has no right at all."""

    ground: str
    met: bool | None
    bars: bool
    missing: tuple[str, ...] = ()


def judge(request: Request, basis: Basis, conditions_asked: bool) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Outcome, grounds and missing facts.

    `not_allowed` where a condition of the act fails, else `undecided` where one is open, else `may_be_refused`
    where the landlord has a ground to refuse, else `undecided` where such a ground is open, else `allowed`.
    """
    conditions = list(_conditions(request, basis, conditions_asked))
    failed = tuple(c.ground for c in conditions if c.met is False)
    # once there is one ground to refuse, another changes nothing
    undecided = [c for c in conditions if c.met is None and (c.bars or not failed)]
    missing = tuple(sorted({fact for c in undecided for fact in c.missing}))
    if any(c.met is False and c.bars for c in conditions):
        return "not_allowed", failed, ()
    if missing:
        return "undecided", failed, missing
    return ("may_be_refused" if failed else "allowed"), failed, ()


def _conditions(request: Request, basis: Basis, asked: bool) -> Iterator[Condition]:
    if request.kind == "fremleje_vaerelser":
        yield _rooms(request, basis)
        if asked and basis.choice("afgoerelsesvalg.sublet_rooms_conditions") == "asked":
            yield from _moving_in(request, "64-")
    elif request.kind == "fremleje_bolig":
        yield Condition("65-fravaer", request.temporary_absence, True, ("temporary_absence",))
        last = years_after(request.starts_on, basis.number("fremleje_bytte.sublet_whole_years"))
        ended = None if request.ends_on is None else request.ends_on <= last
        yield Condition("65-varighed", ended, True, ("ends_on",))
        notice = dt.timedelta(weeks=basis.number("fremleje_bytte.notice_weeks"))
        yield Condition("65-varsel", request.informed_on + notice <= request.starts_on, True)
        if asked:
            yield from _moving_in(request, "65-")
    else:
        if asked:
            yield Condition("69-betingelser", request.conditions_met, True, ("conditions_met",))
        yield _residence(request, basis)
        yield _persons(request, basis)
    refused = request.reasonable_ground
    paragraph = {"fremleje_vaerelser": "64-", "fremleje_bolig": "65-"}.get(request.kind, "69-")
    yield Condition(
        f"{paragraph}rimelig_grund", None if refused is None else not refused, False, ("reasonable_ground",)
    )


def _moving_in(request: Request, paragraph: str) -> Iterator[Condition]:
    yield Condition(f"{paragraph}betingelser", request.conditions_met, True, ("conditions_met",))
    sent = None if request.documentation_on is None else request.documentation_on < request.starts_on
    yield Condition(f"{paragraph}dokumentation", sent, True, ("documentation_on",))


def _rooms(request: Request, basis: Basis) -> Condition:
    if request.rooms is None or request.rooms_sublet is None:
        facts = (("rooms", request.rooms), ("rooms_sublet", request.rooms_sublet))
        return Condition("64-vaerelser", None, True, tuple(name for name, fact in facts if fact is None))
    share = basis.share("fremleje_bytte.sublet_rooms_share")
    fits = request.rooms_sublet * share.denominator <= share.numerator * request.rooms
    return Condition("64-vaerelser", fits, True)


def _residence(request: Request, basis: Basis) -> Condition:
    if request.leaver_moved_in is None:
        return Condition("69-botid", None, False, ("leaver_moved_in",))
    years = basis.number("fremleje_bytte.swap_residence_years")
    return Condition("69-botid", years_after(request.leaver_moved_in, years) <= request.starts_on, False)


def _persons(request: Request, basis: Basis) -> Condition:
    if request.rooms is None or request.persons_after is None:
        facts = (("persons_after", request.persons_after), ("rooms", request.rooms))
        return Condition("69-personer", None, False, tuple(name for name, fact in facts if fact is None))
    most = basis.number("fremleje_bytte.swap_persons_per_room") * request.rooms
    return Condition("69-personer", request.persons_after <= most, False)


def write_occupancy(con: duckdb.DuckDBPyConnection, law: Law, lists: Lists) -> dict[str, int]:
    """Replaces the list year's decisions on sublet and swap. Returns counts by outcome."""
    periods = bases(law, PARAMETERS)
    rows: list[list[Any]] = []
    for row in con.execute("SELECT * FROM cases.occupancy_requests ORDER BY request_id").fetchall():
        request = Request(*row)
        basis = basis_on(periods, request.starts_on)
        if basis is None:
            rows.append([request.request_id, "undecided", None, "law", None])
            continue
        judged_by = lists.on(request.starts_on, basis, periods[0].start)
        area = judged_by.areas.get(request.area_id or "") if judged_by is not None else None
        if request.area_id is not None and area is None:
            missing_fact = "list_history" if judged_by is None else "area_id"
            rows.append([request.request_id, "undecided", None, missing_fact, basis.parameter_set])
            continue
        asked = bool(area and area.categories & set(basis.codes("omraaderegler.fremleje_bytte")))
        outcome, grounds, missing = judge(request, basis, asked)
        rows.append(
            [request.request_id, outcome, ";".join(grounds) or None, ";".join(missing) or None, basis.parameter_set]
        )
    replace_output_rows(con, OCCUPANCY_DECISIONS, lists.list_year, rows)
    legal_basis.record(con, lists.list_year, [period.values for period in periods])
    return counts_by(OCCUPANCY_DECISIONS, "outcome", rows)
