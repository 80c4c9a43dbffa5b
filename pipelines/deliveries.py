"""What a list year still misses: every reference it needs, whether it is there whole, and when it was to come.

Days come from Statistics Denmark's catalogue (`delivery_data/register_datasets.csv`): the day a dataset was made, or
the announced one; for a dataset not yet in it, the day of the newest one known, as many years later. What does not
belong here: reading a delivery (`assets.intake.storing`) and starting a run (`pipelines.sensors`).
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assets.contracts import REGISTERS, Register, needed_years
from assets.intake.deliveries import COMPLETE, delivered_years, find_delivery
from law.danish_time import years_after
from law.loader import LegalValue, list_day

CATALOGUE = Path(__file__).parent / "delivery_data" / "register_datasets.csv"


@dataclass(frozen=True)
class Reference:
    """One reference that a list year needs. `state` is complete, unfinished (no `_COMPLETE`) or missing; `due` the day
    it was or is to come, None where no day is known; `dataset` the office's name for it."""

    register: str
    reference: str
    optional: bool
    state: str
    due: dt.date | None
    dataset: str

    def late(self, today: dt.date) -> bool:
        """Whether it should have been here."""
        return self.state != "complete" and self.due is not None and self.due < today

    def line(self, today: dt.date, needed_by: dt.date) -> str:
        """The reference in words."""
        told = [f"{self.register}/{self.reference}: {self.state}"]
        if self.state == "complete":
            return told[0]
        if self.optional:
            told.append("optional")
        if self.due is None:
            told.append("no delivery day is known")
        elif self.due < today:
            told.append(f"{self.dataset} was due on {self.due}: {(today - self.due).days} days late")
        else:
            told.append(f"{self.dataset} is due on {self.due}")
            if self.due > needed_by:
                told.append(f"after the list day {needed_by}")
        return ", ".join(told)


def references(
    law: Mapping[str, LegalValue], list_year: int, snapshots: Path, own_editions: Sequence[int]
) -> list[Reference]:
    """Every reference that a list year needs or can use, as it stands in the snapshots folder."""
    return [
        _look(register, year, snapshots)
        for register in REGISTERS
        for year in needed_years(
            register, law, list_year, own_editions, delivered_years(snapshots, register, list_year)
        )
    ]


def is_complete(register: Register, reference: str, snapshots: Path) -> bool:
    """Whether the vintage that a run would read is finished."""
    delivery = find_delivery(snapshots, register, reference)
    return delivery is not None and (delivery.folder / COMPLETE).is_file()


def _look(register: Register, year: int, snapshots: Path) -> Reference:
    reference = register.reference_name(year)
    state = "complete" if is_complete(register, reference, snapshots) else "unfinished"
    if find_delivery(snapshots, register, reference) is None:
        state = "missing"
    due, dataset = expected(register.name, year)
    return Reference(register.name, reference, register.optional, state, due, dataset)


@cache
def _catalogue() -> Mapping[str, Mapping[int, tuple[dt.date, str]]]:
    known: dict[str, dict[int, tuple[dt.date, str]]] = {}
    with CATALOGUE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            year = int(row["reference"][:4])
            known.setdefault(row["register"], {})[year] = (dt.date.fromisoformat(row["day"]), row["dataset"])
    return known


def expected(register: str, year: int) -> tuple[dt.date | None, str]:
    """The day a register's reference of a year was or is to come, and the office's name of the dataset."""
    known = _catalogue().get(register, {})
    if not known:
        return None, register
    if year in known:
        return known[year]
    newest = max(known)
    day, _ = known[newest]
    return years_after(day, year - newest), f"{register.upper()} of {year}"


def summary(found: Sequence[Reference], today: dt.date, list_year: int) -> str:
    """All in words: what is missing first, then what is here."""
    needed_by = list_day(list_year)
    complete = [item for item in found if item.state == "complete"]
    open_ones = [item for item in found if item.state != "complete"]
    required = [item for item in open_ones if not item.optional]
    late = [item for item in required if item.late(today)]
    head = (
        f"List year {list_year} on {today}: {len(complete)} of {len(found)} references are complete, "
        f"{len(required)} required ones are not, {len(late)} of them late. {(needed_by - today).days} days to the list."
    )
    return "\n".join([head, *(item.line(today, needed_by) for item in (*open_ones, *complete))])
