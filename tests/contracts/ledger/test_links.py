"""What follows for the links from changes that were carried out, in every kind of store."""

import json
from dataclasses import replace

import pytest

from heapscim.ledger.entries import OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.journal import begin_run
from heapscim.ledger.protocol import Ledger
from heapscim.model.changes import (
    BY_HAND,
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import TakeOver
from heapscim.model.state import CurrentUser, Link, Links
from tests.builders import a_snapshot, desired_of, in_heap, plan_of

CONTEXT = RunContext("ada", "desk", 42, {"removals": 40})
HEAD = RunHead("import", "people.csv", "", CONTEXT)
BOB = CreateUser("bob@x.org", "bob@x.org", {"role": "Analyst"}, BY_HAND, by_hand=True)
ALPHA = CreateGroup("alpha", "Alpha", (), BY_HAND, by_hand=True)
ADA = CreateUser("1", "ada@x.org", {"name.givenName": "Ada"}, "is in scope")


def a_draft(subject: str = "ada@x.org", kind: str = "add_person") -> OperationDraft:
    return OperationDraft(kind, subject, "asked for by hand", json.dumps({"username": subject}))


def test_a_created_account_is_linked_with_what_was_sent(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft(kind="create_user")])
    ledger.record(run, [(0, Settlement.of(Outcome(ADA, "done", id="u1")))])
    assert ledger.links() == Links((Link("1", "u1", "ada@x.org", {"name.givenName": "Ada"}),))
    update = UpdateUser("u1", "1", "ada@x.org", {"role": None}, {"role": "Admin"}, "differs")
    ledger.record(run, [(0, Settlement.of(Outcome(update, "done", id="u1")))])
    assert ledger.links().users[0].sent == {"name.givenName": "Ada", "role": "Admin"}


def test_an_account_that_was_created_is_ours_even_where_the_change_failed(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft(kind="create_user"), a_draft("grace@x.org", kind="create_user")])
    ledger.record(run, [(0, Settlement.of(Outcome(ADA, "failed", id="u1")))])
    ledger.record(run, [(1, Settlement.of(Outcome(ADA, "failed")))])
    assert [link.id for link in ledger.links().users] == ["u1"]


def test_what_a_tenant_makes_of_a_change_is_noted_beside_the_link_and_proven(ledger: Ledger) -> None:
    team = CreateGroup("g", "Ops", (), "bound")
    kept, unseen = {"displayName": "ops"}, ("m1", "m2")
    run = ledger.begin(HEAD, [OperationDraft.of(ADA), OperationDraft.of(team)])
    created = Outcome(ADA, "failed", id="u1", kept={"userName": "P/ada@x.org", "name.givenName": "ADA"})
    ledger.record(run, [(0, Settlement.of(created))])
    ledger.record(run, [(1, Settlement.of(Outcome(team, "done", id="t1", kept=kept, unseen=unseen)))])
    user, group = ledger.links().users[0], ledger.links().groups[0]
    assert user.sent == {"name.givenName": "Ada"}
    assert user.kept == {"userName": ("ada@x.org", "P/ada@x.org"), "name.givenName": ("Ada", "ADA")}
    assert (group.kept, group.unseen, group.sent) == ({"displayName": ("Ops", "ops")}, frozenset(unseen), {})
    assert ledger.prove().problems == ()


def test_notes_change_with_the_changes_that_are_done(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft()])
    outcomes = [
        Outcome(CreateGroup("g", "Ops", (), "bound"), "done", id="t1", unseen=("m1", "m2")),
        Outcome(RenameGroup("t1", "g", "Ops", "Ops 2", ""), "failed", id="t1", kept={"displayName": "no"}),
        Outcome(RenameGroup("t1", "g", "Ops", "Ops 3", ""), "done", id="t1", kept={"displayName": "ops 3"}),
        Outcome(AddMembers("t1", "g", "Ops", (), ""), "failed", id="t1", unseen=("m3",)),
        Outcome(RemoveMembers("t1", "g", "Ops", (), "", 3), "done", id="t1", unseen=("m1",)),
    ]
    for outcome in outcomes:
        ledger.record(run, [(0, Settlement.of(outcome))])
    assert ledger.links().groups == (
        Link("g", "t1", "Ops 3", kept={"displayName": ("Ops 3", "ops 3")}, unseen=frozenset({"m2", "m3"})),
    )


def in_order(links: Links) -> Links:
    return Links(*(tuple(sorted(found, key=lambda link: link.id)) for found in (links.users, links.groups)))


def test_adoptions_are_links(ledger: Ledger) -> None:
    ledger.begin(HEAD, [], [TakeOver("u1", "1", "ada@x.org")])
    ledger.begin(HEAD, [], [TakeOver("u2", "2", "grace@x.org")])
    assert in_order(ledger.links()) == Links((Link("1", "u1", "ada@x.org"), Link("2", "u2", "grace@x.org")))


def test_links_are_the_same_beside_the_accounts_that_were_read(ledger: Ledger) -> None:
    ledger.begin(HEAD, [], [TakeOver("u1", "1", "ada@x.org"), TakeOver("u2", "2", "grace@x.org")])
    renamed, unlinked = (
        CurrentUser("u2", "hopper@x.org", active=True, attributes={}),
        CurrentUser("u3", "eve@x.org", active=True, attributes={}),
    )
    ada = CurrentUser("u1", "ada@x.org", active=True, attributes={})
    assert in_order(ledger.links(in_heap([ada, renamed, unlinked]))) == in_order(ledger.links())
    assert ledger.links(in_heap()) == ledger.links()


def test_links_after_settlements_are_told_and_not_kept(ledger: Ledger) -> None:
    ledger.begin(HEAD, (), [TakeOver("H1", "1", "ada@x.org")])
    before = ledger.links()
    grace = CreateUser("1", "grace@x.org", {}, "new", replaces="H1")
    after = ledger.links_after([Settlement("failed", id="H2", change=grace), Settlement("not_attempted", change=ADA)])
    assert [(link.external_id, link.id) for link in after.users] == [("1 (replaced H1)", "H1"), ("1", "H2")]
    assert ledger.links() == before


def carry_out(ledger: Ledger, *changes: tuple[Change, str], adoptions: tuple[TakeOver, ...] = ()) -> None:
    """Records changes as done, each with the Heap id it has in the end."""
    plan = replace(
        plan_of(desired_of(a_snapshot()), in_heap()),
        changes=tuple(change for change, _ in changes),
        adoptions=adoptions,
    )
    run = begin_run(ledger, plan, RunContext("ada", "desk", 42, {}))
    ledger.record(run, [(seq, Settlement("done", id=id, change=change)) for seq, (change, id) in enumerate(changes)])


def made(ledger: Ledger) -> None:
    carry_out(ledger, (BOB, "1"), (ALPHA, "t"))


def test_what_is_made_by_hand_is_linked_as_that(ledger: Ledger) -> None:
    made(ledger)
    bob = Link("bob@x.org", "1", "bob@x.org", {"role": "Analyst"}, by_hand=True)
    assert ledger.links() == Links((bob,), (Link("alpha", "t", "Alpha", by_hand=True),))


def test_a_sync_takes_it_over_and_knows_what_was_sent(ledger: Ledger) -> None:
    made(ledger)
    over = TakeOverGroup("t", "g", "Alpha", "bound", by_hand=True)
    carry_out(ledger, (over, "t"), adoptions=(TakeOver("1", "7", "bob@x.org", by_hand=True),))
    assert ledger.links() == Links((Link("7", "1", "bob@x.org", {"role": "Analyst"}),), (Link("g", "t", "Alpha"),))


def test_what_is_released_to_the_hand_is_by_hand_again_and_else_gone(ledger: Ledger) -> None:
    made(ledger)
    over = TakeOverGroup("t", "g", "Alpha", "bound", by_hand=True)
    carry_out(ledger, (over, "t"), adoptions=(TakeOver("1", "7", "bob@x.org", by_hand=True),))
    back = (
        ReleaseUser("1", "7", "bob@x.org", "undo", by_hand=True),
        ReleaseGroup("t", "g", "Alpha", "undo", by_hand=True),
    )
    carry_out(ledger, (back[0], "1"), (back[1], "t"))
    links = ledger.links()
    assert [(link.id, link.by_hand) for link in (*links.users, *links.groups)] == [("1", True), ("t", True)]
    carry_out(ledger, (replace(back[0], by_hand=False), "1"), (replace(back[1], by_hand=False), "t"))
    assert ledger.links() == Links()


@pytest.mark.parametrize("by_hand", [True, False])
def test_who_asked_for_a_value_last_is_known(ledger: Ledger, *, by_hand: bool) -> None:
    carry_out(ledger, (replace(BOB, by_hand=False), "1"), (replace(ALPHA, by_hand=False), "t"))
    carry_out(
        ledger,
        (UpdateUser("1", "bob@x.org", "bob@x.org", {}, {"role": "Admin"}, "r", by_hand=True), "1"),
        (RenameGroup("t", "alpha", "Alpha", "Beta", "r", by_hand=True), "t"),
    )
    carry_out(
        ledger,
        (ReactivateUser("1", "bob@x.org", "bob@x.org", {}, {"role": "Analyst"}, "r", by_hand=by_hand), "1"),
        (RenameGroup("t", "alpha", "Beta", "Alpha", "r", by_hand=by_hand), "t"),
    )
    links = ledger.links()
    assert links.users[0].set_by_hand == (frozenset({"role"}) if by_hand else frozenset())
    assert links.groups[0].set_by_hand == (frozenset({"displayName"}) if by_hand else frozenset())


def test_somebody_else_of_the_same_id_in_the_directory_leaves_it_by_hand(ledger: Ledger) -> None:
    made(ledger)
    carry_out(ledger, (CreateUser("bob@x.org", "robert@x.org", {}, "new in people.csv"), "2"))
    assert {(link.external_id, link.id, link.by_hand) for link in ledger.links().users} == {
        ("bob@x.org (by hand 1)", "1", True),
        ("bob@x.org", "2", False),
    }
