"""The way in: ``heapscim`` and ``python -m heapscim``."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line; the version alone doesn't need it."""
    if sys.argv[1:] == ["--version"]:
        from heapscim import __version__

        sys.stdout.write(f"heapscim {__version__}\n")
        return
    from heapscim.cli.app import run

    run()


if __name__ == "__main__":
    main()
