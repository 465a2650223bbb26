"""Reads and asks for marks: which ledger manages an account, and for whom, as its ``externalId`` in Heap says.

A link decides before a mark. An account with the ``externalId`` of another tool is out of bounds: as if it weren't
linked, and as if its person weren't in the directory. An account with our mark whose link was lost is linked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from heapscim.model.desired import DesiredState, DesiredUser
from heapscim.model.phrases import counted, listed
from heapscim.model.plan import Conflict, TakeOver
from heapscim.model.state import CurrentState, CurrentUser, Link, Links

EXTERNAL_ID = "externalId"
_TOOL = "heapscim"


class Mark(NamedTuple):
    """Holds what a mark says."""

    ledger: str
    """The name of a ledger: ``ledger.mark`` of its profile."""
    person: str
    """The directory's id of the person."""

    def __str__(self) -> str:
        return f"{_TOOL}:{self.ledger}:{quote(self.person, safe='@.-_+')}"


@dataclass(frozen=True, slots=True)
class Marked:
    """Holds the two sides of a plan by what the marks say."""

    desired: DesiredState
    """The people of accounts that are within bounds, each with a mark."""
    links: Links
    """The links within bounds, with those that were found by marks."""
    out_of_bounds: frozenset[str] = frozenset()
    """The Heap ids of accounts that another tool manages."""
    conflicts: tuple[Conflict, ...] = ()
    found: tuple[TakeOver, ...] = ()
    """The accounts that are linked again, because they bear a mark of this ledger."""

    @property
    def notices(self) -> tuple[str, ...]:
        """Says who is managed again by a mark."""
        names = [one.user_name for one in self.found]
        said = f"{counted(len(names), 'account')} found by this ledger's marks, and managed again: {listed(names)}."
        return (said,) if names else ()


def mark_in(text: str) -> Mark | None:
    """Returns the mark that an ``externalId`` is; None if heapscim didn't write it."""
    tool, _, rest = text.partition(":")
    ledger, colon, person = rest.partition(":")
    return Mark(ledger, unquote(person)) if tool == _TOOL and ledger and colon and person else None


def by_marks(desired: DesiredState, current: CurrentState, links: Links, ledger: str | None) -> Marked:
    """Returns both sides of a plan by the marks of a ledger; unchanged if accounts aren't marked."""
    if ledger is None:
        return Marked(desired, links)
    own, foreign = _parted(current, links, ledger)
    links, found, doubtful = _linked_again(desired, current, links, own)
    linked = {link.external_id: link.id for link in links.users if link.id in current.users_by_id}
    theirs = {user.match_key: user for user in foreign.values()}
    blocked: dict[str, CurrentUser] = {}
    for person in desired.users:
        id = linked.get(person.external_id)
        account = theirs.get(person.match_key) if id is None else foreign.get(id)
        if account is not None:
            blocked[person.external_id] = account
    left = {account.id for account in blocked.values()}
    leavers = [foreign[link.id] for link in links.users if link.id in foreign and link.id not in left]
    within = [one for one in desired.users if one.external_id not in blocked and one.external_id not in doubtful]
    marked = (replace(one, attributes=_with_mark(one, ledger)) for one in within)
    users = tuple(link for link in links.users if link.id not in foreign)
    return Marked(
        replace(desired, users=tuple(marked)),
        Links(users, links.groups),
        frozenset(foreign),
        (*map(_out_of_bounds, (*blocked.values(), *leavers)), *_ambiguous(doubtful)),
        tuple(TakeOver(one.id, one.external_id, one.name) for one in found),
    )


def why_unmarked(kept: Literal["auto", "kept", "ignored", "refused"]) -> tuple[str, ...]:
    """Says why the accounts of a tenant aren't marked; nothing if they are."""
    if kept == "kept":
        return ()
    if kept == "auto":
        why = "it isn't known yet whether this tenant keeps externalId. `heapscim doctor --write-probe` finds out"
    else:
        why = "this tenant doesn't keep externalId. `heapscim profiles unset ledger.mark` ends this notice"
    return (f"Accounts aren't marked: {why}.",)


def _parted(
    current: CurrentState, links: Links, ledger: str
) -> tuple[Mapping[str, Sequence[CurrentUser]], Mapping[str, CurrentUser]]:
    """Returns the accounts with our marks by person, and those with an ``externalId`` of another tool by Heap id."""
    own: defaultdict[str, list[CurrentUser]] = defaultdict(list)
    foreign: dict[str, CurrentUser] = {}
    for user in current.users:
        text = user.attributes.get(EXTERNAL_ID)
        if not text:
            continue
        mark = mark_in(text)
        link = links.users_by_id.get(user.id)
        if mark is not None and mark.ledger == ledger:
            own[mark.person].append(user)
        elif link is None or text not in (link.sent.get(EXTERNAL_ID), link.name):  # what we sent ourselves is ours
            foreign[user.id] = user
    return own, foreign


def _linked_again(
    desired: DesiredState, current: CurrentState, links: Links, own: Mapping[str, Sequence[CurrentUser]]
) -> tuple[Links, Sequence[Link], Mapping[str, Sequence[CurrentUser]]]:
    """Links accounts that bear our marks and lost their links; returns also people with several such accounts."""
    people = {user.external_id: user for user in desired.users}
    live = {link.external_id for link in links.users if link.id in current.users_by_id}
    found: dict[str, Link] = {}
    doubtful: dict[str, Sequence[CurrentUser]] = {}
    for person, marked in own.items():
        candidates = [user for user in marked if user.id not in links.users_by_id]
        if person in live or not candidates:
            continue
        named = _named(candidates, people.get(person))
        if len(named) == 1:
            found[person] = Link(person, named[0].id, named[0].user_name)
        else:
            doubtful[person] = candidates
    rest = tuple(link for link in links.users if link.external_id not in found)
    return Links((*rest, *found.values()), links.groups), tuple(found.values()), doubtful


def _named(candidates: Sequence[CurrentUser], person: DesiredUser | None) -> Sequence[CurrentUser]:
    """Returns the accounts that may be a person's: of several with one mark, a replaced one has the former name."""
    if len(candidates) == 1 or person is None:
        return candidates
    return [user for user in candidates if user.match_key == person.match_key]


def _with_mark(person: DesiredUser, ledger: str) -> Mapping[str, str]:
    return {**person.attributes, EXTERNAL_ID: str(Mark(ledger, person.external_id))}


def _out_of_bounds(account: CurrentUser) -> Conflict:
    text = account.attributes[EXTERNAL_ID]
    mark = mark_in(text)
    if mark is None:
        return Conflict(
            "marked",
            account.user_name,
            f"{account.user_name} has the externalId {text}, which heapscim didn't write: another tool manages it.",
            "Clear its externalId in Heap if no other tool manages it any more, or unset ledger.mark.",
        )
    return Conflict(
        "marked",
        account.user_name,
        f"{account.user_name} bears the mark of another ledger, {mark.ledger}.",
        f"Let one directory hold this person. If that ledger is gone, `profiles set ledger.mark={mark.ledger}` goes on"
        " with its accounts.",
    )


def _ambiguous(doubtful: Mapping[str, Collection[CurrentUser]]) -> Iterator[Conflict]:
    for person, accounts in doubtful.items():
        names = listed(f"{user.user_name} (id {user.id})" for user in accounts)
        yield Conflict(
            "ambiguous",
            person,
            f"{counted(len(accounts), 'account')} bear this ledger's mark of one person: {names}.",
            "Clear the externalId of all but one in Heap, then sync once more.",
        )
