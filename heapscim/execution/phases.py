"""Parts the changes of a plan into phases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from heapscim.model.changes import PHASES, Change, CreateGroup, CreateUser, subject
from heapscim.model.state import Kind, match_key


def names_of_creates(changes: Iterable[Change]) -> frozenset[str]:
    """Returns the folded names of everything that the changes create."""
    return frozenset(match_key(subject(change)) for change in changes if isinstance(change, CreateUser | CreateGroup))


def phases(changes: Iterable[Change]) -> Iterator[tuple[Kind | None, Iterator[tuple[int, Change]]]]:
    """Yields the changes of each phase, and what it creates, None if it creates nothing."""
    numbered = tuple(enumerate(changes))
    creates: Mapping[str, Kind] = {"create_user": "user", "create_group": "group"}
    for kinds in PHASES:
        yield creates.get(kinds[0]), iter([(seq, change) for seq, change in numbered if change.kind in kinds])
