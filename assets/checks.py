"""Asset checks in the one form that all of them have: a count of what is out of place, against a limit of 0.

What does not belong here: which checks there are, what each counts and how (`assets.law`, `assets.received`,
`assets.cross_register_checks`, `assets.report`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, PreviewWarning

from assets.factory import key_of
from assets.partitions import LIST_YEARS


def check_spec(table: str, name: str, description: str, blocking: bool = False) -> AssetCheckSpec:
    """The declaration of a check on a table's asset, judged for each list year by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)
        return AssetCheckSpec(
            name, asset=key_of(table), description=description, blocking=blocking, partitions_def=LIST_YEARS
        )


def outcome(
    table: str,
    name: str,
    failing_rows: int,
    lines: Iterable[str],
    remedy: str,
    *,
    blocking: bool = False,
    **more: Any,
) -> AssetCheckResult:
    """How a check came out: passed where nothing is out of place, else `lines` say what is. One that blocks is an error
    where it fails, any other a warning; `more` is metadata of its own."""
    return AssetCheckResult(
        passed=failing_rows == 0,
        asset_key=key_of(table),
        check_name=name,
        severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
        description="\n".join(lines) or None,
        metadata={"failing_rows": failing_rows, "limit": 0, "remedy": remedy, **more},
    )
