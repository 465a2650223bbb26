"""Updates go by PATCH or PUT, whichever the tenant has, and leave alone what they were not asked to change."""

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import Any

import httpx
import pytest

from heapscim import errors
from heapscim.heap.dialect import Dialect, Method
from heapscim.heap.tenant import HeapTenant
from heapscim.heap.update import put_at
from heapscim.model.state import CurrentGroup
from tests.fakes.tenancies import at_tenant

ADA = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:x:2.0:User"],
    "id": "1",
    "userName": "ada@x.org",
    "name": {"GivenName": "Ada", "formatted": "Ada L."},
    "Role": "Analyst",
    "active": "True",
    "emails": [{"value": "ada@x.org", "primary": True}],
    "urn:x:2.0:User": {"team": "Blue"},
    "meta": {"version": "7"},
    "groups": [{"value": "5"}],
}


class OneResource:
    """A server of one resource, with methods that may answer a status of their own; keeps what was sent."""

    def __init__(self, resource: dict[str, Any], **statuses: int) -> None:
        self.resource: dict[str, Any] | None = resource
        self.sent: list[tuple[str, Any]] = []
        self._statuses = statuses

    def __call__(self, request: httpx.Request) -> httpx.Response:
        document = json.loads(request.content) if request.content else None
        self.sent.append((request.method, document))
        if (status := self._statuses.get(request.method.lower())) is not None:
            return httpx.Response(status)
        if self.resource is None:
            return httpx.Response(404)
        if request.method == "PUT":
            self.resource = {"id": self.resource["id"], **(document or {})}
        return httpx.Response(200, json=self.resource)

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.sent]


class StrictTeam:
    """A group that refuses a whole PATCH for one member who is in, or out, already."""

    def __init__(self, *members: str, joining: int = 409, leaving: int = 400) -> None:
        self.members = list(members)
        self.patches: list[list[dict[str, Any]]] = []
        self._refusals = {"add": joining, "remove": leaving}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            operations = json.loads(request.content)["Operations"]
            self.patches.append(operations)
            for operation in operations:
                if any((id in self.members) == (operation["op"] == "add") for id in _ids(operation)):
                    return httpx.Response(self._refusals[operation["op"]])
            for operation in operations:
                for id in _ids(operation):
                    (self.members.append if operation["op"] == "add" else self.members.remove)(id)
        rows = [{"value": id} for id in self.members]
        return httpx.Response(200, json={"id": "5", "displayName": "Design", "members": rows})


def _ids(operation: Mapping[str, Any]) -> list[str]:
    if operation["op"] == "add":
        return [row["value"] for row in operation["value"]]
    return [operation["path"].removeprefix('members[value eq "').removesuffix('"]')]


@pytest.mark.parametrize("status", [405, 501, 404])
def test_a_tenant_without_patch_is_updated_by_put_from_then_on(status: int) -> None:
    async def work(tenant: HeapTenant) -> Dialect:
        await tenant.update_user("1", {"name.givenName": "Augusta"})
        await tenant.update_user("1", {"role": "Admin"})
        return tenant.dialect

    server = OneResource(dict(ADA), patch=status)
    assert at_tenant(server, work) == Dialect(forms={"user_update": "put"})
    assert server.methods.count("PATCH") == 2  # with a path, and without
    assert server.methods[-2:] == ["GET", "PUT"]


def test_many_who_find_out_at_once_all_come_through() -> None:
    async def work(tenant: HeapTenant) -> tuple[int, Mapping[str, str]]:
        done = await asyncio.gather(*(tenant.update_user("1", {"role": "Admin"}) for _ in range(8)))
        return len([user for user in done if user is not None]), tenant.dialect.forms

    assert at_tenant(OneResource(dict(ADA), patch=501), work) == (8, {"user_update": "put"})


def test_put_keeps_what_it_does_not_know() -> None:
    async def work(tenant: HeapTenant) -> object:
        return await tenant.update_user("1", {"name.givenName": "Augusta", "role": "Admin"}, active=False)

    server = OneResource(dict(ADA))
    at_tenant(server, work, Dialect(update_method="put"))
    kept = {name: value for name, value in ADA.items() if name not in ("id", "meta", "groups")}
    assert server.sent[-1] == (
        "PUT",
        {**kept, "name": {"givenName": "Augusta", "formatted": "Ada L."}, "Role": "Admin", "active": False},
    )


@pytest.mark.parametrize(("method", "status"), [("patch", 404), ("put", 404), ("patch", 501), ("put", 405)])
def test_a_method_that_is_not_there_is_never_taken_for_a_person_who_is_gone(method: str, status: int) -> None:
    server = OneResource(dict(ADA), **{method: status})
    dialect = Dialect(update_method=method)  # type: ignore[arg-type]
    with pytest.raises(errors.NotImplementedByService):
        at_tenant(server, lambda tenant: tenant.update_user("1", {}, active=False), dialect)


@pytest.mark.parametrize("method", ["auto", "patch", "put"])
def test_a_person_who_is_gone_is_said_to_be(method: str) -> None:
    server = OneResource(dict(ADA))
    server.resource = None
    dialect = Dialect(update_method=method, group_update_method=method)  # type: ignore[arg-type]
    with pytest.raises(errors.NotFound):
        at_tenant(server, lambda tenant: tenant.update_user("1", {}, active=False), dialect)
    with pytest.raises(errors.NotFound):
        at_tenant(server, lambda tenant: tenant.change_members("1", remove=["2"]), dialect)


def test_a_refusal_of_what_is_asked_is_told_by_the_first_words_and_teaches_nothing() -> None:
    async def work(tenant: HeapTenant) -> Dialect:
        with pytest.raises(errors.Rejected, match="refused PATCH"):
            await tenant.update_user("1", {"role": "Emperor"})
        return tenant.dialect

    server = OneResource(dict(ADA), patch=400, put=422)
    assert at_tenant(server, work) == Dialect()
    assert server.methods == ["PATCH", "PATCH", "GET", "PATCH", "GET", "PUT", "GET", "PUT"]


def test_a_form_that_was_seen_to_work_is_not_to_blame_for_a_refusal() -> None:
    class Roles(OneResource):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            self._statuses = {"patch": 400} if b"Emperor" in request.content else {}
            if request.method == "PATCH" and self.resource is not None:
                self.resource["Role"] = "Boss"
            return super().__call__(request)

    async def work(tenant: HeapTenant) -> None:
        await tenant.update_user("1", {"role": "Boss"})
        for _ in range(3):
            with pytest.raises(errors.Rejected):
                await tenant.update_user("1", {"role": "Emperor"})

    server = Roles(dict(ADA))
    at_tenant(server, work)
    assert server.methods == ["PATCH"] * 4


def test_many_refusals_make_no_storm() -> None:
    async def work(tenant: HeapTenant) -> None:
        for _ in range(100):
            with pytest.raises(errors.Rejected):
                await tenant.update_user("1", {"role": "Emperor"})

    server = OneResource(dict(ADA), patch=400, put=400)
    at_tenant(server, work)
    assert len(server.methods) < 100 + 12 * 7


def test_a_value_that_is_refused_is_never_put_where_a_patch_of_what_is_there_is_taken() -> None:
    class Roles(OneResource):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            self._statuses = {"patch": 400} if b"Emperor" in request.content else {}
            return super().__call__(request)

    server = Roles(dict(ADA))
    for _ in range(2):
        with pytest.raises(errors.Rejected, match="refused PATCH"):
            at_tenant(server, lambda tenant: tenant.update_user("1", {"role": "Emperor"}))
    operations = [document["Operations"] for method, document in server.sent if method == "PATCH"]
    assert operations[2] == [{"op": "replace", "path": "role", "value": "Analyst"}]
    assert "PUT" not in server.methods


@pytest.mark.parametrize("scim_type", ["uniqueness", "mutability"])
def test_a_refusal_that_says_it_is_about_the_value_starts_no_search(scim_type: str) -> None:
    sent = []

    def refusing(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        return httpx.Response(400, json={"scimType": scim_type, "detail": "no"})

    with pytest.raises(errors.Rejected):
        at_tenant(refusing, lambda tenant: tenant.update_user("1", {"role": "Boss"}))
    assert sent == ["PATCH"]


def test_a_person_whose_role_is_not_shown_is_put_only_to_take_access_away() -> None:
    hiding = {name: value for name, value in ADA.items() if name != "Role"}
    dialect = Dialect(role_readable="no")
    server = OneResource(hiding, patch=400)
    with pytest.raises(errors.Rejected):
        at_tenant(server, lambda tenant: tenant.update_user("1", {"name.givenName": "Augusta"}), dialect)
    assert "PUT" not in server.methods
    at_tenant(server, lambda tenant: tenant.update_user("1", {}, active=False), dialect)
    assert server.sent[-1][1]["active"] is False


def test_a_name_is_sent_whole_where_no_path_is_known() -> None:
    class Pathless(OneResource):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            self._statuses = {"patch": 400} if b'"path"' in request.content else {}
            return super().__call__(request)

    server = Pathless(dict(ADA))
    at_tenant(server, lambda tenant: tenant.update_user("1", {"name.givenName": "Augusta"}))
    patches = [document["Operations"] for method, document in server.sent if method == "PATCH"]
    whole = {"name": {"givenName": "Augusta", "formatted": "Ada L."}}
    assert patches[-1] == [{"op": "replace", "value": whole}]


def test_a_form_that_fails_later_is_forgotten_for_one_that_works() -> None:
    async def work(tenant: HeapTenant) -> Dialect:
        await tenant.update_user("1", {"name.givenName": "Augusta"})
        return tenant.dialect

    before = Dialect(forms={"user_update": "patch_pathless"})
    assert at_tenant(OneResource(dict(ADA), patch=400), work, before) == Dialect(forms={"user_update": "put"})


def test_no_group_is_put_whose_members_may_be_hidden() -> None:
    server = OneResource({"id": "5", "displayName": "Design"}, patch=501)
    with pytest.raises(errors.RequestError, match="doesn't show the members of Design"):
        at_tenant(server, lambda tenant: tenant.change_members("5", add=["a"]))
    with pytest.raises(errors.RequestError, match="doesn't show the members of Design"):
        at_tenant(server, lambda tenant: tenant.change_members("5", remove=["a"]))
    with pytest.raises(errors.RequestError, match="doesn't show the members of Design"):
        at_tenant(server, lambda tenant: tenant.rename_group("5", "Art"))
    assert "PUT" not in server.methods


def test_a_group_that_had_members_and_shows_none_is_not_put() -> None:
    server = OneResource({"id": "5", "displayName": "Design", "members": [{"value": "a"}]}, patch=501)

    async def work(tenant: HeapTenant) -> None:
        await tenant.get_group("5")
        server.resource = {"id": "5", "displayName": "Design", "members": []}
        await tenant.rename_group("5", "Art")

    with pytest.raises(errors.RequestError, match="doesn't show the members of Design"):
        at_tenant(server, work)
    assert "PUT" not in server.methods


@pytest.mark.parametrize("status", [400, 404, 409])
def test_members_who_are_in_already_and_others_who_are_out_make_no_failure(status: int) -> None:
    team = StrictTeam("a", "b", joining=status, leaving=status)
    done = at_tenant(team, lambda tenant: tenant.change_members("5", add=["a", "c"], remove=["b", "d"]))
    assert done == CurrentGroup("5", "Design", frozenset({"a", "c"}))
    nothing = at_tenant(team, lambda tenant: tenant.change_members("5", add=["a"], remove=["d"]))
    assert (nothing, team.members) == (done, ["a", "c"])


def test_members_whom_the_tenant_refuses_are_its_failure() -> None:
    server = OneResource({"id": "5", "displayName": "Design", "members": []}, patch=400, put=400)
    with pytest.raises(errors.Rejected, match="refused PATCH"):
        at_tenant(server, lambda tenant: tenant.change_members("5", add=["nobody"]))
    assert len(server.methods) <= 8


def test_no_request_holds_more_than_a_hundred_members_or_a_bare_removal() -> None:
    team = StrictTeam(*(f"old{number}" for number in range(150)))
    new, old = [f"new{number}" for number in range(120)], [f"old{number}" for number in range(150)]
    at_tenant(team, lambda tenant: tenant.change_members("5", add=new, remove=old))
    assert team.members == new
    sizes = [sum(len(_ids(operation)) for operation in patch) for patch in team.patches]
    assert sizes == [100, 20, 100, 50]
    assert all(
        operation["path"] != "members" for patch in team.patches for operation in patch if operation["op"] == "remove"
    )


class PickyTeam:
    """A group that refuses a request for one member it doesn't want to take, or to let go."""

    def __init__(self, *members: str, refuses: Collection[str], status: int = 400, knows_paths: bool = True) -> None:
        self.members = list(members)
        self.requests = 0
        self._refuses = frozenset(refuses)
        self._status = status
        self._knows_paths = knows_paths

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        before = list(self.members)
        if request.method == "PUT":
            self.members = [row["value"] for row in json.loads(request.content)["members"]]
        if request.method == "PATCH":
            for operation in json.loads(request.content)["Operations"]:
                is_add = operation["op"] == "add"
                if operation.get("path") is None or (not self._knows_paths and not is_add):
                    return httpx.Response(400, text="Bad op.")
                joining = operation["op"] == "add"
                for id in _ids(operation):
                    (self.members.append if joining else self.members.remove)(id)
        if self._refuses & (set(before) ^ set(self.members)):
            self.members = before
            return httpx.Response(self._status, text="Refused.")
        rows = [{"value": id} for id in self.members]
        return httpx.Response(200, json={"id": "5", "displayName": "Design", "members": rows})


@pytest.mark.parametrize(
    ("method", "status"),
    [("auto", 400), ("auto", 404), ("auto", 409), ("patch", 400), ("patch", 404), ("put", 400), ("put", 409)],
)
def test_one_member_who_is_refused_keeps_nobody_else_out(method: Method, status: int) -> None:
    everybody = [f"m{number}" for number in range(100)]
    team = PickyTeam(refuses=["m37"], status=status)
    with pytest.raises(errors.MembersRefused) as caught:
        at_tenant(team, lambda tenant: tenant.change_members("5", add=everybody), Dialect(group_update_method=method))
    assert caught.value.ids == {"m37"}
    assert sorted(team.members) == sorted(set(everybody) - {"m37"})
    assert team.requests <= 40


def test_one_member_who_may_not_leave_keeps_nobody_else_in() -> None:
    team = PickyTeam("a", "b", "owner", "c", refuses=["owner"])
    with pytest.raises(errors.MembersRefused, match=r"Heap says: Refused\."):
        at_tenant(team, lambda tenant: tenant.change_members("5", remove=["a", "b", "owner", "c"]))
    assert team.members == ["owner"]


def test_a_tenant_that_refuses_everybody_is_not_asked_for_ever() -> None:
    everybody = [f"m{number}" for number in range(100)]
    team = PickyTeam(refuses=everybody)
    with pytest.raises(errors.MembersRefused) as caught:
        at_tenant(team, lambda tenant: tenant.change_members("5", add=everybody))
    assert caught.value.ids == set(everybody)
    assert team.requests <= 40


def test_a_tenant_that_knows_no_path_to_a_member_is_sent_the_rest_by_put() -> None:
    async def work(tenant: HeapTenant) -> Mapping[str, str]:
        await tenant.change_members("5", remove=["a", "c"])
        return tenant.dialect.forms

    team = PickyTeam("a", "b", "c", refuses=(), knows_paths=False)
    assert (at_tenant(team, work), team.members) == ({"member_removal": "put"}, ["b"])


def test_a_tenant_that_shall_be_patched_is_never_put_to_remove_members() -> None:
    team = PickyTeam("a", "b", "c", refuses=(), knows_paths=False)
    with pytest.raises(errors.MembersRefused, match=r"Heap says: Bad op\."):
        at_tenant(
            team, lambda tenant: tenant.change_members("5", remove=["a", "c"]), Dialect(group_update_method="patch")
        )
    assert team.members == ["a", "b", "c"]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_team_without_patch_is_put_as_a_whole_with_all_it_had(status: int) -> None:
    rows = [{"value": "a", "display": "Ada", "$ref": "…/a"}, {"value": "b"}, {"display": "a guest"}]
    server = OneResource({"id": "5", "displayName": "Design", "members": rows, "owner": "ada"}, patch=status)

    async def work(tenant: HeapTenant) -> Mapping[str, str]:
        await tenant.change_members("5", add=["c", "a"], remove=["b", "x"])
        return tenant.dialect.forms

    assert at_tenant(server, work) == {"member_add": "put", "member_removal": "put"}
    assert server.sent[-1][1] == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Design",
        "owner": "ada",
        "members": [rows[0], rows[2], {"value": "c"}],
    }


def test_a_team_whose_patch_is_not_there_is_not_gone() -> None:
    server = OneResource({"id": "5", "displayName": "Design", "members": [{"value": "a"}]}, patch=404)
    with pytest.raises(errors.NotImplementedByService, match="though it can be read"):
        at_tenant(server, lambda tenant: tenant.change_members("5", remove=["a"]), Dialect(group_update_method="patch"))


def test_a_team_that_never_shows_its_members_is_believed_nothing() -> None:
    server = OneResource({"id": "5", "displayName": "Design"}, patch=409)
    with pytest.raises(errors.Taken):
        at_tenant(server, lambda tenant: tenant.change_members("5", add=["a"]))


@pytest.mark.parametrize(
    ("role_attribute", "operation", "document"),
    [
        ("role", ("role", "Boss"), {"role": "Boss"}),
        ("roles", ("roles", [{"value": "Boss"}]), {"roles": [{"value": "Boss"}]}),
        ("access.role", ("access.role", "Boss"), {"access": {"role": "Boss"}}),
        ("urn:heap:2.0:User:role", ("urn:heap:2.0:User:role", "Boss"), {"urn:heap:2.0:User": {"role": "Boss"}}),
        (
            "urn:ietf:params:scim:schemas:core:2.0:User:role",
            ("urn:ietf:params:scim:schemas:core:2.0:User:role", "Boss"),
            {"role": "Boss"},
        ),
    ],
)
def test_the_role_is_sent_and_read_where_the_dialect_says(
    role_attribute: str, operation: tuple[str, object], document: dict[str, object]
) -> None:
    server = OneResource({"id": "1", "userName": "ada", **document})
    dialect = Dialect(role_attribute=role_attribute, role_values={"Admin": "Boss"})
    seen = at_tenant(server, lambda tenant: tenant.update_user("1", {"role": "Admin"}), dialect)
    assert seen is not None
    assert seen.attributes == {"role": "Admin"}
    path, value = operation
    assert server.sent[0][1]["Operations"] == [{"op": "replace", "path": path, "value": value}]
    at_tenant(server, lambda tenant: tenant.create_user("ada", {"role": "Admin"}), dialect)
    assert {name: value for name, value in server.sent[-1][1].items() if name in document} == document


def test_a_path_finds_attributes_in_any_spelling() -> None:
    document = {"Name": {"GIVENNAME": "A"}, "URN:x:User": {"Team": "B"}}
    put_at(document, "name.givenName", "C")
    put_at(document, "urn:x:user:team", "D")
    put_at(document, "title.text", "E")
    assert document == {"Name": {"GIVENNAME": "C"}, "URN:x:User": {"Team": "D"}, "title": {"text": "E"}}
