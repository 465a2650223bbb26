"""Names the shapes of a SCIM user's attributes (RFC 7643 §4.1), and finds and sets one entry of a multi-valued one.

``emails`` in a mapping means the value of the entry with the type ``work``. All other entries belong to somebody else:
they are never changed or removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

Entry: TypeAlias = dict[str, Any]
"""One entry of a multi-valued attribute, in the form of the wire."""
_ADDRESS = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
_VALUE = ("value",)
MULTI_VALUED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "emails": (_VALUE, "work"),
    "phoneNumbers": (_VALUE, "work"),
    "addresses": (_ADDRESS, "work"),
    "ims": (_VALUE, ""),
    "photos": (_VALUE, "photo"),
    "entitlements": (_VALUE, ""),
    "x509Certificates": (_VALUE, ""),
}
"""Attribute → the parts of an entry that can be mapped, and its type if the mapping names none."""
_BESIDE = frozenset({"type", "primary", "display", "$ref"})
"""Parts of an entry that only describe it."""
_NAME = ("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")
_TEXTS = (
    "userName", "externalId", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage",
    "locale", "timezone",
)  # fmt: skip
_PATH = re.compile(
    r"(?:urn:ietf:params:scim:schemas:core:2\.0:User:)?([a-z$][\w$-]*)"
    r'(\[\s*type\s+eq\s+"([^"\\\]]+)"\s*\])?(?:\.([a-z$][\w$.-]*))?',
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class EntryPath:
    """Names one text of one entry: ``emails[type eq "work"].value``."""

    attribute: str
    type: str
    """Empty if entries of this attribute have no usual type, and the mapping names none."""
    part: str

    def texts_in(self, entries: object) -> tuple[str, ...]:
        """Returns this text, and then those of other entries that may be meant just as well."""
        rows = _entries(entries)
        found = (_get(rows[place], self.part) for place in self._places(rows, to_write=False))
        return tuple(str(text) for text in found if text not in (None, ""))

    def put_into(self, entries: object, text: str | None) -> list[Any] | None:
        """Returns the entries with this text, or without it if it is None; None if no entry is left."""
        rows = [dict(row) for row in _entries(entries)]
        place = next(iter(self._places(rows, to_write=True)), None)
        if place is None and text is None:
            return rows or None
        if place is None:
            has_primary = any(_is_true(_get(row, "primary")) for row in rows)
            kind = {"type": self.type} if self.type else {}
            return [*rows, {self.part: text, **kind, **({} if has_primary else {"primary": True})}]
        # What a server shows beside the old text, such as ``display``, is about the old text.
        stale = {self.part.casefold(), "display"}
        rest = {name: value for name, value in rows[place].items() if name.casefold() not in stale}
        if text is not None:
            rows[place] = {self.part: text, **rest}
        elif any(name.casefold() not in _BESIDE for name in rest):
            rows[place] = rest
        else:
            del rows[place]
        return rows or None

    def _places(self, rows: Sequence[Mapping[str, Any]], *, to_write: bool) -> Sequence[int]:
        """Returns where entries with this type are, or those without any type, as sloppy servers store them.

        The most likely one is the first.
        """
        kinds = [str(_get(row, "type") or "").casefold() for row in rows]
        own = [place for place, kind in enumerate(kinds) if self.type and kind == self.type.casefold()]
        bare = [place for place, kind in enumerate(kinds) if not kind or not self.type]
        primary = [place for place in own or bare if _is_true(_get(rows[place], "primary"))]
        if own or self.type == MULTI_VALUED[self.attribute][1]:
            return [*primary, *(place for place in own or bare if place not in primary)]
        # The primary entry may be the one with the usual type, which nothing may overwrite.
        others = [place for place in bare if place not in primary]
        return others if to_write else others or primary


@cache
def entry_path(path: str) -> EntryPath | None:
    """Returns what a mapped path means in a multi-valued attribute; None for a path of another shape."""
    match = _PATH.fullmatch(path)
    name = None if match is None else _known(match[1], MULTI_VALUED)
    if match is None or name is None:
        return None
    parts, usual = MULTI_VALUED[name]
    part = _known(match[4] or "value", parts)
    return None if part is None else EntryPath(name, match[3] or usual, part)


def check_shape(path: str) -> None:
    """Raises ValueError, with the right form, if a path doesn't fit the shape of an attribute of RFC 7643."""
    match = _PATH.fullmatch(path)
    if match is None or entry_path(path) is not None:
        return
    name, part = match[1], match[4]
    if attribute := _known(name, MULTI_VALUED):
        parts = MULTI_VALUED[attribute][0]
        forms = [attribute] if parts == _VALUE else [f"{attribute}.{one}" for one in parts]
        raise ValueError(f'it has entries: write {", ".join(forms)}, or {attribute}[type eq "home"].{parts[-1]}')
    if match[2]:
        raise ValueError(f"{name} isn't a multi-valued attribute that heapscim knows: {', '.join(MULTI_VALUED)}")
    if name.casefold() == "name" and _known(part or "", _NAME) is None:
        raise ValueError(f"a name has parts: write {', '.join(f'name.{one}' for one in _NAME)}")
    if part is not None and (text := _known(name, _TEXTS)):
        raise ValueError(f"it has no parts: write {text}")


def same_entries(shown: object, wanted: Sequence[Mapping[str, Any]], same: Callable[[str, str], bool]) -> bool:
    """Reports whether the entries hold every text that was wanted, in any order, whatever else they show."""
    rows = _entries(shown)
    return all(
        any(
            all(
                same(str(value), str(_get(row, name) or ""))
                for name, value in entry.items()
                if name.casefold() not in _BESIDE
            )
            for row in rows
        )
        for entry in wanted
    )


def _entries(value: object) -> Sequence[Mapping[str, Any]]:
    """Returns the entries of an attribute; a sloppy server may send one without a list, or bare texts."""
    rows = value if isinstance(value, list | tuple) else [value]
    return [row if isinstance(row, Mapping) else {"value": row} for row in rows if row not in (None, "")]


def _get(row: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - any JSON
    return next((value for key, value in row.items() if key.casefold() == name.casefold()), None)


def _known(name: str, names: Iterable[str]) -> str | None:
    return next((known for known in names if known.casefold() == name.casefold()), None)


def _is_true(value: object) -> bool:
    return value is True or str(value).casefold() == "true"
