"""The audit of the pinned packages: what it says and how it ends, whatever the service does.

pip-audit itself asks a service that this process runs; it speaks the protocol of OSV.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.audit import AuditError, audit

VULNERABLE = {
    "id": "TEST-2026-1",
    "summary": "invented",
    "affected": [
        {
            "package": {"name": "duckdb", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}],
        }
    ],
}


@contextmanager
def service(vulnerable: str = "", status: int = 200, wait: float = 0) -> Iterator[list[str]]:
    """pip-audit's options for a service that knows one vulnerable package, fails, or keeps one waiting."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            time.sleep(wait)
            text = json.dumps({"vulns": [VULNERABLE]} if asked == vulnerable else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield ["--vulnerability-service", "osv", "--osv-url", f"http://127.0.0.1:{server.server_address[1]}/"]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    path = tmp_path / "constraints.txt"
    path.write_text("duckdb==2.0.1\nnumpy==2.0\n", encoding="utf-8")
    return path


def test_a_vulnerable_package_fails_and_is_named(pins: Path) -> None:
    with service(vulnerable="duckdb") as options:
        lines, code = audit(pins, options)
    assert lines == [
        "duckdb 2.0.1: TEST-2026-1, fixed in 9.9",
        "audit: 2 of 2 pinned packages looked up, known vulnerabilities: 1",
    ]
    assert code == 1


def test_nothing_found_is_said_of_those_looked_up(pins: Path) -> None:
    with service() as options:
        assert audit(pins, options) == (["audit: 2 of 2 pinned packages looked up, no known vulnerability"], 0)


@pytest.mark.parametrize("status", [403, 500])
def test_a_service_that_fails_is_not_taken_for_a_good_answer(pins: Path, status: int) -> None:
    with service(status=status) as options:
        lines, code = audit(pins, options)
    assert lines == [
        "audit: 0 of 2 pinned packages looked up, the service was not reached; "
        "nothing is known of their vulnerabilities"
    ]
    assert code == 0


def test_a_service_that_is_away_is_said_to_be(pins: Path) -> None:
    with service() as options:
        pass
    lines, code = audit(pins, options)
    assert (len(lines), code) == (1, 0)
    assert "0 of 2 pinned packages looked up, the service was not reached" in lines[0]


def test_a_service_that_hangs_is_given_up(pins: Path) -> None:
    started = time.monotonic()
    with service(wait=60) as options:
        lines, code = audit(pins, options, seconds=3)
    assert time.monotonic() - started < 15
    assert (len(lines), code) == (1, 0)
    assert "0 of 2 pinned packages looked up, the service gave no answer within 3 seconds" in lines[0]


def test_a_file_that_cannot_be_read_is_no_clean_audit(pins: Path) -> None:
    pins.write_text("duckdb==2.0.1\nnot a package\n", encoding="utf-8")
    with service() as options, pytest.raises(AuditError):
        audit(pins, options)
