"""Asks for the pages of a list, plainly or in another way that proves it complete, as large as the provider accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from heapscim import errors
from heapscim.model.completeness import PAGES_WAITING, ReadProgress
from heapscim.scim import messages
from heapscim.scim.reading import FetchPage, ListReader, Page
from heapscim.scim.received import I, Listing, R, RowReader
from heapscim.scim.resources import Resource
from heapscim.scim.session import RequestSender
from heapscim.scim.ways import Way, read_proven

R_co = TypeVar("R_co", bound=Resource, covariant=True)
Query = Mapping[str, str | int]
_SMALLER_PAGES = (50, 20, 10)
"""Sizes to try if a provider refuses a larger ``count`` instead of returning fewer rows (RFC 7644 §3.4.2.4)."""
_SAMPLE = 10


class Listed(Protocol[R_co]):
    """Describes the resources of one kind in a list."""

    @property
    def kind(self) -> type[R_co]:
        """Returns the class of the resources."""
        ...

    @property
    def path(self) -> str:
        """Returns the path of the list."""
        ...

    @property
    def name_attribute(self) -> str:
        """Returns the attribute that holds the name."""
        ...

    @property
    def noun(self) -> str:
        """Returns what the resources are called, in the plural."""
        ...


def silent(_read: int, _of: int | None) -> None:
    """Ignores the progress of a read."""


class Pager:
    """Reads the lists of one service provider. Every method raises RequestError."""

    def __init__(self, session: RequestSender, *, provider: str, page_size: int, way: Way | None) -> None:
        self._session = session
        self._provider = provider
        self.page_size = page_size
        """Rows asked for in one page: fewer than configured once the provider refused as many."""
        self.way = way
        """The way that proves lists here; None while plain pages do."""

    async def read_all(
        self,
        type: Listed[R],
        convert: Callable[[R], I],
        *,
        progress: ReadProgress = silent,
        lean: bool = False,
        isolates: bool = True,
    ) -> Listing[I]:
        """Reads all resources of a type, and converts each one when its page arrives.

        ``lean`` leaves out the members of groups. If plain pages prove nothing, other ways are tried, and the one that
        proves the list is remembered.
        """
        more: Query = {"excludedAttributes": "members"} if lean else {}
        rows = RowReader(type.kind, self._provider, convert)

        async def read(way: Way) -> Listing[I]:
            reader = ListReader(
                rows,
                type.noun,
                self._fetch(type, way, more),
                progress,
                filtered=False,
                at_a_time=self._at_a_time,
                page_size=self.page_size,
                isolates=isolates,
                one_page=way == "one_page",
            )
            return await reader.read()

        listing, proving = await read_proven(read, self.way)
        if proving is not None and proving != (self.way or "pages"):
            self.way = proving
        return listing

    async def read_matching(self, type: Listed[R], filter: str) -> Listing[R]:
        """Reads the resources that match a filter."""
        rows: RowReader[R, R] = RowReader(type.kind, self._provider, lambda resource: resource)
        fetch = self._fetch(type, self.way, {"filter": filter})
        reader = ListReader(rows, type.noun, fetch, silent, filtered=True, at_a_time=self._at_a_time, isolates=False)
        return await reader.read()

    async def page(self, type: Listed[R], start: int, filter: str | None, count: int | None = None) -> Page:
        """Returns one page. If the provider refuses the first for its size, smaller ones are tried and remembered."""
        more: Query = {} if filter is None else {"filter": filter}
        if count is not None or filter is not None or start != 1:
            return await self._rows(type, self.way, {"startIndex": start, "count": count or self.page_size, **more})
        return await self._first_page(type, self.way, more)

    async def total(self, type: Listed[R], filter: str | None = None) -> int:
        """Returns how many resources the provider says there are, or -1 if it doesn't say."""
        _, total = await self.page(type, 1, filter, count=1)
        return total

    async def sample(self, type: Listed[R]) -> Page:
        """Returns some rows of a list, or one of the first two if some row makes the others fail."""
        for start, count in ((1, _SAMPLE), (1, 1)):
            with suppress(errors.Unavailable):
                return await self.page(type, start, None, count)
        return await self.page(type, 2, None, 1)

    @property
    def _at_a_time(self) -> int:
        return self._session.max_in_flight + PAGES_WAITING

    def _fetch(self, type: Listed[R], way: Way | None, more: Query) -> FetchPage:
        async def fetch(start: int, count: int | None) -> Page:
            if count is None and start == 1 and "filter" not in more:
                first = await self._first_page(type, way, more)
                return await self._one_page(type, first, more) if way == "one_page" else first
            return await self._rows(type, way, {"startIndex": start, "count": count or self.page_size, **more})

        return fetch

    async def _one_page(self, type: Listed[R], first: Page, more: Query) -> Page:
        """Returns everything in one page, as large as the total that the first page states."""
        rows, total = first
        if len(rows) >= total:
            return first
        everything = await self._rows(type, "one_page", {"startIndex": 1, "count": total, **more})
        if len(everything[0]) < total:
            raise errors.NotImplementedByService(f"{self._provider} doesn't return all {type.noun} in one page.")
        return everything

    async def _first_page(self, type: Listed[R], way: Way | None, more: Query) -> Page:
        asked = self.page_size
        try:
            return await self._rows(type, way, {"startIndex": 1, "count": asked, **more})
        except errors.Rejected as error:
            refused = error
        for smaller in (size for size in _SMALLER_PAGES if size < asked):
            with suppress(errors.Rejected):
                page = await self._rows(type, way, {"startIndex": 1, "count": smaller, **more})
                self.page_size = min(self.page_size, smaller)
                return page
        raise refused

    async def _rows(self, type: Listed[R], way: Way | None, query: Query) -> Page:
        if way == "search":
            answered = await self._session.send("POST", f"{type.path}/.search", document=messages.search(query))
        else:
            sort = _SORTS[way](type) if way in _SORTS else {}
            answered = await self._session.send("GET", type.path, query={**query, **sort})
        return messages.list_rows(answered, provider=self._provider)


_SORTS: Mapping[Way | None, Callable[[Listed[Any]], Query]] = {
    "sorted_by_id": lambda _listed: {"sortBy": "id"},
    "sorted_by_name": lambda listed: {"sortBy": listed.name_attribute},
}
