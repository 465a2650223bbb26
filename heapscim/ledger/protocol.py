"""Describes what a ledger promises to workflows: links, runs, proof, lock. Every kind passes one suite of tests.

Every method raises LedgerError, or Busy where another process holds the store.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from heapscim.execution.absences import Absences
from heapscim.ledger.entries import (
    ChainHead,
    Entry,
    Holder,
    Memo,
    Operation,
    OperationDraft,
    Proof,
    RunFilter,
    RunHead,
    RunSummary,
    Settlement,
    StoredRow,
)
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import TakeOver
from heapscim.model.state import CurrentState, Kind, Links


class LinkStore(Protocol):
    """Describes where the links of managed users and groups are stored."""

    def links(self, current: CurrentState | None = None) -> Links:
        """Returns everything that is managed, in no particular order. It may share texts with what was read of Heap."""
        ...

    def links_after(self, settlements: Iterable[Settlement]) -> Links:
        """Returns everything that would be managed once these settlements are recorded; records nothing."""
        ...


class SeenStore(Protocol):
    """Describes what earlier runs have seen. It may be lost: that only costs requests or time."""

    def remember_seen(self, current: CurrentState, *, groups: bool) -> None:
        """Keeps since when each account and group of a full read is known; they tell what a create can't have made.

        Without ``groups`` those were not read, and stay.
        """
        ...

    def known_ids(self, type: Kind, *, before: float) -> frozenset[str]:
        """Returns Heap ids of what full reads had found before that moment (seconds since 1970), and is still there."""
        ...

    def absences(self) -> Absences:
        """Returns the linked accounts and groups that lists lack and that were gone or inactive when last looked at."""
        ...

    def remember_absences(self, absences: Absences) -> None:
        """Keeps who is absent, so that they aren't asked for in every run."""
        ...

    def memo(self, about: Memo) -> str:
        """Returns the text that was kept last; empty if there is none, or if it was lost."""
        ...

    def keep_memo(self, about: Memo, text: str) -> None:
        """Keeps a text for later runs, from whichever machine. It isn't part of the proof, and may be lost."""
        ...


class Recorder(Protocol):
    """Describes where a journal writes; each call returns when the entry is on disk."""

    def record(self, run: str, entries: Iterable[Entry]) -> None:
        """Records, in one commit, operations about to be sent and how others were settled, with what links follow."""
        ...


class RunLog(Recorder, Protocol):
    """Writes runs."""

    def begin(self, head: RunHead, drafts: Iterable[OperationDraft], adoptions: Iterable[TakeOver] = ()) -> str:
        """Records a run with everything it is about to do, and links what it takes over; returns the run's name."""
        ...

    def end_run(self, run: str, outcome: str) -> None:
        """Closes a run."""
        ...

    def prune(self, *, keep: float) -> int:
        """Forgets runs that saw nothing for ``keep`` seconds; returns how many. What is managed stays managed."""
        ...


class History(Protocol):
    """Reads runs back."""

    def runs(self, wanted: RunFilter = RunFilter()) -> tuple[RunSummary, ...]:  # noqa: B008 - a frozen value
        """Returns runs, newest first."""
        ...

    def last_run(self) -> RunSummary | None:
        """Returns the newest run."""
        ...

    def run_named(self, run: str) -> RunSummary | None:
        """Returns one run; None if there is none of that name."""
        ...

    def continuation_of(self, run: str) -> str | None:
        """Returns the run that did the rest of one that was cut off; None if there is none."""
        ...

    def last_change(self) -> str | None:
        """Returns the newest run that had changes for Heap; None if there is none."""
        ...

    def operations(self, run: str, *, about: str | None = None) -> tuple[Operation, ...]:
        """Returns the operations of a run, in its order; all of them, or those about a person or group."""
        ...

    def recorded(self, run: str) -> tuple[Recorded, ...]:
        """Returns every provisioning change of a run with what became of it, in plan order; empty if it has none."""
        ...

    def in_doubt(self) -> Mapping[str, tuple[Recorded, ...]]:
        """Returns the changes in doubt (sent, with no recorded outcome), by run, oldest first."""
        ...

    def history(self, ids: Collection[str]) -> tuple[tuple[str, Recorded], ...]:
        """Returns what earlier runs tried with these resources under all names they had, by run, oldest first.

        What never left isn't part of it; others of such a name come along.
        """
        ...

    def take_overs(self, run: str) -> tuple[TakeOver, ...]:
        """Returns the accounts that a run took over as they were."""
        ...

    def head(self) -> ChainHead:
        """Returns the newest event of the chain: noted elsewhere, it proves all that was written before it."""
        ...

    def prove(self, *, noted: Collection[ChainHead] = ()) -> Proof:
        """Checks that nothing was changed by another hand; ``noted`` are heads that were written down elsewhere."""
        ...


class Copying(Protocol):
    """Describes how a whole ledger gets into another store, and how the old one says so."""

    def copied(self) -> Generator[StoredRow, None, None]:
        """Yields every row as it is stored, by the tables of ``copying.COLUMNS``, all of one moment.

        The note that it was moved isn't among them. Runs come in the order in which they began. Close the generator
        if it isn't read to its end.
        """
        ...

    def replace_all(self, rows: Iterable[StoredRow]) -> None:
        """Puts these rows in the place of everything here, in one commit: if that fails, nothing has changed."""
        ...

    def moved_to(self) -> str | None:
        """Returns where this ledger was moved to; None if it is in use."""
        ...

    def note_moved(self, where: str | None) -> None:
        """Notes that this ledger goes on at another place: from then on, no run begins here. None takes that back."""
        ...


class Ledger(LinkStore, SeenStore, RunLog, History, Copying, Protocol):
    """Describes one profile's ledger. It never holds a token."""

    def close(self) -> None:
        """Closes the ledger, after a commit that is under way in another thread."""
        ...


class RunLock(Protocol):
    """Describes the lock of one profile: one run at a time. The process that holds it may hold it again."""

    def held(self, command: str) -> AbstractContextManager[None]:
        """Holds the profile during the block; raises Busy, which names the holder, if another run holds it."""
        ...

    def holder(self) -> Holder | None:
        """Returns the other process that holds the profile, or None."""
        ...
