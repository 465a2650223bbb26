"""What is exported of any tenant, a plan with that roster leaves alone: at once, after the sync, and again the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.directory.protocol import Rendered
from heapscim.directory.roster.roster import Roster
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.changes import TakeOverGroup
from heapscim.model.directory import Scope
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser, Link, Links
from heapscim.planning.context import PlanOptions
from heapscim.planning.exporting import as_directory
from heapscim.planning.planner import plan as make_plan
from tests.builders import PROVEN, TENANT, desired_of
from tests.fakes.effort import processor_seconds

FORMS = ["people.yaml", "people.json", "people.csv", "people.tsv"]
TEXTS = st.text(st.sampled_from("aBé=+-@'\"#:,;|\t\n []{}&0߀\u200b\u00a0\ufffd"), max_size=6) | st.sampled_from(
    [
        "true",
        "null",
        "NULL",
        "~",
        "007",
        '="007"',
        "'=1",
        "1e5",
        "2024-01-01",
        "Straße",
        "STRASSE",
        "#REF!",
        "a;b",
        "a, b",
    ]
)


@st.composite
def tenants(draw: st.DrawFn) -> CurrentState:
    """Accounts and groups with whatever a service lets in, also several of one name."""
    names = draw(st.lists(TEXTS, max_size=6))
    users = tuple(
        CurrentUser(
            f"u{number}",
            name or "x",
            draw(st.booleans()),
            {
                path: value
                for path in ("name.givenName", "name.familyName", "role")
                if (value := draw(TEXTS | st.just(""))).strip()
            },
        )
        for number, name in enumerate(names)
    )
    members = st.frozensets(st.sampled_from([*(user.id for user in users), "gone"]), max_size=4)
    groups = tuple(
        CurrentGroup(f"g{number}", name, draw(members), draw(st.integers(0, 4)) > 0)
        for number, name in enumerate(draw(st.lists(TEXTS, max_size=4)))
        if name.strip()
    )
    return CurrentState(users, groups, PROVEN, PROVEN)


def rendered(current: CurrentState, links: Links, name: str) -> Rendered:
    return Roster(name).rendered(as_directory(current, links, DEFAULT_MAPPING, groups=True).snapshot)


def planned(found: Rendered, current: CurrentState, links: Links, scope: Scope) -> Plan:
    return make_plan(desired_of(found.snapshot, scope=scope), current, links, PlanOptions(TENANT))


@pytest.mark.parametrize("name", FORMS)
@given(tenants(), st.sampled_from(["all", "groups"]))
def test_a_plan_with_the_export_changes_nothing_then_and_later(name: str, current: CurrentState, scope: Scope) -> None:
    found = rendered(current, Links(), name)
    first = planned(found, current, Links(), scope)
    kept = [change for change in first.changes if not isinstance(change, TakeOverGroup)]
    # A value that a file can't hold exactly was left empty, so there is nothing that a plan could change.
    assert kept == []
    taken = tuple(change for change in first.changes if isinstance(change, TakeOverGroup))
    links = Links(
        tuple(Link(entry.external_id, entry.id, entry.user_name) for entry in first.adoptions),
        tuple(Link(change.external_id, change.id, change.name) for change in taken),
    )
    later = planned(found, current, links, scope)
    assert (later.changes, later.adoptions, later.withheld) == ((), (), ())
    assert rendered(current, links, name).content == found.content


@pytest.mark.parametrize("name", ["people.yaml", "people.csv"])
def test_twice_the_people_take_about_twice_as_long(name: str) -> None:
    def seconds(count: int) -> float:
        users = tuple(CurrentUser(f"u{n}", f"p{n}@x.org", True, {"name.givenName": f"P{n}"}) for n in range(count))  # noqa: FBT003
        groups = tuple(
            CurrentGroup(f"g{n}", f"Team {n}", frozenset(f"u{m}" for m in range(n, count, 50))) for n in range(50)
        )
        current = CurrentState(users, groups, PROVEN, PROVEN)

        def exported() -> None:
            found = Roster(name).rendered(as_directory(current, Links(), DEFAULT_MAPPING, groups=True).snapshot)
            assert len(found.snapshot.people) == count

        return processor_seconds(exported)

    seconds(100)
    assert seconds(4_000) < 4 * 2 * seconds(1_000) + 0.5
