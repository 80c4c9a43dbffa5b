"""What there is: every asset, check, job, schedule and sensor, as plain JSON whose change is read in a diff.

`snapshot.json` is what was agreed. When a change is meant, write it anew with
`python -m tests.graph.test_snapshot` and review the diff.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SNAPSHOT = Path(__file__).parent / "snapshot.json"
ENVIRONMENTS = ("", "local", "server")

_PRINT = "import json, tests.graph.test_snapshot as t; print(json.dumps(t.operations()))"


def graph() -> dict[str, Any]:
    """Every asset with what it says of itself, and its checks."""
    from pipelines.definitions import defs

    resolved = defs.resolve_asset_graph()
    assets = {}
    for key in sorted(resolved.get_all_asset_keys(), key=lambda key: key.to_user_string()):
        node = resolved.get(key)
        checks = sorted(check.name for check in resolved.get_check_keys_for_assets({key}))
        assets[key.to_user_string()] = {
            "title": node.metadata["title"],
            "description": str(node.description).split("\n")[0],
            "owners": sorted(node.owners),
            "kinds": sorted(node.kinds),
            "tags": {name: value for name, value in sorted(node.tags.items()) if "/kind/" not in name},
            "partitioned": node.partitions_def is not None,
            "upstream": sorted(parent.to_user_string() for parent in node.parent_keys),
            "checks": {name: resolved.get_check_spec(_check(key, name)).blocking for name in checks},
        }
    return assets


def _check(key: Any, name: str) -> Any:
    from dagster import AssetCheckKey

    return AssetCheckKey(key, name)


def operations() -> dict[str, Any]:
    """Jobs, schedules and sensors of the environment that this process is in."""
    from pipelines.definitions import defs

    repository = defs.get_repository_def()
    jobs = [name for name in sorted(repository.job_names) if not name.startswith("__")]
    return {
        "jobs": {name: defs.resolve_job_def(name).description for name in jobs},
        "schedules": {
            s.name: [s.cron_schedule, s.execution_timezone, s.default_status.value]
            for s in sorted(repository.schedule_defs, key=lambda s: s.name)
        },
        "sensors": {s.name: s.default_status.value for s in sorted(repository.sensor_defs, key=lambda s: s.name)},
    }


def present() -> dict[str, Any]:
    """The snapshot as it would be written now."""
    found: dict[str, Any] = {"assets": graph(), "environments": {}}
    for name in ENVIRONMENTS:
        environment = {key: value for key, value in os.environ.items() if key != "BOLIGOMRAADER_ENVIRONMENT"}
        if name:
            environment["BOLIGOMRAADER_ENVIRONMENT"] = name
        answer = subprocess.run(
            [sys.executable, "-c", _PRINT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        found["environments"][name or "none"] = json.loads(answer.stdout)
    return found


def test_the_graph_is_the_one_agreed() -> None:
    assert present() == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(present(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
