"""The state's refund queue as a machine that replays events: what is reserved, waiting, paid, lapsed, and why.

Pure: the same events give the same changes, whatever files or batches they came in. Amounts are whole øre.
What does not belong here: reading events and writing the ledger (`refunds`).

Boligforholdsloven § 55; BEK nr. 754/2022: strictly by receipt, a limit per municipality with waiting amounts
counted, a limit per home, lapse without a payment request, and the next in line takes what is freed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assets.administration.legal_basis import Basis, basis_on
from law.danish_time import COPENHAGEN

PARAMETERS = (
    "privat_anvisning.lapse_months",
    "privat_anvisning.max_share",
    "privat_anvisning.min_homes",
    "privat_anvisning.municipal_limit",
    "privat_anvisning.pool",
    "privat_anvisning.refund_per_home",
    "afgoerelsesvalg.refund_lapse_clock",
    "afgoerelsesvalg.refund_over_home_limit",
    "afgoerelsesvalg.refund_partial_payment",
    "afgoerelsesvalg.refund_pool_period",
    "afgoerelsesvalg.refund_single_home",
    "afgoerelsesvalg.second_agreement",
)
EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
MONTHS = len(calendar.month_name) - 1
MICROSECOND = dt.timedelta(microseconds=1)
LAPSE = "lapse"
POOL_YEAR = "pool_year"

TOO_FEW_HOMES = "fewer homes than an agreement needs"
TOO_LARGE_A_SHARE = "more than the largest share of the property's homes"
SECOND_ON_PROPERTY = "the property has an agreement or an open application"
MUNICIPALITY_ABOVE = "would bring the municipality above its limit"
TOO_LATE = "no payment request in time"
OF_THE_REFUND = "privat_anvisning.refund_per_home"
RESTS_ON: Mapping[str, str] = {
    TOO_FEW_HOMES: "privat_anvisning.min_homes",
    TOO_LARGE_A_SHARE: "privat_anvisning.max_share",
    SECOND_ON_PROPERTY: "afgoerelsesvalg.second_agreement",
    MUNICIPALITY_ABOVE: "privat_anvisning.municipal_limit",
    TOO_LATE: "privat_anvisning.lapse_months",
}
"""The value whose provision a change rests on, where that is not the one on the refund itself."""

Status = Literal["reserved", "waiting", "refused", "lapsed", "paid", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something received. `at` is the instant in whole microseconds since 1970 in universal time."""

    at: int
    event_id: str
    kind: str
    application_id: str
    kom: str | None
    property_id: str | None
    property_homes: int | None
    homes: int | None
    amount_oere: int | None

    @property
    def order(self) -> tuple[int, str]:
        """Order of receipt; the event id breaks ties."""
        return (self.at, self.event_id)


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the ledger: what an event, a lapse or a new pool year changed, and the balances after it.

    `kom_reserved_oere` counts waiting amounts, as the municipality's limit does. It is None where a request names
    an application that is not known and no municipality.
    """

    event_id: str
    application_id: str
    status: Status
    reserved_oere: int
    kom_reserved_oere: int | None
    pool_left_oere: int
    reason: str
    at: int
    kom: str | None
    amount_oere: int
    paragraph: str | None
    parameter_set: str | None


@dataclass(slots=True)
class _Application:
    """An application that was not refused: the øre that it asks for, has reserved and was paid, and the instant when a
    reservation lapses. `period` is the year of a yearly pool that it draws on, 0 of a pool for all years."""

    application_id: str
    kom: str
    property_id: str
    amount: int
    status: Status
    reserved: int = 0
    paid: int = 0
    lapses_at: int = 0
    period: int = 0

    @property
    def is_open(self) -> bool:
        return self.status == "waiting" or self.reserved > 0 or (self.status == "reserved")


@dataclass
class RefundQueue:
    """The queue. Give it events in order of receipt (`receive`), then `advance` it to the end of a day."""

    bases: Sequence[Basis]
    changes: list[Change] = field(default_factory=list)
    _applications: dict[str, _Application] = field(default_factory=dict)
    _waiting: dict[str, None] = field(default_factory=dict)
    _lapses: list[tuple[int, int, str]] = field(default_factory=list)
    _properties: dict[str, str] = field(default_factory=dict)
    _kom_open: dict[str, int] = field(default_factory=dict)
    _committed: dict[int, int] = field(default_factory=dict)
    _reservations: int = 0
    _now: int = 0
    _day: dt.date = dt.date.min
    _basis: Basis | None = None

    def receive(self, event: Event) -> None:
        """Takes the next event. A lapse at the same instant comes before it."""
        self.advance(event.at)
        if event.kind == "application":
            self._apply(event)
        elif event.kind == "payment_request":
            self._pay(event)
        else:
            self._withdraw(event)

    def advance(self, to: int) -> None:
        """Lets time pass up to and including an instant: reservations lapse, a yearly pool is renewed."""
        while True:
            lapse = self._next_lapse()
            renewal = self._next_renewal(to)
            upcoming = [at for at in (lapse, renewal) if at is not None and at <= to]
            if not upcoming:
                break
            if lapse is not None and lapse == min(upcoming):
                self._lapse()
            else:
                self._move_clock(min(upcoming))
                self._promote(POOL_YEAR)
        self._move_clock(to)

    def _move_clock(self, at: int) -> None:
        self._now = at
        day = _local(at).date()
        if day != self._day:
            self._day, self._basis = day, basis_on(self.bases, day)

    def _yearly(self) -> bool:
        return self._basis is not None and self._basis.choice("afgoerelsesvalg.refund_pool_period") == "yearly"

    def _period(self) -> int:
        return self._day.year if self._yearly() else 0

    def _next_renewal(self, to: int) -> int | None:
        if not self._waiting or not self._yearly() or _local(to).year <= self._day.year:
            return None
        return _instant(dt.datetime(self._day.year + 1, 1, 1, tzinfo=COPENHAGEN))

    @property
    def pool_left(self) -> int:
        """What is left of the pool now."""
        pool = self._basis.number("privat_anvisning.pool") if self._basis else 0
        return pool - self._committed.get(self._period(), 0)

    def _apply(self, event: Event) -> None:
        amount, refusal = self._judge(event)
        assert event.kom is not None
        assert event.property_id is not None
        if refusal is not None:
            self._refuse(event, self._applications.get(event.application_id), event.kom, refusal)
            return
        application = _Application(event.application_id, event.kom, event.property_id, amount, "waiting")
        self._applications[application.application_id] = application
        self._properties[application.property_id] = application.application_id
        self._kom_open[application.kom] = self._kom_open.get(application.kom, 0) + amount
        if self._waiting:
            reason = "waits behind earlier applications"
        elif amount > self.pool_left:
            reason = "does not fit into what is left of the pool"
        else:
            self._reserve(application, event.event_id, "reserved in order of receipt")
            return
        self._waiting[application.application_id] = None
        self._record(event.event_id, application.application_id, "waiting", 0, application.kom, amount, reason)

    def _judge(self, event: Event) -> tuple[int, str | None]:
        """The amount that an application stands for, and why it is refused, if it is."""
        basis, amount = self._basis, event.amount_oere or 0
        if basis is None:
            return amount, "no refund rule is held for the day"
        known = self._applications.get(event.application_id)
        if known is not None and (known.is_open or known.paid):
            return amount, "the application id is in use"
        if event.property_id in self._properties:
            return amount, SECOND_ON_PROPERTY
        homes, property_homes = event.homes or 0, event.property_homes or 0
        single = homes > 0 and basis.choice("afgoerelsesvalg.refund_single_home") == "accepted"
        if not single and not basis.met("privat_anvisning.min_homes", homes):
            return amount, TOO_FEW_HOMES
        share = basis.share("privat_anvisning.max_share")
        if homes * share.denominator > share.numerator * property_homes:
            return amount, TOO_LARGE_A_SHARE
        most = basis.number("privat_anvisning.refund_per_home") * homes
        if amount > most:
            if basis.choice("afgoerelsesvalg.refund_over_home_limit") == "refused":
                return amount, "more than the limit per home"
            amount = most
        if not basis.met("privat_anvisning.municipal_limit", self._kom_open.get(event.kom or "", 0) + amount):
            return amount, MUNICIPALITY_ABOVE
        return amount, None

    def _pay(self, event: Event) -> None:
        application = self._applications.get(event.application_id)
        amount = event.amount_oere or 0
        refusal = _mismatch(event, application)
        if refusal is None and application is not None:
            if application.status == "waiting":
                refusal = "the application is waiting"
            elif application.reserved == 0:
                refusal = "nothing is reserved for the application"
            elif amount == 0:
                refusal = "asks for no payment"
            elif amount > application.reserved:
                refusal = "more than what is reserved"
        if refusal is not None or application is None:
            self._refuse_request(event, application, refusal or "unknown application")
            return
        application.status = "paid"
        application.reserved -= amount
        application.paid += amount
        self._kom_open[application.kom] -= amount
        keeps = (
            self._basis is None or self._basis.choice("afgoerelsesvalg.refund_partial_payment") == "rest_stays_reserved"
        )
        reason = "paid in full" if application.reserved == 0 else "paid in part, the rest stays reserved"
        freed = 0 if keeps else application.reserved
        if freed:
            reason = "paid in part, the rest is freed"
            self._free(application, freed)
        elif application.reserved > 0:
            self._start_period(application)
        self._record(
            event.event_id, application.application_id, "paid", application.reserved, application.kom, amount, reason
        )
        if freed:
            self._promote(event.event_id)

    def _withdraw(self, event: Event) -> None:
        application = self._applications.get(event.application_id)
        refusal = _mismatch(event, application)
        if refusal is None and application is not None and not application.is_open:
            refusal = "nothing is open to withdraw"
        if refusal is not None or application is None:
            self._refuse_request(event, application, refusal or "unknown application")
            return
        amount = self._close(application, "withdrawn")
        self._record(event.event_id, application.application_id, "withdrawn", 0, application.kom, amount, "withdrawn")
        self._promote(event.event_id)

    def _refuse_request(self, event: Event, application: _Application | None, reason: str) -> None:
        self._refuse(event, application, application.kom if application else event.kom, reason)

    def _refuse(self, event: Event, application: _Application | None, kom: str | None, reason: str) -> None:
        """Refuses an event; what the application of its id has reserved stays so."""
        reserved = application.reserved if application else 0
        self._record(event.event_id, event.application_id, "refused", reserved, kom, event.amount_oere or 0, reason)

    def _reserve(self, application: _Application, cause: str, reason: str) -> None:
        application.status = "reserved"
        application.reserved = application.amount
        application.period = self._period()
        self._committed[application.period] = self._committed.get(application.period, 0) + application.amount
        self._start_period(application)
        self._record(
            cause,
            application.application_id,
            "reserved",
            application.reserved,
            application.kom,
            application.amount,
            reason,
        )

    def _start_period(self, application: _Application) -> None:
        assert self._basis is not None
        clock = self._basis.choice("afgoerelsesvalg.refund_lapse_clock")
        months = self._basis.number("privat_anvisning.lapse_months")
        application.lapses_at = months_after(self._now, months, dt.UTC if clock == "utc" else COPENHAGEN)
        self._reservations += 1
        heapq.heappush(self._lapses, (application.lapses_at, self._reservations, application.application_id))

    def _next_lapse(self) -> int | None:
        while self._lapses:
            at, _, application_id = self._lapses[0]
            application = self._applications[application_id]
            if application.status in ("reserved", "paid") and application.is_open and application.lapses_at == at:
                return at
            heapq.heappop(self._lapses)
        return None

    def _lapse(self) -> None:
        at, _, application_id = heapq.heappop(self._lapses)
        self._move_clock(at)
        application = self._applications[application_id]
        amount = self._close(application, "lapsed")
        self._record(LAPSE, application_id, "lapsed", 0, application.kom, amount, TOO_LATE)
        self._promote(LAPSE)

    def _close(self, application: _Application, status: Status) -> int:
        """Ends what is open of an application; returns the amount it ends for."""
        amount = application.amount if application.status == "waiting" else application.reserved
        if application.status == "waiting":
            del self._waiting[application.application_id]
            self._kom_open[application.kom] -= amount
        else:
            self._free(application, amount)
        application.status = status
        if not application.paid:
            del self._properties[application.property_id]
        return amount

    def _free(self, application: _Application, amount: int) -> None:
        application.reserved -= amount
        self._kom_open[application.kom] -= amount
        self._committed[application.period] -= amount

    def _promote(self, cause: str) -> None:
        """The next in line takes what is free, whole or not at all, and none passes another."""
        while self._waiting and self._basis is not None:
            application = self._applications[next(iter(self._waiting))]
            if application.amount > self.pool_left:
                return
            del self._waiting[application.application_id]
            self._reserve(application, cause, "next in line")

    def _record(
        self, cause: str, application_id: str, status: Status, reserved: int, kom: str | None, amount: int, reason: str
    ) -> None:
        self.changes.append(
            Change(
                event_id=cause,
                application_id=application_id,
                status=status,
                reserved_oere=reserved,
                kom_reserved_oere=None if kom is None else self._kom_open.get(kom, 0),
                pool_left_oere=self.pool_left,
                reason=reason,
                at=self._now,
                kom=kom,
                amount_oere=amount,
                paragraph=self._basis.values[RESTS_ON.get(reason, OF_THE_REFUND)].reference.citation
                if self._basis
                else None,
                parameter_set=self._basis.parameter_set if self._basis else None,
            )
        )


def replay(events: Iterable[Event], bases: Sequence[Basis], until: int) -> list[Change]:
    """Every change that the events lead to up to and including an instant, in order."""
    queue = RefundQueue(bases)
    for event in sorted(events, key=lambda e: e.order):
        queue.receive(event)
    queue.advance(until)
    return queue.changes


def months_after(at: int, months: int, zone: dt.tzinfo) -> int:
    """The instant at the same hour of the day with the same number, whole months later by a zone's clocks.

    A day that the later month lacks becomes its last day.
    """
    local = _local(at, zone)
    year, month = divmod(local.year * MONTHS + local.month - 1 + months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return _instant(local.replace(year=year, month=month + 1, day=min(local.day, last), fold=0))


def end_of_day(day: dt.date) -> int:
    """The last instant of a Danish day."""
    return _instant(dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), COPENHAGEN)) - 1


def _local(at: int, zone: dt.tzinfo = COPENHAGEN) -> dt.datetime:
    return (EPOCH + at * MICROSECOND).astimezone(zone)


def _instant(local: dt.datetime) -> int:
    return (local.astimezone(dt.UTC) - EPOCH) // MICROSECOND


def _mismatch(event: Event, application: _Application | None) -> str | None:
    if application is None:
        return "unknown application"
    if event.kom is not None and event.kom != application.kom:
        return "the municipality is not the one of the application"
    if event.property_id is not None and event.property_id != application.property_id:
        return "the property is not the one of the application"
    return None
