"""A tenant in memory that behaves like a SCIM service provider, with the habits and faults a test gives it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from heapscim import errors
from heapscim.execution.ports import Membership, Sighting, Sought
from heapscim.model.completeness import Completeness, ReadProgress
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser, Kind, match_key

PROVEN = Completeness(proven=True, evidence="all read")
Fault = Literal["lost_before", "lost_after", "over_before", "refused", "unauthenticated", "stall"]


@dataclass
class Habits:
    """How this tenant differs from a conforming one."""

    shows: bool = True
    """Whether writes answer what they made."""
    ignores: frozenset[str] = frozenset()
    """Methods that are accepted and change nothing."""
    removes_on_deactivation: bool = False
    removes_once_answered: bool = False
    """Whether a deactivation answers an inactive account, and there is none afterwards."""
    unique_names: bool = True
    lag: int = 0
    """How many reads of a resource still show what was there before its last change."""
    page: int = 100
    members_per_request: int = 100
    answers_ids: bool = True
    """Whether a look by id brings what is there."""
    filters: bool = True
    """Whether a look by name may find what a list leaves out."""
    refuses: frozenset[str] = frozenset()
    """Ids of those who may not join or leave a group."""


@dataclass
class MemoryTenant:
    """Users and groups by id; every method counts the requests a real one would take."""

    habits: Habits = field(default_factory=Habits)
    users: dict[str, CurrentUser] = field(default_factory=dict)
    groups: dict[str, CurrentGroup] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    """Per method, what goes wrong at each next call."""
    keeps_deactivated: bool | None = None
    """Whether deactivated accounts are kept, once that was noted."""
    before_write: Callable[[str], Awaitable[None]] | None = None
    """Awaited with the method's name before a write is carried out."""
    names_listed: dict[str, dict[str, str]] = field(default_factory=dict)
    """Heap id → name, of what was there when it was last read."""
    unique: set[Kind] = field(default_factory=set)
    """Kinds whose names are known to be unique."""
    there: frozenset[str] = frozenset()
    """Heap ids of what was there when the lists were read."""
    _stale: dict[str, tuple[CurrentUser | CurrentGroup | None, int]] = field(default_factory=dict)
    _next: int = 100

    @property
    def members_per_request(self) -> int:
        return self.habits.members_per_request

    def note_deactivation(self, *, kept: bool) -> None:
        self.keeps_deactivated = kept

    def had_effect(self, id: str) -> None:
        """Has one form for each write."""

    def has_another_form(self, id: str) -> bool:  # noqa: ARG002
        return False

    def did_harm(self, id: str) -> None:
        """Likewise."""

    def members_of(self, id: str) -> Mapping[str, str] | None:
        group = self.groups.get(id)
        if group is None:
            return None
        return {member: self.users[member].user_name for member in group.member_ids if member in self.users}

    def restored(self, id: str) -> Collection[str]:  # noqa: ARG002
        return ()

    @property
    def writes(self) -> int:
        reads = ("list", "get_user", "get_group", "find_user", "find_group")
        return sum(count for method, count in self.requests.items() if method not in reads)

    def hold(self, *items: CurrentUser | CurrentGroup) -> None:
        self.there |= {item.id for item in items}
        for item in items:
            if isinstance(item, CurrentUser):
                self.users[item.id] = item
            else:
                self.groups[item.id] = item

    def state(self) -> CurrentState:
        return CurrentState(tuple(self.users.values()), tuple(self.groups.values()), PROVEN, PROVEN)

    def listed(self, type: Literal["user", "group"]) -> Mapping[str, str]:
        return self.names_listed.get(type, {})

    async def read(self, *, groups: bool, progress: ReadProgress) -> CurrentState:
        progress(len(self.users), len(self.users))
        self.requests["list"] += 1 + len(self.users) // self.habits.page
        self.there |= {*self.users, *self.groups}
        self.names_listed["user"] = {user.id: user.user_name for user in self.users.values()}
        self.names_listed["group"] = {group.id: group.name for group in self.groups.values()}
        return self.state() if groups else replace(self.state(), groups=())

    async def get_user(self, id: str) -> CurrentUser | None:
        await self._fault("get_user")
        seen = self._seen(id, self.users.get(id)) if self.habits.answers_ids else None
        return seen if isinstance(seen, CurrentUser) else None

    async def find_user(self, user_name: str) -> CurrentUser | None:
        await self._fault("find_user")
        return next((user for user in self.users.values() if user.match_key == match_key(user_name)), None)

    async def look_up_users(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentUser, ...]:
        pages = 1 + len(self.users) // self.habits.page
        if len(ids) + len(names) <= pages:
            found = [await self.get_user(id) for id in ids] + [await self.find_user(name) for name in names]
            return tuple(user for user in found if user is not None)
        await self._fault("list", pages)
        keys = set(map(match_key, names))
        listed = [self._seen(id, user) for id, user in self.users.items()]
        users = [user for user in listed if isinstance(user, CurrentUser)]
        absent = [] if trust_absence else [id for id in ids if id not in {user.id for user in users}]
        looked = [await self.get_user(id) for id in absent]
        return tuple(
            user for user in (*users, *looked) if user is not None and (user.id in ids or user.match_key in keys)
        )

    async def look_for(self, kind: Kind, sought: Sought) -> Sighting:
        await self._fault("list", 1 + len(self.users) // self.habits.page)
        keys = set(map(match_key, sought.names))
        items = [*self.users.values()] if kind == "user" else [*self.groups.values()]
        known = self.there if sought.known is None else sought.known
        strangers = [item for item in items if item.id not in known | sought.explained]
        return Sighting(
            named=tuple(item for item in items if item.match_key in keys),
            unexplained=tuple(item for item in strangers if item.match_key not in keys | sought.expected),
        )

    def names_are_unique(self, kind: Kind) -> bool:
        return kind in self.unique

    @property
    def filters_by_name(self) -> bool:
        return self.habits.filters

    def note_unique_names(self, kind: Kind) -> None:
        self.unique.add(kind)

    async def create_user(self, user_name: str, attributes: Mapping[str, str]) -> CurrentUser | None:
        async with _Write(self, "create_user") as carried_out:
            if any(user.match_key == match_key(user_name) for user in self.users.values()):
                raise errors.Taken(f"Heap already has one with that name: {user_name}", status=409)
            user = CurrentUser(self._new_id(), user_name, active=True, attributes=dict(attributes))
            if carried_out:
                self.users[user.id] = user
        return user if self.habits.shows else None

    async def update_user(
        self, id: str, attributes: Mapping[str, str | None], *, active: bool | None = None
    ) -> CurrentUser | None:
        async with _Write(self, "update_user") as carried_out:
            user = self.users.get(id)
            if user is None:
                raise errors.NotFound("Nothing is there.", status=404)
            if carried_out:
                self._age(user)
                values = {**user.attributes, **attributes}
                kept = {path: value for path, value in values.items() if value is not None}
                self.users[id] = replace(user, attributes=kept, active=user.active if active is None else active)
                if active is False and self.habits.removes_on_deactivation:
                    self._remove_user(id)
        shown = self.users.get(id) if self.habits.shows else None
        if active is False and self.habits.removes_once_answered:
            self._remove_user(id)
        return shown

    async def delete_user(self, id: str) -> None:
        async with _Write(self, "delete_user") as carried_out:
            if carried_out and id in self.users:
                self._age(self.users[id])
                self._remove_user(id)

    async def get_group(self, id: str) -> CurrentGroup | None:
        await self._fault("get_group")
        seen = self._seen(id, self.groups.get(id)) if self.habits.answers_ids else None
        return seen if isinstance(seen, CurrentGroup) else None

    async def find_group(self, name: str) -> CurrentGroup | None:
        await self._fault("find_group")
        return next((group for group in self.groups.values() if group.match_key == match_key(name)), None)

    async def look_up_groups(
        self, *, ids: Collection[str] = (), names: Collection[str] = (), trust_absence: bool = False
    ) -> tuple[CurrentGroup, ...]:
        del trust_absence
        found = [await self.get_group(id) for id in ids] + [await self.find_group(name) for name in names]
        return tuple(group for group in found if group is not None)

    async def create_group(self, name: str, member_ids: Collection[str]) -> CurrentGroup | None:
        assert len(member_ids) <= self.members_per_request
        async with _Write(self, "create_group") as carried_out:
            self._check_free(name)
            if self.habits.refuses & set(member_ids):
                raise errors.Rejected("Heap refused POST /Groups (400).", status=400)
            group = CurrentGroup(self._new_id(), name, frozenset(member_ids))
            if carried_out:
                self.groups[group.id] = group
        return group if self.habits.shows else None

    async def rename_group(self, id: str, name: str) -> CurrentGroup | None:
        async with _Write(self, "rename_group") as carried_out:
            group = self._group(id)
            self._check_free(name, but=id)
            if carried_out:
                self._age(group)
                self.groups[id] = replace(group, name=name)
        return self.groups[id] if self.habits.shows else None

    async def change_members(
        self, id: str, *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> CurrentGroup | None:
        async with _Write(self, "change_members") as carried_out:
            group = self._group(id)
            if unknown := set(add) - set(self.users):
                raise errors.Rejected(f"There is no user {min(unknown)}.", status=400)
            refused = self.habits.refuses & {*add, *remove}
            joining, leaving = set(add) - refused, set(remove) - refused
            if carried_out:
                self._age(group)
                self.groups[id] = replace(group, member_ids=(group.member_ids | joining) - leaving)
            if refused:
                raise errors.MembersRefused(errors.Rejected("No."), refused)
        return self.groups[id] if self.habits.shows else None

    async def ask_members(self, id: str, ids: Sequence[str], *, before: int | None, again: bool = False) -> Membership:
        del id, ids, before, again
        return Membership()

    async def delete_group(self, id: str) -> None:
        async with _Write(self, "delete_group") as carried_out:
            if carried_out and id in self.groups:
                self._age(self.groups.pop(id))

    def _group(self, id: str) -> CurrentGroup:
        if id not in self.groups:
            raise errors.NotFound("Nothing is there.", status=404)
        return self.groups[id]

    def _check_free(self, name: str, *, but: str | None = None) -> None:
        holders = [group for group in self.groups.values() if group.match_key == match_key(name) and group.id != but]
        if self.habits.unique_names and holders:
            raise errors.Taken(f"Heap already has one with that name: {name}", status=409)

    def _remove_user(self, id: str) -> None:
        del self.users[id]
        for group in self.groups.values():
            self.groups[group.id] = replace(group, member_ids=group.member_ids - {id})

    def _new_id(self) -> str:
        self._next += 1
        return str(self._next)

    def _age(self, before: CurrentUser | CurrentGroup) -> None:
        if self.habits.lag:
            self._stale[before.id] = (before, self.habits.lag)

    def _seen(self, id: str, now: CurrentUser | CurrentGroup | None) -> CurrentUser | CurrentGroup | None:
        before, left = self._stale.pop(id, (None, 0))
        if not left:
            return now
        if left > 1:
            self._stale[id] = (before, left - 1)
        return before

    async def _fault(self, method: str, requests: int = 1) -> Fault | None:
        self.requests[method] += requests
        queue = self.faults.get(method) or [None]
        fault = queue.pop(0)
        match fault:
            case "refused":
                raise errors.Rejected(f"Heap refused {method} (400).", status=400)
            case "unauthenticated":
                raise errors.Unauthenticated("Heap rejected the token (401).", status=401)
            case "lost_before":
                raise errors.ResponseLost(f"The answer to {method} never came.")
            case "over_before":
                raise errors.ResponseLost(f"Heap can't answer {method} now (500).", status=500, is_over=True)
            case _:
                return fault


class _Write:
    """One write: counted, delayed, and lost where a test wants that; says whether it is carried out."""

    def __init__(self, tenant: MemoryTenant, method: str) -> None:
        self._tenant = tenant
        self._method = method
        self._fault: Fault | None = None

    async def __aenter__(self) -> bool:
        if self._tenant.before_write is not None:
            await self._tenant.before_write(self._method)
        self._fault = await self._tenant._fault(self._method)
        return self._method not in self._tenant.habits.ignores

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is None and self._fault == "lost_after":
            raise errors.ResponseLost(f"The answer to {self._method} never came.")


def a_tenant(
    *items: CurrentUser | CurrentGroup, faults: Mapping[str, Iterable[Fault | None]] = {}, **habits: object
) -> MemoryTenant:
    """A tenant that holds these users and groups."""
    tenant = MemoryTenant(Habits(**habits), faults={method: list(found) for method, found in faults.items()})  # type: ignore[arg-type]
    tenant.hold(*items)
    return tenant
