"""Whatever becomes of a request, a directory tells it as its own error, and never in the words of the target."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from heapscim import errors
from heapscim.directory.connection import RestSession
from heapscim.directory.jumpcloud.constants import CLIENT
from heapscim.directory.jumpcloud.directory import JumpCloud
from heapscim.directory.jumpcloud.settings import HOSTS, TOKEN_URLS
from heapscim.http.auth import Endpoint
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.responses import JsonResponse
from heapscim.http.session import HttpSession, session_with
from heapscim.model.directory import Added, DirectorySnapshot, NewPerson
from heapscim.model.secret import SecretStr
from heapscim.sandbox.jumpcloud.store import JumpCloudStore
from tests.fakes.clocks import FakeClock
from tests.fakes.jumpcloud import RunningJumpCloud, World, running_jumpcloud

TARGET = re.compile(r"heap(?!scim)", re.IGNORECASE)


def kinds(of: type[errors.RequestError]) -> Iterator[type[errors.RequestError]]:
    """A class and those below it in the tree of the package's errors."""
    yield of
    for below in of.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from kinds(below)


def an_error(kind: type[errors.RequestError]) -> errors.RequestError:
    if kind is errors.MembersRefused:
        return errors.MembersRefused(errors.Rejected("no"), ())
    if kind is errors.PeopleUnknown:
        return errors.PeopleUnknown("no", problems=())
    return kind("no", hint="never")


@dataclass
class Failing:
    """A session whose requests fail from one on."""

    inner: RestSession
    error: errors.RequestError
    left: int
    """Requests before that one."""

    @property
    def base_url(self) -> str:
        return self.inner.base_url

    @property
    def max_in_flight(self) -> int:
        return self.inner.max_in_flight

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        document: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonResponse:
        self.left -= 1
        if self.left < 0:
            raise self.error
        return await self.inner.ask(method, path, query=query, document=document, headers=headers or {})


@dataclass
class FailingWorld(World):
    """Connections of which each fails from one request on."""

    error: errors.RequestError = errors.RequestError("no")
    good: int = 0
    failed: bool = False

    def connect(
        self, endpoint: Endpoint, *, max_in_flight: int | None = None, retries: int | None = None
    ) -> AbstractAsyncContextManager[Any]:
        @asynccontextmanager
        async def failing() -> AsyncIterator[RestSession]:
            async with super(FailingWorld, self).connect(endpoint, max_in_flight=1, retries=retries) as inner:
                session = Failing(inner, self.error, self.good)
                yield session
                self.failed |= session.left < 0

        del max_in_flight
        return failing()


async def _read(directory: JumpCloud) -> DirectorySnapshot:
    return await directory.read(lambda _read, _of: None)


async def _read_as_if(directory: JumpCloud) -> object:
    return await directory.read_as_if("Crew", bound=True, progress=lambda _read, _of: None)


async def _bind(directory: JumpCloud) -> None:
    await directory.set_bound("Others", bound=True)


async def _add(directory: JumpCloud) -> list[Added]:
    outcomes: list[Added] = []
    people = [NewPerson({"username": "zoe@x.org"}, active=True)]
    await directory.add_people(people, group="Crew", report=outcomes.append)
    return outcomes


METHODS: Mapping[str, Callable[[JumpCloud], Awaitable[object]]] = {
    "verify": JumpCloud.verify,
    "read": _read,
    "read_as_if": _read_as_if,
    "set_bound": _bind,
    "add_people": _add,
}


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    store = JumpCloudStore()
    store.add_user({"username": "ada", "email": "ada@x.org"})
    store.add_group("Crew", "ada@x.org")
    store.add_group("Others")
    store.add_application("Charts", "Crew")
    with running_jumpcloud(store) as running:
        yield running


@pytest.mark.parametrize("kind", tuple(kinds(errors.RequestError)))
@pytest.mark.parametrize("method", METHODS)
def test_no_method_lets_an_error_of_a_request_out(
    jumpcloud: RunningJumpCloud, method: str, kind: type[errors.RequestError]
) -> None:
    """Each request of the method fails once, and all that come after it."""
    moved = dict.fromkeys(HOSTS.values(), jumpcloud.base_url)
    told: list[errors.DirectoryError] = []
    good, failed = 0, True
    while failed:
        world = FailingWorld(moved=moved, error=an_error(kind), good=good)
        try:
            asyncio.run(_done(METHODS[method], world.directory("Charts")))
            failed = world.failed  # a method may do without a request, or tell its failure in what it returns
        except errors.DirectoryError as error:
            told.append(error)
        good += 1
    assert good > 1
    assert told
    assert not any(TARGET.search(f"{error.message} {error.hint}") for error in told)


@pytest.mark.parametrize("kind", tuple(kinds(errors.RequestError)))
def test_a_question_that_fails_makes_nobody_certain(
    jumpcloud: RunningJumpCloud, kind: type[errors.RequestError]
) -> None:
    """Each request about people and groups who are gone fails once, and all that come after it."""
    moved = dict.fromkeys(HOSTS.values(), jumpcloud.base_url)
    people, groups = ("5f00000000000000000000aa",), ("5f00000000000000000000bb",)
    found = whole = asyncio.run(_read(World(moved=moved).directory("Charts")))
    good, failed = 0, True
    while failed:
        world = FailingWorld(moved=moved, error=an_error(kind), good=good)
        try:
            found = asyncio.run(world.directory("Charts").look_up(whole, people=people, groups=groups))
            failed = world.failed
        except errors.DirectoryUnauthenticated:
            continue
        finally:
            good += 1
        assert not failed or not (found.certain_people.issuperset(people) and found.certain_groups.issuperset(groups))
        assert (found.people, found.groups) == (whole.people, whole.groups)
    assert good > 1
    assert found.certain_people.issuperset(people)
    assert found.certain_groups.issuperset(groups)


async def _done(method: Callable[[JumpCloud], Awaitable[object]], directory: JumpCloud) -> object:
    return await method(directory)


BAD_TOKEN_SERVICES: Mapping[str, Mapping[str, Any] | Exception] = {
    **{str(status): {"status_code": status, "text": "no"} for status in (400, 401, 403, 404, 405, 409, 410, 422)},
    **{str(status): {"status_code": status, "text": "no"} for status in (408, 429, 500, 501, 502, 503, 504)},
    "a redirect": {"status_code": 302, "headers": {"location": "https://elsewhere.example/"}},
    "a web page": {"html": "<html>"},
    "half a document": {"text": '{"access_token": "t'},
    "no token": {"json": {"token_type": "bearer"}},
    "a list": {"json": []},
    "nothing": {"text": ""},
    "no connection": httpx.ConnectError("refused"),
    "a cut connection": httpx.ReadError("gone"),
    "no answer in time": httpx.ReadTimeout("late"),
    "no HTTP": httpx.RemoteProtocolError("noise"),
}


@pytest.mark.httpx_mock(assert_all_responses_were_requested=False)
@pytest.mark.parametrize("trouble", BAD_TOKEN_SERVICES)
def test_a_token_service_that_gives_no_token_is_an_error_of_the_directory(httpx_mock: HTTPXMock, trouble: str) -> None:
    for url in TOKEN_URLS.values():
        match BAD_TOKEN_SERVICES[trouble]:
            case Exception() as error:
                httpx_mock.add_exception(error, url=url, is_reusable=True)
            case answer:
                httpx_mock.add_response(url=url, is_reusable=True, **answer)
    world = _Patient(secrets={CLIENT: SecretStr("client-id:client-secret")}, transport=httpx.AsyncHTTPTransport)
    with pytest.raises(errors.DirectoryError) as raised:
        asyncio.run(world.directory("Charts").verify())
    assert not isinstance(raised.value, errors.DirectoryResponseLost)
    assert not TARGET.search(f"{raised.value.message} {raised.value.hint}")
    assert "client-secret" not in f"{raised.value.message} {raised.value.hint}"
    asked = {str(request.url) for request in httpx_mock.get_requests()}
    refused = type(raised.value) is errors.DirectoryUnauthenticated
    assert asked == (set(TOKEN_URLS.values()) if refused else {TOKEN_URLS["us"]})


class _Patient(World):
    """Connections for which time passes as fast as they like."""

    def connect(
        self, endpoint: Endpoint, *, max_in_flight: int | None = None, retries: int | None = None
    ) -> AbstractAsyncContextManager[HttpSession]:
        limits = RequestLimits(max_in_flight or 8, retries=2 if retries is None else retries)
        return session_with(endpoint, limits, timing=FakeClock().timing(), transport=self.transport())
