"""Writes invented cases for a home of invented data: every table, ordinary and odd cases, and a few bad rows.

Belongs here: drawing cases from a seed, on the areas of a sealed edition. Does not belong here: any rule; what the
cases come to is for the administration to decide. Never use it on a home of real areas: what it writes is invented.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.administration import edition, store
from assets.administration.case_tables import BY_NAME
from assets.administration.regimes import FOREBYGGELSE, OMDANNELSE, UDSAT, Area, Lists, read_lists
from law.danish_time import COPENHAGEN

MARKER = "_SYNTHETIC"
CITIZENSHIPS = ("5100",) * 14 + ("5120", "5154", "5180", "5106", "5404", "5103", "5999")
BENEFITS = (
    "kontanthjaelp_16_1",
    "kontanthjaelp_16_2",
    "kontanthjaelp",
    "uddannelseshjaelp",
    "dagpenge",
    "sygedagpenge",
    "ressourceforloebsydelse",
)
REFUNDS_FROM = dt.date(2022, 7, 1)
PLANNED_FROM = dt.date(2019, 6, 1)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Size:
    """How much is drawn."""

    households: int
    refund_events: int
    vacancies: int = 40
    requests: int = 200
    agreements: int = 60


@dataclass(frozen=True)
class Ground:
    """What the cases stand on: the areas of the list year, and the day they are written for."""

    lists: Lists
    day: dt.date

    def with_status(self, status: str) -> list[Area]:
        return [area for area in self.lists.areas.values() if area.status == status]

    @property
    def listed(self) -> list[Area]:
        return self.with_status(UDSAT) + self.with_status(FOREBYGGELSE)


def write_cases(cases: Path, home: Path, list_year: int, day: dt.date, size: Size, seed: int) -> dict[str, int]:
    """Writes every table of cases anew. The same arguments give the same bytes. Returns rows by table.

    Raises AdministrationError where the home has no sealed edition of the list year.
    """
    with closing(duckdb.connect(config=store.SETTINGS)) as con:
        edition.load(con, home, list_year)
        ground = Ground(read_lists(con, list_year), day)
    draw = random.Random(seed)
    tables: dict[str, list[Row]] = {}
    tables |= households(ground, size.households, draw)
    tables |= {"refund_events": refund_events(ground, size.refund_events, draw)}
    tables |= letting(ground, size, draw)
    tables |= private(ground, size.agreements, draw)
    tables |= funds_and_plans(ground, draw)
    for name, rows in tables.items():
        _write(cases / name / "invented.csv", [column.name for column in BY_NAME[name].columns], rows)
    (cases / MARKER).write_text("Invented cases; no person, area or amount is real.\n", encoding="utf-8")
    return {name: len(rows) for name, rows in sorted(tables.items())}


def households(ground: Ground, number: int, draw: random.Random) -> dict[str, list[Row]]:
    """Households with a home each: about a quarter on a benefit, some with other grounds, some with facts missing."""
    members: list[Row] = []
    months: list[Row] = []
    assignments: list[Row] = []
    places = [area.area_id for area in ground.listed] + [area.area_id for area in ground.lists.areas.values()] + [None]
    for household in range(number):
        household_id = f"H{household:06}"
        for person in range(draw.choice((1, 1, 2, 2, 3, 4))):
            member_id = f"{household_id}-{person}"
            members.append({"household_id": household_id, "member_id": member_id, **_facts(ground.day, person, draw)})
            if person < 2 and draw.random() < 0.25:
                months += _months(member_id, ground.day, draw)
        assignments.append(
            {
                "assignment_id": f"A{household:06}",
                "household_id": household_id,
                "area_id": draw.choice(places),
                "decision_date": ground.day,
                "alternative_exists": draw.random() < 0.9,
            }
        )
    members += [{**members[0], "member_id": None}, {**members[-1], "citizenship": "0000"}]
    months += [{"member_id": members[0]["member_id"], "month": "2026-13", "benefit": "dagpenge"}, *months[:1]]
    assignments += [{**assignments[0], "assignment_id": "A-nowhere", "area_id": "no such area"}, assignments[0]]
    return {"members": members, "benefit_months": months, "assignments": assignments}


def _facts(day: dt.date, person: int, draw: random.Random) -> dict[str, Any]:
    adult = person < 2
    facts: dict[str, Any] = {
        "birth_date": day - dt.timedelta(days=365 * draw.randint(20, 80) if adult else 365 * draw.randint(1, 17)),
        "citizenship": draw.choice(CITIZENSHIPS),
        "student": adult and draw.random() < 0.05,
        "convicted": adult and draw.random() < 0.03,
        "foertidspension": adult and draw.random() < 0.04,
    }
    if facts["convicted"]:
        facts["release_date"] = day - dt.timedelta(days=draw.randint(1, 700))
        facts["release_from"] = "kriminalforsorgen"
        facts["action_plan"] = draw.random() < 0.5
    if adult and draw.random() < 0.03:
        facts["lease_ended_date"] = day - dt.timedelta(days=draw.randint(1, 700))
        facts["lease_ended_ground"] = draw.choice(("grov_overtraedelse", "anden"))
    if draw.random() < 0.02:
        facts[draw.choice(sorted(facts))] = None
    return facts


def _months(member_id: str, day: dt.date, draw: random.Random) -> list[Row]:
    """An unbroken spell on one benefit that ended lately."""
    benefit = draw.choice(BENEFITS)
    last = day.year * 12 + day.month - 2 - draw.choice((0, 0, 0, 1, 6))
    return [
        {"member_id": member_id, "month": f"{month // 12:04}-{month % 12 + 1:02}", "benefit": benefit}
        for month in range(last - draw.randint(1, 30), last + 1)
    ]


def refund_events(ground: Ground, number: int, draw: random.Random) -> list[Row]:
    """Applications from the beginning of the scheme to the day, most of them paid, some withdrawn or left to lapse."""
    start = dt.datetime.combine(REFUNDS_FROM, dt.time(8), COPENHAGEN)
    span = max(1, (ground.day - REFUNDS_FROM).days)
    koms = sorted({area.kom for area in ground.lists.areas.values()})
    rows: list[Row] = []
    while len(rows) < number:
        name = len(rows)
        property_homes = draw.randint(8, 80)
        homes = draw.randint(2, max(2, property_homes // 4))
        kom, amount = draw.choice(koms), homes * draw.randint(10, 31) * 100_000
        when = start + dt.timedelta(days=draw.randrange(span), minutes=draw.randrange(600))
        application = {"application_id": f"R{name:06}", "kom": kom, "property_id": f"P{draw.randrange(number):06}"}
        rows.append(
            {
                "event_id": f"E{name:06}",
                "received_at": when.isoformat(),
                "kind": "application",
                **application,
                "property_homes": property_homes,
                "homes": homes,
                "amount_oere": amount,
            }
        )
        fate = draw.random()
        later = when + dt.timedelta(days=draw.randint(10, 120))
        if fate < 0.7 and later.date() <= ground.day and len(rows) < number:
            kind = "payment_request" if fate < 0.55 else "withdrawal"
            event = {"event_id": f"E{name:06}b", "received_at": later.isoformat(), "kind": kind}
            paid = amount if kind == "payment_request" else None
            rows.append({**event, "application_id": application["application_id"], "amount_oere": paid})
    return [*rows, {**rows[0], "event_id": "E-negative", "amount_oere": -1}, rows[0]] if rows else []


def letting(ground: Ground, size: Size, draw: random.Random) -> dict[str, list[Row]]:
    """Published criteria of every listed area, vacancies with their waiting lists, and wishes to sublet or swap."""
    criteria: list[Row] = []
    for area in ground.listed:
        decided = ground.day - dt.timedelta(days=draw.randint(30, draw.choice((300, 300, 300, 1600))))
        dated = {"criteria_set": f"K-{area.kom}", "area_id": area.area_id, "decided_on": decided}
        for criterion, kind in (("arbejde", "employment"), ("uddannelse", "education")):
            criteria.append({**dated, "criterion": criterion, "kind": kind, "published_on": decided})
    vacancies: list[Row] = []
    applicants: list[Row] = []
    answers: list[Row] = []
    areas = list(ground.lists.areas.values())
    for number in range(size.vacancies if areas else 0):
        area = draw.choice(ground.listed or areas)
        vacancy = f"V{number:04}"
        vacancies.append(
            {
                "vacancy_id": vacancy,
                "area_id": area.area_id,
                "department_id": f"D-{area.area_id}",
                "let_on": ground.day,
                "let_as": draw.choice(("almindelig",) * 9 + ("udslusning",)),
            }
        )
        for place in range(draw.randint(2, 12)):
            applicant = f"{vacancy}-{place}"
            spouse, receives = draw.random() < 0.5, draw.random() < 0.3
            applicants.append(
                {
                    "vacancy_id": vacancy,
                    "applicant_id": applicant,
                    "listed_on": ground.day - dt.timedelta(days=draw.randint(0, 6000)),
                    "list_number": place + 1,
                    "receives_benefit": receives,
                    "spouse": spouse,
                    "spouse_receives_benefit": receives if spouse else None,
                }
            )
            for criterion in ("arbejde", "uddannelse"):
                met = None if draw.random() < 0.03 else draw.random() < 0.4
                if ground.listed:
                    answer = {"applicant_id": applicant, "criteria_set": f"K-{area.kom}", "criterion": criterion}
                    answers.append({**answer, "met": met})
    return {
        "letting_criteria": criteria,
        "vacancies": vacancies,
        "applicants": applicants,
        "applicant_criteria": answers,
        "occupancy_requests": [_request(ground, number, areas, draw) for number in range(size.requests)],
    }


def _request(ground: Ground, number: int, areas: Sequence[Area], draw: random.Random) -> Row:
    kind = draw.choice(("fremleje_vaerelser", "fremleje_bolig", "bytte"))
    starts = ground.day + dt.timedelta(days=draw.randint(5, 60))
    return {
        "request_id": f"Q{number:04}",
        "kind": kind,
        "area_id": draw.choice(areas).area_id if areas else None,
        "informed_on": ground.day,
        "starts_on": starts,
        "ends_on": starts + dt.timedelta(days=draw.randint(30, 900)) if kind != "bytte" else None,
        "documentation_on": starts - dt.timedelta(days=draw.randint(-5, 20)),
        "conditions_met": draw.choice((True, True, True, False, None)),
        "temporary_absence": kind == "fremleje_bolig" and draw.random() < 0.9,
        "rooms": draw.randint(1, 5),
        "rooms_sublet": draw.randint(1, 3) if kind == "fremleje_vaerelser" else None,
        "persons_after": draw.randint(1, 6),
        "leaver_moved_in": ground.day - dt.timedelta(days=draw.randint(100, 4000)),
        "reasonable_ground": draw.random() < 0.1,
    }


def private(ground: Ground, number: int, draw: random.Random) -> dict[str, list[Row]]:
    """Agreements under both acts with their vacancies; a few break a rule."""
    koms = sorted({area.kom for area in ground.lists.areas.values()})
    agreements: list[Row] = []
    vacancies: list[Row] = []
    first = dt.date(2020, 1, 1)
    for name in range(number if koms else 0):
        signed = first + dt.timedelta(days=draw.randrange(max(1, (ground.day - first).days)))
        property_homes = draw.randint(6, 60)
        homes = max(1, property_homes // 4)
        agreement_id = f"G{name:04}"
        agreements.append(
            {
                "agreement_id": agreement_id,
                "kom": draw.choice(koms),
                "property_id": f"G-P{draw.randrange(2 * number):04}",
                "owner": draw.choice(("privat",) * 12 + ("kommune",)),
                "purpose": "boligsociale_opgaver",
                "target_group": "akut_boligsocialt_behov",
                "mode": draw.choice(("hver_fjerde", "navngivne")),
                "property_homes": property_homes,
                "homes": homes,
                "signed_on": signed,
                "compensation_oere": homes * 3_000_000,
                "lump_sum_oere": homes * draw.choice((0, 600_000, 700_000)),
                "tilsagn_on": signed - dt.timedelta(days=draw.randint(0, 40)),
                "refund_sought": True,
                "owners_invited": True,
                "registered": draw.random() < 0.95,
                "restoration_guaranteed": True,
                "rent_guaranteed": True,
                "council_decision": "59_stk_4",
            }
        )
        for vacancy in range(draw.randint(0, 6)):
            offered = signed + dt.timedelta(days=draw.randint(1, 400))
            if offered < ground.day:
                used = draw.random() < 0.5
                answered = min(ground.day, offered + dt.timedelta(days=draw.randint(1, 14)))
                vacancies.append(
                    {
                        "vacancy_id": f"{agreement_id}-{vacancy}",
                        "agreement_id": agreement_id,
                        "home_id": f"{agreement_id}-home-{draw.randint(1, homes)}",
                        "offered_on": offered,
                        "answered_on": answered,
                        "used": used,
                        "at_disposal_from": answered if used else None,
                        "let_from": answered + dt.timedelta(days=draw.randint(1, 60)) if used else None,
                    }
                )
    if agreements:
        early = agreements[0]["signed_on"] - dt.timedelta(days=1)
        wrong = {"vacancy_id": "G-early", "agreement_id": agreements[0]["agreement_id"], "home_id": "x"}
        vacancies.append({**wrong, "offered_on": early})
    return {"private_agreements": agreements, "private_vacancies": vacancies, "private_refunds": []}


def funds_and_plans(ground: Ground, draw: random.Random) -> dict[str, list[Row]]:
    """Allotments to udsatte boligområder, and plans with yearly counts for the omdannelsesområder."""
    allotments: list[Row] = []
    for number, area in enumerate(ground.with_status(UDSAT)):
        decided = ground.day - dt.timedelta(days=draw.randint(0, 300))
        amount = draw.randint(50, 900) * 100_000_000
        allotted = {"allotment_id": f"L{number:03}", "decided_on": decided, "area_id": area.area_id}
        allotments.append({**allotted, "amount_oere": amount, "need": draw.choice(("facader", "nedrivning", "veje"))})
    plans: list[Row] = []
    counts: list[Row] = []
    for area in ground.lists.areas.values():
        if OMDANNELSE not in area.categories:
            continue
        plans.append({"area_id": area.area_id, "approved_on": PLANNED_FROM})
        family, gone = draw.randint(500, 1800), 0
        for year in range(PLANNED_FROM.year + 1, ground.day.year + 1):
            step = draw.randint(0, family // 12)
            family, gone = family - step, gone + step // 2
            counted = {"area_id": area.area_id, "counted_on": dt.date(year, 1, 1), "family_homes": family}
            other = {"other_homes": 300 + step, "demolished_homes": gone, "business_m2": draw.randint(0, 9000)}
            counts.append({**counted, **other})
    return {"fund_allotments": allotments, "development_plans": plans, "plan_counts": counts}


def _write(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(row.get(column)) for column in columns] for row in rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
