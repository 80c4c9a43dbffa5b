"""The refund ledger: replays the accepted events and writes every change with its balances and its legal basis.

What does not belong here: the rules of the queue (`refund_queue`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

import duckdb

from assets.administration import legal_basis
from assets.administration.refund_queue import EPOCH, MICROSECOND, PARAMETERS, Event, end_of_day, replay
from assets.administration.store import Output, replace_output_rows
from law.loader import Law

REFUND_LEDGER = Output(
    name="refund_ledger",
    columns={
        "event_id": "VARCHAR",
        "application_id": "VARCHAR",
        "status": "VARCHAR",
        "reserved_oere": "BIGINT",
        "kom_reserved_oere": "BIGINT",
        "pool_left_oere": "BIGINT",
        "reason": "VARCHAR",
    },
    order=(),
)
REFUND_BASIS = Output(
    name="refund_basis",
    columns={
        "change_number": "BIGINT",
        "event_id": "VARCHAR",
        "application_id": "VARCHAR",
        "happened_at": "VARCHAR",
        "kom": "VARCHAR",
        "amount_oere": "BIGINT",
        "status": "VARCHAR",
        "paragraph": "VARCHAR",
        "parameter_set": "VARCHAR",
    },
    order=("change_number",),
)


def read_events(con: duckdb.DuckDBPyConnection) -> list[Event]:
    """The accepted events, in no order."""
    rows = con.execute(
        "SELECT epoch_us(received_at), event_id, kind, application_id, kom, property_id, property_homes, homes, "
        "amount_oere FROM cases.refund_events"
    ).fetchall()
    return [Event(*row) for row in rows]


def write_ledger(con: duckdb.DuckDBPyConnection, law: Law, list_year: int, day: dt.date) -> Counter[str]:
    """Replaces the list year's ledger, replayed up to the end of `day`. Returns changes by status."""
    bases = legal_basis.bases(law, PARAMETERS)
    changes = replay(read_events(con), bases, end_of_day(day))
    ledger = [
        [
            *(c.event_id, c.application_id, c.status, c.reserved_oere, c.kom_reserved_oere),
            *(c.pool_left_oere, c.reason),
        ]
        for c in changes
    ]
    basis = [
        [
            *(number, c.event_id, c.application_id, _iso(c.at), c.kom, c.amount_oere, c.status),
            *(c.paragraph, c.parameter_set),
        ]
        for number, c in enumerate(changes, start=1)
    ]
    replace_output_rows(con, REFUND_LEDGER, list_year, ledger)
    replace_output_rows(con, REFUND_BASIS, list_year, basis)
    legal_basis.record(con, list_year, [b.values for b in bases])
    return Counter(c.status for c in changes)


def _iso(at: int) -> str:
    moment = EPOCH + at * MICROSECOND
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
