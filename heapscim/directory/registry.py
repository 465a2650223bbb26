"""Finds the kinds of directory that are installed, and opens one by its spec: the path of a file, or ``kind:rest``.

A kind that can't be loaded stops only those who use it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from heapscim import __version__
from heapscim.directory.our_kinds import ENTRY_POINTS, our_kinds
from heapscim.directory.pipes import is_pipe
from heapscim.errors import DirectoryError, UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from heapscim.directory.connection import DirectoryContext
    from heapscim.directory.kind import DirectoryKind
    from heapscim.directory.protocol import Directory

_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".numbers"})

_log = logging.getLogger(__name__)


class _OwnEntry(NamedTuple):
    """Leads to a kind of heapscim's own."""

    name: str
    value: str
    """The module and, behind a colon, the name of the kind in it."""

    def load(self) -> object:
        module, _, name = self.value.partition(":")
        return getattr(import_module(module), name)


class Kinds(Mapping[str, "DirectoryKind"]):
    """Holds the installed kinds by name. Each is loaded when it is asked for."""

    def __init__(self, entries: Mapping[str, EntryPoint | _OwnEntry]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> DirectoryKind:
        return _loaded(self._entries[name])

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def usable(self) -> Iterator[DirectoryKind]:
        """Yields the kinds that can be loaded, one after the other."""
        for name in self:
            if (kind := self.found(name)) is not None:
                yield kind

    def found(self, name: str) -> DirectoryKind | None:
        """Returns the kind with a name; None if it isn't installed or can't be loaded."""
        try:
            return self.get(name)
        except DirectoryError as error:
            _log.debug("%s", error.message)
            return None

    def broken(self) -> Iterator[str]:
        """Says what is wrong with each kind that can't be loaded."""
        for name in self:
            try:
                self[name]
            except DirectoryError as error:
                yield error.message


def _loaded(entry: EntryPoint | _OwnEntry) -> DirectoryKind:
    """Loads a kind; raises DirectoryError, which names the package, if its entry point doesn't lead to a kind."""
    from heapscim.directory.kind import DirectoryKind

    try:
        kind = entry.load()
    except Exception as error:  # another package's module may raise anything
        raise _unusable(entry, f"fails with {type(error).__name__}: {error}") from error
    if not isinstance(kind, DirectoryKind):
        raise _unusable(entry, f"leads to a {type(kind).__name__}, not to a DirectoryKind")
    if kind.name != entry.name:
        raise _unusable(entry, f"leads to a DirectoryKind of another name, {kind.name}")
    if _is_ours(entry):
        return kind
    from heapscim.directory.unforeseen import explaining

    return explaining(kind, _package_of(entry))


def _unusable(entry: EntryPoint | _OwnEntry, why: str) -> DirectoryError:
    return DirectoryError(
        f"The directory kind {entry.name} can't be loaded: the entry point {entry.name} = {entry.value} of "
        f"{_package_of(entry)} {why}.",
        hint="Install a version of that package that fits this heapscim, or uninstall it.",
    )


def _package_of(entry: EntryPoint | _OwnEntry) -> str:
    if isinstance(entry, _OwnEntry):
        return f"the package heapscim {__version__}"
    return "an unknown package" if entry.dist is None else f"the package {entry.dist.name} {entry.dist.version}"


def _is_ours(entry: EntryPoint | _OwnEntry) -> bool:
    return isinstance(entry, _OwnEntry) or (entry.dist is not None and entry.dist.name == "heapscim")


@cache
def installed_kinds() -> Kinds:
    """Returns every kind of directory that a package brings. heapscim's own come first; no other can replace them."""
    if (ours := our_kinds(sys.path)) is not None:
        return Kinds({name: _OwnEntry(name, value) for name, value in ours.items()})
    from importlib.metadata import entry_points

    entries: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=_is_ours, reverse=True):
        entries.setdefault(entry.name, entry)
    return Kinds(entries)


def kind_of(spec: str) -> DirectoryKind | None:
    """Returns the kind of directory that a spec names; None if no kind that can be loaded has such specs."""
    kinds = installed_kinds()
    if is_pipe(spec):
        return next((kind for kind in kinds.usable() if kind.reads_pipes), None)
    suffix = Path(spec).suffix.casefold()
    of_files = (kind for kind in kinds.usable() if suffix in kind.suffixes)
    if suffix and (file := next(of_files, None)):
        return file
    name, mark, _ = spec.partition(":")
    named = kinds.found(name) if mark else None
    return None if named is None or named.suffixes else named


def is_file(spec: str) -> bool:
    """Reports whether a spec is the path of a file."""
    kind = kind_of(spec)
    return kind is not None and bool(kind.suffixes)


def open_directory(spec: str, lend: Callable[[DirectoryKind], DirectoryContext]) -> Directory:
    """Returns the directory of a spec; ``lend`` says what its kind may use.

    Raises UsageError, listing the kinds, where none has such specs; DirectoryError where that kind can't be loaded.
    """
    kind = kind_of(spec)
    name, _, rest = spec.partition(":")
    if kind is not None:
        return kind.open(spec if kind.suffixes else rest, lend(kind))
    kinds = installed_kinds()
    if name in kinds:
        kinds[name]  # raises what is wrong with it, unless its specs are paths
    refuse_folders_and_workbooks(spec)
    hint = " ".join((f"It can be {forms()}.", *kinds.broken()))
    raise UsageError(f"{spec!r} isn't a directory that heapscim can open.", hint=hint)


def refuse_folders_and_workbooks(spec: str) -> None:
    """Raises UsageError, which says what to name instead, if a spec is the path of a folder or a workbook."""
    if Path(spec).is_dir():
        raise UsageError(f"{spec} is a folder.", hint=f"Name a file in it: {forms(files=True)}.")
    if Path(spec).suffix.casefold() in _WORKBOOKS:
        raise UsageError(f"{spec} is a workbook.", hint="Save it in the spreadsheet as CSV UTF-8, and use that file.")


def forms(*, files: bool = False) -> str:
    """Returns the forms of specs, in words: those of files first, or alone."""
    kinds = tuple(installed_kinds().usable())
    found = [kind.form for kind in kinds if kind.suffixes]
    found += [] if files else [kind.form for kind in kinds if not kind.suffixes]
    return ", or ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def example_setting() -> str:
    """Returns an example of a kind's setting for `--set`, such as ``jumpcloud.region=eu``."""
    examples = (f"{kind.name}.{kind.example}" for kind in installed_kinds().usable() if kind.example)
    return next(examples, "history.keep_days=90")


def absolute_spec(spec: str) -> str:
    """Returns a spec that means the same from any working folder, for the profile to remember.

    Raises UsageError for a pipe, which isn't there the next time.
    """
    if is_pipe(spec):
        hint = "Leave --directory out here, and give it to `plan` and `sync`."
        raise UsageError("A profile can't remember standard input.", hint=hint)
    return str(Path(spec).expanduser().resolve()) if is_file(spec) else spec
