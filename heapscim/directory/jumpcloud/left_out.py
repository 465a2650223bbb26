"""Says which people may belong in Heap and are left out: bound without a group, or named by one and not readable."""

from __future__ import annotations

from collections.abc import Iterable

from heapscim.directory.jumpcloud.applications import Application
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.model.directory import Person
from heapscim.model.phrases import counted, listed


def unread_members(number: int, settings: JumpCloudSettings) -> list[str]:
    """Tells that people who belong in Heap may be missing: groups name them, and nothing else is known of them."""
    if not number or (settings.sees_all and number <= settings.most_lookups):
        return []
    why = "deleted in JumpCloud, or not visible to the key's role"
    if number > settings.most_lookups:
        why = "they aren't listed, and are more than jumpcloud.most_lookups"
    return [f"Bound groups name {counted(number, 'user')} who can't be read: {why}. Nothing is done about them."]


def bound_without_group(people: Iterable[Person], outside: frozenset[str], application: Application) -> list[str]:
    """Tells whom JumpCloud lets into the application although no bound group holds them."""
    names = [person.user_name for person in people if person.active and person.external_id in outside]
    if not names:
        return []
    verb = "user is" if len(names) == 1 else "users are"
    told = f"{len(names):,} {verb} bound to {application.label} directly, without a bound group: {listed(names)}."
    return [f"{told} They are left out; `heapscim activate --set jumpcloud.direct=true` includes them."]
