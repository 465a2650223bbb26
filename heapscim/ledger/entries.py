"""Values that go into a ledger and come out of it: runs, operations, how each was settled, proofs, a lock's holder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from heapscim.model.changes import Change, subject
from heapscim.model.outcomes import Outcome, RecordedState

SettledState: TypeAlias = Literal["done", "failed", "not_attempted"]


@dataclass(frozen=True, slots=True)
class RunContext:
    """Who runs, where, and past which limits."""

    who: str
    host: str
    pid: int
    allowances: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunHead:
    """What is known of a run before it begins."""

    command: str
    source: str
    """Where what it does comes from, such as a roster's path."""
    fingerprint: str
    """What was agreed to; empty where the command has no such thing."""
    context: RunContext
    continues: str | None = None
    """The run that was cut off, where this one does the rest of it."""


@dataclass(frozen=True, slots=True)
class OperationDraft:
    """One thing a run is about to do."""

    kind: str
    """A provisioning kind (``create_user`` …), or another command's own word."""
    subject: str
    """Whom or what it is about, as a person knows it."""
    reason: str
    change: str
    """JSON text, in the form of its kind."""

    @classmethod
    def of(cls, change: Change) -> OperationDraft:
        """Returns the draft of a provisioning change."""
        return cls(change.kind, subject(change), change.reason, json.dumps(asdict(change)))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one operation."""

    state: SettledState
    id: str | None = None
    """The id of the resource where it was written to, once that is known."""
    error_code: str | None = None
    message: str | None = None
    attempts: int = 0
    """Writing requests sent for it, repetitions included."""
    seconds: float = 0.0
    """From sending to the last byte, summed over all its requests, look-ups included."""
    change: Change | None = None
    """The provisioning change, where links follow from it."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Attribute path → value, for what the tenant keeps otherwise than it was asked for."""
    unseen: tuple[str, ...] = ()
    """Heap ids of members who joined or left without the tenant showing it."""

    @classmethod
    def of(cls, outcome: Outcome) -> Settlement:
        """The settlement of a provisioning change."""
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


Entry: TypeAlias = tuple[int, Settlement | None]
"""An operation's place in its run, and how it was settled; None where it is about to be sent."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run as the ledger remembers it; times are seconds since 1970."""

    run: str
    command: str
    who: str
    host: str
    pid: int
    started: float
    ended: float | None
    """None while it is under way, and for good where it was cut off."""
    source: str
    fingerprint: str
    allowances: Mapping[str, int]
    continues: str | None
    outcome: str | None
    counts: Mapping[RecordedState, int]
    """How many of its operations are in each state."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a run as the ledger remembers it; times are seconds since 1970."""

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
    """Which runs are asked for."""

    since: float | None = None
    """Started then or later, in seconds since 1970."""
    about: str | None = None
    """With at least one operation about this userName or group name, in any case, or with this person as a member."""
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof of the whole ledger found."""

    events: int
    """How many were ever sealed, those included that were pruned."""
    pruned: int
    head: str
    """The hash of the newest event: noted elsewhere, it proves that this part was never rewritten."""
    links: int
    """How many users and groups are managed."""
    problems: tuple[str, ...]
    """Empty where all is whole."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a profile's lock."""

    command: str
    pid: int
    host: str
    since: float
    """Seconds since 1970."""

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        return f"`heapscim {self.command}`, process {self.pid} on {self.host}, since {since}"


class DamagedEntry(ValueError):
    """Something that a ledger holds can't be read back; says what, as the rest of a sentence."""
