"""The administration's assets: the sealed edition, each table of cases, the decisions, and what is written out.

Here belongs how the systems hang together in Dagster. What does not belong here: what any system decides.
Metadata and logs hold counts, never a case.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, Failure, MaterializeResult, asset

from assets.administration import (
    area_rules,
    assignments,
    cap,
    edition,
    funds,
    intake,
    letting,
    occupancy,
    plans,
    private_letting,
    publishing,
    refund_queue,
    refunds,
)
from assets.administration.binding import read_binding
from assets.administration.case_tables import CASE_TABLES, CaseTable
from assets.administration.documentation import (
    code_version,
    code_version_of_decisions,
    described,
    typed_columns,
)
from assets.administration.errors import AdministrationError
from assets.administration.legal_basis import first_day
from assets.administration.regimes import read_lists
from assets.administration.run import Administration
from assets.administration.store import Output, append_rows, told
from pipelines.failures import plain

PREFIX = "administration"
OWNER = "team:boligomraader"
POOL = "administration"
EDITION = AssetKey([PREFIX, "sealed_edition"])
SOURCE_OF_LISTS = "almenboligloven §§ 61 a and 61 b"

Decide = Callable[[duckdb.DuckDBPyConnection, Administration], Mapping[str, int]]


def key_of(name: str) -> AssetKey:
    """The asset of an output."""
    return AssetKey([PREFIX, name])


def case_key(name: str) -> AssetKey:
    """The asset of a table of cases."""
    return AssetKey([PREFIX, "cases", name])


@asset(
    key=EDITION,
    group_name="sealed_edition",
    description="The sealed edition of the list year and earlier ones of the home: all that is read of the statistics.",
    owners=[OWNER],
    kinds={"duckdb"},
    metadata=described("Den forseglede udgave", edition.TABLES, SOURCE_OF_LISTS),
    tags={"layer": "sealed_edition", "confidentiality": "public"},
    code_version=code_version(edition),
    pool=POOL,
)
def sealed_edition(administration: Administration) -> MaterializeResult:
    """Loads the editions, empties schema `cases` and sets the day of the run."""
    with _one_line_failures(), administration.opened() as con:
        found = begin(con, administration)
    return MaterializeResult(metadata={"editions": len(found), "newest_list_year": found[-1].list_year})


def begin(con: duckdb.DuckDBPyConnection, run: Administration) -> list[edition.SealedEdition]:
    """Makes the store this run's: its editions, its day, no cases yet, and no decision of an earlier run."""
    intake.check_folder(run.case_folder)
    found = edition.load(con, run.home_folder, run.list_year)
    law = run.law
    first_days = {
        "first_day_of_law": first_day(law, assignments.PARAMETERS),
        "first_instant_of_refunds": first_day(law, refund_queue.PARAMETERS),
        "first_day_of_frame": law.parameters["renoveringsramme.frame_2018"].values[0].effective_from,
    }
    intake.prepare(con, run.on_day, first_days)
    con.execute("CREATE OR REPLACE TABLE cases.editions (list_year SMALLINT, manifest_sha256 VARCHAR)")
    editions = [[sealed.list_year, sealed.manifest_sha256] for sealed in found]
    append_rows(con, "cases.editions", ("list_year", "manifest_sha256"), editions)
    con.execute("CREATE TABLE cases.run (list_year SMALLINT, day DATE)")
    con.execute("INSERT INTO cases.run VALUES (?, ?)", [run.list_year, run.on_day])
    publishing.forget(con, OUTPUTS, run.list_year)
    return found


def _undo_what_rests_on(con: duckdb.DuckDBPyConnection, table: CaseTable) -> None:
    """A table that is received anew leaves undone what was received or decided by its earlier rows."""
    tables = {table.name}
    for other in CASE_TABLES:  # each comes after those that its rules look into
        if tables & set(other.after):
            tables.add(other.name)
    systems: set[str] = set()
    for system in SYSTEMS:
        if tables & set(system.cases) or systems & set(system.after):
            systems.add(system.name)
    con.execute('DELETE FROM cases.intake WHERE list_contains(?, "table")', [sorted(tables)])
    con.execute("DELETE FROM cases.decided WHERE list_contains(?, system)", [sorted(systems)])


def _refuse_undone(con: duckdb.DuckDBPyConnection, tables: Iterable[str], systems: Iterable[str]) -> None:
    """Raises AdministrationError where what a table or a system rests on is newer than what was made of it."""
    received = {row[0] for row in con.execute('SELECT "table" FROM cases.intake').fetchall()}
    decided = {row[0] for row in con.execute("SELECT system FROM cases.decided").fetchall()}
    undone = [f"cases/{name}" for name in tables if name not in received]
    undone += [name for name in systems if name not in decided]
    if undone:
        raise AdministrationError(f"materialise {', '.join(undone)} first: what they rest on is newer")


def _case_asset(table: CaseTable) -> AssetsDefinition:
    @asset(
        key=case_key(table.name),
        group_name="cases",
        deps=[EDITION, *(case_key(name) for name in table.after)],
        description=f"{table.description} ({table.paragraph})",
        owners=[OWNER],
        kinds={"duckdb"},
        metadata=described(table.title, {f"cases.{table.name}": typed_columns(table)}, table.paragraph),
        tags={"layer": "cases", "confidentiality": "person_level"},
        code_version=code_version(intake, repr(table)),
        pool=POOL,
    )
    def received(administration: Administration) -> MaterializeResult:
        with _one_line_failures(), administration.store() as con:
            _undo_what_rests_on(con, table)
            counts = intake.receive(con, administration.case_folder, table)
        return MaterializeResult(
            metadata={
                "rows_in": counts.rows_in,
                "accepted": counts.accepted,
                "refused": counts.refused,
                "dagster/row_count": counts.accepted,
            }
        )

    return received


@dataclass(frozen=True)
class System:
    """One system: its Danish title, the tables that it writes with the foremost first, the cases it reads, how it
    decides, its paragraphs, and the systems that come before it."""

    name: str
    title: str
    outputs: tuple[Output, ...]
    cases: tuple[str, ...]
    decide: Decide
    description: str
    paragraph: str
    after: tuple[str, ...] = ()


def _decision_asset(system: System) -> AssetsDefinition:
    @asset(
        key=key_of(system.name),
        group_name="decisions",
        deps=[EDITION, *(case_key(table) for table in system.cases), *(key_of(other) for other in system.after)],
        description=system.description,
        owners=[OWNER],
        kinds={"duckdb"},
        metadata=described(system.title, {o.name: o.columns for o in system.outputs}, system.paragraph),
        tags={"layer": "decisions", "confidentiality": "person_level"},
        code_version=code_version_of_decisions(),
        pool=POOL,
    )
    def decided(context: AssetExecutionContext, administration: Administration) -> MaterializeResult:
        with _one_line_failures(), administration.store() as con:
            _refuse_undone(con, system.cases, system.after)
            counts = system.decide(con, administration)
            con.execute("INSERT INTO cases.decided VALUES (?)", [system.name])
        context.log.info(f"{system.name}: " + ", ".join(f"{key} {value}" for key, value in counts.items()))
        return MaterializeResult(metadata=dict(counts))

    return decided


@contextmanager
def _one_line_failures() -> Iterator[None]:
    """Turns what stops a step into a Dagster failure of one line that holds no case value: messages of errors may quote
    a row, and what a step raises is stored in the event log."""
    try:
        yield
    except AdministrationError as error:
        raise Failure(str(error), allow_retries=False) from None
    except duckdb.Error as error:
        raise Failure(told(error), allow_retries=False) from None
    except Exception as error:
        raise Failure(plain(error), allow_retries=False) from None


def _decide_assignments(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    years = assignments.lists_judged_by(run.law, read_lists(con, run.list_year))
    bindings = {year: read_binding(con, run.law, year) for year in years}
    return assignments.decide(con, run.law, run.list_year, bindings)


def _write_refund_ledger(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    return refunds.write_ledger(con, run.law, run.list_year, run.on_day)


def _write_area_rules(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    binding = read_binding(con, run.law, run.list_year)
    return area_rules.write_area_rules(con, run.law, binding, run.on_day)


def _write_cap(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    return cap.write_cap(con, run.law, read_lists(con, run.list_year))


def _write_letting(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    return letting.write_letting(con, run.law, read_lists(con, run.list_year))


def _write_occupancy(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    return occupancy.write_occupancy(con, run.law, read_lists(con, run.list_year))


def _write_private_letting(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    return private_letting.write_private_letting(con, run.law, run.list_year, run.on_day)


def _write_funds(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    binding = read_binding(con, run.law, run.list_year)
    return funds.write_funds(con, run.law, binding.lists, binding.plans)


def _write_plans(con: duckdb.DuckDBPyConnection, run: Administration) -> Mapping[str, int]:
    return plans.write_plans(con, run.law, read_binding(con, run.law, run.list_year), run.on_day)


SYSTEMS: tuple[System, ...] = (
    System(
        "assignment_decisions",
        "Afgørelser om anvisning",
        (assignments.ASSIGNMENT_DECISIONS, assignments.ASSIGNMENT_BASIS, assignments.ASSIGNMENT_GROUNDS),
        ("members", "benefit_months", "assignments", "development_plans"),
        _decide_assignments,
        "Whether a household may be assigned a vacant home, with every ground and what is missing.",
        "almenboligloven § 59, stk. 6-9",
    ),
    System(
        "refund_ledger",
        "Refusionskøen",
        (refunds.REFUND_LEDGER, refunds.REFUND_BASIS),
        ("refund_events",),
        _write_refund_ledger,
        "The refund queue of private agreements: every change with its balances.",
        "boligforholdsloven § 55; BEK nr. 754/2022",
    ),
    System(
        "area_rules",
        "Regler, der gælder i områderne",
        (area_rules.AREA_RULES,),
        ("development_plans",),
        _write_area_rules,
        "Which rules a status sets in motion in each area, since when and why.",
        "almenboligloven §§ 28, 51 c, 59, 60, 165 a and 168 a",
    ),
    System(
        "cap_decisions",
        "Loftet over kommunal anvisning",
        (cap.CAP_DECISIONS, cap.CAP_OPTIONS),
        (),
        _write_cap,
        "What a council above the cap may decide: every minimal set of areas to exempt, beside its decision.",
        "almenboligloven § 59, stk. 7-8",
    ),
    System(
        "letting_order",
        "Rækkefølgen ved fleksibel udlejning",
        (letting.LETTING_ORDER, letting.LETTING_BASIS),
        ("letting_criteria", "vacancies", "applicants", "applicant_criteria"),
        _write_letting,
        "The waiting list for each vacant home under flexible letting, and why each stands where it stands.",
        "almenboligloven §§ 51 c and 60, stk. 4",
    ),
    System(
        "occupancy_decisions",
        "Fremleje og bytte",
        (occupancy.OCCUPANCY_DECISIONS,),
        ("occupancy_requests",),
        _write_occupancy,
        "Who may sublet or swap.",
        "almenlejeloven §§ 64, 65 and 69",
    ),
    System(
        "private_letting",
        "Anvisning til private boliger",
        (
            private_letting.PRIVATE_AGREEMENT_DECISIONS,
            private_letting.PRIVATE_AGREEMENT_CHECKS,
            private_letting.PRIVATE_VACANCY_DECISIONS,
            private_letting.PRIVATE_LETTING_OVERVIEW,
        ),
        ("private_agreements", "private_vacancies", "private_refunds"),
        _write_private_letting,
        "Agreements with private owners, their vacancies, and the overview by municipality and year.",
        "boligforholdsloven §§ 49-58",
        after=("refund_ledger",),
    ),
    System(
        "fund_ledger",
        "Renoveringsrammen",
        (funds.FUND_LEDGER,),
        ("fund_allotments", "development_plans"),
        _write_funds,
        "The renovation frame, allotment by allotment.",
        "aftale af 15. juni 2021",
    ),
    System(
        "plan_outlook",
        "Udsigten for udviklingsplanerne",
        (plans.PLAN_OUTLOOK, plans.PLAN_PROGRESS),
        ("plan_counts", "development_plans"),
        _write_plans,
        "How far each development plan is from its goal, and the year the present pace reaches it.",
        "almenboligloven §§ 168 a and 168 b",
    ),
)


OUTPUTS: tuple[Output, ...] = (*(output for system in SYSTEMS for output in system.outputs), *publishing.OF_THE_RUN)
"""Every table that is written out."""

DECISIONS: tuple[AssetsDefinition, ...] = tuple(_decision_asset(system) for system in SYSTEMS)


@asset(
    key=key_of("published"),
    group_name="published",
    deps=[*(case_key(table.name) for table in CASE_TABLES), *(key for made in DECISIONS for key in made.keys)],
    description="Refused rows, intake counts, and every table of the list year as CSV and Parquet with a manifest.",
    owners=[OWNER],
    kinds={"duckdb", "csv", "parquet"},
    metadata=described("Administrationens udgivelse", {o.name: o.columns for o in publishing.OF_THE_RUN}),
    tags={"layer": "published", "confidentiality": "person_level"},
    code_version=code_version_of_decisions(),
    pool=POOL,
)
def published(administration: Administration) -> MaterializeResult:
    """Writes the list year's folder anew and puts it in the place of the earlier one."""
    with _one_line_failures(), administration.store() as con:
        law = administration.law
        _refuse_undone(con, (table.name for table in CASE_TABLES), (system.name for system in SYSTEMS))
        files = publishing.publish(
            con, OUTPUTS, administration.home_folder, administration.list_year, administration.on_day, law
        )
    return MaterializeResult(metadata={"files": files})


ASSETS: tuple[AssetsDefinition, ...] = (
    sealed_edition,
    *(_case_asset(table) for table in CASE_TABLES),
    *DECISIONS,
    published,
)
