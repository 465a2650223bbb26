"""What a resume does of what a run left undone, held against what is there by now."""

from dataclasses import replace

from heapscim.execution.resume import Remaining, remaining
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded, RecordedState
from heapscim.model.state import CurrentState, Links
from tests.builders import a_team, an_account, in_heap, links

ADA = CreateUser("ada", "ada@x.org", {"name.givenName": "Ada"}, "is in scope")
IN_LAB = AddMembers("L", "lab", "Lab", (MemberRef("ada@x.org", None, "ada"),), "joined")
HERE = in_heap([an_account("A", "ada@x.org"), an_account("G", "grace@x.org")], [a_team("L", "G", name="Lab")])


def left(
    change: Change, current: CurrentState = HERE, tied: Links = Links(), state: RecordedState = "planned"
) -> Remaining:
    return remaining([Recorded(0, change, state, None)], current, tied)


def does(change: Change, current: CurrentState = HERE, tied: Links = Links()) -> Change:
    (found,) = left(change, current, tied).changes
    return found


def says(change: Change, current: CurrentState = HERE, tied: Links = Links()) -> str:
    found = left(change, current, tied)
    assert found.changes == ()
    return " ".join(found.notices)


def test_what_was_done_is_not_done_again() -> None:
    assert left(DeactivateUser("A", None, "ada@x.org", "left"), state="done") == Remaining((), ())


def test_what_is_left_and_what_is_left_out_are_told_apart_in_the_order_of_the_run() -> None:
    changes: tuple[Change, ...] = (
        DeactivateUser("A", None, "ada@x.org", "left"),
        ADA,
        RenameGroup("L", "lab", "Lab", "Den", "was renamed"),
    )
    entries = [Recorded(seq, change, "sent", None) for seq, change in enumerate(changes)]
    assert remaining(entries, HERE, Links()) == Remaining(
        (changes[0], changes[2]), ("ada@x.org has an account in Heap by now; the next sync takes it over.",)
    )


def test_what_is_so_by_now_is_left_out() -> None:
    assert says(RenameGroup("L", "lab", "Old", "Lab", "was renamed")) == ""
    assert says(DeactivateUser("nowhere", None, "kurt@x.org", "left")) == ""
    assert says(RemoveMembers("L", "lab", "Lab", (MemberRef("ada@x.org", "A", None),), "left", 2)) == ""
    assert says(DeleteGroup("nowhere", None, "Old", (), "was deleted")) == ""


def test_what_is_still_to_do_is_done() -> None:
    rename = RenameGroup("L", "lab", "Lab", "Den", "was renamed")
    deactivate = DeactivateUser("A", None, "ada@x.org", "left")
    assert (does(rename), does(deactivate)) == (rename, deactivate)
    assert does(ADA, in_heap()) == ADA


def test_a_create_of_ours_that_lacks_something_becomes_an_update() -> None:
    assert does(ADA, tied=links({"ada": "A"})) == UpdateUser(
        "A", "ada", "ada@x.org", {"name.givenName": None}, {"name.givenName": "Ada"}, "is in scope"
    )
    named = in_heap([an_account("A", "ada@x.org", given="Ada")])
    assert says(ADA, named, links({"ada": "A"})) == ""


def test_an_account_or_group_that_somebody_else_made_is_left_to_the_next_sync() -> None:
    assert says(ADA) == "ada@x.org has an account in Heap by now; the next sync takes it over."
    lab = CreateGroup("lab", "Lab", (MemberRef("grace@x.org", "G", None),), "is bound")
    assert says(lab) == "A group Lab is in Heap by now; the next sync takes it over."


def test_a_group_of_ours_that_lacks_members_gets_them() -> None:
    members = (MemberRef("grace@x.org", "G", "grace"), MemberRef("ada@x.org", None, "ada"))
    lab = CreateGroup("lab", "Lab", members, "is bound")
    assert does(lab, tied=links({"ada": "A"}, {"lab": "L"})) == AddMembers(
        "L", "lab", "Lab", (MemberRef("ada@x.org", "A", "ada"),), "is bound", 1
    )
    assert does(lab, in_heap()) == lab


def test_members_are_named_by_the_accounts_that_were_created_meanwhile() -> None:
    found = does(IN_LAB, tied=links({"ada": "A"}))
    assert isinstance(found, AddMembers)
    assert found.members == (MemberRef("ada@x.org", "A", "ada"),)


def test_an_update_starts_from_what_is_there_now() -> None:
    update = UpdateUser("A", "ada", "ada@x.org", {"role": "Analyst"}, {"role": "Admin", "name.givenName": "Ada"}, "")
    now = in_heap([an_account("A", "ada@x.org", given="Ada", role="Architect")])
    assert does(update, now) == UpdateUser("A", "ada", "ada@x.org", {"role": "Architect"}, {"role": "Admin"}, "")


def test_a_reactivation_brings_what_differs() -> None:
    change = ReactivateUser("A", "ada", "ada@x.org", {}, {"role": "Admin"}, "is back")
    now = in_heap([an_account("A", "ada@x.org", active=False, role="Admin")])
    assert does(change, now) == ReactivateUser("A", "ada", "ada@x.org", {}, {}, "is back")


def test_only_members_who_are_still_inside_are_removed() -> None:
    members = (MemberRef("ada@x.org", "A", None), MemberRef("grace@x.org", "G", None))
    found = does(RemoveMembers("L", "lab", "Lab", members, "left", 9))
    assert found == RemoveMembers("L", "lab", "Lab", members[1:], "left", 1)


def test_what_is_gone_is_said() -> None:
    assert says(UpdateUser("X", None, "kurt@x.org", {}, {"role": "Admin"}, "")) == "kurt@x.org is no longer in Heap."
    assert says(RenameGroup("X", None, "Den", "Cave", "")) == "The group Den is no longer in Heap."
    assert says(TakeOverGroup("X", "den", "Den", "")) == "The group Den is no longer in Heap."


def test_what_only_the_ledger_records_is_done_unless_it_is_so() -> None:
    take_over, release = TakeOverGroup("L", "lab", "Lab", "is bound"), ReleaseGroup("L", "lab", "Lab", "was unbound")
    ours = links(groups={"lab": "L"})
    assert does(take_over) == take_over
    assert does(release, tied=ours) == release
    assert (says(take_over, tied=ours), says(release)) == ("", "")
    free = ReleaseUser("A", "ada", "ada@x.org", "undo")
    assert does(free, tied=links({"ada": "A"})) == free
    assert says(free) == ""


def test_what_is_linked_is_found_by_its_link_whatever_it_is_called() -> None:
    lab = CreateGroup("lab", "Lab", (MemberRef("ada@x.org", "A", "ada"),), "bound")
    renamed = in_heap([an_account("A", "other@x.org")], [a_team("L", name="Elsewhere")])
    tied = links({"ada": "A"}, {"lab": "L"})
    assert does(lab, renamed, tied) == AddMembers("L", "lab", "Elsewhere", lab.members, "bound", 0)
    update = does(ADA, renamed, tied)
    assert (update.kind, getattr(update, "id", None)) == ("update_user", "A")
    replacing = replace(ADA, replaces="A")
    assert does(replacing, renamed, tied) == replacing, "the account it stands in for isn't the one to be made"


def test_a_removal_of_which_nobody_is_left_is_none() -> None:
    hidden = in_heap((), [replace(a_team("L", name="Lab"), is_whole=False)])
    leaving = RemoveMembers("L", "lab", "Lab", (MemberRef("ada@x.org", "A", None),), "left", 2)
    assert left(leaving, hidden) == Remaining((), ())
