"""Reads the groups of a tenant with all their members, even if its lists leave members out or cut them short."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Protocol

from heapscim import errors
from heapscim.execution.batch_lookup import ask_each
from heapscim.heap.forms import Known
from heapscim.model.completeness import Completeness, Doubt
from heapscim.model.phrases import counted
from heapscim.scim.client import GROUPS, ScimClient
from heapscim.scim.received import BrokenRow, Listing
from heapscim.scim.resources import Group

_SERVER_ERROR = 500


async def read_teams(client: ScimClient, known: Known) -> Listing[Group]:
    """Reads all groups with their members.

    One large group may make a whole list fail: then the list is read without members, and each group by itself, which
    is remembered. A group that can't be read is broken; that says nothing about the others.
    """

    async def read(*, lean: bool = False, isolates: bool = True) -> Listing[Group]:
        return await client.read_each(GROUPS, lambda group: group.without_rows(known.ids), lean=lean, isolates=isolates)

    if known.dialect.list_members == "no":
        try:
            return await with_members(await read(lean=True), client, known)
        except errors.Unauthenticated:
            raise
        except errors.RequestError:
            return await with_members(await read(), client, known)
    try:
        listing = await read(isolates=False)
    except errors.Unavailable as error:
        lean = await _lean(read, known) if error.status == _SERVER_ERROR else None
        listing = lean or await read()
    else:
        if Doubt.PAGE_FAILED in listing.doubts:
            listing = await _lean(read, known) or await read()
    return await with_members(listing, client, known)


class _Read(Protocol):
    async def __call__(self, *, lean: bool = ..., isolates: bool = ...) -> Listing[Group]: ...


async def _lean(read: _Read, known: Known) -> Listing[Group] | None:
    """Reads the list without members, if that helps."""
    try:
        listing = await read(lean=True)
    except errors.Unauthenticated:
        raise
    except errors.RequestError:
        return None
    if Doubt.PAGE_FAILED in listing.doubts:
        return None
    known.learn(list_members="no")
    return listing


async def with_members(listing: Listing[Group], client: ScimClient, known: Known) -> Listing[Group]:
    """Reads one by one those groups of a list whose members it may have kept back.

    If the list turns out to keep members back, all groups are read so, and that is remembered.
    """
    groups = {group.id: group for group in listing.items}
    broken = list(listing.broken)
    gone = await _look_at(groups, _doubtful(listing.items, known), client, known, broken)
    if known.dialect.list_members == "no":
        gone += await _look_at(groups, list(groups), client, known, broken)
    completeness = listing.completeness
    if gone:
        completeness = Completeness(proven=False, evidence=f"{counted(gone, 'group')} went away during the read.")
    return replace(listing, items=tuple(groups.values()), completeness=completeness, broken=tuple(broken))


def _doubtful(groups: Collection[Group], known: Known) -> list[str]:
    """Returns the ids of groups whose members a list may have left out, and of the largest one, which shows cuts."""
    if known.dialect.list_members != "auto" or known.dialect.members_shown == 0:
        return []
    largest = max(groups, key=lambda group: len(group.member_ids), default=None)
    return [group.id for group in groups if not group.member_ids or group is largest]


async def _look_at(
    groups: dict[str, Group], ids: list[str], client: ScimClient, known: Known, broken: list[BrokenRow]
) -> int:
    """Replaces groups of a list with those that were read by id; returns how many were deleted meanwhile."""

    async def look(id: str) -> Group | None:
        return await client.get(GROUPS, id)

    seen = await ask_each(ids, look)
    gone = 0
    for id, error in seen.failed.items():
        broken.append(BrokenRow(id, groups.pop(id).display_name, error.message))
    for id, group in seen.found.items():
        if group is None:
            gone += 1
            del groups[id]
        else:
            if len(group.member_ids) > len(groups[id].member_ids):
                known.learn(list_members="no")
            groups[id] = group
    return gone
