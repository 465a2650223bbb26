"""Starts ``heapscim`` and ``python -m heapscim``. Imports as little as it can before it handles signals."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # built in, so it loads at once; ``signal`` is made from it
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Literal, TextIO

_INTERRUPTED = 130


def main() -> None:
    """Runs the command line; the version, help and completion don't need it.

    Imports make tens of thousands of objects and no garbage: looking for some costs a sixth of the time of a short
    command, at its end alone a tenth. ``workflows/signals`` looks for it again as soon as work begins.
    """
    _listen()
    import gc

    gc.disable()
    _prepare_streams()
    try:
        _run()
        sys.stdout.flush()
    except OSError as error:  # commands explain their own errors; this is --help on a full disk, or into a pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            sys.exit(f"Error: stdout can't be written to: {error.strerror}.")
    except KeyboardInterrupt:  # a running command says so itself
        sys.stderr.write("Interrupted.\n")
        sys.exit(_INTERRUPTED)
    finally:
        gc.freeze()  # the end of the process frees all of it anyway


def _run() -> None:
    if sys.argv[1:] == ["--version"]:
        from heapscim import __version__

        sys.stdout.write(f"heapscim {__version__}\n")
    elif "_HEAPSCIM_COMPLETE" in os.environ:
        from heapscim.cli.completion.answer import answer

        code = answer(sys.argv[1:])
        sys.stdout.flush()
        sys.exit(code)
    elif sys.argv[-1] in ("--help", "-h") and (page := _quick_help()) is not None:
        sys.stdout.write(f"{page}\n")
    else:
        os.environ["PYDANTIC_DISABLE_PLUGINS"] = "1"  # they watch models for their developers; looking for them is slow
        from heapscim.cli.app import run

        run()


def _quick_help() -> str | None:
    from heapscim.cli.quick_help import quick_help

    return quick_help(sys.argv[1:-1], os.environ)


def _listen() -> None:
    """Ends the process at once if a signal comes before any work has begun, which is as safe as a kill.

    An exception could instead arise in the middle of an import, and be lost or turned into another one. Work that must
    end in good order handles the signals itself while it runs. A signal that is ignored stays ignored.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(_signal, name, None)
        if number is not None and _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, _leave)


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
    try:
        os.write(2, b"Interrupted.\n")
    finally:
        os._exit(_INTERRUPTED)


def _nowhere(mode: Literal["r", "w"]) -> TextIO:
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 - as long as the process; pathlib is heavy


def _prepare_streams() -> None:
    """Opens streams that are missing, and keeps a character that can't be encoded from stopping the output.

    Piped text is UTF-8 everywhere, unless PYTHONIOENCODING says otherwise.
    """
    from io import TextIOWrapper

    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            is_ours = not stream.isatty() and "PYTHONIOENCODING" not in os.environ
            stream.reconfigure(errors="backslashreplace", encoding="utf-8" if is_ours else None)


if __name__ == "__main__":
    main()
