"""Learns how many requests a second a server allows, from what it throttled and from what went well in between.

A server that counts requests has none left when it throttles. What it served from one throttling to the next is
therefore its rate, at least: it may have forgotten what it could have served during the pause. So its rate lies between
that and the pace that was throttled. The pace starts in the middle and rises to the upper end, and each throttling
makes the interval smaller. If two periods of different lengths agree, the server forgot nothing, and the rate is known.
A pace that goes well for long is raised, slowly at first: the server may allow more by now.

Knows no clock: times are given, in seconds.
"""

from __future__ import annotations

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
_SENT_IN_VAIN = 2.0
"""How many requests too many may be on their way until the first one of them is heard of."""


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
        rate, known = self.rate, self.measured or 0.0
        if rate is None:
            self._low = self._served / (period + pause)
            return
        measured = self._served / period
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
        self.measured, self._period = measured, period

    @property
    def _most_in_vain(self) -> float:
        """Returns by how many requests a second the pace may be wrong, as long as a response takes."""
        return _SENT_IN_VAIN / max(self._trip, 1e-3)
