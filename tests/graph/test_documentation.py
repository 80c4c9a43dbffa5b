"""Every asset and check of the statistics, and every asset of the administration, explains itself.

Belongs here: what the definitions and one run's materialisations must say of each asset, whatever assets there are.
Does not belong: what the tables hold.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    DagsterInstance,
    TableColumnLineage,
    TableMetadataValue,
    TableSchema,
    TableSchemaMetadataValue,
)
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from assets.administration import graph as administration
from assets.administration.case_tables import CASE_TABLES
from assets.administration.documentation import typed_columns
from assets.administration.graph import OUTPUTS
from assets.columns import describe
from assets.contracts import REGISTER_BY_NAME
from assets.derivation import TABLE_BY_NAME
from assets.documentation import address_of, columns_of
from assets.reporting.shapes import SHAPES
from pipelines.administration.definitions import defs as administration_defs
from pipelines.definitions import defs
from tests.command import manifest
from tests.graph.homes import YEAR, Ready

GRAPH = defs.resolve_asset_graph()
KEYS = sorted(GRAPH.get_all_asset_keys(), key=lambda key: key.to_user_string())
ADMINISTRATION = administration_defs.resolve_asset_graph()
ADMINISTERED = sorted(ADMINISTRATION.get_all_asset_keys(), key=lambda key: key.to_user_string())
MADE_BY = [
    made
    for location in (defs, administration_defs)
    for made in location.assets or ()
    if isinstance(made, AssetsDefinition)
]
SPECS: dict[AssetKey, AssetSpec] = {spec.key: spec for made in MADE_BY for spec in made.specs}
CONFIDENTIALITY = {"public", "aggregate", "person_level"}
ACT = re.compile(r"\[[^\]]+\]\(https://www\.retsinformation\.dk/eli/lta/\d{4}/\d+\)")
LINK = re.compile(r"\[§ [^\]]+\]\(https://www\.retsinformation\.dk/eli/lta/\d{4}/\d+\)")


def table_of(key: AssetKey) -> str:
    return ".".join(key.path)


TABLES = [key for key in KEYS if columns_of(table_of(key))]
APPLY_LAW = [key for key in KEYS if key.path[0] not in ("received", "registers")]
DERIVED = [key for key in KEYS if table_of(key) in TABLE_BY_NAME]


def each(keys: list[AssetKey]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("key", keys, ids=lambda key: key.to_user_string())


@each([*KEYS, *ADMINISTERED])
def test_an_asset_is_titled_described_owned_and_grouped(key: AssetKey) -> None:
    node, spec = (GRAPH if key in KEYS else ADMINISTRATION).get(key), SPECS[key]
    assert str(node.metadata["title"]).strip()
    assert len(str(node.description).split()) >= 5
    assert node.owners
    assert node.group_name not in (None, "default")
    assert spec.kinds
    assert node.tags["layer"] == node.group_name
    assert node.group_name == key.path[0] or key in ADMINISTERED
    assert node.tags["confidentiality"] in CONFIDENTIALITY
    assert node.code_version
    assert node.pools, "every writer of the warehouse, or of the administration's store, is in its pool"


@each(ADMINISTERED)
def test_an_asset_of_the_administration_shows_the_columns_of_its_tables(key: AssetKey) -> None:
    metadata = ADMINISTRATION.get(key).metadata
    schemas = [value.schema for value in metadata.values() if isinstance(value, TableSchemaMetadataValue)]
    schemas += [value for value in metadata.values() if isinstance(value, TableSchema)]
    assert schemas
    for column in (column for schema in schemas for column in schema.columns):
        assert column.type
        assert len(str(column.description).split()) >= 2, column.name


def test_every_table_of_the_administration_is_shown_by_one_asset() -> None:
    shown: Counter[frozenset[tuple[str, str]]] = Counter()
    for key in ADMINISTERED:
        for value in ADMINISTRATION.get(key).metadata.values():
            schema = value.schema if isinstance(value, TableSchemaMetadataValue) else value
            if isinstance(schema, TableSchema):
                shown[frozenset((column.name, column.type) for column in schema.columns)] += 1
    tables = [*(typed_columns(table) for table in CASE_TABLES), *(output.columns for output in OUTPUTS)]
    assert all(shown[frozenset(columns.items())] == 1 for columns in tables)


@each([key for key in ADMINISTERED if key != administration.key_of("published")])
def test_an_asset_of_the_administration_links_to_the_act_it_rests_on(key: AssetKey) -> None:
    assert ACT.search(ADMINISTRATION.get(key).metadata["paragraphs"].value)


@each(KEYS)
def test_an_asset_that_comes_from_registers_is_tagged_with_them(key: AssetKey) -> None:
    tags = GRAPH.get(key).tags
    upstream = {parent.path[1] for parent in ancestors(key) if parent.path[0] == "received"}
    tagged = {name.removeprefix("register/") for name in tags if name.startswith("register/")}
    assert tagged | {tags.get("register", "")} - {""} == upstream | (
        {tags["register"]} if "register" in tags else set()
    )


def ancestors(key: AssetKey) -> set[AssetKey]:
    found: set[AssetKey] = set()
    waiting = [key]
    while waiting:
        for parent in GRAPH.get(waiting.pop()).parent_keys - found:
            found.add(parent)
            waiting.append(parent)
    return found


@each(APPLY_LAW)
def test_paragraphs_are_links_to_the_act(key: AssetKey) -> None:
    assert LINK.search(GRAPH.get(key).metadata["paragraphs"].value)


@each(DERIVED)
def test_a_derived_asset_shows_its_sql(key: AssetKey) -> None:
    assert TABLE_BY_NAME[table_of(key)].sql in str(GRAPH.get(key).description)


@each(TABLES)
def test_a_table_shows_its_columns(key: AssetKey) -> None:
    schema = GRAPH.get(key).metadata["dagster/column_schema"]
    assert isinstance(schema, TableSchema)
    assert {column.name: column.type for column in schema.columns} == dict(columns_of(table_of(key)))
    assert all(column.description for column in schema.columns)


@each(DERIVED)
def test_a_derived_asset_shows_what_its_columns_come_from(key: AssetKey) -> None:
    shown = str(GRAPH.get(key).metadata["column_sources"].value)
    for column in columns_of(table_of(key)):
        assert f"\n| {column} | " in shown


@each([AssetKey(["report", "finished"]), AssetKey(["report", "report"])])
def test_the_report_says_what_each_of_its_tables_is_made_from(key: AssetKey) -> None:
    shown = str(GRAPH.get(key).metadata["made_from"].value)
    for name, shape in SHAPES.items():
        (line,) = (line for line in shown.splitlines() if line.startswith(f"| {name} | {shape.title} | "))
        linked = {AssetKey(path.split("/")) for path in re.findall(r"\(/assets/([^)]+)\)", line)}
        assert linked
        assert linked <= ancestors(key)


def test_the_reports_tables_show_every_column() -> None:
    schema = GRAPH.get(AssetKey(["report", "finished"])).metadata["dagster/column_schema"]
    columns = {f"{name}.{column.name}": column.kind for name, shape in SHAPES.items() for column in shape.columns}
    assert {column.name: column.type for column in schema.columns} == columns
    assert all(column.description for column in schema.columns)


@each(TABLES)
def test_every_column_is_described(key: AssetKey) -> None:
    for column, kind in columns_of(table_of(key)).items():
        assert kind
        assert len(describe(table_of(key), column).split()) >= 2, column


def test_only_what_writes_files_is_no_table() -> None:
    """An asset outside these groups that is missing here has no columns to describe: say so, or give it some."""
    assert {key.path[0] for key in set(KEYS) - set(TABLES)} <= {"edition", "report"}


def test_the_address_of_a_paragraph_is_the_acts() -> None:
    assert address_of("§ 61 a, stk. 1, nr. 1") == "https://www.retsinformation.dk/eli/lta/2018/1322"
    assert address_of("§ 61 b") == "https://www.retsinformation.dk/eli/lta/2021/2157"
    with pytest.raises(KeyError):
        address_of("§ 999")


def test_a_check_says_what_it_counts_and_what_to_do() -> None:
    for check in GRAPH.asset_check_keys:
        description = GRAPH.get_check_spec(check).description
        assert description, check
        assert len(description.split()) >= 5, check


# --- what a run says of each asset --------------------------------------------------------------------------------


def materialised(ready: Ready) -> dict[AssetKey, Any]:
    with DagsterInstance.from_config(str(ready.home / "dagster")) as instance:
        return {key: instance.get_latest_materialization_event(key) for key in KEYS}


MADE_OF_TABLES = (AssetKey(["report", "finished"]), AssetKey(["report", "report"]))
"""Assets that count the rows of several tables, which stand in no table of the warehouse."""


def rows_of_tables(ready: Ready) -> dict[str, int]:
    """How many rows of the list year the tables and views of the warehouse have; all where they hold no list years.

    A register was received as one table per snapshot, and the edition's rows are its areas.
    """
    with duckdb.connect(str(ready.home / "warehouse.duckdb"), read_only=True) as con:

        def count(table: str, where: str = "true") -> int:
            return int(con.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchall()[0][0])

        found = con.execute(
            "SELECT schema_name || '.' || table_name, bool_or(column_name = 'list_year') "
            "FROM duckdb_columns() WHERE NOT internal GROUP BY ALL"
        ).fetchall()
        known = {table_of(key) for key in KEYS}
        counted = {t: count(t, f"list_year = {YEAR}" if yearly else "true") for t, yearly in found if t in known}
        counted |= {f"received.{register}": 0 for register in REGISTER_BY_NAME}
        for register, table in con.execute(
            """
            SELECT snapshots.register, snapshots.table_name
            FROM received.deliveries AS deliveries
            INNER JOIN received.snapshots AS snapshots ON snapshots.content_sha256 = deliveries.content_sha256
            WHERE deliveries.list_year = ?
            """,
            [YEAR],
        ).fetchall():
            counted[f"received.{register}"] += count(f"received.{table}")
    return counted | {"edition.edition": counted["status.area_status"]}


def test_a_run_reports_rows_lineage_and_versions(ready: Ready) -> None:
    counted = rows_of_tables(ready)
    for key, event in materialised(ready).items():
        if event is None:
            assert key.path[0] in ("reference", "report"), f"{key.to_user_string()} is in no run"
            continue
        metadata, tags = event.asset_materialization.metadata, event.asset_materialization.tags
        rows = metadata["dagster/row_count"].value
        if key in MADE_OF_TABLES:
            assert rows > 0
        else:
            assert rows == counted[table_of(key)], key
        assert len(tags["dagster/data_version"]) == 64
        assert tags["dagster/data_version_is_user_provided"] == "true"
        if columns_of(table_of(key)) and key.path[0] not in ("received", "law"):
            assert isinstance(metadata["dagster/column_lineage"].value, TableColumnLineage)


FILE_COLUMNS = ("reference", "vintage", "file", "rows", "sha256")


def test_no_metadata_holds_rows_but_those_of_files(ready: Ready) -> None:
    """The only tables are those of a register's files, which say what the manifest says of them."""
    told = set()
    for key, event in materialised(ready).items():
        metadata = event.asset_materialization.metadata if event else {}
        tables = {name: value for name, value in metadata.items() if isinstance(value, TableMetadataValue)}
        assert tables.keys() == ({"files"} if key.path[0] == "received" else set()), key
        for table in tables.values():
            told |= {(key.path[1], *map(record.data.get, FILE_COLUMNS)) for record in table.records}
    sealed = {
        (item["register"], item["reference"], item["vintage"], file["name"], file["rows"], file["sha256"])
        for item in manifest(ready.home, YEAR)["inputs"]
        for file in item["files"]
    }
    assert told == sealed


def stored_validations(ready: Ready) -> dict[AssetCheckKey, int]:
    """The rows that fail each rule of a register, over all references, as the run stored them."""
    with duckdb.connect(str(ready.home / "warehouse.duckdb"), read_only=True) as con:
        found = con.execute(
            """
            SELECT deliveries.register, validations.check_name, sum(validations.failing_rows)
            FROM received.deliveries AS deliveries
            INNER JOIN received.validations AS validations ON validations.content_sha256 = deliveries.content_sha256
            WHERE deliveries.list_year = ?
            GROUP BY ALL
            """,
            [YEAR],
        ).fetchall()
    return {AssetCheckKey(AssetKey(["received", register]), name): int(rows) for register, name, rows in found}


def test_a_check_shows_its_count_its_limit_and_the_remedy(ready: Ready) -> None:
    with DagsterInstance.from_config(str(ready.home / "dagster")) as instance:
        records = instance.event_log_storage.get_asset_check_summary_records(list(GRAPH.asset_check_keys))
    assert len(records) > 60
    stored = stored_validations(ready)
    assert len(stored.keys() & records.keys()) > 30
    assert any(stored.values())
    for check, record in records.items():
        execution = record.last_check_execution_record
        if execution is None:
            assert check.asset_key.path[0] in ("reference", "report"), check
            continue
        metadata = execution.event.dagster_event.event_specific_data.metadata
        count, passed = metadata["failing_rows"].value, execution.status == AssetCheckExecutionRecordStatus.SUCCEEDED
        assert passed == (count == 0), check
        assert check not in stored or count == stored[check], check
        assert metadata["limit"].value == 0, check
        assert len(metadata["remedy"].value.split()) >= 3, check


def test_the_definitions_are_loaded_quickly() -> None:
    """Processor time, so that a busy machine does not decide: importing the definitions takes under six seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    root = Path(__file__).resolve().parent.parent.parent
    subprocess.run([sys.executable, "-c", "import pipelines.definitions"], cwd=root, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 6
