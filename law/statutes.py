"""Reads `law/statutes/` into dated sentences of the act: which words of a provision are in force on a day.

A sentence stands beside the values that it states (`law.loader`). What does not belong here: which sentences an
explanation quotes, and any legal number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from law.documents import LawError, mapping_of, period_of, read_document, text_of
from law.loader import LegalValue

STATUTE_DIRECTORY = Path(__file__).parent / "statutes"
ALMENBOLIGLOVEN = "almenboligloven.yaml"

FILE_KEYS = frozenset({"sentences"})
SENTENCE_KEYS = frozenset({"from", "until", "act", "url", "text"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of a provision from `effective_from` up to and not including `until` (None: no end).

    `act` is the act that they are quoted from. Its own terms for the areas may be younger than the first day: what the
    act called them then is in the parameters `betegnelse`.
    """

    provision: str
    text: str
    effective_from: dt.date
    until: dt.date | None
    act: str
    url: str

    def in_force(self, day: dt.date) -> bool:
        """Whether these are the words on `day`."""
        return self.effective_from <= day and (self.until is None or day < self.until)

    def states(self, value: LegalValue) -> bool:
        """Whether a value of this provision is the one that these words have: none came into force after them."""
        return value.effective_from <= self.effective_from


@dataclass(frozen=True)
class Statutes:
    """The sentences of each provision, earliest first."""

    sentences: Mapping[str, tuple[Sentence, ...]]

    def in_force(self, provision: str, day: dt.date) -> Sentence | None:
        """The words of a provision on a day; None where none are held."""
        return next((one for one in self.sentences.get(provision, ()) if one.in_force(day)), None)


def load_statutes(directory: Path | None = None) -> Statutes:
    """The sentences under `directory` (default: the ones shipped here), checked.

    Raises LawError with one line that names the file, the key, what is wrong and how to put it right.
    """
    path = (STATUTE_DIRECTORY if directory is None else Path(directory)) / ALMENBOLIGLOVEN
    try:
        return _statutes(mapping_of(read_document(path), "the file", FILE_KEYS))
    except LawError as error:
        raise LawError(f"law/statutes/{path.name}: {error}") from None


@lru_cache(maxsize=1)
def shipped_statutes() -> Statutes:
    """The shipped sentences, read once per process."""
    return load_statutes()


def _statutes(document: Mapping[str, Any]) -> Statutes:
    provisions = document.get("sentences")
    if not isinstance(provisions, dict) or not provisions:
        raise LawError("sentences: missing; give each provision its dated sentences")
    return Statutes(MappingProxyType({str(name): _sentences(str(name), listed) for name, listed in provisions.items()}))


def _sentences(provision: str, listed: Any) -> tuple[Sentence, ...]:
    if not isinstance(listed, list) or not listed:
        raise LawError(f"{provision}: missing or empty; give a list with at least one dated sentence")
    sentences = tuple(
        _sentence(provision, entry, f"{provision}[{number}]") for number, entry in enumerate(listed, start=1)
    )
    # a gap is no fault: the words of some years are not held
    for number, (earlier, later) in enumerate(pairwise(sentences), start=1):
        if earlier.until is None or earlier.until > later.effective_from:
            raise LawError(
                f"{provision}[{number + 1}].from: {later.effective_from} overlaps the sentence before it; "
                f"sort them, and set {provision}[{number}].until to {later.effective_from}"
            )
    return sentences


def _sentence(provision: str, entry: Any, place: str) -> Sentence:
    fields = mapping_of(entry, place, SENTENCE_KEYS)
    effective_from, until = period_of(fields, place)
    text, act, url = (text_of(fields, key, f"{place}.") for key in ("text", "act", "url"))
    if not url.startswith("https://"):
        raise LawError(f"{place}.url: is no address; give the one of the act, starting with https://")
    return Sentence(provision, text, effective_from, until, act, url)
