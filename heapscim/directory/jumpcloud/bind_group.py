"""Binds user groups to an application and unbinds them; an answer is no proof, so it looks again."""

from __future__ import annotations

from heapscim.directory.jumpcloud.read import Application, bindings_of, find_group
from heapscim.directory.rest.client import RestClient
from heapscim.errors import DirectoryError, DirectoryResponseLost


async def bind(api: RestClient, application: Application, name: str, *, bound: bool) -> None:
    """Makes a group bound or not; one that is so already is a success. Raises DirectoryError."""
    group = await find_group(api, name)
    id = str(group["id"])
    if await _is_bound(api, application, id) is bound:
        return
    request = {"op": "add" if bound else "remove", "type": "user_group", "id": id}
    try:
        await api.post(f"/api/v2/applications/{application.id}/associations", request)
    except DirectoryResponseLost:
        if await _is_bound(api, application, id) is not bound:
            raise
    if await _is_bound(api, application, id) is not bound:
        still = "not bound" if bound else "still bound"
        raise DirectoryError(
            f"JumpCloud accepted the change, but {group['name']} is {still} to {application.label}.",
            hint="Look at the application in JumpCloud's console, and try again.",
        )


async def _is_bound(api: RestClient, application: Application, id: str) -> bool:
    listing = await api.read_list(bindings_of(application.id))
    return any(row["to"]["id"] == id for row in listing.records)
