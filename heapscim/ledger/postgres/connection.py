"""Carries the ledger's statements out on a connection to PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Any

import psycopg

from heapscim.ledger.postgres.schema import MIGRATIONS, strange_parts, version_of
from heapscim.ledger.postgres.texts import read, stored
from heapscim.model.phrases import counted

_INSERT = re.compile(r"INSERT INTO (\w+) \((.*?)\) VALUES \((.*?)\)(.*)")
_CHANGE = re.compile(r"(UPDATE|DELETE FROM) (\w+) (.*)WHERE (.*)")
_GIVEN = re.compile(r"(\w+) = \?")
_MOST_ROWS = 1_000
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
        """Carries a statement out for each row of values; many rows are one statement with one value."""
        columns, for_many = _for_many(statement)
        waiting = iter(rows)
        while some := list(islice(waiting, _MOST_ROWS)):
            found = [dict(zip(columns, map(stored, row), strict=True)) for row in some]
            self.raw.execute(for_many, (json.dumps(found),))
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


@cache
def _for_many(statement: str) -> tuple[tuple[str, ...], str]:
    """Returns the columns of a statement's values, and the same statement for all rows of a JSON list."""
    if inserted := _INSERT.fullmatch(statement):
        table, columns, values, tail = inserted.groups()
        chosen = [*zip(columns.split(", "), values.split(", "), strict=True)]
        given = tuple(column for column, value in chosen if value == "?")
        words = ", ".join(column if value == "?" else value for column, value in chosen)
        return given, f"INSERT INTO {table} ({columns}) SELECT {words} FROM {_rows_of(table)}{tail}"  # noqa: S608 - ours
    changed = _CHANGE.fullmatch(statement)
    assert changed is not None, statement  # noqa: S101 - each is written in one of these forms
    verb, table, words, condition = changed.groups()
    words = _GIVEN.sub(r"\1 = given.\1", words) + ("FROM" if words else "USING")
    condition = _GIVEN.sub(rf"{table}.\1 = given.\1", condition)
    return tuple(_GIVEN.findall(statement)), f"{verb} {table} {words} {_rows_of(table)} AS given WHERE {condition}"


def _rows_of(table: str) -> str:
    return f"json_populate_recordset(NULL::{table}, %s::json)"
