"""Releases: the append-only log of who put which revision out, and what changed since the one put out before.

A line of `editions/releases.jsonl` holds the hash of the line before it and of the released manifest, which tells the
release too, so that no line can be altered or taken out without a trace, the last one included. What does not belong
here: how an edition is released (`pipelines.release`) and the look of the page (`assets.publishing.public_lists`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.code_lists import municipality_names
from assets.list_names import LIST_NAMES, NO_LIST
from assets.publishing import sealing
from assets.publishing.public_lists import Release, danish_day
from assets.warehouse import sql_file

LOG = "releases.jsonl"
FIRST = hashlib.sha256(b"").hexdigest()
"""What the first line names as the line before it."""

LISTS: Mapping[str, str] = {**{code: name.one for code, name in LIST_NAMES.items()}, NO_LIST: "ingen liste"}


class ReleaseLogError(Exception):
    """The log is not what was written. The message names the line."""


@dataclass(frozen=True)
class Entry:
    """One release: which revision of which list year, by whom, when (with offset), why, and the hashes that bind it."""

    list_year: int
    revision: int
    by: str
    at: str
    note: str
    manifest_sha256: str
    previous_sha256: str

    @property
    def line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.line.encode()).hexdigest()


def read_log(editions: Path) -> list[Entry]:
    """Every release, earliest first. Raises ReleaseLogError where a line was altered, added within, or taken out."""
    path = editions / LOG
    if not path.is_file():
        return []
    entries: list[Entry] = []
    text = path.read_text(encoding="utf-8").removesuffix("\n")
    # not splitlines: a note may hold what Unicode calls the end of a line, which JSON leaves as it is
    for number, line in enumerate(text.split("\n") if text else [], 1):
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            raise ReleaseLogError(f"{LOG}: line {number} is no release.") from None
        if entry.line != line or entry.previous_sha256 != (entries[-1].sha256 if entries else FIRST):
            raise ReleaseLogError(f"{LOG}: line {number} does not follow the line before it.")
        entries.append(entry)
    return entries


def released_revisions(editions: Path, list_year: int) -> list[int]:
    """The revisions of a list year that the log names; none where it cannot be read."""
    try:
        return [entry.revision for entry in read_log(editions) if entry.list_year == list_year]
    except ReleaseLogError:
        return []


def untold_revisions(editions: Path, list_year: int) -> list[int]:
    """The revisions of a list year, in place or kept, whose manifest tells of a release that the log tells otherwise or
    not at all. Raises ReleaseLogError."""
    log = read_log(editions)
    untold = []
    for folder in [editions / str(list_year), *sealing.kept_folders(editions, list_year)]:
        manifest = sealing.read_manifest(folder)
        told = (manifest or {}).get("run", {}).get("release")
        if manifest is None or told is None:
            continue
        release = (manifest["revision"], told["by"], told["at"], told["note"])
        sealed = sealing.sha256_of(folder / sealing.MANIFEST)
        if not any(
            (e.revision, e.by, e.at, e.note) == release and (e.list_year, e.manifest_sha256) == (list_year, sealed)
            for e in log
        ):
            untold.append(manifest["revision"])
    return sorted(untold)


def append(editions: Path, entry: Entry) -> None:
    """Adds one line, on disk before this returns."""
    with (editions / LOG).open("a", encoding="utf-8") as stream:
        stream.write(entry.line + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def release_of(manifest: Mapping[str, Any] | None) -> Release | None:
    """The release that a manifest records; None for a draft."""
    told = (manifest or {}).get("run", {}).get("release")
    if manifest is None or told is None:
        return None
    return Release(told["by"], dt.datetime.fromisoformat(told["at"]).date(), manifest["revision"], told["note"])


def last_released(editions: Path, list_year: int, before: int | None = None) -> tuple[Path, sealing.Manifest] | None:
    """The newest released revision of a list year, earlier than `before` where that is given, with its manifest."""
    found = []
    for folder in [editions / str(list_year), *sealing.kept_folders(editions, list_year)]:
        manifest = sealing.read_manifest(folder)
        if release_of(manifest) and manifest and (before is None or manifest["revision"] < before):
            found.append((manifest["revision"], folder, manifest))
    return max(found, key=lambda item: item[0])[1:] if found else None


def changes_of(editions: Path, manifest: sealing.Manifest) -> str | None:
    """What the edition in place must say of changes since the revision released before it; None where there is none."""
    list_year = int(manifest["list_year"])
    released = last_released(editions, list_year, before=manifest["revision"])
    return changes_since(released, editions / str(list_year) / "area_status.parquet") if released else None


def changes_since(released: tuple[Path, sealing.Manifest], status: Path) -> str:
    """In Danish, for the public page: which areas stand on another list than on the released one, one line each."""
    folder, manifest = released
    release = release_of(manifest)
    assert release is not None
    before, after = _listed(folder / "area_status.parquet"), _listed(status)
    names = {f"{kom:03d}": name for kom, name in municipality_names().items()}
    lines = [f"Sammenholdt med revision {release.revision}, offentliggjort {danish_day(release.when)}:"]
    for area in sorted(before.keys() | after.keys()):
        old, new = before.get(area), after.get(area)
        if (old and old[2]) == (new and new[2]):
            continue
        name, kom, _ = new or old or ("", "", "")
        was = LISTS[old[2]] if old else "ikke et boligområde"
        now = LISTS[new[2]] if new else "ikke et boligområde"
        lines.append(f"{name} ({names.get(kom, kom)}): fra {was} til {now}.")
    if len(lines) == 1:
        lines.append("Intet område har skiftet liste; det er tallene eller reglerne bag dem, der er opgjort på ny.")
    return "\n".join(lines)


def _listed(status: Path) -> dict[str, tuple[str, str, str]]:
    """Name (the id where none is registered), municipality and narrowest list of each area."""
    with duckdb.connect() as con:
        rows = con.execute(
            f"""
            SELECT area_id, area_name, kom, CASE
                WHEN omdannelsesomraade THEN 'omdannelsesomraade'
                WHEN parallelsamfund THEN 'parallelsamfund'
                ELSE status
            END
            FROM read_parquet({sql_file(status)}, hive_partitioning=false)
            """
        ).fetchall()
    return {str(area): (str(name or area), str(kom), str(listed)) for area, name, kom, listed in rows}
