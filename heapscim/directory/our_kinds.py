"""Finds heapscim's own kinds of directory in a millisecond, if no other package brings one.

``importlib.metadata`` needs thirty for its imports alone. This looks where that looks, and gives up as soon as
something isn't plain: then the registry asks it.
"""

from __future__ import annotations

import os
import sys

from heapscim import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENTRY_POINTS = "heapscim.directories"
_OURS = f"heapscim-{__version__}.dist-info"


def our_kinds(folders: Iterable[str]) -> Mapping[str, str] | None:
    """Returns where each kind is, by its name: the entry points of heapscim in these folders of the import path.

    None if another package may bring a kind, or if heapscim isn't installed in any of them.
    """
    if sum(hasattr(finder, "find_distributions") for finder in sys.meta_path) != 1:
        return None
    ours: dict[str, str] | None = None
    for folder in folders:
        try:
            with os.scandir(folder or ".") as entries:
                metadata = [entry for entry in entries if entry.name.lower().endswith("-info")]
            for entry in metadata:
                brought = _entry_points(entry.path)
                if entry.name == _OURS:
                    ours = brought if ours is None else ours
                elif brought:
                    return None
        except FileNotFoundError:
            continue
        except (OSError, ValueError):  # a zip file, or what can't be read
            return None
    return ours


def _entry_points(metadata: str) -> dict[str, str]:
    """Returns the kinds that a package brings, by its folder of metadata."""
    try:
        with open(f"{metadata}/entry_points.txt", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs more
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):  # metadata may be a single file, too
        return {}
    if ENTRY_POINTS not in text:
        return {}
    found, section = {}, ""
    for line in map(str.strip, text.splitlines()):
        name, is_entry, value = line.partition("=")
        if line.startswith("["):
            section = line
        elif is_entry and section == f"[{ENTRY_POINTS}]" and not line.startswith("#"):
            found[name.strip()] = value.strip()
    return found
