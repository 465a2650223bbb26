"""Explains one person, one line for each stage: read, scope, map, match, decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from heapscim.model.desired import DesiredUser
from heapscim.model.directory import Person
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentUser, Link, match_key
from heapscim.output.change_labels import detail
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_result
from heapscim.planning.guards import is_protected
from heapscim.workflows.reconcile import Sides, SyncOptions, decide_with_lookups, read_sides
from heapscim.workflows.session import Session


@dataclass(frozen=True, slots=True)
class _Subject:
    """Holds who is meant: a person of the directory, accounts in Heap, or both."""

    name: str
    person: Person | None
    accounts: tuple[CurrentUser, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Returns every userName they have, the directory's first."""
        known = [self.person.user_name] if self.person else []
        return tuple(dict.fromkeys([*known, *(account.user_name for account in self.accounts)])) or (self.name,)


async def explain_user(session: Session, name: str, spec: str | None) -> Result:
    """Returns the chain of decisions about one person, by userName or Heap id."""
    sides = await read_sides(session, spec)
    sides = await _with_unlisted(session, sides, name)
    subject = _subject(sides, name)
    options = SyncOptions(directory=spec, only=subject.names[0])
    plan = await decide_with_lookups(session, sides, options, command="users explain")
    rows = (*_stages(sides, subject), *_decisions(plan), *_protection(subject, session.profile.protect))
    return facts_result([{"stage": stage, "finding": finding} for stage, finding in rows], ("stage", "finding"), rows)


async def _with_unlisted(session: Session, sides: Sides, name: str) -> Sides:
    """Adds an account that the list left out: some tenants don't list inactive ones."""
    if _accounts(sides, name):
        return sides
    found = await session.tenant.user_of(name)
    return (
        sides if found is None else replace(sides, current=replace(sides.current, users=(*sides.current.users, found)))
    )


def _accounts(sides: Sides, name: str) -> tuple[CurrentUser, ...]:
    users, ids = sides.current.users_by_id, dict.fromkeys((name, sides.links.id_of_user(name) or name))
    by_id = tuple(users[id] for id in ids if id in users)
    return by_id or tuple(sides.current.users_by_key.get(match_key(name), ()))


def _subject(sides: Sides, name: str) -> _Subject:
    """Finds a person by userName or by their account, and all accounts of that person."""
    accounts = _accounts(sides, name)
    links = sides.links.for_the_directory
    keys = {match_key(name), *(account.match_key for account in accounts)}
    owners = {links.external_id_of_user(account.id) for account in accounts}
    named = [person for person in sides.snapshot.people if match_key(person.user_name) in keys]
    owning = [person for person in sides.snapshot.people if person.external_id in owners]
    person = next(iter((*owning, *named)), None)
    link = links.users_by_external_id.get(person.external_id) if person else None
    linked = sides.current.users_by_id.get(link.id) if link else None
    return _Subject(name, person, accounts if linked is None or linked in accounts else (*accounts, linked))


def _stages(sides: Sides, subject: _Subject) -> Iterator[tuple[str, str]]:
    source, person = sides.snapshot.source, subject.person
    if person is None:
        yield "read", f"{source} doesn't hold {subject.names[0]}"
    else:
        yield "read", f"{source} holds {person.user_name} with the id {person.external_id}"
        yield "scope", _scope(sides, person)
        wanted = next((user for user in sides.desired.users if user.external_id == person.external_id), None)
        if wanted is not None:
            yield "map", _mapped(wanted)
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


def _mapped(wanted: DesiredUser) -> str:
    values = [f"{path} {value!r}" for path, value in sorted(wanted.attributes.items())]
    return ", ".join(values) or "userName only"


def _decisions(plan: Plan) -> Iterator[tuple[str, str]]:
    found = [
        *(f"{change.kind}: {', '.join(filter(None, (detail(change), change.reason)))}" for change in plan.changes),
        *(f"take over as it is: {entry.user_name}" for entry in plan.adoptions),
        *(f"conflict: {entry.message} {entry.hint}" for entry in plan.conflicts),
        *(f"withheld: {entry.change.kind}: {entry.evidence}" for entry in plan.withheld),
        *(f"can't be read, left alone: {entry.message}" for entry in plan.broken),
        *(f"leaves {entry.lost}, still covered by {', '.join(entry.held_by)}" for entry in plan.covered),
        *(f"left alone: {entry.name} isn't managed" for entry in plan.unmanaged),
        *(f"left alone: {entry.name} is managed by hand until {plan.source} holds them" for entry in plan.by_hand),
    ]
    for finding in found or ["nothing to do"]:
        yield "decision", finding


def _protection(subject: _Subject, patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in subject.names:
        if is_protected(name, patterns):
            yield "guard", f"{name} is protected: a plan that changes the account or ends a membership is refused"
