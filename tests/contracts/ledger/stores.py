"""The kinds of store that must pass the suite of ledgers and locks unchanged. Another kind is one more entry."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

from heapscim.config.ledger_url import ledger_url
from heapscim.ledger.postgres.place import PostgresPlace
from heapscim.ledger.protocol import Ledger, RunLock
from heapscim.ledger.sqlite.lock import FileRunLock
from heapscim.ledger.sqlite.store import open_ledger
from tests.builders import TENANT
from tests.fakes.postgres import schema_for, shared_server

Clock: TypeAlias = Callable[[], float]


class Store(Protocol):
    """Where the ledger of one profile is; each call opens it once more, as another process would."""

    def open(self, clock: Clock, tenant: str = TENANT) -> Ledger: ...

    def lock(self, clock: Clock, host: str | None = None) -> RunLock: ...


class SqliteStore:
    """A file in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state" / "default.sqlite3"

    def open(self, clock: Clock, tenant: str = TENANT) -> Ledger:
        return open_ledger(self._path, tenant, clock)

    def lock(self, clock: Clock, host: str | None = None) -> RunLock:
        return FileRunLock(self._path, clock, host=host or socket.gethostname())


class PostgresStore:
    """A schema of the test's own in the server that all tests share."""

    def __init__(self, folder: Path) -> None:
        self._url = ledger_url(shared_server().url())
        self._schema = schema_for(folder)

    def open(self, clock: Clock, tenant: str = TENANT) -> Ledger:
        return self._place(clock).open(tenant)

    def lock(self, clock: Clock, host: str | None = None) -> RunLock:
        return self._place(clock, host or socket.gethostname()).lock()

    def _place(self, clock: Clock, host: str = "host") -> PostgresPlace:
        return PostgresPlace(self._url, self._schema, clock, host)


STORES: Mapping[str, Callable[[Path], Store]] = {"sqlite": SqliteStore, "postgres": PostgresStore}
