"""Holds what became of each change of a plan, and what the whole run amounts to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from heapscim.model.changes import Change

Status: TypeAlias = Literal["done", "failed", "not_attempted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Holds one change and what became of it."""

    change: Change
    status: Status
    id: str | None = None
    """The Heap id of the resource; after a create it is always known."""
    error_code: str | None = None
    message: str | None = None
    """Why it failed or wasn't attempted; or, if done, what the administrator should know about it."""
    hint: str | None = None
    attempts: int = 0
    """Writing requests sent for it, retries included."""
    seconds: float = 0.0
    """From sending to the last byte, summed over all its requests."""
    uncertain: bool = False
    """Whether a failed change may have been carried out all the same: the journal keeps it as sent, and the next run
    looks before it does anything."""
    ignored: bool = field(default=False, compare=False)
    """Whether Heap accepted the change and changed nothing, so that another form of the request may do it."""
    lost: tuple[str, ...] = field(default=(), compare=False)
    """Heap ids of all other members of a group, if they are gone without being asked for."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Attribute path → value, for what Heap keeps in another form than it was asked for."""
    unseen: tuple[str, ...] = ()
    """Heap ids of members whose change Heap accepted and doesn't show."""


RecordedState: TypeAlias = Literal["planned", "sent", "done", "failed", "not_attempted"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Holds one change of an earlier run as the ledger recorded it; resume and undo start from these."""

    seq: int
    """Its place in the plan."""
    change: Change
    state: RecordedState
    """``sent``: the request may have been carried out, and its response is unknown. ``planned``: it was never sent."""
    id: str | None
    """The Heap id of the resource, if known."""
    first_sent: float | None = None
    last_sent: float | None = None
    """When its first and its last request were sent, in seconds since 1970; known for changes that are ``sent``."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Holds the outcomes of one run, in plan order."""

    run_id: str
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False

    @property
    def counts(self) -> Mapping[Status, int]:
        """Counts the changes that ended in each status."""
        return Counter(outcome.status for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Returns the changes that failed or weren't attempted."""
        return tuple(outcome for outcome in self.outcomes if outcome.status != "done")
