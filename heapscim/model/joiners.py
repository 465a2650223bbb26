"""Tells joiners that a script or an emoji needs (U+200C, U+200D) from those that only hide in a name.

Persian, Hindi and many other languages write words with them (RFC 5892 appendix A); an emoji of several parts holds
them, too. Elsewhere they make a name that looks like another.
"""

from __future__ import annotations

import unicodedata

JOINERS = frozenset("\u200c\u200d")
_SCRIPTS = frozenset({
    "ARABIC", "SYRIAC", "NKO", "MONGOLIAN", "MANDAIC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA",
    "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN",
})  # fmt: skip
"""The first word of the Unicode names of letters that joiners stand between."""


def is_needed(text: str, at: int) -> bool:
    """Reports whether the character at a position is a joiner between letters or emoji that use one."""
    if text[at] not in JOINERS or not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    if _script(before) in _SCRIPTS:
        return _script(after) in _SCRIPTS or not after.isalnum()
    return text[at] == "\u200d" and _is_emoji(before) and _is_emoji(after)


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0] if unicodedata.category(char)[0] in "LM" else ""


def _is_emoji(char: str) -> bool:
    """Reports whether a character is a symbol, a skin tone, or the mark that makes a symbol an emoji."""
    return unicodedata.category(char) in ("So", "Sk", "Sm") or char == "\ufe0f"
