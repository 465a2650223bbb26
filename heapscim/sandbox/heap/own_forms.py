"""Changes names into the forms in which the rehearsal tenant may keep them."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping

from heapscim.sandbox.heap.store import Document
from heapscim.sandbox.heap.switches import OwnForm

_LONGEST = 64


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


_FORMS: Mapping[OwnForm, Callable[[str], str]] = {
    "as_asked": str,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "trimmed": lambda text: " ".join(text.split()),
    "cut": lambda text: text[:_LONGEST],
    "nfkc": lambda text: unicodedata.normalize("NFKC", text),
    "plain": _plain,
    "escaped": html.escape,
    "slug": lambda text: re.sub(r"[^a-z0-9]+", "-", _plain(text).lower()).strip("-") or "x",
    "prefixed": lambda text: f"PRIMARY/{text}",
    "suffixed": lambda text: f"{text}@example.org",
}


def in_own_form(wanted: Document, name: str, form: OwnForm, before: Document | None = None) -> None:
    """Changes a text of a document into a form, unless it is the same as before."""
    value = wanted.get(name)
    if isinstance(value, str) and (before is None or value != before.get(name)):
        wanted[name] = _FORMS[form](value)


def parts_in_own_form(wanted: Document, form: OwnForm, before: Document | None = None) -> None:
    """Changes the parts of a user's name into a form, except those that are the same as before."""
    if isinstance(wanted.get("name"), dict):
        known = before.get("name") if before else None
        wanted["name"] = dict(wanted["name"])
        for part in wanted["name"]:
            in_own_form(wanted["name"], part, form, known if isinstance(known, dict) else None)
