"""Lists, shows and changes single groups by hand. Every change goes through a plan, as in a sync."""

from __future__ import annotations

from collections.abc import Sequence

from heapscim.model.changes import BY_HAND, AddMembers, CreateGroup, DeleteGroup, MemberRef, RemoveMembers, RenameGroup
from heapscim.output.change_labels import counted
from heapscim.output.envelope import Result
from heapscim.output.tables import Table
from heapscim.workflows.exit_codes import DONE, PARTIAL
from heapscim.workflows.managed import management, total_managed, unread_notices
from heapscim.workflows.manual_change import Decision, HeapIndex, change, read_heap
from heapscim.workflows.reconcile import SyncOptions
from heapscim.workflows.session import Session


async def list_groups(session: Session) -> Result:
    """Lists the groups in Heap by name."""
    heap = await read_heap(session, groups=True)
    managed, by_hand = heap.links.groups_by_id, heap.links.made_by_hand.groups_by_id
    ordered = sorted(heap.current.groups, key=lambda group: group.match_key)
    rows = tuple(
        (group.name, str(len(group.member_ids)), group.id, management(group.id, managed, by_hand)) for group in ordered
    )
    data = [
        {
            "name": group.name,
            "id": group.id,
            "members": len(group.member_ids),
            "managed": group.id in managed,
            "by_hand": group.id in by_hand,
        }
        for group in ordered
    ]
    total = f"{counted(len(rows), 'group')}, {total_managed([group.id for group in ordered], managed, by_hand)}"
    unread = unread_notices(heap.current.broken_of("group"))
    table = Table(
        ("name", "members", "id", "state"),
        rows,
        frozenset({"members"}),
        frozenset({"name", "state"}),
        ("id",),
        sum=total,
    )
    return Result(data, table, notices=unread, exit_code=PARTIAL if unread else DONE)


async def show_group(session: Session, group: str) -> Result:
    """Shows one group with its members; raises NotFound, or Rejected if several have the name."""
    heap = await read_heap(session, groups=True)
    found, users = heap.group(group), heap.current.users_by_id
    members = sorted((users[id].user_name if id in users else id, id) for id in found.member_ids)
    rows = tuple((name, id, "active" if id in users and users[id].active else "inactive") for name, id in members)
    empty = f"{found.name} has no members." if found.is_whole else f"Heap shows no members of {found.name}."
    notices = [] if found.is_whole else [f"Heap doesn't show all members of {found.name}."]
    by_hand = found.id in heap.links.made_by_hand.groups_by_id
    if by_hand:
        notices.append(f"{found.name} is managed by hand: sync leaves it alone until the directory binds it.")
    listed = [{"userName": name, "id": id} for name, id in members]
    data = {"name": found.name, "id": found.id, "members": listed, "by_hand": by_hand}
    total = f"{counted(len(rows), 'member')} in {found.name}"
    table = Table(
        ("userName", "id", "state"), rows, whole=frozenset({"userName", "state"}), spare=("id",), empty=empty, sum=total
    )
    return Result(data, table, notices=tuple(notices))


async def create_group(session: Session, name: str, members: Sequence[str], options: SyncOptions) -> Result:
    """Creates a group with its first members, who must have accounts in Heap."""

    def decide(heap: HeapIndex) -> Decision:
        return [CreateGroup(heap.id_for_group(name), name, heap.members(members), BY_HAND, by_hand=True)], ()

    return await change(session, "groups create", options, decide, groups=True)


async def rename_group(session: Session, group: str, new_name: str, options: SyncOptions) -> Result:
    """Renames a group; does nothing if it already has exactly that name."""

    def decide(heap: HeapIndex) -> Decision:
        found = heap.group(group)
        if found.name == new_name:
            return (), ()
        external_id = heap.links.external_id_of_group(found.id)
        return [RenameGroup(found.id, external_id, found.name, new_name, BY_HAND, by_hand=True)], ()

    return await change(session, "groups rename", options, decide, groups=True)


async def add_members(session: Session, group: str, members: Sequence[str], options: SyncOptions) -> Result:
    """Adds users to a group; those who are in it already aren't sent."""

    def decide(heap: HeapIndex) -> Decision:
        found = heap.group(group)
        joining = tuple(ref for ref in heap.members(members) if ref.id not in found.member_ids)
        external_id, size = heap.links.external_id_of_group(found.id), len(found.member_ids)
        return ([AddMembers(found.id, external_id, found.name, joining, BY_HAND, size)] if joining else ()), ()

    return await change(session, "groups add", options, decide, groups=True)


async def remove_members(session: Session, group: str, members: Sequence[str], options: SyncOptions) -> Result:
    """Removes users from a group; those who aren't in it aren't sent."""

    def decide(heap: HeapIndex) -> Decision:
        found = heap.group(group)
        leaving = tuple(ref for ref in heap.members(members) if ref.id in found.member_ids)
        external_id, size = heap.links.external_id_of_group(found.id), len(found.member_ids)
        return ([RemoveMembers(found.id, external_id, found.name, leaving, BY_HAND, size)] if leaving else ()), ()

    return await change(session, "groups remove", options, decide, groups=True)


async def delete_group(session: Session, group: str, options: SyncOptions) -> Result:
    """Deletes a group; its members stay users."""

    def decide(heap: HeapIndex) -> Decision:
        found, users, links = heap.group(group), heap.current.users_by_id, heap.links
        members = tuple(
            MemberRef(users[id].user_name if id in users else id, id, links.external_id_of_user(id))
            for id in sorted(found.member_ids)
        )
        external_id, by_hand = links.external_id_of_group(found.id), found.id in links.made_by_hand.groups_by_id
        return [DeleteGroup(found.id, external_id, found.name, members, BY_HAND, by_hand)], ()

    return await change(session, "groups delete", options, decide, groups=True)
