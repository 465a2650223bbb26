"""``heapscim profiles``: lists, shows, changes and deletes profiles. No request is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import YesOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer(no_args_is_help=True, help="List, show, change and delete profiles.")


@app.command("list")
@command("profiles list")
def list_profiles(context: Context) -> Result:
    """List the profiles: tenant, directory, last run, and whether they are connected."""
    from heapscim.workflows import manage_profiles

    return manage_profiles.list_profiles(context)


@app.command("show")
@command("profiles show", of_profile="name")
def show(
    context: Context,
    name: Annotated[
        str | None, typer.Argument(metavar="PROFILE", help="The profile; without it, the one of --profile.")
    ] = None,
) -> Result:
    """Show every setting of a profile, and whether it is set or the default."""
    from heapscim.workflows.manage_profiles import show_profile

    del name  # the context is of this profile

    return show_profile(context)


@app.command("set")
@command("profiles set")
def set_settings(
    context: Context,
    changes: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE", help="Settings, such as limits.removal_share=0.05.")
    ],
) -> Result:
    """Change settings of a profile: all that are given, or none if one is wrong."""
    from heapscim.workflows.manage_profiles import change_settings

    return change_settings(context, changes)


@app.command("unset")
@command("profiles unset")
def unset(
    context: Context,
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="Settings or tables, such as limits.removal_share.")],
) -> Result:
    """Put settings of a profile back to their defaults."""
    from heapscim.workflows.manage_profiles import change_settings

    return change_settings(context, without=keys)


@app.command("delete")
@command("profiles delete", of_profile="name")
def delete(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="PROFILE", help="The profile.")],
    yes: YesOption = False,
) -> Result:
    """Delete a profile's settings, token and ledger, and leave Heap as it is."""
    from heapscim.workflows.manage_profiles import delete_profile

    del name  # the context is of this profile

    return delete_profile(context, yes=yes)
