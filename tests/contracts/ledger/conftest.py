"""A ledger of every kind for each test, with a clock that tells the test's time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from heapscim.ledger.protocol import Ledger
from tests.contracts.ledger.stores import STORES, Store
from tests.ledger.conftest import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, tmp_path: Path) -> Store:
    return STORES[kind](tmp_path)


@pytest.fixture
def ledger(store: Store, clock: Clock) -> Iterator[Ledger]:
    opened = store.open(clock)
    yield opened
    opened.close()
