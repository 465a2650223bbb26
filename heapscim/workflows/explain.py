"""Explains one person, one line for each stage: read, scope, map, match, decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from heapscim.model.changes import Change, is_about_a_user, subject
from heapscim.model.desired import DesiredUser
from heapscim.model.directory import Person
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentUser, Link
from heapscim.output.change_labels import KINDS, detail, waiting
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_result
from heapscim.planning.guards import is_protected
from heapscim.planning.mapping import account_name
from heapscim.workflows.reconcile import Sides, SyncOptions, decide_with_lookups, names_of, read_sides
from heapscim.workflows.session import Session


@dataclass(frozen=True, slots=True)
class _Subject:
    """Holds who is meant: a person of the directory, accounts in Heap, or both."""

    name: str
    person: Person | None
    accounts: tuple[CurrentUser, ...]
    person_name: str | None
    """The userName that the mapping gives the person."""

    @property
    def names(self) -> tuple[str, ...]:
        """Returns every userName they have, the directory's first."""
        known = [self.person_name] if self.person_name else []
        return tuple(dict.fromkeys([*known, *(account.user_name for account in self.accounts)])) or (self.name,)


async def explain_user(session: Session, name: str, spec: str | None) -> Result:
    """Returns the chain of decisions about one person, by userName, e-mail address or id.

    Raises AmbiguousInDirectory if several people are meant.
    """
    sides = await read_sides(session, spec)
    subject = _subject(session, sides, name)
    if not subject.accounts and (found := await session.tenant.user_of(subject.names[0])) is not None:
        # Some tenants don't list inactive accounts.
        sides = replace(sides, current=replace(sides.current, users=(*sides.current.users, found)))
        subject = _subject(session, sides, name)
    options = SyncOptions(directory=spec, only=subject.names[0])
    plan = await decide_with_lookups(session, sides, options, command="users explain")
    rows = (*_stages(sides, subject), *_decisions(plan), *_protection(subject, session.profile.protect))
    return facts_result([{"stage": stage, "finding": finding} for stage, finding in rows], ("stage", "finding"), rows)


def _subject(session: Session, sides: Sides, name: str) -> _Subject:
    """Finds a person and all accounts of that person."""
    names = names_of(session, sides)
    person = names.person(name)
    accounts = (*names.accounts_called(name), *(() if person is None else names.accounts_of(person)))
    called = None if person is None else account_name(person, names.mapping)
    return _Subject(name, person, tuple({account.id: account for account in accounts}.values()), called)


def _stages(sides: Sides, subject: _Subject) -> Iterator[tuple[str, str]]:
    source, person = sides.snapshot.source, subject.person
    if person is None:
        yield "read", f"{source} doesn't hold {subject.names[0]}"
    else:
        yield "read", f"{source} holds {person.user_name} with the id {person.external_id}"
        yield "scope", _scope(sides, person)
        wanted = next((user for user in sides.desired.users if user.external_id == person.external_id), None)
        if wanted is not None:
            yield "map", _mapped(person, wanted)
    for account in subject.accounts:
        how = _how(sides.links.users_by_id.get(account.id))
        state = "active" if account.active else "inactive"
        called = "" if len(subject.names) == 1 else f" {account.user_name}"
        yield "match", f"account {account.id}{called}, {state}, {how}"
    if not subject.accounts:
        yield "match", "no account in Heap"


def _how(link: Link | None) -> str:
    if link is None:
        return "by userName; not managed yet"
    return "by userName; managed by hand" if link.by_hand else f"linked to {link.external_id}, managed"


def _scope(sides: Sides, person: Person) -> str:
    skip = next((skip for skip in sides.desired.skips if skip.external_id == person.external_id), None)
    if skip is not None:
        return f"out: {skip.reason}"
    groups = ", ".join(sorted(sides.desired.memberships.get(person.external_id, ())))
    return "in" + (f", held by {groups}" if groups else "")


def _mapped(person: Person, wanted: DesiredUser) -> str:
    other = [] if wanted.user_name == person.user_name else [f"userName {wanted.user_name!r}"]
    values = [*other, *(f"{path} {value!r}" for path, value in sorted(wanted.attributes.items()))]
    return ", ".join(values) or "userName only"


def _decisions(plan: Plan) -> Iterator[tuple[str, str]]:
    found = [
        *(f"{_verb(change)}: {', '.join(filter(None, (detail(change), change.reason)))}" for change in plan.changes),
        *(f"take over as it is: {entry.user_name}" for entry in plan.adoptions),
        *(f"conflict: {entry.message} {entry.hint}" for entry in plan.conflicts),
        *(f"withheld: {_verb(entry.change)}: {entry.evidence}" for entry in plan.withheld),
        *(f"deferred: {waiting(entry)}" for entry in plan.deferred),
        *(f"can't be read, left alone: {entry.message}" for entry in plan.broken),
        *(f"leaves {entry.lost}, still covered by {', '.join(entry.held_by)}" for entry in plan.covered),
        *(f"left alone: {entry.name} isn't managed" for entry in plan.unmanaged),
        *(f"left alone: {entry.name} is managed by hand until {plan.source} holds them" for entry in plan.by_hand),
    ]
    for finding in found or ["nothing to do"]:
        yield "decision", finding


def _verb(change: Change) -> str:
    """Returns what a change does, as plans say it, with the group if it is about one."""
    verb = KINDS[change.kind].verb
    return verb if is_about_a_user(change) else f"{verb} {subject(change)}"


def _protection(subject: _Subject, patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in subject.names:
        if is_protected(name, patterns):
            yield "guard", f"{name} is protected: a plan that changes the account or ends a membership is refused"
