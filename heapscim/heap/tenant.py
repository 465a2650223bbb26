"""Makes a Heap tenant the target of a plan: converts between values and SCIM resources, and compares nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from heapscim import errors
from heapscim.execution.ports import Membership, Sighting, Sought
from heapscim.heap.conversion import Conversion, add_extras
from heapscim.heap.dialect import Dialect
from heapscim.heap.forms import Forms, Known
from heapscim.heap.inactive import InactiveAccounts
from heapscim.heap.lookup import Lookup, all_of
from heapscim.heap.member_asking import MemberAsking
from heapscim.heap.memberships import Memberships
from heapscim.heap.refusals import at_most_one, explained_taken, explaining_no_delete, explaining_role
from heapscim.heap.search import Searching
from heapscim.heap.update import Updating, put_at
from heapscim.heap.whole_read import WholeRead
from heapscim.model.completeness import ReadProgress
from heapscim.model.multi_valued import entry_path
from heapscim.model.state import ROLE, CurrentGroup, CurrentState, CurrentUser, Kind
from heapscim.scim.client import GROUPS, USERS, ScimClient
from heapscim.scim.messages import Document
from heapscim.scim.resources import Group, User


class HeapTenant:
    """Reads and changes one Heap tenant through a SCIM client, by the tenant's dialect."""

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
        client.by_id.lists_members = lambda: self.dialect.list_members != "no"
        self._looking = Lookup(client)
        self._inactive = InactiveAccounts(client, self._known)
        self._forms = Forms(self._known)
        self._updating = Updating(client, self._known, self._forms)
        self._asking = MemberAsking(client, self._known)
        self._memberships = Memberships(client, self._updating, self._known, self._forms)
        self._searching = Searching(client, self._known)
        self._whole_read = WholeRead(
            client, self._known, looking=self._looking, searching=self._searching, inactive=self._inactive
        )
        self._clock_offset = clock_offset
        self._attributes = tuple(attributes)
        self._convert = Conversion(self._known, attributes, clock_offset)

    @property
    def client(self) -> ScimClient:
        """Returns the client, for a look that no plan needs."""
        return self._client

    def learn(self, **found: object) -> None:
        """Remembers fields of the dialect that were found out in another way than by a plan."""
        self._known.learn(**found)

    def watch(self, paths: Collection[str]) -> None:
        """Reads these attributes of accounts as well from now on, where the dialect says by now that they are."""
        self._attributes = tuple(dict.fromkeys((*self._attributes, *paths)))
        self._convert = Conversion(self._known, self._attributes, self._clock_offset)

    @property
    def dialect(self) -> Dialect:
        """Returns the dialect as known by now."""
        return self._known.dialect

    @property
    def members_per_request(self) -> int:
        """Returns how many members one request may name."""
        return self.dialect.max_members_per_patch

    def had_effect(self, id: str) -> None:
        """Learns the form of the last update of a resource, which had an effect."""
        self._forms.had_effect(id)

    def has_another_form(self, id: str) -> bool:
        """Forgets the form that had no effect on a resource; returns whether another one is left for that update."""
        return self._forms.has_another(id)

    def did_harm(self, id: str) -> None:
        """Gives up the form that removed others from a group."""
        self._forms.did_harm(id)

    def members_of(self, id: str) -> Mapping[str, str] | None:
        """Returns who was in a group when it was last seen, as id → userName; None if it wasn't."""
        members = self._known.members.get(id)
        return None if members is None else {member: self._convert.names.get(member, member) for member in members}

    def restored(self, id: str) -> Collection[str]:
        """Returns the ids of those whom the last change of a group removed unasked, and who were put back."""
        return self._memberships.restored(id)

    def note_deactivation(self, *, kept: bool) -> None:
        """Remembers whether this tenant keeps deactivated accounts, unless that is known already."""
        if self.dialect.deactivation == "auto":
            self._known.learn(deactivation="keeps" if kept else "removes")

    def listed(self, type: Kind) -> Mapping[str, str]:
        """Returns Heap id → name of each account or group that the last whole read showed."""
        return self._whole_read.listed(type)

    async def read(self, *, groups: bool, progress: ReadProgress) -> CurrentState:
        """Reads users and groups side by side."""
        return await self._whole_read.read(self._convert.user, self._noted if groups else None, progress)

    async def search_users(self, filter: str) -> tuple[tuple[CurrentUser, ...], Literal["Heap", "heapscim"]]:
        """Returns the accounts that match a SCIM filter, and who did the filtering."""
        found, by_server = await self._client.search(USERS, filter)
        self._learn_filter()
        return tuple(map(self._convert.user, found)), "Heap" if by_server else "heapscim"

    async def get_user(self, id: str) -> CurrentUser | None:
        """Returns an account by its id, None if it doesn't exist."""
        user = await self._client.get(USERS, id)
        return None if user is None else (await self._looked_at((user,)))[0]

    async def find_user(self, user_name: str) -> CurrentUser | None:
        """Returns an account by its userName; raises Rejected if several have it."""
        found = at_most_one(await self._client.find(USERS, user_name), user_name)
        self._learn_filter()
        return None if found is None else (await self._looked_at((found,)))[0]

    async def user_of(self, text: str) -> CurrentUser | None:
        """Returns an account by its userName or its id. The userName comes first: a server may refuse one as an id."""
        found = await self.find_user(text)
        if found is None:
            with suppress(errors.Rejected):
                found = await self.get_user(text)
        return found

    async def look_up_users(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentUser, ...]:
        """Returns the accounts of these ids and userNames, in as few requests as possible."""
        return await self._looked_at(await self._looking.look_up(USERS, ids, names, trust_absence=trust_absence))

    async def _looked_at(self, users: Collection[User]) -> tuple[CurrentUser, ...]:
        """Converts accounts that were read after a change, which may show how this tenant marks an inactive one."""
        await self._inactive.look(users)
        return tuple(map(self._convert.user, users))

    async def look_for(self, kind: Kind, sought: Sought) -> Sighting:
        """Looks for what creates in doubt may have created."""
        if kind == "user":
            users = await self._searching.search(USERS, sought)
            named, unexplained = (tuple(map(self._convert.user, found)) for found in (users.named, users.unexplained))
            return Sighting(named, unexplained, users.known, users.doubt)
        groups = await self._searching.search(GROUPS, sought)
        return Sighting(
            await self._whole(groups.named), await self._whole(groups.unexplained), groups.known, groups.doubt
        )

    async def _whole(self, groups: Iterable[Group]) -> tuple[CurrentGroup, ...]:
        """Returns these groups with all their members: a list may leave some out."""
        found = await all_of(self.get_group(group.id) for group in groups)
        return tuple(group for group in found if group is not None)

    def names_are_unique(self, kind: Kind) -> bool:
        """Returns whether this tenant is known to refuse a second resource of one name."""
        return self._searching.names_are_unique(kind)

    @property
    def filters_by_name(self) -> bool:
        """Returns whether this tenant may filter by name."""
        return self._client.filters is not False

    def note_unique_names(self, kind: Kind) -> None:
        """Remembers that this tenant refuses a second resource of one name, unless that is known already."""
        self._searching.note_unique_names(kind)

    async def create_user(self, user_name: str, attributes: Mapping[str, str]) -> CurrentUser | None:
        """Creates an active account; Taken explains what a 409 means at Heap."""
        document: Document = {"userName": user_name, "active": True}
        for path, value in self._convert.to_wire(attributes, held={}).items():
            put_at(document, path, value)
        add_extras(document, self.dialect.create_with)
        try:
            with explaining_role(self.dialect, attributes.get(ROLE)):
                created = await self._client.create(USERS, document)
        except errors.Taken as error:
            self._note_refusal("user", error)
            raise await explained_taken(error, user_name, self._client, self._convert) from error
        return None if created is None else self._convert.user(created)

    async def update_user(
        self, id: str, attributes: Mapping[str, str | None], *, active: bool | None = None
    ) -> CurrentUser | None:
        """Sets attributes (None removes a value) and the active flag in one request.

        Returns None if Heap's response doesn't show the account.
        """
        is_whole = any(entry_path(path) is not None for path in attributes)
        held = await self._updating.document(USERS, id) if is_whole else {}
        values = self._convert.to_wire(attributes, held)
        if active is not None:
            values["active"] = active
        with explaining_role(self.dialect, attributes.get(ROLE)):
            answered = await self._updating.update(USERS, id, values)
        if active is not None:
            self._inactive.note_accepted(id, active=active)
            if answered is not None and answered.active is None and self.dialect.inactive == "omitted":
                return None  # an answer to a write may hold a part of the account alone: a look tells
        return None if answered is None else self._convert.user(answered)

    async def delete_user(self, id: str) -> None:
        """Deletes an account; one that is already gone is a success."""
        with explaining_no_delete("Set deprovision under [dialect] to deactivate, or delete the account in Heap."):
            await self._client.delete(USERS, id)

    async def get_group(self, id: str) -> CurrentGroup | None:
        """Returns a group with its members by its id, None if it doesn't exist."""
        group = await self._client.get(GROUPS, id)
        return None if group is None else self._noted(group)

    async def find_group(self, name: str) -> CurrentGroup | None:
        """Returns a group by its displayName; raises Rejected if several have it."""
        found = at_most_one(await self._client.find(GROUPS, name), name)
        self._learn_filter()
        return None if found is None else await self.get_group(found.id)

    async def look_up_groups(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentGroup, ...]:
        """Returns the groups of these ids and displayNames with their members, in as few requests as possible."""
        found = await self._looking.look_up(GROUPS, ids, names, trust_absence=trust_absence)
        return tuple(map(self._to_group, found))

    async def create_group(self, name: str, member_ids: Collection[str]) -> CurrentGroup | None:
        """Creates a group with its first members; a response without members still tells its id and name."""
        document: Document = {"displayName": name, "members": [{"value": id} for id in member_ids]}
        try:
            created = await self._client.create(GROUPS, document)
        except errors.Taken as error:
            self._note_refusal("group", error)
            raise
        if created is None or created.shows_members:
            return self._shown(created)
        made = self._convert.made_at(created)
        return CurrentGroup(created.id, created.display_name, frozenset(), is_whole=False, created=made)

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
        """Adds and removes members; MembersRefused names only those whom Heap refuses."""
        return self._shown(await self._memberships.change(id, add, remove))

    async def ask_members(self, id: str, ids: Sequence[str], *, before: int | None, again: bool = False) -> Membership:
        """Returns which of these are in a group that doesn't show them, as far as this tenant tells in another way."""
        return await self._asking.ask(id, ids, before=before, again=again)

    async def delete_group(self, id: str) -> None:
        """Deletes a group; one that is already gone is a success."""
        with explaining_no_delete("This tenant deletes no groups over SCIM: delete it in Heap itself."):
            await self._client.delete(GROUPS, id)

    async def user_document(self, id: str) -> Document | None:
        """Returns an account as Heap sends it."""
        user = await self._client.get(USERS, id)
        return None if user is None else user.to_wire()

    def _learn_filter(self) -> None:
        if self.dialect.filter == "auto" and self._client.filters is not None:
            self._known.learn(filter="yes" if self._client.filters else "no")

    def _noted(self, group: Group) -> CurrentGroup:
        """Converts a group, and remembers its members."""
        current = self._to_group(group)
        self._known.note_members(group.id, current.member_ids)
        return current

    def _shown(self, group: Group | None) -> CurrentGroup | None:
        """Converts a group of a response; returns None if the response says nothing of its members."""
        return None if group is None or not group.shows_members else self._to_group(group)

    def _to_group(self, group: Group) -> CurrentGroup:
        self._asking.note(group)
        return self._convert.group(group)
