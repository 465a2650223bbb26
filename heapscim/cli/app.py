"""Builds the root of the command line. A command's module is imported only when that command is named."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias

import typer

from heapscim import __version__
from heapscim.cli.help_pages import MISUSE, WIDEST, PlainCommand, PlainGroup, plain

if TYPE_CHECKING:
    from typer._click.core import Command, Context


Shell: TypeAlias = Literal["bash", "zsh", "fish", "powershell"]


class Lazy(NamedTuple):
    """Names a command that isn't loaded yet."""

    module: str
    help: str


COMMANDS = {
    "activate": Lazy("heapscim.cli.commands.activate", "Connect to a Heap tenant: check the token and store it."),
    "status": Lazy(
        "heapscim.cli.commands.status", "Show the connection: reachability, token source, managed users and groups."
    ),
    "doctor": Lazy(
        "heapscim.cli.commands.doctor", "Check every part: token, files, network, Heap, directory and ledger."
    ),
    "plan": Lazy("heapscim.cli.commands.plan", "Show what a sync would change, and why."),
    "sync": Lazy("heapscim.cli.commands.sync", "Make Heap agree with the directory."),
    "users": Lazy("heapscim.cli.commands.users", "List, show and change single people."),
    "groups": Lazy("heapscim.cli.commands.groups", "List, show and change single groups."),
    "roster": Lazy("heapscim.cli.commands.roster", "Check a roster without a connection."),
    "import": Lazy("heapscim.cli.commands.import_", "Import accounts of Heap into the directory."),
    "export": Lazy(
        "heapscim.cli.commands.export", "Export the tenant as a roster with which a plan finds nothing to do."
    ),
    "history": Lazy("heapscim.cli.commands.history", "Show what each run did, and prove that the log is unchanged."),
    "ledger": Lazy("heapscim.cli.commands.ledger", "Prove the ledger, show its head, or move it to another place."),
    "review": Lazy(
        "heapscim.cli.commands.review", "Show who has access, with which role, through which group, since when."
    ),
    "resume": Lazy("heapscim.cli.commands.resume", "Finish a run that was cut off."),
    "undo": Lazy("heapscim.cli.commands.undo", "Undo what a run did, if nothing has changed it since."),
    "profiles": Lazy("heapscim.cli.commands.profiles", "List, show, change and delete profiles."),
    "help": Lazy(
        "heapscim.cli.commands.help",
        "Show a page on rosters, settings, exit codes and others, or a command's help.",
    ),
    "sandbox": Lazy("heapscim.cli.commands.sandbox", "Serve a rehearsal tenant on 127.0.0.1."),
    "demo": Lazy("heapscim.cli.commands.demo", "Show every step against a temporary sandbox."),
    "deactivate": Lazy("heapscim.cli.commands.deactivate", "Disconnect: forget the token and leave Heap as it is."),
}
"""Each module has an ``app``; a test compares its help with the one here."""


class LazyGroup(PlainGroup):
    """Lists the commands of the table and loads the one that runs."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - typer's own
        """Runs the command line and ends with its exit code; explains what Typer refuses like any other error."""
        words = list(sys.argv[1:] if extra.get("args") is None else extra["args"])
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except MISUSE as refusal:
            from heapscim.cli.usage_errors import explain_misuse

            code = explain_misuse(refusal, words, os.environ)
        sys.exit(code)

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002
        """Returns the commands in the order in which a new user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002
        """Returns a stand-in that knows the help line, until the command is resolved."""
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            return PlainCommand(cmd_name, help=COMMANDS[cmd_name].help, rich_markup_mode=None)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Loads the command that is named."""
        if args and args[0] in COMMANDS and args[0] not in self.commands:
            self.commands[args[0]] = load(args[0])
        return super().resolve_command(ctx, args)


def load(name: str) -> Command:
    """Returns the real command with a name."""
    module: Any = import_module(COMMANDS[name].module)
    module.app.info.cls = PlainGroup
    for registered in module.app.registered_commands:
        registered.cls = PlainCommand
    found: Command = plain(typer.main.get_command(module.app))
    found.name = name
    return found


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"heapscim {__version__}\n")
        raise typer.Exit


def _show_completion(shell: str | None) -> None:
    if shell is not None:
        from heapscim.cli.completion.scripts import SCRIPTS

        sys.stdout.write(SCRIPTS[shell].text)
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)
    ] = False,
    _shell: Annotated[
        Shell | None,
        typer.Option(
            "--show-completion",
            metavar="SHELL",
            help="Print the completion script of bash, zsh, fish or powershell.",
            is_eager=True,
            callback=_show_completion,
        ),
    ] = None,
) -> None:
    """Provision people and teams in Heap over SCIM 2.0 from any directory."""


def help_of(words: Sequence[str]) -> str | None:
    """Returns the help of the command that the words lead to; None if they lead to none."""
    found = context_of(words)
    return None if found is None else found.get_help()


def context_of(words: Sequence[str]) -> Context | None:
    """Returns the context of the command that the words lead to, to show its help; None if they lead to none."""
    found = root_command()
    context = found.make_context("heapscim", [], resilient_parsing=True)
    for place, word in enumerate(words):
        below: Any = COMMANDS if place == 0 else getattr(found, "commands", {})
        if word not in below:
            return None
        found = load(word) if place == 0 else below[word]
        context = found.make_context(word, [], parent=context, resilient_parsing=True)
    return context


def root_command() -> Command:
    """Returns the root with its own options."""
    return typer.main.get_command(app)


def run() -> None:
    """Runs the command line."""
    app(prog_name="heapscim")
