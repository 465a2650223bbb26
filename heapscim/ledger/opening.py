"""Knows where a profile's ledger is and of which kind. The only way from other rooms to a kind of ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heapscim.config.paths import Folders, checked_name
from heapscim.config.private_files import remove
from heapscim.ledger.completion_names import names_file, runs_file
from heapscim.ledger.copying import moved_away
from heapscim.ledger.protocol import Ledger, RunLock
from heapscim.ledger.sqlite.database import files_of
from heapscim.ledger.sqlite.lock import FileRunLock
from heapscim.ledger.sqlite.store import open_ledger


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """Holds where the ledger of one profile is: an SQLite file among the user's state."""

    folders: Folders
    profile: str
    clock: Callable[[], float]
    """Seconds since 1970."""
    host: str
    """The name of this machine, by which others know who holds the lock."""

    def exists(self) -> bool:
        """Reports whether there is a ledger."""
        return self._file.exists()

    def open(self, tenant: str) -> Ledger:
        """Opens the ledger to read and to write, and makes it where there is none.

        ``tenant`` is the Base URL that it belongs to. Raises LedgerError (also for a ledger that was moved away),
        Busy, and SettingsError where others may read it.
        """
        ledger = open_ledger(self._file, tenant, self.clock)
        if where := ledger.moved_to():
            ledger.close()
            raise moved_away(where)
        return ledger

    def inspect(self, tenant: str) -> Ledger:
        """Opens the ledger likewise; one that another hand changed can be read and proven, not written."""
        return open_ledger(self._file, tenant, self.clock, inspect=True)

    def lock(self) -> RunLock:
        """Returns the lock of the profile, without holding it."""
        return FileRunLock(self._file, self.clock, host=self.host)

    def delete(self) -> list[str]:
        """Deletes the ledger and what lies beside it; returns what was deleted. The caller holds the lock.

        Raises SettingsError where a file can't be deleted.
        """
        files = (*files_of(self._file), names_file(self.folders, self.profile), runs_file(self.folders, self.profile))
        return [str(file) for file in files if remove(file)]

    @property
    def _file(self) -> Path:
        return self.folders.state / "ledgers" / f"{checked_name(self.profile, self.folders.named)}.sqlite3"
