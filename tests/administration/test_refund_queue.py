"""The refund queue: order of receipt, the limits, lapses, what moves up, and that batches make no difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.administration import legal_basis
from assets.administration.refund_queue import (
    COPENHAGEN,
    PARAMETERS,
    Change,
    Event,
    RefundQueue,
    end_of_day,
    months_after,
    replay,
)
from assets.administration.refunds import read_events, write_ledger
from law.loader import Law, shipped_law
from tests.administration.worlds import World, store_in_memory

LAW = shipped_law()
KRONE = 100
#: A pool of four applications, so that queues form at once.
SMALL = LAW.with_values({"privat_anvisning.pool": str(200_000_000)})


def at(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=COPENHAGEN)
    return int((moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(microseconds=1))


def application(
    event_id: str, when: str, kroner: int, kom: str = "101", name: str | None = None, **other: int
) -> Event:
    name = name or event_id.upper()
    homes = other.get("homes", max(2, -(-kroner // 30_000)))
    property_homes = other.get("property_homes", 4 * homes)
    return Event(at(when), event_id, "application", name, kom, name, property_homes, homes, kroner * KRONE)


def request(event_id: str, when: str, kind: str, name: str, kroner: int | None = None) -> Event:
    return Event(at(when), event_id, kind, name, None, None, None, None, None if kroner is None else kroner * KRONE)


def ledger(events: Sequence[Event], until: str, law: Law = LAW) -> list[Change]:
    return replay(events, legal_basis.bases(law, PARAMETERS), end_of_day(dt.date.fromisoformat(until)))


def told(changes: Sequence[Change]) -> list[tuple[str, str, str, int, int | None, int]]:
    """Event, application, status, and the three balances in kroner."""
    return [
        (
            c.event_id,
            c.application_id,
            c.status,
            c.reserved_oere // KRONE,
            None if c.kom_reserved_oere is None else c.kom_reserved_oere // KRONE,
            c.pool_left_oere // KRONE,
        )
        for c in changes
    ]


def test_balances_to_the_krone() -> None:
    found = ledger(
        [
            application("a", "2026-01-10T09:00", 300_000),
            application("b", "2026-01-11T09:00", 200_000),
            application("c", "2026-01-12T09:00", 60_000),
            request("d", "2026-02-01T09:00", "payment_request", "A", 300_000),
            request("e", "2026-02-02T09:00", "withdrawal", "B"),
            application("f", "2026-02-03T09:00", 500_000),
        ],
        "2026-02-28",
    )
    assert told(found) == [
        ("a", "A", "reserved", 300_000, 300_000, 6_500_000),
        ("b", "B", "reserved", 200_000, 500_000, 6_300_000),
        ("c", "C", "refused", 0, 500_000, 6_300_000),
        ("d", "A", "paid", 0, 200_000, 6_300_000),
        ("e", "B", "withdrawn", 0, 0, 6_500_000),
        ("f", "F", "reserved", 500_000, 500_000, 6_000_000),
    ]
    assert [c.reason for c in found if c.status == "refused"] == ["would bring the municipality above its limit"]


def full_pool() -> list[Event]:
    """Four municipalities take the whole small pool of two million kroner."""
    return [application(f"e{n}", f"2026-01-0{n}T09:00", 500_000, kom=f"15{n}") for n in range(1, 5)]


def test_who_does_not_fit_waits_and_everyone_behind() -> None:
    found = ledger(
        [
            *full_pool()[:3],
            application("big", "2026-01-06T09:00", 500_000, kom="155"),
            application("over", "2026-01-07T09:00", 500_000, kom="157"),
            application("small", "2026-01-08T09:00", 60_000, kom="159"),
            request("out", "2026-01-09T09:00", "withdrawal", "E1"),
        ],
        "2026-01-31",
        SMALL,
    )
    assert told(found)[3:] == [
        ("big", "BIG", "reserved", 500_000, 500_000, 0),
        ("over", "OVER", "waiting", 0, 500_000, 0),
        ("small", "SMALL", "waiting", 0, 60_000, 0),
        ("out", "E1", "withdrawn", 0, 0, 500_000),
        ("out", "OVER", "reserved", 500_000, 500_000, 0),
    ]


def test_one_behind_never_passes_though_it_would_fit() -> None:
    events = [
        *full_pool()[:3],
        application("e5", "2026-01-06T09:00", 60_000, kom="155"),
        application("big", "2026-01-07T09:00", 500_000, kom="157"),
        application("tiny", "2026-01-08T09:00", 60_000, kom="159"),
    ]
    found = ledger(events, "2026-01-31", SMALL)
    assert [(c.application_id, c.status) for c in found[-3:]] == [
        ("E5", "reserved"),
        ("BIG", "waiting"),
        ("TINY", "waiting"),
    ]
    assert found[-1].reason == "waits behind earlier applications"


def test_who_has_waited_longest_is_next_whatever_its_id() -> None:
    found = ledger(
        [
            *full_pool(),
            application("z", "2026-01-06T09:00", 500_000, kom="155"),
            application("a0", "2026-01-07T09:00", 500_000, kom="157"),
            request("out", "2026-01-08T09:00", "withdrawal", "E1"),
        ],
        "2026-01-31",
        SMALL,
    )
    assert [c.application_id for c in found if c.reason == "next in line"] == ["Z"]


def test_the_limit_counts_what_waits() -> None:
    found = ledger(
        [
            *full_pool(),
            application("w", "2026-01-06T09:00", 300_000, kom="161"),
            application("x", "2026-01-07T09:00", 300_000, kom="161"),
            application("y", "2026-01-08T09:00", 200_000, kom="161"),
        ],
        "2026-01-31",
        SMALL,
    )
    assert [(c.application_id, c.status, c.kom_reserved_oere) for c in found[-3:]] == [
        ("W", "waiting", 30_000_000),
        ("X", "refused", 30_000_000),
        ("Y", "waiting", 50_000_000),
    ]


def test_lapse_after_three_months_and_the_next_in_line() -> None:
    found = ledger([*full_pool(), application("w", "2026-01-05T09:00", 500_000, kom="161")], "2026-04-01", SMALL)
    assert told(found)[-2:] == [
        ("lapse", "E1", "lapsed", 0, 0, 500_000),
        ("lapse", "W", "reserved", 500_000, 500_000, 0),
    ]
    assert [c.at for c in found[-2:]] == [at("2026-04-01T09:00")] * 2
    later = ledger([*full_pool(), application("w", "2026-01-05T09:00", 500_000, kom="161")], "2026-07-01", SMALL)
    assert told(later)[-1][:3] == ("lapse", "W", "lapsed")


def test_an_event_at_the_instant_of_a_lapse_comes_after_it() -> None:
    def last(when: str) -> tuple[str, str]:
        events = [application("a", "2026-01-10T09:00", 60_000), request("b", when, "payment_request", "A", 60_000)]
        change = ledger(events, "2026-04-30")[-1]
        return change.event_id, change.status

    assert last("2026-04-10T08:59:59.999999") == ("b", "paid")
    assert last("2026-04-10T09:00") == ("b", "refused")


def test_months_follow_danish_clocks_and_short_months() -> None:
    assert months_after(at("2026-01-10T09:00+01:00"), 3, COPENHAGEN) == at("2026-04-10T09:00+02:00")
    assert months_after(at("2026-11-30T09:00+01:00"), 3, COPENHAGEN) == at("2027-02-28T09:00+01:00")
    assert months_after(at("2027-11-30T09:00+01:00"), 3, COPENHAGEN) == at("2028-02-29T09:00+01:00")
    assert months_after(at("2026-12-31T23:59+01:00"), 3, dt.UTC) == at("2027-03-31T22:59+00:00")


def test_partial_payments_keep_the_rest_and_start_the_period_anew() -> None:
    events = [
        application("a", "2026-01-10T09:00", 100_000, homes=4),
        request("b", "2026-03-10T09:00", "payment_request", "A", 20_000),
        request("c", "2026-06-01T09:00", "payment_request", "A", 30_000),
        request("d", "2026-06-02T09:00", "payment_request", "A", 60_000),
    ]
    assert told(ledger(events, "2026-09-30")) == [
        ("a", "A", "reserved", 100_000, 100_000, 6_700_000),
        ("b", "A", "paid", 80_000, 80_000, 6_700_000),
        ("c", "A", "paid", 50_000, 50_000, 6_700_000),
        ("d", "A", "refused", 50_000, 50_000, 6_700_000),
        ("lapse", "A", "lapsed", 0, 0, 6_750_000),
    ]
    freed = ledger(events[:2], "2026-03-31", LAW.with_values({"afgoerelsesvalg.refund_partial_payment": "rest_freed"}))
    assert told(freed)[-1] == ("b", "A", "paid", 0, 0, 6_780_000)


def test_a_request_for_nothing_is_refused_and_starts_no_period() -> None:
    events = [
        application("a", "2026-01-10T09:00", 60_000),
        request("b", "2026-03-10T09:00", "payment_request", "A", 0),
    ]
    assert told(ledger(events, "2026-04-30")) == [
        ("a", "A", "reserved", 60_000, 60_000, 6_740_000),
        ("b", "A", "refused", 60_000, 60_000, 6_740_000),
        ("lapse", "A", "lapsed", 0, 0, 6_800_000),
    ]
    assert ledger(events, "2026-03-31")[-1].reason == "asks for no payment"


def test_applications_that_no_agreement_could_carry() -> None:
    def refusal(event: Event, law: Law = LAW) -> str | None:
        change = ledger([event], "2026-01-31", law)[-1]
        return change.reason if change.status == "refused" else None

    when = "2026-01-10T09:00"
    assert refusal(application("a", when, 60_000, homes=2, property_homes=8)) is None
    assert refusal(application("a", when, 60_000, homes=2, property_homes=7)) == (
        "more than the largest share of the property's homes"
    )
    one = application("a", when, 30_000, homes=1, property_homes=8)
    assert refusal(one) == "fewer homes than an agreement needs"
    single = LAW.with_values({"afgoerelsesvalg.refund_single_home": "accepted"})
    assert refusal(one, single) is None
    none = application("a", when, 0, homes=0, property_homes=8)
    assert refusal(none) == refusal(none, single) == "fewer homes than an agreement needs"
    assert refusal(application("a", when, 60_001, homes=2)) == "more than the limit per home"
    reduced = ledger(
        [application("a", when, 60_001, homes=2)],
        "2026-01-31",
        LAW.with_values({"afgoerelsesvalg.refund_over_home_limit": "reduced"}),
    )
    assert told(reduced) == [("a", "A", "reserved", 60_000, 60_000, 6_740_000)]


def test_every_change_names_the_provision_it_rests_on() -> None:
    when = "2026-01-10T09:00"
    events = [
        application("a", when, 60_000),
        Event(at(when), "b", "application", "B", "151", "A", 8, 2, 6_000_000),
        application("c", when, 30_000, homes=1, property_homes=8),
        application("d", when, 60_000, homes=2, property_homes=7),
        application("e", when, 60_001, homes=2),
        request("f", when, "payment_request", "A", 0),
    ]
    assert [(c.event_id, c.status, c.paragraph) for c in ledger(events, "2026-04-30")] == [
        ("a", "reserved", "§ 55"),
        ("b", "refused", "§ 53, stk. 1"),
        ("c", "refused", "§ 51"),
        ("d", "refused", "§ 51"),
        ("e", "refused", "§ 55"),
        ("f", "refused", "§ 55"),
        ("lapse", "lapsed", "BEK nr. 754/2022"),
    ]


def test_no_second_agreement_on_a_property_while_one_is_open() -> None:
    first = application("a", "2026-01-10T09:00", 60_000)
    again = Event(at("2026-01-11T09:00"), "b", "application", "B", "151", "A", 8, 2, 6_000_000)
    assert ledger([first, again], "2026-01-31")[-1].reason == "the property has an agreement or an open application"
    gone = request("aa", "2026-01-10T10:00", "withdrawal", "A")
    assert ledger([first, gone, again], "2026-01-31")[-1].status == "reserved"
    paid = request("aa", "2026-01-10T10:00", "payment_request", "A", 60_000)
    assert ledger([first, paid, again], "2026-01-31")[-1].status == "refused"
    # what was paid in part was paid for an agreement, which stands when the rest is withdrawn
    in_part = request("aa", "2026-01-10T10:00", "payment_request", "A", 20_000)
    rest = request("ab", "2026-01-10T11:00", "withdrawal", "A")
    assert ledger([first, in_part, rest, again], "2026-01-31")[-1].status == "refused"


def test_a_request_for_another_municipality_or_property_than_applied_for_is_refused() -> None:
    first, of_it = application("a", "2026-01-10T09:00", 60_000), request("b", "2026-01-11T09:00", "withdrawal", "A")
    for named, reason in (
        ({"kom": "151"}, "the municipality is not the one of the application"),
        ({"property_id": "other"}, "the property is not the one of the application"),
        ({"kom": "101", "property_id": "A"}, "withdrawn"),
    ):
        assert ledger([first, replace(of_it, **named)], "2026-01-31")[-1].reason == reason


def test_a_day_ends_where_the_next_begins_on_danish_clocks() -> None:
    for day, after in (("2026-03-28", "2026-03-29"), ("2026-10-25", "2026-10-26"), ("2026-12-31", "2027-01-01")):
        assert end_of_day(dt.date.fromisoformat(day)) == at(f"{after}T00:00") - 1


def test_requests_without_a_reservation() -> None:
    events = [
        *full_pool(),
        application("w", "2026-01-06T09:00", 60_000, kom="161"),
        request("p1", "2026-01-07T09:00", "payment_request", "W", 60_000),
        request("p2", "2026-01-07T10:00", "payment_request", "nobody", 60_000),
        request("p3", "2026-01-07T11:00", "withdrawal", "W"),
        request("p4", "2026-01-07T12:00", "withdrawal", "W"),
    ]
    assert [
        (c.event_id, c.status, c.reason, c.kom_reserved_oere) for c in ledger(events, "2026-01-31", SMALL)[-4:]
    ] == [
        ("p1", "refused", "the application is waiting", 6_000_000),
        ("p2", "refused", "unknown application", None),
        ("p3", "withdrawn", "withdrawn", 0),
        ("p4", "refused", "nothing is open to withdraw", 0),
    ]


def test_an_id_in_use_keeps_what_it_has_reserved() -> None:
    again = Event(at("2026-01-11T09:00"), "b", "application", "A", "101", "other", 80, 20, 10_000_000)
    elsewhere = replace(again, at=at("2026-01-12T09:00"), event_id="c", kom="151")
    paid = request("d", "2026-01-13T09:00", "payment_request", "A", 300_000)
    late = replace(again, at=at("2026-01-14T09:00"), event_id="e")
    found = ledger([application("a", "2026-01-10T09:00", 300_000), again, elsewhere, paid, late], "2026-01-31")
    assert told(found) == [
        ("a", "A", "reserved", 300_000, 300_000, 6_500_000),
        ("b", "A", "refused", 300_000, 300_000, 6_500_000),
        ("c", "A", "refused", 300_000, 0, 6_500_000),
        ("d", "A", "paid", 0, 0, 6_500_000),
        ("e", "A", "refused", 0, 0, 6_500_000),
    ]
    assert {c.reason for c in found if c.status == "refused"} == {"the application id is in use"}


def test_ties_are_broken_by_the_event_id() -> None:
    same = "2026-01-10T09:00"
    found = ledger([application("b", same, 300_000), application("a", same, 300_000)], "2026-01-31")
    assert [(c.event_id, c.status) for c in found] == [("a", "reserved"), ("b", "refused")]


def test_a_yearly_pool_begins_anew_for_those_who_wait() -> None:
    yearly = SMALL.with_values({"afgoerelsesvalg.refund_pool_period": "yearly"})
    events = [
        *(application(f"e{n}", f"2026-11-0{n}T09:00", 500_000, kom=f"15{n}") for n in range(1, 5)),
        application("w", "2026-12-01T09:00", 500_000, kom="161"),
        request("x", "2027-01-10T09:00", "withdrawal", "E1"),
    ]
    found = ledger(events, "2027-01-31", yearly)
    assert told(found)[-3:] == [
        ("w", "W", "waiting", 0, 500_000, 0),
        ("pool_year", "W", "reserved", 500_000, 500_000, 1_500_000),
        ("x", "E1", "withdrawn", 0, 0, 1_500_000),
    ]
    assert found[-2].at == at("2027-01-01T00:00")


KOMS = ("101", "147", "151")
NAMES = tuple("ABCDEFGHIJ")
EVENTS = st.lists(
    st.builds(
        lambda hours, number, kind, name, kom, homes, kroner: Event(
            at("2026-01-01T00:00") + hours * 3_600_000_000,
            f"e{number}",
            kind,
            name,
            kom if kind == "application" else None,
            f"p{name}" if kind == "application" else None,
            40 if kind == "application" else None,
            homes if kind == "application" else None,
            None if kind == "withdrawal" else kroner * KRONE,
        ),
        st.integers(0, 24 * 300),
        st.integers(0, 10_000),
        st.sampled_from(("application", "application", "payment_request", "withdrawal")),
        st.sampled_from(NAMES),
        st.sampled_from(KOMS),
        st.integers(1, 11),
        st.integers(0, 330_000),
    ),
    unique_by=lambda event: event.event_id,
    max_size=40,
)
#: So little that most have to wait.
TIGHT = SMALL.with_values({"privat_anvisning.pool": "50000000"})


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.sampled_from(["total", "yearly"]))
def test_the_pool_and_the_limits_hold_after_every_change(events: list[Event], period: str) -> None:
    law = TIGHT.with_values({"afgoerelsesvalg.refund_pool_period": period})
    open_amounts: dict[str, tuple[str, int]] = {}
    committed = 0
    for change in ledger(events, "2026-12-31", law):
        assert change.pool_left_oere >= 0
        assert change.kom_reserved_oere is None or 0 <= change.kom_reserved_oere <= 50_000_000
        assert change.reserved_oere >= 0
        name = change.application_id
        if change.status in ("reserved", "waiting"):
            assert change.kom is not None
            open_amounts[name] = (change.kom, change.amount_oere)
            committed += change.amount_oere if change.status == "reserved" else 0
        elif change.status == "paid":
            assert change.kom is not None
            open_amounts[name] = (change.kom, change.reserved_oere)
        elif change.status in ("lapsed", "withdrawn"):
            was_waiting = change.application_id in waiting_before(events, law, change)
            committed -= 0 if was_waiting else change.amount_oere
            open_amounts.pop(name)
        own = sum(amount for kom, amount in open_amounts.values() if kom == change.kom)
        assert change.kom is None or change.kom_reserved_oere == own
        assert change.pool_left_oere == 50_000_000 - committed


def waiting_before(events: list[Event], law: Law, change: Change) -> set[str]:
    """Who waited just before a change, told from the statuses before it."""
    waiting: set[str] = set()
    for earlier in ledger(events, "2026-12-31", law):
        if earlier == change:
            return waiting
        if earlier.status == "waiting":
            waiting.add(earlier.application_id)
        elif earlier.status != "refused":
            waiting.discard(earlier.application_id)
    return waiting


@settings(max_examples=200, deadline=None)
@given(EVENTS)
def test_nobody_who_came_later_is_reserved_before_one_who_waits(events: list[Event]) -> None:
    waiting: list[str] = []
    for change in ledger(events, "2026-12-31", TIGHT):
        if change.status == "waiting":
            waiting.append(change.application_id)
        elif change.status == "reserved" and waiting:
            assert change.application_id == waiting.pop(0)
        elif change.status == "withdrawn" and change.application_id in waiting:
            waiting.remove(change.application_id)


@settings(max_examples=200, deadline=None)
@given(EVENTS, st.data())
def test_a_later_application_changes_nothing_before_it(events: list[Event], data: st.DataObject) -> None:
    when = data.draw(st.integers(0, 24 * 300))
    late = at("2026-01-01T00:00") + when * 3_600_000_000
    extra = Event(late, "zz", "application", "late", "101", "late", 40, 10, 30_000_000)
    before = [c for c in ledger(events, "2026-12-31", TIGHT) if c.at < late]
    after = [c for c in ledger([*events, extra], "2026-12-31", TIGHT) if c.at < late]
    assert before == after

    def taken(changes: list[Change]) -> dict[str, int]:
        return {c.application_id: c.at for c in changes if c.status == "reserved" and c.kom != "101"}

    apart = [e for e in events if e.kom != "101" and e.order < extra.order]
    assert taken(ledger(apart, "2026-12-31", TIGHT)) == taken(ledger([*apart, extra], "2026-12-31", TIGHT))


@settings(max_examples=100, deadline=None)
@given(EVENTS, st.randoms(use_true_random=False), st.lists(st.integers(1, 7), max_size=20))
def test_order_of_delivery_and_batches_in_time_make_no_difference(
    events: list[Event], random: object, sizes: list[int]
) -> None:
    expected = ledger(events, "2026-12-31", TIGHT)
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ledger(shuffled, "2026-12-31", TIGHT) == expected
    queue = RefundQueue(legal_basis.bases(TIGHT, PARAMETERS))
    rest = sorted(events, key=lambda e: e.order)
    for size in [*sizes, len(rest)]:
        for event in rest[:size]:
            queue.receive(event)
        rest = rest[size:]
    queue.advance(end_of_day(dt.date(2026, 12, 31)))
    assert queue.changes == expected


def case_row(event: Event) -> dict[str, object]:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=event.at)
    row = {name: getattr(event, name) for name in Event.__dataclass_fields__ if name != "at"}
    return {**row, "received_at": moment.astimezone(COPENHAGEN).isoformat()}


@settings(max_examples=15, deadline=None)
@given(EVENTS, st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_any_split_into_files_gives_the_same_ledger(
    tmp_path_factory: object, events: list[Event], files: list[int]
) -> None:
    folder: Path = tmp_path_factory.mktemp("split")  # type: ignore[attr-defined]
    ledgers = []
    for name, parts in (("one", [0] * 40), ("many", files)):
        world = World(folder / name)
        world.area(2026, "N", "ikke_omfattet")
        world.seal()
        for part in set(parts):
            rows = [case_row(e) for e, p in zip(events, parts, strict=False) if p == part]
            # The same event may be delivered again with any batch.
            world.give("refund_events", *rows, *(case_row(e) for e in events[:2]), file=f"{part}.csv")
        with store_in_memory() as con:
            world.accept(con, ["refund_events"], 2026, "2026-12-31")
            assert len(read_events(con)) <= len(events)
            write_ledger(con, LAW, 2026, dt.date(2026, 12, 31))
            ledgers.append(con.execute("SELECT * FROM refund_ledger").fetchall())
    assert ledgers[0] == ledgers[1]
