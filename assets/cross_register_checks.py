"""Checks across registers, after promotion: they warn, with a count, and never stop a run.

Each check is a number that a query in `sql/checks/` counts of offending rows, in a column of the check's name; one
counts what stands unread in the folders of the deliveries. What a query counts over whole registers is noted with what
it was counted from, and counted anew once that is another.
What does not belong here: what can be said of a register alone (`assets.intake.validation`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    multi_asset_check,
)

from assets import derivation
from assets.checks import check_spec, outcome
from assets.contracts import LISTE, REGISTER_BY_NAME, REGISTERS, ROW_CHANGE_PCT, status_years
from assets.factory import WRITER_POOL, key_of, law_of, list_year_of
from assets.intake.deliveries import printable, unread
from assets.law_tables import set_law_variables
from law.loader import LegalValue
from pipelines.resources import Run

MAY_BE_EMPTY = sorted(register.name for register in REGISTERS if register.optional or register is LISTE)
"""Registers of which a reference without rows says something: nothing was decided, moved or listed."""
LEFT_UNREAD = "nothing_left_unread"
"""The one check that no query counts: it looks into the folders of the deliveries."""
MOST_NAMED = 10
"""Areas, councils or references that a warning names."""


@dataclass(frozen=True)
class CrossRegisterCheck:
    """A check across registers: the asset it belongs to, what it counts, and what to do about it."""

    name: str
    table: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Query:
    """A file of `sql/checks/`: the checks it counts, and the registers whose content alone its counts follow from.

    It counts a status day at a time, of the registers of that day and of the year that it ends; a later list year that
    shares the day finds it counted. No register: it rests on more than registers, is quick, is counted in every run,
    and names what it counted (areas, councils or references, never persons).
    """

    file: str
    checks: tuple[str, ...]
    reads: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        return (derivation.SQL / "checks" / f"{self.file}.sql").read_text(encoding="utf-8")


QUERIES = (
    Query(
        "persons_and_dwellings",
        ("residents_without_dwelling", "municipality_of_person_and_dwelling"),
        ("registers.bef", "registers.bolig"),
    ),
    Query("dwellings_without_parcel", ("dwellings_without_parcel",), ("registers.bolig",)),
    Query("of_persons_in_population", ("of_persons_in_population",), ("registers.of", "registers.bef")),
    Query("kraf_persons_in_population", ("kraf_persons_in_population",), ("registers.kraf", "registers.bef")),
    Query("row_counts_steady", ("row_counts_steady",)),
    Query("references_without_rows", ("references_without_rows",)),
    Query("migrations_both_ways", ("migrations_both_ways",)),
    Query("files_delivered_once", ("files_delivered_once",)),
    Query("areas_without_residents", ("areas_without_residents",)),
    Query("council_decisions_valid", ("council_decisions_valid",)),
)

CROSS_REGISTER_CHECKS = (
    CrossRegisterCheck(
        "residents_without_dwelling",
        "areas.area_residents",
        "persons in bef without a dwelling in bolig",
        "They count in the country and in no area. Compare with last year's count.",
    ),
    CrossRegisterCheck(
        "dwellings_without_parcel",
        "areas.area_dwellings",
        "dwellings in bolig without a parcel",
        "They stand in no area. Ask for the cadastre key.",
    ),
    CrossRegisterCheck(
        "municipality_of_person_and_dwelling",
        "areas.area_residents",
        "persons whose KOM differs from their dwelling's",
        "The person's decides the region, the dwelling's the cap. Ask which register is late.",
    ),
    CrossRegisterCheck(
        "of_persons_in_population",
        "areas.area_residents",
        "rows in of for persons not in bef",
        "They do not count. Expected for persons who died or left.",
    ),
    CrossRegisterCheck(
        "kraf_persons_in_population",
        "areas.area_residents",
        "rows in kraf for persons not in bef",
        "They do not count. Expected for persons who died or left.",
    ),
    CrossRegisterCheck(
        "row_counts_steady",
        "areas.area_residents",
        f"references with a row count more than {ROW_CHANGE_PCT} pct. off the previous reference",
        "Ask the register's owner before the list is published.",
    ),
    CrossRegisterCheck(
        "references_without_rows",
        "areas.area_residents",
        "references with no row at all",
        "What they hold counts for nobody. Ask the register's owner before the list is published.",
    ),
    CrossRegisterCheck(
        "migrations_both_ways",
        "areas.area_residents",
        "years of migrations in one direction alone",
        "The report has no net immigration of them. Ask for the other direction.",
    ),
    CrossRegisterCheck(
        "files_delivered_once",
        "areas.area_residents",
        "files with the bytes of another file beside them",
        "Each counts by itself. Take the copies away.",
    ),
    CrossRegisterCheck(
        LEFT_UNREAD,
        "areas.area_residents",
        "files and folders of deliveries that are not read",
        "A later delivery stands in a folder named YYYY-MM-DD, its files in that folder. Take away what is none.",
    ),
    CrossRegisterCheck(
        "areas_without_residents",
        "criteria.residents",
        "areas without residents",
        "Check the parcels of the area's boundary.",
    ),
    CrossRegisterCheck(
        "council_decisions_valid",
        "cap.council_decisions",
        "council decisions for an area that is no forebyggelsesområde of that municipality on this list",
        "They are ignored. Tell the council.",
    ),
)


def _named(names: Sequence[str]) -> str:
    """The first of what was counted."""
    shown = [printable(name) for name in names[:MOST_NAMED]]
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return f" ({', '.join([*shown, *more])})" if names else ""


def _told(item: CrossRegisterCheck, count: int, named: str) -> str:
    return f"{item.what[0].upper()}{item.what[1:]}: {count}{named}. {item.remedy}"


def _counts_of_status_days(
    con: duckdb.DuckDBPyConnection, list_year: int, years: Sequence[int], queries: Sequence[Query]
) -> Counter[str]:
    """What queries over registers count on the status days of a list year, together."""
    promoted = con.execute(
        "SELECT register, reference_year, content_sha256 FROM registers.promoted WHERE list_year = ?", [list_year]
    ).fetchall()
    contents = {(f"registers.{register}", int(year)): str(content) for register, year, content in promoted}
    total: Counter[str] = Counter()
    for year in years:
        con.execute("SET VARIABLE status_year = CAST(? AS SMALLINT)", [year])
        for query in queries:
            sources = {read: contents.get((read, _reference_year(read, year)), "") for read in query.reads}
            made_from = derivation.query_fingerprint(query.sql, query.reads, sources)
            total.update(derivation.counts(con, query.checks, list_year, query.sql, made_from))
    return total


def _left_unread(con: duckdb.DuckDBPyConnection, list_year: int, snapshots: Path) -> list[str]:
    """What stands beside the deliveries that a list year reads. Nothing where the folder cannot be looked into."""
    query = "SELECT register, reference FROM registers.promoted WHERE list_year = ? ORDER BY ALL"
    found: list[str] = []
    for register, reference in con.execute(query, [list_year]).fetchall():
        with suppress(OSError):
            found += unread(snapshots, REGISTER_BY_NAME[register], reference)
    return found


def _reference_year(read: str, status_year: int) -> int:
    """The reference of a register that belongs to a status day: the day's own, or that of the year it ends."""
    register = REGISTER_BY_NAME[read.removeprefix("registers.")]
    return status_year if register.reference == "status_day" else status_year - 1


def _counted(
    con: duckdb.DuckDBPyConnection,
    asked: Set[str],
    law: Mapping[str, LegalValue],
    list_year: int,
    snapshots: Path,
) -> tuple[Mapping[str, int], Mapping[str, str]]:
    """The counts of the checks that are asked for, and what some of them name. A query that no check of these needs is
    not run."""
    wanted = [query for query in QUERIES if not asked.isdisjoint(query.checks)]
    of_registers = [query for query in wanted if query.reads]
    counts = _counts_of_status_days(con, list_year, status_years(law, list_year), of_registers)
    named: dict[str, str] = {}
    for query in wanted:
        if not query.reads:
            ((count, which),) = con.execute(query.sql).fetchall()
            (name,) = query.checks
            counts[name], named[name] = int(count), _named(which or [])
    if LEFT_UNREAD in asked:
        left = _left_unread(con, list_year, snapshots)
        counts[LEFT_UNREAD], named[LEFT_UNREAD] = len(left), _named(left)
    return counts, named


def _check_key(item: CrossRegisterCheck) -> AssetCheckKey:
    return AssetCheckKey(key_of(item.table), item.name)


@multi_asset_check(
    name="cross_register_checks",
    specs=[check_spec(item.table, item.name, f"Counts {item.what}. {item.remedy}") for item in CROSS_REGISTER_CHECKS],
    description="Checks across registers.",
    can_subset=True,
    pool=WRITER_POOL,
)
def cross_register_checks(context: AssetCheckExecutionContext, run: Run) -> Iterator[AssetCheckResult]:
    """Every check across registers that is asked for: those of the assets that are materialised."""
    list_year = list_year_of(context)
    law = law_of(run, list_year)
    wanted = [item for item in CROSS_REGISTER_CHECKS if _check_key(item) in context.selected_asset_check_keys]
    with run.warehouse() as con:
        derivation.prepare_session(con)
        set_law_variables(con, law, list_year)
        con.execute("SET VARIABLE row_change_pct = CAST(? AS INTEGER)", [ROW_CHANGE_PCT])
        con.execute("SET VARIABLE may_be_empty = CAST(? AS VARCHAR[])", [MAY_BE_EMPTY])
        asked = {item.name for item in wanted}
        counts, named = _counted(con, asked, law, list_year, run.snapshot_folder)
    for item in wanted:
        count = counts[item.name]
        lines = [_told(item, count, named.get(item.name, ""))] if count else []
        yield outcome(item.table, item.name, count, lines, item.remedy)


CHECKS = [cross_register_checks]
