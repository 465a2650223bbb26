"""Carries the ledger's statements out on a connection to PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import psycopg

from heapscim.ledger.postgres.schema import MIGRATIONS, strange_parts, version_of
from heapscim.ledger.postgres.texts import read, stored
from heapscim.model.phrases import counted

_VALUES = re.compile(r"VALUES (\([?, 'a-z]+\))")
_MOST_ROWS = 200
"""Rows in one statement."""


class PostgresRows:
    """Represents what a statement returns. In a pipeline it may not be here yet; who reads it waits for it."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        """Returns how many rows were changed."""
        pipeline = self._cursor.connection._pipeline  # noqa: SLF001 - no public way tells whether there is one
        if pipeline is not None:
            pipeline.sync()
        return self._cursor.rowcount

    def fetchone(self) -> Any:  # noqa: ANN401 - a row has whatever columns were asked for
        """Returns the next row, or None."""
        row = self._cursor.fetchone()
        return None if row is None else read(row)

    def fetchall(self) -> list[Any]:
        """Returns all rows."""
        return [read(row) for row in self._cursor.fetchall()]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())


class PostgresConnection:
    """Represents a connection to the tables of one ledger."""

    any_damaged_link = (
        "SELECT EXISTS (SELECT FROM links WHERE json_typeof(sent::json) <> 'object'"
        " OR json_typeof(set_by_hand::json) <> 'object')"
    )

    def __init__(self, raw: psycopg.Connection, schema: str) -> None:
        self.raw = raw
        self._schema = schema

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> PostgresRows:
        """Carries a statement out."""
        return PostgresRows(self.raw.execute(_translated(statement), [stored(value) for value in values]))

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Carries a statement out for each row of values; rows that are inserted share one."""
        form = _VALUES.search(statement)
        if form is None:
            for row in rows:
                self.execute(statement, row)
            return None
        waiting = iter(rows)
        while some := list(islice(waiting, _MOST_ROWS)):
            self.execute(statement.replace(form[1], ", ".join([form[1]] * len(some))), [*chain.from_iterable(some)])
        return None

    def listed(self, values: Collection[str], /) -> tuple[str, object]:
        """Returns a query for the entries of a list, and the value that it takes."""
        return "SELECT unnest(?::text[])", list(values)

    def damage(self) -> Iterator[str]:
        """Yields what there is of a broken database: changes without a run."""
        (orphans,) = self.execute("SELECT count(*) FROM operations WHERE run NOT IN (SELECT run FROM runs)").fetchone()
        if orphans:
            yield f"{counted(orphans, 'change')} belong{'s' if orphans == 1 else ''} to no run."

    def foreign_parts(self) -> tuple[str, ...]:
        """Returns in words the parts of the schema that aren't heapscim's."""
        return strange_parts(self.raw, self._schema)

    def is_outdated(self) -> bool:
        """Reports whether the schema has an older version."""
        return version_of(self.raw, self._schema) < len(MIGRATIONS)


@lru_cache(maxsize=500)
def _translated(statement: str) -> str:
    return statement.replace("?", "%s")
