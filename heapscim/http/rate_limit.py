"""Limits how fast a run sends requests: one limiter for all of them, pauses for Retry-After, growing waits for retries.

Knows no HTTP library. Times are in seconds.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from heapscim.http.in_flight import InFlight
from heapscim.http.pace import Pace

_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_RESET = re.compile(r";\s*t=(\d{1,9})", re.ASCII)
_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_IS_A_TIME = 1e9
"""A larger number isn't seconds to wait, but seconds since 1970; a thousand times larger, milliseconds."""
_WAITS_FOR_EACH_TRY = 20
_LEAST_MARGIN = 10.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Holds the clocks, the sleep and the random numbers that a run uses; tests bring their own."""

    clock: Callable[[], float]
    """Returns monotonic seconds."""
    now: Callable[[], float]
    """Returns seconds since 1970."""
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    """Returns a random number, 0 <= n < 1."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Holds the limits for requests from the profile."""

    max_in_flight: int = 8
    timeout: float = 30.0
    """The time limit of one request, from sending to the last byte."""
    retries: int = 5
    """Tries after the first one."""
    late_margin: float | None = None
    """How long after the timeout a request without a response may still be carried out; None means as long as the
    timeout, and at least 10 s."""
    longest_pause: float = 300.0
    """The longest Retry-After that is obeyed."""
    first_wait: float = 0.5
    longest_wait: float = 30.0

    @property
    def arrival(self) -> float:
        """Returns the seconds after sending in which a request may still be carried out, even without a response."""
        margin = max(self.timeout, _LEAST_MARGIN) if self.late_margin is None else self.late_margin
        return self.timeout + margin


@dataclass(frozen=True, slots=True)
class Throttling:
    """Says what a server holds the requests of a run to."""

    pause: float
    """Seconds that are left of the pause that it asked for."""
    rate: float | None
    """Requests a second that it allows; None as long as that isn't known."""


@dataclass(frozen=True, slots=True)
class _Sent:
    at: float
    under_way: int


class Limiter:
    """Limits all requests of a run: how many are under way, how fast they follow each other. A pause holds all."""

    def __init__(self, limits: RequestLimits, timing: Timing) -> None:
        self._limits = limits
        self._timing = timing
        self.clock = timing.clock
        self._in_flight = InFlight(limits.max_in_flight)
        self._pace = Pace()
        self._turn = asyncio.Lock()
        self._paused_until = 0.0
        self._throttled_at = float("-inf")
        self._in_vain = 0
        """How often the server throttled since it served the last request."""
        self._last = _Sent(float("-inf"), limits.max_in_flight)
        """The request that ended last."""

    @asynccontextmanager
    async def slot(self, *, writes: bool = True) -> AsyncIterator[None]:
        """Waits until a request may be sent, and holds its slot until the block ends."""
        await self._in_flight.acquire(writes=writes)
        try:
            async with self._turn:
                while (left := self._next_start - self.clock()) > 0:
                    await self._timing.sleep(left)
                sent = _Sent(self.clock(), self._in_flight.begin())
                self._pace.note_start(sent.at)
            try:
                yield
                if sent.at >= self._throttled_at:  # of those before, some were throttled
                    self._in_flight.note_served(sent.under_way)
            finally:
                self._in_flight.end(writes=writes)
                self._pace.note_end(self.clock() - sent.at)
                self._last = sent
        finally:
            self._in_flight.release()

    def throttle(self, seconds: float | None, waits: int) -> float:
        """Pauses all requests of the run and slows them down; returns the seconds of the pause.

        ``seconds`` is what the server asked for. Without it, the pause grows with the number of ``waits`` before. Call
        it as soon as the slot of the throttled request is left.
        """
        clock, sent = self.clock(), self._last
        # Requests that were under way together are throttled together: that is one warning.
        is_new = clock >= self._paused_until and sent.at >= self._throttled_at
        self._in_vain += is_new
        pause = seconds or self._longest_wait(waits + 1) * (1 + self._timing.chance()) / 2
        if self._in_vain > 1:  # the server asked for too little, and a request in vain counts, too
            pause = max(pause, min(pause * 2 ** (self._in_vain - 1), self._limits.longest_wait))
        self._paused_until = max(self._paused_until, clock + pause)
        if is_new:
            self._throttled_at = clock
            by_rate = self._in_flight.throttled(sent.under_way, is_paced=self._pace.rate is not None)
            self._pace.throttled(clock, pause, by_rate=by_rate)
        return pause

    def note_success(self) -> None:
        """Counts a response that isn't a throttling; after enough of them, more requests may be sent again."""
        self._in_vain = 0
        self._in_flight.note_success()
        self._pace.note_served()

    @property
    def _next_start(self) -> float:
        return max(self._paused_until, self._pace.next_start)

    @property
    def throttling(self) -> Throttling | None:
        """Returns what the next request waits for; None if it could be sent now. Any thread may ask."""
        now = self.clock()
        if self._next_start <= now:
            return None
        return Throttling(max(self._paused_until - now, 0.0), self._pace.measured)

    async def give_way(self) -> None:
        """Lets a request that waits for a free slot be sent first."""
        await self._timing.sleep(0)

    async def back_off(self, tries: int) -> None:
        """Waits before the next try: exponential backoff with full jitter."""
        await self._timing.sleep(self._longest_wait(tries) * self._timing.chance())

    def clock_offset_from(self, date: str | None) -> float | None:
        """Returns how many seconds a Date header (RFC 9110 §6.6.1) is ahead of our clock; None if it is unusable."""
        try:
            return parsedate_to_datetime(date or "").timestamp() - self._timing.now()
        except (ValueError, TypeError, OverflowError):
            return None

    def retry_after(self, header: str | None) -> float | None:
        """Returns the seconds that a Retry-After header asks for (RFC 9110 §10.2.3); None if it is unusable."""
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
        return min(max(seconds, 0.0), self._limits.longest_pause)

    def reset_after(self, headers: Mapping[str, str]) -> float | None:
        """Returns the seconds until a limit begins anew, as common headers tell; None if they don't, or can't be true.

        RateLimit has them as ``t`` (draft-ietf-httpapi-ratelimit-headers). The older headers hold seconds, or the time
        as seconds or milliseconds since 1970. No RFC says which, so a long time is believed for ``longest_wait`` only.
        """
        if in_rate_limit := _RESET.search(headers.get("ratelimit", "")):
            return min(float(in_rate_limit[1]), self._limits.longest_wait)
        text = next((headers[name] for name in _RESETS if name in headers), "").strip()
        if not _SECONDS.fullmatch(text):
            return None
        reset = float(text)
        if reset >= _IS_A_TIME:
            reset /= 1000 if reset >= _IS_A_TIME * 1000 else 1
            reset -= self._timing.now() + (self.clock_offset_from(headers.get("date")) or 0.0)
        return min(reset, self._limits.longest_wait) if 0 < reset <= self._limits.longest_pause else None

    def _longest_wait(self, tries: int) -> float:
        return growing_wait(tries, first=self._limits.first_wait, longest=self._limits.longest_wait)


def growing_wait(tries: int, *, first: float = 0.5, longest: float = 30.0) -> float:
    """Returns the longest wait in seconds before the next try: it doubles with each of the ``tries`` so far."""
    return float(min(longest, first * 2 ** min(tries - 1, 30)))


class ThrottleBudget:
    """Limits how long one request waits for a throttling server: ``longest_pause`` seconds in all.

    A request may always wait as often as it may be tried. Throttling isn't a failure, and under a strict limit a
    request's turn may come late, so waits aren't counted as tries.
    """

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self._waited = 0.0
        self.waits = 0

    def allows(self, pause: float) -> bool:
        """Counts one more pause; returns whether the request may be sent again after it."""
        self.waits += 1
        self._waited += pause
        if self.waits <= self._limits.retries:
            return True
        return self._waited < self._limits.longest_pause and self.waits <= self._limits.retries * _WAITS_FOR_EACH_TRY
