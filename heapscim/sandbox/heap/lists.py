"""Cuts lists into pages and states totals: as asked, or wrong in the ways that real servers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from heapscim.sandbox.heap.store import Document
from heapscim.sandbox.heap.switches import Behaviour

Row: TypeAlias = tuple[str, Document]
_chance = Random(1)  # noqa: S311 - a rehearsed disorder needs no secrecy


class Refused(Exception):
    """Refuses a request with an error response."""

    def __init__(self, status: int, detail: str, scim_type: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type


@dataclass(frozen=True, slots=True)
class Window:
    """Holds the rows of one page."""

    rows: Sequence[Row]
    total: int | None
    start: int


@dataclass(frozen=True, slots=True)
class Lists:
    """Cuts pages out of lists."""

    behaviour: Behaviour

    def window(self, found: Sequence[Row], query: Mapping[str, str], *, searched: bool) -> Window:
        """Returns the page that a query asks for."""
        behaviour = self.behaviour
        start, count = max(_whole(query, "startIndex", 1), 1), max(_whole(query, "count", 100), 0)
        if behaviour.most_start_index and start > behaviour.most_start_index:
            raise Refused(behaviour.refused_page_status, "Later pages are not supported.")
        paging = "yes" if searched else behaviour.paging
        if behaviour.lists != "whole" and "filter" not in query:
            found = found[: behaviour.rows_shown]
            start, paging = (1, "yes") if behaviour.lists == "first_rows" else (start, paging)
        rows = self._in_order(found, query.get("sortBy"))
        if paging == "ignored":
            page = rows
        else:
            first = 1 if paging == "first_page" else start
            page = rows[first - 1 : first - 1 + min(count, behaviour.page_cap)]
        return Window(page, self._total(len(rows), len(page)), start)

    def _in_order(self, found: Sequence[Row], key: str | None) -> Sequence[Row]:
        if key is not None and self.behaviour.sort == "yes":
            return sorted(found, key=lambda row: str(row[1].get(key, "")))
        return _chance.sample(found, len(found)) if self.behaviour.order == "random" else found

    def _total(self, count: int, page: int) -> int | None:
        match self.behaviour.total:
            case "page":
                return page
            case "none":
                return None
            case "all":
                return max(count + self.behaviour.wrong_total, 0)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise Refused(400, f"{name} must be a whole number.", "invalidValue") from None
