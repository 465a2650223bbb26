"""Shows the help of a command without Typer, which costs more time than three starts of Python.

``tables/pages.py`` holds the words of each page as Typer has them; here they are laid out as Typer does it. What isn't
exactly a command with ``--help`` behind it is left to Typer, and so is a page that names the kinds of directory where
another package brings one.
"""

from __future__ import annotations

import os
import sys
from textwrap import TextWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heapscim.cli.tables import Page, Rows

_NARROWEST, _WIDEST = 50, 98
_COLUMN, _GAP = 30, 2
"""The most columns of the words on the left, and what stands between them and the right side."""


def quick_help(words: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Returns the help of the command that the words are; None if Typer has to say what they are."""
    from heapscim.cli.tables.pages import PAGES

    page = PAGES.get(tuple(words))
    if page is None:
        return None
    if page[3]:
        from heapscim.directory.our_kinds import our_kinds

        if our_kinds(sys.path) is None:
            return None
    return _laid_out(page, " ".join(("heapscim", *words)), _columns(environ))


def _laid_out(page: Page, name: str, columns: int) -> str:
    """Returns a page for a terminal of so many columns."""
    usage, text, sections, _ = page
    width = max(min(columns - _GAP, _WIDEST), _NARROWEST)
    lines = [_usage(f"Usage: {name} ", usage, width)]
    for paragraph in text.split("\n\n"):
        lines += ["", _wrapped(paragraph, width, "  ")]
    for title, rows in sections:
        lines += ["", f"{title}:", *_rows(rows, width)]
    return "\n".join(lines)


def _usage(first: str, rest: str, width: int) -> str:
    if width >= len(first) + 20:
        return _wrapped(rest, width, first, " " * len(first))
    return f"{first}\n{_wrapped(rest, width, ' ' * 11)}"


def _rows(rows: Rows, width: int) -> Iterator[str]:
    left = min(max(len(words) for words, _ in rows), _COLUMN)
    for words, help in rows:
        lines = _wrapped(help, max(width - left - 2 * _GAP, 10)).splitlines()
        beside = lines.pop(0) if lines and len(words) <= left else ""
        yield f"  {words:<{left}}  {beside}".rstrip()
        yield from (f"{'':>{left + 2 * _GAP}}{line}" for line in lines)


class _Wrapper(TextWrapper):
    """Wraps text, and cuts a word that is longer than a line anywhere, also where it has a hyphen."""

    def _handle_long_word(self, reversed_chunks: list[str], cur_line: list[str], cur_len: int, width: int) -> None:
        room = max(width - cur_len, 1)
        cur_line.append(reversed_chunks[-1][:room])
        reversed_chunks[-1] = reversed_chunks[-1][room:]


def _wrapped(text: str, width: int, first: str = "", others: str | None = None) -> str:
    others = first if others is None else others
    return _Wrapper(width, initial_indent=first, subsequent_indent=others, replace_whitespace=False).fill(text)


def _columns(environ: Mapping[str, str]) -> int:
    """Returns the width of the terminal, or what COLUMNS says, as shutil does, whose import costs more than a page."""
    try:
        said = int(environ.get("COLUMNS", ""))
    except ValueError:
        said = 0
    try:
        return said if said > 0 else os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # no terminal, or no stdout
        return 80
