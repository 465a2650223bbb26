"""Learns how many requests a second a server allows, from what it throttled and from what went well in between.

A server that counts requests has none left when it throttles. What it served from one throttling to the next is
therefore its rate, at least: it may have forgotten what it could have served during the pause. So its rate lies between
that and the pace that was throttled. The pace starts in the middle and rises to the upper end, and each throttling
makes the interval smaller. If two periods of different lengths agree, the server forgot nothing, and the rate is known.
A pace that goes well for long is raised, slowly at first: the server may allow more by now.

Some servers throttle whatever the pace: they are overloaded, or have a bad day. Then a lower pace is throttled as soon
and only serves less. So a pace that serves clearly less than a higher one did gives way to that one, and now and then
twice as much is tried.

Knows no clock: times are given, in seconds.
"""

from __future__ import annotations

from typing import NamedTuple

_RAMP = 1.5
"""Seconds in which the pace doubles after the first throttling, while nothing is known but what went well before."""
_RAMP_TRIPS = 6
"""The same in round trips, which count if they are long: a throttling is heard of one round trip late."""
_AGREEING, _APART = 0.03, 0.25
"""Two measured rates agree up to this share, if the lengths of their periods differ by more than that share."""
_MARGIN = 1.02
"""How far above a known rate the pace may rise. A throttling every minute or so costs less than a pace too low."""
_LONGEST_HOLD = 30
"""Pauses of work after which a pace is raised: the pause of the throttling that follows then costs 3 % at most."""
_LEAST_PAUSE = 1.0
_GROWTH, _GROWS_IN = 0.05, 5.0
"""By which share a pace is raised in so many seconds. The share grows with the cube of the time."""
_MADE_UP = 0.1
"""Seconds that are made up for if a sleep lasted too long, since the machine was busy; more would be a burst."""
_LESS, _MORE = 0.75, 1.2
"""A pace serves clearly less, or more, than another one by these factors."""
_ENOUGH = 50
"""So many requests tell what a pace serves."""
_BY_CHANCE = 200
"""After so many requests that went well, a throttling is due to the pace: those by chance are too few to matter."""
_RARER, _RAREST = 3, 81
"""How much rarer trials of twice the pace become by each one that served no more, and how rare at most."""
_SENT_IN_VAIN = 2.0
"""How many requests too many may be on their way until the first one of them is heard of."""


class _Tally(NamedTuple):
    """Holds what was served in which time, pauses included."""

    served: float = 0.0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.served / self.seconds if self.seconds else 0.0


class Pace:
    """Says how fast requests may follow each other, once a server throttled some."""

    def __init__(self) -> None:
        self.next_start = 0.0
        """When the next request may be sent."""
        self._low = 0.0
        self._high: float | None = None
        self._hold = 0.0
        """Seconds of work in which the pace rises from ``_low`` to ``_high``."""
        self._worked = 0.0
        """Seconds of work since the last throttling: what went well, at the pace of its time."""
        self._served = 0
        self._since: float | None = None
        self._pause = 0.0
        self._period = 0.0
        self.measured: float | None = None
        """The requests a second that were served between the last two throttlings."""
        self._trip = 0.0
        self._best_pace, self._best = 0.0, _Tally()
        """The pace at which most was served until it was throttled, and what was."""
        self._lower = _Tally()
        """What was served at lower paces since then."""
        self._tries_twice = False
        """Whether twice the best pace is being tried."""
        self._every, self._until_trial = 1, 0
        """One in so many lower paces that fail leads to such a trial, and how many are left until the next one."""

    @property
    def rate(self) -> float | None:
        """Returns the requests a second that may be sent now; None for no limit."""
        if not self._low:
            return None
        if self._high is None:
            return self._low * 2 ** min(self._worked / max(_RAMP, _RAMP_TRIPS * self._trip), 32)
        if self._worked < self._hold:
            return self._low + (self._high - self._low) * self._worked / self._hold
        beyond = (self._worked - self._hold) / _GROWS_IN
        return self._high + min(self._high * _GROWTH * beyond**3, beyond * self._most_in_vain)

    def note_start(self, now: float) -> None:
        """Takes note that a request is sent; after a pause, the second one waits for the response to the first one."""
        if self._since is None:
            self._since = now
        interval = 1 / rate if (rate := self.rate) else 0.0
        if self._pause and not self._served:
            interval = max(interval, 1.5 * self._trip)
        self.next_start = max(self.next_start, now - max(interval / 2, _MADE_UP)) + interval

    def note_end(self, seconds: float) -> None:
        """Learns how long a request took."""
        self._trip += (seconds - self._trip) / 8

    def note_served(self) -> None:
        """Counts a request that wasn't throttled."""
        self._served += 1
        if rate := self.rate:
            self._worked += 1 / rate

    def throttled(self, now: float, pause: float, *, by_rate: bool) -> None:
        """Learns from a throttling; ``by_rate`` says that it was the pace, and not how many were sent at a time."""
        if by_rate and self._served and self._since is not None:
            self._learn(max(now - self._since, 1e-3), pause)
        if by_rate:
            self._worked = 0.0
        if by_rate and self._high is not None:
            gap = 1 - self._low / self._high
            self._hold = max(pause, _LEAST_PAUSE) * min(_LONGEST_HOLD, 2 / gap)
        self._served, self._since, self._pause = 0, now, pause
        self.next_start = now + pause

    def _learn(self, period: float, pause: float) -> None:
        rate = self.rate
        if rate is None:
            self._low = self._served / (period + pause)
            return
        measured = self._served / period
        if self._serves_less(rate, period):
            self._low = self._best_pace
            self._high = self._best_pace * (2 if self._tries_twice else _MARGIN)
        else:
            self._narrow(rate, measured, period, pause)
        self.measured, self._period = measured, period

    def _narrow(self, rate: float, measured: float, period: float, pause: float) -> None:
        """Makes the interval smaller in which the server's rate lies."""
        known = self.measured or 0.0
        # After few requests, the period before says more about the rate than the pause does.
        before = min(self._period, 2 * pause)
        low = min((self._served + before * known) / (period + before), rate)
        high = rate
        if self._high is not None and self._worked > self._hold and low < self._high * (1 + _AGREEING):
            high = self._high  # a trial of more, which failed
        if abs(measured - known) <= _AGREEING * measured and abs(period - self._period) > _APART * self._period:
            start = min(measured, rate)
            high = min(high, max(measured, known) * _MARGIN)
        else:
            start = min((low + min(high, rate)) / 2, low + self._most_in_vain)
            high = min(high, start + self._most_in_vain)
        self._low, self._high = start, max(high, start * _MARGIN)

    def _serves_less(self, rate: float, period: float) -> bool:
        """Learns what a pace served; returns whether a higher one served clearly more, so that it wasn't the pace."""
        if self._tries_twice:
            better = self._served / period > self._best.rate * _MORE
            self._every = 1 if better else min(self._every * _RARER, _RAREST)
            self._until_trial, self._tries_twice = self._every - 1, False
        if rate >= self._best_pace * (1 - _AGREEING):
            before = _Tally() if rate > self._best_pace * 1.5 else self._best
            self._best = _Tally(before.served / 2 + self._served, before.seconds / 2 + period)
            self._best_pace, self._lower = rate, _Tally()
            return False
        self._lower = _Tally(self._lower.served + self._served, self._lower.seconds + period)
        if self._lower.served < _ENOUGH:
            return False
        lower, self._lower = self._lower, _Tally()
        if lower.rate >= self._best.rate:
            self._best, self._best_pace = lower, rate
            return False
        if lower.rate >= self._best.rate * _LESS or self._served >= _BY_CHANCE:
            return False
        self._tries_twice = self._until_trial == 0
        self._until_trial = max(self._until_trial - 1, 0)
        return True

    @property
    def _most_in_vain(self) -> float:
        """Returns by how many requests a second the pace may be wrong, as long as a response takes."""
        return _SENT_IN_VAIN / max(self._trip, 1e-3)
