"""Servers with a limit: each says what it would answer to a request that arrives now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import pairwise
from random import Random
from typing import Protocol

RetryAfter = Callable[[float, float], Mapping[str, str]]
"""The headers of a 429, by the time and the seconds until the limit lets something through again."""


def seconds(number: float) -> RetryAfter:
    """Always the same number of seconds, as most servers have it."""
    return lambda _now, _left: {"retry-after": f"{number:.0f}"}


def exact(_now: float, left: float) -> Mapping[str, str]:
    """The seconds that are left, rounded up."""
    return {"retry-after": str(int(left) + 1)}


def date(now: float, left: float) -> Mapping[str, str]:
    """The time at which the limit lets something through again."""
    return {"retry-after": formatdate(now + int(left) + 1, usegmt=True)}


def reset(now: float, left: float) -> Mapping[str, str]:
    """No Retry-After, but the time in seconds since 1970, as Okta has it."""
    return {"x-rate-limit-reset": str(int(now + left) + 1), "date": formatdate(now, usegmt=True)}


def silent(_now: float, _left: float) -> Mapping[str, str]:
    """Nothing."""
    return {}


class Limit(Protocol):
    """What a server lets through."""

    def refusal(self, now: float) -> float | None:
        """None for a request that is let through; otherwise the seconds until one would be."""
        ...

    def ended(self) -> None:
        """A request that was let through has been answered."""

    def most(self, begun: float, ended: float) -> float:
        """The most requests that anybody could have got through in that time."""
        ...


@dataclass
class Bucket:
    """So many requests a second, and a burst; the rate may change, at seconds after the first request."""

    rate: float
    burst: float
    changes: Mapping[float, float] = field(default_factory=dict)
    _full: float = 0.0
    _at: float | None = None
    _begun: float = 0.0

    def refusal(self, now: float) -> float | None:
        if self._at is None:
            self._full, self._at, self._begun = self.burst, now, now
        rate = self._rate(now)
        self._full = min(self.burst, self._full + (now - self._at) * rate)
        self._at = now
        if self._full < 1 - 1e-9:
            return (1 - self._full) / rate
        self._full -= 1
        return None

    def _rate(self, now: float) -> float:
        later = [rate for at, rate in self.changes.items() if now - self._begun >= at]
        return later[-1] if later else self.rate

    def ended(self) -> None: ...

    def most(self, begun: float, ended: float) -> float:
        steps = sorted({0.0, *(at for at in self.changes if at < ended - begun), ended - begun})
        return self.burst + sum(self._rate(self._begun + at) * (till - at) for at, till in pairwise(steps))


@dataclass
class Window:
    """So many requests in each window of so many seconds; nothing is carried over."""

    number: int
    seconds: float
    _window: int = -1
    _seen: int = 0

    def refusal(self, now: float) -> float | None:
        if (window := int(now // self.seconds)) != self._window:
            self._window, self._seen = window, 0
        self._seen += 1
        return None if self._seen <= self.number else (window + 1) * self.seconds - now

    def ended(self) -> None: ...

    def most(self, begun: float, ended: float) -> float:
        return self.number * (ended // self.seconds - begun // self.seconds + 1)


@dataclass
class AtATime:
    """So many requests at a time, each of which takes so long."""

    number: int
    latency: float
    _under_way: int = 0

    def refusal(self, _now: float) -> float | None:
        if self._under_way == self.number:
            return self.latency
        self._under_way += 1
        return None

    def ended(self) -> None:
        self._under_way -= 1

    def most(self, begun: float, ended: float) -> float:
        return self.number / self.latency * (ended - begun)


@dataclass
class ByChance:
    """No limit, but a share of the requests is refused for a second, whatever the pace: the server is overloaded."""

    share: float
    _random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - to replay

    def refusal(self, _now: float) -> float | None:
        return 1.0 if self._random.random() < self.share else None

    def ended(self) -> None: ...

    def most(self, _begun: float, _ended: float) -> float:
        return float("inf")


class NoLimit:
    """Everything."""

    def refusal(self, _now: float) -> float | None:
        return None

    def ended(self) -> None: ...

    def most(self, _begun: float, _ended: float) -> float:
        return float("inf")
