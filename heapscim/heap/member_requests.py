"""Sends one request that changes the members of a group, in one of its forms, and finds out what it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from heapscim import errors
from heapscim.heap.forms import PUTS, Form
from heapscim.heap.update import Updating
from heapscim.scim import messages
from heapscim.scim.client import GROUPS, ScimClient
from heapscim.scim.messages import Document, MemberChange
from heapscim.scim.resources import Group

Part: TypeAlias = Sequence[MemberChange]
"""Changes of one kind: all add, or all remove."""


class MemberRequests:
    """Sends single requests about the members of a group."""

    def __init__(self, client: ScimClient, updating: Updating) -> None:
        self._client = client
        self._updating = updating

    async def send(self, id: str, part: Part, form: Form) -> Group | None:
        """Sends changes in one form; returns the group if the response shows it."""
        ids = [member for _, member in part]
        if form in PUTS:
            return await self._put(id, part, form)
        if form == "patch_pathless":
            return await self._client.patch(GROUPS, id, messages.pathless_additions(ids))
        if form == "patch_values":
            return await self._client.patch(GROUPS, id, messages.listed_removals(ids))
        return await self._client.patch(GROUPS, id, messages.member_operations(part))

    def shows_all_of(self, group: Group) -> bool:
        """Returns whether a group has no other members than it shows."""
        return self._updating.shows_all_of(group)

    def not_yet(self, group: Group, part: Part) -> Part:
        """Returns the changes without effect so far; a member who may be hidden counts as not yet removed."""
        return _not_yet(group, part, is_whole=self.shows_all_of(group))

    def lost_with(self, group: Group, part: Part, seen: Group | None) -> frozenset[str]:
        """Returns the ids of members who are gone along with those to remove; none if not all are shown."""
        if seen is None or not seen.shows_members or part[0][0] == "add" or not self.shows_all_of(seen):
            return frozenset()
        return others(group, part) - ids_of(seen)

    async def group(self, id: str) -> Group:
        """Returns the group as it is now; raises NotFound if it is gone."""
        group = await self._client.get(GROUPS, id)
        if group is None:
            raise errors.NotFound(f"Nothing is there: {GROUPS.path}/{id} (404).", status=404)
        return group

    async def look(self, group: Group, answered: Group | None, part: Part, id: str) -> Group | None:
        """Returns the group after a form was accepted, from the response or a new read; None if it isn't visible."""
        if answered is not None and answered.shows_members and not self.not_yet(answered, part):
            return answered
        try:
            seen = await self._client.get(GROUPS, id)
        except errors.RequestError:
            return answered
        if seen is not None and not seen.shows_members and group.shows_members and group.members:
            return Group({**seen.to_wire(), "members": []})  # a server may leave out what is empty
        return seen

    async def _put(self, id: str, part: Part, form: Form) -> Group | None:
        document = await self._updating.document(GROUPS, id)
        rows = document.get("members") or []
        leaving = {member for op, member in part if op == "remove"}
        there = {row.get("value") for row in rows}
        joining: list[Document] = [{"value": id} for op, id in part if op == "add" and id not in there]
        document["members"] = [row for row in rows if row.get("value") not in leaving] + joining
        return await self._updating.put(GROUPS, id, document, form)


def ids_of(group: Group) -> frozenset[str]:
    """Returns the ids of the members that a group shows."""
    return frozenset(member.value for member in group.members if member.value)


def others(group: Group, part: Part) -> frozenset[str]:
    """Returns the ids of the members whom a change doesn't name."""
    return ids_of(group) - {member for _, member in part}


def _not_yet(group: Group, part: Part, *, is_whole: bool) -> Part:
    """Returns those of a change who aren't in a group yet, or still are, or may be as far as that is shown."""
    if not group.shows_members:
        return part
    there = {member.value for member in group.members}
    hidden = set() if is_whole else {member for op, member in part if op == "remove"}
    return [(op, member) for op, member in part if (member in there) == (op == "remove") or member in hidden]
