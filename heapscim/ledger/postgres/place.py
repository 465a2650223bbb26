"""Opens the ledger of a profile in a schema of a database, and its lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from weakref import WeakSet

import psycopg

from heapscim.config.ledger_url import LedgerUrl
from heapscim.ledger.entries import Holder
from heapscim.ledger.postgres.connecting import connect
from heapscim.ledger.postgres.database import PostgresDatabase, Turn
from heapscim.ledger.postgres.errors import explained
from heapscim.ledger.postgres.lock import PostgresRunLock
from heapscim.ledger.postgres.schema import has_schema
from heapscim.ledger.sql.database import claim
from heapscim.ledger.sql.store import SqlLedger
from heapscim.model.secret import SecretStr


@dataclass(frozen=True)
class PostgresPlace:
    """Holds where the ledger of one profile is: a schema of a database."""

    url: LedgerUrl
    schema: str
    clock: Callable[[], float]
    """Seconds since 1970."""
    host: str
    """The name of this machine."""
    passwords: tuple[Callable[[], SecretStr | None], ...] = ()
    """Where the password may be, in the order in which they are tried."""
    locks: WeakSet[PostgresRunLock] = field(default_factory=WeakSet, compare=False)
    """The locks that were made here: a ledger that was opened here writes only while the one that is held holds."""

    @property
    def where(self) -> str:
        """Returns the ledger's name for messages."""
        return f"{self.schema} in {self.url}"

    def exists(self) -> bool:
        """Reports whether there is a ledger."""
        with closing(self._connect()) as connection, explained(self.where):
            return has_schema(connection, self.schema)

    def open(self, tenant: str, *, inspect: bool = False) -> SqlLedger:
        """Opens the ledger, which belongs to one tenant, and makes it where there is none.

        One that another hand changed is opened only to ``inspect`` it. Raises LedgerError, also if it belongs to
        another tenant.
        """
        database = PostgresDatabase(self._connect, self.schema, self.clock, where=self.where, turn=self._turn)
        try:
            database.prepare(inspect=inspect)
            claim(database, tenant, self.where)
        except BaseException:
            database.close()
            raise
        return SqlLedger(database)

    def lock(self) -> PostgresRunLock:
        """Returns the lock of the ledger, without holding it."""
        lock = PostgresRunLock(self._connect, self._claimant, schema=self.schema, where=self.where)
        self.locks.add(lock)
        return lock

    def _claimant(self, command: str) -> Holder:
        return Holder(command, os.getpid(), self.host, self.clock())

    def _turn(self) -> Turn | None:
        return next((lock.turn for lock in self.locks if lock.turn is not None), None)

    def _connect(self) -> psycopg.Connection:
        return connect(self.url, self.schema, self.passwords)
