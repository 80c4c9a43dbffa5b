"""Judges a stored snapshot: Great Expectations inside DuckDB for what its rows must be, counts for the rest.

Each rule has a name, blocks or warns, and says what to do. Results are counts: no value of any row leaves here,
whatever a rule's outcome. What does not belong here: reading files (`assets.intake.storing`), and which registers and
codes there are (`assets.contracts`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import duckdb

from assets.code_lists import code_list, municipality_codes
from assets.contracts import ABSENT, MANY_ROWS, MUNICIPALITIES, Column, Kind, Register

OF_ONE_CELL = {"ExpectColumnValuesToNotBeNull", "ExpectColumnValuesToBeInSet"}
"""Expectations about each cell by itself: what holds for tables together holds for each of them."""

TYPE_NAMES = {
    Kind.PSEUDONYM: "an exact key (it came as a number with too many digits or a fraction)",
    Kind.DAY: "a date YYYY-MM-DD",
    Kind.AMOUNT: "a number with at most two decimals and thirteen digits before them",
    Kind.MEASURE: "a number",
    Kind.NUMBER: "a whole number",
}
"""What a cell of a kind must be readable as; of any other kind every cell can be."""

JUDGING = "2"
"""Raised when the same rules come out otherwise over the same rows."""

CORRECT = "Have the delivery corrected, put it beside the old one in a folder named by its day, and run again."
LOOK = "Ask the register's owner if the count is unexpected."
EMPTY_CODES = {
    "PTI_TILSTAND_KODE": ABSENT,
    "OPR_LAND": "An immigrant or descendant without one counts as non-western.",
}
"""What becomes of a row whose code is empty, where its column has a code list and the row stays."""
HOURS_OF_A_WEEK = 168


@dataclass(frozen=True)
class Rule:
    """One rule of a register.

    `expectation` names a Great Expectations class and its arguments; `intake` an intake count that must be 0;
    `count_sql` a query on `{table}` that counts the offending rows, for what no expectation can say, and `number` which
    of its numbers is meant, since rules with the same query are answered by one pass; `once` a numeric column whose
    values must each stand once, which sorting tells in a fifth of the time that a query takes.
    """

    name: str
    blocking: bool
    what: str
    remedy: str
    expectation: tuple[str, tuple[tuple[str, Any], ...]] | None = None
    intake: tuple[str, ...] = ()
    count_sql: str | None = None
    number: int = 0
    once: str | None = None


@dataclass(frozen=True)
class Outcome:
    """How a rule came out: rows that break it, never which."""

    rule: Rule
    failing_rows: int

    @property
    def passed(self) -> bool:
        return self.failing_rows == 0


class ValidationCrashedError(Exception):
    """A rule could not be evaluated, which is not the same as being broken."""


def _expect(kind: str, **arguments: Any) -> tuple[str, tuple[tuple[str, Any], ...]]:
    return kind, tuple(arguments.items())


def _codes(column: Column) -> list[Any]:
    assert column.codes is not None
    return list(municipality_codes()) if column.codes == (MUNICIPALITIES,) else list(column.codes)


def _listed(column: Column) -> str:
    key = {"countries": "country_code", "of_states": "pti_tilstand_kode"}.get(str(column.known), str(column.known))
    return ", ".join(map(str, sorted({int(row[key]) for row in code_list(str(column.known))})))


def _unknown_educations() -> str:
    return ", ".join(sorted({row["hfaudd"] for row in code_list("hfaudd_grundskole") if row["level"] == "uoplyst"}))


def rules(register: Register) -> tuple[Rule, ...]:
    """Every rule of a register, in the order they are reported. They hold for each reference alike."""
    return (
        *_intake_rules(register),
        *_key_rules(register),
        *_column_rules(register),
        *_variety_rules(register),
        *_other_rules(register),
    )


def _intake_rules(register: Register) -> Iterator[Rule]:
    for column in (c for c in register.columns if c.kind in TYPE_NAMES):
        yield Rule(
            f"{column.name.lower()}_type",
            True,
            f"{column.name} cannot be read as {TYPE_NAMES[column.kind]}",
            CORRECT,
            intake=(f"types:{column.name}",),
        )
    if any(c.name == "PNR" for c in register.columns):
        yield Rule(
            "no_cpr_number",
            True,
            "PNR looks like a CPR number",
            "Nothing may be received under CPR numbers: destroy the delivery and ask for pseudonyms.",
            intake=("cpr",),
        )


def _key_rules(register: Register) -> Iterator[Rule]:
    stored = [register.column(name).stored for name in register.key]
    for name, column in zip(register.key, stored, strict=True):
        yield Rule(
            f"{column}_present",
            True,
            f"{name} is empty (key of {register.name})",
            CORRECT,
            _expect("ExpectColumnValuesToNotBeNull", column=column),
        )
    what = f"{' + '.join(register.key)} occurs more than once"
    if register.name == "omraade":
        what = "a parcel stands in two areas or twice (EJERLAV + MATRIKEL)"
    if len(stored) == 1 and register.column(register.key[0]).kind is Kind.PSEUDONYM:
        yield Rule("key_unique", True, what, CORRECT, once=stored[0])
    elif len(stored) == 1:
        expectation = _expect("ExpectColumnValuesToBeUnique", column=stored[0])
        yield Rule("key_unique", True, what, CORRECT, expectation)
    elif stored:
        expectation = _expect("ExpectCompoundColumnsToBeUnique", column_list=tuple(stored))
        yield Rule("key_unique", True, what, CORRECT, expectation)


def _column_rules(register: Register) -> Iterator[Rule]:
    for column in register.stored_columns:
        if column.filled and column.name not in register.key:
            yield Rule(
                f"{column.stored}_present",
                True,
                f"{column.name} is empty",
                CORRECT,
                _expect("ExpectColumnValuesToNotBeNull", column=column.stored),
            )
        if column.codes is not None:
            yield Rule(
                f"{column.stored}_codes",
                True,
                f"{column.name} is outside its codes",
                CORRECT,
                _expect("ExpectColumnValuesToBeInSet", column=column.stored, value_set=tuple(_codes(column))),
            )
        if column.known is not None:
            yield Rule(
                f"{column.stored}_known",
                False,
                f"{column.name} is not in the code list {column.known}",
                "Add the code to the list, with its source, if it is a real one.",
                count_sql=_by_code(column),
            )
        if column.warn_empty:
            yield Rule(
                f"{column.stored}_filled",
                False,
                f"{column.name} is empty",
                f"{column.warn_empty} {LOOK}",
                _expect("ExpectColumnValuesToNotBeNull", column=column.stored),
            )
        elif column.known is not None and not column.filled:
            yield Rule(
                f"{column.stored}_filled",
                False,
                f"{column.name} is empty",
                " ".join(filter(None, [EMPTY_CODES.get(column.name), LOOK])),
                count_sql=_by_code(column),
                number=2,
            )


def _variety_rules(register: Register) -> Iterator[Rule]:
    for column in register.stored_columns:
        if column.known is not None:
            yield Rule(
                f"{column.stored}_varies",
                False,
                f"{column.name} has one and the same code throughout",
                "A quick release may not be coded yet. " + LOOK,
                count_sql=_by_code(column),
                number=1,
            )


def _by_code(column: Column) -> str:
    """Rows whose code is not in the list, all rows where one code stands in all of many, and rows without a code.

    Each code is looked up once, not each row: a WHERE would be moved below the grouping.
    """
    return (
        f"SELECT coalesce(sum(rows) FILTER (code NOT IN ({_listed(column)})), 0), "
        f"CASE WHEN sum(rows) >= {MANY_ROWS} AND count(*) = 1 AND count(code) = 1 THEN sum(rows) ELSE 0 END, "
        "coalesce(sum(rows) FILTER (code IS NULL), 0) "
        f"FROM (SELECT {column.stored} AS code, count(*) AS rows FROM {{table}} GROUP BY {column.stored})"
    )


def _other_rules(register: Register) -> Iterator[Rule]:
    """What a register's contract asks of rows as a whole, and what is asked of one register alone."""
    if register.day_not_after_status:
        column = register.column(register.day_not_after_status)
        yield Rule(
            f"{column.stored}_not_after_status_day",
            True,
            f"{column.name} is after the status day",
            CORRECT,
            _expect("ExpectColumnValuesToBeBetween", column=column.stored, max_value="{status_day}"),
        )
    if register.one_value_per:
        key, others = register.one_value_per
        for other in others:
            one, per = register.column(other).stored, register.column(key).stored
            yield Rule(
                f"one_{one}_per_{per}",
                True,
                f"an {key} has two {other}",
                CORRECT,
                count_sql=(
                    f"SELECT count(*) FROM (SELECT {per} FROM {{table}} WHERE {per} IS NOT NULL GROUP BY {per} "
                    f"HAVING count(DISTINCT {one}) > 1)"
                ),
            )
    if register.name == "udda":
        yield _educations_known()
    if not register.key and register.personal:
        yield Rule("rows_with_pnr", False, "no PNR (a firm, or a person without one)", LOOK, intake=("without_pnr",))
    if register.name == "of":
        yield from _rules_of_support()
    if register.any_year:
        yield Rule(
            "rows_within_year",
            False,
            "the migration is dated outside the year or not at all",
            "The row does not count. " + LOOK,
            count_sql="SELECT count(*) FROM {table} WHERE year(haend_dato) IS DISTINCT FROM {year}",
        )
    if register.name == "kraf":
        yield from _rules_of_decisions()


def _educations_known() -> Rule:
    return Rule(
        "hfaudd_known",
        False,
        "HFAUDD is unknown or no education code",
        "What is marked unknown counts as only grundskole, any other code as more. " + LOOK,
        count_sql=(
            f"SELECT count(*) FROM {{table}} WHERE hfaudd NOT BETWEEN 0 AND 9999 OR hfaudd IN ({_unknown_educations()})"
        ),
    )


def _rules_of_support() -> Iterator[Rule]:
    yield Rule(
        "rows_within_year",
        False,
        "the spell lies outside the year, ends before it begins, or has no first day",
        "The row does not count. " + LOOK,
        count_sql=(
            "SELECT count(*) FROM {table} WHERE pti_vfra IS NULL OR pti_vfra > DATE '{year}-12-31' "
            "OR pti_vtil < DATE '{year}-01-01' OR pti_vtil < pti_vfra"
        ),
    )
    yield Rule(
        "hours_of_a_week",
        False,
        f"PTI_TIMER_PER_UGE is below 0 or above the {HOURS_OF_A_WEEK} hours of a week",
        "It counts as it is. " + LOOK,
        count_sql=f"SELECT count(*) FROM {{table}} WHERE pti_timer_per_uge NOT BETWEEN 0 AND {HOURS_OF_A_WEEK}",
    )


def _rules_of_decisions() -> Iterator[Rule]:
    outside = "the decision is dated outside the year or not at all"
    yield Rule("rows_within_year", False, outside, "The row does not count. " + LOOK, intake=("outside_year",))
    decision = "AFG_AFGTYP3 is no known decision"
    yield Rule("decisions_known", False, decision, "It does not count. " + LOOK, intake=("unknown_decision",))
    offence = "AFG_GER7 is no known offence"
    yield Rule("offences_known", False, offence, "It does not count. " + LOOK, intake=("unknown_offence",))


def suite_hash(register: Register) -> str:
    """Changes when a register's rules do, code lists included, or how they are judged: a snapshot is judged anew."""
    return hashlib.sha256((repr(rules(register)) + JUDGING).encode()).hexdigest()


def kept_by_all(con: duckdb.DuckDBPyConnection, register: Register, tables: Sequence[str]) -> frozenset[str]:
    """Names of the rules about single cells that several snapshots `received.<table>` of a register keep, all of them.

    Great Expectations takes its time for each rule, however few the rows, so it is asked once about all of them. None
    of a register with other expectations: each snapshot is asked about those, and would be read twice.
    """
    asked = [rule for rule in rules(register) if rule.expectation]
    if len(tables) <= 1 or not asked or not OF_ONE_CELL.issuperset(r.expectation[0] for r in asked if r.expectation):
        return frozenset()
    with _validator(con, tables) as validator:
        kept = _kept(validator, [_expectation(rule) for rule in asked])
    return frozenset(rule.name for rule, holds in zip(asked, kept, strict=True) if holds)


def validate(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    table: str,
    year: int,
    counts: Mapping[str, int],
    kept: Collection[str] = (),
) -> list[Outcome]:
    """Judges the snapshot `received.<table>` of a reference year by every rule of its register, of which those named
    in `kept` are known to hold."""
    all_rules = rules(register)
    expected = [rule for rule in all_rules if rule.expectation and rule.name not in kept]
    failing = dict.fromkeys(kept, 0)
    failing.update(zip((r.name for r in expected), _great_expectations(con, table, year, expected), strict=True))
    for name in register.key:  # refused keys are empty in the table, not in the delivery
        present = f"{register.column(name).stored}_present"
        failing[present] -= counts.get(f"types:{name}", 0) if register.column(name).kind is Kind.PSEUDONYM else 0
        failing[present] -= counts.get("cpr", 0) if name == "PNR" else 0
    for column in register.stored_columns:  # nor is a cell that cannot be its type an empty one
        if column.warn_empty:
            failing[f"{column.stored}_filled"] -= counts.get(f"types:{column.name}", 0)
    stored = f'received."{table}"'
    counted: dict[str, tuple[Any, ...]] = {}
    for rule in all_rules:
        if rule.intake:
            failing[rule.name] = sum(counts.get(name, 0) for name in rule.intake)
        elif rule.count_sql:
            sql = rule.count_sql.format(table=stored, year=year)
            if sql not in counted:
                counted[sql] = con.execute(sql).fetchall()[0]
            failing[rule.name] = int(counted[sql][rule.number])
        elif rule.once:
            failing[rule.name] = _rows_repeated(con, stored, rule.once)
    if "pti_vfra_type" in failing:
        failing["rows_within_year"] -= counts.get("types:PTI_VFRA", 0)
    return [Outcome(rule, failing[rule.name]) for rule in all_rules]


def _rows_repeated(con: duckdb.DuckDBPyConnection, stored: str, column: str) -> int:
    """Rows of a table whose value of a numeric column stands more than once; empty ones do not count."""
    import numpy as np

    present = con.execute(f"SELECT {column} FROM {stored} WHERE {column} IS NOT NULL")
    keys = np.asarray(present.fetchnumpy()[column])
    keys.sort()
    as_before = np.concatenate(([False], keys[1:] == keys[:-1], [False]))
    return int((as_before[:-1] | as_before[1:]).sum())


# --- Great Expectations inside DuckDB ---------------------------------------------------------------------------


if "NPY_ENABLE_CPU_FEATURES" not in os.environ:  # numpy takes one of the two
    os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4")
# numpy reads it when it is imported. With AVX-512 it sorts keys five times slower on AMD's Zen 4, whose processors take
# long to store compressed vectors, and with AVX2 hardly slower on others (numpy/x86-simd-sort, issue 6).

UNUSED = ("scipy.stats", "altair")
"""Great Expectations imports them for expectations that no rule is of; that is a third of the time of its import."""


@cache
def make_ready() -> threading.Thread:
    """Begins to import Great Expectations, which takes seconds, beside the work of who calls this."""
    importing = threading.Thread(target=_import_great_expectations, daemon=True)
    importing.start()
    return importing


def _import_great_expectations() -> None:
    for name in UNUSED:
        _import_once_used(name)
    import_module("great_expectations.expectations")
    import_module("assets.intake.dialect")


def _import_once_used(name: str) -> None:
    """Puts a module in place that is imported when something of it is asked for."""
    found = find_spec(name)
    if name in sys.modules or found is None:
        return
    stand_in = ModuleType(name)
    stand_in.__spec__ = found

    def of_the_module(asked: str) -> Any:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), asked)

    vars(stand_in)["__getattr__"] = of_the_module
    sys.modules[name] = stand_in
    package, _, within = name.rpartition(".")
    if package:
        setattr(import_module(package), within, stand_in)


class _Dialect(str):
    """A dialect name as Great Expectations compares it: a text that also answers to `.value`."""

    __slots__ = ()

    @property
    def value(self) -> str:
        return str(self)


def _great_expectations(
    con: duckdb.DuckDBPyConnection, table: str, year: int, rules_to_check: Sequence[Rule]
) -> list[int]:
    """Rows that break each rule, in order. Great Expectations runs its queries on a cursor of this connection."""
    if not rules_to_check:
        return []
    with _validator(con, [table]) as validator:
        kept = _kept(validator, [_expectation(rule, year) for rule in rules_to_check])
        broken = [rule for rule, holds in zip(rules_to_check, kept, strict=True) if not holds]
        counts = _counts(validator, [_expectation(rule, year) for rule in broken])
    counted = {rule.name: rows for rule, rows in zip(broken, counts, strict=True)}
    return [counted.get(rule.name, 0) for rule in rules_to_check]


def _kept(validator: Any, expectations: Sequence[Any]) -> list[bool]:
    """Whether each expectation holds: all of a table's are asked for together, since nearly all hold."""
    return [bool(result.success) for result in _results(validator, expectations, {"result_format": "BOOLEAN_ONLY"})]


def _counts(validator: Any, expectations: Sequence[Any]) -> list[int]:
    """Rows that break each of the expectations that do not hold."""
    counting = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
    return [_failing_rows(result) for result in _results(validator, expectations, counting)]


def _results(validator: Any, expectations: Sequence[Any], form: Mapping[str, Any]) -> list[Any]:
    if not expectations:
        return []
    results = validator.graph_validate(
        configurations=[expectation.configuration for expectation in expectations],
        runtime_configuration={"result_format": dict(form)},
    )
    by_name = {result.expectation_config.meta["rule"]: result for result in results}
    return [by_name[_rule_name(expectation)] for expectation in expectations]


def _rule_name(expectation: Any) -> str:
    return str(expectation.meta["rule"])


def _expectation(rule: Rule, year: int | None = None) -> Any:
    """The rule as Great Expectations is asked it; one about the status day needs the reference year."""
    import great_expectations.expectations as library

    assert rule.expectation is not None
    kind, arguments = rule.expectation
    values = {name: list(v) if isinstance(v, tuple) else v for name, v in arguments}
    if year is not None and values.get("max_value") == "{status_day}":
        values["max_value"] = dt.date(year, 1, 1)
    return getattr(library, kind)(**values, meta={"rule": rule.name})


@cache
def _context() -> Any:
    """What Great Expectations wants to be given with a table: it holds nothing of any."""
    import great_expectations

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


@contextmanager
def _validator(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> Iterator[Any]:
    """A Great Expectations validator on a table of schema `received`, or on the rows of several together."""
    make_ready().join()
    import duckdb_engine
    import sqlalchemy
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine_module
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.validator.validator import Validator
    from sqlalchemy.pool import StaticPool

    from assets.intake.dialect import NAME, SnapshotDialect

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    # Great Expectations closes a connection before it fetches unless its dialect is known to keep one
    kept = engine_module._PERSISTED_CONNECTION_DIALECTS
    if not any(dialect.value == "duckdb" for dialect in kept):
        engine_module._PERSISTED_CONNECTION_DIALECTS = (*kept, _Dialect("duckdb"))
    catalog = con.execute("SELECT current_database()").fetchall()[0][0]
    cursor = con.cursor()
    cursor.execute(f'USE "{catalog}".received')
    table = tables[0]
    if len(tables) > 1:
        table = "together"
        quoted = [f'"{one}"' for one in tables]
        rows = " UNION ALL ".join(f"SELECT * FROM {one}" for one in quoted)
        cursor.execute(f"CREATE TEMP VIEW {table} AS {rows}")
    sqlalchemy.dialects.registry.register(NAME, SnapshotDialect.__module__, SnapshotDialect.__name__)
    engine = sqlalchemy.create_engine(
        f"{NAME.replace('.', '+')}:///:memory:",
        creator=lambda: duckdb_engine.ConnectionWrapper(cursor),
        poolclass=StaticPool,
    )
    execution_engine = SqlAlchemyExecutionEngine(engine=engine)
    data = SqlAlchemyBatchData(execution_engine=execution_engine, table_name=table, create_temp_table=False)
    execution_engine.load_batch_data(table, data)
    try:
        yield Validator(execution_engine=execution_engine, batches=[Batch(data=data)], data_context=_context())
    finally:
        execution_engine.close()
        engine.dispose()
        cursor.close()


def _failing_rows(result: Any) -> int:
    """The count of a result, and nothing else of it. A crashed expectation is an error of its own."""
    if result.success:
        return 0
    count = result.result.get("unexpected_count")
    if not count:
        raise ValidationCrashedError(f"the rule {result.expectation_config.meta['rule']} could not be evaluated")
    return int(count)
