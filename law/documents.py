"""Reads a YAML file of the law: its keys, texts and days, each checked, every fault as one line with the fix.

What does not belong here: what a file holds (`law.loader` for values, `law.statutes` for sentences).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml


class LawError(ValueError):
    """A file of the law, an override or a day that cannot be used. The message is one line with the fix."""


def read_document(path: Path) -> Any:
    """What a YAML file says. Raises LawError with the line where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return yaml.load(stream, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the file"
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise LawError(f"{where} is no valid YAML ({problem}); check indentation, colons and quotes") from None
    except ValueError as error:
        if isinstance(error, LawError):
            raise
        raise LawError(f"a date or a text cannot be read ({error}); write dates as YYYY-MM-DD in UTF-8") from None


def mapping_of(mapping: Any, place: str, allowed: frozenset[str]) -> Mapping[str, Any]:
    """What stands at a place of a file, where it is a mapping of known keys. Raises LawError."""
    if not isinstance(mapping, dict):
        raise LawError(f"{place}: is no mapping; write it as lines of key: value")
    for key in mapping:
        if key not in allowed:
            raise LawError(f"{place}: the key {key!r} is not known; use {', '.join(sorted(allowed))}")
    return mapping


def text_of(mapping: Mapping[str, Any], key: str, place: str = "") -> str:
    """The text of a key on one line. Raises LawError where there is none."""
    raw = mapping.get(key)
    if not isinstance(raw, str) or not raw.strip():
        raise LawError(f"{place}{key}: missing or no text; write it out")
    return " ".join(raw.split())


def date_of(mapping: Mapping[str, Any], key: str, place: str) -> dt.date:
    """The day of a key. Raises LawError where there is none."""
    raw = mapping.get(key)
    if raw is None:
        raise LawError(f"{place}.{key}: missing; give a day as YYYY-MM-DD")
    if not isinstance(raw, dt.date) or isinstance(raw, dt.datetime):
        raise LawError(f"{place}.{key}: {raw!r} is no day; write YYYY-MM-DD without quotes")
    return raw


def period_of(fields: Mapping[str, Any], place: str) -> tuple[dt.date, dt.date | None]:
    """The first day something applies and the first day it no longer does (None: no end). Raises LawError."""
    if "until" not in fields:
        raise LawError(f"{place}.until: missing; give the first day it no longer applies, or null when no end is set")
    effective_from = date_of(fields, "from", place)
    until = None if fields["until"] is None else date_of(fields, "until", place)
    if until is not None and until <= effective_from:
        raise LawError(f"{place}.until: {until} is not after from ({effective_from}); give a later day")
    return effective_from, until


class _Loader(yaml.CSafeLoader):
    """YAML's safe types, with a duplicate key as an error instead of the last one winning."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise LawError("a key is a list or a mapping; keys are plain words")
        if key in seen:
            raise LawError(f"{key}: the key stands twice; keep one of them")
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
