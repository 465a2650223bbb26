"""Appends events to the chain of a ledger, and reads what the ledger notes of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heapscim.ledger.chain import GENESIS, Event, seal
from heapscim.ledger.entries import DamagedEntry
from heapscim.ledger.sql.connection import Connection, Rows


class Chain:
    """Reads and extends the chain of events; a method that writes belongs inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.sealed: tuple[int, str] | None = None
        """Number and hash of the last event that was appended here, whether or not it was committed."""

    def head(self) -> tuple[int, str]:
        """Returns number and hash of the newest event."""
        return _noted(self.ask_head(), "chain_count", "chain_head")

    def ask_head(self) -> Rows:
        """Asks for the newest event. The answer may come while something else is asked for."""
        return self._ask("chain_count", "chain_head")

    def anchor(self) -> tuple[int, str]:
        """Returns number and hash of the last pruned event, from which the chain goes on."""
        return _noted(self._ask("anchor_count", "anchor_hash"), "anchor_count", "anchor_hash")

    def note_anchor(self, number: int, hash: str) -> None:
        """Notes a new beginning of the chain."""
        self._note({"anchor_count": str(number), "anchor_hash": hash})

    def tenant(self) -> str | None:
        """Returns the tenant that the ledger says it belongs to."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'tenant'").fetchone()
        return None if row is None else str(row[0])

    def append(self, events: Iterable[Event], at: float, *, asked: Rows | None = None) -> None:
        """Seals events, in their order, and notes the new head; the one before it may be ``asked`` for already."""
        number, hash = _noted(self.ask_head() if asked is None else asked, "chain_count", "chain_head")
        rows: list[tuple[Any, ...]] = []
        for event in events:
            number += 1
            hash = seal(hash, number, at, event)
            rows.append((number, at, event.run, event.seq, event.kind, event.content, hash))
        self._connection.executemany(
            "INSERT INTO events (number, at, run, seq, kind, content, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )
        self._note({"chain_count": str(number), "chain_head": hash})
        self.sealed = number, hash

    def _ask(self, count: str, hash: str) -> Rows:
        return self._connection.execute("SELECT key, value FROM meta WHERE key IN (?, ?)", (count, hash))

    def _note(self, values: Mapping[str, str]) -> None:
        self._connection.executemany(NOTE, values.items())


NOTE = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
"""Writes what a ledger notes of itself: key and value."""


def _noted(rows: Rows, count: str, hash: str) -> tuple[int, str]:
    found = dict(rows.fetchall())
    try:
        return int(found.get(count, 0)), found.get(hash, GENESIS)
    except ValueError:
        raise DamagedEntry(f"{count} isn't a number") from None
