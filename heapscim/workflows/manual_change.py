"""Makes single changes by hand. Each is a plan with the guards, journal and verification of a sync (rule 1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias, TypeVar

from heapscim.errors import NotFound, PeopleUnknown, Rejected
from heapscim.execution.backfill import with_accounts
from heapscim.model.attribute_mapping import Rule
from heapscim.model.changes import Change, MemberRef
from heapscim.model.directory import DirectorySnapshot, Person
from heapscim.model.plan import Baseline, Plan, in_order
from heapscim.model.state import (
    DISPLAY_NAME,
    CurrentGroup,
    CurrentState,
    CurrentUser,
    Kind,
    Links,
    match_key,
)
from heapscim.output.envelope import Result
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.planning.as_sent import as_asked
from heapscim.planning.fresh_links import NOTHING_FRESH, withhold_fresh
from heapscim.planning.guards import by_hand
from heapscim.planning.impact import admin_notices, impact_of, strange_roles
from heapscim.planning.reversibility import shortcomings
from heapscim.planning.whom import NameIndex
from heapscim.workflows.outlook import View, outlook, view_of_directory
from heapscim.workflows.reconcile import SyncOptions, carry_out
from heapscim.workflows.resolution import Resolution
from heapscim.workflows.session import Session

N = TypeVar("N", CurrentUser, CurrentGroup)


@dataclass(frozen=True)
class HeapIndex:
    """Holds all of Heap and all links, to find users and groups by name or id."""

    current: CurrentState
    links: Links
    people: Sequence[Person] = ()
    """Everyone in the directory; none if it wasn't read."""
    mapping: Mapping[str, Rule] = field(default_factory=dict)
    source: str = "the directory"

    @cached_property
    def names(self) -> NameIndex:
        """Returns accounts and people by every name that a user may give."""
        return NameIndex(self.current, self.links, self.people, self.mapping, self.source)

    def user(self, name: str) -> CurrentUser:
        """Returns the account of whom a name means; raises NotFound, or Rejected if there are several accounts."""
        found = self.names.accounts(name)
        ids = ", ".join(account.id for account in found)
        return _only("user", name, found, f"{len(found)} users are called {name}; give one of the ids {ids}")

    def group(self, name: str) -> CurrentGroup:
        """Returns the group with a name or id; raises NotFound, or Rejected if there are several."""
        by_id = self.current.groups_by_id
        found = {group.id: group for group in self._groups_by_name.get(match_key(name), ())}
        found |= {name: by_id[name]} if name in by_id else {}
        return _only("group", name, tuple(found.values()), f"{len(found)} groups are called {name}; give the id")

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
    def _groups_by_name(self) -> Mapping[str, Sequence[CurrentGroup]]:
        """Maps folded names to groups, by the name that was asked for too, unless another group has that name."""
        by_id, asked = self.current.groups_by_id, dict[str, Sequence[CurrentGroup]]()
        for link in self.links.groups:
            for name in link.kept.get(DISPLAY_NAME, ()) if link.id in by_id else ():
                asked.setdefault(match_key(name), (by_id[link.id],))
        return {**asked, **self.current.groups_by_key}


def _unused(key: str, taken: Collection[str]) -> str:
    while key in taken:
        key = f"{key} (by hand)"
    return key


def _only(kind: Kind, name: str, found: Sequence[N], several: str) -> N:
    if not found:
        raise NotFound(f"Heap has no {kind} {name}.", hint=f"List what there is with `heapscim {kind}s list`.")
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
    ids = {link.id for link in links.users if names & {link.id, link.external_id, match_key(link.name)}}
    return HeapIndex(await with_accounts(current, ids, session.tenant), links)


async def with_people(session: Session, heap: HeapIndex, view: View, named: Collection[str]) -> HeapIndex:
    """Adds the people of the directory, if it could be read, so that each is found by every name; likewise."""
    if not isinstance(view, DirectorySnapshot):
        return heap
    heap = replace(heap, people=view.people, mapping=session.profile.mapping, source=view.source)
    people = [heap.names.person(name) for name in named if not heap.names.accounts_called(name)]
    links = heap.links.for_the_directory.users_by_external_id
    ids = {links[person.external_id].id for person in people if person is not None and person.external_id in links}
    return replace(heap, current=await with_accounts(heap.current, ids, session.tenant))


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
        heap = await with_people(session, heap, view, named)
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
            notices=(
                *notices,
                *strange_roles(changes, heap.current, session.profile.admin_role),
                *admin_notices(changes, session.profile.admin_role),
            ),
        )
        if resolution is not None:
            plan = resolution.with_notices(plan)
        result = await carry_out(session, plan, options)
        # A user has read these sentences before the question; a program that reads JSON finds them in the result.
        notices = (*result.notices, *sentences) if session.screen.format == "json" else result.notices
        return replace(result, notices=notices)


async def _nothing() -> None:
    return None
