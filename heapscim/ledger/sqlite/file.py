"""Guards an open ledger file: one writer at a time, and only while file and schema are those that were opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from heapscim.errors import LedgerError
from heapscim.ledger.sql.connection import Connection
from heapscim.ledger.sql.events import Chain
from heapscim.ledger.sqlite.connection import SqliteConnection
from heapscim.ledger.sqlite.database import explained, identity_of, open_database, snapshot, transaction, unlike_ours
from heapscim.ledger.sqlite.schema import strange_parts


class LedgerFile:
    """Represents an open ledger file. Each block raises LedgerError or Busy."""

    def __init__(self, path: Path, clock: Callable[[], float], *, inspect: bool = False) -> None:
        self.connection = open_database(path, clock, inspect=inspect)
        self.chain = Chain(self.connection)
        self.clock = clock
        self._path = path
        self._identity = identity_of(path)
        self._known_schema: int | None = None
        """The schema version that was checked last, by SQLite's own count of its changes."""
        self._turn = Lock()

    def close(self) -> None:
        """Closes the file, after a commit that is under way in another thread."""
        with self._turn:
            self.connection.close()

    @contextmanager
    def reading(self) -> Iterator[SqliteConnection]:
        """Lends the connection for a read."""
        with explained(self._path):
            yield self.connection

    @contextmanager
    def proving(self) -> Iterator[SqliteConnection]:
        """Lends the connection for reads that all see one moment, whatever another process commits meanwhile."""
        with explained(self._path), snapshot(self.connection):
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[SqliteConnection]:
        """Lends the connection for one durable transaction."""
        with self._turn, explained(self._path):
            self._refuse_another_file()
            with transaction(self.connection):
                self._refuse_another_schema()
                yield self.connection

    def note(self, write: Callable[[Connection], None]) -> None:
        """Writes what may be lost: if the ledger can't be written now, it stays as it is without an error."""
        with explained(self._path), suppress(sqlite3.OperationalError), self._turn, transaction(self.connection):
            self._refuse_another_schema()
            write(self.connection)

    def _refuse_another_schema(self) -> None:
        """Raises LedgerError if the schema has changed: an added trigger would act on this very write."""
        (version,) = self.connection.execute("PRAGMA schema_version").fetchone()
        if version != self._known_schema:
            if strange := strange_parts(self.connection):
                raise unlike_ours(self._path, strange)
            self._known_schema = version

    def _refuse_another_file(self) -> None:
        """Raises LedgerError if the file was deleted or replaced: SQLite would write on where no one finds it."""
        if identity_of(self._path) != self._identity:
            raise LedgerError(
                f"The ledger {self._path} was moved, deleted or replaced while it was in use.",
                hint="Put it back where it was; the next sync finds out what became of unfinished changes.",
            )
