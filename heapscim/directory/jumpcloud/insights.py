"""Asks JumpCloud's Directory Insights whether users, groups or bindings have changed: one request a minute at most.

Events appear late and in no certain order, so each request asks for the last stretch of time again, and what counts
is an event that wasn't there before. What happened is of no interest: a whole read finds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from heapscim import errors
from heapscim.directory.connection import Connect
from heapscim.directory.protocol import Look
from heapscim.http.auth import Endpoint
from heapscim.http.rate_limit import Timing

_ASK_EVERY = 60.0
"""Seconds."""
_NEWEST = 1_000
"""The number of events that are asked for, the newest first. Older ones are of no use: one new event is enough."""
_MOST_KNOWN = 10_000
_LARGEST_OFFSET = 366 * 86_400.0
"""Seconds; a Date that is further from our clock is wrong."""
_TYPES = (
    "user_create", "user_update", "user_delete", "user_suspended", "user_unsuspended", "user_activated",
    "user_password_expired", "group_create", "group_update", "group_delete", "association_change",
    "application_update",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Holds what an earlier request found."""

    at: float
    """When it was sent, by our clock."""
    ahead: float
    """Seconds by which JumpCloud's clock is ahead of ours."""
    known: tuple[str, ...]
    """The events that it had, and those before, newest first."""
    endpoint: Endpoint
    """What it was sent with: a service account's token lasts for many requests."""


@dataclass(frozen=True, slots=True)
class Insights:
    """Sends the requests for events."""

    connect: Connect
    timing: Timing
    lag: float
    """Seconds that an event may take to appear."""
    headers: Mapping[str, str]

    async def look(self, endpoint: Endpoint, last: Asked | None) -> Look:
        """Returns whether there are new events, a minute after the last request; raises DirectoryError."""
        while last is not None and (left := last.at + _ASK_EVERY - self.timing.clock()) > 0:
            await self.timing.sleep(left)
        if last is not None and _is_same(endpoint, last.endpoint):
            endpoint = last.endpoint
        at, ahead, known = self.timing.clock(), last.ahead if last else 0.0, last.known if last else ()
        try:
            async with self.connect(endpoint, max_in_flight=1, retries=0) as session:
                response = await session.ask("POST", "/events", document=self._search(ahead), headers=self.headers)
        except errors.RequestError as error:
            raise _explained(error, endpoint.service.secret) from error
        if not isinstance(response.document, list):
            raise errors.DirectoryError(
                "JumpCloud's Directory Insights didn't send a list of events.",
                hint="Check jumpcloud.insights_url in the profile, if it is set.",
            )
        found = tuple(_events(response.document))
        asked = Asked(
            at,
            self._ahead(response.headers.get("date")),
            tuple(dict.fromkeys((*found, *known)))[:_MOST_KNOWN],
            endpoint,
        )
        return Look(asked, changed=last is not None and not set(found) <= set(known))

    def _search(self, ahead: float) -> Mapping[str, Any]:
        start = datetime.fromtimestamp(self.timing.now() + ahead - self.lag, UTC)
        return {
            "service": ["directory"],
            "start_time": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sort": "DESC",
            "limit": _NEWEST,
            "fields": ["id", "event_type", "timestamp", "success"],
            "search_term": {"and": [{"event_type": list(_TYPES)}]},
        }

    def _ahead(self, date: str | None) -> float:
        try:
            ahead = parsedate_to_datetime(date or "").timestamp() - self.timing.now()
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return ahead if abs(ahead) < _LARGEST_OFFSET else 0.0


def _events(rows: list[Any]) -> Iterator[str]:
    """Yields what tells one event from another: its id, or all of it. Others, and those that failed, are left out."""
    for row in rows:
        if not isinstance(row, Mapping) or row.get("event_type") not in _TYPES:
            continue
        if row.get("success") in (False, "false"):
            continue
        id = row.get("id")
        yield id if isinstance(id, str) and id else json.dumps(row, sort_keys=True, default=str)


def _is_same(endpoint: Endpoint, other: Endpoint) -> bool:
    """Reports whether two endpoints have the same address and key; the other may have got a token by now."""
    return endpoint.base_url == other.base_url and set(endpoint.auth.secrets) <= set(other.auth.secrets)


def _explained(error: errors.RequestError, secret: str) -> errors.DirectoryError:
    match error:
        case errors.Forbidden() | errors.NotFound() | errors.NotImplementedByService():
            return errors.DirectoryForbidden(
                f"JumpCloud gives this {secret} no Directory Insights ({error.status}).",
                hint="The organisation's plan may lack it, or the key's role may not read it; else check "
                "jumpcloud.insights_url in the profile.",
            )
        case errors.Unauthenticated():
            return errors.DirectoryUnauthenticated(error.message, hint=error.hint)
        case errors.Unavailable():
            return errors.DirectoryUnavailable(error.message, hint=error.hint)
    return errors.DirectoryError(error.message, hint=error.hint)
