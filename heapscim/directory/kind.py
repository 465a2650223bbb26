"""Describes a kind of directory: everything that other rooms ask of it.

A new kind is one package and one entry point of the group ``heapscim.directories``, which leads to a ``DirectoryKind``.
The module that holds it imports next to nothing, because help loads it: settings and directory are imported when they
are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapscim.directory.connection import DirectoryContext, SecretPlace
    from heapscim.directory.protocol import Directory
    from heapscim.model.directory import Scope


@dataclass(frozen=True, slots=True)
class SourceAttributes:
    """Holds the names of people's attributes, for a profile's ``[mapping]``."""

    names: tuple[str, ...]
    """All names except those with the prefix."""
    prefix: str = ""
    """The beginning of a custom attribute's name, such as ``attributes.``; empty if there are none."""

    def __contains__(self, name: str) -> bool:
        return name in self.names or bool(self.prefix and name.startswith(self.prefix) and name != self.prefix)


@dataclass(frozen=True, slots=True)
class DirectoryKind:
    """Describes one kind of directory, such as the roster or JumpCloud."""

    name: str
    """The word before the colon of a spec, the name of its entry point and of its table in a profile."""
    title: str
    """Its name within a sentence: ``JumpCloud``, ``a roster``."""
    form: str
    """The form of its specs in help and hints: ``jumpcloud:APPLICATION``, ``a roster (.csv, .tsv, .yaml, .json)``."""
    open: Callable[[str, DirectoryContext], Directory]
    """Returns the directory of what follows the colon (of the whole spec if the kind is a file). Neither asks questions
    nor connects; raises UsageError for an invalid spec."""
    attributes: SourceAttributes | None = None
    """None if they are unknown until the directory is read: then ``[mapping]`` may use any name."""
    default_scope: Scope | None = None
    """Who belongs in Heap if the profile doesn't say. None: the snapshot decides."""
    settings: Callable[[], type[BaseModel]] | None = None
    """Loads the model of its table in a profile, which forbids unknown keys and holds no secret. None: no settings."""
    settings_may_be_none: bool = False
    """Whether ``open`` does with None for settings where its table is empty: then their model isn't even loaded."""
    example: str = ""
    """A setting of its table with a value, for help: ``region=eu``."""
    secret_places: tuple[SecretPlace, ...] = ()
    """Where its secrets may be kept."""
    suffixes: tuple[str, ...] = ()
    """The suffixes of file names, in lower case, if the kind is a file: then a spec is its path."""
    reads_pipes: bool = False
    """Whether it reads standard input (``-``) and the pipes of a shell, too: then the spec is given as it is."""

    def unknown_attributes(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yields each attribute that no person of this directory can have, with the nearest one or all that exist."""
        from heapscim.model.phrases import nearest

        known = self.attributes
        for name in names:
            if known is not None and name not in known:
                near = nearest(name, known.names)
                more = f", and {known.prefix}NAME" if known.prefix else ""
                yield name, f"Did you mean {near}?" if near else f"It has {', '.join(known.names)}{more}."
