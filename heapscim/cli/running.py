"""Runs one command: shows what it answers, explains what goes wrong, and names the exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from heapscim.cli import exit_codes
from heapscim.cli.options import Common
from heapscim.credentials import VARIABLE
from heapscim.errors import HeapscimError
from heapscim.output.console import Screen
from heapscim.output.envelope import Caller, Result, present, present_error


def run_command(name: str, common: Common, body: Callable[[], Result]) -> int:
    """Runs a command's body; answers its exit code."""
    screen = Screen(common.output, common.quiet)
    caller = Caller(name, common.profile)
    if common.debug:
        _log_to_stderr()
    try:
        result = body()
        present(result, caller, screen)
        sys.stdout.flush()
    except HeapscimError as error:
        code = exit_codes.exit_code_of(error)
        logging.getLogger(__name__).debug("%s", name, exc_info=error)
        present_error(error, code, caller, screen)
        return code
    except KeyboardInterrupt:
        screen.note("Interrupted.")
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.ERROR
    return result.exit_code


class RedactingFilter(logging.Filter):
    """Takes the token out of whatever is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass, without the token."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        for secret in self.secrets | {os.environ.get(VARIABLE, "")} - {""}:
            text = text.replace(secret, "***")
        record.msg, record.args = text, ()
        return True


redacting = RedactingFilter()
"""The session tells it the token it uses."""


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    handler.addFilter(redacting)
    ours = logging.getLogger("heapscim")
    ours.handlers[:] = [handler]
    ours.setLevel(logging.DEBUG)
