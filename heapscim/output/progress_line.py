"""Draws one line of progress: words, a bar, counts, rate and time left, as much of it as fits the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_LONGEST_BAR, _SHORTEST_BAR = 40, 8


@dataclass(frozen=True, slots=True)
class Drawn:
    """Holds what a line shows."""

    words: str
    done: int
    total: int | None
    """None if nobody knows."""
    rate: float | None
    """How much is done in a second; None if that isn't known yet."""
    seconds: float
    """How long the work has taken."""


def line_of(drawn: Drawn, width: int, margin: int = 0) -> Text:
    """Returns a line of at most ``width`` columns; ``margin`` is how long the words of other lines are."""
    from rich.text import Text

    figures = _figures(drawn)
    words = drawn.words.ljust(margin)[:width]
    while figures and len("  ".join([words, *figures])) > width:
        del figures[-1]
    right = "".join(f"  {figure}" for figure in figures)
    room = min(_LONGEST_BAR, width - len(words) - len(right) - 2)
    line = Text(words)
    if drawn.total and room >= _SHORTEST_BAR:
        full = room * min(drawn.done, drawn.total) // drawn.total
        line.append("  ").append("━" * full, "bar.complete").append("━" * (room - full), "bar.back")
    return line.append(right)


def _figures(drawn: Drawn) -> list[str]:
    """Returns the figures of a line, the ones that matter most first."""
    counts = [f"{drawn.done:,}/{drawn.total:,}" if drawn.total else f"{drawn.done:,}"] if drawn.done else []
    if drawn.total and drawn.rate and drawn.done < drawn.total:
        left = (drawn.total - drawn.done) / drawn.rate
        return [*counts, f"{_clock(left)} left", _per_second(drawn.rate)]
    return [*counts, _clock(drawn.seconds), *([_per_second(drawn.rate)] if drawn.rate else [])]


def _per_second(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"  # noqa: PLR2004 - two digits tell enough


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
