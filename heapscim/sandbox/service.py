"""What the rehearsal tenant does for a request, apart from HTTP: users and groups by SCIM's rules and Heap's habits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from heapscim.errors import UsageError
from heapscim.sandbox.behaviour import Behaviour
from heapscim.sandbox.patching import BadPatch, apply_patch, misread
from heapscim.sandbox.projecting import projected
from heapscim.sandbox.store import Document, NameTaken, Store, fold
from heapscim.scim import urns
from heapscim.scim.filter_parsing import parse
from heapscim.scim.filters import Comparison, get, matches

ROLE_EXTENSION = "urn:heap:2.0:User"
_READ_ONLY = frozenset({"id", "meta", "schemas", "groups", "emails", "password"})


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, detail: str, scim_type: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type


class Service:
    """One tenant's SCIM service, by its store and its behaviour (which may change while it runs)."""

    def __init__(self, store: Store, behaviour: Behaviour, base_url: str = "") -> None:
        self.store = store
        self.behaviour = behaviour
        self.base_url = base_url

    def page(self, kind: str | None, query: Mapping[str, str]) -> Document:
        """A ListResponse for ``Users`` or ``Groups`` (RFC 7644 §3.4.2), or for both."""
        kinds = ("Users", "Groups") if kind is None else (kind,)
        rows = [(each, row) for each in kinds for row in self._selected(each, query.get("filter"))]
        start = max(_whole(query, "startIndex", 1), 1)
        count = min(max(_whole(query, "count", 100), 0), self.behaviour.page_cap)
        page = [
            projected(self._shown(each, row, listed=True), query) for each, row in rows[start - 1 : start - 1 + count]
        ]
        answer: Document = {
            "schemas": [urns.LIST_RESPONSE],
            "totalResults": max(len(rows) + self.behaviour.wrong_total, 0),
            "startIndex": start,
            "itemsPerPage": len(page),
        }
        if page or self.behaviour.empty_resources == "list":
            answer["Resources"] = page
        return answer

    def get(self, kind: str, id: str, query: Mapping[str, str]) -> Document:
        """One resource."""
        return projected(self._shown(kind, self._found(kind, id)), query)

    def create(self, kind: str, document: object) -> Document:
        """Creates a user or group; 409 where the name is taken."""
        wire = _object(document)
        try:
            if kind == "Users":
                return self._shown(kind, self.store.add_user(self._user_from(wire), unique=self._unique))
            return self._shown(kind, self.store.add_group(self._group_from(wire), unique=self._unique))
        except NameTaken as error:
            raise Refused(409, f"{error} exists already.", "uniqueness") from None

    def replace(self, kind: str, id: str, document: object) -> Document | None:
        """PUTs a resource; None where the change removed it."""
        self._implemented(self.behaviour.put, "PUT")
        found = self._found(kind, id)
        wire = _object(document)
        if kind == "Groups":
            return self._changed_group(found, self._group_from(wire))
        role = found["role"] if self.behaviour.put_without_role == "keeps" else self.store.default_role
        return self._changed_user(found, {"role": role, "active": True, **self._user_from(wire)})

    def patch(self, kind: str, id: str, request: object) -> Document | None:
        """PATCHes a resource; None where the change removed it."""
        self._implemented(self.behaviour.patch, "PATCH")
        found = self._found(kind, id)
        try:
            after = apply_patch(self._shown(kind, found), misread(request, self.behaviour.patch_members))
        except BadPatch as error:
            raise Refused(400, error.detail, error.scim_type) from None
        if kind == "Groups":
            return self._changed_group(found, self._group_from(after))
        role = found["role"] if self.behaviour.role == "hidden" else self.store.default_role
        return self._changed_user(found, {"role": role, "active": True, **self._user_from(after)})

    def delete(self, kind: str, id: str) -> None:
        """Deletes a resource."""
        self._found(kind, id)
        if kind == "Users":
            self.store.remove_user(id)
        else:
            self.store.remove_group(id)

    @property
    def _unique(self) -> bool:
        return self.behaviour.unique_names == "yes"

    def _implemented(self, switch: str, method: str) -> None:
        if switch == "no":
            raise Refused(self.behaviour.unsupported_status, f"{method} is not implemented.")

    def _selected(self, kind: str, text: str | None) -> list[Document]:
        rows = self.store.users if kind == "Users" else self.store.groups
        found = list(rows.values())
        if kind == "Users" and self.behaviour.list_inactive == "no":
            found = [row for row in found if row["active"]]
        if text is None or self.behaviour.filter == "ignored":
            return found
        match self.behaviour.filter:
            case "no":
                raise Refused(400, "Filters are not supported.", "invalidFilter")
            case "fails":
                raise Refused(500, "Filters fail.")
            case "empty":
                return []
        try:
            wanted = parse(text)
        except UsageError as error:
            raise Refused(400, error.message, "invalidFilter") from None
        match wanted:
            case Comparison(attribute, "eq", str(name)) if attribute.casefold() == "username":
                named = self.store.users_named(name) if kind == "Users" else []
                found = [row for row in named if row["active"] or self.behaviour.list_inactive == "yes"]
            case _:
                found = [row for row in found if matches(wanted, self._shown(kind, row))]
        if not found and self.behaviour.filter == "not_found":
            raise Refused(404, "Nothing matches.")
        return found

    def _found(self, kind: str, id: str) -> Document:
        rows = self.store.users if kind == "Users" else self.store.groups
        if id not in rows:
            raise Refused(404, f"{kind} has no {id}.")
        return rows[id]

    def _user_from(self, wire: Document) -> Document:
        user = {name: value for name, value in wire.items() if name not in _READ_ONLY}
        user["userName"] = _text(wire, "userName")
        user.pop(ROLE_EXTENSION, None)
        user.pop("roles", None)
        match self.behaviour.role:
            case "roles":
                rows = wire.get("roles")
                role = rows[0].get("value") if isinstance(rows, list) and rows else None
            case "extension":
                role = (wire.get(ROLE_EXTENSION) or {}).get("role")
            case _:
                role = wire.get("role")
        user.pop("role", None)
        if role:
            user["role"] = str(role)
        if "active" in user:
            user["active"] = str(user["active"]).casefold() != "false"
        return user

    def _changed_user(self, found: Document, wanted: Document) -> Document | None:
        """Stores a user's new state. Another userName makes a second account, as at Heap; the first stays."""
        if fold(wanted["userName"]) != fold(found["userName"]):
            return self.create("Users", wanted)
        wanted["userName"] = found["userName"]
        if found["active"] and not wanted["active"]:
            if self.behaviour.deactivate == "removes":
                self.store.remove_user(found["id"])
                return None
            if self.behaviour.deactivate == "ignored":
                wanted["active"] = True
        id = found["id"]
        found.clear()
        found.update({**wanted, "id": id})
        return self._shown("Users", found)

    def _group_from(self, wire: Document) -> Document:
        group = {"displayName": _text(wire, "displayName"), "members": self._members(wire)}
        external_id = get(wire, "externalId")
        return group if external_id is None else {**group, "externalId": external_id}

    def _changed_group(self, found: Document, wanted: Document) -> Document:
        try:
            self.store.rename_group(found["id"], wanted["displayName"], unique=self._unique)
        except NameTaken:
            raise Refused(409, f"{wanted['displayName']} exists already.", "uniqueness") from None
        self.store.set_members(found["id"], wanted["members"])
        found.pop("externalId", None)
        found.update({name: value for name, value in wanted.items() if name == "externalId"})
        return self._shown("Groups", found)

    def _members(self, wire: Document) -> list[str]:
        rows = get(wire, "members") or []
        ids = [str(get(row, "value")) if isinstance(row, Mapping) else str(row) for row in rows]
        for id in ids:
            if id not in self.store.users:
                raise Refused(400, f"There is no user {id}.", "invalidValue")
        return ids

    def _shown(self, kind: str, row: Document, *, listed: bool = False) -> Document:
        id: Any = row["id"]
        shown: Document = {"id": int(id) if self.behaviour.numeric_ids == "yes" and id.isdigit() else id}
        shown["meta"] = {"resourceType": kind[:-1], "location": f"{self.base_url}/{kind}/{id}", **self._created(id)}
        if kind == "Groups":
            kept = {name: value for name, value in row.items() if name not in ("id", "members")}
            shown |= {"schemas": [urns.GROUP], **kept}
            if not listed or self.behaviour.list_members == "yes":
                shown["members"] = [self._member(member) for member in row["members"]]
            elif self.behaviour.list_members == "empty":
                shown["members"] = []
            return shown
        shown |= {name: value for name, value in row.items() if name not in ("id", "role")}
        shown["schemas"] = [urns.USER]
        if self.behaviour.string_booleans == "yes":
            shown["active"] = str(row["active"])
        return shown | self._role(row["role"])

    def _created(self, id: str) -> Document:
        moment = self.store.created.get(id)
        if moment is None or self.behaviour.created == "no":
            return {}
        return {"created": datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")}

    def _member(self, id: str) -> Document:
        return {"value": id, "$ref": f"{self.base_url}/Users/{id}"}

    def _role(self, role: str) -> Document:
        match self.behaviour.role:
            case "top":
                return {"role": role}
            case "roles":
                return {"roles": [{"value": role}]}
            case "extension":
                return {ROLE_EXTENSION: {"role": role}}
            case "hidden":
                return {}


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise Refused(400, f"{name} must be a whole number.", "invalidValue") from None


def _object(document: object) -> Document:
    if not isinstance(document, dict):
        raise Refused(400, "The body must be a JSON object.", "invalidSyntax")
    return document


def _text(wire: Document, name: str) -> str:
    value = get(wire, name)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"{name} is required.", "invalidValue")
    return value
