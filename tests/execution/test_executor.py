"""What becomes of single changes: lost answers, silent answers, answers that say something else."""

import asyncio
from typing import Any

import pytest

from heapscim import errors
from heapscim.execution.apply import ApplyOptions, apply
from heapscim.execution.comparison import KEPT, REMOVED
from heapscim.execution.ports import Sighting, Sought
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
    RemoveMembers,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import Baseline, Impact, Plan
from heapscim.model.state import CurrentUser, Kind
from tests.builders import TENANT, a_team, an_account
from tests.fakes.journals import MemoryJournal, Naps, Watcher
from tests.fakes.memory_tenant import Fault, MemoryTenant, a_tenant

ADA = MemberRef("1@x.org", "1", "p1")
NEW = MemberRef("new@x.org", None, "p9")
CREATE = CreateUser("p9", "new@x.org", {"role": "Analyst"}, "new")
CREATE_GROUP = CreateGroup("g", "T", (ADA,), "bound")
UPDATE = UpdateUser("1", "p1", "1@x.org", {"role": None}, {"role": "Admin"}, "changed")
REACTIVATE = ReactivateUser("1", "p1", "1@x.org", {}, {"role": "Admin"}, "back")
DEACTIVATE = DeactivateUser("1", "p1", "1@x.org", "left")
DELETE = DeleteUser("1", "p1", "1@x.org", {}, "left")
RENAME = RenameGroup("t", "g", "T", "New", "renamed")
ADD = AddMembers("t", "g", "T", (ADA,), "joined")
REMOVE = RemoveMembers("t", "g", "T", (ADA,), "left", 1)
DELETE_GROUP = DeleteGroup("t", "g", "T", (), "deleted")


def carried_out(
    tenant: MemoryTenant, *changes: Change, naps: Naps | None = None, journal: MemoryJournal | None = None
) -> tuple[Outcome, ...]:
    plan = Plan(TENANT, "sync", changes, Impact(0, 0, {}, {}), Baseline(0, 0))
    options = ApplyOptions(timing=(naps or Naps()).timing)
    return asyncio.run(apply(plan, tenant, journal or MemoryJournal(), Watcher(), options=options)).outcomes


def one(tenant: MemoryTenant, change: Change, naps: Naps | None = None) -> Outcome:
    (outcome,) = carried_out(tenant, change, naps=naps)
    return outcome


def a_scene(change: Change, **habits: Any) -> MemoryTenant:  # noqa: ANN401
    """A tenant in which a change makes a difference."""
    active = not isinstance(change, ReactivateUser)
    members = () if isinstance(change, AddMembers) else ("1",)
    teams = () if isinstance(change, CreateGroup) else (a_team("t", *members, name="T"),)
    return a_tenant(an_account("1", "1@x.org", active=active), *teams, **habits)


ALL = [CREATE, UPDATE, REACTIVATE, DEACTIVATE, DELETE, CREATE_GROUP, RENAME, ADD, REMOVE, DELETE_GROUP]
METHODS = {
    "create_user": "create_user", "update_user": "update_user", "reactivate_user": "update_user",
    "deactivate_user": "update_user", "delete_user": "delete_user", "create_group": "create_group",
    "rename_group": "rename_group", "add_members": "change_members", "remove_members": "change_members",
    "delete_group": "delete_group",
}  # fmt: skip


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.kind)
@pytest.mark.parametrize("habits", [{}, {"shows": False}, {"shows": False, "lag": 2}], ids=["shown", "silent", "late"])
def test_a_change_that_happened_is_done(change: Change, habits: dict[str, Any]) -> None:
    outcome = one(a_scene(change, **habits), change)
    assert (outcome.status, outcome.message) == ("done", None)


WRONG = {
    "create_user": "it is not there afterwards", "update_user": "role is still empty, not 'Admin'",
    "reactivate_user": "the account is still inactive", "deactivate_user": "the account is still active",
    "delete_user": "it is still there", "create_group": "it is not there afterwards",
    "rename_group": "the name is still 'T'", "add_members": "1 of 1 are no members",
    "remove_members": "1 of 1 are still members", "delete_group": "it is still there",
}  # fmt: skip


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.kind)
def test_accepted_but_unchanged_is_a_failed_change_after_several_looks(change: Change) -> None:
    naps = Naps()
    outcome = one(a_scene(change, shows=False, ignores=frozenset({METHODS[change.kind]})), change, naps)
    assert (outcome.status, outcome.error_code) == ("failed", "unchanged")
    assert outcome.message == f"Heap accepted the change, but {WRONG[change.kind]}."
    assert naps.slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("change", [UPDATE, RENAME, ADD], ids=lambda change: change.kind)
def test_what_is_gone_afterwards_has_failed(change: Change) -> None:
    tenant = a_scene(change, shows=False)

    async def nobody(**_wanted: object) -> tuple[()]:
        tenant.users.clear()
        tenant.groups.clear()
        return ()

    tenant.look_up_users = tenant.look_up_groups = nobody  # type: ignore[method-assign]
    assert one(tenant, change).message == "Heap accepted the change, but it is gone."


@pytest.mark.parametrize(("change", "message"), [
    (DEACTIVATE, "The account was gone already."), (REMOVE, "The group was gone already."), (DELETE, None),
    (DELETE_GROUP, None),
], ids=lambda found: getattr(found, "kind", ""))  # fmt: skip
def test_a_removal_from_what_is_gone_is_done(change: Change, message: str | None) -> None:
    outcome = one(a_tenant(), change)
    assert (outcome.status, outcome.message) == ("done", message)


def deactivations(count: int) -> list[Change]:
    return [DeactivateUser(str(n), str(n), f"{n}@x.org", "left") for n in range(count)]


def test_a_tenant_that_removes_on_deactivation_is_recognised_and_said() -> None:
    tenant = a_scene(DEACTIVATE, shows=False, removes_on_deactivation=True)
    assert (one(tenant, DEACTIVATE).message, tenant.keeps_deactivated) == (REMOVED, False)


@pytest.mark.parametrize("shows", [True, False])
def test_a_tenant_that_keeps_deactivated_accounts_is_recognised(shows: bool) -> None:  # noqa: FBT001 - a parameter
    tenant = a_scene(DEACTIVATE, shows=shows)
    assert (one(tenant, DEACTIVATE).message, tenant.keeps_deactivated) == (None, True)


def test_one_account_that_was_kept_tells_more_than_another_that_is_gone() -> None:
    tenant = a_tenant(*(an_account(str(number)) for number in range(2)), shows=False)
    look_up = tenant.look_up_users

    async def once_somebody_deleted_one(**wanted: Any) -> tuple[CurrentUser, ...]:  # noqa: ANN401
        del tenant.users["0"]
        return await look_up(**wanted)

    tenant.look_up_users = once_somebody_deleted_one  # type: ignore[method-assign]
    outcomes = carried_out(tenant, *deactivations(2))
    assert [outcome.message for outcome in outcomes] == [REMOVED, None]
    assert tenant.keeps_deactivated is True


@pytest.mark.parametrize("change", [DELETE, UPDATE], ids=lambda change: change.kind)
def test_other_changes_tell_nothing_of_deactivation(change: Change) -> None:
    tenant = a_scene(change, shows=False)
    assert (one(tenant, change).status, tenant.keeps_deactivated) == ("done", None)


def test_a_deactivation_that_was_ignored_tells_nothing() -> None:
    tenant = a_scene(DEACTIVATE, shows=False, ignores=frozenset({"update_user"}))
    assert (one(tenant, DEACTIVATE).status, tenant.keeps_deactivated) == ("failed", None)


def test_a_look_that_still_shows_what_was_there_before_is_taken_again() -> None:
    tenant = a_scene(DEACTIVATE, lag=1)
    assert (one(tenant, DEACTIVATE).status, tenant.keeps_deactivated) == ("done", True)


@pytest.mark.parametrize("kept", [True, False])
def test_a_tenant_that_is_known_is_looked_at_once_in_a_run(kept: bool) -> None:  # noqa: FBT001 - a parameter
    tenant = a_tenant(*(an_account(str(number)) for number in range(2)))
    tenant.note_deactivation(kept=kept)
    assert {outcome.status for outcome in carried_out(tenant, *deactivations(2))} == {"done"}
    assert tenant.requests == {"update_user": 2, "get_user": 1}


def test_a_tenant_that_answers_and_then_removes_is_recognised_by_one_look_in_a_run() -> None:
    tenant = a_tenant(*(an_account(str(number)) for number in range(3)), removes_once_answered=True)
    outcomes = carried_out(tenant, *deactivations(3))
    assert [(outcome.status, outcome.message) for outcome in outcomes] == [
        ("done", REMOVED), ("done", None), ("done", None)
    ]  # fmt: skip
    assert (tenant.requests, tenant.keeps_deactivated) == ({"update_user": 3, "get_user": 1}, False)


def test_a_look_that_fails_is_taken_again() -> None:
    tenant = a_scene(DEACTIVATE, faults={"get_user": ["refused"]})
    outcome = one(tenant, DEACTIVATE)
    assert (outcome.status, outcome.message, tenant.keeps_deactivated) == ("done", None, True)


def test_a_tenant_that_keeps_deleted_accounts_inactive_is_recognised_and_said() -> None:
    tenant = a_tenant(an_account("1", active=False), ignores=frozenset({"delete_user"}))
    assert one(tenant, DELETE).message == KEPT


def test_releasing_sends_nothing() -> None:
    tenant = a_tenant()
    assert one(tenant, ReleaseGroup("t", "g", "T", "unbound")).status == "done"
    assert tenant.requests == {}


@pytest.mark.parametrize(("change", "writes"), [(CREATE, "create_user"), (CREATE_GROUP, "create_group")])
@pytest.mark.parametrize(("fault", "times"), [("lost_after", 1), ("lost_before", 2)])
def test_a_create_whose_answer_was_lost_is_looked_up_and_sent_again_only_if_it_is_not_there(
    change: Change, writes: str, fault: Fault, times: int
) -> None:
    tenant = a_tenant(an_account("1", "1@x.org"), faults={writes: [fault]})
    assert one(tenant, change).status == "done"
    assert tenant.requests[writes] == times


@pytest.mark.parametrize(("change", "writes"), [(CREATE, "create_user"), (CREATE_GROUP, "create_group")])
def test_a_create_that_was_under_way_all_along_is_found_in_the_end(change: Change, writes: str) -> None:
    tenant = a_tenant(an_account("1", "1@x.org"), faults={writes: ["lost_before"]})

    async def late(method: str) -> None:
        if method == writes and tenant.requests[writes] == 1:
            tenant.hold(an_account("9", "new@x.org", role="Analyst"), a_team("9", "1", name="T"))

    tenant.before_write = late
    outcome = one(tenant, change)
    assert (outcome.status, outcome.id) == ("done", "9")


@pytest.mark.parametrize("change", [CREATE, CREATE_GROUP], ids=lambda change: change.kind)
def test_a_name_taken_by_something_that_cannot_be_found_has_failed(change: Change) -> None:
    class Hidden(MemoryTenant):
        async def look_for(self, kind: Kind, sought: Sought) -> Sighting:
            del kind, sought
            return Sighting()

    tenant = Hidden(faults={"create_user": ["lost_after"], "create_group": ["lost_after"]})
    tenant.hold(an_account("1", "1@x.org"))
    assert one(tenant, change).error_code == "taken"


def test_a_create_lost_for_good_stays_sent_in_the_journal() -> None:
    tenant, journal = a_tenant(faults={"create_user": ["lost_before"] * 9}), MemoryJournal()
    (outcome,) = carried_out(tenant, CREATE, journal=journal)
    assert (outcome.status, outcome.error_code, outcome.uncertain) == ("failed", "answer_lost", True)
    assert journal.states == {0: "sent"}
    assert tenant.requests["create_user"] == 3, "each time only once the one before can't arrive any more"


@pytest.mark.parametrize(("change", "writes"), [(CREATE, "create_user"), (CREATE_GROUP, "create_group")])
@pytest.mark.parametrize(("times", "status"), [(5, "done"), (6, "failed")])
def test_a_create_that_is_over_is_sent_again_as_often_as_others_are(
    change: Change, writes: str, times: int, status: str
) -> None:
    naps = Naps()
    tenant = a_tenant(an_account("1", "1@x.org"), faults={writes: ["over_before"] * times})
    outcome = one(tenant, change, naps)
    assert (outcome.status, outcome.uncertain, tenant.requests[writes]) == (status, False, 6)
    assert sum(naps.slept) < 20, "nothing waits for what is over"
    if status == "failed":
        assert outcome.message == f"Heap can't answer {writes} now (500). It isn't there afterwards."
        assert tenant.requests["list"] == 6, "it was looked for once more before it was called failed"


@pytest.mark.parametrize(("change", "writes"), [(CREATE, "create_user"), (CREATE_GROUP, "create_group")])
def test_a_create_that_may_still_arrive_is_sent_again_only_afterwards(change: Change, writes: str) -> None:
    naps, sent = Naps(), []
    tenant = a_tenant(an_account("1", "1@x.org"), faults={writes: ["lost_before"]})

    async def note(method: str) -> None:
        if method == writes:
            sent.append(sum(naps.slept))

    tenant.before_write = note
    assert one(tenant, change, naps).status == "done"
    assert (sent[0], sent[1] >= 60.0, len(sent)) == (0, True, 2)


def test_a_create_of_a_name_known_to_be_unique_is_sent_again_at_once() -> None:
    naps = Naps()
    tenant = a_tenant(
        an_account("1", "1@x.org"),
        faults={"create_user": ["lost_before"]},
    )
    tenant.unique.add("user")
    assert (one(tenant, CREATE, naps).status, naps.slept) == ("done", [0.5])


def test_a_name_that_is_taken_by_what_was_made_before_teaches_that_names_are_unique() -> None:
    class Late(MemoryTenant):
        async def look_for(self, kind: Kind, sought: Sought) -> Sighting:
            found = await super().look_for(kind, sought)
            return found if self.requests["create_user"] > 1 else Sighting()

    tenant = Late(faults={"create_user": ["lost_after"]})
    outcome = one(tenant, CREATE)
    assert (outcome.status, outcome.id, tenant.unique, len(tenant.users)) == ("done", "101", {"user"}, 1)


def test_what_is_stored_under_more_than_its_name_is_not_sent_again() -> None:
    tenant = a_tenant(an_account("1", "1@x.org"), faults={"create_group": ["lost_before"]})

    async def otherwise(method: str) -> None:
        if method == "create_group":
            tenant.groups["7"] = a_team("7", "1", name="PRIMARY/T")

    tenant.before_write = otherwise
    outcome = one(tenant, CREATE_GROUP)
    assert tenant.requests["create_group"] == 1
    assert "PRIMARY/T" in (outcome.message or "")


def test_an_account_that_somebody_else_made_meanwhile_is_not_ours() -> None:
    tenant = a_tenant(an_account("1", "1@x.org"), faults={"create_user": ["over_before"]})

    async def somebody(method: str) -> None:
        if method == "create_user":
            tenant.users["9"] = an_account("9", "new@x.org", role="Admin")

    tenant.before_write = somebody
    outcome = one(tenant, CREATE)
    assert (outcome.status, outcome.error_code, outcome.id) == ("failed", "not_ours", None)
    assert outcome.message == (
        "The account new@x.org (id 9) isn't what was asked for: its role is 'Admin', not 'Analyst'. It is left alone."
    )


def test_a_group_that_waits_for_a_name_and_loses_its_answer_then_is_looked_for() -> None:
    tenant = a_tenant(an_account("1", "1@x.org"), a_team("t", "1", name="T"))
    tenant.faults["create_group"] = [None, "lost_after"]
    outcomes = carried_out(tenant, CREATE_GROUP, RenameGroup("t", "x", "T", "U", "renamed"))
    assert [outcome.status for outcome in outcomes] == ["done", "done"]
    assert sorted(group.name for group in tenant.groups.values()) == ["T", "U"]


def test_a_change_that_cannot_be_looked_at_stays_sent_in_the_journal() -> None:
    tenant, journal = a_scene(UPDATE, shows=False, faults={"get_user": ["refused"] * 2}), MemoryJournal()
    (outcome,) = carried_out(tenant, UPDATE, journal=journal)
    assert (outcome.error_code, outcome.uncertain, journal.states) == ("rejected", True, {0: "sent"})
    assert (outcome.message or "").startswith("Heap accepted the change, but whether it is so can't be seen: ")


def test_an_account_whose_replacement_could_not_be_made_keeps_working() -> None:
    tenant = a_tenant(an_account("1", "1@x.org"), faults={"create_user": ["refused"]})
    replacement = CreateUser("p1", "new@x.org", {}, "renamed", replaces="1")
    _, outcome = carried_out(tenant, replacement, DEACTIVATE)
    assert (outcome.status, outcome.error_code) == ("failed", "not_replaced")
    assert tenant.users["1"].active


def test_people_without_an_account_are_named_and_the_others_join() -> None:
    tenant = a_scene(ADD)
    outcome = one(tenant, AddMembers("t", "g", "T", (ADA, NEW), "joined"))
    assert outcome.message == "Not added, since they have no account: new@x.org."
    assert tenant.groups["t"].member_ids == {"1"}
    nobody = one(
        tenant, AddMembers("t", "g", "T", tuple(MemberRef(f"n{n}@x.org", None, f"n{n}") for n in range(7)), "")
    )
    assert (nobody.message or "").endswith("n4@x.org and 2 more.")
    assert one(tenant, CreateGroup("h", "H", (NEW,), "bound")).error_code == "members_missing"
    assert [group.name for group in tenant.groups.values()] == ["T"]


@pytest.mark.parametrize("shows", [True, False])
def test_a_large_group_gets_its_members_in_several_requests(*, shows: bool) -> None:
    people = [an_account(str(number)) for number in range(25)]
    tenant = a_tenant(*people, members_per_request=10, shows=shows)
    members = tuple(MemberRef(user.user_name, user.id, None) for user in people)
    assert one(tenant, CreateGroup("g", "T", members, "bound")).status == "done"
    assert [len(group.member_ids) for group in tenant.groups.values()] == [25]


def test_a_group_whose_rest_of_members_is_refused_has_failed_and_is_ours() -> None:
    people = [an_account(str(number)) for number in range(3)]
    tenant = a_tenant(*people, members_per_request=2, faults={"change_members": ["refused"]})
    outcome = one(tenant, CreateGroup("g", "T", tuple(MemberRef(u.user_name, u.id, None) for u in people), "bound"))
    assert (outcome.id, outcome.message) == ("101", "Heap accepted the change, but 1 of 3 are no members.")


BOTH = (ADA, MemberRef("2@x.org", "2", "p2"))


@pytest.mark.parametrize(
    ("change", "there", "message"),
    [
        (
            AddMembers("t", "g", "T", (*BOTH, NEW), ""),
            {"1"},
            "Not added: 2@x.org. No. Nor, since they have no account: new@x.org.",
        ),
        (RemoveMembers("t", "g", "T", BOTH, "", 2), {"2"}, "Not removed: 2@x.org. No."),
        (CreateGroup("h", "H", BOTH, ""), {"1"}, "Not added: 2@x.org. No."),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_member_whom_heap_refuses_is_named_and_keeps_nobody_else_out_or_in(
    change: Change, there: set[str], message: str
) -> None:
    inside = ("1", "2") if isinstance(change, RemoveMembers) else ()
    people = [an_account("1"), an_account("2")]
    tenant = a_tenant(*people, a_team("t", *inside, name="T"), refuses=frozenset({"2"}))
    outcome = one(tenant, change)
    assert (outcome.status, outcome.error_code, outcome.message) == ("failed", "members_refused", message)
    assert tenant.groups[outcome.id or ""].member_ids == there


@pytest.mark.parametrize("was_there", [False, True])
@pytest.mark.parametrize("change", [CREATE, CREATE_GROUP], ids=lambda change: change.kind)
def test_what_was_made_under_another_name_is_ours_unless_it_was_there_before(
    change: Change, *, was_there: bool
) -> None:
    class Renaming(MemoryTenant):
        async def create_user(self, user_name: str, attributes: Any) -> CurrentUser | None:  # noqa: ANN401
            return await super().create_user("other" + user_name, attributes)

        async def create_group(self, name: str, member_ids: Any) -> Any:  # noqa: ANN401
            return await super().create_group("Other " + name, member_ids)

    tenant = Renaming()
    tenant.hold(an_account("1", "1@x.org"))
    if was_there:
        tenant.names_listed = {"user": {"101": "x"}, "group": {"101": "x"}}
    outcome = one(tenant, change)
    assert (outcome.status, outcome.id) == (("failed", None) if was_there else ("done", "101"))
    assert bool(outcome.kept) is not was_there


def test_a_role_that_is_never_shown_is_not_held_against_the_answer() -> None:
    class Hiding(MemoryTenant):
        async def update_user(self, id: str, attributes: Any, *, active: bool | None = None) -> CurrentUser | None:  # noqa: ANN401
            return await super().update_user(id, dict.fromkeys(attributes), active=active)

    tenant = Hiding()
    tenant.hold(an_account("1", "1@x.org"))
    plan = Plan(TENANT, "sync", (UPDATE,), Impact(0, 0, {}, {}), Baseline(0, 0))
    options = ApplyOptions(unreadable=frozenset({"role"}), timing=Naps().timing)
    assert asyncio.run(apply(plan, tenant, MemoryJournal(), Watcher(), options=options)).counts == {"done": 1}


def test_a_create_that_was_lost_stays_uncertain_where_not_even_looking_for_it_works() -> None:
    tenant = a_tenant(faults={"create_user": ["lost_after"], "list": ["refused"] * 3})
    outcome = one(tenant, CREATE)
    assert (outcome.status, outcome.error_code, outcome.uncertain) == ("failed", errors.ResponseLost.code, True)
    assert tenant.requests == {"create_user": 1, "list": 3}
