"""Reads a whole list and proves it whole (RFC 7644 §3.4.2.4): by what was received, never by a short page.

Pages after the first are read side by side; the list's end is looked at once more when all are in. It comes to an end
with every server, also with one that never runs out of rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from heapscim import errors
from heapscim.directory.snapshot import Completeness
from heapscim.scim.resources import Resource, read_resource

R = TypeVar("R", bound=Resource)
Page: TypeAlias = tuple[list[Any], int]
"""Rows, and the total the server states (-1 where it states none)."""
FetchPage: TypeAlias = Callable[[int, int | None], Awaitable[Page]]
"""Asks for the page from a row on, at most so many rows where a number is given."""
Progress: TypeAlias = Callable[[int, int | None], None]

MOST_ROWS = 1_000_000
_FRUITLESS_PAGES = 10
"""Pages in a row without anything new, after which no more are asked for."""
_AT_A_TIME = 64


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """Unique resources in the order received, and whether they are proven to be all."""

    items: tuple[R, ...]
    completeness: Completeness
    requests: int = 1
    """How many requests such a read takes."""


@dataclass(frozen=True, slots=True)
class ListReader(Generic[R]):
    """Reads one list, once or twice."""

    kind: type[R]
    noun: str
    fetch: FetchPage
    progress: Progress
    filtered: bool

    async def read(self) -> Listing[R]:
        """Reads the list; once more where it changed meanwhile. Raises TargetError where not even a page is to be had.

        A page that failed leaves the listing unproven; Unauthenticated alone ends the read.
        """
        reading = await self._once()
        if reading.is_unsteady:
            reading = await self._once()
        return reading.listing()

    async def _once(self) -> _Reading[R]:
        rows, total = await self.fetch(1, None)
        reading = _Reading(self.kind, self.noun, total)
        reading.take(1, rows, total)
        if rows and not reading.items:
            read_resource(self.kind, rows[0])
        self.progress(len(reading.items), max(total, 0))
        if rows and len(rows) < total:
            await self._rest(reading, iter(range(len(rows) + 1, min(total, MOST_ROWS) + 1, len(rows))))
        if rows and len(rows) != total:
            await self._catch_up(reading)
        if rows and (reading.pages > 1 or not self.filtered):
            await self._look_beyond(reading)
        if isinstance(reading.failure, errors.Unauthenticated):
            raise reading.failure
        return reading

    async def _rest(self, reading: _Reading[R], starts: Iterator[int]) -> None:
        """Reads the pages after the first, side by side."""

        async def work() -> None:
            for start in starts:
                if reading.is_exhausted:
                    return
                if not reading.has(start):
                    await self._take(reading, start)

        await asyncio.gather(*(work() for _ in range(_AT_A_TIME)))

    async def _catch_up(self, reading: _Reading[R]) -> None:
        """Fills the gaps that short pages left, for as long as that brings anything new."""
        while (gap := reading.first_gap()) is not None and reading.failure is None and not reading.is_exhausted:
            before = len(reading.items)
            await self._take(reading, gap)
            if len(reading.items) == before:
                return

    async def _look_beyond(self, reading: _Reading[R]) -> None:
        """Asks for what comes after the last row, and for the total again."""
        if not self.filtered and reading.total >= 0:
            try:
                rows, total = await self.fetch(reading.total + 1, None)
            except errors.Unauthenticated:
                raise
            except errors.TargetError:
                rows, total = [], -1
            reading.take_beyond(rows)
            if total == reading.total:
                return
        try:
            _, total = await self.fetch(1, 1)
        except errors.TargetError as error:
            reading.fail(error)
        else:
            reading.note_end(total)

    async def _take(self, reading: _Reading[R], start: int) -> None:
        try:
            rows, total = await self.fetch(start, None)
        except errors.TargetError as error:
            reading.fail(error)
        else:
            reading.take(start, rows, total)
            self.progress(len(reading.items), max(reading.total, 0))


class _Reading(Generic[R]):
    """What one read of a list has brought so far."""

    def __init__(self, kind: type[R], noun: str, total: int) -> None:
        self.items: dict[str, R] = {}
        self.total = total
        self.pages = 0
        self.failure: errors.TargetError | None = None
        self._kind = kind
        self._noun = noun
        self._repeated = 0
        self._beyond = 0
        self._odd: dict[int, str] = {}
        self._places: dict[str, int] = {}
        self._totals = {total}
        self._filled: set[int] = set()
        self._gap = 1
        self._fruitless = 0
        self._asked = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether asking on makes no sense."""
        refused = isinstance(self.failure, errors.Unauthenticated)
        return refused or self._fruitless >= _FRUITLESS_PAGES or len(self.items) >= MOST_ROWS

    @property
    def is_unsteady(self) -> bool:
        """Whether the list moved while it was read."""
        return self.failure is None and (len(self._totals) > 1 or self._repeated > 0)

    def first_gap(self) -> int | None:
        """The first row that no page has brought yet, None where all are there."""
        while self._gap in self._filled:
            self._gap += 1
        return self._gap if self.total < 0 or self._gap <= self.total else None

    def has(self, place: int) -> bool:
        """Whether some page has brought this row."""
        return place in self._filled

    def take(self, start: int, rows: list[Any], total: int) -> None:
        """Takes the page from a row on. Pages may overlap, as long as everybody stays in their place."""
        self.pages += 1
        self._filled.update(range(start, start + len(rows)))
        self._totals.add(total)
        before = len(self.items)
        for place, row in enumerate(rows, start):
            self._take_row(place, row)
        self._fruitless = 0 if len(self.items) > before else self._fruitless + 1

    def take_beyond(self, rows: list[Any]) -> None:
        """Takes what came after the last row: nothing new, or the total was too small."""
        self._asked += 1
        before, repeated = len(self.items), self._repeated
        for place, row in enumerate(rows, self.total + 1):
            self._take_row(place, row)
        self._beyond, self._repeated = len(self.items) - before, repeated

    def note_end(self, total: int) -> None:
        """Notes the total as stated after the last page."""
        self._asked += 1
        self._totals.add(total)

    def fail(self, error: errors.TargetError) -> None:
        """Notes that a page is missing; a refused token outweighs other errors."""
        self._asked += 1
        self._fruitless += 1
        if self.failure is None or isinstance(error, errors.Unauthenticated):
            self.failure = error

    def listing(self) -> Listing[R]:
        """All that came, and the proof."""
        items = tuple(self.items.values())
        count = "no total" if self.total < 0 else f"{self.total} {self._noun}"
        said = f"Heap said {count}, {len(items)} unique read"
        doubt = self._doubt()
        proven = doubt is None and len(items) == self.total
        evidence = f"{said}." if doubt is None else f"{said}; {doubt}"
        return Listing(items, Completeness(proven, evidence), self.pages + self._asked)

    def _doubt(self) -> str | None:
        if self.failure is not None:
            return f"a page failed: {self.failure.message}"
        if self._odd:
            rows = "1 row" if len(self._odd) == 1 else f"{len(self._odd)} rows"
            return f"{rows} can't be understood: {next(iter(self._odd.values()))}"
        if self._repeated:
            return f"{self._repeated} came twice."
        if self._beyond:
            return f"{self._beyond} more came after the last."
        if len(self._totals) > 1:
            return f"the total was {' and '.join(map(str, sorted(self._totals)))} meanwhile."
        return None

    def _take_row(self, place: int, row: object) -> None:
        try:
            item = read_resource(self._kind, row)
        except errors.NotScim as error:
            self._odd[place] = error.message
            return
        self._repeated += self._places.setdefault(item.id, place) != place
        self.items[item.id] = item
