"""A list of JumpCloud that can't prove itself: by its word about each, some lose what they must, the others nothing.

Each organisation has twelve people in Crew and two more groups. Both sides are real servers over sockets.
"""

from collections.abc import Iterator

import pytest

from heapscim.sandbox.jumpcloud.store import JumpCloudStore
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud

PEOPLE = tuple(f"p{number}" for number in range(12))
GHOST, LEAVER, MOVER, SUSPENDED = "ghost", "p1", "p2", "p3"


def organisation() -> JumpCloudStore:
    store = JumpCloudStore()
    for name in (*PEOPLE, GHOST):
        store.add_user({"username": name, "email": f"{name}@x.org"})
    store.add_group("Crew", *PEOPLE)
    store.add_group("Design", MOVER, LEAVER)
    store.add_group("Ghosts", GHOST, PEOPLE[0])
    store.add_group("Archive", LEAVER)
    store.add_application("Heap", "Crew", "Design", "Ghosts")
    return store


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud(organisation()) as running:
        yield running


@pytest.fixture
def synced(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}",
                      "--set", "mapping.userName=email", "--set", "limits.min_population=90")  # fmt: skip
    ran = heapscim.json("sync", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"create_user": 13, "create_group": 3})
    return heapscim


def leave(store: JumpCloudStore, name: str, *groups: str) -> None:
    for group in groups:
        del store.members[store.group(group)["id"]][store.user(name)["_id"]]


def inactive(sandbox: Sandbox) -> set[str]:
    users = sandbox.store.snapshot()["users"]
    return {name.removesuffix("@x.org") for name, user in users.items() if not user["active"]}


def withheld(data: dict[str, object]) -> set[tuple[str, str]]:
    plan = data["plan"]
    assert isinstance(plan, dict)
    return {
        (entry["change"]["kind"], entry["change"].get("user_name", "").removesuffix("@x.org"))
        for entry in plan["withheld"]
    }


def haunted(jumpcloud: RunningJumpCloud) -> None:
    """A deleted user whom one group still counts, and doesn't list."""
    jumpcloud.store.remove_user(GHOST)
    jumpcloud.behave(null_members="dropped")


def test_one_ghost_in_one_group_withholds_nothing_that_jumpcloud_says_of_each_person(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    haunted(jumpcloud)
    leave(jumpcloud.store, LEAVER, "Crew", "Design")  # they stay in Archive, which isn't bound
    leave(jumpcloud.store, MOVER, "Design")
    jumpcloud.store.user(SUSPENDED).update(state="SUSPENDED")
    jumpcloud.store.remove_user("p4")
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, ran.data["plan"]["withheld"]) == (0, [])
    assert inactive(sandbox) == {GHOST, LEAVER, SUSPENDED, "p4"}
    assert sandbox.store.snapshot()["groups"]["Design"] == []
    assert any("Ghosts: JumpCloud said 2 members, 1 read." in notice for notice in ran.data["plan"]["notices"])
    again = synced.json("sync", "--yes")
    assert (again.exit_code, again.data["counts"]) == (0, {})


def test_a_person_whom_a_list_of_members_left_out_keeps_everything(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    jumpcloud.behave(empty_page="membership@0")
    ran = synced.json("sync", "--yes")
    assert inactive(sandbox) == set()
    assert (ran.exit_code, ran.data["counts"]) == (8, {})


@pytest.mark.parametrize("by_id", ["none", "forbidden", "broken", "page", "proxy", "another"])
def test_an_answer_that_says_nothing_of_the_person_proves_nothing(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, by_id: str
) -> None:
    haunted(jumpcloud)
    jumpcloud.store.remove_user("p4")
    jumpcloud.behave(by_id=by_id)
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, set())
    assert {("deactivate_user", "p4"), ("deactivate_user", GHOST)} <= withheld(ran.data)


@pytest.mark.parametrize("memberof", ["empty", "broken"])
def test_groups_that_jumpcloud_does_not_name_rightly_prove_nothing(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, memberof: str
) -> None:
    haunted(jumpcloud)
    leave(jumpcloud.store, LEAVER, "Crew", "Design")
    jumpcloud.behave(memberof=memberof)
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, {GHOST})
    assert ("deactivate_user", LEAVER) in withheld(ran.data)


@pytest.mark.parametrize(("by_id", "taken_in"), [("yes", True), ("as_listed", False), ("forbidden", False)])
def test_a_member_whom_the_list_of_users_lacks_is_never_removed(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, by_id: str, taken_in: object
) -> None:
    """The list proves itself: the role sees some users, and counts those alone."""
    jumpcloud.behave(hidden_users=f"{LEAVER},{MOVER}", by_id=by_id)
    jumpcloud.store.user(LEAVER).update(firstname="Ann")
    ran = synced.json("sync", "--yes")
    assert inactive(sandbox) == set()
    kinds = {change["kind"] for change in ran.data["plan"]["changes"]}
    assert kinds == ({"update_user"} if taken_in else set())
    assert ran.exit_code == (0 if taken_in else 8)
    if not taken_in:
        assert "does the key's role see all users?" in str(ran.data["plan"]["withheld"])


def test_a_key_that_is_not_shown_everybody_proves_nobody_gone(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    jumpcloud.store.remove_user("p4")
    jumpcloud.store.user(SUSPENDED).update(state="SUSPENDED")
    jumpcloud.behave(hidden_users=LEAVER, by_id="as_listed")
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, {SUSPENDED})
    assert ("deactivate_user", "p4") in withheld(ran.data)


def test_new_people_whom_the_list_lacks_get_accounts_with_their_groups(
    synced: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    store = jumpcloud.store
    store.add_user({"username": "zoe", "email": "zoe@x.org"})
    store.members[store.group("Crew")["id"]][store.user("zoe")["_id"]] = None
    jumpcloud.behave(hidden_users="zoe")
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"create_user": 1, "add_members": 1})


def test_no_more_are_asked_for_than_the_profile_allows(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    haunted(jumpcloud)
    for name in ("p4", "p5", "p6"):
        jumpcloud.store.remove_user(name)
    synced("activate", "--set", "jumpcloud.most_lookups=2")
    before = jumpcloud.server.requests["GET /api/systemusers/{id}"]
    ran = synced.json("sync", "--yes")
    assert jumpcloud.server.requests["GET /api/systemusers/{id}"] - before == 3  # and one who is there
    assert (ran.exit_code, len(inactive(sandbox))) == (8, 2)
    told = "2 more people and groups weren't asked for by id: jumpcloud.most_lookups is 2."
    assert told in ran.data["plan"]["notices"]


def test_a_proven_read_asks_for_nobody(synced: CommandLine, jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.store.remove_user("p4")
    jumpcloud.server.requests.clear()
    assert synced.json("sync", "--yes").data["counts"] == {"deactivate_user": 1, "remove_members": 1}
    assert not [name for name in jumpcloud.server.requests if name.endswith(("{id}", "memberof"))]


def test_groups_are_let_go_by_jumpclouds_word_about_each(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    store = jumpcloud.store
    application = next(iter(store.bound))
    del store.bound[application][store.group("Ghosts")["id"]]
    store.remove_group("Design")
    jumpcloud.behave(wrong_total=1)
    ran = synced.json("sync", "--yes")
    # Every list counts wrong, also those about single groups: only "there is no such group" is proven.
    assert "Design" not in sandbox.store.snapshot()["groups"]
    assert withheld(ran.data) >= {("release_group", "")}
    jumpcloud.behave(wrong_total=0)
    assert synced.json("sync", "--yes").exit_code == 0


def test_an_unknown_state_holds_up_one_person_and_no_other(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    jumpcloud.store.user(SUSPENDED).update(state="SUSPENDED")
    jumpcloud.behave(states=f"{LEAVER}:ON_LEAVE")
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, {SUSPENDED})
    assert ("deactivate_user", LEAVER) in withheld(ran.data)
    words = f"JumpCloud's state of {LEAVER} is 'ON_LEAVE', which heapscim doesn't know"
    assert any(words in notice for notice in ran.data["plan"]["notices"])
    assert all(words in entry["evidence"] for entry in ran.data["plan"]["withheld"])
    assert not [name for name in jumpcloud.server.requests if name.endswith("memberof")]


def test_people_who_are_bound_themselves_are_told_or_included(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    leave(jumpcloud.store, LEAVER, "Crew", "Design")
    jumpcloud.behave(direct_people=f"{LEAVER},{MOVER}")
    told = f"1 user is bound to Heap directly, without a bound group: {LEAVER}."
    planned = synced.json("plan")
    assert any(notice.startswith(told) for notice in planned.data["plan"]["notices"])
    assert planned.data["counts"] == {"remove_members": 2, "deactivate_user": 1}
    synced("activate", "--set", "jumpcloud.direct=true")
    included = synced.json("sync", "--yes")
    assert included.data["counts"] == {"remove_members": 2}
    assert not any(told in notice for notice in included.data["plan"]["notices"])
    jumpcloud.behave(direct_people="")
    assert synced.json("sync", "--yes").data["counts"] == {"deactivate_user": 1}
    assert inactive(sandbox) == {LEAVER}


def absent_rows(jumpcloud: RunningJumpCloud) -> None:
    """A deleted user whom one group lists as if the user were there; another one left without a trace."""
    leave(jumpcloud.store, "p4", "Crew")
    jumpcloud.store.remove_user("p4")
    jumpcloud.store.remove_user(GHOST)
    jumpcloud.behave(null_members="listed")


def test_one_ghost_that_a_group_lists_withholds_nobody_elses_removal(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    absent_rows(jumpcloud)
    leave(jumpcloud.store, LEAVER, "Crew", "Design")
    jumpcloud.store.user(SUSPENDED).update(state="SUSPENDED")
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, {LEAVER, SUSPENDED, "p4"})
    assert withheld(ran.data) == {("remove_members", ""), ("deactivate_user", GHOST)}
    assert all("jumpcloud.sees_all=true" in entry["evidence"] for entry in ran.data["plan"]["withheld"])


def test_ids_of_another_directory_prove_nobody_outside(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who came from a roster may be the member whom the key isn't shown."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\np1@x.org\np2@x.org\n")),
                      "--set", "limits.min_population=90")  # fmt: skip
    heapscim("sync", "--yes")
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    jumpcloud.behave(hidden_users=LEAVER, by_id="as_listed")
    heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={jumpcloud.base_url}",
                      "--set", "mapping.userName=email")  # fmt: skip
    ran = heapscim.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, set())
    assert ("deactivate_user", LEAVER) in withheld(ran.data)


def test_a_member_who_cannot_be_read_is_told_before_the_first_sync(
    synced: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    store = jumpcloud.store
    store.add_user({"username": "zoe", "email": "zoe@x.org"})
    store.members[store.group("Crew")["id"]][store.user("zoe")["_id"]] = None
    words = "Bound groups name 1 user who can't be read"
    jumpcloud.behave(hidden_users="zoe", by_id="as_listed")
    assert words in synced("plan").stdout
    jumpcloud.behave(by_id="yes")
    assert words not in synced("plan").stdout


def test_a_member_without_a_username_keeps_access(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    absent_rows(jumpcloud)
    jumpcloud.store.user(LEAVER)["username"] = ""
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, {"p4"})
    assert ("deactivate_user", LEAVER) in withheld(ran.data)


def test_a_profile_that_says_the_key_sees_everybody_lets_the_ghost_go(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    absent_rows(jumpcloud)
    assert synced("activate", "--set", "jumpcloud.sees_all=true").exit_code == 0
    for answers in ("none", "page", "proxy", "another", "broken"):  # the control is not shown, or is no answer at all
        jumpcloud.behave(by_id=answers)
        assert GHOST not in inactive(sandbox), answers
        assert synced("sync", "--yes").exit_code == 8
    jumpcloud.behave(by_id="yes")
    assert (synced("sync", "--yes").exit_code, inactive(sandbox)) == (0, {GHOST, "p4"})


@pytest.mark.parametrize("doubt", ["scope", "list of members", "bound groups", "group that isn't listed"])
def test_who_is_named_nowhere_keeps_access_if_groups_do_not_decide_or_are_not_proven(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, doubt: str
) -> None:
    store, absent = jumpcloud.store, jumpcloud.store.user("p4")["_id"]
    absent_rows(jumpcloud)
    match doubt:
        case "scope":
            assert synced("activate", "--set", "scope=all").exit_code == 0
        case "list of members":
            jumpcloud.behave(lost_page="membership@5", page_cap=5)
        case "bound groups":
            crew, ghosts = (store.members[store.group(name)["id"]] for name in ("Crew", "Ghosts"))
            crew.update(ghosts)  # the last of the bound groups isn't read
            jumpcloud.behave(lost_page="associations@2", page_cap=2)
        case _:  # the group that isn't listed is the one that holds the person
            store.members[store.group("Ghosts")["id"]][absent] = None
            jumpcloud.behave(lost_page="usergroups@2", page_cap=2)
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, set())
    assert ("deactivate_user", "p4") in withheld(ran.data)


def test_a_bound_group_that_is_gone_holds_up_nobody_else(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    store = jumpcloud.store
    store.remove_user("p4")
    leave(store, MOVER, "Crew")
    design = store.group("Design")["id"]  # its binding stays
    del store.groups[design], store.members[design]
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, {MOVER, "p4"})
    assert withheld(ran.data) == {("delete_group", "")}
    assert synced("activate", "--set", "jumpcloud.sees_all=true").exit_code == 0
    assert synced("sync", "--yes").exit_code == 0
    assert set(sandbox.store.snapshot()["groups"]) == {"Crew", "Ghosts"}


def test_who_cannot_be_named_holds_up_nobody_else(
    synced: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    store = jumpcloud.store
    store.user(LEAVER).update(email="")
    store.user(MOVER).update(email="P5@x.org")
    store.user(SUSPENDED).update(state="SUSPENDED")
    store.add_user({"username": "new", "email": "new@x.org"})
    store.members[store.group("Crew")["id"]][store.user("new")["_id"]] = None
    ran = synced.json("sync", "--yes")
    assert (ran.exit_code, inactive(sandbox)) == (8, {SUSPENDED})
    assert sandbox.store.snapshot()["users"]["new@x.org"]["active"]
    kept = {name for kind, name in withheld(ran.data) if kind == "deactivate_user"}
    assert kept == {LEAVER, MOVER, "p5"}
    notices = " ".join(ran.data["plan"]["notices"])
    assert "no userName of 1 user (p1 in JumpCloud)" in notices
    assert "the same userName, P5@x.org, of p2, p5." in notices


def test_a_mapping_that_names_nobody_is_an_error(synced: CommandLine, jumpcloud: RunningJumpCloud) -> None:
    for user in jumpcloud.store.users.values():
        user["email"] = ""
    ran = synced("sync", "--yes")
    assert ran.exit_code == 1
    assert "no value for userName" in ran.stderr
