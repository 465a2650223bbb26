"""Reads and writes the links of a ledger, and those that are kept for forgotten events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heapscim.ledger.entries import DamagedEntry, Settlement
from heapscim.ledger.linking import LinkRow
from heapscim.ledger.rows import LinkBefore
from heapscim.ledger.sql.connection import Connection
from heapscim.model.changes import is_about_a_user
from heapscim.model.state import Kind

_COLUMNS = ", ".join(LinkRow._fields)
_PUT = (
    f"INSERT INTO links ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (type, id) DO UPDATE SET"  # noqa: S608 - our own columns
    " external_id = excluded.external_id, name = excluded.name, sent = excluded.sent,"
    " by_hand = excluded.by_hand, set_by_hand = excluded.set_by_hand"
)


class SqlLinks:
    """Represents the table of links; a method that writes belongs inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[tuple[Kind, str], LinkRow | None] = {}
        """What is known of links by type and id: asked for at once, or written since."""
        self._ids: dict[tuple[Kind, str], str | None] = {}
        """Ids by type and external id, of the same."""
        self._waiting: dict[tuple[Kind, str], LinkRow] = {}
        """What is to be written, in this order."""

    def look_up(self, settlements: Iterable[Settlement]) -> None:
        """Reads at once the links that settlements are about: a database elsewhere answers after a while."""
        wanted: dict[Kind, tuple[set[str], set[str]]] = {"user": (set(), set()), "group": (set(), set())}
        for settlement in settlements:
            if (change := settlement.change) is not None:
                ids, external_ids = wanted["user" if is_about_a_user(change) else "group"]
                known = (settlement.id, getattr(change, "id", None), getattr(change, "replaces", None))
                ids.update(id for id in known if id is not None)
                external_ids.update(() if change.external_id is None else (change.external_id,))
        for type, (ids, external_ids) in wanted.items():
            if ids or external_ids:
                self._look_up(type, ids, external_ids)

    def by_id(self, type: Kind, id: str) -> LinkRow | None:
        """Returns the link of a resource in Heap."""
        if (type, id) in self._found:
            return self._found[type, id]
        return next(self._where("type = ? AND id = ?", type, id), None)

    def by_external_id(self, type: Kind, external_id: str) -> LinkRow | None:
        """Returns the link of a person or group of the directory."""
        if (type, external_id) in self._ids:
            id = self._ids[type, external_id]
            return None if id is None else self.by_id(type, id)
        return next(self._where("type = ? AND external_id = ?", type, external_id), None)

    def put(self, row: LinkRow) -> None:
        """Stores a link with the next ``flush``."""
        if (row.type, row.id) in self._waiting:
            self.flush()
        self._waiting[row.type, row.id] = row
        self._forget(row.type, row.id)
        self._found[row.type, row.id] = row
        self._ids[row.type, row.external_id] = row.id

    def delete(self, type: Kind, id: str) -> None:
        """Deletes the link of a resource in Heap, if any."""
        self.flush()
        self._connection.execute("DELETE FROM links WHERE type = ? AND id = ?", (type, id))
        self._forget(type, id)
        self._found[type, id] = None

    def flush(self) -> None:
        """Writes what was put; raises an error of the database where two resources have one external id."""
        if self._waiting:
            self._connection.executemany(_PUT, [*self._waiting.values()])
            self._waiting.clear()

    def __iter__(self) -> Iterator[LinkRow]:
        if self._connection.execute(self._connection.any_damaged_link).fetchone()[0]:
            raise DamagedEntry("what is noted of a linked resource isn't a JSON object")
        return self._where("true")

    def _look_up(self, type: Kind, ids: set[str], external_ids: set[str]) -> None:
        self.flush()
        among_ids, of_ids = self._connection.listed(ids)
        among_external_ids, of_external_ids = self._connection.listed(external_ids)
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM links WHERE type = ? AND id IN ({among_ids})"  # noqa: S608 - our own columns
            f" UNION SELECT {_COLUMNS} FROM links WHERE type = ? AND external_id IN ({among_external_ids})",
            (type, of_ids, type, of_external_ids),
        )
        self._found.update(dict.fromkeys(((type, id) for id in ids), None))
        self._ids.update(dict.fromkeys(((type, id) for id in external_ids), None))
        for row in map(LinkRow._make, rows):
            self._found[type, row.id] = row
            self._ids[type, row.external_id] = row.id

    def _forget(self, type: Kind, id: str) -> None:
        before = self._found.get((type, id))
        if before is not None and self._ids.get((type, before.external_id)) == id:
            self._ids[type, before.external_id] = None

    def _where(self, condition: str, *values: str) -> Iterator[LinkRow]:
        self.flush()
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM links WHERE {condition}", values)  # noqa: S608
        return map(LinkRow._make, rows)


def links_before(connection: Connection) -> list[LinkBefore]:
    """Returns the links that are kept for forgotten events, in the order of type and id."""
    rows = connection.execute("SELECT type, id, link FROM links_before")
    return sorted((LinkBefore(*row) for row in rows), key=lambda kept: (kept.type, kept.id))


def keep_links_before(connection: Connection, kept: Iterable[LinkBefore]) -> None:
    """Puts links in the place of those that stood there for what was forgotten; writes what differs alone."""
    wanted, found = set(kept), set(links_before(connection))
    gone = ((row.type, row.id) for row in found - wanted)
    connection.executemany("DELETE FROM links_before WHERE type = ? AND id = ?", gone)
    connection.executemany("INSERT INTO links_before (type, id, link) VALUES (?, ?, ?)", wanted - found)
