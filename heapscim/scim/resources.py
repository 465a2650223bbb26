"""Reads the resources of RFC 7643 as they are on the wire: tolerant, with unknown attributes and extensions kept.

These mistakes of servers are understood: numeric ids, ``active`` as text, attribute names in another case (§2.1 allows
it), null instead of a list, members with only a ``$ref``. A resource without an id is refused: nothing could be done
with it.

A tenant has many resources, so that what is spelt as the RFC spells it is taken at once. Only the rest is looked at
closely; a property test holds that this makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from heapscim.errors import WrongProtocol
from heapscim.scim.filters import get, spelling_of, steps_of, values_at

_NAME_PARTS = {part.casefold(): part for part in ("givenName", "familyName", "middleName", "formatted")}
_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}
_NO_TEXT = "input should be a valid string"


class _Unreadable(ValueError):
    """Says which part of a document can't be understood, and why."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class Resource:
    """Holds a user or group: the document as it was received, and what is read of it."""

    __slots__ = ("_document", "id")

    def __init__(self, document: Mapping[str, Any]) -> None:
        id = document.get("id")
        self.id: str = id if type(id) is str and len(id) > len("..") else _id(document)
        self._document = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resource) and type(self) is type(other) and self.to_wire() == other.to_wire()

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def shown_name(self) -> str:
        """Returns the name that a person knows it by."""
        raise NotImplementedError

    def text_at(self, path: str) -> str | None:
        """Returns the text at an attribute path, like ``text_at`` for a document."""
        return text_at(self._document, path)

    def get(self, name: str) -> Any:  # noqa: ANN401 - wire values are any JSON
        """Returns the value of an attribute as it was received; None if there is none."""
        return get(self._document, name)

    def shown_among(self, names: Iterable[str]) -> tuple[str, ...]:
        """Returns those of some attributes that have a value."""
        return tuple(name for name in names if self._document.get(name) or self.get(name) not in (None, "", {}))

    def to_wire(self) -> dict[str, Any]:
        """Returns the document as it was received, unknown attributes included, with regular names and values."""
        regular, spelling = _REGULAR[type(self)], spelling_of(self._document)
        known = {name: found for name in regular if (found := spelling[name]) is not None}
        taken = {name.casefold() for name in known}
        rest = {name: value for name, value in self._document.items() if name.casefold() not in taken}
        return {name: regular[name](self._document[found]) for name, found in known.items()} | rest


class User(Resource):
    """Holds a user (RFC 7643 §4.1)."""

    __slots__ = ("active", "user_name")

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(document)
        name = document.get("userName")
        self.user_name: str = name if type(name) is str and name.strip() else _name(document, "userName")
        active = document.get("active")
        self.active: bool | None = active if type(active) is bool else _truth(get(document, "active"))
        """Whether the account may log in; None if the server doesn't say."""

    @property
    def shown_name(self) -> str:
        """Returns the userName."""
        return self.user_name


class Member(NamedTuple):
    """Holds one value of a group's ``members`` (RFC 7643 §4.2)."""

    value: str | None


class Group(Resource):
    """Holds a group (RFC 7643 §4.2)."""

    __slots__ = ("display_name", "member_ids", "shows_members")

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(document)
        name = document.get("displayName")
        self.display_name: str = name if type(name) is str and name.strip() else _name(document, "displayName")
        key = spelling_of(document)["members"]
        self.shows_members = key is not None
        """Whether the server sent ``members`` at all: a list may leave them out."""
        self.member_ids = () if key is None else _member_ids(document[key])
        """The id of each member as received; None for one whose id isn't known."""

    @property
    def shown_name(self) -> str:
        """Returns the displayName."""
        return self.display_name

    def without_rows(self, shared: dict[str, str]) -> Group:
        """Returns the group with no more of its members than their ids, to hold many groups; it has no whole document.

        ``shared`` holds one copy of each id: most people are in several groups.
        """
        slim = Group({name: value for name, value in self._document.items() if name.casefold() != "members"})
        slim.shows_members = self.shows_members
        slim.member_ids = tuple(id and shared.setdefault(id, id) for id in self.member_ids)
        return slim

    @property
    def members(self) -> tuple[Member, ...]:
        """Returns the members as received."""
        return tuple(map(Member, self.member_ids))


def text_at(document: Mapping[str, Any], path: str) -> str | None:
    """Returns the first value at an attribute path of a wire document as text, or None if there is none."""
    value: Any = document
    for step in steps_of(path):
        if type(value) is not dict:
            break
        value = value[step] if step in value else get(value, step)
    else:
        if value is None or type(value) is str:
            return value or None
    for value in values_at(document, path):
        found = get(value, "value") if isinstance(value, Mapping) else value
        if found not in (None, ""):
            return str(found)
    return None


def id_of(document: object) -> str | None:
    """Returns the id in a document, whatever else is wrong with it; None if it has none."""
    text = _text(get(document, "id")) if isinstance(document, Mapping) else None
    return text if isinstance(text, str) and text.strip(".") else None


def named(kind: type[Resource], document: object) -> str | None:
    """Returns the userName or displayName in a document, whatever else is wrong with it; None if it has none."""
    attribute = "userName" if issubclass(kind, User) else "displayName"
    text = _text(get(document, attribute)) if isinstance(document, Mapping) else None
    return text if isinstance(text, str) and text.strip() else None


def name_of(item: Resource) -> str:
    """Returns the userName or displayName of a resource."""
    return item.shown_name


def created_at(resource: Resource) -> float | None:
    """Returns when a resource was created (``meta.created``, RFC 7643 §3.1), in seconds since 1970; None if unknown."""
    meta = resource.get("meta")
    text = get(meta, "created") if isinstance(meta, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _text(value: object) -> object:
    """Returns a value, as text if it is a whole number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _needed(document: Mapping[str, Any], name: str) -> str:
    """Returns the text of an attribute that a resource can't be without."""
    text = _text(get(document, name))
    if not isinstance(text, str):
        raise _Unreadable(name, _NO_TEXT if spelling_of(document)[name] else "field required")
    return text


def _id(document: Mapping[str, Any]) -> str:
    """Returns an id that can be part of a path: ``..`` would name another resource, or all of them."""
    id = _needed(document, "id")
    if id in ("", ".", ".."):
        raise _Unreadable("id", "it can't stand in a path")
    return id


def _name(document: Mapping[str, Any], attribute: str) -> str:
    """Returns a name that isn't blank: two resources with blank names couldn't be told apart."""
    name = _needed(document, attribute)
    if not name.strip():
        raise _Unreadable(attribute, "it is empty")
    return name


def _truth(value: object) -> bool | None:
    """Returns a truth value, which may have come as a word or as a number."""
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int | float) else ""
    if (found := _TRUTHS.get(word.removesuffix(".0"))) is None:
        raise _Unreadable("active", "input should be true or false")
    return found


def _urns(value: object) -> list[str]:
    """Returns the schema URNs; anything that isn't a string is ignored."""
    return [row for row in (value if isinstance(value, list | tuple) else (value,)) if isinstance(row, str)]


def _parts(name: object) -> object:
    """Spells the sub-attributes of ``name`` (RFC 7643 §4.1.1) as the RFC does."""
    if not isinstance(name, Mapping):
        return name
    return {_NAME_PARTS.get(part.casefold(), part): text for part, text in name.items()}


def _member_ids(rows: object) -> Sequence[str | None]:
    try:
        ids = [row["value"] for row in rows] if type(rows) is list else [None]
    except (KeyError, TypeError):
        ids = [None]
    return ids if set(map(type, ids)) <= {str} else [row.get("value") for row in _members(rows)]


def _members(value: object) -> list[Mapping[str, Any]]:
    """Returns the rows of members; a single one may come without a list, and ids may come bare."""
    rows = () if value is None else (value,) if isinstance(value, Mapping) else value
    if not isinstance(rows, list | tuple):
        raise _Unreadable("members", "input should be a list")
    return [_member(row if isinstance(row, Mapping) else {"value": row}) for row in rows if row is not None]


def _member(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns a member with a regular ``value``; a missing one is the last part of its ``$ref`` (RFC 7643 §2.4)."""
    value, place = _text(get(row, "value")), get(row, "$ref")
    if value is None and isinstance(place, str) and "/" in place:
        value = unquote(place.rpartition("/")[2]) or None
    elif value is None and spelling_of(row)["value"] is None:
        return row
    if not isinstance(value, str | None):
        raise _Unreadable("members.value", _NO_TEXT)
    return {"value": value} | {name: other for name, other in row.items() if name.casefold() != "value"}


_OF_BOTH: Mapping[str, Callable[[Any], object]] = {"schemas": _urns, "id": _text, "externalId": _text}
_REGULAR: Mapping[type[Resource], Mapping[str, Callable[[Any], object]]] = {
    User: {**_OF_BOTH, "userName": _text, "name": _parts, "active": _truth},
    Group: {**_OF_BOTH, "displayName": _text, "members": _members},
}
"""Attribute → what makes its value regular."""
R = TypeVar("R", bound=Resource)


def read_resource(kind: type[R], document: object, *, provider: str) -> R:
    """Reads one resource; raises WrongProtocol if it isn't one, with the attribute that is wrong.

    ``provider`` is the name of the service provider, for the message.
    """
    try:
        return kind(document if isinstance(document, Mapping) else {})
    except _Unreadable as error:
        why = error if isinstance(document, Mapping) else "the document: input should be an object"
        id = get(document, "id") if isinstance(document, Mapping) else None
        noun = kind.__name__.lower() + (f" (id {str(id)[:100]})" if isinstance(id, str | int) else "")
        raise WrongProtocol(
            f"{provider} sent a {noun} that can't be understood: {why}.",
            hint="Check the Base URL; `heapscim status --debug` shows which requests were made.",
        ) from None
