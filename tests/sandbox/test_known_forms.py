"""The switches that say which forms of a write the rehearsal tenant knows."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from heapscim.sandbox.server import Sandbox
from tests.fakes.tenants import TOKEN, running_sandbox


def patched(sandbox: Sandbox, path: str, *operations: Mapping[str, object]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.patch(f"{sandbox.base_url}/{path}", json={"Operations": operations}, headers=headers)


def replaced(path: str | None, value: object) -> dict[str, object]:
    return {"op": "replace", "value": value, **({} if path is None else {"path": path})}


BY_FILTER = {"op": "remove", "path": 'members[value eq "1000"]'}
BY_VALUES = {"op": "remove", "path": "members", "value": [{"value": "1000"}]}
ONE = {"op": "add", "path": "members", "value": [{"value": "1002"}]}
TWO = {"op": "add", "path": "members", "value": [{"value": "1002"}, {"value": "1003"}]}
PATHLESS = {"op": "add", "value": {"members": [{"value": "1002"}]}}


def a_team(sandbox: Sandbox) -> str:
    """The path of a team of 1000 and 1001; 1002 and 1003 could join."""
    for name in ("a", "b", "c", "d"):
        sandbox.store.add_user({"userName": name})
    team: dict[str, Any] = sandbox.store.add_group({"displayName": "Design", "members": ["1000", "1001"]})
    return f"Groups/{team['id']}"


def members(answer: httpx.Response) -> list[str] | int:
    if answer.status_code != 200:
        return answer.status_code
    return [row["value"] for row in answer.json()["members"]]


@pytest.mark.parametrize(
    ("switch", "by_filter", "by_values"),
    [
        ("filter", ["1001"], []),
        ("values", 400, ["1001"]),
        ("both", ["1001"], ["1001"]),
        ("empties", 400, []),
        ("none", 400, 400),
    ],
)
def test_members_leave_in_the_forms_that_are_known(switch: str, by_filter: object, by_values: object) -> None:
    for operation, expected in ((BY_FILTER, by_filter), (BY_VALUES, by_values)):
        with running_sandbox(member_removal=switch) as sandbox:
            assert members(patched(sandbox, a_team(sandbox), operation)) == expected


@pytest.mark.parametrize(
    ("switch", "known"),
    [("any", [ONE, TWO, PATHLESS]), ("one", [ONE, PATHLESS]), ("pathless", [PATHLESS]), ("none", [])],
)
def test_members_join_in_the_forms_that_are_known(switch: str, known: list[object]) -> None:
    for operation in (ONE, TWO, PATHLESS):
        with running_sandbox(member_addition=switch) as sandbox:
            answer = patched(sandbox, a_team(sandbox), operation)
            assert (answer.status_code == 200) == (operation in known)


@pytest.mark.parametrize(("switch", "known"), [("both", 2), ("path", 1), ("pathless", 1), ("none", 0)])
def test_a_rename_has_the_forms_that_are_known(switch: str, known: int) -> None:
    with running_sandbox(rename_form=switch) as sandbox:
        team = a_team(sandbox)
        forms = replaced("displayName", "Art"), replaced(None, {"displayName": "Music"})
        assert [patched(sandbox, team, form).status_code for form in forms].count(200) == known


@pytest.mark.parametrize("status", ["400", "404", "405", "422", "500", "501", "ignored"])
def test_a_form_that_is_not_known_is_answered_as_the_switch_says(status: str) -> None:
    with running_sandbox(patch_form="pathless", unknown_form=status) as sandbox:
        a_team(sandbox)
        answer = patched(sandbox, "Users/1000", replaced("active", value=False))
        assert answer.status_code == (200 if status == "ignored" else int(status))
        assert sandbox.store.users["1000"]["active"] is True
        assert patched(sandbox, "Users/1000", replaced(None, {"active": False})).json()["active"] is False


def test_several_operations_may_be_too_many() -> None:
    with running_sandbox(patch_operations="one") as sandbox:
        assert members(patched(sandbox, a_team(sandbox), BY_FILTER, ONE)) == 400


@pytest.mark.parametrize(
    ("switch", "headers", "status"),
    [
        ("media_type=json", {"Content-Type": "application/scim+json"}, 415),
        ("media_type=json", {"Content-Type": "application/json; charset=utf-8"}, 201),
        ("media_type=scim", {"Content-Type": "application/json"}, 415),
        ("accept=json", {"Content-Type": "application/json", "Accept": "application/scim+json"}, 406),
    ],
)
def test_media_types_may_be_refused(switch: str, headers: dict[str, str], status: int) -> None:
    name, _, value = switch.partition("=")
    with running_sandbox(**{name: value}) as sandbox:
        token = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.post(f"{sandbox.base_url}/Users", content=b'{"userName": "a"}', headers={**headers, **token})
        assert answer.status_code == status


def test_a_resource_may_be_shown_as_it_was() -> None:
    with running_sandbox(lag=1, answer="before") as sandbox:
        a_team(sandbox)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        shown = [patched(sandbox, "Users/1000", replaced("active", value=False)).json()["active"]]
        shown += [httpx.get(f"{sandbox.base_url}/Users/1000", headers=headers).json()["active"] for _ in range(2)]
        assert shown == [True, True, False]
