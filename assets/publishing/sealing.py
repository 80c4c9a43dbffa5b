"""Sealing: an edition's files and its manifest.

An edition is written aside, complete, and then takes its place in one step (`assets.exchange`); the one it replaces is
kept under `.revisions`. What does not belong here: what the tables mean (`sql/`), whether they may be published
(`assets.intake.snapshots.gate`), and the Dagster asset (`assets.edition`).
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from assets import code_lists
from assets.derivation import PUBLISHED, macros, sql_hash, upstream_of
from assets.exchange import put_in_place
from assets.warehouse import sql_text
from law.loader import LegalValue, list_day, values_sha256
from pipelines.failures import DamagedFileError

MANIFEST = "manifest.json"
REVISIONS = ".revisions"
SYNTHETIC = "synthetic"
"""The key of a manifest whose edition rests on invented data. Others do not have it."""
REPORT_FOLDERS = ("report", "report.internal")
"""What the annual report adds to a sealed edition. It has its own manifest and is no part of what is sealed."""
KEYS: Mapping[str, str] = {
    "criteria.area_criteria": "list_year, area_id",
    "status.area_status": "list_year, area_id",
    "cap.municipal_cap": "list_year, kom",
    "cap.area_cap": "list_year, area_id, kom",
    "status.parallelsamfund_history": "list_year, year, area_id",
}
PACKAGES = ("dagster", "duckdb", "great-expectations", "pandas", "pyreadstat", "sqlglot")

Manifest = dict[str, Any]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_tables(con: duckdb.DuckDBPyConnection, list_year: int, folder: Path) -> dict[str, int]:
    """Writes each published table as CSV and Parquet, ordered by its key. Returns rows per file name.

    The rows are copied out first: Parquet notes whether a column can be empty from the statistics of the whole table,
    so that other list years in it would change the bytes.
    """
    rows: dict[str, int] = {}
    con.execute("SET preserve_insertion_order = true")
    for table in PUBLISHED:
        name, of_year = table.split(".")[1], f"SELECT * FROM {table} WHERE list_year = {int(list_year)}"
        con.execute(f"CREATE OR REPLACE TEMP TABLE sealed_now AS {of_year} ORDER BY {KEYS[table]}")
        query = f"SELECT * FROM sealed_now ORDER BY {KEYS[table]}"
        for file, form in ((f"{name}.csv", "FORMAT csv, HEADER, DELIMITER ','"), (f"{name}.parquet", "FORMAT parquet")):
            copied = con.execute(f"COPY ({query}) TO {sql_text(folder / file)} ({form})").fetchall()
            rows[file] = int(copied[0][0])
    con.execute("DROP TABLE sealed_now")
    con.execute("SET preserve_insertion_order = false")
    return rows


def files_of(folder: Path) -> list[str]:
    """Every file of an edition but its manifest and the report, as paths below it, ordered."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(p.as_posix() for p in found if p.as_posix() != MANIFEST and p.parts[0] not in REPORT_FOLDERS)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a sealed edition, or None where none is sealed there. Raises DamagedFileError."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest: Manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        remedy = "restore a backup of that edition, or move its folder away"
        raise DamagedFileError(f"{path} is damaged: {remedy}.") from None
    return manifest


def write_manifest(manifest: Manifest, folder: Path) -> None:
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def describe_inputs(con: duckdb.DuckDBPyConnection, list_year: int) -> list[dict[str, Any]]:
    """Every snapshot that a list year reads: register, reference, vintage, and its files with hash, size and rows."""
    rows = con.execute(
        """
        SELECT promoted.register, promoted.reference, promoted.vintage, promoted.content_sha256,
            files.file_name, files.sha256, files.bytes, files.rows
        FROM registers.promoted AS promoted
        LEFT JOIN received.files AS files ON files.content_sha256 = promoted.content_sha256
        WHERE promoted.list_year = ?
        ORDER BY promoted.register, promoted.reference, files.file_name
        """,
        [list_year],
    ).fetchall()
    return [
        {
            "register": register,
            "reference": reference,
            "vintage": vintage,
            "content_sha256": content,
            "files": [
                {"name": name, "sha256": sha256, "bytes": size, "rows": count}
                for *_, name, sha256, size, count in of_snapshot
            ],
        }
        for (register, reference, vintage, content), of_snapshot in groupby(rows, key=itemgetter(0, 1, 2, 3))
    ]


def describe_history(con: duckdb.DuckDBPyConnection, list_year: int) -> list[dict[str, Any]]:
    """For each earlier year of the five-year rule: how it is known, and of the parallelsamfund it had their number, and
    size and hash of the list of them."""
    used = con.execute(
        """
        WITH own AS (
            SELECT list_year AS year, area_id FROM published.parallelsamfund_history
            WHERE year = list_year AND parallelsamfund
        ),
        listed AS (
            SELECT DISTINCT reference_year AS year, area_id FROM registers.liste
            WHERE list_year = $year AND liste IN ('parallelsamfund', 'omdannelsesomraade')
        ),
        earlier AS (
            SELECT unnest(range($year - lov('omdannelsesomraade.years') + 1, $year)) AS year
        )
        SELECT
            earlier.year,
            CASE WHEN editions.list_year IS NULL THEN 'liste' ELSE 'edition' END,
            CASE
                WHEN editions.list_year IS NULL
                    THEN (SELECT list(area_id ORDER BY area_id) FROM listed WHERE listed.year = earlier.year)
                ELSE (SELECT list(area_id ORDER BY area_id) FROM own WHERE own.year = earlier.year)
            END
        FROM earlier
        LEFT JOIN published.editions AS editions ON editions.list_year = earlier.year
        ORDER BY earlier.year
        """,
        {"year": list_year},
    ).fetchall()
    return [
        {
            "year": int(year),
            "source": source,
            "rows": len(areas or []),
            "bytes": len(_as_text(areas or [])),
            "sha256": areas_hash(areas or []),
        }
        for year, source, areas in used
    ]


def _delivered(manifest: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The snapshots an edition rests on, by register and reference; `content_sha256` has besides how they were read."""
    return {
        (item["register"], item["reference"]): {key: item[key] for key in item if key != "content_sha256"}
        for item in manifest["inputs"]
    }


def _history_used(manifest: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    return [(item["year"], item["source"], item["sha256"]) for item in manifest["history"]]


def areas_hash(areas: Iterable[str]) -> str:
    """Hash of a set of areas."""
    return hashlib.sha256(_as_text(areas)).hexdigest()


def _as_text(areas: Iterable[str]) -> bytes:
    """A set of areas in a form of its own: their identifiers in order, a line each."""
    return "\n".join(sorted(areas)).encode()


def describe_law(values: Mapping[str, LegalValue], list_year: int) -> dict[str, Any]:
    """The law an edition was derived under: hashes of parameters and code lists in force, and every value."""
    return {
        "sha256": values_sha256(values),
        "in_force_on": list_day(list_year).isoformat(),
        "code_lists": code_lists.sha256_in_force(list_day(list_year)),
        "values": {
            name: {
                "value": value.text,
                "operator": value.operator,
                "paragraph": value.reference.citation,
                "effective_from": value.effective_from.isoformat(),
            }
            for name, value in sorted(values.items())
        },
    }


def describe_sql() -> dict[str, Any]:
    """Hash of the derivation as a whole and of each SQL file."""
    files = {f"{t.schema}/{t.name}.sql": hashlib.sha256(t.sql.encode()).hexdigest() for t in upstream_of(PUBLISHED)}
    files["macros.sql"] = hashlib.sha256(macros().encode()).hexdigest()
    return {"sha256": sql_hash(), "files": files}


def describe_outputs(folder: Path, rows: Mapping[str, int]) -> list[dict[str, Any]]:
    """Every file of an edition with hash, size and, for a table, rows."""
    return [
        {
            "file": name,
            "sha256": sha256_of(folder / name),
            "bytes": (folder / name).stat().st_size,
            "rows": rows.get(name, _records(folder / name)),
        }
        for name in files_of(folder)
    ]


def _records(path: Path) -> int | None:
    """Records of a CSV file below its header; None of any other file."""
    if path.suffix != ".csv":
        return None
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return sum(1 for _ in csv.reader(stream)) - 1


def package_versions() -> dict[str, str]:
    """Versions of the packages that a figure can depend on."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def substance(manifest: Manifest) -> Manifest:
    """What makes an edition what it is: all but the run, the revision, its reason and changes, and the packages."""
    apart = ("run", "revision", "reason", "changes", "packages")
    return {key: value for key, value in manifest.items() if key not in apart}


def is_synthetic(manifest: Mapping[str, Any]) -> bool:
    """Whether an edition rests on invented data."""
    return bool(manifest.get(SYNTHETIC, False))


def substance_hash(manifest: Manifest) -> str:
    """Hash of what makes an edition what it is."""
    return hashlib.sha256(json.dumps(substance(manifest), sort_keys=True).encode()).hexdigest()


def what_changed(old: Manifest, new: Manifest) -> str:
    """In words, which inputs of an edition differ from those of the one before, else how its files are written."""
    before, after = _delivered(old), _delivered(new)
    changed = sorted("/".join(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    if before == after and old["inputs"] != new["inputs"]:
        changed.append("how registers are read")
    if old["law"] != new["law"]:
        changed.append("the law parameters or code lists")
    if old["sql"] != new["sql"]:
        changed.append("the SQL")
    if _history_used(old) != _history_used(new):
        changed.append("the history of earlier years")
    if is_synthetic(old) != is_synthetic(new):
        changed.append("whether the data are marked as invented")
    if {item["file"] for item in old["outputs"]} != {item["file"] for item in new["outputs"]}:
        changed.append("which files an edition holds")
    if not changed:
        changed += [f"how {name} is written" for name in _written_otherwise(old, new)]
    return "changed: " + ", ".join(changed) if changed else "the sealed files differed from their manifest"


def _written_otherwise(old: Manifest, new: Manifest) -> list[str]:
    """Files that two manifests hold with different contents."""
    before, after = ({item["file"]: item["sha256"] for item in one["outputs"]} for one in (old, new))
    return sorted(name for name in before.keys() & after.keys() if before[name] != after[name])


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """Files of a sealed edition that are missing, added, or not what the manifest says; empty where it is whole."""
    sealed = {item["file"]: item["sha256"] for item in manifest["outputs"]}
    present = set(files_of(folder))
    wrong = {name for name in sealed.keys() & present if sha256_of(folder / name) != sealed[name]}
    return sorted(wrong | (sealed.keys() ^ present))


def keep_revision(editions: Path, list_year: int, revision: int) -> None:
    """Copies the sealed edition of a list year to `.revisions`, whole or not at all, and writes over no other.

    A copy of the same sealing is made anew, since the edition may have been released after a run that was stopped; one
    that was released is left where the edition is its draft. Beside a copy of another sealing this one is kept aside.
    """
    present, kept = editions / str(list_year), editions / REVISIONS / str(list_year) / str(revision)
    if kept.exists():
        (sealed, released), (kept_sealed, kept_released) = _sealing_of(present), _sealing_of(kept)
        if sealed != kept_sealed:
            kept = kept.with_name(f".{revision}-{sha256_of(present / MANIFEST)[:12]}")
        elif kept_released and not released:
            return
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(f".{kept.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(present, partial)
    put_in_place(partial, kept)


def _sealing_of(folder: Path) -> tuple[tuple[str, str] | None, bool]:
    """Which run sealed an edition and when, and whether it was released; None where that cannot be read."""
    try:
        run = (read_manifest(folder) or {})["run"]
        return (run["run_id"], run["sealed_at"]), "release" in run
    except (DamagedFileError, KeyError):
        return None, False


def kept_folders(editions: Path, list_year: int) -> list[Path]:
    """The folders of the revisions of a list year that were sealed before the present one, ascending."""
    kept = editions / REVISIONS / str(list_year)
    folders = [path for path in kept.iterdir() if path.name.isdecimal()] if kept.is_dir() else []
    return sorted(folders, key=lambda path: int(path.name))


def sealed_years(editions: Path) -> list[int]:
    """List years with a sealed edition."""
    return sorted(int(p.name) for p in editions.iterdir() if p.name.isdigit() and (p / MANIFEST).is_file())


# --- the history that editions rest on ---------------------------------------------------------------------------

OWN_HISTORY = """
    SELECT editions.list_year, '' AS vintage, history.area_id
    FROM published.editions AS editions
    LEFT JOIN published.parallelsamfund_history AS history
        ON history.list_year = editions.list_year AND history.year = editions.list_year AND history.parallelsamfund
"""
"""The parallelsamfund of each list year with an edition in the home."""
LISTED_HISTORY = """
    WITH newest AS (
        SELECT reference_year, max(vintage) AS vintage, arg_max(list_year, (vintage, list_year)) AS read_for
        FROM registers.promoted
        WHERE register = 'liste'
        GROUP BY reference_year
    ),
    listed AS (
        SELECT DISTINCT list_year, reference_year, area_id
        FROM registers.liste
        WHERE liste IN ('parallelsamfund', 'omdannelsesomraade')
    )
    SELECT newest.reference_year, newest.vintage, listed.area_id
    FROM newest
    LEFT JOIN listed ON listed.list_year = newest.read_for AND listed.reference_year = newest.reference_year
"""
"""The parallelsamfund of each list published elsewhere, by the newest vintage that any list year has read."""


def stale_lines(con: duckdb.DuckDBPyConnection, editions: Path, list_year: int) -> list[str]:
    """In words, that an edition rests on another history than stands now; none where it does not."""
    years = sorted(earlier for year, earlier in stale_editions(con, editions) if year == list_year)
    again = f"Run list year {list_year} again."
    return [
        f"Edition {list_year} is stale: the list of {year} has changed since it was sealed. {again}" for year in years
    ]


def stale_editions(con: duckdb.DuckDBPyConnection, editions: Path) -> list[tuple[int, int]]:
    """(list year, earlier year) where an edition was sealed on another history of the earlier year than stands now."""
    years = sealed_years(editions)
    if not years:
        return []
    own, listed = _history(con, OWN_HISTORY), _history(con, LISTED_HISTORY)
    stale = []
    for list_year in years:
        manifest = read_manifest(editions / str(list_year))
        assert manifest is not None
        read = {item["reference"]: item["vintage"] for item in manifest["inputs"] if item["register"] == "liste"}
        for used in manifest["history"]:
            year = int(used["year"])
            vintage, areas = own.get(year) or listed.get(year) or ("", None)
            # of a published list only a later vintage is another history: files of one may have been replaced
            known = year in own or vintage > read.get(str(year), "")
            if areas is not None and known and used.get("sha256") != areas_hash(areas):
                stale.append((list_year, year))
    return stale


def _history(con: duckdb.DuckDBPyConnection, query: str) -> dict[int, tuple[str, list[str]]]:
    """By year the vintage and the areas that were parallelsamfund."""
    found: dict[int, tuple[str, list[str]]] = {}
    for year, vintage, area in con.execute(query).fetchall():
        found.setdefault(int(year), (str(vintage), []))[1].extend([area] if area is not None else [])
    return found
