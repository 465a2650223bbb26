"""The chain of events: all that is ever written of runs, each event sealed with the hash of the one before it.

A run and its operations are the state that its events amount to. ``proving`` holds one against the other.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, TypeAlias

from heapscim.ledger.entries import OperationDraft, RunHead, Settlement

EventKind: TypeAlias = Literal["begun", "adopted", "sent", "settled", "ended", "pruned", "upgraded"]
GENESIS = "0" * 64
"""What stands for the hash before the first event."""
HEAD = ("command", "source", "fingerprint", "continues", "who", "host", "pid", "allowances")
"""What is known of a run when it begins: columns of a run."""
CACHED = frozenset({"absent_users", "absent_groups"})
"""What ``meta`` holds to spare requests, and decides nothing: who wasn't there when they were last asked for."""
NOTED = frozenset({"tenant", "chain_count", "chain_head", "anchor_count", "anchor_hash"}) | CACHED
"""All that a ledger notes of itself, in ``meta``."""
SETTLED = ("state", "id", "error_code", "message", "attempts", "seconds")
"""What a settlement writes: fields of Settlement, and columns of an operation."""
LINK_NOTES = ("kept", "unseen")
"""What a settlement writes into links alone: fields of Settlement."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, before it is sealed."""

    kind: EventKind
    run: str | None
    seq: int | None
    content: str
    """Canonical JSON."""


class Chain:
    """Appends events; every method belongs inside a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self) -> tuple[int, str]:
        """Number and hash of the newest event."""
        return self._noted("chain_count", "chain_head")

    def anchor(self) -> tuple[int, str]:
        """Number and hash of the last event that was pruned, from which the first one here goes on."""
        return self._noted("anchor_count", "anchor_hash")

    def note_anchor(self, number: int, hash: str) -> None:
        """Notes a new beginning."""
        self._note({"anchor_count": str(number), "anchor_hash": hash})

    def tenant(self) -> str | None:
        """The tenant that the ledger says it belongs to."""
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
            raise sqlite3.DatabaseError(f"{count} is no number") from None

    def _note(self, values: Mapping[str, str]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())


def seal(previous: str, number: int, at: float, event: Event) -> str:
    """The hash of an event: over everything it says, its place, and the hash before it."""
    text = canonical([previous, number, at, event.run, event.seq, event.kind, event.content])
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: object) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def head_columns(head: RunHead) -> tuple[str | int | None, ...]:
    """A head as the columns of a run, in the order of ``HEAD``."""
    context = head.context
    said = (head.command, head.source, head.fingerprint, head.continues, context.who, context.host, context.pid)
    return (*said, canonical(dict(context.allowances)))


def begun_text(head: RunHead, digest: DraftDigest, tenant: str | None) -> str:
    """A run's beginning, as an event holds it: its head, where, and a digest of everything it is about to do."""
    head_of = dict(zip(HEAD, head_columns(head), strict=True))
    drafts = {"operations": digest.count, "digest": digest.hexdigest()}
    return canonical({"head": head_of, "tenant": tenant, **drafts})


def settlement_text(settlement: Settlement) -> str:
    """How an operation was settled, as an event holds it: with what links follow from besides, where there is any."""
    noted = {name: found for name in LINK_NOTES if (found := getattr(settlement, name))}
    return canonical({**{name: getattr(settlement, name) for name in SETTLED}, **noted})


class DraftDigest:
    """Counts and digests drafts on their way into the ledger, so that one event can vouch for all of them."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = sha256()

    def through(self, drafts: Iterable[OperationDraft]) -> Iterator[OperationDraft]:
        """Passes drafts on."""
        for draft in drafts:
            self.add(draft)
            yield draft

    def add(self, draft: OperationDraft) -> None:
        """Takes one draft in."""
        text = canonical([self.count, draft.kind, draft.subject, draft.reason, draft.change])
        self._hash.update(text.encode("utf-8", "surrogatepass") + b"\n")
        self.count += 1

    def hexdigest(self) -> str:
        """The digest of all so far."""
        return self._hash.hexdigest()
