"""What the benchmark's server holds: resources, encoded once, found by id, by name and by place in their list."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.benchmarks.world import World, fingerprint, group_name

LIST = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":%d,"startIndex":%d,'
_TERM = re.compile(r'(\w+) eq "((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_MEMBER = re.compile(r'members\[value eq "([^"]*)"\]')
CREATED = "2026-01-01T00:00:00Z"


class RefusedError(Exception):
    """A request that is refused: its HTTP status, ``scimType`` and why."""

    def __init__(self, status: int, detail: str, scim_type: str = "invalidValue") -> None:
        super().__init__(detail)
        self.status = status
        self.document = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": str(status),
            "scimType": scim_type,
            "detail": detail,
        }


class Table:
    """The resources of one type."""

    def __init__(self, type: str, name: str) -> None:
        self._type = type
        self._name = name
        """The attribute that holds the name of a resource, which is unique."""
        self._rows: dict[str, bytes] = {}
        self._ids: dict[str, str] = {}
        self._listed: list[bytes] | None = None
        self._lean: list[bytes] | None = None
        self._next = 1

    def create(self, document: dict[str, Any]) -> bytes:
        """Adds a resource; returns it as the response shows it."""
        name = document.get(self._name)
        if not isinstance(name, str):
            raise RefusedError(400, f"{self._name} is missing.")
        if name.casefold() in self._ids:
            raise RefusedError(409, f"{name} is taken.", "uniqueness")
        id = f"{self._type[0].lower()}{self._next}"
        self._next += 1
        self._ids[name.casefold()] = id
        meta = {"resourceType": self._type, "created": CREATED, "lastModified": CREATED}
        return self._keep(id, {**document, "id": id, "meta": meta})

    def get(self, id: str) -> bytes:
        """Returns a resource."""
        if id not in self._rows:
            raise RefusedError(404, f"{self._type} {id} isn't there.")
        return self._rows[id]

    def change(self, id: str, document: dict[str, Any]) -> bytes:
        """Puts another resource in the place of one; its name stays unique."""
        old, new = json.loads(self.get(id))[self._name], document[self._name]
        if self._ids.get(new.casefold(), id) != id:
            raise RefusedError(409, f"{new} is taken.", "uniqueness")
        del self._ids[old.casefold()]
        self._ids[new.casefold()] = id
        return self._keep(id, {**document, "id": id})

    def delete(self, id: str) -> None:
        """Removes a resource."""
        name = json.loads(self.get(id))[self._name]
        del self._rows[id], self._ids[name.casefold()]
        self._listed = self._lean = None

    def page(self, query: Mapping[str, str], cap: int) -> bytes:
        """Returns one page of the list, or of what a filter finds: ``name eq "…"``, several of them with ``or``."""
        rows = self._all(lean="members" in query.get("excludedAttributes", ""))
        if "filter" in query:
            rows = self._found(query["filter"])
        first = max(int(query.get("startIndex", 1)), 1)
        page = rows[first - 1 : first - 1 + max(0, min(int(query.get("count", cap)), cap))]
        head = LIST % (len(rows), first)
        return b'%s"itemsPerPage":%d,"Resources":[%s]}' % (head, len(page), b",".join(page))

    def documents(self) -> list[dict[str, Any]]:
        """Returns all resources."""
        return [json.loads(row) for row in self._rows.values()]

    def __len__(self) -> int:
        return len(self._rows)

    def _keep(self, id: str, document: dict[str, Any]) -> bytes:
        self._rows[id] = encoded = json.dumps(document, separators=(",", ":")).encode()
        self._listed = self._lean = None
        return encoded

    def _all(self, *, lean: bool) -> list[bytes]:
        if not lean:
            if self._listed is None:
                self._listed = list(self._rows.values())
            return self._listed
        if self._lean is None:
            self._lean = [json.dumps(_without_members(document)).encode() for document in self.documents()]
        return self._lean

    def _found(self, filter: str) -> list[bytes]:
        terms = [_TERM.fullmatch(term.strip()) for term in filter.split(" or ")]
        found = {}
        for term in terms:
            if term is None or term[1].casefold() not in {"id", self._name.casefold()}:
                raise RefusedError(400, f"The filter {filter} isn't known here.", "invalidFilter")
            text = json.loads(f'"{term[2]}"')
            id = text if term[1].casefold() == "id" else self._ids.get(text.casefold())
            if id in self._rows:
                found[id] = self._rows[id]
        return list(found.values())


class Tenant:
    """Users and groups, filled with a world."""

    def __init__(self, world: World) -> None:
        self.users = Table("User", "userName")
        self.groups = Table("Group", "displayName")
        names = [document["userName"] for document in world.users()]
        for document in world.users():
            self.users.create(document)
        for number, team in enumerate(world.teams()):
            places = (place % world.people for place in team)
            members = [{"value": f"u{place + 1}", "display": names[place]} for place in places]
            schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
            self.groups.create({"schemas": schemas, "displayName": group_name(number), "members": members})

    def summary(self) -> dict[str, object]:
        """Returns how many users, groups and memberships there are, and a fingerprint of them all."""
        users, groups = self.users.documents(), self.groups.documents()
        names = {document["id"]: document["userName"] for document in users}
        teams = [
            (group["displayName"], [names[member["value"]] for member in group.get("members", ())]) for group in groups
        ]
        return {
            "users": len(users),
            "groups": len(groups),
            "memberships": sum(len(members) for _, members in teams),
            "fingerprint": fingerprint(users, teams),
        }


def patched(document: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns a resource after the operations of a PATCH: simple paths, paths of two words, and members."""
    for operation in operations:
        op, path, value = operation["op"].casefold(), operation.get("path"), operation.get("value")
        for name, part in (value or {}).items() if path is None else [(path, value)]:
            _set(document, name, part, op)
    return document


def _set(document: dict[str, Any], path: str, value: Any, op: str) -> None:  # noqa: ANN401
    if path.startswith("members"):
        document["members"] = _members(document.get("members", []), path, value, op)
        return
    *parents, name = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    if not re.fullmatch(r"\w+", name):
        raise RefusedError(400, f"The path {path} isn't known here.", "invalidPath")
    if op == "remove":
        document.pop(name, None)
    else:
        document[name] = value


def _members(members: list[dict[str, Any]], path: str, value: Any, op: str) -> list[dict[str, Any]]:  # noqa: ANN401
    leaving = _MEMBER.fullmatch(path)
    if leaving and op == "remove":
        return [member for member in members if member["value"] != leaving[1]]
    if path != "members":
        raise RefusedError(400, f"The path {path} isn't known here.", "invalidPath")
    if op == "remove":
        return []
    there = set() if op == "replace" else {member["value"] for member in members}
    joining = [member for member in value if member["value"] not in there]
    return joining if op == "replace" else [*members, *joining]


def _without_members(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "members"}
