"""A template of a page: every value is escaped, and a name that it is not given is an error.

What does not belong here: a page's words and look, which stand in the templates beside what fills them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2

COMPILED = Path(__file__).parent / "__pycache__"
"""Where Python keeps its compiled modules: compiled templates are kept there too, where anything may be."""


def template_of(file: Path, **filters: Callable[..., Any]) -> jinja2.Template:
    """The template in a file, with the filters that it uses."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(file.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=jinja2.FileSystemBytecodeCache(str(COMPILED)) if _may_keep() else None,
    )
    environment.filters.update(filters)
    return environment.get_template(file.name)


def _may_keep() -> bool:
    return not sys.dont_write_bytecode and os.access(COMPILED, os.W_OK)
