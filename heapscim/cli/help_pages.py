"""Formats ``--help`` as plain text in sections, without Rich, which would cost more time than the rest of a help page.

An error of a command carries the command, so that it can be explained.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from typer._click.core import Command, Context, Parameter
    from typer._click.formatting import HelpFormatter

WIDEST = 100
"""The most columns of a help page."""
MISUSE: Any = typer.BadParameter.__mro__[1]
"""click's UsageError, which Typer contains without a public name."""
_COMPLETION = ("install_completion", "show_completion")


class GivenOption(TyperOption):
    """An option that is converted only if that is needed: Typer loads pydantic even to convert a default or a text."""

    def process_value(self, ctx: Context, value: Any) -> Any:  # noqa: ANN401 - typer's own
        """Converts the value, unless it is a default, a plain text where a text is wanted, or one of the choices."""
        source, wanted = ctx.get_parameter_source(self.name), self.type_descriptor
        is_default = source is not None and source.name == "DEFAULT" and not self.required
        if is_default and self.multiple:
            value = value or ()
        is_text = isinstance(value, str) and value.isprintable() and wanted.annotation is str
        if is_default or is_text or (isinstance(value, str) and value in (wanted.choices or ())):
            return value if self.callback is None else self.callback(ctx, self, value)
        return super().process_value(ctx, value)


def _converted_if_given(parameters: list[Parameter]) -> list[Parameter]:
    for entry in parameters:
        if type(entry) is TyperOption:
            entry.__class__ = GivenOption  # Typer makes its options itself, and takes no class for them
    return parameters


class PlainCommand(TyperCommand):
    """Lists a command's arguments by name, and its options in sections."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Returns the command's arguments and options, and ``--help``."""
        return _converted_if_given(super().get_params(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Reads the command's words."""
        with _located(ctx):
            return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """Returns ``[OPTIONS]`` and each visible argument: ``USER``, ``[USER]`` or ``USER...``."""
        arguments = (entry for entry in self.get_params(ctx) if entry.param_type_name == "argument")
        return ["[OPTIONS]", *(_usage(entry) for entry in arguments if not getattr(entry, "hidden", False))]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Writes the arguments, the command's own options, and the common ones."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            is_argument = parameter.param_type_name == "argument"
            title = getattr(parameter, "rich_help_panel", None) or ("Arguments" if is_argument else "Options")
            if record := parameter.get_help_record(ctx):
                words, help = (_called(parameter), getattr(parameter, "help", "") or "") if is_argument else record
                sections.setdefault(title, []).append((words, with_kinds(help)))
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def with_kinds(help: str) -> str:
    """Fills in ``{directories}`` and ``{setting}`` with the words of the installed kinds of directory.

    The kinds are looked up only here, since a command that runs doesn't need these words.
    """
    if "{" not in help:
        return help
    from heapscim.directory.registry import example_setting, forms

    return help.format(directories=forms(), setting=example_setting())


class PlainGroup(TyperGroup):
    """Lists a group's commands with whole sentences."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Returns the group's own options and ``--help``."""
        return _converted_if_given(super().get_params(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Reads the words before the name of a command."""
        with _located(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Returns the command that is named; refuses one that doesn't exist, and suggests what was probably meant."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            from heapscim.cli.suggestions import no_such_command

            ctx.fail(no_such_command(args[0], ctx, known))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Writes each command with its help line, wrapped instead of cut."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, found.get_short_help_str(10 * WIDEST)) for name, found in commands if found and not found.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@contextmanager
def _located(ctx: Context) -> Iterator[None]:
    """Adds the command to an error if Typer leaves it out: an option without its value."""
    try:
        yield
    except MISUSE as refusal:
        refusal.ctx = refusal.ctx or ctx
        raise


def _usage(argument: Parameter) -> str:
    return _called(argument) if argument.required else f"[{_called(argument)}]"


def _called(argument: Parameter) -> str:
    """Returns an argument's name in capitals, as in messages; with dots if there may be several."""
    return f"{argument.metavar}..." if argument.nargs == -1 else str(argument.metavar)


def plain(command: Command) -> Command:
    """Returns the command and those below it without Rich and without Typer's own completion options."""
    command.params = [parameter for parameter in command.params if parameter.name not in _COMPLETION]
    command.context_settings = {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST}
    if isinstance(command, TyperCommand | TyperGroup):
        command.rich_markup_mode = None
    for below in getattr(command, "commands", {}).values():
        plain(below)
    return command
