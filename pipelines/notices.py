"""Notices of failed runs: what they say, and the webhook or mailbox that gets them.

A notice names the job, the list year, the steps that failed with the kind of their error, and the blocking checks with
their counts. It holds no text of an error, since an error's text could hold a value. What does not belong here: when
one is sent (`pipelines.sensors`).

Configuration, all by environment: `BOLIGOMRAADER_NOTICE_WEBHOOK` (address that takes JSON), or
`BOLIGOMRAADER_NOTICE_MAIL_TO`, `BOLIGOMRAADER_NOTICE_MAIL_FROM` and `BOLIGOMRAADER_NOTICE_SMTP` (host:port).
"""

from __future__ import annotations

import json
import os
import smtplib
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from dagster import DagsterEventType, DagsterInstance, DagsterRun
from dagster._core.storage.tags import PARTITION_NAME_TAG

WEBHOOK = "BOLIGOMRAADER_NOTICE_WEBHOOK"
MAIL_TO = "BOLIGOMRAADER_NOTICE_MAIL_TO"
MAIL_FROM = "BOLIGOMRAADER_NOTICE_MAIL_FROM"
SMTP = "BOLIGOMRAADER_NOTICE_SMTP"
SECONDS = 8
TRIES, SECONDS_BETWEEN = 3, 2
"""Both receivers, were neither to answer, within the minute that Dagster gives a sensor."""


@dataclass(frozen=True)
class Notice:
    """What people are told: a subject, and lines."""

    subject: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join((self.subject, *self.lines))


def notice_of(instance: DagsterInstance, run: DagsterRun) -> Notice:
    """The notice of a failed run, from its events."""
    kinds = {DagsterEventType.STEP_FAILURE, DagsterEventType.ASSET_CHECK_EVALUATION}
    lines = []
    for record in instance.get_records_for_run(run.run_id, of_type=kinds).records:
        event = record.event_log_entry.dagster_event
        assert event is not None
        if event.is_step_failure:
            error = event.step_failure_data.error
            lines.append(f"step {event.step_key}: {(error.cls_name if error else None) or 'failed'}")
        else:
            evaluation = event.asset_check_evaluation_data
            count = evaluation.metadata.get("failing_rows")
            if not evaluation.passed and evaluation.severity.value == "ERROR":
                told = f", {count.value} failing" if count else ""
                lines.append(f"check {evaluation.asset_key.to_user_string()}/{evaluation.check_name}{told}")
    year = run.tags.get(PARTITION_NAME_TAG, "no list year")
    subject = f"boligomraader: run of {run.job_name} for {year} failed"
    return Notice(subject, (f"run {run.run_id}", *lines, "Open the run in the UI: each failing check says what to do."))


def send(notice: Notice, environment: Mapping[str, str] | None = None) -> list[str]:
    """Sends a notice to what is configured. Returns where it went; nowhere where nothing is configured.

    Raises OSError where a receiver was not reached in several tries, when the others have it: Dagster asks a sensor
    about a failed run once, and not again where the sensor failed.
    """
    settings = os.environ if environment is None else environment
    receivers = {WEBHOOK: ("webhook", _post), MAIL_TO: ("mail", _mail)}
    sent, failed = [], []
    for setting, (receiver, attempt) in receivers.items():
        if settings.get(setting):
            try:
                _tried(attempt, notice, settings)
                sent.append(receiver)
            except OSError as error:
                failed.append(error)
    if failed:
        raise failed[0]
    return sent


def _tried(attempt: Callable[[Notice, Mapping[str, str]], None], notice: Notice, settings: Mapping[str, str]) -> None:
    for left in reversed(range(TRIES)):
        try:
            attempt(notice, settings)
            return
        except OSError:
            if not left:
                raise
            time.sleep(SECONDS_BETWEEN)


def _post(notice: Notice, settings: Mapping[str, str]) -> None:
    body = json.dumps({"text": notice.text}).encode()
    request = urllib.request.Request(settings[WEBHOOK], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS):
        pass


def _mail(notice: Notice, settings: Mapping[str, str]) -> None:
    receiver = settings[MAIL_TO]
    message = EmailMessage()
    message["Subject"], message["To"], message["From"] = notice.subject, receiver, settings.get(MAIL_FROM) or receiver
    message.set_content(notice.text)
    host, _, port = (settings.get(SMTP) or "localhost").partition(":")
    with smtplib.SMTP(host, int(port or smtplib.SMTP_PORT), timeout=SECONDS) as server:
        server.send_message(message)
