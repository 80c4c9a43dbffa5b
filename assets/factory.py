"""Builds the Dagster assets of a layer's derived tables from their entries in `assets.derivation`.

What does not belong here: which tables there are, and what they mean.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, partial

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    OpExecutionContext,
    multi_asset,
)

from assets import derivation
from assets.contracts import LISTE, REGISTER_BY_NAME
from assets.derivation import Derived
from assets.disclosure.limits import set_limit_variables
from assets.documentation import content_of, described, materialized, paragraph_link
from assets.intake.snapshots import NOTHING_PROMOTED, promoted_fingerprints
from assets.law_tables import law_fingerprints, set_law_variables
from assets.partitions import LIST_YEARS, ONE_YEAR_A_RUN, earlier_list_years
from law.loader import LawError, LegalValue, list_day, report_law, shipped_law, statistics_law
from pipelines.resources import Run

WRITER_POOL = "warehouse"
REPORT = "report"
OWNER = "team:boligomraader"

one_step = partial(multi_asset, can_subset=True, backfill_policy=ONE_YEAR_A_RUN, pool=WRITER_POOL)
"""Assets that are made in one step. Any of them may be asked for alone; a run is of one list year and writes alone."""


def key_of(table: str) -> AssetKey:
    """The asset of a table: its schema and its name."""
    return AssetKey(table.split("."))


def list_year_of(context: AssetExecutionContext | AssetCheckExecutionContext | OpExecutionContext) -> int:
    """The list year of a step: its partition."""
    return int(context.partition_key)


def law_of(run: Run, list_year: int) -> Mapping[str, LegalValue]:
    """The law in force on 1 December of the list year; refuses a year after the run's day or that no law covers."""
    if list_year > run.day.year:
        raise Failure(
            f"list year {list_year} is in the future on {run.day}: run it in {list_year}.", allow_retries=False
        )
    try:
        return run.law.for_list_year(list_year)
    except LawError as error:
        raise Failure(str(error), allow_retries=False) from None


def register_and_law_fingerprints(
    con: duckdb.DuckDBPyConnection, law: Mapping[str, LegalValue], list_year: int, day: dt.date
) -> dict[str, str]:
    """What identifies the registers promoted for a list year, and a law with its code lists of a day."""
    promoted = promoted_fingerprints(con, list_year)
    return {**{f"registers.{name}": value for name, value in promoted.items()}, **law_fingerprints(law, day)}


def source_fingerprints(
    con: duckdb.DuckDBPyConnection, law: Mapping[str, LegalValue], list_year: int
) -> dict[str, str]:
    """What identifies the inputs of the derivation: promoted registers, the law, the history of earlier years."""
    sources = register_and_law_fingerprints(con, law, list_year, list_day(list_year))
    history = con.execute(
        """
        SELECT editions.list_year, history.area_id, history.parallelsamfund
        FROM published.editions AS editions
        LEFT JOIN published.parallelsamfund_history AS history
            ON history.list_year = editions.list_year AND history.year = editions.list_year
        WHERE editions.list_year < ?
        ORDER BY ALL
        """,
        [list_year],
    ).fetchall()
    sources["published.parallelsamfund_history"] = repr(history)
    editions = con.execute(
        "SELECT list_year, manifest_sha256 FROM published.editions WHERE list_year <= ? ORDER BY ALL", [list_year]
    ).fetchall()
    sources[derivation.EDITION] = repr(editions)
    return sources


def refuse_stale(
    con: duckdb.DuckDBPyConnection, law: Mapping[str, LegalValue], list_year: int, tables: Iterable[str]
) -> dict[str, str]:
    """What identifies the inputs of the derivation; raises Failure where one of the tables was derived from others."""
    sources = source_fingerprints(con, law, list_year)
    stale = derivation.stale_tables(derivation.recorded_fingerprints(con, list_year), sources, tables)
    if stale:
        raise Failure(
            f"derived from other inputs than those now promoted: {', '.join(stale)}. Materialise the whole job.",
            allow_retries=False,
        )
    return sources


def layer(schema: str) -> list[AssetsDefinition]:
    """The assets of every derived table of a schema, one step for them all: of those that are asked for, each is told
    as soon as it is derived, in the order of derivation."""
    tables = [derived for derived in derivation.TABLE_BY_NAME.values() if derived.schema == schema]

    @one_step(name=f"{schema}_tables", specs=[_spec(derived) for derived in tables])
    def compute(context: AssetExecutionContext, run: Run) -> Iterator[MaterializeResult]:
        list_year = list_year_of(context)
        law = law_of(run, list_year)
        with run.warehouse() as con:
            derivation.prepare_session(con)
            set_law_variables(con, law, list_year)
            if schema == REPORT:
                prepare_report(con, list_year)
            sources = source_fingerprints(con, law, list_year)
            recorded = derivation.recorded_fingerprints(con, list_year)
            stored = derivation.stored_tables(con)
            for derived in tables:
                if key_of(derived.table) in context.selected_asset_keys:
                    yield _made(con, derived, list_year, sources, recorded, stored)

    return [compute]


def _spec(derived: Derived) -> AssetSpec:
    """The asset of a derived table, which runs the table's SQL file for a list year."""
    return AssetSpec(
        key_of(derived.table),
        group_name=derived.schema,
        deps=[_dep(derived, read) for read in _waits_for(derived)],
        partitions_def=LIST_YEARS,
        description=_description(derived),
        kinds={"duckdb", "sql"},
        owners=[OWNER],
        tags={
            "layer": derived.schema,
            "confidentiality": "person_level" if derived.kind == "view" else "aggregate",
            **register_tags(derived.table),
        },
        metadata=described(derived.table, derived.title, derived.paragraphs),
        code_version=code_version(derived),
    )


def _made(
    con: duckdb.DuckDBPyConnection,
    derived: Derived,
    list_year: int,
    sources: Mapping[str, str],
    recorded: dict[str, str],
    stored: Collection[str],
) -> MaterializeResult:
    """Derives a table from what is there now, unless the list year's rows were derived by the same SQL from the same
    inputs before, and notes it in `recorded`. `stored` names the tables that are there.

    Raises Failure where that is not what the list year rests on.
    """
    _refuse_unready(derived, list_year, recorded, sources)
    value = derivation.fingerprint(derived.table, sources)
    # the report's tables rest besides on disclosure limits, which are not in their fingerprint
    made_before = derived in derivation.TABLES and derived.table in stored and recorded.get(derived.table) == value
    try:
        if not made_before:
            derivation.derive(con, derived, list_year, value)
        if derived.kind == "view":  # it stores no row: what it shows follows from its inputs alone
            rows, version = derivation.rows_shown(con, derived, list_year, value), value
        else:
            rows, version = content_of(con, derived.table, list_year)
    except derivation.DerivationError as error:
        raise Failure(str(error), allow_retries=False) from None
    recorded[derived.table] = value
    return materialized(derived.table, rows, version, {"fingerprint": value})


def _waits_for(derived: Derived) -> tuple[str, ...]:
    """What a table is derived after: what it reads, and for the report the sealed edition, which never waits for it."""
    extra = (derivation.EDITION,) if derived.schema == REPORT else ()
    return tuple(dict.fromkeys((*derived.reads, *extra)))


def prepare_report(con: duckdb.DuckDBPyConnection, list_year: int) -> None:
    """Gives the SQL of the report its own choices of method and the disclosure limits."""
    set_law_variables(con, report_law().for_list_year(list_year), list_year)
    set_limit_variables(con)


def code_version(derived: Derived) -> str:
    """Hash of a table's SQL and macros and, where it asks the law, of the legal parameters."""
    digest = hashlib.sha256(derivation.fingerprint_of_code(derived).encode())
    if any(read.startswith("law.") for read in derived.reads):
        law = report_law() if derived.schema == REPORT else statistics_law()
        digest.update(law.sha256.encode())
    return digest.hexdigest()


def register_tags(*tables: str) -> dict[str, str]:
    """A tag `register/<name>` for every register that tables are derived from, however far up."""
    return {f"register/{name}": "" for name in sorted(frozenset().union(*map(_registers_behind, tables)))}


@cache
def _registers_behind(table: str) -> frozenset[str]:
    schema, name = table.split(".")
    if schema == "registers":
        return frozenset({name})
    if table == derivation.EDITION:
        return frozenset().union(*(_registers_behind(sealed) for sealed in derivation.PUBLISHED))
    derived = derivation.TABLE_BY_NAME.get(table)
    return frozenset().union(*(_registers_behind(read) for read in _waits_for(derived))) if derived else frozenset()


def _dep(derived: Derived, read: str) -> AssetDep:
    """A table of schema `published` is what earlier list years of the same table were sealed as."""
    if read == f"published.{derived.name}":
        years = shipped_law().parameters["omdannelsesomraade.years"].values[-1].value
        assert isinstance(years, int)
        return AssetDep(key_of(derived.table), partition_mapping=earlier_list_years(years))
    return AssetDep(key_of(read))


def _description(derived: Derived) -> str:
    law = ", ".join(paragraph_link(paragraph) for paragraph in derived.paragraphs)
    return f"{derived.title}. {derived.description}\n\n{law}\n\n```sql\n{derived.sql}\n```"


def _refuse_unready(derived: Derived, list_year: int, recorded: Mapping[str, str], sources: Mapping[str, str]) -> None:
    """A table is derived only from promoted registers and from tables derived from the present ones."""
    for read in derived.reads:
        if read.startswith("registers."):
            register = REGISTER_BY_NAME[read.removeprefix("registers.")]
            if not register.optional and register is not LISTE and sources[read] == NOTHING_PROMOTED:
                raise Failure(
                    f"{derived.table}: {read} is not promoted for list year {list_year}. Materialise {read} first.",
                    allow_retries=False,
                )
        elif read.startswith("law.") and recorded.get(read) != sources[read]:
            raise Failure(
                f"{derived.table}: {read} is not filled from the present law. Materialise {read} first.",
                allow_retries=False,
            )
        elif read in derivation.TABLE_BY_NAME and recorded.get(read) != derivation.fingerprint(read, sources):
            raise Failure(
                f"{derived.table}: {read} was derived from other inputs than stand here now. Materialise it anew "
                "first; a delivery that was forgotten must be delivered again.",
                allow_retries=False,
            )
