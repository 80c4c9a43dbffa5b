"""The report in the edition's folder: its own manifest, its exchange, and whether it is whole.

The edition is sealed first and never waits; `report/` is added beside what is sealed, and goes with its edition into
`.revisions`. `report.internal/` stays in the ministry. What does not belong here: the report's content.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assets import derivation, exchange
from assets.disclosure.limits import LIMITS
from assets.finished import Finished, from_csv
from assets.publishing import releases, sealing
from assets.reporting.document import Standing
from assets.reporting.shapes import SHAPES
from assets.reporting.tables import HiddenCell
from law.loader import report_law
from pipelines.failures import DamagedFileError

REPORT, INTERNAL = sealing.REPORT_FOLDERS
REPORT_MANIFEST = "report_manifest.json"
ALTERED = (
    "What that report told and withheld is not known: restore the folder from a backup, or take it out of the home."
)
PACKAGES = ("duckdb", "font-source-sans-pro", "highspy", "jinja2", "matplotlib", "numpy", "typst", "xlsxwriter")


def standing_of(edition: Path) -> Standing:
    """What the manifest of a sealed edition says that its report must say too."""
    sealed = sealing.read_manifest(edition)
    assert sealed is not None
    return Standing(releases.release_of(sealed), sealing.is_synthetic(sealed))


def report_manifest(
    list_year: int, edition: Path, standing: Standing, staged: Path, rows: Mapping[str, int]
) -> dict[str, Any]:
    """What a report was made of, and the hash of each of its files. It holds no time: same inputs, same bytes."""
    sealed = sealing.read_manifest(edition)
    assert sealed is not None
    return {
        "list_year": list_year,
        "edition": {
            "revision": sealed["revision"],
            "tables_sha256": _tables_sha256(sealed),
        },
        "draft": standing.release is None,
        **({sealing.SYNTHETIC: True} if standing.invented else {}),
        "law_sha256": report_law().sha256,
        "disclosure_sha256": sealing.sha256_of(LIMITS),
        "sql": {f"{t.schema}/{t.name}.sql": hashlib.sha256(t.sql.encode()).hexdigest() for t in derivation.REPORT},
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "files": _described(staged, rows),
    }


def _tables_sha256(sealed: Mapping[str, Any]) -> str:
    """Hash of an edition's tables: what a report is made from. Runs and releases of the same tables have the same."""
    tables = {item["file"]: item["sha256"] for item in sealed["outputs"] if "/" not in item["file"]}
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def _described(folder: Path, rows: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "file": name,
            "sha256": sealing.sha256_of(folder / name),
            "bytes": (folder / name).stat().st_size,
            "rows": rows.get(name),
        }
        for name in _files(folder)
    ]


def _files(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name != REPORT_MANIFEST)


def read_report_manifest(edition: Path) -> dict[str, Any] | None:
    """The manifest of an edition's report, or None where there is none. Raises DamagedFileError where it is no JSON."""
    path = edition / REPORT / REPORT_MANIFEST
    if not path.is_file():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise DamagedFileError(
            f"{path} is damaged: restore the folder from a backup, or take it out of the home."
        ) from None


def damaged(edition: Path) -> list[str]:
    """Files of a report that are missing, added or changed, or a report of another edition; empty where it is whole."""
    manifest = read_report_manifest(edition)
    if manifest is None:
        return [f"{REPORT}/{REPORT_MANIFEST}: there is none"] if (edition / REPORT).exists() else []
    lines = _altered(edition)
    sealed = sealing.read_manifest(edition)
    assert sealed is not None
    of_edition = {"revision": sealed["revision"], "tables_sha256": _tables_sha256(sealed)}
    if manifest["edition"] != of_edition:
        lines.append(f"{REPORT}/: belongs to another revision of the edition")
    return lines


def _altered(edition: Path) -> list[str]:
    """Files of a report that are missing, added or changed; the report has a manifest."""
    manifest = read_report_manifest(edition)
    assert manifest is not None
    made = {item["file"]: item["sha256"] for item in manifest["files"]}
    folder = edition / REPORT
    present = set(_files(folder))
    wrong = {name for name in made.keys() & present if sealing.sha256_of(folder / name) != made[name]}
    lines = [f"{REPORT}/{name}: is not the file that the report was made with" for name in sorted(wrong)]
    return lines + [f"{REPORT}/{name}: missing or added" for name in sorted(made.keys() ^ present)]


def put_in_place(
    edition: Path, staged: Path, manifest: Mapping[str, Any], hidden: Sequence[HiddenCell], scratch: Path
) -> bool:
    """Adds a report to a sealed edition in one step. False where the same report stands there already."""
    if read_report_manifest(edition) == manifest and not damaged(edition):
        shutil.rmtree(staged)
        return False
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (staged / REPORT_MANIFEST).write_text(text, encoding="utf-8")
    internal = scratch / f"{INTERNAL}-{manifest['list_year']}"
    shutil.rmtree(internal, ignore_errors=True)
    internal.mkdir(parents=True)
    (internal / "hidden_cells.csv").write_text(
        _csv(("table", "cell", "reason"), [(cell.table, cell.cell, cell.reason) for cell in hidden]), encoding="utf-8"
    )
    released = [(item["file"], item["sha256"], item["bytes"], item["rows"]) for item in manifest["files"]]
    (internal / "released.csv").write_text(_csv(("file", "sha256", "bytes", "rows"), released), encoding="utf-8")
    exchange.put_in_place(internal, edition / INTERNAL)
    exchange.put_in_place(staged, edition / REPORT)
    return True


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


class AlteredReportError(Exception):
    """A table of a report that is there already, of a draft too, is not the one that the report was made with, so what
    it told and withheld is not known. The message names its file."""


def released_already(editions: Path, list_year: int) -> list[dict[str, Finished]]:
    """The tables of every report of a list year that is out: of its earlier revisions, and of the newest. Raises
    AlteredReportError."""
    kept = sealing.kept_folders(editions, list_year)
    return [_tables(edition) for edition in (*kept, editions / str(list_year)) if _is_out(editions, edition)]


def released_before(editions: Path, list_year: int) -> dict[int, dict[str, Finished]]:
    """The tables of the reports of earlier list years, as they were released, by list year. Raises
    AlteredReportError."""
    years = [year for year in sealing.sealed_years(editions) if year < list_year]
    return {year: _tables(editions / str(year)) for year in years if _is_out(editions, editions / str(year))}


def released_of_earlier_years(editions: Path, list_year: int) -> list[dict[str, Finished]]:
    """The tables of every report of an earlier list year that is out, of kept revisions too: whoever has one knows it.
    Raises AlteredReportError."""
    years = [year for year in sealing.sealed_years(editions) if year < list_year]
    return [tables for year in years for tables in released_already(editions, year)]


def _is_out(editions: Path, edition: Path) -> bool:
    """Whether an edition has a report, whatever lies beside its tables; what it withheld is never forgotten unsaid."""
    place = (edition / REPORT).relative_to(editions.parent)
    try:
        manifest = read_report_manifest(edition)
    except DamagedFileError:
        raise AlteredReportError(f"{place / REPORT_MANIFEST} cannot be read. {ALTERED}") from None
    if manifest is None:
        return False
    made = {item["file"]: item["sha256"] for item in manifest["files"]}
    for name in (f"{name}.csv" for name in SHAPES):
        path = edition / REPORT / name
        if name in made and not (path.is_file() and sealing.sha256_of(path) == made[name]):
            raise AlteredReportError(f"{place / name} is not the file that the report was made with. {ALTERED}")
    return True


def _tables(edition: Path) -> dict[str, Finished]:
    """The tables of a report; one that it does not hold, made before there was such a table, has no row."""
    files = {name: edition / REPORT / f"{name}.csv" for name in SHAPES}
    return {
        name: from_csv(shape, files[name].read_text(encoding="utf-8")) if files[name].is_file() else shape
        for name, shape in SHAPES.items()
    }
