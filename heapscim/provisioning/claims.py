"""Decides whether a resource that is there is the one that a create in doubt has made. Asks nobody.

It is only where it is what was asked for and nothing contradicts it. Where two could be it, none is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from heapscim.provisioning.changes import Change, CreateGroup, CreateUser, subject
from heapscim.provisioning.comparing import Accepted
from heapscim.provisioning.counting import listed
from heapscim.provisioning.state import CurrentGroup, CurrentUser, match_key
from heapscim.provisioning.user_changes import differs

CLOCK_MARGIN = 15.0
"""Seconds by which ``meta.created`` may lie outside the time of the requests. Our clock is corrected by the server's
Date header (whole seconds); what is left is the difference between the machines behind one address."""

Found = CurrentUser | CurrentGroup


@dataclass(frozen=True, slots=True)
class Sending:
    """When the requests of one create left (seconds since 1970), and within which time they arrive or never will."""

    first: float
    last: float
    arrival: float

    @property
    def ends(self) -> float:
        """The moment after which none of them may still arrive."""
        return self.last + self.arrival


@dataclass(frozen=True, slots=True)
class Claim:
    """What was found of a create in doubt."""

    ours: Found | None = None
    others: tuple[str, ...] = ()
    """What is there under that name besides, a sentence for each about why it isn't ours."""


@dataclass(frozen=True, slots=True)
class Before:
    """Heap ids of what can't be what a create has made."""

    taken: Collection[str] = ()
    """What belongs to somebody else."""
    known: Collection[str] = ()
    """What was there when the run began."""


def claim(asked: Accepted, found: Iterable[Found], sending: Sending | None, before: Before) -> Claim:
    """Picks from what is there what a create has made.

    Without ``sending``, nothing is known of when it was sent.
    """
    reasons = {item.id: (item, _contradiction(asked, item, sending, before)) for item in found}
    fitting = [item for item, reason in reasons.values() if reason is None]
    others = tuple(_named(item, reason) for item, reason in reasons.values() if reason is not None)
    if len(fitting) == 1:
        return Claim(fitting[0], others)
    if fitting:
        noun, ids = _noun(fitting[0]), listed(tuple(item.id for item in fitting))
        return Claim(None, (*others, f"{len(fitting)} {noun}s named {subject(asked.change)} (ids {ids}) may be it."))
    return Claim(None, others)


def candidates(change: Change, same: Iterable[Found], unexplained: Sequence[Found]) -> tuple[Found, ...]:
    """What may be the result of a create: what bears the ``same`` name, or else what is new and bears more than it.

    Some tenants put something before a name, or behind it.
    """
    key = match_key(subject(change))
    return tuple(same) or tuple(item for item in unexplained if _bears(item.match_key, key))


def _bears(name: str, part: str) -> bool:
    """Whether a name begins or ends with another one, as a word of its own: ``PRIMARY/T`` does with ``T``."""
    before, after = name.removesuffix(part), name.removeprefix(part)
    has_prefix = before != name and not before[-1:].isalnum()
    return has_prefix or (after != name and not after[:1].isalnum())


def by_name(found: Iterable[Found]) -> Mapping[str, list[Found]]:
    """What was found, by folded name."""
    names: defaultdict[str, list[Found]] = defaultdict(list)
    for item in found:
        names[item.match_key].append(item)
    return names


def _contradiction(asked: Accepted, found: Found, sending: Sending | None, before: Before) -> str | None:
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


def _differences(asked: Accepted, found: Found) -> Iterator[str]:
    match asked.change, found:
        case CreateUser() as change, CurrentUser():
            if not found.active:
                yield "it is inactive"
            yield from _other_values(change.attributes, found.attributes)
        case CreateGroup(), CurrentGroup():
            strangers = len(found.member_ids - set(asked.member_ids))
            if strangers:
                yield f"{strangers} of its {len(found.member_ids)} members were not asked for"
        case _:
            yield "it is something else"


def _other_values(asked: Mapping[str, str], shown: Mapping[str, str]) -> Iterator[str]:
    """What the tenant shows otherwise than it was sent. What it doesn't show at all contradicts nothing."""
    for path, value in sorted(asked.items()):
        there = shown.get(path)
        if there is not None and differs(path, value, there):
            yield f"its {path} is {there!r}, not {value!r}"


def _named(found: Found, reason: str) -> str:
    return f"The {_noun(found)} {found.shown_name} (id {found.id}) isn't what was asked for: {reason}."


def _noun(found: Found) -> str:
    return "account" if isinstance(found, CurrentUser) else "group"
