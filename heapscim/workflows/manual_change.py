"""Single changes by hand: each is a Plan with the guards, journal and verification of a sync (rule 1)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Generic, TypeAlias, TypeVar

from heapscim.errors import NotFound, Rejected
from heapscim.execution.backfill import with_accounts
from heapscim.model.changes import Change, MemberRef
from heapscim.model.plan import Baseline, Plan, in_order
from heapscim.model.state import (
    DISPLAY_NAME,
    USER_NAME,
    CurrentGroup,
    CurrentState,
    CurrentUser,
    Link,
    Links,
    match_key,
)
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadProgress, progress_bar
from heapscim.planning.as_sent import as_asked
from heapscim.planning.fresh_links import NOTHING_FRESH, withhold_fresh
from heapscim.planning.guards import by_hand
from heapscim.planning.impact import admin_notices, impact_of
from heapscim.planning.reversibility import shortcomings
from heapscim.workflows.outlook import outlook, view_of_directory
from heapscim.workflows.reconcile import SyncOptions, carry_out
from heapscim.workflows.recover import Resolution
from heapscim.workflows.session import Session

N = TypeVar("N", CurrentUser, CurrentGroup)


@dataclass(frozen=True)
class Scene:
    """All of Heap and all links, to find people and groups in by name or id."""

    current: CurrentState
    links: Links

    def user(self, name: str) -> CurrentUser:
        """The account of a userName or id; raises NotFound or Rejected (several)."""
        found = self._users.called(name)
        return _only(found, f"no user {name}", f"{len(found)} users are called {name}; give the id")

    def group(self, name: str) -> CurrentGroup:
        """The group of a name or id; raises NotFound or Rejected (several)."""
        found = self._groups.called(name)
        return _only(found, f"no group {name}", f"{len(found)} groups are called {name}; give the id")

    def external_id(self, id: str) -> str | None:
        """The directory's id of a managed account, None for one that isn't."""
        return self._external_ids.get(id)

    def group_external_id(self, id: str) -> str | None:
        """The directory's id of a managed group, None for one that isn't."""
        return next((link.external_id for link in self.links.groups if link.id == id), None)

    def is_by_hand(self, id: str) -> bool:
        """Whether an account or group is managed by hand."""
        return id in self._by_hand

    def id_for_user(self, name: str) -> str:
        """The id by which an account made by hand is linked: its name, unless another account goes by that."""
        return _unused(match_key(name), self._user_ids_taken)

    def id_for_group(self, name: str) -> str:
        """The id by which a group made by hand is linked, likewise."""
        return _unused(match_key(name), {link.external_id for link in self.links.groups})

    def users(self, names: Iterable[str]) -> tuple[CurrentUser, ...]:
        """The accounts of userNames or ids, each once however often and in whatever way it is named."""
        return tuple({user.id: user for user in map(self.user, names)}.values())

    def members(self, names: Iterable[str]) -> tuple[MemberRef, ...]:
        """Names accounts as members, each once."""
        return tuple(MemberRef(user.user_name, user.id, self.external_id(user.id)) for user in self.users(names))

    @cached_property
    def _by_hand(self) -> frozenset[str]:
        links = self.links.made_by_hand
        return frozenset(link.id for link in (*links.users, *links.groups))

    @cached_property
    def _users(self) -> _Index[CurrentUser]:
        return _Index(self.current.users, self.links.users)

    @cached_property
    def _groups(self) -> _Index[CurrentGroup]:
        return _Index(self.current.groups, self.links.groups)

    @cached_property
    def _user_ids_taken(self) -> frozenset[str]:
        return frozenset(link.external_id for link in self.links.users)

    @cached_property
    def _external_ids(self) -> Mapping[str, str]:
        return {link.id: link.external_id for link in self.links.users}


def _unused(key: str, taken: Collection[str]) -> str:
    while key in taken:
        key = f"{key} (by hand)"
    return key


class _Index(Generic[N]):
    """Accounts or groups by id and by name, so that many are found as fast as one."""

    def __init__(self, items: Iterable[N], links: Iterable[Link]) -> None:
        self._by_id: dict[str, N] = {}
        self._by_key: defaultdict[str, list[N]] = defaultdict(list)
        for item in items:
            self._by_id[item.id] = item
            self._by_key[item.match_key].append(item)
        for link in links:
            if link.kept and link.id in self._by_id:
                self._call_otherwise(self._by_id[link.id], link)

    def _call_otherwise(self, item: N, link: Link) -> None:
        """Finds what a tenant keeps under a name of its own by either name, unless another one has it."""
        names = link.kept.get(USER_NAME) or link.kept.get(DISPLAY_NAME) or ()
        for key in map(match_key, names):
            if key not in self._by_key:
                self._by_key[key].append(item)

    def called(self, name: str) -> Sequence[N]:
        """All of that name, in any case, or of that id."""
        found = {item.id: item for item in self._by_key.get(match_key(name), ())}
        if name in self._by_id:
            found[name] = self._by_id[name]
        return tuple(found.values())


def _only(found: Sequence[N], none: str, several: str) -> N:
    if not found:
        raise NotFound(f"Heap has {none}.", hint="List what there is with `heapscim users list` or `groups list`.")
    if len(found) > 1:
        raise Rejected(f"In Heap {several}.")
    return found[0]


async def look(session: Session, *, groups: bool = False, named: Collection[str] = ()) -> Scene:
    """Reads Heap and the links; who is ``named`` and managed is asked for where the list leaves them out.

    Some tenants don't list inactive accounts.
    """
    with progress_bar(session.screen) as bar:
        current = await session.tenant.read(groups=groups, progress=ReadProgress(bar, "Reading Heap"))
    session.remember(current, groups=groups)
    links, names = session.ledger.links(), {*named, *map(match_key, named)}
    ids = {link.id for link in links.users if link.id in names or match_key(link.name) in names}
    return Scene(await with_accounts(current, ids, session.tenant), links)


Decision: TypeAlias = tuple[Sequence[Change], Sequence[str]]
Decide: TypeAlias = Callable[[Scene], Decision]


async def change(
    session: Session,
    command: str,
    options: SyncOptions,
    decide: Decide,
    *,
    groups: bool = False,
    named: Collection[str] = (),
    resolution: Resolution | None = None,
) -> Result:
    """Reads Heap, lets ``decide`` make changes and notices of it, and carries them out as a plan.

    Nothing is removed on the strength of what a ``resolution`` has only just found to be ours.
    """
    session.check_connected()
    with session.lock.held(command):
        looked = look(session, groups=groups, named=named)
        scene, view = await asyncio.gather(looked, view_of_directory(session) if by_hand(command) else _nothing())
        scene = replace(scene, current=as_asked(scene.current, scene.links))
        decided, notices = decide(scene)
        changes, withheld = withhold_fresh(decided, NOTHING_FRESH if resolution is None else resolution.fresh)
        said = outlook(session, changes, view, scene.current, scene.links) if by_hand(command) else ()
        for sentence in said:
            session.screen.notice(sentence)
        active = {user.id for user in scene.current.users if user.active}
        accounts = len(active) if by_hand(command) else sum(link.id in active for link in scene.links.users)
        there = {group.id for group in scene.current.groups}
        managed_groups = sum(link.id in there for link in scene.links.groups)
        plan = Plan(
            tenant=session.profile.base_url,
            command=command,
            changes=in_order(changes),
            withheld=withheld,
            impact=impact_of(changes, scene.current),
            shortcomings=shortcomings(changes, session.plan_options(command)),
            populations=Baseline(accounts, len(active), managed_groups=managed_groups),
            notices=(*notices, *admin_notices(changes, session.profile.admin_role)),
        )
        told = plan if resolution is None else resolution.told_in(plan)
        return _also_saying(await carry_out(session, told, options), said, session.screen)


async def _nothing() -> None:
    return None


def _also_saying(result: Result, said: Sequence[str], screen: Screen) -> Result:
    """A person was told before the question; whoever reads JSON is told there."""
    return replace(result, notices=(*result.notices, *said)) if screen.format == "json" else result
