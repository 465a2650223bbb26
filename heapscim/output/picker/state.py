"""The tick list as a value that keys act on: what is shown, where the cursor is, who is ticked. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from heapscim.output.text import visible


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    cells: tuple[str, ...]
    """What is shown, identity first, state last; data, never obeyed."""
    tickable: bool

    @property
    def haystack(self) -> str:
        """What a search looks through."""
        return " ".join(
            self.cells
        ).casefold()  # a search may well find ß by ss: what it finds is seen before it is ticked


@dataclass(slots=True)
class TickList:
    """The state of the list."""

    entries: Sequence[Entry]
    tickable_only: bool = False
    query: str = ""
    searching: bool = False
    """Whether typed characters go to the search."""
    cursor: int = 0
    """Its place among the lines that are shown."""
    ticked: set[int] = field(default_factory=set)
    shown: list[int] = field(init=False, default_factory=list)
    """The entries that are shown, by number."""
    _haystacks: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._haystacks = [visible(entry.haystack) for entry in self.entries]
        self._choose_lines()

    def move(self, lines: int) -> None:
        """Moves the cursor, at most to the ends."""
        self.cursor = max(0, min(self.cursor + lines, len(self.shown) - 1))

    def tick(self) -> None:
        """Ticks or unticks the line under the cursor and goes on to the next."""
        if self.shown and self.entries[self.shown[self.cursor]].tickable:
            self.ticked ^= {self.shown[self.cursor]}
        self.move(1)

    def tick_all(self) -> None:
        """Ticks all that are shown and can be ticked; unticks them where they are ticked already."""
        candidates = {number for number in self.shown if self.entries[number].tickable}
        if candidates <= self.ticked:
            self.ticked -= candidates
        else:
            self.ticked |= candidates

    def search(self, query: str) -> None:
        """Shows the lines that hold every word of the query."""
        self.query = query
        self._choose_lines()

    def toggle_tickable_only(self) -> None:
        """Hides the lines that can't be ticked, or shows them again."""
        self.tickable_only = not self.tickable_only
        self._choose_lines()

    def _choose_lines(self) -> None:
        words = self.query.casefold().split()
        self.shown = [
            number
            for number, haystack in enumerate(self._haystacks)
            if all(word in haystack for word in words) and (self.entries[number].tickable or not self.tickable_only)
        ]
        self.cursor = 0
