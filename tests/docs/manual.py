"""The manual pages: one for heapscim and one for each of its commands, of the same words as ``--help``.

``python -m tests.docs`` writes them. A test holds the files to what it writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim import __version__
from heapscim.workflows import exit_codes
from tests.docs.tables import help_pages

if TYPE_CHECKING:
    from heapscim.cli.tables import Page, Rows

MANUAL = Path(__file__).parents[2] / "docs" / "man"


def manual_pages() -> dict[Path, str]:
    """Every manual page by its file; a command's page holds the commands below it, too."""
    pages = help_pages()
    names = [path[0] for path in pages if len(path) == 1]
    texts = {"heapscim": [*_page(("heapscim",), pages[()]), *_after(names)]}
    for name in names:
        below = [path for path in pages if path[0:1] == (name,) and len(path) > 1]
        parts = [line for path in below for line in _below(path, pages[path])]
        texts[f"heapscim-{name}"] = [
            *_page(("heapscim", name), pages[name,]),
            *parts,
            ".SH SEE ALSO",
            ".BR heapscim (1)",
        ]
    return {MANUAL / f"{title}.1": _file(title, lines) for title, lines in texts.items()}


def _file(title: str, lines: list[str]) -> str:
    head = [
        '.\\" Made by "python -m tests.docs".',
        f'.TH {title.upper()} 1 "" "heapscim {__version__}"',
        ".nh",
        ".ad l",
    ]
    return "\n".join([*head, *lines]) + "\n"


def _page(words: tuple[str, ...], page: Page) -> Iterator[str]:
    usage, text, sections, _ = page
    first, *rest = text.split("\n\n")
    yield from (".SH NAME", f"{_shown('-'.join(words))} \\- {_shown(first.rstrip('.'))}")
    yield from (".SH SYNOPSIS", f".B {_shown(' '.join(words))}", _shown(usage))
    yield from (".SH DESCRIPTION", _shown(first))
    for paragraph in rest:
        yield from (".PP", _shown(paragraph))
    for title, rows in sections:
        yield f".SH {title.upper()}"
        yield from _rows(rows)


def _below(words: tuple[str, ...], page: Page) -> Iterator[str]:
    """The part of one command below another: ``heapscim users show``."""
    usage, text, sections, _ = page
    yield from (f".SH {' '.join(words).upper()}", f".B heapscim {_shown(' '.join(words))}", _shown(usage))
    for paragraph in text.split("\n\n"):
        yield from (".PP", _shown(paragraph))
    for title, rows in sections:
        yield f".SS {title}"
        yield from _rows(rows)


def _rows(rows: Rows) -> Iterator[str]:
    for words, help in rows:
        yield from (".TP", f".B {_shown(words)}", _shown(help) or "\\&")


def _after(names: list[str]) -> Iterator[str]:
    meanings: Mapping[int, str] = exit_codes.MEANINGS
    yield ".SH EXIT STATUS"
    yield from _rows(tuple((str(code), words) for code, words in meanings.items()))
    yield from (".SH SEE ALSO", ", ".join(f"heapscim\\-{name}(1)" for name in names) + ".", ".PP")
    yield "\\fBheapscim help\\fP shows the pages about rosters, settings, exit codes and more."


def _shown(text: str) -> str:
    """Text on one line as roff shows it literally."""
    line = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    return f"\\&{line}" if line.startswith(".") else line
