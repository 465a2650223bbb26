"""A tenant that takes a change of members for more than it says: those who go with it are noticed (rule 5)."""

import pytest

from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

THREE = "username,groups\nada@x.org,Design\ngrace@x.org,Design\nalan@x.org,Design\n"
JOINED = THREE + "kurt@x.org,Design\n"
LEFT = THREE.replace("alan@x.org,Design", "alan@x.org,")


@pytest.mark.parametrize("write_body", ["yes", "no"])
@pytest.mark.parametrize(
    ("patch_members", "later", "gone"),
    [
        (
            "replaces",
            JOINED,
            "3 of 3 other members are gone from the group: ada@x.org, alan@x.org, grace@x.org.",
        ),
        (
            "empties",
            LEFT,
            "2 of 2 other members are gone from the group: ada@x.org, grace@x.org.",
        ),
    ],
)
def test_members_who_go_with_a_change_of_others_are_a_failure(
    heapscim: CommandLine, patch_members: str, later: str, gone: str, write_body: str
) -> None:
    heapscim.roster(THREE)
    with running_sandbox(patch_members=patch_members, write_body=write_body) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        assert heapscim("sync", "--yes").exit_code == 0
        heapscim.roster(later)
        ran = heapscim.json("sync", "--yes")
        assert ran.exit_code == 7
        remarks = [(remark["error_code"], remark["message"]) for remark in ran.data["run"]["remarks"]]
        assert remarks == [("unchanged", f"Heap accepted the change, but {gone} They were put back at once.")]
        assert "--set dialect.group_update_method=put" in ran.data["run"]["remarks"][0]["hint"]
        wanted = sandbox.store.snapshot()["groups"]["Design"]
        assert wanted == [
            f"{name}@x.org" for name in ("ada", "alan", "grace", "kurt") if f"{name}@x.org,Design" in later
        ]
        assert heapscim("activate", "--set", "dialect.group_update_method=put").exit_code == 0
        again = heapscim.json("sync", "--yes")
        assert again.exit_code == 0, again.data["run"]["remarks"]
        assert heapscim.json("plan").data["counts"] == {}
