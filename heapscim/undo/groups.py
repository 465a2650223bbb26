"""Takes back what a run did to groups: names, memberships, management, creations and deletions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    DeleteGroup,
    DeleteUser,
    GroupChange,
    MemberRef,
    ReleaseGroup,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
)
from heapscim.model.plan import Conflict
from heapscim.model.state import CurrentGroup, match_key, same_text
from heapscim.undo.context import Back, UndoContext, UndoStep, beyond, moved


def inverse_of_group(context: UndoContext, change: GroupChange, id: str | None) -> Iterator[UndoStep]:
    """Returns what takes one change back; ``id`` is the Heap id that the ledger recorded with it."""
    match change:
        case CreateGroup():
            yield _delete(context, change, context.current.groups_by_id.get(id or ""))
        case DeleteGroup():
            yield from _recreate(context, change)
        case RenameGroup():
            yield from _rename(context, change)
        case AddMembers():
            yield from _take_out(context, change)
        case RemoveMembers():
            yield from _put_back(context, change)
        case TakeOverGroup():
            yield _release(context, change)
        case ReleaseGroup():
            yield _take_over(context, change)


def homecoming(context: UndoContext, change: DeleteUser) -> Iterator[UndoStep]:
    """Puts the account that is created again for a deleted one into the groups that held the deleted one."""
    ref = context.coming_back.get(change.id)
    if ref is None:
        return
    for id in change.groups:
        if group := context.current.groups_by_id.get(id):
            yield _adding(context, group, (ref,), context.links.external_id_of_group(id))
        elif id not in context.deleted_groups:
            yield beyond(change.user_name, f"A group that held {change.user_name} (id {id}) is gone from Heap.")


def _delete(context: UndoContext, change: CreateGroup, group: CurrentGroup | None) -> UndoStep:
    if group is None:
        return Back(change.name)
    if not same_text(group.name, change.name):
        return moved(group.name, f"{group.name} isn't deleted: the run made it as {change.name}.")
    given = {ref.id for ref in map(context.member, change.members) if ref is not None}
    if others := group.member_ids - given:
        noun = "1 member" if len(others) == 1 else f"{len(others)} members"
        return moved(group.name, f"{group.name} isn't deleted: it has {noun} that the run didn't put there.")
    users = context.current.users_by_id
    members = tuple(
        MemberRef(users[id].user_name if id in users else id, id, context.links.external_id_of_user(id))
        for id in sorted(group.member_ids)
    )
    external_id = context.links.external_id_of_group(group.id) or change.external_id
    by_hand = group.id in context.links.made_by_hand.groups_by_id
    return DeleteGroup(group.id, external_id, group.name, members, context.reason, by_hand)


def _recreate(context: UndoContext, change: DeleteGroup) -> Iterator[UndoStep]:
    name = change.name
    if change.id in context.current.groups_by_id:
        yield Back(name)
        return
    if context.group(change.id, change.external_id) is not None:
        yield _succeeded(name)
        return
    refs = [(member, context.member(member)) for member in change.members]
    for member, ref in refs:
        if ref is None:
            yield beyond(member.user_name, f"{member.user_name} isn't put back into {name}: the account is gone.")
    members = tuple(ref for _, ref in refs if ref is not None)
    yield CreateGroup(change.external_id, name, members, context.reason, change.by_hand)


def _rename(context: UndoContext, change: RenameGroup) -> Iterator[UndoStep]:
    if change.id in context.deleted_groups:
        return
    group = context.group(change.id, change.external_id)
    if group is None:
        yield beyond(change.new_name, f"{change.new_name} is gone from Heap.")
    elif same_text(group.name, change.name):
        yield Back(group.name)
    elif not same_text(group.name, change.new_name):
        yield moved(group.name, f"{group.name} was renamed since: the run had called it {change.new_name}.")
    else:
        yield RenameGroup(group.id, change.external_id, group.name, change.name, context.reason, by_hand=True)


def _succeeded(name: str) -> Conflict:
    return moved(name, f"{name} isn't made anew: Heap has another group in its place by now.")


def names_passed_on(context: UndoContext, changes: Iterable[Change]) -> Iterator[Change | Conflict]:
    """Lets names pass from group to group: a group that is renamed or deleted frees its name, any other keeps it."""
    kept = list(changes)
    # A change that is blocked doesn't free its own group's name, so it may block others in turn.
    while blocked := _blocked(context, kept):
        gone = set(map(id, blocked))
        kept = [change for change in kept if id(change) not in gone]
        for stopped in blocked:
            if isinstance(stopped, RenameGroup):
                message = f"{stopped.name} can't be renamed to {stopped.new_name}: another group in Heap has that name."
                yield Conflict("taken", stopped.name, message, "Rename or delete that group in Heap first.")
            else:
                yield _succeeded(stopped.name)
    yield from kept
    # Groups are renamed before any is deleted: one that is deleted must free its name first.
    wanted = {match_key(_wanted(change)) for change in kept}
    for change in kept:
        if isinstance(change, DeleteGroup) and match_key(change.name) in wanted:
            aside = f"{change.name} ({change.id})"
            yield RenameGroup(change.id, change.external_id, change.name, aside, context.reason)


def _blocked(context: UndoContext, changes: Iterable[Change]) -> list[RenameGroup | CreateGroup]:
    """Returns the changes that need a name which another group keeps."""
    named = [change for change in changes if isinstance(change, RenameGroup | CreateGroup | DeleteGroup)]
    leaving = {change.id for change in named if not isinstance(change, CreateGroup)}
    blocked: list[RenameGroup | CreateGroup] = []
    for change in named:
        holders = context.current.groups_by_key.get(match_key(_wanted(change)), ())
        if not isinstance(change, DeleteGroup) and any(holder.id not in leaving for holder in holders):
            blocked.append(change)
    return blocked


def _wanted(change: Change) -> str:
    """Returns the name that a change gives to a group, empty if it gives none."""
    match change:
        case RenameGroup():
            return change.new_name
        case CreateGroup():
            return change.name
        case _:
            return ""


def _take_out(context: UndoContext, change: AddMembers) -> Iterator[UndoStep]:
    group = context.group(change.id, change.external_id)
    leaving: list[MemberRef] = []
    for member in change.members:
        ref = context.member(member)
        if group is None or ref is None or ref.id not in group.member_ids:
            yield Back(change.name)
        else:
            leaving.append(ref)
    if leaving and group is not None:
        size = len(group.member_ids)
        yield RemoveMembers(group.id, change.external_id, group.name, tuple(leaving), context.reason, size)


def _put_back(context: UndoContext, change: RemoveMembers) -> Iterator[UndoStep]:
    group = context.group(change.id, change.external_id)
    if group is None:
        yield beyond(change.name, f"{change.name} is gone from Heap: nobody can be put back into it.")
        return
    joining: list[MemberRef] = []
    for member in change.members:
        ref = context.member(member)
        if ref is None:
            yield beyond(member.user_name, f"{member.user_name} isn't put back into {group.name}: the account is gone.")
        elif ref.id in group.member_ids:
            yield Back(group.name)
        else:
            joining.append(ref)
    if joining:
        yield _adding(context, group, tuple(joining), change.external_id)


def _adding(
    context: UndoContext, group: CurrentGroup, members: tuple[MemberRef, ...], external_id: str | None
) -> AddMembers:
    return AddMembers(group.id, external_id, group.name, members, context.reason, len(group.member_ids))


def _release(context: UndoContext, change: TakeOverGroup) -> UndoStep:
    link = context.links.groups_by_external_id.get(change.external_id)
    if link is None or link.id != change.id or link.by_hand:
        return Back(change.name)
    group = context.current.groups_by_id.get(change.id)
    name = group.name if group else change.name
    if change.instead_of is None:
        return ReleaseGroup(change.id, change.external_id, name, context.reason, change.by_hand)
    if change.instead_of in context.links.groups_by_external_id:
        return moved(name, f"{name} isn't managed as before: that place in the directory is another group's by now.")
    return TakeOverGroup(change.id, change.instead_of, name, context.reason, change.external_id)


def _take_over(context: UndoContext, change: ReleaseGroup) -> UndoStep:
    group, name = context.current.groups_by_id.get(change.id), change.name
    link = context.links.groups_by_external_id.get(change.external_id)
    if group is None:
        return beyond(name, f"{name} is gone from Heap and can't be taken over again.")
    if link is not None and link.id == change.id:
        again = TakeOverGroup(group.id, change.external_id, group.name, context.reason, by_hand=True)
        return again if change.by_hand and link.by_hand else Back(name)
    if link is not None or change.id in context.links.groups_by_id:
        return moved(name, f"{name} isn't taken over again: it, or its place in the directory, is managed otherwise.")
    return TakeOverGroup(group.id, change.external_id, group.name, context.reason)


def joined(changes: Iterable[Change]) -> Iterator[Change]:
    """Merges the additions, and the removals, of each group into one change."""
    alike: defaultdict[tuple[str, str], list[AddMembers | RemoveMembers]] = defaultdict(list)
    for change in changes:
        if isinstance(change, AddMembers | RemoveMembers):
            alike[change.kind, change.id].append(change)
        else:
            yield change
    for first, *others in alike.values():
        every = (member for each in (first, *others) for member in each.members)
        yield replace(first, members=tuple({member.id or member.external_id: member for member in every}.values()))
