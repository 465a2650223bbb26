"""Holds what ought to be in Heap, as the directory asks for it: people in scope and bound groups.

Constructors reject duplicates, so that no later stage has to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from heapscim.model.completeness import Completeness
from heapscim.model.directory import DirectoryGroup
from heapscim.model.state import match_key, match_keys, reject_duplicates


@dataclass(frozen=True, slots=True)
class DesiredUser:
    """Holds a person in scope as they ought to be in Heap: always active."""

    external_id: str
    user_name: str
    attributes: Mapping[str, str]
    """Target attributes that are managed for this person (``name.givenName``, ``role`` …). Any other is left as it is
    in Heap."""
    email: str = ""
    """The e-mail address in the directory, whether it is mapped or not; empty if there is none."""

    @property
    def shown_name(self) -> str:
        """Returns the name that a person knows it by."""
        return self.user_name

    @property
    def match_key(self) -> str:
        """Returns the folded name that it is matched by."""
        return match_key(self.user_name)


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """Holds a bound group as it ought to be in Heap."""

    external_id: str
    name: str
    member_ids: frozenset[str]
    """External ids of its members in scope."""

    @property
    def shown_name(self) -> str:
        """Returns the name that a person knows it by."""
        return self.name

    @property
    def match_key(self) -> str:
        """Returns the folded name that it is matched by."""
        return match_key(self.name)


@dataclass(frozen=True, slots=True)
class Skip:
    """Names a person of the directory who is out of scope, and says why."""

    external_id: str
    user_name: str
    reason: str
    is_refused: bool = False
    """Whether the directory says that this person must have no account; else it says nothing about one."""
    is_in_doubt: bool = False
    """Whether it can't be told if this person belongs in Heap: then nothing is done about them."""


@dataclass(frozen=True)
class DesiredState:
    """Holds everything that the directory asks for."""

    users: tuple[DesiredUser, ...]
    groups: tuple[DesiredGroup, ...] | None
    """None if groups aren't managed: group management is off, or the directory says nothing about groups."""
    completeness: Completeness
    unbound_group_ids: frozenset[str] = frozenset()
    """External ids of groups that the directory still holds and no longer connects to Heap."""
    lists_groups: bool = True
    """False if groups exist only because a person's row names them (CSV): a group without a row may still exist."""
    skips: tuple[Skip, ...] = ()
    bound_groups: tuple[DirectoryGroup, ...] = ()
    """The bound groups as the directory holds them, whether groups are managed or not."""
    source: str = "the directory"
    notices: tuple[str, ...] = ()
    """What a person should know about the read."""
    certain_people: frozenset[str] = frozenset()
    """External ids of people about whom the directory's word is proven, even if its whole read isn't."""
    certain_groups: frozenset[str] = frozenset()
    """External ids of groups about whose existence and connection the directory's word is proven, likewise."""

    @cached_property
    def memberships(self) -> Mapping[str, frozenset[str]]:
        """Maps the external id of each person in scope to the names of the bound groups that hold them."""
        names: dict[str, set[str]] = {user.external_id: set() for user in self.users}
        for group in self.bound_groups:
            for external_id in group.member_ids & names.keys():
                names[external_id].add(group.name)
        return {external_id: frozenset(groups) for external_id, groups in names.items() if groups}

    def __post_init__(self) -> None:
        reject_duplicates("people with the id", (user.external_id for user in self.users))
        reject_duplicates("people with the userName", match_keys(user.user_name for user in self.users))
        reject_duplicates("groups with the id", (group.external_id for group in self.groups or ()))
        reject_duplicates("groups with the name", (group.match_key for group in self.groups or ()))
