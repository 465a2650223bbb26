"""Prints a plan for a person: what would change and why, what it amounts to, and what prevents it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from heapscim.model.changes import AddMembers, Change, ChangeKind, RemoveMembers, UpdateUser, is_about_a_user, subject
from heapscim.model.plan import ByHand, Plan, TakeOver, Unmanaged
from heapscim.model.state import Broken
from heapscim.output.change_labels import KINDS, counted, detail, seats, summary
from heapscim.output.console import Screen
from heapscim.output.text import cropped
from heapscim.planning.guards import Violation

MOST_ROWS = 20
"""Changes of one kind shown before the rest is counted."""
_NAME_WIDTH = 40
_WORDS_WIDTH = 200
_LEAST_ROOM = 24
_STRANGERS = 5


def show_plan(plan: Plan, violations: Sequence[Violation], screen: Screen, *, full: bool = False) -> None:
    """Prints a plan. Each kind of change shows its first 20, unless all are asked for."""
    screen.print(f"Plan: {plan.source or plan.command} → {plan.tenant}", "bold")
    most = len(plan.changes) + 1 if full else MOST_ROWS
    for title, changes in _sections(plan):
        screen.print()
        screen.print(f"{title} ({len(changes):,})", "bold")
        _print_changes(changes, screen, most)
    for remark in _remarks(plan):
        screen.print()
        screen.print(f"{remark.title} ({len(remark.rows):,})", "bold")
        for row in _first(remark.rows, len(remark.rows) if full else remark.most):
            screen.print(f"  {row}", remark.style)
    screen.print()
    _print_sum(plan, screen)
    for violation in violations:
        screen.print(f"Refused: {violation.message}", "bold red")
        screen.print(f"  {violation.hint}")


def _sections(plan: Plan) -> Iterator[tuple[str, tuple[Change, ...]]]:
    people = tuple(change for change in plan.changes if is_about_a_user(change))
    groups = tuple(change for change in plan.changes if not is_about_a_user(change))
    if people:
        yield "People", people
    if groups:
        yield "Groups", groups


def _print_changes(changes: tuple[Change, ...], screen: Screen, most: int) -> None:
    shown = _shown(changes, most)
    columns = _Columns.of(shown, screen.width)
    for change in shown:
        for line in columns.lines(change):
            screen.print(line, KINDS[change.kind].style)
    for kind, count in Counter(change.kind for change in changes).items():
        if count > most:
            screen.print(f"  … and {count - most:,} more to {KINDS[kind].verb} (--full shows all)", "dim")


def _shown(changes: tuple[Change, ...], most: int) -> list[Change]:
    """Returns the first changes of each kind."""
    seen: Counter[ChangeKind] = Counter()
    shown: list[Change] = []
    for change in changes:
        seen[change.kind] += 1
        if seen[change.kind] <= most:
            shown.append(change)
    return shown


@dataclass(frozen=True, slots=True)
class _Columns:
    """Lays out sign and verb, the name, and the details, which are wrapped under themselves on a narrow screen."""

    verb: int
    name: int
    room: int

    @classmethod
    def of(cls, changes: Sequence[Change], width: int) -> _Columns:
        verb = max(len(KINDS[change.kind].verb) for change in changes)
        name = max(len(cropped(subject(change), _NAME_WIDTH)) for change in changes)
        return cls(verb, name, width - 1 - len("  + ") - verb - 2 - name - 2)

    def lines(self, change: Change) -> Iterator[str]:
        kind = KINDS[change.kind]
        head = f"  {kind.sign} {kind.verb:<{self.verb}}  {cropped(subject(change), _NAME_WIDTH):<{self.name}}  "
        parts = [cropped(part, _WORDS_WIDTH) for part in (detail(change), change.reason) if part]
        if self.room < _LEAST_ROOM:
            yield head.rstrip()
            yield from (f"      {part}" for part in parts)
            return
        joined = " · ".join(parts)
        said = [joined] if len(joined) <= self.room else parts
        lines = [line for part in said for line in textwrap.wrap(part, self.room, break_on_hyphens=False)] or [""]
        yield f"{head}{lines[0]}".rstrip()
        yield from (f"{' ' * len(head)}{line}" for line in lines[1:])


@dataclass(frozen=True, slots=True)
class _Remark:
    title: str
    rows: list[str]
    style: str
    most: int = MOST_ROWS


def _remarks(plan: Plan) -> Iterator[_Remark]:
    """Returns what was found beside the changes."""
    covered = [f"{entry.user_name} leaves {entry.lost}, stays in {', '.join(entry.held_by)}" for entry in plan.covered]
    conflicts = [f"{entry.message} {entry.hint}" for entry in plan.conflicts]
    managed_by_hand = f"Managed by hand: left alone until {plan.source} holds them"
    found = (
        _Remark("Taken over as they are", list(map(_taken_over, plan.adoptions)), "cyan"),
        _Remark("Still covered by another group", covered, "green"),
        _Remark("Conflicts: nothing is done to these", conflicts, "yellow"),
        _Remark("Withheld: what it rests on isn't proven", _withheld(plan, "unproven"), "yellow"),
        _Remark("Withheld: others change it back each time", _withheld(plan, "changed_back"), "yellow"),
        _Remark("Can't be read in Heap: left alone", list(map(_unread, plan.broken)), "red"),
        _Remark("In Heap and managed by nobody here: left alone", _left_alone(plan.unmanaged), "dim", _STRANGERS),
        _Remark(managed_by_hand, _left_alone(plan.by_hand), "dim", _STRANGERS),
        _Remark("Where an undo would fall short", list(plan.shortcomings), "yellow"),
        _Remark("Notices", list(plan.notices), "yellow"),
    )
    return (remark for remark in found if remark.rows)


def _left_alone(entries: Iterable[Unmanaged | ByHand]) -> list[str]:
    return [f"{entry.name} ({entry.type}{'' if entry.active else ', inactive'})" for entry in entries]


def _taken_over(entry: TakeOver) -> str:
    if entry.by_hand:
        return f"{entry.user_name} was managed by hand; by sync from now on"
    return f"{entry.user_name} has an account already; managed from now on"


def _unread(entry: Broken) -> str:
    known = entry.name or ("an account" if entry.type == "user" else "a group")
    id = "" if entry.id is None else f", id {entry.id}"
    return f"{known} ({entry.type}{id}): {entry.message}"


def _print_sum(plan: Plan, screen: Screen) -> None:
    if plan.is_empty:
        besides = (("withheld", plan.withheld), ("in conflict", plan.conflicts), ("unreadable", plan.broken))
        left = [words for words, found in besides if found]
        held = f" besides what is {' and '.join(left)}" if left else ""
        agreed = f"Heap agrees with {plan.source}" if plan.source else "everything is as asked"
        screen.print(f"Nothing to do{held}: {agreed}. No write is needed.", "bold yellow" if left else "bold green")
    else:
        screen.print(f"{counted(len(plan.changes), 'change')}: {summary(plan)}", "bold")
    screen.print(seats(plan.impact))
    if removals := len(_withheld(plan, "unproven")):
        what = counted(removals, "removal")
        screen.print(f"Withheld: {what}. Run the same command again once these reasons are gone.", "yellow")
    if again := len(_withheld(plan, "changed_back")):
        hint = f"Find out by whom; to make {'it' if again == 1 else 'them'} once more, `--allow-changed-back {again}`."
        screen.print(f"Withheld: {counted(again, 'change')} that others changed back. {hint}", "yellow")


def _withheld(plan: Plan, cause: str) -> list[str]:
    found = (entry for entry in plan.withheld if entry.cause == cause)
    return [f"{KINDS[entry.change.kind].verb} {_whom(entry.change)}: {entry.evidence}" for entry in found]


def _whom(change: Change) -> str:
    """Names what a change is about; a change of members or attributes names those, too."""
    match change:
        case AddMembers() | RemoveMembers() | UpdateUser():
            return f"{subject(change)} ({detail(change)})"
        case _:
            return subject(change)


def _first(rows: Sequence[str], most: int) -> Iterable[str]:
    if len(rows) <= most:
        return rows
    return (*rows[:most], f"… and {len(rows) - most:,} more (--full shows all)")
