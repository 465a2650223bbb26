"""The two sides of a plan as values: what ought to be (desired), what is (current), and what is ours (links).

Constructors reject duplicates, so that no later stage has to ask.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from heapscim.model.caseless import caseless, folded
from heapscim.model.completeness import Completeness

USER_NAME = "userName"
DISPLAY_NAME = "displayName"
ROLE = "role"


def match_key(name: str) -> str:
    """Returns what a userName or displayName is matched by: lower case, Unicode NFC, outer white space ignored."""
    return caseless(name.strip())


def key_before(name: str) -> str:
    """Returns what heapscim 0.1 matched a name by; people and groups without an id had it for one."""
    return folded(name.strip())


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same in Unicode NFC."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


@dataclass(frozen=True, slots=True)
class DesiredUser:
    """A person in scope, as they ought to be in Heap: always active."""

    external_id: str
    user_name: str
    attributes: Mapping[str, str]
    """Target attributes that are managed for this person (``name.givenName``, ``role`` …). One that isn't here is
    left as it is in Heap."""

    @property
    def match_key(self) -> str:
        """The folded name it is matched by."""
        return match_key(self.user_name)


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """A bound group, as it ought to be in Heap."""

    external_id: str
    name: str
    member_ids: frozenset[str]
    """External ids of its members in scope."""

    @property
    def match_key(self) -> str:
        """The folded name it is matched by."""
        return match_key(self.name)


@dataclass(frozen=True, slots=True)
class Skip:
    """A person the directory holds who is out of scope, and why."""

    external_id: str
    user_name: str
    reason: str
    is_refused: bool = False
    """Whether the directory says that the person is to have no account, rather than nothing."""


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All that the directory asks for."""

    users: tuple[DesiredUser, ...]
    groups: tuple[DesiredGroup, ...] | None
    """None where groups aren't managed: group management is off, or the source says nothing of groups."""
    completeness: Completeness
    unbound_group_ids: frozenset[str] = frozenset()
    """External ids of groups the directory still holds but no longer connects to Heap."""
    lists_groups: bool = True
    skips: tuple[Skip, ...] = ()
    memberships: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Per external id of a person in scope, the names of the bound groups that hold them."""
    source: str = "the directory"
    notices: tuple[str, ...] = ()
    """What a person should know about the read."""
    gone: frozenset[str] = frozenset()
    """External ids of people whom the directory, asked for each by id, no longer holds or has suspended."""
    gone_groups: frozenset[str] = frozenset()
    """External ids of groups that the directory, asked for each by id, no longer holds."""

    def __post_init__(self) -> None:
        _reject_duplicates("people with the id", (user.external_id for user in self.users))
        _reject_duplicates("people with the userName", (user.match_key for user in self.users))
        _reject_duplicates("groups with the id", (group.external_id for group in self.groups or ()))
        _reject_duplicates("groups with the name", (group.match_key for group in self.groups or ()))


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """A Heap account as observed."""

    id: str
    user_name: str
    active: bool
    attributes: Mapping[str, str]
    """Target attributes as Heap answered them, by the same paths as DesiredUser.attributes."""
    created: float | None = field(default=None, compare=False)
    """When it was made (``meta.created``), in seconds since 1970 by our own clock; None where Heap doesn't say."""

    @property
    def shown_name(self) -> str:
        """What a person calls it."""
        return self.user_name

    @property
    def match_key(self) -> str:
        """The folded name it is matched by."""
        return match_key(self.user_name)


@dataclass(frozen=True, slots=True)
class CurrentGroup:
    """A Heap team as observed."""

    id: str
    name: str
    member_ids: frozenset[str]
    """Heap ids of its members."""
    is_whole: bool = True
    """Whether those are all of them: some tenants show no members, or only the first so many."""
    created: float | None = field(default=None, compare=False)
    """When it was made, as for accounts."""

    @property
    def shown_name(self) -> str:
        """What a person calls it."""
        return self.name

    @property
    def match_key(self) -> str:
        """The folded name it is matched by."""
        return match_key(self.name)


def holders_of(groups: Iterable[CurrentGroup]) -> Mapping[str, tuple[str, ...]]:
    """Heap id of each member → Heap ids of the groups that hold them, sorted."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups:
        for member in group.member_ids:
            holders[member].append(group.id)
    return {member: tuple(sorted(ids)) for member, ids in holders.items()}


@dataclass(frozen=True, slots=True)
class Broken:
    """An account or group that can't be read. It is reported, and left alone in every way."""

    type: Literal["user", "group"]
    id: str | None
    """None where not even that can be read."""
    name: str | None
    message: str
    """What is wrong with it."""

    @property
    def match_key(self) -> str | None:
        """The folded name it is matched by, None for one without a name."""
        return None if self.name is None else match_key(self.name)


@dataclass(frozen=True, slots=True)
class CurrentState:
    """All that Heap holds, managed or not."""

    users: tuple[CurrentUser, ...]
    groups: tuple[CurrentGroup, ...]
    completeness: Completeness
    groups_completeness: Completeness = Completeness(proven=True, evidence="groups were not asked for")
    broken: tuple[Broken, ...] = ()
    """What is there and can't be read; none of these is among the users and groups."""
    asked_users: frozenset[str] = frozenset()
    """Heap ids of accounts that were asked for by id and are as they were left: a proof about each of them."""
    asked_groups: frozenset[str] = frozenset()
    """Heap ids of groups that were read by themselves, likewise."""

    def broken_of(self, type: Literal["user", "group"]) -> tuple[Broken, ...]:
        """The accounts, or the groups, that can't be read."""
        return tuple(found for found in self.broken if found.type == type)

    def __post_init__(self) -> None:
        _reject_duplicates("accounts with the id", (user.id for user in self.users))
        _reject_duplicates("groups with the id", (group.id for group in self.groups))


@dataclass(frozen=True, slots=True)
class Link:
    """Ties one person or group of the directory to one resource in Heap; what is linked is managed."""

    external_id: str
    id: str
    name: str
    """The userName or displayName when last seen."""
    sent: Mapping[str, str] = field(default_factory=dict)
    """Attributes as last written, for those a tenant doesn't show (empty for groups)."""
    by_hand: bool = False
    """Whether a person had it made, and no directory has asked for it yet: a sync leaves it alone."""
    set_by_hand: frozenset[str] = frozenset()
    """Attributes (``displayName`` of a group) whose value as last written a person asked for, not the directory."""
    kept: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Attribute path → what was asked for and what the tenant made of it, where it keeps values in its own form."""
    unseen: frozenset[str] = frozenset()
    """Heap ids of members that were sent and that the tenant doesn't show (empty for users)."""

    @property
    def is_replaced(self) -> bool:
        """Whether its person has another account by now; nobody else is given this one, charts and all."""
        return self.external_id.endswith(_replaced(self.id))

    def replaced(self) -> Link:
        """The same link once its person has another account."""
        return replace(self, external_id=self.external_id + _replaced(self.id))


def _replaced(id: str) -> str:
    return f" (replaced {id})"


@dataclass(frozen=True, slots=True)
class Links:
    """Everything heapscim manages in one tenant: what it created or took over."""

    users: tuple[Link, ...] = ()
    groups: tuple[Link, ...] = ()

    @property
    def for_the_directory(self) -> Links:
        """Those that a directory decides about: all but what is managed by hand."""
        return self._where(by_hand=False)

    @property
    def made_by_hand(self) -> Links:
        """Those that are managed by hand."""
        return self._where(by_hand=True)

    def _where(self, *, by_hand: bool) -> Links:
        users, groups = (
            tuple(link for link in links if link.by_hand is by_hand) for links in (self.users, self.groups)
        )
        return Links(users, groups)

    def __post_init__(self) -> None:
        for links, noun in ((self.users, "users"), (self.groups, "groups")):
            _reject_duplicates(f"linked {noun} with the external id", (link.external_id for link in links))
            _reject_duplicates(f"linked {noun} with the Heap id", (link.id for link in links))

    def id_of_user(self, name: str) -> str | None:
        """The Heap id of an account that was asked for by this userName, and that the tenant keeps under another."""
        key = match_key(name)
        return next((link.id for link in self.users if USER_NAME in link.kept and match_key(link.name) == key), None)


def _reject_duplicates(what: str, keys: Iterable[str]) -> None:
    repeated = sorted(key for key, count in Counter(keys).items() if count > 1)
    if repeated:
        raise ValueError(f"two {what} {', '.join(map(repr, repeated[:5]))}")


Kind: TypeAlias = Literal["user", "group"]
