"""Finds conflicts of names: two resources in Heap of one name, or a resource that may be what is to be created.

A name counts in the form that Heap gives it, too. A conflict is reported and never decided by a guess. Names that only
look like another get a notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from heapscim.model.caseless import folded
from heapscim.model.desired import DesiredGroup, DesiredUser
from heapscim.model.plan import Conflict
from heapscim.model.state import DISPLAY_NAME, USER_NAME, CurrentState, Kind, Link, Links, match_key
from heapscim.planning.name_forms import NameForms


class Named(Protocol):
    """Describes an account or group in Heap."""

    @property
    def id(self) -> str:
        """Returns its Heap id."""
        ...

    @property
    def shown_name(self) -> str:
        """Returns the name that a person knows it by."""
        ...

    @property
    def match_key(self) -> str:
        """Returns the folded name that it is matched by."""
        ...


NOUNS: Mapping[Kind, str] = {"user": "account", "group": "group"}
"""The noun for each kind of resource in Heap."""
D = TypeVar("D", bound=DesiredUser | DesiredGroup)
C = TypeVar("C", bound=Named)


def namesakes(
    kind: Kind, missing: Sequence[D], found: Sequence[C], managed: Collection[str], links: Sequence[Link]
) -> tuple[tuple[D, ...], tuple[Conflict, ...]]:
    """Parts what is to be created from what Heap may hold already, and finds what bears the name of a managed resource.

    A tenant may keep names in a form of its own. An unmanaged resource whose name has that form may be what an earlier
    run created, whose ledger was lost.
    """
    if not missing:
        return (), tuple(_doubled(NOUNS[kind], found, managed, links))
    forms = NameForms(Links(tuple(links)) if kind == "user" else Links(groups=tuple(links)))
    strangers = {item.match_key: item for item in found if item.id not in managed} if forms.has_forms(kind) else {}
    creates: list[D] = []
    conflicts: list[Conflict] = []
    for item in missing:
        forms_of_name = forms.keys(kind, item.shown_name)
        other = next((strangers[key] for key in forms_of_name if key in strangers), None)
        if other is None:
            creates.append(item)
        else:
            conflicts.append(_may_be(NOUNS[kind], item.shown_name, other))
    return tuple(creates), (*conflicts, *_doubled(NOUNS[kind], found, managed, links))


def ambiguous(kind: Kind, item: DesiredUser | DesiredGroup, ids: Sequence[str]) -> Conflict:
    """Reports a person or group whose name several resources bear, or one that belongs to another."""
    name = item.shown_name
    message = (
        f"{name} could be any of {len(ids)} {NOUNS[kind]}s in Heap (ids {', '.join(ids)})."
        if len(ids) > 1
        else f"{name} is the name of id {ids[0]} in Heap, which belongs or belonged to somebody else in the directory."
    )
    hint = "Leave one of that name in Heap, or correct the name in the directory."
    return Conflict("ambiguous", name, message, hint)


def mistaken(kind: Kind, item: DesiredUser | DesiredGroup, found: Named) -> Conflict:
    """Reports a resource that heapscim 0.1 may have taken over for a person or group by mistake."""
    name, other = item.shown_name, found.shown_name
    return Conflict(
        "ambiguous",
        name,
        f"Heap's {NOUNS[kind]} {other} (id {found.id}) was managed by a name that heapscim 0.1 took for {name}: "
        "whether it is theirs can't be told, so it is left as it is.",
        f"If it is theirs, write {other} in the directory. If it is somebody else's who belongs there, add {other}. "
        "If it is somebody's who left, deactivate or delete it by hand.",
    )


def lookalikes(users: Iterable[DesiredUser], groups: Iterable[DesiredGroup], current: CurrentState) -> tuple[str, ...]:
    """Names people and groups that are new in Heap and whose names differ from others only by letters such as ß and ss.

    They are separate people and groups; an administrator may have expected one.
    """
    people = _alike((user.user_name for user in users), (user.user_name for user in current.users))
    teams = _alike((group.name for group in groups), (group.name for group in current.groups))
    return (
        *(f"{name} isn't {other}, whose account is in Heap already." for name, other in people),
        *(f"The group {name} isn't {other}, which is in Heap already." for name, other in teams),
    )


def _alike(new: Iterable[str], there: Iterable[str]) -> Iterator[tuple[str, str]]:
    wanted = {folded(name.strip()): name for name in new}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in there if wanted else ():
        key = folded(name.strip())
        if key in wanted:
            found[key].append(name)
    for key, name in sorted(wanted.items()):
        yield from ((name, other) for other in sorted(found[key]))


def _doubled(noun: str, found: Iterable[C], managed: Collection[str], links: Iterable[Link]) -> Iterator[Conflict]:
    """Finds unmanaged resources with the name of a managed one: its current name, or the form that Heap gave it."""
    keys = {item.match_key for item in found if item.id not in managed}
    if not keys:
        return
    kept = {link.id: one[1] for link in links for path in _NAMES if (one := link.kept.get(path)) is not None}
    names: defaultdict[str, list[C]] = defaultdict(list)
    for item in found:
        forms = {item.match_key, match_key(kept[item.id])} if item.id in kept else {item.match_key}
        for key in forms & keys:
            names[key].append(item)
    for same in names.values():
        ours = [item.id for item in same if item.id in managed]
        others = [item for item in same if item.id not in managed]
        if ours and others:
            name, ids = others[0].shown_name, ", ".join(item.id for item in others)
            who = f"id {', '.join(ours)} is managed, id {ids} isn't and is left alone."
            hint = f"Look at both, and remove the {noun} that is superfluous in Heap."
            yield Conflict("doubled", name, f"Heap has {len(same)} {noun}s named {name}: {who}", hint)


def _may_be(noun: str, name: str, other: Named) -> Conflict:
    return Conflict(
        "ambiguous",
        name,
        f"Heap keeps names in a form of its own here, and has the {noun} {other.shown_name} (id {other.id}), which "
        f"nobody manages: it may be that of {name}.",
        f"If it is, call it {other.shown_name} in the directory: the next sync takes it over. "
        "If it isn't, rename it in Heap.",
    )


_NAMES = (USER_NAME, DISPLAY_NAME)
