"""The way in: ``heapscim`` and ``python -m heapscim``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line; the version and a Tab don't need it."""
    if sys.argv[1:] == ["--version"]:
        from heapscim import __version__

        sys.stdout.write(f"heapscim {__version__}\n")
        return
    if "_HEAPSCIM_COMPLETE" in os.environ:
        from heapscim.cli.completing import answer

        sys.exit(answer(sys.argv[1:]))
    from heapscim.cli.app import run

    run()


if __name__ == "__main__":
    main()
