"""Whoever the provider is, messages call it by the name that the client was given."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from heapscim import errors
from heapscim.scim.client import GROUPS, USERS, ScimClient

ADA = {"id": "1", "userName": "ada@x.org"}
BEN = {"id": "2", "userName": "ben@x.org"}
Respond = Callable[[str, Mapping[str, Any]], object]


@dataclass(frozen=True)
class Wire:
    """A session that answers from a function of path and query."""

    respond: Respond
    max_in_flight: int = 8

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401
        del method, document, headers
        return self.respond(path, query or {})

    async def ask(self, method: str, path: str, *, document: object = None) -> Any:  # noqa: ANN401
        return SimpleNamespace(document=await self.send(method, path, document=document), headers={})


def told(respond: Respond, work: Callable[[ScimClient], Awaitable[object]]) -> str:
    """What comes of work in words: the evidence of a listing, or the message of an error."""

    async def whole() -> object:
        return await work(ScimClient(Wire(respond), provider="Acme", filters=True))

    try:
        found: Any = asyncio.run(whole())
    except errors.RequestError as error:
        return error.message
    return " ".join([found.completeness.evidence, *(row.message for row in found.broken)])


def paged(*rows: Mapping[str, Any], total: int | None) -> Respond:
    """A list of one page, and empty pages after it."""

    def respond(_path: str, query: Mapping[str, Any]) -> object:
        return {"Resources": list(rows) if query.get("startIndex") == 1 else [], "totalResults": total}

    return respond


def unsure(_path: str, query: Mapping[str, Any]) -> object:
    """A filter finds no rows, but a total that differs from name to name."""
    return {"Resources": [], "totalResults": len(query.get("filter", ""))}


def gone(path: str, query: Mapping[str, Any]) -> object:
    """A group that a list shows without members and whose id is not found."""
    if path == "/Groups":
        return paged({"id": "7", "displayName": "Crew"}, total=1)(path, query)
    raise errors.NotFound("Nothing is there.", status=404)


async def users(client: ScimClient) -> object:
    return await client.read_all(USERS)


async def the_group_of_the_list(client: ScimClient) -> object:
    await client.read_all(GROUPS)
    client.by_id.lists_members = lambda: False
    return await client.get(GROUPS, "7")


async def ada_by_name(client: ScimClient) -> object:
    return await client.find(USERS, "ada@x.org")


async def ada_by_id(client: ScimClient) -> object:
    return await client.ask(USERS, "1")


@pytest.mark.parametrize(
    ("respond", "work", "words"),
    [
        (paged(ADA, BEN, total=2), users, "Acme said 2 users, 2 unique read."),
        (paged(ADA, total=None), users, "Acme states no total; 1 unique users were read twice"),
        (paged(ADA, {**BEN, "id": "1"}, total=2), users, "several rows of Acme's list have the id 1"),
        (paged(ADA, {"id": "2"}, total=2), users, "Acme sent a user (id 2) that can't be understood"),
        (lambda _path, _query: [], users, "Acme's response is JSON but not a SCIM list."),
        (gone, the_group_of_the_list, "Acme's list shows /Groups/7 without members"),
        (unsure, ada_by_name, "It isn't known whether Acme has ada@x.org. Acme said 23 users"),
        (lambda _path, _query: BEN, ada_by_id, "Acme was asked for /Users/1 and returned '2'."),
    ],
)
def test_messages_name_the_provider(
    respond: Respond, work: Callable[[ScimClient], Awaitable[object]], words: str
) -> None:
    assert words in told(respond, work)
