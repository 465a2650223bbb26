"""Collects what one read of a list has returned so far, and says what that proves. Sends no request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from heapscim import errors
from heapscim.model.completeness import MOST_IDLE_PAGES, MOST_ROWS, Completeness, Doubt, ListPass, proof_of
from heapscim.scim.resources import Resource, id_of, named, read_resource


class Item(Protocol):
    """Describes what is kept of a resource in a list: the resource itself, or what it was converted to."""

    @property
    def id(self) -> str:
        """Returns its id."""
        ...

    @property
    def shown_name(self) -> str:
        """Returns the name that a person knows it by."""
        ...


R = TypeVar("R", bound=Resource)
I = TypeVar("I", bound=Item)  # noqa: E741 - an item


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """Describes a row that can't be read, as far as it can be understood."""

    id: str | None
    name: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Listing(Generic[I]):
    """Holds unique resources in the order received, and whether they are proven to be all."""

    items: tuple[I, ...]
    completeness: Completeness
    requests: int = 1
    """How many requests the read took."""
    broken: tuple[BrokenRow, ...] = ()
    """Rows that exist and can't be read. They count for the proof if their id and name are known."""
    doubts: frozenset[Doubt] = frozenset()
    total: int = -1
    """The total that the server stated; -1 if none."""


@dataclass(frozen=True, slots=True)
class RowReader(Generic[R, I]):
    """Reads the rows of a list, each as it arrives, so that no document has to be kept."""

    kind: type[R]
    provider: str
    """The name of the service provider, for messages."""
    convert: Callable[[R], I]
    """Returns what is kept of a resource."""

    def read(self, row: object) -> I:
        """Returns what is kept of a row; raises WrongProtocol for one that can't be understood."""
        return self.convert(read_resource(self.kind, row, provider=self.provider))

    def broken(self, row: object, message: str) -> BrokenRow:
        """Describes a row that can't be understood."""
        return BrokenRow(id_of(row), named(self.kind, row), message)


class Received(Generic[I]):
    """Holds the rows, totals and failures of one read."""

    def __init__(self, rows: RowReader[Any, I], noun: str, total: int) -> None:
        self.items: dict[str, I] = {}
        self.odd: dict[int, BrokenRow] = {}
        """Place → row that can't be read."""
        self.total = total
        self.pages = 0
        self.asked = 0
        """The number of requests that brought no page."""
        self.failure: errors.RequestError | None = None
        self.failed_pages: list[tuple[int, int]] = []
        """First row and number of rows of each."""
        self.ended = False
        """Whether an empty page was the end."""
        self.doubts: set[Doubt] = set()
        self._rows = rows
        self._noun = noun
        self._provider = rows.provider
        self._repeated = 0
        self._beyond = 0
        self._places: dict[str, int] = {}
        self._twins: set[str] = set()
        self._opened = False
        self._last_total = total
        self._first_page: tuple[int, int] | None = None
        self._totals = {total}
        self._filled: set[int] = set()
        self._gap = 1
        self._fruitless = 0

    @property
    def is_exhausted(self) -> bool:
        """Returns whether reading on is useless: a refused token, nothing new for many pages, or too many rows."""
        refused = isinstance(self.failure, errors.Unauthenticated)
        return refused or self._fruitless >= MOST_IDLE_PAGES or len(self.items) >= MOST_ROWS

    @property
    def is_unsteady(self) -> bool:
        """Returns whether the list changed while it was read."""
        return self._pass.is_unsteady

    @property
    def is_open(self) -> bool:
        """Returns whether no total says how many there are, and an empty page was the end."""
        return self.ended and self._pass.is_open and not self._doubt()

    def first_gap(self) -> int | None:
        """Returns the first row that no page has brought yet, or None if all are there."""
        while self._gap in self._filled:
            self._gap += 1
        return self._gap if self.total < 0 or self._gap <= self.total else None

    def has(self, place: int) -> bool:
        """Returns whether a page has brought this row."""
        return place in self._filled

    def at(self, place: int) -> str | None:
        """Returns the id of the row at a place."""
        return next((id for id, found in self._places.items() if found == place), None)

    def take(self, start: int, rows: list[Any], total: int) -> None:
        """Takes a page that starts at a row. Pages may overlap if each resource keeps its place."""
        self.pages += 1
        self._first_page = self._first_page or (len(rows), total)
        self._filled.update(range(start, start + len(rows)))
        self._last_total = total
        if self.total >= 0:
            self._totals.add(total)
        before = len(self.items)
        for place, row in enumerate(rows, start):
            self._take_row(place, row)
        self._fruitless = 0 if len(self.items) > before else self._fruitless + 1

    def take_beyond(self, rows: list[Any]) -> bool:
        """Takes the rows that came after the last one: if they are new, the total was too small.

        Returns whether rows came and all of them were known.
        """
        self.asked += 1
        before, repeated, odd = len(self.items), self._repeated, dict(self.odd)
        for place, row in enumerate(rows, self.total + 1):
            self._take_row(place, row)
        self._beyond, self._repeated = len(self.items) - before, repeated
        if not self._beyond:
            self.odd = odd
        return bool(rows) and not self._beyond

    def counts_its_pages(self, rows: list[Any], total: int) -> bool:
        """Returns whether each total counted its own page only, and the rows after the first page are new."""
        if self.pages != 1 or not rows or self._first_page is None or self._first_page[0] != self._first_page[1]:
            return False
        return total == len(rows) and all((id := id_of(row)) is not None and id not in self._places for row in rows)

    def open_up(self, rows: list[Any]) -> None:
        """Continues without a total, with the rows after the first page."""
        start, self.total, self._opened = self.total + 1, -1, True
        self._totals = {-1}
        self.take(start, rows, -1)

    def end(self) -> None:
        """Notes that an empty page came. If each total counts only its own page, the empty one must say 0."""
        self.ended = self.failure is None and (not self._opened or self._last_total == 0)

    def note_end(self, total: int) -> None:
        """Notes the total that was stated after the last page."""
        self.asked += 1
        if self.total >= 0:
            self._totals.add(total)

    def fail(self, error: errors.RequestError, start: int = 0, count: int = 0) -> None:
        """Notes that a page is missing. A refused token counts more than other errors."""
        self.asked += 1
        self._fruitless += 1
        if start and not isinstance(error, errors.Unauthenticated):
            self.failed_pages.append((start, count))
        if self.failure is None or isinstance(error, errors.Unauthenticated):
            self.failure = error

    def lose(self, place: int, error: errors.RequestError) -> None:
        """Notes the one row that makes its page fail."""
        self.asked += 1
        self._filled.add(place)
        self.odd[place] = BrokenRow(
            None, None, f"row {place} of {self._provider}'s list of {self._noun}: {error.message}"
        )

    def confirmed_by(self, second: Received[I]) -> Listing[I]:
        """Returns the listing of two reads that ended with an empty page, proven if both returned the same."""
        listing = second.listing()
        requests = self.asked + self.pages + listing.requests
        method = proof_of(second._pass, self._pass) if second.is_open else None
        if method is None:
            return Listing(listing.items, listing.completeness, requests, listing.broken, listing.doubts)
        read = f"{len(listing.items)} unique {self._noun} were read twice, the same each time."
        evidence = f"{self._provider} states no total; {read}"
        proof = Completeness(proven=True, evidence=evidence, method=method)
        return Listing(listing.items, proof, requests, listing.broken)

    def listing(self) -> Listing[I]:
        """Returns everything received, and the proof."""
        broken = (
            *(self.odd[place] for place in sorted(self.odd)),
            *(self._twin(self.items[id]) for id in sorted(self._twins)),
        )
        items = tuple(item for id, item in self.items.items() if id not in self._twins)
        total = self.total
        if self._opened and not self.ended:  # so those totals didn't count pages after all
            total = self._first_page[1] if self._first_page else total
            self._beyond = len(items) - total
        count = "no total" if total < 0 else f"{total} {self._noun}"
        said = f"{self._provider} said {count}, {len(items)} unique read"
        doubt = self._doubt()
        brought = self._pass
        proven = doubt is None and proof_of(brought) is not None
        evidence = f"{said}." if doubt is None else f"{said}; {doubt}"
        if proven and broken:
            evidence = f"{said}, {len(broken)} can't be read."
        completeness = Completeness(proven, evidence)
        doubts = frozenset() if proven else (brought.doubts | self.doubts or frozenset({Doubt.MISCOUNTED}))
        return Listing(items, completeness, self.pages + self.asked, broken, doubts, self.total)

    @property
    def _pass(self) -> ListPass:
        nameless = any(row.id is None or row.name is None for row in self.odd.values())
        return ListPass(
            ids=self.items.keys(),
            counted=len(self.items) + len(self.odd),
            totals=frozenset(None if total < 0 else total for total in self._totals),
            failed=self.failure is not None,
            nameless=nameless,
            moved=self._repeated > 0,
        )

    def _doubt(self) -> str | None:
        if self.failure is not None:
            return f"a page failed: {self.failure.message}"
        nameless = [row for row in self.odd.values() if row.id is None or row.name is None]
        if nameless:
            rows = "1 row" if len(nameless) == 1 else f"{len(nameless)} rows"
            return f"{rows} can't be understood: {nameless[0].message}"
        if self._repeated:
            return f"{self._repeated} came twice."
        if self._beyond:
            return f"{self._beyond} more came after the last."
        if len(self._totals) > 1:
            return f"the total was {' and '.join(map(str, sorted(self._totals)))} meanwhile."
        if Doubt.BEGINS_AGAIN in self.doubts:
            return f"{Doubt.BEGINS_AGAIN.value}."
        return None

    def _take_row(self, place: int, row: object) -> None:
        try:
            item = self._rows.read(row)
        except errors.WrongProtocol as error:
            self.odd[place] = self._rows.broken(row, error.message)
            return
        known = self.items.get(item.id)
        if known is not None and self._places[item.id] != place and known.shown_name != item.shown_name:
            self._twins.add(item.id)
            self.odd[place] = self._twin(item)
            return
        self._repeated += self._places.setdefault(item.id, place) != place
        self.items[item.id] = item

    def _twin(self, item: Item) -> BrokenRow:
        message = f"several rows of {self._provider}'s list have the id {item.id}, under different names."
        return BrokenRow(item.id, item.shown_name, message)
