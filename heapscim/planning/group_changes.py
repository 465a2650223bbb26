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
from heapscim.model.phrases import counted
from heapscim.model.plan import Covered
from heapscim.model.state import DISPLAY_NAME, CurrentGroup, DesiredGroup, Link, same_text
from heapscim.planning.context import PlanningContext
from heapscim.planning.matching import GroupPair


@dataclass(frozen=True, slots=True)
class GroupDecisions:
    """All that is decided about groups."""

    changes: tuple[GroupChange, ...] = ()
    covered: tuple[Covered, ...] = ()
    notices: tuple[str, ...] = ()


def decide(situation: PlanningContext) -> GroupDecisions:
    """Decides about every bound group and every managed one. Nothing at all where groups aren't managed."""
    if situation.desired.groups is None:
        return GroupDecisions()
    names = {user.external_id: user.user_name for user in situation.desired.users}
    changes: list[GroupChange] = []
    notices: list[str] = []
    for found in situation.pairing.groups:
        changes.extend(_bring_up_to_date(situation, found, names))
    for group in situation.pairing.missing_groups:
        if group.member_ids & situation.with_account:
            changes.append(_create(situation, group, names))
        else:
            notices.append(f"{group.name} has no members in scope: empty groups are not created.")
    for link, current in situation.abandoned_groups:
        change, notice = _let_go(situation, link, current)
        changes.extend(change)
        notices.extend(notice)
    notices.extend(_strangers(situation))
    return GroupDecisions(tuple(changes), tuple(_covered(situation, changes)), tuple(sorted(notices)))


def _bring_up_to_date(situation: PlanningContext, found: GroupPair, names: dict[str, str]) -> Iterator[GroupChange]:
    wanted, current = found.desired, found.current
    source = situation.desired.source
    if not found.linked:
        by_hand = current.id in situation.links_by_hand
        there = "managed by hand until now" if by_hand else "Heap has a group of that name"
        reason = f"bound in {source}, and {there}"
        before = situation.group_external_id_of.get(current.id)
        yield TakeOverGroup(current.id, wanted.external_id, current.name, reason, before, by_hand)
    if not same_text(current.name, wanted.name):
        reason = _why_renamed(situation, found)
        yield RenameGroup(current.id, wanted.external_id, current.name, wanted.name, reason)
    joining = tuple(
        _ref(situation, external_id, names)
        for external_id in sorted(wanted.member_ids & situation.with_account)
        if situation.account_of.get(external_id) not in current.member_ids
    )
    if joining:
        reason = f"in {wanted.name} in {source}"
        again = situation.sent_unseen.get(current.id, frozenset()).issuperset(member.id or "" for member in joining)
        size = len(current.member_ids)
        yield AddMembers(current.id, wanted.external_id, current.name, joining, reason, size, again)
    leaving = _leaving(situation, found)
    if leaving:
        reason = f"not in {wanted.name} in {source}"
        yield RemoveMembers(current.id, wanted.external_id, current.name, leaving, reason, len(current.member_ids))


def _why_renamed(situation: PlanningContext, found: GroupPair) -> str:
    """Who changed the name, as far as that is known: by the name it last had here, and by who had asked for that."""
    source = situation.desired.source
    link = situation.group_links.get(found.desired.external_id) if found.linked else None
    if link is None or not same_text(link.name, found.current.name):
        known = link is not None and same_text(link.name, found.desired.name)
        return "renamed in Heap" if known else f"called {found.desired.name} in {source}"
    by_hand = DISPLAY_NAME in link.set_by_hand
    return f"renamed by hand, not in {source}" if by_hand else f"renamed in {source}"


def _leaving(situation: PlanningContext, found: GroupPair) -> tuple[MemberRef, ...]:
    """Members the directory doesn't name. Only managed accounts: somebody else's stay."""
    staying = {situation.account_of.get(external_id) for external_id in found.desired.member_ids}
    leaving = (found.current.member_ids - staying) & situation.our_user_ids
    return tuple(situation.member_ref(id) for id in sorted(leaving))


def _create(situation: PlanningContext, group: DesiredGroup, names: dict[str, str]) -> CreateGroup:
    members = tuple(
        _ref(situation, external_id, names) for external_id in sorted(group.member_ids & situation.with_account)
    )
    known = group.external_id in situation.linked_groups
    reason = "it is gone from Heap" if known else f"bound in {situation.desired.source}"
    return CreateGroup(group.external_id, group.name, members, reason)


def _ref(situation: PlanningContext, external_id: str, names: dict[str, str]) -> MemberRef:
    return MemberRef(names[external_id], situation.account_of.get(external_id), external_id)


def _let_go(
    situation: PlanningContext, link: Link, group: CurrentGroup
) -> tuple[tuple[GroupChange, ...], tuple[str, ...]]:
    """Releases an unbound group; deletes one that is gone; where rows alone name groups, empties it instead."""
    source = situation.desired.source
    members = tuple(situation.member_ref(id) for id in sorted(group.member_ids))
    if link.external_id in situation.desired.unbound_group_ids:
        return (ReleaseGroup(link.id, link.external_id, group.name, f"unbound in {source}"),), ()
    if situation.desired.lists_groups:
        deletion = DeleteGroup(link.id, link.external_id, group.name, members, f"deleted in {source}")
        return (*_stepping_aside(situation, deletion), deletion), ()
    leaving = tuple(member for member in members if member.id in situation.our_user_ids)
    others = frozenset(group.member_ids) - situation.our_user_ids
    whom = (
        "who are managed by hand, or by nobody here"
        if others & situation.user_ids_by_hand
        else "whom nobody manages here"
    )
    stays = f"it stays, with those {whom}" if others else "it stays, empty"
    notice = f"Nobody in {source} names {group.name} any more: {stays}. `heapscim groups delete` removes it."
    if not leaving:
        return (), (notice,)
    reason = f"nobody in {source} names {group.name}"
    return (RemoveMembers(link.id, link.external_id, group.name, leaving, reason, len(members)),), (notice,)


def _stepping_aside(situation: PlanningContext, deletion: DeleteGroup) -> Iterator[RenameGroup]:
    """Lets go of a name that another group is to have: groups are deleted last, once all access is given."""
    if deletion.id in situation.pairing.making_way:
        aside = f"{deletion.name} ({deletion.id})"
        yield RenameGroup(deletion.id, deletion.external_id, deletion.name, aside, "its name goes to another group")


def _strangers(situation: PlanningContext) -> Iterator[str]:
    for found in situation.pairing.groups:
        strangers = found.current.member_ids - situation.our_user_ids
        by_hand = strangers & situation.user_ids_by_hand
        if count := len(strangers) - len(by_hand):
            yield f"{found.desired.name} holds {counted(count, 'account')} that nobody manages here; left as they are."
        if count := len(by_hand):
            yield f"{found.desired.name} holds {counted(count, 'account')} managed by hand; left as they are."


def _covered(situation: PlanningContext, changes: list[GroupChange]) -> Iterator[Covered]:
    """People who lose a managed group and stay, because another bound group holds them."""
    for change in changes:
        match change:
            case RemoveMembers() | DeleteGroup():
                losers = change.members
            case ReleaseGroup():
                members = sorted(situation.groups_by_id[change.id].member_ids)
                losers = tuple(situation.member_ref(id) for id in members)
            case _:
                continue
        for loser in losers:
            held_by = situation.desired.memberships.get(loser.external_id or "", frozenset())
            if held_by:
                yield Covered(loser.user_name, change.name, tuple(sorted(held_by)))
