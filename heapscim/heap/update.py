"""Changes attributes of a resource in the first form that this tenant accepts and that has an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from heapscim import errors
from heapscim.heap.forms import PUTS, Form, Forms, Known, Write, may_be_the_form
from heapscim.model.multi_valued import MULTI_VALUED, entry_path, same_entries
from heapscim.model.state import match_key, same_text
from heapscim.scim import messages
from heapscim.scim.client import GROUPS, USERS, ResourceType, ScimClient
from heapscim.scim.filters import get, is_core
from heapscim.scim.messages import Document
from heapscim.scim.resources import Group, Resource, User, text_at

R = TypeVar("R", bound=Resource)
_READ_ONLY = frozenset({"id", "meta", "groups"})
_SERVER_ERROR = 500
_SET_PUT = "Where a PUT keeps roles: `heapscim activate --set dialect.update_method=put`."


@dataclass(frozen=True, slots=True)
class _Update(Generic[R]):
    """Holds values that one resource must have, by their paths."""

    type: ResourceType[R]
    id: str
    values: Mapping[str, Any]

    @property
    def write(self) -> Write:
        if self.type.path == GROUPS.path:
            return "group_rename"
        if None in self.values.values():
            return "user_clear"
        return "user_deactivate" if self.values == {"active": False} else "user_update"


class Updating:
    """Sends updates of users and groups."""

    def __init__(self, client: ScimClient, known: Known, forms: Forms) -> None:
        self._client = client
        self._known = known
        self._forms = forms

    async def update(self, type: ResourceType[R], id: str, values: Mapping[str, Any]) -> R | None:
        """Sets values by their paths; returns the resource if the response shows it.

        Raises NotFound if the resource is gone, and otherwise the most telling refusal if no form is accepted.
        """
        asked = _Update(type, id, values)
        refused: list[errors.RequestError] = []
        for form in self._forms.begin(asked.write, id, repr(sorted(values.items(), key=str))):
            if not self._suits(asked, form, refused):
                continue
            if form == "put" and refused and await self._is_about_the_value(asked, refused):
                break
            try:
                answered = await self._send(asked, form, may_reset=self._is_last_resort(asked, form, refused))
            except errors.RequestError as error:
                refused.append(await self._refusal(asked, error, first=not refused))
                if self._forms.worth_another(asked.write, form, refused[-1], values):
                    continue
                break
            return await self._taken(asked, form, answered, searched=bool(refused))
        self._forms.found_none(asked.write)
        if not refused:
            raise errors.Rejected(f"There is no other form in which {type.path}/{id} can be changed.")
        raise self._forms.told(asked.write, refused)

    async def put(self, type: ResourceType[R], id: str, document: Document, form: Form = "put") -> R | None:
        """PUTs a whole resource, with its id in the body if the form says so."""
        body = {**document, "id": id} if form == "put_id" else document
        return await self._client.replace(type, id, body)

    async def document(self, type: ResourceType[R], id: str) -> Document:
        """Returns a resource as the tenant sends it, to be changed and PUT.

        Raises NotFound, and errors.PutIsUnsafe for a group whose members the tenant may be hiding.
        """
        found = await self._client.get(type, id)
        if found is None:
            raise errors.NotFound(f"Nothing is there: {type.path}/{id} (404).", status=404)
        if isinstance(found, Group):
            self._check_members(found)
        document = {name: value for name, value in found.to_wire().items() if name not in _READ_ONLY}
        if isinstance(found, User) and found.active is None and self._known.dialect.inactive == "omitted":
            document["active"] = False  # a PUT without it would reactivate the account at some servers
        return document

    def _check_members(self, group: Group) -> None:
        """Refuses to PUT a group that may have other members, since a PUT would remove them."""
        if not self.shows_all_of(group):
            raise errors.PutIsUnsafe(
                f"Heap doesn't show all members of {group.display_name}: a PUT would take the others out.",
                hint="`members_shown` under [dialect] says how many Heap shows of a group.",
            )
        if group.members:
            self._known.shows_members = True
            return
        had_some = bool(self._known.members.get(group.id))
        if had_some or not (group.shows_members or self._known.shows_members):
            raise errors.PutIsUnsafe(
                f"Heap doesn't show the members of {group.display_name}, so that a PUT could remove them all.",
                hint="Change this group in Heap itself.",
            )

    def shows_all_of(self, group: Group) -> bool:
        """Returns whether a group has no other members than it shows."""
        return self._known.dialect.shows_all_of(len(group.members))

    def _suits(self, asked: _Update[R], form: Form, refused: list[errors.RequestError]) -> bool:
        """Returns whether a form can be tried after those that were refused, without more harm than it may repair."""
        if self._forms.is_said(asked.write):
            return not (form == "put_id" and refused and not isinstance(refused[-1], errors.Rejected))
        if form == "patch_one":
            return len(asked.values) > 1 and (not refused or refused[-1].status == _SERVER_ERROR)
        return not (form == "put_id" and refused and not isinstance(refused[-1], errors.Rejected))

    def _check_role(self, asked: _Update[R], document: Document) -> None:
        """Refuses a PUT without the role, which may reset it; only a leaver's access matters more."""
        if asked.type.path == USERS.path and asked.values.get("active") is not False:
            role = self._known.dialect.role_attribute
            is_hidden = not self._known.shows_roles and text_at(document, role) is None
            if is_hidden and role not in asked.values:
                raise errors.PutIsUnsafe("Heap doesn't show roles, so that a PUT could reset one.", hint=_SET_PUT)

    async def _is_about_the_value(self, asked: _Update[R], refused: Sequence[errors.RequestError]) -> bool:
        """Returns whether a PATCH with the present values is accepted: then the tenant refused the new value.

        Found out only before the first PUT, because a PUT with a refused value may be accepted without it.
        """
        if asked.type.path != USERS.path or any(not isinstance(one, errors.Rejected) for one in refused):
            return False
        document = await self.document(asked.type, asked.id)
        same = {path: value for path in asked.values if (value := _value_at(document, path)) not in (None, "", [])}
        if not same:
            return False
        try:
            await self._client.patch(asked.type, asked.id, messages.replace_operations(same))
        except errors.RequestError as error:
            if may_be_the_form(error) or isinstance(error, errors.NotFound):
                return False
            raise
        self._forms.was_proven(asked.write, "patch", same)
        return True

    def _is_last_resort(self, asked: _Update[R], form: Form, refused: Sequence[errors.RequestError]) -> bool:
        """Returns whether there is no PATCH, or the profile names this form: then it is sent in any case."""
        has_no_patch = bool(refused) and all(isinstance(one, errors.NotImplementedByService) for one in refused)
        return has_no_patch or form == self._forms.order(asked.write)[0] or self._forms.is_said(asked.write)

    async def _send(self, asked: _Update[R], form: Form, *, may_reset: bool) -> R | None:
        type, id, values = asked.type, asked.id, asked.values
        if form in PUTS:
            document = await self.document(type, id)
            if not may_reset:
                self._check_role(asked, document)
            for path, value in values.items():
                put_at(document, path, value)
            return await self.put(type, id, document, form)
        if form == "patch_pathless":
            value = await self._whole_value(asked)
            return await self._client.patch(type, id, messages.pathless_operations(value))
        operations = messages.replace_operations(values)
        if form != "patch_one":
            return await self._client.patch(type, id, operations)
        answered = None
        for operation in operations:
            answered = await self._client.patch(type, id, [operation])
        return answered

    async def _whole_value(self, asked: _Update[R]) -> Document:
        """Returns the value of a PATCH without a path, with whole objects: a sloppy server replaces what it gets."""
        value: Document = {"id": asked.id} if asked.type.path == GROUPS.path else {}
        inner = [path for path in asked.values if _steps(path)[1:]]
        found = (await self.document(asked.type, asked.id)) if inner else {}
        for path in inner:
            known = get(found, _steps(path)[0])
            if isinstance(known, Mapping):
                value[_steps(path)[0]] = dict(known)
        for path, wanted in asked.values.items():
            put_at(value, path, wanted)
        return value

    async def _refusal(self, asked: _Update[R], error: errors.RequestError, *, first: bool) -> errors.RequestError:
        """Returns what an error means as a refusal of a form; raises it if it is of another kind."""
        if isinstance(error, errors.NotFound):
            if await self._client.get(asked.type, asked.id) is None:
                raise error
            return not_there(asked.type, asked.id, error)
        if isinstance(error, errors.Unavailable) and may_be_the_form(error):
            try:
                await self._client.get(asked.type, asked.id)
            except errors.RequestError:
                raise error from None  # the whole tenant is in trouble, not this form
            return error
        later = isinstance(error, errors.Rejected | errors.Taken | errors.Forbidden) and not first
        if may_be_the_form(error) or later:
            return error
        raise error

    async def _taken(self, asked: _Update[R], form: Form, answered: R | None, *, searched: bool) -> R | None:
        """Learns the form if its effect is visible: in the response or, during a search, by a read."""
        seen = answered
        if searched and not self._shows(asked, seen):
            try:
                seen = await self._client.get(asked.type, asked.id)
            except errors.RequestError:
                seen = None
        if self._shows(asked, seen, is_read=seen is not answered):
            self._forms.was_seen(asked.write, asked.id, form, asked.values)
            return seen
        self._forms.was_accepted(asked.id, form)
        return answered

    def _shows(self, asked: _Update[R], resource: R | None, *, is_read: bool = False) -> bool:
        """Returns whether a resource has the requested values, as far as they can be read."""
        if resource is None:
            return False
        dialect = self._known.dialect
        hidden = {entry.attribute if (entry := entry_path(path)) else path for path in dialect.unreadable}
        if dialect.role_readable == "no":
            hidden.add(dialect.role_attribute)
        readable = {path: value for path, value in asked.values.items() if path not in hidden}
        document = resource.to_wire()
        return bool(readable) and all(
            same_entries(_value_at(document, path), value, same_text)
            if isinstance(value, list) and path in MULTI_VALUED
            else self._is_so(path, value, text_at(document, path), is_read=is_read)
            for path, value in readable.items()
        )

    def _is_so(self, path: str, wanted: object, found: str | None, *, is_read: bool) -> bool:
        if isinstance(wanted, bool):
            if found is None and not is_read and self._known.dialect.inactive == "omitted":
                return False  # an answer to a write may hold a part of the account alone
            is_active = self._known.dialect.is_active(shown=None if found is None else found.casefold() == "true")
            return is_active == wanted
        if isinstance(wanted, list):
            wanted = wanted[0]["value"]
        if wanted is None or found is None:
            return wanted is found
        if path == self._known.dialect.role_attribute:
            return match_key(str(wanted)) == match_key(found)
        return same_text(str(wanted), found)


def not_there(type: ResourceType[R], id: str, error: errors.NotFound) -> errors.NotImplementedByService:
    """Returns the error of a method that answers 404 for a resource that exists."""
    message = f"Heap answers as if nothing were at {type.path}/{id}, though it can be read. {error.message}"
    return errors.NotImplementedByService(message, hint="Set the update methods under [dialect].", status=404)


def _value_at(document: Document, path: str) -> object:
    value: object = document
    for step in _steps(path):
        value = get(value, step) if isinstance(value, Mapping) else None
    return value


def put_at(document: Document, path: str, value: object) -> None:
    """Sets a value at an attribute path of a document: dotted, or ``URN:attribute``. None removes it."""
    _put(document, tuple(_steps(path)), value)


def _steps(path: str) -> list[str]:
    urn, _, name = path.rpartition(":")
    return [*([urn] if urn and not is_core(urn) else []), *name.split(".")]


def _put(place: Document, steps: tuple[str, ...], value: object) -> None:
    """Sets a value at the end of a path, and removes an object that is left without any value (RFC 7643 §2.5)."""
    step, *rest = steps
    name = next((known for known in place if known.casefold() == step.casefold()), step)
    if rest:
        inner = place.get(name)
        place[name] = dict(inner) if isinstance(inner, Mapping) else {}
        _put(place[name], tuple(rest), value)
    else:
        place[name] = value
    if place[name] in (None, {}):
        del place[name]
