"""What chaos runs share: a seed that is printed and can be given again, and processes that start at once."""

import os
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.chaos.forking import Forker
from tests.chaos.tenancy import Grounds

SEED_VARIABLE = "HEAPSCIM_CHAOS_SEED"
SEED = int(os.environ.setdefault(SEED_VARIABLE, str(SystemRandom().randrange(10**6))))


def pytest_report_header() -> str:
    return f"chaos: {SEED_VARIABLE}={SEED} replays this run"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives each worker of a run some chaos to begin with, since chaos mostly waits: one alone would wait for minutes.

    Workers begin with equal parts of the tests, in order.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    chaos = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    others = iter([item for item in items if item not in chaos])
    bounds = [len(items) * worker // workers for worker in range(workers + 1)]
    parts: list[pytest.Item] = []
    for worker, (start, end) in enumerate(pairwise(bounds)):
        first = chaos[worker::workers]
        parts += [*first, *islice(others, max(0, end - start - len(first)))]
    items[:] = [*parts, *others]


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    """Chance that depends on the seed and the test alone; a test that fails shows the seed."""
    print(f"{SEED_VARIABLE}={SEED} replays this")
    return Random(f"{SEED}:{request.node.name}")  # noqa: S311 - chance to replay, not to keep secrets


@pytest.fixture
def grounds(tmp_path: Path, forker: Forker) -> Grounds:
    """A folder of the test's own, and what runs heapscim in it."""
    return Grounds(tmp_path, forker)


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """Starts heapscim in processes of its own."""
    if not hasattr(os, "fork"):
        pytest.skip("needs a system that forks")
    with Forker() as started:
        yield started
