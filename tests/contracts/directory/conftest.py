"""A directory of every kind for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.directory.sources import SOURCES, Source


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    with SOURCES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def binding(source: Source) -> Source:
    """One that can say which groups are bound."""
    if not source.lists_groups:
        pytest.skip("every group of this kind is bound")
    return source
