"""What may go wrong on the way to a rehearsal tenant, and back: asked for by name, by chance that can be replayed."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from random import Random

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heapscim.sandbox.behaviour import Behaviour


class Faults:
    """Lets a share of requests go wrong."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - rehearsed faults need no secrecy

    async def serve(self, behaviour: Behaviour, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request by way of ``app``, or badly."""
        if self._chance.random() >= behaviour.fault_rate:
            await app(scope, receive, send)
            return
        fault = self._chance.choice(behaviour.faults.split(","))
        match fault:
            case "stall":
                await asyncio.sleep(behaviour.stall_seconds)
                await app(scope, receive, send)
            case "reset_before":
                _cut(send)
            case "reset_after" | "truncate":
                await _answer_partly(app, scope, receive, send, half=fault == "truncate")
            case _:
                await _trouble(fault)(scope, receive, send)


def _trouble(fault: str) -> Response:
    match fault:
        case "html":
            return Response("<html>trouble</html>", 502, media_type="text/html")
        case "429_seconds":
            return Response("slower", 429, headers={"Retry-After": "1"}, media_type="text/plain")
        case "429_date":
            later = formatdate(time.time() + 1, usegmt=True)
            return Response("slower", 429, headers={"Retry-After": later}, media_type="text/plain")
        case _:
            return Response("trouble", int(fault), media_type="text/plain")


async def _answer_partly(app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, half: bool) -> None:
    """Does the work, then cuts the connection: before the answer, or in the middle of it."""
    kept: list[Message] = []

    async def keep(message: Message) -> None:
        kept.append(message)

    await app(scope, receive, keep)
    if half:
        for message in kept:
            if message["type"] == "http.response.body":
                body = message.get("body", b"")
                await send({**message, "body": body[: len(body) // 2], "more_body": True})
            else:
                await send(message)
        await asyncio.sleep(0.01)
    _cut(send)


def _cut(send: Send) -> None:
    """Drops the connection under uvicorn, which has no word of its own for that."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]
