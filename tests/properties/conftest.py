"""What all properties share: examples are many, and each line that they reach is reached elsewhere, too."""

from collections.abc import Iterator

import pytest

from tests.fakes.effort import untraced


@pytest.fixture(autouse=True)
def _untraced() -> Iterator[None]:
    with untraced():
        yield
