"""Reads JumpCloud into a snapshot: users, user groups, the groups bound to the application, and their members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property

from heapscim.directory.jumpcloud.applications import Application
from heapscim.directory.jumpcloud.by_id import users_by_id
from heapscim.directory.jumpcloud.left_out import bound_without_group, unread_members
from heapscim.directory.jumpcloud.records import odd_states, person_of, text_of
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.directory.rest.client import RestClient, side_by_side
from heapscim.directory.rest.paging import Source
from heapscim.directory.rest.reading import Record, RestListing
from heapscim.errors import (
    AmbiguousInDirectory,
    DirectoryError,
    DirectoryForbidden,
    DirectoryUnauthenticated,
    NotInDirectory,
)
from heapscim.model.completeness import Completeness, ReadProgress
from heapscim.model.directory import DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.phrases import counted
from heapscim.model.state import match_key

USERS = Source("/api/systemusers", "users", ("_id",), order=(("sort", "_id"),))
NEWEST_USERS = Source("/api/systemusers", "users", ("_id",), (("sort", "-_id"),))
"""Users, the newest first: an id begins with the second in which it was made. ``-`` sorts in descending order (``sort``
of GET /systemusers in jcapi-python)."""
GROUPS = Source("/api/v2/usergroups", "groups", ("id",), order=(("sort", "id"),))
_SEES_ALL = "`heapscim activate --set jumpcloud.sees_all=true`"
_MOST_NAMES = 10
"""How many names, or doubtful lists, a message holds."""


def bindings_of(application: str) -> Source:
    """Returns the list of groups that are bound directly to an application."""
    path = f"/api/v2/applications/{application}/associations"
    return Source(path, "bound groups", ("to", "id"), (("targets", "user_group"),), nulls_count=True)


def direct_people_of(application: str) -> Source:
    """Returns the list of users who are bound to an application themselves."""
    return replace(bindings_of(application), noun="users bound directly", query=(("targets", "user"),))


def membership_of(group: str) -> Source:
    """Returns the list of a group's effective members, which nested groups and rules bring as well."""
    path = f"/api/v2/usergroups/{group}/membership"
    return Source(path, "members", ("id",), nulls_count=True, order=(("sort", "id"),))


def targets(listing: RestListing) -> frozenset[str]:
    """Returns the ids to which associations lead."""
    return frozenset(str(row["to"]["id"]) for row in listing.records)


async def find_group(api: RestClient, wanted: str) -> Record:
    """Returns the user group with an id or a name; raises NotInDirectory or AmbiguousInDirectory."""
    return _group_named((await api.read_list(GROUPS)).records, wanted)


async def read_snapshot(
    api: RestClient,
    application: Application,
    settings: JumpCloudSettings,
    progress: ReadProgress,
    *,
    also: str | None = None,
) -> DirectorySnapshot:
    """Reads everything once; ``also`` names a group whose members are read even if it isn't bound."""
    users, groups, bindings, direct = await side_by_side(
        api.read_list(USERS, progress),
        api.read_list(GROUPS),
        api.read_list(bindings_of(application.id)),
        _direct_people(api, application, needed=settings.direct),
    )
    roles, notices = _role_groups(groups.records, settings.role_from_groups)
    asked = [] if also is None else [str(_group_named(groups.records, also)["id"])]
    ids = sorted({*targets(bindings), *roles, *asked})
    read = await side_by_side(*(_membership(api, id, needed=id in roles) for id in ids))
    lists = _Lists(users, groups, bindings, direct, dict(zip(ids, read, strict=True)))
    bound_people = lists.direct_ids if settings.direct else frozenset()
    records, unlisted = await _with_unlisted(api, users.records, lists.named | bound_people, settings)
    people, nameless = _people(records, settings, [(lists.members[id], role) for id, role in roles.items()])
    unlisted += [f"{counted(nameless, 'user')} without a username."] if nameless else []
    unread = (lists.named | bound_people) - {person.external_id for person in people}
    notices += unread_members(len(unread & (lists.held | bound_people)), settings)
    notices += [] if settings.direct else bound_without_group(people, lists.direct_ids - lists.held, application)
    return DirectorySnapshot(
        source=f"JumpCloud ({application.label})",
        people=tuple(people),
        groups=lists.directory_groups,
        completeness=lists.completeness(unlisted, len(people), direct=settings.direct),
        notices=(*notices, *odd_states(records), *application.notices),
        default_scope="groups",
        bound_people=bound_people,
        unread_people=unread,
        holds_all_members=lists.hold_all_members(direct=settings.direct),
        certain_people=frozenset(person.external_id for person in people if not person.active and not person.doubt),
        certain_groups=lists.certain_groups,
    )


@dataclass(frozen=True)
class _Lists:
    """Holds every list of one read."""

    users: RestListing
    groups: RestListing
    bindings: RestListing
    direct: RestListing
    memberships: Mapping[str, RestListing]
    """By the id of the group."""

    @cached_property
    def bound(self) -> frozenset[str]:
        """Returns the ids of bound groups."""
        return targets(self.bindings)

    @cached_property
    def direct_ids(self) -> frozenset[str]:
        """Returns the ids of users who are bound themselves."""
        return targets(self.direct)

    @cached_property
    def members(self) -> Mapping[str, frozenset[str]]:
        """Returns the ids of the users in each group that was read."""
        return {
            id: frozenset(str(row["id"]) for row in listing.records if row.get("type", "user") == "user")
            for id, listing in self.memberships.items()
        }

    @property
    def named(self) -> frozenset[str]:
        """Returns the ids of all users whom groups name."""
        return frozenset().union(*self.members.values())

    @property
    def held(self) -> frozenset[str]:
        """Returns the ids of all users whom bound groups hold."""
        return frozenset().union(*(self.members[id] for id in self.bound))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Returns the name of each group."""
        return {str(row["id"]): text_of(row, "name") for row in self.groups.records}

    @property
    def certain_groups(self) -> frozenset[str]:
        """Returns the ids of listed groups of which it is proven whether they are bound.

        A group that the list of bound groups names is bound; only a whole list proves that one isn't.
        """
        return frozenset(self.names if self.bindings.completeness.proven else self.bound & self.names.keys())

    @property
    def directory_groups(self) -> tuple[DirectoryGroup, ...]:
        """Returns the groups as a snapshot holds them."""
        return tuple(
            DirectoryGroup(id, name, self.members.get(id, frozenset()), bound=id in self.bound)
            for id, name in self.names.items()
        )

    def hold_all_members(self, *, direct: bool) -> bool:
        """Reports whether everyone whom bound groups hold is proven to be named, whether users are listed or not.

        A null may be a user who was deleted, or one whom a role isn't shown.
        """
        lists = [self.bindings, *self.memberships.values(), *([self.direct] if direct else [])]
        return all(found.completeness.proven and not found.nulls for found in lists)

    def completeness(self, unlisted: Sequence[str], people: int, *, direct: bool) -> Completeness:
        """Returns what all lists together prove; ``direct`` says whether people who are bound themselves count."""
        lists = [("", found) for found in (self.users, self.groups, self.bindings, *([self.direct] if direct else []))]
        lists += [(f"{self.names.get(id, id)}: ", found) for id, found in self.memberships.items()]
        lacking = [
            *(words + found.completeness.evidence for words, found in lists if not found.completeness.proven),
            *(f"The bound group {id} is not in the list of groups." for id in sorted(self.bound - self.names.keys())),
        ]
        if (more := len(lacking) - _MOST_NAMES) > 0:  # each removal that is withheld repeats this
            lacking[_MOST_NAMES:] = [f"{counted(more, 'more list')} can't prove to be complete."]
        doubts = [*lacking, *unlisted]
        everything = f"{people} users and {len(self.bound)} bound groups read from JumpCloud."
        twice = any(found.completeness.method == "read twice" for _, found in lists)
        return Completeness(not doubts, " ".join(doubts) or everything, "read twice" if twice else "counted")


async def _direct_people(api: RestClient, application: Application, *, needed: bool) -> RestListing:
    """Returns who is bound to the application directly. Unless that is ``needed``, it is only told, if it is known."""
    try:
        return await api.read_list(direct_people_of(application.id))
    except (DirectoryUnauthenticated, DirectoryForbidden):
        raise
    except DirectoryError:
        if needed:
            raise
        return RestListing((), Completeness(proven=False, evidence=""))


async def _with_unlisted(
    api: RestClient, users: Sequence[Record], named: frozenset[str], settings: JumpCloudSettings
) -> tuple[tuple[Record, ...], list[str]]:
    """Returns all users, also those whom groups name and the list lacks, as far as they can be asked for by id.

    Says, too, what makes the list doubtful then: a role may see only some users, in the list or by their ids.
    """
    missing = sorted(named - {str(row["_id"]) for row in users})
    if not missing:
        return tuple(users), []
    answers = await users_by_id(api, missing) if len(missing) <= settings.most_lookups else {}
    found = tuple(answer for answer in answers.values() if isinstance(answer, Mapping))
    hidden = len(missing) - len(found)
    doubt = f"JumpCloud's list of users lacks {counted(len(missing), 'user')} whom groups or the application name"
    if not hidden:
        return (*users, *found), [f"{doubt}."]
    why = "They weren't asked for by id: that is more than jumpcloud.most_lookups."
    if answers:
        why = f"By id, {hidden:,} of them can't be read either"
        why += "." if settings.sees_all else f": does the key's role see all users? If it does, say so: {_SEES_ALL}."
    return (*users, *found), [f"{doubt}. {why}"]


async def _membership(api: RestClient, group: str, *, needed: bool) -> RestListing:
    """Returns a group's members; a group that can't be read makes its members uncertain, but the read goes on.

    A group may be gone although a list still names it. A group whose members are ``needed`` ends the read: it decides
    about roles, and people who are missing would get another. So does a refusal, which is about every group.
    """
    try:
        return await api.read_list(membership_of(group))
    except DirectoryError as error:
        if needed or isinstance(error, DirectoryUnauthenticated | DirectoryForbidden):
            raise
        return RestListing(
            (), Completeness(proven=False, evidence=f"its members can't be read: {error.message.rstrip('.')}.")
        )


def _people(
    records: Sequence[Record], settings: JumpCloudSettings, roles: Sequence[tuple[frozenset[str], str]]
) -> tuple[list[Person], int]:
    """Returns all people with a username, and how many users have none. The first group of the role table counts."""
    people: list[Person] = []
    for record in records:
        role = next((role for holders, role in roles if record["_id"] in holders), None)
        person = person_of(record, settings, role)
        if person is not None:
            people.append(person)
    return people, len(records) - len(people)


def _role_groups(groups: Sequence[Record], table: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Returns the role of each group of the table that exists, in order, and a notice for each that doesn't."""
    roles: dict[str, str] = {}
    notices: list[str] = []
    for name, role in table.items():
        try:
            roles.setdefault(str(_group_named(groups, name)["id"]), role)
        except DirectoryError as error:
            notices.append(f"role_from_groups: {error.message} It gives no one the role {role}.")
    return roles, notices


def _group_named(groups: Sequence[Record], wanted: str) -> Record:
    if found := [row for row in groups if row["id"] == wanted]:
        return found[0]
    found = [row for row in groups if match_key(text_of(row, "name")) == match_key(wanted)]
    if not found:
        near = _near(wanted, [text_of(row, "name") for row in groups])
        raise NotInDirectory(f"JumpCloud has no user group {wanted!r}.", hint=near)
    if len(found) > 1:
        ids = ", ".join(str(row["id"]) for row in found)
        raise AmbiguousInDirectory(f"JumpCloud has {len(found)} groups called {wanted!r}.", hint=f"Give the id: {ids}.")
    return found[0]


def _near(wanted: str, names: Sequence[str]) -> str:
    folded = {match_key(name): name for name in names}
    near = [folded[key] for key in get_close_matches(match_key(wanted), folded, n=3)]
    listed = near or sorted(names)[:_MOST_NAMES]
    return f"Did you mean {' or '.join(near)}?" if near else f"It has {', '.join(listed) or 'none'}."
