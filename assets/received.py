"""Received snapshots: one asset per register that finds, hashes and stores what was delivered, and its checks.

A snapshot stands here under the hash of its content until `assets.registers` promotes it. The checks are the
closed list of what stops a run and what only warns. What does not belong here: how a file is read
(`assets.intake`) and how a rule is evaluated (`assets.validation`).
"""

import hashlib
import warnings
from collections.abc import Iterator

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    PreviewWarning,
    asset,
    multi_asset_check,
)

from assets import snapshots, validation
from assets.contracts import REGISTERS, Register
from assets.documentation import contract_text, described, materialized
from assets.factory import OWNER, WRITER_POOL, key_of, law_of
from assets.partitions import LIST_YEARS, ONE_YEAR_A_RUN
from pipelines.resources import Run

DELIVERY_CHECKS = {
    "delivered": "Every reference that the list year needs was delivered.",
    "readable": "Every file can be read to its end.",
    "columns": "Every required column is in every file.",
}
DELIVERY_REMEDY = "Put the delivery, whole and readable, in its folder, and run again; the lines above say where."


def _received_asset(register: Register) -> AssetsDefinition:
    @asset(
        key=key_of(f"received.{register.name}"),
        group_name="received",
        partitions_def=LIST_YEARS,
        backfill_policy=ONE_YEAR_A_RUN,
        description=(
            f"{register.title}: what was delivered. {register.description} Each reference and vintage is read once "
            "and stored under the hash of its content, contract columns alone."
        ),
        kinds={"duckdb", "file"},
        owners=[OWNER],
        tags={
            "layer": "received",
            "register": register.name,
            "confidentiality": "person_level" if register.personal else "aggregate",
        },
        metadata=described(
            f"received.{register.name}",
            f"{register.title}, modtaget",
            source=register.source,
            contract=MetadataValue.md(contract_text(register)),
        ),
        code_version=register.fingerprint,
        pool=WRITER_POOL,
    )
    def compute(context: AssetExecutionContext, run: Run) -> MaterializeResult:
        list_year = int(context.partition_key)
        law = law_of(run, list_year)
        with run.warehouse() as con:
            wanted = snapshots.wanted_references(con, register, law, list_year, run.snapshot_folder)
            scratch = run.at_home.scratch
            received = snapshots.receive(con, register, wanted, list_year, run.snapshot_folder, scratch)
            rows = snapshots.stored_rows(con, register, list_year)
        found = {
            "references": ", ".join(item.reference for item in received),
            "faults": sum(len(item.faults) for item in received),
        }
        content = hashlib.sha256(repr([(i.reference, i.vintage, i.content_sha256) for i in received]).encode())
        return materialized(None, f"received.{register.name}", rows, found, version=content.hexdigest())

    return compute


def _specs(register: Register) -> list[AssetCheckSpec]:
    key = key_of(f"received.{register.name}")
    named = [(name, text, True) for name, text in DELIVERY_CHECKS.items()]
    named += [(r.name, f"Counts rows where {r.what}. {r.remedy}", r.blocking) for r in validation.rules(register)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)
        return [
            AssetCheckSpec(name, asset=key, description=text, blocking=blocking, partitions_def=LIST_YEARS)
            for name, text, blocking in named
        ]


def _checks(register: Register) -> AssetChecksDefinition:
    key = key_of(f"received.{register.name}")

    @multi_asset_check(
        name=f"received_{register.name}_checks",
        specs=_specs(register),
        description=f"The rules of {register.name}: counts only, never values.",
        pool=WRITER_POOL,
    )
    def compute(context: AssetCheckExecutionContext, run: Run) -> Iterator[AssetCheckResult]:
        list_year = int(context.partition_key)
        law_of(run, list_year)
        with run.warehouse() as con:
            faults, checked = snapshots.check(con, register, list_year)
        for name in DELIVERY_CHECKS:
            lines = [fault.line for fault in faults if fault.check == name]
            yield AssetCheckResult(
                passed=not lines,
                asset_key=key,
                check_name=name,
                severity=AssetCheckSeverity.ERROR,
                description="\n".join(lines) or None,
                metadata={"failing_rows": len(lines), "limit": 0, "remedy": DELIVERY_REMEDY},
            )
        for item in checked:
            yield AssetCheckResult(
                passed=item.failing_rows == 0,
                asset_key=key,
                check_name=item.rule.name,
                severity=AssetCheckSeverity.ERROR if item.rule.blocking else AssetCheckSeverity.WARN,
                description="\n".join(item.lines) or None,
                metadata={"failing_rows": item.failing_rows, "limit": 0, "remedy": item.rule.remedy},
            )

    return compute


ASSETS = [_received_asset(register) for register in REGISTERS]
CHECKS = [_checks(register) for register in REGISTERS]
