"""Shows pages of the documentation: rendered on a terminal, as Markdown in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from heapscim.output.console import Screen

_NARROW = 72
"""On fewer columns, a table is shown as a list: its cells would hold a word a line."""
_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|(\s*:?-+:?\s*\|)+\s*")


def show_page(markdown: str, screen: Screen) -> None:
    """Prints a page in the form that fits stdout."""
    if not screen.is_pretty:
        screen.write(markdown)
        return
    from rich.markdown import Markdown

    fitting = markdown if screen.width >= _NARROW else with_lists(markdown)
    screen.out.print(Markdown(fitting, hyperlinks=False, justify="left"))


def show_lines(text: str, screen: Screen) -> None:
    """Prints a text of several lines as it is."""
    if screen.is_pretty:
        screen.out.out(text, highlight=False)
    else:
        screen.write(f"{text}\n")


def with_lists(markdown: str) -> str:
    """Returns a page with each table as a list: the first cell of a row in bold, then the others."""
    lines = markdown.splitlines()
    return "\n".join(_lines(lines)) + "\n"


def _lines(lines: Sequence[str]) -> Iterator[str]:
    heading: list[str] | None = None
    is_code = False
    for place, line in enumerate(lines):
        is_code ^= line.startswith("```")
        after = lines[place + 1] if place + 1 < len(lines) else ""
        if is_code or not line.startswith("|"):
            heading = None
            yield line
        elif heading is None and _RULE.fullmatch(after):
            heading = _cells(line)
        elif heading is not None and not _RULE.fullmatch(line):
            first, *others = zip(heading, _cells(line), strict=False)
            between = "; ".join(f"{name}: {cell}" for name, cell in others[:-1] if cell)
            yield f"- **{first[1]}**{f' ({between})' if between else ''}: {others[-1][1] if others else ''}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(line.strip().strip("|"))]
