"""What the rehearsal tenant holds: users and groups by id, with indexes by name and by membership."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from heapscim.errors import UsageError

Document = dict[str, Any]
DEFAULT_ROLE = "Analyst"
ROLES = ("Admin", "Architect", "Analyst", "Consumer", "Read-Only")


class NameTaken(Exception):
    """A user or group of that name exists."""


class Store:
    """Users and groups. Documents are in wire form, with ``role`` at the top; members are ids."""

    def __init__(self, *, default_role: str = DEFAULT_ROLE) -> None:
        self.users: dict[str, Document] = {}
        self.groups: dict[str, Document] = {}
        self.default_role = default_role
        """What a user gets who comes without a role."""
        self._names: dict[str, str] = {}
        self._group_names: dict[str, str] = {}
        self._groups_of: defaultdict[str, set[str]] = defaultdict(set)
        self._next = 1000

    def add_user(self, document: Document) -> Document:
        """Adds a user with the default role where none is given; raises NameTaken."""
        key = fold(str(document["userName"]))
        if key in self._names:
            raise NameTaken(document["userName"])
        user = {"active": True, "role": self.default_role, **document, "id": self._new_id(document.get("id"))}
        self.users[user["id"]] = user
        self._names[key] = user["id"]
        return user

    def remove_user(self, id: str) -> None:
        """Removes a user, and from every group."""
        user = self.users.pop(id)
        del self._names[fold(user["userName"])]
        for group in self._groups_of.pop(id, set()):
            self.groups[group]["members"].pop(id, None)

    def add_group(self, document: Document) -> Document:
        """Adds a group; raises NameTaken."""
        key = fold(str(document["displayName"]))
        if key in self._group_names:
            raise NameTaken(document["displayName"])
        group = {**document, "id": self._new_id(document.get("id")), "members": {}}
        self.groups[group["id"]] = group
        self._group_names[key] = group["id"]
        self.set_members(group["id"], document.get("members") or ())
        return group

    def rename_group(self, id: str, name: str) -> None:
        """Renames a group; raises NameTaken."""
        key = fold(name)
        if self._group_names.get(key, id) != id:
            raise NameTaken(name)
        del self._group_names[fold(self.groups[id]["displayName"])]
        self.groups[id]["displayName"] = name
        self._group_names[key] = id

    def remove_group(self, id: str) -> None:
        """Removes a group; its members stay users."""
        self.set_members(id, ())
        group = self.groups.pop(id)
        del self._group_names[fold(group["displayName"])]

    def set_members(self, id: str, members: Iterable[str]) -> None:
        """Makes exactly these users the members of a group."""
        wanted = dict.fromkeys(members)
        group = self.groups[id]
        for member in set(group["members"]) - set(wanted):
            self._groups_of[member].discard(id)
        for member in wanted:
            self._groups_of[member].add(id)
        group["members"] = wanted

    def user_named(self, name: str) -> Document | None:
        """The user of a userName, in any case."""
        id = self._names.get(fold(name))
        return None if id is None else self.users[id]

    def snapshot(self) -> Document:
        """Everything by name, without ids: equal snapshots mean equal tenants."""
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

    def load(self, path: Path) -> None:
        """Adds what a file holds: ``{"users": [...], "groups": [{"displayName", "members": [userName]}]}``."""
        try:
            document = json.loads(path.read_text("utf-8"))
            for user in document.get("users", ()):
                self.add_user(user)
            for group in document.get("groups", ()):
                members = [self._names[fold(name)] for name in group.get("members", ())]
                self.add_group({**group, "members": members})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, NameTaken) as error:
            raise UsageError(f"{path} can't be read as the content of a tenant: {error!r}.") from error

    def save(self, path: Path) -> None:
        """Writes everything to a file that `load` reads, in one step."""
        names = {id: user["userName"] for id, user in self.users.items()}
        groups = [{**group, "members": [names[id] for id in group["members"]]} for group in self.groups.values()]
        draft = path.with_name(path.name + ".new")
        draft.write_text(json.dumps({"users": list(self.users.values()), "groups": groups}, indent=1), "utf-8")
        draft.replace(path)

    def _new_id(self, wanted: object) -> str:
        if wanted is not None:
            digits = str(wanted)
            self._next = max(self._next, int(digits) + 1 if digits.isdigit() else 0)
            return digits
        self._next += 1
        return str(self._next - 1)


def fold(name: str) -> str:
    """Names compare in Unicode NFC without regard to case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
