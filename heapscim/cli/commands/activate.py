"""``heapscim activate``: verifies a connection with a real request, and only then remembers it (article row 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from heapscim.cli.options import DirectoryOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer()


@app.command("activate")
@command("activate")
def activate(
    context: Context,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            help="The URL that Heap shows beside the Bearer Token. Left out: as it was, with the token that is kept.",
            metavar="URL",
        ),
    ] = None,
    directory: DirectoryOption = None,
    groups: Annotated[
        bool | None, typer.Option("--groups/--no-groups", help="Whether groups and memberships are managed.")
    ] = None,
    scope: Annotated[
        Literal["all", "groups"] | None,
        typer.Option("--scope", help="Who belongs in Heap: all people, or the members of bound groups."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other setting: {setting}; repeatable."),
    ] = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
    smtp_password_stdin: Annotated[
        bool,
        typer.Option("--smtp-password-stdin", help="Read the mail server's password from there, after a token."),
    ] = False,
) -> Result:
    """Connect to a Heap tenant: check the token and remember it."""
    from heapscim.workflows.activate import ActivateOptions, activate_connection

    settings = tuple(changes or ())
    options = ActivateOptions(base_url, directory, groups, scope, settings, token_stdin, smtp_password_stdin)
    return activate_connection(context, options)
