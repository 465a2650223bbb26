"""Compares text without regard to case: lower case and Unicode NFC, the case mapping of RFC 8265 §3.3.

Case folding would confuse names that differ: it takes ß for ss, ﬁ for fi, and ς for σ. Full-width letters aren't mapped
to narrow ones: a server that keeps both has two people.
"""

from __future__ import annotations

import unicodedata


def caseless(text: str) -> str:
    """Returns the form by which a text is compared; mapping it again changes nothing."""
    if text.isascii():
        lower = text.lower()
        return text if lower == text else lower  # one text in memory instead of two
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def folded(text: str) -> str:
    """Returns the form by which heapscim 0.1 compared a text (case folding): its ledgers hold ids of that form."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def glob_matches(text: str, pattern: str) -> bool:
    """Returns whether a text matches a glob. A capital sigma before a wildcard stands for both small ones."""
    from fnmatch import fnmatchcase

    key, form = caseless(text), caseless(pattern)
    if fnmatchcase(key, form):
        return True
    return "Σ" in pattern and fnmatchcase(key.replace("ς", "σ"), form.replace("ς", "σ"))


def beginnings(prefix: str) -> tuple[str, ...]:
    """Returns how the form of a longer text with this prefix may begin: a sigma at a word's end has another form."""
    return tuple(dict.fromkeys((caseless(prefix), caseless(prefix + "a")[:-1])))
