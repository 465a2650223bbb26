"""Learns how a tenant keeps names, and so tells which resource a create in doubt may have created.

Most tenants keep a name as it was sent. Then a resource of another name is never taken for what a create has created.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, TypeAlias

from heapscim.model.state import DISPLAY_NAME, USER_NAME, Kind, Link, Links, match_key
from heapscim.planning.own_forms import is_alike, likeness

Fit: TypeAlias = Literal["sure", "likely", "possible"]
"""How well another name fits. ``sure``: this tenant makes it of the name. ``likely``: it may, if all else agrees.
``possible``: nothing is known about how this tenant keeps names."""
_Form: TypeAlias = tuple[str, str]
"""What a tenant puts before a name, and after it."""
_EXACT: _Form = ("", "")


class NameForms:
    """Holds what a tenant has made of names so far, from the links and from what a run has seen."""

    def __init__(self, links: Links = Links()) -> None:  # noqa: B008 - a frozen value
        self._forms: defaultdict[Kind, set[_Form]] = defaultdict(set)
        self._has_others: set[Kind] = set()
        kinds: tuple[tuple[Kind, str, tuple[Link, ...]], ...] = (
            ("user", USER_NAME, links.users),
            ("group", DISPLAY_NAME, links.groups),
        )
        for kind, path, linked in kinds:
            for link in linked:
                if path in link.kept:
                    self.note(kind, *link.kept[path])
                else:
                    self._forms[kind].add(_EXACT)

    def note(self, kind: Kind, asked: str, kept: str) -> None:
        """Notes the name that was asked for and the name, the same or another, that the tenant kept."""
        name, there = match_key(asked), match_key(kept)
        if there.endswith(name):
            self._forms[kind].add((there.removesuffix(name), ""))
        elif name in there:
            before, _, after = there.partition(name)
            self._forms[kind].add((before, after))
        else:
            self._has_others.add(kind)

    def has_seen(self, kind: Kind) -> bool:
        """Returns whether anything is known about how this tenant keeps such names."""
        return bool(self._forms[kind]) or kind in self._has_others

    def has_forms(self, kind: Kind) -> bool:
        """Returns whether this tenant was seen to put something before names or after them."""
        return bool(self._forms[kind] - {_EXACT})

    def keys(self, kind: Kind, name: str) -> frozenset[str]:
        """Returns the folded names that this tenant may make of a name by putting something before or after it."""
        key = match_key(name)
        return frozenset(before + key + after for before, after in self._forms[kind] - {_EXACT})

    def fit(self, kind: Kind, asked: str, found: str) -> Fit | None:
        """Returns how well another name fits the one asked for; None if it doesn't."""
        name, there = match_key(asked), match_key(found)
        forms = self._forms[kind] - {_EXACT}
        if there in self.keys(kind, asked):
            return "sure"
        if is_alike(asked, found):
            return "sure" if kind in self._has_others else "likely"
        if kind in self._has_others or (len(forms) > 1 and name in there):
            return "likely"
        if self._forms[kind]:
            return None
        return "possible" if likeness(asked, found) else None
