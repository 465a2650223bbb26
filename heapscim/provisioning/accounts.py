"""The accounts a run makes: changes to groups that were planned before then name their members by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from heapscim.provisioning.changes import MemberRef


@dataclass(slots=True)
class Accounts:
    """Heap ids of the people this run created, by external id."""

    created: dict[str, str] = field(default_factory=dict)

    def resolve(self, members: Iterable[MemberRef]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Heap ids of members, and the names of those who have none."""
        ids: list[str] = []
        absent: list[str] = []
        for member in members:
            id = self.id_of(member)
            if id is None:
                absent.append(member.user_name)
            else:
                ids.append(id)
        return tuple(ids), tuple(absent)

    def id_of(self, member: MemberRef) -> str | None:
        """Heap id of a member, None for one who has no account."""
        return member.id or self.created.get(member.external_id or "")
