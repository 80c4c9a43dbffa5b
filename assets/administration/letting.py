"""The waiting list for a vacant home: who comes first under flexible letting, who is rejected, and why.

Almenboligloven §§ 51 c and 60, stk. 4. What does not belong here: homes the council assigns to (`assignments`)
and sublet or swap (`occupancy`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.administration import legal_basis
from assets.administration.case_tables import APPLICANTS, LETTING_CRITERIA
from assets.administration.intake import doubts
from assets.administration.legal_basis import Basis, bases, basis_on
from assets.administration.regimes import Lists
from assets.administration.store import Output, counts_by, replace_output_rows
from law.danish_time import years_after
from law.loader import Law, list_day

DUTY = "omraaderegler.fleksibel_udlejning"
PARAMETERS = (
    "fleksibel_udlejning.criteria_years",
    "fleksibel_udlejning.required_criteria",
    "omraaderegler.afvisning_51c",
    DUTY,
    "afgoerelsesvalg.assignment_list",
    "afgoerelsesvalg.flexible_letting_priority",
    "afgoerelsesvalg.letting_without_criteria",
    "afgoerelsesvalg.single_applicant_51c",
)

LETTING_BASIS = Output(
    name="letting_basis",
    columns={
        "vacancy_id": "VARCHAR",
        "area_id": "VARCHAR",
        "order_by": "VARCHAR",
        "criteria_set": "VARCHAR",
        "reason": "VARCHAR",
        "parameter_set": "VARCHAR",
    },
    order=("vacancy_id",),
)
LETTING_ORDER = Output(
    name="letting_order",
    columns={
        "vacancy_id": "VARCHAR",
        "applicant_id": "VARCHAR",
        "outcome": "VARCHAR",
        "position": "BIGINT",
        "priority": "BOOLEAN",
        "provisional": "BOOLEAN",
        "reason": "VARCHAR",
        "missing_facts": "VARCHAR",
    },
    order=("vacancy_id", "position NULLS LAST", "applicant_id"),
)


@dataclass(frozen=True)
class CriteriaSet:
    """Criteria that a council decided on and published together for an area."""

    name: str
    area_id: str
    decided_on: dt.date
    published_on: dt.date | None
    kinds: frozenset[str]
    criteria: tuple[str, ...]


@dataclass(frozen=True)
class Vacancy:
    """A vacant home as recorded; the columns of `vacancies`."""

    vacancy_id: str
    area_id: str | None
    department_id: str | None
    let_on: dt.date
    let_as: str


@dataclass(frozen=True)
class Applicant:
    """Who stands on the waiting list for a vacancy; the columns of `applicants` after the vacancy's own."""

    applicant_id: str
    listed_on: dt.date
    list_number: int | None
    department_id: str | None
    receives_benefit: bool | None
    spouse: bool | None
    spouse_receives_benefit: bool | None
    council_dispensation: bool | None

    @property
    def seniority(self) -> tuple[dt.date, bool, int, str]:
        """Day of entry, then the number on the list, then the id, so that the order is the same every time."""
        return (self.listed_on, self.list_number is None, self.list_number or 0, self.applicant_id)


@dataclass(frozen=True)
class Standing:
    """Where an applicant stands. `priority` is None where it is not known, and under seniority alone."""

    outcome: str
    position: int | None
    priority: bool | None
    provisional: bool | None
    reason: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lapse:
    """Whether criteria have lapsed because the area left the lists; `settled` None: not known."""

    settled: bool | None
    why: str


def lapse_of(criteria: CriteriaSet, vacancy: Vacancy, lists: Lists, duty: Sequence[Basis]) -> Lapse:
    """Whether the area was on a list without the duty since its criteria were decided (§ 60, stk. 4).

    `duty` has the categories under the duty, by day. Criteria that have lapsed stay so when the area is listed again:
    the council sets them anew.
    """
    unknown = []
    for year in range(criteria.decided_on.year, lists.list_year):
        if not criteria.decided_on < list_day(year) <= vacancy.let_on:
            continue
        basis, area = basis_on(duty, list_day(year)), lists.by_year.get(year, {}).get(criteria.area_id)
        if basis is None or area is None:
            unknown.append(year)
        elif not area.categories & set(basis.codes(DUTY)):
            return Lapse(True, f"the area was not on the list of {year}")
    return Lapse(None, f"how the list of {unknown[0]} has the area is not known") if unknown else Lapse(False, "")


def valid_set(
    sets: Sequence[CriteriaSet], vacancy: Vacancy, basis: Basis, lapse: Callable[[CriteriaSet], Lapse]
) -> tuple[CriteriaSet | None, str, bool]:
    """The published criteria in force for a vacancy, or None, and why; at last whether that is known for certain.

    They must name every required kind, be published, and have been decided or revised within the years of
    § 60, stk. 4; the day that closes the last year is within them. `lapse` says whether a list has ended them since.
    Of several the one decided last is used.
    """
    found = sorted(
        (s for s in sets if s.area_id == vacancy.area_id), key=lambda s: (s.decided_on, s.name), reverse=True
    )
    if not found:
        return None, "no criteria are recorded for the area", True
    reasons = []
    required = set(basis.codes("fleksibel_udlejning.required_criteria"))
    for candidate in found:
        lacking = sorted(required - candidate.kinds)
        if candidate.published_on is None or candidate.published_on > vacancy.let_on:
            reasons.append(f"{candidate.name} is not published")
        elif lacking:
            reasons.append(f"{candidate.name} has no criterion of {' and '.join(lacking)}")
        elif vacancy.let_on > years_after(candidate.decided_on, basis.number("fleksibel_udlejning.criteria_years")):
            reasons.append(f"{candidate.name} is due for revision")
        elif (lapsed := lapse(candidate)).settled is None:
            return None, f"of {candidate.name} it is open whether it has lapsed: {lapsed.why}", False
        elif lapsed.settled:
            reasons.append(f"{candidate.name} has lapsed: {lapsed.why}")
        else:
            return candidate, f"criteria {candidate.name} of {candidate.decided_on}", True
    return None, "; ".join(reasons), True


def rejected_by_51c(applicant: Applicant, vacancy: Vacancy, basis: Basis) -> tuple[bool | None, tuple[str, ...]]:
    """Whether § 51 c rejects an applicant for a home in an omdannelsesområde, or None with the missing facts.

    An applicant without a department lives in none, so which one the home belongs to does not matter.
    """
    dispensed, lives_in, belongs_to = applicant.council_dispensation, applicant.department_id, vacancy.department_id
    if dispensed or applicant.receives_benefit is False or (lives_in is not None and lives_in == belongs_to):
        return False, ()
    alone_stays = basis.choice("afgoerelsesvalg.single_applicant_51c") == "not_rejected"
    if applicant.spouse is False and alone_stays:
        return False, ()
    if applicant.spouse_receives_benefit is False and (applicant.spouse or (applicant.spouse is None and alone_stays)):
        return False, ()
    missing = []
    if applicant.receives_benefit is None:
        missing.append("receives_benefit")
    if applicant.spouse is None:
        missing.append("spouse")
    if applicant.spouse is not False and applicant.spouse_receives_benefit is None:
        missing.append("spouse_receives_benefit")
    if lives_in is not None and belongs_to is None:
        missing.append("department_id")
    return (None, tuple(missing)) if missing else (True, ())


def meets(criteria: CriteriaSet, met: Mapping[str, bool | None], rule: str) -> tuple[bool | None, tuple[str, ...]]:
    """Whether an applicant has priority under a set, or None with the criteria that are not known."""
    answers = [met.get(criterion) for criterion in criteria.criteria]
    settled = rule == "any_criterion"
    if settled in answers:
        return settled, ()
    unknown = tuple(c for c, answer in zip(criteria.criteria, answers, strict=True) if answer is None)
    return (None, unknown) if unknown else (not settled, ())


def place(
    applicants: Sequence[Applicant],
    vacancy: Vacancy,
    criteria: CriteriaSet | None,
    met: Mapping[str, Mapping[str, bool | None]],
    basis: Basis,
    conversion_area: bool,
    in_doubt: bool = False,
) -> dict[str, Standing]:
    """Where each applicant for a vacancy stands: priority first, then seniority.

    An applicant of whom a fact is missing has no position; whoever such an applicant might yet pass has a
    provisional one, and so has everyone where an applicant's row was refused (`in_doubt`).
    """
    standings: dict[str, Standing] = {}
    placed: list[tuple[bool, Applicant]] = []
    open_keys = []
    for applicant in applicants:
        rejected, facts = rejected_by_51c(applicant, vacancy, basis) if conversion_area else (False, ())
        if rejected:
            why = "§ 51 c: applicant and spouse receive the benefits"
            standings[applicant.applicant_id] = Standing("rejected", None, None, None, why)
            continue
        priority: bool | None = True
        if criteria is not None:
            rule = basis.choice("afgoerelsesvalg.flexible_letting_priority")
            priority, unknown = meets(criteria, met.get(applicant.applicant_id, {}), rule)
            facts = (*facts, *(f"{criteria.name}/{criterion}" for criterion in unknown))
        if facts:
            open_keys.append((priority is False, applicant.seniority))
            known = priority if criteria is not None else None
            standings[applicant.applicant_id] = Standing("undecided", None, known, None, "facts are missing", facts)
        else:
            placed.append((bool(priority), applicant))
    placed.sort(key=lambda item: (not item[0], item[1].seniority))
    for position, (priority, applicant) in enumerate(placed, start=1):
        provisional = in_doubt or any(key < (not priority, applicant.seniority) for key in open_keys)
        listed = f"on the list since {applicant.listed_on}"
        if criteria is None:
            reason = f"seniority: {listed}"
        else:
            reason = f"{'meets' if priority else 'does not meet'} criteria {criteria.name}, {listed}"
        shown = priority if criteria is not None else None
        standings[applicant.applicant_id] = Standing("placed", position, shown, provisional, reason)
    return standings


def write_letting(con: duckdb.DuckDBPyConnection, law: Law, lists: Lists) -> dict[str, int]:
    """Replaces the list year's letting orders. Returns counts by how the homes are let."""
    periods, duty = bases(law, PARAMETERS), bases(law, [DUTY])
    sets, met, waiting = read_sets(con), _read_answers(con), _read_applicants(con)
    sets_in_doubt, applicants_in_doubt = doubts(con, LETTING_CRITERIA), doubts(con, APPLICANTS)
    orders: list[list[Any]] = []
    ways: list[list[Any]] = []
    for row in con.execute("SELECT * FROM cases.vacancies ORDER BY vacancy_id").fetchall():
        vacancy = Vacancy(*row)
        basis = basis_on(periods, vacancy.let_on)
        judged_by = lists.on(vacancy.let_on, basis, periods[0].start) if basis is not None else None
        order_by, criteria, reason = way_of(vacancy, basis, judged_by, sets, duty, sets_in_doubt)
        ways.append(
            [
                *(vacancy.vacancy_id, vacancy.area_id, order_by, criteria.name if criteria else None, reason),
                basis.parameter_set if basis else None,
            ]
        )
        applicants = waiting[vacancy.vacancy_id]
        if order_by in ("criteria", "seniority") and basis is not None:
            area = judged_by.areas.get(vacancy.area_id or "") if judged_by is not None else None
            conversion = bool(area and area.categories & set(basis.codes("omraaderegler.afvisning_51c")))
            known = {a.applicant_id: met[(a.applicant_id, criteria.name)] for a in applicants} if criteria else {}
            in_doubt = vacancy.vacancy_id in applicants_in_doubt
            standings = place(applicants, vacancy, criteria, known, basis, conversion, in_doubt)
        else:
            outcome = "undecided" if order_by == "undecided" else "not_let_from_the_list"
            standings = {a.applicant_id: Standing(outcome, None, None, None, reason) for a in applicants}
        orders += [_order_row(vacancy, applicant_id, standing) for applicant_id, standing in standings.items()]
    replace_output_rows(con, LETTING_BASIS, lists.list_year, ways)
    replace_output_rows(con, LETTING_ORDER, lists.list_year, orders)
    legal_basis.record(con, lists.list_year, [period.values for period in periods])
    return counts_by(LETTING_BASIS, "order_by", ways)


def _order_row(vacancy: Vacancy, applicant_id: str, s: Standing) -> list[Any]:
    return [
        *(vacancy.vacancy_id, applicant_id, s.outcome, s.position, s.priority, s.provisional, s.reason),
        ";".join(s.missing) or None,
    ]


def _read_answers(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, bool | None]]:
    """By applicant and set of criteria, whether each criterion is met; none where nothing is recorded of the two."""
    met: dict[tuple[str, str], dict[str, bool | None]] = defaultdict(dict)
    for applicant_id, name, criterion, answer in con.execute("SELECT * FROM cases.applicant_criteria").fetchall():
        met[(applicant_id, name)][criterion] = answer
    return met


def _read_applicants(con: duckdb.DuckDBPyConnection) -> dict[str, list[Applicant]]:
    """The applicants of each vacancy; none where it has none."""
    waiting: dict[str, list[Applicant]] = defaultdict(list)
    query = "SELECT * FROM cases.applicants ORDER BY vacancy_id, applicant_id"
    for vacancy_id, *facts in con.execute(query).fetchall():
        waiting[vacancy_id].append(Applicant(*facts))
    return waiting


def read_sets(con: duckdb.DuckDBPyConnection) -> list[CriteriaSet]:
    """The recorded sets of criteria by area; a set without any criterion does not exist.

    A set is as old as its newest row says, and published when all of it is.
    """
    rows = con.execute(
        """
        SELECT
            criteria_set, area_id, max(decided_on),
            CASE WHEN count(published_on) = count(*) THEN max(published_on) END,
            list(DISTINCT kind ORDER BY kind), list(DISTINCT criterion ORDER BY criterion)
        FROM cases.letting_criteria
        GROUP BY criteria_set, area_id
        ORDER BY criteria_set, area_id
        """
    ).fetchall()
    return [
        CriteriaSet(name, area, d, p, frozenset(kinds), tuple(criteria)) for name, area, d, p, kinds, criteria in rows
    ]


def way_of(
    vacancy: Vacancy,
    basis: Basis | None,
    lists: Lists | None,
    sets: Sequence[CriteriaSet],
    duty: Sequence[Basis],
    sets_in_doubt: Collection[str] = (),
) -> tuple[str, CriteriaSet | None, str]:
    """How the home is let: by criteria, by seniority, not from the list, or undecided.

    `lists` are None where the one in force is not known; a home outside every area needs none. `sets_in_doubt` are the
    areas of which a row of the criteria was refused.
    """
    if vacancy.let_as != "almindelig":
        return "not_from_the_list", None, f"let as {vacancy.let_as}: outside § 60, stk. 4"
    if basis is None:
        return "undecided", None, "no law is held for the day"
    if vacancy.area_id is None:
        return "seniority", None, "no obligatory flexible letting"
    if lists is None:
        return "undecided", None, "the list in force on the day is not known"
    area = lists.areas.get(vacancy.area_id)
    if area is None:
        return "undecided", None, "the area is none of those in force for the list"
    obliged = sorted(area.categories & set(basis.codes(DUTY)))
    if not obliged:
        lapsed = any(s.area_id == vacancy.area_id for s in sets)
        reason = "the area is on no list, so its criteria have lapsed" if lapsed else "no obligatory flexible letting"
        return "seniority", None, reason
    if vacancy.area_id in sets_in_doubt:
        return (
            "undecided",
            None,
            f"flexible letting is obligatory ({obliged[0]}), yet a row of its criteria was refused",
        )
    criteria, reason, certain = valid_set(sets, vacancy, basis, lambda found: lapse_of(found, vacancy, lists, duty))
    if criteria is None:
        without = basis.choice("afgoerelsesvalg.letting_without_criteria")
        way = "seniority" if certain and without == "seniority" else "undecided"
        return way, None, f"flexible letting is obligatory ({obliged[0]}), yet {reason}"
    return "criteria", criteria, reason
