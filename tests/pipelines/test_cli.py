"""What the command calls an area: its name as it was delivered, whatever characters it has, else its id."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.cli import _print_lists
from pipelines.explain import _named
from pipelines.home import Home


@pytest.mark.parametrize(("name", "told"), [("Pilelunden", "Pilelunden (O-1)"), (None, "O-1"), ("", "O-1")])
def test_an_explanation_tells_an_area_without_a_name_by_its_id(name: str | None, told: str) -> None:
    assert _named({"area_name": name, "area_id": "O-1"}) == told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("", "Pilelunden"), "O-1, Pilelunden"),
        (("Vej [/afd 3]", "Vej [nord]"), "Vej [/afd 3], Vej [nord]"),
    ],
    ids=["none", "brackets"],
)
def test_the_lists_of_a_run_show_what_an_area_is_called(
    names: tuple[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    home.edition(2025).mkdir(parents=True)
    rows = [f"O-{number},{name},1200,udsat_boligomraade,false,false" for number, name in enumerate(names, start=1)]
    header = "area_id,area_name,residents,status,parallelsamfund,omdannelsesomraade"
    (home.edition(2025) / "area_status.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    _print_lists(home, 2025)
    assert told in capsys.readouterr().out
