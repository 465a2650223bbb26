"""What an unproven read can't bear out."""

from dataclasses import replace

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
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.plan import Withheld
from heapscim.planning.withholding import Proofs, withhold_unproven
from tests.builders import (
    PROVEN,
    UNPROVEN,
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

GIVING: tuple[Change, ...] = (
    CreateUser("a", "a", {}, "r"),
    UpdateUser("1", "a", "a", {}, {}, "r"),
    ReactivateUser("1", "a", "a", {}, {}, "r"),
    CreateGroup("g", "g", (), "r"),
    TakeOverGroup("t", "g", "g", "r"),
    RenameGroup("t", "g", "g", "h", "r"),
    AddMembers("t", "g", "g", (), "r"),
    ReleaseUser("1", "a", "a", "r"),
)
TAKING: tuple[Change, ...] = (
    RemoveMembers("t", "g", "g", (), "r", 1),
    DeactivateUser("1", "a", "a", "r"),
    DeleteUser("1", "a", "a", {}, "r"),
    ReleaseGroup("t", "g", "g", "r"),
    DeleteGroup("t", "g", "g", (), "r"),
)


SEEN = in_heap()
NOTHING = replace(SEEN, completeness=UNPROVEN, groups_completeness=UNPROVEN)


def test_everything_that_takes_away_is_withheld_with_the_evidence_and_nothing_else() -> None:
    kept, withheld = withhold_unproven((*GIVING, *TAKING), Proofs(NOTHING, UNPROVEN))
    assert kept == GIVING
    assert withheld == tuple(Withheld(change, f"{UNPROVEN.evidence} {UNPROVEN.evidence}") for change in TAKING)


def test_proven_reads_withhold_nothing() -> None:
    assert withhold_unproven(TAKING, Proofs(SEEN, PROVEN)) == (TAKING, ())


def test_what_was_asked_for_by_id_is_proven_whatever_the_list_is_worth() -> None:
    asked = replace(NOTHING, asked_users=frozenset({"1"}), asked_groups=frozenset({"t"}))
    assert withhold_unproven(TAKING, Proofs(asked, PROVEN)) == (TAKING, ())
    assert withhold_unproven(TAKING, Proofs(asked, UNPROVEN))[0] == ()
    somebody_else = replace(NOTHING, asked_users=frozenset({"2"}), asked_groups=frozenset({"1"}))
    assert withhold_unproven(TAKING, Proofs(somebody_else, PROVEN))[0] == ()


def test_a_list_of_groups_that_proves_nothing_withholds_no_account_and_the_other_way_round() -> None:
    accounts = tuple(change for change in TAKING if isinstance(change, DeactivateUser | DeleteUser))
    others = tuple(change for change in TAKING if change not in accounts)
    assert withhold_unproven(TAKING, Proofs(replace(SEEN, groups_completeness=UNPROVEN)))[0] == accounts
    assert withhold_unproven(TAKING, Proofs(replace(SEEN, completeness=UNPROVEN)))[0] == others


def test_who_is_gone_by_the_directorys_own_word_is_removed_though_its_list_proves_nothing() -> None:
    change = DeactivateUser("1", "a", "a", "r")
    assert withhold_unproven([change], Proofs(SEEN, UNPROVEN, frozenset({"a"}))) == ((change,), ())
    assert withhold_unproven([change], Proofs(SEEN, UNPROVEN, frozenset({"b"})))[0] == ()
    assert withhold_unproven([change], Proofs(NOTHING, UNPROVEN, frozenset({"a"})))[0] == ()


def test_a_group_is_let_go_by_the_directorys_own_word_though_its_list_proves_nothing() -> None:
    doubted = Proofs(SEEN, UNPROVEN, groups=frozenset({"g"}))
    kept, withheld = withhold_unproven(TAKING, doubted)
    assert kept == (ReleaseGroup("t", "g", "g", "r"), DeleteGroup("t", "g", "g", (), "r"))
    assert {entry.evidence for entry in withheld} == {UNPROVEN.evidence}
    assert withhold_unproven(kept, Proofs(SEEN, UNPROVEN, groups=frozenset({"h"})))[0] == ()
    assert withhold_unproven(kept, Proofs(SEEN, UNPROVEN, people=frozenset({"g"})))[0] == ()
    assert withhold_unproven(kept, replace(doubted, current=NOTHING))[0] == ()
    asked = replace(NOTHING, asked_groups=frozenset({"t"}))
    assert withhold_unproven(kept, replace(doubted, current=asked))[0] == kept


def test_who_is_gone_leaves_a_group_without_those_whom_the_directory_may_have_left_out() -> None:
    a, b, c = (MemberRef(f"{name}@x.org", name.upper(), name) for name in "abc")
    stranger = MemberRef("s@x.org", "S", None)
    change = RemoveMembers("t", "g", "G", (a, b, c, stranger), "r", 9)
    kept, withheld = withhold_unproven([change], Proofs(SEEN, UNPROVEN, frozenset({"a", "c"})))
    assert kept == (replace(change, members=(a, c)),)
    assert withheld == (Withheld(replace(change, members=(b, stranger)), UNPROVEN.evidence),)
    assert withhold_unproven([change], Proofs(SEEN, PROVEN, frozenset({"a"}))) == ((change,), ())


def test_an_unproven_snapshot_removes_those_alone_whom_it_was_asked_for() -> None:
    names = ("a", "b", "c")
    accounts = [an_account(name.upper(), f"{name}@x.org") for name in names]
    teams = [a_team("T", "A", "B", "C"), a_team("U", "A"), a_team("V", "B")]
    tied = links({name: name.upper() for name in names}, {"t": "T", "u": "U", "v": "V"})
    snapshot = replace(
        a_snapshot([a_person("c")], [a_group("t", "c")]),
        completeness=UNPROVEN,
        certain_people=frozenset({"a"}),
        certain_groups=frozenset({"u"}),
    )
    plan = plan_of(desired_of(snapshot), in_heap(accounts, teams), tied)
    a, b = MemberRef("a@x.org", "A", "a"), MemberRef("b@x.org", "B", "b")
    assert plan.changes == (
        RemoveMembers("T", "t", "T", (a,), "not in T in people.csv", 3),
        DeactivateUser("A", "a", "a@x.org", "no longer in people.csv"),
        DeleteGroup("U", "u", "U", (a,), "deleted in people.csv"),
    )
    assert [entry.change for entry in plan.withheld] == [
        RemoveMembers("T", "t", "T", (b,), "not in T in people.csv", 3),
        DeactivateUser("B", "b", "b@x.org", "no longer in people.csv"),
        DeleteGroup("V", "v", "V", (b,), "deleted in people.csv"),
    ]


def test_a_group_that_is_gone_for_certain_makes_way_for_another_of_its_name() -> None:
    snapshot = replace(a_snapshot([], [a_group("s", name="B")]), completeness=UNPROVEN)
    current = in_heap([], [a_team("s", name="A"), a_team("t", name="B")])
    tied = links({}, {"s": "s", "t": "t"})
    asked = desired_of(replace(snapshot, certain_groups=frozenset({"t"})))
    assert [change.kind for change in plan_of(asked, current, tied).changes] == [
        "rename_group",
        "rename_group",
        "delete_group",
    ]
    assert plan_of(desired_of(snapshot), current, tied).changes == ()


DOUBT = "JumpCloud's state of a@x.org is 'ON_LEAVE'."


def test_nothing_is_taken_from_a_person_in_doubt_and_the_others_lose_what_they_must() -> None:
    people = [replace(a_person("a"), doubt=DOUBT), a_person("b", active=False)]
    current = in_heap([an_account("A"), an_account("B")], [a_team("T", "A", "B")])
    tied = links({"a": "A", "b": "B"}, {"t": "T"})
    plan = plan_of(desired_of(a_snapshot(people, [a_group("t", "a")])), current, tied)
    assert [(change.kind, getattr(change, "members", ())) for change in plan.changes] == [
        ("remove_members", (MemberRef("b@x.org", "B", "b"),)),
        ("deactivate_user", ()),
    ]
    assert plan.withheld == (
        Withheld(RemoveMembers("T", "t", "T", (MemberRef("a@x.org", "A", "a"),), "not in T in people.csv", 2), DOUBT),
        Withheld(DeactivateUser("A", "a", "a@x.org", DOUBT), DOUBT),
    )


def test_a_person_in_doubt_gets_no_account_and_no_certainty_overrules_the_doubt() -> None:
    person = replace(a_person("a"), doubt=DOUBT)
    assert plan_of(desired_of(a_snapshot([person])), in_heap()).changes == ()
    certain = replace(a_snapshot([person]), certain_people=frozenset({"a"}))
    plan = plan_of(desired_of(certain), in_heap([an_account("A")]), links({"a": "A"}))
    assert (plan.changes, len(plan.withheld)) == ((), 1)


def test_a_person_who_is_bound_without_a_group_is_in_scope() -> None:
    snapshot = replace(a_snapshot([a_person("a"), a_person("b")]), bound_people=frozenset({"a"}))
    assert [user.external_id for user in desired_of(snapshot, scope="groups").users] == ["a"]
    assert [user.external_id for user in desired_of(snapshot, scope="all").users] == ["a", "b"]
