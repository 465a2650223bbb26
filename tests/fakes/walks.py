"""Rows that count how often they are walked through: what is linear walks a fixed number of times."""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


class Walked(tuple[T, ...]):  # noqa: SLOT001 - it has a count
    """A tuple with a count."""

    walks = 0

    def __iter__(self) -> Iterator[T]:
        self.walks += 1
        return super().__iter__()
