"""Prints a plan for a person: what would change and why, what it amounts to, and what prevents it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from heapscim.model.changes import (
    AddMembers,
    Change,
    ChangeKind,
    DeactivateUser,
    DeleteUser,
    RemoveMembers,
    UpdateUser,
    is_about_a_user,
    subject,
)
from heapscim.model.plan import ByHand, Plan, TakeOver, Unmanaged
from heapscim.model.state import Broken
from heapscim.output.change_labels import KINDS, counted, detail, seats, summary, to_do, waiting
from heapscim.output.console import Screen
from heapscim.output.text import cropped, visible, wrapped
from heapscim.planning.guards import Violation

MOST_ROWS = 20
"""Changes of one kind shown before the rest is counted."""
_NAME_WIDTH = 40
_WORDS_WIDTH = 200
_LEAST_ROOM = 24
_LONGEST_NAME = 256
_BELOW = "      "
_STRANGERS = 5


def show_plan(plan: Plan, violations: Sequence[Violation], screen: Screen, *, full: bool = False) -> None:
    """Prints a plan. Each kind of change shows its first 20, unless all are asked for."""
    screen.print(f"Plan: {plan.source or plan.command} → {plan.tenant}", "bold")
    for title, changes in _sections(plan):
        screen.print()
        screen.print(f"{title} ({len(changes):,})", "bold")
        if full:
            _print_changes(changes, screen, len(changes), full=True)
        else:
            staying, folded = _without_leavers(changes, plan)
            _print_changes(staying, screen, MOST_ROWS)
            if folded:
                words = counted(folded, "membership")
                screen.print(f"  … and {words} of users who leave anyway (--full shows all)", "dim")
    for remark in _remarks(plan, full=full):
        screen.print()
        screen.print(f"{remark.title} ({len(remark.rows):,})", "bold")
        room = max(screen.width - 3, _LEAST_ROOM)
        screen.print_lines(
            [(f"  {line}", remark.style)]
            for row in _first(remark.rows, len(remark.rows) if full else remark.most)
            for line in wrapped(visible(row), room)
        )
    screen.print()
    _print_sum(plan, screen)
    for violation in violations:
        screen.print(f"Refused: {violation.message}", "bold red")
        screen.print(f"  {violation.hint}")


def show_plan_briefly(plan: Plan, violations: Sequence[Violation], screen: Screen) -> None:
    """Prints in one line what would change, or nothing; stderr says what isn't done, and what a guard refuses."""
    if violations:
        screen.tell(_amount(plan))
    elif not plan.is_empty:
        screen.print(_amount(plan))
    tell_undone(plan, screen)
    for violation in violations:
        screen.tell(f"Refused: {violation.message} {violation.hint}")


def tell_undone(plan: Plan, screen: Screen) -> None:
    """Says on stderr what a plan leaves undone, even if quiet was asked for: conflicts, withheld, unreadable."""
    found = (
        ("Conflict", [f"{entry.message} {entry.hint}" for entry in plan.conflicts]),
        ("Withheld", _withheld(plan, "unproven") + _withheld(plan, "changed_back")),
        ("Can't be read in Heap", list(map(_unread, plan.broken))),
    )
    for title, rows in found:
        for row in _first(rows, MOST_ROWS):
            screen.tell(f"{title}: {row}")


def _sections(plan: Plan) -> Iterator[tuple[str, tuple[Change, ...]]]:
    people = tuple(change for change in plan.changes if is_about_a_user(change))
    groups = tuple(change for change in plan.changes if not is_about_a_user(change))
    if people:
        yield "People", people
    if groups:
        yield "Groups", groups


def _without_leavers(changes: tuple[Change, ...], plan: Plan) -> tuple[tuple[Change, ...], int]:
    """Leaves out of removals the members whom the plan deactivates or deletes; returns how many that were, too."""
    leavers = {change.id for change in plan.changes if isinstance(change, DeactivateUser | DeleteUser)}
    shown: list[Change] = []
    folded = 0
    for change in changes:
        if not isinstance(change, RemoveMembers):
            shown.append(change)
            continue
        staying = tuple(member for member in change.members if member.id not in leavers)
        folded += len(change.members) - len(staying)
        if staying or not change.members:
            shown.append(replace(change, members=staying))
    return tuple(shown), folded


def _print_changes(changes: tuple[Change, ...], screen: Screen, most: int, *, full: bool = False) -> None:
    shown = _shown(changes, most)
    columns = _Columns.of(shown, screen.width)
    screen.print_lines(
        [(line, KINDS[change.kind].style)] for change in shown for line in columns.lines(change, full=full)
    )
    for kind, count in Counter(change.kind for change in changes).items():
        if count > most:
            screen.print(f"  … and {to_do(kind, count - most, 'more ')} (--full shows all)", "dim")


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
    """Lays out sign and verb, the name, and the details, which are wrapped under themselves on a narrow screen.

    A name is never cropped: people type it again. One that is wider than its column has the details below it.
    """

    verb: int
    name: int
    room: int
    width: int

    @classmethod
    def of(cls, changes: Sequence[Change], width: int) -> _Columns:
        verb = max((len(KINDS[change.kind].verb) for change in changes), default=0)
        name = max((len(visible(subject(change))) for change in changes), default=0)
        name = min(name, _NAME_WIDTH)
        return cls(verb, name, width - 1 - len("  + ") - verb - 2 - name - 2, width - 1)

    def lines(self, change: Change, *, full: bool) -> Iterator[str]:
        kind, name = KINDS[change.kind], cropped(subject(change), _LONGEST_NAME)
        head = f"  {kind.sign} {kind.verb:<{self.verb}}  {name:<{self.name}}  "
        found = (visible(part) for part in (detail(change, full=full), change.reason) if part)
        parts = list(found) if full else [cropped(part, _WORDS_WIDTH) for part in found]
        longest = max((len(word) for word in " ".join(parts).split()), default=0)
        if self.room < max(_LEAST_ROOM, longest):
            yield head.rstrip()
            yield from (f"{_BELOW}{line}" for part in parts for line in wrapped(part, self.width - len(_BELOW)))
            return
        joined = " · ".join(parts)
        said = [joined] if len(joined) <= self.room else parts
        margin = " " * (len(head) - max(0, len(name) - self.name))
        lines = [f"{margin}{line}" for part in said for line in wrapped(part, self.room)]
        if lines and len(name) <= self.name:
            lines[0] = head + lines[0].strip()
        else:
            yield head.rstrip()
        yield from lines


@dataclass(frozen=True, slots=True)
class _Remark:
    title: str
    rows: list[str]
    style: str
    most: int = MOST_ROWS


def _remarks(plan: Plan, *, full: bool) -> Iterator[_Remark]:
    """Returns what was found beside the changes."""
    covered = [f"{entry.user_name} leaves {entry.lost}, stays in {', '.join(entry.held_by)}" for entry in plan.covered]
    conflicts = [f"{entry.message} {entry.hint}" for entry in plan.conflicts]
    managed_by_hand = f"Managed by hand: left alone until {plan.source} holds them"
    found = (
        _Remark("Taken over as they are", list(map(_taken_over, plan.adoptions)), "cyan"),
        _Remark("Still covered by another group", covered, "green"),
        _Remark("Conflicts: nothing is done to these", conflicts, "yellow"),
        _Remark("Withheld: what it rests on isn't proven", _withheld(plan, "unproven", full=full), "yellow"),
        _Remark("Withheld: others change it back each time", _withheld(plan, "changed_back", full=full), "yellow"),
        _Remark("Deferred: left, and keep the account for now", list(map(waiting, plan.deferred)), "cyan", MOST_ROWS),
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
        besides: tuple[tuple[str, Sequence[object]], ...] = (
            ("withheld", plan.withheld),
            ("in conflict", plan.conflicts),
            ("unreadable", plan.broken),
            ("deferred", plan.deferred),
        )
        left = [words for words, found in besides if found]
        held = f" besides what is {' and '.join(left)}" if left else ""
        agreed = f"Heap agrees with {plan.source}" if plan.source else "everything is as asked"
        conflicts = f" {counted(len(plan.conflicts), 'conflict')} left for you to decide." if plan.conflicts else ""
        words = f"Nothing to do{held}: {agreed}. No write is needed.{conflicts}"
        screen.print(words, "bold yellow" if left else "bold green")
    else:
        for line in wrapped(_amount(plan), screen.width):
            screen.print(line, "bold")
    screen.print(seats(plan.impact))
    if removals := len(_withheld(plan, "unproven")):
        what = counted(removals, "removal")
        screen.print(f"Withheld: {what}. Run the same command again once these reasons are gone.", "yellow")
    if later := len(plan.deferred):
        hint = "A sync carries each out from its day on; `--now USER` doesn't wait."
        screen.print(f"Deferred: {counted(later, 'removal')}. {hint}", "cyan")
    if again := len(_withheld(plan, "changed_back")):
        hint = f"Find out by whom; to make {'it' if again == 1 else 'them'} once more, `--allow-changed-back {again}`."
        screen.print(f"Withheld: {counted(again, 'change')} that others changed back. {hint}", "yellow")


def _amount(plan: Plan) -> str:
    conflicts = f"; {counted(len(plan.conflicts), 'conflict')} left alone" if plan.conflicts else ""
    deferred = f"; {len(plan.deferred):,} deferred" if plan.deferred else ""
    return f"{counted(len(plan.changes), 'change')}: {summary(plan.counts)}{deferred}{conflicts}"


def _withheld(plan: Plan, cause: str, *, full: bool = False) -> list[str]:
    found = (entry for entry in plan.withheld if entry.cause == cause)
    return [f"{KINDS[entry.change.kind].verb} {_whom(entry.change, full=full)}: {entry.evidence}" for entry in found]


def _whom(change: Change, *, full: bool) -> str:
    """Names what a change is about; a change of members or attributes names those, too."""
    match change:
        case AddMembers() | RemoveMembers() | UpdateUser():
            return f"{subject(change)} ({detail(change, full=full)})"
        case _:
            return subject(change)


def _first(rows: Sequence[str], most: int) -> Iterable[str]:
    if len(rows) <= most:
        return rows
    return (*rows[:most], f"… and {len(rows) - most:,} more (--full shows all)")
