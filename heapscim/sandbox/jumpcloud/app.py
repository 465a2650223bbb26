"""Serves a rehearsal JumpCloud: the parts of its API that a directory needs, in the documented forms.

Each response cites its source: "reference" is the page of facts that this project keeps about Heap and JumpCloud, by
section; what is unknown is a switch of JumpCloudBehaviour.
"""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from heapscim.sandbox.jumpcloud.by_id import ById
from heapscim.sandbox.jumpcloud.insights import Insights
from heapscim.sandbox.jumpcloud.lists import JumpCloudRefused, Lists, declined
from heapscim.sandbox.jumpcloud.store import ORGANISATION, Document, JumpCloudBehaviour, JumpCloudStore


class JumpCloudServer:
    """Represents a running rehearsal JumpCloud."""

    def __init__(
        self,
        store: JumpCloudStore,
        key: str,
        behaviour: JumpCloudBehaviour,
        *,
        clock: Callable[[], float],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.key = key
        self.client = "client-id:client-secret"
        self.behaviour = behaviour
        self.requests: Counter[str] = Counter()
        """Counts requests by method and path, without ids; those for people who are bound themselves apart."""
        self.job_mails: list[str] = []
        """Ids of the jobs whose results are mailed to the administrator."""
        self._clock = clock
        self._jobs = 0
        self._waiting: list[Document] = []
        """Users whom a slow job still has to create."""
        self._tokens: dict[str, float] = {}
        self._recent: list[float] = []
        self._lists = Lists(lambda: self.behaviour)
        self._by_id = ById(store, lambda: self.behaviour, self._lists)
        self._insights = Insights(store, lambda: self.behaviour, now)

    @property
    def writes(self) -> int:
        """Returns the number of requests so far that weren't reads."""
        return sum(count for name, count in self.requests.items() if name.startswith("POST /api"))

    def app(self) -> ASGIApp:
        """Returns the ASGI application."""
        answers: dict[str, tuple[str, Callable[[Request, Any], Any]]] = {
            "/api/organizations": ("GET", self._organisations),
            "/api/systemusers": ("GET POST", self._users),
            "/api/systemusers/{id}": ("GET", self._by_id.user),
            "/api/applications": ("GET", self._applications),
            "/api/v2/users/{id}/memberof": ("GET", self._by_id.memberof),
            "/api/v2/usergroups": ("GET", self._groups),
            "/api/v2/usergroups/{id}": ("GET", self._by_id.group),
            "/api/v2/usergroups/{id}/associations": ("GET", self._by_id.applications_of),
            "/api/v2/usergroups/{id}/members": ("GET POST", self._members),
            "/api/v2/usergroups/{id}/membership": ("GET", self._membership),
            "/api/v2/applications/{id}/associations": ("GET POST", self._associations),
            "/api/v2/bulk/users": ("POST", self._bulk_create),
            "/insights/directory/v1/events": ("POST", self._insights.search),
        }
        routes = [
            Route(path, self._guarded(path, answer), methods=methods.split())
            for path, (methods, answer) in answers.items()
        ]
        return Starlette(routes=[*routes, Route("/oauth2/token", self._token, methods=["POST"])])

    def revoke_tokens(self) -> None:
        """Revokes every token."""
        self._tokens.clear()

    def _guarded(self, path: str, answer: Callable[[Request, Any], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            themselves = "?targets=user" if request.query_params.get("targets") == "user" else ""
            self.requests[f"{request.method} {path}{themselves}"] += 1
            try:
                self._throttle()
                self._authorise(request)
                body = await request.body()
                try:
                    document = json.loads(body) if body else None
                except ValueError:
                    raise JumpCloudRefused(400, "Bad Request: the body is not JSON") from None
                answered = answer(request, document)
                if request.method != "GET":
                    self._insights.note_changes()
            except JumpCloudRefused as error:
                return declined(error)
            if self.behaviour.strange and path.endswith(self.behaviour.strange):
                return JSONResponse({"strange": True})
            if f"{request.method} {path}" == self.behaviour.lost_answer:
                return Response("Bad Gateway", 502)
            return answered if isinstance(answered, Response) else JSONResponse(answered)

        return endpoint

    def _throttle(self) -> None:
        """Refuses with 429 above the rate, a documented status without published numbers (reference 3.1)."""
        if not self.behaviour.rate:
            return
        now = self._clock()
        self._recent = [at for at in self._recent if now - at < 1]
        if len(self._recent) >= self.behaviour.rate:
            raise JumpCloudRefused(429, "Too Many Requests")
        self._recent.append(now)

    def _authorise(self, request: Request) -> None:
        """Checks the key in ``x-api-key`` or a bearer token, and ``x-org-id`` if there are several organisations.

        Reference 3.1; the words of a missing organisation are those of terraform-provider-jumpcloud issue 12.
        """
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = request.headers.get("x-api-key") == self.key or self._tokens.get(token, 0) > self._clock()
        if not known or self.behaviour.wrong_region == "yes":
            raise JumpCloudRefused(401, "Unauthorized")
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        organisation = request.headers.get("x-org-id")
        if organisation is not None and self.behaviour.refuses_org_id == "yes":
            raise JumpCloudRefused(403, "Forbidden")
        if path != "/api/organizations" and self.behaviour.organisations > 1:
            if organisation is None:
                raise JumpCloudRefused(401, "Unauthorized: no organization selected")
            if organisation not in self._organisation_ids():
                raise JumpCloudRefused(401, "Unauthorized: organization not found")
        read_only = self.behaviour.read_only == "yes" and request.method != "GET" and path.startswith("/api/")
        if read_only or (self.behaviour.forbidden and path.startswith(self.behaviour.forbidden)):
            raise JumpCloudRefused(403, "Forbidden: your role lacks a permission")

    def _organisation_ids(self) -> list[str]:
        return [f"{int(ORGANISATION, 16) + number:024x}" for number in range(self.behaviour.organisations)]

    def _organisations(self, request: Request, document: Any) -> Any:  # noqa: ANN401, ARG002
        """Returns ``{results: [{_id, displayName}], totalCount}`` (reference 3.1, key check)."""
        rows = [{"_id": id, "displayName": f"Organisation {n}"} for n, id in enumerate(self._organisation_ids(), 1)]
        return self._lists.v1(request, rows)

    def _users(self, request: Request, document: Any) -> Any:  # noqa: ANN401
        """Returns the V1 list ``{results, totalCount}``; a POST returns the user with **200** (reference 3.2)."""
        if request.method == "GET":
            rows = self._lists.ordered(request, self._by_id.listed())
            half = (len(self._waiting) + 1) // 2
            self._create(self._waiting[:half])
            self._waiting = self._waiting[half:]
            return self._lists.v1(request, rows)
        if not isinstance(document, dict):
            raise JumpCloudRefused(400, "Bad Request: a user is an object")
        try:
            return self.store.create_user(self._with_state(document))
        except ValueError as error:
            raise JumpCloudRefused(409 if "already" in str(error) else 400, str(error)) from None

    def _applications(self, request: Request, document: Any) -> Any:  # noqa: ANN401, ARG002
        """Returns a V1 list with ``name`` beside ``results`` and ``totalCount`` (reference 3.3)."""
        active = self.behaviour.inactive_applications == "no"
        rows = [{**row, "active": row["active"] and active} for row in self.store.applications.values()]
        return self._lists.v1(request, rows) | {"name": "applications"}

    def _groups(self, request: Request, document: Any) -> Any:  # noqa: ANN401, ARG002
        """Returns a bare array of user groups (reference 3.3)."""
        return self._lists.v2(request, list(self.store.groups.values()))

    def _members(self, request: Request, document: Any) -> Any:  # noqa: ANN401
        """Returns edges ``[{to: {type, id, attributes}}]``; POST ``{op, type, id}`` returns 204 (reference 3.3)."""
        group = self._found(self.store.groups, request)
        members = self.store.members[group["id"]]
        if request.method == "GET":
            return self._lists.v2(request, [self._edge("user", id) if self._is_listed(id) else None for id in members])
        if group["membershipMethod"] == "DYNAMIC_AUTOMATED":
            raise JumpCloudRefused(400, "Bad Request: members of a dynamic group can't be changed")
        return self._change(document, "user", members, self.store.users)

    def _membership(self, request: Request, document: Any) -> Any:  # noqa: ANN401, ARG002
        """Returns effective users ``[{type, id, compiledAttributes, paths}]`` (reference 3.3)."""
        group = self._found(self.store.groups, request)
        rows = [
            {"type": "user", "id": id, "compiledAttributes": {"ldapGroups": []}, "paths": [[self._edge("user", id)]]}
            if self._is_listed(id)
            else None
            for id in self.store.effective(group["id"])
        ]
        return self._lists.v2(request, rows)

    def _associations(self, request: Request, document: Any) -> Any:  # noqa: ANN401
        """Returns an application's direct edges; POST ``{op, type: "user_group", id}`` returns 204 (reference 3.3)."""
        application = self._found(self.store.applications, request)
        bound = self.store.bound[application["_id"]]
        if request.method == "GET":
            if request.query_params.get("targets") not in ("user_group", "user"):
                raise JumpCloudRefused(400, "Bad Request: targets is required")
            if request.query_params["targets"] == "user":
                return self._lists.v2(request, [self._edge("user", id) for id in self._by_id.direct_people()])
            return self._lists.v2(request, [self._edge("user_group", id) for id in bound])
        return self._change(document, "user_group", bound, self.store.groups)

    def _bulk_create(self, request: Request, document: Any) -> Any:  # noqa: ANN401
        """Returns ``{jobId}`` for an array of users; a malformed ``creation-source`` is a 400 (reference 3.4).

        A user whom it can't create is left out. ``suppressEmail`` silences the mail about the results.
        """
        if self.behaviour.bulk == "refused":
            raise JumpCloudRefused(404, "Not Found")
        source = request.headers.get("creation-source", "jumpcloud:bulk")
        if source not in ("jumpcloud:gapps", "jumpcloud:o365", "jumpcloud:workday", "jumpcloud:scim", "jumpcloud:bulk",
                          "jumpcloud:custom_integration"):  # fmt: skip
            raise JumpCloudRefused(400, "Bad Request: creation-source is malformed")
        if not isinstance(document, list):
            raise JumpCloudRefused(400, "Bad Request: an array of users is expected")
        users = [{"creationSource": source, **self._with_state(user)} for user in document]
        if self.behaviour.bulk == "pretends_and_lies":
            self.behaviour = replace(self.behaviour, wrong_total=1)
        if self.behaviour.bulk == "pretends_and_breaks":
            self.behaviour = replace(self.behaviour, lost_page="systemusers@0")
        if self.behaviour.bulk == "slow":
            self._waiting += users
        elif self.behaviour.bulk == "yes":
            self._create(users)
        self._jobs += 1
        job = f"{0x6A00_0000_0000_0000_0000_0000 + self._jobs:024x}"
        if request.query_params.get("suppressEmail") != "true":
            self.job_mails.append(job)
        return {"jobId": job}

    def _create(self, users: list[Document]) -> None:
        for user in users:
            with suppress(ValueError):  # a job that can't create a user goes on with the next one
                self.store.create_user(user)

    def _with_state(self, user: Document) -> Document:
        """Returns a user with the organisation's default state, unless the request names one (reference 3.4)."""
        state = {"state": self.behaviour.default_state}
        return {**user, **state} if self.behaviour.ignores_state == "yes" else {**state, **user}

    async def _token(self, request: Request) -> Response:
        """Returns a token for HTTP Basic with client id and secret, and a form (reference 3.1, service accounts)."""
        self.requests["POST /oauth2/token"] += 1
        wanted = "Basic " + base64.b64encode(self.client.encode()).decode()
        if request.headers.get("authorization") != wanted or b"grant_type=client_credentials" not in (
            await request.body()
        ):
            return JSONResponse({"error": "invalid_client"}, 401)
        token = f"token-{len(self._tokens) + 1}-{self.requests['POST /oauth2/token']}"
        self._tokens[token] = self._clock() + self.behaviour.token_life
        return JSONResponse({"access_token": token, "expires_in": self.behaviour.token_life, "token_type": "bearer"})

    def _change(self, document: Any, type: str, edges: dict[str, None], known: dict[str, Document]) -> Response:  # noqa: ANN401
        match document:
            case {"op": "add" | "remove" as op, "type": str(kind), "id": str(id)} if kind == type:
                pass
            case _:
                raise JumpCloudRefused(400, f"Bad Request: an operation on a {type} is expected")
        if id not in known:
            raise JumpCloudRefused(404, "Not Found")
        if self.behaviour.ignores_bindings == "yes":
            return Response(status_code=204)
        if op == "add" and id in edges:
            raise JumpCloudRefused(409, "Already Exists")
        if op == "add":
            edges[id] = None
        else:
            edges.pop(id, None)
        return Response(status_code=204)

    def _found(self, rows: dict[str, Document], request: Request) -> Document:
        try:
            return rows[str(request.path_params["id"])]
        except KeyError:
            raise JumpCloudRefused(404, "Not Found") from None

    def _is_listed(self, id: str) -> bool:
        """Reports whether lists of members show a user as one, because the user is there or a switch says so."""
        return id in self.store.users or self.behaviour.null_members == "listed"

    def _edge(self, type: str, id: str) -> Document:
        return {"to": {"type": type, "id": id, "attributes": None}, "attributes": None}


def new_jumpcloud(store: JumpCloudStore, key: str, behaviour: JumpCloudBehaviour) -> JumpCloudServer:
    """Returns a JumpCloud that uses the real time."""
    return JumpCloudServer(store, key, behaviour, clock=time.monotonic)
