"""Limits how fast a run sends: one limiter for all requests, a pause if the server asks for one, and growing waits.

Knows no HTTP library; times are in seconds.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_CALM = 32
"""Good responses after which one more request may be in flight again."""
_WAITS_FOR_EACH_TRY = 20
_LEAST_MARGIN = 10.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Tells the time, sleeps and draws random numbers: this machine's clocks, or those of a test."""

    clock: Callable[[], float]
    """Returns seconds that never go back, from an arbitrary start."""
    now: Callable[[], float]
    """Returns seconds since 1970."""
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    """Returns a number from 0 up to 1."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Holds the ceilings, from the profile."""

    max_in_flight: int = 8
    timeout: float = 30.0
    """The time limit of one request, from sending to the last byte."""
    retries: int = 5
    """The number of attempts after the first one."""
    late_margin: float | None = None
    """How long after the time limit a request without a response may still be carried out. None: as long as the time
    limit, and at least 10 s."""
    longest_pause: float = 300.0
    """The longest Retry-After that is obeyed."""
    first_wait: float = 0.5
    longest_wait: float = 30.0

    @property
    def arrival(self) -> float:
        """Returns the seconds from sending within which a request may still be carried out."""
        margin = max(self.timeout, _LEAST_MARGIN) if self.late_margin is None else self.late_margin
        return self.timeout + margin


class Limiter:
    """Lets at most ``max_in_flight`` requests be in flight: fewer after the server throttled, none during a pause."""

    def __init__(self, pace: RequestLimits, timing: Timing) -> None:
        self._pace = pace
        self._timing = timing
        self.clock = timing.clock
        """The clock of the run."""
        self._slots = asyncio.Semaphore(pace.max_in_flight)
        self._width = pace.max_in_flight
        self._to_withhold = 0
        self._calm = 0
        self._paused_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a free slot and for the end of any pause."""
        await self._slots.acquire()
        try:
            while (left := self._paused_until - self._timing.clock()) > 0:
                await self._timing.sleep(left)
            yield
        finally:
            if self._to_withhold:
                self._to_withhold -= 1
            else:
                self._slots.release()

    def told_to_wait(self, seconds: float | None, waits: int) -> float:
        """Holds back every request of the run for as long as the server asked; returns the seconds of the pause.

        Without a number from the server, the pause grows from wait to wait. From now on, half as many requests are in
        flight at a time.
        """
        clock = self._timing.clock()
        if clock >= self._paused_until:
            narrower = max(1, self._width // 2)
            self._to_withhold += self._width - narrower
            self._width = narrower
        self._calm = 0
        pause = seconds or self._longest_wait(waits + 1) * (1 + self._timing.chance()) / 2
        self._paused_until = max(self._paused_until, clock + pause)
        return pause

    def went_well(self) -> None:
        """Counts a good response; after enough of them, one more request may be in flight."""
        self._calm += 1
        if self._width == self._pace.max_in_flight or self._calm < _CALM:
            return
        self._calm = 0
        self._width += 1
        if self._to_withhold:
            self._to_withhold -= 1
        else:
            self._slots.release()

    async def back_off(self, tries: int) -> None:
        """Waits before the next attempt: exponential backoff with full jitter."""
        await self._timing.sleep(self._longest_wait(tries) * self._timing.chance())

    def offset_of(self, date: str | None) -> float | None:
        """Returns by how many seconds a Date header (RFC 9110 §6.6.1) is ahead of our clock; None if unreadable."""
        try:
            return parsedate_to_datetime(date or "").timestamp() - self._timing.now()
        except (ValueError, TypeError, OverflowError):
            return None

    def asked_pause(self, header: str | None) -> float | None:
        """Returns the seconds a Retry-After asks for, in either form (RFC 9110 §10.2.3); None if it can't be read."""
        if header is None:
            return None
        text = header.strip()
        if _SECONDS.fullmatch(text):
            seconds = float(text)
        else:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._timing.now()
            except (ValueError, TypeError, OverflowError):
                return None
        return min(max(seconds, 0.0), self._pace.longest_pause)

    def _longest_wait(self, tries: int) -> float:
        return growing_wait(tries, first=self._pace.first_wait, longest=self._pace.longest_wait)


def growing_wait(tries: int, *, first: float = 0.5, longest: float = 30.0) -> float:
    """Returns the longest wait in seconds before the next attempt, after so many attempts."""
    return float(min(longest, first * 2 ** min(tries - 1, 30)))


class ThrottleBudget:
    """Limits how long one request waits for a throttling server.

    The limit is the longest pause in all, and at least as many waits as there are retries. A wait is no failed attempt,
    since a strict rate limit may hold any request back for long.
    """

    def __init__(self, pace: RequestLimits) -> None:
        self._pace = pace
        self._waited = 0.0
        self.waits = 0

    def allows(self, pause: float) -> bool:
        """Counts one more pause; returns whether to send the request again after it."""
        self.waits += 1
        self._waited += pause
        if self.waits <= self._pace.retries:
            return True
        return self._waited < self._pace.longest_pause and self.waits <= self._pace.retries * _WAITS_FOR_EACH_TRY
