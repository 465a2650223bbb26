"""Reads the groups of a tenant with all their members, also where its lists leave members out or cut them short."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from heapscim import errors
from heapscim.directory.snapshot import Completeness
from heapscim.heap.forms import Known
from heapscim.provisioning.counting import counted
from heapscim.scim.client import GROUPS, ScimClient
from heapscim.scim.reading import Listing
from heapscim.scim.resources import Group


async def with_members(listing: Listing[Group], client: ScimClient, known: Known) -> Listing[Group]:
    """A list of groups with those whose members it may have kept back read one by one.

    Where the list turns out to keep members back, all groups are read so, and that is remembered. A group that can't
    be read leaves the listing unproven.
    """
    groups = {group.id: group for group in listing.items}
    doubt = await _look_at(groups, _doubtful(listing.items, known), client, known)
    if known.dialect.list_members == "no":
        doubt = await _look_at(groups, list(groups), client, known) or doubt
    completeness = Completeness(proven=False, evidence=doubt) if doubt else listing.completeness
    return Listing(tuple(groups.values()), completeness, listing.requests)


def _doubtful(groups: Collection[Group], known: Known) -> list[str]:
    """Ids of the groups whose members a list may have left out, and of the largest: it shows whether lists are cut."""
    if known.dialect.list_members != "auto" or known.dialect.members_shown == 0:
        return []
    largest = max(groups, key=lambda group: len(group.members), default=None)
    return [group.id for group in groups if not group.members or group is largest]


async def _look_at(groups: dict[str, Group], ids: list[str], client: ScimClient, known: Known) -> str | None:
    """Puts groups read by themselves in the place of those in a list; answers what keeps that from being a proof."""
    gone, failed = 0, None
    seen = await asyncio.gather(*(client.get(GROUPS, id) for id in ids), return_exceptions=True)
    for id, group in zip(ids, seen, strict=True):
        if isinstance(group, errors.TargetError) and not isinstance(group, errors.Unauthenticated):
            failed = f"{groups[id].display_name} could not be read: {group.message}"
        elif isinstance(group, BaseException):
            raise group
        elif group is None:
            gone += 1
            del groups[id]
        else:
            if len(group.members) > len(groups[id].members):
                known.learn(list_members="no")
            groups[id] = group
    if gone:
        return f"{counted(gone, 'group')} went away during the read."
    return failed
