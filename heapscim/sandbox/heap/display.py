"""Shows users and groups as the rehearsal tenant's responses hold them, by its switches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from heapscim.model.multi_valued import MULTI_VALUED
from heapscim.sandbox.heap.store import Document, Store
from heapscim.sandbox.heap.switches import Behaviour
from heapscim.scim import urns

ROLE_EXTENSION = "urn:heap:2.0:User"


@dataclass(frozen=True, slots=True)
class Display:
    """Shows what a store holds."""

    behaviour: Behaviour
    store: Store
    base_url: str

    def whole(self, kind: str, row: Document) -> Document:
        """Returns a resource with all its members or its state, whatever the tenant shows of them."""
        if kind == "Users":
            entries = {name: row[name] for name in MULTI_VALUED if name in row}
            return {"active": row["active"], **self.shown(kind, row), **entries}
        return {**self.shown(kind, row), "members": [self._member(member) for member in row["members"]]}

    def shown(self, kind: str, row: Document, *, listed: bool = False) -> Document:
        """Returns a resource as a response holds it; ``listed`` says that the response is a list."""
        id: Any = row["id"]
        shown: Document = {"id": int(id) if self.behaviour.numeric_ids == "yes" and id.isdigit() else id}
        shown["meta"] = {"resourceType": kind[:-1], "location": f"{self.base_url}/{kind}/{id}", **self._created(id)}
        if kind == "Groups":
            kept = {name: value for name, value in row.items() if name not in ("id", "members")}
            shown |= {"schemas": [urns.GROUP], **kept}
            if not listed or self.behaviour.list_members == "yes":
                shown |= self._shown_members(row)
            elif self.behaviour.list_members == "empty":
                shown["members"] = []
            return shown
        shown |= {name: value for name, value in row.items() if name not in ("id", "role")}
        self._show_entries(shown)
        shown["schemas"] = [urns.USER]
        if self.behaviour.user_groups == "yes":
            shown["groups"] = [{"value": group} for group in self.store.groups_of(id)]
        if self.behaviour.string_booleans == "yes":
            shown["active"] = str(row["active"])
        if not self._shows_active(row, listed=listed):
            del shown["active"]
        return shown | self._role(row["role"])

    def _show_entries(self, shown: Document) -> None:
        for name in [name for name in MULTI_VALUED if isinstance(shown.get(name), list)]:
            rows = [row if isinstance(row, dict) else {"value": row} for row in shown[name]]
            match self.behaviour.entries:
                case "as_asked" | "no_emails":
                    pass
                case "displayed":
                    shown[name] = [{**row, "display": row.get("value", "")} for row in rows]
                case "untyped":
                    shown[name] = [{part: text for part, text in row.items() if part != "type"} for row in rows]
                case "reversed":
                    shown[name] = rows[::-1]
                case "hidden":
                    del shown[name]

    def _shown_members(self, row: Document) -> Document:
        match self.behaviour.members_shown:
            case "never":
                return {}
            case "all":
                most = None
            case text:
                most = int(text) if text.isdecimal() else 0
        return {"members": [self._member(member) for member in list(row["members"])[:most]]}

    def _shows_active(self, row: Document, *, listed: bool) -> bool:
        if not row["active"] and self.behaviour.inactive == "omitted":
            return False
        return self.behaviour.active_in in ("all", "lists" if listed else "single")

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
