"""Resolves changes in doubt, whose request may have left without a recorded outcome: it looks, and sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from heapscim import errors
from heapscim.execution.circuit_breaker import POSSIBLY_MADE
from heapscim.execution.claims import Before, Candidates, Sending, by_name, candidates, claim
from heapscim.execution.comparison import compare
from heapscim.execution.expectation import Expectation
from heapscim.execution.ports import Sighting, Sought, Target
from heapscim.execution.verification import Verifier
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    MemberRef,
    RemoveMembers,
    is_about_a_user,
    subject,
)
from heapscim.model.outcomes import Outcome, Recorded
from heapscim.model.state import Kind, Link, Links, match_key
from heapscim.planning.name_forms import NameForms

_NOT_DONE = "Looked for after the run was cut off: it had not been carried out."
_MADE_LATER = "Looked for after the run was cut off: what is there was made by a later run."
NOT_OURS = "not_ours"
"""Error code of a create of which nothing exists but what somebody else created."""


LEFT_TO_A_PERSON = "If that is it, call it so in the directory. If it isn't, give it a name that is less alike."


@dataclass(frozen=True, slots=True)
class ResolveContext:
    """Holds what resolving needs besides what was recorded."""

    target: Target
    verifier: Verifier
    links: Links
    now: float
    arrival: float
    """Seconds from sending within which a request may still arrive."""
    unreadable: Collection[str] = ()
    known: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    """Heap ids of what existed when both sides were last read."""


async def resolve(sent: Sequence[Recorded], sight: ResolveContext) -> tuple[Outcome, ...]:
    """Returns what became of each change, in the order given; ``uncertain`` if that can't be told yet.

    A change that wasn't carried out is ``not_attempted``. What a create has created counts as ours only if it matches
    the request and nothing contradicts that.
    """
    accounts = account_ids(sight.links)
    asked = [sought(with_ids(entry.change, accounts), entry.id) for entry in sent]
    doubtful = {place for place, one in enumerate(asked) if _is_in_doubt(one)}
    rest = [one for place, one in enumerate(asked) if place not in doubtful]
    looked = iter(await sight.verifier.verify(rest))
    creates = iter(await _creates([(sent[place], asked[place]) for place in sorted(doubtful)], sight))
    return tuple(next(creates) if place in doubtful else _settled(next(looked)) for place in range(len(asked)))


def account_ids(links: Links) -> Mapping[str, str]:
    """Returns external id → Heap id of linked accounts."""
    return {link.external_id: link.id for link in links.users}


def with_ids(change: Change, accounts: Mapping[str, str]) -> Change:
    """Returns a change with the Heap ids of members whose accounts were created after it was planned."""
    match change:
        case CreateGroup() | AddMembers() | RemoveMembers():
            return replace(change, members=tuple(_named(member, accounts) for member in change.members))
        case _:
            return change


def _named(member: MemberRef, accounts: Mapping[str, str]) -> MemberRef:
    return replace(member, id=member.id or accounts.get(member.external_id or ""))


def sought(change: Change, id: str | None = None) -> Expectation:
    """Returns what to look for, to tell whether a change was carried out."""
    members: Collection[MemberRef] = getattr(change, "members", ())
    return Expectation(
        change=change,
        id=id or getattr(change, "id", None),
        member_ids=tuple(member.id for member in members if member.id is not None),
        without_account=tuple(member.user_name for member in members if member.id is None),
        certain=False,
    )


def _is_in_doubt(asked: Expectation) -> bool:
    """Returns whether only a look can tell what a create has created."""
    return isinstance(asked.change, CreateUser | CreateGroup) and asked.id is None


async def _creates(entries: Sequence[tuple[Recorded, Expectation]], sight: ResolveContext) -> list[Outcome]:
    sightings: dict[Kind, Sighting] = {}
    for kind in ("user", "group"):
        names = tuple(subject(asked.change) for _, asked in entries if kind_of(asked.change) == kind)
        if names:
            sightings[kind] = await _sight(kind, names, sight)
    owners: dict[Kind, dict[str, str]] = {"user": _owners(sight.links.users), "group": _owners(sight.links.groups)}
    named = {kind: by_name(sighting.named) for kind, sighting in sightings.items()}
    forms = NameForms(sight.links)
    outcomes = []
    for entry, asked in entries:
        kind = kind_of(asked.change)
        same = named[kind].get(match_key(subject(asked.change)), ())
        there = candidates(asked, same, sightings[kind].unexplained, forms)
        seen = _Seen(there, sightings[kind].doubt, owners[kind])
        outcomes.append(_of_create(entry, asked, seen, sight))
    return outcomes


@dataclass(frozen=True, slots=True)
class _Seen:
    there: Candidates
    doubt: str | None
    owners: Mapping[str, str]
    """Heap id → external id of what is linked."""


async def _sight(kind: Kind, names: tuple[str, ...], sight: ResolveContext) -> Sighting:
    linked = sight.links.users if kind == "user" else sight.links.groups
    explained = frozenset(link.id for link in linked)
    try:
        return await sight.target.look_for(kind, Sought(names, names, explained, known=sight.known.get(kind)))
    except errors.RequestError as error:
        return Sighting(doubt=error.message)


def _of_create(entry: Recorded, asked: Expectation, seen: _Seen, sight: ResolveContext) -> Outcome:
    sending = None
    if entry.first_sent is not None and entry.last_sent is not None:
        sending = Sending(entry.first_sent, entry.last_sent, sight.arrival)
    external_id = getattr(asked.change, "external_id", None)
    there = seen.there.fitting
    is_linked = {item.id: seen.owners[item.id] == external_id for item in there if item.id in seen.owners}
    found = claim(asked, seen.there, sending, Before([id for id, is_ours in is_linked.items() if not is_ours]))
    if found.ours is not None:
        return compare(replace(asked, id=found.ours.id, certain=True), found.ours, sight.unreadable)
    if any(is_linked.values()):
        return Outcome(asked.change, "not_attempted", message=_MADE_LATER)
    may_arrive = sending is not None and sight.now < sending.ends
    if found.others:
        return not_ours(asked.change, found.others, in_doubt=may_arrive)
    if found.possible:
        return possibly_made(asked.change, found.possible)
    if may_arrive or seen.doubt is not None:
        return _untold(asked.change, seen.doubt or "It isn't there now, and may still arrive.")
    return Outcome(asked.change, "not_attempted", message=_NOT_DONE)


def not_ours(change: Change, others: Iterable[str], *, in_doubt: bool) -> Outcome:
    """Returns the outcome of a create of which nothing exists but what somebody else created."""
    message = f"{' '.join(others)} It is left alone."
    hint = "See whose it is. Where the directory holds that name, the next sync takes it over."
    return Outcome(change, "failed", error_code=NOT_OURS, message=message, hint=hint, uncertain=in_doubt)


def possibly_made(change: Change, others: Iterable[str]) -> Outcome:
    """Returns the outcome of a create that may have created something under another name: only a person can tell."""
    message = f"{' '.join(others)} It isn't sent again for as long as that is there."
    code, hint = POSSIBLY_MADE, LEFT_TO_A_PERSON
    return Outcome(change, "failed", error_code=code, message=message, hint=hint, uncertain=True)


def kind_of(change: Change) -> Kind:
    """Returns what a change is about: a user or a group."""
    return "user" if is_about_a_user(change) else "group"


def _untold(change: Change, why: str) -> Outcome:
    hint = "The next sync looks again."
    return Outcome(change, "failed", error_code=errors.ResponseLost.code, message=why, hint=hint, uncertain=True)


def _owners(links: Iterable[Link]) -> dict[str, str]:
    return {link.id: link.external_id for link in links}


def _settled(looked: Outcome) -> Outcome:
    was_made = isinstance(looked.change, CreateUser | CreateGroup) and looked.id is not None
    if looked.status == "done" or looked.uncertain or was_made:
        return looked
    return Outcome(looked.change, "not_attempted", message=_NOT_DONE)
