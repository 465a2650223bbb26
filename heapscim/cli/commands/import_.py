"""``heapscim import``: imports accounts of Heap into the directory (article section "Importing Users")."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from heapscim.cli.options import DirectoryOption, EncodingOption, YesOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("import")
@command("import")
def import_accounts(
    context: Context,
    file: Annotated[list[str] | None, typer.Argument(metavar="FILE", hidden=True)] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(
            "--user",
            metavar="USER",
            help="Import this account or person, or all that match '*@x.org'; repeatable.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Import all new accounts.")] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Import the accounts named in this file, one a line or a CSV column; - reads standard input.",
        ),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="List all accounts and import none.")] = False,
    new_only: Annotated[bool, typer.Option("--new-only", help="List only the new accounts.")] = False,
    sort: Annotated[
        Literal["userName", "name", "role", "status"], typer.Option("--sort", help="The order of the list.")
    ] = "status",
    group: Annotated[
        str | None, typer.Option("--group", metavar="GROUP", help="Put the imported people into this bound group.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", metavar="FILE", help="Write into this roster instead of the directory; it is created if needed."
        ),
    ] = None,
    with_role: Annotated[
        bool, typer.Option("--with-role", help="Write roles, too: from then on, the directory decides them.")
    ] = False,
    directory: DirectoryOption = None,
    encoding: EncodingOption = None,
    yes: YesOption = False,
) -> Result:
    """Import accounts of Heap into the directory."""
    from heapscim.errors import UsageError
    from heapscim.workflows.after_run import Following, followed
    from heapscim.workflows.importing.choose import Selection
    from heapscim.workflows.importing.import_people import ImportRequest, import_people
    from heapscim.workflows.importing.write import ImportOptions
    from heapscim.workflows.session import in_session

    if file:
        raise UsageError(
            f"import goes from Heap into the directory and takes no file: {file[0]!r} isn't read.",
            hint=f"To send people to Heap: `heapscim sync --directory {file[0]}`, or `heapscim users create --from "
            f"{file[0]}` to only add people. To write into a roster: --into FILE.",
        )
    selection = Selection(tuple(user or ()), every=every, source=source)
    options = ImportOptions(group, with_role=with_role, yes=yes)
    request = ImportRequest(selection, options, directory, into, only_list=only_list, new_only=new_only, sort=sort)

    def body(context: Context) -> Result:
        return in_session(context, lambda session: import_people(session, request))

    return followed(replace(context, encoding=encoding), "import", body, Following(sends_news=False))
