"""What both measuring programs ask of a run from outside: which step is under way, whatever is taken down about it.

Belongs here: wrapping Dagster's loop over events. Does not belong here: what is measured or counted of a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def tell_steps(now: Callable[[str], None]) -> None:
    """From here on `now` is told the key of each step that begins, and an empty text when it has ended."""
    from dagster._core.execution import api

    execute = api.execute_run_iterator

    def executed(*args: Any, **kwargs: Any) -> Iterator[Any]:
        for event in execute(*args, **kwargs):
            if event.is_step_start:
                now(str(event.step_key))
            elif event.is_step_success or event.is_step_failure:
                now("")
            yield event

    api.execute_run_iterator = executed  # type: ignore[assignment]
