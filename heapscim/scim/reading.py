"""Reads a whole list and proves it complete (RFC 7644 §3.4.2.4): by the rows received, never by a short page.

Pages after the first are read side by side; then the end of the list is checked once more. The read ends with every
server, even one that never runs out of rows. A page that fails is read in parts, down to the one row that makes it
fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

from heapscim import errors
from heapscim.model.completeness import MOST_ROWS, Doubt, ReadProgress
from heapscim.scim.received import I, Listing, R, Received, RowReader
from heapscim.scim.resources import id_of

Page: TypeAlias = tuple[list[Any], int]
"""Rows, and the total that the server states (-1 if none)."""
FetchPage: TypeAlias = Callable[[int, int | None], Awaitable[Page]]
"""Returns the page that starts at a row (first is 1), with at most so many rows if a number is given."""

_PARTS = 10
"""A page that fails is read in so many parts; so is each part that fails."""
_MOST_FAILED_PARTS = 24
"""After so many failed parts of one read, no more are read: the server itself is in trouble."""
_MOST_FAILED_PAGES = 5
_SERVER_ERROR = 500
_MOST_VALUES_AT_A_TIME, _FEWEST_PAGES_AT_A_TIME = 100_000, 4
"""Values in lists, such as members of groups, that are waited for at a time: each takes some hundred bytes until its
page is converted."""


@dataclass(frozen=True, slots=True)
class ListReader(Generic[R, I]):
    """Reads one list, once or twice."""

    rows: RowReader[R, I]
    noun: str
    fetch: FetchPage
    progress: ReadProgress
    filtered: bool
    at_a_time: int
    """How many pages may be waited for at a time."""
    page_size: int = 100
    isolates: bool = True
    """Whether a page that fails is read in parts."""
    one_page: bool = False
    """Whether the first page holds everything, by the total that a smaller page stated."""

    async def read(self) -> Listing[I]:
        """Reads the list; again if it changed meanwhile, or if no total says how many there are.

        Raises RequestError if not even one page can be read. A page that fails leaves the listing unproven; only
        Unauthenticated ends the read.
        """
        received = await self._once()
        if received.is_unsteady:
            received = await self._once()
        if received.is_open and not self.filtered:
            return received.confirmed_by(await self._once())
        return received.listing()

    async def _once(self) -> Received[I]:
        rows, total, failure = await self._first()
        received = Received(self.rows, self.noun, total)
        if failure is not None:
            received.fail(failure, 1, self.page_size)
        received.take(1, rows, total)
        if rows and not received.items and not any(id_of(row) for row in rows):
            self.rows.read(rows[0])
        self.progress(len(received.items), max(total, 0))
        step = len(rows) or self.page_size
        if (rows or failure) and step < total:
            await self._rest(received, iter(range(step + 1, min(total, MOST_ROWS) + 1, step)), step, like=rows)
        if rows and len(rows) != total:
            await self._catch_up(received)
        if self.isolates and received.failed_pages and _may_be_one_row(received):
            await self._isolate(received)
        if rows and (received.pages > 1 or not self.filtered):
            await self._look_beyond(received)
        if isinstance(received.failure, errors.Unauthenticated):
            raise received.failure
        return received

    async def _first(self) -> tuple[list[Any], int, errors.RequestError | None]:
        """Returns the first page; or no rows, the total and the failure if it fails and single rows don't."""
        try:
            return *await self.fetch(1, None), None
        except errors.Unavailable as error:
            if error.status != _SERVER_ERROR or not self.isolates or self.filtered:
                raise
            failure = error
        for start in (1, 2):
            try:
                _, total = await self.fetch(start, 1)
            except errors.Unavailable:
                continue
            if total > 0:
                return [], total, failure
        raise failure

    async def _rest(self, received: Received[I], starts: Iterator[int], step: int, *, like: list[Any]) -> None:
        """Reads the pages after the first, side by side; fewer at a time if one ``like`` the first is heavy."""

        async def work() -> None:
            for start in starts:
                if received.is_exhausted:
                    return
                if not received.has(start):
                    await self._take(received, start, step)

        await asyncio.gather(*(work() for _ in range(min(self.at_a_time, _pages_at_a_time(like)))))

    async def _catch_up(self, received: Received[I]) -> None:
        """Fills the gaps that short pages left, as long as that brings anything new."""
        while (gap := received.first_gap()) is not None and received.failure is None and not received.is_exhausted:
            before = len(received.items) + len(received.odd)
            rows = await self._take(received, gap, self.page_size)
            if len(received.items) + len(received.odd) == before:
                if not rows:
                    received.end()
                return

    async def _isolate(self, received: Received[I]) -> None:
        """Reads failed pages in parts, and failed parts in smaller ones, until single rows are left."""
        budget = _MOST_FAILED_PARTS
        parts, received.failed_pages = received.failed_pages, []
        whole = received.failure
        while parts and budget > 0:
            smaller = [part for start, count in parts for part in _split(start, count, received.total)]
            before = len(received.items)
            failures = await asyncio.gather(*(self._part(received, *part) for part in smaller))
            failed = [(part, error) for part, error in zip(smaller, failures, strict=True) if error is not None]
            if smaller and len(failed) == len(smaller) and len(received.items) == before:
                return
            budget -= len(failed)
            parts = [part for part, _ in failed if part[1] > 1]
            for (start, count), error in failed:
                if count == 1:
                    received.lose(start, error)
        if not parts and received.failure is whole:
            received.failure = None

    async def _part(self, received: Received[I], start: int, count: int) -> errors.RequestError | None:
        try:
            rows, total = await self.fetch(start, count)
        except errors.Unauthenticated:
            raise
        except errors.RequestError as error:
            return error
        received.take(start, rows[:count], total)
        return None

    async def _look_beyond(self, received: Received[I]) -> None:
        """Asks for rows after the last one, and for the total again."""
        if not self.filtered and received.total >= 0:
            try:
                rows, total = await self.fetch(received.total + 1, None)
            except errors.Unauthenticated:
                raise
            except errors.RequestError:
                rows, total = [], -1
            if received.counts_its_pages(rows, total):
                received.open_up(rows)
                await self._catch_up(received)
                return
            if received.take_beyond(rows) and not await self._shows_that_it_pages(received):
                received.doubts.add(Doubt.BEGINS_AGAIN)
            if total == received.total:
                return
        try:
            _, total = await self.fetch(1, 1)
        except errors.RequestError as error:
            received.fail(error)
        else:
            received.note_end(total)

    async def _shows_that_it_pages(self, received: Received[I]) -> bool:
        """Returns whether the server obeys ``startIndex``, after rows beyond the end were known ones."""
        if received.pages > 1 or (self.one_page and received.total > self.page_size):
            return True
        second = received.at(2)
        try:
            rows, _ = await self.fetch(2, 1)
        except errors.Unauthenticated:
            raise
        except errors.RequestError:
            return False
        received.asked += 1
        return second is not None and len(rows) == 1 and id_of(rows[0]) == second

    async def _take(self, received: Received[I], start: int, count: int) -> list[Any]:
        try:
            rows, total = await self.fetch(start, None)
        except errors.RequestError as error:
            received.fail(error, start, count)
            return []
        received.take(start, rows, total)
        self.progress(len(received.items), max(received.total, 0))
        return rows


def _pages_at_a_time(page: list[Any]) -> int:
    """Returns how many pages may be waited for at a time, if they are like this one."""
    values = sum(
        len(value) for row in page if isinstance(row, Mapping) for value in row.values() if isinstance(value, list)
    )
    return max(_FEWEST_PAGES_AT_A_TIME, _MOST_VALUES_AT_A_TIME // max(values, 1))


def _may_be_one_row(received: Received[I]) -> bool:
    """Returns whether a few pages fail by a server error. A refusal would be the same for each part."""
    status = None if received.failure is None else received.failure.status
    return status == _SERVER_ERROR and len(received.failed_pages) <= _MOST_FAILED_PAGES


def _split(start: int, count: int, total: int) -> Iterator[tuple[int, int]]:
    """Yields a range of rows in parts, as far as there are rows."""
    size = max(count // _PARTS, 1)
    end = min(start + count, total + 1) if total >= 0 else start + count
    for first in range(start, end, size):
        yield first, min(size, end - first)
