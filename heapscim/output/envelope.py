"""Holds a command's result, and shows it: for a person, as CSV, or in the JSON envelope that all commands share."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from heapscim.errors import HeapscimError
from heapscim.model.plan import Plan, plan_to_document
from heapscim.output.console import Screen
from heapscim.output.pager import show_in_pager
from heapscim.output.tables import Table, show_table

VERSION = 1
"""Raised whenever a script that reads the envelope would have to change."""
_TYPED_LINE_END = "\r\n" if os.linesep == "\n" else "\n"
"""Becomes CRLF on a text stream: on Windows the stream adds the carriage return itself."""


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


@dataclass(frozen=True, slots=True)
class Caller:
    """Names the command and the profile that an envelope is about."""

    command: str
    profile: str


def present(result: Result, caller: Caller, screen: Screen) -> None:
    """Shows a result in the form that was asked for."""
    if screen.format == "json":
        _print_json(_envelope(caller, result.exit_code, data=result.data, notices=result.notices), screen)
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
        said: dict[str, object] = {"code": error.code, "message": error.message, "hint": error.hint}
        if error.problems:
            said["problems"] = list(error.problems)
        _print_json(_envelope(caller, exit_code, error=said), screen)
    screen.error(error)


def _showing(result: Result) -> Callable[[Screen], None] | None:
    if result.show is None and result.table is not None:
        return partial(show_table, result.table)
    return result.show


def _envelope(
    caller: Caller, exit_code: int, *, data: object = None, notices: tuple[str, ...] = (), error: object = None
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "command": caller.command,
        "profile": caller.profile,
        "exit_code": exit_code,
        "data": data,
        "notices": list(notices),
        "error": error,
    }


def _mark_for(text: str, stream: IO[str]) -> str:
    """Returns a byte order mark if the text goes into a new file: by it, a spreadsheet knows that it is UTF-8."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return ""
    is_new = stat.S_ISREG(found.st_mode) and found.st_size == 0
    return "\ufeff" if is_new and not text.isascii() and getattr(stream, "encoding", "").lower() == "utf-8" else ""


def _print_json(document: dict[str, Any], screen: Screen) -> None:
    screen.write(json.dumps(document, indent=2, ensure_ascii=True, default=_as_json) + "\n")


def _as_json(value: Plan | Callable[[], object]) -> object:
    return plan_to_document(value) if isinstance(value, Plan) else value()
