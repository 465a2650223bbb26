"""A ledger of its own for every test, with a clock that tells the test's time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from heapscim.ledger.sqlite.store import SqliteLedger, open_ledger
from tests.builders import TENANT


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "default.sqlite3"


@pytest.fixture
def ledger(path: Path, clock: Clock) -> Iterator[SqliteLedger]:
    opened = open_ledger(path, TENANT, clock)
    yield opened
    opened.close()
