"""Compares two revisions of an edition: what went in, the law, the SQL, and every cell of every table.

What does not belong here: why an area has its status (`pipelines.explain`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from assets.derivation import PUBLISHED
from assets.publishing import releases, sealing
from assets.warehouse import rows_of, sql_file
from pipelines.home import Home


class DiffError(Exception):
    """There are no two revisions to compare. The message says which there are."""


def diff_revisions(home: Home, list_year: int, old: int | None, new: int | None) -> list[str]:
    """Everything that differs between two revisions, one line each. Default: the newest and the one before it.

    Raises DiffError where a revision does not exist.
    """
    found = revisions(home, list_year)
    if not found:
        raise DiffError(f"There is no sealed edition of list year {list_year} in {home.path}.")
    newer = max(found) if new is None else new
    older = max((n for n in found if n < newer), default=newer) if old is None else old
    for number in (older, newer):
        if number not in found:
            have = ", ".join(map(str, sorted(found)))
            raise DiffError(f"Edition {list_year} has no revision {number}; there are {have}.")
    if older == newer:
        raise DiffError(f"Edition {list_year} has one revision, {newer}: there is nothing to compare it with.")
    (folder_old, before), (folder_new, after) = found[older], found[newer]
    lines = [f"Edition {list_year}: revision {older} ({_state(before)}) and revision {newer} ({_state(after)})."]
    if sealing.is_synthetic(before) != sealing.is_synthetic(after):
        lines.append(f"data: {_kind(before)} -> {_kind(after)}")
    lines += [*_inputs(before, after), *_law(before, after), *_sql(before, after), *_history(before, after)]
    for table in PUBLISHED:
        lines += _cells(table, folder_old, folder_new)
    return lines if len(lines) > 1 else [*lines, "Nothing differs."]


def revisions(home: Home, list_year: int) -> dict[int, tuple[Path, sealing.Manifest]]:
    """Folder and manifest of every revision of a list year by its number."""
    folders = [*sealing.kept_folders(home.editions, list_year), home.edition(list_year)]
    read = [(folder, sealing.read_manifest(folder)) for folder in folders]
    return {manifest["revision"]: (folder, manifest) for folder, manifest in read if manifest is not None}


def _state(manifest: Mapping[str, Any]) -> str:
    release = releases.release_of(manifest)
    return f"released {release.when}" if release else "draft"


def _kind(manifest: Mapping[str, Any]) -> str:
    return "marked as invented" if sealing.is_synthetic(manifest) else "not marked as invented"


def _inputs(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old = {f"{item['register']}/{item['reference']}": item for item in before["inputs"]}
    new = {f"{item['register']}/{item['reference']}": item for item in after["inputs"]}
    for place in sorted(old.keys() | new.keys()):
        one, other = old.get(place), new.get(place)
        if one != other:
            yield f"input {place}: {_delivery(one)} -> {_delivery(other)}"


def _delivery(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return "none"
    rows = sum(file["rows"] for file in item["files"])
    vintage = f"vintage {item['vintage']}, " if item["vintage"] else ""
    return f"{vintage}{rows} rows, {item['content_sha256'][:12]}"


def _law(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before["law"]["values"], after["law"]["values"]
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if one != other:
            yield f"law {name}: {_value(one)} -> {_value(other)}"
    for name in sorted(before["law"]["code_lists"].keys() | after["law"]["code_lists"].keys()):
        if before["law"]["code_lists"].get(name) != after["law"]["code_lists"].get(name):
            yield f"law code_lists/{name}: another file"


def _value(item: Mapping[str, Any] | None) -> str:
    return "none" if item is None else f"{item['operator'] or ''} {item['value']} ({item['paragraph']})".strip()


def _sql(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before["sql"]["files"], after["sql"]["files"]
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"sql {name}: {(old.get(name) or 'none')[:12]} -> {(new.get(name) or 'none')[:12]}"


def _history(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old = {item["year"]: item for item in before["history"]}
    new = {item["year"]: item for item in after["history"]}
    for year in sorted(old.keys() | new.keys()):
        one, other = old.get(year, {}), new.get(year, {})
        if (one.get("source"), one.get("sha256")) != (other.get("source"), other.get("sha256")):
            yield (
                f"history {year}: {one.get('rows')} parallelsamfund from {one.get('source')} -> "
                f"{other.get('rows')} from {other.get('source')}"
            )


def _cells(table: str, older: Path, newer: Path) -> Iterator[str]:
    """Every row on one side only, and every cell that differs, by the table's key."""
    name = table.split(".")[1]
    key = [column.strip() for column in sealing.KEYS[table].split(",")]
    old, new = _rows(older / f"{name}.parquet", key), _rows(newer / f"{name}.parquet", key)
    for place in sorted(old.keys() | new.keys()):
        row = f"{name} {'/'.join(place)}"
        if place not in new or place not in old:
            yield f"{row}: only in the {'older' if place in old else 'newer'} revision"
            continue
        for column in sorted(old[place].keys() | new[place].keys()):
            one, other = old[place].get(column), new[place].get(column)
            if one != other:
                yield f"{row} {column}: {_cell(one)} -> {_cell(other)}"


def _rows(path: Path, key: list[str]) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows of a sealed table by key; none where the revision was sealed before editions held the table."""
    if not path.exists():
        return {}
    with duckdb.connect() as con:
        rows = rows_of(con, f"SELECT * FROM read_parquet({sql_file(path)}, hive_partitioning=false)")
    return {tuple(str(row[column]) for column in key): row for row in rows}


def _cell(value: Any) -> str:
    return "empty" if value is None else in_full(value)


def in_full(value: Any) -> str:
    """A cell as text; a decimal with all its digits, not a zero of ten digits as 0E-10."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
