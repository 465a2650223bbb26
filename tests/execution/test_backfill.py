"""What a list left out and is there all the same."""

import asyncio
from dataclasses import replace

import pytest

from heapscim.execution.absences import LOOKED_AT_AGAIN, Absences
from heapscim.execution.backfill import with_accounts, with_asked, with_unlisted
from heapscim.model.changes import subject
from heapscim.model.completeness import Completeness
from heapscim.model.desired import DesiredState
from heapscim.model.state import CurrentState, Link, Links
from heapscim.planning.as_sent import as_asked
from tests.builders import (
    PROVEN,
    a_group,
    a_person,
    a_snapshot,
    a_team,
    an_account,
    desired_of,
    in_heap,
    links,
    plan_of,
)
from tests.fakes.memory_tenant import MemoryTenant, a_tenant

DOUBT = Completeness(proven=False, evidence="3 announced, 1 read")


def unlisted(
    current: CurrentState, desired: DesiredState, tied: Links, tenant: MemoryTenant, absences: Absences = Absences()
) -> tuple[CurrentState, Absences]:
    return asyncio.run(with_unlisted(current, desired, tied, tenant, absences))


def test_every_linked_account_and_group_that_a_list_left_out_is_asked_for_by_itself() -> None:
    hidden, team = an_account("1", "a@x.org", active=False), a_team("t", "1")
    tenant = a_tenant(hidden, team)
    desired = desired_of(a_snapshot([a_person("a"), a_person("b"), a_person("c")], [a_group("g", "a"), a_group("h")]))
    tied = links({"a": "1", "b": "gone", "left": "gone as well"}, {"g": "t", "h": "gone too", "old": "and this"})
    found, absences = unlisted(in_heap(), desired, tied, tenant)
    assert (found.users, found.groups, found.completeness) == ((hidden,), (team,), PROVEN)
    assert found.groups_completeness.evidence == "all read 1 group that it lacks is there."
    assert (absences, found.asked_groups) == (Absences(("gone as well",), ("and this",)), frozenset("t"))
    assert tenant.requests == {"get_user": 3, "get_group": 3, "find_user": 2, "find_group": 2}


def test_a_leaver_whom_a_proven_list_hides_is_found_and_the_list_proves_nothing_any_more() -> None:
    listed, hidden = an_account("1", "a@x.org"), an_account("2", "b@x.org")
    tied = Links((Link("a", "1", "a@x.org"), Link("b", "2", "B@x.org")))
    found, absences = unlisted(
        in_heap([listed]), desired_of(a_snapshot([a_person("a")])), tied, a_tenant(listed, hidden)
    )
    assert (found.users, found.completeness.proven, found.asked_users) == ((listed, hidden), False, frozenset("2"))
    assert absences == Absences()


@pytest.mark.parametrize("proven", [True, False])
def test_who_is_gone_by_id_is_looked_for_by_name_where_the_list_proves_nothing(*, proven: bool) -> None:
    listed, hidden, team = an_account("1", "a@x.org"), an_account("2", "b@x.org"), a_team("t", "1", name="Old")
    tied = Links((Link("a", "1", "a@x.org"), Link("b", "2", "B@x.org")), (Link("g", "t", "old"),))
    tenant = a_tenant(listed, hidden, team, answers_ids=False)
    read = PROVEN if proven else DOUBT
    current = replace(in_heap([listed]), completeness=read, groups_completeness=read)
    found, absences = unlisted(current, desired_of(a_snapshot([a_person("a")], [])), tied, tenant)
    if proven:
        assert (found.users, found.groups, absences) == ((listed,), (), Absences(("2",), ("t",)))
        return
    assert (found.users, found.groups, absences) == ((listed, hidden), (team,), Absences())
    assert (found.asked_users, found.asked_groups) == (frozenset("2"), frozenset("t"))
    assert (tenant.requests["find_user"], tenant.requests["find_group"]) == (1, 1)


def test_another_of_the_same_name_is_not_who_is_gone() -> None:
    tied = Links((Link("b", "2", "b@x.org"),))
    tenant = a_tenant(an_account("9", "b@x.org"))
    found, absences = unlisted(replace(in_heap(), completeness=DOUBT), desired_of(a_snapshot()), tied, tenant)
    assert (found.users, absences, tenant.requests["find_user"]) == ((), Absences(("2",)), 1)


def test_names_are_not_looked_for_where_that_would_only_read_the_list_again() -> None:
    tied = Links((Link("b", "2", "b@x.org"),))
    tenant = a_tenant(filters=False)
    found, absences = unlisted(replace(in_heap(), completeness=DOUBT), desired_of(a_snapshot()), tied, tenant)
    assert (found.broken, absences, tenant.requests["find_user"]) == ((), Absences(("2",)), 0)


def test_whoever_can_not_be_looked_for_by_name_is_broken_and_not_absent() -> None:
    tied = Links((Link("b", "2", "b@x.org"),))
    tenant = a_tenant(faults={"find_user": ["refused"]})
    found, absences = unlisted(replace(in_heap(), completeness=DOUBT), desired_of(a_snapshot()), tied, tenant)
    assert ([entry.id for entry in found.broken], absences) == (["2"], Absences())


def test_an_account_that_bears_another_name_by_now_is_not_as_it_was_left() -> None:
    hidden = an_account("2", "somebody.else@x.org")
    tied = Links((Link("b", "2", "b@x.org"),))
    found, _ = unlisted(in_heap(), desired_of(a_snapshot()), tied, a_tenant(hidden))
    assert (found.users, found.asked_users) == ((hidden,), frozenset())


def test_of_those_long_absent_a_few_are_asked_for_in_turn() -> None:
    gone = [f"gone{number}" for number in range(100)]
    tied = links({f"left{id}": id for id in gone} | {"back": "b", "new": "n"})
    tenant = a_tenant()
    known = Absences(("b", *gone))
    found, absences = unlisted(in_heap(), desired_of(a_snapshot([a_person("back")])), tied, tenant, known)
    assert tenant.requests["get_user"] == LOOKED_AT_AGAIN + 2  # besides those in turn: who is back, and who is new
    assert absences.users[: 100 - LOOKED_AT_AGAIN] == tuple(gone[LOOKED_AT_AGAIN:])
    assert set(absences.users) == {*gone, "n"}
    assert found.broken == ()


def test_who_can_not_be_read_is_broken_and_the_others_are_found_all_the_same() -> None:
    hidden = an_account("2", "b@x.org", active=False)
    tenant = a_tenant(hidden, faults={"get_user": ["refused", None]})
    tied = Links((Link("a", "1", "a@x.org"), Link("b", "2", "b@x.org")))
    found, absences = unlisted(in_heap(), desired_of(a_snapshot()), tied, tenant)
    assert [(entry.type, entry.id, entry.name) for entry in found.broken] == [("user", "1", "a@x.org")]
    assert (found.users, absences) == ((hidden,), Absences(("2",)))


def test_a_tenant_that_fails_on_and_on_is_not_asked_about_everybody() -> None:
    tied = links({str(number): str(number) for number in range(500)})
    tenant = a_tenant(faults={"get_user": ["refused"] * 500})
    found, _ = unlisted(in_heap(), desired_of(a_snapshot()), tied, tenant)
    assert len(found.broken) == 500
    assert tenant.requests["get_user"] < 100


def test_what_an_unproven_list_lacks_is_looked_for_by_name_before_it_is_made_again() -> None:
    listed, lost, team = an_account("1", "a@x.org"), an_account("2", "B@x.org"), a_team("t", "2", name="Ops")
    tenant = a_tenant(listed, lost, team)
    desired = desired_of(
        a_snapshot([a_person("a"), a_person("b"), a_person("c")], [a_group("g", "b", name="ops"), a_group("h")])
    )
    read = replace(in_heap([listed]), completeness=DOUBT, groups_completeness=DOUBT)
    found, _ = unlisted(read, desired, links({"a": "1"}), tenant)
    assert found == replace(read, users=(listed, lost), groups=(team,))


def test_some_of_what_would_be_made_is_looked_for_though_the_list_seems_whole() -> None:
    """What counts only what it shows passes for whole; one that is found by its name makes each name worth a look."""
    hidden = [an_account(str(number), f"p{number}@x.org") for number in range(95)]
    team = a_team("t", name="Ops")
    desired = desired_of(
        a_snapshot([a_person(f"p{number}") for number in range(99)], [a_group("g", "p0", name="ops"), a_group("h")])
    )
    tenant = a_tenant(*hidden, team)
    found, _ = unlisted(in_heap(), desired, Links(), tenant)
    assert ({user.id for user in found.users}, found.groups) == ({user.id for user in hidden}, (team,))
    assert found.completeness.evidence == "all read 10 accounts that it lacks are there."
    assert not found.groups_completeness.proven


def test_a_few_looks_are_enough_where_nothing_is_found_and_none_where_a_second_one_is_refused_anyway() -> None:
    desired = desired_of(a_snapshot([a_person(f"p{number}") for number in range(99)]))
    tenant = a_tenant()
    assert unlisted(in_heap(), desired, Links(), tenant)[0] == in_heap()
    assert tenant.requests == {"find_user": 10}
    tenant = a_tenant()
    tenant.note_unique_names("user")
    assert unlisted(in_heap(), desired, Links(), tenant)[0] == in_heap()
    assert tenant.requests == {}


def test_a_name_of_which_nothing_can_be_told_is_left_alone_and_the_others_are_not() -> None:
    desired = desired_of(a_snapshot([a_person("a"), a_person("b")]))
    tenant = a_tenant(faults={"find_user": ["refused", None]})
    found, _ = unlisted(replace(in_heap(), completeness=DOUBT), desired, Links(), tenant)
    assert [(entry.id, entry.name) for entry in found.broken] == [(None, "a@x.org")]
    made = plan_of(desired, found)
    assert [subject(change) for change in made.changes] == ["b@x.org"]
    assert made.broken == found.broken


def test_without_group_management_no_group_is_asked_for() -> None:
    tenant = a_tenant()
    desired = desired_of(a_snapshot([], [a_group("g")]), groups=False)
    assert unlisted(in_heap(), desired, links({}, {"g": "t"}), tenant) == (in_heap(), Absences())
    assert tenant.requests == {}


def test_removals_that_a_list_does_not_prove_are_proven_by_a_look_at_each_of_them() -> None:
    leaver, renamed, team = an_account("1", "a@x.org"), an_account("2", "other@x.org"), a_team("t", "1", name="Ops")
    read = replace(in_heap([leaver, renamed], [team]), completeness=DOUBT, groups_completeness=DOUBT)
    tied = Links((Link("a", "1", "a@x.org"), Link("b", "2", "b@x.org")), (Link("g", "t", "Ops"),))
    desired = desired_of(a_snapshot([a_person("c")], []))
    before = plan_of(desired, read, tied)
    assert {entry.change.kind for entry in before.withheld} == {"deactivate_user", "delete_group"}
    looked = asyncio.run(with_asked(read, before.withheld, tied, a_tenant(leaver, renamed, team)))
    after = plan_of(desired, looked, tied)
    assert [change.kind for change in after.changes] == ["create_user", "deactivate_user", "delete_group"]
    assert [subject(entry.change) for entry in after.withheld] == ["other@x.org"]
    assert after.notices[-1] == "2 removals rest on a look at each of them, by its id."


def test_who_is_gone_by_the_time_of_the_look_is_no_longer_removed() -> None:
    read = replace(
        in_heap([an_account("1", "a@x.org")], [a_team("t", "1")]), completeness=DOUBT, groups_completeness=DOUBT
    )
    tied = Links((Link("a", "1", "a@x.org"),), (Link("g", "t", "T"),))
    desired = desired_of(a_snapshot([a_person("c")], []))
    looked = asyncio.run(with_asked(read, plan_of(desired, read, tied).withheld, tied, a_tenant()))
    after = plan_of(desired, looked, tied)
    assert ([change.kind for change in after.changes], after.withheld) == (["create_user"], ())


def test_accounts_that_a_list_left_out_are_looked_up_together_and_the_others_are_not() -> None:
    listed, hidden = an_account("1"), an_account("2", active=False)
    tenant = a_tenant(listed, hidden)
    found = asyncio.run(with_accounts(in_heap([listed]), ["1", "2", "gone"], tenant))
    assert found == in_heap([listed, hidden])


def test_where_a_list_holds_every_account_nobody_is_asked() -> None:
    tenant = a_tenant(an_account("1"))
    assert asyncio.run(with_accounts(in_heap([an_account("1")]), ["1"], tenant)) == in_heap([an_account("1")])
    assert tenant.requests == {}


KEPT = Links(
    (Link("a", "1", "a@x.org", kept={"userName": ("a@x.org", "P/a@x.org"), "name.givenName": ("ada", "ADA")}),),
    (Link("g", "t", "Ops", kept={"displayName": ("Ops", "ops")}, unseen=frozenset({"1", "left"})),),
)


@pytest.mark.parametrize(("given", "seen"), [("ADA", "ada"), ("Eve", "Eve")])
def test_what_a_tenant_keeps_in_its_own_form_is_seen_as_it_was_asked_for_until_somebody_changes_it(
    given: str, seen: str
) -> None:
    kept = in_heap([an_account("1", "p/A@x.org", given=given, role="Admin")], [a_team("t", name="ops")])
    asked = in_heap([an_account("1", "a@x.org", given=seen, role="Admin")], [a_team("t", name="Ops")])
    assert as_asked(kept, KEPT) == asked
    renamed = in_heap([an_account("1", "other@x.org")], [a_team("t", name="OPS")])
    assert as_asked(renamed, KEPT) == renamed
    assert as_asked(kept, links({"a": "1"}, {"g": "t"})) == kept


def test_what_the_directory_calls_as_the_tenant_does_stays_as_it_is() -> None:
    kept = in_heap([an_account("1", "P/a@x.org", given="ADA")], [a_team("t", name="ops")])
    person = replace(a_person("a", firstname="ADA"), attributes={"username": "p/a@x.org", "firstname": "ADA"})
    assert as_asked(kept, KEPT, desired_of(a_snapshot([person], [a_group("g", "a", name="ops")]))) == kept


def test_members_who_were_sent_are_seen_where_a_group_does_not_show_all() -> None:
    account = an_account("1", "x@x.org")
    whole, hidden = a_team("t", "2", name="Ops"), replace(a_team("t", "2", name="Ops"), is_whole=False)
    assert as_asked(in_heap([account], [whole]), KEPT).groups == (whole,)
    assert as_asked(in_heap([account], [hidden]), KEPT).groups[0].member_ids == {"1", "2"}, "who is gone stays gone"
