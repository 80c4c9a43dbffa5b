"""A template of a page: every value is escaped, and a name that it is not given is an error.

What does not belong here: a page's words and look, which stand in the templates beside what fills them.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket

COMPILED = Path(__file__).parent / "__pycache__"
"""Where Python keeps its compiled modules: compiled templates are kept there too, where anything may be."""


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Compiled templates of this module and this Jinja. As with Python's modules, one that cannot be read is compiled
    again, and one that cannot be written is not kept."""

    def __init__(self) -> None:
        maker = hashlib.sha256(Path(__file__).read_bytes() + jinja2.__version__.encode()).hexdigest()[:12]
        super().__init__(str(COMPILED), f"__jinja2_{maker}_%s.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def template_of(file: Path, **filters: Callable[..., Any]) -> jinja2.Template:
    """The template in a file, with the filters that it uses."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(file.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_Compiled() if _may_keep() else None,
    )
    environment.filters.update(filters)
    return environment.get_template(file.name)


def _may_keep() -> bool:
    return not sys.dont_write_bytecode and os.access(COMPILED, os.W_OK)
