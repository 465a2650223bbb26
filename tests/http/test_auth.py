"""How requests prove who sends them: keys in their own header, and tokens that a client id and secret buy."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from pytest_httpx import HTTPXMock

from heapscim import errors
from heapscim.cli.root import TIMING
from heapscim.heap.connection import HEAP
from heapscim.http.auth import ApiKey, Auth, ClientCredentials, Endpoint
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.session import HttpSession, session_with
from heapscim.model.secret import SecretStr

URL = "https://api.example/v2"
TOKENS = "https://oauth.example/token"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(auth: Auth, work: Callable[[HttpSession], Awaitable[object]]) -> None:
    async def whole() -> None:
        endpoint = Endpoint(URL, auth, HEAP)
        async with session_with(
            endpoint, RequestLimits(retries=0), timing=TIMING, transport=httpx.AsyncHTTPTransport()
        ) as session:
            await work(session)

    asyncio.run(whole())


def buying(clock: Clock) -> ClientCredentials:
    return ClientCredentials(TOKENS, SecretStr("id:secret"), scope="api", clock=clock)


async def one(session: HttpSession) -> None:
    await session.send("GET", "/users")


async def two(session: HttpSession) -> None:
    await one(session)
    await one(session)


def tokens_sent(httpx_mock: HTTPXMock) -> list[str]:
    return [str(request.headers["authorization"]) for request in httpx_mock.get_requests(url=f"{URL}/users")]


def test_a_key_goes_into_its_own_header_and_beside_others(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=f"{URL}/users", json=[], headers={"x-total-count": "0"})

    async def ask(session: HttpSession) -> None:
        reply = await session.ask("GET", "/users", headers={"x-org-id": "o1"})
        assert (reply.document, reply.headers["x-total-count"]) == ([], "0")

    asked(ApiKey("x-api-key", SecretStr("k1")), ask)
    request = httpx_mock.get_requests()[0]
    assert (request.headers["x-api-key"], request.headers["x-org-id"]) == ("k1", "o1")
    assert "authorization" not in request.headers


def test_a_token_is_bought_once_and_renewed_before_it_ends(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=TOKENS, json={"access_token": "t1", "expires_in": 3600})
    httpx_mock.add_response(url=TOKENS, json={"access_token": "t2", "expires_in": "3600"})
    httpx_mock.add_response(url=f"{URL}/users", json=[], is_reusable=True)
    clock = Clock()

    async def work(session: HttpSession) -> None:
        await two(session)
        clock.now = 3541
        await one(session)

    asked(buying(clock), work)
    assert tokens_sent(httpx_mock) == ["Bearer t1", "Bearer t1", "Bearer t2"]
    bought = httpx_mock.get_requests(url=TOKENS)[0]
    assert (bought.headers["authorization"], bought.content) == (
        "Basic aWQ6c2VjcmV0",
        b"grant_type=client_credentials&scope=api",
    )


def test_a_withdrawn_token_is_renewed_once(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=TOKENS, json={"access_token": "t1"})
    httpx_mock.add_response(url=TOKENS, json={"access_token": "t2"})
    httpx_mock.add_response(url=f"{URL}/users", status_code=401)
    httpx_mock.add_response(url=f"{URL}/users", json=[])
    asked(buying(Clock()), one)
    assert tokens_sent(httpx_mock) == ["Bearer t1", "Bearer t2"]


def test_a_second_refusal_is_the_answer(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=TOKENS, json={"access_token": "t1"}, is_reusable=True)
    httpx_mock.add_response(url=f"{URL}/users", status_code=401, is_reusable=True)
    with pytest.raises(errors.Unauthenticated):
        asked(buying(Clock()), one)
    assert len(tokens_sent(httpx_mock)) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status_code": 400, "json": {"error": "invalid_client id:secret"}}, errors.Unauthenticated),
        ({"status_code": 401}, errors.Unauthenticated),
        ({"status_code": 404}, errors.Unauthenticated),
        ({"status_code": 503}, errors.Unavailable),
        ({"json": {"token_type": "bearer"}}, errors.WrongProtocol),
        ({"json": ["no object"]}, errors.WrongProtocol),
    ],
)
def test_a_token_that_can_not_be_had_is_explained_without_the_secret(
    httpx_mock: HTTPXMock, answer: dict[str, object], error: type[errors.RequestError]
) -> None:
    httpx_mock.add_response(url=TOKENS, **answer)  # type: ignore[arg-type]
    with pytest.raises(error) as raised:
        asked(buying(Clock()), one)
    assert "secret" not in raised.value.message


@pytest.mark.parametrize("answer", [None, {"status_code": 504}, {"text": "half a docu"}])
def test_a_lost_token_answer_never_makes_a_write_doubtful(
    httpx_mock: HTTPXMock, answer: dict[str, object] | None
) -> None:
    if answer is None:
        httpx_mock.add_exception(httpx.ReadError("gone"), url=TOKENS)
    else:
        httpx_mock.add_response(url=TOKENS, **answer)  # type: ignore[arg-type]

    async def write(session: HttpSession) -> None:
        await session.send("POST", "/users", document={})

    with pytest.raises(errors.Unavailable) as raised:
        asked(buying(Clock()), write)
    assert not isinstance(raised.value, errors.ResponseLost)
