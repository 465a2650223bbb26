"""Finds the application that groups are bound to, by its id or one of its names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heapscim.directory.jumpcloud.records import text_of
from heapscim.directory.rest.client import RestClient
from heapscim.directory.rest.paging import Source
from heapscim.directory.rest.reading import Record
from heapscim.errors import AmbiguousInDirectory, DirectoryError, NotInDirectory
from heapscim.model.state import match_key

APPLICATIONS = Source("/api/applications", "applications", ("_id",), order=(("sort", "_id"),))
_MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Application:
    """Holds the application that groups are bound to."""

    id: str
    label: str
    active: bool = True

    @property
    def notices(self) -> tuple[str, ...]:
        """Returns what an administrator should know about the application."""
        if self.active:
            return ()
        return (f"The application {self.label} is inactive in JumpCloud, so nobody signs in to Heap through it.",)


async def find_application(api: RestClient, wanted: str) -> Application:
    """Returns the application with an id, a display label or, failing that, another of its names.

    Raises NotInDirectory or AmbiguousInDirectory, listing the candidates.
    """
    listing = await api.read_list(APPLICATIONS)
    if found := [row for row in listing.records if row["_id"] == wanted]:
        return _application(found[0])
    for names in (("displayLabel",), ("displayName", "name")):
        found = [
            row for row in listing.records if any(match_key(text_of(row, name)) == match_key(wanted) for name in names)
        ]
        if len(found) == 1:
            return _application(found[0])
        if found:
            candidates = "; ".join(_described(row) for row in found[:_MOST_CANDIDATES])
            raise AmbiguousInDirectory(
                f"JumpCloud has {len(found)} applications called {wanted!r}.", hint=f"Give the id: {candidates}."
            )
    if not listing.completeness.proven:
        raise DirectoryError(
            f"JumpCloud's list of applications is incomplete: {listing.completeness.evidence}", hint="Try again."
        )
    raise NotInDirectory(f"JumpCloud has no application {wanted!r}.", hint=_candidates(listing.records))


def _application(row: Record) -> Application:
    return Application(str(row["_id"]), next(_labels(row), str(row["_id"])), row.get("active") is not False)


def _labels(row: Record) -> Iterator[str]:
    return filter(None, (text_of(row, name) for name in ("displayLabel", "displayName", "name")))


def _described(row: Record) -> str:
    return f"{next(_labels(row), '(no name)')} ({row['_id']})"


def _candidates(rows: Sequence[Record]) -> str:
    listed = "; ".join(sorted(map(_described, rows))[:_MOST_CANDIDATES])
    more = len(rows) - _MOST_CANDIDATES
    return f"It has {listed or 'none'}{f' and {more} more' if more > 0 else ''}."
