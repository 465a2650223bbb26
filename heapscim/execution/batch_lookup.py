"""Looks up many accounts or groups one by one; a failure of one lookup doesn't affect the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from heapscim import errors

T = TypeVar("T")

MOST_FAILURES = 20
"""The number of failed lookups without a success after which the target itself is taken to be in trouble."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """Holds the result of each lookup, by what was looked up."""

    found: Mapping[str, T] = field(default_factory=dict)
    failed: Mapping[str, errors.RequestError] = field(default_factory=dict)


async def ask_each(wanted: Iterable[str], look: Callable[[str], Awaitable[T]]) -> Asked[T]:
    """Looks up each of these, which are distinct. Raises only Unauthenticated.

    If every lookup fails, the rest isn't tried and fails likewise: each failure takes all its retries.
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
"""The number of lookups that wait for their turn; requests are limited further down."""
