"""Received snapshots: one asset per register that finds, hashes and stores what was delivered, and its checks.

A snapshot stands here under the hash of its content until `assets.registers` promotes it. The checks are the
closed list of what stops a run and what only warns. What does not belong here: how a file is read
(`assets.intake.storing`) and how a rule is evaluated (`assets.intake.validation`).
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import duckdb
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableMetadataValue,
    TableRecord,
    TableSchema,
)

from assets import warehouse
from assets.checks import check_spec, outcome
from assets.contracts import REGISTERS, Register
from assets.documentation import contract_text, described, materialized
from assets.factory import OWNER, key_of, law_of, list_year_of, one_step
from assets.intake import deliveries, snapshots, validation
from assets.partitions import LIST_YEARS
from law.loader import LegalValue
from pipelines.resources import Run

SECONDS_BETWEEN_INTERRUPTS = 0.05

DELIVERY_CHECKS = {
    "delivered": "Every reference that the list year needs was delivered.",
    "readable": "Every file can be read to its end.",
    "columns": "Every required column is in every file.",
}
DELIVERY_REMEDY = (
    "Put the delivery, whole and readable, in its folder, and run again; the check's description says where."
)


def _table(register: Register) -> str:
    return f"received.{register.name}"


def _key(register: Register) -> AssetKey:
    return key_of(_table(register))


def _spec(register: Register) -> AssetSpec:
    return AssetSpec(
        _key(register),
        group_name="received",
        partitions_def=LIST_YEARS,
        description=(
            f"{register.title}: what was delivered. {register.description} Each reference and vintage is read once "
            "and stored under the hash of its content, contract columns alone."
        ),
        kinds={"duckdb", "file"},
        owners=[OWNER],
        tags={
            "layer": "received",
            "register": register.name,
            "confidentiality": "person_level" if register.personal else "aggregate",
        },
        metadata=described(
            _table(register),
            f"{register.title}, modtaget",
            source=register.source,
            contract=MetadataValue.md(contract_text(register)),
        ),
        code_version=register.fingerprint,
    )


def _check_specs(register: Register) -> list[AssetCheckSpec]:
    named = [(name, text, True) for name, text in DELIVERY_CHECKS.items()]
    named += [(r.name, f"Counts rows where {r.what}. {r.remedy}", r.blocking) for r in validation.rules(register)]
    return [check_spec(_table(register), *told) for told in named]


@one_step(
    name="received",
    specs=[_spec(register) for register in REGISTERS],
    check_specs=[spec for register in REGISTERS for spec in _check_specs(register)],
)
def received(context: AssetExecutionContext, run: Run) -> Iterator[MaterializeResult | AssetCheckResult]:
    """Every register that is asked for, in one step: while one is judged the next is stored.

    Judging is Python and one core, storing is DuckDB and needs the interpreter little.
    """
    list_year = list_year_of(context)
    law = law_of(run, list_year)
    storing = [register for register in snapshots.IN_TURN if _key(register) in context.selected_asset_keys]
    with run.warehouse() as con, warehouse.beside(con) as second, ThreadPoolExecutor(max_workers=1) as ahead:
        books = snapshots.read_books(con, list_year)
        stored = {r.name: ahead.submit(_received, second, r, law, list_year, run, books) for r in storing}
        try:
            for register in snapshots.IN_TURN:
                if register.name in stored:
                    yield stored[register.name].result()
                if asked := {c for c in context.selected_asset_check_keys if c.asset_key == _key(register)}:
                    yield from (told for told in _checked(con, register, books) if _check_key(told) in asked)
        except BaseException:
            ahead.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in stored.values()):
                second.interrupt()  # which stops only the statement that runs just now
                time.sleep(SECONDS_BETWEEN_INTERRUPTS)
            raise


def _received(
    con: duckdb.DuckDBPyConnection,
    register: Register,
    law: Mapping[str, LegalValue],
    list_year: int,
    run: Run,
    books: snapshots.Books,
) -> MaterializeResult:
    folder = run.snapshot_folder
    wanted = snapshots.wanted_references(
        con, register, law, list_year, deliveries.delivered_years(folder, register, list_year)
    )
    items = snapshots.receive(con, register, wanted, list_year, folder, run.at_home.scratch, books)
    found = {
        "references": ", ".join(item.reference for item in items),
        "delivery_faults": sum(len(item.faults) for item in items),
        "files": _files_told(items, books),
    }
    content = hashlib.sha256(repr([(i.reference, i.vintage, i.content_sha256) for i in items]).encode())
    rows = books.stored_rows(items)
    return materialized(_table(register), rows, content.hexdigest(), found)


def _files_told(items: Iterable[snapshots.Received], books: snapshots.Books) -> TableMetadataValue:
    """The files behind a register, so that who stands at the asset sees which bytes were read."""
    columns = ("reference", "vintage", "file", "rows", "sha256")
    records = [
        TableRecord(dict(zip(columns, (item.reference, item.vintage, name, rows, sha256), strict=True)))
        for item in items
        for name, sha256, rows in books.files.get(item.content_sha256 or "", [])
    ]
    return MetadataValue.table(records, TableSchema([TableColumn(column) for column in columns]))


def _checked(con: duckdb.DuckDBPyConnection, register: Register, books: snapshots.Books) -> Iterator[AssetCheckResult]:
    table = _table(register)
    faults, checked = snapshots.check(con, register, books)
    for name in DELIVERY_CHECKS:
        lines = [fault.line for fault in faults if fault.check == name]
        yield outcome(table, name, len(lines), lines, DELIVERY_REMEDY, blocking=True)
    for item in checked:
        rule = item.rule
        yield outcome(table, rule.name, item.failing_rows, item.lines, rule.remedy, blocking=rule.blocking)


def _check_key(result: AssetCheckResult) -> AssetCheckKey:
    assert result.asset_key is not None
    assert result.check_name is not None
    return AssetCheckKey(result.asset_key, result.check_name)


ASSETS = [received]
