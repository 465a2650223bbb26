"""Allows one run per ledger at a time: with a lock of the server's, and a row that names the holder.

The server frees the lock when the connection of its holder ends, however that happens. Whoever holds it next takes the
next turn, after any commit that is still under way; a process whose turn is over can't commit any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

import psycopg

from heapscim.errors import Busy
from heapscim.ledger.entries import Holder
from heapscim.ledger.postgres.database import Turn, bring_up_to_date
from heapscim.ledger.postgres.errors import explained
from heapscim.ledger.postgres.schema import version_of
from heapscim.ledger.postgres.texts import read, stored

_CLAIM = """
    UPDATE holder SET turn = turn + 1, backend = pg_backend_pid(), command = %s, pid = %s, host = %s, since = %s
    RETURNING turn, backend
"""
_HOLDER = """
    SELECT command, pid, host, since FROM holder
    WHERE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = backend)
"""
_FIRST_WITH_A_HOLDER = 2
"""The version of the schema."""


class PostgresRunLock:
    """Represents the lock of one ledger; the process that holds it may hold it again."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        claimant: Callable[[str], Holder],
        *,
        schema: str,
        where: str,
    ) -> None:
        self._connect = connect
        self._claimant = claimant
        """Returns who holds the lock from now on, for a command."""
        self._schema = schema
        self._where = where
        self.turn: Turn | None = None
        """The turn, as long as the lock is held."""

    @contextmanager
    def held(self, command: str) -> Iterator[None]:
        """Holds the ledger for as long as it takes; raises Busy, which names the holder, if another run does."""
        if self.turn is not None:
            yield
            return
        connection = self._connect()
        try:
            with explained(self._where):
                bring_up_to_date(connection, self._schema, self._where)
                self.turn = self._claim(connection, command)
            try:
                yield
            finally:
                self.turn = None
                with suppress(psycopg.Error):  # the server frees the lock at the end of the connection
                    connection.execute("UPDATE holder SET backend = NULL WHERE backend = pg_backend_pid()")
        finally:
            connection.close()

    def holder(self) -> Holder | None:
        """Returns the other process that holds the ledger, or None."""
        if self.turn is not None:
            return None
        connection = self._connect()
        try:
            with explained(self._where):
                return self._holder(connection)
        finally:
            connection.close()

    def _claim(self, connection: psycopg.Connection, command: str) -> Turn:
        key = int.from_bytes(sha256(f"heapscim {self._schema}".encode()).digest()[:8], signed=True)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
        if row != (True,):
            holder = self._holder(connection) or "it has only just begun"
            raise Busy(f"Another run holds this ledger: {holder}.", hint="Wait for it to end.")
        now = self._claimant(command)
        claim = connection.execute(_CLAIM, (stored(now.command), now.pid, stored(now.host), now.since))
        return Turn(*claim.fetchone() or (0, 0))

    def _holder(self, connection: psycopg.Connection) -> Holder | None:
        if version_of(connection, self._schema) < _FIRST_WITH_A_HOLDER:
            return None
        row = connection.execute(_HOLDER).fetchone()
        return None if row is None else Holder(*read(row))
