"""What is done by hand: said before, shown as such, and left alone by sync until the directory holds it."""

from collections.abc import Iterator

import pytest

from heapscim.model.changes import BY_HAND, CreateUser
from heapscim.sandbox.server import Sandbox
from tests.cli.hands import ADA, CARL, HEADER, PAST, after_a_sync, changes, done, groups, user
from tests.cli.test_resume import cut_off
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud
from tests.fakes.tenants import running_sandbox


@pytest.fixture
def synced(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    """A tenant after a sync: ada and carl, both in Design, all of it in a roster."""
    return after_a_sync(heapscim, sandbox)


def test_an_account_made_by_hand_is_left_alone_by_every_sync(heapscim: CommandLine, synced: Sandbox) -> None:
    ran = done(heapscim, "users create bob@x.org")
    assert ran.stderr == "Managed by hand, left alone by sync until people.csv holds them: bob@x.org.\n"
    for _ in range(2):
        synced_again = heapscim.json("sync", "--yes")
        assert (synced_again.exit_code, changes(synced_again)) == (0, [])
    assert user(synced, "bob@x.org")["active"] is True


@pytest.mark.usefixtures("synced")
def test_what_is_managed_by_hand_is_shown_as_that_everywhere(heapscim: CommandLine) -> None:
    done(heapscim, "users create bob@x.org")
    done(heapscim, "groups create Alpha bob@x.org")
    lines = heapscim("plan").stdout.splitlines()
    assert lines[lines.index("Managed by hand: left alone until people.csv holds them (2)") + 1 :][:2] == [
        "  Alpha (group)",
        "  bob@x.org (user)",
    ]
    plan = heapscim.json("plan").data["plan"]
    assert [(entry["type"], entry["name"], entry["active"]) for entry in plan["by_hand"]] == [
        ("group", "Alpha", True),
        ("user", "bob@x.org", True),
    ]
    assert plan["unmanaged"] == []
    listed = {line.split("\t")[0]: line.split("\t")[4] for line in heapscim("users", "list").stdout.splitlines()[1:]}
    assert listed == {"ada@x.org": "managed", "bob@x.org": "by hand", "carl@x.org": "managed"}
    listed = {line.split("\t")[0]: line.split("\t")[3] for line in heapscim("groups", "list").stdout.splitlines()[1:]}
    assert listed == {"Alpha": "by hand", "Design": "managed"}
    assert [entry["by_hand"] for entry in heapscim.json("users", "list").data] == [False, True, False]
    assert [entry["by_hand"] for entry in heapscim.json("groups", "list").data] == [True, False]
    assert "bob@x.org is managed by hand" in heapscim("users", "show", "bob@x.org").stderr
    assert heapscim("users", "show", "ada@x.org").stderr == ""
    assert "Alpha is managed by hand" in heapscim("groups", "show", "Alpha").stderr
    explained = {entry["stage"]: entry["finding"] for entry in heapscim.json("users", "explain", "bob@x.org").data}
    assert explained["match"].endswith("active, by userName; managed by hand")
    assert explained["decision"] == "left alone: bob@x.org is managed by hand until people.csv holds them"
    assert "4 users" not in heapscim("status").stdout
    assert "managed\t3 users, 2 groups; 1 user, 1 group of them by hand" in heapscim("status").stdout
    assert heapscim.json("status").data["by_hand"] == {"users": 1, "groups": 1}
    assert "create group: managed by hand, members bob@x.org" in heapscim("history", "last").stdout


def test_people_from_a_file_are_by_hand_too(heapscim: CommandLine, synced: Sandbox) -> None:
    heapscim.roster("username\nada@x.org\n" + "".join(f"n{number}@x.org\n" for number in range(7)), "more.csv")
    ran = done(heapscim, "users create --from more.csv")
    names = ", ".join(f"n{number}@x.org" for number in range(5))
    assert ran.stderr == f"Managed by hand, left alone by sync until people.csv holds them: {names} and 2 more.\n"
    assert changes(heapscim.json("sync", "--yes")) == []
    assert len(heapscim.json("plan").data["plan"]["by_hand"]) == 7
    assert user(synced, "n6@x.org")["active"] is True


def test_once_the_directory_holds_a_person_sync_manages_them(heapscim: CommandLine, synced: Sandbox) -> None:
    done(heapscim, "users create bob@x.org --role Architect")
    heapscim.roster(HEADER + ADA + CARL + "7,BOB@x.org,Bo,Architect,,\n")
    ran = heapscim.json("sync", "--yes")
    assert changes(ran) == [("update_user", "bob@x.org", "name.familyName isn't as in people.csv")]
    assert [(one["user_name"], one["external_id"], one["by_hand"]) for one in ran.data["plan"]["adoptions"]] == [
        ("bob@x.org", "7", True)
    ]
    assert heapscim.json("plan").data["plan"]["by_hand"] == []
    heapscim.roster(HEADER + ADA + CARL)
    assert changes(heapscim.json("sync", *PAST)) == [("deactivate_user", "bob@x.org", "no longer in people.csv")]
    assert user(synced, "bob@x.org")["active"] is False


def test_a_role_that_a_tenant_hides_is_known_after_the_take_over(heapscim: CommandLine) -> None:
    with running_sandbox(role="hidden") as sandbox:
        heapscim.activate(
            sandbox, "--directory", str(heapscim.roster(HEADER + ADA)), "--set", "dialect.role_readable=no"
        )
        heapscim("sync", "--yes")
        done(heapscim, "users create bob@x.org --role Analyst")
        heapscim.roster(HEADER + ADA + "7,bob@x.org,,Analyst,,\n")
        assert changes(heapscim.json("sync", "--yes")) == []
        assert changes(heapscim.json("sync", "--yes")) == [], "what was sent by hand is what the directory asks for"


def test_an_inactive_account_by_hand_is_found_where_lists_leave_such_out(heapscim: CommandLine) -> None:
    with running_sandbox(list_inactive="no") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(HEADER + ADA)))
        heapscim("sync", "--yes")
        done(heapscim, "users create bob@x.org")
        done(heapscim, "users deactivate bob@x.org")
        heapscim.roster(HEADER + ADA + "7,bob@x.org,,,,\n")
        ran = heapscim.json("sync", "--yes")
        assert (ran.exit_code, changes(ran)) == (
            0,
            [("reactivate_user", "bob@x.org", "in people.csv, inactive in Heap")],
        )
        assert heapscim.json("plan", "--exit-code").exit_code == 0


def test_somebody_in_no_bound_group_stays_by_hand_until_one_holds_them(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("username,groups\nada@x.org,Design\nbob@x.org,\n")
    heapscim.activate(sandbox, "--directory", str(roster), "--scope", "groups")
    heapscim("sync", "--yes")
    ran = done(heapscim, "users create bob@x.org")
    assert ran.stderr == (
        "Managed by hand, left alone by sync until a bound group of people.csv holds them: bob@x.org.\n"
    )
    assert changes(heapscim.json("sync", *PAST)) == []
    heapscim.roster("username,groups\nada@x.org,Design\nbob@x.org,Design\n")
    assert [change[:2] for change in changes(heapscim.json("sync", *PAST))] == [("add_members", "Design")]
    heapscim.roster("username,groups\nada@x.org,Design\nbob@x.org,\n")
    assert ("deactivate_user", "bob@x.org") in [change[:2] for change in changes(heapscim.json("sync", *PAST))]


def test_an_account_deactivated_by_hand_stays_so_and_by_hand(heapscim: CommandLine, synced: Sandbox) -> None:
    done(heapscim, "users create bob@x.org")
    assert done(heapscim, "users deactivate bob@x.org").stderr == ""
    assert changes(heapscim.json("sync", "--yes")) == []
    assert done(heapscim, "users reactivate bob@x.org").stderr == ""
    assert changes(heapscim.json("sync", "--yes")) == []
    assert user(synced, "bob@x.org")["active"] is True


def test_a_group_made_by_hand_is_left_alone_with_all_its_members(heapscim: CommandLine, synced: Sandbox) -> None:
    done(heapscim, "users create bob@x.org")
    ran = done(heapscim, "groups create Alpha ada@x.org bob@x.org")
    assert ran.stderr == "Managed by hand, left alone by sync until people.csv binds a group of that name: Alpha.\n"
    assert done(heapscim, "groups add Alpha carl@x.org").stderr == ""
    assert done(heapscim, "groups remove Alpha ada@x.org").stderr == ""
    assert done(heapscim, "groups rename Alpha Omega").stderr == ""
    assert changes(heapscim.json("sync", *PAST)) == []
    assert groups(synced)["Omega"] == ["bob@x.org", "carl@x.org"]
    heapscim.roster(HEADER + ADA.replace("Design", "Design;Omega") + CARL)
    ran = heapscim.json("sync", *PAST)
    assert changes(ran) == [
        ("take_over_group", "Omega", "bound in people.csv, and managed by hand until now"),
        ("add_members", "Omega", "in Omega in people.csv"),
        ("remove_members", "Omega", "not in Omega in people.csv"),
    ]
    assert groups(synced)["Omega"] == ["ada@x.org", "bob@x.org"], "bob is left to the hand, in a managed group, too"
    assert [entry["name"] for entry in heapscim.json("plan").data["plan"]["by_hand"]] == ["bob@x.org"]
    assert "Omega holds 1 account managed by hand; left as they are." in heapscim("plan").stdout


def test_without_a_directory_it_is_by_hand_all_the_same(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = done(heapscim, "users create bob@x.org")
    assert ran.stderr == "Managed by hand, left alone by sync until a directory holds them: bob@x.org.\n"
    heapscim.roster(HEADER + ADA)
    assert [change[:2] for change in changes(heapscim.json("sync", "--directory", "people.csv", "--yes"))] == [
        ("create_user", "ada@x.org"),
        ("create_group", "Design"),
    ]


def test_an_id_that_two_go_by_ties_nobody_to_the_wrong_account(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """The directory may call one person what another is called in Heap."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(HEADER + ADA)))
    heapscim("sync", "--yes")
    done(heapscim, "users create bob@x.org")
    heapscim.roster(HEADER + ADA + "bob@x.org,robert@x.org,,,Design,\n")
    heapscim("sync", "--yes")
    assert groups(sandbox)["Design"] == ["ada@x.org", "robert@x.org"]
    assert [entry["name"] for entry in heapscim.json("plan").data["plan"]["by_hand"]] == ["bob@x.org"]
    assert changes(heapscim.json("sync", "--yes")) == []
    done(heapscim, "users create eve@x.org")
    assert changes(heapscim.json("sync", "--yes")) == []
    assert user(sandbox, "robert@x.org")["active"] is True


@pytest.mark.usefixtures("synced")
def test_the_undo_of_a_take_over_gives_the_account_and_the_group_back_to_the_hand(heapscim: CommandLine) -> None:
    done(heapscim, "users create bob@x.org")
    done(heapscim, "groups create Alpha bob@x.org")
    later = HEADER + ADA + CARL + "7,bob@x.org,Bo,,Alpha,\n"
    heapscim.roster(later)
    run = heapscim.json("sync", *PAST).data["run"]["id"]
    undone = heapscim.json("undo", run, *PAST)
    assert undone.exit_code == 0, undone.stderr
    heapscim.roster(HEADER + ADA + CARL)
    plan = heapscim.json("plan").data["plan"]
    assert (plan["changes"], plan["unmanaged"]) == ([], [])
    assert [entry["name"] for entry in plan["by_hand"]] == ["Alpha", "bob@x.org"]
    heapscim.roster(later)
    again = heapscim.json("undo", "last", *PAST)
    assert [entry["by_hand"] for entry in again.data["plan"]["adoptions"]] == [True]
    assert changes(heapscim.json("plan")) == [], "the undo of the undo took both over again"
    assert heapscim.json("plan").data["plan"]["adoptions"] == []


@pytest.mark.parametrize("deprovision", ["deactivate", "delete"])
def test_the_undo_of_what_was_made_by_hand_and_its_undo_leave_it_by_hand(
    heapscim: CommandLine, synced: Sandbox, deprovision: str
) -> None:
    heapscim("activate", "--set", f"dialect.deprovision={deprovision}")
    for line in ("users create bob@x.org", "groups create Alpha ada@x.org"):
        done(heapscim, line)
        assert heapscim("undo", "last", *PAST).exit_code == 0
        assert heapscim("undo", "last", *PAST).exit_code == 0
    assert changes(heapscim.json("sync", *PAST)) == []
    assert (user(synced, "bob@x.org")["active"], groups(synced)["Alpha"]) == (True, ["ada@x.org"])
    assert [entry["name"] for entry in heapscim.json("plan").data["plan"]["by_hand"]] == ["Alpha", "bob@x.org"]


def test_a_run_by_hand_that_was_cut_off_is_finished_by_hand(heapscim: CommandLine, synced: Sandbox) -> None:
    id = synced.store.add_user({"userName": "bob@x.org", "active": True})["id"]
    run = cut_off(
        heapscim,
        synced,
        CreateUser("bob@x.org", "bob@x.org", {}, BY_HAND, by_hand=True),
        CreateUser("eve@x.org", "eve@x.org", {}, BY_HAND, by_hand=True),
        sent=1,
    )
    assert heapscim("resume", run, "--yes").exit_code == 0
    assert changes(heapscim.json("sync", *PAST)) == []
    plan = heapscim.json("plan").data["plan"]
    assert [entry["name"] for entry in plan["by_hand"]] == ["bob@x.org", "eve@x.org"]
    assert plan["by_hand"][0]["id"] == id


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud() as running:
        yield running


def test_a_directory_that_lists_groups_deletes_none_that_was_made_by_hand(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}",
                      "--set", "mapping.userName=email")  # fmt: skip
    heapscim("sync", "--yes")
    done(heapscim, "users create bob@x.org")
    edsger = done(heapscim, "users create edsger@example.com").stderr
    assert edsger == (
        "Managed by hand, left alone by sync until a bound group of JumpCloud (Heap) holds them: edsger@example.com.\n"
    )
    kurt = done(heapscim, "users create kurt@example.com").stderr
    assert kurt.startswith("The next sync deactivates kurt@example.com: inactive in the directory.")
    done(heapscim, "groups create Alpha bob@x.org ada@example.com")
    ran = heapscim.json("sync", *PAST)
    assert changes(ran) == [("deactivate_user", "kurt@example.com", "inactive in the directory")]
    assert changes(heapscim.json("sync", "--yes")) == []
    assert groups(sandbox)["Alpha"] == ["ada@example.com", "bob@x.org"]
