"""What must change for groups: create, take over, rename, members, release, delete (article rows 8 to 15)."""

from __future__ import annotations

from collections.abc import Iterator
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
from heapscim.model.desired import DesiredGroup
from heapscim.model.phrases import counted
from heapscim.model.plan import Covered
from heapscim.model.state import DISPLAY_NAME, CurrentGroup, Link, same_text
from heapscim.planning.context import PlanningContext
from heapscim.planning.matching import GroupPair


@dataclass(frozen=True, slots=True)
class GroupDecisions:
    """All that is decided about groups."""

    changes: tuple[GroupChange, ...] = ()
    covered: tuple[Covered, ...] = ()
    notices: tuple[str, ...] = ()


def decide(context: PlanningContext) -> GroupDecisions:
    """Decides about every bound group and every managed one. Nothing at all where groups aren't managed."""
    if context.desired.groups is None:
        return GroupDecisions()
    names = {user.external_id: user.user_name for user in context.desired.users}
    changes: list[GroupChange] = []
    notices: list[str] = []
    for found in context.pairing.groups:
        changes.extend(_bring_up_to_date(context, found, names))
    for group in context.pairing.missing_groups:
        if group.member_ids & context.with_account:
            changes.append(_create(context, group, names))
        else:
            notices.append(f"{group.name} has no members in scope: empty groups are not created.")
    for link in context.abandoned_groups.values():
        change, notice = _let_go(context, link, context.current.groups_by_id[link.id])
        changes.extend(change)
        notices.extend(notice)
    notices.extend(_strangers(context))
    return GroupDecisions(tuple(changes), tuple(_covered(context, changes)), tuple(sorted(notices)))


def _bring_up_to_date(context: PlanningContext, found: GroupPair, names: dict[str, str]) -> Iterator[GroupChange]:
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
    joining = tuple(
        _ref(context, external_id, names)
        for external_id in sorted(wanted.member_ids & context.with_account)
        if context.account_of.get(external_id) not in current.member_ids
    )
    if joining:
        reason = f"in {wanted.name} in {source}"
        link = context.links.groups_by_id.get(current.id)
        again = link is not None and link.unseen.issuperset(member.id or "" for member in joining)
        size = len(current.member_ids)
        yield AddMembers(current.id, wanted.external_id, current.name, joining, reason, size, again)
    leaving = _leaving(context, found)
    if leaving:
        reason = f"not in {wanted.name} in {source}"
        yield RemoveMembers(current.id, wanted.external_id, current.name, leaving, reason, len(current.member_ids))


def _why_renamed(context: PlanningContext, found: GroupPair) -> str:
    """Who changed the name, as far as that is known: by the name it last had here, and by who had asked for that."""
    source = context.desired.source
    link = context.links.groups_by_external_id.get(found.desired.external_id) if found.linked else None
    if link is None or not same_text(link.name, found.current.name):
        known = link is not None and same_text(link.name, found.desired.name)
        return "renamed in Heap" if known else f"called {found.desired.name} in {source}"
    by_hand = DISPLAY_NAME in link.set_by_hand
    return f"renamed by hand, not in {source}" if by_hand else f"renamed in {source}"


def _leaving(context: PlanningContext, found: GroupPair) -> tuple[MemberRef, ...]:
    """Members the directory doesn't name. Only managed accounts: somebody else's stay."""
    staying = {context.account_of.get(external_id) for external_id in found.desired.member_ids}
    leaving = (found.current.member_ids - staying) & context.our_user_ids
    return tuple(context.member_ref(id) for id in sorted(leaving))


def _create(context: PlanningContext, group: DesiredGroup, names: dict[str, str]) -> CreateGroup:
    members = tuple(
        _ref(context, external_id, names) for external_id in sorted(group.member_ids & context.with_account)
    )
    known = group.external_id in context.links.groups_by_external_id
    reason = "it is gone from Heap" if known else f"bound in {context.desired.source}"
    return CreateGroup(group.external_id, group.name, members, reason)


def _ref(context: PlanningContext, external_id: str, names: dict[str, str]) -> MemberRef:
    return MemberRef(names[external_id], context.account_of.get(external_id), external_id)


def _let_go(
    context: PlanningContext, link: Link, group: CurrentGroup
) -> tuple[tuple[GroupChange, ...], tuple[str, ...]]:
    """Releases an unbound group; deletes one that is gone; where rows alone name groups, empties it instead."""
    source = context.desired.source
    members = tuple(context.member_ref(id) for id in sorted(group.member_ids))
    if link.external_id in context.desired.unbound_group_ids:
        return (ReleaseGroup(link.id, link.external_id, group.name, f"unbound in {source}"),), ()
    if context.desired.lists_groups:
        deletion = DeleteGroup(link.id, link.external_id, group.name, members, f"deleted in {source}")
        return (*_stepping_aside(context, deletion), deletion), ()
    leaving = tuple(member for member in members if member.id in context.our_user_ids)
    others = frozenset(group.member_ids) - context.our_user_ids
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


def _stepping_aside(context: PlanningContext, deletion: DeleteGroup) -> Iterator[RenameGroup]:
    """Lets go of a name that another group is to have: groups are deleted last, once all access is given."""
    if deletion.id in context.pairing.making_way:
        aside = f"{deletion.name} ({deletion.id})"
        yield RenameGroup(deletion.id, deletion.external_id, deletion.name, aside, "its name goes to another group")


def _strangers(context: PlanningContext) -> Iterator[str]:
    for found in context.pairing.groups:
        strangers = found.current.member_ids - context.our_user_ids
        by_hand = strangers & context.user_ids_by_hand
        if count := len(strangers) - len(by_hand):
            yield f"{found.desired.name} holds {counted(count, 'account')} that nobody manages here; left as they are."
        if count := len(by_hand):
            yield f"{found.desired.name} holds {counted(count, 'account')} managed by hand; left as they are."


def _covered(context: PlanningContext, changes: list[GroupChange]) -> Iterator[Covered]:
    """People who lose a managed group and stay, because another bound group holds them."""
    for change in changes:
        match change:
            case RemoveMembers() | DeleteGroup():
                losers = change.members
            case ReleaseGroup():
                members = sorted(context.current.groups_by_id[change.id].member_ids)
                losers = tuple(context.member_ref(id) for id in members)
            case _:
                continue
        for loser in losers:
            held_by = context.desired.memberships.get(loser.external_id or "", frozenset())
            if held_by:
                yield Covered(loser.user_name, change.name, tuple(sorted(held_by)))
