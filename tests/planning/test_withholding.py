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
from tests.builders import PROVEN, UNPROVEN, in_heap

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
