"""What a list left out and is there all the same."""

import asyncio
from dataclasses import replace

from heapscim.directory.snapshot import Completeness
from heapscim.provisioning.observing import with_accounts, with_unlisted
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
