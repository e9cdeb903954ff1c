"""Statements of the hot paths, compiled once.

Building a statement, and running it through SQLAlchemy, costs a hundred microseconds and more, running it
by the driver six. A manifest GET has room for two statements, and a small image is some forty, so those that serve the
hot paths are built and compiled by SQLAlchemy once, and run by the driver.
"""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa


class Prepared:
    """A statement with named parameters; its rows come as plain tuples."""

    def __init__(self, statement: sa.ClauseElement) -> None:
        self.statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None, dict[str, object]]] = {}

    def all(self, connection: sa.Connection, **parameters: object) -> list[tuple[Any, ...]]:
        """Every row."""
        cursor = self._execute(connection, parameters)
        try:
            return cast("list[tuple[Any, ...]]", cursor.fetchall())
        finally:
            cursor.close()

    def first(self, connection: sa.Connection, **parameters: object) -> tuple[Any, ...] | None:
        """The first row, if there is one."""
        cursor = self._execute(connection, parameters)
        try:
            return cast("tuple[Any, ...] | None", cursor.fetchone())
        finally:
            cursor.close()

    def run(self, connection: sa.Connection, **parameters: object) -> int:
        """Run a statement that gives no rows; how many rows it changed."""
        cursor = self._execute(connection, parameters)
        changed: int = cursor.rowcount
        cursor.close()
        return changed

    def _execute(self, connection: sa.Connection, parameters: dict[str, object]) -> Any:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            sql = self.statement.compile(dialect=dialect)
            order = tuple(cast("Any", sql).positiontup) if dialect.positional else None
            constants = {name: value for name, value in cast("Any", sql).params.items() if value is not None}
            compiled = self._compiled[dialect.name] = (str(sql), order, constants)
        text, order, constants = compiled
        if constants:
            parameters = constants | parameters
        driver = cast("Any", connection.connection.dbapi_connection)
        return driver.execute(text, parameters if order is None else tuple(map(parameters.__getitem__, order)))


def insertion(table: sa.Table, *columns: str, returning: str | None = None) -> Prepared:
    """An INSERT of one row, with a parameter for each of the columns."""
    statement = sa.insert(table).values({name: sa.bindparam(name) for name in columns})
    return Prepared(statement if returning is None else statement.returning(table.c[returning]))
