"""The error that stops a run of the administration. What is wrong with a single row never does: it is refused."""

from __future__ import annotations


class AdministrationError(Exception):
    """Something that keeps the whole run from going on. The message is one line and holds no case value."""
