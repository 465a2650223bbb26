"""What the next sync sets back is said before it is done by hand, and every reason is a true one."""

import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.hands import ADA, CARL, HEADER, PAST, after_a_sync, changes, done, groups, user
from tests.conftest import CommandLine


@pytest.fixture
def synced(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    """A tenant after a sync: ada and carl, both in Design, all of it in a roster."""
    return after_a_sync(heapscim, sandbox)


@pytest.mark.usefixtures("synced")
def test_somebody_whom_the_directory_refuses_is_named_before(heapscim: CommandLine) -> None:
    heapscim.roster(HEADER + ADA + CARL + "9,zed@x.org,,,,no\n")
    ran = done(heapscim, "users create Zed@x.org")
    assert ran.stderr == (
        "The next sync deactivates Zed@x.org: inactive in the directory. Change it in people.csv to prevent that.\n"
    )
    assert changes(heapscim.json("sync", *PAST)) == [("deactivate_user", "Zed@x.org", "inactive in the directory")]
    assert [entry["active"] for entry in heapscim.json("plan").data["plan"]["by_hand"]] == [False]


def test_whoever_is_refused_is_known_by_the_user_name_they_would_have(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("username,email,active\nada,ada@x.org,\nzed,zed@x.org,no\n")
    heapscim.activate(sandbox, "--directory", str(roster), "--set", "mapping.userName=email")
    heapscim("sync", "--yes")
    assert "The next sync deactivates zed@x.org" in done(heapscim, "users create zed@x.org").stderr
    assert "Managed by hand" in done(heapscim, "users create zed").stderr


def test_an_edit_that_the_directory_contradicts_is_said_before_with_its_value(
    heapscim: CommandLine, synced: Sandbox
) -> None:
    ran = heapscim.json("users", "update", "ada@x.org", "--role", "Architect", "--given-name", "Ada", "--yes")
    said = "people.csv says role Analyst for ada@x.org: the next sync sets it back. Change it there."
    assert (ran.exit_code, ran.envelope["notices"]) == (0, [said])
    assert ran.stderr.splitlines()[0] == said
    assert changes(heapscim.json("sync", *PAST)) == [
        ("update_user", "ada@x.org", "role set by hand, not as in people.csv")
    ]
    assert (user(synced, "ada@x.org")["role"], user(synced, "ada@x.org")["name"]) == (
        "Analyst",
        {"familyName": "Lovelace", "givenName": "Ada"},
    ), "the directory says nothing of the first name"


def test_an_edit_that_the_directory_agrees_with_is_no_matter(heapscim: CommandLine, synced: Sandbox) -> None:
    heapscim.roster(HEADER + ADA.replace("Analyst", "Architect") + CARL)
    assert done(heapscim, "users update ada@x.org --role Architect").stderr == ""
    assert changes(heapscim.json("sync", "--yes")) == []
    assert user(synced, "ada@x.org")["role"] == "Architect"


def test_a_leaver_who_is_reactivated_by_hand_is_said_to_leave_again(heapscim: CommandLine, synced: Sandbox) -> None:
    heapscim.roster(HEADER + ADA)
    heapscim("sync", *PAST)
    ran = done(heapscim, "users reactivate carl@x.org")
    assert ran.stderr == (
        "The next sync deactivates carl@x.org again: no longer in people.csv. "
        "Change it in people.csv to prevent that.\n"
    )
    assert ("deactivate_user", "carl@x.org", "no longer in people.csv") in changes(heapscim.json("sync", *PAST))
    assert user(synced, "carl@x.org")["active"] is False


def test_members_of_a_managed_group_are_said_to_come_and_go_with_the_directory(
    heapscim: CommandLine, synced: Sandbox
) -> None:
    heapscim.roster(HEADER + ADA + CARL + "3,dora@x.org,,,,\n")
    heapscim("sync", "--yes")
    done(heapscim, "users create bob@x.org")
    ran = done(heapscim, "groups add Design bob@x.org dora@x.org")
    assert ran.stderr == "Not in Design in people.csv: dora@x.org. The next sync removes them. Change it there.\n"
    assert changes(heapscim.json("sync", *PAST)) == [("remove_members", "Design", "not in Design in people.csv")]
    assert groups(synced)["Design"] == ["ada@x.org", "bob@x.org", "carl@x.org"], "bob is left to the hand"
    ran = done(heapscim, "groups remove Design ada@x.org bob@x.org")
    assert ran.stderr == "Still in Design in people.csv: ada@x.org. The next sync puts them back. Change it there.\n"
    assert changes(heapscim.json("sync", *PAST)) == [("add_members", "Design", "in Design in people.csv")]
    assert groups(synced)["Design"] == ["ada@x.org", "carl@x.org"]


def test_a_managed_group_that_is_renamed_by_hand_is_said_to_be_renamed_back(
    heapscim: CommandLine, synced: Sandbox
) -> None:
    ran = done(heapscim, "groups rename Design Art")
    assert ran.stderr == "Art is called Design in people.csv: the next sync renames it back.\n"
    assert changes(heapscim.json("sync", *PAST)) == [("rename_group", "Art", "renamed by hand, not in people.csv")]
    assert list(groups(synced)) == ["Design"]


def test_a_bound_group_that_is_deleted_by_hand_is_said_to_come_back(heapscim: CommandLine, synced: Sandbox) -> None:
    ran = done(heapscim, "groups delete Design")
    assert ran.stderr == "people.csv binds the group Design: the next sync makes it again.\n"
    assert changes(heapscim.json("sync", *PAST)) == [("create_group", "Design", "bound in people.csv")]
    assert list(groups(synced)) == ["Design"]


def test_a_membership_by_hand_keeps_no_leaver_and_says_so(heapscim: CommandLine, synced: Sandbox) -> None:
    heapscim.roster(HEADER + ADA)
    ran = done(heapscim, "groups create Alpha carl@x.org")
    assert ran.stderr.splitlines()[0] == (
        "The next sync takes carl@x.org's account all the same: no longer in people.csv. "
        "A membership given by hand keeps nobody."
    )
    heapscim("sync", *PAST)
    assert user(synced, "carl@x.org")["active"] is False


def test_what_the_directory_would_say_can_not_be_told_while_it_is_out_of_reach(
    heapscim: CommandLine, synced: Sandbox
) -> None:
    (heapscim.folder / "people.csv").unlink()
    ran = done(heapscim, "users create bob@x.org")
    first, second = ran.stderr.splitlines()
    assert first == "Managed by hand, left alone by sync until a directory holds them: bob@x.org."
    assert second.startswith("It isn't known whether the next sync sets this back: ")
    assert user(synced, "bob@x.org")["active"] is True


def test_what_changed_in_heap_is_not_said_to_have_changed_in_the_directory(
    heapscim: CommandLine, synced: Sandbox
) -> None:
    ada, design = synced.store.user_named("ada@x.org"), next(iter(synced.store.groups.values()))
    assert ada is not None
    ada["role"], design["displayName"] = "Admin", "Art"
    assert changes(heapscim.json("plan")) == [
        ("update_user", "ada@x.org", "role changed in Heap"),
        ("rename_group", "Art", "renamed in Heap"),
    ]
    ada["role"], design["displayName"] = "Analyst", "Design"
    heapscim.roster(HEADER + ADA.replace("Analyst", "Architect") + CARL)
    assert changes(heapscim.json("plan")) == [("update_user", "ada@x.org", "role changed in people.csv")]


def test_somebody_deactivated_in_heap_is_not_said_to_be_back_in_the_directory(
    heapscim: CommandLine, synced: Sandbox
) -> None:
    ada = synced.store.user_named("ada@x.org")
    assert ada is not None
    ada["active"] = False
    assert changes(heapscim.json("plan")) == [("reactivate_user", "ada@x.org", "in people.csv, inactive in Heap")]


def test_what_an_undo_gave_back_is_not_said_to_have_changed_in_the_directory(
    heapscim: CommandLine, synced: Sandbox
) -> None:
    assert synced.tenant.writes
    heapscim.roster(HEADER + ADA.replace("Analyst", "Architect") + CARL)
    run = heapscim.json("sync", *PAST).data["run"]["id"]
    heapscim("undo", run, *PAST)
    assert changes(heapscim.json("plan")) == [("update_user", "ada@x.org", "role set by hand, not as in people.csv")]


def test_another_directory_is_not_said_to_have_held_whom_it_never_held(heapscim: CommandLine, synced: Sandbox) -> None:
    other = heapscim.roster(HEADER + ADA, "other.csv")
    assert ("deactivate_user", "carl@x.org", "not in other.csv") in changes(
        heapscim.json("plan", "--directory", str(other))
    )
    heapscim.roster(HEADER + ADA)
    assert ("deactivate_user", "carl@x.org", "no longer in people.csv") in changes(heapscim.json("plan"))
    assert user(synced, "carl@x.org")["active"] is True
