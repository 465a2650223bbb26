"""Guards: judge a finished plan against limits. They never change a plan, and a larger limit never refuses more.

Most guards compare a count with a ratio of a baseline: removals with managed accounts, members who leave with the size
of their group. They protect from a surprise, so one account or group that a command names passes. What is withheld
doesn't count. A small team is judged as if it had as many accounts as a ratio needs to mean something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from heapscim.model.caseless import glob_matches
from heapscim.model.changes import (
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    RemoveMembers,
    UpdateUser,
)
from heapscim.model.phrases import counted
from heapscim.model.plan import Plan
from heapscim.model.state import match_key


@dataclass(frozen=True, slots=True)
class Limits:
    """Says how much one plan may take away or change. Ratios are fractions of 1; names are those of the settings."""

    removal_share: float = 0.10
    """Of the managed accounts that are active."""
    removal_count: int | None = None
    update_share: float = 0.30
    member_removal_share: float = 0.50
    """Of the members of one group; a group that is deleted counts as a deletion, not as removals."""
    group_deletion_share: float = 0.10
    """Of the managed groups, however few they are; a single deletion always passes."""
    min_population: int = 10
    """Fewer accounts or members count as this many, so that the limit of a small team is a whole number."""
    protect: tuple[str, ...] = ()
    """userNames, globs allowed, whose accounts and memberships a plan may not change or take away."""
    admin_role: str = "Admin"


@dataclass(frozen=True, slots=True)
class Allowances:
    """Lets a plan past its limits: each is a number, given on the command line and recorded with the run."""

    removals: int | None = None
    updates: int | None = None
    member_removals: int | None = None
    """For each group."""
    group_deletions: int | None = None
    changed_back: int | None = None
    """How much of what others changed back twice is done all the same; not a guard's limit."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Reports a limit that a plan exceeds, with the arithmetic and the next step."""

    code: str
    message: str
    hint: str


def check(plan: Plan, limits: Limits, allowances: Allowances) -> tuple[Violation, ...]:
    """Lists every limit that a plan exceeds; a plan without any may go ahead."""
    return (
        *_empty_source(plan, allowances),
        *(found for measure in _measures(plan, limits, allowances) for found in _exceeded(plan, measure)),
        *_protected(plan, limits),
        *_last_admin(plan, limits),
    )


def small_team(plan: Plan, limits: Limits) -> tuple[str, ...]:
    """Says which limit holds for a plan that takes access away in a small team."""
    accounts, least = plan.populations.accounts, limits.min_population
    if not _removals(plan) or not 0 < accounts < least or by_hand(plan.command):
        return ()
    most = _most(limits.removal_share, least)
    if limits.removal_count is not None:
        most = min(most, limits.removal_count)
    team = f"Small team ({counted(accounts, 'managed account')}, fewer than {least})"
    return (f"{team}: at most {counted(most, 'removal')} in a run without `--allow-removals`.",)


def by_hand(command: str) -> bool:
    """Returns whether a command names each account or group that it changes."""
    return command.startswith(("users ", "groups "))


def is_protected(user_name: str, patterns: Iterable[str]) -> bool:
    """Returns whether one of the profile's patterns, globs allowed, matches a userName; case doesn't matter."""
    return any(glob_matches(user_name.strip(), pattern.strip()) for pattern in patterns)


def _removals(plan: Plan) -> int:
    return sum(isinstance(change, DeactivateUser | DeleteUser) for change in plan.changes)


def _deletions(plan: Plan) -> int:
    return sum(isinstance(change, DeleteGroup) for change in plan.changes)


def _empty_source(plan: Plan, allowances: Allowances) -> Iterator[Violation]:
    """Takes a directory that suddenly holds no people, or no group at all, for broken, however little would be lost."""
    if plan.command != "sync":
        return
    removals, deletions = _removals(plan), _deletions(plan)
    if plan.populations.people == 0 and removals > (allowances.removals or 0):
        yield Violation(
            "empty_source",
            f"{plan.source} holds nobody in scope, and {_lost(removals)}.",
            f"If that is meant, say so with `--allow-removals {removals}`.",
        )
    if plan.populations.groups == 0 and deletions > (allowances.group_deletions or 0):
        lost = "1 managed group" if deletions == 1 else f"{deletions} managed groups"
        yield Violation(
            "empty_source",
            f"{plan.source} lists no group, and {lost} would be deleted.",
            f"If that is meant, say so with `--allow-group-deletions {deletions}`.",
        )


def _lost(removals: int) -> str:
    return "1 account would lose access" if removals == 1 else f"{removals} accounts would lose access"


@dataclass(frozen=True, slots=True)
class _Measure:
    """Holds one count of a plan with the limits it is held against."""

    code: str
    what: str
    """How a violation's message begins."""
    count: int
    baseline: int
    ratio: float
    allowed: int
    hint: str
    least: int | None = None
    """A smaller baseline counts as this many. None takes it as it is, even if it is 0."""
    most: int | None = None
    """A limit that isn't a ratio."""


def _measures(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[_Measure]:
    least, accounts = limits.min_population, plan.populations.accounts
    whose = f"of {accounts} {'active' if by_hand(plan.command) else 'managed'} accounts"
    removals, updates, deletions = _removals(plan), _updates(plan, least), _deletions(plan)
    yield _Measure(
        "removals",
        f"{removals} {whose} would lose access",
        removals,
        accounts,
        limits.removal_share,
        allowances.removals or 0,
        f"Look at the removals; if they are right, `--allow-removals {removals}`.",
        least,
        limits.removal_count,
    )
    hint = f"Look at the updates; if they are right, `--allow-updates {updates}`."
    what = f"{updates} {whose} would change"
    yield _Measure("updates", what, updates, accounts, limits.update_share, allowances.updates or 0, hint, least)
    for change in plan.changes:
        if isinstance(change, RemoveMembers):
            leaving, share = len(change.members), limits.member_removal_share
            what = f"{leaving} of {change.size} members of {change.name} would leave it"
            hint = f"Look at the group; if that is right, `--allow-member-removals {leaving}`."
            allowed = allowances.member_removals or 0
            yield _Measure("member_removals", what, leaving, change.size, share, allowed, hint, least)
    groups, share = plan.populations.managed_groups, limits.group_deletion_share
    what = f"{deletions} of {groups} managed groups would be deleted"
    hint = f"Look at the groups; if they are to go, `--allow-group-deletions {deletions}`."
    # A single deletion always passes: in a tenant with few groups it is above any ratio.
    yield _Measure("group_deletions", what, deletions, groups, share, max(allowances.group_deletions or 0, 1), hint)


def _updates(plan: Plan, least: int) -> int:
    # The first sync of a small team brings most accounts up to date as it takes them over: that is no surprise.
    is_small = plan.populations.accounts < least
    taken_over = {entry.id for entry in plan.adoptions} if is_small else frozenset[str]()
    return sum(
        isinstance(change, UpdateUser | ReactivateUser) and change.id not in taken_over for change in plan.changes
    )


def _exceeded(plan: Plan, measure: _Measure) -> Iterator[Violation]:
    count, baseline, least = measure.count, measure.baseline, measure.least or 0
    if count <= measure.allowed:
        return
    is_named = by_hand(plan.command) and (count == 1 or baseline < least)
    is_measured = baseline > 0 or measure.least is None
    # Compares exactly: 29 of 100 isn't above 0.29, whatever binary fractions say.
    if is_measured and not is_named and count > Fraction(str(measure.ratio)) * max(baseline, least):
        limit = f": {count / max(baseline, 1):.1%}, above the limit of {100 * measure.ratio:.4g}%."
        if baseline < least:
            limit = f"; the limit of fewer than {least} is {_most(measure.ratio, least)}."
        yield Violation(measure.code, measure.what + limit, measure.hint)
    if measure.most is not None and count > measure.most:
        yield Violation(measure.code, f"{_lost(count)}; the limit is {measure.most}.", measure.hint)


def _most(ratio: float, baseline: int) -> int:
    """Returns the largest number that isn't above a ratio."""
    return floor(Fraction(str(ratio)) * baseline)


def _protected(plan: Plan, limits: Limits) -> Iterator[Violation]:
    for name in sorted(set(_touched(plan))) if limits.protect else ():
        if is_protected(name, limits.protect):
            yield Violation(
                "protected",
                f"{name} is protected, and the plan would change that account or take a membership from it.",
                "Correct what asks for it, or take the name out of `protect` in the profile.",
            )


def _touched(plan: Plan) -> Iterator[str]:
    """Returns the userNames of accounts that are changed, or that lose access or a membership."""
    for change in plan.changes:
        match change:
            case UpdateUser() | ReactivateUser() | DeactivateUser() | DeleteUser():
                yield change.user_name
            case RemoveMembers() | DeleteGroup():
                yield from (member.user_name for member in change.members)
            case _:
                pass


def _last_admin(plan: Plan, limits: Limits) -> Iterator[Violation]:
    admin = match_key(limits.admin_role)
    before, after = (
        sum(count for role, count in roles.items() if match_key(role) == admin)
        for roles in (plan.impact.roles_before, plan.impact.roles_after)
    )
    if before and not after:
        yield Violation(
            "last_admin",
            f"The plan would leave Heap without an active {limits.admin_role} ({before} before, 0 after).",
            f"Give somebody else the role {limits.admin_role} first.",
        )
