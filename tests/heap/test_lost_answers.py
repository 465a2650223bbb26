"""A create whose answer was lost is looked for before it is sent again, whatever the server makes of filters."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat

import httpx
import pytest

from heapscim.execution.apply import ApplyOptions, apply
from heapscim.heap.connection import HEAP, open_session
from heapscim.heap.dialect import Dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.http.rate_limit import RequestLimits
from heapscim.model.changes import Change, CreateGroup, CreateUser, MemberRef
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import Baseline, Impact, Plan
from heapscim.model.secret import SecretStr
from heapscim.sandbox.server import Sandbox
from heapscim.scim.client import ScimClient
from tests.builders import TENANT
from tests.fakes.clocks import FakeClock
from tests.fakes.journals import MemoryJournal, Watcher
from tests.fakes.tenants import TOKEN, running_sandbox

FILTERS = ["yes", "no", "ignored", "empty", "not_found", "fails"]
ARRIVAL = 60.0
GRACE = CreateUser("7", "grace@x.org", {"name.givenName": "Grace"}, "new")


class Lossy(httpx.AsyncBaseTransport):
    """Carries requests, and loses the answers to some POSTs: each word of ``fates`` is one POST's."""

    def __init__(self, *fates: str) -> None:
        self.posts = 0
        self._fates: Iterator[str] = chain(fates, repeat("fine"))
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fate = "fine"
        if request.method == "POST" and not request.url.path.endswith("/.search"):
            self.posts += 1
            fate = next(self._fates)
        if fate == "never arrives":
            raise httpx.ReadError("lost", request=request)
        response = await self._inner.handle_async_request(request)
        match fate:
            case "answer lost":
                await response.aread()
                raise httpx.ReadTimeout("lost", request=request)
            case "answer cut":
                body = await response.aread()
                return httpx.Response(response.status_code, content=body[: len(body) // 2], request=request)
            case "server in trouble":
                await response.aread()
                return httpx.Response(500, request=request)
            case "see other":
                await response.aread()
                return httpx.Response(303, headers={"location": str(request.url)}, request=request)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def executed(sandbox: Sandbox, lossy: Lossy, change: Change, *, dialect: Dialect = Dialect()) -> Outcome:
    """What became of one change, waiting taking no time."""

    async def whole() -> Outcome:
        timing = FakeClock(at=time.time()).timing()
        async with open_session(
            sandbox.base_url, SecretStr(TOKEN), RequestLimits(retries=1), timing=timing, transport=lossy
        ) as session:
            tenant = HeapTenant(
                ScimClient(session, provider=HEAP.name, filters=dialect.filters),
                dialect,
                ("userName", "name.givenName"),
            )
            await tenant.read(groups=True, progress=lambda _read, _of: None)
            plan = Plan(TENANT, "sync", (change,), Impact(0, 0, {}, {}), Baseline(0, 0))
            options = ApplyOptions(timing=timing, arrival=ARRIVAL, retries=1)
            (done,) = (await apply(plan, tenant, MemoryJournal(), Watcher(), options=options)).outcomes
        return replace(done, attempts=0, seconds=0.0)

    return asyncio.run(whole())


@pytest.mark.parametrize("filter", FILTERS)
@pytest.mark.parametrize(
    ("fate", "posts"),
    [("answer lost", 1), ("answer cut", 1), ("server in trouble", 1), ("see other", 1), ("never arrives", 2)],
)
def test_an_account_is_made_exactly_once(filter: str, fate: str, posts: int) -> None:
    with running_sandbox(filter=filter) as sandbox:
        for name in ("ada@x.org", "alan@x.org"):
            sandbox.store.add_user({"userName": name})
        lossy = Lossy(fate)
        outcome = executed(sandbox, lossy, GRACE)
        made = sandbox.store.user_named("grace@x.org")
        assert made is not None
        assert (outcome, lossy.posts) == (Outcome(GRACE, "done", id=made["id"]), posts)
        assert len(sandbox.store.users) == 3


@pytest.mark.parametrize("filter", FILTERS)
@pytest.mark.parametrize(("fate", "posts"), [("answer lost", 1), ("never arrives", 2)])
def test_a_group_is_made_exactly_once_with_all_its_members(filter: str, fate: str, posts: int) -> None:
    with running_sandbox(filter=filter) as sandbox:
        ids = [sandbox.store.add_user({"userName": f"u{number}@x.org"})["id"] for number in range(250)]
        sandbox.store.add_group({"displayName": "Research"})
        members = tuple(MemberRef(f"u{id}", id, None) for id in ids)
        change, lossy = CreateGroup("d", "Design", members, "new"), Lossy(fate)
        outcome = executed(sandbox, lossy, change)
        assert (outcome.status, lossy.posts) == ("done", posts)
        assert sandbox.store.snapshot()["groups"] == {
            "Design": sorted(f"u{number}@x.org" for number in range(250)),
            "Research": [],
        }


@pytest.mark.parametrize("change", [GRACE, CreateGroup("d", "Design", (), "new")], ids=["user", "group"])
def test_what_a_filter_hides_is_found_in_the_list(change: CreateUser | CreateGroup) -> None:
    with running_sandbox(filter="empty") as sandbox:
        lossy = Lossy("answer lost")
        outcome = executed(sandbox, lossy, change, dialect=Dialect(filter="yes"))
        assert (outcome.status, lossy.posts) == ("done", 1), "the list shows it"
        assert len(sandbox.store.users) + len(sandbox.store.groups) == 1


def test_a_name_that_was_taken_before_is_no_lost_answer() -> None:
    with running_sandbox(list_inactive="no") as sandbox:
        sandbox.store.add_user({"userName": "grace@x.org", "active": False})
        outcome = executed(sandbox, Lossy(), GRACE)
        assert (outcome.status, outcome.error_code) == ("failed", "taken")
        assert "another organisation" in str(outcome.hint)


def test_a_create_whose_end_nobody_knows_is_left_uncertain() -> None:
    with running_sandbox(filter="no", wrong_total=1) as sandbox:
        sandbox.store.add_user({"userName": "ada@x.org"})
        lossy = Lossy("never arrives")
        outcome = executed(sandbox, lossy, GRACE)
        assert (outcome.status, outcome.uncertain, lossy.posts) == ("failed", True, 1)
