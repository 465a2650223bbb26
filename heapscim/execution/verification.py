"""Looks again at resources whose change Heap accepted without showing its effect (rule 5).

A phase's changes are looked at together, in as few requests as the target allows. What still seems unchanged is read by
itself after each of LOOKS_AGAIN_AFTER, since a list may lag behind: only then has the change failed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypedDict

from heapscim import errors
from heapscim.execution.comparison import UNSEEN, compare
from heapscim.execution.expectation import Actual, Expectation
from heapscim.execution.members_asked import with_members_asked
from heapscim.execution.ports import Target
from heapscim.http.rate_limit import Timing
from heapscim.model.changes import Change, DeleteGroup, DeleteUser, is_about_a_user, subject
from heapscim.model.outcomes import Outcome
from heapscim.model.state import CurrentGroup, CurrentUser, match_key

LOOKS_AGAIN_AFTER = (0.25, 0.5, 1.0)
"""Seconds before each further look at what seems unchanged: 1.75 s in all, for all changes of a phase at once."""


class Verifier:
    """Finds out what became of changes whose effect wasn't shown."""

    def __init__(self, target: Target, *, unreadable: frozenset[str], timing: Timing) -> None:
        self._target = target
        self._unreadable = unreadable
        self._timing = timing

    async def verify(self, expected: Sequence[Expectation]) -> tuple[Outcome, ...]:
        """Returns the outcome of each change, in the order given. Never raises RequestError."""
        outcomes = await self._at_first_sight(expected)
        doubtful = [place for place, one in enumerate(outcomes) if one.status != "done" and one.error_code != UNSEEN]
        for wait in LOOKS_AGAIN_AFTER:
            if not doubtful:
                break
            await self._timing.sleep(wait)
            looks = await asyncio.gather(*(self._look_again(expected[place]) for place in doubtful))
            for place, outcome in zip(doubtful, looks, strict=True):
                outcomes[place] = outcome
            doubtful = [place for place in doubtful if outcomes[place].error_code == "unchanged"]
        pairs = zip(expected, outcomes, strict=True)
        return tuple(await asyncio.gather(*(with_members_asked(one, outcome, self._target) for one, outcome in pairs)))

    async def _at_first_sight(self, expected: Sequence[Expectation]) -> list[Outcome]:
        users = _Sight([one for one in expected if is_about_a_user(one.change)])
        groups = _Sight([one for one in expected if not is_about_a_user(one.change)])
        try:
            if users.expected:
                users.take(await self._target.look_up_users(**users.wanted))
            if groups.expected:
                groups.take(await self._target.look_up_groups(**groups.wanted))
        except errors.RequestError as error:
            return [_unverified(one.change, error) for one in expected]
        return [
            compare(one, (users if is_about_a_user(one.change) else groups).of(one), self._unreadable)
            for one in expected
        ]

    async def _look_again(self, expected: Expectation) -> Outcome:
        try:
            seen = await self._look(expected)
        except errors.RequestError as error:
            return _unverified(expected.change, error)
        return compare(expected, seen, self._unreadable)

    async def _look(self, expected: Expectation) -> Actual:
        name, id = subject(expected.change), expected.id
        if is_about_a_user(expected.change):
            return await (self._target.find_user(name) if id is None else self._target.get_user(id))
        return await (self._target.find_group(name) if id is None else self._target.get_group(id))


class _Wanted(TypedDict):
    ids: tuple[str, ...]
    names: tuple[str, ...]
    trust_absence: bool


class _Sight:
    """Holds what a first look at the resources of some changes brought."""

    def __init__(self, expected: Sequence[Expectation]) -> None:
        self.expected = expected
        self._by_id: dict[str, CurrentUser | CurrentGroup] = {}
        self._by_name: defaultdict[str, list[CurrentUser | CurrentGroup]] = defaultdict(list)

    @property
    def wanted(self) -> _Wanted:
        return {
            "ids": tuple(one.id for one in self.expected if one.id is not None),
            "names": tuple(subject(one.change) for one in self.expected if one.id is None),
            "trust_absence": all(isinstance(one.change, DeleteUser | DeleteGroup) for one in self.expected),
        }

    def take(self, found: Iterable[CurrentUser | CurrentGroup]) -> None:
        for item in found:
            self._by_id[item.id] = item
            self._by_name[item.match_key].append(item)

    def of(self, expected: Expectation) -> Actual:
        """Returns the resource of a change; one that is known only by its name must be the only one of that name."""
        if expected.id is not None:
            return self._by_id.get(expected.id)
        named = self._by_name[match_key(subject(expected.change))]
        return named[0] if len(named) == 1 else None


def _unverified(change: Change, error: errors.RequestError) -> Outcome:
    message = f"Heap accepted the change, but whether it is so can't be seen: {error.message}"
    hint = error.hint or "The next sync looks again."
    return Outcome(change, "failed", error_code=error.code, message=message, hint=hint, uncertain=True)
