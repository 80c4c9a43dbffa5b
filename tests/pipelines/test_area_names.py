"""What the command calls an area whose register has no name for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.cli import _print_lists
from pipelines.explain import _named
from pipelines.home import Home


@pytest.mark.parametrize(("name", "told"), [("Pilelunden", "Pilelunden (O-1)"), (None, "O-1"), ("", "O-1")])
def test_an_explanation_tells_an_area_without_a_name_by_its_id(name: str | None, told: str) -> None:
    assert _named({"area_name": name, "area_id": "O-1"}) == told


def test_the_lists_of_a_run_tell_an_area_without_a_name_by_its_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    home.edition(2025).mkdir(parents=True)
    (home.edition(2025) / "area_status.csv").write_text(
        "area_id,area_name,residents,status,parallelsamfund,omdannelsesomraade\n"
        "O-1,,1200,udsat_boligomraade,false,false\n"
        "O-2,Pilelunden,1100,udsat_boligomraade,false,false\n",
        encoding="utf-8",
    )
    _print_lists(home, 2025)
    assert "O-1, Pilelunden" in capsys.readouterr().out
