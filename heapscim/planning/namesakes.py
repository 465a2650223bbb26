"""Finds what bears a name twice in Heap, be it in the form that Heap gives a name: a conflict, never a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from heapscim.model.plan import Conflict
from heapscim.model.state import DISPLAY_NAME, USER_NAME, DesiredGroup, DesiredUser, Kind, Link, Links, match_key
from heapscim.planning.name_forms import NameForms


class Named(Protocol):
    """An account or group in Heap."""

    @property
    def id(self) -> str:
        """Its Heap id."""
        ...

    @property
    def shown_name(self) -> str:
        """What a person calls it."""
        ...

    @property
    def match_key(self) -> str:
        """The folded name it is matched by."""
        ...


NOUNS: Mapping[Kind, str] = {"user": "account", "group": "group"}
"""What Heap holds is called so."""
D = TypeVar("D", bound=DesiredUser | DesiredGroup)
C = TypeVar("C", bound=Named)


def namesakes(
    kind: Kind, missing: Sequence[D], found: Sequence[C], managed: Collection[str], links: Sequence[Link]
) -> tuple[tuple[D, ...], tuple[Conflict, ...]]:
    """Parts what is to be created from what Heap may hold already; names what bears the name of something managed.

    Where this tenant makes names of its own, what bears the one that it would make of a new name and belongs to nobody
    may be just that: a ledger that was lost knew.
    """
    forms = NameForms(Links(tuple(links)) if kind == "user" else Links(groups=tuple(links)))
    strangers = {item.match_key: item for item in found if item.id not in managed} if forms.has_forms(kind) else {}
    creates: list[D] = []
    conflicts: list[Conflict] = []
    for item in missing:
        name = item.user_name if isinstance(item, DesiredUser) else item.name
        other = next((strangers[key] for key in forms.keys(kind, name) if key in strangers), None)
        if other is None:
            creates.append(item)
        else:
            conflicts.append(_may_be(NOUNS[kind], name, other))
    return tuple(creates), (*conflicts, *_doubled(NOUNS[kind], found, managed, links))


def _doubled(noun: str, found: Iterable[C], managed: Collection[str], links: Iterable[Link]) -> Iterator[Conflict]:
    """Names what bears the name of something managed, or the name that Heap has made of the one asked for."""
    kept = {link.id: one[1] for link in links for path in _NAMES if (one := link.kept.get(path)) is not None}
    names: defaultdict[str, list[C]] = defaultdict(list)
    for item in found:
        names[item.match_key].append(item)
        key = match_key(kept.get(item.id, ""))
        if key and key != item.match_key:
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
