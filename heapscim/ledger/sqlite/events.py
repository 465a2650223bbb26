"""Appends events to the chain of a ledger's database, and reads what the ledger notes of itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from heapscim.ledger.chain import GENESIS, Event, seal
from heapscim.ledger.entries import DamagedEntry


class Chain:
    """Reads and extends the chain of events; a method that writes belongs inside a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self) -> tuple[int, str]:
        """Returns number and hash of the newest event."""
        return self._noted("chain_count", "chain_head")

    def anchor(self) -> tuple[int, str]:
        """Returns number and hash of the last pruned event, from which the chain goes on."""
        return self._noted("anchor_count", "anchor_hash")

    def note_anchor(self, number: int, hash: str) -> None:
        """Notes a new beginning of the chain."""
        self._note({"anchor_count": str(number), "anchor_hash": hash})

    def tenant(self) -> str | None:
        """Returns the tenant that the ledger says it belongs to."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'tenant'").fetchone()
        return None if row is None else str(row[0])

    def append(self, events: Iterable[Event], at: float) -> None:
        """Seals events, in their order, and notes the new head."""
        number, hash = self.head()
        rows: list[tuple[Any, ...]] = []
        for event in events:
            number += 1
            hash = seal(hash, number, at, event)
            rows.append((number, at, event.run, event.seq, event.kind, event.content, hash))
        self._connection.executemany(
            "INSERT INTO events (number, at, run, seq, kind, content, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )
        self._note({"chain_count": str(number), "chain_head": hash})

    def _noted(self, count: str, hash: str) -> tuple[int, str]:
        rows = self._connection.execute("SELECT key, value FROM meta WHERE key IN (?, ?)", (count, hash))
        found = dict(rows.fetchall())
        try:
            return int(found.get(count, 0)), found.get(hash, GENESIS)
        except ValueError:
            raise DamagedEntry(f"{count} isn't a number") from None

    def _note(self, values: Mapping[str, str]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
