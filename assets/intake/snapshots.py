"""Schema `received` and `registers`: what was delivered, whether it was checked, and what is promoted for a list year.

A list year sees a register through the view `registers.<name>`, whose rows are the promoted snapshots alone, with
the list year and the reference year beside them. What does not belong here: reading files (`assets.intake.storing`),
judging rows (`assets.intake.validation`), and the Dagster assets (`assets.received`, `assets.registers`).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from assets.contracts import LISTE, REGISTERS, SQL_TYPES, Register, history_years, reference_years
from assets.intake import deliveries, storing, validation
from assets.intake.deliveries import Delivery, Fault, FileFacts, printable
from assets.warehouse import insert_rows, transaction
from law.loader import LegalValue

DELIVERIES = ("SMALLINT", *("VARCHAR",) * 8)
"""The columns of `received.deliveries`."""

PROMOTED = ("SMALLINT", "VARCHAR", "VARCHAR", "SMALLINT", "VARCHAR", "VARCHAR")
"""The columns of `registers.promoted`."""

CONTENT_DIGITS = 12
"""So many hexadecimal digits of a content's hash end the name of its table."""

OF_A_CONTENT = re.compile(f".*_[0-9a-f]{{{CONTENT_DIGITS}}}")


IN_TURN = (REGISTERS[0], *reversed(REGISTERS[1:]))
"""The population first: storing it takes as long as importing Great Expectations beside it. Then the small registers,
which are judged while the large ones are stored."""


@dataclass(frozen=True)
class Received:
    """A reference of a register as it was found for a list year: its vintage and content, or the fault."""

    register: str
    reference: str
    vintage: str
    content_sha256: str | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class CheckedRule:
    """How a rule came out over all references of a register for a list year."""

    rule: validation.Rule
    failing_rows: int
    lines: tuple[str, ...]


def wanted_references(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    law: Mapping[str, LegalValue],
    list_year: int,
    snapshots: Path | None = None,
) -> list[tuple[str, int]]:
    """The references a list year needs, as folder name and year. `liste` gives only years without an own edition.

    Of a register of any year: those that stand in the folder `snapshots`; without it, those last received.
    """
    years: Sequence[int]
    if register.any_year and snapshots is not None:
        years = deliveries.delivered_years(snapshots, register, list_year)
    elif register.any_year:
        years = _years_received(con, register, list_year)
    elif register is LISTE:
        own = {row[0] for row in con.execute("SELECT list_year FROM published.editions").fetchall()}
        years = [year for year in history_years(law, list_year) if year not in own]
    else:
        years = reference_years(register, law, list_year)
    return [(register.reference_name(year), year) for year in years]


def _years_received(con: duckdb.DuckDBPyConnection, register: Register, list_year: int) -> list[int]:
    query = "SELECT DISTINCT CAST(reference AS INTEGER) FROM received.deliveries WHERE list_year = ? AND register = ?"
    return sorted(int(row[0]) for row in con.execute(query, [list_year, register.name]).fetchall())


def files_wanted(law: Mapping[str, LegalValue], list_year: int, snapshots: Path) -> list[Path]:
    """The files that a list year reads whatever its home has, in the order in which they are stored.

    A folder that cannot be read has none here: it is told where it is received.
    """
    files: list[Path] = []
    for register in (register for register in IN_TURN if register is not LISTE):
        years: Iterable[int] = reference_years(register, law, list_year)
        if register.any_year:
            with suppress(OSError):
                years = deliveries.delivered_years(snapshots, register, list_year)
        for year in years:
            if delivery := deliveries.find_delivery(snapshots, register, register.reference_name(year)):
                files += delivery.files
    return files


def receive(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    wanted: Sequence[tuple[str, int]],
    list_year: int,
    snapshots: Path,
    scratch: Path,
) -> list[Received]:
    """Finds, hashes and stores what a list year needs of a register, and notes it in `received.deliveries`.

    A snapshot whose content is stored already is not read again.
    """
    stored = _stored_contents(con, register)
    found = [_receive_one(con, register, reference, snapshots, scratch, stored) for reference, _ in wanted]
    received = [item for item in found if item is not None]
    with transaction(con):
        _note_deliveries(con, register, list_year, received)
        _note_vintages(con, register, received)
    return received


def _stored_contents(con: duckdb.DuckDBPyConnection, register: Register) -> frozenset[str]:
    query = "SELECT content_sha256 FROM received.snapshots WHERE register = ?"
    return frozenset(row[0] for row in con.execute(query, [register.name]).fetchall())


def _note_deliveries(
    con: duckdb.DuckDBPyConnection, register: Register, list_year: int, received: Sequence[Received]
) -> None:
    """What was found for a list year in the place of what was found before. What is noted already stays untouched."""
    rows: list[tuple[Any, ...]] = []
    for item in received:
        for fault in item.faults or (None,):
            told = (None,) * 4 if fault is None else (fault.check, fault.place, fault.what, fault.remedy)
            rows.append((list_year, item.register, item.reference, item.vintage, item.content_sha256, *told))
    of_list_year = "FROM received.deliveries WHERE list_year = ? AND register = ?"
    if Counter(con.execute(f"SELECT * {of_list_year}", [list_year, register.name]).fetchall()) == Counter(rows):
        return
    con.execute(f"DELETE {of_list_year}", [list_year, register.name])
    insert_rows(con, "received.deliveries", DELIVERIES, rows)


def _note_vintages(con: duckdb.DuckDBPyConnection, register: Register, received: Sequence[Received]) -> None:
    """Which vintage a stored content came as, kept for as long as the content is (`deliveries` knows the newest)."""
    known = set(con.execute("SELECT * FROM received.vintages WHERE register = ?", [register.name]).fetchall())
    stored = [item for item in received if item.content_sha256]
    came = {(item.register, item.reference, item.vintage, item.content_sha256) for item in stored}
    insert_rows(con, "received.vintages", ("VARCHAR",) * 4, sorted(came - known))


def _receive_one(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    reference: str,
    snapshots: Path,
    scratch: Path,
    stored: Collection[str],
) -> Received | None:
    delivery = deliveries.find_delivery(snapshots, register, reference)
    if delivery is None:
        return None if register.optional else _missing(register, reference)
    facts: list[FileFacts] = []
    closed: list[Fault] = []
    for path in delivery.files:
        try:
            facts.append(deliveries.file_facts(path))
        except OSError:
            place = f"{delivery.place}/{printable(path.name)}"
            told = (place, "the file cannot be opened", "Check its permissions.")
            closed.append(Fault(register.name, reference, "readable", *told))
    if delivery.faults or closed:
        return Received(register.name, reference, delivery.vintage, None, (*delivery.faults, *closed))
    return _receive_files(con, register, delivery, tuple(facts), scratch, stored)


def _receive_files(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    delivery: Delivery,
    facts: tuple[FileFacts, ...],
    scratch: Path,
    stored: Collection[str],
) -> Received:
    reference = delivery.reference
    content = storing.content_hash(register, reference, facts)
    if content not in stored:
        faults = _store(con, register, delivery, facts, content, scratch)
        if faults:
            return Received(register.name, reference, delivery.vintage, None, tuple(faults))
    return Received(register.name, reference, delivery.vintage, content)


def _missing(register: Register, reference: str) -> Received:
    place = f"{register.name}/{reference}"
    what, remedy = "nothing was delivered", f"Put the delivery's files in the folder {place}."
    if register is LISTE:
        what = f"the history year {reference} is missing: no edition of it in this home and no published list"
        remedy = f"Run list year {reference} first, or put the list published then in the folder {place}."
    return Received(
        register.name, reference, "", None, (Fault(register.name, reference, "delivered", place, what, remedy),)
    )


def drop_unfinished(con: duckdb.DuckDBPyConnection) -> None:
    """Drops what a killed run stored of snapshots and did not come to note: nothing else knows of those tables."""
    unnoted = con.execute(
        """
        SELECT table_name
        FROM duckdb_tables()
        WHERE database_name = current_database() AND schema_name = 'received'
        AND table_name NOT IN (SELECT table_name FROM received.snapshots)
        """
    ).fetchall()
    for (table,) in unnoted:
        if OF_A_CONTENT.fullmatch(table):
            con.execute(f'DROP TABLE received."{table}"')


def _store(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    delivery: Delivery,
    facts: tuple[FileFacts, ...],
    content: str,
    scratch: Path,
) -> list[Fault]:
    faults = storing.inspect_files(con, register, delivery, facts)
    if faults:
        return faults
    validation.make_ready()
    table = f"{register.name}_{delivery.reference.replace('-', '')}_{content[:CONTENT_DIGITS]}"
    snapshot, faults = storing.store_snapshot(con, register, delivery, facts, table, scratch)
    if snapshot is None:
        return faults
    with transaction(con):
        con.execute(
            "INSERT INTO received.snapshots VALUES (?, ?, ?, ?, ?)",
            [content, register.name, delivery.reference, table, snapshot.rows],
        )
        read = zip(facts, snapshot.file_rows, strict=True)
        files = [(content, fact.name, fact.sha256, fact.size, rows) for fact, rows in read]
        insert_rows(con, "received.files", ("VARCHAR", "VARCHAR", "VARCHAR", "BIGINT", "BIGINT"), files)
        counts = [(content, name, rows) for name, rows in snapshot.counts.items()]
        insert_rows(con, "received.counts", ("VARCHAR", "VARCHAR", "BIGINT"), counts)
    return []


# --- checking ---------------------------------------------------------------------------------------------------


def check(con: duckdb.DuckDBPyConnection, register: Register, list_year: int) -> tuple[list[Fault], list[CheckedRule]]:
    """The faults of a register's deliveries for a list year, and every rule's outcome over its snapshots.

    A snapshot that was judged by the same rules before is not judged again: the outcome is read back.
    """
    noted = _noted(con, list_year)[register.name]
    faults = [fault for item in noted for fault in item.faults]
    failing: dict[str, int] = {}
    found: dict[str, list[Fault]] = {}
    stored = _stored(noted, _tables(con))
    judged = _judged(con, register, stored)
    names = _file_names(con, [content for content, outcomes in judged.items() if any(outcomes.values())])
    for reference, vintage, content, _ in stored:
        place = "/".join(part for part in (register.name, reference, vintage) if part)
        files = names.get(content, "")
        for rule, rows in judged[content].items():
            failing[rule.name] = failing.get(rule.name, 0) + rows
            if rows:
                fault = Fault(register.name, reference, rule.name, f"{place} ({files})", rule.what, rule.remedy, rows)
                found.setdefault(rule.name, []).append(fault)
    checked = [
        CheckedRule(rule, failing.get(rule.name, 0), _lines(rule, found.get(rule.name, [])))
        for rule in validation.rules(register)
    ]
    return faults, checked


def _lines(rule: validation.Rule, found: Sequence[Fault]) -> tuple[str, ...]:
    """A line per snapshot that breaks a rule; a rule that only warns says the same of several in one."""
    several = len(found) > 1
    if rule.blocking or not several:
        return tuple(fault.line for fault in found)
    places = ", ".join(f"{fault.register}/{fault.reference} ({fault.rows})" for fault in found)
    return (replace(found[0], place=places, rows=sum(fault.rows or 0 for fault in found)).line,)


def _noted(con: duckdb.DuckDBPyConnection, list_year: int) -> dict[str, list[Received]]:
    """By register, what was found of its references for a list year; a reference's faults by place and text."""
    found: dict[str, dict[str, Received]] = {register.name: {} for register in REGISTERS}
    rows = con.execute(
        """
        SELECT register, reference, vintage, content_sha256, fault_check, fault_place, fault_what, fault_remedy
        FROM received.deliveries
        WHERE list_year = ?
        ORDER BY reference, fault_place, fault_what
        """,
        [list_year],
    ).fetchall()
    for register, reference, vintage, content, *told in rows:
        item = found[register].setdefault(reference, Received(register, reference, vintage, content))
        if told[0] is not None:
            faults = (*item.faults, Fault(register, reference, *told))
            found[register][reference] = replace(item, faults=faults)
    return {register: list(items.values()) for register, items in found.items()}


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The table of each stored content."""
    return dict(con.execute("SELECT content_sha256, table_name FROM received.snapshots").fetchall())


def _stored(noted: Iterable[Received], tables: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """What is stored of what was found: reference, vintage, content and table."""
    return [
        (item.reference, item.vintage, item.content_sha256, tables[item.content_sha256])
        for item in noted
        if item.content_sha256 and item.content_sha256 in tables
    ]


def _file_names(con: duckdb.DuckDBPyConnection, contents: Sequence[str]) -> dict[str, str]:
    """By content, the names of its files: three of them and how many more."""
    if not contents:
        return {}
    rows = con.execute(
        "SELECT content_sha256, file_name FROM received.files WHERE content_sha256 IN ? ORDER BY file_name",
        [list(contents)],
    ).fetchall()
    found: dict[str, str] = {}
    for content in contents:
        names = [printable(str(name)) for of, name in rows if of == content]
        found[content] = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return found


def _judged(
    con: duckdb.DuckDBPyConnection, register: Register, stored: Sequence[tuple[str, str, str, str]]
) -> dict[str, dict[validation.Rule, int]]:
    """By content, how each rule of a register came out; what was not judged by these rules before is judged now."""
    found = _known_outcomes(con, register, [content for _, _, content, _ in stored])
    new = [(content, table, int(reference[:4])) for reference, _, content, table in stored if not found[content]]
    kept = validation.kept_by_all(con, register, [table for _, table, _ in new])
    for content, table, year in new:
        query = "SELECT measure, rows FROM received.counts WHERE content_sha256 = ?"
        counts = dict(con.execute(query, [content]).fetchall())
        outcomes = validation.validate(con, register, table, year, counts, kept)
        _note_outcomes(con, register, content, outcomes)
        found[content] = {outcome.rule: outcome.failing_rows for outcome in outcomes}
    return found


def _known_outcomes(
    con: duckdb.DuckDBPyConnection, register: Register, contents: Sequence[str]
) -> dict[str, dict[validation.Rule, int]]:
    """By content, the outcome of every rule as noted; empty where it was not judged by all of today's rules."""
    query = """
        SELECT content_sha256, check_name, failing_rows
        FROM received.validations
        WHERE content_sha256 IN ? AND suite_sha256 = ?
    """
    known: dict[str, dict[str, int]] = {content: {} for content in contents}
    for content, name, rows in con.execute(query, [list(contents), validation.suite_hash(register)]).fetchall():
        known[content][name] = int(rows)
    rules = validation.rules(register)
    names = {rule.name for rule in rules}
    return {
        content: {rule: noted[rule.name] for rule in rules} if set(noted) == names else {}
        for content, noted in known.items()
    }


def _note_outcomes(
    con: duckdb.DuckDBPyConnection, register: Register, content: str, outcomes: Sequence[validation.Outcome]
) -> None:
    suite = validation.suite_hash(register)
    noted = [(content, suite, o.rule.name, o.rule.blocking, o.failing_rows) for o in outcomes]
    with transaction(con):
        con.execute("DELETE FROM received.validations WHERE content_sha256 = ?", [content])
        insert_rows(con, "received.validations", ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN", "BIGINT"), noted)


# --- promotion --------------------------------------------------------------------------------------------------


def hindrances(
    con: duckdb.DuckDBPyConnection, registers: Sequence[Register], law: Mapping[str, LegalValue], list_year: int
) -> list[str]:
    """Why registers cannot be promoted for a list year: faults, broken rules, or not checked. Empty: they can."""
    noted, tables, outcomes = _noted(con, list_year), _tables(con), _outcomes(con)
    found: list[str] = []
    for register in registers:
        found += [fault.line for item in noted[register.name] for fault in item.faults]
        delivered = {reference: content for reference, _, content, _ in _stored(noted[register.name], tables)}
        faulty = {item.reference for item in noted[register.name] if item.faults}
        for reference, _ in wanted_references(con, register, law, list_year):
            if reference in faulty or (register.optional and reference not in delivered):
                continue
            if reference in delivered:
                known = outcomes.get((delivered[reference], validation.suite_hash(register)), {})
                found += _unmet(register, reference, known)
            else:
                first = f"Materialise received/{register.name} first."
                found.append(f"{register.name}/{reference}: not received yet. {first}")
    return found


def _outcomes(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, int]]:
    """Rows that break each check, by the content that was judged and the suite that judged it."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    query = "SELECT content_sha256, suite_sha256, check_name, failing_rows FROM received.validations"
    for content, suite, check_name, rows in con.execute(query).fetchall():
        found.setdefault((content, suite), {})[check_name] = rows
    return found


def _unmet(register: Register, reference: str, known: Mapping[str, int]) -> list[str]:
    place = f"{register.name}/{reference}"
    rules = validation.rules(register)
    if any(rule.name not in known for rule in rules):
        return [f"{place}: not checked yet. Run the checks of received/{register.name} first."]
    return [
        Fault(register.name, reference, rule.name, place, rule.what, rule.remedy, known[rule.name]).line
        for rule in rules
        if rule.blocking and known[rule.name]
    ]


def promote(
    con: duckdb.DuckDBPyConnection, registers: Sequence[Register], law: Mapping[str, LegalValue], list_year: int
) -> dict[str, int]:
    """Makes the checked snapshots of registers the ones their views show for a list year. Returns each one's rows.

    Call it only where `hindrances` is empty. What was received and is not wanted any more (a history year that this
    home has sealed since) is left out.
    """
    noted, stored_as = _noted(con, list_year), _tables(con)
    promoted = []
    for register in registers:
        years = dict(wanted_references(con, register, law, list_year))
        for reference, vintage, content, _ in _stored(noted[register.name], stored_as):
            if reference in years:
                promoted.append((list_year, register.name, reference, years[reference], vintage, content))
    names = [register.name for register in registers]
    with transaction(con):
        con.execute("DELETE FROM registers.promoted WHERE list_year = ? AND register IN ?", [list_year, names])
        insert_rows(con, "registers.promoted", PROMOTED, promoted)
        tables = promoted_tables(con)
        for register in registers:
            create_view(con, register, tables[register.name])
    rows = con.execute(
        """
        SELECT promoted.register, sum(snapshots.rows)
        FROM registers.promoted AS promoted
        INNER JOIN received.snapshots AS snapshots ON snapshots.content_sha256 = promoted.content_sha256
        WHERE promoted.list_year = ?
        GROUP BY promoted.register
        """,
        [list_year],
    ).fetchall()
    stored_rows = {name: int(count) for name, count in rows}
    return {name: stored_rows.get(name, 0) for name in names}


def promoted_tables(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[int, int, str]]]:
    """By register, what is promoted of it: list year, reference year and table."""
    rows = con.execute(
        """
        SELECT promoted.register, promoted.list_year, promoted.reference_year, snapshots.table_name
        FROM registers.promoted AS promoted
        INNER JOIN received.snapshots AS snapshots ON snapshots.content_sha256 = promoted.content_sha256
        ORDER BY promoted.list_year, promoted.reference_year
        """
    ).fetchall()
    return {register.name: [row[1:] for row in rows if row[0] == register.name] for register in REGISTERS}


def create_view(
    con: duckdb.DuckDBPyConnection, register: Register, tables: Sequence[tuple[int, int, str]], source: str = "received"
) -> None:
    """The view `registers.<name>` over (list year, reference year, table) of schema `source`; empty where none."""
    columns = ", ".join(column.stored for column in register.stored_columns)
    parts = [
        f"SELECT CAST({year} AS SMALLINT) AS list_year, CAST({reference} AS SMALLINT) AS reference_year, {columns} "
        f'FROM {source}."{table}"'
        for year, reference, table in tables
    ]
    if not parts:
        empty = ", ".join(f"CAST(NULL AS {SQL_TYPES[c.kind]}) AS {c.stored}" for c in register.stored_columns)
        years = "CAST(NULL AS SMALLINT) AS list_year, CAST(NULL AS SMALLINT) AS reference_year"
        parts = [f"SELECT {years}, {empty} WHERE false"]
    con.execute(f"CREATE OR REPLACE VIEW registers.{register.name} AS {' UNION ALL '.join(parts)}")


def promoted_fingerprints(con: duckdb.DuckDBPyConnection, list_year: int) -> dict[str, str]:
    """Hash of what is promoted of each register for a list year."""
    promoted: dict[str, list[tuple[str, str]]] = {register.name: [] for register in REGISTERS}
    query = "SELECT register, reference, content_sha256 FROM registers.promoted WHERE list_year = ? ORDER BY ALL"
    for register, reference, content in con.execute(query, [list_year]).fetchall():
        promoted[register].append((reference, content))
    return {name: _hash_of_promoted(found) for name, found in promoted.items()}


def _hash_of_promoted(found: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256(repr(found).encode()).hexdigest()


NOTHING_PROMOTED = _hash_of_promoted([])
"""The hash of a register of which nothing is promoted."""


def gate(con: duckdb.DuckDBPyConnection, law: Mapping[str, LegalValue], list_year: int) -> list[str]:
    """Why a list year may not be published: anything received that is not checked and promoted. Empty: it may."""
    found = hindrances(con, REGISTERS, law, list_year)
    if found:
        return found
    query = "SELECT register, reference, content_sha256 FROM registers.promoted WHERE list_year = ?"
    promoted = set(con.execute(query, [list_year]).fetchall())
    noted, tables = _noted(con, list_year), _tables(con)
    for register in REGISTERS:
        name = register.name
        wanted = {reference for reference, _ in wanted_references(con, register, law, list_year)}
        stored = _stored(noted[name], tables)
        received = {(name, reference, content) for reference, _, content, _ in stored if reference in wanted}
        if received != {row for row in promoted if row[0] == name}:
            found.append(f"{name}: what was received is not promoted. Materialise registers/{name}.")
    return found


def stored_rows(con: duckdb.DuckDBPyConnection, received: Sequence[Received]) -> int:
    """Rows stored of what was received, over all references."""
    contents = [item.content_sha256 for item in received if item.content_sha256]
    query = "SELECT coalesce(sum(rows), 0) FROM received.snapshots WHERE content_sha256 IN ?"
    return int(con.execute(query, [contents]).fetchall()[0][0])
