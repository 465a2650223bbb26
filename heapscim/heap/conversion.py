"""Converts between SCIM resources and the values of a plan, and remembers names that it sees. Compares nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from heapscim.heap.forms import Known
from heapscim.model.caseless import caseless, folded
from heapscim.model.multi_valued import entry_path
from heapscim.model.state import ROLE, USER_NAME, CurrentGroup, CurrentUser
from heapscim.scim.filters import get
from heapscim.scim.messages import Document
from heapscim.scim.resources import Group, Resource, User, created_at

_MOST_COMMON = 10_000
_NO_ALTERNATIVES: Mapping[str, frozenset[str]] = {}
"""One value for all accounts: nearly none has any."""


class Conversion:
    """Knows where the attributes of the mapping are in a resource."""

    def __init__(self, known: Known, attributes: Collection[str], clock_offset: Callable[[], float | None]) -> None:
        self._known = known
        paths = [path for path in attributes if path != USER_NAME]
        self._texts = [(path, self._wire_path(path)) for path in paths if entry_path(path) is None]
        self._entries = [(path, entry) for path in paths if (entry := entry_path(path)) is not None]
        self._clock_offset = clock_offset
        self._common: dict[str, str] = {}
        """One copy of each text that the first accounts show: many have the same role or the same first name."""
        self._other_letters: set[str] = set()
        """Folded names of accounts that were seen, for those with letters such as ß."""
        self.names: dict[str, str] = {}
        """Heap id → userName of every account that was seen."""

    def user(self, user: User) -> CurrentUser:
        """Converts an account to a value."""
        id, name = self._known.ids.setdefault(user.id, user.id), user.user_name
        self.names[id] = name
        values = {
            path: self._common.get(text, text)
            for path, wire_path in self._texts
            if (text := user.text_at(wire_path)) is not None
        }
        if len(self._common) < _MOST_COMMON:
            self._common |= zip(values.values(), values.values(), strict=True)
        alternatives: Mapping[str, frozenset[str]] = _NO_ALTERNATIVES
        if self._entries:
            found = {path: entry.texts_in(user.get(entry.attribute)) for path, entry in self._entries}
            values |= {path: texts[0] for path, texts in found.items() if texts}
            alternatives = {path: frozenset(texts[1:]) for path, texts in found.items() if texts[1:]}
        if ROLE in values:
            self._known.shows_roles = True
            values[ROLE] = self._known.dialect.from_wire_role(values[ROLE])
        if not name.isascii() and folded(name) != caseless(name):
            self._other_letters.add(folded(name))
        is_active = self._known.dialect.is_active(shown=user.active)
        return CurrentUser(id, name, is_active, values, self.made_at(user), alternatives)

    def group(self, group: Group) -> CurrentGroup:
        """Converts a group to a value."""
        members = frozenset(filter(None, group.member_ids))
        is_whole = self._known.dialect.shows_all_of(len(members))
        return CurrentGroup(group.id, group.display_name, members, is_whole, self.made_at(group))

    def made_at(self, resource: Resource) -> float | None:
        """Returns when a resource was created, by our clock, in seconds since 1970; None if it doesn't say."""
        moment = created_at(resource)
        return None if moment is None else moment - (self._clock_offset() or 0.0)

    def to_wire(self, attributes: Mapping[str, str | None], held: Document) -> Document:
        """Converts attributes to the tenant's paths and values.

        A multi-valued attribute is sent whole, since a PATCH replaces all its entries (RFC 7644 §3.5.2.3): with the
        entries of ``held``, the account as it is.
        """
        values: Document = {}
        for path, value in attributes.items():
            if (entry := entry_path(path)) is None:
                values[self._wire_path(path)] = self._wire_value(path, value)
            else:
                name = entry.attribute
                values[name] = entry.put_into(values[name] if name in values else get(held, name), value)
        return values

    def looks_alike(self, user_name: str) -> bool:
        """Returns whether a tenant that folds names may mistake one for the other: one has a letter such as ß."""
        return folded(user_name) != caseless(user_name) or folded(user_name) in self._other_letters

    def _wire_value(self, path: str, value: str | None) -> object:
        if path != ROLE or value is None:
            return value
        role = self._known.dialect.to_wire_role(value)
        return [{"value": role}] if self._known.dialect.role_attribute == "roles" else role

    def _wire_path(self, path: str) -> str:
        return self._known.dialect.role_attribute if path == ROLE else path


def add_extras(document: Document, extras: Collection[str]) -> None:
    """Adds to a new account what the tenant demands of each one; what the mapping put there stays."""
    name = document["userName"]
    person = document.get("name")
    parts = [get(person, part) for part in ("givenName", "familyName")] if isinstance(person, Mapping) else []
    values: Mapping[str, object] = {
        "emails": [{"value": name, "type": "work", "primary": True}],
        "displayName": " ".join(str(part) for part in parts if part) or name,
        "externalId": name,
    }
    for extra in extras:
        document.setdefault(extra, values[extra])
