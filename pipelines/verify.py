"""Verification: derives a sealed edition anew, aside, from the home's register tables and the history sealed in it.

Nothing in the home is written. What does not belong here: how an edition is sealed (`assets.sealing`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from assets import edition, sealing
from assets.aside import AsideError, aside
from law.loader import LegalValue, statistics_law
from pipelines.home import Home


class VerificationError(Exception):
    """An edition is not what it says. Each argument is one line that names what differs."""


def verify_edition(home: Home, list_year: int) -> list[str]:
    """Lines that say what was verified. Raises VerificationError naming everything that differs, the first first."""
    folder = home.edition(list_year)
    manifest = sealing.read_manifest(folder)
    if manifest is None:
        raise VerificationError(f"There is no sealed edition of list year {list_year} in {home.path}.")
    damaged = sealing.damaged_files(folder, manifest)
    if damaged:
        raise VerificationError(*(f"{name}: not the file that was sealed." for name in damaged))
    law = statistics_law()
    values = law.for_list_year(list_year)
    _same_rules(manifest, values, list_year)
    try:
        with home.locked(), aside(home, manifest, law) as con, tempfile.TemporaryDirectory() as scratch:
            derived = Path(scratch)
            rows = sealing.write_tables(con, list_year, derived)
            edition.write_public_lists(con, law, list_year, derived)
            _same_history(con, manifest, list_year)
            _same_files(sealing.describe_outputs(derived, rows), manifest)
    except AsideError as error:
        raise VerificationError(str(error)) from None
    told = _report_whole(folder)
    files, hashes = len(manifest["outputs"]), (manifest["law"]["sha256"][:12], manifest["sql"]["sha256"][:12])
    return [
        f"Edition {list_year}, revision {manifest['revision']}: {files} files derived anew, byte for byte the same.",
        f"{len(manifest['inputs'])} snapshots, law {hashes[0]}, SQL {hashes[1]}.",
        *told,
    ]


def _report_whole(folder: Path) -> list[str]:
    """A line on the edition's report, where it has one: its files are those it was made with, for this edition."""
    from assets import report_files

    damaged = report_files.damaged(folder)
    if damaged:
        raise VerificationError(*(f"{line}." for line in damaged))
    report = report_files.read_report_manifest(folder)
    return [f"Report: {len(report['files'])} files are those it was made with."] if report else []


def _same_rules(manifest: Mapping[str, Any], values: Mapping[str, LegalValue], list_year: int) -> None:
    lines = []
    if manifest["law"] != sealing.describe_law(values, list_year):
        lines.append("law: the parameters or code lists are others than those the edition was sealed under.")
    if manifest["sql"] != sealing.describe_sql():
        lines.append("sql: the SQL is another than that the edition was sealed under.")
    if lines:
        raise VerificationError(*lines, "Verify it with the version of the product that sealed it.")


def _same_history(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], list_year: int) -> None:
    """Holds the published lists used against the manifest. Own editions stand in the sealed history file, which may
    lack areas of theirs that have since been split; the file itself has been compared."""
    now = sealing.describe_history(con, list_year)
    for sealed, found in zip(manifest["history"], now, strict=True):
        if sealed["source"] == "liste" and sealed["sha256"] != found["sha256"]:
            raise VerificationError(f"history: the list of {sealed['year']} is not the one named in the manifest.")


def _same_files(found: list[dict[str, Any]], manifest: Mapping[str, Any]) -> None:
    now = {item["file"]: item for item in found}
    sealed = {item["file"]: item for item in manifest["outputs"]}
    differing = [name for name in sorted(sealed.keys() | now.keys()) if sealed.get(name) != now.get(name)]
    if differing:
        raise VerificationError(*(f"{name}: derived anew it differs from the sealed file." for name in differing))
