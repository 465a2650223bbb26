"""Tells of names that only look like another: each is somebody of their own, and an administrator may wonder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from heapscim.model.caseless import folded
from heapscim.model.state import CurrentState
from heapscim.planning.matching import Pairing


def lookalikes(pairing: Pairing, current: CurrentState) -> tuple[str, ...]:
    """Names everybody who is new in Heap beside a name that differs by letters such as ß and ss."""
    users = _alike((user.user_name for user in pairing.missing_users), (user.user_name for user in current.users))
    groups = _alike((group.name for group in pairing.missing_groups), (group.name for group in current.groups))
    return (
        *(f"{name} isn't {other}, whose account is in Heap already." for name, other in users),
        *(f"The group {name} isn't {other}, which is in Heap already." for name, other in groups),
    )


def _alike(new: Iterable[str], there: Iterable[str]) -> Iterator[tuple[str, str]]:
    wanted = {folded(name.strip()): name for name in new}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in there if wanted else ():
        key = folded(name.strip())
        if key in wanted:
            found[key].append(name)
    for key, name in sorted(wanted.items()):
        yield from ((name, other) for other in sorted(found[key]))
