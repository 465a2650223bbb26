"""Finds out from a deactivation whether this tenant leaves ``active`` out of an inactive account."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from itertools import islice

from heapscim import errors
from heapscim.heap.forms import Known
from heapscim.scim.client import USERS, ScimClient
from heapscim.scim.resources import User

_IDENTITY = ("externalId", "displayName", "name")
"""What an account keeps when it is deactivated: a document that lost one of these isn't whole."""
_MOST_OTHERS = 3


class InactiveAccounts:
    """Knows which accounts showed ``active: true`` in this run, and which of them were deactivated since.

    A missing ``active`` alone says nothing: a server may leave it out of some accounts, of lists, or of responses about
    a single account. So it is learnt from an account that showed it before its deactivation and doesn't afterwards, if
    an active account that is read in the same way still shows it.
    """

    def __init__(self, client: ScimClient, known: Known) -> None:
        self._client = client
        self._known = known
        self._shown: dict[str, tuple[str, ...]] = {}
        """Heap id → the attributes of each account that a list showed with ``active: true``."""
        self._same: dict[tuple[str, ...], tuple[str, ...]] = {}
        """One value of each, since nearly all accounts show the same."""
        self._deactivated: set[str] = set()
        self._shows_false = False
        self._shown_by_id: bool | None = None
        self._learning = asyncio.Lock()

    def note_listed(self, user: User) -> None:
        """Remembers an account that a list shows with ``active: true``."""
        if user.active:
            shown = user.shown_among(_IDENTITY)
            self._shown[user.id] = self._same.setdefault(shown, shown)
        elif user.active is False:
            self._shows_false = True

    def note_accepted(self, id: str, *, active: bool) -> None:
        """Remembers that the tenant accepted a request to activate or deactivate an account."""
        if active:
            self._deactivated.discard(id)
        else:
            self._deactivated.add(id)

    async def look(self, users: Collection[User]) -> None:
        """Learns from accounts that were just read, with two more requests; raises only Unauthenticated."""
        self._shows_false = self._shows_false or any(user.active is False for user in users)
        for user in users:
            if user.active is not None or user.id not in self._deactivated or user.id not in self._shown:
                continue
            async with self._learning:
                if self._known.dialect.inactive != "auto" or self._shows_false:
                    return
                if await self._leaves_out(user):
                    self._known.learn(inactive="omitted")

    async def _leaves_out(self, user: User) -> bool:
        """Returns whether a deactivated account lacks only ``active``, while other accounts show it."""
        try:
            if not await self._is_shown_by_id():
                return False
            found = await self._client.ask(USERS, user.id)
        except errors.Unauthenticated:
            raise
        except errors.RequestError:
            return False
        return found.active is None and set(self._shown[user.id]) <= set(found.shown_among(_IDENTITY))

    async def _is_shown_by_id(self) -> bool:
        """Returns whether an active account shows ``active`` when it is read by its id; asked once."""
        if self._shown_by_id is None:
            self._shown_by_id = await self._another_shows_it()
        return self._shown_by_id

    async def _another_shows_it(self) -> bool:
        for id in islice((id for id in self._shown if id not in self._deactivated), _MOST_OTHERS):
            if (await self._client.ask(USERS, id)).active:
                return True
        return False
