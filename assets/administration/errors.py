"""The error that stops a run of the administration.

What does not belong here: what is wrong with a single row. It stops nothing: the row is refused (`intake`).
"""

from __future__ import annotations


class AdministrationError(Exception):
    """Something that keeps the whole run from going on. The message is one line and holds no case value."""
