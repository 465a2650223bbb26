"""Holds a command's result, and shows it: for a person, as CSV, or in the JSON envelope that all commands share."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

from heapscim.errors import HeapscimError
from heapscim.model.plan import Plan, plan_to_document
from heapscim.output.console import Screen
from heapscim.output.pager import show_in_pager
from heapscim.output.tables import Table, show_table

if TYPE_CHECKING:
    from heapscim.model.outcomes import RunResult
    from heapscim.planning.guards import Violation

VERSION = 1
"""Raised whenever a script that reads the envelope would have to change."""
_TYPED_LINE_END = "\r\n" if os.linesep == "\n" else "\n"
"""Becomes CRLF on a text stream: on Windows the stream adds the carriage return itself."""


@dataclass(frozen=True, slots=True)
class Work:
    """Holds what a command planned for Heap, what the guards said, and what it did."""

    plan: Plan
    violations: tuple[Violation, ...]
    run: RunResult | None = None
    """None if nothing was carried out."""


@dataclass(frozen=True, slots=True)
class Result:
    """Holds what a command found or did."""

    data: object
    """JSON values. Plans among them, and functions that give a value, become JSON values only when they are printed,
    since few people ask for that."""
    table: Table | None = None
    """The same as rows, for CSV and plain listings."""
    show: Callable[[Screen], None] | None = None
    """Shows it to a person; None shows the table."""
    exit_code: int = 0
    notices: tuple[str, ...] = ()
    pages: bool = True
    """Whether a long result may go through the pager; never what a command has done, so that none waits for a key."""
    work: tuple[Work, ...] = ()
    """Each plan that the command made and didn't drop, for what follows a run."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Names the command and the profile that an envelope is about."""

    command: str
    profile: str


def present(result: Result, caller: Caller, screen: Screen) -> None:
    """Shows a result in the form that was asked for."""
    if screen.format == "json":
        screen.write(json_text(caller, result.exit_code, result=result))
        return
    if screen.format == "csv" and result.table is not None:
        text = result.table.to_csv().replace("\r\n", _TYPED_LINE_END)
        screen.write(_mark_for(text, sys.stdout) + text)
    elif (show := _showing(result)) is not None:
        if result.pages:
            show_in_pager(show, screen)
        else:
            show(screen)
    for notice in result.notices:
        screen.notice(notice)


def present_error(error: HeapscimError, exit_code: int, caller: Caller, screen: Screen) -> None:
    """Shows an error; if JSON was asked for, also on stdout, for scripts."""
    if screen.format == "json":
        screen.write(json_text(caller, exit_code, error=error))
    screen.error(error)


def _showing(result: Result) -> Callable[[Screen], None] | None:
    if result.show is None and result.table is not None:
        return partial(show_table, result.table)
    return result.show


def json_text(
    caller: Caller, exit_code: int, *, result: Result | None = None, error: HeapscimError | None = None
) -> str:
    """Returns the JSON envelope of a command that ended with a result, an error, or neither."""
    said: dict[str, object] | None = None
    if error is not None:
        said = {"code": error.code, "message": error.message, "hint": error.hint}
        if error.problems:
            said["problems"] = list(error.problems)
    document = {
        "version": VERSION,
        "command": caller.command,
        "profile": caller.profile,
        "exit_code": exit_code,
        "data": None if result is None else result.data,
        "notices": [] if result is None else list(result.notices),
        "error": said,
    }
    return json.dumps(document, indent=2, ensure_ascii=True, default=_as_json) + "\n"


def _mark_for(text: str, stream: IO[str]) -> str:
    """Returns a byte order mark if the text goes into a new file: by it, a spreadsheet knows that it is UTF-8."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return ""
    is_new = stat.S_ISREG(found.st_mode) and found.st_size == 0
    return "\ufeff" if is_new and not text.isascii() and getattr(stream, "encoding", "").lower() == "utf-8" else ""


def _as_json(value: Plan | Callable[[], object]) -> object:
    return plan_to_document(value) if isinstance(value, Plan) else value()
