"""A review counts everybody once, and dates nothing that no run did."""

from hypothesis import given
from hypothesis import strategies as st

from heapscim.model.changes import AddMembers, Change, CreateUser, DeactivateUser, MemberRef, RemoveMembers, UpdateUser
from heapscim.model.outcomes import Recorded
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser, Link, Links
from heapscim.planning.review.buckets import buckets
from heapscim.planning.review.review import ReviewContext, review
from heapscim.planning.review.values import PastRun, Period, Review
from tests.builders import PROVEN

IDS = ["A", "B", "C"]
ROLES = ["", "Admin", "Analyst"]
DAY = 86_400.0


@st.composite
def changes(draw: st.DrawFn) -> Change:
    id = draw(st.sampled_from(IDS))
    member = (MemberRef(f"{id}@x.org", id, f"p{id}"),)
    role = draw(st.sampled_from(ROLES))
    every: list[Change] = [
        CreateUser(f"p{id}", f"{id}@x.org", {"role": role} if role else {}, "r"),
        DeactivateUser(id, f"p{id}", f"{id}@x.org", "r", role),
        UpdateUser(id, f"p{id}", f"{id}@x.org", {"role": "Admin"}, {"role": role}, "r"),
        AddMembers("T", "t", "T", member, "r"),
        RemoveMembers("T", "t", "T", member, "r", 1),
    ]
    return draw(st.sampled_from(every))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[ReviewContext, Period]:
    users = [
        CurrentUser(
            id, f"{id}@x.org", draw(st.booleans()), {"role": draw(st.sampled_from(ROLES))},
            created=draw(st.none() | st.floats(0, 4_000 * DAY)),
        )
        for id in draw(st.lists(st.sampled_from(IDS), unique=True))
    ]  # fmt: skip
    groups = (CurrentGroup("T", "T", draw(st.frozensets(st.sampled_from(IDS)))),)
    runs = []
    for number in range(draw(st.integers(0, 6))):
        entries = [
            Recorded(
                seq, change, draw(st.sampled_from(["done", "failed", "sent", "planned"])),
                change.external_id[1:] if isinstance(change, CreateUser) else change.id,  # type: ignore[union-attr]
            )
            for seq, change in enumerate(draw(st.lists(changes(), max_size=4)))
        ]  # fmt: skip
        runs.append(PastRun(f"run-{number}", (1_000 + number) * DAY, "kim", tuple(entries)))
    tied = Links(tuple(Link(f"p{id}", id, id) for id in draw(st.lists(st.sampled_from(IDS), unique=True))))
    since = draw(st.floats(0, 4_000 * DAY))
    period = Period(since, since + draw(st.floats(1, 4_000 * DAY)))
    return ReviewContext(CurrentState(tuple(users), groups, PROVEN, PROVEN), tied, runs), period


def made(world: tuple[ReviewContext, Period]) -> Review:
    return review(*world, now=5_000 * DAY)


@given(worlds())
def test_everybody_and_each_membership_is_there_once(world: tuple[ReviewContext, Period]) -> None:
    found, current = made(world), world[0].current
    assert sorted(person.id for person in found.people) == sorted(current.users_by_id)
    assert {(entry.id, person.id) for person in found.people for entry in person.memberships} == {
        ("T", id) for id in current.groups[0].member_ids & current.users_by_id.keys()
    }
    assert sum(found.seats.values()) == len(current.active_user_ids)
    assert sum(found.managed(word) for word in ("managed", "by hand", "unmanaged")) == len(found.people)


@given(worlds())
def test_a_date_is_that_of_a_run_which_did_just_this(world: tuple[ReviewContext, Period]) -> None:
    by_name = {run.run: run for run in world[0].runs}
    for person in made(world).people:
        for since in (person.active_since, person.role_since, *(one.since for one in person.memberships)):
            assert since is None or (since.run is not None) == (since.origin == "run")
            if since is not None and since.run is not None:
                assert since.at == by_name[since.run].at
        if person.active_since.run is not None:
            wanted = CreateUser if person.active else DeactivateUser
            entries = by_name[person.active_since.run].changes
            assert any(isinstance(entry.change, wanted) and entry.id == person.id for entry in entries)


@given(worlds())
def test_the_bars_of_a_chart_add_up_to_the_changes_of_the_period(world: tuple[ReviewContext, Period]) -> None:
    found = made(world)
    bars = buckets(found.changes, found.period)
    assert sum(bar.joined for bar in bars) == found.count("joined")
    assert sum(bar.left for bar in bars) == found.count("left")
    assert sum(bar.role_changed for bar in bars) == found.count("role changed")
    assert [bar.first for bar in bars] == sorted({bar.first for bar in bars})
    assert 1 <= len(bars) <= 62
    assert all(change.at in found.period for change in found.changes)
