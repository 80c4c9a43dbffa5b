"""What the command prints: names as they were delivered, whatever characters they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import cli
from pipelines.home import Home


def test_a_name_with_brackets_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    home.edition(2024).mkdir(parents=True)
    (home.edition(2024) / "area_status.csv").write_text(
        "area_id,area_name,residents,status,parallelsamfund,omdannelsesomraade\n"
        "a,Vej [/afd 3],1000,udsat_boligomraade,false,false\n"
        "b,Vej [nord],1200,udsat_boligomraade,false,false\n",
        encoding="utf-8",
    )
    cli._print_lists(home, 2024)
    assert "Vej [/afd 3], Vej [nord]" in capsys.readouterr().out
