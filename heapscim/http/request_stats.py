"""Counts the requests of one change and their time, and those of a whole command, where they are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(slots=True)
class RequestStats:
    """Adds up requests and seconds while a change is carried out."""

    attempts: int = 0
    """Writing requests sent, retries included."""
    seconds: float = 0.0
    """From sending to the last byte, summed over all requests; waiting for a slot isn't counted."""
    latest: float = 0.0
    """Seconds that the latest writing request took, so how long ago it was sent."""


Requests: TypeAlias = Counter[tuple[str, str]]
"""The number of requests by the name of the service and the method. Each try counts."""

_all: ContextVar[Requests | None] = ContextVar("all_requests", default=None)
_current: ContextVar[RequestStats | None] = ContextVar("request_stats", default=None)


@contextmanager
def all_requests() -> Iterator[Requests]:
    """Counts every request to every service that is sent inside the block, also by event loops that start there."""
    requests = Requests()
    token = _all.set(requests)
    try:
        yield requests
    finally:
        _all.reset(token)


@contextmanager
def measured() -> Iterator[RequestStats]:
    """Counts every request that is sent inside the block, also by tasks that start there."""
    stats = RequestStats()
    token = _current.set(stats)
    try:
        yield stats
    finally:
        _current.reset(token)


def note_request(service: str, method: str) -> None:
    """Counts one request for the whole command, when it is sent."""
    requests = _all.get()
    if requests is not None:
        requests[service, method] += 1


def count_request(method: str, seconds: float) -> None:
    """Counts one request and its seconds, whether it succeeded or not."""
    stats = _current.get()
    if stats is not None:
        if method != "GET":
            stats.attempts += 1
            stats.latest = seconds
        stats.seconds += seconds
