"""Directories and tenants that Hypothesis makes up: names collide, groups come and go, strangers are about."""

from dataclasses import replace

from hypothesis import strategies as st

from heapscim.model.completeness import Completeness
from heapscim.model.directory import DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.state import CurrentGroup, CurrentUser
from tests.builders import PROVEN, UNPROVEN

NAMES = [
    "ada@x.org",
    "Ada@X.org",
    "grace@x.org",
    "alan@x.org",
    "zo\u00eb@x.org",
    "zoe\u0308@x.org",
    "kurt@x.org",
    "weiß@x.org",
    "weiss@x.org",
]
GROUP_NAMES = ["Design", "DESIGN", "Research", "Ops", "Caf\u00e9", "Cafe\u0301", "Straße", "STRASSE"]
ROLES = ["", "Admin", "Analyst", "admin"]
PEOPLE = ["p1", "p2", "p3", "p4", "p5"]
GROUP_IDS = ["g1", "g2", "g3", "g4"]


def folded(name: str) -> str:
    from heapscim.model.state import match_key

    return match_key(name)


@st.composite
def people(draw: st.DrawFn) -> tuple[Person, ...]:
    ids = draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=5))
    names = draw(st.lists(st.sampled_from(NAMES), unique_by=folded, min_size=len(ids), max_size=len(ids)))
    return tuple(
        Person(
            id,
            {
                "username": name,
                "email": draw(st.sampled_from(["", *NAMES])),
                "firstname": draw(st.sampled_from(["", "A", "B"])),
                "role": draw(st.sampled_from(ROLES)),
            },
            draw(st.booleans()) or draw(st.booleans()),
        )
        for id, name in zip(ids, names, strict=True)
    )


@st.composite
def directory_groups(draw: st.DrawFn) -> tuple[DirectoryGroup, ...]:
    ids = draw(st.lists(st.sampled_from(GROUP_IDS), unique=True, max_size=4))
    names = draw(st.lists(st.sampled_from(GROUP_NAMES), unique_by=folded, min_size=len(ids), max_size=len(ids)))
    return tuple(
        DirectoryGroup(id, name, draw(st.frozensets(st.sampled_from(PEOPLE), max_size=5)), draw(st.integers(0, 3)) > 0)
        for id, name in zip(ids, names, strict=True)
    )


@st.composite
def snapshots(draw: st.DrawFn, proven: Completeness = PROVEN) -> DirectorySnapshot:
    found = draw(people())
    known = {person.external_id for person in found}
    groups = tuple(replace(group, member_ids=group.member_ids & known) for group in draw(directory_groups()))
    return DirectorySnapshot("people.csv", found, groups, proven, draw(st.booleans()) or draw(st.booleans()))


@st.composite
def strangers(draw: st.DrawFn) -> tuple[CurrentUser | CurrentGroup, ...]:
    """What somebody else put into Heap: accounts (of one name at most) and teams."""
    names = draw(st.lists(st.sampled_from(NAMES), unique_by=folded, max_size=3))
    users = tuple(
        CurrentUser(f"u{number}", name, draw(st.booleans()), {"role": draw(st.sampled_from(ROLES[1:]))})
        for number, name in enumerate(names)
    )
    teams = draw(st.lists(st.sampled_from(GROUP_NAMES), unique_by=folded, max_size=2))
    members = st.frozensets(st.sampled_from([user.id for user in users]), max_size=3) if users else st.just(frozenset())
    return (*users, *(CurrentGroup(f"t{number}", name, draw(members)) for number, name in enumerate(teams)))


def completenesses() -> st.SearchStrategy[Completeness]:
    return st.sampled_from([PROVEN, UNPROVEN])
