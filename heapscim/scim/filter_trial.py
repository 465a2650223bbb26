"""Finds out whether a service provider filters lists by name, and whether it obeyed a filter."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from heapscim import errors
from heapscim.scim.filter_parser import parse
from heapscim.scim.filters import eq, matches
from heapscim.scim.paging import Listed, Pager
from heapscim.scim.received import Listing, R
from heapscim.scim.resources import name_of, read_resource

_NOBODY = "heapscim-looks-for-nobody"


class FilterTrial:
    """Knows what the filters of one provider have shown. Every method raises RequestError."""

    def __init__(self, pager: Pager, *, provider: str, works: bool | None) -> None:
        self._pager = pager
        self._provider = provider
        self._trying = asyncio.Lock()
        self._fails = False
        self._samples = 0
        """How many samples of lists were asked for, to try filters with."""
        self._empty: dict[str, int] = {}
        """Path → the newest of them that found the list empty."""
        self._nobody: dict[str, int | None] = {}
        """Path → the total that the provider gives for a filter that nothing matches; None if rows came with it."""
        self._seems_to_work = False
        """Whether one resource was found by its name in a list of one, which proves little and is enough for now."""
        self.works = works
        """Whether the provider filters lists by name; None while that isn't known."""

    async def by_name(self, type: Listed[R]) -> bool:
        """Returns whether the server finds resources by name: tried once, with the first resource of the list."""
        samples = self._samples
        async with self._trying:
            if self.works is None and not self._fails and not self._seems_to_work:
                if self._empty.get(type.path, 0) > samples:  # another caller's sample that began after this call
                    return True
                self._samples += 1
                rows, total = await self._pager.sample(type)
                name = self._first_name(type, rows)
                if not rows:
                    self._empty[type.path] = self._samples
                if name is None:
                    return not rows
                await self._try_filter(type, name, total)
            return self.works is not False and not self._fails

    async def obeyed(self, type: Listed[R], text: str, listing: Listing[R]) -> bool:
        """Returns whether the server applied this very filter: its totals for this one and for a changed one tell."""
        if len(matching(listing, text)) < len(listing.items):
            return False
        try:
            if listing.items:
                nobody = f"({text}) and {eq(type.name_attribute, _NOBODY)}"
                return len(listing.items) < await self._pager.total(type) or await self._matches_nobody(type, nobody)
            rows, total = await self._pager.page(type, 1, None, count=1)
            name = self._first_name(type, rows)
            if name is None:
                return not rows
            somebody = f"({text}) or {eq(type.name_attribute, name)}"
            return 0 < await self._pager.total(type, filter=somebody) <= total
        except (errors.Unauthenticated, errors.Forbidden):
            raise
        except errors.RequestError:
            return False

    async def says_nobody(self, type: Listed[R], listing: Listing[R]) -> bool:
        """Returns whether this is the answer for a name that nobody has, if its total isn't the number of rows."""
        if listing.items or listing.completeness.proven:
            return False
        if type.path not in self._nobody:
            text = eq(type.name_attribute, _NOBODY)
            rows, total = await self._pager.page(type, 1, text, count=1)
            self._nobody[type.path] = None if rows else total
        return self._nobody[type.path] == listing.total

    async def _try_filter(self, type: Listed[R], name: str, total: int) -> None:
        """Learns from one filtered page. If the server fails, that holds for this run only."""
        text = eq(type.name_attribute, name)
        try:
            rows, found = await self._pager.page(type, 1, text, count=1)
        except errors.Unavailable:
            self._fails = True
            return
        except (errors.Unauthenticated, errors.Forbidden):
            raise
        except errors.RequestError:
            rows, found = [], 0
        if not any(isinstance(row, Mapping) and matches(parse(text), row) for row in rows):
            self.works = False
        elif total > 1:
            self.works = 0 < found < total
        else:
            self._seems_to_work = True

    async def _matches_nobody(self, type: Listed[R], text: str) -> bool:
        try:
            return await self._pager.total(type, filter=text) == 0
        except errors.NotFound:
            return True

    def _first_name(self, type: Listed[R], rows: list[Any]) -> str | None:
        """Returns the name of the first resource of a page that can be understood, None if there is none."""
        for row in rows:
            with suppress(errors.WrongProtocol):
                return name_of(read_resource(type.kind, row, provider=self._provider))
        return None


def matching(listing: Listing[R], text: str) -> tuple[R, ...]:
    """Returns the resources of a list that match a filter."""
    wanted = parse(text)
    return tuple(item for item in listing.items if matches(wanted, item.to_wire()))
