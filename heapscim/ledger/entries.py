"""What the ledger is told and what it answers: runs, their operations, and how each was settled. Values alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from heapscim.model.changes import Change
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
