"""Says in lists of users and groups who manages each one, and what couldn't be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from heapscim.model.state import Broken


def management(id: str, managed: Collection[str], by_hand: Collection[str]) -> str:
    """Returns in one word who manages a user or group; ``managed`` includes those managed by hand."""
    return "by hand" if id in by_hand else "managed" if id in managed else "unmanaged"


def total_managed(ids: Sequence[str], managed: Collection[str], by_hand: Collection[str]) -> str:
    """Returns how many are managed, and how many of these by hand."""
    hands = sum(id in by_hand for id in ids)
    return f"{sum(id in managed for id in ids):,} managed" + (f" ({hands:,} by hand)" if hands else "")


def unread_notices(broken: Iterable[Broken]) -> tuple[str, ...]:
    """Returns a notice for each user or group that exists but can't be read."""
    return tuple(f"Left out: {entry.name or entry.id or entry.type}: {entry.message}" for entry in broken)
