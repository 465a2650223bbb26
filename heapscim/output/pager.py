"""Shows long output through a person's pager, as git does. Closing the pager early isn't an error."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

from heapscim.output.console import Screen
from heapscim.output.interruption import signals_to
from heapscim.output.text import width_of

VARIABLES = ("HEAPSCIM_PAGER", "PAGER")
"""Variables that name the pager, as a command line; the first that is set counts, and an empty one means none."""
_DEFAULTS = {"LESS": "FRX", "LV": "-c"}
"""Options of common pagers unless the person has set their own: leave a short text, keep colours, keep the screen."""
_NOT_FOUND = (126, 127, 9009)
"""Exit codes of shells that can't start a program."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def show_in_pager(show: Callable[[Screen], None], screen: Screen) -> None:
    """Calls ``show``; what it prints goes through the pager if it doesn't fit the screen. What it tells comes after."""
    command = pager_of(screen)
    if command is None:
        show(screen)
        return
    with screen.out.capture() as printed, screen.err.capture() as told:
        show(screen)
    text = printed.get()
    if not (_is_long(text, screen) and _paged(text, command, screen)):
        screen.out.file.write(text)
        screen.out.file.flush()
    sys.stderr.write(told.get())
    sys.stderr.flush()


def pager_of(screen: Screen) -> str | None:
    """Returns the command line of the pager; None if there is none, or if no person sits at this screen."""
    if not (screen.has_pager and screen.is_pretty and sys.stdin.isatty()) or screen.is_dumb:
        return None
    named = next((screen.environ[name] for name in VARIABLES if name in screen.environ), None)
    if named is None:
        return "less" if shutil.which("less", path=screen.environ.get("PATH")) else None
    return None if named.strip() in ("", "cat") else named


def _is_long(text: str, screen: Screen) -> bool:
    width, left = screen.width, screen.out.height
    for line in text.splitlines():
        left -= max(1, -(-width_of(_ESCAPES.sub("", line)) // width))
        if left <= 0:
            return True
    return False


def _paged(text: str, command: str, screen: Screen) -> bool:
    """Returns whether the pager could be started. Ctrl-C is the pager's; other signals end it."""

    def stop(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            raise KeyboardInterrupt

    screen.out.file.flush()
    environ = {**_DEFAULTS, **screen.environ}
    pager = subprocess.Popen(  # noqa: S602 - PAGER is a command line for a shell, as POSIX has it; it is the person's own
        command, shell=True, stdin=subprocess.PIPE, env=environ, encoding=screen.out.encoding, errors="replace"
    )
    try:
        with signals_to(stop):
            pager.communicate(text)  # one that is closed before it has read all is none of our business
            return pager.returncode not in _NOT_FOUND
    except KeyboardInterrupt:
        pager.terminate()
        raise
