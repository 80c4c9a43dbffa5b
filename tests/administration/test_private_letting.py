"""Agreements with private owners under the act of their day, their vacancies, and the overview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.administration.working_days import is_working_day, working_days_after
from tests.administration.worlds import World, date

GOOD: dict[str, Any] = {
    "kom": "101",
    "owner": "privat",
    "purpose": "boligsociale_opgaver",
    "target_group": "akut_boligsocialt_behov",
    "mode": "navngivne",
    "property_homes": 8,
    "homes": 2,
    "signed_on": "2026-03-02",
    "compensation_oere": 10_000_000,
    "lump_sum_oere": 2_000_000,
    "tilsagn_on": "2026-03-01",
    "refund_sought": True,
    "owners_invited": True,
    "registered": True,
    "restoration_guaranteed": True,
    "rent_guaranteed": True,
}
OLD = {**GOOD, "signed_on": "2020-05-01", "ends_on": "2026-04-30", "council_decision": "59_stk_4"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.area(2026, "N", "ikke_omfattet")
    made.seal()
    return made


AGREEMENTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "good": (GOOD, "valid", "", ""),
    "seven homes are too few for two": ({**GOOD, "property_homes": 7}, "invalid", "max_share", ""),
    "one named home": ({**GOOD, "homes": 1}, "invalid", "min_homes", ""),
    "one home, every fourth vacancy": ({**GOOD, "homes": 1, "mode": "hver_fjerde"}, "valid", "", ""),
    "one home, mode not known": ({**GOOD, "homes": 1, "mode": None}, "undecided", "", "mode"),
    "owned by a region": ({**GOOD, "owner": "region"}, "invalid", "owner", ""),
    "owner not known": ({**GOOD, "owner": None}, "undecided", "", "owner"),
    "another purpose": ({**GOOD, "purpose": "turisme"}, "invalid", "purpose", ""),
    "another target group": ({**GOOD, "target_group": "alle"}, "invalid", "target_group", ""),
    "an øre over a fifth": ({**GOOD, "lump_sum_oere": 2_000_001}, "invalid", "lump_sum", ""),
    "no lump sum": ({**GOOD, "lump_sum_oere": 0, "compensation_oere": None}, "valid", "", ""),
    "lump sum not known": ({**GOOD, "lump_sum_oere": None}, "undecided", "", "lump_sum_oere"),
    "not registered": ({**GOOD, "registered": False}, "invalid", "registered", ""),
    "no guarantees": (
        {**GOOD, "restoration_guaranteed": False, "rent_guaranteed": False},
        "invalid",
        "rent_guaranteed;restoration_guaranteed",
        "",
    ),
    "any length": ({**GOOD, "ends_on": "2046-01-01"}, "valid", "", ""),
    "older act, six years": (OLD, "valid", "", ""),
    "older act, to the anniversary": ({**OLD, "ends_on": "2026-05-01"}, "valid", "", ""),
    "older act, seven years": ({**OLD, "ends_on": "2027-04-30"}, "invalid", "fixed_length", ""),
    "older act, no decision": ({**OLD, "council_decision": "andet"}, "invalid", "council_decision", ""),
    "older act, share": ({**OLD, "property_homes": 7}, "invalid", "max_share", ""),
    "the day the length became free": (
        {**OLD, "signed_on": "2021-11-30", "ends_on": "2040-01-01", "council_decision": None},
        "valid",
        "",
        "",
    ),
    "the day before": ({**OLD, "signed_on": "2021-11-29", "ends_on": "2040-01-01"}, "invalid", "fixed_length", ""),
}


def test_agreements(world: World) -> None:
    world.give(
        "private_agreements",
        *({**row, "agreement_id": n, "property_id": n} for n, (row, _, _, _) in AGREEMENTS.items()),
    )
    results = world.run()
    found = results.by("private_agreement_decisions", "agreement_id")
    assert {n: (row["outcome"], row["failed"], row["missing_facts"]) for n, row in found.items()} == {
        n: expected for n, (_, *rest) in AGREEMENTS.items() for expected in [tuple(rest)]
    }
    assert found["good"]["act"] == "boligforholdsloven"
    assert found["the day the length became free"]["act"] == "lov om kommunal anvisningsret"
    check = results.by("private_agreement_checks", "agreement_id", "check_name")["good", "max_share"]
    assert (check["met"], check["paragraph"], check["reason"]) == ("true", "§ 51", "2 of 8 homes")


def test_no_second_agreement_on_a_property(world: World) -> None:
    world.give(
        "private_agreements",
        {**GOOD, "agreement_id": "1", "property_id": "P", "signed_on": "2024-03-02", "ends_on": "2026-03-01"},
        {**GOOD, "agreement_id": "2", "property_id": "P", "signed_on": "2026-03-01"},
        {**GOOD, "agreement_id": "3", "property_id": "Q", "ends_on": "2026-03-31"},
        {**GOOD, "agreement_id": "4", "property_id": "Q", "signed_on": "2026-04-01"},
        {**OLD, "agreement_id": "5", "property_id": "R"},
        {**OLD, "agreement_id": "6", "property_id": "R"},
        {**GOOD, "agreement_id": "7", "property_id": "R", "signed_on": "2026-05-01"},
    )
    results = world.run()
    found = results.by("private_agreement_decisions", "agreement_id")
    again = "one_agreement"
    assert {n: row["failed"] for n, row in found.items()} == {
        "1": "",
        "2": again,
        "3": "",
        "4": again,
        "5": "",
        "6": "",
        "7": again,
    }
    checks = results.by("private_agreement_checks", "agreement_id", "check_name")
    assert checks["4", again]["paragraph"] == "§ 53, stk. 1"
    assert ("6", again) not in checks


def test_the_promise_comes_before_the_agreement(world: World) -> None:
    world.give(
        "private_agreements",
        *(
            {**GOOD, "agreement_id": n, "property_id": n, "tilsagn_on": on, "refund_sought": sought}
            for n, on, sought in (
                ("before", "2026-03-01", True),
                ("same day", "2026-03-02", True),
                ("none", None, True),
                ("not sought", None, False),
                ("not known", None, None),
                ("from the queue", None, True),
            )
        ),
    )
    world.give("private_refunds", {"application_id": "A", "agreement_id": "from the queue"})
    world.give(
        "refund_events",
        {
            "event_id": "e",
            "received_at": "2026-02-20T10:00:00+01:00",
            "kind": "application",
            "application_id": "A",
            "kom": "101",
            "property_id": "from the queue",
            "property_homes": 8,
            "homes": 2,
            "amount_oere": 6_000_000,
        },
    )
    found = world.run().by("private_agreement_decisions", "agreement_id")
    assert {n: row["refundable"] for n, row in found.items()} == {
        "before": "true",
        "same day": "false",
        "none": "false",
        "not sought": "false",
        "not known": "",
        "from the queue": "true",
    }


def test_a_promise_that_had_ended_or_is_for_another_property_is_none(world: World) -> None:
    application = {"kind": "application", "kom": "101", "property_homes": 8, "homes": 2, "amount_oere": 6_000_000}
    cases: dict[str, tuple[str, list[tuple[str, str]], dict[str, Any], str]] = {
        "stands": ("2026-03-02", [], {}, "true"),
        "lapsed after": ("2026-05-19", [], {}, "true"),
        "lapsed before": ("2026-06-01", [], {}, "false"),
        "withdrawn before": ("2026-03-02", [("2026-02-25", "withdrawal")], {}, "false"),
        "withdrawn after": ("2026-03-02", [("2026-03-05", "withdrawal")], {}, "true"),
        "applied for again": ("2026-07-02", [("2026-06-20", "application")], {}, "true"),
        "withdrawn and applied for again": (
            "2026-03-20",
            [("2026-02-25", "withdrawal"), ("2026-03-01", "application")],
            {},
            "true",
        ),
        "another property": ("2026-03-02", [], {"property_id": "Z"}, ""),
        "another municipality": ("2026-03-02", [], {"kom": "147"}, ""),
    }
    agreements, events, links = [], [], []
    for n, (signed_on, more, other, _) in cases.items():
        agreements.append({**GOOD, "agreement_id": n, "property_id": n, "tilsagn_on": None, "signed_on": signed_on})
        links.append({"application_id": n, "agreement_id": n})
        received = {"event_id": n, "application_id": n, "received_at": "2026-02-20T10:00:00+01:00", "property_id": n}
        events.append({**application, **received, **other})
        for day, kind in more:
            event = {"event_id": f"{n} {kind}", "received_at": f"{day}T10:00:00+01:00", "kind": kind}
            again = {**application, "property_id": n} if kind == "application" else {}
            events.append({**again, **event, "application_id": n})
    for event in events:  # together within the municipality's limit
        event |= {"amount_oere": 1_000_000} if event["kind"] == "application" else {}
    world.give("private_agreements", *agreements)
    world.give("refund_events", *events)
    world.give("private_refunds", *links)
    results = world.run()
    found = results.by("private_agreement_decisions", "agreement_id")
    assert {n: row["refundable"] for n, row in found.items()} == {n: expected for n, (*_, expected) in cases.items()}
    elsewhere = "application_id: for another municipality or property than the agreement"
    assert {row["key"] for row in results.table("refused_rows") if row["reason"] == elsewhere} == {
        "another property",
        "another municipality",
    }


def test_a_recorded_promise_that_the_queue_saw_end_is_none(world: World) -> None:
    """Reserved on 18 February, the reservations lapse on 18 May unless withdrawn on 25 February."""
    cases: dict[str, tuple[str, str, str, str]] = {
        "lapsed before": ("2026-02-18", "2026-06-01", "", "false"),
        "told some days later, lapsed before": ("2026-02-20", "2026-06-01", "", "false"),
        "lapsed after": ("2026-02-18", "2026-05-17", "", "true"),
        "withdrawn before": ("2026-02-18", "2026-03-02", "withdrawal", "false"),
        "withdrawn and applied for again": ("2026-02-18", "2026-03-20", "withdrawal application", "true"),
        "another promise, before": ("2026-02-17", "2026-06-01", "", "true"),
        "another promise, after": ("2026-05-18", "2026-06-01", "", "true"),
    }
    days = ("2026-02-18", "2026-02-25", "2026-03-01")
    application = {"kom": "101", "property_homes": 8, "homes": 2, "amount_oere": 6_000_000}
    agreements, events, links = [], [], []
    for name, (told, signed, later, _) in cases.items():
        facts = {"agreement_id": name, "property_id": name, "tilsagn_on": told, "signed_on": signed}
        agreements.append({**GOOD, **facts})
        links.append({"application_id": name, "agreement_id": name})
        for step, kind in enumerate(["application", *later.split()]):
            event = {"event_id": f"{name} {step}", "received_at": f"{days[step]}T10:00:00+01:00", "kind": kind}
            details = {**application, "property_id": name} if kind == "application" else {}
            events.append({**event, "application_id": name, **details})
    world.give("private_agreements", *agreements)
    world.give("refund_events", *events)
    world.give("private_refunds", *links)
    found = world.run().by("private_agreement_decisions", "agreement_id")
    assert {n: row["refundable"] for n, row in found.items()} == {n: expected for n, (*_, expected) in cases.items()}


def test_a_refused_link_leaves_open_whether_the_refund_was_promised_in_time(world: World) -> None:
    world.give("private_agreements", {**GOOD, "agreement_id": "A", "property_id": "P", "tilsagn_on": None})
    late = {"kind": "application", "kom": "101", "property_id": "P", "property_homes": 8, "homes": 2}
    late |= {"event_id": "e", "application_id": "late", "received_at": "2026-03-05T10:00:00+01:00", "amount_oere": 1}
    world.give("refund_events", late)
    for links, expected in (([], "false"), ([{"application_id": "lost", "agreement_id": "A"}], "")):
        world.give("private_refunds", {"application_id": "late", "agreement_id": "A"}, *links)
        found = world.run().by("private_agreement_decisions", "agreement_id")
        assert found["A"]["refundable"] == expected


def test_a_refused_agreement_leaves_open_whether_another_is_the_only_one(world: World) -> None:
    own = {**GOOD, "agreement_id": "own", "property_id": "P"}
    earlier = {**GOOD, "agreement_id": "earlier", "property_id": "P", "signed_on": "2025-02-30"}
    world.give("private_agreements", own, earlier, {**GOOD, "agreement_id": "elsewhere", "property_id": "Q"})
    found = world.run().by("private_agreement_decisions", "agreement_id")
    assert {n: (row["outcome"], row["missing_facts"]) for n, row in found.items()} == {
        "own": ("undecided", "private_agreements"),
        "elsewhere": ("valid", ""),
    }


def test_rows_of_days_after_the_run_leave_nothing_open(world: World) -> None:
    """Decided as of an earlier day: what came later is refused, and says nothing about what was before."""
    used = {"agreement_id": "first", "home_id": "x", "answered_on": None, "used": True}
    first = {**used, "vacancy_id": "1", "offered_on": "2026-04-01", "answered_on": "2026-04-02"}
    earlier = {**GOOD, "agreement_id": "first", "property_id": "P"}
    later = {**GOOD, "agreement_id": "later", "property_id": "P", "signed_on": "2026-11-02"}
    columns = ("outcome", "missing_facts", "may_use", "new_compensation", "compensation_refundable")
    expected = ("valid", "", "true", "true", "true")
    for faults, found in (
        ({}, expected),
        ({"ends_on": "2026-02-30"}, ("undecided", "private_agreements", "true", "true", "")),
    ):
        world.give("private_agreements", earlier, {**later, **faults})
        world.give("private_vacancies", first, {**used, "vacancy_id": "2", "offered_on": "2026-11-02"})
        results = world.run(day="2026-10-31")
        assert results.counts()["private_vacancies"] == (2, 1, 1)
        agreement = results.by("private_agreement_decisions", "agreement_id")["first"]
        vacancy = results.by("private_vacancy_decisions", "vacancy_id")["1"]
        assert tuple((agreement | vacancy)[column] for column in columns) == found


def vacancies(world: World, agreement: dict[str, Any], rows: list[dict[str, Any]], day: str = "2026-12-31") -> Any:
    world.give("private_agreements", {**GOOD, **agreement, "agreement_id": "A", "property_id": "P"})
    world.give("private_vacancies", *({"agreement_id": "A", **row} for row in rows))
    return world.run(day=day).by("private_vacancy_decisions", "vacancy_id")


def test_seven_working_days_with_danish_holidays(world: World) -> None:
    found = vacancies(
        world,
        {},
        [
            {"vacancy_id": "easter", "home_id": "1", "offered_on": "2026-03-27", "answered_on": "2026-04-10"},
            {"vacancy_id": "late", "home_id": "1", "offered_on": "2026-03-27", "answered_on": "2026-04-11"},
            {"vacancy_id": "plain", "home_id": "1", "offered_on": "2026-06-08", "answered_on": "2026-06-17"},
            {"vacancy_id": "open", "home_id": "1", "offered_on": "2026-12-21"},
            {"vacancy_id": "silent", "home_id": "1", "offered_on": "2026-06-08"},
        ],
    )
    # Maundy Thursday, Good Friday and Easter Monday fall between 27 March and 10 April 2026.
    assert {n: (row["answer_by"], row["answered_in_time"]) for n, row in found.items()} == {
        "easter": ("2026-04-10", "true"),
        "late": ("2026-04-10", "false"),
        "plain": ("2026-06-17", "true"),
        "open": ("2026-12-31", ""),
        "silent": ("2026-06-17", "false"),
    }


def test_every_fourth_vacancy(world: World) -> None:
    used = {1, 4, 5, 9, 13}
    rows = [
        {
            "vacancy_id": f"{n:02}",
            "home_id": str(n),
            "offered_on": f"2026-04-{n:02}",
            "answered_on": f"2026-04-{n:02}",
            "used": n in used,
        }
        for n in range(1, 14)
    ]
    found = vacancies(world, {"mode": "hver_fjerde", "homes": 3, "property_homes": 40}, rows)
    may = {int(n) for n, row in found.items() if row["may_use"] == "true"}
    # After the uses of 1, 4 (not allowed, yet done) and 5 all three homes are spent.
    assert may == {1}
    rows = [{**row, "used": n in {1, 5}} for n, row in enumerate(rows, start=1)]
    found = vacancies(world, {"mode": "hver_fjerde", "homes": 3, "property_homes": 40}, rows)
    assert {int(n) for n, row in found.items() if row["may_use"] == "true"} == {1, 5, 9, 10, 11, 12, 13}


def test_a_home_used_again_gives_no_new_compensation(world: World) -> None:
    found = vacancies(
        world,
        {},
        [
            {"vacancy_id": "1", "home_id": "x", "offered_on": "2026-04-01", "answered_on": "2026-04-02", "used": True},
            {"vacancy_id": "2", "home_id": "x", "offered_on": "2026-08-03", "answered_on": "2026-08-04", "used": True},
            {"vacancy_id": "3", "home_id": "y", "offered_on": "2026-08-03", "answered_on": "2026-09-04", "used": True},
            {"vacancy_id": "4", "home_id": "z", "offered_on": "2026-08-10", "answered_on": "2026-08-11", "used": False},
        ],
    )
    columns = ("may_use", "new_compensation", "compensation_refundable")
    assert {n: tuple(row[c] for c in columns) for n, row in found.items()} == {
        "1": ("true", "true", "true"),
        "2": ("true", "false", "false"),
        "3": ("true", "true", "false"),
        "4": ("false", "false", "false"),
    }


@pytest.mark.parametrize(
    ("agreement", "refunded"),
    [
        ({}, "true"),
        ({"tilsagn_on": "2026-03-02"}, "false"),
        ({"tilsagn_on": None}, "false"),
        ({"tilsagn_on": None, "refund_sought": False}, "false"),
        ({"tilsagn_on": None, "refund_sought": None}, ""),
        ({"owner": "stat"}, "false"),
        ({"owner": None}, ""),
        ({"owner": None, "tilsagn_on": None}, "false"),
    ],
)
def test_what_the_agreement_lacks_no_vacancy_gets(world: World, agreement: dict[str, Any], refunded: str) -> None:
    used = {"vacancy_id": "1", "home_id": "x", "offered_on": "2026-04-01", "answered_on": "2026-04-02", "used": True}
    found = vacancies(world, agreement, [used])["1"]
    assert (found["new_compensation"], found["compensation_refundable"]) == ("true", refunded)


def test_an_answer_that_does_not_come_costs_the_same_and_is_not_refunded(world: World) -> None:
    days = {"offered_on": "2026-06-08", "home_id": "x"}
    cases: dict[str, tuple[dict[str, Any], str, str]] = {
        "never": ({}, "true", "false"),
        "never, not used": ({"used": False}, "true", "false"),
        "late, not used": ({"answered_on": "2026-06-18", "used": False}, "true", "false"),
        "late, used": ({"answered_on": "2026-06-18", "used": True}, "true", "false"),
        "in time, not used": ({"answered_on": "2026-06-17", "used": False}, "false", "false"),
        "in time, not known": ({"answered_on": "2026-06-17"}, "", ""),
        "not due": ({"offered_on": "2026-12-28"}, "", ""),
        "said to be unused before it is due": ({"offered_on": "2026-12-28", "used": False}, "", "false"),
    }
    world.give("private_agreements", *({**GOOD, "agreement_id": n, "property_id": n} for n in cases))
    rows = ({**days, **facts, "vacancy_id": n, "agreement_id": n} for n, (facts, _, _) in cases.items())
    world.give("private_vacancies", *rows)
    found = world.run().by("private_vacancy_decisions", "vacancy_id")
    assert {n: (row["new_compensation"], row["compensation_refundable"]) for n, row in found.items()} == {
        n: tuple(expected) for n, (_, *expected) in cases.items()
    }


def test_what_is_not_known_of_an_earlier_vacancy_leaves_a_later_one_open(world: World) -> None:
    answered = {"answered_on": "2026-04-02", "used": True}
    columns = ("may_use", "new_compensation", "compensation_refundable")
    unsure = {"vacancy_id": "1", "home_id": "x", "offered_on": "2026-04-01", "answered_on": "2026-04-02"}
    again = {**answered, "answered_on": "2026-08-04", "offered_on": "2026-08-03"}
    found = vacancies(world, {}, [unsure, {"vacancy_id": "2", "home_id": "x", **again}])
    assert tuple(found["2"][c] for c in columns) == ("true", "", "")


def test_a_home_that_is_not_known_to_be_used_may_be_one_of_the_agreed_share(world: World) -> None:
    answered = {"offered_on": "2026-08-03", "answered_on": "2026-08-04", "used": True}
    unsure = {"vacancy_id": "1", "home_id": "x", "offered_on": "2026-04-01", "answered_on": "2026-04-02"}
    others = [{"vacancy_id": str(n), "home_id": f"y{n}", **answered} for n in (2, 3)]
    found = vacancies(world, {}, [unsure, *others])
    assert [found[n]["may_use"] for n in ("1", "2", "3")] == ["true", "true", ""]


def test_after_its_last_day_an_agreement_gives_no_right_and_no_compensation(world: World) -> None:
    used = {"home_id": "x", "used": True}
    rows = [
        {**used, "vacancy_id": "last day", "offered_on": "2026-04-30", "answered_on": "2026-05-04"},
        {**used, "vacancy_id": "day after", "offered_on": "2026-05-01", "answered_on": "2026-05-04", "home_id": "y"},
        {"vacancy_id": "no answer", "offered_on": "2026-05-01", "home_id": "z"},
    ]
    columns = ("may_use", "new_compensation", "compensation_refundable")
    for mode in ("navngivne", "hver_fjerde"):
        found = vacancies(world, {"ends_on": "2026-04-30", "mode": mode}, rows)
        assert {n: tuple(row[c] for c in columns) for n, row in found.items()} == {
            "last day": ("true", "true", "true"),
            "day after": ("false", "false", "false"),
            "no answer": ("false", "false", "false"),
        }


def test_a_refused_vacancy_leaves_the_count_open(world: World) -> None:
    agreement = {"mode": "hver_fjerde", "homes": 3, "property_homes": 40}
    rows = [
        {
            "vacancy_id": str(n),
            "home_id": str(n),
            "offered_on": f"2026-04-{n:02}",
            "answered_on": f"2026-04-{n:02}",
            "used": n == 1,
        }
        for n in range(1, 7)
    ]
    found = vacancies(world, agreement, rows)
    assert [row["may_use"] for row in found.values()] == ["true", "false", "false", "false", "true", "true"]
    refused = {**rows[1], "vacancy_id": "r", "offered_on": "2026-04-31"}
    found = vacancies(world, agreement, [*rows, refused])
    assert [row["may_use"] for row in found.values()] == ["", "false", "false", "", "", ""]
    nameless = [{**row, "vacancy_id": ""} for row in rows[:2]]
    found = vacancies(world, agreement, [*rows[2:], *nameless])
    assert [row["may_use"] for row in found.values()] == ["", "", "", ""]
    # what the refused row was about is there in another row
    found = vacancies(world, agreement, [*rows, {**refused, "vacancy_id": "2"}])
    assert [row["may_use"] for row in found.values()] == ["true", "false", "false", "false", "true", "true"]


def test_a_use_whose_answer_has_no_day_is_not_said_to_be_late(world: World) -> None:
    used = {"vacancy_id": "1", "home_id": "x", "offered_on": "2026-04-01", "used": True}
    found = vacancies(world, {}, [used])["1"]
    assert (found["answered_in_time"], found["new_compensation"], found["compensation_refundable"]) == ("", "true", "")


def test_no_answer_is_owed_on_a_vacancy_that_the_council_may_not_use_nor_on_a_home_used_before(world: World) -> None:
    answered = {"offered_on": "2026-04-01", "answered_on": "2026-04-02", "used": True}
    found = vacancies(
        world,
        {"mode": "hver_fjerde"},
        [
            {"vacancy_id": "1", "home_id": "x", **answered},
            {"vacancy_id": "2", "home_id": "y", "offered_on": "2026-05-04", "used": False},
            {"vacancy_id": "3", "home_id": "x", "offered_on": "2026-06-01"},
        ],
    )
    assert {n: (row["may_use"], row["new_compensation"]) for n, row in found.items()} == {
        "1": ("true", "true"),
        "2": ("false", "false"),
        "3": ("false", "false"),
    }


def test_rent_from_disposal_until_let(world: World) -> None:
    found = vacancies(
        world,
        {},
        [
            {
                "vacancy_id": "1",
                "home_id": "x",
                "offered_on": "2026-04-01",
                "at_disposal_from": "2026-05-01",
                "let_from": "2026-06-01",
            },
            {"vacancy_id": "2", "home_id": "y", "offered_on": "2026-04-01", "at_disposal_from": "2026-12-30"},
        ],
    )
    assert {n: row["rent_days"] for n, row in found.items()} == {"1": "31", "2": "2"}


def test_the_overview_for_the_evaluation(world: World) -> None:
    world.give(
        "private_agreements",
        {**GOOD, "agreement_id": "A", "property_id": "P"},
        {**GOOD, "agreement_id": "B", "property_id": "Q", "owner": "stat"},
        {
            **GOOD,
            "agreement_id": "C",
            "property_id": "R",
            "kom": "151",
            "signed_on": "2025-03-02",
            "homes": 3,
            "property_homes": 20,
        },
    )
    world.give(
        "private_vacancies",
        {
            "vacancy_id": "1",
            "agreement_id": "A",
            "home_id": "x",
            "offered_on": "2026-04-01",
            "used": True,
            "let_from": "2026-05-01",
        },
        {"vacancy_id": "2", "agreement_id": "A", "home_id": "y", "offered_on": "2026-04-01", "used": False},
    )
    application = {"kom": "101", "property_homes": 8, "homes": 2, "amount_oere": 6_000_000, "property_id": "P"}
    world.give(
        "refund_events",
        {
            **application,
            "event_id": "1",
            "received_at": "2026-02-20T10:00:00+01:00",
            "kind": "application",
            "application_id": "a",
        },
        {
            "event_id": "2",
            "received_at": "2026-04-20T10:00:00+02:00",
            "kind": "payment_request",
            "application_id": "a",
            "amount_oere": 5_000_000,
        },
    )
    assert world.run().table("private_letting_overview") == [
        dict(
            zip(
                ("year", "kom", "agreements", "agreements_valid", "homes", "lettings", "refunded_oere"),
                row,
                strict=True,
            )
        )
        for row in (("2025", "151", "1", "1", "3", "0", "0"), ("2026", "101", "2", "1", "4", "1", "5000000"))
    ]


def test_around_christmas_and_whitsun() -> None:
    """25 and 26 December and 1 January pass by; 24 and 31 December and 5 June are working days by the choice made."""
    assert working_days_after(date("2025-12-19"), 7, "public_holidays") == date("2026-01-02")
    assert working_days_after(date("2025-12-19"), 7, "public_and_customary") == date("2026-01-06")
    assert working_days_after(date("2026-05-13"), 7, "public_holidays") == date("2026-05-26")
    assert working_days_after(date("2026-06-01"), 7, "public_holidays") == date("2026-06-10")


def test_store_bededag_is_a_working_day_from_2024() -> None:
    assert not is_working_day(date("2023-05-05"), "public_holidays")
    assert is_working_day(date("2024-04-26"), "public_holidays")
    assert is_working_day(date("2026-12-24"), "public_holidays")
    assert not is_working_day(date("2026-12-24"), "public_and_customary")


@settings(deadline=None)
@given(st.integers(0, 4000), st.integers(1, 30))
def test_working_days_pass_one_by_one(offset: int, number: int) -> None:
    start = date("2022-07-01", offset)
    end = working_days_after(start, number, "public_holidays")
    between = [date("2022-07-01", n) for n in range(offset + 1, (end - date("2022-07-01")).days + 1)]
    assert sum(is_working_day(day, "public_holidays") for day in between) == number
    assert is_working_day(end, "public_holidays")
