"""Stores users and groups by id, with indexes by name and by membership."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from heapscim.config.atomic_replace import replace_bytes
from heapscim.errors import UsageError
from heapscim.model.caseless import caseless, folded
from heapscim.model.phrases import reason_of

Document = dict[str, Any]
DEFAULT_ROLE = "Analyst"


class NameTaken(Exception):
    """Says that a user or group with that name exists."""


class Store:
    """Stores users and groups. Documents are in wire form, with ``role`` at the top; members are ids."""

    def __init__(self, *, default_role: str = DEFAULT_ROLE) -> None:
        self.users: dict[str, Document] = {}
        self.groups: dict[str, Document] = {}
        self.default_role = default_role
        """The role of users that are created without one."""
        self.folds = False
        """Whether names are compared by case folding, so that ß equals ss."""
        self.created: dict[str, float] = {}
        """When users and groups were created by a request, by id, in seconds since 1970; unknown for all others."""
        self._names = _Names(self)
        self._group_names = _Names(self)
        self._groups_of: defaultdict[str, set[str]] = defaultdict(set)
        self._next = 1000

    def add_user(self, document: Document, *, unique: bool = True) -> Document:
        """Adds a user, by default with the default role; raises NameTaken if names must be unique."""
        if unique and self._names.ids(document["userName"]):
            raise NameTaken(document["userName"])
        user = {"active": True, "role": self.default_role, **document, "id": self._new_id(document.get("id"))}
        self.users[user["id"]] = user
        self.created[user["id"]] = time.time()
        self._names.add(user["userName"], user["id"])
        return user

    def remove_user(self, id: str) -> None:
        """Removes a user, also from every group."""
        user = self.users.pop(id)
        self._names.remove(user["userName"], id)
        for group in self._groups_of.pop(id, set()):
            self.groups[group]["members"].pop(id, None)

    def add_group(self, document: Document, *, unique: bool = True) -> Document:
        """Adds a group; raises NameTaken if names must be unique."""
        if unique and self._group_names.ids(document["displayName"]):
            raise NameTaken(document["displayName"])
        group = {**document, "id": self._new_id(document.get("id")), "members": {}}
        self.groups[group["id"]] = group
        self.created[group["id"]] = time.time()
        self._group_names.add(group["displayName"], group["id"])
        self.set_members(group["id"], document.get("members") or ())
        return group

    def rename_group(self, id: str, name: str, *, unique: bool = True) -> None:
        """Renames a group; raises NameTaken if names must be unique."""
        if unique and set(self._group_names.ids(name)) - {id}:
            raise NameTaken(name)
        self._group_names.remove(self.groups[id]["displayName"], id)
        self.groups[id]["displayName"] = name
        self._group_names.add(name, id)

    def remove_group(self, id: str) -> None:
        """Removes a group; its members stay users."""
        self.set_members(id, ())
        group = self.groups.pop(id)
        self._group_names.remove(group["displayName"], id)

    def set_members(self, id: str, members: Iterable[str]) -> None:
        """Makes exactly these users the members of a group."""
        wanted = dict.fromkeys(members)
        group = self.groups[id]
        for member in set(group["members"]) - set(wanted):
            self._groups_of[member].discard(id)
        for member in wanted:
            self._groups_of[member].add(id)
        group["members"] = wanted

    def groups_of(self, id: str) -> list[str]:
        """Returns the ids of the groups that hold a user."""
        return sorted(self._groups_of.get(id, ()))

    def users_named(self, name: str) -> list[Document]:
        """Returns the users with a userName, in any case: at most one if names are unique."""
        return [self.users[id] for id in self._names.ids(name)]

    def user_named(self, name: str) -> Document | None:
        """Returns the first user with a userName, in any case."""
        return next(iter(self.users_named(name)), None)

    def snapshot(self) -> Document:
        """Returns everything by name, without ids: equal snapshots mean equal tenants."""
        names = {id: user["userName"] for id, user in self.users.items()}
        return {
            "users": {
                user["userName"]: {key: value for key, value in sorted(user.items()) if key != "id"}
                for user in sorted(self.users.values(), key=lambda user: str(user["userName"]))
            },
            "groups": {
                group["displayName"]: sorted(names[member] for member in group["members"])
                for group in sorted(self.groups.values(), key=lambda group: str(group["displayName"]))
            },
        }

    def load(self, path: Path, *, unique: bool = True) -> None:
        """Adds what a file holds: ``{"users": [...], "groups": [{"displayName", "members": [userName]}]}``.

        For people who share a userName, an id can be given instead.
        """
        try:
            document = json.loads(path.read_text("utf-8"))
            for user in document.get("users", ()):
                self.created.pop(self.add_user(user, unique=unique)["id"])
            for group in document.get("groups", ()):
                members = [self._id_of(name) for name in group.get("members", ())]
                self.created.pop(self.add_group({**group, "members": members}, unique=unique)["id"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, NameTaken) as error:
            why = reason_of(error) if isinstance(error, OSError) else repr(error)
            raise UsageError(f"{path} can't be read as the content of a tenant: {why}.") from error

    def save(self, path: Path) -> None:
        """Writes everything to a file that `load` reads, in one step."""
        shared = {id for id, user in self.users.items() if len(self._names.ids(user["userName"])) > 1}
        names = {id: id if id in shared else user["userName"] for id, user in self.users.items()}
        groups = [{**group, "members": [names[id] for id in group["members"]]} for group in self.groups.values()]
        document = {"users": list(self.users.values()), "groups": groups}
        replace_bytes(path, json.dumps(document, indent=1).encode())

    def _id_of(self, name: str) -> str:
        named = self._names.ids(name)
        return named[0] if named else str(self.users[name]["id"])

    def _new_id(self, wanted: object) -> str:
        if wanted is not None:
            digits = str(wanted)
            self._next = max(self._next, int(digits) + 1 if digits.isdigit() else 0)
            return digits
        self._next += 1
        return str(self._next - 1)


class _Names:
    """Holds ids by name, in the order they came; several share a name only if that was allowed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)

    def ids(self, name: object) -> tuple[str, ...]:
        key = caseless(str(name))
        alike = self._ids.get(folded(key), ())
        return tuple(id for other, id in alike if self._store.folds or other == key)

    def add(self, name: object, id: str) -> None:
        key = caseless(str(name))
        self._ids[folded(key)].append((key, id))

    def remove(self, name: object, id: str) -> None:
        key = caseless(str(name))
        self._ids[folded(key)].remove((key, id))
