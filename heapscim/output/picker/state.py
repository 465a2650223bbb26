"""Holds the state of the tick list that keys act on: what is shown, the cursor, what is ticked. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from heapscim.output.text import visible


@dataclass(frozen=True, slots=True)
class Entry:
    """Holds one line of the list."""

    cells: tuple[str, ...]
    """The texts that are shown, identity first, state last."""
    tickable: bool

    @property
    def haystack(self) -> str:
        """Returns the text that a search looks through."""
        # Case folding finds ß by ss, too. That is no risk: a person sees what was found before it is ticked.
        return " ".join(self.cells).casefold()


@dataclass(slots=True)
class TickList:
    """Holds the state of the list."""

    entries: Sequence[Entry]
    tickable_only: bool = False
    query: str = ""
    searching: bool = False
    """Whether typed characters go to the search."""
    cursor: int = 0
    """Its position among the lines that are shown."""
    ticked: set[int] = field(default_factory=set)
    shown: list[int] = field(init=False, default_factory=list)
    """The numbers of the entries that are shown."""
    _haystacks: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._haystacks = [visible(entry.haystack) for entry in self.entries]
        self._choose_lines()

    def move(self, lines: int) -> None:
        """Moves the cursor by some lines, and no further than to either end."""
        self.cursor = max(0, min(self.cursor + lines, len(self.shown) - 1))

    def tick(self) -> None:
        """Ticks or unticks the line at the cursor and moves to the next."""
        if self.shown and self.entries[self.shown[self.cursor]].tickable:
            self.ticked ^= {self.shown[self.cursor]}
        self.move(1)

    def tick_all(self) -> None:
        """Ticks all entries that are shown and can be ticked; unticks them if all are ticked already."""
        candidates = {number for number in self.shown if self.entries[number].tickable}
        if candidates <= self.ticked:
            self.ticked -= candidates
        else:
            self.ticked |= candidates

    def search(self, query: str) -> None:
        """Shows only the lines that hold every word of the query."""
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
