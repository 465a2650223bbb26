"""What an access review says of people, from Heap, links and a log."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseUser,
    RemoveMembers,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded, RecordedState
from heapscim.model.plan import TakeOver
from heapscim.model.state import Broken, CurrentState, CurrentUser, Link, Links
from heapscim.planning.review.buckets import buckets
from heapscim.planning.review.review import ReviewContext, review
from heapscim.planning.review.values import OUTSIDE, UNKNOWN, PastRun, Period, PeriodChange, Review, Since
from tests.builders import PROVEN, UNPROVEN, a_team, an_account, in_heap, links

ADA = CreateUser("p1", "ada@x.org", {"role": "Analyst"}, "is in people.csv")
AS_MEMBER = MemberRef("ada@x.org", "A", "p1")
MANAGED = links({"p1": "A"}, {"t": "T"})


def run(number: int, *changes: Change, state: RecordedState = "done", made: str | None = None) -> PastRun:
    """The run of a day, whose creates made one id."""
    entries = (Recorded(seq, one, state, made or getattr(one, "id", None)) for seq, one in enumerate(changes))
    return PastRun(f"run-{number}", float(number), "kim@desk", tuple(entries))


def made(number: int = 1) -> PastRun:
    return run(number, ADA, made="A")


def reviewed(current: CurrentState, runs: Iterable[PastRun] = (), tied: Links = MANAGED, **more: object) -> Review:
    return review(ReviewContext(current, tied, tuple(runs), **more), Period(0, 100), now=100.0)  # type: ignore[arg-type]


def account(*, active: bool = True, role: str = "Analyst") -> CurrentUser:
    return an_account("A", "ada@x.org", active=active, role=role)


def by_run(number: int) -> Since:
    return Since("run", float(number), f"run-{number}")


def test_who_was_created_has_access_and_role_since_that_run() -> None:
    (ada,) = reviewed(in_heap([account()]), [made()]).people
    assert (ada.active_since, ada.role_since, ada.managed_since) == (by_run(1), by_run(1), by_run(1))
    assert (ada.management, ada.last_change and ada.last_change.kind) == ("managed", "create_user")
    assert not ada.is_changed_outside


def test_an_account_that_a_failed_change_created_counts_as_created() -> None:
    (ada,) = reviewed(in_heap([account()]), [run(1, ADA, state="failed", made="A")]).people
    assert ada.active_since == by_run(1)


def test_who_came_back_has_access_since_then_and_keeps_the_role() -> None:
    left, back = DeactivateUser("A", "p1", "ada@x.org", "left", "Analyst"), ReactivateUser("A", "p1", "a", {}, {}, "r")
    found = reviewed(in_heap([account()]), [made(), run(2, left), run(3, back)])
    (ada,) = found.people
    assert (ada.active_since, ada.role_since) == (by_run(3), by_run(1))
    assert [change.what for change in found.changes] == ["joined", "left", "joined"]


@pytest.mark.parametrize(
    ("current", "runs", "active", "role"),
    [
        (account(active=False), [made()], OUTSIDE, by_run(1)),
        (account(role="Admin"), [made()], by_run(1), OUTSIDE),
        (account(), [made(), run(2, DeactivateUser("A", "p1", "ada@x.org", "left"))], OUTSIDE, by_run(1)),
        (account(), [], UNKNOWN, UNKNOWN),
        (replace(account(), created=7.0), [], Since("heap", 7.0), UNKNOWN),
        (replace(account(active=False), created=7.0), [], UNKNOWN, UNKNOWN),
    ],
    ids=["deactivated", "other role", "activated", "no log", "Heap's own date", "inactive without a log"],
)
def test_what_the_log_does_not_explain_is_said(
    current: CurrentUser, runs: list[PastRun], active: Since, role: Since
) -> None:
    (ada,) = reviewed(in_heap([current]), runs).people
    assert (ada.active_since, ada.role_since) == (active, role)
    assert ada.is_changed_outside is (OUTSIDE in (active, role))


@pytest.mark.parametrize("state", ["sent", "failed"])
def test_a_change_without_a_certain_outcome_blames_nobody(state: RecordedState) -> None:
    change = UpdateUser("A", "p1", "ada@x.org", {"role": "Analyst"}, {"role": "Admin"}, "r")
    joining = AddMembers("T", "t", "Team", (AS_MEMBER,), "r")
    found = reviewed(
        in_heap([account(role="Admin")], [a_team("T", "A")]), [made(), run(2, change, joining, state=state)]
    )
    (ada,) = found.people
    assert (ada.role_since, ada.memberships[0].since) == (UNKNOWN, UNKNOWN)
    assert not [change for change in found.changes if change.what == "role changed"]
    assert ("2 changes were sent, and what became of it isn't recorded." in found.unknown) is (state == "sent")


def test_a_member_is_in_a_group_since_the_run_that_put_them_there() -> None:
    new = MemberRef("ada@x.org", None, "p1")
    group = CreateGroup("t", "Team", (new,), "r")
    first = PastRun("run-1", 1.0, "kim", (Recorded(0, ADA, "done", "A"), Recorded(1, group, "done", "T")))
    (ada,) = reviewed(in_heap([account()], [a_team("T", "A")]), [first]).people
    assert [(entry.name, entry.since, entry.management) for entry in ada.memberships] == [("T", by_run(1), "managed")]


@pytest.mark.parametrize(
    ("runs", "since"),
    [
        ([made()], OUTSIDE),
        ([run(1, CreateGroup("t", "T", (), "r"), made="T")], OUTSIDE),
        ([run(1, RemoveMembers("T", "t", "T", (AS_MEMBER,), "r", 1))], OUTSIDE),
        ([], UNKNOWN),
        ([run(1, AddMembers("T", "t", "T", (MemberRef("ada@x.org", None, "p1"),), "r"))], by_run(1)),
    ],
    ids=["person is ours", "group is ours", "was taken out", "no log", "known by the link"],
)
def test_a_membership_that_no_run_made_is_from_outside_or_unknown(runs: list[PastRun], since: Since) -> None:
    (ada,) = reviewed(in_heap([account()], [a_team("T", "A")]), runs).people
    assert [entry.since for entry in ada.memberships] == [since]


def test_a_membership_that_the_tenant_hides_is_there_and_marked() -> None:
    tied = Links((Link("p1", "A", "ada@x.org"),), (Link("t", "T", "Team", unseen=frozenset({"A"})),))
    joining = AddMembers("T", "t", "Team", (AS_MEMBER,), "r")
    (ada,) = reviewed(in_heap([account()], [a_team("T")]), [run(2, joining)], tied).people
    assert [(entry.since, entry.is_shown) for entry in ada.memberships] == [(by_run(2), False)]


def test_who_manages_an_account_and_since_when() -> None:
    tied = Links((Link("p1", "A", "a"), Link("b", "B", "b", by_hand=True)))
    users = [account(), an_account("B"), an_account("C")]
    taken = PastRun("run-4", 4.0, "kim", adoptions=(TakeOver("A", "p1", "ada@x.org"),))
    people = {one.id: (one.management, one.managed_since) for one in reviewed(in_heap(users), [taken], tied).people}
    assert people == {"A": ("managed", by_run(4)), "B": ("by hand", UNKNOWN), "C": ("unmanaged", None)}


def test_a_released_account_is_managed_by_nobody_since_any_time() -> None:
    released = run(2, ReleaseUser("A", "p1", "ada@x.org", "r"))
    (ada,) = reviewed(in_heap([account()]), [made(), released], Links()).people
    assert (ada.management, ada.managed_since) == ("unmanaged", None)
    (again,) = reviewed(in_heap([account()]), [made(), released]).people
    assert again.managed_since == UNKNOWN  # linked again by a run that the log lacks


def test_the_period_has_joiners_leavers_and_role_changes_newest_first() -> None:
    change = UpdateUser("A", "p1", "ada@x.org", {"role": "Analyst"}, {"role": "Admin"}, "role changed")
    same = UpdateUser("A", "p1", "ada@x.org", {"name.givenName": "A"}, {"name.givenName": "Ada"}, "name")
    gone = DeleteUser("A", "p1", "ada@x.org", {"role": "Admin"}, "left")
    early, late = run(-1, replace(ADA, external_id="q"), made="Q"), run(100, gone)
    found = reviewed(in_heap(), [early, made(), run(2, change), run(3, same), run(4, gone), late])
    assert [(one.at, one.what, one.before, one.after, one.run) for one in found.changes] == [
        (4.0, "left", "Admin", "", "run-4"),
        (2.0, "role changed", "Analyst", "Admin", "run-2"),
        (1.0, "joined", "", "Analyst", "run-1"),
    ]
    assert found.changes[0].who == "kim@desk"


def test_an_account_that_heap_dates_and_no_run_made_joined_outside() -> None:
    found = reviewed(in_heap([replace(account(), created=7.0), an_account("B")]))
    assert [(one.at, one.what, one.user_name, one.run) for one in found.changes] == [(7.0, "joined", "ada@x.org", None)]
    assert reviewed(in_heap([replace(account(), created=7.0)]), [made()]).changes[0].run == "run-1"


def test_a_role_that_the_tenant_hides_is_the_one_that_was_sent() -> None:
    tied = Links((Link("p1", "A", "ada@x.org", {"role": "Analyst"}),))
    (ada,) = reviewed(in_heap([an_account("A")]), [made()], tied, unreadable=frozenset({"role"})).people
    assert (ada.role, ada.role_is_shown, ada.role_since) == ("Analyst", False, by_run(1))
    (shown,) = reviewed(in_heap([an_account("A")]), [made()], tied).people
    assert (shown.role, shown.role_since) == ("", None)


def test_what_is_not_known_is_said_in_sentences() -> None:
    current = CurrentState(
        (), (replace(a_team("T"), is_whole=False),), UNPROVEN, PROVEN, (Broken("user", "x", "eve", "has no name"),)
    )
    said = "\n".join(reviewed(current, [run(3)], unreadable=frozenset({"role"}), groups_read=False).unknown)
    for words in (
        "Heap's list may not be complete: Heap said 3 users, 2 unique read.",
        "Left out: eve: has no name",
        "Heap doesn't show all members of T.",
        "groups weren't read",
        "Heap doesn't show roles",
        "The log begins on 1970-01-01.",
        "The period begins before the log",
        "1 managed account can't be found in Heap's list: p1.",
    ):
        assert words in said
    assert "heapscim has no run in its log" in "\n".join(reviewed(current).unknown)
    left = run(3, DeactivateUser("A", "p1", "ada@x.org", "left"))
    assert "can't be found" not in "\n".join(reviewed(in_heap(), [left]).unknown)


def test_seats_are_counted_by_role() -> None:
    users = [account(), an_account("B", role="Admin"), an_account("C", role="Admin"), an_account("D", active=False)]
    assert dict(reviewed(in_heap([*users, an_account("E")])).seats) == {"Admin": 2, "": 1, "Analyst": 1}


DAY = 86_400.0


@pytest.mark.parametrize(
    ("days", "number", "first"),
    [
        (0.5, 1, "2023-11-14"),
        (30, 31, "2023-10-15"),
        (90, 14, "2023-08-14"),
        (365, 13, "2022-11-01"),
        (7_000, 1, "2023-11-14"),
    ],
)
def test_a_chart_has_days_weeks_or_months_from_its_first_change(days: float, number: int, first: str) -> None:
    until = 1_700_000_000.0  # 2023-11-14
    change = PeriodChange(until - DAY / 4, "joined", "A", "a", "", "", None, "", "r")
    found = buckets([change], Period(until - days * DAY, until))
    assert (len(found), str(found[0].first), sum(one.joined for one in found)) == (number, first, 1)
