"""Makes accounts and groups once: a create whose answer was lost is looked for before anything is sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from heapscim import errors
from heapscim.pacing import Timing
from heapscim.provisioning.state import CurrentGroup, CurrentUser
from heapscim.provisioning.target import Target
from heapscim.provisioning.verifying import found_in_time

T = TypeVar("T")


class Maker:
    """Sends creates. Raises AnswerLost where nobody can tell what became of one."""

    def __init__(self, target: Target, timing: Timing) -> None:
        self._target = target
        self._timing = timing

    async def user(self, user_name: str, attributes: Mapping[str, str]) -> CurrentUser | None:
        """The account that Heap made, or that it turned out to have made; None where it doesn't show it."""
        return await self._make(
            lambda: self._target.create_user(user_name, attributes),
            lambda: self._target.find_user(user_name),
            lambda: self._target.find_user(user_name, thoroughly=True),
        )

    async def group(self, name: str, member_ids: Collection[str]) -> CurrentGroup | None:
        """The group, likewise."""
        return await self._make(
            lambda: self._target.create_group(name, member_ids),
            lambda: self._target.find_group(name),
            lambda: self._target.find_group(name, thoroughly=True),
        )

    async def _make(
        self,
        create: Callable[[], Awaitable[T | None]],
        find: Callable[[], Awaitable[T | None]],
        find_thoroughly: Callable[[], Awaitable[T | None]],
    ) -> T | None:
        try:
            return await create()
        except errors.AnswerLost:
            found = await self._found(find)
        if found is not None:
            return found
        try:
            return await create()
        except errors.Taken:
            found = await find_thoroughly()
            if found is None:
                raise
            return found

    async def _found(self, look: Callable[[], Awaitable[T | None]]) -> T | None:
        """What a lost request made; where not even looking works, its answer stays lost."""
        try:
            return await found_in_time(look, self._timing)
        except errors.TargetError as error:
            raise errors.AnswerLost(error.message, hint=error.hint, status=error.status) from error
