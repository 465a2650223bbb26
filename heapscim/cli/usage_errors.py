"""Reports mistakes in the command line like any other error, in the output format that was asked for.

Typer contains click's exceptions without exporting them, and has moved them once: they are told apart by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from heapscim.cli.suggestions import instead_of_option
from heapscim.config.paths import DEFAULT_PROFILE, PROFILE_VARIABLE, shown_name
from heapscim.errors import UsageError
from heapscim.output import Format
from heapscim.output.console import Screen
from heapscim.output.envelope import Caller, present_error
from heapscim.workflows import exit_codes

if TYPE_CHECKING:
    from typer._click.core import Context
    from typer._click.exceptions import UsageError as Refusal

_OUTPUT = re.compile(r"--output|-[qyh]*o")
_PROFILE = re.compile(r"--profile")
_OUR_WORDS = {
    r"Value error, ": "",
    r" \(env var: '\w+'\)": "",
    r"Input should be a valid integer[^.]*": "it takes a whole number",
    r"Input should be a valid number[^.]*": "it takes a number",
    r"Input should be less than or equal to": "it takes at most",
    r"Input should be greater than or equal to": "it takes at least",
}
"""What the option parser and its validator say of a value, and what a person would say."""
_AFTER_A_COMMAND = "Put options after the command, as in `heapscim users list --output json`."


def explain_misuse(refusal: Refusal, words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Explains why the words after ``heapscim`` are refused; returns the exit code. Without a command, shows help."""
    context = refusal.ctx
    screen = Screen(_format(words, environ), environ=environ)
    kind, named = type(refusal).__name__, environ.get(PROFILE_VARIABLE)
    if context is None or (kind == "NoArgsIsHelpError" and screen.format != "json"):
        refusal.show()
        return exit_codes.USAGE
    caller = Caller(
        context.command_path.removeprefix(f"{context.find_root().command_path} "),
        shown_name(_said(_PROFILE, words) or named or DEFAULT_PROFILE, named),
    )
    error = _in_our_words(refusal, kind, context)
    code = exit_codes.exit_code_of(error)
    present_error(error, code, caller, screen)
    return code


def _in_our_words(refusal: Refusal, kind: str, context: Context) -> UsageError:
    is_group = getattr(context.command, "commands", None) is not None
    list_of_all = f"`{context.command_path} --help` lists them all."
    if variable := _variable(refusal, context):
        takes = f"It takes {', '.join(get_args(Format))}." if variable == "HEAPSCIM_OUTPUT" else list_of_all
        return UsageError(f"{variable} has a value that isn't allowed.", hint=takes)
    match kind:
        case "NoSuchOption":
            name = str(getattr(refusal, "option_name", ""))
            words = f"There is no option {name}{' before a command' if is_group else ''}."
            meant = instead_of_option(name, context)
            if meant is not None and meant.endswith("?"):
                return UsageError(f"{words} {meant}", hint=list_of_all)
            return UsageError(words, hint=meant or (_AFTER_A_COMMAND if is_group else list_of_all))
        case "NoArgsIsHelpError":
            return UsageError("The command is missing.", hint=list_of_all)
        case _:
            words = refusal.format_message()
            for theirs, ours in _OUR_WORDS.items():
                words = re.sub(theirs, ours, words)
            words += "" if words.endswith((".", "?")) else "."
            usage = " ".join(context.get_usage().split()).partition(": ")[2]
            more = f"Usage: `{usage}`; more with `{context.command_path} --help`."
            return UsageError(words, hint=list_of_all if is_group else more)


def _variable(refusal: Refusal, context: Context) -> str | None:
    """Returns the variable with a refused value, None for a typed value: a variable's value isn't repeated."""
    param: Any = getattr(refusal, "param", None)
    source = None if param is None else context.get_parameter_source(param.name)
    return str(param.envvar) if source is not None and source.name == "ENVIRONMENT" else None


def _format(words: Sequence[str], environ: Mapping[str, str]) -> Format:
    """Returns the output format that was asked for, as far as the words can be understood."""
    asked = _said(_OUTPUT, words) or environ.get("HEAPSCIM_OUTPUT")
    return next((known for known in get_args(Format) if known == asked), "table")


def _said(option: re.Pattern[str], words: Sequence[str]) -> str | None:
    """Returns the last value given to an option, beside it or in the next word, before any ``--``."""
    value = None
    for place, word in enumerate(words):
        if word == "--":
            break
        if option.fullmatch(word):
            value = words[place + 1] if place + 1 < len(words) else None
        elif found := option.match(word):
            value = word[found.end() :].removeprefix("=")
    return value
