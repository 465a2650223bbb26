"""The plan as a person reads it: what would change and why, what it amounts to, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from heapscim.output.console import Screen
from heapscim.output.text import cropped
from heapscim.provisioning.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
    subject,
)
from heapscim.provisioning.plan import Impact, Plan

MOST_ROWS = 20
"""Changes of one kind shown before the rest is counted."""
_NAME_WIDTH = 34


class Violation(Protocol):
    """What a guard says."""

    @property
    def message(self) -> str:
        """The arithmetic."""
        ...

    @property
    def hint(self) -> str:
        """The way on."""
        ...


@dataclass(frozen=True, slots=True)
class _Kind:
    sign: str
    verb: str
    style: str


KINDS = {
    "create_user": _Kind("+", "create", "green"),
    "update_user": _Kind("~", "update", "cyan"),
    "reactivate_user": _Kind("+", "reactivate", "green"),
    "deactivate_user": _Kind("-", "deactivate", "red"),
    "delete_user": _Kind("-", "delete", "bold red"),
    "create_group": _Kind("+", "create group", "green"),
    "take_over_group": _Kind("=", "take over", "cyan"),
    "rename_group": _Kind("~", "rename group", "cyan"),
    "add_members": _Kind("+", "add members", "green"),
    "remove_members": _Kind("-", "remove members", "red"),
    "release_group": _Kind("=", "release", "yellow"),
    "delete_group": _Kind("-", "delete group", "bold red"),
}


def show_plan(plan: Plan, violations: Sequence[Violation], screen: Screen, *, full: bool = False) -> None:
    """Prints a plan. Each kind of change shows its first 20, unless all are asked for."""
    screen.print(f"Plan: {plan.source or plan.command} → {plan.tenant}", "bold")
    most = len(plan.changes) + 1 if full else MOST_ROWS
    for title, kind_changes in _sections(plan):
        screen.print()
        screen.print(f"{title} ({len(kind_changes)})", "bold")
        _print_changes(kind_changes, screen, most)
    for title, rows, style in _remarks(plan, most):
        screen.print()
        screen.print(title, "bold")
        for row in rows:
            screen.print(f"  {row}", style)
    screen.print()
    _print_sum(plan, screen)
    for violation in violations:
        screen.print(f"Refused: {violation.message}", "bold red")
        screen.print(f"  {violation.hint}")


def summary(plan: Plan) -> str:
    """The counts in one line, such as ``2 create, 1 deactivate``."""
    return ", ".join(f"{count} {KINDS[kind].verb}" for kind, count in plan.counts.items()) or "no change"


def detail(change: Change) -> str:
    """What a change does, in words, besides its name and its reason."""
    match change:
        case CreateUser():
            return ", ".join(f"{path} {value!r}" for path, value in sorted(change.attributes.items()))
        case UpdateUser() | ReactivateUser():
            return ", ".join(
                f"{path} {'(none)' if change.before.get(path) is None else repr(change.before[path])} → {value!r}"
                for path, value in sorted(change.after.items())
            )
        case DeleteUser():
            return "personal charts go with the account; this can't be undone"
        case CreateGroup() | AddMembers() | RemoveMembers():
            return _members(change.members)
        case RenameGroup():
            return f"→ {change.new_name}"
        case DeleteGroup():
            return f"{_members(change.members) or 'no members'}; an undo makes a new group with a new id"
        case DeactivateUser() | TakeOverGroup() | ReleaseGroup():
            return ""


def _sections(plan: Plan) -> Iterator[tuple[str, tuple[Change, ...]]]:
    users = ("create_user", "update_user", "reactivate_user", "deactivate_user", "delete_user")
    people = tuple(change for change in plan.changes if change.kind in users)
    groups = tuple(change for change in plan.changes if change.kind not in users)
    if people:
        yield "People", people
    if groups:
        yield "Groups", groups


def _print_changes(changes: tuple[Change, ...], screen: Screen, most: int) -> None:
    shown: dict[str, int] = {}
    for change in changes:
        shown[change.kind] = shown.get(change.kind, 0) + 1
        kind = KINDS[change.kind]
        if shown[change.kind] <= most:
            name = subject(change)
            screen.print(f"  {kind.sign} {kind.verb:<15}{cropped(name, _NAME_WIDTH):<{_NAME_WIDTH}}", kind.style)
            said = detail(change)
            screen.print(f"      {cropped(said, 200)}{'; ' if said else ''}{cropped(change.reason, 200)}", "dim")
    for name, count in shown.items():
        if count > most:
            screen.print(f"  … and {count - most:,} more to {KINDS[name].verb} (--full shows all)", "dim")


def _remarks(plan: Plan, most: int) -> Iterator[tuple[str, list[str], str]]:
    if plan.adoptions:
        names = [f"{entry.user_name}: has an account already; managed from now on" for entry in plan.adoptions]
        yield f"Taken over as they are ({len(plan.adoptions)})", _first(names, most), "cyan"
    if plan.covered:
        rows = [f"{entry.user_name} leaves {entry.lost}, stays in {', '.join(entry.held_by)}" for entry in plan.covered]
        yield f"Still covered by another group ({len(plan.covered)})", _first(rows, most), "green"
    if plan.conflicts:
        rows = [f"{entry.message} {entry.hint}" for entry in plan.conflicts]
        yield f"Conflicts: nothing is done to these ({len(plan.conflicts)})", _first(rows, most), "yellow"
    if plan.withheld:
        rows = [f"{KINDS[entry.change.kind].verb} {subject(entry.change)}: {entry.evidence}" for entry in plan.withheld]
        yield f"Withheld: the read can't prove itself complete ({len(plan.withheld)})", _first(rows, most), "yellow"
    if plan.unmanaged:
        rows = [f"{entry.name} ({entry.type}{'' if entry.active else ', inactive'})" for entry in plan.unmanaged]
        yield f"In Heap and managed by nobody here: left alone ({len(plan.unmanaged)})", _first(rows, 5), "dim"
    if plan.notices:
        yield "Notices", list(plan.notices), "yellow"


def _print_sum(plan: Plan, screen: Screen) -> None:
    if plan.is_empty:
        held = " besides what is withheld" if plan.withheld else ""
        screen.print(
            f"Nothing to do{held}: Heap agrees with {plan.source or 'what was asked'}. No write is needed.",
            "bold green",
        )
    else:
        screen.print(f"{len(plan.changes):,} changes: {summary(plan)}", "bold")
    screen.print(_seats(plan.impact))


def _seats(impact: Impact) -> str:
    roles = sorted(set(impact.roles_before) | set(impact.roles_after))
    parts = [
        f"{role or 'default role'} {impact.roles_before.get(role, 0)} → {impact.roles_after.get(role, 0)}"
        for role in roles
        if impact.roles_before.get(role, 0) != impact.roles_after.get(role, 0)
    ]
    by_role = f" ({'; '.join(parts)})" if parts else ""
    return f"Active seats {impact.seats_before} → {impact.seats_after}{by_role}"


def _members(members: tuple[MemberRef, ...]) -> str:
    names = [member.user_name for member in members]
    return ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")  # noqa: PLR2004


def _first(rows: Iterable[str], most: int) -> list[str]:
    every = list(rows)
    return every if len(every) <= most else [*every[:most], f"… and {len(every) - most:,} more"]
