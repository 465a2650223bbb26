"""What a kind of directory is: all that the rest of the house asks of it.

A new kind is one package and one entry point of the group ``heapscim.directories``, which leads to a ``DirectoryKind``.
The module that holds it imports next to nothing, since help loads it: settings and adapter are imported when they are
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from heapscim.errors import SettingsError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapscim.directory.connection import DirectoryContext, SecretPlace
    from heapscim.directory.protocol import Directory
    from heapscim.model.directory import Scope


@dataclass(frozen=True, slots=True)
class SourceAttributes:
    """What people of a kind of directory can be known by: the names that a profile's ``[mapping]`` may use."""

    names: tuple[str, ...]
    """All of them, but for those behind the prefix."""
    prefix: str = ""
    """What the name of a custom attribute begins with, such as ``attributes.``; empty where there are none."""

    def __contains__(self, name: str) -> bool:
        return name in self.names or bool(self.prefix and name.startswith(self.prefix) and name != self.prefix)


@dataclass(frozen=True, slots=True)
class DirectoryKind:
    """One kind of directory, such as the roster or JumpCloud."""

    name: str
    """The word before the colon of a spec, the name of its entry point and of its table in a profile."""
    title: str
    """What it is called within a sentence: ``JumpCloud``, ``a roster``."""
    form: str
    """What a spec of it looks like in help and hints: ``jumpcloud:APPLICATION``, ``a roster (.csv, .yaml, .json)``."""
    open: Callable[[str, DirectoryContext], Directory]
    """Makes a directory of what follows the colon (of the whole spec where the kind is a file). Neither asks nor
    connects; raises UsageError for a spec that makes no sense."""
    attributes: SourceAttributes | None = None
    """None where nobody knows them before the directory is read: then ``[mapping]`` may use any name."""
    default_scope: Scope | None = None
    """Who belongs in Heap where the profile doesn't say. None: the snapshot says so."""
    settings: Callable[[], type[BaseModel]] | None = None
    """Loads the model of its table in a profile, which forbids unknown keys and holds no secret. None: no settings."""
    example: str = ""
    """A setting of its table with a value, for help: ``region=eu``."""
    secret_places: tuple[SecretPlace, ...] = ()
    """Where its secrets may be kept."""
    suffixes: tuple[str, ...] = ()
    """The endings of file names, in lower case, for a kind that is a file: then a spec is its path."""

    def check_attributes(self, names: Iterable[str]) -> None:
        """Raises SettingsError, naming the nearest, for an attribute that no person of this directory can have."""
        known = self.attributes
        if known is None:
            return
        for name in names:
            if name in known:
                continue
            by_fold = {other.casefold(): other for other in known.names}
            near = get_close_matches(name.casefold(), by_fold, n=1)
            more = f", and {known.prefix}NAME" if known.prefix else ""
            hint = f"Did you mean {by_fold[near[0]]}?" if near else f"It has {', '.join(known.names)}{more}."
            title = self.title[:1].upper() + self.title[1:]
            raise SettingsError(f"{title} has no attribute {name}, which [mapping] uses.", hint=hint)
