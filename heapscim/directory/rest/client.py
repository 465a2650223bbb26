"""Speaks to a REST service: reads whole lists and proves them, sends single requests, translates errors."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from heapscim import errors
from heapscim.directory.connection import RestSession
from heapscim.directory.rest.paging import Offset, Page, Paging, Request, Source, first_page, page_after
from heapscim.directory.rest.reading import Reading, Record, RestListing, silent
from heapscim.http.responses import JsonResponse
from heapscim.model.completeness import MOST_ROWS, PAGES_WAITING, Completeness, ReadProgress

T = TypeVar("T")
Explain: TypeAlias = Callable[[errors.RequestError, str], Awaitable[errors.DirectoryError]]
"""Returns a directory's error for a failed request; ``GET /path`` of that request is given beside it."""
RowsOf: TypeAlias = Callable[[JsonResponse], tuple[Sequence[Any] | None, int | None] | None]
"""Returns the rows of a response and the total that it states, if any; None if it isn't a list.

The rows are None if the service wrote null where a list belongs, and doesn't say that the list is empty."""
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class RestClient:
    """Speaks to one service over one session. Every method raises DirectoryError."""

    session: RestSession
    explain: Explain
    """May send more requests to find the cause."""
    provider: str
    paging: Paging
    rows_of: RowsOf
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request."""
    orders: dict[str, bool] = field(default_factory=dict)
    """Whether the service sorts a kind of list, by its noun, once that is known."""
    finding_out: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """Lets one list of each kind find that out, so that many of a kind aren't refused one after the other."""

    async def read_list(self, source: Source, progress: ReadProgress = silent) -> RestListing:
        """Reads a whole list; reads it twice if its total changed meanwhile, or if no total says how much there is.

        If a page fails, the listing is unproven and holds what came before it. A list that can't be had in the order
        that was asked for is read without one; then only a total proves it. Raises DirectoryError if even the first
        page fails.
        """
        listing = await self._in_order(source, lambda asked: self._read_list(asked, progress))
        return listing if self.orders.get(source.noun, True) else _proven_by_count(listing)

    async def read_page(self, source: Source) -> tuple[Record, ...]:
        """Reads the first record of a list, to see that it may be read; raises DirectoryError if not."""
        paging = replace(self.paging, size=1) if isinstance(self.paging, Offset) else self.paging
        page = await self._in_order(source, lambda asked: self._page(first_page(paging, asked)))
        reading = Reading(source, self.provider)
        reading.take(page.rows, page.size)
        return tuple(reading.records.values())

    async def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON
        """Returns one document."""
        return (await self._ask("GET", path)).document

    async def _in_order(self, source: Source, read: Callable[[Source], Awaitable[T]]) -> T:
        """Reads a list in its order; without one if the service refuses it (400), now or before."""
        if not source.order:
            return await read(source)
        if source.noun not in self.orders:
            async with self.finding_out[source.noun]:
                if source.noun not in self.orders:
                    return await self._try_order(source, read)
        return await (self._try_order(source, read) if self.orders[source.noun] else read(source))

    async def _try_order(self, source: Source, read: Callable[[Source], Awaitable[T]]) -> T:
        try:
            found = await read(source.in_order)
        except errors.DirectoryError as error:
            if not isinstance(error.__cause__, errors.RequestError) or error.__cause__.status != _BAD_REQUEST:
                raise
            found = await read(source)
            self.orders[source.noun] = False  # if that fails, too, the order wasn't the reason
        else:
            self.orders[source.noun] = True
        return found

    async def _read_list(self, source: Source, progress: ReadProgress) -> RestListing:
        before = await self._pass(source, progress)
        brought = before.brought()
        if not brought.is_unsteady and not brought.is_open:
            return before.listing()
        return (await self._pass(source, silent)).listing(before)

    async def read_first(self, source: Source, count: int) -> tuple[Record, ...]:
        """Reads the first records of a list that is paged by offset, up to a count."""
        if not isinstance(self.paging, Offset):
            raise TypeError("Only a list that is paged by offset can be read up to a count.")
        reading = Reading(source, self.provider)
        size = self.paging.size
        windows = [(start, min(start + size, count)) for start in range(0, count, size)]
        await self._read_windows(reading, self.paging, windows)
        return tuple(reading.records.values())

    async def post(
        self,
        path: str,
        document: object,
        *,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON
        """POSTs a document; raises DirectoryResponseLost if it may have been carried out."""
        return (await self._ask("POST", path, query=query, document=document, headers=headers)).document

    async def _pass(self, source: Source, progress: ReadProgress) -> Reading:
        """Reads a whole list once."""
        reading = Reading(source, self.provider, progress)
        first = first_page(self.paging, source)
        page = await self._page(first)
        reading.totals.append(page.total)
        reading.take(page.rows, page.size)
        if page.is_null:
            reading.failure = "it is null instead of a list, and no total says that it is empty."
            return reading
        if isinstance(self.paging, Offset) and page.total is not None:
            await self._read_to_total(reading, self.paging, len(page.rows), page.total)
        else:
            await self._read_on(reading, first, page)
        return reading

    async def _read_to_total(self, reading: Reading, paging: Offset, received: int, total: int) -> None:
        """Reads the rest of the list; then looks beyond the last record, and checks the total once more."""
        starts = range(paging.size, min(total, MOST_ROWS), paging.size)
        windows = [(received, min(paging.size, total))]
        windows += [(start, min(start + paging.size, total)) for start in starts]
        await self._read_windows(reading, paging, [(start, end) for start, end in windows if start < end])
        if total > paging.size and reading.exhaustion is None:
            with reading.noting_failures():
                reading.totals.append(await self._total_at_end(reading, paging, total))

    async def _total_at_end(self, reading: Reading, paging: Offset, total: int) -> int | None:
        """Returns the total that the service states by now. A record that comes after so many is taken, too."""
        with suppress(errors.DirectoryError):  # a service may refuse to look beyond its end, or say nothing there
            page = await self._page(paging.window(reading.source, total, total + 1))
            reading.take_beyond(page.rows, page.size)
            if page.total is not None:
                return page.total
        return (await self._page(paging.window(reading.source, 0, 1))).total

    async def _read_windows(self, reading: Reading, paging: Offset, windows: Sequence[tuple[int, int]]) -> None:
        """Reads ranges of a list side by side, each in as many pages as the service makes of it."""
        waiting = iter(windows)

        async def read_some() -> None:
            for start, end in waiting:
                with reading.noting_failures():
                    await self._read_window(reading, paging, start, end)

        at_a_time = min(len(windows), self.session.max_in_flight + PAGES_WAITING)
        await side_by_side(*(read_some() for _ in range(at_a_time)))

    async def _read_window(self, reading: Reading, paging: Offset, start: int, end: int) -> None:
        while start < end and reading.exhaustion is None:
            page = await self._page(paging.window(reading.source, start, end))
            reading.take(page.rows, page.size)
            start = start + len(page.rows) if page.rows else end

    async def _read_on(self, reading: Reading, first: Request, page: Page) -> None:
        """Reads page after page as long as each leads to a new one. An empty page need not be the last."""
        sent, asked = first, {first}
        with reading.noting_failures():
            while following := page_after(self.paging, reading.source, sent, page, base_url=self.session.base_url):
                if following in asked:
                    raise errors.DirectoryError("its next page is one that was read before.")
                if (why := reading.exhaustion) is not None:
                    raise errors.DirectoryError(f"its pages never end: {why}")
                asked.add(following)
                sent, page = following, await self._page(following)
                reading.take(page.rows, page.size)
                if page.total is not None:
                    reading.totals.append(page.total)
            if reading.total is not None and page.total is None:  # some services state it on the first page alone
                reading.totals.append((await self._page(first)).total)

    async def _page(self, request: Request) -> Page:
        response = await self._ask("GET", request.path, query=dict(request.query) or None)
        found = self.rows_of(response)
        if found is None:
            shown = request.path.partition("?")[0]
            message = f"{self.provider}'s response to GET {shown} isn't a list."
            raise errors.DirectoryError(message, hint="Check the base_url.")
        rows, total = found
        # A number of a thousand digits is a total as well, and can't be sent back as a place in the list.
        said = None if total is None else min(total, sys.maxsize)
        return Page(rows or (), said, response.document, response.headers, response.size, is_null=rows is None)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonResponse:
        sent = {**self.headers, **(headers or {})}
        try:
            return await self.session.ask(method, path, query=query, document=document, headers=sent)
        except errors.RequestError as error:
            # The query of a link that was followed means nothing to a person, and may be very long.
            shown = path.partition("?")[0]
            error.message = error.message.replace(path, shown)
            raise await self.explain(error, f"{method} {shown}") from error


def _proven_by_count(listing: RestListing) -> RestListing:
    """Returns a listing in no order: two passes may lose the same rows between pages, so only a count proves it."""
    found = listing.completeness
    if not found.proven or found.method == "counted":
        return listing
    evidence = f"{found.evidence.rstrip('.')}, but in no order: without a total, rows may be missing."
    return replace(listing, completeness=Completeness(proven=False, evidence=evidence))


async def side_by_side(*work: Coroutine[Any, Any, T]) -> list[T]:
    """Runs everything at once and returns the results; the first DirectoryError stops the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in work]
    except BaseExceptionGroup as found:
        raise found.exceptions[0] from None
    return [task.result() for task in tasks]
