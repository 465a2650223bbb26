"""Each innocent member whom a server removes is named, also where the change itself fails or its answer is lost."""

import json
from collections.abc import Callable

import httpx
import pytest

from heapscim.execution.executor import Executed, Executor
from heapscim.execution.expectation import Expectation
from heapscim.heap.tenant import HeapTenant
from heapscim.model.changes import MemberRef, RemoveMembers
from heapscim.model.outcomes import Outcome
from tests.fakes.tenancies import at_tenant

NAMES = {"1": "ada", "2": "grace", "3": "alan", "4": "kurt"}


class Careless:
    """A team that loses Kurt with the first PATCH, and answers each PATCH as a test says."""

    def __init__(self, answer: Callable[[int], httpx.Response]) -> None:
        self.members = list(NAMES)
        self.patches = 0
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        users = [{"id": id, "userName": name} for id, name in NAMES.items()]
        if "/Users" in request.url.path:
            return httpx.Response(200, json={"totalResults": 4, "Resources": users if _first(request) else []})
        team = {"id": "5", "displayName": "Design", "members": [{"value": id} for id in self.members]}
        if request.method == "PATCH":
            self.patches += 1
            if "4" in self.members:
                self.members.remove("4")
            return self._answer(len(json.loads(request.content)["Operations"]))
        if request.method == "PUT":
            return httpx.Response(501)
        if request.url.path.endswith("/5"):
            return httpx.Response(200, json=team)
        return httpx.Response(200, json={"totalResults": 1, "Resources": [team] if _first(request) else []})


def _first(request: httpx.Request) -> bool:
    return bool(request.url.params.get("startIndex") == "1")


def refusing(_operations: int) -> httpx.Response:
    return httpx.Response(400, text="No.")


def broken(_operations: int) -> httpx.Response:
    return httpx.Response(503)


def lost(_operations: int) -> httpx.Response:
    raise httpx.ReadError("cut")


@pytest.mark.parametrize("answer", [refusing, broken, lost])
def test_a_change_that_fails_names_those_who_went_all_the_same(answer: Callable[[int], httpx.Response]) -> None:
    members = (MemberRef("ada", "1", "a"), MemberRef("grace", "2", "g"))
    change = RemoveMembers("5", "d", "Design", members, "left", 4)

    async def work(tenant: HeapTenant) -> Executed:
        await tenant.read(groups=True, progress=lambda _read, _of: None)
        return await Executor(tenant).execute(change)

    executed = at_tenant(Careless(answer), work)
    if isinstance(executed, Expectation):  # each of several was refused: what was lost is seen by the look that follows
        assert executed.bystanders == {"3": "alan", "4": "kurt"}
        assert executed.refused == ("ada", "grace")
    else:
        assert isinstance(executed, Outcome)
        assert str(executed.message).endswith("Besides, 1 of 2 other members are gone from the group: kurt.")
        assert executed.uncertain == (answer is lost)
