"""``heapscim activate``: verifies a connection with a real request, and stores it only then (article row 1)."""

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
            help="The URL that Heap shows beside the Bearer Token. Without it, the URL and token stay as they are.",
            metavar="URL",
        ),
    ] = None,
    directory: DirectoryOption = None,
    groups: Annotated[
        bool | None, typer.Option("--groups/--no-groups", help="Manage groups and memberships, or leave them alone.")
    ] = None,
    scope: Annotated[
        Literal["all", "groups"] | None,
        typer.Option("--scope", help="Who gets an account: all people, or the members of bound groups."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other setting: {setting}; repeatable."),
    ] = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
    smtp_password_stdin: Annotated[
        bool,
        typer.Option(
            "--smtp-password-stdin", help="Read the mail server's password from standard input, after the token."
        ),
    ] = False,
    ledger_password_stdin: Annotated[
        bool,
        typer.Option(
            "--ledger-password-stdin",
            help="Read the password of a shared ledger from standard input, in the last line.",
        ),
    ] = False,
    webhook_url_stdin: Annotated[
        bool,
        typer.Option("--webhook-url-stdin", help="Read the URL of the webhook for news from standard input, next."),
    ] = False,
) -> Result:
    """Connect to a Heap tenant: check the token and store it."""
    from heapscim.workflows.activate import ActivateOptions, activate_connection

    settings = tuple(changes or ())
    options = ActivateOptions(
        base_url,
        directory,
        groups,
        scope,
        settings,
        token_stdin,
        smtp_password_stdin,
        webhook_url_stdin,
        ledger_password_stdin,
    )
    return activate_connection(context, options)
