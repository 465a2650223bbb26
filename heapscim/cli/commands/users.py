"""``heapscim users``: lists, shows and changes single people. Every change goes through a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import (
    AllowRemovals,
    AllowUpdates,
    DirectoryOption,
    EncodingOption,
    LimitOption,
    PeopleFile,
    YesOption,
    command,
)

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer(no_args_is_help=True, help="List, show and change single people.")

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="userName, e-mail address or id.")]
UsersArgument = Annotated[list[str] | None, typer.Argument(metavar="USER", help="userNames, e-mail addresses or ids.")]
GivenName = Annotated[str | None, typer.Option("--given-name", metavar="NAME", help="First name.")]
FamilyName = Annotated[str | None, typer.Option("--family-name", metavar="NAME", help="Last name.")]
Role = Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Role in Heap.")]


@app.command("list")
@command("users list")
def list_users(
    context: Context,
    filter: Annotated[
        str | None, typer.Option("--filter", metavar="FILTER", help="A SCIM filter: 'userName sw \"a\"'.")
    ] = None,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="List those with this role; '' for those without one.")
    ] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="List those who can sign in, or those who can't.")
    ] = None,
    managed: Annotated[
        bool | None,
        typer.Option("--managed/--unmanaged", help="List managed accounts (also by hand), or the others."),
    ] = None,
    limit: LimitOption = None,
) -> Result:
    """List the accounts in Heap; options combine."""
    from heapscim.workflows.list_users import Wanted, list_users
    from heapscim.workflows.session import in_session

    wanted = Wanted(filter, role, active, managed, limit)
    return in_session(context, lambda session: list_users(session, wanted))


@app.command("show")
@command("users show")
def show(context: Context, user: UserArgument) -> Result:
    """Show one account as Heap has it."""
    from heapscim.workflows.session import in_session
    from heapscim.workflows.users import show_user

    return in_session(context, lambda session: show_user(session, user))


@app.command("explain")
@command("users explain")
def explain(
    context: Context, user: UserArgument, directory: DirectoryOption = None, encoding: EncodingOption = None
) -> Result:
    """Explain what a sync would do with one person, stage by stage."""
    from heapscim.workflows.explain import explain_user
    from heapscim.workflows.session import in_session

    return in_session(replace(context, encoding=encoding), lambda session: explain_user(session, user, directory))


@app.command("create")
@command("users create")
def create(
    context: Context,
    user: Annotated[str | None, typer.Argument(metavar="USER", help="The new userName.")] = None,
    given_name: GivenName = None,
    family_name: FamilyName = None,
    role: Role = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Create accounts for the people in this roster who have none."),
    ] = None,
    encoding: EncodingOption = None,
    yes: YesOption = False,
) -> Result:
    """Create one account, or one for each person in a roster who has none."""
    from heapscim.errors import UsageError
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.users import create_users

    wanted = (user, _attributes(given_name, family_name, role)) if user is not None else source
    if wanted is None or (user is not None and source is not None):
        raise UsageError("Give one userName, or --from people.csv.")
    return by_hand(
        replace(context, encoding=encoding), "users create", lambda session: create_users(session, wanted, yes=yes)
    )


@app.command("update")
@command("users update")
def update(
    context: Context,
    user: UserArgument,
    given_name: GivenName = None,
    family_name: FamilyName = None,
    role: Role = None,
    yes: YesOption = False,
    allow_updates: AllowUpdates = None,
) -> Result:
    """Change the name or role of one account; a userName can't be changed."""
    from heapscim.errors import UsageError
    from heapscim.planning.guards import Allowances
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.users import update_user

    wanted = _attributes(given_name, family_name, role)
    if not wanted:
        raise UsageError("Nothing to update.", hint="Give --given-name, --family-name or --role.")
    options = SyncOptions(yes=yes, allowances=Allowances(updates=allow_updates))
    return by_hand(context, "users update", lambda session: update_user(session, user, wanted, options))


@app.command("deactivate")
@command("users deactivate")
def deactivate(
    context: Context,
    users: UsersArgument = None,
    source: PeopleFile = None,
    yes: YesOption = False,
    allow_removals: AllowRemovals = None,
) -> Result:
    """Deactivate accounts: those that are named, and those in a file."""
    from heapscim.planning.guards import Allowances
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.name_list import named_people
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.users import deactivate_users

    people = named_people(users, source)
    options = SyncOptions(yes=yes, allowances=Allowances(removals=allow_removals))
    return by_hand(context, "users deactivate", lambda session: deactivate_users(session, people, options))


@app.command("reactivate")
@command("users reactivate")
def reactivate(
    context: Context,
    users: UsersArgument = None,
    source: PeopleFile = None,
    yes: YesOption = False,
    allow_updates: AllowUpdates = None,
) -> Result:
    """Reactivate accounts: those that are named, and those in a file."""
    from heapscim.planning.guards import Allowances
    from heapscim.workflows.after_run import by_hand
    from heapscim.workflows.name_list import named_people
    from heapscim.workflows.reconcile import SyncOptions
    from heapscim.workflows.users import reactivate_users

    people = named_people(users, source)
    options = SyncOptions(yes=yes, allowances=Allowances(updates=allow_updates))
    return by_hand(context, "users reactivate", lambda session: reactivate_users(session, people, options))


def _attributes(given_name: str | None, family_name: str | None, role: str | None) -> dict[str, str]:
    values = {"name.givenName": given_name, "name.familyName": family_name, "role": role}
    return {path: value for path, value in values.items() if value}
