"""Holds what an access review says of people, groups and changes. Times are seconds since 1970."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from heapscim.model.changes import ChangeKind
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import TakeOver

Management: TypeAlias = Literal["managed", "by hand", "unmanaged"]
Origin: TypeAlias = Literal["run", "heap", "outside", "unknown"]
"""Who says since when something holds: a run did it; the tenant says when it created the account; it isn't as the last
run left it, so it was changed outside heapscim; or nothing in the log tells."""
What: TypeAlias = Literal["joined", "left", "role changed"]


@dataclass(frozen=True, slots=True)
class PastRun:
    """Holds one run of the log, with what became of each of its changes."""

    run: str
    at: float
    """When it began."""
    who: str
    changes: tuple[Recorded, ...] = ()
    adoptions: tuple[TakeOver, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """Holds a span of time: from ``since`` on, and before ``until``."""

    since: float
    until: float

    def __contains__(self, at: float) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Since:
    """Says since when something is as it is."""

    origin: Origin
    at: float | None = None
    """Known if the origin is a run or the tenant."""
    run: str | None = None


UNKNOWN = Since("unknown")
OUTSIDE = Since("outside")


@dataclass(frozen=True, slots=True)
class LastChange:
    """Holds the newest change of a run that was about a person."""

    at: float
    run: str
    kind: ChangeKind | Literal["take_over_user"]
    reason: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Holds one group that a person is in."""

    id: str
    """The group's Heap id."""
    name: str
    management: Management
    since: Since
    is_shown: bool = True
    """Whether the tenant shows it; if not, a run put the person there, and the tenant never showed that."""


@dataclass(frozen=True, slots=True)
class ReviewedPerson:
    """Holds one account, with what is known of its past."""

    id: str
    user_name: str
    name: str
    """Given and family name; empty if there are none."""
    role: str
    """Empty if there is none, or none is known."""
    role_is_shown: bool
    """Whether the tenant shows roles; if not, the role is the one that was sent last."""
    role_since: Since | None
    """None without a role."""
    active: bool
    active_since: Since
    """Since when it is active, or inactive."""
    management: Management
    managed_since: Since | None
    """None for an unmanaged account."""
    memberships: tuple[Membership, ...]
    last_change: LastChange | None
    """None if no run in the log was about it."""

    @property
    def is_changed_outside(self) -> bool:
        """Reports whether anything isn't as the last run left it."""
        sinces = [self.active_since, self.role_since, *(entry.since for entry in self.memberships)]
        return any(since is not None and since.origin == "outside" for since in sinces)


@dataclass(frozen=True, slots=True)
class ReviewedGroup:
    """Holds one group."""

    id: str
    name: str
    management: Management
    managed_since: Since | None
    """None for an unmanaged group."""
    members: int
    active_members: int


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """Holds one joiner, leaver or change of a role."""

    at: float
    what: What
    id: str
    user_name: str
    """The userName at that time."""
    before: str
    """The role before; empty if there was none or none is known."""
    after: str
    run: str | None
    """None if no run of the log did it."""
    who: str
    """Who started the run; empty without one."""
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """Holds who has access now, and what changed in a period."""

    at: float
    """When Heap was read."""
    period: Period
    people: tuple[ReviewedPerson, ...]
    """Sorted by userName."""
    groups: tuple[ReviewedGroup, ...]
    """Sorted by name."""
    changes: tuple[PeriodChange, ...]
    """Those of the period, newest first."""
    log_begins: float | None
    """When the oldest run of the log began; None if the log is empty."""
    unknown: tuple[str, ...]
    """Sentences about what isn't known."""

    @property
    def seats(self) -> Mapping[str, int]:
        """Counts the active accounts by role, the largest number first; an empty role is none."""
        counts = Counter(person.role for person in self.people if person.active)
        return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))

    def count(self, what: What) -> int:
        """Returns how many changes of a sort the period has."""
        return sum(change.what == what for change in self.changes)

    def managed(self, management: Management) -> int:
        """Returns how many accounts are managed in this way."""
        return sum(person.management == management for person in self.people)
