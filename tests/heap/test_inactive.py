"""That a tenant leaves out ``active`` when it is false is learnt from a deactivation alone, and from a sure one."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from heapscim import errors
from heapscim.heap.dialect import Dialect, Inactive
from heapscim.heap.tenant import HeapTenant
from tests.fakes.tenancies import at_tenant

ON: dict[str, Any] = {"active": True}
NAMED: dict[str, Any] = {"name": {"givenName": "K"}}
KURT = "kurt"


class Accounts:
    """A server of accounts: what its list shows of each, and what it shows by id before and after a deactivation."""

    def __init__(self, **shown: Mapping[str, Any]) -> None:
        self.listed: dict[str, Mapping[str, Any]] = {KURT: ON, "ada": ON, "emmy": ON} | shown
        self.single: dict[str, Mapping[str, Any] | int] = {"ada": ON, "emmy": ON, KURT: ON}
        self.afterwards: Mapping[str, Any] = {}
        self.answer: Mapping[str, Any] | None = None
        self.read: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        id = request.url.path.removeprefix("/scim/Users").removeprefix("/")
        if request.method == "PATCH":
            wanted = json.loads(request.content)["Operations"][0]["value"]
            self.single[id] = ON if wanted is True else self.afterwards
            return httpx.Response(204) if self.answer is None else self._found(id, self.answer)
        if id:
            self.read.append(id)
            return self._found(id, self.single[id])
        rows = [_account(id, shown) for id, shown in self.listed.items() if request.url.params["startIndex"] == "1"]
        return httpx.Response(200, json={"totalResults": len(self.listed), "Resources": rows})

    def _found(self, id: str, shown: Mapping[str, Any] | int) -> httpx.Response:
        return httpx.Response(shown) if isinstance(shown, int) else httpx.Response(200, json=_account(id, shown))


def _account(id: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": id, "userName": f"{id}@x.org", **NAMED, **shown}


async def listed(tenant: HeapTenant) -> dict[str, bool]:
    state = await tenant.read(groups=False, progress=lambda _read, _of: None)
    return {user.id: user.active for user in state.users}


async def deactivated(tenant: HeapTenant) -> tuple[bool, str]:
    """Whether Kurt seems active once he was deactivated, and what is known of the tenant then."""
    await listed(tenant)
    await tenant.update_user(KURT, {}, active=False)
    kurt = await tenant.get_user(KURT)
    assert kurt is not None
    return kurt.active, tenant.dialect.inactive


LEARNT, NOT_LEARNT = (False, "omitted"), (True, "auto")


@pytest.mark.parametrize("afterwards", [{}, {"active": None}], ids=["left out", "null"])
def test_an_account_that_showed_active_and_no_longer_does_tells_how(afterwards: dict[str, Any]) -> None:
    server = Accounts()
    server.afterwards = afterwards
    assert at_tenant(server, deactivated) == LEARNT


def test_it_takes_two_requests_more_and_only_once() -> None:
    async def twice(tenant: HeapTenant) -> None:
        await deactivated(tenant)
        server.read.clear()
        await tenant.update_user("ada", {}, active=False)
        ada, emmy = await tenant.look_up_users(ids=("ada", "emmy"))
        assert (ada.active, emmy.active) == (False, True)

    server = Accounts()
    at_tenant(server, deactivated)
    assert server.read == [KURT, "ada", KURT]
    at_tenant(server := Accounts(), twice)
    assert sorted(server.read) == ["ada", "emmy"]


def test_once_it_is_learnt_lists_are_read_so() -> None:
    async def work(tenant: HeapTenant) -> dict[str, bool]:
        await deactivated(tenant)
        server.listed[KURT] = {}
        return await listed(tenant)

    server = Accounts()
    assert at_tenant(server, work) == {KURT: False, "ada": True, "emmy": True}


@pytest.mark.parametrize(
    ("shown", "single", "afterwards"),
    [
        ({KURT: {}}, {}, {}),
        ({KURT: {}, "ada": {}, "emmy": {}}, {}, {}),
        ({}, {"ada": {}, "emmy": {}}, {}),
        ({"ada": {}, "emmy": {}}, {}, {}),
        ({}, {}, {"name": None}),
        ({"dora": {"active": False}}, {}, {}),
        ({}, {"ada": 500}, {}),
        ({}, {}, {"active": True}),
    ],
    ids=[
        "it never showed active",
        "lists never show active",
        "accounts by id never show active",
        "there is no other one to compare with",
        "its document isn't whole",
        "the tenant shows active: false of another",
        "the other one can't be read",
        "it is still active",
    ],
)
def test_nothing_is_learnt_where(shown: dict[str, Any], single: dict[str, Any], afterwards: dict[str, Any]) -> None:
    server = Accounts(**shown)
    server.single |= single
    server.afterwards = afterwards
    assert at_tenant(server, deactivated) == NOT_LEARNT


def test_an_account_that_nobody_deactivated_teaches_nothing() -> None:
    async def work(tenant: HeapTenant) -> tuple[bool, str]:
        await listed(tenant)
        server.single[KURT] = {}
        kurt = await tenant.get_user(KURT)
        assert kurt is not None
        return kurt.active, tenant.dialect.inactive

    server = Accounts()
    assert at_tenant(server, work) == NOT_LEARNT
    assert server.read == [KURT]


def test_an_account_that_was_reactivated_since_teaches_nothing() -> None:
    async def work(tenant: HeapTenant) -> str:
        await listed(tenant)
        await tenant.update_user(KURT, {}, active=False)
        await tenant.update_user(KURT, {}, active=True)
        server.single[KURT] = {}
        await tenant.get_user(KURT)
        return tenant.dialect.inactive

    server = Accounts()
    assert at_tenant(server, work) == "auto"


def test_a_token_refused_ends_the_look() -> None:
    server = Accounts()
    server.single["ada"] = 401
    with pytest.raises(errors.Unauthenticated):
        at_tenant(server, deactivated)


@pytest.mark.parametrize(("answer", "seen"), [({}, None), ({"active": False}, False), ({"active": True}, True)])
def test_an_answer_without_active_has_to_be_looked_at(answer: dict[str, Any], *, seen: bool | None) -> None:
    """It may hold a part of the account alone, and a deactivation that was ignored is one that didn't happen."""

    async def work(tenant: HeapTenant) -> bool | None:
        user = await tenant.update_user(KURT, {}, active=False)
        return None if user is None else user.active

    server = Accounts()
    server.answer = answer
    assert at_tenant(server, work, Dialect(inactive="omitted")) is seen


def test_a_form_is_not_learnt_from_an_answer_without_active() -> None:
    """The first form is refused, and the second one is accepted and ignored."""

    def ignoring(request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            has_path = "path" in json.loads(request.content)["Operations"][0]
            return httpx.Response(400) if has_path else httpx.Response(200, json=_account(KURT, {}))
        return server(request)

    async def work(tenant: HeapTenant) -> Mapping[str, str]:
        await tenant.update_user(KURT, {}, active=False)
        return tenant.dialect.forms

    server = Accounts()
    assert at_tenant(ignoring, work, Dialect(inactive="omitted")) == {}


@pytest.mark.parametrize(("said", "active"), [("shown", True), ("omitted", False), ("auto", True)])
def test_a_profile_that_says_how_is_believed(said: Inactive, *, active: bool) -> None:
    async def work(tenant: HeapTenant) -> bool:
        return (await deactivated(tenant))[0] if said == "shown" else (await listed(tenant))[KURT]

    server = Accounts(**{KURT: {}} if said != "shown" else {})
    assert at_tenant(server, work, Dialect(inactive=said)) is active
