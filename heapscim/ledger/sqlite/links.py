"""Reads and writes the links of a ledger's database, and those that are kept for forgotten events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from heapscim.ledger.entries import DamagedEntry
from heapscim.ledger.linking import LinkRow
from heapscim.ledger.rows import LinkBefore
from heapscim.model.state import Kind

_ANY_DAMAGED = (
    "SELECT EXISTS (SELECT 1 FROM links WHERE CASE WHEN json_valid(sent) AND json_valid(set_by_hand)"
    " THEN json_type(sent) <> 'object' OR json_type(set_by_hand) <> 'object' ELSE 1 END)"
)
_COLUMNS = ", ".join(LinkRow._fields)


class SqliteLinks:
    """Represents the table of links; a method that writes belongs inside a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def by_id(self, type: Kind, id: str) -> LinkRow | None:
        """Returns the link of a resource in Heap."""
        return next(self._where("type = ? AND id = ?", type, id), None)

    def by_external_id(self, type: Kind, external_id: str) -> LinkRow | None:
        """Returns the link of a person or group of the directory."""
        return next(self._where("type = ? AND external_id = ?", type, external_id), None)

    def put(self, row: LinkRow) -> None:
        """Stores a link; raises IntegrityError where another resource has its external id."""
        self._connection.execute(
            f"INSERT INTO links ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (type, id) DO UPDATE SET"  # noqa: S608 - our own columns
            " external_id = excluded.external_id, name = excluded.name, sent = excluded.sent,"
            " by_hand = excluded.by_hand, set_by_hand = excluded.set_by_hand",
            row,
        )

    def delete(self, type: Kind, id: str) -> None:
        """Deletes the link of a resource in Heap, if any."""
        self._connection.execute("DELETE FROM links WHERE type = ? AND id = ?", (type, id))

    def __iter__(self) -> Iterator[LinkRow]:
        if self._connection.execute(_ANY_DAMAGED).fetchone() != (0,):
            raise DamagedEntry("what is noted of a linked resource isn't a JSON object")
        return self._where("true")

    def _where(self, condition: str, *values: str) -> Iterator[LinkRow]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM links WHERE {condition}", values)  # noqa: S608
        return map(LinkRow._make, rows)


def links_before(connection: sqlite3.Connection) -> Iterator[LinkBefore]:
    """Yields the links that are kept for forgotten events, in the order of type and id."""
    rows = connection.execute("SELECT type, id, link FROM links_before ORDER BY type, id")
    return (LinkBefore(*row) for row in rows)


def keep_links_before(connection: sqlite3.Connection, kept: Iterable[LinkBefore]) -> None:
    """Puts links in the place of those that stood there for what was forgotten; writes what differs alone."""
    wanted, found = set(kept), set(links_before(connection))
    gone = ((row.type, row.id) for row in found - wanted)
    connection.executemany("DELETE FROM links_before WHERE type = ? AND id = ?", gone)
    connection.executemany("INSERT INTO links_before (type, id, link) VALUES (?, ?, ?)", wanted - found)
