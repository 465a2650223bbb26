"""Implements the ledger's protocol on a database, each method with its transaction."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable

from heapscim.execution.absences import Absences
from heapscim.ledger.entries import (
    ChainHead,
    Entry,
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
from heapscim.ledger.linking import links_after, links_in
from heapscim.ledger.sql import copying, queries, seen, writing
from heapscim.ledger.sql.database import LedgerDatabase
from heapscim.ledger.sql.links import SqlLinks
from heapscim.ledger.sql.prune import prune
from heapscim.ledger.sql.rows import prove_database
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import TakeOver
from heapscim.model.state import CurrentState, Kind, Links


class SqlLedger:
    """Represents one profile's ledger (``ledger.protocol``) in an open database."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def close(self) -> None:
        """Closes the ledger, after a commit that is under way in another thread."""
        self._database.close()

    def links(self, current: CurrentState | None = None) -> Links:
        """Returns everything that is managed, with the texts of the accounts as they were read."""
        with self._database.reading() as connection:
            return links_in(SqlLinks(connection), {} if current is None else current.users_by_id)

    def links_after(self, settlements: Iterable[Settlement]) -> Links:
        """Returns everything that would be managed once these settlements are recorded; records nothing."""
        with self._database.reading() as connection:
            return links_after(SqlLinks(connection), settlements)

    def known_ids(self, type: Kind, *, before: float) -> frozenset[str]:
        """Returns Heap ids of what full reads had found before that moment, and is still there."""
        with self._database.reading() as connection:
            return seen.known_ids(connection, type, before=before)

    def remember_seen(self, current: CurrentState, *, groups: bool) -> None:
        """Keeps since when each account and group of a full read is known."""
        now = self._database.clock()
        self._database.note(lambda connection: seen.remember_seen(connection, current, now, groups=groups))

    def absences(self) -> Absences:
        """Returns who was absent when last looked at."""
        with self._database.reading() as connection:
            return seen.absences(connection)

    def remember_absences(self, absences: Absences) -> None:
        """Keeps who is absent."""
        if absences != self.absences():
            self._database.note(lambda connection: seen.remember_absences(connection, absences))

    def memo(self, about: Memo) -> str:
        """Returns the text that was kept last; empty if there is none."""
        with self._database.reading() as connection:
            return seen.memo(connection, about)

    def keep_memo(self, about: Memo, text: str) -> None:
        """Keeps a text for later runs."""
        if text != self.memo(about):
            self._database.note(lambda connection: seen.keep_memo(connection, about, text))

    def begin(self, head: RunHead, drafts: Iterable[OperationDraft], adoptions: Iterable[TakeOver] = ()) -> str:
        """Records a run with everything it is about to do; returns its name."""
        return writing.begin(self._database, head, drafts, adoptions)

    def record(self, run: str, entries: Iterable[Entry]) -> None:
        """Records, in one commit, operations about to be sent and how others were settled."""
        writing.record(self._database, run, entries)

    def end_run(self, run: str, outcome: str) -> None:
        """Closes a run."""
        writing.end_run(self._database, run, outcome)

    def prune(self, *, keep: float) -> int:
        """Forgets runs that saw nothing for ``keep`` seconds; returns how many."""
        now = self._database.clock()
        with self._database.writing() as connection:
            return prune(connection, now - keep, now)

    def runs(self, wanted: RunFilter = RunFilter()) -> tuple[RunSummary, ...]:  # noqa: B008 - a frozen value
        """Returns runs, newest first."""
        with self._database.reading() as connection:
            return tuple(queries.runs(connection, wanted))

    def last_run(self) -> RunSummary | None:
        """Returns the newest run."""
        return next(iter(self.runs(RunFilter(most=1))), None)

    def run_named(self, run: str) -> RunSummary | None:
        """Returns one run; None if there is none of that name."""
        with self._database.reading() as connection:
            return queries.run_named(connection, run)

    def continuation_of(self, run: str) -> str | None:
        """Returns the run that did the rest of one that was cut off; None if there is none."""
        with self._database.reading() as connection:
            return queries.continuation_of(connection, run)

    def last_change(self) -> str | None:
        """Returns the newest run that had changes for Heap; None if there is none."""
        with self._database.reading() as connection:
            return queries.last_change(connection)

    def operations(self, run: str, *, about: str | None = None) -> tuple[Operation, ...]:
        """Returns the operations of a run, in its order; all of them, or those about a person or group."""
        with self._database.reading() as connection:
            return tuple(queries.operations(connection, run, about))

    def recorded(self, run: str) -> tuple[Recorded, ...]:
        """Returns every provisioning change of a run with what became of it, in plan order."""
        with self._database.reading() as connection:
            return queries.recorded(connection, run)

    def in_doubt(self) -> dict[str, tuple[Recorded, ...]]:
        """Returns changes that are in doubt, by run, oldest first."""
        with self._database.reading() as connection:
            return queries.in_doubt(connection)

    def history(self, ids: Collection[str]) -> tuple[tuple[str, Recorded], ...]:
        """Returns what earlier runs tried with these resources, each with its run's name, oldest first."""
        with self._database.reading() as connection:
            return tuple(queries.history(connection, ids))

    def take_overs(self, run: str) -> tuple[TakeOver, ...]:
        """Returns the accounts that a run took over as they were."""
        with self._database.reading() as connection:
            return queries.take_overs(connection, run)

    def head(self) -> ChainHead:
        """Returns the newest event of the chain."""
        with self._database.reading():
            number, hash = self._database.chain.head()
        return ChainHead(hash, number)

    def copied(self) -> Generator[StoredRow, None, None]:
        """Yields every row as it is stored, all of one moment."""
        with self._database.proving() as connection:
            yield from copying.copied(connection)

    def replace_all(self, rows: Iterable[StoredRow]) -> None:
        """Puts these rows in the place of everything here, in one commit."""
        with self._database.writing() as connection:
            copying.replace_all(connection, rows)

    def moved_to(self) -> str | None:
        """Returns where this ledger was moved to; None if it is in use."""
        with self._database.reading() as connection:
            return copying.moved_to(connection)

    def note_moved(self, where: str | None) -> None:
        """Notes that this ledger goes on at another place; None takes that back."""
        with self._database.writing() as connection:
            copying.note_moved(connection, where)

    def prove(self, *, noted: Collection[ChainHead] = ()) -> Proof:
        """Checks that nothing was changed by another hand."""
        with self._database.proving() as connection:
            return prove_database(connection, noted=noted)
