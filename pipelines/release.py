"""Releases a sealed edition: verifies it, writes who and when in the log, and takes *udkast* off its public lists.

The tables are not touched. The public lists are written anew with the release on them, the manifest with their new
hashes and, under `run`, the release; both take their place in one step. What does not belong here: the log itself
(`assets.publishing.releases`).
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assets import edition, exchange, warehouse
from assets.aside import aside
from assets.publishing import published_database, published_schema, releases, sealing
from assets.publishing.releases import Entry
from law.loader import Law, list_day, statistics_law
from pipelines.home import Home
from pipelines.verify import read_sealed, verify_locked


class ReleaseError(Exception):
    """An edition cannot be released. The message says why and what to do."""


def release_edition(home: Home, list_year: int, by: str, note: str, at: dt.datetime) -> Entry:
    """Releases the newest edition of a list year. Raises VerificationError or ReleaseError; then nothing has changed.

    Where an earlier attempt was cut off after its line in the log, that line is carried out.
    """
    if not by.strip():
        raise ReleaseError("Say who releases the edition with --by.")
    with home.locked():
        manifest = read_sealed(home, list_year)
        verify_locked(home, list_year)
        _refuse_stale(home, list_year)
        if released := releases.release_of(manifest):
            raise ReleaseError(
                f"Revision {released.revision} of {list_year} was released on {released.when} by {released.by}."
            )
        log = releases.read_log(home.editions)
        begun = next((e for e in log if (e.list_year, e.revision) == (list_year, manifest["revision"])), None)
        told = {"by": by.strip(), "at": at.isoformat(timespec="seconds"), "note": note.strip()}
        if begun is not None:
            told = {"by": begun.by, "at": begun.at, "note": begun.note}
        staged = _stage(home, manifest, statistics_law(), told)
        entry = begun or Entry(
            list_year,
            manifest["revision"],
            **told,
            manifest_sha256=sealing.sha256_of(staged / sealing.MANIFEST),
            previous_sha256=log[-1].sha256 if log else releases.FIRST,
        )
        if entry.manifest_sha256 != sealing.sha256_of(staged / sealing.MANIFEST):
            raise ReleaseError(
                f"{releases.LOG} has a release of revision {entry.revision} of {list_year} with other content. "
                f"Move editions/{list_year} away and run {list_year} again: the revision that it seals can be released."
            )
        if begun is None:
            releases.append(home.editions, entry)
        exchange.put_in_place(staged, home.edition(list_year))
        with warehouse.connect(home.warehouse, home.scratch) as con:
            published_schema.synchronise_published(con, home.editions)
            published_database.refresh(con, home.scratch, home.published)
    return entry


def show_release(home: Home, entry: Entry) -> None:
    """Tells Dagster of a release, so that it stands at the edition's asset beside what the runs sealed."""
    from dagster import AssetKey, AssetObservation

    from pipelines.event_log import instance_of, naming_damage

    observed = AssetObservation(
        AssetKey(["edition", "edition"]),
        partition=str(entry.list_year),
        metadata={
            "revision": entry.revision,
            "state": f"released by {entry.by} at {entry.at}",
            "note": entry.note,
            "manifest_sha256": entry.manifest_sha256,
        },
    )
    with home.opening_instance():
        opened = instance_of(home.instance)
    with naming_damage(home.instance), opened as instance:
        instance.report_runless_asset_event(observed)


def remarks(home: Home, list_year: int, day: dt.date) -> list[str]:
    """What whoever releases a list should know and no law forbids: that its day has not come, and that it rests on
    lists of earlier years in this home that nobody has released."""
    told = []
    if day < list_day(list_year):
        told.append(f"The list of {list_year} is released before its day, {list_day(list_year)}.")
    manifest = read_sealed(home, list_year)
    own = [int(used["year"]) for used in manifest["history"] if used["source"] == "edition"]
    drafts = [str(year) for year in own if not releases.release_of(sealing.read_manifest(home.edition(year)))]
    if drafts:
        told.append(f"Its history rests on lists of this home that are drafts: {', '.join(drafts)}.")
    return told


def _refuse_stale(home: Home, list_year: int) -> None:
    with warehouse.connect(home.warehouse, home.scratch, read_only=True) as con:
        stale = dict(sealing.stale_editions(con, home.editions))
    if list_year in stale:
        raise ReleaseError(f"The list of {stale[list_year]} has changed since. Run list year {list_year} again first.")


def _stage(home: Home, manifest: Mapping[str, Any], law: Law, told: Mapping[str, str]) -> Path:
    """The edition as it stands once released, written aside."""
    list_year = int(manifest["list_year"])
    staged = home.scratch / f"release-{list_year}"
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(home.edition(list_year), staged)
    released = {**manifest, "run": {**manifest["run"], "release": dict(told)}}
    with aside(home, manifest, law) as con:
        release = releases.release_of(released)
        changes, synthetic = manifest.get("changes"), sealing.is_synthetic(manifest)
        edition.write_public_lists(con, law, list_year, staged, release, changes, synthetic)
    rows = {item["file"]: item["rows"] for item in manifest["outputs"] if item["rows"] is not None}
    released["outputs"] = sealing.describe_outputs(staged, rows)
    sealing.write_manifest(released, staged)
    return staged
