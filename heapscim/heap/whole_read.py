"""Reads all accounts and groups of a tenant, and hands on what the lists tell to those who look things up later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from heapscim.heap.forms import Known
from heapscim.heap.group_members import read_teams
from heapscim.heap.inactive import InactiveAccounts
from heapscim.heap.lookup import Lookup
from heapscim.heap.search import Searching
from heapscim.heap.single_rows import with_single_rows
from heapscim.model.completeness import ReadProgress
from heapscim.model.state import Broken, CurrentGroup, CurrentState, CurrentUser, Kind
from heapscim.scim.client import GROUPS, USERS, ScimClient
from heapscim.scim.received import I, Listing
from heapscim.scim.resources import Group, User


class WholeRead:
    """Reads everything, and knows what the last read showed."""

    def __init__(
        self, client: ScimClient, known: Known, *, looking: Lookup, searching: Searching, inactive: InactiveAccounts
    ) -> None:
        self._client = client
        self._known = known
        self._looking = looking
        self._searching = searching
        self._inactive = inactive
        self._current: CurrentState | None = None
        self._listed: dict[Kind, Mapping[str, str]] = {}

    def listed(self, type: Kind) -> Mapping[str, str]:
        """Returns Heap id → name of each account or group that the last read showed."""
        if self._current is not None and type not in self._listed:
            rows = self._current.users if type == "user" else self._current.groups
            self._listed[type] = {row.id: row.shown_name for row in rows}
        return self._listed.get(type, {})

    async def read(
        self,
        to_user: Callable[[User], CurrentUser],
        to_group: Callable[[Group], CurrentGroup] | None,
        progress: ReadProgress,
    ) -> CurrentState:
        """Reads accounts and groups side by side; accounts alone if no groups are wanted."""
        if to_group is None:
            users = await self._users(to_user, progress)
            current = CurrentState(users.items, (), users.completeness, broken=_unread("user", users))
        else:
            users, teams = await asyncio.gather(self._users(to_user, progress), self._groups())
            current = CurrentState(
                users=users.items,
                groups=tuple(map(to_group, teams.items)),
                completeness=users.completeness,
                groups_completeness=teams.completeness,
                broken=(*_unread("user", users), *_unread("group", teams)),
            )
        self._current = current
        self._listed.clear()
        self._known.ids.clear()
        return current

    async def _users(self, to_user: Callable[[User], CurrentUser], progress: ReadProgress) -> Listing[CurrentUser]:
        async def look(id: str) -> CurrentUser | None:
            user = await self._client.get(USERS, id)
            return None if user is None else to_user(user)

        def noted(user: User) -> CurrentUser:
            self._inactive.note_listed(user)
            return to_user(user)

        listing = await with_single_rows(await self._client.read_each(USERS, noted, progress=progress), look)
        self._learn_list()
        self._looking.remember(USERS, listing)
        self._searching.remember(USERS, listing)
        return listing

    async def _groups(self) -> Listing[Group]:
        async def look(id: str) -> Group | None:
            return await self._client.get(GROUPS, id)

        listing = await with_single_rows(await read_teams(self._client, self._known), look)
        self._learn_list()
        self._looking.lists_members = self._known.dialect.list_members != "no"
        self._looking.remember(GROUPS, listing)
        self._searching.remember(GROUPS, listing)
        return listing

    def _learn_list(self) -> None:
        client, dialect = self._client, self._known.dialect
        if client.page_size < dialect.page_size:
            self._known.learn(page_size=client.page_size)
        if client.way != dialect.way and client.way is not None:
            self._known.learn(list_method=client.way)


def _unread(type: Kind, listing: Listing[I]) -> tuple[Broken, ...]:
    return tuple(Broken(type, row.id, row.name, row.message) for row in listing.broken)
