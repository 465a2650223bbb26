"""Describes how a command ended: one value for everything that follows a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from heapscim.errors import HeapscimError
from heapscim.ledger.entries import ChainHead
from heapscim.model.changes import ChangeKind
from heapscim.model.outcomes import Status
from heapscim.model.plan import Plan
from heapscim.output.envelope import Caller, Result, Work


@dataclass(frozen=True, slots=True)
class Ending:
    """Holds how a command ended, also if it failed before it began. It is made once, after the end."""

    caller: Caller
    began: float
    """Seconds since 1970."""
    seconds: float
    exit_code: int
    result: Result | None = None
    """None if the command ended with an error, or was interrupted before it had a result."""
    error: HeapscimError | None = None
    """The error that it ended with, without secrets."""
    requests: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """The number of requests by service and method."""
    ends: Mapping[tuple[str, str], float | None] = field(default_factory=dict)
    """When each certificate, token or key that was used ends, in seconds since 1970, by service and what it is.
    None: it doesn't tell."""
    is_whole: bool = False
    """Whether it was about everyone, as a plain `sync` is: then it can tell that a trouble is over."""

    head: ChainHead | None = None
    """The head of the ledger after the run; None if there was no run, or it can't be told."""

    @property
    def work(self) -> tuple[Work, ...]:
        """Returns each plan with what became of it; the last one is the latest that is known."""
        return () if self.result is None else self.result.work

    @property
    def plan(self) -> Plan | None:
        """Returns the latest plan."""
        return self.work[-1].plan if self.work else None

    @property
    def runs(self) -> tuple[str, ...]:
        """Returns the names of the runs in the ledger."""
        return tuple(work.run.run_id for work in self.work if work.run is not None)

    @property
    def changes(self) -> Counter[tuple[ChangeKind, Status]]:
        """Counts the changes of all runs, by kind and by what became of them."""
        outcomes = (outcome for work in self.work if work.run is not None for outcome in work.run.outcomes)
        return Counter((outcome.change.kind, outcome.status) for outcome in outcomes)
