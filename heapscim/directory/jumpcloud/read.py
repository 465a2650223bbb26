"""Reads JumpCloud into a snapshot: users, user groups, the groups bound to the application, and their members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from heapscim.directory.connection import RestSession
from heapscim.directory.jumpcloud.constants import ATTRIBUTES
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.directory.rest.client import Explain, RestClient, side_by_side
from heapscim.directory.rest.paging import Offset, Source
from heapscim.directory.rest.reading import Record, RestListing
from heapscim.errors import AmbiguousInDirectory, DirectoryError, DirectoryUnavailable, NotInDirectory
from heapscim.http.responses import JsonResponse
from heapscim.model.completeness import Completeness, ReadProgress
from heapscim.model.directory import ROLE, USERNAME, DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.phrases import counted
from heapscim.model.state import match_key

SORTED = (("sort", "_id"),)
USERS = Source("/api/systemusers", "users", ("_id",), SORTED)
NEWEST_USERS = Source("/api/systemusers", "users", ("_id",), (("sort", "-_id"),))
"""Users, the newest first: an id begins with the second in which it was made. ``-`` sorts in descending order (``sort``
of GET /systemusers in jcapi-python)."""
APPLICATIONS = Source("/api/applications", "applications", ("_id",), SORTED)
GROUPS = Source("/api/v2/usergroups", "groups", ("id",), (("sort", "id"),))
_MOST_CANDIDATES = 10


def jumpcloud_client(
    session: RestSession, explain: Explain, *, page_size: int, headers: Mapping[str, str]
) -> RestClient:
    """Returns a client for one organisation. A short page doesn't end a list, since null records make pages short."""
    return RestClient(session, explain, "JumpCloud", Offset(page_size), _rows_of, headers)


@dataclass(frozen=True, slots=True)
class Application:
    """Holds the application that groups are bound to."""

    id: str
    label: str


def bindings_of(application: str) -> Source:
    """Returns the list of groups that are bound directly to an application."""
    path = f"/api/v2/applications/{application}/associations"
    return Source(path, "bound groups", ("to", "id"), (("targets", "user_group"),), nulls_count=True)


def membership_of(group: str) -> Source:
    """Returns the list of a group's effective members, which nested groups and rules bring as well."""
    return Source(f"/api/v2/usergroups/{group}/membership", "members", ("id",), nulls_count=True)


async def find_application(api: RestClient, wanted: str) -> Application:
    """Returns the application with an id, a display label or, failing that, another of its names.

    Raises NotInDirectory or AmbiguousInDirectory, listing the candidates.
    """
    listing = await api.read_list(APPLICATIONS)
    if found := [row for row in listing.records if row["_id"] == wanted]:
        return _application(found[0])
    for names in (("displayLabel",), ("displayName", "name")):
        found = [
            row for row in listing.records if any(match_key(_text(row, name)) == match_key(wanted) for name in names)
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
    users, groups, bindings = await side_by_side(
        api.read_list(USERS, progress), api.read_list(GROUPS), api.read_list(bindings_of(application.id))
    )
    bound = {str(row["to"]["id"]) for row in bindings.records}
    roles, notices = _role_groups(groups.records, settings.role_from_groups)
    asked = [] if also is None else [str(_group_named(groups.records, also)["id"])]
    ids = sorted({*bound, *roles, *asked})
    read = await side_by_side(*(_membership(api, id, needed=id in roles) for id in ids))
    memberships = dict(zip(ids, read, strict=True))
    members = {id: _user_ids(listing) for id, listing in memberships.items()}
    people, nameless = _people(users.records, settings, [(members[id], role) for id, role in roles.items()])
    names = {str(row["id"]): _text(row, "name") for row in groups.records}
    doubts = [
        *_doubts([("", listing) for listing in (users, groups, bindings)]),
        *_doubts([(f"{names.get(id, id)}: ", listing) for id, listing in memberships.items()]),
        *(f"The bound group {id} is not in the list of groups." for id in sorted(bound - names.keys())),
        *([f"{counted(nameless, 'user')} without a username."] if nameless else []),
    ]
    listings = (users, groups, bindings, *memberships.values())
    twice = any(listing.completeness.method == "read twice" for listing in listings)
    everything = f"{len(people)} users and {len(bound)} bound groups read from JumpCloud."
    return DirectorySnapshot(
        source=f"JumpCloud ({application.label})",
        people=tuple(people),
        groups=tuple(
            DirectoryGroup(id, name, frozenset(members.get(id, ())), bound=id in bound) for id, name in names.items()
        ),
        completeness=Completeness(not doubts, " ".join(doubts) or everything, "read twice" if twice else "counted"),
        notices=tuple(notices),
        default_scope="groups",
    )


def _doubts(listings: Iterable[tuple[str, RestListing]]) -> list[str]:
    """Returns why listings aren't proven; each reason begins with the words beside the listing."""
    return [words + found.completeness.evidence for words, found in listings if not found.completeness.proven]


async def _membership(api: RestClient, group: str, *, needed: bool) -> RestListing:
    """Returns a group's members; a group that can't be read now makes its members uncertain, but the read goes on.

    A group whose members are ``needed`` ends it: it decides about roles, and people who are missing would get another.
    """
    try:
        return await api.read_list(membership_of(group))
    except DirectoryUnavailable as error:
        if needed:
            raise
        return RestListing((), Completeness(proven=False, evidence=f"its members can't be read: {error.message}"))


def person_of(record: Record, settings: JumpCloudSettings, role: str | None) -> Person | None:
    """Returns one user; None for a user without a username.

    A user is active if the state is ACTIVATED and the user isn't suspended. An expired password counts only if the
    profile says so.
    """
    values = {name: _text(record, name) for name in ATTRIBUTES.names if name != ROLE}
    for custom in record.get("attributes") or ():
        if isinstance(custom, Mapping) and isinstance(custom.get("name"), str):
            values[ATTRIBUTES.prefix + custom["name"]] = _text(custom, "value")
    values[ROLE] = role or ""
    if not values[USERNAME]:
        return None
    eligible = record.get("state") in (None, "ACTIVATED") and not _true(record.get("suspended"))
    expired = settings.password_expired_is_inactive and _true(record.get("password_expired"))
    attributes = {name: value for name, value in values.items() if value}
    return Person(str(record["_id"]), attributes, active=eligible and not expired)


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


def _user_ids(listing: RestListing) -> frozenset[str]:
    return frozenset(str(row["id"]) for row in listing.records if row.get("type", "user") == "user")


def _group_named(groups: Sequence[Record], wanted: str) -> Record:
    if found := [row for row in groups if row["id"] == wanted]:
        return found[0]
    found = [row for row in groups if match_key(_text(row, "name")) == match_key(wanted)]
    if not found:
        near = _near(wanted, [_text(row, "name") for row in groups])
        raise NotInDirectory(f"JumpCloud has no user group {wanted!r}.", hint=near)
    if len(found) > 1:
        ids = ", ".join(str(row["id"]) for row in found)
        raise AmbiguousInDirectory(f"JumpCloud has {len(found)} groups called {wanted!r}.", hint=f"Give the id: {ids}.")
    return found[0]


def _near(wanted: str, names: Sequence[str]) -> str:
    folded = {match_key(name): name for name in names}
    near = [folded[key] for key in get_close_matches(match_key(wanted), folded, n=3)]
    listed = near or sorted(names)[:_MOST_CANDIDATES]
    return f"Did you mean {' or '.join(near)}?" if near else f"It has {', '.join(listed) or 'none'}."


def _application(row: Record) -> Application:
    return Application(str(row["_id"]), next(_labels(row), str(row["_id"])))


def _labels(row: Record) -> Iterator[str]:
    return filter(None, (_text(row, name) for name in ("displayLabel", "displayName", "name")))


def _described(row: Record) -> str:
    return f"{next(_labels(row), '(no name)')} ({row['_id']})"


def _candidates(rows: Sequence[Record]) -> str:
    listed = "; ".join(sorted(map(_described, rows))[:_MOST_CANDIDATES])
    more = len(rows) - _MOST_CANDIDATES
    return f"It has {listed or 'none'}{f' and {more} more' if more > 0 else ''}."


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return value.strip() if isinstance(value, str) else "" if value is None or isinstance(value, bool) else str(value)


def _true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.casefold() == "true")


def _rows_of(response: JsonResponse) -> tuple[Sequence[Any], int | None] | None:
    """Reads a list of version 1 (``{results, totalCount}``) or 2 (an array, and ``x-total-count`` beside it)."""
    document = response.document
    if isinstance(document, Mapping) and isinstance(document.get("results"), list):
        return document["results"], _number(document.get("totalCount"))
    if isinstance(document, list):
        return document, _number(response.headers.get("x-total-count"))
    return None


def _number(value: object) -> int | None:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    except ValueError:
        return None
    return number if number >= 0 else None
