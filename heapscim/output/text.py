"""Makes text safe to show: names are data, and what a terminal or spreadsheet would obey is shown instead.

It also parts text into lines.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata

from heapscim.model.joiners import is_needed
from heapscim.model.spreadsheets import guarded

_WORD = re.compile(r"\s*(?:`[^`]*`|\S)+")
"""A word with the space before it; a command in backticks is one word."""
_HIDDEN = frozenset("\u200b\u200c\u200d\u2060\ufeff")


def visible(text: str) -> str:
    """Returns text with control characters, bidi controls and invisible characters as escapes.

    A joiner that its script or an emoji needs stays.
    """
    if text.isprintable():  # then it has none of the categories that are shown as escapes
        return text
    return "".join(char if is_needed(text, at) else _shown(char) for at, char in enumerate(text))


def width_of(text: str) -> int:
    """Returns the columns of a screen that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cropped(text: str, width: int) -> str:
    """Returns visible text of at most ``width`` characters."""
    shown = visible(text[: width + 1])
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Returns lines of at most ``width`` characters, parted between words; a longer word begins on a new line."""
    if text.isprintable() and len(text) <= width and not text.endswith(" "):
        return [text] if text else []  # what textwrap returns, too
    lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
    return [line[at : at + width] for line in lines for at in range(0, len(line), width)]


def flowed(text: str, width: int) -> str:
    """Returns text whose lines are parted between words. A word or a command stays whole, so that it can be copied.

    Further lines are indented as the first one is.
    """
    margin = text[: len(text) - len(text.lstrip())]
    lines = [""]
    for word in _WORD.findall(text.rstrip()):
        if lines[-1] and width_of(lines[-1] + word) > width:
            lines.append(margin + word.lstrip())
        else:
            lines[-1] += word
    return "\n".join(lines)


def spreadsheet_safe(text: str) -> str:
    """Returns a CSV cell that no spreadsheet takes for a formula."""
    shown = visible(text)
    return f"'{shown}" if text[:1] in ("\t", "\r") else guarded(shown)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if char in _HIDDEN or category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return char.encode("unicode_escape" if category != "Cs" else "raw_unicode_escape").decode("ascii")
    return char
