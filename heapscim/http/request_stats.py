"""Counts the requests of one change and their time, and those of a whole command, where they are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

CERTIFICATE = "certificate"
SECRET = "token or key"  # noqa: S105 - what it is called
"""What of a service may end."""


@dataclass(slots=True)
class RequestStats:
    """Adds up requests and seconds while a change is carried out."""

    attempts: int = 0
    """Writing requests sent, retries included."""
    seconds: float = 0.0
    """From sending to the last byte, summed over all requests; waiting for a slot isn't counted."""
    latest: float = 0.0
    """Seconds that the latest writing request took, so how long ago it was sent."""


@dataclass(slots=True)
class Traffic:
    """Gathers what a whole command learns of its services while it sends requests."""

    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The number of requests by the name of the service and the method. Each try counts."""
    ends: dict[tuple[str, str], float | None] = field(default_factory=dict)
    """When something ends, in seconds since 1970, by the name of the service and what ends.
    None: it was used, and doesn't tell its end."""


_traffic: ContextVar[Traffic | None] = ContextVar("traffic", default=None)
_current: ContextVar[RequestStats | None] = ContextVar("request_stats", default=None)


@contextmanager
def traffic() -> Iterator[Traffic]:
    """Gathers what is learned of every service inside the block, also by event loops that start there."""
    found = Traffic()
    token = _traffic.set(found)
    try:
        yield found
    finally:
        _traffic.reset(token)


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
    if (found := _traffic.get()) is not None:
        found.requests[service, method] += 1


def note_end(service: str, what: str, ends: float | None) -> None:
    """Keeps for the whole command when something of a service ends; None if it doesn't tell."""
    if (found := _traffic.get()) is not None:
        found.ends[service, what] = ends


def count_request(method: str, seconds: float) -> None:
    """Counts one request and its seconds, whether it succeeded or not."""
    stats = _current.get()
    if stats is not None:
        if method != "GET":
            stats.attempts += 1
            stats.latest = seconds
        stats.seconds += seconds
