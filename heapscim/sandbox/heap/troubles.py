"""Spoils single accounts and groups of a rehearsal tenant: broken rows, and responses that fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heapscim.model.caseless import caseless
from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.heap.projection import leaves_out
from heapscim.sandbox.heap.store import Document, Store
from heapscim.sandbox.heap.switches import Behaviour


@dataclass(frozen=True, slots=True)
class Troubles:
    """Spoils the responses about the users and groups that the switches name."""

    behaviour: Behaviour
    store: Store

    def check(self, kind: str, row: Document, query: Mapping[str, str], *, listed: bool) -> None:
        """Raises Refused if the response is to fail."""
        behaviour, name = self.behaviour, caseless(_name(kind, row))
        if kind == "Groups" and name == caseless(behaviour.broken_group) and not leaves_out(query, "members"):
            raise Refused(500, "The group is too large.")
        fails = behaviour.failing_answers in ("both", "page" if listed else "single")
        if behaviour.failing and name == caseless(behaviour.failing) and fails:
            raise Refused(behaviour.failing_status, "Something went wrong.")

    def single(self, kind: str, row: Document, shown: Document) -> Any:  # noqa: ANN401 - any JSON
        """Returns the response for a single resource."""
        return shown if self.behaviour.broken_single == "no" else self.listed(kind, row, shown)

    def listed(self, kind: str, row: Document, shown: Document) -> Any:  # noqa: ANN401 - any JSON
        """Returns the resource's row in a list."""
        behaviour = self.behaviour
        if (
            not behaviour.broken_user
            or kind != "Users"
            or caseless(_name(kind, row)) != caseless(behaviour.broken_user)
        ):
            return shown
        match behaviour.broken_row:
            case "no_name":
                return {name: value for name, value in shown.items() if name != "userName"}
            case "no_id":
                return {name: value for name, value in shown.items() if name != "id"}
            case "text":
                return str(shown["id"])
            case "active":
                return {**shown, "active": "maybe"}
            case "same_id":
                ids = list(self.store.users)
                return {**shown, "id": ids[max(ids.index(row["id"]) - 1, 0)]}


def _name(kind: str, row: Document) -> str:
    return str(row["userName" if kind == "Users" else "displayName"])
