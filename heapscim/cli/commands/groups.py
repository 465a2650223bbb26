"""``heapscim groups``: lists, shows and changes single groups. Every change goes through a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import NOTHING, Allowed, AllowMemberRemovals, DirectoryOption, FullOption, YesOption, command
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.manual_change import Decide, Decision, Scene
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import Session

app = typer.Typer(no_args_is_help=True, help="List, show and change single groups.")

GroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="Name or id.")]
DirectoryGroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="Name or id in the directory.")]
MembersArgument = Annotated[list[str], typer.Argument(metavar="USER", help="userNames or ids.")]


@app.command("list")
@command("groups list")
def list_groups(
    common: Common,
    directory: Annotated[
        bool, typer.Option("--directory", help="The directory's groups instead, and which of them are bound to Heap.")
    ] = False,
) -> Result:
    """List the groups in Heap, or those of the directory."""
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        if directory:
            from heapscim.workflows.bind_group import list_directory_groups

            return await list_directory_groups(session)
        from heapscim.output.change_labels import counted
        from heapscim.output.envelope import Result
        from heapscim.output.tables import Table
        from heapscim.workflows.exit_codes import DONE, PARTIAL
        from heapscim.workflows.list_users import management, total_managed, unread_notices
        from heapscim.workflows.manual_change import look

        scene = await look(session, groups=True)
        managed, by_hand = scene.links.groups_by_id, scene.links.made_by_hand.groups_by_id
        ordered = sorted(scene.current.groups, key=lambda group: group.match_key)
        rows = tuple(
            (group.name, str(len(group.member_ids)), group.id, management(group.id, managed, by_hand))
            for group in ordered
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
        columns = ("name", "members", "id", "state")
        unread = unread_notices(scene.current.broken_of("group"))
        table = Table(columns, rows, numbers=frozenset({"members"}), sum=total)
        return Result(data, table, notices=unread, exit_code=PARTIAL if unread else DONE)

    return in_session(common, work)


@app.command("show")
@command("groups show")
def show(common: Common, group: GroupArgument) -> Result:
    """Show one group with its members."""
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        from heapscim.output.change_labels import counted
        from heapscim.output.envelope import Result
        from heapscim.output.tables import Table
        from heapscim.workflows.manual_change import look

        scene = await look(session, groups=True)
        found = scene.group(group)
        users = scene.current.users_by_id
        members = sorted((users[id].user_name if id in users else id, id) for id in found.member_ids)
        rows = tuple((name, id, "active" if id in users and users[id].active else "inactive") for name, id in members)
        data = {"name": found.name, "id": found.id, "members": [{"userName": name, "id": id} for name, id in members]}
        total = f"{counted(len(rows), 'member')} in {found.name}"
        empty = f"{found.name} has no members." if found.is_whole else f"Heap shows no members of {found.name}."
        notices = [] if found.is_whole else [f"Heap doesn't show all members of {found.name}."]
        by_hand = found.id in scene.links.made_by_hand.groups_by_id
        if by_hand:
            notices.append(f"{found.name} is managed by hand: sync leaves it alone until the directory binds it.")
        table = Table(("userName", "id", "state"), rows, empty=empty, sum=total)
        return Result({**data, "by_hand": by_hand}, table, notices=tuple(notices))

    return in_session(common, work)


@app.command("create")
@command("groups create")
def create(
    common: Common,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new group's name.")],
    members: MembersArgument,
    yes: YesOption = False,
) -> Result:
    """Create a group with its first members; empty groups are not created."""

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, CreateGroup

        return [CreateGroup(scene.id_for_group(name), name, scene.members(members), BY_HAND, by_hand=True)], ()

    return _changed(common, "groups create", decide, yes=yes)


@app.command("rename")
@command("groups rename")
def rename(
    common: Common,
    group: GroupArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="The name it will have.")],
    yes: YesOption = False,
) -> Result:
    """Rename a group."""

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, RenameGroup

        found = scene.group(group)
        if found.name == new_name:
            return [], ()
        external_id = scene.links.external_id_of_group(found.id)
        return [RenameGroup(found.id, external_id, found.name, new_name, BY_HAND, by_hand=True)], ()

    return _changed(common, "groups rename", decide, yes=yes)


@app.command("add")
@command("groups add")
def add(common: Common, group: GroupArgument, members: MembersArgument, yes: YesOption = False) -> Result:
    """Add people to a group."""

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, AddMembers

        found = scene.group(group)
        refs = scene.members(members)
        joining = tuple(ref for ref in refs if ref.id not in found.member_ids)
        external_id, size = scene.links.external_id_of_group(found.id), len(found.member_ids)
        made = AddMembers(found.id, external_id, found.name, joining, BY_HAND, size)
        return ([made] if joining else []), ()

    return _changed(common, "groups add", decide, yes=yes)


@app.command("remove")
@command("groups remove")
def remove(
    common: Common,
    group: GroupArgument,
    members: MembersArgument,
    yes: YesOption = False,
    allow_member_removals: AllowMemberRemovals = None,
) -> Result:
    """Remove people from a group."""

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, RemoveMembers

        found = scene.group(group)
        refs = scene.members(members)
        leaving = tuple(ref for ref in refs if ref.id in found.member_ids)
        external_id, size = scene.links.external_id_of_group(found.id), len(found.member_ids)
        made = RemoveMembers(found.id, external_id, found.name, leaving, BY_HAND, size)
        return ([made] if leaving else []), ()

    return _changed(common, "groups remove", decide, yes=yes, member_removals=allow_member_removals)


@app.command("delete")
@command("groups delete")
def delete(common: Common, group: GroupArgument, yes: YesOption = False) -> Result:
    """Delete a group; its members stay users."""

    def decide(scene: Scene) -> Decision:
        from heapscim.model.changes import BY_HAND, DeleteGroup, MemberRef

        found = scene.group(group)
        names = {user.id: user.user_name for user in scene.current.users}
        tied = scene.links.external_id_of_user
        members = tuple(MemberRef(names.get(id, id), id, tied(id)) for id in sorted(found.member_ids))
        external_id, by_hand = (
            scene.links.external_id_of_group(found.id),
            found.id in scene.links.made_by_hand.groups_by_id,
        )
        return [DeleteGroup(found.id, external_id, found.name, members, BY_HAND, by_hand)], ()

    return _changed(common, "groups delete", decide, yes=yes)


@app.command("bind")
@command("groups bind")
def bind(
    common: Common,
    group: DirectoryGroupArgument,
    directory: DirectoryOption = None,
    yes: YesOption = False,
    allowed: Allowed = NOTHING,
    full: FullOption = False,
) -> Result:
    """Connect a group of the directory to Heap: the next sync provisions its members."""
    from heapscim.workflows.reconcile import SyncOptions

    options = SyncOptions(directory, allowances=allowed.allowances(), yes=yes, full=full)
    return _bound(common, group, options, bound=True)


@app.command("unbind")
@command("groups unbind")
def unbind(
    common: Common,
    group: DirectoryGroupArgument,
    directory: DirectoryOption = None,
    yes: YesOption = False,
    allowed: Allowed = NOTHING,
    full: FullOption = False,
) -> Result:
    """Disconnect a group of the directory: the next sync deactivates members that no other bound group holds."""
    from heapscim.workflows.reconcile import SyncOptions

    options = SyncOptions(directory, allowances=allowed.allowances(), yes=yes, full=full)
    return _bound(common, group, options, bound=False)


def _bound(common: Common, group: str, options: SyncOptions, *, bound: bool) -> Result:
    from heapscim.workflows.session import in_session

    async def work(session: Session) -> Result:
        from heapscim.workflows.bind_group import change_binding

        return await change_binding(session, group, options, bound=bound)

    return in_session(common, work)


def _changed(common: Common, name: str, decide: Decide, *, yes: bool, member_removals: int | None = None) -> Result:
    from heapscim.planning.guards import Allowances
    from heapscim.workflows.manual_change import change
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import in_session

    options = SyncOptions(yes=yes, allowances=Allowances(member_removals=member_removals))

    async def work(session: Session) -> Result:
        return await change(session, name, options, decide, groups=True)

    return in_session(common, work)
