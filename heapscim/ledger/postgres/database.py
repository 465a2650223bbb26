"""Guards the open schema of a ledger: one writer at a time, whose lock still holds, and only while it is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import NamedTuple

import psycopg
from psycopg import errors

from heapscim.errors import LedgerError
from heapscim.ledger.postgres.connection import PostgresConnection
from heapscim.ledger.postgres.errors import explained
from heapscim.ledger.postgres.schema import (
    MIGRATIONS,
    migrate,
    signature_of,
    strange_parts,
    tables_of,
    version_of,
)
from heapscim.ledger.sql.connection import Connection
from heapscim.ledger.sql.events import Chain

_ONLY_WRITER = """
    SELECT turn, EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = %s) FROM holder
    FOR UPDATE
"""
"""Waits for the writer before, and lets none in until the end of the transaction. The turn is always the newest one."""


class Turn(NamedTuple):
    """Names a time for which a process holds the lock of a ledger."""

    number: int
    backend: int
    """The server's process for the connection that holds the lock."""


class PostgresDatabase:
    """Represents the open schema of a ledger. Each block raises LedgerError or Busy."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        schema: str,
        clock: Callable[[], float],
        *,
        where: str,
        turn: Callable[[], Turn | None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._schema = schema
        self._clock = clock
        self._where = where
        self._held_turn = turn
        """Returns the turn of the lock, if this process holds it."""
        self._connection = PostgresConnection(connect(), schema)
        self.chain = Chain(self._connection)
        self._tables: list[int] = []
        self._known: str | None = None
        """What told last that the schema is ours."""
        self._turn = RLock()

    @property
    def clock(self) -> Callable[[], float]:
        """Returns what tells the seconds since 1970."""
        return self._clock

    def prepare(self, *, inspect: bool = False) -> None:
        """Brings the schema up to date; one with foreign parts is refused, or left as it is for an inspection."""
        raw = self._connection.raw
        with self._turn, explained(self._where):
            bring_up_to_date(raw, self._schema, self._where, inspect=inspect)
            self._tables = tables_of(raw, self._schema)

    def close(self) -> None:
        """Closes the connection, after a commit that is under way in another thread."""
        with self._turn:
            self._connection.raw.close()

    @contextmanager
    def reading(self) -> Iterator[PostgresConnection]:
        """Lends the connection for a read."""
        with self._turn, explained(self._where):
            yield self._connection

    @contextmanager
    def proving(self) -> Iterator[PostgresConnection]:
        """Lends the connection for reads that all see one moment, whatever another process commits meanwhile."""
        raw = self._connection.raw
        with self._turn, explained(self._where):
            raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield self._connection
            finally:
                with suppress(psycopg.OperationalError):
                    raw.rollback()

    @contextmanager
    def writing(self) -> Iterator[PostgresConnection]:
        """Lends the connection for one durable transaction, with no other writer beside it.

        The statements leave without waiting for one another. If the connection is lost in the commit, a new one tells
        whether it took place.
        """
        with self._turn, explained(self._where), self._transaction():
            yield self._connection

    def note(self, write: Callable[[Connection], None]) -> None:
        """Writes what may be lost: if that can't be written now, nothing changes and nothing is raised."""
        unwritable = (psycopg.OperationalError, errors.ReadOnlySqlTransaction)
        with self._turn, explained(self._where), suppress(*unwritable), self._transaction():
            write(self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        raw, is_committing = self._connection.raw, False
        backend = raw.info.backend_pid
        self.chain.sealed = None
        try:
            with raw.pipeline():
                turn = self._held_turn()
                raw.execute("BEGIN")
                writer = raw.execute(_ONLY_WRITER, (turn.backend if turn else 0,))
                signature = signature_of(raw, self._tables)
                yield
                self._check_turn(turn, writer.fetchone())
                self._check_schema(signature.fetchone())
                is_committing = True
                raw.execute("COMMIT")
        except psycopg.OperationalError:
            if not (raw.closed and is_committing and self._was_committed(backend)):
                raise
        finally:
            if not raw.closed:
                raw.rollback()

    def _check_turn(self, held: Turn | None, row: tuple[int, bool] | None) -> None:
        """Raises LedgerError if this process held the lock and lost it: another may be at work by now."""
        if held is not None and row != (held.number, True):
            raise LedgerError(
                f"The lock of the ledger {self._where} was lost, so nothing more is sent.",
                hint="Another run may have begun. Its connection to the database broke off: run `heapscim history`.",
            )

    def _check_schema(self, signature: tuple[str] | None) -> None:
        """Raises LedgerError if the schema has changed: an added trigger would act on this very write."""
        found = None if signature is None else signature[0]
        if found is None or found != self._known:
            if strange := strange_parts(self._connection.raw, self._schema):
                raise _unlike_ours(self._where, strange)
            self._known = found

    def _was_committed(self, backend: int) -> bool:
        """Finds out on a new connection what became of a commit, once the server has ended its session for good."""
        if self.chain.sealed is None:
            return False
        try:
            raw = self._connect()
        except LedgerError:
            return False
        self._connection.raw = raw
        raw.execute(
            "SELECT pg_terminate_backend(%s) FROM pg_stat_activity WHERE pid = %s AND usename = user", 2 * (backend,)
        )
        with raw.transaction():
            raw.execute(_ONLY_WRITER, (0,))  # the transaction in question has ended as soon as this returns
            found = raw.execute("SELECT 1 FROM events WHERE number = %s AND hash = %s", self.chain.sealed).fetchone()
        return found is not None


def bring_up_to_date(raw: psycopg.Connection, schema: str, where: str, *, inspect: bool = False) -> None:
    """Migrates heapscim's schema; raises LedgerError for another one, unless it is only to be inspected."""
    version = version_of(raw, schema)
    if version > len(MIGRATIONS):
        raise LedgerError(f"The ledger {where} was written by a newer heapscim.", hint="Upgrade heapscim.")
    strange = strange_parts(raw, schema)
    if strange and not inspect:
        raise _unlike_ours(where, strange)
    if not strange and version < len(MIGRATIONS):
        migrate(raw, schema)


def _unlike_ours(where: str, strange: tuple[str, ...]) -> LedgerError:
    return LedgerError(
        f"The ledger {where} was changed by another hand, so it isn't used: {' '.join(strange[:3])}",
        hint="`heapscim history --verify` names all changes. Remove what isn't heapscim's, or restore a backup.",
    )
