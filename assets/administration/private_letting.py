"""Agreements on assignment to private homes: held against the act of their day, vacancy by vacancy, and summed up.

Boligforholdsloven §§ 49-58; before 1 July 2022 the older act, before 30 November 2021 with its fixed length.
Which act applies follows from which parameters are in force. What does not belong here: the refund queue.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import duckdb

from assets.administration import legal_basis
from assets.administration.case_tables import PRIVATE_AGREEMENTS, PRIVATE_REFUNDS, PRIVATE_VACANCIES
from assets.administration.intake import doubts
from assets.administration.legal_basis import Basis, bases, basis_on
from assets.administration.store import Output, counts_by, replace_output, replace_output_rows
from assets.administration.working_days import working_days_after
from law.danish_time import years_after
from law.loader import Law

PRESENT = (
    "privat_anvisning.answer_working_days",
    "privat_anvisning.excluded_owners",
    "privat_anvisning.lump_sum_share",
    "privat_anvisning.max_share",
    "privat_anvisning.min_homes",
    "privat_anvisning.purposes",
    "privat_anvisning.target_groups",
    "privat_anvisning.vacancy_interval",
    "afgoerelsesvalg.agreed_uses",
    "afgoerelsesvalg.every_fourth_vacancy",
    "afgoerelsesvalg.late_answer_used",
    "afgoerelsesvalg.second_agreement",
    "afgoerelsesvalg.tilsagn_same_day",
    "afgoerelsesvalg.working_days",
)
OLDER = (
    "privat_anvisning_1045.council_decision",
    "privat_anvisning_1045.every_council",
    "privat_anvisning_1045.fixed_years",
    "privat_anvisning_1045.max_share",
)

VALIDITY: Mapping[str, bool | None] = {"valid": True, "invalid": False, "undecided": None}
"""What an agreement's outcome says of whether it is valid."""

PRIVATE_AGREEMENT_DECISIONS = Output(
    name="private_agreement_decisions",
    columns={
        "agreement_id": "VARCHAR",
        "kom": "VARCHAR",
        "act": "VARCHAR",
        "outcome": "VARCHAR",
        "failed": "VARCHAR",
        "missing_facts": "VARCHAR",
        "refundable": "BOOLEAN",
        "parameter_set": "VARCHAR",
    },
    order=("agreement_id",),
)
PRIVATE_AGREEMENT_CHECKS = Output(
    name="private_agreement_checks",
    columns={
        "agreement_id": "VARCHAR",
        "check_name": "VARCHAR",
        "met": "BOOLEAN",
        "paragraph": "VARCHAR",
        "reason": "VARCHAR",
    },
    order=("agreement_id", "check_name"),
)
PRIVATE_VACANCY_DECISIONS = Output(
    name="private_vacancy_decisions",
    columns={
        "vacancy_id": "VARCHAR",
        "agreement_id": "VARCHAR",
        "vacancy_number": "BIGINT",
        "may_use": "BOOLEAN",
        "used": "BOOLEAN",
        "answer_by": "DATE",
        "answered_in_time": "BOOLEAN",
        "new_compensation": "BOOLEAN",
        "compensation_refundable": "BOOLEAN",
        "rent_days": "BIGINT",
        "reason": "VARCHAR",
        "parameter_set": "VARCHAR",
    },
    order=("vacancy_id",),
)
PRIVATE_LETTING_OVERVIEW = Output(
    name="private_letting_overview",
    columns={
        "year": "SMALLINT",
        "kom": "VARCHAR",
        "agreements": "BIGINT",
        "agreements_valid": "BIGINT",
        "homes": "BIGINT",
        "lettings": "BIGINT",
        "refunded_oere": "BIGINT",
    },
    order=("year", "kom"),
)


@dataclass(frozen=True)
class Agreement:
    """An agreement as recorded; the columns of `private_agreements`."""

    agreement_id: str
    kom: str
    property_id: str
    owner: str | None
    purpose: str | None
    target_group: str | None
    mode: str | None
    property_homes: int
    homes: int
    signed_on: dt.date
    ends_on: dt.date | None
    compensation_oere: int | None
    lump_sum_oere: int | None
    tilsagn_on: dt.date | None
    refund_sought: bool | None
    owners_invited: bool | None
    registered: bool | None
    restoration_guaranteed: bool | None
    rent_guaranteed: bool | None
    council_decision: str | None


@dataclass(frozen=True)
class Check:
    """One requirement of an agreement. `met` None: a fact is missing."""

    name: str
    met: bool | None
    paragraph: str
    reason: str
    missing: str | None = None


def checks(agreement: Agreement, basis: Basis, earlier: Sequence[Agreement], in_doubt: bool) -> Iterator[Check]:
    """What the act of the day asks of an agreement.

    `earlier` are those made before it on the same property; `in_doubt`: the row of another one on it was refused.
    """
    if basis.holds("privat_anvisning.max_share"):
        yield from _present_act(agreement, basis)
        yield _one_agreement(agreement, basis, earlier, in_doubt)
    else:
        yield from _older_act(agreement, basis)


def _one_agreement(a: Agreement, basis: Basis, earlier: Sequence[Agreement], in_doubt: bool) -> Check:
    barring = earlier
    if basis.choice("afgoerelsesvalg.second_agreement") == "running":
        barring = [e for e in earlier if e.ends_on is None or e.ends_on >= a.signed_on]
    paragraph = _paragraph(basis, "afgoerelsesvalg.second_agreement")
    if barring:
        return Check("one_agreement", False, paragraph, "there is an earlier agreement on the property")
    if in_doubt:
        reason = "the row of another agreement on the property was refused"
        return Check("one_agreement", None, paragraph, reason, "private_agreements")
    return Check("one_agreement", True, paragraph, "no earlier agreement on the property")


def _present_act(a: Agreement, basis: Basis) -> Iterator[Check]:
    excluded = basis.codes("privat_anvisning.excluded_owners")
    yield _known("owner", a.owner, None if a.owner is None else a.owner not in excluded, basis, "excluded_owners")
    purposes = basis.codes("privat_anvisning.purposes")
    yield _known("purpose", a.purpose, None if a.purpose is None else a.purpose in purposes, basis, "purposes")
    groups = basis.codes("privat_anvisning.target_groups")
    met = None if a.target_group is None else a.target_group in groups
    yield _known("target_group", a.target_group, met, basis, "target_groups")
    yield _max_share(a, basis, "privat_anvisning.max_share")
    least = basis.met("privat_anvisning.min_homes", a.homes)
    met = True if least or a.mode == "hver_fjerde" else None if a.mode is None else False
    paragraph = _paragraph(basis, "privat_anvisning.min_homes")
    yield Check("min_homes", met, paragraph, f"{a.homes} homes, mode {a.mode or 'not known'}", "mode")
    yield _lump_sum(a, basis)
    for name, fact, paragraph in (
        ("owners_invited", a.owners_invited, "§ 52"),
        ("registered", a.registered, "§ 53, stk. 1"),
        ("restoration_guaranteed", a.restoration_guaranteed, "§ 56"),
        ("rent_guaranteed", a.rent_guaranteed, "§ 56"),
    ):
        yield Check(
            name, fact, paragraph, "not known" if fact is None else "recorded" if fact else "recorded as lacking", name
        )


def _older_act(a: Agreement, basis: Basis) -> Iterator[Check]:
    if basis.holds("privat_anvisning_1045.max_share"):
        yield _max_share(a, basis, "privat_anvisning_1045.max_share")
    if basis.holds("privat_anvisning_1045.fixed_years"):
        anniversary = years_after(a.signed_on, basis.number("privat_anvisning_1045.fixed_years"))
        ends = (anniversary - dt.timedelta(days=1), anniversary)
        met = None if a.ends_on is None else a.ends_on in ends
        paragraph = _paragraph(basis, "privat_anvisning_1045.fixed_years")
        yield Check("fixed_length", met, paragraph, f"ends on {a.ends_on or 'a day not known'}", "ends_on")
    if (
        basis.holds("privat_anvisning_1045.every_council")
        and basis.choice("privat_anvisning_1045.every_council") == "with_decision"
    ):
        decisions = basis.codes("privat_anvisning_1045.council_decision")
        met = None if a.council_decision is None else a.council_decision in decisions
        paragraph = _paragraph(basis, "privat_anvisning_1045.council_decision")
        reason = f"decision {a.council_decision or 'not known'}"
        yield Check("council_decision", met, paragraph, reason, "council_decision")


def _paragraph(basis: Basis, name: str) -> str:
    return basis.values[name].reference.citation


def _known(name: str, fact: str | None, met: bool | None, basis: Basis, parameter: str) -> Check:
    return Check(name, met, _paragraph(basis, f"privat_anvisning.{parameter}"), fact or "not known", name)


def _max_share(a: Agreement, basis: Basis, name: str) -> Check:
    share = basis.share(name)
    fits = a.homes * share.denominator <= share.numerator * a.property_homes
    return Check("max_share", fits, _paragraph(basis, name), f"{a.homes} of {a.property_homes} homes")


def _lump_sum(a: Agreement, basis: Basis) -> Check:
    name = "privat_anvisning.lump_sum_share"
    paragraph = _paragraph(basis, name)
    if a.lump_sum_oere == 0:
        return Check("lump_sum", True, paragraph, "no lump sum")
    if a.lump_sum_oere is None or a.compensation_oere is None:
        fact = "lump_sum_oere" if a.lump_sum_oere is None else "compensation_oere"
        return Check("lump_sum", None, paragraph, "not known", fact)
    met = a.compensation_oere > 0 and basis.met(name, Fraction(a.lump_sum_oere, a.compensation_oere))
    return Check("lump_sum", met, paragraph, "lump sum and compensation as recorded")


@dataclass(frozen=True)
class Promise:
    """Udbetaling Danmark's promise of a refund: the day an amount was reserved, and the day that it lapsed or was
    withdrawn, if it was."""

    given_on: dt.date
    ended_on: dt.date | None

    def had_ended(self, day: dt.date) -> bool:
        return self.ended_on is not None and self.ended_on <= day

    def covers(self, day: dt.date) -> bool:
        """Whether it stood on a day."""
        return self.given_on <= day and not self.had_ended(day)


def refundable(a: Agreement, promises: Sequence[Promise], in_doubt: bool, basis: Basis) -> bool | None:
    """Whether the state's refund was promised before the agreement (§ 55). None where that is not known.

    A promise that had lapsed or was withdrawn by the day of the agreement is none, also where the agreement records a
    day on which it stood. `in_doubt`: a row that says which application belongs to the agreement was refused.
    """
    if not basis.holds("afgoerelsesvalg.tilsagn_same_day"):
        return None
    if a.refund_sought is False:
        return False
    ended = [p for p in promises if p.had_ended(a.signed_on)]
    standing = [p.given_on for p in promises if not p.had_ended(a.signed_on)]
    told_on = a.tilsagn_on
    recorded = None if told_on is None or any(p.covers(told_on) for p in ended) else told_on
    promised_on = recorded or min(standing, default=None)
    unknown = recorded is None and in_doubt
    if promised_on is None:
        return None if unknown or a.refund_sought is None else False
    same_day = basis.choice("afgoerelsesvalg.tilsagn_same_day") == "enough"
    in_time = promised_on < a.signed_on or (same_day and promised_on == a.signed_on)
    return None if unknown and not in_time else in_time


@dataclass(frozen=True)
class Vacancy:
    """A home that fell vacant under an agreement; the columns of `private_vacancies`."""

    vacancy_id: str
    agreement_id: str
    home_id: str
    offered_on: dt.date
    answered_on: dt.date | None
    used: bool | None
    at_disposal_from: dt.date | None
    let_from: dt.date | None


NOT_KNOWN_WHETHER_USED = "not known whether an earlier vacancy was used"
"""Also where the row of a vacancy was refused."""


@dataclass
class Uses:
    """What the council has used of an agreement so far."""

    agreement: Agreement
    seen: int = 0
    times: int = 0
    last_used: int | None = None
    homes: frozenset[str] = frozenset()
    unsure_times: int = 0
    unsure_homes: frozenset[str] = frozenset()
    """Vacancies of which it is not known whether they were used, and their homes."""
    refused: int = 0
    """Vacancies whose row was refused: which home, when, and whether it was used, is not known."""

    def may_use(self, vacancy: Vacancy, basis: Basis) -> tuple[bool | None, str]:
        """Whether the council may use this vacancy, the next after those seen; says why."""
        number = self.seen + 1
        if self.has_ended(vacancy):
            return False, f"the agreement ended on {self.agreement.ends_on}"
        if self.agreement.mode == "navngivne":
            if vacancy.home_id in self.homes:
                return True, "one of the named homes"
            if len(self.homes) >= self.agreement.homes:
                return False, "more homes than the agreement names"
            others = (self.homes | self.unsure_homes) - {vacancy.home_id}
            if len(others) + self.refused < self.agreement.homes:
                return True, "one of the named homes"
            return None, NOT_KNOWN_WHETHER_USED
        if self.agreement.mode is None:
            return None, "mode of the agreement not known"
        if self._is_spent(vacancy, basis):
            return False, "used as many times as the agreed share of homes"
        interval = basis.number("privat_anvisning.vacancy_interval")
        first = 0 if basis.choice("afgoerelsesvalg.every_fourth_vacancy") == "the_fourth" else 1 - interval
        since = number - (first if self.last_used is None else self.last_used)
        if since + self.refused < interval or not (self.unsure_times or self.refused):
            return since >= interval, f"vacancy {number}, last used {self.last_used or 'none'}"
        # a use that is not known of may have begun the count anew, or used up the share; a vacancy, brought it further
        return None, NOT_KNOWN_WHETHER_USED

    def has_ended(self, vacancy: Vacancy) -> bool:
        """Whether the home was offered after the last day of the agreement."""
        return self.agreement.ends_on is not None and vacancy.offered_on > self.agreement.ends_on

    def _is_spent(self, vacancy: Vacancy, basis: Basis) -> bool:
        if basis.choice("afgoerelsesvalg.agreed_uses") == "uses":
            return self.times >= self.agreement.homes
        return vacancy.home_id not in self.homes and len(self.homes) >= self.agreement.homes

    def is_first_use(self, home_id: str) -> bool | None:
        """Whether a home was not used before under the agreement; None where that is not known."""
        if home_id in self.homes:
            return False
        return None if home_id in self.unsure_homes or self.refused else True

    def take(self, vacancy: Vacancy) -> None:
        """Counts the next vacancy, and its use."""
        self.seen += 1
        if vacancy.used:
            self.times += 1
            self.last_used = self.seen
            self.homes |= {vacancy.home_id}
        elif vacancy.used is None:
            self.unsure_times += 1
            self.unsure_homes |= {vacancy.home_id}


def write_private_letting(con: duckdb.DuckDBPyConnection, law: Law, list_year: int, day: dt.date) -> dict[str, int]:
    """Replaces the list year's checks of agreements and vacancies, and the overview. Returns counts by outcome."""
    periods = bases(law, (), (*PRESENT, *OLDER))
    rows = con.execute("SELECT * FROM cases.private_agreements ORDER BY signed_on, agreement_id").fetchall()
    agreements = [Agreement(*row) for row in rows]
    decisions, details = _agreement_rows(con, agreements, _promises(con, list_year), periods)
    standings = {row[0]: (VALIDITY[row[3]], row[6]) for row in decisions}
    vacancies = _vacancy_rows(con, {a.agreement_id: a for a in agreements}, standings, periods, day)
    replace_output_rows(con, PRIVATE_AGREEMENT_DECISIONS, list_year, decisions)
    replace_output_rows(con, PRIVATE_AGREEMENT_CHECKS, list_year, details)
    replace_output_rows(con, PRIVATE_VACANCY_DECISIONS, list_year, vacancies)
    replace_output(con, PRIVATE_LETTING_OVERVIEW, list_year, _OVERVIEW.format(list_year=int(list_year)))
    legal_basis.record(con, list_year, [period.values for period in periods])
    return counts_by(PRIVATE_AGREEMENT_DECISIONS, "outcome", decisions) | {"vacancies": len(vacancies)}


def _promises(con: duckdb.DuckDBPyConnection, list_year: int) -> dict[str, list[Promise]]:
    """By agreement, what was promised on the applications that belong to it. An application may be made anew."""
    rows = con.execute(
        """
        SELECT
            link.agreement_id,
            link.application_id,
            ledger.status = 'reserved' AS given,
            CAST(CAST(ledger.happened_at AS TIMESTAMP WITH TIME ZONE) AS DATE) AS day
        FROM cases.private_refunds AS link
        INNER JOIN refund_basis AS ledger USING (application_id)
        WHERE ledger.list_year = ? AND ledger.status IN ('reserved', 'lapsed', 'withdrawn')
        ORDER BY link.agreement_id, link.application_id, ledger.rowid
        """,
        [list_year],
    ).fetchall()
    found: dict[str, list[Promise]] = defaultdict(list)
    standing: dict[str, Promise] = {}
    for agreement_id, application_id, given, day in rows:
        if given and application_id not in standing:
            standing[application_id] = Promise(day, None)
            found[agreement_id].append(standing[application_id])
        elif not given and (promise := standing.pop(application_id, None)):
            found[agreement_id][-1] = replace(promise, ended_on=day)
    return found


def _agreement_rows(
    con: duckdb.DuckDBPyConnection,
    agreements: Sequence[Agreement],
    promises: Mapping[str, Sequence[Promise]],
    periods: Sequence[Basis],
) -> tuple[list[list[Any]], list[list[Any]]]:
    properties_in_doubt, refunds_in_doubt = doubts(con, PRIVATE_AGREEMENTS), doubts(con, PRIVATE_REFUNDS)
    decisions: list[list[Any]] = []
    details: list[list[Any]] = []
    on_property: dict[str, list[Agreement]] = defaultdict(list)
    for agreement in agreements:
        basis = basis_on(periods, agreement.signed_on)
        head: list[Any] = [agreement.agreement_id, agreement.kom]
        if basis is None:
            decisions.append([*head, None, "undecided", None, "law", None, None])
            continue
        refused = properties_in_doubt.get(agreement.property_id, [])
        in_doubt = any(key != agreement.agreement_id for key in refused)
        found = list(checks(agreement, basis, on_property[agreement.property_id], in_doubt))
        on_property[agreement.property_id].append(agreement)
        failed = sorted(c.name for c in found if c.met is False)
        missing = sorted({c.missing for c in found if c.met is None and c.missing})
        outcome = "invalid" if failed else "undecided" if missing else "valid"
        act = "boligforholdsloven" if basis.holds("privat_anvisning.max_share") else "lov om kommunal anvisningsret"
        promised = promises.get(agreement.agreement_id, [])
        answer = refundable(agreement, promised, agreement.agreement_id in refunds_in_doubt, basis)
        decisions.append(
            [
                *(*head, act, outcome, ";".join(failed) or None, ";".join(missing) or None),
                *(answer, basis.parameter_set),
            ]
        )
        details += [[agreement.agreement_id, c.name, c.met, c.paragraph, c.reason] for c in found]
    return decisions, details


def _all_of(*facts: bool | None) -> bool | None:
    """Whether all hold: one that does not settles it, one that is not known leaves it open."""
    return False if False in facts else None if None in facts else True


def _any_of(*facts: bool | None) -> bool | None:
    """Whether any holds: one that does settles it, one that is not known leaves it open."""
    return True if True in facts else None if None in facts else False


def compensation(
    used: bool | None, first_use: bool | None, may_use: bool | None, in_time: bool | None, basis: Basis
) -> tuple[bool | None, bool | None]:
    """Whether the council owes new compensation for a vacancy, and whether the vacancy is one that the state refunds.

    It owes it for a use, and where it did not answer in time although it may use the home (§ 54, stk. 2, 3. pkt.);
    the latter is not refunded (§ 55). A home used before gives no new compensation.
    """
    unanswered = _all_of(None if in_time is None else not in_time, may_use)
    answered = True if basis.choice("afgoerelsesvalg.late_answer_used") == "refunded" else in_time
    return _all_of(first_use, _any_of(used, unanswered)), _all_of(first_use, used, answered, may_use)


def _vacancy_rows(
    con: duckdb.DuckDBPyConnection,
    agreements: Mapping[str, Agreement],
    standings: Mapping[str, tuple[bool | None, bool | None]],
    periods: Sequence[Basis],
    day: dt.date,
) -> list[list[Any]]:
    """The rows of `private_vacancy_decisions`. `standings`: whether each agreement is valid, and is refundable."""
    query = "SELECT * FROM cases.private_vacancies ORDER BY offered_on, vacancy_id"
    vacancies = [Vacancy(*row) for row in con.execute(query).fetchall()]
    accepted, refused = {vacancy.vacancy_id for vacancy in vacancies}, doubts(con, PRIVATE_VACANCIES)
    uses = {
        name: Uses(agreement, refused=_vacancies_refused(refused.get(name, []), accepted))
        for name, agreement in agreements.items()
    }
    rows: list[list[Any]] = []
    for vacancy in vacancies:
        basis = basis_on(periods, vacancy.offered_on)
        state = uses[vacancy.agreement_id]
        number = state.seen + 1
        if basis is None or not basis.holds("privat_anvisning.answer_working_days"):
            state.take(vacancy)
            reason = "the older act, of which no rule on vacancies is held"
            head = [vacancy.vacancy_id, vacancy.agreement_id, number, None, vacancy.used]
            unknown = [None, None, None, None, None]
            rows.append([*head, *unknown, reason, basis.parameter_set if basis else None])
            continue
        may_use, reason = state.may_use(vacancy, basis)
        answer_by = working_days_after(
            vacancy.offered_on,
            basis.number("privat_anvisning.answer_working_days"),
            basis.choice("afgoerelsesvalg.working_days"),
        )
        in_time = _answered_in_time(vacancy, answer_by, day)
        first_use = state.is_first_use(vacancy.home_id)
        state.take(vacancy)
        used = False if state.has_ended(vacancy) else vacancy.used
        paid_for, in_order = compensation(used, first_use, may_use, in_time, basis)
        refunded = _all_of(in_order, *standings[vacancy.agreement_id])
        rows.append(
            [
                *(vacancy.vacancy_id, vacancy.agreement_id, number, may_use, vacancy.used, answer_by, in_time),
                *(paid_for, refunded, _rent_days(vacancy, day), reason, basis.parameter_set),
            ]
        )
    return rows


def _vacancies_refused(keys: Sequence[str], accepted: Collection[str]) -> int:
    """How many vacancies refused rows may have been about: one for each id that no other row has, and for each row
    without one."""
    return len({key for key in keys if key and key not in accepted}) + sum(not key for key in keys)


def _answered_in_time(vacancy: Vacancy, answer_by: dt.date, day: dt.date) -> bool | None:
    """No day is no answer, but for a home that was used: of that the day alone is not known."""
    if vacancy.answered_on:
        return vacancy.answered_on <= answer_by
    return None if vacancy.used or day <= answer_by else False


def _rent_days(vacancy: Vacancy, day: dt.date) -> int | None:
    """Days that the council pays the rent: from disposal until the lease begins, or until the day of the run."""
    if vacancy.at_disposal_from is None:
        return None
    until = vacancy.let_from or day + dt.timedelta(days=1)
    return max(0, (until - vacancy.at_disposal_from).days)


_OVERVIEW = """
    WITH agreed AS (
        SELECT
            year(agreement.signed_on) AS year, agreement.kom, count(*) AS agreements,
            count(*) FILTER (WHERE decision.outcome = 'valid') AS agreements_valid, sum(agreement.homes) AS homes
        FROM cases.private_agreements AS agreement
        INNER JOIN private_agreement_decisions AS decision
            ON decision.agreement_id = agreement.agreement_id AND decision.list_year = {list_year}
        GROUP BY ALL
    ),
    let AS (
        SELECT year(vacancy.let_from) AS year, agreement.kom, count(*) AS lettings
        FROM cases.private_vacancies AS vacancy
        INNER JOIN cases.private_agreements AS agreement USING (agreement_id)
        WHERE vacancy.used AND vacancy.let_from IS NOT NULL
        GROUP BY ALL
    ),
    refunded AS (
        SELECT year(CAST(happened_at AS TIMESTAMP WITH TIME ZONE)) AS year, kom, sum(amount_oere) AS refunded_oere
        FROM refund_basis
        WHERE list_year = {list_year} AND status = 'paid'
        GROUP BY ALL
    )
    SELECT
        year, kom, coalesce(agreements, 0) AS agreements, coalesce(agreements_valid, 0) AS agreements_valid,
        coalesce(homes, 0) AS homes, coalesce(lettings, 0) AS lettings, coalesce(refunded_oere, 0) AS refunded_oere
    FROM agreed FULL JOIN let USING (year, kom) FULL JOIN refunded USING (year, kom)
"""
