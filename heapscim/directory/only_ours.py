"""Tells in a millisecond whether other packages bring kinds of directory. ``importlib.metadata`` needs thirty.

It looks where that looks, and says no as soon as something isn't plain: then the registry is asked.
"""

from __future__ import annotations

import os
import sys

from heapscim import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS = f"heapscim-{__version__}.dist-info"
_ENTRY_POINTS = b"heapscim.directories"


def only_our_kinds(folders: Iterable[str]) -> bool:
    """Reports whether the kinds that are installed in these folders of the import path are certainly heapscim's own."""
    if sum(hasattr(finder, "find_distributions") for finder in sys.meta_path) != 1:
        return False
    found = False
    for folder in folders:
        try:
            with os.scandir(folder or ".") as entries:
                named = [entry.path for entry in entries if entry.name.lower().endswith("-info")]
        except FileNotFoundError:
            continue
        except OSError:  # a zip file, or a folder that can't be read
            return False
        found = found or any(os.path.basename(path) == _OURS for path in named)  # noqa: PTH119 - pathlib costs more
        if any(_brings_kinds(path) for path in named if os.path.basename(path) != _OURS):  # noqa: PTH119
            return False
    return found


def _brings_kinds(path: str) -> bool:
    try:
        with open(os.path.join(path, "entry_points.txt"), "rb") as file:  # noqa: PTH118, PTH123
            return _ENTRY_POINTS in file.read()
    except FileNotFoundError:
        return False
    except OSError:
        return True
