"""Serves one user, one user group, and the groups of one user, by id, as the switches say.

"Reference" is the page of facts that this project keeps about Heap and JumpCloud, by section.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from heapscim.sandbox.jumpcloud.lists import JumpCloudRefused, Lists
from heapscim.sandbox.jumpcloud.store import Document, JumpCloudBehaviour, JumpCloudStore


class ById:
    """Serves what is asked for by its id."""

    def __init__(self, store: JumpCloudStore, behaviour: Callable[[], JumpCloudBehaviour], lists: Lists) -> None:
        self._store = store
        self._behaviour = behaviour
        self._lists = lists

    def listed(self) -> list[Document]:
        """Returns the users whom the list of users shows, with the states that the switches give them."""
        hidden = _names(self._behaviour().hidden_users)
        return [self._as_shown(user) for user in self._store.users.values() if user["username"] not in hidden]

    def user(self, request: Request, document: object) -> Response:  # noqa: ARG002
        """Returns one user, as the list does (reference 3.2)."""
        shown = self.listed() if self._behaviour().by_id == "as_listed" else map(self._as_shown, self._users())
        return self._one(request, {user["_id"]: user for user in shown})

    def group(self, request: Request, document: object) -> Response:  # noqa: ARG002
        """Returns one user group, as the list does (reference 3.3)."""
        return self._one(request, self._store.groups)

    def memberof(self, request: Request, document: object) -> Response:  # noqa: ARG002
        """Returns the groups of one user, also those that nested groups bring: ``[{type, id, paths}]`` (3.3)."""
        behaviour, id = self._behaviour(), str(request.path_params["id"])
        if behaviour.memberof == "broken":
            raise JumpCloudRefused(500, "Internal Server Error")
        if id not in self._store.users:
            raise JumpCloudRefused(404, "Not Found")
        held = [] if behaviour.memberof == "empty" else self._store.groups
        groups = [group for group in held if id in self._store.effective(group)]
        return self._lists.v2(request, [{"type": "user_group", "id": group, "paths": []} for group in groups])

    def applications_of(self, request: Request, document: object) -> Response:  # noqa: ARG002
        """Returns the applications of one user group: ``[{to: {type, id}}]`` (reference 3.3)."""
        if request.query_params.get("targets") != "application":
            raise JumpCloudRefused(400, "Bad Request: targets is required")
        id = str(request.path_params["id"])
        if id not in self._store.groups:
            raise JumpCloudRefused(404, "Not Found")
        found = [application for application, groups in self._store.bound.items() if id in groups]
        return self._lists.v2(request, [{"to": {"type": "application", "id": application}} for application in found])

    def direct_people(self) -> list[str]:
        """Returns the ids of the users who are bound to each application."""
        names = _names(self._behaviour().direct_people)
        return [user["_id"] for user in self._users() if user["username"] in names]

    def _one(self, request: Request, rows: Mapping[str, Document]) -> Response:
        id = str(request.path_params["id"])
        match self._behaviour().by_id:
            case "page":
                return HTMLResponse("<html><h1>404 Not Found</h1></html>", 404)
            case "proxy":
                return JSONResponse({"error": "no such route"}, 404)
            case "forbidden":
                raise JumpCloudRefused(403, "Forbidden: your role lacks a permission")
            case "broken":
                raise JumpCloudRefused(500, "Internal Server Error")
            case "another":
                return JSONResponse(next(row for other, row in rows.items() if other != id))
            case "none":
                raise JumpCloudRefused(404, "Not Found")
        if id not in rows:
            raise JumpCloudRefused(404, "Not Found")
        return JSONResponse(rows[id])

    def _users(self) -> list[Document]:
        return list(self._store.users.values())

    def _as_shown(self, user: Document) -> Document:
        words = dict(entry.split(":", 1) for entry in _names(self._behaviour().states) if ":" in entry)
        return {**user, "state": words[user["username"]]} if user["username"] in words else user


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
