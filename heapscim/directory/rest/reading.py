"""Collects what one pass over a list brings, and proves it. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from heapscim.directory.rest.paging import Source
from heapscim.errors import DirectoryError, DirectoryForbidden, DirectoryUnauthenticated
from heapscim.model.completeness import (
    MOST_BYTES,
    MOST_IDLE_PAGES,
    MOST_ROWS,
    Completeness,
    ListPass,
    ReadProgress,
    proof_of,
)

Record: TypeAlias = Mapping[str, Any]


def silent(_read: int, _of: int | None) -> None:
    """Reports no progress."""


@dataclass(frozen=True, slots=True)
class RestListing:
    """Holds unique records in the order received, and whether they are proven to be all."""

    records: tuple[Record, ...]
    completeness: Completeness
    nulls: int = 0
    """How many null records came with them."""


class Reading:
    """Collects the records, totals and failures of one pass."""

    def __init__(self, source: Source, provider: str, progress: ReadProgress = silent) -> None:
        self.source = source
        self.records: dict[str, Record] = {}
        self.totals: list[int | None] = []
        """As stated one after the other."""
        self.failure: str | None = None
        self._provider = provider
        self._progress = progress
        self._idle = 0
        self._bytes = 0
        self._nulls = 0
        self._nameless = 0
        self._beyond = 0

    @property
    def total(self) -> int | None:
        """Returns the total that the first page stated; None if it stated none."""
        return self.totals[0] if self.totals else None

    @property
    def exhaustion(self) -> str | None:
        """Says why asking for more makes no sense, None while it does: pages bring nothing, or far too much."""
        if self._idle >= MOST_IDLE_PAGES:
            return f"{MOST_IDLE_PAGES} pages in a row brought nothing new."
        return self._excess

    @property
    def _excess(self) -> str | None:
        if len(self.records) >= MOST_ROWS:
            return f"a list of {MOST_ROWS:,} {self.source.noun} or more isn't read to its end."
        if self._bytes >= MOST_BYTES:
            return f"a list of {MOST_BYTES >> 20:,} MB or more isn't read to its end."
        return None

    def take(self, rows: Sequence[Any], size: int) -> None:
        """Takes a page of so many bytes. Nulls can't be told apart, so they are never new."""
        before = len(self.records)
        self._bytes += size
        for row in rows:
            id = row
            for key in self.source.id:
                id = id.get(key) if isinstance(id, Mapping) else None
            if isinstance(row, Mapping) and isinstance(id, str) and id:
                self.records.setdefault(id, row)
            elif row is None:
                self._nulls += 1
            else:
                self._nameless += 1
        self._idle = 0 if len(self.records) > before else self._idle + 1
        self._progress(len(self.records), self.total)

    def take_beyond(self, rows: Sequence[Any], size: int) -> None:
        """Takes the rows that came after the last one. New ones aren't among those that the total counts."""
        before = len(self.records)
        self.take(rows, size)
        self._beyond += len(self.records) - before

    @contextmanager
    def noting_failures(self) -> Iterator[None]:
        """Notes that a page failed and keeps what came before it; a refused secret ends the whole read."""
        try:
            yield
        except (DirectoryUnauthenticated, DirectoryForbidden):
            raise
        except DirectoryError as error:
            self.failure = error.message
            self._idle += 1

    def brought(self) -> ListPass:
        """Returns the figures that a proof rests on."""
        return ListPass(
            ids=self.records.keys(),
            counted=len(self.records) + (self._nulls if self.source.nulls_count else 0),
            totals=frozenset(self.totals),
            failed=self.failure is not None or self._excess is not None,
            nameless=self._nameless > 0,
            moved=self._beyond > 0,
        )

    def listing(self, before: Reading | None = None) -> RestListing:
        """Returns everything that came, with its proof; ``before`` is the pass before this one."""
        method = proof_of(self.brought(), None if before is None else before.brought())
        completeness = Completeness(method is not None, self._evidence(method), method or "counted")
        return RestListing(tuple(self.records.values()), completeness, self._nulls)

    def _evidence(self, method: str | None) -> str:
        noun, count, total = self.source.noun, len(self.records), self.total
        said = f"{count} {noun} read"
        if total is not None:
            said = f"{self._provider} said {total} {noun}, {count} read"
        nulls = f" and {self._nulls} without a record" if self._nulls else ""
        if self.failure is not None:
            return f"{said}; a page failed: {self.failure}"
        if self._nameless:
            return f"{said}; {self._nameless} without an id."
        if changed := [other for other in self.totals if other != total]:
            return f"{said}; the total changed to {changed[-1]} meanwhile."
        if method is None and (why := self.exhaustion) is not None:
            return f"{said}; {why}"
        if self._beyond and count == total:
            return f"{said}; {self._beyond} more came after the last."
        if method == "read twice":
            return f"{said}{nulls} twice, the same each time."
        return f"{said}{nulls}; two passes don't agree." if total is None else f"{said}{nulls}."
