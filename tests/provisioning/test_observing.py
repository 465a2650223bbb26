"""What a list left out and is there all the same."""

import asyncio
from dataclasses import replace

import pytest

from heapscim.directory.snapshot import Completeness
from heapscim.provisioning.observing import as_asked, with_accounts, with_unlisted
from heapscim.provisioning.state import Link, Links
from tests.builders import a_group, a_person, a_snapshot, a_team, an_account, desired_of, in_heap, links
from tests.fakes.memory_tenant import a_tenant


def test_linked_accounts_and_groups_that_a_list_left_out_are_asked_for_by_themselves() -> None:
    hidden, team = an_account("1", "a@x.org", active=False), a_team("t", "1")
    tenant = a_tenant(hidden, team)
    desired = desired_of(a_snapshot([a_person("a"), a_person("b"), a_person("c")], [a_group("g", "a"), a_group("h")]))
    tied = links({"a": "1", "b": "gone", "left": "nobody asks"}, {"g": "t", "h": "gone too", "old": "nobody asks"})
    found = asyncio.run(with_unlisted(in_heap(), desired, tied, tenant))
    assert found == replace(in_heap(), users=(hidden,), groups=(team,))
    assert tenant.requests == {"get_user": 2, "get_group": 2}


def test_what_an_unproven_list_lacks_is_looked_for_by_name_before_it_is_made_again() -> None:
    listed, lost, team = an_account("1", "a@x.org"), an_account("2", "B@x.org"), a_team("t", "2", name="Ops")
    tenant = a_tenant(listed, lost, team)
    desired = desired_of(
        a_snapshot([a_person("a"), a_person("b"), a_person("c")], [a_group("g", "b", name="ops"), a_group("h")])
    )
    proven = in_heap([listed])
    assert asyncio.run(with_unlisted(proven, desired, links({"a": "1"}), tenant)) == proven
    assert tenant.requests == {}
    doubt = Completeness(proven=False, evidence="3 announced, 1 read")
    read = replace(proven, completeness=doubt, groups_completeness=doubt)
    found = asyncio.run(with_unlisted(read, desired, links({"a": "1"}), tenant))
    assert found == replace(read, users=(listed, lost), groups=(team,))


def test_without_group_management_no_group_is_asked_for() -> None:
    tenant = a_tenant()
    desired = desired_of(a_snapshot([], [a_group("g")]), groups=False)
    assert asyncio.run(with_unlisted(in_heap(), desired, links({}, {"g": "t"}), tenant)) == in_heap()
    assert tenant.requests == {}


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
