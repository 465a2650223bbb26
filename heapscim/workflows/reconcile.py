"""Reads both sides, plans, and carries a plan out: the stages that ``plan`` and ``sync`` share."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heapscim.directory.protocol import DirectoryLookup
from heapscim.errors import DirectoryError, UsageError
from heapscim.execution.backfill import with_asked, with_unlisted
from heapscim.model.changes import Change, is_about_a_user
from heapscim.model.desired import DesiredState
from heapscim.model.directory import DirectorySnapshot, Scope
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentState, Links
from heapscim.output.change_labels import counted, summary
from heapscim.output.envelope import Result
from heapscim.output.plan_view import show_plan
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.planning import mapping, planner, scoping
from heapscim.planning.changed_back import Ground, concerned, held_against
from heapscim.planning.departures import (
    NO_GRACE,
    Grace,
    departures_after,
    departures_from_text,
    departures_to_text,
)
from heapscim.planning.fresh_links import NOTHING_FRESH, FreshLinks
from heapscim.planning.guards import Allowances, small_team
from heapscim.planning.mapping import account_name
from heapscim.planning.marks import why_unmarked
from heapscim.planning.whom import NameIndex
from heapscim.planning.withholding import Proofs, Question, questions
from heapscim.workflows import exit_codes
from heapscim.workflows.consent import confirmed, declined
from heapscim.workflows.durations import seconds_of
from heapscim.workflows.plan_results import nothing_done, plan_data, run_result, show_only
from heapscim.workflows.resolution import Resolution
from heapscim.workflows.session import Session

if TYPE_CHECKING:
    from heapscim.config.profile import Profile


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """Holds the options of one sync."""

    directory: str | None = None
    only: str | None = None
    replace_renamed: bool = False
    allowances: Allowances = Allowances()
    yes: bool = False
    full: bool = False
    continues: str | None = None
    """The run that this one finishes."""
    at_once: tuple[str, ...] = ()
    """People whose removal doesn't wait for the grace period."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Holds directory and Heap as read, the desired state, and the links between them."""

    snapshot: DirectorySnapshot
    desired: DesiredState
    current: CurrentState
    links: Links


async def read_sides(session: Session, spec: str | None, links: Links | None = None) -> Sides:
    """Reads both sides at the same time; ``links`` replaces the ledger's links if they are about to change."""
    directory = session.directory(spec)
    with progress_bar(session.screen) as bar:
        snapshot, current = await asyncio.gather(
            directory.read(ReadingProgress(bar, "Reading the directory")),
            session.tenant.read(groups=session.profile.manage_groups, progress=ReadingProgress(bar, "Reading Heap")),
        )
        return await sides_of(session, snapshot, current, links)


async def sides_of(
    session: Session, snapshot: DirectorySnapshot, current: CurrentState, links: Links | None = None
) -> Sides:
    """Returns both sides with the desired state, and with the accounts and groups that Heap's lists left out."""
    session.remember(current, groups=session.profile.manage_groups)
    desired = decide_desired(session.profile, snapshot)
    links = session.ledger.links(current) if links is None else links
    current, absences = await with_unlisted(current, desired, links, session.tenant, session.ledger.absences())
    session.ledger.remember_absences(absences)
    return Sides(snapshot, desired, current, links)


async def make_plan(session: Session, options: SyncOptions, resolution: Resolution) -> Plan:
    """Reads both sides and plans; raises UsageError if ``--only`` names someone whom neither side has."""
    sides = await read_sides(session, options.directory, resolution.links)
    if options.only is not None:
        options = replace(options, only=_known_name(options.only, names_of(session, sides), "--only"))
    if options.at_once:
        names = names_of(session, sides)
        options = replace(options, at_once=tuple(_known_name(name, names, "--now") for name in options.at_once))
    made = await decide_with_lookups(session, sides, options, command="sync", fresh=resolution.fresh)
    return resolution.with_notices(made)


async def decide_with_lookups(
    session: Session, sides: Sides, options: SyncOptions, *, command: str, fresh: FreshLinks = NOTHING_FRESH
) -> Plan:
    """Plans, and asks the directory and Heap about single people and groups if their lists don't prove a removal."""
    asked: set[tuple[bool, str]] = set()
    questioned: set[Question] = set()
    with progress_bar(session.screen, "Planning"):
        while True:
            plan = decide(session, sides, options, command=command, fresh=fresh)
            proofs = Proofs.of(sides.desired, sides.current)
            unproven = [entry for entry in plan.withheld if entry.cause == "unproven"]
            doubtful = questions(proofs, (entry.change for entry in unproven)) - questioned
            if doubtful:
                questioned |= doubtful
                sides = await _ask_directory(session, sides, options, doubtful)
                continue
            # What the directory doesn't prove, a look at Heap can't either.
            proven = [entry for entry in unproven if proofs.directory_proves(entry.change)]
            due = [entry for entry in proven if _whom(entry.change) not in asked]
            if not due:
                return plan
            asked |= {_whom(entry.change) for entry in due}  # a look may let more be planned, of others
            sides = replace(sides, current=await with_asked(sides.current, due, sides.links, session.tenant))


async def _ask_directory(session: Session, sides: Sides, options: SyncOptions, doubtful: Collection[Question]) -> Sides:
    """Returns the sides with what the directory says of the people and groups in question, if it can be asked."""
    directory = session.directory(options.directory)
    if not isinstance(directory, DirectoryLookup):
        return sides
    session.screen.note(f"Asking {sides.snapshot.source} by id about what its lists don't prove …")
    people, groups = (frozenset(id for kind, id in doubtful if kind == wanted) for wanted in ("user", "group"))
    snapshot = await directory.look_up(sides.snapshot, people=people, groups=groups)
    return replace(sides, snapshot=snapshot, desired=decide_desired(session.profile, snapshot))


def _whom(change: Change) -> tuple[bool, str]:
    """Returns whether a change is about an account, and the id of the account or group."""
    return is_about_a_user(change), getattr(change, "id", "")


def decide(
    session: Session, sides: Sides, options: SyncOptions, *, command: str, fresh: FreshLinks = NOTHING_FRESH
) -> Plan:
    """Plans, and holds back changes that others have changed back too often."""
    plan_options = session.plan_options(
        command, only=options.only, replace_renamed=options.replace_renamed, fresh=fresh
    )
    other = options.directory not in (None, session.profile.directory)
    grace = grace_of(session, options)
    plan_options = replace(plan_options, another_directory=other, grace=grace)
    made = planner.plan(sides.desired, sides.current, sides.links, plan_options)
    history = session.ledger.history(concerned(made, sides.links))
    ground = Ground(sides.current, sides.links, plan_options)
    held = held_against(made, history, ground, allowed=options.allowances.changed_back or 0)
    unmarked = () if session.profile.ledger.mark is None else why_unmarked(session.tenant.dialect.external_id)
    return replace(held, notices=(*held.notices, *unmarked, *small_team(held, session.limits)))


def grace_of(session: Session, options: SyncOptions) -> Grace:
    """Returns how long the removal of people who left waits, and since when the ledger knows of each."""
    seconds = seconds_of(session.profile.grace)
    if not seconds:
        return NO_GRACE
    since = departures_from_text(session.ledger.memo("departures"))
    return Grace(seconds, session.context.timing.now(), since, frozenset(options.at_once))


def remember_departures(session: Session, plan: Plan, options: SyncOptions) -> None:
    """Keeps since when people are leaving, for later syncs. A sync of one person says nothing of the others."""
    grace = grace_of(session, options)
    if grace.seconds and options.only is None:
        session.ledger.keep_memo("departures", departures_to_text(departures_after(plan, grace)))


def decide_desired(profile: Profile, snapshot: DirectorySnapshot, scope: Scope | None = None) -> DesiredState:
    """Returns the people in scope with mapped attributes; ``scope`` overrides the profile's.

    Raises DirectoryError if two people would have the same userName, or one would have none.
    """
    in_scope = scoping.select(snapshot, scope or profile.scope or snapshot.default_scope)
    try:
        return mapping.desired(snapshot, in_scope, profile.mapping, manage_groups=profile.manage_groups)
    except ValueError as error:
        raise DirectoryError(
            f"{snapshot.source}: {error}.", hint="Check the [mapping] of the profile, and the directory."
        ) from error


async def carry_out(session: Session, plan: Plan, options: SyncOptions) -> Result:
    """Shows a plan, checks the guards, asks, and applies it. ``--quiet`` shows a plan only if a question follows."""
    violations, screen = session.check_guards(plan, options.allowances), session.screen
    if violations:
        return show_only(plan, violations, full=options.full, exit_code=exit_codes.UNSAFE, pages=False)
    asks = not options.yes and not plan.is_empty
    if screen.format == "table" and (asks or not screen.quiet):
        show_plan(plan, violations, screen, full=options.full)
    if plan.is_empty:
        if plan.adoptions:
            session.take_over(plan)
        return nothing_done(plan, violations)
    if asks and not _confirmed(session, plan):
        return declined(plan_data(plan, violations))
    result = await session.execute(plan, options.allowances, continues=options.continues)
    return run_result(result, plan, violations)


def names_of(session: Session, sides: Sides) -> NameIndex:
    """Returns the accounts and people of both sides by every name that a user may give."""
    return NameIndex(sides.current, sides.links, sides.snapshot.people, session.profile.mapping, sides.snapshot.source)


def _known_name(name: str, names: NameIndex, option: str) -> str:
    """Returns the userName or Heap id by which a plan knows whom an option names; raises UsageError for a stranger."""
    called, person = names.accounts_called(name), names.person(name)
    if person is not None and not any(account in names.accounts_of(person) for account in called):
        return account_name(person, names.mapping)
    if not called:
        raise UsageError(
            f"Neither {names.source} nor Heap has {name}.",
            hint=f"{option} takes a userName, an e-mail address, or an id.",
        )
    return called[0].user_name if len(called) == 1 else name


def _confirmed(session: Session, plan: Plan) -> bool:
    question = f"Apply {counted(len(plan.changes), 'change')} ({summary(plan.counts)}) to {plan.tenant}?"
    hint = "See what it would do with `plan`." if plan.command == "sync" else "Nothing was changed."
    return confirmed(session.screen, question, hint=hint)
