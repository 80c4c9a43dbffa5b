"""The two yardsticks of the benchmark give what the product publishes, cell by cell.

Belongs here: that what is compared in time is the same in content. Does not belong here: time itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import oracle
from tests.command import TABLES, csv_table, run_list
from tests.performance import bare_query, plain_pandas
from tests.populations import Style, random_world, write_snapshots

TYPED = Style(suffix="parquet", numeric=True)
"""As the yardsticks read it: Parquet with numbers and dates in their own types."""


@pytest.fixture(scope="module", params=[(31, 2023), (52, 2026), (7, 2019)], ids=lambda drawn: f"{drawn[0]}-{drawn[1]}")
def delivered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    seed, list_year = request.param
    folder = tmp_path_factory.mktemp("yardsticks")
    return write_snapshots(random_world(seed, list_year, large=6), folder / "snapshots", lambda *_: TYPED), list_year


@pytest.fixture(scope="module")
def expected(delivered: tuple[Path, int]) -> oracle.Tables:
    return oracle.derive_from_snapshots(*delivered)


def test_bare_query_gives_every_figure(delivered: tuple[Path, int], expected: oracle.Tables) -> None:
    assert bare_query.area_criteria(*delivered) == expected["area_criteria"]


def test_plain_pandas_gives_every_table(delivered: tuple[Path, int], expected: oracle.Tables) -> None:
    assert plain_pandas.derive(*delivered) == expected


def test_both_give_what_the_product_publishes(delivered: tuple[Path, int], tmp_path: Path) -> None:
    snapshots, list_year = delivered
    if list_year != 2026:
        pytest.skip("one run of the product is enough: the oracle stands between them for the other populations")
    done = run_list(list_year, snapshots, tmp_path / "home")
    assert done.code == 0, done.output[-3000:]
    published = {table: csv_table(tmp_path / "home", list_year, table) for table in TABLES}
    assert plain_pandas.derive(snapshots, list_year) == published
    assert bare_query.area_criteria(snapshots, list_year) == published["area_criteria"]
