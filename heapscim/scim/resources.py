"""The resources of RFC 7643 as the wire carries them: open, tolerant, unknown attributes and extensions kept.

What a server may get wrong and is understood all the same: numeric ids, ``active`` as text, attribute names in another
case (§2.1 allows it), null where a list belongs, members by ``$ref`` alone. A resource without an id is refused:
nothing could be done to it.
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
    """``name`` (RFC 7643 §4.1.1) with its sub-attributes spelled as the RFC does."""
    if not isinstance(value, Mapping):
        return value
    return {_NAME_PARTS.get(part.casefold(), part): text for part, text in value.items()}


def _wire(value: object) -> object:
    if isinstance(value, tuple):
        return [_wire(row) for row in value]
    return value.to_wire() if isinstance(value, _Open) else value


def _names_a_place(id: str) -> str:
    """An id that can be part of a path: one that can't would name another resource, or all of them."""
    if id.strip(".") == "" and len(id) <= len(".."):
        raise ValueError("it can't stand in a path")
    return id


def _names_somebody(name: str) -> str:
    """A name that says something: nobody could be told by another."""
    if not name.strip():
        raise ValueError("it is empty")
    return name


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[Text, AfterValidator(_names_somebody)]
Truth = Annotated[bool, BeforeValidator(_truth)]


class _Open(BaseModel):
    """Frozen, camelCase on the wire, keeps what it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _fold_names(cls, document: object) -> object:
        if not isinstance(document, Mapping):
            return document
        known = _folded_names(cls)
        return {known.get(name.casefold(), name): value for name, value in document.items()}

    def to_wire(self) -> dict[str, Any]:
        """The document as it was received, unknown attributes included."""
        known = {
            field.alias or name: _wire(getattr(self, name))
            for name, field in type(self).model_fields.items()
            if name in self.model_fields_set
        }
        return {**known, **(self.model_extra or {})}


@cache
def _folded_names(kind: type[_Open]) -> Mapping[str, str]:
    """Folded wire name → wire name, of the attributes a kind of document has."""
    aliases = (field.alias or name for name, field in kind.model_fields.items())
    return {alias.casefold(): alias for alias in aliases}


class Member(_Open):
    """One value of a group's ``members`` (RFC 7643 §4.2)."""

    value: Text | None = None


def _urns(value: object) -> object:
    """Schemas; what is none counts for nothing, since nothing hangs on it."""
    rows = value if isinstance(value, list | tuple) else (value,)
    return tuple(row for row in rows if isinstance(row, str))


def _members(value: object) -> object:
    """Rows of members; one may stand alone, and ids may stand bare."""
    rows = _rows(value)
    if not isinstance(rows, list | tuple):
        return rows
    return [_member(row) if isinstance(row, Mapping) else {"value": row} for row in rows if row is not None]


def _member(row: Mapping[str, object]) -> Mapping[str, object]:
    """A member with its id; where ``value`` is missing, that is the end of ``$ref`` (RFC 7643 §2.4)."""
    place = get(row, "$ref")
    if get(row, "value") is not None or not isinstance(place, str) or "/" not in place:
        return row
    return {**row, "value": unquote(place.rpartition("/")[2]) or None}


class Resource(_Open):
    """What users and groups share."""

    schemas: Annotated[tuple[str, ...], BeforeValidator(_urns)] = ()
    id: Annotated[Text, AfterValidator(_names_a_place)]
    external_id: Text | None = None


class User(Resource):
    """A user (RFC 7643 §4.1)."""

    user_name: Name
    name: Annotated[Any, BeforeValidator(_name)] = None
    active: Truth | None = None
    """Whether the account works; None where the server doesn't say."""


class Group(Resource):
    """A group (RFC 7643 §4.2)."""

    display_name: Name
    members: Annotated[tuple[Member, ...], BeforeValidator(_members)] = ()

    @property
    def shows_members(self) -> bool:
        """Whether the server said anything of members: a list answer may leave them out."""
        return "members" in self.model_fields_set


def text_at(document: Mapping[str, Any], path: str) -> str | None:
    """The first value at an attribute path of a wire document as text, None where there is none."""
    for value in values_at(document, path):
        found = value.get("value") if isinstance(value, Mapping) else value
        if found not in (None, ""):
            return str(found)
    return None


def id_of(document: object) -> str | None:
    """The id that a document shows, whatever else is wrong with it."""
    id = get(document, "id") if isinstance(document, Mapping) else None
    text = _text(id)
    return text if isinstance(text, str) and text.strip(".") else None


def named(kind: type[Resource], document: object) -> str | None:
    """The userName or displayName that a document shows, likewise."""
    attribute = "userName" if issubclass(kind, User) else "displayName"
    text = _text(get(document, attribute)) if isinstance(document, Mapping) else None
    return text if isinstance(text, str) and text.strip() else None


def name_of(item: Resource) -> str:
    """The userName or displayName of a resource."""
    return item.display_name if isinstance(item, Group) else item.user_name if isinstance(item, User) else ""


def created_at(resource: Resource) -> float | None:
    """When a resource was made (``meta.created``, RFC 7643 §3.1), in seconds since 1970; None where it doesn't say."""
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
            f"{provider} answered a {noun} that can't be understood: {where}: {first['msg'].lower()}.",
            hint="Check the Base URL; `heapscim status --debug` shows which requests were made.",
        ) from None
