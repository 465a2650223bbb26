"""Serves the rehearsal tenant over HTTP: authentication, routes, error bodies, and the faults that were asked for."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from heapscim.sandbox.heap.discovery import resource_types, schemas, service_provider_config
from heapscim.sandbox.heap.faults import Faults, echoed
from heapscim.sandbox.heap.forms import answer_to_write
from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.heap.projection import search_query
from heapscim.sandbox.heap.service import HeapService
from heapscim.scim import urns

_SEARCHES = {(".search", None): None, ("Users", ".search"): "Users", ("Groups", ".search"): "Groups"}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Tenant:
    """Represents a running rehearsal tenant: its service, its requests so far, and its latency."""

    def __init__(
        self, service: HeapService, token: str, *, latency: float = 0.0, saved: Callable[[], None] | None = None
    ) -> None:
        self.service = service
        self.requests: Counter[tuple[str, str]] = Counter()
        """Counts requests by method and kind of resource (``("POST", "Users")``); a search by POST is a ``SEARCH``."""
        self.latency = latency
        """Seconds that each response waits."""
        self._token = token
        self._saved = saved
        self.faults = Faults(service.behaviour.fault_seed)
        """The faults that happen on purpose."""
        self._recent: list[float] = []

    @property
    def writes(self) -> int:
        """Returns the number of requests so far that weren't reads."""
        return sum(count for (method, _), count in self.requests.items() if method not in ("GET", "SEARCH"))

    def app(self, prefix: str) -> ASGIApp:
        """Returns the ASGI application, with all routes under ``prefix``."""
        routes = [
            Route(prefix + "/{kind:str}", self._answer, methods=_METHODS),
            Route(prefix + "/{kind:str}/{id:path}", self._answer, methods=_METHODS),
        ]
        return self._with_faults(Starlette(routes=routes))

    async def _answer(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        searched = (kind, request.path_params.get("id")) in _SEARCHES
        self.requests["SEARCH" if searched else request.method, kind] += 1
        if self.latency:
            await asyncio.sleep(self.latency)
        try:
            if refused := self._unauthorised(request):
                return refused
            self._throttle()
            body = await request.body()
            self._check_media_types(request, body)
            before = self._before(request, kind)
            document = self._route(request, kind, _parsed(body))
        except Refused as error:
            return self._error(error, request)
        except ClientDisconnect:
            return Response(status_code=499)
        if request.method != "GET" and not searched and self._saved is not None:
            self._saved()
        return self._success(request, document, before)

    def _route(self, request: Request, kind: str, document: object) -> Any:  # noqa: ANN401 - any JSON
        id = request.path_params.get("id")
        service = self.service
        if request.method == "POST" and (kind, id) in _SEARCHES:
            return service.search(_SEARCHES[kind, id], search_query(document))
        if kind in ("ServiceProviderConfig", "ResourceTypes", "Schemas"):
            return self._described(kind, id, request.method)
        if kind not in ("Users", "Groups"):
            raise Refused(404, f"There is no {kind}.")
        match request.method, id:
            case "GET", None:
                return service.page(kind, request.query_params)
            case "POST", None:
                return service.create(kind, document)
            case "GET", str(id):
                return self._single(kind, id, request)
            case "PUT", str(id):
                return service.replace(kind, id, document)
            case "PATCH", str(id):
                return service.patch(kind, id, document)
            case "DELETE", str(id):
                return service.delete(kind, id)
        raise Refused(405, "That method makes no sense here.")

    def _single(self, kind: str, id: str, request: Request) -> Any:  # noqa: ANN401 - any JSON
        """Returns one resource, if the tenant has such a route."""
        behaviour = self.service.behaviour
        match behaviour.single_users if kind == "Users" else behaviour.single_groups:
            case "yes":
                return self.service.get(kind, id, request.query_params)
            case "empty":
                return {}
            case status:
                raise Refused(int(status), f"{kind} can't be read one by one.")

    def _described(self, kind: str, id: str | None, method: str) -> Any:  # noqa: ANN401
        if method != "GET":
            raise Refused(405, "That can only be read.")
        behaviour, base_url = self.service.behaviour, self.service.base_url
        if kind == "ServiceProviderConfig":
            if behaviour.service_provider_config == "no":
                raise Refused(404, "There is no ServiceProviderConfig.")
            return service_provider_config(behaviour, base_url)
        rows = resource_types(base_url) if kind == "ResourceTypes" else schemas(base_url)
        if id is None:
            listed = {"schemas": [urns.LIST_RESPONSE], "totalResults": len(rows), "Resources": rows}
            return {**listed, "startIndex": 1, "itemsPerPage": len(rows)}
        for row in rows:
            if row["id"] == id:
                return row
        raise Refused(404, f"{kind} has no {id}.")

    def _unauthorised(self, request: Request) -> Response | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token.strip() or " " in token.strip():
            return Response("Invalid bearer token header.", 400, media_type="text/plain")
        if token.strip() != self._token:
            return self._error(Refused(401, "The token is not valid."), request)
        return None

    def _throttle(self) -> None:
        rate = self.service.behaviour.rate
        if not rate:
            return
        now = time.monotonic()
        self._recent = [at for at in self._recent if now - at < 1]
        if len(self._recent) >= rate:
            raise Refused(429, "Too many requests.")
        self._recent.append(now)

    def _check_media_types(self, request: Request, body: bytes) -> None:
        behaviour = self.service.behaviour
        sent = request.headers.get("content-type", "").partition(";")[0].strip()
        wanted = {"json": "application/json", "scim": urns.MEDIA_TYPE}.get(behaviour.media_type, sent)
        if body and sent != wanted:
            raise Refused(415, f"{sent} isn't understood.")
        if behaviour.accept == "json" and request.headers.get("accept") != "application/json":
            raise Refused(406, "Only application/json is spoken.")

    def _before(self, request: Request, kind: str) -> dict[str, Any] | None:
        """Returns a resource before it is written, if the response is to show that."""
        id, is_write = request.path_params.get("id"), request.method in ("PUT", "PATCH")
        if not is_write or id is None or self.service.behaviour.answer != "before":
            return None
        return dict(self.service.get(kind, id, {}))

    def _success(self, request: Request, document: object, before: dict[str, Any] | None) -> Response:
        method, searched = request.method, request.url.path.endswith("/.search")
        written = method in ("PUT", "PATCH") and self.service.behaviour.write_body == "no"
        if document is None or written:
            return Response(status_code=204)
        status = 201 if method == "POST" and not searched else 200
        body = document
        if isinstance(document, dict) and "id" in document and (method in ("PUT", "PATCH") or status == 201):
            body = answer_to_write(document, before, self.service.behaviour.answer, is_update=status != 201)
        response = Response(status_code=status) if body is None else self._json(body, status)
        if isinstance(document, dict) and status == 201 and "meta" in document:
            response.headers["Location"] = document["meta"]["location"]
        return response

    def _error(self, error: Refused, request: Request) -> Response:
        error.detail += echoed(self.service.behaviour.echo, request.headers.get("authorization", ""))
        response = self._error_body(error)
        if error.status == 429:
            match self.service.behaviour.retry_after:
                case "seconds":
                    response.headers["Retry-After"] = "1"
                case "date":
                    response.headers["Retry-After"] = formatdate(time.time() + 1, usegmt=True)
                case "none":
                    pass
        return response

    def _error_body(self, error: Refused) -> Response:
        match self.service.behaviour.error_body:
            case "scim":
                body = {"schemas": [urns.ERROR], "status": str(error.status), "detail": error.detail}
                scim_type = {"scimType": error.scim_type} if error.scim_type else {}
                return self._json(body | scim_type, error.status)
            case "json":
                return self._json({"error": {"message": error.detail}}, error.status)
            case "text":
                return Response(error.detail, error.status, media_type="text/plain")
            case "html":
                return Response(f"<html><body>{error.status}</body></html>", error.status, media_type="text/html")
            case "empty":
                return Response(status_code=error.status)

    def _json(self, document: object, status: int) -> Response:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return Response(body, status, headers={"Content-Type": self.service.behaviour.content_type})

    def _with_faults(self, app: ASGIApp) -> ASGIApp:
        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            await self.faults.serve(self.service.behaviour, app, scope, receive, send)

        return faulty


def _parsed(body: bytes) -> object:
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body isn't JSON.", "invalidSyntax") from None
