"""The cap on stk. 7: which areas the council has exempted, and what it may decide before it decides.

The sealed edition says whether the cap is exceeded, the homes of each area and what the council decided. What does not
belong here: the search itself (`cap_choice`). Almenboligloven § 59, stk. 7-8.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, Literal

import duckdb

from assets.administration.cap_choice import minimal_sets
from assets.administration.legal_basis import Basis, bases, basis_on, record
from assets.administration.regimes import FOREBYGGELSE, Lists
from assets.administration.store import Output, replace_output_rows
from law.loader import Law, list_day

PARAMETERS = (
    "anvisningsloft.share",
    "valg.cap_exemption_unit",
    "valg.cap_lifetime",
    "valg.cap_over_exemption",
    "valg.missing_cap_decision",
    "valg.insufficient_cap_decision",
)
#: How many sets are listed for one municipality. Far above what any has; a technical bound, not a legal one.
MOST_SETS = 20_000
DIGITS = 10

CAP_DECISIONS = Output(
    name="cap_decisions",
    columns={
        "kom": "VARCHAR",
        "family_homes": "BIGINT",
        "homes_udsat": "BIGINT",
        "homes_forebyggelse": "BIGINT",
        "cap_exceeded": "BOOLEAN",
        "homes_to_exempt": "BIGINT",
        "options": "BIGINT",
        "options_state": "VARCHAR",
        "areas_exempted": "VARCHAR",
        "homes_exempted": "BIGINT",
        "covered_homes": "BIGINT",
        "covered_share": "DECIMAL(18,10)",
        "decision": "VARCHAR",
        "over_exempted": "BOOLEAN",
        "parameter_set": "VARCHAR",
    },
    order=("kom",),
)
CAP_OPTIONS = Output(
    name="cap_options",
    columns={
        "kom": "VARCHAR",
        "option_number": "BIGINT",
        "areas": "VARCHAR",
        "areas_exempted": "BIGINT",
        "homes_exempted": "BIGINT",
        "covered_homes": "BIGINT",
        "covered_share": "DECIMAL(18,10)",
        "is_the_decision": "BOOLEAN",
    },
    order=("kom", "option_number"),
)

State = Literal["applies", "exempted", "undecided"]


@dataclass(frozen=True)
class MunicipalCap:
    """A municipality's row of the sealed `municipal_cap`."""

    kom: str
    family_homes: int
    homes_udsat: int
    homes_forebyggelse: int
    cap_exceeded: bool
    decision: str
    homes_exempted: int
    covered_homes: int
    covered_share: Decimal
    over_exempted: bool


@dataclass(frozen=True)
class AreaCap:
    """A row of the sealed `area_cap`: an area's family homes in a municipality, and the council's decision.

    `exempted`: the decision counts. `decided_on` is None also where the day of a decision is not recorded.
    """

    kom: str
    area_id: str
    family_homes: int
    decided: bool
    decided_on: dt.date | None
    exempted: bool


AreaCaps = Mapping[tuple[str, str], AreaCap]


@dataclass(frozen=True)
class Stk7:
    """How stk. 7 stands in a forebyggelsesområde.

    `exempted_from`: the day of the area's own exemption. `decided_from`: the first recorded day of the council's
    decisions. `undated`: the area is exempted from a day that is not recorded. `otherwise`: what holds where no day is
    recorded. `insufficient`: the exemptions leave the share above the cap.
    """

    cap_exceeded: bool
    exempted_from: dt.date | None
    decided_from: dt.date | None
    undated: bool
    otherwise: State
    insufficient: bool

    def not_exempted(self, undecided_when_insufficient: bool) -> State:
        """What holds once the council has decided, in an area that is not known to be exempted by then."""
        return "undecided" if self.undated or (self.insufficient and undecided_when_insufficient) else "applies"

    def on(self, day: dt.date, undecided_when_insufficient: bool) -> State:
        """Whether the ban of stk. 7 holds on a day. Undecided where the cap is exceeded and no decision is known."""
        if not self.cap_exceeded:
            return "applies"
        if self.exempted_from is not None and self.exempted_from <= day:
            return "exempted"
        if self.decided_from is None:
            return self.otherwise
        return self.not_exempted(undecided_when_insufficient) if self.decided_from <= day else "undecided"


def read_caps(con: duckdb.DuckDBPyConnection, list_year: int) -> dict[str, MunicipalCap]:
    """The sealed cap rows of the list year by municipality."""
    rows = con.execute(
        "SELECT kom, family_homes, homes_udsat, homes_forebyggelse, cap_exceeded, decision, homes_exempted, "
        "covered_homes, covered_share, over_exempted FROM edition.municipal_cap WHERE list_year = ? ORDER BY kom",
        [list_year],
    ).fetchall()
    return {row[0]: MunicipalCap(*row) for row in rows}


def read_area_caps(con: duckdb.DuckDBPyConnection, list_year: int) -> dict[tuple[str, str], AreaCap]:
    """The sealed rows of the listed areas by municipality and area; none where the edition lacks the table."""
    rows = con.execute(
        "SELECT kom, area_id, family_homes, decided, decided_on, exempted FROM edition.area_cap "
        "WHERE list_year = ? ORDER BY kom, area_id",
        [list_year],
    ).fetchall()
    return {(row[0], row[1]): AreaCap(*row) for row in rows}


def stk7_by_area(lists: Lists, caps: Mapping[str, MunicipalCap], area_caps: AreaCaps) -> dict[str, Stk7]:
    """How stk. 7 stands in each forebyggelsesområde of the list."""
    found = {}
    for area in lists.areas.values():
        if area.status != FOREBYGGELSE:
            continue
        cap, own = caps.get(area.kom), area_caps.get((area.kom, area.area_id))
        days = [a.decided_on for a in area_caps.values() if a.kom == area.kom and a.exempted and a.decided_on]
        siblings = [a for a in lists.areas.values() if a.status == FOREBYGGELSE and a.kom == area.kom]
        found[area.area_id] = Stk7(
            cap_exceeded=cap is not None and cap.cap_exceeded and cap.homes_forebyggelse > 0,
            exempted_from=own.decided_on if own and own.exempted else None,
            decided_from=min(days, default=None),
            undated=own is not None and own.exempted and own.decided_on is None,
            otherwise="undecided" if own or cap is None else _by_totals(cap, len(siblings)),
            insufficient=cap is not None and cap.decision == "insufficient",
        )
    return found


def _by_totals(cap: MunicipalCap, areas: int) -> State:
    """What the municipality's totals alone say about one of its `areas` forebyggelsesområder."""
    if cap.decision == "cap_unreachable" or cap.homes_exempted == cap.homes_forebyggelse:
        return "exempted"
    return "exempted" if cap.homes_exempted > 0 and areas == 1 else "undecided"


def share_text(covered: int, family_homes: int) -> Decimal:
    """A share with ten digits, rounded half up from the exact fraction, for showing only."""
    return Decimal(math.floor(Fraction(covered * 10**DIGITS, family_homes) + Fraction(1, 2))).scaleb(-DIGITS)


def cap_tables(
    lists: Lists, caps: Mapping[str, MunicipalCap], area_caps: AreaCaps, basis: Basis
) -> tuple[list[list[Any]], list[list[Any]]]:
    """Rows of `cap_decisions` and `cap_options` for every municipality of the edition's cap table.

    Options are given for a municipality above the cap where the edition has the homes of each area.
    """
    limit = basis.share("anvisningsloft.share")
    decisions, options = [], []
    for cap in caps.values():
        preventive = [a.area_id for a in lists.areas.values() if a.kom == cap.kom and a.status == FOREBYGGELSE]
        sealed = [area_caps[cap.kom, area] for area in sorted(preventive) if (cap.kom, area) in area_caps]
        sizes = {area.area_id: area.family_homes for area in sealed}
        chosen_by_council = tuple(area.area_id for area in sealed if area.decided)
        to_exempt = _least_exempted(cap, limit)
        state, sets = _options(cap, sizes, len(preventive), to_exempt)
        decisions.append(
            [
                *(cap.kom, cap.family_homes, cap.homes_udsat, cap.homes_forebyggelse, cap.cap_exceeded),
                *(to_exempt, len(sets) if state in ("found", "none", "not_needed") else None, state),
                *(";".join(chosen_by_council) or None, cap.homes_exempted, cap.covered_homes, cap.covered_share),
                *(cap.decision, cap.over_exempted, basis.parameter_set),
            ]
        )
        for number, chosen in enumerate(sets, start=1):
            exempt_homes = sum(sizes[area] for area in chosen)
            left = cap.homes_udsat + cap.homes_forebyggelse - exempt_homes
            options.append(
                [
                    *(cap.kom, number, ";".join(chosen), len(chosen), exempt_homes, left),
                    *(share_text(left, cap.family_homes), chosen == chosen_by_council),
                ]
            )
    return decisions, options


def _options(
    cap: MunicipalCap, sizes: Mapping[str, int], areas: int, to_exempt: int
) -> tuple[str, list[tuple[str, ...]]]:
    """Every minimal set, the one with the fewest homes first, and how the search went."""
    if not cap.cap_exceeded:
        return "not_needed", []
    if cap.homes_forebyggelse == 0:
        return "none", []
    if len(sizes) < areas:
        return "homes_missing", []
    sets = list(islice(minimal_sets(sizes, to_exempt), MOST_SETS + 1))
    state = "too_many" if len(sets) > MOST_SETS else "found" if sets else "none"
    return state, sorted(sets[:MOST_SETS], key=lambda s: (sum(sizes[a] for a in s), len(s), s))


def basis_of_list(law: Law, list_year: int) -> Basis | None:
    """The cap's law on the day of the list, None before it took effect."""
    return basis_on(bases(law, PARAMETERS), list_day(list_year))


def write_cap(con: duckdb.DuckDBPyConnection, law: Law, lists: Lists) -> dict[str, int]:
    """Replaces the list year's cap tables; both are empty for a list before the cap took effect."""
    year, basis = lists.list_year, basis_of_list(law, lists.list_year)
    decisions: list[list[Any]] = []
    options: list[list[Any]] = []
    if basis is not None:
        decisions, options = cap_tables(lists, read_caps(con, year), read_area_caps(con, year), basis)
        record(con, year, [basis.values])
    replace_output_rows(con, CAP_DECISIONS, year, decisions)
    replace_output_rows(con, CAP_OPTIONS, year, options)
    return {"municipalities": len(decisions), "options": len(options)}


def _least_exempted(cap: MunicipalCap, limit: Fraction) -> int:
    """The fewest homes that must leave for the share to be at or below the limit."""
    if not cap.cap_exceeded:
        return 0
    most_covered = math.floor(limit * cap.family_homes)
    return max(0, cap.homes_udsat + cap.homes_forebyggelse - most_covered)
