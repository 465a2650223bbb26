"""The modules that hold the words of every help page, those for the Tab key, and the defaults of settings.

``python -m tests.docs`` writes them from the app. A test holds the files to what it writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from typer._click.formatting import HelpFormatter

from heapscim.cli.app import context_of
from heapscim.config.profile import Profile
from tests.docs.reference import command_paths

if TYPE_CHECKING:
    from heapscim.cli.tables import Page

_ROOT = Path(__file__).parents[2] / "heapscim"
PAGES_FILE, WORDS_FILE = _ROOT / "cli" / "tables" / "pages.py", _ROOT / "cli" / "tables" / "words.py"
DEFAULTS_FILE = _ROOT / "config" / "defaults.py"
_ANY = "https://heap.example/scim/v2"
_WIDEST, _LIMIT = 110, 120
Rows: TypeAlias = list[tuple[str, str]]


class _Recorder(HelpFormatter):
    """Keeps what Typer would lay out."""

    def __init__(self) -> None:
        super().__init__(width=80)
        self.usage, self.text = "", ""
        self.sections: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        assert (prog.partition(" ")[0], prefix) == ("heapscim", None)
        self.usage = args

    def write_text(self, text: str) -> None:
        assert not self.text, "a page has one text"
        self.text = text

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        self.sections.append((name, ()))
        yield

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        title, none = self.sections.pop()
        assert not none
        self.sections.append((title, tuple(rows)))
        assert (col_max, col_spacing) == (30, 2)


def help_pages() -> dict[tuple[str, ...], Page]:
    """What each page says, by the words of its command."""
    return {path: _page(path) for path in command_paths()}


def _page(path: Sequence[str]) -> Page:
    context = context_of(path)
    assert context is not None
    recorder = _Recorder()
    context.command.format_help(context, recorder)
    names_kinds = any("{" in (getattr(entry, "help", None) or "") for entry in context.command.params)
    return recorder.usage, recorder.text, tuple(recorder.sections), names_kinds


def module(docstring: str, name: str, type: str, value: object) -> str:
    """The source of a module that holds one value."""
    imported = "from typing import Any" if "Any" in type else "from heapscim.cli.tables import Page"
    text = literal(value)
    exempt = "# ruff: noqa: E501\n" if any(len(line) > _LIMIT for line in text.splitlines()) else ""
    return (
        f'"""{docstring}\n\nMade by ``python -m tests.docs``.\n"""\n# fmt: off\n'
        f"{exempt}\nfrom __future__ import annotations\n\n"
        f"TYPE_CHECKING = False\nif TYPE_CHECKING:\n    {imported}\n\n{name}: {type} = {text}\n"
    )


def literal(value: object, depth: int = 0) -> str:
    """A value as source text: short ones on a line, of others each entry, so that two changes seldom meet in one."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            entries, (begin, end) = [f"{literal(k)}: {literal(v, depth + 1)}" for k, v in value.items()], "{}"
        case tuple():
            entries, (begin, end) = [literal(entry, depth + 1) for entry in value], "()"
        case list():
            entries, (begin, end) = [literal(entry, depth + 1) for entry in value], "[]"
        case _:
            return repr(value)
    line = f"{begin}{', '.join(entries)}{',' if begin == '(' and len(entries) == 1 else ''}{end}"
    if len(line) + 4 * depth <= _WIDEST and "\n" not in line:
        return line
    pad = "    " * depth
    return "\n".join((begin, *(f"{pad}    {entry}," for entry in entries), pad + end))


def modules(words: Mapping[str, Any]) -> dict[Path, str]:
    """The modules as they must be, by their files."""
    pages = module("Holds the words of every help page.", "PAGES", "dict[tuple[str, ...], Page]", help_pages())
    tab = module("Holds every command, option and value for the Tab key.", "WORDS", "dict[str, Any]", words)
    kept = Profile(base_url=_ANY).model_dump(exclude={"base_url", "mapping"})
    defaults = module(
        "Holds what the settings of a profile are where its file doesn't say.", "DEFAULTS", "dict[str, Any]", kept
    )
    return {PAGES_FILE: pages, WORDS_FILE: tab, DEFAULTS_FILE: defaults}
