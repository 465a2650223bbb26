"""What counts as changed back, how often, and what is left of a plan without it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded, RecordedState
from heapscim.model.plan import Baseline, Covered, Impact, Plan
from heapscim.planning.changed_back import Ground, concerned, held_against
from heapscim.planning.context import PlanOptions
from heapscim.planning.dependants import without_dependants
from heapscim.planning.past import Past
from tests.builders import TENANT, a_team, an_account, in_heap, links

BOB = MemberRef("bob", "2", "b")
CY = MemberRef("cy", "3", "c")
NEW = MemberRef("new", None, "n")
MADE = CreateUser("b", "bob", {"role": "Analyst"}, "r")
OFF = DeactivateUser("2", "b", "bob", "r", role="Analyst")
ON = ReactivateUser("2", "b", "bob", {}, {}, "r")
GONE = DeleteUser("2", "b", "bob", {}, "r")
TEAM = CreateGroup("g", "Design", (BOB, CY), "r")
JOIN = AddMembers("t", "g", "Design", (BOB, CY), "r", 0)
LEAVE = RemoveMembers("t", "g", "Design", (BOB,), "r", 2)
EMPTY = RemoveMembers("t", "g", "Design", (BOB, CY), "r", 2)
NAMED = RenameGroup("t", "g", "Other", "Design", "r")
GROUND = Ground(
    in_heap([an_account("2", "bob"), an_account("3", "cy")], [a_team("t", "2", "3")]),
    links({"b": "2", "c": "3"}, {"g": "t"}),
    PlanOptions(TENANT),
)


def named(paths: str = "role", value: str = "Analyst") -> UpdateUser:
    after = dict.fromkeys(paths.split(), value)
    return UpdateUser("2", "b", "bob", dict.fromkeys(after, "Architect"), after, "r")


def history(changes: Iterable[Change | tuple[Change, RecordedState]]) -> list[tuple[str, Recorded]]:
    entries = [entry if isinstance(entry, tuple) else (entry, "done") for entry in changes]
    ids = {"create_user": "2", "create_group": "t"}
    return [
        (f"run{turn}", Recorded(0, change, state, ids.get(change.kind, getattr(change, "id", None))))
        for turn, (change, state) in enumerate(entries)
    ]


def judged(past: Iterable[Change | tuple[Change, RecordedState]], *planned: Change, allowed: int = 0) -> Plan:
    plan = Plan(TENANT, "sync", planned, Impact(2, 2, {}, {}), Baseline(2, 2), source="people.csv")
    return held_against(plan, history(past), GROUND, allowed=allowed)


def times(past: Iterable[Change | tuple[Change, RecordedState]], planned: Change) -> int:
    """How often it was changed back."""
    return max((entry.times for entry in judged(past, planned).changed_back), default=0)


@pytest.mark.parametrize(
    ("past", "planned", "expected"),
    [
        ([], OFF, 0),
        ([OFF], OFF, 1),
        ([OFF, OFF], OFF, 2),
        ([OFF, OFF, OFF], OFF, 3),
        ([OFF, OFF, ON], OFF, 0),
        ([OFF, ON, OFF], OFF, 1),
        ([ON], OFF, 0),
        ([MADE], ON, 1),
        ([MADE, ON], ON, 2),
        ([MADE], named(), 1),
        ([MADE, named()], named(value="ANALYST"), 2),
        ([MADE, named(value="Architect")], named(), 0),
        ([MADE, OFF], named(), 0),
        ([MADE], MADE, 1),
        ([MADE, MADE], MADE, 2),
        ([MADE, OFF], MADE, 0),
        ([MADE, GONE], MADE, 0),
        ([MADE], replace(MADE, user_name="bobby"), 0),
        ([MADE, ReleaseUser("2", "b", "bob", "r")], MADE, 0),
        ([OFF, ReleaseUser("2", "b", "bob", "r")], OFF, 0),
        ([TEAM], TEAM, 1),
        ([TEAM, TEAM], TEAM, 2),
        ([TEAM, EMPTY], TEAM, 0),
        ([TEAM, LEAVE], TEAM, 1),
        ([TEAM, DeleteGroup("t", "g", "Design", (), "r")], TEAM, 0),
        ([TEAM, ReleaseGroup("t", "g", "Design", "r")], NAMED, 0),
        ([TEAM], NAMED, 1),
        ([NAMED, NAMED], NAMED, 2),
        ([NAMED, replace(NAMED, new_name="Other")], NAMED, 0),
        ([TEAM], JOIN, 1),
        ([TEAM, JOIN], JOIN, 2),
        ([JOIN, EMPTY], JOIN, 0),
        ([JOIN, OFF], replace(JOIN, members=(BOB,)), 0),
        ([LEAVE, LEAVE, OFF], LEAVE, 2),
        ([JOIN], replace(JOIN, id="another"), 0),
        ([MADE, replace(TEAM, members=(MemberRef("bob", None, "b"),))], replace(JOIN, members=(BOB,)), 1),
        ([replace(TEAM, members=(MemberRef("bob", None, "b"),))], replace(JOIN, members=(BOB,)), 0),
    ],
)  # fmt: skip
def test_what_we_gave_last_and_is_asked_for_again_was_changed_back(
    past: list[Change], planned: Change, expected: int
) -> None:
    assert times(past, planned) == expected


@pytest.mark.parametrize("state", ["failed", "sent"])
def test_what_failed_is_unknown(state: RecordedState) -> None:
    assert times([OFF, (OFF, state)], OFF) == 0
    assert times([MADE, (OFF, state)], ON) == 0
    assert times([OFF, OFF, (OFF, state), OFF], OFF) == 1
    assert times([JOIN, (replace(LEAVE, members=(CY,)), state)], replace(JOIN, members=(BOB,))) == 0


def test_what_was_given_up_or_tied_to_another_since_is_not_missed() -> None:
    plan = Plan(TENANT, "sync", (MADE, TEAM), Impact(2, 2, {}, {}), Baseline(2, 2))
    for tied in (links(), links({"b": "4"}, {"g": "u"})):
        assert held_against(plan, history([MADE, TEAM]), replace(GROUND, links=tied)).changed_back == ()


def test_the_first_time_is_said_and_the_second_is_withheld() -> None:
    first = judged([OFF], OFF)
    assert (first.changes, first.withheld) == ((OFF,), ())
    assert first.notices[0].startswith("1 account was changed back by somebody else since run run0: bob. ")
    second = judged([OFF, OFF], OFF)
    assert (second.changes, [entry.change for entry in second.withheld]) == ((), [OFF])
    assert second.withheld[0].evidence == "changed back 2 times by somebody else, the last time since run run1"
    assert (second.impact.seats_before, second.impact.seats_after) == (2, 2)
    assert judged([OFF, OFF], OFF, NAMED, allowed=1).changes == (OFF, NAMED)
    assert judged([], OFF).notices == ()


def test_the_notice_names_the_oldest_run_since_which_it_is_true_of_all() -> None:
    plan = judged([NAMED, OFF], OFF, NAMED)
    words = "1 account and 1 group were changed back by somebody else since run run0: bob, Other. "
    assert plan.notices[0].startswith(words)
    assert [entry.run for entry in plan.changed_back] == ["run1", "run0"]


def test_only_the_members_and_values_that_were_changed_back_are_withheld() -> None:
    joined = judged([replace(JOIN, members=(BOB,))] * 2, JOIN)
    assert [change.members for change in joined.changes if isinstance(change, AddMembers)] == [(CY,)]
    assert joined.withheld[0].change == replace(JOIN, members=(BOB,))
    updated = judged([named(), named()], named("role title"))
    assert [change.after for change in updated.changes if isinstance(change, UpdateUser)] == [{"title": "Analyst"}]
    assert updated.withheld[0].change == named()


def test_a_return_goes_on_without_a_value_that_is_withheld_and_not_the_other_way_round() -> None:
    back = replace(ON, before={"role": "x", "title": "y"}, after={"role": "Analyst", "title": "z"})
    without = judged([named(), named()], back)
    assert without.changes == (replace(back, before={"title": "y"}, after={"title": "z"}),)
    assert [entry.change.kind for entry in without.withheld] == ["update_user"]
    whole = judged([ON, ON], back)
    assert (whole.changes, [entry.change for entry in whole.withheld]) == ((), [back])


def test_what_depends_on_something_withheld_waits_with_it_and_counts() -> None:
    joining = AddMembers("u", "h", "Ops", (MemberRef("bob", None, "b"), CY), "r", 0)
    plan = judged([MADE, MADE], MADE, joining)
    assert plan.changes == (replace(joining, members=(CY,)),)
    assert [entry.change.kind for entry in plan.withheld] == ["create_user", "add_members"]
    assert len(judged([MADE, MADE], MADE, joining, allowed=1).withheld) == 2
    assert judged([MADE, MADE], MADE, joining, allowed=2).withheld == ()


def test_nobody_loses_an_account_whose_replacement_is_withheld() -> None:
    old, other = DeactivateUser("1", "b", "bob.old", "r"), DeactivateUser("3", "c", "cy", "r")
    assert without_dependants([old, other], [MADE]) == ((other,), (old,))
    assert without_dependants([old, other], [ON]) == ((other,), (old,))
    assert without_dependants([replace(old, external_id=None)], [MADE])[1] == ()


def test_no_group_is_given_a_name_that_another_keeps() -> None:
    follows = RenameGroup("u", "h", "Ops", "other", "r")
    after = CreateGroup("i", "OPS", (BOB,), "r")
    free = RenameGroup("v", "k", "A", "B", "r")
    assert without_dependants([follows, after, free], [NAMED]) == ((free,), (follows, after))


def test_who_stays_in_a_group_is_no_longer_said_to_be_covered_elsewhere() -> None:
    plan = Plan(TENANT, "sync", (LEAVE,), Impact(2, 2, {}, {}), Baseline(2, 2),
                covered=(Covered("bob", "Design", ("Ops",)), Covered("cy", "Design", ("Ops",))))  # fmt: skip
    held = held_against(plan, history([LEAVE, LEAVE]), GROUND)
    assert [entry.user_name for entry in held.covered] == ["cy"]


def test_a_role_that_is_not_changed_is_not_called_out() -> None:
    admin = replace(named(value="Admin"), before={"role": "Analyst"})
    plan = Plan(TENANT, "sync", (admin,), Impact(2, 2, {}, {}), Baseline(2, 2), notices=("bob becomes Admin.", "Else."))
    held = held_against(plan, history([admin, admin]), GROUND)
    assert held.notices[0] == "Else."
    assert len(held.notices) == 2


def test_the_history_of_those_alone_is_read_whom_a_plan_concerns() -> None:
    plan = Plan(TENANT, "sync", (MADE, CreateUser("n", "new", {}, "r"), replace(TEAM, external_id="h"), OFF,
                                 replace(JOIN, id="u", members=(CY, NEW))),
                Impact(2, 2, {}, {}), Baseline(2, 2))  # fmt: skip
    assert concerned(plan, GROUND.links) == {"2", "3", "u"}
    assert concerned(replace(plan, changes=(TEAM,)), GROUND.links) == {"t"}
    assert concerned(replace(plan, changes=()), GROUND.links) == frozenset()


def test_a_past_without_a_history_knows_nothing() -> None:
    assert Past().changed_back(("access", "2"), wanted=True) is None
