"""Holds what is in Heap now (current state) and what heapscim manages of it (links), each with its indexes.

Constructors reject duplicates, so that no later stage has to check. An index is built when it is first asked for, and
once: every stage reads the same one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias, TypeVar

from heapscim.model.caseless import caseless, folded
from heapscim.model.completeness import Completeness

USER_NAME = "userName"
DISPLAY_NAME = "displayName"
ROLE = "role"
Kind: TypeAlias = Literal["user", "group"]
"""What a resource in Heap is."""


def match_key(name: str) -> str:
    """Returns what a userName or displayName is matched by: lower case, Unicode NFC, outer white space ignored."""
    return caseless(name.strip())


def match_keys(names: Iterable[str]) -> Sequence[str]:
    """Returns the match key of each name; at once, if all of them are ASCII."""
    every = tuple(names)
    if all(map(str.isascii, every)):
        return tuple(map(str.lower, map(str.strip, every)))
    return tuple(map(match_key, every))


def key_before(name: str) -> str:
    """Returns what heapscim 0.1 matched a name by. People and groups without an id had this key as their id."""
    return folded(name.strip())


def same_text(one: str, other: str) -> bool:
    """Returns whether two texts are the same in Unicode NFC."""
    return one == other or unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """Holds a Heap account as it was read."""

    id: str
    user_name: str
    active: bool
    attributes: Mapping[str, str]
    """Target attributes as Heap returned them, by the same paths as DesiredUser.attributes."""
    created: float | None = field(default=None, compare=False)
    """When it was created (``meta.created``), in seconds since 1970 by our own clock; None if Heap doesn't say."""
    alternatives: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)
    """Further texts of a multi-valued attribute that may be the one that is meant: the tenant shows nothing that tells
    them apart, such as a type."""

    def meant_by(self, wanted: Mapping[str, str | None]) -> CurrentUser:
        """Returns the account with the wanted texts, if it holds them as alternatives of the texts that it shows."""
        asked = {path: text for path in self.alternatives if (text := wanted.get(path)) is not None}
        found = {path: text for path, text in asked.items() if text in self.alternatives[path]}
        return replace(self, attributes={**self.attributes, **found}) if found else self

    @property
    def shown_name(self) -> str:
        """Returns the name that a person knows it by."""
        return self.user_name

    @property
    def match_key(self) -> str:
        """Returns the folded name that it is matched by."""
        return match_key(self.user_name)


@dataclass(frozen=True, slots=True)
class CurrentGroup:
    """Holds a Heap group as it was read."""

    id: str
    name: str
    member_ids: frozenset[str]
    """Heap ids of its members."""
    is_whole: bool = True
    """Whether those are all its members: some tenants show none, or only the first few."""
    created: float | None = field(default=None, compare=False)
    """When it was created, as for accounts."""

    @property
    def shown_name(self) -> str:
        """Returns the name that a person knows it by."""
        return self.name

    @property
    def match_key(self) -> str:
        """Returns the folded name that it is matched by."""
        return match_key(self.name)


def holders_of(groups: Iterable[CurrentGroup]) -> Mapping[str, tuple[str, ...]]:
    """Maps the Heap id of each member to the Heap ids of the groups that hold them, sorted."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups:
        for member in group.member_ids:
            holders[member].append(group.id)
    return {member: tuple(sorted(ids)) for member, ids in holders.items()}


@dataclass(frozen=True, slots=True)
class Broken:
    """Holds what is known of an account or group that can't be read: it is reported and never changed."""

    type: Kind
    id: str | None
    """None if the id can't be read either."""
    name: str | None
    message: str
    """What is wrong with it."""

    @property
    def match_key(self) -> str | None:
        """Returns the folded name that it is matched by, None for one without a name."""
        return None if self.name is None else match_key(self.name)


@dataclass(frozen=True)
class CurrentState:
    """Holds everything that was read from Heap, managed or not."""

    users: tuple[CurrentUser, ...]
    groups: tuple[CurrentGroup, ...]
    completeness: Completeness
    groups_completeness: Completeness = Completeness(proven=True, evidence="groups were not asked for")
    broken: tuple[Broken, ...] = ()
    """What can't be read; ``users`` and ``groups`` hold none of these."""
    asked_users: frozenset[str] = frozenset()
    """Heap ids of accounts that were read one by one, by id: proof about each of them, whatever the list proves."""
    asked_groups: frozenset[str] = frozenset()
    """Heap ids of groups that were read one by one, likewise."""

    def __post_init__(self) -> None:
        reject_duplicates("accounts with the id", (user.id for user in self.users))
        reject_duplicates("groups with the id", (group.id for group in self.groups))

    @cached_property
    def users_by_id(self) -> Mapping[str, CurrentUser]:
        """Maps Heap ids to accounts."""
        return {user.id: user for user in self.users}

    @cached_property
    def users_by_key(self) -> Mapping[str, Sequence[CurrentUser]]:
        """Maps folded userNames to accounts; Heap may hold several of one name."""
        return _by_key(self.users)

    @cached_property
    def active_user_ids(self) -> frozenset[str]:
        """Returns the Heap ids of the active accounts."""
        return frozenset(user.id for user in self.users if user.active)

    @cached_property
    def groups_by_id(self) -> Mapping[str, CurrentGroup]:
        """Maps Heap ids to groups."""
        return {group.id: group for group in self.groups}

    @cached_property
    def groups_by_key(self) -> Mapping[str, Sequence[CurrentGroup]]:
        """Maps folded names to groups; Heap may hold several of one name."""
        return _by_key(self.groups)

    @cached_property
    def groups_of(self) -> Mapping[str, tuple[str, ...]]:
        """Maps the Heap id of each member to the Heap ids of the groups that hold them, sorted."""
        return holders_of(self.groups)

    def broken_of(self, type: Kind) -> tuple[Broken, ...]:
        """Returns the accounts, or the groups, that can't be read."""
        return tuple(found for found in self.broken if found.type == type)


@dataclass(frozen=True, slots=True)
class Link:
    """Links one person or group of the directory to one resource in Heap: what is linked is managed."""

    external_id: str
    id: str
    name: str
    """The userName or displayName when last seen."""
    sent: Mapping[str, str] = field(default_factory=dict)
    """Attributes as last written, for a tenant that doesn't show them all (empty for groups)."""
    by_hand: bool = False
    """Whether it is managed by hand: no directory has asked for it yet, and a sync leaves it alone."""
    set_by_hand: frozenset[str] = frozenset()
    """Attributes (``displayName`` of a group) whose last value was asked for by a person, not by the directory."""
    kept: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Attribute path → the value asked for and the value kept, if the tenant keeps values in a form of its own."""
    unseen: frozenset[str] = frozenset()
    """Heap ids of members that were sent and that the tenant doesn't show (empty for users)."""

    @property
    def is_replaced(self) -> bool:
        """Returns whether its person has another account now. It is never given to another: it holds charts."""
        return self.external_id.endswith(")") and self.external_id.endswith(self._replaced)

    def replaced(self) -> Link:
        """Returns the link that takes its place once its person has another account."""
        return replace(self, external_id=self.external_id + self._replaced)

    @property
    def _replaced(self) -> str:
        return f" (replaced {self.id})"


@dataclass(frozen=True)
class Links:
    """Holds everything that heapscim manages in one tenant: what it created or took over."""

    users: tuple[Link, ...] = ()
    groups: tuple[Link, ...] = ()

    @cached_property
    def users_by_id(self) -> Mapping[str, Link]:
        """Maps Heap ids to links of users."""
        return {link.id: link for link in self.users}

    @cached_property
    def users_by_external_id(self) -> Mapping[str, Link]:
        """Maps the directory's ids to links of users."""
        return {link.external_id: link for link in self.users}

    @cached_property
    def groups_by_id(self) -> Mapping[str, Link]:
        """Maps Heap ids to links of groups."""
        return {link.id: link for link in self.groups}

    @cached_property
    def groups_by_external_id(self) -> Mapping[str, Link]:
        """Maps the directory's ids to links of groups."""
        return {link.external_id: link for link in self.groups}

    @cached_property
    def for_the_directory(self) -> Links:
        """Returns the links that the directory decides about: all but those that are managed by hand."""
        if not any(link.by_hand for links in (self.users, self.groups) for link in links):
            return self
        return Links(*(tuple(link for link in links if not link.by_hand) for links in (self.users, self.groups)))

    @cached_property
    def made_by_hand(self) -> Links:
        """Returns the links that are managed by hand."""
        return Links(*(tuple(link for link in links if link.by_hand) for links in (self.users, self.groups)))

    def __post_init__(self) -> None:
        for links, noun in ((self.users, "users"), (self.groups, "groups")):
            reject_duplicates(f"linked {noun} with the external id", (link.external_id for link in links))
            reject_duplicates(f"linked {noun} with the Heap id", (link.id for link in links))

    def external_id_of_user(self, id: str) -> str | None:
        """Returns the directory's id of a managed account, None for any other."""
        link = self.users_by_id.get(id)
        return None if link is None else link.external_id

    def external_id_of_group(self, id: str) -> str | None:
        """Returns the directory's id of a managed group, None for any other."""
        link = self.groups_by_id.get(id)
        return None if link is None else link.external_id

    def id_of_user(self, name: str) -> str | None:
        """Returns the Heap id of an account that was created by this userName and that the tenant calls otherwise."""
        key = match_key(name)
        return next((link.id for link in self.users if USER_NAME in link.kept and match_key(link.name) == key), None)


C = TypeVar("C", CurrentUser, CurrentGroup)


def _by_key(items: Iterable[C]) -> Mapping[str, Sequence[C]]:
    found: defaultdict[str, list[C]] = defaultdict(list)
    for item in items:
        found[item.match_key].append(item)
    return dict(found)


def reject_duplicates(what: str, keys: Iterable[str]) -> None:
    """Raises ValueError, with the first few duplicates, unless each key occurs once."""
    every = tuple(keys)
    if len(set(every)) < len(every):
        repeated = sorted(key for key, count in Counter(every).items() if count > 1)
        raise ValueError(f"two {what} {', '.join(map(repr, repeated[:5]))}")
