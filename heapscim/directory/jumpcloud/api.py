"""JumpCloud's API: lists that are read by count and prove themselves, and errors in the directory's own words.

A list never ends at a short page: records that are null make pages short.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlsplit

from heapscim import errors
from heapscim.directory.connection import RestSession
from heapscim.http.responses import JsonResponse
from heapscim.model.completeness import ReadProgress

T = TypeVar("T")
Record: TypeAlias = Mapping[str, Any]
Explain: TypeAlias = Callable[[errors.RequestError], Awaitable[errors.DirectoryError]]
Query: TypeAlias = Mapping[str, str | int]

_NEXT = re.compile(r'<([^>]*)>\s*;[^,<]*\brel="?next\b')
_MOST_RECORDS = 2_000_000
_MOST_IDLE_PAGES = 3
"""Pages that bring nothing new before a list without a total is given up."""
_MOST_READERS = 64
"""Pages of a list that may be waited for at a time: as many as a profile lets be in flight at most."""
_MOST_IDLE_WINDOWS = 50
"""Pages in a row that bring nothing new before a total is held to be wrong: records that are left out empty a few."""


@dataclass(frozen=True, slots=True)
class Source:
    """One list: where it is and how its records are told apart."""

    path: str
    noun: str
    id: tuple[str, ...]
    """The keys that lead to a record's id."""
    query: tuple[tuple[str, str], ...] = ()
    nulls_count: bool = False
    """Whether null records are part of the total."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Unique records in the order received, and whether they are proven to be all."""

    records: tuple[Record, ...]
    proven: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class _Page:
    rows: Sequence[Any]
    total: int | None
    following: Query | None
    """What a ``Link`` asks for next."""


class JumpCloudApi:
    """Speaks to one organisation over one HTTP session. Every method raises DirectoryError."""

    def __init__(self, session: RestSession, explain: Explain, *, page_size: int, headers: Mapping[str, str]) -> None:
        self._session = session
        self._explain = explain
        self._page_size = page_size
        self._headers = dict(headers)

    async def read_list(self, source: Source, progress: ReadProgress = lambda _read, _of: None) -> Listing:
        """Reads a whole list, pages after the first side by side; once more where its total changed meanwhile."""
        listing, steady = await self._read_once(source, progress)
        if not steady:
            listing, _ = await self._read_once(source, progress)
        return listing

    async def read_first(self, source: Source, count: int) -> tuple[Record, ...]:
        """The first records of a list, up to a count. Who isn't among them may be there all the same."""
        reading = _Reading(source, None)
        starts = range(0, count, self._page_size)
        ends = (min(start + self._page_size, count) for start in starts)
        await side_by_side(*(self._window(source, reading, *window) for window in zip(starts, ends, strict=True)))
        return tuple(reading.records.values())

    async def post(
        self, path: str, document: object, *, query: Query | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:  # noqa: ANN401 - any JSON
        """POSTs a document; DirectoryAnswerLost where it may have been carried out."""
        return (await self._ask("POST", path, query=query, document=document, headers=headers)).document

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        document: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonResponse:
        sent = {**self._headers, **(headers or {})}
        try:
            return await self._session.ask(method, path, query=query, document=document, headers=sent)
        except errors.RequestError as error:
            raise await self._explain(error) from error

    async def _read_once(self, source: Source, progress: ReadProgress) -> tuple[Listing, bool]:
        page = await self._page(source, {"skip": 0, "limit": self._page_size})
        reading = _Reading(source, page.total)
        reading.take(page.rows)
        total = page.total
        if total is None:
            await self._until_empty(source, reading, page)
            return reading.listing(None), True
        progress(len(reading.records), total)
        starts = range(self._page_size, min(total, _MOST_RECORDS), self._page_size)
        windows = [(len(page.rows), min(self._page_size, total))]
        windows += [(start, min(start + self._page_size, total)) for start in starts]

        waiting = iter([(start, end) for start, end in windows if start < end])

        async def read_on() -> None:
            for start, end in waiting:
                await self._window(source, reading, start, end)
                progress(len(reading.records), total)

        await side_by_side(*(read_on() for _ in range(min(len(windows), _MOST_READERS))))
        if total <= self._page_size:
            return reading.listing(total), True
        at_end = (await self._page(source, {"skip": 0, "limit": 1})).total
        return reading.listing(at_end), at_end == total

    async def _window(self, source: Source, reading: _Reading, start: int, end: int) -> None:
        """Reads the records from one count to another, in as many pages as the server makes of them.

        Nothing is read any more where page after page brought nothing: then the total is wrong, and nothing is proven.
        """
        try:
            while start < end and reading.idle < _MOST_IDLE_WINDOWS:
                page = await self._page(source, {"skip": start, "limit": end - start})
                reading.take(page.rows)
                if not page.rows:
                    return
                start += len(page.rows)
        except errors.DirectoryUnavailable as error:
            reading.failure = error.message

    async def _until_empty(self, source: Source, reading: _Reading, page: _Page) -> None:
        """Reads on until a page is empty: without a total nothing else says that this was all."""
        skip = 0
        try:
            while page.rows or page.following:
                skip += len(page.rows)
                query = page.following or {"skip": skip, "limit": self._page_size}
                page = await self._page(source, query)
                reading.take(page.rows)
                if reading.idle >= _MOST_IDLE_PAGES and (page.rows or page.following):
                    reading.failure = "its pages never end"
                    return
        except errors.DirectoryUnavailable as error:
            reading.failure = error.message

    async def _page(self, source: Source, query: Query) -> _Page:
        reply = await self._ask("GET", source.path, query={**dict(source.query), **query})
        document = reply.document
        if isinstance(document, Mapping) and isinstance(document.get("results"), list):
            return _Page(document["results"], _number(document.get("totalCount")), None)
        if isinstance(document, list):
            return _Page(document, _number(reply.headers.get("x-total-count")), _following(reply.headers.get("link")))
        raise errors.DirectoryError(f"JumpCloud's answer to GET {source.path} is no list.", hint="Check the base_url.")


class _Reading:
    """What one read of a list has brought so far."""

    def __init__(self, source: Source, total: int | None) -> None:
        self.records: dict[str, Record] = {}
        self.failure: str | None = None
        self.idle = 0
        """Pages in a row that brought no record that is new. Nulls can't be told apart, so they never count."""
        self._source = source
        self._total = total
        self._nulls = 0
        self._nameless = 0

    def take(self, rows: Sequence[Any]) -> None:
        """Takes a page."""
        before = len(self.records)
        for row in rows:
            id = row
            for key in self._source.id:
                id = id.get(key) if isinstance(id, Mapping) else None
            if isinstance(row, Mapping) and isinstance(id, str) and id:
                self.records.setdefault(id, row)
            elif row is None:
                self._nulls += 1
            else:
                self._nameless += 1
        self.idle = 0 if len(self.records) > before else self.idle + 1

    def listing(self, total_at_end: int | None) -> Listing:
        noun, count = self._source.noun, len(self.records)
        received = count + (self._nulls if self._source.nulls_count else 0)
        said = f"{count} {noun} read" if self._total is None else f"JumpCloud said {self._total} {noun}, {count} read"
        nulls = f" and {self._nulls} without a record" if self._nulls else ""
        if self.failure is not None:
            evidence = f"{said}; a page failed: {self.failure}"
        elif self._nameless:
            evidence = f"{said}; {self._nameless} without an id."
        elif total_at_end != self._total:
            evidence = f"{said}; the total changed to {total_at_end} meanwhile."
        else:
            proven = self._total is None or received == self._total
            return Listing(tuple(self.records.values()), proven, f"{said}{nulls}.")
        return Listing(tuple(self.records.values()), proven=False, evidence=evidence)


async def side_by_side(*work: Coroutine[Any, Any, T]) -> list[T]:
    """Does everything at once; the first DirectoryError stops the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in work]
    except BaseExceptionGroup as found:
        raise found.exceptions[0] from None
    return [task.result() for task in tasks]


def _number(value: object) -> int | None:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    except ValueError:
        return None
    return number if number >= 0 else None


def _following(link: str | None) -> Query | None:
    """The query of ``Link: <…>; rel="next"`` (RFC 8288). Its host and path are never followed."""
    found = _NEXT.search(link or "")
    return None if found is None else dict(parse_qsl(urlsplit(found[1]).query)) or None
