"""Makes single changes by hand. Each is a plan with the guards, journal and verification of a sync (rule 1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias, TypeVar

from heapscim.errors import NotFound, PeopleUnknown, Rejected
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
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadingProgress, progress_bar
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
class HeapIndex:
    """Holds all of Heap and all links, to find users and groups by name or id."""

    current: CurrentState
    links: Links

    def user(self, name: str) -> CurrentUser:
        """Returns the account with a userName or id; raises NotFound, or Rejected if there are several."""
        found = _called(name, self.current.users_by_id, self._users_by_name)
        return _only(found, f"no user {name}", f"{len(found)} users are called {name}; give the id")

    def group(self, name: str) -> CurrentGroup:
        """Returns the group with a name or id; raises NotFound, or Rejected if there are several."""
        found = _called(name, self.current.groups_by_id, self._groups_by_name)
        return _only(found, f"no group {name}", f"{len(found)} groups are called {name}; give the id")

    def id_for_user(self, name: str) -> str:
        """Returns the external id for an account made by hand: its name, unless that is already used."""
        return _unused(match_key(name), self.links.users_by_external_id)

    def id_for_group(self, name: str) -> str:
        """Returns the external id for a group made by hand: its name, unless that is already used."""
        return _unused(match_key(name), self.links.groups_by_external_id)

    def users(self, names: Iterable[str]) -> tuple[CurrentUser, ...]:
        """Returns the accounts with userNames or ids, each once even if it is named twice.

        Raises the error of ``user`` for one wrong name, and PeopleUnknown for several.
        """
        found: dict[str, CurrentUser] = {}
        wrong: list[NotFound | Rejected] = []
        for name in names:
            try:
                user = self.user(name)
                found.setdefault(user.id, user)
            except (NotFound, Rejected) as error:
                wrong.append(error)
        if len(wrong) == 1:
            raise wrong[0]
        if wrong:
            problems = tuple(error.message for error in wrong)
            message = f"{len(wrong):,} of the names can't be matched to exactly one account each. Nothing was changed."
            raise PeopleUnknown(message, problems=problems, hint=wrong[0].hint)
        return tuple(found.values())

    def members(self, names: Iterable[str]) -> tuple[MemberRef, ...]:
        """Returns accounts as members, each once."""
        external_id = self.links.external_id_of_user
        return tuple(MemberRef(user.user_name, user.id, external_id(user.id)) for user in self.users(names))

    @cached_property
    def _users_by_name(self) -> Mapping[str, Sequence[CurrentUser]]:
        return _by_any_name(self.current.users_by_id, self.current.users_by_key, self.links.users)

    @cached_property
    def _groups_by_name(self) -> Mapping[str, Sequence[CurrentGroup]]:
        return _by_any_name(self.current.groups_by_id, self.current.groups_by_key, self.links.groups)


def _unused(key: str, taken: Collection[str]) -> str:
    while key in taken:
        key = f"{key} (by hand)"
    return key


def _by_any_name(
    by_id: Mapping[str, N], by_key: Mapping[str, Sequence[N]], links: Iterable[Link]
) -> Mapping[str, Sequence[N]]:
    """Adds the other name of what a tenant keeps under its own name, unless something else has that name."""
    added: dict[str, Sequence[N]] = {}
    for link in links:
        if link.kept and link.id in by_id:
            for name in link.kept.get(USER_NAME) or link.kept.get(DISPLAY_NAME) or ():
                added.setdefault(match_key(name), (by_id[link.id],))
    return {**added, **by_key}


def _called(name: str, by_id: Mapping[str, N], by_name: Mapping[str, Sequence[N]]) -> Sequence[N]:
    """Returns everything with a name, in any case, or with an id."""
    found = {item.id: item for item in by_name.get(match_key(name), ())}
    if name in by_id:
        found[name] = by_id[name]
    return tuple(found.values())


def _only(found: Sequence[N], none: str, several: str) -> N:
    if not found:
        raise NotFound(f"Heap has {none}.", hint="List what there is with `heapscim users list` or `groups list`.")
    if len(found) > 1:
        raise Rejected(f"In Heap {several}.")
    return found[0]


async def read_heap(session: Session, *, groups: bool = False, named: Collection[str] = ()) -> HeapIndex:
    """Reads Heap and the links. Managed accounts that are ``named`` and missing in the list are asked for.

    Some tenants don't list inactive accounts.
    """
    with progress_bar(session.screen) as bar:
        current = await session.tenant.read(groups=groups, progress=ReadingProgress(bar, "Reading Heap"))
    session.remember(current, groups=groups)
    links, names = session.ledger.links(), {*named, *map(match_key, named)}
    ids = {link.id for link in links.users if link.id in names or match_key(link.name) in names}
    return HeapIndex(await with_accounts(current, ids, session.tenant), links)


Decision: TypeAlias = tuple[Sequence[Change], Sequence[str]]
Decide: TypeAlias = Callable[[HeapIndex], Decision]


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
    """Reads Heap, lets ``decide`` choose changes and notices, and carries them out as a plan.

    Nothing is removed because of a link that ``resolution`` has only just found.
    """
    session.check_connected()
    with session.lock.held(command):
        looked = read_heap(session, groups=groups, named=named)
        heap, view = await asyncio.gather(looked, view_of_directory(session) if by_hand(command) else _nothing())
        heap = replace(heap, current=as_asked(heap.current, heap.links))
        decided, notices = decide(heap)
        changes, withheld = withhold_fresh(decided, NOTHING_FRESH if resolution is None else resolution.fresh)
        sentences = outlook(session, changes, view, heap.current, heap.links) if by_hand(command) else ()
        for sentence in sentences:
            session.screen.notice(sentence)
        active, managed = heap.current.active_user_ids, heap.links.users_by_id.keys()
        accounts = len(active) if by_hand(command) else len(active & managed)
        managed_groups = len(heap.current.groups_by_id.keys() & heap.links.groups_by_id.keys())
        plan = Plan(
            tenant=session.profile.base_url,
            command=command,
            changes=in_order(changes),
            withheld=withheld,
            impact=impact_of(changes, heap.current),
            shortcomings=shortcomings(changes, session.plan_options(command)),
            populations=Baseline(accounts, len(active), managed_groups=managed_groups),
            notices=(*notices, *admin_notices(changes, session.profile.admin_role)),
        )
        if resolution is not None:
            plan = resolution.with_notices(plan)
        result = await carry_out(session, plan, options)
        # A user has read these sentences before the question; a program that reads JSON finds them in the result.
        notices = (*result.notices, *sentences) if session.screen.format == "json" else result.notices
        return replace(result, notices=notices)


async def _nothing() -> None:
    return None
