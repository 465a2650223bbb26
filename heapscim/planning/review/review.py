"""Makes a review from what Heap shows, what is linked, and the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from heapscim.model.phrases import counted, listed
from heapscim.model.state import ROLE, CurrentGroup, CurrentState, CurrentUser, Link, Links, holders_of, same_text
from heapscim.planning.review.past import Past
from heapscim.planning.review.values import (
    OUTSIDE,
    UNKNOWN,
    Management,
    Membership,
    PastRun,
    Period,
    PeriodChange,
    Review,
    ReviewedGroup,
    ReviewedPerson,
    Since,
)

_NAMES = ("name.givenName", "name.familyName")


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """Holds what a review looks at."""

    current: CurrentState
    links: Links
    runs: Sequence[PastRun]
    """Every run of the log, oldest first."""
    unreadable: Collection[str] = ()
    """Attributes that the tenant doesn't show."""
    groups_read: bool = True


def review(context: ReviewContext, period: Period, *, now: float) -> Review:
    """Returns who has access now, and what changed in a period, with what isn't known of either."""
    past = Past(context.links)
    for run in context.runs:
        past.fold(run)
    memberships = _Memberships(context, past)
    people = [_person(user, context, past, memberships) for user in context.current.users]
    changes = [change for change in (*past.changes, *_made_outside(context, past, now)) if change.at in period]
    return Review(
        now,
        period,
        tuple(sorted(people, key=lambda person: (person.user_name.casefold(), person.id))),
        tuple(_group(group, context, past) for group in sorted(context.current.groups, key=lambda one: one.match_key)),
        tuple(sorted(changes, key=lambda change: -change.at)),
        context.runs[0].at if context.runs else None,
        tuple(_unknown(context, past, period, people)),
    )


class _Memberships:
    """Finds the groups of each account: those that Heap shows, and those that were sent and that it doesn't show."""

    def __init__(self, context: ReviewContext, past: Past) -> None:
        self._context, self._past = context, past
        hidden = (
            CurrentGroup(group.id, group.name, link.unseen - group.member_ids)
            for group in context.current.groups
            if (link := context.links.groups_by_id.get(group.id)) is not None and link.unseen
        )
        self._shown, self._hidden = context.current.groups_of, holders_of(hidden)

    def of(self, user: str) -> tuple[Membership, ...]:
        """Returns the memberships of an account, by the group's name."""
        shown = [self._membership(group, user, is_shown=True) for group in self._shown.get(user, ())]
        hidden = [self._membership(group, user, is_shown=False) for group in self._hidden.get(user, ())]
        return tuple(sorted((*shown, *hidden), key=lambda entry: (entry.name.casefold(), entry.id)))

    def _membership(self, id: str, user: str, *, is_shown: bool) -> Membership:
        made = self._past.made
        otherwise = OUTSIDE if ("group", id) in made or ("user", user) in made else UNKNOWN
        since = self._past.members.since((id, user), True, otherwise=otherwise)  # noqa: FBT003 - a value
        name = self._context.current.groups_by_id[id].name
        return Membership(id, name, _management(id, self._context.links.groups_by_id), since, is_shown)


def _person(user: CurrentUser, context: ReviewContext, past: Past, memberships: _Memberships) -> ReviewedPerson:
    link = context.links.users_by_id.get(user.id)
    shown = ROLE not in context.unreadable
    role = user.attributes.get(ROLE, "") if shown or link is None else link.sent.get(ROLE, "")
    created = UNKNOWN if user.created is None else Since("heap", user.created)
    # An account that the tenant made inactive was active at first: when it became so isn't known.
    active_since = past.active.since(user.id, user.active, otherwise=created if user.active else UNKNOWN)
    return ReviewedPerson(
        user.id,
        user.user_name,
        " ".join(filter(None, map(user.attributes.get, _NAMES))),
        role,
        shown,
        _role_since(user.id, role, past) if role else None,
        user.active,
        active_since,
        _management(user.id, context.links.users_by_id),
        None if link is None else past.managed.get(("user", user.id), UNKNOWN),
        memberships.of(user.id),
        past.last.get(user.id),
    )


def _role_since(id: str, role: str, past: Past) -> Since:
    left = past.roles.left.get(id)
    kept = left.value if left is not None and same_text(left.value, role) else role
    return past.roles.since(id, kept, otherwise=UNKNOWN)


def _group(group: CurrentGroup, context: ReviewContext, past: Past) -> ReviewedGroup:
    management = _management(group.id, context.links.groups_by_id)
    since = None if management == "unmanaged" else past.managed.get(("group", group.id), UNKNOWN)
    active = len(group.member_ids & context.current.active_user_ids)
    return ReviewedGroup(group.id, group.name, management, since, len(group.member_ids), active)


def _management(id: str, links: Mapping[str, Link]) -> Management:
    link = links.get(id)
    return "unmanaged" if link is None else "by hand" if link.by_hand else "managed"


def _made_outside(context: ReviewContext, past: Past, now: float) -> Iterable[PeriodChange]:
    """Yields the accounts of which Heap says when they were created, and that no run in the log created."""
    for user in context.current.users:
        if user.created is not None and ("user", user.id) not in past.made:
            role = user.attributes.get(ROLE, "")
            reason = "created in Heap; no run in the log did it"
            at = min(user.created, now)  # two clocks never agree to the second
            yield PeriodChange(at, "joined", user.id, user.user_name, "", role, None, "", reason)


def _unknown(context: ReviewContext, past: Past, period: Period, people: Sequence[ReviewedPerson]) -> Iterable[str]:
    current = context.current
    for read in (current.completeness, current.groups_completeness):
        if not read.proven:
            yield f"Heap's list may not be complete: {read.evidence}"
    for broken in current.broken:
        yield f"Left out: {broken.name or broken.id or broken.type}: {broken.message}"
    if partial := [group.name for group in current.groups if not group.is_whole]:
        yield f"Heap doesn't show all members of {listed(partial)}."
    if not context.groups_read:
        yield "Group management is off in this profile, so groups weren't read."
    if ROLE in context.unreadable:
        yield "Heap doesn't show roles: each role here is the one that heapscim sent last."
    yield from _about_the_log(context.runs, past, period)
    outside = [person.user_name for person in people if person.is_changed_outside]
    if outside:
        is_one = len(outside) == 1
        unlike = (
            "isn't as the last run left it, so it was" if is_one else "aren't as the last run left them, so they were"
        )
        yield (
            f"{counted(len(outside), 'account')} {unlike} changed outside heapscim, at an unknown time: "
            f"{listed(sorted(outside))}."
        )
    left = past.active.left
    gone = [link.name for link in context.links.users if _is_missing(link.id, current, left.get(link.id))]
    if gone:
        yield (
            f"{counted(len(gone), 'managed account')} can't be found in Heap's list: {listed(sorted(gone))}. "
            "Either Heap hides inactive accounts, or they were deleted outside heapscim."
        )


def _about_the_log(runs: Sequence[PastRun], past: Past, period: Period) -> Iterable[str]:
    if not runs:
        yield "heapscim has no run in its log, so it knows no date but those that Heap states."
        return
    begins = datetime.fromtimestamp(runs[0].at, UTC).date()
    yield (
        f"The log begins on {begins}. What is older, or was done outside heapscim, has no date here unless Heap says "
        "when it created the account."
    )
    if period.since < runs[0].at:
        yield f"The period begins before the log: who left or changed roles before {begins} isn't listed."
    if past.in_doubt:
        verb = "was" if past.in_doubt == 1 else "were"
        yield f"{counted(past.in_doubt, 'change')} {verb} sent, and what became of it isn't recorded."


def _is_missing(id: str, current: CurrentState, left: object) -> bool:
    """Reports whether the list lacks an account that no run deactivated."""
    return id not in current.users_by_id and getattr(left, "value", True)
