"""How much work one change made: requests and their time, counted where they are sent for whoever asked above."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class RequestStats:
    """Adds up while a change is carried out."""

    attempts: int = 0
    """Writing requests sent, repetitions included."""
    seconds: float = 0.0
    """From sending to the last byte, summed over all requests; waiting for a turn isn't counted."""
    latest: float = 0.0
    """How long the latest writing request took: so long ago it left."""


_current: ContextVar[RequestStats | None] = ContextVar("effort", default=None)


@contextmanager
def measured() -> Iterator[RequestStats]:
    """Counts every request sent inside, also by tasks that are started there."""
    stats = RequestStats()
    token = _current.set(stats)
    try:
        yield stats
    finally:
        _current.reset(token)


def count_request(method: str, seconds: float) -> None:
    """One request was sent and took so long, whatever came of it."""
    stats = _current.get()
    if stats is not None:
        if method != "GET":
            stats.attempts += 1
            stats.latest = seconds
        stats.seconds += seconds
