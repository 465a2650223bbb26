"""Describes the open database of a ledger: a block for each kind of use, which raises LedgerError or Busy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from heapscim.errors import LedgerError
from heapscim.ledger.chain import GENESIS
from heapscim.ledger.entries import DamagedEntry
from heapscim.ledger.sql.connection import Connection
from heapscim.ledger.sql.events import Chain
from heapscim.model.base_url import same_tenant


class LedgerDatabase(Protocol):
    """Describes an open database."""

    @property
    def clock(self) -> Callable[[], float]:
        """Returns what tells the seconds since 1970."""
        ...

    @property
    def chain(self) -> Chain:
        """Returns the chain of events."""
        ...

    def close(self) -> None:
        """Closes the database, after a commit that is under way in another thread."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """Lends the connection for a read."""
        ...

    def proving(self) -> AbstractContextManager[Connection]:
        """Lends the connection for reads that all see one moment, whatever another process commits meanwhile."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """Lends the connection for one durable transaction, with no other writer beside it."""
        ...

    def note(self, write: Callable[[Connection], None]) -> None:
        """Writes what may be lost: if that can't be written now, nothing changes and nothing is raised."""
        ...


def claim(database: LedgerDatabase, tenant: str, where: str) -> None:
    """Assigns a new ledger to a tenant; raises LedgerError if it belongs to another one."""
    with database.reading():
        owner, is_new = database.chain.tenant(), database.chain.head() == (0, GENESIS)
        if owner is None and not is_new:
            raise DamagedEntry("it doesn't say which tenant it belongs to")
    if owner is None:
        with database.writing() as connection:
            connection.execute(
                "INSERT INTO meta (key, value) VALUES ('tenant', ?) ON CONFLICT (key) DO NOTHING", (tenant,)
            )
            owner = database.chain.tenant()
    if owner != tenant and not same_tenant(owner, tenant):
        raise LedgerError(
            f"The ledger {where} belongs to {owner}, not to {tenant}.",
            hint="Use another --profile for another tenant, or `heapscim deactivate --delete-profile` first.",
        )
