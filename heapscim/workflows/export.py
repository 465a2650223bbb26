"""Writes Heap as a roster with which a plan finds nothing to do. Changes nothing else.

What is managed keeps the directory's ids, so that links survive. An unmanaged group that a plan would change all the
same isn't bound; what it would do with managed ones is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.config.private_files import write_private
from heapscim.directory.protocol import Composed, Composer
from heapscim.directory.registry import forms
from heapscim.errors import UsageError
from heapscim.model.changes import Change, TakeOverGroup, is_about_a_user, subject
from heapscim.model.directory import DirectoryGroup, Person
from heapscim.model.phrases import listed
from heapscim.model.state import CurrentState, CurrentUser, Links
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_table
from heapscim.planning.importing import person_of
from heapscim.workflows import exit_codes
from heapscim.workflows.consent import confirmed, declined
from heapscim.workflows.managed import unread_notices
from heapscim.workflows.manual_change import read_heap
from heapscim.workflows.reconcile import Sides, SyncOptions, decide, decide_desired
from heapscim.workflows.session import Session

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

_MOST_NAMED = 5
_WITHOUT_A_NAME = "people.yaml"
"""Stands for the file if the roster goes to stdout."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Holds where a roster goes."""

    out: Path | None = None
    """None: to stdout, as YAML; with ``--output csv``, as CSV."""
    yes: bool = False
    """Whether an existing file may be replaced without a question."""


async def export(session: Session, options: ExportOptions) -> Result:
    """Reads Heap, composes a roster, proves by a plan that it changes nothing, and writes it."""
    target = _target(session, options.out)
    heap = await read_heap(session, groups=session.profile.manage_groups)
    current, links = heap.current, heap.links
    doubts = [read.evidence for read in (current.completeness, current.groups_completeness) if not read.proven]
    if doubts:
        notices = (*doubts, "An incomplete roster would take access from those it lacks, so nothing was written.")
        return Result({"roster": None}, notices=notices, exit_code=exit_codes.SOURCE_INCOMPLETE)
    roster = _composed(session, target, current, links)
    if options.out is not None and options.out.exists() and not options.yes:
        question = f"{options.out} exists. Replace it?"
        if not confirmed(session.screen, question, hint="Name another file with --out."):
            return declined({"roster": None}, "Nothing was written.")
    notices = (*roster.notices, *unread_notices(current.broken))
    code = exit_codes.PARTIAL if roster.changes or current.broken else exit_codes.DONE
    snapshot = roster.composed.snapshot
    data = {
        "roster": None if options.out is None else str(options.out),
        "people": len(snapshot.people),
        "groups": None if snapshot.groups is None else len(snapshot.groups),
        "text": roster.composed.text if options.out is None else None,
    }
    if options.out is None:
        show = partial(_print, roster.composed.text)
        return Result(data, show=show, exit_code=code, notices=notices, pages=False)
    write_private(options.out, roster.composed.text)
    groups = "" if snapshot.groups is None else f" and {counted(len(snapshot.groups), 'group')}"
    words = f"{options.out}: {'1 person' if len(snapshot.people) == 1 else f'{len(snapshot.people):,} people'}{groups}."
    told = lambda screen: screen.print(words)  # noqa: E731
    return Result(data, facts_table(data), told, code, notices, pages=False)


def _target(session: Session, out: Path | None) -> Composer:
    spec = str(out) if out is not None else "people.csv" if session.screen.format == "csv" else _WITHOUT_A_NAME
    directory = session.directory(spec)
    if not isinstance(directory, Composer):
        raise UsageError(f"{spec} can't be a roster.", hint=f"It can be {forms(files=True)}.")
    return directory


@dataclass(frozen=True, slots=True)
class _Roster:
    composed: Composed
    changes: tuple[Change, ...]
    """What a plan would do with it; empty as a rule."""
    notices: tuple[str, ...]


def _composed(session: Session, target: Composer, current: CurrentState, links: Links) -> _Roster:
    """Composes a roster, and leaves to Heap each group that a plan would change."""
    people, namesakes = _people(current, links, session.profile)
    teams = Counter(group.match_key for group in current.groups)
    namesakes += sorted({group.name for group in current.groups if teams[group.match_key] > 1})
    left_alone: set[str] = set()
    while True:
        groups = tuple(_groups(current, links, people, left_alone)) if session.profile.manage_groups else None
        composed = target.compose(tuple(people.values()), groups)
        sides = Sides(composed.snapshot, decide_desired(session.profile, composed.snapshot), current, links)
        plan = decide(session, sides, SyncOptions(directory=session.profile.directory), command="sync")
        changes = (*plan.changes, *(entry.change for entry in plan.withheld))
        found = tuple(change for change in changes if not isinstance(change, TakeOverGroup))
        changed = {getattr(change, "id", "") for change in found if not is_about_a_user(change)}
        unmanaged = changed & current.groups_by_id.keys() - links.groups_by_id.keys() - left_alone
        if not unmanaged:
            break
        left_alone |= unmanaged
    unbound = sorted(group.name for group in composed.snapshot.groups or () if not group.bound)
    notices = (
        *composed.left_out,
        *(f"Left out, since Heap has several of this name: {name}." for name in namesakes),
        *([f"Not bound, since a roster can't hold all their members: {listed(unbound)}."] if unbound else []),
        *_still(found),
    )
    return _Roster(composed, found, notices)


def _still(changes: Sequence[Change]) -> list[str]:
    """Says what a plan would change in spite of all."""
    if not changes:
        return []
    names = [f"{change.kind.replace('_', ' ')} {subject(change)}" for change in changes[:_MOST_NAMED]]
    more = f" and {len(changes) - _MOST_NAMED:,} more" if len(changes) > _MOST_NAMED else ""
    return [f"A plan with this roster would still make {counted(len(changes), 'change')}: {', '.join(names)}{more}."]


def _people(current: CurrentState, links: Links, profile: Profile) -> tuple[dict[str, Person], list[str]]:
    """Returns each account as a person by Heap id, and the names that several accounts have."""
    known = links.for_the_directory
    names = Counter(account.match_key for account in current.users)
    twice = {account.user_name for account in current.users if names[account.match_key] > 1}
    return (
        {
            account.id: _person(account, known.external_id_of_user(account.id) or account.id, profile)
            for account in current.users
            if names[account.match_key] == 1
        },
        sorted(twice),
    )


def _person(account: CurrentUser, external_id: str, profile: Profile) -> Person:
    made = person_of(account, profile.mapping, with_role=True)
    return Person(external_id, {name: text for name, text in made.attributes.items() if text}, made.active)


def _groups(
    current: CurrentState, links: Links, people: Mapping[str, Person], left_alone: Collection[str]
) -> Iterator[DirectoryGroup]:
    """Yields each group whose name only one has, bound unless it must be left alone."""
    known = links.for_the_directory.groups_by_id
    names = Counter(group.match_key for group in current.groups)
    for group in current.groups:
        if names[group.match_key] == 1:
            external_id = known[group.id].external_id if group.id in known else group.id
            members = frozenset(people[id].external_id for id in group.member_ids if id in people)
            yield DirectoryGroup(external_id, group.name, members, group.is_whole and group.id not in left_alone)


def _print(text: str, screen: Screen) -> None:
    screen.write(text)
