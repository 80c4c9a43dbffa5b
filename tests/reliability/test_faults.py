"""The short form of every experiment: each fault a few times, and nothing may be lost.

`make reliability` runs the long form and writes its figures into docs/reliability.md.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability import experiments
from tests.reliability.experiments import Figure, Undisturbed


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("reliability"))


SHORT: dict[str, Callable[[Undisturbed], Figure]] = {
    "killed": lambda base: list(experiments.killed(base, 1))[-1],
    "disk-full-when-sealing-again": lambda base: experiments.disk_full_when_sealing_again(base, 1),
    "read-only": lambda base: experiments.read_only(base, ("run",)),
    "at-once-in-two-time-zones": lambda base: experiments.at_once(base, 1, next_year=False),
}


@pytest.mark.parametrize("name", SHORT)
def test_fault_is_survived(name: str, undisturbed: Undisturbed) -> None:
    figure = SHORT[name](undisturbed)
    assert figure.injected > 0 or figure.notes
    assert figure.lost == []


def test_fuzzed_files_neither_raise_nor_show_a_row(tmp_path: Path) -> None:
    figure = experiments.fuzzed(tmp_path, 100)
    assert figure.injected == 100
    assert figure.lost == []
