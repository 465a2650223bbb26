"""Draws what a terminal shows as SVG, light and dark, for the pages.

A picture keeps the text that it shows, with its styles, in ``<metadata>``: a new one replaces it only if more than
ids, times and the state of a progress bar differs. It needs no network: the reader's own monospace font draws it.
"""

import io
import re
import shlex
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from pyte.screens import Char as Cell
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

from tests.fakes.terminals import on_a_terminal

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
COLUMNS = 80
THEMES = {"light": DEFAULT_TERMINAL_THEME, "dark": SVG_EXPORT_THEME}
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", _FONT
)
_KEYS = {"space": " ", "down": "\x1b[B", "up": "\x1b[A", "enter": "\r"}
_NAMES = {"brown": "yellow", "brightbrown": "bright_yellow"}
"""What pyte calls colours whose names Rich knows in another way."""


def played(command: str, steps: str, environ: Mapping[str, str], folder: Path, lines: int) -> list[list[Cell]]:
    """Runs a command on a terminal of 80 columns and so many lines, and returns its screen.

    Each step is ``wait PATTERN`` (until it stands on the screen), ``press KEYS``, or ``rest`` (until a list to choose
    from is drawn to its end). After the last one, the program is stopped; without steps, it runs to its end.
    """
    program, *arguments = shlex.split(command)
    assert program == "heapscim", command
    line = ("-m", "heapscim", *arguments)
    with on_a_terminal(*line, environ=environ, columns=COLUMNS, lines=lines, cwd=folder) as shown:
        for step in filter(None, steps.splitlines()):
            verb, _, rest = step.strip().partition(" ")
            if verb == "wait":
                shown.wait_for_pattern(rest)
            elif verb == "rest":
                shown.wait_for_rest()
            else:
                assert verb == "press", step
                shown.press("".join(_KEYS.get(key, key) for key in rest.split()))
        if not steps:
            shown.end()
        return shown.cells


def drawn(name: str, command: str, lines: list[list[Cell]], hide: Mapping[str, str]) -> dict[Path, str]:
    """Returns both files of a picture as they are to be; ``hide`` replaces text of this run by a stand-in."""
    shown = (_line(cells, hide) for cells in lines)
    text = Text("\n").join([Text(f"$ {command}", "bold"), *shown])
    text.rstrip()
    files = {theme: FOLDER / f"{name}-{theme}.svg" for theme in THEMES}
    return {path: _kept(path, _svg(name, text, theme)) for theme, path in files.items()}


def _svg(name: str, text: Text, theme: str) -> str:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(text, soft_wrap=True)
    svg = console.export_svg(title="", theme=THEMES[theme], code_format=_FORMAT, unique_id=f"{name}-{theme}")
    first, _, rest = svg.partition("\n")
    lines = (line.rstrip() for line in f"{first}\n    <metadata>{escape(text.markup)}</metadata>\n{rest}".splitlines())
    return "\n".join(lines) + "\n"


def _line(cells: list[Cell], hide: Mapping[str, str]) -> Text:
    line = Text()
    for style, same in groupby(cells, key=_style):
        words = "".join(cell.data for cell in same)
        for this, other in hide.items():
            words = words.replace(this, other)
        line.append(words, style)
    line.rstrip()
    return line


def _style(cell: Cell) -> Style:
    return Style(
        color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold or None, underline=cell.underscore or None,
        reverse=cell.reverse or None,
    )  # fmt: skip


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    if re.fullmatch(r"[0-9a-f]{6}", name):
        return f"#{name}"
    return _NAMES.get(name, re.sub(r"^bright", "bright_", name))


def _kept(path: Path, now: str) -> str:
    before = path.read_text("utf-8") if path.is_file() else ""
    return before if before and _essence(before) == _essence(now) else now


def _essence(svg: str) -> str:
    """Returns what a picture shows, with stand-ins for what differs from run to run."""
    found = re.search(r"<metadata>(.*?)</metadata>", svg, re.DOTALL)
    text = "" if found is None else found[1]
    for pattern, stand_in in (
        (r"\d{8}-\d{6}-[0-9a-f]{4}", "RUN"),
        (r"(\[[^\]]*\])?[━╸╺]+(\[/[^\]]*\])?", "━"),
        (r"━+", "━"),
        (r"[\d,]+/[\d,]+", "N/N"),
        (r"(\d+:)?\d+:\d\d( left)?( +[\d,.]+/s)?", "TIME AND RATE"),  # no rate is known at first
    ):
        text = re.sub(pattern, stand_in, text)
    return text
