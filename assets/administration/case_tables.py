"""The tables of cases that the administration receives: columns, kinds, codes, keys and refusal rules.

This is the one place that says what a case row must look like; intake and the documentation read it.
What does not belong here: how a file is opened or a rule is evaluated (`intake`), and what the law decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assets.administration.refund_queue import LAPSE


class Kind(StrEnum):
    """How a column's text is read. An empty text is never an error of the kind: it means not known."""

    TEXT = "text"
    DAY = "day"  # YYYY-MM-DD
    MONTH = "month"  # YYYY-MM, held as the first day of the month
    INSTANT = "instant"  # ISO date and time with offset
    BOOLEAN = "boolean"  # true or false
    OERE = "oere"  # whole øre, not negative
    COUNT = "count"  # whole number, not negative
    CODE = "code"  # one of a closed set
    COUNTRY = "country"  # code in law/code_lists/countries.csv
    MUNICIPALITY = "municipality"  # code in law/code_lists/municipalities.csv
    AREA = "area"  # an area of a sealed edition in the home


@dataclass(frozen=True)
class Column:
    """One column. `required` means that a row without a value is refused; otherwise empty is not known."""

    name: str
    kind: Kind
    description: str
    codes: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Rule:
    """A condition in SQL that refuses a row.

    It sees the typed columns, their texts as `text_<column>`, and the tables of cases read before. `not_yet`: the row
    is of a day after the run's, which alone says nothing about the cases of the run and leaves none open.
    """

    refused_when: str
    reason: str
    not_yet: bool = False


@dataclass(frozen=True)
class CaseTable:
    """One table of cases.

    `title` is its Danish name. `key` is unique: of rows that say the same one is kept, and rows that contradict
    each other are all refused, but for a table with `first_by`, of which the first by these columns is kept.
    `subject` is the column that says whom or what a refused row was about, and `subject_month` the one that says of
    which month, so that a decision about them knows that a fact is missing. `after` are the tables that `rules`
    look into.
    """

    name: str
    title: str
    description: str
    paragraph: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    key_reason: str
    first_by: tuple[str, ...] = ()
    subject: str | None = None
    subject_month: str | None = None
    rules: tuple[Rule, ...] = ()
    after: tuple[str, ...] = ()


def _text(name: str, description: str, required: bool = False) -> Column:
    return Column(name, Kind.TEXT, description, required=required)


def _id(name: str, description: str) -> Column:
    return Column(name, Kind.TEXT, description, required=True)


def _day(name: str, description: str, required: bool = False) -> Column:
    return Column(name, Kind.DAY, description, required=required)


def _flag(name: str, description: str) -> Column:
    return Column(name, Kind.BOOLEAN, description)


def _count(name: str, description: str, required: bool = False) -> Column:
    return Column(name, Kind.COUNT, description, required=required)


def _oere(name: str, description: str, required: bool = False) -> Column:
    return Column(name, Kind.OERE, description, required=required)


def _code(name: str, codes: str, description: str, required: bool = False) -> Column:
    return Column(name, Kind.CODE, description, tuple(codes.split()), required)


def _area(description: str, required: bool = True) -> Column:
    return Column("area_id", Kind.AREA, description, required=required)


KOM = Column("kom", Kind.MUNICIPALITY, "Municipality, three digits", required=True)
BENEFITS = (
    "kontanthjaelp kontanthjaelp_16_1 kontanthjaelp_16_2 uddannelseshjaelp selvforsoergelses_og_hjemrejseydelse "
    "overgangsydelse dagpenge sygedagpenge ressourceforloebsydelse"
)

MEMBERS = CaseTable(
    name="members",
    title="Husstandsmedlemmer",
    description="Everyone in a household that a home may be assigned to.",
    paragraph="almenboligloven § 59, stk. 6",
    columns=(
        _id("household_id", "The household"),
        _id("member_id", "The member"),
        _day("birth_date", "Date of birth"),
        Column("citizenship", Kind.COUNTRY, "Country code of the citizenship"),
        _flag("student", "Enrolled at an officially recognised institution of education"),
        _flag("convicted", "Convicted"),
        _day("release_date", "Day of release"),
        _code("release_from", "kriminalforsorgen anden_institution", "What the member was released from"),
        _flag("action_plan", "A handleplan must be made"),
        _day("lease_ended_date", "Day a lease of the member was ended by the landlord"),
        _code("lease_ended_ground", "grov_overtraedelse anden", "Ground on which it was ended"),
        _flag("foertidspension", "Receives førtidspension"),
    ),
    key=("household_id", "member_id"),
    key_reason="the same member of the household twice",
    subject="household_id",
    rules=(Rule("release_date < birth_date", "release_date: before birth_date"),),
)

BENEFIT_MONTHS = CaseTable(
    name="benefit_months",
    title="Ydelsesmåneder",
    description="Each calendar month in which a member received a benefit. A month without a row is one without.",
    paragraph="almenboligloven § 59, stk. 6, nr. 5 and 7, and stk. 7",
    columns=(
        _id("member_id", "The member"),
        Column("month", Kind.MONTH, "The calendar month", required=True),
        _code("benefit", BENEFITS, "The benefit received", required=True),
    ),
    key=("member_id", "month"),
    key_reason="overlapping benefit months: this month of the member stands twice",
    subject="member_id",
    subject_month="month",
    rules=(Rule("member_id NOT IN (SELECT member_id FROM cases.members)", "member_id: no accepted member"),),
    after=("members",),
)

ASSIGNMENTS = CaseTable(
    name="assignments",
    title="Anvisningssager",
    description="A household and a vacant family home that the council may assign to it.",
    paragraph="almenboligloven § 59, stk. 1-9",
    columns=(
        _id("assignment_id", "The case"),
        _id("household_id", "The household"),
        _area("Area that the home stands in; empty for a home outside every listed area", required=False),
        _day("decision_date", "Day of the decision"),
        _flag("alternative_exists", "The council can assign a home outside the areas of stk. 6 and 7"),
    ),
    key=("assignment_id",),
    key_reason="the same assignment twice",
    rules=(Rule("decision_date < first_day_of_law()", "decision_date: before the first day that the law is held for"),),
)

REFUND_EVENTS = CaseTable(
    name="refund_events",
    title="Hændelser i refusionskøen",
    description="What the state's refund queue receives: applications, payment requests and withdrawals.",
    paragraph="boligforholdsloven § 55; BEK nr. 754/2022",
    columns=(
        _id("event_id", "The event"),
        Column("received_at", Kind.INSTANT, "When it was received, with offset", required=True),
        _code("kind", "application payment_request withdrawal", "What it is", required=True),
        _id("application_id", "The application it is about"),
        Column("kom", Kind.MUNICIPALITY, "Municipality; needed on an application"),
        _text("property_id", "Property; needed on an application"),
        _count("property_homes", "Homes in the property; needed on an application"),
        _count("homes", "Homes at the council's disposal; needed on an application"),
        _oere("amount_oere", "Amount applied for or requested"),
    ),
    key=("event_id",),
    key_reason="the same event twice",
    first_by=(
        *("received_at", "kind", "application_id", "kom", "property_id"),
        *("property_homes", "homes", "amount_oere"),
    ),
    rules=(
        Rule(f"event_id = '{LAPSE}'", "event_id: stands for a lapse in the ledger"),
        Rule("kind = 'application' AND text_kom IS NULL", "kom: missing"),
        Rule("kind = 'application' AND text_property_id IS NULL", "property_id: missing"),
        Rule("kind = 'application' AND text_property_homes IS NULL", "property_homes: missing"),
        Rule("kind = 'application' AND text_homes IS NULL", "homes: missing"),
        Rule("kind <> 'withdrawal' AND text_amount_oere IS NULL", "amount_oere: missing"),
        Rule("received_at < first_instant_of_refunds()", "received_at: before the refund scheme took effect"),
        Rule("received_at >= end_of_day()", "received_at: after the day of the run", not_yet=True),
        Rule(
            "kind <> 'application' AND received_at < "
            "min(received_at) FILTER (WHERE kind = 'application') OVER (PARTITION BY application_id)",
            "received_at: before the application it is about",
        ),
    ),
)

LETTING_CRITERIA = CaseTable(
    name="letting_criteria",
    title="Kriterier for fleksibel udlejning",
    description="The criteria for flexible letting that a council published, one row per criterion.",
    paragraph="almenboligloven § 60, stk. 4",
    columns=(
        _id("criteria_set", "The set of criteria decided and published together"),
        _id("criterion", "The criterion within its set"),
        _code("kind", "employment education other", "What it is about", required=True),
        _area("Area that the set is for"),
        _day("decided_on", "Day the council decided on or last revised the set", required=True),
        _day("published_on", "Day the set was published"),
        _text("text", "The criterion as published"),
    ),
    key=("criteria_set", "criterion", "area_id"),
    key_reason="the same criterion twice",
    subject="area_id",
    rules=(Rule("published_on < decided_on", "published_on: before decided_on"),),
)

VACANCIES = CaseTable(
    name="vacancies",
    title="Ledige almene boliger",
    description="A vacant almen familiebolig that is to be let from the waiting list.",
    paragraph="almenboligloven § 60, stk. 4",
    columns=(
        _id("vacancy_id", "The vacant home"),
        _area("Area that it stands in; empty for none", required=False),
        _text("department_id", "Department (afdeling) that it belongs to"),
        _day("let_on", "Day the order is drawn up for", required=True),
        _code(
            "let_as", "almindelig kommunal_anvisning udslusning", "How it is let (§ 59, stk. 1-2; § 63)", required=True
        ),
    ),
    key=("vacancy_id",),
    key_reason="the same vacancy twice",
)

APPLICANTS = CaseTable(
    name="applicants",
    title="Ansøgere på ventelisten",
    description="Who stands on the waiting list for a vacancy.",
    paragraph="almenboligloven §§ 51 c and 60, stk. 4",
    columns=(
        _id("vacancy_id", "The vacant home"),
        _id("applicant_id", "The applicant"),
        _day("listed_on", "Day of entry on the waiting list", required=True),
        _count("list_number", "Number on the waiting list; breaks ties of the day"),
        _text("department_id", "Department that the applicant lives in now; empty for none"),
        _flag("receives_benefit", "Receives one of the benefits of § 51 b, stk. 1"),
        _flag("spouse", "Has a spouse or a cohabitant treated as one"),
        _flag("spouse_receives_benefit", "The spouse receives one of these benefits"),
        _flag("council_dispensation", "The council dispensed from § 51 c in a quite special case; empty for none"),
    ),
    key=("vacancy_id", "applicant_id"),
    key_reason="the same applicant for the vacancy twice",
    subject="vacancy_id",
    rules=(
        Rule("vacancy_id NOT IN (SELECT vacancy_id FROM cases.vacancies)", "vacancy_id: unknown vacancy"),
        Rule(
            "listed_on > (SELECT let_on FROM cases.vacancies AS v WHERE v.vacancy_id = typed.vacancy_id)",
            "listed_on: after the day the home is let",
        ),
    ),
    after=("vacancies",),
)

APPLICANT_CRITERIA = CaseTable(
    name="applicant_criteria",
    title="Ansøgernes opfyldelse af kriterierne",
    description="Whether an applicant meets a criterion. No row: not known.",
    paragraph="almenboligloven § 60, stk. 4",
    columns=(
        _id("applicant_id", "The applicant"),
        _id("criteria_set", "The set of criteria"),
        _id("criterion", "The criterion"),
        _flag("met", "The applicant documents that it is met"),
    ),
    key=("applicant_id", "criteria_set", "criterion"),
    key_reason="the same criterion of the applicant twice",
    rules=(
        Rule(
            "(criteria_set, criterion) NOT IN (SELECT (criteria_set, criterion) FROM cases.letting_criteria)",
            "criterion: unknown criterion",
        ),
        Rule("applicant_id NOT IN (SELECT applicant_id FROM cases.applicants)", "applicant_id: unknown applicant"),
    ),
    after=("letting_criteria", "applicants"),
)

OCCUPANCY_REQUESTS = CaseTable(
    name="occupancy_requests",
    title="Ønsker om fremleje og bytte",
    description="A tenant's wish to sublet or swap an almen familiebolig.",
    paragraph="almenlejeloven §§ 64, 65 and 69",
    columns=(
        _id("request_id", "The request"),
        _code(
            "kind", "fremleje_vaerelser fremleje_bolig bytte", "Sublet of rooms, of the home, or swap", required=True
        ),
        _area("Area that the home stands in; empty for none", required=False),
        _day("informed_on", "Day the tenant informed the landlord", required=True),
        _day("starts_on", "Day the sublet or swap begins", required=True),
        _day("ends_on", "Day the sublet ends"),
        _day("documentation_on", "Day the tenant sent documentation that those moving in meet the conditions"),
        _flag("conditions_met", "Those moving in meet the conditions for getting the home"),
        _flag("temporary_absence", "The tenant is away for a time (illness, work, study and the like)"),
        _count("rooms", "Rooms in the home"),
        _count("rooms_sublet", "Rooms sublet"),
        _count("persons_after", "Persons in the home afterwards"),
        _day("leaver_moved_in", "Day the tenant who leaves moved in"),
        _flag("reasonable_ground", "The landlord has a reasonable ground to refuse"),
    ),
    key=("request_id",),
    key_reason="the same request twice",
    rules=(
        Rule("ends_on < starts_on", "ends_on: before starts_on"),
        Rule("starts_on < first_day_of_law()", "starts_on: before the first day that the law is held for"),
    ),
)

PRIVATE_AGREEMENTS = CaseTable(
    name="private_agreements",
    title="Aftaler med private ejere",
    description="Agreements of a council with a private owner on assignment to homes in a property.",
    paragraph="boligforholdsloven §§ 49-56",
    columns=(
        _id("agreement_id", "The agreement"),
        KOM,
        _id("property_id", "The property"),
        _code("owner", "privat stat region kommune", "Owner of the property"),
        _text("purpose", "What it serves (code, see law/parameters/privat_anvisning/purposes.yaml)"),
        _text("target_group", "Who may be assigned (code, see target_groups.yaml)"),
        _code("mode", "hver_fjerde navngivne", "Every fourth vacancy, or named homes"),
        _count("property_homes", "Homes in the property", required=True),
        _count("homes", "Homes at the council's disposal", required=True),
        _day("signed_on", "Day of the agreement", required=True),
        _day("ends_on", "Last day, where one is agreed"),
        _oere("compensation_oere", "Compensation agreed in all"),
        _oere("lump_sum_oere", "Part of it paid at signing"),
        _day("tilsagn_on", "Day Udbetaling Danmark promised the refund; empty where none is sought"),
        _flag("refund_sought", "The municipality seeks the state's refund"),
        _flag("owners_invited", "All private owners were invited on equal terms"),
        _flag("registered", "The agreement is registered on the property (tinglyst)"),
        _flag("restoration_guaranteed", "The council guarantees istandsættelse at fraflytning"),
        _flag("rent_guaranteed", "The council pays the rent from disposal until the home is let"),
        _text("council_decision", "Decision that the older act asked for (51_b_stk_1 or 59_stk_4)"),
    ),
    key=("agreement_id",),
    key_reason="the same agreement twice",
    subject="property_id",
    rules=(
        Rule("ends_on < signed_on", "ends_on: before the agreement"),
        Rule("signed_on >= end_of_day()", "signed_on: after the day of the run", not_yet=True),
        Rule("homes > property_homes", "homes: more than the property has"),
    ),
)

_AGREEMENT_RULES = (
    Rule("agreement_id NOT IN (SELECT agreement_id FROM cases.private_agreements)", "agreement_id: unknown agreement"),
)

PRIVATE_VACANCIES = CaseTable(
    name="private_vacancies",
    title="Ledige boliger under aftalerne",
    description="Homes under an agreement that fell vacant, the council's answer and the letting.",
    paragraph="boligforholdsloven §§ 51, 54 and 56",
    columns=(
        _id("vacancy_id", "The vacancy"),
        _id("agreement_id", "The agreement"),
        _id("home_id", "The home"),
        _day("offered_on", "Day the owner told the council", required=True),
        _day("answered_on", "Day the council answered"),
        _flag("used", "The council used its right"),
        _day("at_disposal_from", "Day the home was at the council's disposal"),
        _day("let_from", "Day the assigned tenant's lease began"),
    ),
    key=("vacancy_id",),
    key_reason="the same vacancy twice",
    subject="agreement_id",
    rules=(
        *_AGREEMENT_RULES,
        Rule(
            "offered_on < "
            "(SELECT signed_on FROM cases.private_agreements AS a WHERE a.agreement_id = typed.agreement_id)",
            "offered_on: before the agreement",
        ),
        Rule("answered_on < offered_on", "answered_on: before offered_on"),
        Rule("let_from < at_disposal_from", "let_from: before at_disposal_from"),
        Rule("offered_on >= end_of_day()", "offered_on: after the day of the run", not_yet=True),
    ),
    after=("private_agreements",),
)

PRIVATE_REFUNDS = CaseTable(
    name="private_refunds",
    title="Aftalernes refusionsansøgninger",
    description="Which application of the refund queue belongs to which agreement.",
    paragraph="boligforholdsloven § 55",
    columns=(_id("application_id", "The application"), _id("agreement_id", "The agreement")),
    key=("application_id",),
    key_reason="the same application twice",
    subject="agreement_id",
    rules=(
        *_AGREEMENT_RULES,
        Rule(
            "application_id NOT IN (SELECT application_id FROM cases.refund_events WHERE kind = 'application')",
            "application_id: no accepted application",
        ),
        Rule(
            "NOT (SELECT bool_or(e.kom = a.kom AND e.property_id = a.property_id) "
            "FROM cases.refund_events AS e CROSS JOIN cases.private_agreements AS a WHERE e.kind = 'application' "
            "AND e.application_id = typed.application_id AND a.agreement_id = typed.agreement_id)",
            "application_id: for another municipality or property than the agreement",
        ),
    ),
    after=("private_agreements", "refund_events"),
)

FUND_ALLOTMENTS = CaseTable(
    name="fund_allotments",
    title="Tilsagn fra Landsbyggefonden",
    description="Allotments of Landsbyggefonden from the renovation frame.",
    paragraph="aftale af 15. juni 2021, Midler til de udsatte boligområder",
    columns=(
        _id("allotment_id", "The allotment"),
        _day("decided_on", "Day of the fund's decision", required=True),
        _area("The area"),
        _oere("amount_oere", "Amount allotted", required=True),
        _text("need", "The need stated"),
    ),
    key=("allotment_id",),
    key_reason="the same allotment twice",
    first_by=("decided_on", "area_id", "amount_oere", "need"),
    rules=(
        Rule("decided_on < first_day_of_frame()", "decided_on: before the frame"),
        Rule("decided_on >= end_of_day()", "decided_on: after the day of the run", not_yet=True),
    ),
)

DEVELOPMENT_PLANS = CaseTable(
    name="development_plans",
    title="Udviklingsplaner",
    description="Areas with a development plan, also those that have left the list.",
    paragraph="almenboligloven §§ 168 a and 168 b",
    columns=(
        _area("The area"),
        _day("approved_on", "Day the plan was approved", required=True),
        _day("completed_on", "Day the plan was carried out"),
        _count("last_listed_year", "Last list year as udsat boligområde; needed where the home lacks later editions"),
        _code("dispensation", "stk_3 stk_4 anden", "Dispensation granted from the goal"),
        _count("dispensation_pct", "Share of family homes allowed by the dispensation, in whole per cent"),
    ),
    key=("area_id",),
    key_reason="the same area twice",
    subject="area_id",
    rules=(
        Rule("completed_on < approved_on", "completed_on: before approved_on"),
        Rule("dispensation_pct > 100", "dispensation_pct: more than 100"),
        Rule("approved_on >= end_of_day()", "approved_on: after the day of the run", not_yet=True),
    ),
)

PLAN_COUNTS = CaseTable(
    name="plan_counts",
    title="Optællinger i udviklingsplanernes områder",
    description="Counts of homes and business floor area in an area with a development plan.",
    paragraph="almenboligloven § 168 a, stk. 1-2",
    columns=(
        _area("The area"),
        _day("counted_on", "Day of the count", required=True),
        _count("family_homes", "Almene familieboliger", required=True),
        _count("other_homes", "All other homes, youth and elderly homes included", required=True),
        _count(
            "demolished_homes",
            "Homes demolished in the years that count and not replaced by almene familieboliger",
            required=True,
        ),
        _count("business_m2", "Business floor area that is counted, in m2", required=True),
    ),
    key=("area_id", "counted_on"),
    key_reason="the same area counted twice on the day",
    subject="area_id",
    rules=(
        Rule("area_id NOT IN (SELECT area_id FROM cases.development_plans)", "area_id: has no development plan"),
        Rule("counted_on >= end_of_day()", "counted_on: after the day of the run", not_yet=True),
    ),
    after=("development_plans",),
)

CASE_TABLES: tuple[CaseTable, ...] = (
    MEMBERS,
    BENEFIT_MONTHS,
    ASSIGNMENTS,
    REFUND_EVENTS,
    LETTING_CRITERIA,
    VACANCIES,
    APPLICANTS,
    APPLICANT_CRITERIA,
    OCCUPANCY_REQUESTS,
    PRIVATE_AGREEMENTS,
    PRIVATE_VACANCIES,
    PRIVATE_REFUNDS,
    FUND_ALLOTMENTS,
    DEVELOPMENT_PLANS,
    PLAN_COUNTS,
)
BY_NAME: Mapping[str, CaseTable] = {table.name: table for table in CASE_TABLES}
