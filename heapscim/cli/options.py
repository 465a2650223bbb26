"""Holds options that several commands share, and the decorator that adds the common options to every command.

A command is a plain function, decorated with ``command``, that takes a ``Context`` and then its own options. An option
``allowed`` stands for the four numbers that raise the guards' limits. The body imports a workflow and returns its
``Result``; the decorator shows it, turns errors into messages, and ends with the exit code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeAlias

import typer

from heapscim.config.paths import DEFAULT_PROFILE
from heapscim.output import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heapscim.output.envelope import Result
    from heapscim.planning.guards import Allowances
    from heapscim.workflows.context import Context

P = ParamSpec("P")


_PANEL = "Common options"
ProfileOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="The connection to use.",
        envvar="HEAPSCIM_PROFILE",
        rich_help_panel=_PANEL,
    ),
]
OutputOption: TypeAlias = Annotated[
    Format,
    typer.Option("--output", "-o", help="The output format.", envvar="HEAPSCIM_OUTPUT", rich_help_panel=_PANEL),
]
QuietOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print only data, errors, and in one line what changed.", rich_help_panel=_PANEL
    ),
]
DebugOption: TypeAlias = Annotated[
    bool, typer.Option("--debug", help="Print each request on stderr, without the token.", rich_help_panel=_PANEL)
]
NoPagerOption: TypeAlias = Annotated[
    bool, typer.Option("--no-pager", help="Print long output without a pager.", rich_help_panel=_PANEL)
]
DirectoryOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--directory",
        metavar="SPEC",
        help="The directory: {directories}.",
    ),
]
EncodingOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--encoding", metavar="NAME", help="The encoding of a roster file that isn't UTF-8, such as windows-1252."
    ),
]
OnlyOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--only", metavar="USER", help="Change only this person: userName, e-mail address or id."),
]
NowOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--now", metavar="USER", help="Don't wait for the grace of this person who left; repeatable."),
]
YesOption: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")]
FullOption: TypeAlias = Annotated[
    bool, typer.Option("--full", help="Show every change, not only the first ones of each kind.")
]
ReportOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Also write a report, even if this fails: .md for a comment on a pull request, or .json.",
    ),
]
PeopleFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Read userNames from this file, too: one in each line, or a CSV with a column userName or email. "
        "- is standard input.",
    ),
]
ReplaceOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--replace-renamed",
        help="Create a new account for each person whose userName changed, and deactivate the old account, which keeps "
        "their charts.",
    ),
]


def _none_below(least: int) -> Callable[[int | None], int | None]:
    """Replaces ``min``, which adds ``[x>=0]`` to the help of every command."""

    def check(number: int | None) -> int | None:
        if number is not None and number < least:
            raise typer.BadParameter(f"{number} is below {least}.")
        return number

    return check


def _allowance(name: str, help: str) -> Any:  # noqa: ANN401 - typer's own
    return typer.Option(name, callback=_none_below(0), metavar="N", help=help)


AllowRemovals: TypeAlias = Annotated[
    int | None, _allowance("--allow-removals", "Allow up to N accounts to lose access.")
]
AllowUpdates: TypeAlias = Annotated[int | None, _allowance("--allow-updates", "Allow up to N accounts to be updated.")]
AllowMemberRemovals: TypeAlias = Annotated[
    int | None, _allowance("--allow-member-removals", "Allow up to N members to leave a group.")
]
AllowGroupDeletions: TypeAlias = Annotated[
    int | None, _allowance("--allow-group-deletions", "Allow up to N groups to be deleted.")
]
AllowChangedBack: TypeAlias = Annotated[
    int | None, _allowance("--allow-changed-back", "Repeat up to N changes that others changed back twice.")
]


LimitOption: TypeAlias = Annotated[
    int | None,
    typer.Option("--limit", callback=_none_below(1), metavar="N", help="List the first N alone."),
]


_ALLOW = {
    "allow_removals": AllowRemovals,
    "allow_updates": AllowUpdates,
    "allow_member_removals": AllowMemberRemovals,
    "allow_group_deletions": AllowGroupDeletions,
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """Holds the numbers that raise the guards' limits, one option each."""

    allow_removals: int | None = None
    allow_updates: int | None = None
    allow_member_removals: int | None = None
    allow_group_deletions: int | None = None

    def allowances(self, *, changed_back: int | None = None) -> Allowances:
        """Returns the same numbers as the guards take them, with one for changes that others changed back."""
        from heapscim.planning.guards import Allowances

        return Allowances(
            self.allow_removals,
            self.allow_updates,
            self.allow_member_removals,
            self.allow_group_deletions,
            changed_back,
        )


NOTHING = Allowed()
"""No number was given."""


def command(
    name: str, *, of_profile: str = ""
) -> Callable[[Callable[Concatenate[Context, P], Result]], Callable[..., None]]:
    """Turns a function that returns a Result into a command with the common options.

    ``of_profile`` is the command's argument that names the profile, if there is one; it counts before ``--profile``.
    """

    def decorate(body: Callable[Concatenate[Context, P], Result]) -> Callable[..., None]:
        @wraps(body)
        def run(*, profile: str, output: Format, quiet: bool, no_pager: bool, debug: bool, **options: Any) -> None:  # noqa: ANN401
            from heapscim.cli.boundary import run_command
            from heapscim.cli.root import new_context

            given = _gathered(options) if takes_allowed else options
            context = new_context(options.get(of_profile) or profile, output, quiet=quiet, has_pager=not no_pager)
            code = run_command(name, context, lambda: body(context, **given), debug=debug)  # type: ignore[call-arg]
            raise typer.Exit(code)

        # Typer must neither look these two up nor import them.
        del body.__annotations__["context"], body.__annotations__["return"]
        own = list(inspect.signature(body, eval_str=True).parameters.values())[1:]
        takes_allowed = any(entry.annotation is Allowed for entry in own)
        parameters = [spread for entry in own for spread in _spread(entry)] + _common_parameters()
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {entry.name: entry.annotation for entry in parameters}
        return run

    return decorate


def _spread(entry: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """Yields the options that a parameter stands for: itself, or four for ``allowed``."""
    if entry.annotation is not Allowed:
        yield entry.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    for name, kind in _ALLOW.items():
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


def _gathered(options: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in options.items() if name not in _ALLOW}
    return {**rest, "allowed": Allowed(**{name: options[name] for name in _ALLOW})}


def _common_parameters() -> list[inspect.Parameter]:
    kinds = (
        ("profile", ProfileOption, DEFAULT_PROFILE),
        ("output", OutputOption, "table"),
        ("quiet", QuietOption, False),
        ("no_pager", NoPagerOption, False),
        ("debug", DebugOption, False),
    )
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, kind, default in kinds
    ]
