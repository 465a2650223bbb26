"""Reads every row of a ledger's database for a copy, and puts the rows of another ledger in their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from heapscim.ledger.chain import MOVED
from heapscim.ledger.copying import COLUMNS
from heapscim.ledger.entries import StoredRow
from heapscim.ledger.sql.connection import Connection

_ORDER = {"runs": "rowid", "events": "number"}
"""The proof goes by the order of runs; the other tables are in the order of their keys."""


def copied(connection: Connection) -> Iterator[StoredRow]:
    """Yields every row, table by table, without the note that it was moved. Belongs into a snapshot."""
    for table, columns in COLUMNS.items():
        query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {_ORDER.get(table, '1, 2')}"  # noqa: S608 - our own
        for row in connection.execute(query):
            if row[0] != MOVED or table != "meta":
                yield table, row


def replace_all(connection: Connection, rows: Iterable[StoredRow]) -> None:
    """Puts these rows in the place of all that is there. Belongs inside a transaction."""
    for table in reversed([*COLUMNS]):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables
    for table, entries in groupby(rows, key=itemgetter(0)):
        columns = COLUMNS[table]
        query = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        connection.executemany(query, map(itemgetter(1), entries))


def moved_to(connection: Connection) -> str | None:
    """Returns where the ledger was moved to; None if it is in use."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (MOVED,)).fetchone()
    return None if row is None else str(row[0])


def note_moved(connection: Connection, where: str | None) -> None:
    """Notes where the ledger goes on; None takes that back. Belongs inside a transaction."""
    connection.execute("DELETE FROM meta WHERE key = ?", (MOVED,))
    if where is not None:
        connection.execute("INSERT INTO meta VALUES (?, ?)", (MOVED, where))
