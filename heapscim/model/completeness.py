"""Proves that a read of a list is complete, by what it brought: one proof for Heap's lists and for every directory's.

Knows no service and sends nothing. The limits of every read are here, so that no read goes on for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

MOST_ROWS = 1_000_000
"""Rows of one list before a read gives up: more would fill the memory, and no tenant has as many people."""
MOST_BYTES = 2**30
"""Bytes of one list of a directory, likewise: a few rows may be large."""
MOST_IDLE_PAGES = 25
"""Pages in a row that bring nothing new, or fail, before a read gives up. Rows that are left out may empty a few."""
PAGES_WAITING = 2
"""Pages of one list that wait for their turn beside those in flight: a request leaves while a page is looked at."""

Method: TypeAlias = Literal["counted", "read twice", "asked"]
"""How completeness is proven: by a count, by two passes that agree, or by asking for one person or group by id."""

ReadProgress: TypeAlias = Callable[[int, int | None], None]
"""Is told how many items were read and, where known, of how many."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """Holds whether a read proved that it saw everything; without that proof nothing is removed because of it."""

    proven: bool
    evidence: str
    """One sentence with the figures, such as ``412 users announced, 400 unique read``."""
    method: Method = "counted"


class Doubt(Enum):
    """Why one pass over a list proves nothing."""

    PAGE_FAILED = "a page failed"
    MOVED = "rows came twice"
    CHANGED = "the total changed"
    BEGINS_AGAIN = "the list begins again after its end, so it may not be paged at all"
    MISCOUNTED = "the total isn't the number of rows"
    NAMELESS = "rows can't be read"


@dataclass(frozen=True, slots=True)
class ListPass:
    """What one pass over a list brought, as far as its proof rests on it."""

    ids: AbstractSet[str]
    """The unique ids."""
    counted: int
    """Rows that belong to the total: one for each id, and rows without one where the source counts those, too."""
    totals: frozenset[int | None]
    """Every total that was stated, from the first page to the last look; None where the source states none."""
    failed: bool = False
    """Whether a page is missing."""
    nameless: bool = False
    """Whether a row can't be told apart from others."""
    moved: bool = False
    """Whether a row was seen in two places, so that another may have been seen in none."""

    @property
    def doubts(self) -> frozenset[Doubt]:
        """Returns all that speaks against the pass; a wrong count counts only where nothing else explains it."""
        found = {
            Doubt.PAGE_FAILED: self.failed,
            Doubt.MOVED: self.moved,
            Doubt.CHANGED: len(self.totals) > 1,
            Doubt.NAMELESS: self.nameless,
        }
        doubts = frozenset(doubt for doubt, is_there in found.items() if is_there)
        if not doubts and self.totals.isdisjoint({self.counted, None}):
            return frozenset({Doubt.MISCOUNTED})
        return doubts

    @property
    def is_unsteady(self) -> bool:
        """Reports whether the list changed under the pass, so that another one may bring a proof."""
        return not self.failed and not self.doubts.isdisjoint({Doubt.MOVED, Doubt.CHANGED})

    @property
    def is_open(self) -> bool:
        """Reports whether nothing is missing as far as is known, but no total says how much there is."""
        return self.totals == {None} and not self.doubts


def proof_of(last: ListPass, before: ListPass | None = None) -> Method | None:
    """Returns how the last pass proves a list complete, None where it doesn't.

    A total proves it by itself. Without one, two passes must bring the same ids: an interrupted list looks like a
    short one, but hardly twice at the same place.
    """
    if last.doubts:
        return None
    if not last.is_open:
        return "counted"
    return "read twice" if before is not None and before.is_open and before.ids == last.ids else None
