"""Asks JumpCloud for single users and groups by their ids. Only an answer of its API about that very id counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from heapscim.directory.rest.client import RestClient, side_by_side
from heapscim.directory.rest.paging import Source
from heapscim.directory.rest.reading import Record
from heapscim.errors import DirectoryError, DirectoryUnauthenticated, NotFound

GONE: Final = "gone"
Answer: TypeAlias = Record | Literal["gone"] | None
"""A record; ``gone`` for a 404 in the API's own form; None for anything else, which proves nothing."""
_NOT_FOUND = 404
_ID = re.compile(r"[0-9A-Za-z_-]+")
"""An id that needs no quoting. Others come from another directory of the same profile, and aren't asked for."""


async def users_by_id(api: RestClient, ids: Iterable[str]) -> dict[str, Answer]:
    """Asks for each user, side by side; raises DirectoryUnauthenticated."""
    return await _each(api, "/api/systemusers", "_id", ids)


async def groups_by_id(api: RestClient, ids: Iterable[str]) -> dict[str, Answer]:
    """Asks for each user group, side by side; raises DirectoryUnauthenticated."""
    return await _each(api, "/api/v2/usergroups", "id", ids)


async def groups_of(api: RestClient, user: str) -> frozenset[str] | None:
    """Returns the ids of all groups that hold a user, also through others; None if that can't be proven."""
    path = f"/api/v2/users/{user}/memberof"
    source = Source(path, "groups of the user", ("id",), nulls_count=True, order=(("sort", "id"),))
    return await _ids(api, source, "id")


async def applications_of(api: RestClient, group: str) -> frozenset[str] | None:
    """Returns the ids of all applications that a group is bound to; None if that can't be proven."""
    path = f"/api/v2/usergroups/{group}/associations"
    source = Source(path, "applications of the group", ("to", "id"), (("targets", "application"),), nulls_count=True)
    return await _ids(api, source, "to")


async def _each(api: RestClient, path: str, key: str, ids: Iterable[str]) -> dict[str, Answer]:
    wanted = [id for id in ids if _ID.fullmatch(id)]
    return dict(zip(wanted, await side_by_side(*(_one(api, path, key, id) for id in wanted)), strict=True))


async def _one(api: RestClient, path: str, key: str, id: str) -> Answer:
    try:
        document = await api.get(f"{path}/{id}")
    except DirectoryUnauthenticated:
        raise
    except DirectoryError as error:
        # JumpCloud's errors hold a message; a proxy that knows no such path says so in its own way.
        cause = error.__cause__
        is_ours = isinstance(cause, NotFound) and cause.status == _NOT_FOUND and "message" in cause.names
        return GONE if is_ours else None
    return document if isinstance(document, Mapping) and document.get(key) == id else None


async def _ids(api: RestClient, source: Source, key: Literal["id", "to"]) -> frozenset[str] | None:
    try:
        listing = await api.read_list(source)
    except DirectoryUnauthenticated:
        raise
    except DirectoryError:
        return None
    if not listing.completeness.proven:
        return None
    return frozenset(str(row["to"]["id"] if key == "to" else row["id"]) for row in listing.records)
