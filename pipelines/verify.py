"""Verification: derives a sealed edition anew, aside, from the home's register tables and the history sealed in it.

Nothing in the home is written. What does not belong here: how an edition is sealed (`assets.publishing.sealing`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from assets import edition, warehouse
from assets.aside import AsideError, aside
from assets.publishing import openlineage, releases, sealing
from assets.publishing.public_lists import Release
from law.loader import LegalValue, statistics_law
from pipelines.home import Home


class VerificationError(Exception):
    """An edition is not what it says. Each argument is one line that names what differs."""


def verify_edition(home: Home, list_year: int) -> list[str]:
    """Lines that say what was verified. Raises VerificationError naming everything that differs, the first first."""
    with home.locked():
        return verify_locked(home, list_year)


def verify_locked(home: Home, list_year: int) -> list[str]:
    """`verify_edition` for a caller that holds the home's lock."""
    folder = home.edition(list_year)
    manifest = read_sealed(home, list_year)
    damaged = sealing.damaged_files(folder, manifest)
    if damaged:
        raise VerificationError(*(f"{name}: not the file that was sealed." for name in damaged))
    _same_manifest(home, list_year)
    law = statistics_law()
    values = law.for_list_year(list_year)
    _same_rules(manifest, values, list_year)
    release = releases.release_of(manifest)
    try:
        with aside(home, manifest, law) as con, tempfile.TemporaryDirectory() as scratch:
            derived = Path(scratch)
            rows = sealing.write_tables(con, list_year, derived)
            openlineage.write(derived, list_year, manifest["inputs"], manifest["law"]["sha256"])
            changes, synthetic = manifest.get("changes"), sealing.is_synthetic(manifest)
            edition.write_public_lists(con, law, list_year, derived, release, changes, synthetic)
            _same_history(con, manifest, list_year)
            _same_files(sealing.describe_outputs(derived, rows), manifest)
    except AsideError as error:
        raise VerificationError(str(error)) from None
    _same_changes(home, manifest)
    state = _state(home, list_year, release)
    _released_whole(home, manifest)
    told = [*_report_whole(folder), *_stale(home, list_year)]
    files, hashes = len(manifest["outputs"]), (manifest["law"]["sha256"][:12], manifest["sql"]["sha256"][:12])
    return [
        f"Edition {list_year} is {state}.",
        f"Edition {list_year}, revision {manifest['revision']}: {files} files derived anew, byte for byte the same.",
        f"{len(manifest['inputs'])} snapshots, law {hashes[0]}, SQL {hashes[1]}.",
        *told,
    ]


def _report_whole(folder: Path) -> list[str]:
    """A line on the edition's report, where it has one: its files are those it was made with, for this edition."""
    from assets.reporting.files import damaged, read_report_manifest

    broken = damaged(folder)
    if broken:
        raise VerificationError(*(f"{line}." for line in broken))
    report = read_report_manifest(folder)
    return [f"Report: {len(report['files'])} files are those it was made with."] if report else []


def _stale(home: Home, list_year: int) -> list[str]:
    with warehouse.connect(home.warehouse, home.scratch, read_only=True) as con:
        return sealing.stale_lines(con, home.editions, list_year)


def read_sealed(home: Home, list_year: int) -> sealing.Manifest:
    """The manifest of the newest edition. Raises VerificationError where there is none, DamagedFileError."""
    manifest = sealing.read_manifest(home.edition(list_year))
    if manifest is None:
        raise VerificationError(f"There is no sealed edition of list year {list_year} in {home.path}.")
    return manifest


def _same_manifest(home: Home, list_year: int) -> None:
    """The warehouse noted the manifest's hash when it was sealed or released."""
    now = sealing.sha256_of(home.edition(list_year) / sealing.MANIFEST)
    with warehouse.connect(home.warehouse, home.scratch, read_only=True) as con:
        query = "SELECT manifest_sha256 FROM published.editions WHERE list_year = ?"
        noted = con.execute(query, [list_year]).fetchall()
    if noted and noted[0][0] != now:
        raise VerificationError(f"{sealing.MANIFEST}: not the file that was sealed.")


def _same_changes(home: Home, manifest: sealing.Manifest) -> None:
    if manifest.get("changes") != releases.changes_of(home.editions, manifest):
        raise VerificationError("changes: not what differs from the revision released before.")


def _state(home: Home, list_year: int, release: Release | None) -> str:
    """In words, draft or released. Raises VerificationError where the log does not bear out a release of the list year
    that a manifest tells, be it an earlier revision's."""
    try:
        untold = releases.untold_revisions(home.editions, list_year)
    except releases.ReleaseLogError as error:
        raise VerificationError(str(error)) from None
    if untold:
        named = ", ".join(map(str, untold))
        otherwise = f"not the release that its {sealing.MANIFEST} tells, one of the two was altered"
        raise VerificationError(f"{releases.LOG}, revision {named} of {list_year}: {otherwise}. Restore a backup.")
    if release is None:
        return "a draft, not released"
    return f"released on {release.when} by {release.by}"


def _released_whole(home: Home, manifest: sealing.Manifest) -> None:
    """Raises VerificationError where the revision released before, whose lists are in force beside a draft, was
    altered."""
    kept = releases.last_released(home.editions, int(manifest["list_year"]), before=manifest["revision"])
    if kept is None:
        return
    folder, released = kept
    place = folder.relative_to(home.editions)
    if damaged := sealing.damaged_files(folder, released):
        told = "not the file that was released. Restore a backup of that revision."
        raise VerificationError(*(f"{place}/{name}: {told}" for name in damaged))


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
    now = {item["file"]: item["sha256"] for item in found}
    sealed = {item["file"]: item["sha256"] for item in manifest["outputs"]}
    differing = [name for name in sorted(sealed.keys() | now.keys()) if sealed.get(name) != now.get(name)]
    if differing:
        raise VerificationError(*(f"{name}: derived anew it differs from the sealed file." for name in differing))
