"""Runs one command: shows what it answers, explains what goes wrong, and names the exit code."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from heapscim.cli import exit_codes
from heapscim.cli.options import Common
from heapscim.credentials import VARIABLE
from heapscim.errors import HeapscimError, RosterInvalid
from heapscim.output.console import Screen, silence
from heapscim.output.envelope import Caller, Result, present, present_error
from heapscim.profiles import shown_name
from heapscim.redaction import environment_secrets, redacted

if TYPE_CHECKING:
    from heapscim.authority import Authority

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What a stream answers that can't be written to."""


def run_command(name: str, common: Common, body: Callable[[], Result]) -> int:
    """Runs a command's body; answers its exit code."""
    screen = Screen(common.output, common.quiet)
    caller = Caller(name, shown_name(common.profile))
    with _telling_stderr() if common.debug else nullcontext():
        return _run(body, caller, screen)


def _run(body: Callable[[], Result], caller: Caller, screen: Screen) -> int:
    try:
        result = body()
        present(result, caller, screen)
        sys.stdout.flush()
    except HeapscimError as error:
        return _explain(error, error, caller, screen)
    except KeyboardInterrupt:
        screen.note("Interrupted.")
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        silence(sys.stdout)
        return exit_codes.ERROR
    except OSError as error:
        if error.filename is None and error.errno in _UNWRITABLE:
            silence(sys.stdout)
            return _explain(_unwritten(error), error, caller, screen)
        return _explain(_unexpected(error), error, caller, screen)
    except Exception as error:  # noqa: BLE001 - a mistake of ours; a script still gets its envelope, a person a message
        return _explain(_unexpected(error), error, caller, screen)
    return result.exit_code


def _explain(shown: HeapscimError, cause: Exception, caller: Caller, screen: Screen) -> int:
    code = exit_codes.exit_code_of(shown)
    logging.getLogger(__name__).debug("%s", caller.command, exc_info=cause)
    present_error(redacting.cleaned(shown), code, caller, screen)
    return code


def _unwritten(error: OSError) -> HeapscimError:
    return HeapscimError(
        f"The answer can't be written to stdout: {error.strerror}.",
        hint="Make room where it goes. What was done all the same, `heapscim history` tells.",
    )


def _unexpected(error: Exception) -> HeapscimError:
    return HeapscimError(
        f"This should not happen: {type(error).__name__}: {error}.",
        hint="Run the same command with --debug, and report what it says; the token isn't in it.",
    )


class RedactingFilter(logging.Filter):
    """Takes the token out of whatever is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()
        self.authorities: list[Authority] = []
        """Those in use, which may buy tokens that nobody knows yet."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass, without the token."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.msg, record.args = self.clean(text), ()
        return True

    def clean(self, text: str) -> str:
        """The text without any secret, in whatever case."""
        given = {os.environ.get(VARIABLE, ""), *environment_secrets(os.environ)}
        bought = {secret for authority in self.authorities for secret in authority.secrets}
        return redacted(text, self.secrets | given | bought)

    def cleaned(self, error: HeapscimError) -> HeapscimError:
        """The error without any secret, where a server has put one into what the error repeats."""
        error.message = self.clean(error.message)
        error.hint = None if error.hint is None else self.clean(error.hint)
        if isinstance(error, RosterInvalid):
            error.problems = tuple(map(self.clean, error.problems))
        return error


redacting = RedactingFilter()
"""The session tells it the token it uses."""


@contextmanager
def _telling_stderr() -> Iterator[None]:
    """While the command runs, what it logs is told on stderr, without secrets."""
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
