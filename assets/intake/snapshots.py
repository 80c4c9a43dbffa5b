"""Schema `received` and `registers`: what was delivered, whether it was checked, and what is promoted for a list year.

A list year sees a register through the view `registers.<name>`, whose rows are the promoted snapshots alone, with
the list year and the reference year beside them. What does not belong here: reading files (`assets.intake.storing`),
judging rows (`assets.intake.validation`), and the Dagster assets (`assets.received`, `assets.registers`).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from assets.contracts import LISTE, REGISTERS, SQL_TYPES, Register, needed_years
from assets.intake import deliveries, storing, validation
from assets.intake.deliveries import Delivery, Fault, FileFacts, place_of, printable
from assets.warehouse import Row, insert_rows, transaction
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


@dataclass
class Books:
    """What the home has noted of deliveries: found for a list year, stored, and judged. It is read once for all
    registers, and says what a register's turn added as soon as that has ended."""

    noted: dict[str, list[Received]]
    """By register, what was found of its references for the list year."""
    vintages: set[tuple[str, str, str, str]]
    tables: dict[str, str]
    """The table of each stored content."""
    rows: dict[str, int]
    """The rows of each stored content."""
    files: dict[str, list[tuple[str, str, int]]]
    """Name, SHA-256 and rows of each file of a stored content."""
    outcomes: dict[tuple[str, str], dict[str, int]]
    """Rows that break each check, by the content that was judged and the suite that judged it."""

    def stored_rows(self, received: Iterable[Received]) -> int:
        """Rows stored of what was received, over all references."""
        return sum(self.rows[item.content_sha256] for item in received if item.content_sha256)


@dataclass(frozen=True)
class CheckedRule:
    """How a rule came out over all references of a register for a list year."""

    rule: validation.Rule
    failing_rows: int
    lines: tuple[str, ...]


def read_books(con: duckdb.DuckDBPyConnection, list_year: int) -> Books:
    """The books as they stand."""
    stored = con.execute("SELECT content_sha256, table_name, rows FROM received.snapshots").fetchall()
    return Books(
        _noted(con, list_year),
        set(con.execute("SELECT * FROM received.vintages").fetchall()),
        {content: table for content, table, _ in stored},
        {content: rows for content, _, rows in stored},
        _files(con),
        _outcomes(con),
    )


def _files(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str, int]]]:
    files: dict[str, list[tuple[str, str, int]]] = {}
    query = "SELECT content_sha256, file_name, sha256, rows FROM received.files ORDER BY ALL"
    for content, name, sha256, rows in con.execute(query).fetchall():
        files.setdefault(content, []).append((name, sha256, rows))
    return files


def wanted_references(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    law: Mapping[str, LegalValue],
    list_year: int,
    there: Sequence[int],
) -> list[tuple[str, int]]:
    """The references a list year needs, as folder name and year.

    Of a register of any year those that are `there`: in the snapshots folder, or received last (`years_of`).
    """
    query = "SELECT list_year FROM published.editions"
    own = {row[0] for row in con.execute(query).fetchall()} if register is LISTE else set()
    years = needed_years(register, law, list_year, own, there)
    return [(register.reference_name(year), year) for year in years]


def years_of(received: Iterable[Received]) -> list[int]:
    """The years of what was found of a register, ascending."""
    return sorted({int(item.reference[:4]) for item in received})


def files_wanted(law: Mapping[str, LegalValue], list_year: int, snapshots: Path) -> list[Path]:
    """The files that a list year reads whatever its home has, in the order in which they are stored.

    A folder that cannot be read has none here: it is told where it is received.
    """
    files: list[Path] = []
    for register in (register for register in IN_TURN if register is not LISTE):
        there = deliveries.delivered_years(snapshots, register, list_year)
        for year in needed_years(register, law, list_year, (), there):
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
    books: Books,
) -> list[Received]:
    """Finds, hashes and stores what a list year needs of a register, and notes it in `received.deliveries`.

    A snapshot whose content is stored already is not read again, and what is noted already stays untouched.
    """
    found = [_receive_one(con, register, reference, snapshots, scratch, books) for reference, _ in wanted]
    received = [item for item in found if item is not None]
    rows, vintages = _delivery_rows(list_year, received), _vintages(received) - books.vintages
    if vintages or Counter(rows) != Counter(_delivery_rows(list_year, books.noted[register.name])):
        with transaction(con):
            con.execute(
                "DELETE FROM received.deliveries WHERE list_year = ? AND register = ?", [list_year, register.name]
            )
            insert_rows(con, "received.deliveries", DELIVERIES, rows)
            insert_rows(con, "received.vintages", ("VARCHAR",) * 4, sorted(vintages))
        books.noted[register.name] = _noted(con, list_year)[register.name]
        books.vintages |= vintages
    return received


def _delivery_rows(list_year: int, received: Iterable[Received]) -> list[Row]:
    """What was found, as rows of `received.deliveries`: one for each fault, or the only one."""
    rows: list[Row] = []
    for item in received:
        for fault in item.faults or (None,):
            told = (None,) * 4 if fault is None else (fault.check, fault.place, fault.what, fault.remedy)
            rows.append((list_year, item.register, item.reference, item.vintage, item.content_sha256, *told))
    return rows


def _vintages(received: Iterable[Received]) -> set[tuple[str, str, str, str]]:
    """Which vintage a stored content came as, kept for as long as the content is (`deliveries` knows the newest)."""
    return {
        (item.register, item.reference, item.vintage, item.content_sha256) for item in received if item.content_sha256
    }


def _receive_one(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    reference: str,
    snapshots: Path,
    scratch: Path,
    books: Books,
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
    return _receive_files(con, register, delivery, tuple(facts), scratch, books)


def _receive_files(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    delivery: Delivery,
    facts: tuple[FileFacts, ...],
    scratch: Path,
    books: Books,
) -> Received:
    reference = delivery.reference
    content = storing.content_hash(register, reference, facts)
    if content not in books.tables:
        faults = _store(con, register, delivery, facts, content, scratch, books)
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
    books: Books,
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
    books.tables[content], books.rows[content] = table, snapshot.rows
    books.files[content] = sorted((name, sha256, rows) for _, name, sha256, _, rows in files)
    return []


# --- checking ---------------------------------------------------------------------------------------------------


def check(con: duckdb.DuckDBPyConnection, register: Register, books: Books) -> tuple[list[Fault], list[CheckedRule]]:
    """The faults of a register's deliveries for the books' list year, and every rule's outcome over its snapshots.

    A snapshot that was judged by the same rules before is not judged again.
    """
    noted = books.noted[register.name]
    faults = [fault for item in noted for fault in item.faults]
    failing: dict[str, int] = {}
    found: dict[str, list[Fault]] = {}
    stored = _stored(noted, books.tables)
    judged = _judged(con, register, stored, books)
    names = _file_names(con, [content for content, outcomes in judged.items() if any(outcomes.values())])
    for reference, vintage, content, _ in stored:
        place = place_of(register.name, reference, vintage)
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
    con: duckdb.DuckDBPyConnection, register: Register, stored: Sequence[tuple[str, str, str, str]], books: Books
) -> dict[str, dict[validation.Rule, int]]:
    """By content, how each rule of a register came out; what was not judged by these rules before is judged now."""
    found = {content: _known_outcomes(register, content, books) for _, _, content, _ in stored}
    new = [(content, table, int(reference[:4])) for reference, _, content, table in stored if not found[content]]
    kept = validation.kept_by_all(con, register, [table for _, table, _ in new])
    for content, table, year in new:
        query = "SELECT measure, rows FROM received.counts WHERE content_sha256 = ?"
        counts = dict(con.execute(query, [content]).fetchall())
        outcomes = validation.validate(con, register, table, year, counts, kept)
        _note_outcomes(con, register, content, outcomes, books)
        found[content] = {outcome.rule: outcome.failing_rows for outcome in outcomes}
    return found


def _known_outcomes(register: Register, content: str, books: Books) -> dict[validation.Rule, int]:
    """The outcome of every rule as noted; empty where the content was not judged by all of today's rules."""
    noted = books.outcomes.get((content, validation.suite_hash(register)), {})
    rules = validation.rules(register)
    return {rule: noted[rule.name] for rule in rules} if set(noted) == {rule.name for rule in rules} else {}


def _note_outcomes(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    content: str,
    outcomes: Sequence[validation.Outcome],
    books: Books,
) -> None:
    suite = validation.suite_hash(register)
    noted = [(content, suite, o.rule.name, o.rule.blocking, o.failing_rows) for o in outcomes]
    with transaction(con):
        con.execute("DELETE FROM received.validations WHERE content_sha256 = ?", [content])
        insert_rows(con, "received.validations", ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN", "BIGINT"), noted)
    books.outcomes[content, suite] = {o.rule.name: o.failing_rows for o in outcomes}


# --- promotion --------------------------------------------------------------------------------------------------


def hindrances(
    con: duckdb.DuckDBPyConnection,
    registers: Sequence[Register],
    law: Mapping[str, LegalValue],
    list_year: int,
    books: Books,
) -> list[str]:
    """Why registers cannot be promoted for a list year: faults, broken rules, or not checked. Empty: they can."""
    found: list[str] = []
    for register in registers:
        noted = books.noted[register.name]
        found += [fault.line for item in noted for fault in item.faults]
        delivered = {reference: content for reference, _, content, _ in _stored(noted, books.tables)}
        faulty = {item.reference for item in noted if item.faults}
        for reference, _ in wanted_references(con, register, law, list_year, years_of(noted)):
            if reference in faulty or (register.optional and reference not in delivered):
                continue
            if reference in delivered:
                known = books.outcomes.get((delivered[reference], validation.suite_hash(register)), {})
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
    con: duckdb.DuckDBPyConnection,
    registers: Sequence[Register],
    law: Mapping[str, LegalValue],
    list_year: int,
    books: Books,
) -> dict[str, int]:
    """Makes the checked snapshots of registers the ones their views show for a list year. Returns each one's rows.

    Call it only where `hindrances` is empty. What was received and is not wanted any more (a history year that this
    home has sealed since) is left out.
    """
    promoted = []
    for register in registers:
        noted = books.noted[register.name]
        years = dict(wanted_references(con, register, law, list_year, years_of(noted)))
        for reference, vintage, content, _ in _stored(noted, books.tables):
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
    books = read_books(con, list_year)
    found = hindrances(con, REGISTERS, law, list_year, books)
    if found:
        return found
    query = "SELECT register, reference, content_sha256 FROM registers.promoted WHERE list_year = ?"
    promoted = set(con.execute(query, [list_year]).fetchall())
    for register in REGISTERS:
        name, noted = register.name, books.noted[register.name]
        wanted = {reference for reference, _ in wanted_references(con, register, law, list_year, years_of(noted))}
        stored = _stored(noted, books.tables)
        received = {(name, reference, content) for reference, _, content, _ in stored if reference in wanted}
        if received != {row for row in promoted if row[0] == name}:
            found.append(f"{name}: what was received is not promoted. Materialise registers/{name}.")
    return found
