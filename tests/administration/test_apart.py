"""Statistical data may not decide about a person: no path leads from a register to the administration.

Three ways are closed: imports, the asset graph, and the files that a run opens.
"""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

from dagster import AssetKey

from assets.administration import edition
from assets.administration.graph import EDITION
from pipelines.administration.cli import materialise
from pipelines.administration.definitions import defs
from tests.administration.worlds import World

ROOT = Path(__file__).resolve().parents[2]
OWN = ("assets.administration", "pipelines.administration")
ALLOWED = {
    "assets.csv_header",
    "assets.delivered_files",
    "assets.exchange",
    "law.danish_time",
    "law.loader",
    "pipelines.event_log",
    "pipelines.failures",
    "pipelines.signs_of_life",
}
"""How a CSV's header is read, what any file tells before its rows, how a folder takes another's place and who may do
so, the law, how a run's events are written, an error is told and a run shows that it lives: none of them knows any
register."""
OUR_PACKAGES = {"assets", "pipelines", "law"}


def sources() -> list[Path]:
    return [path for part in OWN for path in (ROOT / part.replace(".", "/")).rglob("*.py")]


def test_the_page_names_what_is_shared() -> None:
    page = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
    told = page[page.index("registers are never opened, and only") : page.index("are shared; `tests/administration")]
    assert set(re.findall(r"`([a-z_.]+)`", told)) == ALLOWED


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            names |= {node.module or ""}
    return names


def test_only_what_knows_of_no_register_is_shared() -> None:
    assert len(sources()) > 15
    for path in sources():
        for name in imported(path):
            if name.split(".")[0] in OUR_PACKAGES:
                assert name in ALLOWED or name.startswith(OWN), f"{path.name} imports {name}"
            assert name not in ("importlib", "runpy"), f"{path.name} imports {name}"


def test_no_source_names_the_statistics_state() -> None:
    texts = [*sources(), *(ROOT / "sql" / "administration").glob("*.sql")]
    for path in texts:
        code = path.read_text(encoding="utf-8")
        for word in ("warehouse.duckdb", "registers.", "published.", "data/snapshots", "BOLIGOMRAADER_SNAPSHOTS"):
            assert word not in code, f"{path.name} names {word}"


def test_the_asset_graph_begins_at_the_sealed_edition_and_the_cases() -> None:
    graph = defs.resolve_asset_graph()
    keys = set(graph.get_all_asset_keys())
    assert all(key.path[0] == "administration" for key in keys)
    roots = {key for key in keys if not graph.get(key).parent_keys}
    assert roots == {EDITION}
    assert set(graph.external_asset_keys) == set()
    for key in keys - {EDITION}:
        assert EDITION in ancestors(graph, key)


def ancestors(graph: object, key: AssetKey) -> set[AssetKey]:
    found: set[AssetKey] = set()
    waiting = [key]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys:  # type: ignore[attr-defined]
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_a_run_leaves_the_rest_of_the_home_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.area(2026, "U", "udsat_boligomraade")
    world.seal()
    world.give("members")
    trap = world.home / "warehouse.duckdb"
    trap.write_bytes(b"no database")
    before = {path: path.read_bytes() for path in (world.home / "editions").rglob("*") if path.is_file()}
    assert materialise(world.home, world.cases, 2026, dt.date(2026, 12, 31)) is None
    assert trap.read_bytes() == b"no database"
    after = {path: path.read_bytes() for path in (world.home / "editions").rglob("*") if path.is_file()}
    assert before == after
    written = {path.name for path in world.home.iterdir()} - {"warehouse.duckdb", "editions"}
    assert written == {"administration", "administration.duckdb", "dagster-administration"}


def test_of_the_edition_only_published_columns_are_read() -> None:
    published = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    for table, columns in edition.TABLES.items():
        assert f"## {table}" in published
        for column in columns:
            assert f"`{column}`" in published, f"{table}.{column}"
