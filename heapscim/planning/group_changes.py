"""Decides what must change for groups: create, take over, rename, members, release, delete (article rows 8 to 15)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from heapscim.model.changes import (
    AddMembers,
    CreateGroup,
    DeleteGroup,
    GroupChange,
    MemberRef,
    ReleaseGroup,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
)
from heapscim.model.phrases import counted
from heapscim.model.plan import Covered
from heapscim.model.state import DISPLAY_NAME, CurrentGroup, Link, same_text
from heapscim.planning.context import PlanningContext
from heapscim.planning.matching import GroupPair


@dataclass(frozen=True, slots=True)
class GroupDecisions:
    """Holds everything that is decided about groups."""

    changes: tuple[GroupChange, ...] = ()
    covered: tuple[Covered, ...] = ()
    notices: tuple[str, ...] = ()


def decide(context: PlanningContext) -> GroupDecisions:
    """Decides about each bound group and each managed one; about none if groups aren't managed."""
    if context.desired.groups is None:
        return GroupDecisions()
    changes: list[GroupChange] = []
    notices: list[str] = []
    for found in context.pairing.groups:
        changes.extend(_bring_up_to_date(context, found))
    for group in context.pairing.missing_groups:
        # A person in a conflict has no account to be put into the group.
        if joining := group.member_ids & context.with_account:
            known = group.external_id in context.links.groups_by_external_id
            reason = "it is gone from Heap" if known else f"bound in {context.desired.source}"
            changes.append(CreateGroup(group.external_id, group.name, _refs(context, joining), reason))
        else:
            notices.append(f"{group.name} has no members in scope: empty groups are not created.")
    for link in context.abandoned_groups.values():
        change, notice = _let_go(context, link, context.current.groups_by_id[link.id])
        changes.extend(change)
        notices.extend(notice)
    notices.extend(_strangers(context))
    return GroupDecisions(tuple(changes), tuple(_covered(context, changes)), tuple(sorted(notices)))


def _bring_up_to_date(context: PlanningContext, found: GroupPair) -> Iterator[GroupChange]:
    wanted, current = found.desired, found.current
    source = context.desired.source
    if not found.linked:
        by_hand = current.id in context.by_hand.groups_by_id
        there = "managed by hand until now" if by_hand else "Heap has a group of that name"
        reason = f"bound in {source}, and {there}"
        before = context.links.external_id_of_group(current.id)
        yield TakeOverGroup(current.id, wanted.external_id, current.name, reason, before, by_hand)
    if not same_text(current.name, wanted.name):
        reason = _why_renamed(context, found)
        yield RenameGroup(current.id, wanted.external_id, current.name, wanted.name, reason)
    size = len(current.member_ids)
    accounts = set(map(context.account_of.get, wanted.member_ids))
    missing = () if accounts <= current.member_ids else _outside(context, wanted.member_ids, current.member_ids)
    if joining := _refs(context, context.with_account.intersection(missing)):
        link = context.links.groups_by_id.get(current.id)
        # Some tenants don't show members that they took: execution asks otherwise, and less the second time.
        again = link is not None and link.unseen.issuperset(member.id or "" for member in joining)
        reason = f"in {wanted.name} in {source}"
        yield AddMembers(current.id, wanted.external_id, current.name, joining, reason, size, again)
    # Only managed accounts leave: a member whom another person added in Heap stays (rule 3).
    leaving = (current.member_ids - accounts) & context.our_user_ids
    if leaving:
        members = tuple(map(context.member_ref, sorted(leaving)))
        reason = f"not in {wanted.name} in {source}"
        yield RemoveMembers(current.id, wanted.external_id, current.name, members, reason, size)


def _outside(context: PlanningContext, people: Iterable[str], member_ids: frozenset[str]) -> Iterator[str]:
    """Yields the external ids of the people whose accounts aren't members, or who have none yet."""
    return (id for id in people if context.account_of.get(id) not in member_ids)


def _why_renamed(context: PlanningContext, found: GroupPair) -> str:
    """Says on which side the name changed, as far as the link knows: by the last name, and who asked for that."""
    source = context.desired.source
    link = context.links.groups_by_external_id.get(found.desired.external_id) if found.linked else None
    if link is None or not same_text(link.name, found.current.name):
        known = link is not None and same_text(link.name, found.desired.name)
        return "renamed in Heap" if known else f"called {found.desired.name} in {source}"
    by_hand = DISPLAY_NAME in link.set_by_hand
    return f"renamed by hand, not in {source}" if by_hand else f"renamed in {source}"


def _refs(context: PlanningContext, external_ids: Iterable[str]) -> tuple[MemberRef, ...]:
    return tuple(MemberRef(context.user_names[id], context.account_of.get(id), id) for id in sorted(external_ids))


def _let_go(
    context: PlanningContext, link: Link, group: CurrentGroup
) -> tuple[tuple[GroupChange, ...], tuple[str, ...]]:
    """Releases an unbound group, deletes one that is gone, and empties one if only people's rows name groups."""
    source = context.desired.source
    members = tuple(map(context.member_ref, sorted(group.member_ids)))
    if link.external_id in context.desired.unbound_group_ids:
        return (ReleaseGroup(link.id, link.external_id, group.name, f"unbound in {source}"),), ()
    if context.desired.lists_groups:
        deletion = DeleteGroup(link.id, link.external_id, group.name, members, f"deleted in {source}")
        if group.id not in context.pairing.making_way:
            return (deletion,), ()
        # Groups are deleted last, once all access is given: its name must be free before, for another group.
        aside, reason = f"{group.name} ({group.id})", "its name goes to another group"
        return (RenameGroup(link.id, link.external_id, group.name, aside, reason), deletion), ()
    # A roster without a list of groups can't say that a group was deleted, only that no person is in it.
    leaving = tuple(member for member in members if member.id in context.our_user_ids)
    others = group.member_ids - context.our_user_ids
    whom = (
        "who are managed by hand, or by nobody here"
        if others & context.user_ids_by_hand
        else "whom nobody manages here"
    )
    stays = f"it stays, with those {whom}" if others else "it stays, empty"
    notice = f"Nobody in {source} names {group.name} any more: {stays}. `heapscim groups delete` removes it."
    if not leaving:
        return (), (notice,)
    reason = f"nobody in {source} names {group.name}"
    return (RemoveMembers(link.id, link.external_id, group.name, leaving, reason, len(members)),), (notice,)


def _strangers(context: PlanningContext) -> Iterator[str]:
    """Names bound groups that hold accounts which no directory manages: those are left in it."""
    for found in context.pairing.groups:
        strangers = found.current.member_ids - context.our_user_ids
        by_hand = strangers & context.user_ids_by_hand
        if count := len(strangers) - len(by_hand):
            yield f"{found.desired.name} holds {counted(count, 'account')} that nobody manages here; left as they are."
        if count := len(by_hand):
            yield f"{found.desired.name} holds {counted(count, 'account')} managed by hand; left as they are."


def _covered(context: PlanningContext, changes: Iterable[GroupChange]) -> Iterator[Covered]:
    """Finds people who lose a managed group and keep the account, because another bound group holds them (row 13)."""
    for change in changes:
        match change:
            case RemoveMembers() | DeleteGroup():
                losers = change.members
            case ReleaseGroup():
                # Nothing is sent for a release, yet its members lose what kept their accounts.
                losers = tuple(map(context.member_ref, sorted(context.current.groups_by_id[change.id].member_ids)))
            case _:
                continue
        for loser in losers:
            held_by = context.desired.memberships.get(loser.external_id or "", frozenset())
            if held_by:
                yield Covered(loser.user_name, change.name, tuple(sorted(held_by)))
