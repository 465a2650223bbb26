"""``heapscim roster check``: says everything that can be said of a roster without a tenant. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import EncodingOption, command

if TYPE_CHECKING:
    from heapscim.output.envelope import Result
    from heapscim.workflows.context import Context

app = typer.Typer(no_args_is_help=True, help="Check a roster without a connection.")


@app.callback()
def roster() -> None:
    """Keeps ``check`` a command of its own: Typer would merge a single one into the group."""


@app.command("check")
@command("roster check")
def check(
    context: Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The roster; - reads standard input.")],
    encoding: EncodingOption = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Check with this setting: mapping.userName=email; repeatable."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 1 if there are notices, too.")] = False,
) -> Result:
    """Check a roster file: without token, tenant or connection, for CI and pre-commit.

    If the profile exists, its settings count.
    """
    from heapscim.workflows.check_roster import check_roster

    return check_roster(context, file, encoding=encoding, changes=settings or (), strict=strict)
