"""Writes what comes out: the list year's tables as CSV and Parquet, and a manifest of inputs, law and files.

The same inputs give the same bytes: no time and no path of the machine is written. What does not belong here:
what any table means.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.administration import intake, legal_basis
from assets.administration.store import FOLDER, Output, export, replace_output
from assets.exchange import put_in_place
from law.loader import Law

OF_THE_RUN: tuple[Output, ...] = (
    intake.REFUSED_ROWS,
    intake.INTAKE,
    intake.INPUT_FILES,
    legal_basis.PARAMETER_SETS,
)
"""What no system decides: which rows were taken in and which not, from which files, and the legal values."""


def forget(con: duckdb.DuckDBPyConnection, outputs: Sequence[Output], list_year: int) -> None:
    """Removes a list year's decisions before they are made anew, so that none outlives its inputs."""
    found = con.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'").fetchall()
    known = {row[0] for row in found}
    for output in outputs:
        if output.name in known:
            con.execute(f"DELETE FROM {output.name} WHERE list_year = ?", [list_year])


def publish(
    con: duckdb.DuckDBPyConnection, outputs: Sequence[Output], home: Path, list_year: int, day: dt.date, law: Law
) -> int:
    """Writes `<home>/administration/<list year>/` anew, every output in it. Returns the number of files."""
    replace_output(con, intake.REFUSED_ROWS, list_year, "SELECT * FROM cases.refused")
    replace_output(con, intake.INTAKE, list_year, "SELECT * FROM cases.intake")
    replace_output(con, intake.INPUT_FILES, list_year, "SELECT * FROM cases.files")
    _keep_used_parameters(con, outputs, list_year)
    target = home / FOLDER / str(list_year)
    new = target.with_name(f".{list_year}.new")
    shutil.rmtree(new, ignore_errors=True)
    names = export(con, outputs, list_year, new)
    editions = con.execute("SELECT list_year, manifest_sha256 FROM cases.editions ORDER BY list_year").fetchall()
    inputs = con.execute("SELECT file, sha256, bytes, rows FROM cases.files ORDER BY file").fetchall()
    manifest = {
        "list_year": list_year,
        "day": day.isoformat(),
        "law_sha256": law.sha256,
        "editions": [{"list_year": year, "manifest_sha256": sha256} for year, sha256 in editions],
        "inputs": [{"file": f, "sha256": sha256, "bytes": size, "rows": rows} for f, sha256, size, rows in inputs],
        "outputs": [{"file": name, "sha256": _sha256(new / name)} for name in sorted(names)],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (new / "manifest.json").write_text(text, encoding="utf-8")
    put_in_place(new, target)
    return len(names) + 1


def _keep_used_parameters(con: duckdb.DuckDBPyConnection, outputs: Sequence[Output], list_year: int) -> None:
    """Drops the sets of legal values that no decision of the list year names."""
    naming = [o.name for o in outputs if "parameter_set" in o.columns and o is not legal_basis.PARAMETER_SETS]
    named = " UNION ".join(f"SELECT parameter_set FROM {name} WHERE list_year = $year" for name in naming)
    con.execute(
        f"DELETE FROM {legal_basis.PARAMETER_SETS.name} WHERE list_year = $year AND parameter_set NOT IN "
        f"(SELECT parameter_set FROM ({named}) WHERE parameter_set IS NOT NULL)",
        {"year": list_year},
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
