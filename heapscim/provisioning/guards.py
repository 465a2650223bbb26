"""Guards: judge a finished plan against limits. They never change a plan, and a larger limit never refuses more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from heapscim.provisioning.changes import (
    Change,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    RemoveMembers,
    UpdateUser,
)
from heapscim.provisioning.plan import Plan
from heapscim.provisioning.state import match_key


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one plan may take away or change. Shares are fractions of 1."""

    removal_share: float = 0.10
    """Of the managed accounts that are active."""
    removal_count: int | None = None
    update_share: float = 0.30
    member_removal_share: float = 0.50
    """Of the members of one group."""
    min_population: int = 10
    """No share is judged below this many accounts or members."""
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
        *_protected(plan, limits),
        *_last_admin(plan, limits),
    )


def _removals_of(plan: Plan) -> tuple[Change, ...]:
    return tuple(change for change in plan.changes if isinstance(change, DeactivateUser | DeleteUser))


def _empty_source(plan: Plan, allowances: Allowances) -> Iterator[Violation]:
    removals = len(_removals_of(plan))
    if plan.command == "sync" and plan.populations.people == 0 and removals > (allowances.removals or 0):
        yield Violation(
            "empty_source",
            f"{plan.source} holds nobody in scope, and {removals} accounts would be deactivated.",
            f"If that is meant, say so with `--allow-removals {removals}`.",
        )


def _removals(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[Violation]:
    removals = len(_removals_of(plan))
    if removals <= (allowances.removals or 0):
        return
    population = plan.populations.managed_users
    hint = f"Look at the removals; if they are right, `--allow-removals {removals}`."
    if population >= limits.min_population and removals > limits.removal_share * population:
        yield Violation(
            "removals",
            _share(
                f"{removals} of {population} managed accounts",
                "lose access",
                removals / population,
                limits.removal_share,
            ),
            hint,
        )
    if limits.removal_count is not None and removals > limits.removal_count:
        yield Violation(
            "removals", f"{removals} accounts would lose access; the limit is {limits.removal_count}.", hint
        )


def _updates(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[Violation]:
    updates = sum(isinstance(change, UpdateUser | ReactivateUser) for change in plan.changes)
    population = plan.populations.managed_users
    if updates <= (allowances.updates or 0) or population < limits.min_population:
        return
    if updates > limits.update_share * population:
        message = _share(
            f"{updates} of {population} managed accounts", "change", updates / population, limits.update_share
        )
        yield Violation("updates", message, f"Look at the updates; if they are right, `--allow-updates {updates}`.")


def _member_removals(plan: Plan, limits: Limits, allowances: Allowances) -> Iterator[Violation]:
    for change in plan.changes:
        if not isinstance(change, RemoveMembers) or change.size < limits.min_population:
            continue
        removals = len(change.members)
        if removals > (allowances.member_removals or 0) and removals > limits.member_removal_share * change.size:
            what = f"{removals} of {change.size} members of {change.name}"
            message = _share(what, "leave it", removals / change.size, limits.member_removal_share)
            hint = f"Look at the group; if that is right, `--allow-member-removals {removals}`."
            yield Violation("member_removals", message, hint)


def _share(what: str, would: str, share: float, limit: float) -> str:
    return f"{what} would {would}: {share:.1%}, above the limit of {limit:.0%}."


def _protected(plan: Plan, limits: Limits) -> Iterator[Violation]:
    patterns = tuple(match_key(pattern) for pattern in limits.protect)
    if not patterns:
        return
    for name in sorted(set(_touched(plan))):
        if any(fnmatchcase(match_key(name), pattern) for pattern in patterns):
            yield Violation(
                "protected",
                f"{name} is protected, and the plan would change that account or take a membership from it.",
                "Correct the directory, or take the name out of `protect` in the profile.",
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
    admin = limits.admin_role.casefold()
    before, after = (
        sum(count for role, count in roles.items() if role.casefold() == admin)
        for roles in (plan.impact.roles_before, plan.impact.roles_after)
    )
    if before and not after:
        yield Violation(
            "last_admin",
            f"The plan would leave Heap without an active {limits.admin_role} ({before} before, 0 after).",
            f"Give somebody else the role {limits.admin_role} first.",
        )
