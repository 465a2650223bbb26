"""Guards: judge a finished plan against limits. They never change a plan, and a larger limit never refuses more.

A share protects from a surprise: one account or group that a command names is none. What is withheld doesn't count. A
small team is judged as if it had as many accounts as are needed for a share to mean something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from heapscim.model.caseless import glob_matches
from heapscim.model.changes import (
    Change,
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
    """How much one plan may take away or change. Shares are fractions of 1."""

    removal_share: float = 0.10
    """Of the managed accounts that are active."""
    removal_count: int | None = None
    update_share: float = 0.30
    member_removal_share: float = 0.50
    """Of the members of one group; a group that is deleted counts as a deletion, not as removals."""
    group_deletion_share: float = 0.10
    """Of the managed groups, however few they are; one deletion alone is never past it."""
    min_population: int = 10
    """Fewer accounts or members count as this many, so that the limit of a small team is a number."""
    protect: tuple[str, ...] = ()
    """userNames, globs allowed, whose accounts and memberships a plan may not change or take away."""
    admin_role: str = "Admin"


@dataclass(frozen=True, slots=True)
class Allowances:
    """The way past a limit: a number, given on the command line and recorded with the run."""

    removals: int | None = None
    updates: int | None = None
    member_removals: int | None = None
    """For each group."""
    group_deletions: int | None = None
    changed_back: int | None = None
    """No guard: how much of what others changed back twice is done all the same."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a plan is past, with the arithmetic and the way on."""

    code: str
    message: str
    hint: str


def check(plan: Plan, limits: Limits, allowances: Allowances) -> tuple[Violation, ...]:
    """Lists every limit the plan is past; an empty answer lets it go ahead."""
    return (
        *_empty_source(plan, allowances),
        *_removals(plan, limits, allowances),
        *_updates(plan, limits, allowances),
        *_member_removals(plan, limits, allowances),
        *_group_deletions(plan, limits, allowances),
        *_protected(plan, limits),
        *_last_admin(plan, limits),
    )


def small_team(plan: Plan, limits: Limits) -> tuple[str, ...]:
    """Says which limit holds for a plan that takes access from somebody in a small team."""
    population, least = plan.populations.accounts, limits.min_population
    if not _removals_of(plan) or not 0 < population < least or by_hand(plan.command):
        return ()
    most = _most(limits.removal_share, least)
    if limits.removal_count is not None:
        most = min(most, limits.removal_count)
    team = f"Small team ({counted(population, 'managed account')}, fewer than {least})"
    return (f"{team}: at most {counted(most, 'removal')} in a run without `--allow-removals`.",)


def by_hand(command: str) -> bool:
    """Whether a command names each account or group it changes."""
    return command.startswith(("users ", "groups "))


def is_protected(user_name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the profile's patterns, globs allowed, means a userName; case doesn't matter."""
    return any(glob_matches(user_name.strip(), pattern.strip()) for pattern in patterns)


def _removals_of(plan: Plan) -> tuple[Change, ...]:
    return tuple(change for change in plan.changes if isinstance(change, DeactivateUser | DeleteUser))


def _deletions_of(plan: Plan) -> tuple[Change, ...]:
    return tuple(change for change in plan.changes if isinstance(change, DeleteGroup))


def _empty_source(plan: Plan, allowances: Allowances) -> Iterator[Violation]:
    """A directory that suddenly holds nobody, or no group at all, is taken for broken, however few would be lost."""
    if plan.command != "sync":
        return
    removals, deletions = len(_removals_of(plan)), len(_deletions_of(plan))
    if plan.populations.people == 0 and removals > (allowances.removals or 0):
        lost = "1 account would lose access" if removals == 1 else f"{removals} accounts would lose access"
        yield Violation(
            "empty_source",
            f"{plan.source} holds nobody in scope, and {lost}.",
            f"If that is meant, say so with `--allow-removals {removals}`.",
        )
    if plan.populations.groups == 0 and deletions > (allowances.group_deletions or 0):
        lost = "1 managed group" if deletions == 1 else f"{deletions} managed groups"
        yield Violation(
            "empty_source",
            f"{plan.source} lists no group, and {lost} would be deleted.",
            f"If that is meant, say so with `--allow-group-deletions {deletions}`.",
        )


def _removals(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[Violation]:
    removals, population = len(_removals_of(plan)), plan.populations.accounts
    if removals <= (allowances.removals or 0):
        return
    hint = f"Look at the removals; if they are right, `--allow-removals {removals}`."
    if _past_share(plan, removals, limits.removal_share, _Of(population, limits.min_population)):
        what = f"{removals} of {population} {_accounts(plan)} would lose access"
        yield Violation("removals", _past(what, removals, population, limits.removal_share, limits), hint)
    if limits.removal_count is not None and removals > limits.removal_count:
        lost = "1 account would lose access" if removals == 1 else f"{removals} accounts would lose access"
        yield Violation("removals", f"{lost}; the limit is {limits.removal_count}.", hint)


def _updates(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[Violation]:
    population = plan.populations.accounts
    updates = sum(1 for _ in _updated(plan, limits))
    if updates <= (allowances.updates or 0):
        return
    if _past_share(plan, updates, limits.update_share, _Of(population, limits.min_population)):
        what = f"{updates} of {population} {_accounts(plan)} would change"
        message = _past(what, updates, population, limits.update_share, limits)
        yield Violation("updates", message, f"Look at the updates; if they are right, `--allow-updates {updates}`.")


def _updated(plan: Plan, limits: Limits) -> Iterator[UpdateUser | ReactivateUser]:
    """Accounts that change. In a small team those don't count that are only taken over by this plan, as at first."""
    is_small = plan.populations.accounts < limits.min_population
    taken_over = {adoption.id for adoption in plan.adoptions} if is_small else frozenset[str]()
    for change in plan.changes:
        if isinstance(change, UpdateUser | ReactivateUser) and change.id not in taken_over:
            yield change


@dataclass(frozen=True, slots=True)
class _Of:
    """What a share is taken of: so many, who count as the least number where there are fewer."""

    number: int
    least: int


def _past_share(plan: Plan, count: int, share: float, of: _Of) -> bool:
    """Whether a plan does something to more than a share. Whoever is named by hand in a small team is no surprise."""
    if of.number == 0 or (by_hand(plan.command) and (count == 1 or of.number < of.least)):
        return False
    return _above(count, share, max(of.number, of.least))


def _member_removals(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[Violation]:
    for change in plan.changes:
        if not isinstance(change, RemoveMembers) or len(change.members) <= (allowances.member_removals or 0):
            continue
        removals = len(change.members)
        if _past_share(plan, removals, limits.member_removal_share, _Of(change.size, limits.min_population)):
            what = f"{removals} of {change.size} members of {change.name} would leave it"
            message = _past(what, removals, change.size, limits.member_removal_share, limits)
            hint = f"Look at the group; if that is right, `--allow-member-removals {removals}`."
            yield Violation("member_removals", message, hint)


def _group_deletions(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[Violation]:
    deletions, population = len(_deletions_of(plan)), plan.populations.managed_groups
    if deletions <= max(allowances.group_deletions or 0, 1):
        return
    if _above(deletions, limits.group_deletion_share, population):
        share = deletions / max(population, 1)
        message = _share(
            f"{deletions} of {population} managed groups would be deleted", share, limits.group_deletion_share
        )
        hint = f"Look at the groups; if they are to go, `--allow-group-deletions {deletions}`."
        yield Violation("group_deletions", message, hint)


def _accounts(plan: Plan) -> str:
    return "active accounts" if by_hand(plan.command) else "managed accounts"


def _above(count: int, share: float, population: int) -> bool:
    """Compares exactly: 29 of 100 is not above 0.29, whatever binary fractions say."""
    return count > Fraction(str(share)) * population


def _past(what: str, count: int, population: int, share: float, limits: Limits) -> str:
    least = limits.min_population
    if population >= least:
        return _share(what, count / population, share)
    return f"{what}; the limit of fewer than {least} is {_most(share, least)}."


def _share(what: str, share: float, limit: float) -> str:
    return f"{what}: {share:.1%}, above the limit of {100 * limit:.4g}%."


def _most(share: float, population: int) -> int:
    """The largest number that is not above a share."""
    return floor(Fraction(str(share)) * population)


def _protected(plan: Plan, limits: Limits) -> Iterator[Violation]:
    if not limits.protect:
        return
    for name in sorted(set(_touched(plan))):
        if is_protected(name, limits.protect):
            yield Violation(
                "protected",
                f"{name} is protected, and the plan would change that account or take a membership from it.",
                "Correct what asks for it, or take the name out of `protect` in the profile.",
            )


def _touched(plan: Plan) -> Iterator[str]:
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
