"""Decides whether an existing resource is the one that a create in doubt has created. Sends nothing.

It is only if it matches the request and nothing contradicts that. If two resources match, neither counts as ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from heapscim.execution.expectation import Expectation
from heapscim.model.changes import CreateGroup, CreateUser, subject
from heapscim.model.phrases import listed
from heapscim.model.state import ROLE, CurrentGroup, CurrentUser, Kind, match_key
from heapscim.planning.name_forms import Fit, NameForms
from heapscim.planning.own_forms import letters_of
from heapscim.planning.user_changes import differs

CLOCK_MARGIN = 15.0
"""Seconds by which ``meta.created`` may lie outside the time of the requests. Our clock is corrected by the server's
Date header (whole seconds); what remains is the difference between the machines behind one address."""

_MOST_NAMED = 3
_ADMIN = "admin"
"""Heap's role with every right: an account that has it unasked was created by somebody else."""

Found = CurrentUser | CurrentGroup


@dataclass(frozen=True, slots=True)
class Sending:
    """Says when the requests of one create left (seconds since 1970), and how long one of them may take to arrive."""

    first: float
    last: float
    arrival: float

    @property
    def ends(self) -> float:
        """Returns the moment after which none of the requests can still arrive."""
        return self.last + self.arrival


@dataclass(frozen=True, slots=True)
class Claim:
    """Holds what was found of a create in doubt."""

    ours: Found | None = None
    others: tuple[str, ...] = ()
    """Other resources of that name, a sentence for each about why it isn't ours."""
    possible: tuple[str, ...] = ()
    """Resources that may be ours under another name, a sentence for each. While one exists, nothing is sent again."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Holds what may be the result of a create."""

    fitting: tuple[Found, ...] = ()
    """Resources of its name, or of the name that this tenant makes of it."""
    possible: tuple[Found, ...] = ()
    """New resources whose name the tenant may have made of the requested one: that can't be told."""


@dataclass(frozen=True, slots=True)
class Before:
    """Holds Heap ids of resources that a create can't have created."""

    taken: Collection[str] = ()
    """Resources that belong to another person or group."""
    known: Collection[str] = ()
    """Resources that existed when the run began."""


def claim(asked: Expectation, found: Candidates, sending: Sending | None, before: Before) -> Claim:
    """Picks from what exists what a create has created.

    Without ``sending``, it isn't known when the request was sent.
    """
    reasons = {item.id: (item, _contradiction(asked, item, sending, before)) for item in found.fitting}
    fitting = [item for item, reason in reasons.values() if reason is None]
    others = tuple(_named(item, reason) for item, reason in reasons.values() if reason is not None)
    if len(fitting) == 1:
        return Claim(fitting[0], others)
    if fitting:
        noun, ids = _noun(fitting[0]), listed(tuple(item.id for item in fitting))
        return Claim(None, (*others, f"{len(fitting)} {noun}s named {subject(asked.change)} (ids {ids}) may be it."))
    possible = [item for item in found.possible if _contradiction(asked, item, sending, before) is None]
    return Claim(None, others, tuple(_may_be(item) for item in possible[:_MOST_NAMED]))


def candidates(asked: Expectation, same: Iterable[Found], unexplained: Sequence[Found], forms: NameForms) -> Candidates:
    """Returns resources of the same name, or else new ones of a name that this tenant may make of it."""
    if fitting := tuple(same):
        return Candidates(fitting)
    kind: Kind = "user" if isinstance(asked.change, CreateUser) else "group"
    fits = [(item, forms.fit(kind, subject(asked.change), item.shown_name)) for item in unexplained]
    fitting = tuple(item for item, fit in fits if fit is not None and _is_convincing(asked, item, fit))
    return Candidates(fitting, () if fitting else tuple(item for item, fit in fits if fit is not None))


def _is_convincing(asked: Expectation, found: Found, fit: Fit) -> bool:
    """Returns whether a resource matches so well that it doesn't matter what its name leaves open."""
    match asked.change, found:
        case CreateUser() as change, CurrentUser():
            shown = [path for path in change.attributes if path != ROLE and path in found.attributes]
            agrees = any(not differs(path, change.attributes[path], found.attributes[path]) for path in shown)
            return fit == "sure" or (fit == "likely" and agrees)
        case _, CurrentGroup():
            wanted = set(asked.member_ids)
            some, all_of_them = bool(wanted & found.member_ids), wanted == found.member_ids != set()
            return fit == "sure" or (fit == "likely" and (some or not found.is_whole)) or all_of_them
        case _:
            return False


def by_name(found: Iterable[Found]) -> Mapping[str, list[Found]]:
    """Returns what was found, by folded name."""
    names: defaultdict[str, list[Found]] = defaultdict(list)
    for item in found:
        names[item.match_key].append(item)
    return names


def _contradiction(asked: Expectation, found: Found, sending: Sending | None, before: Before) -> str | None:
    if found.id in before.taken:
        return "it belongs to somebody else in the directory"
    if found.id in before.known:
        return "it was there before the request was sent"
    if sending is not None and found.created is not None:
        if found.created < sending.first - CLOCK_MARGIN:
            return "it was made before the request was sent"
        if found.created > sending.ends + CLOCK_MARGIN:
            return "it was made long after the request"
    return next(_differences(asked, found), None)


def _differences(asked: Expectation, found: Found) -> Iterator[str]:
    match asked.change, found:
        case CreateUser() as change, CurrentUser():
            if not found.active:
                yield "it is inactive"
            yield from _other_values(change.attributes, found.attributes)
            yield from _values_of_somebody(change, found)
        case CreateGroup(), CurrentGroup():
            strangers = len(found.member_ids - set(asked.member_ids))
            if strangers:
                yield f"{strangers} of its {len(found.member_ids)} members were not asked for"
        case _:
            yield "it is something else"


def _other_values(asked: Mapping[str, str], shown: Mapping[str, str]) -> Iterator[str]:
    """Yields values that differ from what was sent. A value that isn't shown contradicts nothing."""
    for path, value in sorted(asked.items()):
        there = shown.get(path)
        if there is not None and differs(path, value, there):
            yield f"its {path} is {there!r}, not {value!r}"


def _values_of_somebody(change: CreateUser, found: CurrentUser) -> Iterator[str]:
    """Yields personal names that nobody asked for, unless the tenant can have made them of the userName; and Admin."""
    letters = letters_of(change.user_name)
    for path, value in sorted(found.attributes.items()):
        if path in change.attributes:
            continue
        if path.startswith("name.") and letters_of(value) not in letters:
            yield f"its {path} is {value!r}, and none was asked for"
        if path == ROLE and match_key(value) == _ADMIN:
            yield f"its role is {value!r}, and none was asked for"


def _may_be(found: Found) -> str:
    return f"The {_noun(found)} {found.shown_name} (id {found.id}) may be it, under a name in a form of Heap's own."


def _named(found: Found, reason: str) -> str:
    return f"The {_noun(found)} {found.shown_name} (id {found.id}) isn't what was asked for: {reason}."


def _noun(found: Found) -> str:
    return "account" if isinstance(found, CurrentUser) else "group"
