"""Finds out in other ways whether somebody is in a group that doesn't show all its members.

A way is believed once it told a member from a stranger. It is used only if the members that were sent aren't shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from heapscim import errors
from heapscim.execution.ports import Membership
from heapscim.heap.dialect import MemberWay
from heapscim.heap.forms import Known
from heapscim.heap.lookup import all_of
from heapscim.scim.client import GROUPS, USERS, ScimClient
from heapscim.scim.filters import eq, get, values_at
from heapscim.scim.resources import Group, User

Answers: TypeAlias = Mapping[str, bool]

_STRANGER = "heapscim-asks-for-nobody"
_MOST_ASKED = 100
"""The number of members of one group that are asked for; of more, a sample."""
_LIMITS = (10, 25, 50)
"""Limits that servers set are multiples of one of these; a multiple of the last one needs no other sign."""
_FILTERS: Mapping[MemberWay, str] = {
    "members": 'id eq "{group}" and members eq "{member}"',
    "members_value": 'id eq "{group}" and members.value eq "{member}"',
    "members_path": 'id eq "{group}" and members[value eq "{member}"]',
}
_WAYS: tuple[MemberWay, ...] = ("users_of_group", *_FILTERS, "groups_of_user")


class MemberAsking:
    """Knows the ways to ask, and which of them a tenant understands."""

    def __init__(self, client: ScimClient, known: Known) -> None:
        self._client = client
        self._known = known
        self._sizes: dict[str, int] = {}
        self._shows_some = False

    def note(self, group: Group) -> None:
        """Notes how many members a group shows, which reveals a tenant that shows none, or only so many."""
        self._sizes[group.id] = len(group.member_ids)
        self._shows_some = self._shows_some or bool(group.member_ids)
        limit = self._known.dialect.members_shown
        if isinstance(limit, int) and len(group.member_ids) > limit:
            self._known.learn(members_shown="some")

    async def ask(self, id: str, ids: Sequence[str], *, before: int | None, again: bool) -> Membership:
        """Returns who of these is in a group, as far as that can be told.

        ``before`` is how many it showed earlier; ``again`` says that they were sent before, and weren't shown then.
        """
        group = await self._client.get(GROUPS, id)
        if group is None or self._known.dialect.members_shown == "all":
            return Membership()
        self.note(group)
        shown = [member for member in group.member_ids if member]
        known = dict.fromkeys(set(ids).intersection(shown), True)
        asked = _spread([member for member in ids if member not in known])
        answers = await self._answers(id, asked, shown)
        if answers is None:
            grew = before is not None and before < len(shown)
            hides = self._hides(len(shown), grew=grew) or (again and self._is_full(len(shown)))
            if hides and self._known.dialect.members_shown == "auto":
                self._known.learn(members_shown=len(shown), member_lookup="none")
            return Membership(known, hides=hides)
        if any(answers.values()) and self._known.dialect.members_shown == "auto":
            self._known.learn(members_shown=len(shown))
        return Membership({**known, **answers}, hides=True)

    async def _answers(self, id: str, asked: Sequence[str], shown: Sequence[str]) -> Answers | None:
        """Returns what the first believable way says, None if there is none."""
        lookup = self._known.dialect.member_lookup
        if lookup == "none" or not asked:
            return None
        for way in _WAYS if lookup == "auto" else (lookup,):
            try:
                answers = await self._by(way, id, [*asked, *shown[:1]])
            except (errors.Unauthenticated, errors.Forbidden):
                raise
            except errors.RequestError:
                continue
            if answers is None or (lookup == "auto" and not any(answers.values())):
                continue
            if shown and not answers[shown[0]]:
                continue
            self._known.learn(member_lookup=way)
            return {member: answers[member] for member in asked}
        return None

    async def _by(self, way: MemberWay, id: str, members: Sequence[str]) -> Answers | None:
        """Returns what one way says; None if it takes a stranger for a member, or says nothing."""
        if way == "users_of_group":
            if await self._total(eq("groups.value", _STRANGER)):
                return None
            listing = await self._client.read_all(USERS, filter=eq("groups.value", id))
            there = {user.id for user in listing.items}
            if not listing.completeness.proven and not there.issuperset(members):
                return None
            return dict.fromkeys(members, False) | dict.fromkeys(there.intersection(members), True)
        if way == "groups_of_user":
            users = await all_of(self._client.get(USERS, member) for member in members)
            return {member: id in _groups_of(user) for member, user in zip(members, users, strict=True)}
        if await self._matches(way, id, _STRANGER):
            return None
        return dict(zip(members, await all_of(self._matches(way, id, member) for member in members), strict=True))

    async def _matches(self, way: MemberWay, id: str, member: str) -> bool:
        """Returns whether a filter of groups finds this one by a member."""
        text = _FILTERS[way].format(group=_quoted(id), member=_quoted(member))
        try:
            return await self._client.total(GROUPS, filter=text) > 0
        except errors.NotFound:
            return False

    async def _total(self, text: str) -> int:
        try:
            return await self._client.total(USERS, filter=text)
        except errors.NotFound:
            return 0

    def _hides(self, shown: int, *, grew: bool) -> bool:
        """Returns whether a group probably has members that it doesn't show, if there is no way to ask."""
        if self._known.dialect.members_shown != "auto":
            return not self._known.dialect.shows_all_of(shown)
        others = self._sizes.values()
        if shown == 0:
            return not self._shows_some
        if all(shown % limit for limit in _LIMITS):
            return False
        is_common = self._is_full(shown) and sum(size == shown for size in others) > 1
        return grew or is_common or shown % _LIMITS[-1] == 0

    def _is_full(self, shown: int) -> bool:
        """Returns whether no group was seen to show more members, so that this may be the tenant's limit."""
        return shown == max(self._sizes.values(), default=0)


def _groups_of(user: User | None) -> frozenset[str]:
    """Returns the ids of the groups that an account says it is in (RFC 7643 §4.1.2)."""
    rows = () if user is None else values_at(user.to_wire(), "groups")
    return frozenset(str(get(row, "value") if isinstance(row, Mapping) else row) for row in rows)


def _spread(ids: Sequence[str]) -> Sequence[str]:
    """Returns at most so many, taken evenly from all."""
    if len(ids) <= _MOST_ASKED:
        return ids
    return [ids[number * len(ids) // _MOST_ASKED] for number in range(_MOST_ASKED)]


def _quoted(text: str) -> str:
    """Returns a value as it is quoted in a filter."""
    return eq("x", text).partition('"')[2][:-1]
