"""Runs one command: shows its result, explains errors, and returns the exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from heapscim.config.paths import PROFILE_VARIABLE, shown_name
from heapscim.errors import HeapscimError, unexpected
from heapscim.output.console import Screen
from heapscim.output.enduring import EnduringStream, enduring_stdout
from heapscim.output.envelope import Caller, Result, present, present_error
from heapscim.workflows import exit_codes
from heapscim.workflows.context import Context
from heapscim.workflows.redaction import RedactingFilter

_FREE_SPACE = "Free some space for it. `heapscim history` shows what was done."


def run_command(name: str, context: Context, body: Callable[[], Result], *, debug: bool) -> int:
    """Runs a command's body, shows the result and returns the exit code. With ``debug``, logs go to stderr."""
    caller = Caller(name, shown_name(context.profile, context.environ.get(PROFILE_VARIABLE)))
    with enduring_stdout() as out, _logging_to_stderr(context.redacting) if debug else nullcontext():
        return _run(body, caller, context, out)


def _run(body: Callable[[], Result], caller: Caller, context: Context, out: EnduringStream) -> int:
    screen = context.screen
    try:
        result = body()
        present(result, caller, screen)
        out.flush()
    except HeapscimError as error:
        return _explain(error, error, caller, context)
    except KeyboardInterrupt:
        screen.note("Interrupted.")
        return exit_codes.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a mistake of ours; a script still gets its envelope, a person a message
        return _explain(unexpected(error), error, caller, context)
    if out.trouble is None and not out.was_closed:
        return result.exit_code
    return _report_lost_output(result, out.trouble or BrokenPipeError(), screen)


def _report_lost_output(result: Result, trouble: OSError, screen: Screen) -> int:
    """Says in one line on stderr what a run did whose report couldn't be written; returns the exit code.

    If the reader has gone away, as `head` does, it has seen enough, and the exit code stays the same. If the disk is
    full, output is missing: 0 becomes 1.
    """
    from heapscim.output.run_view import run_words

    ended = isinstance(trouble, BrokenPipeError)
    why = "No program reads stdout any more" if ended else f"stdout can't be written to ({trouble.strerror})"
    if did := run_words(result.data):
        screen.tell(f"{why}; the work is done. {did}")
    elif not ended:
        screen.error(HeapscimError(f"The result can't be written to stdout: {trouble.strerror}.", hint=_FREE_SPACE))
    return result.exit_code if ended else result.exit_code or exit_codes.ERROR


def _explain(shown: HeapscimError, cause: Exception, caller: Caller, context: Context) -> int:
    code = exit_codes.exit_code_of(shown)
    logging.getLogger(__name__).debug("%s", caller.command, exc_info=cause)
    present_error(context.redacting.cleaned(shown), code, caller, context.screen)
    return code


@contextmanager
def _logging_to_stderr(redacting: RedactingFilter) -> Iterator[None]:
    """Logs to stderr while the command runs, without secrets."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    handler.addFilter(redacting)
    ours = logging.getLogger("heapscim")
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(before)
