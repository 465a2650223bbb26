"""``heapscim groups``: lists, shows and changes single groups. Every change goes through a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import (
    NOTHING,
    Allowed,
    AllowMemberRemovals,
    DirectoryOption,
    FullOption,
    PeopleFile,
    YesOption,
    command,
)

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer(no_args_is_help=True, help="List, show and change single groups.")

GroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="Name or id.")]
DirectoryGroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="Name or id in the directory.")]
FirstMembersArgument = Annotated[list[str], typer.Argument(metavar="USER", help="userNames, e-mail addresses or ids.")]
MembersArgument = Annotated[
    list[str] | None, typer.Argument(metavar="USER", help="userNames, e-mail addresses or ids.")
]


@app.command("list")
@command("groups list")
def list_groups(
    context: Context,
    directory: Annotated[
        bool,
        typer.Option("--directory", help="List the directory's groups instead, and which of them are bound to Heap."),
    ] = False,
) -> Result:
    """List the groups in Heap, or those of the directory."""
    from heapscim.workflows import groups
    from heapscim.workflows.bind_group import list_directory_groups
    from heapscim.workflows.session import in_session

    return in_session(context, list_directory_groups if directory else groups.list_groups)


@app.command("show")
@command("groups show")
def show(context: Context, group: GroupArgument) -> Result:
    """Show one group with its members."""
    from heapscim.workflows.groups import show_group
    from heapscim.workflows.session import in_session

    return in_session(context, lambda session: show_group(session, group))


@app.command("create")
@command("groups create")
def create(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new group's name.")],
    members: FirstMembersArgument,
    yes: YesOption = False,
) -> Result:
    """Create a group with its first members; Heap gets no empty groups."""
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.groups import create_group
    from heapscim.workflows.reconcile import SyncOptions

    return by_hand(context, "groups create", lambda session: create_group(session, name, members, SyncOptions(yes=yes)))


@app.command("rename")
@command("groups rename")
def rename(
    context: Context,
    group: GroupArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="The group's new name.")],
    yes: YesOption = False,
) -> Result:
    """Rename a group."""
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.groups import rename_group
    from heapscim.workflows.reconcile import SyncOptions

    return by_hand(
        context, "groups rename", lambda session: rename_group(session, group, new_name, SyncOptions(yes=yes))
    )


@app.command("add")
@command("groups add")
def add(
    context: Context,
    group: GroupArgument,
    members: MembersArgument = None,
    source: PeopleFile = None,
    yes: YesOption = False,
) -> Result:
    """Add people to a group: those who are named, and those in a file."""
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.groups import add_members
    from heapscim.workflows.name_list import named_people
    from heapscim.workflows.reconcile import SyncOptions

    people = named_people(members, source)
    return by_hand(context, "groups add", lambda session: add_members(session, group, people, SyncOptions(yes=yes)))


@app.command("remove")
@command("groups remove")
def remove(
    context: Context,
    group: GroupArgument,
    members: MembersArgument = None,
    source: PeopleFile = None,
    yes: YesOption = False,
    allow_member_removals: AllowMemberRemovals = None,
) -> Result:
    """Remove people from a group: those who are named, and those in a file."""
    from heapscim.planning.guards import Allowances
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.groups import remove_members
    from heapscim.workflows.name_list import named_people
    from heapscim.workflows.reconcile import SyncOptions

    people = named_people(members, source)
    options = SyncOptions(yes=yes, allowances=Allowances(member_removals=allow_member_removals))
    return by_hand(context, "groups remove", lambda session: remove_members(session, group, people, options))


@app.command("delete")
@command("groups delete")
def delete(context: Context, group: GroupArgument, yes: YesOption = False) -> Result:
    """Delete a group; its members stay users."""
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.groups import delete_group
    from heapscim.workflows.reconcile import SyncOptions

    return by_hand(context, "groups delete", lambda session: delete_group(session, group, SyncOptions(yes=yes)))


@app.command("bind")
@command("groups bind")
def bind(
    context: Context,
    group: DirectoryGroupArgument,
    directory: DirectoryOption = None,
    yes: YesOption = False,
    allowed: Allowed = NOTHING,
    full: FullOption = False,
) -> Result:
    """Connect a group of the directory to Heap: the next sync provisions its members."""
    from heapscim.workflows.bind_group import change_binding
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import in_session

    options = SyncOptions(directory, allowances=allowed.allowances(), yes=yes, full=full)
    return in_session(context, lambda session: change_binding(session, group, options, bound=True))


@app.command("unbind")
@command("groups unbind")
def unbind(
    context: Context,
    group: DirectoryGroupArgument,
    directory: DirectoryOption = None,
    yes: YesOption = False,
    allowed: Allowed = NOTHING,
    full: FullOption = False,
) -> Result:
    """Disconnect a group of the directory: the next sync deactivates members that no other bound group holds."""
    from heapscim.workflows.bind_group import change_binding
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.session import in_session

    options = SyncOptions(directory, allowances=allowed.allowances(), yes=yes, full=full)
    return in_session(context, lambda session: change_binding(session, group, options, bound=False))
