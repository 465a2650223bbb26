"""Tells a tenant's own form of a text from a text that it didn't change.

A tenant may change case, accents and white space, escape or cut a text, put something before or after it, or write it
in a way of its own.
"""

from __future__ import annotations

import unicodedata

from heapscim.model.state import same_text

_SHORTEST_CUT = 8
"""The least number of letters and digits of a cut text: fewer may be the beginning of any text."""


def is_own_form(asked: str, found: str, *, before: str | None = None, certain: bool = True) -> bool:
    """Returns whether ``found`` is what a tenant made of ``asked``.

    ``before`` is the text before the change, None if there was none. A text that resembles neither counts only if it
    is ``certain`` that the tenant took the request.
    """
    if before is None:
        return certain or likeness(asked, found) > 0
    if same_text(found, before):
        return is_alike(asked, found)
    like, unchanged = likeness(asked, found), likeness(before, found)
    return like >= unchanged and (like > 0 or certain)


def is_alike(asked: str, found: str) -> bool:
    """Returns whether two texts have the same letters and digits: case, accents, escapes and spaces may differ."""
    return letters_of(asked) == letters_of(found) != ""


def likeness(asked: str, found: str) -> int:
    """Counts the letters and digits that a text shares with a possible form of it; 0 if it can't be one."""
    wanted, there = letters_of(asked), letters_of(found)
    if not wanted or not there:
        return 0
    if there.startswith(wanted) or there.endswith(wanted):
        return len(wanted)
    return len(there) if wanted.startswith(there) and len(there) >= _SHORTEST_CUT else 0


def letters_of(text: str) -> str:
    """Returns the letters and digits of a text, without case, accents and escapes."""
    from html import unescape  # its table of 2,000 names is seldom needed

    plain = unicodedata.normalize("NFKD", unescape(text)).casefold()
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain) if letter.isalnum())
