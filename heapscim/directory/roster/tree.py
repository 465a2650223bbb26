"""The tree of a YAML or JSON roster: texts, lists and mappings that know where in the file they begin.

Scalars are taken as written: ``no`` and ``007`` stay text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

MOST_DEPTH = 20
"""Lists and mappings in one another. A roster needs four."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number or a truth value as written."""

    at: int
    text: str | None
    """None for null."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    at: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in order, with keys that stand twice."""

    at: int
    pairs: tuple[tuple[Scalar, Node], ...]


Node: TypeAlias = Scalar | Items | Entries


class Malformed(Exception):
    """The text isn't what its name says; ``at`` is where."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


def check_depth(depth: int, at: int) -> None:
    """Raises Malformed for what is nested deeper than any roster."""
    if depth > MOST_DEPTH:
        raise Malformed(at, f"nested deeper than {MOST_DEPTH}")
