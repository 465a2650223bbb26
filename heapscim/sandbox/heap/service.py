"""Carries out requests to the rehearsal tenant, without HTTP: by SCIM's rules and Heap's ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heapscim.errors import UsageError
from heapscim.model.caseless import caseless
from heapscim.sandbox.heap.display import Display
from heapscim.sandbox.heap.forms import knows_form, with_listed_removals
from heapscim.sandbox.heap.intake import check_needs, required_text, user_from
from heapscim.sandbox.heap.lists import Lists, Refused
from heapscim.sandbox.heap.own_forms import in_own_form, parts_in_own_form
from heapscim.sandbox.heap.patch import BadPatch, apply_patch, misread
from heapscim.sandbox.heap.projection import projected
from heapscim.sandbox.heap.store import Document, NameTaken, Store
from heapscim.sandbox.heap.switches import Behaviour
from heapscim.sandbox.heap.troubles import Troubles
from heapscim.scim import urns
from heapscim.scim.filter_parser import parse
from heapscim.scim.filters import Comparison, get, matches


class HeapService:
    """Represents one tenant's SCIM service: its store and its behaviour (which may change while it runs)."""

    def __init__(self, store: Store, behaviour: Behaviour, base_url: str = "") -> None:
        self.store = store
        self.behaviour = behaviour
        self.base_url = base_url
        self._lagging: dict[str, tuple[Document, int]] = {}

    @property
    def behaviour(self) -> Behaviour:
        """Returns how the tenant behaves."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.store.folds = behaviour.same_names == "case_folding"

    def page(self, kind: str | None, query: Mapping[str, str], *, searched: bool = False) -> Document:
        """Returns a ListResponse for ``Users`` or ``Groups`` (RFC 7644 §3.4.2), or for both."""
        kinds = ("Users", "Groups") if kind is None else (kind,)
        found = [(each, row) for each in kinds for row in self._selected(each, query.get("filter"))]
        window = self._lists.window(found, query, searched=searched)
        page = [projected(self._row(each, row, query), query) for each, row in window.rows]
        answer: Document = {
            "schemas": [urns.LIST_RESPONSE],
            "totalResults": window.total,
            "startIndex": window.start,
            "itemsPerPage": len(page),
        }
        if window.total is None:
            del answer["totalResults"]
        if page or self.behaviour.empty_resources == "list":
            answer["Resources"] = page
        return answer

    def search(self, kind: str | None, query: Mapping[str, str]) -> Document:
        """Returns the same for a search by POST (RFC 7644 §3.4.3)."""
        if self.behaviour.search_pages == "no":
            raise Refused(404, "There is no search by POST.")
        return self.page(kind, query, searched=True)

    def get(self, kind: str, id: str, query: Mapping[str, str]) -> Document:
        """Returns one resource, as it is or, for as many reads as it lags behind, as it was before its last change."""
        row = self._found(kind, id)
        self._troubles.check(kind, row, query, listed=False)
        shown = self._display.shown(kind, row)
        before, reads = self._lagging.get(id, (shown, 0))
        if reads > 0:
            self._lagging[id] = before, reads - 1
            shown = before
        return projected(self._troubles.single(kind, row, shown), query)

    def _row(self, kind: str, row: Document, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - a broken row is any JSON
        self._troubles.check(kind, row, query, listed=True)
        return self._troubles.listed(kind, row, self._display.shown(kind, row, listed=True))

    @property
    def _lists(self) -> Lists:
        return Lists(self.behaviour)

    @property
    def _display(self) -> Display:
        return Display(self.behaviour, self.store, self.base_url)

    @property
    def _troubles(self) -> Troubles:
        return Troubles(self.behaviour, self.store)

    def create(self, kind: str, document: object) -> Document:
        """Creates a user or group; refuses with 409 if the name is taken."""
        wire = _object(document)
        try:
            if kind == "Users":
                check_needs(wire, self.behaviour)
                user = user_from(wire, self.behaviour)
                in_own_form(user, "userName", self.behaviour.user_names)
                parts_in_own_form(user, self.behaviour.person_names)
                return self._display.shown(kind, self.store.add_user(user, unique=self._unique))
            group = self._group_from(wire)
            in_own_form(group, "displayName", self.behaviour.group_names)
            return self._display.shown(kind, self.store.add_group(group, unique=self._unique))
        except NameTaken as error:
            raise Refused(409, f"{error} exists already.", "uniqueness") from None

    def replace(self, kind: str, id: str, document: object) -> Document | None:
        """Replaces a resource; returns None if the change removed it."""
        self._implemented(self.behaviour.put, "PUT")
        found = self._found(kind, id)
        wire = _object(document)
        self._lag_behind(kind, found)
        if self.behaviour.put_id == "wanted" and str(get(wire, "id")) != id:
            raise Refused(400, "id is required.", "invalidValue")
        if kind == "Groups":
            return self._changed_group(found, self._group_from(wire))
        role = found["role"] if self.behaviour.put_without_role == "keeps" else self.store.default_role
        return self._changed_user(found, {"role": role, "active": True, **user_from(wire, self.behaviour)})

    def patch(self, kind: str, id: str, request: object) -> Document | None:
        """Patches a resource; returns None if the change removed it."""
        self._implemented(self.behaviour.patch, "PATCH")
        found = self._found(kind, id)
        self._lag_behind(kind, found)
        if not knows_form(kind, request, self.behaviour):
            if self.behaviour.unknown_form == "ignored":
                return self._display.shown(kind, found)
            if self.behaviour.unknown_form == "repeated":
                return apply_patch(self._display.whole(kind, found), request)
            raise Refused(int(self.behaviour.unknown_form), "That form of a PATCH isn't known.")
        request = with_listed_removals(request, self.behaviour)
        try:
            after = apply_patch(self._display.whole(kind, found), misread(request, self.behaviour.patch_members))
        except BadPatch as error:
            raise Refused(400, error.detail, error.scim_type) from None
        if kind == "Groups":
            return self._changed_group(found, self._group_from(after))
        role = found["role"] if self.behaviour.role == "hidden" else self.store.default_role
        return self._changed_user(found, {"role": role, "active": True, **user_from(after, self.behaviour)})

    def delete(self, kind: str, id: str) -> None:
        """Deletes a resource."""
        self._implemented(self.behaviour.delete, "DELETE")
        self._found(kind, id)
        if kind == "Users":
            self.store.remove_user(id)
        else:
            self.store.remove_group(id)

    def _lag_behind(self, kind: str, found: Document) -> None:
        if self.behaviour.lag:
            self._lagging[found["id"]] = self._display.shown(kind, found), self.behaviour.lag

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
        is_blind = self.behaviour.member_filter == "ignored" and kind == "Groups" and "members" in (text or "")
        if text is None or self.behaviour.filter == "ignored" or is_blind:
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
                found = self._by_members(kind, text, found)
                found = [row for row in found if matches(wanted, self._display.whole(kind, row))]
        if self.behaviour.filter_case == "exact" and isinstance(wanted, Comparison) and wanted.operator == "eq":
            found = [row for row in found if self._names_exactly(row, wanted)]
        if not found and self.behaviour.filter == "not_found":
            raise Refused(404, "Nothing matches.")
        return found

    def _names_exactly(self, row: Document, wanted: Comparison) -> bool:
        """Returns whether a name is exactly what a filter asks for; other attributes don't count."""
        names = {name.casefold(): row[name] for name in ("userName", "displayName") if name in row}
        return names.get(wanted.attribute.casefold(), wanted.value) == wanted.value

    def _by_members(self, kind: str, text: str, rows: list[Document]) -> list[Document]:
        """Returns the rows that a filter is applied to, if it filters by members."""
        if kind == "Groups" and "members" in text:
            match self.behaviour.member_filter:
                case "no":
                    raise Refused(400, "Groups can't be filtered by members.", "invalidFilter")
                case "empty":
                    return []
        return rows

    def _found(self, kind: str, id: str) -> Document:
        rows = self.store.users if kind == "Users" else self.store.groups
        if id not in rows:
            raise Refused(404, f"{kind} has no {id}.")
        return rows[id]

    def _changed_user(self, found: Document, wanted: Document) -> Document | None:
        """Stores a user's new state. Another userName creates a second account, as Heap does; the first one stays."""
        if caseless(wanted["userName"]) != caseless(found["userName"]):
            return self.create("Users", wanted)
        wanted["userName"] = found["userName"]
        parts_in_own_form(wanted, self.behaviour.person_names, found)
        if found["active"] and not wanted["active"]:
            if self.behaviour.deactivate == "removes":
                self.store.remove_user(found["id"])
                return None
            if self.behaviour.deactivate == "ignored":
                wanted["active"] = True
        if wanted["active"] and not found["active"] and self.behaviour.reactivate != "yes":
            if self.behaviour.reactivate == "refused":
                raise Refused(400, "An inactive account stays inactive.", "mutability")
            wanted["active"] = False
        id = found["id"]
        found.clear()
        found.update({**wanted, "id": id})
        return self._display.shown("Users", found)

    def _group_from(self, wire: Document) -> Document:
        group = {"displayName": required_text(wire, "displayName"), "members": self._members(wire)}
        external_id = get(wire, "externalId")
        return group if external_id is None else {**group, "externalId": external_id}

    def _changed_group(self, found: Document, wanted: Document) -> Document:
        in_own_form(wanted, "displayName", self.behaviour.group_names, found)
        try:
            self.store.rename_group(found["id"], wanted["displayName"], unique=self._unique)
        except NameTaken:
            raise Refused(409, f"{wanted['displayName']} exists already.", "uniqueness") from None
        self.store.set_members(found["id"], wanted["members"])
        found.pop("externalId", None)
        found.update({name: value for name, value in wanted.items() if name == "externalId"})
        return self._display.shown("Groups", found)

    def _members(self, wire: Document) -> list[str]:
        rows = get(wire, "members") or []
        ids = [str(get(row, "value")) if isinstance(row, Mapping) else str(row) for row in rows]
        for id in ids:
            if id not in self.store.users:
                raise Refused(400, f"There is no user {id}.", "invalidValue")
        return ids


def _object(document: object) -> Document:
    if not isinstance(document, dict):
        raise Refused(400, "The body must be a JSON object.", "invalidSyntax")
    return document
