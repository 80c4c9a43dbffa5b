"""How SQLAlchemy sees a stored snapshot: DuckDB's dialect, with a table's columns read from the table itself.

Great Expectations asks a dialect for the columns and the primary key of every table that it judges, and DuckDB's own
dialect answers by five queries on PostgreSQL's catalog. A snapshot's table has no primary key, and no rule asks for a
type. Imported with Great Expectations, which is late (`assets.intake.validation`). What does not belong here: any rule.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine
from sqlalchemy import Connection
from sqlalchemy.types import NullType

NAME = "duckdb.snapshots"
"""Under this name SQLAlchemy knows the dialect: as a driver of `duckdb`."""


class SnapshotDialect(duckdb_engine.Dialect):
    """Answers what Great Expectations asks about a table of schema `received`."""

    supports_statement_cache = False

    def get_columns(self, connection: Connection, table_name: str, *_: Any, **__: Any) -> list[dict[str, Any]]:
        """The columns in order, without their types."""
        quoted = self.identifier_preparer.quote_identifier(table_name)
        names = connection.exec_driver_sql(f"SELECT * FROM {quoted} LIMIT 0").keys()
        return [{"name": name, "type": NullType(), "nullable": True, "default": None} for name in names]

    def get_pk_constraint(self, *_: Any, **__: Any) -> dict[str, Any]:
        """None."""
        return {"constrained_columns": [], "name": None}
