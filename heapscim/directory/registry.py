"""Finds the kinds of directory that are installed, and opens one by its spec: the path of a file, or ``kind:rest``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.errors import UsageError

if TYPE_CHECKING:
    from heapscim.directory.connection import DirectoryContext
    from heapscim.directory.kind import DirectoryKind
    from heapscim.directory.protocol import Directory

ENTRY_POINTS = "heapscim.directories"


class Kinds(Mapping[str, "DirectoryKind"]):
    """The installed kinds by name. Each is loaded when it is asked for."""

    def __init__(self, entries: Mapping[str, EntryPoint]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> DirectoryKind:
        kind: DirectoryKind = self._entries[name].load()
        return kind

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@cache
def installed_kinds() -> Kinds:
    """Every kind of directory that an installed package brings."""
    return Kinds({entry.name: entry for entry in entry_points(group=ENTRY_POINTS)})


def kind_of(spec: str) -> DirectoryKind | None:
    """The kind of directory that a spec names; None where no installed kind has such specs."""
    kinds = installed_kinds()
    suffix = Path(spec).suffix.casefold()
    of_files = (kind for kind in kinds.values() if suffix and suffix in kind.suffixes)
    name, mark, _ = spec.partition(":")
    named = kinds[name] if mark and name in kinds else None
    return next(of_files, None) or (named if named is not None and not named.suffixes else None)


def is_file(spec: str) -> bool:
    """Whether a spec is the path of a file."""
    kind = kind_of(spec)
    return kind is not None and bool(kind.suffixes)


def open_directory(spec: str, lend: Callable[[DirectoryKind], DirectoryContext]) -> Directory:
    """The directory of a spec; ``lend`` says what its kind may use. Raises UsageError, listing the kinds."""
    kind = kind_of(spec)
    if kind is None:
        known = " or ".join(forms())
        raise UsageError(f"{spec!r} is no directory heapscim can open.", hint=f"It can be {known}.")
    return kind.open(spec if kind.suffixes else spec.partition(":")[2], lend(kind))


def forms() -> tuple[str, ...]:
    """What specs look like, files first."""
    kinds = installed_kinds().values()
    files = tuple(kind.form for kind in kinds if kind.suffixes)
    return (*files, *(kind.form for kind in kinds if not kind.suffixes))


def absolute_spec(spec: str) -> str:
    """A spec that means the same from any working directory, for the profile to remember."""
    return str(Path(spec).expanduser().resolve()) if is_file(spec) else spec
