"""Whatever the days bring, no grace is cut short, and none lasts for ever."""

from hypothesis import given
from hypothesis import strategies as st

from heapscim.model.changes import DeactivateUser, MemberRef, RemoveMembers
from heapscim.model.plan import Baseline, Impact, Plan
from heapscim.planning.departures import (
    Grace,
    defer,
    departures_after,
    departures_from_text,
    departures_to_text,
)

GRACE = 7.0
MOMENTS = st.floats(0, 1_000, allow_nan=False)
SIGHTINGS = st.lists(
    st.tuples(MOMENTS, st.sampled_from(["left", "here", "unproven"]), st.integers(0, 9).map(lambda n: n == 0)),
    max_size=12,
)
"""When a sync runs by its machine's clock, what it finds, and whether the memo was lost before."""
LEAVES = DeactivateUser("u1", "p1", "ada@x.org", "no longer in people.csv")
LOSES = RemoveMembers("g1", "t1", "Design", (MemberRef("ada@x.org", "u1", "p1"),), "not in Design", 3)


def a_plan(**parts: object) -> Plan:
    return Plan("t", "sync", impact=Impact(0, 0, {}, {}), populations=Baseline(0, 0), **{"changes": (), **parts})  # type: ignore[arg-type]


@given(SIGHTINGS)
def test_never_before_the_grace_has_passed_since_a_proven_sighting(days: list[tuple[float, str, bool]]) -> None:
    memo = ""
    sightings: list[float] = []  # proven ones since the person was last there
    for now, found, lost in days:
        grace = Grace(GRACE, now, departures_from_text("" if lost else memo))
        changes, deferred = defer((LEAVES, LOSES) if found == "left" else (), grace, no_leavers=())
        if found == "here":
            sightings.clear()
        elif found == "left":
            sightings.append(now)
        if changes:
            assert changes == (LEAVES, LOSES)
            assert any(now - seen >= GRACE for seen in sightings)
        assert (found == "left") == bool(changes or deferred)
        kept = departures_after(a_plan(changes=changes, deferred=deferred), grace)
        memo = departures_to_text(kept)


@given(SIGHTINGS, MOMENTS)
def test_never_for_ever(days: list[tuple[float, str, bool]], later: float) -> None:
    memo = ""
    for now, found, _ in [*days, (later, "left", False)]:
        grace = Grace(GRACE, now, departures_from_text(memo))
        changes, deferred = defer((LEAVES,) if found == "left" else (), grace, no_leavers=())
        memo = departures_to_text(departures_after(a_plan(changes=changes, deferred=deferred), grace))
    last = Grace(GRACE, later + GRACE, departures_from_text(memo))
    assert defer((LEAVES,), last, no_leavers=()) == ((LEAVES,), ())


def test_a_memo_that_cannot_be_read_starts_the_time_again() -> None:
    for text in ("", "nonsense", "[]", '{"p1": "x"}', '{"p1": null}'):
        assert departures_from_text(text) == {}
