"""The environments, and which schedules and sensors are registered in which.

`BOLIGOMRAADER_ENVIRONMENT` names the environment of a process. There is no default: without it nothing that starts by
itself is registered, and a schedule or sensor that declares no environment stops the load. What is not registered
cannot be switched on in the UI. What does not belong here: what a schedule or sensor does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TypeVar

from dagster import ScheduleDefinition, SensorDefinition

ENVIRONMENT = "BOLIGOMRAADER_ENVIRONMENT"
LOCAL = "local"
SERVER = "server"
ENVIRONMENTS = (LOCAL, SERVER)

REGISTERED_IN: Mapping[str, tuple[str, ...]] = {
    "annual_list_1_december": (SERVER,),
    "deliveries_in_november": (SERVER,),
    "new_snapshots": (LOCAL, SERVER),
    "failure_notices": (LOCAL, SERVER),
}
"""Where each schedule and sensor is registered: `local` is one machine, `server` the ministry's."""

Automatic = TypeVar("Automatic", ScheduleDefinition, SensorDefinition)


def registered(automatic: Iterable[Automatic]) -> list[Automatic]:
    """Those that the environment of this process registers. Raises ValueError for an unknown environment, and for a
    schedule or sensor that declares none."""
    here = os.environ.get(ENVIRONMENT, "")
    if here and here not in ENVIRONMENTS:
        raise ValueError(f"{ENVIRONMENT} is {here!r}; it is one of {', '.join(ENVIRONMENTS)}.")
    found = list(automatic)
    undeclared = [item.name for item in found if not REGISTERED_IN.get(item.name)]
    if undeclared:
        raise ValueError(f"{', '.join(undeclared)}: declare in pipelines/environments.py where it is registered.")
    return [item for item in found if here in REGISTERED_IN[item.name]]
