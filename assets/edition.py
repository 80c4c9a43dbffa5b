"""The sealed edition: the one asset that publishes, and only what has been received, checked, promoted and derived.

Whichever way it is started, it asks again whether everything upstream is in order. What does not belong here: file
handling (`assets.publishing.sealing`) and the look of the public lists (`assets.publishing.public_lists`).
"""

import datetime as dt
import hashlib
import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
from dagster import AssetExecutionContext, Failure, MaterializeResult, MetadataValue, asset

from assets import derivation, exchange
from assets.code_lists import municipality_names
from assets.disclosure.limits import disclosure_limits
from assets.documentation import described, materialized
from assets.factory import OWNER, WRITER_POOL, key_of, law_of, list_year_of, refuse_stale, register_tags
from assets.intake import deliveries, snapshots
from assets.law_tables import set_law_variables
from assets.partitions import LIST_YEARS, ONE_YEAR_A_RUN
from assets.publishing import openlineage, public_lists, published_schema, releases, sealing
from assets.warehouse import rows_of
from law.loader import Law, LegalValue, statistics_law
from pipelines.home import Home
from pipelines.resources import Run

TWO_YEAR_SHARES = ("outside", "convicted", "national_convicted")
READS = (*derivation.PUBLISHED, "criteria.area_figures", "criteria.criteria_met")


@asset(
    key=key_of("edition.edition"),
    group_name="edition",
    deps=[key_of(table) for table in READS],
    partitions_def=LIST_YEARS,
    backfill_policy=ONE_YEAR_A_RUN,
    description=(
        "Udgaven. The sealed edition of a list year: the published tables as CSV and Parquet, the public lists, and "
        "the manifest that ties them to every input. Sealing again with the same inputs changes nothing."
    ),
    kinds={"duckdb", "file"},
    owners=[OWNER],
    tags={"layer": "edition", "confidentiality": "public", **register_tags(*derivation.PUBLISHED)},
    metadata=described("edition.edition", "Udgaven", ("§ 61 a, stk. 5",)),
    code_version=hashlib.sha256((derivation.sql_hash() + statistics_law().sha256).encode()).hexdigest(),
    pool=WRITER_POOL,
)
def edition(context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """Seals the edition of a list year, or leaves it as it is where nothing changed. Tells which editions rest on the
    list of a year that is another now, each with that year."""
    list_year = list_year_of(context)
    law = law_of(run, list_year)
    with run.warehouse() as con:
        derivation.prepare_session(con)
        set_law_variables(con, law, list_year)
        _refuse_unready(con, law, list_year)
        synthetic = deliveries.is_synthetic(run.snapshot_folder)
        sealed = seal(con, run.at_home, run.law, law, list_year, run.reason, _run_part(context, run), synthetic)
        published_schema.synchronise_published(con, run.at_home.editions)
        sealed["stale_editions"] = MetadataValue.json(sealing.stale_editions(con, run.at_home.editions))
    folder = run.at_home.edition(list_year)
    manifest = sealing.read_manifest(folder) or {}
    released = releases.release_of(manifest)
    sealed["state"] = f"released by {released.by} on {released.when}" if released else "draft"
    sealed["manifest_sha256"] = sealing.sha256_of(folder / sealing.MANIFEST)
    version = sealing.substance_hash(manifest)
    return materialized("edition.edition", sealed["areas"], version, sealed)


def _run_part(context: AssetExecutionContext, run: Run) -> dict[str, str]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {"run_id": context.run.run_id, "sealed_at": now, "as_of": run.day.isoformat()}


def _refuse_unready(con: duckdb.DuckDBPyConnection, law: Mapping[str, LegalValue], list_year: int) -> None:
    hindered = snapshots.gate(con, law, list_year)
    if hindered:
        raise Failure("; ".join(hindered), allow_retries=False)
    refuse_stale(con, law, list_year, READS)


def seal(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    law: Law,
    values: Mapping[str, LegalValue],
    list_year: int,
    reason: str,
    run_part: Mapping[str, str],
    synthetic: bool,
) -> dict[str, Any]:
    """Writes the edition aside and puts it in place as the next revision, unless its substance is sealed already.

    One of invented data says so in its manifest and on its page; one of real data has no such key, whose bytes stay.
    """
    target = home.edition(list_year)
    previous = _sealed_before(target, list_year)
    staged = home.scratch / f"edition-{list_year}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    rows = sealing.write_tables(con, list_year, staged)
    manifest = _described(con, values, list_year, staged, run_part, synthetic)
    # a released edition is compared as it was released: with the release on its page
    release, changes = releases.release_of(previous), (previous or {}).get("changes")
    write_public_lists(con, law, list_year, staged, release, changes, synthetic)
    manifest["outputs"] = sealing.describe_outputs(staged, rows)
    if previous is not None:
        if _is_sealed(home, manifest, previous):
            shutil.rmtree(staged)
            return {"revision": previous["revision"], "newly_sealed": False, "areas": rows["area_status.csv"]}
        sealing.keep_revision(home.editions, list_year, previous["revision"])
    # before the pages become a draft's: held against those that were sealed, they tell a later version from damage
    first = "first edition" if previous is None else sealing.what_changed(previous, manifest)
    if (released := releases.last_released(home.editions, list_year)) is not None:
        manifest["changes"] = releases.changes_since(released, staged / "area_status.parquet")
    if (release, changes) != (None, manifest.get("changes")):
        write_public_lists(con, law, list_year, staged, None, manifest.get("changes"), synthetic)
        manifest["outputs"] = sealing.describe_outputs(staged, rows)
    manifest["revision"] = _next_revision(home.editions, list_year, previous)
    manifest["reason"] = reason or first
    sealing.write_manifest(manifest, staged)
    exchange.put_in_place(staged, target)
    return {"revision": manifest["revision"], "newly_sealed": True, "areas": rows["area_status.csv"]}


def _sealed_before(target: Path, list_year: int) -> sealing.Manifest | None:
    """The manifest that stands; None where there is no edition. Raises Failure over files that are none."""
    previous = sealing.read_manifest(target)
    if previous is None and target.is_dir() and any(not path.name.startswith(".") for path in target.iterdir()):
        raise Failure(
            f"editions/{list_year} has files and no {sealing.MANIFEST}: what they are is not known. Move them away.",
            allow_retries=False,
        )
    return previous


def _described(
    con: duckdb.DuckDBPyConnection,
    values: Mapping[str, LegalValue],
    list_year: int,
    staged: Path,
    run_part: Mapping[str, str],
    synthetic: bool,
) -> sealing.Manifest:
    """What the edition was made from, which also goes into its lineage files; its outputs are told when written."""
    inputs = sealing.describe_inputs(con, list_year)
    law_part = sealing.describe_law(values, list_year)
    openlineage.write(staged, list_year, inputs, law_part["sha256"])
    manifest: sealing.Manifest = {
        "list_year": list_year,
        "inputs": inputs,
        "history": sealing.describe_history(con, list_year),
        "law": law_part,
        "sql": sealing.describe_sql(),
        "packages": sealing.package_versions(),
        "outputs": [],
        "run": dict(run_part),
    }
    if synthetic:
        manifest[sealing.SYNTHETIC] = True
    return manifest


def _is_sealed(home: Home, manifest: sealing.Manifest, previous: sealing.Manifest) -> bool:
    """Whether the edition that stands is of the same substance, whole, and tells the changes since the last release."""
    same = sealing.substance(previous) == sealing.substance(manifest)
    # what was released stays as it was told
    told = releases.release_of(previous) is not None or (
        previous.get("changes") == releases.changes_of(home.editions, previous)
    )
    return same and told and not sealing.damaged_files(home.edition(previous["list_year"]), previous)


def _next_revision(editions: Path, list_year: int, previous: Mapping[str, Any] | None) -> int:
    """One more than any that was sealed or released, also where an edition's folder was taken away."""
    known = [int(folder.name) for folder in sealing.kept_folders(editions, list_year)]
    known += releases.released_revisions(editions, list_year)
    return 1 + max([*known, (previous or {}).get("revision", 0)])


def write_public_lists(
    con: duckdb.DuckDBPyConnection,
    law: Law,
    list_year: int,
    folder: Path,
    release: public_lists.Release | None,
    changes: str | None,
    synthetic: bool,
) -> None:
    """Writes `public/`: what the ministry puts out on 1 December, marked udkast where there is no release, and as
    invented where the data are."""
    met: dict[str, set[str]] = {}
    for area_id, criterion in con.execute(
        """
        SELECT criteria_met.area_id, criteria_met.criterion
        FROM criteria.criteria_met AS criteria_met
        INNER JOIN status.area_status AS area_status
            ON area_status.list_year = criteria_met.list_year AND area_status.area_id = criteria_met.area_id
        WHERE criteria_met.list_year = ? AND criteria_met.met AND criteria_met.category = area_status.status
        """,
        [list_year],
    ).fetchall():
        if criterion in public_lists.CRITERIA:
            met.setdefault(area_id, set()).add(criterion)
    files = public_lists.public_files(
        list_year,
        with_exact_shares(con, list_year),
        _rows(con, "status.area_status", list_year),
        {f"{kom:03d}": name for kom, name in municipality_names().items()},
        public_lists.public_limits(law, list_year),
        disclosure_limits(),
        release,
        changes,
        met=met,
        synthetic=synthetic,
    )
    for name, content in files.items():
        path = folder / "public" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def with_exact_shares(con: duckdb.DuckDBPyConnection, list_year: int) -> list[dict[str, Any]]:
    """The rows of area_criteria with the printed shares exact: a figure rounded from ten digits is rounded twice."""
    figures = {row["area_id"]: row for row in _rows(con, "criteria.area_figures", list_year)}
    return [
        {**row, **_exact_shares(figures[row["area_id"]])} for row in _rows(con, "criteria.area_criteria", list_year)
    ]


def _exact_shares(figures: Mapping[str, Any]) -> dict[str, Fraction | None]:
    area, region = ("income_oere", "income_persons"), ("region_income_oere", "region_income_persons")
    mean, region_mean = _fraction(figures, *area), _fraction(figures, *region)
    shares = {
        "nonwestern_share": ("nonwestern", "residents"),
        "primary_only_share": ("primary_only", "persons_30_59"),
        **{f"{name}_share": (f"{name}_numerator", f"{name}_denominator") for name in TWO_YEAR_SHARES},
    }
    ratio = mean / region_mean if mean is not None and region_mean else None
    return {"income_ratio": ratio, **{share: _fraction(figures, *counts) for share, counts in shares.items()}}


def _fraction(figures: Mapping[str, Any], numerator: str, denominator: str) -> Fraction | None:
    if figures[numerator] is None or not figures[denominator]:
        return None
    return Fraction(figures[numerator], figures[denominator])


def _rows(con: duckdb.DuckDBPyConnection, table: str, list_year: int) -> list[dict[str, Any]]:
    return rows_of(con, f"SELECT * FROM {table} WHERE list_year = ? ORDER BY area_id", [list_year])


ASSETS = [edition]
