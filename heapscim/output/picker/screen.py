"""Draws the tick list on the terminal (stdin and stderr) and reads its keys. The only importer of prompt_toolkit.

It draws only the lines that fit the screen. prompt_toolkit's own CheckboxList has no search and no lines that can't be
ticked, and makes all lines again for each key.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition, Filter
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

from heapscim.output.picker.state import Entry, TickList
from heapscim.output.text import visible

_AROUND = 4  # lines that aren't the list
_TICK = 4  # width of "[x] "
_LEAST_FIRST = 24  # columns for who it is, before any other column
_LIST_KEYS = "Space tick · a all new · n new only · / search · Enter go on · q cancel"
_FEW_KEYS = "Space tick · Enter go on · q cancel"
_SEARCH_KEYS = "Type to search · Enter back to the list · Esc clear the search"
_STYLE = Style.from_dict(
    {
        "title": "bold",
        "cursor": "reverse",
        "idle": "fg:ansibrightblack",
        "ticked": "bold fg:ansigreen",
        "keys": "italic",
    }
)


async def pick(entries: Sequence[Entry], title: str, widths: Sequence[int], *, colours: bool) -> tuple[int, ...] | None:
    """Returns the numbers of the ticked entries, in order; None if the person cancelled.

    The first column takes what ``widths``, those of the other columns, leave of the line.
    """
    ticks = TickList(entries)
    picker = _Picker(ticks, title, widths)
    application: Application[bool] = Application(
        layout=Layout(picker.layout()),
        key_bindings=_keys(ticks, picker.height),
        style=_STYLE,
        full_screen=True,
        input=create_input(sys.stdin),
        output=create_output(sys.stderr),
        color_depth=None if colours else ColorDepth.DEPTH_1_BIT,
    )
    picker.size = application.output.get_size
    try:
        gone_on = await application.run_async(handle_sigint=False)
    except EOFError:  # the terminal is gone
        return None
    return tuple(sorted(ticks.ticked)) if gone_on else None


class _Picker:
    """Draws the list in its current state."""

    def __init__(self, ticks: TickList, title: str, widths: Sequence[int]) -> None:
        self._ticks = ticks
        self._title = title
        self._widths = widths
        self._top = 0
        self.size: Callable[[], object] = lambda: None

    def layout(self) -> HSplit:
        lines = (self._heading, self._search_line, self._list, self._keys_line)
        heights = (1, 1, None, 2)
        return HSplit(
            [
                Window(FormattedTextControl(text, show_cursor=False), height=height, always_hide_cursor=True)
                for text, height in zip(lines, heights, strict=True)
            ]
        )

    def height(self) -> int:
        return max(1, int(getattr(self.size(), "rows", 24)) - _AROUND)

    def _columns(self) -> int:
        return int(getattr(self.size(), "columns", 80))

    def _heading(self) -> StyleAndTextTuples:
        ticked = f"{len(self._ticks.ticked):,} ticked"
        heading = f"{self._title}; {ticked}"
        return [("class:title", heading if get_cwidth(heading) <= self._columns() else f"{ticked}; {self._title}")]

    def _search_line(self) -> StyleAndTextTuples:
        ticks = self._ticks
        if not ticks.searching and not ticks.query:
            return [("class:idle", "Only new ones are shown." if ticks.tickable_only else "")]
        mark = "_" if ticks.searching else ""
        return [("", f"/{visible(ticks.query)}{mark}"), ("class:idle", f"  {len(ticks.shown):,} found")]

    def _list(self) -> StyleAndTextTuples:
        ticks, height = self._ticks, self.height()
        self._top = max(ticks.cursor - height + 1, min(self._top, ticks.cursor), 0)
        lines: StyleAndTextTuples = []
        for place in range(self._top, min(self._top + height, len(ticks.shown))):
            lines.append((self._style(place), self._line(ticks.shown[place])))
            lines.append(("", "\n"))
        return lines or [("class:idle", "No one is found.")]

    def _style(self, place: int) -> str:
        number = self._ticks.shown[place]
        style = "class:ticked" if number in self._ticks.ticked else ""
        if not self._ticks.entries[number].tickable:
            style = "class:idle"
        return f"{style} class:cursor" if place == self._ticks.cursor else style

    def _line(self, number: int) -> str:
        entry = self._ticks.entries[number]
        tick = ("[x] " if number in self._ticks.ticked else "[ ] ") if entry.tickable else " -  "
        widths, room = list(self._widths), self._columns() - 1 - _TICK
        while len(widths) > 1 and room - sum(width + 1 for width in widths) < _LEAST_FIRST:
            del widths[0]  # the last column, the state, stays
        first = max(10, room - sum(width + 1 for width in widths))
        cells = (entry.cells[0], *entry.cells[len(entry.cells) - len(widths) :])
        return tick + " ".join(map(_fitted, cells, (first, *widths)))

    def _keys_line(self) -> StyleAndTextTuples:
        fits = get_cwidth(_LIST_KEYS) <= self._columns()
        keys = _SEARCH_KEYS if self._ticks.searching else _LIST_KEYS if fits else _FEW_KEYS
        return [("", "\n"), ("class:keys", keys)]


def _keys(ticks: TickList, page: Callable[[], int]) -> KeyBindings:
    keys = KeyBindings()
    listing = Condition(lambda: not ticks.searching)
    moves = {"up": lambda: -1, "down": lambda: 1, "pageup": lambda: -page(), "pagedown": page,
             "home": lambda: -len(ticks.shown), "end": lambda: len(ticks.shown)}  # fmt: skip
    for key, lines in moves.items():
        keys.add(key)(partial(_move, ticks, lines))
    keys.add(" ", filter=listing)(lambda _: ticks.tick())
    keys.add("a", filter=listing)(lambda _: ticks.tick_all())
    keys.add("n", filter=listing)(lambda _: ticks.toggle_tickable_only())
    keys.add("/", filter=listing)(lambda _: setattr(ticks, "searching", True))
    keys.add("enter", filter=listing)(lambda event: event.app.exit(result=True))
    keys.add("q", filter=listing)(lambda event: event.app.exit(result=False))
    keys.add("escape", filter=listing)(lambda event: ticks.search("") if ticks.query else event.app.exit(result=False))
    keys.add("c-c")(lambda event: event.app.exit(result=False))
    _search_keys(keys, ticks, ~listing)
    return keys


def _search_keys(keys: KeyBindings, ticks: TickList, searching: Filter) -> None:
    keys.add("enter", filter=searching)(lambda _: setattr(ticks, "searching", False))
    keys.add("backspace", filter=searching)(lambda _: ticks.search(ticks.query[:-1]))
    keys.add("c-u", filter=searching)(lambda _: ticks.search(""))

    @keys.add("escape", filter=searching)
    def leave(_event: KeyPressEvent) -> None:
        ticks.searching = False
        ticks.search("")

    @keys.add(Keys.Any, filter=searching)
    def write(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            ticks.search(ticks.query + event.data)

    @keys.add(Keys.BracketedPaste, filter=searching)
    def paste(event: KeyPressEvent) -> None:
        ticks.search(ticks.query + " ".join(event.data.split()))


def _move(ticks: TickList, lines: Callable[[], int], _event: KeyPressEvent) -> None:
    ticks.move(lines())


def _fitted(text: str, width: int) -> str:
    """Crops or fills a text to exactly ``width`` columns of a terminal: a wide character takes two."""
    shown = visible(text[: width + 1])
    if get_cwidth(shown) > width:
        while get_cwidth(shown) > width - 1:
            shown = shown[:-1]
        shown += "…"
    return shown + " " * (width - get_cwidth(shown))
