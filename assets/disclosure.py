"""Reads the disclosure limits from `law/disclosure.yaml`, the one place that holds them.

What does not belong here: how a figure is withheld.
"""

from __future__ import annotations

from pathlib import Path

import yaml

import law
from assets.public_lists import Disclosure

LIMITS = Path(law.__file__).parent / "disclosure.yaml"


def disclosure_limits(path: Path = LIMITS) -> Disclosure:
    """The limits in force. Raises ValueError where they are set below the lowest allowed."""
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    minimum, lowest = int(read["minimum_count"]), int(read["lowest_allowed"])
    if minimum < lowest:
        raise ValueError(f"{path.name}: minimum_count is {minimum}; it must be at least {lowest}")
    return Disclosure(minimum_count=minimum)
