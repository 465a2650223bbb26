"""Describes the rows of a ledger's store that a proof needs, exactly as they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from heapscim.ledger.chain import EventKind
from heapscim.ledger.entries import OperationDraft
from heapscim.ledger.linking import LinkRow


class EventRow(NamedTuple):
    """Holds one event of the chain."""

    number: int
    at: float
    run: str | None
    seq: int | None
    kind: EventKind
    content: str
    hash: str


class RunRow(NamedTuple):
    """Holds one run."""

    run: str
    started: float
    ended: float | None
    outcome: str | None
    head: tuple[str | int | None, ...]
    """In the order of ``chain.HEAD``."""


class OperationRow(NamedTuple):
    """Holds one operation of a run."""

    seq: int
    draft: OperationDraft
    sent_at: float | None
    settled_at: float | None
    settled: tuple[Any, ...]
    """In the order of ``chain.SETTLED``."""


class LinkEvent(NamedTuple):
    """Holds an event from which links may follow, with the operation that it is about."""

    number: int
    kind: str
    content: str
    change_kind: str | None
    change: str | None
    former: bool
    """Whether it was planned before the ledger of heapscim 0.1 was brought up to date, and settled after that."""


class LinkBefore(NamedTuple):
    """Holds a link made by events that were forgotten."""

    type: str
    id: str
    link: str
    """JSON object of a LinkRow."""


class StoredRows(Protocol):
    """Describes every row that a proof looks at. Numbers and hashes are those of the chain of events."""

    def head(self) -> tuple[int, str]:
        """Returns number and hash of the newest event, as noted apart from the events."""
        ...

    def anchor(self) -> tuple[int, str]:
        """Returns number and hash of the last event that was pruned."""
        ...

    def tenant(self) -> str | None:
        """Returns the tenant that the ledger says it belongs to."""
        ...

    def noted(self) -> Iterable[str]:
        """Returns the names of all that the ledger notes of itself, in order."""
        ...

    def damage(self) -> Iterator[str]:
        """Yields what the store itself finds broken, as whole sentences."""
        ...

    def events(self, run: str | None = None) -> Iterator[EventRow]:
        """Yields events in the order of the chain: all of them, or those of a run."""
        ...

    def link_events(self, after: int, upto: int) -> Iterator[LinkEvent]:
        """Yields the events that were adopted, settled or upgraded, in the order of the chain."""
        ...

    def runs(self) -> Iterator[RunRow]:
        """Yields runs in the order in which they were stored."""
        ...

    def operations(self, run: str) -> Iterator[OperationRow]:
        """Yields the operations of a run, in its order."""
        ...

    def links(self) -> Iterator[LinkRow]:
        """Yields everything that is managed."""
        ...

    def links_before(self) -> Iterator[LinkBefore]:
        """Yields the links that forgotten events had made, in the order of type and id."""
        ...
