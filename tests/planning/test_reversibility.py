"""Where an undo would fall short is said in the plan, before anything is done."""

import pytest

from heapscim.model.changes import (
    Change,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    UpdateUser,
)
from heapscim.planning.context import PlanOptions
from heapscim.planning.reversibility import shortcomings
from tests.builders import TENANT, a_person, a_snapshot, an_account, desired_of, in_heap, links, plan_of

MADE = CreateUser("a", "a@x.org", {}, "r")
UNKNOWN = (
    "1 deactivated account: whether this tenant keeps a deactivated account isn't known yet; "
    "where it removes them, no undo brings them back."
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (MADE, ("1 new account: an undo deactivates what was made, and can't remove it.",)),
        (DeleteGroup("t", "g", "T", (), "r"),
         ("1 deleted group: an undo makes each anew, without what Heap granted the old one.",)),
        (UpdateUser("1", "a", "a", {"role": None}, {"role": "Admin"}, "r"),
         ("1 account: this tenant doesn't show role, so an undo can't tell what it was.",)),
        (UpdateUser("1", "a", "a", {"role": "Analyst"}, {"role": "Admin"}, "r"), ()),
        (ReactivateUser("1", "a", "a", {}, {"name.givenName": "A"}, "r"), ()),
        (DeactivateUser("1", "a", "a", "r"), (UNKNOWN,)),
    ],
)  # fmt: skip
def test_each_kind_is_said_once(change: Change, said: tuple[str, ...]) -> None:
    assert shortcomings([change], PlanOptions(TENANT, unreadable=frozenset({"role"}))) == said


def test_where_leavers_are_deleted_an_undo_deletes_what_was_made() -> None:
    replacing = CreateUser("b", "b@x.org", {}, "r", replaces="1")
    gone = [DeleteUser("1", "b", "old@x.org", {}, "r"), DeleteUser("2", "c", "c@x.org", {}, "r")]
    assert shortcomings([MADE, replacing, *gone], PlanOptions(TENANT, deprovision="delete")) == (
        "2 deleted accounts: an undo makes each anew, and personal charts are lost.",
    )
    assert shortcomings([replacing], PlanOptions(TENANT)) == (
        "1 new account: an undo deactivates what was made, and can't remove it.",
        "1 replaced account: personal charts stay with the old one.",
    )


def test_where_deactivated_accounts_are_kept_there_is_nothing_to_say_of_them() -> None:
    assert shortcomings([DeactivateUser("1", "a", "a", "r")], PlanOptions(TENANT, deactivation="keeps")) == ()


def test_where_deactivated_accounts_are_removed_so_is_what_an_undo_deactivates() -> None:
    replacing = CreateUser("b", "b@x.org", {}, "r", replaces="1")
    gone = [DeactivateUser("1", "b", "old@x.org", "r"), DeactivateUser("2", "c", "c@x.org", "r")]
    assert shortcomings([MADE, replacing, *gone], PlanOptions(TENANT, deactivation="removes")) == (
        "2 deactivated accounts: this tenant removes them, with their personal charts; an undo makes nobody anew.",
    )


def test_a_plan_says_it_of_what_it_holds_alone() -> None:
    people = desired_of(a_snapshot([a_person("a"), a_person("b", firstname="B")]))
    current, tied = in_heap([an_account("2", "b@x.org")]), links({"b": "2"})
    assert plan_of(people, current, tied).shortcomings == (
        "1 new account: an undo deactivates what was made, and can't remove it.",
    )
    assert plan_of(people, current, tied, only="b@x.org").shortcomings == ()
