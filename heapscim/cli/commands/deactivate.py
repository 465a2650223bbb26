"""``heapscim deactivate``: disconnects a profile and leaves Heap as it is (article rows 18 and 19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import YesOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("deactivate")
@command("deactivate")
def deactivate(
    context: Context,
    delete_profile: Annotated[
        bool, typer.Option("--delete-profile", help="Also delete the profile's settings and ledger.")
    ] = False,
    yes: YesOption = False,
) -> Result:
    """Disconnect: forget the token and leave Heap as it is."""
    from heapscim.workflows.deactivate import deactivate_connection

    return deactivate_connection(context, delete_profile=delete_profile, yes=yes)
