"""Holds the tree of a YAML or JSON roster: texts, lists and mappings that know where they begin in the file.

Scalars stay as written: ``no`` and ``007`` are text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

MOST_DEPTH = 20
"""The most lists and mappings in one another. A roster needs four."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """Holds a text, a number or a truth value as written."""

    at: int
    text: str | None
    """None for null."""
    word: str | None = None
    """The word by which null is written, if it may be a surname, too: ``Null``."""


@dataclass(frozen=True, slots=True)
class Items:
    """Holds a list."""

    at: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """Holds a mapping in order, including keys that appear twice."""

    at: int
    pairs: tuple[tuple[Scalar, Node], ...]


Node: TypeAlias = Scalar | Items | Entries


class Malformed(Exception):
    """Says that the text isn't JSON or YAML; ``at`` is the position."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


def check_depth(depth: int, at: int) -> None:
    """Raises Malformed if something is nested deeper than any roster."""
    if depth > MOST_DEPTH:
        raise Malformed(at, f"nested deeper than {MOST_DEPTH}")
