"""The lineage of an edition in OpenLineage form: one static job event per table, ending in the files that were read.

The file depends on the SQL, the contracts, the law and the inputs alone, so that sealing again gives the same bytes.
An event's time is the list day, the day whose law was applied. What does not belong here: how lineage is read
(`assets.lineage`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assets import lineage
from assets.derivation import PUBLISHED, TABLES
from assets.documentation import asset_of, columns_of
from assets.intake.deliveries import place_of
from assets.law_tables import LAW_TABLES
from law.loader import list_day

FILE = "lineage/openlineage.json"
PRODUCER = "urn:boligomraader"
NAMESPACE = "boligomraader"
SNAPSHOTS = "boligomraader:snapshots"
LAW = "boligomraader:law"
EDITION = "boligomraader:edition"
SPEC = "https://openlineage.io/spec"
EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/JobEvent"
FACETS: Mapping[str, str] = {
    "sql": "1-0-1/SQLJobFacet.json#/$defs/SQLJobFacet",
    "schema": "1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
    "columnLineage": "1-0-1/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
}

Json = dict[str, Any]


def write(folder: Path, list_year: int, inputs: Sequence[Mapping[str, Any]], law_sha256: str) -> None:
    """Writes the lineage of an edition into its folder."""
    path = folder / FILE
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(events(list_year, inputs, law_sha256), ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def events(list_year: int, inputs: Sequence[Mapping[str, Any]], law_sha256: str) -> list[Json]:
    """One job event per register, law table, derived table, and one for the edition's files, in that order."""
    registers = sorted({str(item["register"]) for item in inputs})
    found = [_register(list_year, name, [item for item in inputs if item["register"] == name]) for name in registers]
    for table in LAW_TABLES:
        source = {"namespace": LAW, "name": "parameters", "facets": _facet("version", datasetVersion=law_sha256)}
        name = f"law.{table.name}"
        found.append(_event(list_year, name, {}, [source], [_table(name)]))
    for derived in TABLES:
        reads = sorted({".".join(asset_of(read).path) for read in derived.reads})
        facets = _facet("sql", query=derived.sql)
        found.append(
            _event(list_year, derived.table, facets, [_dataset(read) for read in reads], [_table(derived.table)])
        )
    files = [f"{list_year}/{table.split('.')[1]}.{form}" for table in PUBLISHED for form in ("csv", "parquet")]
    sealed = [{"namespace": EDITION, "name": name} for name in files]
    found.append(_event(list_year, "edition.edition", {}, [_dataset(table) for table in PUBLISHED], sealed))
    return found


def _event(list_year: int, job: str, facets: Json, inputs: Iterable[Json], outputs: Iterable[Json]) -> Json:
    return {
        "eventTime": f"{list_day(list_year).isoformat()}T00:00:00Z",
        "producer": PRODUCER,
        "schemaURL": EVENT,
        "job": {"namespace": NAMESPACE, "name": job, "facets": facets},
        "inputs": list(inputs),
        "outputs": list(outputs),
    }


def _register(list_year: int, name: str, references: Iterable[Mapping[str, Any]]) -> Json:
    files = []
    for item in references:
        place = place_of(name, str(item["reference"]), str(item["vintage"]))
        for file in item["files"]:
            version = _facet("version", datasetVersion=file["sha256"])
            files.append({"namespace": SNAPSHOTS, "name": f"{place}/{file['name']}", "facets": version})
    return _event(list_year, f"registers.{name}", {}, files, [_table(f"registers.{name}")])


def _dataset(table: str) -> Json:
    return {"namespace": NAMESPACE, "name": table}


def _table(table: str) -> Json:
    """A table as it comes out: its columns with types, and what each of them comes from."""
    schema = _facet("schema", fields=[{"name": c, "type": kind} for c, kind in columns_of(table).items()])
    fields = {
        column: {"inputFields": [_field(source) for source in found]}
        for column, found in lineage.sources_of(table).items()
        if found
    }
    return {**_dataset(table), "facets": {**schema, **(_facet("columnLineage", fields=fields) if fields else {})}}


def _field(source: str) -> Json:
    table, _, column = source.rpartition(".")
    return {**_dataset(".".join(asset_of(table).path)), "field": column}


def _facet(name: str, **content: Any) -> Json:
    return {name: {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/facets/{FACETS[name]}", **content}}
