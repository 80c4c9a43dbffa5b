"""The registers as a list year sees them: promoted snapshots only, behind one view per register.

What does not belong here: receiving and checking (`assets.received`).
"""

from collections.abc import Iterator, Mapping, Sequence

import duckdb
from dagster import AssetExecutionContext, AssetSpec, Failure, MaterializeResult

from assets.contracts import REGISTERS, Register
from assets.documentation import described, materialized
from assets.factory import OWNER, key_of, law_of, list_year_of, one_step
from assets.intake import snapshots
from assets.partitions import LIST_YEARS
from law.loader import LegalValue
from pipelines.resources import Run


def _spec(register: Register) -> AssetSpec:
    return AssetSpec(
        key_of(f"registers.{register.name}"),
        group_name="registers",
        deps=[key_of(f"received.{register.name}")],
        description=f"{register.title}. {register.description} Checked snapshots only.",
        kinds={"duckdb"},
        owners=[OWNER],
        tags={
            "layer": "registers",
            "register": register.name,
            "confidentiality": "person_level" if register.personal else "aggregate",
        },
        metadata=described(f"registers.{register.name}", register.title, source=register.source),
        code_version=register.fingerprint,
        partitions_def=LIST_YEARS,
    )


@one_step(name="registers", specs=[_spec(register) for register in REGISTERS])
def registers(context: AssetExecutionContext, run: Run) -> Iterator[MaterializeResult]:
    """Every register that is asked for, in one step: a view takes no time. Where one cannot be promoted none is."""
    list_year = list_year_of(context)
    law = law_of(run, list_year)
    wanted = [register for register in REGISTERS if key_of(f"registers.{register.name}") in context.selected_asset_keys]
    with run.warehouse() as con:
        books = snapshots.read_books(con, list_year)
        hindered = snapshots.hindrances(con, wanted, law, list_year, books)
        if hindered:
            raise Failure("; ".join(hindered), allow_retries=False)
        promoted = _promoted(con, wanted, law, list_year, books)
    yield from promoted


def _promoted(
    con: duckdb.DuckDBPyConnection,
    wanted: Sequence[Register],
    law: Mapping[str, LegalValue],
    list_year: int,
    books: snapshots.Books,
) -> list[MaterializeResult]:
    rows = snapshots.promote(con, wanted, law, list_year, books)
    versions = snapshots.promoted_fingerprints(con, list_year)
    return [materialized(f"registers.{name}", count, versions[name]) for name, count in rows.items()]


ASSETS = [registers]
