"""Opens the ledger of a profile in an SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from heapscim.ledger.sql.database import claim
from heapscim.ledger.sql.store import SqlLedger
from heapscim.ledger.sqlite.file import LedgerFile


class SqliteLedger(SqlLedger):
    """Represents one profile's ledger in an open file."""

    def __init__(self, file: LedgerFile) -> None:
        super().__init__(file)
        self._file = file


def open_ledger(path: Path, tenant: str, clock: Callable[[], float], *, inspect: bool = False) -> SqliteLedger:
    """Opens a profile's ledger, which belongs to one tenant; raises LedgerError if it belongs to another.

    A ledger with a foreign schema is opened only to ``inspect`` it: nothing is written then.
    """
    file = LedgerFile(path, clock, inspect=inspect)
    try:
        claim(file, tenant, str(path))
    except BaseException:
        file.close()
        raise
    return SqliteLedger(file)
