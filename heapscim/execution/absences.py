"""Chooses which linked accounts and groups are read by id because a list lacks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heapscim.model.desired import DesiredState
from heapscim.model.state import (
    CurrentState,
    Link,
    Links,
    match_key,
)

LOOKED_AT_AGAIN = 25
"""The number of long absent accounts or groups that are read again in each run."""


@dataclass(frozen=True, slots=True)
class Absences:
    """Holds linked accounts and groups that the directory doesn't want, and that were gone or inactive when last read.

    A few of them are read again in each run, by turns: otherwise each run would read the leavers of all years.
    """

    users: tuple[str, ...] = ()
    """Heap ids, the one that was read the longest ago first."""
    groups: tuple[str, ...] = ()


NONE_ABSENT = Absences()


@dataclass(frozen=True, slots=True)
class Due:
    """Says which linked accounts or groups a list lacks, and which of them are read now."""

    names: Mapping[str, str]
    """Heap id → name of each that is read now."""
    wanted: frozenset[str]
    """Heap ids of those that the directory holds; they never count as absent."""
    waiting: tuple[str, ...]
    """Heap ids of absent ones that aren't read this time."""
    sought: frozenset[str]
    """Folded names that the directory holds."""

    @classmethod
    def users(cls, current: CurrentState, desired: DesiredState, links: Links, absences: Absences) -> Due:
        """Returns those that are accounts."""
        there = current.users_by_id.keys() | {found.id for found in current.broken}
        lacking = [link for link in links.users if link.id not in there]
        names = {user.external_id: user.match_key for user in desired.users} if lacking else {}
        return cls._of(lacking, names, absences.users)

    @classmethod
    def groups(cls, current: CurrentState, desired: DesiredState, links: Links, absences: Absences) -> Due:
        """Returns those that are groups."""
        there = current.groups_by_id.keys() | {found.id for found in current.broken}
        lacking = [link for link in links.groups if link.id not in there]
        names = {group.external_id: group.match_key for group in desired.groups or ()} if lacking else {}
        return cls._of(lacking, names, absences.groups)

    @classmethod
    def _of(cls, lacking: Sequence[Link], wanted: Mapping[str, str], absent: Sequence[str]) -> Due:
        """Returns all that a list lacks; of those known to be absent, only the wanted ones and a few by turns."""
        keys = frozenset(wanted.values())
        rest = {
            link.id for link in lacking if link.external_id not in wanted and match_key(link.name) not in keys
        }.intersection(absent)
        in_turn = [id for id in absent if id in rest]
        waiting = tuple(in_turn[LOOKED_AT_AGAIN:])
        spared = frozenset(waiting)
        return cls(
            names={link.id: link.name for link in lacking if link.id not in spared},
            wanted=frozenset(link.id for link in lacking if link.external_id in wanted),
            waiting=waiting,
            sought=keys,
        )
