"""Asks a target about many accounts or groups one by one: trouble with one is no trouble with the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from heapscim import errors

T = TypeVar("T")

MOST_FAILURES = 20
"""Failed lookups without a single one that works, after which the target is taken to be in trouble itself."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What came of each lookup, by what was asked for."""

    found: Mapping[str, T] = field(default_factory=dict)
    failed: Mapping[str, errors.RequestError] = field(default_factory=dict)


async def ask_each(wanted: Iterable[str], look: Callable[[str], Awaitable[T]]) -> Asked[T]:
    """Looks up each of those wanted, which are distinct. Raises Unauthenticated alone.

    Where nothing but failures come, the rest isn't asked for and fails likewise: each failure costs all its retries.
    """
    found: dict[str, T] = {}
    failed: dict[str, errors.RequestError] = {}

    async def one(key: str) -> None:
        if len(failed) >= MOST_FAILURES and not found:
            failed[key] = next(iter(failed.values()))
            return
        try:
            found[key] = await look(key)
        except errors.Unauthenticated:
            raise
        except errors.RequestError as error:
            failed[key] = error

    waiting = iter(tuple(wanted))

    async def work() -> None:
        for key in waiting:
            await one(key)

    await asyncio.gather(*(work() for _ in range(_AT_A_TIME)))
    return Asked(found, failed)


_AT_A_TIME = 64
"""Requests are limited further down; this many wait for their turn."""
