"""The client asks as RFC 7644 says, and understands what servers make of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import unquote

import httpx
import pytest

from heapscim import errors
from heapscim.heap.connection import HEAP, open_session
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.session import HttpSession
from heapscim.model.secret import SecretStr
from heapscim.sandbox.server import Sandbox
from heapscim.scim.client import GROUPS, USERS, ScimClient
from tests.fakes.clocks import FakeClock
from tests.fakes.listers import Handler, asking
from tests.fakes.tenants import TOKEN, running_sandbox

T = TypeVar("T")

FILTERS = ["yes", "no", "ignored", "empty", "not_found", "fails"]
KNOWN = {"yes": True, "not_found": True, "no": False, "ignored": False, "empty": False, "fails": None}
ADA = {"id": "1", "userName": "ada@x.org"}


def at(sandbox: Sandbox, work: Callable[[ScimClient, HttpSession], Awaitable[T]]) -> T:
    """Lets a client work at a sandbox; waiting takes no time."""

    async def whole() -> T:
        limits, timing = RequestLimits(retries=1), FakeClock().timing()
        async with open_session(sandbox.base_url, SecretStr(TOKEN), limits, timing=timing) as session:
            return await work(ScimClient(session, provider=HEAP.name), session)

    return asyncio.run(whole())


def answering(status: int, content: bytes = b"", **documents: object) -> Handler:
    """A server with one answer to everything, or with one for each method."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method.lower() in documents:
            return httpx.Response(200, content=json.dumps(documents[request.method.lower()]))
        return httpx.Response(status, content=content)

    return handler


@pytest.mark.parametrize("filter", FILTERS)
def test_people_are_found_by_name_whatever_becomes_of_filters(filter: str) -> None:
    async def find(client: ScimClient, _session: HttpSession) -> tuple[list[list[str]], bool | None]:
        found = [await client.find(USERS, name) for name in ("ADA@x.org", "nobody", 'o"neil\\', "gödel@x.org")]
        return [[user.user_name for user in users] for users in found], client.filters

    with running_sandbox(filter=filter) as sandbox:
        for name in ("ada@x.org", 'o"neil\\', "go\u0308del@x.org"):
            sandbox.store.add_user({"userName": name})
        assert at(sandbox, find) == ([["ada@x.org"], [], ['o"neil\\'], ["go\u0308del@x.org"]], KNOWN[filter])


@pytest.mark.parametrize("filter", FILTERS)
def test_groups_are_found_by_name_whatever_becomes_of_filters(filter: str) -> None:
    async def find(client: ScimClient, _session: HttpSession) -> list[int]:
        return [len(await client.find(GROUPS, name)) for name in ("design", "nothing")]

    with running_sandbox(filter=filter) as sandbox:
        sandbox.store.add_group({"displayName": "Design"})
        sandbox.store.add_group({"displayName": "Research"})
        assert at(sandbox, find) == [1, 0]


def test_what_is_known_of_filters_saves_requests() -> None:
    async def find(client: ScimClient, session: HttpSession) -> list[int]:
        sent = []
        for filters in (None, True, True, False):
            client.filters = filters
            before = session.sent.total()
            await client.find(USERS, "nobody")
            sent.append(session.sent.total() - before)
        return sent

    with running_sandbox(page_cap=10) as sandbox:
        for number in range(30):
            sandbox.store.add_user({"userName": f"u{number}"})
        assert at(sandbox, find) == [3, 1, 1, 4]


def test_names_looked_up_side_by_side_in_an_empty_list_share_the_looks_at_it() -> None:
    async def find(client: ScimClient, session: HttpSession) -> list[int]:
        sent = []
        for _ in range(2):
            before = session.sent.total()
            assert not any(await asyncio.gather(*(client.find(USERS, f"u{number}") for number in range(10))))
            sent.append(session.sent.total() - before)
        return sent

    with running_sandbox() as sandbox:
        first, second = at(sandbox, find)
    assert first == second == 10 + 2, "one look that had begun before the others asked, and one that began after it"


def test_a_filter_in_trouble_is_not_tried_again_in_the_same_run() -> None:
    async def find(client: ScimClient, session: HttpSession) -> list[int]:
        sent = []
        for _ in range(2):
            before = session.sent.total()
            assert await asyncio.gather(*(client.find(USERS, f"u{number}") for number in range(3)))
            sent.append(session.sent.total() - before)
        return sent

    with running_sandbox(filter="fails") as sandbox:
        for number in range(3):
            sandbox.store.add_user({"userName": f"u{number}"})
        first, second = at(sandbox, find)
    assert (first, second) == (1 + 2 + 3 * 2, 3 * 2)


def test_nobody_is_said_to_be_absent_on_the_word_of_half_a_list() -> None:
    async def find(client: ScimClient, _session: HttpSession) -> object:
        return await client.find(USERS, "nobody")

    with running_sandbox(filter="no", wrong_total=5) as sandbox:
        sandbox.store.add_user({"userName": "ada@x.org"})
        with pytest.raises(errors.Unavailable, match=r"It isn't known whether Heap has nobody. Heap said 6 users"):
            at(sandbox, find)


def test_an_empty_tenant_has_nobody_of_any_name() -> None:
    async def find(client: ScimClient, _session: HttpSession) -> tuple[object, object]:
        return await client.find(USERS, "nobody"), client.filters

    with running_sandbox(filter="ignored") as sandbox:
        assert at(sandbox, find) == ((), None)


@pytest.mark.parametrize(
    ("filter", "by_server"),
    [("yes", True), ("not_found", True), ("no", False), ("ignored", False), ("empty", False), ("fails", False)],
)
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('userName sw "a"', ["ada", "alan"]),
        ('userName pr or displayName eq "x"', ["ada", "alan", "grace"]),
        ('userName eq "nobody" or userName eq "noone"', []),
    ],
    ids=["some match", "all match", "none match"],
)
def test_a_search_says_who_filtered(filter: str, text: str, names: list[str], *, by_server: bool) -> None:
    async def search(client: ScimClient, _session: HttpSession) -> tuple[list[str], bool]:
        found, said = await client.search(USERS, text)
        return sorted(user.user_name for user in found), said

    with running_sandbox(filter=filter) as sandbox:
        for name in ("ada", "alan", "grace"):
            sandbox.store.add_user({"userName": name})
        assert at(sandbox, search) == (names, by_server)


def test_a_search_does_not_ask_a_server_known_not_to_filter() -> None:
    async def search(client: ScimClient, session: HttpSession) -> tuple[bool, int]:
        client.filters = False
        _, said = await client.search(USERS, 'userName sw "a"')
        return said, session.sent.total()

    with running_sandbox() as sandbox:
        assert at(sandbox, search) == (False, 1)


def test_a_search_of_an_empty_tenant_is_the_servers() -> None:
    async def search(client: ScimClient, _session: HttpSession) -> object:
        return await client.search(USERS, 'userName sw "a"')

    with running_sandbox() as sandbox:
        assert at(sandbox, search) == ((), True)


def test_a_filter_that_makes_no_sense_is_never_sent() -> None:
    with pytest.raises(errors.UsageError, match="column"):
        asking(answering(500), lambda client: client.search(USERS, "userName is"))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_never_mistaken_for_a_missing_filter(status: int) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if "filter" in request.url.params:
            return httpx.Response(status)
        return httpx.Response(200, json={"totalResults": 2, "Resources": [ADA, {"id": "2", "userName": "b"}]})

    kind = errors.Unauthenticated if status == 401 else errors.Forbidden
    with pytest.raises(kind):
        asking(handler, lambda client: client.find(USERS, "a"))
    with pytest.raises(kind):
        asking(handler, lambda client: client.search(USERS, 'userName eq "a"'))


def test_a_create_that_shows_another_name_is_judged_by_its_id() -> None:
    other, create = {"id": "1", "userName": "grace@x.org"}, {"userName": "ADA@x.org"}
    made = asking(answering(200, post=other, get=ADA), lambda client: client.create(USERS, create))
    assert made is not None
    assert made.user_name == "ada@x.org"
    assert asking(answering(500, post=ADA), lambda client: client.create(USERS, create)) == made  # nobody is asked
    assert asking(answering(404, post=other), lambda client: client.create(USERS, create)) is None


@pytest.mark.parametrize(
    ("place", "is_found"),
    [
        ("https://heap.example/scim/v2/1/Users/1", True),
        ("/scim/Users/1/", True),
        ("https://heap.example/scim/v2/1/Groups/1", False),
        ("/scim/Users/..", False),
        ("/scim/Users/", False),
        ("nowhere", False),
    ],
)
def test_a_create_answered_with_a_place_alone_is_looked_up_there(place: str, is_found: bool) -> None:  # noqa: FBT001
    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201, headers={"location": place})
        return httpx.Response(200, json=ADA)

    made = asking(handler, lambda client: client.create(USERS, {"userName": "ada@x.org"}))
    assert (made is not None) == is_found


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"id": "1"}', b'"made"', b"[]"])
@pytest.mark.parametrize("status", [200, 201])
def test_a_create_answered_with_no_resource_has_to_be_looked_at(status: int, body: bytes) -> None:
    assert asking(answering(status, body), lambda client: client.create(USERS, {"userName": "a"})) is None


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"id": "2", "userName": "another"}'])
def test_a_write_that_shows_something_else_has_to_be_looked_at(body: bytes) -> None:
    assert asking(answering(200, body), lambda client: client.patch(USERS, "1", [])) is None
    assert asking(answering(200, body), lambda client: client.replace(USERS, "1", {})) is None


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"id": "2", "userName": "another"}', b"[]"])
def test_a_read_that_shows_something_else_is_an_error(body: bytes) -> None:
    with pytest.raises(errors.WrongProtocol):
        asking(answering(200, body), lambda client: client.get(USERS, "1"))


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_none_and_its_removal_a_success(status: int) -> None:
    assert asking(answering(status), lambda client: client.get(USERS, "1")) is None
    assert asking(answering(status), lambda client: client.delete(USERS, "1")) is None


@pytest.mark.parametrize("id", ["a/b", "a b", "é", "...", "../x", "?x=1", "#", "%2F", "1"])
def test_any_id_finds_its_resource(id: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.query == b""
        path = request.url.raw_path.decode().removeprefix("/scim/Users/")
        return httpx.Response(200, json={"id": unquote(path), "userName": "a"})

    found = asking(handler, lambda client: client.get(USERS, id))
    assert found is not None
    assert found.id == id


def test_schemas_name_each_extension_that_is_sent() -> None:
    sent: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content)["schemas"])
        return httpx.Response(204)

    document = {"userName": "a", "urn:heap:2.0:User": {"role": "Admin"}, "schemas": ["URN:heap:2.0:user", "urn:other"]}
    asking(handler, lambda client: client.create(USERS, {"userName": "a"}))
    asking(handler, lambda client: client.replace(USERS, "1", document))
    core = "urn:ietf:params:scim:schemas:core:2.0:User"
    assert sent == [[core], [core, "URN:heap:2.0:user", "urn:other"]]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501])
def test_a_configuration_that_is_not_to_be_had_is_none(status: int) -> None:
    assert asking(answering(status), lambda client: client.service_provider_config()) is None


def test_a_configuration_that_is_none_is_none() -> None:
    assert asking(answering(200, get=[1]), lambda client: client.service_provider_config()) is None
    assert asking(answering(200, get={"patch": {}}), lambda client: client.service_provider_config()) == {"patch": {}}
    with pytest.raises(errors.Unauthenticated):
        asking(answering(401), lambda client: client.service_provider_config())


def test_a_first_row_that_makes_no_sense_hides_nothing_about_filters() -> None:
    rows = [{"userName": "no id"}, ADA]

    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"totalResults": 2, "Resources": rows})

    async def find(client: ScimClient) -> tuple[int, bool | None]:
        return len(await client.find(USERS, "ada@x.org")), client.filters

    assert asking(handler, find) == (1, False)


@pytest.mark.parametrize("status", [412, 428])
@pytest.mark.parametrize(
    ("meta", "named"),
    [
        ({"version": 'W/"3"'}, 'W/"3"'),
        ({"version": "a\r\nb: c"}, "*"),
        ({"version": 3}, "*"),
        ({}, "*"),
        (None, "*"),
    ],
)
def test_a_server_that_insists_on_versions_is_told_the_one_there_is(status: int, meta: object, named: str) -> None:
    ada = {"id": "1", "userName": "ada@x.org", "meta": meta}
    arrived: list[tuple[str, str | None]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        arrived.append((request.method, request.headers.get("if-match")))
        if request.method == "GET":
            return httpx.Response(200, json=ada)
        return httpx.Response(204 if "if-match" in request.headers else status)

    async def change(client: ScimClient) -> None:
        await client.patch(USERS, "1", [])
        await client.replace(USERS, "1", {})
        await client.delete(USERS, "1")

    asking(handler, change)
    look = ("GET", None)
    assert arrived == [("PATCH", None), look, ("PATCH", named), look, ("PUT", named), look, ("DELETE", named)]


def test_a_change_that_no_version_makes_welcome_is_refused() -> None:
    arrived: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        arrived.append(request.method)
        return httpx.Response(200, json=ADA) if request.method == "GET" else httpx.Response(412)

    with pytest.raises(errors.Rejected, match=r"Heap refused PATCH /Users/1 \(412\)"):
        asking(handler, lambda client: client.patch(USERS, "1", []))
    assert arrived == ["PATCH", "GET", "PATCH"]
