"""The law of the list year as assets: parameters and code lists in force on 1 December.

What does not belong here: the values (`law/`) and how the tables are filled (`assets.law_tables`).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetExecutionContext,
    AssetSpec,
    MaterializeResult,
    multi_asset_check,
)

from assets.checks import check_spec, outcome
from assets.derivation import record_fingerprint, recorded_fingerprints
from assets.documentation import described, materialized
from assets.factory import OWNER, WRITER_POOL, key_of, law_of, list_year_of, one_step
from assets.law_tables import LAW_TABLES, LawTable, fill_law_table, law_fingerprints
from assets.partitions import LIST_YEARS
from assets.warehouse import transaction
from law.loader import LegalValue, list_day, statistics_law
from pipelines.resources import Run


def _spec(table: LawTable) -> AssetSpec:
    return AssetSpec(
        key_of(f"law.{table.name}"),
        group_name="law",
        description=f"{table.title}. {table.description}",
        kinds={"duckdb", "yaml" if table.name == "parameters" else "csv"},
        owners=[OWNER],
        tags={"layer": "law", "confidentiality": "public"},
        metadata=described(f"law.{table.name}", table.title, ("§ 61 a", "§ 61 b", "§ 59, stk. 7")),
        code_version=statistics_law().sha256,
        partitions_def=LIST_YEARS,
    )


@one_step(name="law", specs=[_spec(table) for table in LAW_TABLES])
def law_tables(context: AssetExecutionContext, run: Run) -> Iterator[MaterializeResult]:
    """Every table of the law that is asked for, in one step: they are small and come from the same files."""
    list_year = list_year_of(context)
    law = law_of(run, list_year)
    wanted = [table for table in LAW_TABLES if key_of(f"law.{table.name}") in context.selected_asset_keys]
    with run.warehouse() as con:
        filled = _filled(con, wanted, law, list_year)
    yield from filled


def _filled(
    con: duckdb.DuckDBPyConnection, tables: Sequence[LawTable], law: Mapping[str, LegalValue], list_year: int
) -> list[MaterializeResult]:
    fingerprints, recorded = law_fingerprints(law, list_day(list_year)), recorded_fingerprints(con, list_year)
    filled = []
    with transaction(con):
        for table in tables:
            name = f"law.{table.name}"
            rows, content = fill_law_table(con, table, law, list_year, list_day(list_year))
            if recorded.get(name) != fingerprints[name]:
                record_fingerprint(con, name, list_year, fingerprints[name])
            filled.append(materialized(name, rows, content, {"fingerprint": fingerprints[name]}))
    return filled


CONFIRMED = "confirmed_within_a_year"


@multi_asset_check(
    name="law_parameters_checks",
    specs=[
        check_spec(
            "law.parameters",
            CONFIRMED,
            "Every legal value of the list was held against its source within a year of the run.",
        )
    ],
    pool=WRITER_POOL,
)
def parameters_confirmed(context: AssetCheckExecutionContext, run: Run) -> Iterator[AssetCheckResult]:
    """Warns of legal values that nobody has held against the act for more than a year, or only on a day to come."""
    list_year = list_year_of(context)
    law_of(run, list_year)
    stale = run.law.unconfirmed_since(run.day, list_day(list_year))
    ahead = run.law.confirmed_after(run.latest_day, list_day(list_year))
    yield outcome(
        "law.parameters",
        CONFIRMED,
        len({value.parameter for value in (*stale, *ahead)}),
        _unconfirmed_lines(stale, ahead, run.day),
        "Hold the values against the act and set the day they were confirmed.",
    )


def _unconfirmed_lines(stale: Sequence[LegalValue], ahead: Sequence[LegalValue], day: dt.date) -> Iterator[str]:
    if stale:
        told = f"{len(stale)} legal values were last confirmed more than a year before {day}"
        yield f"{told}, the first: {stale[0].parameter}. Hold them against the act and set confirmed."
    if ahead:
        first = f"{ahead[0].parameter} on {ahead[0].confirmed}"
        told = f"Said to be confirmed on a day to come: {len(ahead)} of the legal values, the first {first}"
        yield f"{told}. Set the day that someone held it against the act."


ASSETS = [law_tables]
CHECKS = [parameters_confirmed]
