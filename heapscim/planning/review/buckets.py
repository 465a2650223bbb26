"""Counts changes by day, week or month, for a chart over time. Days are those of UTC."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from heapscim.planning.review.values import Period, PeriodChange

_MOST_DAYS = 31
"""The longest period whose days are shown; the next units likewise."""
_MOST_IN_WEEKS, _MOST_IN_MONTHS = 210, 1_830


@dataclass(slots=True)
class Bucket:
    """Holds how many changes of each sort one day, week or month has."""

    first: date
    joined: int = 0
    left: int = 0
    role_changed: int = 0


def buckets(changes: Iterable[PeriodChange], period: Period) -> tuple[Bucket, ...]:
    """Returns the changes of a period by day, week (from Monday), month or year, whichever gives a readable chart.

    Of more than five years, those before the first change are left out.
    """
    every = tuple(changes)
    last = max(_day(math.nextafter(period.until, 0)), _day(period.since))
    first = _day(period.since)
    if (last - first).days > _MOST_IN_MONTHS:
        first = min((_day(change.at) for change in every), default=last)
    days = (last - first).days + 1
    begin = _unit_for(days)
    found: dict[date, Bucket] = {}
    for number in range(days):
        start = begin(first + timedelta(days=number))
        if start not in found:
            found[start] = Bucket(start)
    for change in every:
        bucket = found[begin(_day(change.at))]
        bucket.joined += change.what == "joined"
        bucket.left += change.what == "left"
        bucket.role_changed += change.what == "role changed"
    return tuple(found.values())


def _unit_for(days: int) -> Callable[[date], date]:
    """Returns the function that gives the first day of a day's unit."""
    if days <= _MOST_DAYS:
        return _day_of
    if days <= _MOST_IN_WEEKS:
        return _week_of
    return _month_of if days <= _MOST_IN_MONTHS else _year_of


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _day_of(day: date) -> date:
    return day


def _week_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _year_of(day: date) -> date:
    return day.replace(month=1, day=1)
