"""Import into JumpCloud, over real sockets on both sides."""

from collections.abc import Iterator

import pytest

from heapscim.sandbox.jumpcloud import RunningJumpCloud
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.jumpcloud import KEY, running_jumpcloud


@pytest.fixture
def jumpcloud(heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningJumpCloud]:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as running:
        heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={running.base_url}")
        assert heapscim("sync", "--yes").exit_code == 0
        sandbox.store.add_user({"userName": "barbara@example.com", "name": {"givenName": "Barbara"}, "role": "Admin"})
        sandbox.store.add_user({"userName": "idle@example.com", "active": False})
        yield running


def test_imported_people_in_a_bound_group_are_taken_over_without_a_write(
    heapscim: CommandLine, jumpcloud: RunningJumpCloud
) -> None:
    ran = heapscim.json("import", "--all", "--yes", "--group", "Design")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"added": 2, "present": 0, "failed": 0}), ran.stdout
    assert jumpcloud.store.user("barbara@example.com")["firstname"] == "Barbara"
    assert "barbara@example.com" in jumpcloud.store.member_names("Design")

    plan = heapscim.json("plan")
    assert plan.data["counts"] == {"add_members": 1}  # Heap's team doesn't have her yet
    assert [entry["user_name"] for entry in plan.data["plan"]["adoptions"]] == ["barbara@example.com"]
    assert heapscim.json("import", "--list", "--new-only").data == []


@pytest.mark.usefixtures("jumpcloud")
def test_people_in_no_bound_group_are_said_to_be_unmanaged(heapscim: CommandLine) -> None:
    ran = heapscim.json("import", "--user", "barbara@example.com", "--yes")
    assert (ran.exit_code, ran.data["not_managed"]) == (0, 1)
    assert "1 person isn't managed yet" in ran.envelope["notices"][-1]
    plan = heapscim.json("plan", "--exit-code")
    assert (plan.exit_code, plan.data["counts"]) == (0, {})
