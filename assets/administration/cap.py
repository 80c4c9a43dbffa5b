"""The cap on stk. 7: which areas the council has exempted, and what it may decide before it decides.

What does not belong here: the search itself (`cap_choice`) and whether the cap is exceeded, which the sealed
edition says. Almenboligloven § 59, stk. 7-8.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, Literal

import duckdb

from assets.administration.cap_choice import enough, minimal_sets
from assets.administration.legal_basis import Basis, record
from assets.administration.regimes import FOREBYGGELSE, UDSAT, Lists
from assets.administration.store import Output, replace_output_rows

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
DIGITS = Decimal(1).scaleb(-10)

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
        "edition_decision": "VARCHAR",
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


@dataclass(frozen=True)
class Exemption:
    """A council's decision to exempt one forebyggelsesområde of its own on the list of the year."""

    kom: str
    area_id: str
    decided_on: dt.date


@dataclass(frozen=True)
class Stk7:
    """How stk. 7 stands in a forebyggelsesområde.

    `exempted_from`: the area's own exemption. `decided_from`: the municipality's first recorded exemption.
    `sealed`: what the edition alone shows, where no exemption is recorded. `insufficient`: the exemptions leave the
    share above the cap.
    """

    cap_exceeded: bool
    exempted_from: dt.date | None
    decided_from: dt.date | None
    sealed: Literal["applies", "exempted", "undecided"]
    insufficient: bool

    def on(self, day: dt.date, undecided_when_insufficient: bool) -> Literal["applies", "exempted", "undecided"]:
        """Whether the ban of stk. 7 holds on a day. Undecided where the cap is exceeded and no decision is known."""
        if not self.cap_exceeded:
            return "applies"
        if self.exempted_from is not None and self.exempted_from <= day:
            return "exempted"
        if self.decided_from is None:
            return self.sealed
        if self.decided_from <= day:
            return "undecided" if self.insufficient and undecided_when_insufficient else "applies"
        return "undecided"


def read_caps(con: duckdb.DuckDBPyConnection, list_year: int) -> dict[str, MunicipalCap]:
    """The sealed cap rows of the list year by municipality."""
    rows = con.execute(
        "SELECT kom, family_homes, homes_udsat, homes_forebyggelse, cap_exceeded, decision, homes_exempted "
        "FROM edition.municipal_cap WHERE list_year = ? ORDER BY kom",
        [list_year],
    ).fetchall()
    return {row[0]: MunicipalCap(*row) for row in rows}


def read_exemptions(con: duckdb.DuckDBPyConnection, lists: Lists) -> list[Exemption]:
    """The recorded exemptions of the list year of areas that are forebyggelsesområder of the deciding municipality."""
    rows = con.execute(
        "SELECT kom, area_id, decided_on FROM cases.cap_exemptions WHERE exempted_list_year = ? ORDER BY kom, area_id",
        [lists.list_year],
    ).fetchall()
    found = [Exemption(*row) for row in rows]
    return [e for e in found if (a := lists.areas.get(e.area_id)) and a.status == FOREBYGGELSE and a.kom == e.kom]


def read_area_homes(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Family homes by area, as the municipalities count them."""
    return dict(con.execute("SELECT area_id, family_homes FROM cases.area_homes").fetchall())


def stk7_by_area(
    lists: Lists,
    caps: Mapping[str, MunicipalCap],
    exemptions: Sequence[Exemption],
    homes: Mapping[str, int],
    basis: Basis | None,
) -> dict[str, Stk7]:
    """How stk. 7 stands in each forebyggelsesområde of the list. `basis` is the law of the list day."""
    found = {}
    for area in lists.areas.values():
        if area.status != FOREBYGGELSE:
            continue
        cap = caps.get(area.kom)
        own = [e for e in exemptions if e.kom == area.kom]
        siblings = [a for a in lists.areas.values() if a.status == FOREBYGGELSE and a.kom == area.kom]
        exceeded = cap is not None and cap.cap_exceeded and cap.homes_forebyggelse > 0
        found[area.area_id] = Stk7(
            cap_exceeded=exceeded,
            exempted_from=next((e.decided_on for e in own if e.area_id == area.area_id), None),
            decided_from=min((e.decided_on for e in own), default=None),
            sealed=_sealed(cap, len(siblings)) if cap is not None else "applies",
            insufficient=exceeded
            and cap is not None
            and basis is not None
            and _insufficient(cap, [e.area_id for e in own], homes, basis.share("anvisningsloft.share")),
        )
    return found


def _sealed(cap: MunicipalCap, areas: int) -> Literal["applies", "exempted", "undecided"]:
    """What the totals of the edition alone say about one of the municipality's `areas` forebyggelsesområder."""
    if cap.decision in ("not_needed", "not_allowed", "nothing_to_exempt"):
        return "applies"
    if cap.decision == "cap_unreachable" or cap.homes_exempted == cap.homes_forebyggelse:
        return "exempted"
    if cap.homes_exempted > 0 and areas == 1:
        return "exempted"
    return "undecided"


def _insufficient(cap: MunicipalCap, exempted: Sequence[str], homes: Mapping[str, int], limit: Fraction) -> bool:
    if not exempted or any(area not in homes for area in exempted):
        return cap.decision == "insufficient"
    covered = cap.homes_udsat + cap.homes_forebyggelse - sum(homes[area] for area in exempted)
    return not enough(covered, cap.family_homes, limit)


def share_text(covered: int, family_homes: int) -> Decimal:
    """A share with ten digits, rounded half up, for showing only."""
    return (Decimal(covered) / Decimal(family_homes)).quantize(DIGITS, ROUND_HALF_UP)


def cap_tables(
    lists: Lists,
    caps: Mapping[str, MunicipalCap],
    exemptions: Sequence[Exemption],
    homes: Mapping[str, int],
    basis: Basis,
) -> tuple[list[list[Any]], list[list[Any]]]:
    """Rows of `cap_decisions` and `cap_options` for every municipality of the edition's cap table.

    Options are given for a municipality above the cap whose homes by area add up to the sealed totals.
    """
    limit = basis.share("anvisningsloft.share")
    decisions, options = [], []
    for cap in caps.values():
        areas = [a for a in lists.areas.values() if a.kom == cap.kom]
        preventive = sorted(a.area_id for a in areas if a.status == FOREBYGGELSE)
        udsatte = [a.area_id for a in areas if a.status == UDSAT]
        exempted = tuple(sorted(e.area_id for e in exemptions if e.kom == cap.kom))
        state = _homes_state(cap, preventive, udsatte, homes)
        sizes = {area: homes[area] for area in preventive if area in homes}
        to_exempt = _least_exempted(cap, limit)
        sets: list[tuple[str, ...]] = []
        if not cap.cap_exceeded:
            state = "not_needed"
        elif cap.homes_forebyggelse == 0:
            state = "none"
        elif state == "found":
            sets = list(islice(minimal_sets(sizes, to_exempt), MOST_SETS + 1))
            state = "too_many" if len(sets) > MOST_SETS else "found" if sets else "none"
            sets = sorted(sets[:MOST_SETS], key=lambda s: (sum(sizes[a] for a in s), len(s), s))
        known = all(area in homes for area in exempted)
        taken = sum(homes[area] for area in exempted) if known else None
        decision, counted, over = _decision(cap, preventive, exempted, homes if known else None, limit)
        covered = None if counted is None else cap.homes_udsat + cap.homes_forebyggelse - counted
        decisions.append(
            [
                *(cap.kom, cap.family_homes, cap.homes_udsat, cap.homes_forebyggelse, cap.cap_exceeded),
                *(to_exempt, len(sets) if state in ("found", "none", "not_needed") else None, state),
                *(";".join(exempted) or None, taken, covered),
                None if covered is None else share_text(covered, cap.family_homes),
                *(decision, over, cap.decision, basis.parameter_set),
            ]
        )
        for number, chosen in enumerate(sets, start=1):
            exempt_homes = sum(sizes[area] for area in chosen)
            left = cap.homes_udsat + cap.homes_forebyggelse - exempt_homes
            options.append(
                [
                    *(cap.kom, number, ";".join(chosen), len(chosen), exempt_homes, left),
                    *(share_text(left, cap.family_homes), chosen == exempted),
                ]
            )
    return decisions, options


def write_cap(
    con: duckdb.DuckDBPyConnection,
    lists: Lists,
    caps: Mapping[str, MunicipalCap],
    exemptions: Sequence[Exemption],
    homes: Mapping[str, int],
    basis: Basis | None,
) -> dict[str, int]:
    """Replaces the list year's cap tables; both are empty for a list before the cap took effect."""
    decisions, options = cap_tables(lists, caps, exemptions, homes, basis) if basis is not None else ([], [])
    replace_output_rows(con, CAP_DECISIONS, lists.list_year, decisions)
    replace_output_rows(con, CAP_OPTIONS, lists.list_year, options)
    if basis is not None:
        record(con, lists.list_year, [basis.values])
    return {"municipalities": len(decisions), "options": len(options)}


def _homes_state(cap: MunicipalCap, preventive: Sequence[str], udsatte: Sequence[str], homes: Mapping[str, int]) -> str:
    if any(area not in homes for area in preventive):
        return "homes_missing"
    if sum(homes[area] for area in preventive) != cap.homes_forebyggelse:
        return "homes_differ_from_edition"
    if all(area in homes for area in udsatte) and sum(homes[area] for area in udsatte) != cap.homes_udsat:
        return "homes_differ_from_edition"
    return "found"


def _least_exempted(cap: MunicipalCap, limit: Fraction) -> int:
    """The fewest homes that must leave for the share to be at or below the limit."""
    if not cap.cap_exceeded:
        return 0
    most_covered = limit.numerator * cap.family_homes // limit.denominator
    return max(0, cap.homes_udsat + cap.homes_forebyggelse - most_covered)


def _decision(
    cap: MunicipalCap,
    preventive: Sequence[str],
    exempted: Sequence[str],
    homes: Mapping[str, int] | None,
    limit: Fraction,
) -> tuple[str, int | None, bool | None]:
    """What the recorded exemptions come to, the homes they take off, and whether one area could be dropped."""
    if not cap.cap_exceeded:
        return ("not_allowed" if exempted else "not_needed"), 0, False
    if cap.homes_forebyggelse == 0:
        return "nothing_to_exempt", 0, False
    if not exempted:
        return "missing", 0, False
    if homes is None:
        return "homes_missing", None, None
    taken = sum(homes[area] for area in exempted)
    before = cap.homes_udsat + cap.homes_forebyggelse
    if enough(before - taken, cap.family_homes, limit):
        smallest = min(homes[area] for area in exempted)
        return "valid", taken, enough(before - taken + smallest, cap.family_homes, limit)
    left = [area for area in preventive if area not in exempted and homes.get(area, 1) > 0]
    return ("insufficient" if left else "cap_unreachable"), taken, False
