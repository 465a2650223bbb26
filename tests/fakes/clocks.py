"""Clocks for tests, in which nobody waits."""

import asyncio
import selectors
import time
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
