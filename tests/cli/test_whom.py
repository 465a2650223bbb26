"""Each command finds a person by userName, e-mail address, username or id, also before the first sync."""

from collections.abc import Iterator

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud
from tests.fakes.tenants import running_sandbox


@pytest.fixture
def jumpcloud(heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningJumpCloud]:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as running:
        heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={running.base_url}",
                          "--set", "mapping.userName=email", "--set", "limits.min_population=50")  # fmt: skip
        yield running


def names_of(jumpcloud: RunningJumpCloud, person: str) -> list[str]:
    user = jumpcloud.store.user(person)
    return [str(user["email"]).upper(), str(user["username"]), str(user["_id"])]


def explained(heapscim: CommandLine, name: str) -> dict[str, str]:
    ran = heapscim.json("users", "explain", name)
    assert ran.exit_code == 0, ran.stderr
    return {entry["stage"]: entry["finding"] for entry in ran.data}


def test_a_person_is_explained_by_each_name_before_the_first_sync(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    ada, kurt = (jumpcloud.store.user(name)["_id"] for name in ("ada.lovelace", "kurt.goedel"))
    for name in names_of(jumpcloud, "ada.lovelace"):
        assert explained(heapscim, name) == {
            "read": f"JumpCloud (Heap) holds ada.lovelace with the id {ada}",
            "scope": "in, held by Design, Research",
            "map": "userName 'ada@example.com', name.familyName 'Lovelace', name.givenName 'Ada'",
            "match": "no account in Heap",
            "decision": "create: Ada Lovelace, new in JumpCloud (Heap)",
        }
    for name in names_of(jumpcloud, "kurt.goedel"):
        assert explained(heapscim, name) == {
            "read": f"JumpCloud (Heap) holds kurt.goedel with the id {kurt}",
            "scope": "out: inactive in the directory",
            "match": "no account in Heap",
            "decision": "nothing to do",
        }


def test_a_plan_is_for_one_person_by_each_name(heapscim: CommandLine, jumpcloud: RunningJumpCloud) -> None:
    for name in names_of(jumpcloud, "alan.turing"):
        changes = heapscim.json("plan", "--only", name).data["plan"]["changes"]
        assert [change["user_name"] for change in changes] == ["alan@example.com"], name
    assert heapscim("plan", "--only", "nobody").exit_code == 2
    heapscim("sync", "--yes")
    jumpcloud.store.user("alan.turing")["lastname"] = "T."
    heap_id = heapscim.json("users", "show", "alan@example.com").data["id"]
    for name in [*names_of(jumpcloud, "alan.turing"), heap_id]:
        changes = heapscim.json("plan", "--only", name).data["plan"]["changes"]
        assert [change["kind"] for change in changes] == ["update_user"], name


def test_an_account_is_shown_and_changed_by_each_name(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud, sandbox: Sandbox
) -> None:
    heapscim("sync", "--yes")
    for name in names_of(jumpcloud, "alan.turing"):
        assert heapscim.json("users", "show", name).data["userName"] == "alan@example.com"
        assert heapscim("users", "update", name, "--family-name", name, "--yes").exit_code == 0
        alan = sandbox.store.user_named("alan@example.com")
        assert alan is not None
        assert alan["name"]["familyName"] == name
        assert heapscim("users", "deactivate", name, "--yes").exit_code == 0
        assert heapscim("users", "reactivate", name, "--yes").exit_code == 0
        assert heapscim("groups", "add", "Research", name, "--yes").exit_code == 0
        assert "alan@example.com" in sandbox.store.snapshot()["groups"]["Research"]
        assert heapscim("groups", "remove", "Research", name, "--yes").exit_code == 0
    unknown = heapscim("users", "deactivate", "edsger.dijkstra", "--yes")
    assert (unknown.exit_code, "Heap has no user edsger.dijkstra." in unknown.stderr) == (1, True)


def test_an_account_that_lists_leave_out_is_changed_by_each_name(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    with running_sandbox(list_inactive="no") as hiding:
        heapscim.activate(hiding, "--profile", "hiding", "--directory", "jumpcloud:Heap",
                          "--set", f"jumpcloud.base_url={jumpcloud.base_url}", "--set", "mapping.userName=email",
                          "--set", "limits.min_population=50")  # fmt: skip
        heapscim("sync", "--yes", "--profile", "hiding")
        for name in names_of(jumpcloud, "alan.turing"):
            for verb in ("deactivate", "reactivate"):
                ran = heapscim.json("users", verb, name, "--yes", "--profile", "hiding")
                assert (ran.exit_code, ran.data["counts"]) == (0, {f"{verb}_user": 1}), ran.stderr


def test_a_name_of_two_people_is_an_error_that_lists_both(heapscim: CommandLine, jumpcloud: RunningJumpCloud) -> None:
    heapscim("activate", "--set", "mapping.userName=username")
    jumpcloud.store.user("grace.hopper")["email"] = "ada@example.com"
    for command in (("users", "explain"), ("plan", "--only"), ("users", "deactivate", "--yes"), ("users", "show")):
        ran = heapscim(*command, "ada@example.com")
        assert (ran.exit_code, "ada@example.com could be any of 2 people in JumpCloud (Heap)." in ran.stderr) == (
            1,
            True,
        )
        ids = {name: jumpcloud.store.user(name)["_id"] for name in ("ada.lovelace", "grace.hopper")}
        listed = ", ".join(f"{name} (id {id})" for name, id in ids.items())
        assert listed in " ".join(ran.stderr.split())


def test_a_person_whose_address_is_an_unmanaged_account_is_explained_with_the_remedy(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud, sandbox: Sandbox
) -> None:
    heapscim("activate", "--set", "mapping.userName=username")
    sandbox.store.add_user({"userName": "ada@example.com"})
    for name in names_of(jumpcloud, "ada.lovelace"):
        assert explained(heapscim, name)["decision"].startswith("conflict: ada@example.com is the e-mail address of ")
        (conflict,) = heapscim.json("plan", "--only", name).data["plan"]["conflicts"]
        assert "heapscim activate --set mapping.userName=email" in conflict["hint"]


def test_a_leaver_whose_address_changed_is_explained_by_either_name(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    heapscim("sync", "--yes")
    jumpcloud.store.user("alan.turing").update(email="turing@example.com", state="SUSPENDED")
    for name in ("alan.turing", "turing@example.com", "alan@example.com"):
        decisions = {entry["finding"] for entry in heapscim.json("users", "explain", name).data}
        assert {
            "remove members Design: alan@example.com, not in Design in JumpCloud (Heap)",
            "deactivate: inactive in the directory",
        } <= decisions, name
