"""What became of each change of a plan, and what the whole run amounts to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from heapscim.model.changes import Change

Status: TypeAlias = Literal["done", "failed", "not_attempted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One change and what became of it."""

    change: Change
    status: Status
    id: str | None = None
    """The Heap id of the resource, known at the latest after a create."""
    error_code: str | None = None
    message: str | None = None
    """Why it failed or wasn't attempted; or, when done, what a person should know about it."""
    hint: str | None = None
    attempts: int = 0
    """Writing requests sent for it, repetitions included."""
    seconds: float = 0.0
    """From sending to the last byte, summed over all its requests."""
    uncertain: bool = False
    """Whether a failed change may have been carried out all the same: the journal keeps it as sent, and whoever comes
    next looks before doing anything."""
    ignored: bool = field(default=False, compare=False)
    """Whether Heap accepted the change and left all as it was, so that another form of the request may do it."""
    lost: tuple[str, ...] = field(default=(), compare=False)
    """Heap ids of the members of a group who are all gone though nobody asked for that."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Attribute path → value, for what Heap keeps otherwise than it was asked for."""
    unseen: tuple[str, ...] = ()
    """Heap ids of members who joined or left as far as anybody can tell: Heap doesn't show it."""


RecordedState: TypeAlias = Literal["planned", "sent", "done", "failed", "not_attempted"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One change of an earlier run as the ledger remembers it: the ground of resume and undo."""

    seq: int
    """Its place in the plan."""
    change: Change
    state: RecordedState
    """``sent``: the request may have been carried out, and nobody heard. ``planned``: it never left."""
    id: str | None
    """The Heap id of the resource, where it is known."""
    first_sent: float | None = None
    last_sent: float | None = None
    """When its first and its latest request left, in seconds since 1970; told of changes that are ``sent``."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """The outcomes of one run, in plan order."""

    run_id: str
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many changes ended in each status."""
        return Counter(outcome.status for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The changes that failed or weren't attempted."""
        return tuple(outcome for outcome in self.outcomes if outcome.status != "done")
