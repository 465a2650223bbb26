"""The way in: ``heapscim`` and ``python -m heapscim``."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal, TextIO


def main() -> None:
    """Runs the command line; the version and a Tab don't need it."""
    _prepare_streams()
    if sys.argv[1:] == ["--version"]:
        from heapscim import __version__

        sys.stdout.write(f"heapscim {__version__}\n")
        return
    if "_HEAPSCIM_COMPLETE" in os.environ:
        from heapscim.cli.completing import answer

        sys.exit(answer(sys.argv[1:]))
    from heapscim.cli.app import run

    try:
        run()
    except OSError as error:  # a command explains its own; this is --help on a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"Error: stdout can't be written to: {error.strerror}.")
    except KeyboardInterrupt:  # a command that has begun says so itself
        from heapscim.cli.exit_codes import INTERRUPTED

        sys.stderr.write("Interrupted.\n")
        sys.exit(INTERRUPTED)


def _nowhere(mode: Literal["r", "w"]) -> TextIO:
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 - as long as the process; pathlib is heavy


def _prepare_streams() -> None:
    """Opens what the process was started without, and lets no character keep the rest from being written.

    What is piped is UTF-8 wherever it is run, unless PYTHONIOENCODING says otherwise.
    """
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            is_ours = not stream.isatty() and "PYTHONIOENCODING" not in os.environ
            stream.reconfigure(errors="backslashreplace", encoding="utf-8" if is_ours else None)


if __name__ == "__main__":
    main()
