"""Compares text without regard to case: lower case and Unicode NFC, the case mapping of RFC 8265 §3.3.

Lower case keeps apart what case folding takes for one: ß and ss, ﬁ and fi, ς and σ are different letters of different
names. Full-width letters aren't mapped to narrow ones: a server that keeps both has two people.
"""

from __future__ import annotations

import unicodedata
from fnmatch import fnmatchcase


def caseless(text: str) -> str:
    """Returns the form of a text by which it is compared; that form stays as it is when it is mapped again."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def folded(text: str) -> str:
    """Returns a text as heapscim 0.1 compared it, by case folding: ledgers of that time hold such ids."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def glob_matches(text: str, pattern: str) -> bool:
    """Reports whether a text matches a glob. A capital sigma before a wildcard stands for both small ones."""
    key, form = caseless(text), caseless(pattern)
    if fnmatchcase(key, form):
        return True
    return "Σ" in pattern and fnmatchcase(key.replace("ς", "σ"), form.replace("ς", "σ"))


def beginnings(prefix: str) -> tuple[str, ...]:
    """Returns what the form of a text may begin with: a capital sigma has another one where the word goes on."""
    return tuple(dict.fromkeys((caseless(prefix), caseless(prefix + "a")[:-1])))
