"""Syncs again and again (``sync --every``), one run after the other with a line for each, until a signal comes.

Errors that only a user can fix (the command line, the settings, a missing token) end it. Other errors are reported, and
the next run tries again. Every run reads settings, token and directory again.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from heapscim.errors import CredentialError, HeapscimError, SettingsError, UsageError
from heapscim.http.rate_limit import Timing
from heapscim.model.plan import Plan
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.enduring import is_lost
from heapscim.output.envelope import Result
from heapscim.workflows import exit_codes
from heapscim.workflows.context import Context
from heapscim.workflows.durations import FORMS, seconds_of
from heapscim.workflows.signals import run_for, stopping_at_once

_SHORTEST = 1.0
"""Seconds."""
_NOTHING = "nothing to do"


def interval(text: str) -> float:
    """Returns the seconds between the starts of two runs; raises UsageError."""
    seconds = seconds_of(text)
    if seconds < _SHORTEST:
        raise UsageError("A sync can start once a second at most.", hint=f"Choose a longer time, such as {FORMS}.")
    return seconds


def keep_syncing(context: Context, seconds: float, once: Callable[[Context], Result]) -> Result:
    """Runs ``once`` every ``seconds``; ends with the exit code of the last run."""
    screen, timing = context.screen, context.timing
    silent = replace(context, screen=replace(screen, format="json", quiet=True))
    codes: list[int] = []
    with stopping_at_once():
        try:
            while exit_codes.INTERRUPTED not in codes:
                begun = timing.clock()
                codes.append(exit_codes.INTERRUPTED)  # until the run ends
                # A context of its own for each run: a keyring that didn't answer may be unlocked by the next one.
                codes[-1], words = _one(replace(silent), once)
                _report(screen, f"{_time(timing.now())} {words}", codes[-1], nothing=words == _NOTHING)
                if is_lost(sys.stdout):
                    screen.tell(f"Stopped, since no program reads stdout any more. The last run: {words}")
                    break
                run_for(screen, partial(_rest, timing, begun + seconds), silent=True)
        except KeyboardInterrupt:
            pass
    last = codes[-1] if codes else exit_codes.DONE
    return Result({"runs": len(codes), "last_exit_code": last}, show=_show(len(codes)), exit_code=last, pages=False)


async def _rest(timing: Timing, until: float) -> None:
    # A run's memory is free before the next one. Not outside the loop: there a signal is an exception, which the end of
    # an object, such as a connection, would swallow.
    gc.collect()
    await timing.sleep(max(0.0, until - timing.clock()))


def _one(context: Context, once: Callable[[Context], Result]) -> tuple[int, str]:
    """Runs once; returns the exit code and a sentence about it."""
    try:
        result = once(context)
    except (UsageError, SettingsError, CredentialError):
        raise
    except HeapscimError as error:
        return exit_codes.exit_code_of(error), f"error: {context.redacting.cleaned(error).message}"
    return result.exit_code, _words(result.data)


def _words(data: Any) -> str:  # noqa: ANN401 - a sync's JSON
    run = data.get("run")
    if run is not None:
        names = {"done": "done", "failed": "failed", "not_attempted": "not attempted"}
        counts = ", ".join(f"{run['counts'][key]:,} {word}" for key, word in names.items() if run["counts"][key])
        return f"run {run['id']}: {counts}{_withheld(data)}"
    if data["violations"]:
        return f"refused: {data['violations'][0]['message']}"
    return f"{_NOTHING}{_withheld(data)}"


def _withheld(data: Any) -> str:  # noqa: ANN401
    plan: Plan = data["plan"]
    number, broken, back = len(plan.withheld), len(plan.broken), plan.changed_back
    noun = "change" if any(entry.withheld for entry in back) else "removal"
    words = f", {len(back):,} changed back by somebody else" if back else ""
    words += f", {counted(number, noun)} withheld" if number else ""
    words += f", {counted(len(plan.deferred), 'removal')} deferred" if plan.deferred else ""
    words += f", {len(plan.conflicts):,} in conflict" if plan.conflicts else ""
    return f"{words}, {broken:,} can't be read" if broken else words


def _report(screen: Screen, line: str, code: int, *, nothing: bool) -> None:
    """Prints to stdout, where a user or a log reads it; to stderr if stdout is kept for JSON or CSV.

    With ``--quiet``, prints only what changed, and tells only what went wrong.
    """
    if screen.quiet and code != exit_codes.DONE:
        screen.tell(line)
    elif screen.quiet and nothing:
        return
    elif screen.format == "table":
        screen.print(line)
        screen.out.file.flush()
    else:
        screen.note(line)


def _show(runs: int) -> Callable[[Screen], None]:
    return lambda screen: screen.note(f"Stopped after {counted(runs, 'run')}.")


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
