"""Holds where one ledger is in a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heapscim.config.ledger_url import LedgerUrl
from heapscim.errors import LedgerError
from heapscim.ledger.protocol import Ledger, RunLock
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

    def exists(self) -> bool:
        """Reports whether there is a ledger."""
        raise self._missing

    def open(self, tenant: str, *, inspect: bool = False) -> Ledger:  # noqa: ARG002 - the form of every place
        """Opens the ledger, and makes it where there is none."""
        raise self._missing

    def lock(self) -> RunLock:
        """Returns the lock of the profile, without holding it."""
        raise self._missing

    @property
    def _missing(self) -> LedgerError:
        return LedgerError(f"The ledger {self.url} can't be opened.", hint="Install heapscim[postgres].")
