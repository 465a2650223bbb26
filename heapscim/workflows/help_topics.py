"""Finds the pages that ``heapscim help`` shows: those of the documentation, which are part of the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import heapscim
from heapscim.errors import HeapscimError, UsageError
from heapscim.model.phrases import nearest

_PACKAGE = Path(heapscim.__file__).parent
_FOLDERS = (_PACKAGE / "pages", _PACKAGE.parent / "docs")
"""Where the pages are: in an installed package, and in a checkout of the repository."""
_ROOMS = ("reference", "how-to", "explanation")
_NAMES: Mapping[str, str | None] = {
    "roster": "rosters",
    "a-tenant-that-differs": "dialect",
    "server-without-keyring": "keyring",
    "several-profiles": "connections",
    "several-machines": "machines",
    "a-shared-ledger": "sharing",
    "roster-in-git": "git",
    "github-actions": "github",
    "doctor": "diagnosis",
    "export": "exporting",
    "history": "log",
    "review": "reviewing",
    "undo": "undoing",
    "import": "importing",
    "sandbox": "rehearsing",
    "how-a-sync-decides": "decisions",
    "cli": None,
    "contributing": None,
    "the-house": None,
    "the-article": None,
}
"""Topics with another name than their page, which is also a command, or long to type; None: no topic."""
_ALSO = {"dialect": ("settings", "`[dialect]`")}
"""Topics that end with a section of another page."""
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def topics() -> dict[str, str]:
    """Returns the title of each topic; raises HeapscimError if the package lacks its pages."""
    return {name: _title(path.read_text("utf-8")) for name, path in _pages().items()}


def topic_text(words: str) -> str:
    """Returns the page of a topic as Markdown that stands alone; raises UsageError, which lists the topics."""
    pages = _pages()
    name = words.casefold().replace(" ", "-").replace("_", "-")
    if name not in pages:
        near = nearest(name, pages)
        hint = f"Topics: {', '.join(pages)}; and each command, as in `heapscim help users create`."
        raise UsageError(f"There is no help on {words}.", hint=f"Did you mean {near}? {hint}" if near else hint)
    text = _alone(pages[name].read_text("utf-8"))
    if name in _ALSO:
        other, title = _ALSO[name]
        text += "\n" + _section(_alone(pages[other].read_text("utf-8")), title)
    return text


@cache
def _pages() -> dict[str, Path]:
    root = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    if root is None:
        raise HeapscimError(f"The help pages are missing: {_FOLDERS[0]}.", hint="Install heapscim again.")
    found = [path for room in _ROOMS for path in sorted((root / room).glob("*.md"))]
    return {name: path for path in found if (name := _NAMES.get(path.stem, path.stem)) is not None}


def _title(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ")


def _section(text: str, title: str) -> str:
    return f"## {title}\n" + text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def _alone(text: str) -> str:
    """Returns a page without comments; its links become the commands that show those pages."""
    parts, end = [], 0
    for code in _FENCED.finditer(text):
        parts += [_prose(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join((*parts, _prose(text[end:])))


def _prose(text: str) -> str:
    return _LINK.sub(_as_command, _COMMENT.sub("", text))


def _as_command(link: re.Match[str]) -> str:
    words, target = link[1], link[2].partition("#")[0]
    if "://" in target:
        return f"{words} ({link[2]})"
    stem = Path(target).stem
    topic = next((name for name, path in _pages().items() if path.stem == stem), None) if target else None
    return words if topic is None else f"{words} (`heapscim help {topic}`)"
