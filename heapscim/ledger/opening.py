"""Knows where a profile's ledger is and of which kind. The only way from other rooms to a kind of ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.config.ledger_url import ledger_url
from heapscim.config.paths import Folders, checked_name
from heapscim.config.private_files import remove
from heapscim.errors import LedgerError
from heapscim.ledger.completion_names import names_file, runs_file
from heapscim.ledger.copying import LOCAL, moved_away
from heapscim.ledger.protocol import Ledger, RunLock
from heapscim.ledger.sqlite.database import files_of
from heapscim.ledger.sqlite.lock import FileRunLock, lock_files
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.model.secret import SecretStr

if TYPE_CHECKING:
    from heapscim.ledger.postgres.place import PostgresPlace


@dataclass(frozen=True)
class LedgerPlace:
    """Holds where the ledger of one profile is: an SQLite file among the user's state, or a PostgreSQL database."""

    folders: Folders
    profile: str
    clock: Callable[[], float]
    """Seconds since 1970."""
    host: str
    """The name of this machine, by which others know who holds the lock."""
    url: str | None = None
    """The URL of the database; None for the file."""
    passwords: tuple[Callable[[], SecretStr | None], ...] = ()
    """Where a password for the database may be, in the order in which they are tried."""

    def at(self, url: str | None) -> LedgerPlace:
        """Returns another place for a ledger of this profile; None is the file among the user's state."""
        return replace(self, url=url)

    def __str__(self) -> str:
        return self.url or LOCAL

    def exists(self) -> bool:
        """Reports whether there is a ledger; raises LedgerError where a database can't be asked."""
        return self._file.exists() if self._database is None else self._database.exists()

    def open(self, tenant: str, *, moved: bool = False) -> Ledger:
        """Opens the ledger to read and to write, and makes it where there is none.

        ``tenant`` is the Base URL that it belongs to. Raises LedgerError, also for a ledger that was moved away (which
        ``moved`` allows), Busy, and SettingsError where others may read it.
        """
        ledger = open_ledger(self._file, tenant, self.clock) if self._database is None else self._database.open(tenant)
        if not moved and (where := ledger.moved_to()):
            ledger.close()
            raise moved_away(where)
        return ledger

    def inspect(self, tenant: str) -> Ledger:
        """Opens the ledger likewise; one that another hand changed can be read and proven, not written."""
        if self._database is None:
            return open_ledger(self._file, tenant, self.clock, inspect=True)
        return self._database.open(tenant, inspect=True)

    def lock(self) -> RunLock:
        """Returns the lock of the profile, without holding it."""
        return FileRunLock(self._file, self.clock, host=self.host) if self._database is None else self._database.lock()

    def files(self) -> tuple[Path, ...]:
        """Returns the files of the ledger that are on this machine."""
        beside = (*files_of(self._file), *lock_files(self._file), names_file(self.folders, self.profile))
        return tuple(path for path in beside if path.exists())

    def delete(self) -> list[str]:
        """Deletes the ledger and what lies beside it; returns what was deleted. The caller holds the lock.

        A ledger in a database stays, since other machines may go by it. Raises SettingsError where a file can't be
        deleted.
        """
        ledger = files_of(self._file) if self._database is None else ()
        files = (*ledger, names_file(self.folders, self.profile), runs_file(self.folders, self.profile))
        return [str(file) for file in files if remove(file)]

    @property
    def _file(self) -> Path:
        return self.folders.state / "ledgers" / f"{checked_name(self.profile, self.folders.named)}.sqlite3"

    @cached_property
    def _database(self) -> PostgresPlace | None:
        if self.url is None:
            return None
        try:
            from heapscim.ledger.postgres.place import PostgresPlace
        except (
            ImportError
        ) as error:  # the driver is an extra; it also refuses to load without the library of PostgreSQL
            raise LedgerError(
                f"The ledger is in PostgreSQL, whose driver can't be loaded: {error}.",
                hint="Install heapscim[postgres], for example with `pip install 'heapscim[postgres]'`.",
            ) from error
        url = ledger_url(self.url)
        schema = url.schema_of(checked_name(self.profile, self.folders.named))
        return PostgresPlace(url, schema, self.clock, self.host, self.passwords)
