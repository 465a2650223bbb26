"""Opens a directory by what the command line calls it: a roster file, or ``kind:rest`` for an installed kind."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.directory.attributes import is_roster
from heapscim.directory.snapshot import Directory
from heapscim.errors import UsageError

if TYPE_CHECKING:
    from heapscim.directory.connecting import Opening

ENTRY_POINTS = "heapscim.directories"


def open_directory(spec: str, opening: Opening) -> Directory:
    """The directory of a spec; raises UsageError, listing the kinds there are, for anything else."""
    if is_roster(spec):
        from heapscim.directory.roster import open_roster

        return open_roster(spec)
    kind, mark, rest = spec.partition(":")
    kinds = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS) if entry.name != "roster"}
    if mark and kind in kinds:
        directory: Directory = kinds[kind].load()(rest, opening)
        return directory
    known = " or ".join(("a file ending in .csv, .yaml or .json", *(f"{name}:…" for name in sorted(kinds))))
    raise UsageError(f"{spec!r} is no directory heapscim can open.", hint=f"It can be {known}.")


def absolute_spec(spec: str) -> str:
    """A spec that means the same from any working directory, for the profile to remember."""
    return str(Path(spec).expanduser().resolve()) if is_roster(spec) else spec
