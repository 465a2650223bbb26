"""Models the resources of RFC 7643 as they are on the wire: tolerant, with unknown attributes and extensions kept.

These mistakes of servers are understood: numeric ids, ``active`` as text, attribute names in another case (§2.1 allows
it), null instead of a list, members with only a ``$ref``. A resource without an id is refused: nothing could be done
with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from heapscim.errors import WrongProtocol
from heapscim.scim.filters import get, values_at

_NAME_PARTS = {part.casefold(): part for part in ("givenName", "familyName", "middleName", "formatted")}


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _truth(value: object) -> object:
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        return value.strip().casefold() == "true"
    return value


def _rows(value: object) -> object:
    if value is None:
        return ()
    return (value,) if isinstance(value, Mapping) else value


def _name(value: object) -> object:
    """Spells the sub-attributes of ``name`` (RFC 7643 §4.1.1) as the RFC does."""
    if not isinstance(value, Mapping):
        return value
    return {_NAME_PARTS.get(part.casefold(), part): text for part, text in value.items()}


def _wire(value: object) -> object:
    if isinstance(value, tuple):
        return [_wire(row) for row in value]
    return value.to_wire() if isinstance(value, _Open) else value


def _names_a_place(id: str) -> str:
    """Checks that an id can be part of a path: ``..`` would name another resource, or all of them."""
    if id.strip(".") == "" and len(id) <= len(".."):
        raise ValueError("it can't stand in a path")
    return id


def _names_somebody(name: str) -> str:
    """Checks that a name isn't blank: two resources with blank names couldn't be told apart."""
    if not name.strip():
        raise ValueError("it is empty")
    return name


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[Text, AfterValidator(_names_somebody)]
Truth = Annotated[bool, BeforeValidator(_truth)]


class _Open(BaseModel):
    """Reads and writes camelCase, is frozen, and keeps attributes that it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _fold_names(cls, document: object) -> object:
        if not isinstance(document, Mapping):
            return document
        known = _folded_names(cls)
        return {known.get(name.casefold(), name): value for name, value in document.items()}

    def to_wire(self) -> dict[str, Any]:
        """Returns the document as it was received, unknown attributes included."""
        known = {
            field.alias or name: _wire(getattr(self, name))
            for name, field in type(self).model_fields.items()
            if name in self.model_fields_set
        }
        return {**known, **(self.model_extra or {})}


@cache
def _folded_names(kind: type[_Open]) -> Mapping[str, str]:
    """Maps the lower-case wire name of each attribute to its wire name."""
    aliases = (field.alias or name for name, field in kind.model_fields.items())
    return {alias.casefold(): alias for alias in aliases}


class Member(_Open):
    """Holds one value of a group's ``members`` (RFC 7643 §4.2)."""

    value: Text | None = None


def _urns(value: object) -> object:
    """Keeps the schema URNs; anything that isn't a string is ignored."""
    rows = value if isinstance(value, list | tuple) else (value,)
    return tuple(row for row in rows if isinstance(row, str))


def _members(value: object) -> object:
    """Returns the rows of members; a single one may come without a list, and ids may come bare."""
    rows = _rows(value)
    if not isinstance(rows, list | tuple):
        return rows
    return [_member(row) if isinstance(row, Mapping) else {"value": row} for row in rows if row is not None]


def _member(row: Mapping[str, object]) -> Mapping[str, object]:
    """Adds a missing ``value`` to a member: the last part of its ``$ref`` (RFC 7643 §2.4)."""
    place = get(row, "$ref")
    if get(row, "value") is not None or not isinstance(place, str) or "/" not in place:
        return row
    return {**row, "value": unquote(place.rpartition("/")[2]) or None}


class Resource(_Open):
    """Holds what users and groups share."""

    schemas: Annotated[tuple[str, ...], BeforeValidator(_urns)] = ()
    id: Annotated[Text, AfterValidator(_names_a_place)]
    external_id: Text | None = None


class User(Resource):
    """Holds a user (RFC 7643 §4.1)."""

    user_name: Name
    name: Annotated[Any, BeforeValidator(_name)] = None
    active: Truth | None = None
    """Whether the account may log in; None if the server doesn't say."""


class Group(Resource):
    """Holds a group (RFC 7643 §4.2)."""

    display_name: Name
    members: Annotated[tuple[Member, ...], BeforeValidator(_members)] = ()

    @property
    def shows_members(self) -> bool:
        """Returns whether the server sent ``members`` at all: a list may leave them out."""
        return "members" in self.model_fields_set


def text_at(document: Mapping[str, Any], path: str) -> str | None:
    """Returns the first value at an attribute path of a wire document as text, or None if there is none."""
    for value in values_at(document, path):
        found = value.get("value") if isinstance(value, Mapping) else value
        if found not in (None, ""):
            return str(found)
    return None


def id_of(document: object) -> str | None:
    """Returns the id in a document, whatever else is wrong with it; None if it has none."""
    id = get(document, "id") if isinstance(document, Mapping) else None
    text = _text(id)
    return text if isinstance(text, str) and text.strip(".") else None


def named(kind: type[Resource], document: object) -> str | None:
    """Returns the userName or displayName in a document, whatever else is wrong with it; None if it has none."""
    attribute = "userName" if issubclass(kind, User) else "displayName"
    text = _text(get(document, attribute)) if isinstance(document, Mapping) else None
    return text if isinstance(text, str) and text.strip() else None


def name_of(item: Resource) -> str:
    """Returns the userName or displayName of a resource."""
    return item.display_name if isinstance(item, Group) else item.user_name if isinstance(item, User) else ""


def created_at(resource: Resource) -> float | None:
    """Returns when a resource was created (``meta.created``, RFC 7643 §3.1), in seconds since 1970; None if unknown."""
    meta = get(resource.model_extra or {}, "meta")
    text = get(meta, "created") if isinstance(meta, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


R = TypeVar("R", bound=Resource)


def read_resource(kind: type[R], document: object, *, provider: str) -> R:
    """Reads one resource; raises WrongProtocol if it isn't one, with the attribute that is wrong.

    ``provider`` is the name of the service provider, for the message.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        id = get(document, "id") if isinstance(document, Mapping) else None
        noun = kind.__name__.lower() + (f" (id {str(id)[:100]})" if isinstance(id, str | int) else "")
        raise WrongProtocol(
            f"{provider} sent a {noun} that can't be understood: {where}: {first['msg'].lower()}.",
            hint="Check the Base URL; `heapscim status --debug` shows which requests were made.",
        ) from None
