"""Clocks for tests, in which nobody waits."""

import asyncio
import heapq
import selectors
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random, random

from heapscim.http.rate_limit import Timing


@dataclass
class FakeClock:
    """Time that passes only during a sleep; remembers how long each one was. One of 0 seconds lets others go first."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        if not seconds:
            await asyncio.sleep(0)
            return
        self.slept.append(seconds)
        self.at += seconds

    def timing(self, chance: float = 1.0) -> Timing:
        return Timing(clock=lambda: self.at, now=lambda: self.at, sleep=self.sleep, chance=lambda: chance)


@dataclass
class HurriedClock:
    """The time of this machine, but that each sleep is over at once: it puts the clock forward to its end."""

    ahead: float = 0.0
    """Seconds."""
    waits: bool = False
    """Whether sleeps last after all, since a server works meanwhile."""

    async def sleep(self, seconds: float) -> None:
        if self.waits:
            await asyncio.sleep(seconds)
            return
        end = time.monotonic() + self.ahead + seconds
        await asyncio.sleep(0)  # whoever sleeps at the same time has seen the same time before
        self.ahead = max(self.ahead, end - time.monotonic())

    def timing(self) -> Timing:
        return Timing(
            clock=lambda: time.monotonic() + self.ahead,
            now=lambda: time.time() + self.ahead,
            sleep=self.sleep,
            chance=random,
        )


@dataclass
class WatchingClock:
    """Time of a loop that watches: it passes once both the feed and the loop sleep, up to the end of the shorter sleep.

    While one of them waits for a real server, no time passes. A short sleep of one who sleeps alone is over at once.
    """

    ends: float
    """Seconds from the beginning after which a signal ends the loop."""
    happens: Mapping[float, Callable[[], object]] = field(default_factory=dict)
    """What happens after how many seconds."""
    notice: Callable[[float], object] = lambda _: None
    """Called with the time before more of it passes."""
    at: float = 0.0
    _sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)
    _slept: int = 0

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        if not self._sleepers and seconds < 30:
            self._pass(self.at + seconds)
            await asyncio.sleep(0)
            return
        self._slept += 1
        mine = (self.at + seconds, self._slept, asyncio.get_running_loop().create_future())
        heapq.heappush(self._sleepers, mine)
        try:
            if len(self._sleepers) > 1:
                self._pass(self._sleepers[0][0])
                self._sleepers[0][2].set_result(None)
            await mine[2]
        finally:
            self._sleepers.remove(mine)
            heapq.heapify(self._sleepers)

    def timing(self) -> Timing:
        start = time.time()
        return Timing(clock=lambda: self.at, now=lambda: start + self.at, sleep=self.sleep, chance=random)

    def _pass(self, until: float) -> None:
        self.notice(self.at)
        for due in sorted(due for due in self.happens if self.at < due <= until):
            self.happens[due]()
        self.at = until
        if until >= self.ends:
            self.ends = float("inf")
            signal.raise_signal(signal.SIGINT)


class _WithoutWaiting(selectors.DefaultSelector):
    """Waits for nothing: the loop's clock is put forward instead."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found:
            self.at += timeout or 0.0
        return found


class EventClock(asyncio.SelectorEventLoop):
    """A loop in which time passes only while everybody sleeps, up to the next event; many may sleep at a time."""

    def __init__(self) -> None:
        self._events = _WithoutWaiting()
        super().__init__(self._events)

    def time(self) -> float:
        return self._events.at

    def timing(self, random: Random) -> Timing:
        return Timing(clock=self.time, now=self.time, sleep=asyncio.sleep, chance=random.random)
