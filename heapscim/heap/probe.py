"""Finds out about a tenant without writing: whether token and path are right, and what it says it supports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heapscim.scim.client import GROUPS, USERS, ScimClient
from heapscim.scim.messages import supports


@dataclass(frozen=True, slots=True)
class Facts:
    """Holds what a tenant shows at first; None if it doesn't say."""

    users: int | None
    groups: int | None
    patch: bool | None
    filter: bool | None
    answered_in: float
    """Seconds that one small read took."""


async def find_facts(client: ScimClient, clock: Callable[[], float], *, groups: bool) -> Facts:
    """Reads users (and groups, if they are to be managed) once, and asks for the tenant's configuration.

    Raises RequestError if the reads are refused; a missing configuration is no error.
    """
    before = clock()
    users = await client.total(USERS)
    answered_in = clock() - before
    teams = await client.total(GROUPS) if groups else None
    config = await client.service_provider_config()
    return Facts(_known(users), _known(teams), supports(config, "patch"), supports(config, "filter"), answered_in)


def _known(total: int | None) -> int | None:
    return None if total is None or total < 0 else total
