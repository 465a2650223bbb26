"""The target of a sync: converts between the decision's values and this tenant's wire, and compares nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal, TypeVar

from heapscim import errors
from heapscim.heap.dialect import Dialect
from heapscim.heap.looking import Looking, all_of
from heapscim.heap.memberships import Memberships
from heapscim.heap.searching import Searching
from heapscim.heap.team_lists import with_members
from heapscim.heap.updating import Known, Updating, put_at
from heapscim.provisioning.state import ROLE, USER_NAME, CurrentGroup, CurrentState, CurrentUser
from heapscim.provisioning.target import Kind, Sighting, Sought
from heapscim.scim.client import GROUPS, USERS, Document, ScimClient
from heapscim.scim.reading import Listing, Progress
from heapscim.scim.resources import Group, Resource, User, created_at, text_at

R = TypeVar("R", bound=Resource)
_ELSEWHERE = (
    "A person with a Heap account in another organisation must have that account deleted, "
    "and have it made again in yours."
)


class HeapTenant:
    """One Heap tenant, by way of a SCIM client and the tenant's dialect."""

    def __init__(
        self,
        client: ScimClient,
        dialect: Dialect,
        attributes: Collection[str],
        *,
        clock_offset: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._client = client
        self._known = Known(dialect)
        self._looking = Looking(client)
        self._updating = Updating(client, self._known)
        self._memberships = Memberships(client, self._updating, dialect.max_members_per_patch)
        self._attributes = tuple(path for path in attributes if path != USER_NAME)
        self._searching = Searching(client, self._known)
        self._clock_offset = clock_offset

    @property
    def dialect(self) -> Dialect:
        """The dialect as known by now."""
        return self._known.dialect

    @property
    def members_per_request(self) -> int:
        """How many members one request may name."""
        return self.dialect.max_members_per_patch

    @property
    def deactivation_is_known(self) -> bool:
        """Whether it is known what becomes of an account that is deactivated."""
        return self.dialect.deactivation != "auto"

    def note_deactivation(self, *, kept: bool) -> None:
        """Remembers whether this tenant keeps deactivated accounts, unless that is known already."""
        if not self.deactivation_is_known:
            self._known.learn(deactivation="keeps" if kept else "removes")

    async def read(self, *, groups: bool, progress: Progress) -> CurrentState:
        """Reads users and groups side by side."""
        if not groups:
            users = await self._read_users(progress)
            return CurrentState(tuple(map(self.to_current, users.items)), (), users.completeness)
        users, teams = await asyncio.gather(self._read_users(progress), self._read_groups())
        return CurrentState(
            users=tuple(map(self.to_current, users.items)),
            groups=tuple(map(self._to_group, teams.items)),
            completeness=users.completeness,
            groups_completeness=teams.completeness,
        )

    async def search_users(self, filter: str) -> tuple[tuple[CurrentUser, ...], Literal["Heap", "heapscim"]]:
        """Accounts that match a SCIM filter, and who did the filtering."""
        found, by_server = await self._client.search(USERS, filter)
        self._learn_filter()
        return tuple(map(self.to_current, found)), "Heap" if by_server else "heapscim"

    async def get_user(self, id: str) -> CurrentUser | None:
        """One account by its id, None where there is none."""
        user = await self._client.get(USERS, id)
        return None if user is None else self.to_current(user)

    async def find_user(self, user_name: str, *, thoroughly: bool = False) -> CurrentUser | None:
        """One account by its userName; Rejected where several have it."""
        found = _at_most_one(await self._client.find(USERS, user_name, thoroughly=thoroughly), user_name)
        self._learn_filter()
        return None if found is None else self.to_current(found)

    async def user_of(self, text: str) -> CurrentUser | None:
        """One account by its userName or its id. A server may well refuse a userName in the place of an id."""
        found = await self.find_user(text)
        if found is None:
            with suppress(errors.Rejected):
                found = await self.get_user(text)
        return found

    async def look_up_users(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentUser, ...]:
        """The accounts of these ids and userNames, in as few requests as that takes."""
        found = await self._looking.look_up(USERS, ids, names, trust_absence=trust_absence)
        return tuple(map(self.to_current, found))

    async def look_for(self, kind: Kind, sought: Sought) -> Sighting:
        """Looks for what creates in doubt may have made."""
        if kind == "user":
            users = await self._searching.search(USERS, sought)
            named, unexplained = (tuple(map(self.to_current, found)) for found in (users.named, users.unexplained))
            return Sighting(named, unexplained, users.known, users.doubt)
        groups = await self._searching.search(GROUPS, sought)
        return Sighting(
            await self._whole(groups.named), await self._whole(groups.unexplained), groups.known, groups.doubt
        )

    async def _whole(self, groups: Iterable[Group]) -> tuple[CurrentGroup, ...]:
        """These groups with all their members: a list may leave some out."""
        found = await all_of(self.get_group(group.id) for group in groups)
        return tuple(group for group in found if group is not None)

    def names_are_unique(self, kind: Kind) -> bool:
        """Whether this tenant is known to refuse a second resource of one name."""
        return self._searching.names_are_unique(kind)

    def note_unique_names(self, kind: Kind) -> None:
        """Remembers that it does, unless that is known already."""
        self._searching.note_unique_names(kind)

    async def create_user(self, user_name: str, attributes: Mapping[str, str]) -> CurrentUser | None:
        """Creates an active account; Taken explains what a 409 means at Heap."""
        document: Document = {"userName": user_name, "active": True}
        for path, value in self._to_wire(attributes).items():
            put_at(document, path, value)
        try:
            with self._explaining_refusal_of(attributes.get(ROLE)):
                created = await self._client.create(USERS, document)
        except errors.Taken as error:
            self._note_refusal("user", error)
            raise errors.Taken(
                error.message, hint=_ELSEWHERE, status=error.status, scim_type=error.scim_type
            ) from error
        return None if created is None else self.to_current(created)

    async def update_user(
        self, id: str, attributes: Mapping[str, str | None], *, active: bool | None = None
    ) -> CurrentUser | None:
        """Sets attributes (None takes a value away) and the active flag in one request.

        Answers None where Heap's answer doesn't show the account.
        """
        values = self._to_wire(attributes)
        if active is not None:
            values["active"] = active
        with self._explaining_refusal_of(attributes.get(ROLE)):
            answered = await self._updating.update(USERS, id, values)
        return None if answered is None else self.to_current(answered)

    async def delete_user(self, id: str) -> None:
        """Deletes an account; one that is gone already is a success."""
        await self._client.delete(USERS, id)

    async def get_group(self, id: str) -> CurrentGroup | None:
        """One group with its members, None where there is none."""
        group = await self._client.get(GROUPS, id)
        return None if group is None else self._to_group(group)

    async def find_group(self, name: str, *, thoroughly: bool = False) -> CurrentGroup | None:
        """One group by its displayName; Rejected where several have it."""
        found = _at_most_one(await self._client.find(GROUPS, name, thoroughly=thoroughly), name)
        self._learn_filter()
        return None if found is None else await self.get_group(found.id)

    async def look_up_groups(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentGroup, ...]:
        """The groups of these ids and displayNames with their members, in as few requests as that takes."""
        found = await self._looking.look_up(GROUPS, ids, names, trust_absence=trust_absence)
        return tuple(map(self._to_group, found))

    async def create_group(self, name: str, member_ids: Collection[str]) -> CurrentGroup | None:
        """Creates a group with its first members."""
        document: Document = {"displayName": name, "members": [{"value": id} for id in member_ids]}
        try:
            return self._shown(await self._client.create(GROUPS, document))
        except errors.Taken as error:
            self._note_refusal("group", error)
            raise

    def _note_refusal(self, kind: Kind, error: errors.Taken) -> None:
        """Learns from a 409 that says it is about uniqueness; others may be about anything."""
        if error.scim_type is not None and error.scim_type.casefold() == "uniqueness":
            self.note_unique_names(kind)

    async def rename_group(self, id: str, name: str) -> CurrentGroup | None:
        """Renames a group and leaves its members as they are."""
        return self._shown(await self._updating.update(GROUPS, id, {"displayName": name}))

    async def change_members(
        self, id: str, *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> CurrentGroup | None:
        """Adds and removes members; MembersRefused names those alone whom Heap doesn't take."""
        return self._shown(await self._memberships.change(id, add, remove))

    async def delete_group(self, id: str) -> None:
        """Deletes a group; one that is gone already is a success."""
        await self._client.delete(GROUPS, id)

    async def user_document(self, id: str) -> Document | None:
        """One account as the wire has it."""
        user = await self._client.get(USERS, id)
        return None if user is None else user.to_wire()

    @contextmanager
    def _explaining_refusal_of(self, role: str | None) -> Iterator[None]:
        """Says where a role is translated, should it be that what the tenant refuses."""
        try:
            yield
        except errors.Rejected as error:
            if role is not None and error.hint is None:
                wire = self.dialect.to_wire_role(role)
                error.hint = f"Should it be the role, {wire!r}: role_values under [dialect] says how Heap calls it."
            raise

    def to_current(self, user: User) -> CurrentUser:
        """Converts a wire user to the decision's value."""
        document = user.to_wire()
        found = {path: text_at(document, self._wire_path(path)) for path in self._attributes}
        values = {path: value for path, value in found.items() if value is not None}
        if ROLE in values:
            values[ROLE] = self.dialect.from_wire_role(values[ROLE])
        return CurrentUser(user.id, user.user_name, user.is_active, values, self._created_at(user))

    def _to_group(self, group: Group) -> CurrentGroup:
        members = frozenset(member.value for member in group.members if member.value)
        return CurrentGroup(group.id, group.display_name, members, self._created_at(group))

    def _shown(self, group: Group | None) -> CurrentGroup | None:
        """A group as an answer shows it; None where the answer says nothing of its members."""
        return None if group is None or not group.shows_members else self._to_group(group)

    def _created_at(self, resource: Resource) -> float | None:
        """When it was made, by our clock."""
        moment = created_at(resource)
        return None if moment is None else moment - (self._clock_offset() or 0.0)

    def _to_wire(self, attributes: Mapping[str, str | None]) -> Document:
        return {self._wire_path(path): self._wire_value(path, value) for path, value in attributes.items()}

    def _wire_value(self, path: str, value: str | None) -> object:
        if path != ROLE or value is None:
            return value
        role = self.dialect.to_wire_role(value)
        return [{"value": role}] if self.dialect.role_attribute == "roles" else role

    def _wire_path(self, path: str) -> str:
        return self.dialect.role_attribute if path == ROLE else path

    def _learn_filter(self) -> None:
        if self.dialect.filter == "auto" and self._client.filters is not None:
            self._known.learn(filter="yes" if self._client.filters else "no")

    def _learn_page_size(self) -> None:
        if self._client.page_size < self.dialect.page_size:
            self._known.learn(page_size=self._client.page_size)

    async def _read_users(self, progress: Progress) -> Listing[User]:
        listing = await self._client.read_all(USERS, progress=progress)
        self._learn_page_size()
        self._looking.remember(USERS, listing)
        self._searching.remember(USERS, listing)
        return listing

    async def _read_groups(self) -> Listing[Group]:
        listing = await self._client.read_all(GROUPS)
        self._learn_page_size()
        whole = await with_members(listing, self._client, self._known)
        self._looking.lists_members = self.dialect.list_members != "no"
        self._looking.remember(GROUPS, listing)
        self._searching.remember(GROUPS, listing)
        return whole


def _at_most_one(found: tuple[R, ...], name: str) -> R | None:
    if len(found) > 1:
        raise errors.Rejected(f"Heap has {len(found)} resources named {name}.", hint="Give the id instead.")
    return found[0] if found else None
