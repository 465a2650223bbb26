"""Counts the requests and the time that one change took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class RequestStats:
    """Adds up requests and times while a change is carried out."""

    attempts: int = 0
    """The number of writing requests, including repetitions."""
    seconds: float = 0.0
    """Seconds from sending to the last byte, summed over all requests, without the waits for a slot."""
    latest: float = 0.0
    """Seconds that the latest writing request took, which says how long ago it left."""


_current: ContextVar[RequestStats | None] = ContextVar("effort", default=None)


@contextmanager
def measured() -> Iterator[RequestStats]:
    """Counts every request that is sent inside the block, also by tasks that start there."""
    effort = RequestStats()
    token = _current.set(effort)
    try:
        yield effort
    finally:
        _current.reset(token)


def count_request(method: str, seconds: float) -> None:
    """Counts one request that took so many seconds, whatever its result."""
    effort = _current.get()
    if effort is not None:
        if method != "GET":
            effort.attempts += 1
            effort.latest = seconds
        effort.seconds += seconds
