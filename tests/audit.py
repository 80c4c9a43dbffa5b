"""Looks up known vulnerabilities of the pinned packages, and says how many could be looked up (`make audit`).

Belongs here: asking pip-audit once, within a time, and telling what it found. Does not belong here: which versions are
installed (tests/test_security.py). A vulnerability fails; a service that is not reached, or does not know the packages,
does not: it is said instead, since nothing found is not the same as nothing there.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"
SECONDS = 20
"""After this the look-up is given up, however many packages are left."""

SECONDS_PER_ANSWER = 5
NOT_REACHED = re.compile(r"requests\.exceptions\.|ConnectionError|ServiceError|vulnerability feed")
"""What pip-audit writes where the service is away, silent, or answers with an error."""


class AuditError(Exception):
    """pip-audit failed for another reason than its service, for example over a line that it cannot read."""


def audit(constraints: Path, service: Sequence[str] = (), seconds: float = SECONDS) -> tuple[list[str], int]:
    """What to print of the packages pinned in `constraints`, and the exit code: 1 where one is vulnerable.

    `service` are pip-audit's own options for another service. Raises AuditError.
    """
    pinned = sum("==" in line for line in constraints.read_text(encoding="utf-8").splitlines())
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(constraints), "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", str(SECONDS_PER_ANSWER), *service]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return [_told(0, pinned, f"the service gave no answer within {seconds:g} seconds")], 0
    if done.stdout.strip():
        return _judged(json.loads(done.stdout)["dependencies"], pinned)
    if NOT_REACHED.search(done.stderr):
        return [_told(0, pinned, "the service was not reached")], 0
    raise AuditError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip-audit said nothing")


def _judged(dependencies: Sequence[dict[str, Any]], pinned: int) -> tuple[list[str], int]:
    looked_up = [found for found in dependencies if "skip_reason" not in found]
    lines = [
        f"{found['name']} {found['version']}: {vulnerability['id']}, "
        f"fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for found in looked_up
        for vulnerability in found["vulns"]
    ]
    result = f"known vulnerabilities: {len(lines)}" if lines else "no known vulnerability"
    if not looked_up:
        result = "the service knows none of them"
    return [*lines, _told(len(looked_up), pinned, result)], 1 if lines else 0


def _told(looked_up: int, pinned: int, result: str) -> str:
    nothing = "" if looked_up else "; nothing is known of their vulnerabilities"
    return f"audit: {looked_up} of {pinned} pinned packages looked up, {result}{nothing}"


if __name__ == "__main__":
    told, code = audit(CONSTRAINTS)
    print("\n".join(told))
    sys.exit(code)
