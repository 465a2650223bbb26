"""The table of a benchmark: one row for each thing that is held against another, and its goal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tests.benchmarks.measuring import Costs, Spread

COLUMNS = ("what", "ours", "against", "result", "goal", "met")
_WIDTHS = (72, 24, 48, 8, 9, 3)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a result should be."""

    limit: float
    sense: Literal["≤", "≥"] = "≤"

    def is_met(self, result: float) -> bool:
        """Returns whether a result is good enough."""
        return result <= self.limit if self.sense == "≤" else result >= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    against: str = ""
    result: float | None = None
    goal: Goal | None = None
    unit: str = ""
    """Stands behind the result and the goal; none for a ratio."""

    @property
    def cells(self) -> tuple[str, ...]:
        """Returns the row as texts."""
        result = "" if self.result is None else f"{_figure(self.result)}{self.unit}"
        goal = "" if self.goal is None else f"{self.goal.sense} {self.goal.limit:g}{self.unit}"
        met = "" if self.goal is None or self.result is None else ("yes" if self.goal.is_met(self.result) else "no")
        return (self.what, self.ours, self.against, result, goal, met)


def wall(what: str, ours: Costs, name: str, against: Costs, goal: float | None = None) -> Row:
    """Returns the row of two programs' times, as the ratio of their medians."""
    one, other = ours.spread(), against.spread()
    return Row(
        what, seconds(one), f"{name} {seconds(other)}", one.median / other.median, None if goal is None else Goal(goal)
    )


def processor(ours: Costs, name: str, against: Costs) -> Row:
    """Returns the row of two programs' processor time and memory, which belongs to the row above it."""
    one, other = (costs.spread(lambda cost: cost.processor) for costs in (ours, against))
    memory = [f"{costs.spread(lambda cost: cost.peak).median:.0f} MiB" for costs in (ours, against)]
    return Row(
        "  on the processor, and memory at its peak",
        f"{_short(one.median)}, {memory[0]}",
        f"{name} {_short(other.median)}, {memory[1]}",
        one.median / other.median,
    )


def seconds(spread: Spread) -> str:
    """Returns a median with its minimum and maximum."""
    if spread.most < 1:
        return f"{spread.median * 1000:.0f} ms ({spread.least * 1000:.0f}–{spread.most * 1000:.0f})"
    return f"{spread.median:.2f} s ({spread.least:.2f}–{spread.most:.2f})"


def line(cells: Iterable[str], *, markdown: bool) -> str:
    """Returns one line of the table, for a terminal or for a page."""
    if markdown:
        return f"| {' | '.join(cells)} |".replace("|   ", "| – ")
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def _short(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _figure(value: float) -> str:
    decimals = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:.{decimals}f}"
