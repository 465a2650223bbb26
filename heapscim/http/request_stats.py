"""Counts the requests of one change and their time, where they are sent, for the code that asked for the change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class RequestStats:
    """Adds up requests and seconds while a change is carried out."""

    attempts: int = 0
    """Writing requests sent, retries included."""
    seconds: float = 0.0
    """From sending to the last byte, summed over all requests; waiting for a slot isn't counted."""
    latest: float = 0.0
    """Seconds that the latest writing request took, so how long ago it was sent."""


_current: ContextVar[RequestStats | None] = ContextVar("request_stats", default=None)


@contextmanager
def measured() -> Iterator[RequestStats]:
    """Counts every request that is sent inside the block, also by tasks that start there."""
    stats = RequestStats()
    token = _current.set(stats)
    try:
        yield stats
    finally:
        _current.reset(token)


def count_request(method: str, seconds: float) -> None:
    """Counts one request and its seconds, whether it succeeded or not."""
    stats = _current.get()
    if stats is not None:
        if method != "GET":
            stats.attempts += 1
            stats.latest = seconds
        stats.seconds += seconds
