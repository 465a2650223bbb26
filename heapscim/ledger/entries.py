"""Holds the values that go into a ledger and come out of it: runs, operations, outcomes, proofs, a lock's holder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from heapscim.model.changes import Change, subject
from heapscim.model.outcomes import Outcome, RecordedState

SettledState: TypeAlias = Literal["done", "failed", "not_attempted"]
Memo: TypeAlias = Literal["departures", "troubles"]
"""What a ledger keeps a text about: since when people are leaving, and troubles that were reported."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """Holds who runs a command, on which machine, and past which limits."""

    who: str
    host: str
    pid: int
    allowances: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunHead:
    """Holds what is known of a run before it begins."""

    command: str
    source: str
    """Where its changes come from, such as a roster's path."""
    fingerprint: str
    """The fingerprint of the plan that was agreed to; empty if the command has no plan."""
    context: RunContext
    continues: str | None = None
    """The run that was cut off, if this run does the rest of it."""


@dataclass(frozen=True, slots=True)
class OperationDraft:
    """Holds one thing that a run is about to do."""

    kind: str
    """A provisioning kind (``create_user`` …), or another command's own word."""
    subject: str
    """The name of the user or group that it is about."""
    reason: str
    change: str
    """JSON text, in the form of its kind."""

    @classmethod
    def of(cls, change: Change) -> OperationDraft:
        """Returns the draft of a provisioning change."""
        return cls(change.kind, subject(change), change.reason, json.dumps(change, default=_fields_of))


def _fields_of(value: Any) -> dict[str, object]:  # noqa: ANN401 - what JSON doesn't know: changes, and members in them
    return {field.name: getattr(value, field.name) for field in fields(value)}


@dataclass(frozen=True, slots=True)
class Settlement:
    """Holds what became of one operation."""

    state: SettledState
    id: str | None = None
    """The id of the resource that was written, as soon as it is known."""
    error_code: str | None = None
    message: str | None = None
    attempts: int = 0
    """The writing requests that were sent for it, with repetitions."""
    seconds: float = 0.0
    """Seconds from sending to the last byte, over all its requests, with lookups."""
    change: Change | None = None
    """The provisioning change, if links follow from it."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Attribute path → value, if the tenant keeps another value than the one that was sent."""
    unseen: tuple[str, ...] = ()
    """The Heap ids of members who joined or left, although the tenant doesn't show it."""

    @classmethod
    def of(cls, outcome: Outcome) -> Settlement:
        """Returns the settlement of a provisioning change."""
        return cls(
            outcome.status,
            id=outcome.id,
            error_code=outcome.error_code,
            message=outcome.message,
            attempts=outcome.attempts,
            seconds=outcome.seconds,
            change=outcome.change,
            kept=outcome.kept,
            unseen=outcome.unseen,
        )


StoredRow: TypeAlias = tuple[str, tuple[str | int | float | None, ...]]
"""A row of a ledger on its way into another store: its table, and its values in the order of the table's columns."""
Entry: TypeAlias = tuple[int, Settlement | None]
"""An operation's place in its run, and how it was settled; None if it is about to be sent."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Holds one run as the ledger remembers it; times are seconds since 1970."""

    run: str
    command: str
    who: str
    host: str
    pid: int
    started: float
    ended: float | None
    """None while it is under way, and for good if it was cut off."""
    source: str
    fingerprint: str
    allowances: Mapping[str, int]
    continues: str | None
    outcome: str | None
    counts: Mapping[RecordedState, int]
    """How many of its operations are in each state."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Holds one operation of a run as the ledger remembers it; times are seconds since 1970."""

    run: str
    seq: int
    """Its place in the run."""
    kind: str
    subject: str
    reason: str
    change: str
    """JSON text, in the form of its kind."""
    state: RecordedState
    sent_at: float | None
    settled_at: float | None
    id: str | None
    error_code: str | None
    message: str | None
    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Selects runs."""

    since: float | None = None
    """Runs that started then or later, in seconds since 1970."""
    about: str | None = None
    """Runs with an operation about the user or group of this name (in any case) or id, Heap's or the directory's, or
    with this person as a member."""
    most: int | None = None


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Holds the newest event of a chain of events, as it is now or as it was when it was noted elsewhere."""

    hash: str
    number: int | None = None
    """How many events had been sealed; None if that wasn't noted."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Holds what a proof of the whole ledger found."""

    events: int
    """How many were ever sealed, with those that were pruned."""
    pruned: int
    head: str
    """The hash of the newest event: noted elsewhere, it proves that this part was never rewritten."""
    links: int
    """How many users and groups are managed."""
    problems: tuple[str, ...]
    """Empty if the ledger is intact."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Names the process that holds a profile's lock."""

    command: str
    pid: int
    host: str
    since: float
    """Seconds since 1970."""

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        return f"`heapscim {self.command}`, process {self.pid} on {self.host}, since {since}"


class DamagedEntry(ValueError):
    """Says that an entry of a ledger can't be read; the message is the rest of a sentence."""
