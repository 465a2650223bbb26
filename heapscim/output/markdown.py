"""Writes texts and tables as Markdown in which names are data: nothing in them is obeyed, mentioned or linked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from heapscim.output.text import cropped, visible

MOST_CHARACTERS = 65_000
"""GitHub takes comments of up to 65,536 characters."""
_LONGEST_CELL = 300
_RESERVED = 1_500
"""Characters that are kept free for the note about what was left out."""
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$]|(?<![A-Za-z0-9])@(?=[A-Za-z0-9])|#(?=[0-9])")
"""What Markdown obeys, and what GitHub and GitLab take for the name of a person or the number of an issue."""
_UNSAFE_IN_CODE = re.compile(r"[\\`|]")
_PUNCTUATION = re.compile(r"[^\w .,\-]|_")


def prose(text: str) -> str:
    """Returns a sentence, which may hold names, as Markdown that shows it as it is."""
    return _SPECIAL.sub(lambda found: f"{found[0]}&#8203;" if found[0] in "@#" else _reference(found), visible(text))


def code(text: str) -> str:
    """Returns a name or value as Markdown, also in a table; a long one is cropped."""
    shown = cropped(text, _LONGEST_CELL)
    if shown.strip() and shown == shown.strip() and not _UNSAFE_IN_CODE.search(shown):
        return f"`{shown}`"
    # No way to write a backslash before a pipe in the code of a table is read alike by all.
    return f"<code>{_PUNCTUATION.sub(_reference, shown)}</code>"


def _reference(found: re.Match[str]) -> str:
    """Returns a character as a numeric reference, which Markdown shows and never obeys (CommonMark §2.5)."""
    return f"&#{ord(found[0])};"


@dataclass(frozen=True, slots=True)
class Section:
    """Holds a table below its own heading. Its cells are Markdown already."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(slots=True)
class Page:
    """Gathers Markdown up to a number of characters, and says at the end what was left out."""

    most: int = MOST_CHARACTERS
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _left_out: list[str] = field(default_factory=list)

    def add(self, text: str) -> bool:
        """Adds a line, unless the page would be too long; returns whether it was added."""
        length = len(text.encode("utf-16-le", "surrogatepass")) // 2 + 1
        if self._length + length > self.most - _RESERVED:
            return False
        self._parts.append(text)
        self._length += length
        return True

    def add_section(self, section: Section) -> None:
        """Adds a section: as many of its rows as there is room for."""
        if not section.rows:
            return
        added = 0
        if self.add("\n".join(_head(section))):
            added = next((at for at, row in enumerate(section.rows) if not self.add(_row(row))), len(section.rows))
        if left := len(section.rows) - added:
            self._left_out.append(f"{left:,} of {section.title}")

    def text(self) -> str:
        """Returns the page."""
        left_out = f"\nLeft out, since the report would be too long: {', '.join(self._left_out)}."
        return "\n".join([*self._parts, *([left_out] if self._left_out else [])]) + "\n"


def _head(section: Section) -> Iterator[str]:
    yield f"\n### {section.title} ({len(section.rows):,})\n"
    yield _row(section.columns)
    yield _row(["---"] * len(section.columns))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
