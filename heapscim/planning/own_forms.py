"""Tells a tenant's own form of a text from a change that didn't happen.

A tenant may change letters, accents and white space, escape or cut a text, put something before or after it, or write
it in a way of its own. What it makes of it is its answer; what was there before isn't.
"""

from __future__ import annotations

import html
import unicodedata

from heapscim.model.state import same_text

_SHORTEST_CUT = 8
"""Letters and digits that a cut text has at least: fewer may be the beginning of anything."""


def is_own_form(asked: str, found: str, *, before: str | None = None, certain: bool = True) -> bool:
    """Whether ``found`` is what a tenant made of ``asked``.

    ``before`` is what was there, None where nothing was. A text that resembles neither counts only where it is
    ``certain`` that the tenant took the request.
    """
    if before is None:
        return certain or likeness(asked, found) > 0
    if same_text(found, before):
        return is_alike(asked, found)
    like, unchanged = likeness(asked, found), likeness(before, found)
    return like >= unchanged and (like > 0 or certain)


def is_alike(asked: str, found: str) -> bool:
    """Whether two texts have the same letters and digits, whatever else differs: case, accents, escapes, spaces."""
    return letters_of(asked) == letters_of(found) != ""


def likeness(asked: str, found: str) -> int:
    """How many letters and digits of a text stand in another one that may be its own form; 0 where that can't be."""
    wanted, there = letters_of(asked), letters_of(found)
    if not wanted or not there:
        return 0
    if there.startswith(wanted) or there.endswith(wanted):
        return len(wanted)
    return len(there) if wanted.startswith(there) and len(there) >= _SHORTEST_CUT else 0


def letters_of(text: str) -> str:
    """Returns what is left of a text without case, accents, escapes and everything that is no letter or digit."""
    plain = unicodedata.normalize("NFKD", html.unescape(text)).casefold()
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain) if letter.isalnum())
