"""Opens a directory by what the command line calls it: a roster file, or ``kind:rest`` for an installed kind."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from heapscim.directory.snapshot import Directory
from heapscim.errors import UsageError

ENTRY_POINTS = "heapscim.directories"
_ROSTER_SUFFIXES = (".csv", ".yaml", ".yml", ".json")


def open_directory(spec: str) -> Directory:
    """The directory of a spec; raises UsageError, listing the kinds there are, for anything else."""
    if Path(spec).suffix.casefold() in _ROSTER_SUFFIXES:
        from heapscim.directory.roster import open_roster

        return open_roster(spec)
    kind, mark, rest = spec.partition(":")
    kinds = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS) if entry.name != "roster"}
    if mark and kind in kinds:
        directory: Directory = kinds[kind].load()(rest)
        return directory
    known = ", ".join(("a file ending in .csv, .yaml or .json", *(f"{name}:…" for name in sorted(kinds))))
    raise UsageError(f"{spec!r} is no directory heapscim can open.", hint=f"It can be {known}.")


def absolute_spec(spec: str) -> str:
    """A spec that means the same from any working directory, for the profile to remember."""
    return str(Path(spec).expanduser().resolve()) if Path(spec).suffix.casefold() in _ROSTER_SUFFIXES else spec
