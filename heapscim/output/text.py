"""Makes text safe to show: names are data, and what a terminal or spreadsheet would obey is shown instead."""

from __future__ import annotations

import textwrap
import unicodedata

from heapscim.model.joiners import is_needed
from heapscim.model.spreadsheets import guarded

_HIDDEN = frozenset("\u200b\u200c\u200d\u2060\ufeff")


def visible(text: str) -> str:
    """Returns text with control characters, bidi controls and invisible characters as escapes.

    A joiner that its script or an emoji needs stays.
    """
    if text.isprintable():  # then it has none of the categories that are shown as escapes
        return text
    return "".join(char if is_needed(text, at) else _shown(char) for at, char in enumerate(text))


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


def spreadsheet_safe(text: str) -> str:
    """Returns a CSV cell that no spreadsheet takes for a formula."""
    shown = visible(text)
    return f"'{shown}" if text[:1] in ("\t", "\r") else guarded(shown)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if char in _HIDDEN or category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return char.encode("unicode_escape" if category != "Cs" else "raw_unicode_escape").decode("ascii")
    return char
