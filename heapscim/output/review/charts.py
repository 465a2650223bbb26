"""Works out the shapes of a review's charts: seats by role, and changes over time. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heapscim.output.text import cropped
from heapscim.planning.review.buckets import Bucket

WIDTH = 400
_ROW = 30
_LABEL, _NUMBER = 145, 56
"""What the names of roles, and the numbers behind the bars, take of the width."""
_MOST_ROLES = 12
_LONGEST = 14
_HEIGHT = 132
"""What the longest bar above the line and the longest one below it take together."""
_TOP = 16


@dataclass(frozen=True, slots=True)
class Bar:
    """Holds one bar, in units of the picture."""

    x: float
    y: float
    width: float
    height: float
    kind: str = ""
    """The class that gives its colour."""


@dataclass(frozen=True, slots=True)
class SeatRow:
    """Holds the bar of one role."""

    label: str
    number: int
    bar: Bar
    middle: float
    """The height of the text's middle."""


@dataclass(frozen=True, slots=True)
class SeatChart:
    """Holds a bar for each role."""

    rows: tuple[SeatRow, ...]
    height: int
    label_end: int = _LABEL - 12
    """Where a role's name ends."""


@dataclass(frozen=True, slots=True)
class ChangeChart:
    """Holds bars over time: joiners and changes of roles above a line, leavers below it."""

    bars: tuple[Bar, ...]
    line: float
    height: float
    most: int
    """What the longest bar stands for."""
    labels: tuple[tuple[float, str, str], ...]
    """Dates below the bars: where, which, and how the text is anchored."""


def seat_chart(seats: Mapping[str, int]) -> SeatChart:
    """Returns the bars of the largest roles; the rest is one bar more."""
    named = [(role or "no role", number) for role, number in seats.items()]
    if len(named) > _MOST_ROLES:
        rest = named[_MOST_ROLES - 1 :]
        named = [*named[: _MOST_ROLES - 1], (f"{len(rest)} more roles", sum(number for _, number in rest))]
    most = max((number for _, number in named), default=1)
    longest = WIDTH - _LABEL - _NUMBER
    rows = tuple(
        SeatRow(
            cropped(role, _LONGEST),
            number,
            Bar(_LABEL, place * _ROW + 6, round(max(2.0, longest * number / most), 1), _ROW - 12),
            place * _ROW + _ROW / 2,
        )
        for place, (role, number) in enumerate(named)
    )
    return SeatChart(rows, max(1, len(rows)) * _ROW)


def change_chart(buckets: Sequence[Bucket]) -> ChangeChart:
    """Returns the bars of changes over time, all on one scale."""
    above = max((max(one.joined, one.role_changed) for one in buckets), default=0)
    below = max((one.left for one in buckets), default=0)
    scale = _HEIGHT / max(1, above + below)
    step = WIDTH / max(1, len(buckets))
    wide = round(min(14.0, step * 0.38), 2)
    line = round(_TOP + scale * above, 1)
    bars: list[Bar] = []
    for place, one in enumerate(buckets):
        middle = step * (place + 0.5)
        for kind, number, x in (
            ("joined", one.joined, middle - wide),
            ("role", one.role_changed, middle + 0.5),
            ("left", one.left, middle - wide / 2),
        ):
            if number:
                height = round(max(2.0, scale * number), 1)
                bars.append(Bar(round(x, 1), line + 1 if kind == "left" else line - height, wide, height, kind))
    return ChangeChart(tuple(bars), line, _TOP + _HEIGHT + 26, max(above, below), tuple(_labels(buckets, step)))


def _labels(buckets: Sequence[Bucket], step: float) -> list[tuple[float, str, str]]:
    if not buckets:
        return []
    ends = [(0.0, str(buckets[0].first), "start")]
    if len(buckets) > 1:
        ends.append((float(WIDTH), str(buckets[-1].first), "end"))
    if len(buckets) > 6:  # noqa: PLR2004 - else the dates would touch
        middle = len(buckets) // 2
        ends.insert(1, (round(step * (middle + 0.5), 1), str(buckets[middle].first), "middle"))
    return ends
