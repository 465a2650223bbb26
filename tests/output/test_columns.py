"""Lines and tables that are laid out without Rich look exactly as Rich would lay them out."""

import io
import re
import textwrap
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from heapscim.output.columns import Column, laid_out
from heapscim.output.console import Screen, _console
from heapscim.output.text import _shown, visible, width_of, wrapped

_STYLES = {"active": "green", "failed": "red"}
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_PIECES = [
    "Ada",
    "grace@example.com",
    "漢字",
    "é",
    "e\u0301",
    "👩‍🔬",
    "👍🏽",
    "[bold]",
    "[/]",
    ":smile:",
    "a-b",
    "·",
    "→",
    "\u00a0",
]
_HOSTILE = ["\x1b[31m", "\r", "\n", "\t", "\u202e", "\u200b", "\x00", "\ud800", "\ufeff"]
TEXTS = st.lists(st.sampled_from([*_PIECES, *_HOSTILE, " ", "  ", "x" * 30]) | st.characters(), max_size=8).map("".join)
CELLS = TEXTS.map(visible) | st.sampled_from(["active", "failed", "", "7", "12,345"])
COLUMNS = st.lists(st.tuples(st.integers(2, 40), st.booleans(), st.booleans()), min_size=1, max_size=6)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(show: Callable[[Console], object]) -> str:
    """What a terminal with colours is sent."""
    stream = _Terminal()
    console = _console(stream, colours=True, writing=nullcontext())
    console._color_system = console._color_system or Console(force_terminal=True, color_system="standard")._color_system
    console.width = 400
    show(console)
    return stream.getvalue()


def looks(printed_text: str) -> list[list[tuple[str, str]]]:
    """Each character that can be seen with its style, line by line."""
    lines = []
    for line in printed_text.split("\n"):
        seen: list[tuple[str, str]] = []
        style = ""
        for place, part in enumerate(_SGR.split(line)):
            if place % 2:
                style = "" if part == "0" else part
            else:
                seen.extend((char, "" if char == " " else style) for char in part)
        while seen and seen[-1][0] == " ":
            seen.pop()
        lines.append(seen)
    return lines


def by_rich(columns: list[Column], rows: list[list[str]]) -> RichTable:
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            column.name,
            justify="right" if column.is_number else "left",
            overflow="fold" if column.folds else "ellipsis",
            no_wrap=not column.folds,
            width=column.width,
        )
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    return table


def screen_of(console: Console) -> Screen:
    screen = Screen(environ={"FORCE_COLOR": "1"})  # a pipe gets what is written without Rich
    screen.__dict__["out"] = console
    return screen


@given(COLUMNS, st.data())
def test_a_table_looks_as_rich_would_lay_it_out(shapes: list[tuple[int, bool, bool]], data: st.DataObject) -> None:
    columns = [
        Column(f"c{place}", width, is_number=is_number, folds=folds)
        for place, (width, is_number, folds) in enumerate(shapes)
    ]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=5))
    ours = printed(lambda console: screen_of(console).print_lines(laid_out(columns, rows, _STYLES)))
    assert looks(ours) == looks(printed(lambda console: console.print(by_rich(columns, rows))))


@given(st.lists(st.tuples(TEXTS, st.sampled_from([None, "bold", "green", "dim", "bold red"])), max_size=5))
def test_many_lines_look_as_if_each_was_printed(lines: list[tuple[str, str | None]]) -> None:
    ours = printed(lambda console: screen_of(console).print_lines([line] for line in lines))

    def one_by_one(console: Console) -> None:
        for text, style in lines:
            screen_of(console).print(text, style)

    assert ours == printed(one_by_one)


def test_a_pipe_gets_the_same_lines_without_a_look(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [("Ada", "bold"), ("\x1b[31m漢字", None), ("", "red")]
    Screen().print_lines([line] for line in lines)
    ours = capsys.readouterr().out
    for text, style in lines:
        Screen().print(text, style)
    assert ours == capsys.readouterr().out == "Ada\n\\x1b[31m漢字\n\n"


@given(TEXTS)
@example("\u00a0\u3000")
def test_what_is_printable_needs_no_escape(text: str) -> None:
    if text.isprintable():
        assert "".join(map(_shown, text)) == text == visible(text)


@given(TEXTS, st.integers(5, 60))
def test_a_text_that_fits_is_wrapped_as_any_other(text: str, width: int) -> None:
    lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
    assert wrapped(text, width) == [line[at : at + width] for line in lines for at in range(0, len(line), width)]


def test_wide_characters_take_two_columns() -> None:
    assert [width_of(text) for text in ("Ada", "漢字", "e\u0301", "")] == [3, 4, 1, 0]
