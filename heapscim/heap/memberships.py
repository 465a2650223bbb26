"""Changes who is in a group: by PATCHes that are halved where one is refused, or by one PUT of the merged whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from heapscim import errors
from heapscim.heap.updating import Updating, not_there
from heapscim.scim import messages
from heapscim.scim.client import GROUPS, ScimClient
from heapscim.scim.messages import MemberChange
from heapscim.scim.resources import Group

Part: TypeAlias = Sequence[MemberChange]
Refusal: TypeAlias = "errors.Rejected | errors.Taken | errors.NotFound"
_REFUSALS = (errors.Rejected, errors.Taken, errors.NotFound)
_MOST_REFUSALS = 24
"""Refused requests of one change after which what is refused next is no longer halved."""


@dataclass(slots=True)
class _Progress:
    """How far one change has come."""

    answered: Group | None = None
    refused: dict[str, errors.TargetError] = field(default_factory=dict)
    refusals: int = 0


class Memberships:
    """Adds and removes members, at most so many in one PATCH.

    A tenant may refuse a whole request for one member: who is in or out already is left out of it, and what is
    refused then is halved until the culprits are alone.
    """

    def __init__(self, client: ScimClient, updating: Updating, most: int) -> None:
        self._client = client
        self._updating = updating
        self._most = most

    async def change(self, id: str, add: Collection[str], remove: Collection[str]) -> Group | None:
        """Answers the group where an answer shows it; raises MembersRefused for those of several who were refused."""
        changes: list[MemberChange] = [("add", member) for member in add]
        changes += [("remove", member) for member in remove]
        most = len(changes) if self._updating.method(GROUPS) == "put" else self._most
        progress = _Progress()
        for start in range(0, len(changes), most or 1):
            await self._send(id, changes[start : start + most], progress)
        if not progress.refused:
            return progress.answered
        cause = next(iter(progress.refused.values()))
        raise cause if len(changes) == 1 else errors.MembersRefused(cause, progress.refused)

    async def _send(self, id: str, part: Part, progress: _Progress) -> None:
        try:
            progress.answered = await self._attempt(id, part)
        except _REFUSALS as refusal:
            group = await self._client.get(GROUPS, id)
            if group is None:
                raise
            rest = _not_yet(group, part, is_whole=self._updating.shows_all_of(group))
            if not rest:
                progress.answered = group
            elif len(rest) < len(part):
                await self._send(id, rest, progress)
            elif (cause := await self._by_put(id, group, part, refusal, progress)) is not None:
                await self._halve(id, part, cause, progress)

    async def _attempt(self, id: str, part: Part) -> Group | None:
        method = self._updating.method(GROUPS)
        if method != "put":
            try:
                return await self._client.patch(GROUPS, id, messages.member_operations(part))
            except errors.NotImplementedByTarget:
                if method == "patch":
                    raise
        return await self._put(id, part)

    async def _by_put(
        self, id: str, group: Group, part: Part, refusal: Refusal, progress: _Progress
    ) -> errors.TargetError | None:
        """Tries PUT where the tenant may not know PATCH, or not how a PATCH names who leaves.

        Answers why the members are refused, None where that worked.
        """
        is_missing = isinstance(refusal, errors.NotFound)
        knows_no_path = group.shows_members and all(op == "remove" for op, _ in part)
        if self._updating.method(GROUPS) == "auto" and (is_missing or knows_no_path):
            try:
                progress.answered = await self._put(id, part)
            except (*_REFUSALS, errors.NotImplementedByTarget) as error:
                return error if is_missing else refusal
            return None
        return not_there(GROUPS, id, "PATCH") if is_missing else refusal

    async def _halve(self, id: str, part: Part, refusal: errors.TargetError, progress: _Progress) -> None:
        progress.refusals += 1
        if len(part) == 1 or progress.refusals > _MOST_REFUSALS:
            progress.refused |= {member: refusal for _, member in part}
            return
        middle = len(part) // 2
        for half in (part[:middle], part[middle:]):
            try:
                progress.answered = await self._attempt(id, half)
            except _REFUSALS as error:
                await self._halve(id, half, error, progress)

    async def _put(self, id: str, part: Part) -> Group | None:
        document = await self._updating.document(GROUPS, id)
        rows = document.get("members") or []
        leaving = {member for op, member in part if op == "remove"}
        there = {row.get("value") for row in rows}
        joining = [{"value": member} for op, member in part if op == "add" and member not in there]
        document["members"] = [row for row in rows if row.get("value") not in leaving] + joining
        return await self._updating.put(GROUPS, id, document)


def _not_yet(group: Group, part: Part, *, is_whole: bool) -> Part:
    """Those of a change who aren't in a group yet, or still are, or may be as far as that is shown."""
    if not group.shows_members:
        return part
    there = {member.value for member in group.members}
    hidden = set() if is_whole else {member for op, member in part if op == "remove"}
    return [(op, member) for op, member in part if (member in there) == (op == "remove") or member in hidden]
