"""What is tried again, what never, and how it ends; heard over the wire."""

import asyncio

import httpx
import pytest
from pytest_httpx import HTTPXMock

from heapscim import errors
from heapscim.heap.connection import open_session
from heapscim.http.rate_limit import RequestLimits
from heapscim.model.secret import SecretStr
from tests.asking import BASE, EMPTY_LIST, TOKEN, ask
from tests.fakes.clocks import FakeClock


@pytest.mark.parametrize("status", [429, 502, 503, 504, 500])
def test_a_read_is_tried_again_when_the_server_is_in_trouble(httpx_mock: HTTPXMock, status: int) -> None:
    httpx_mock.add_response(status_code=status)
    httpx_mock.add_response(json=EMPTY_LIST)
    assert ask() == EMPTY_LIST


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "fault",
    [httpx.ReadError("gone"), httpx.RemoteProtocolError("gone"), httpx.ReadTimeout("late"), httpx.WriteError("")],
)
def test_what_may_be_repeated_is_repeated_after_a_connection_fault(
    httpx_mock: HTTPXMock, method: str, fault: Exception
) -> None:
    httpx_mock.add_exception(fault)
    httpx_mock.add_response(status_code=204)
    assert ask(method) is None


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("refused"), httpx.ConnectTimeout("late"), httpx.ProxyError("407")]
)
def test_a_create_that_never_left_is_sent_again(httpx_mock: HTTPXMock, fault: Exception) -> None:
    httpx_mock.add_exception(fault)
    httpx_mock.add_response(status_code=201, json={"id": "1"})
    assert ask("POST", document={}) == {"id": "1"}


@pytest.mark.parametrize("headers", [{"retry-after": "3"}, {}])
def test_a_create_that_was_declined_is_sent_again(httpx_mock: HTTPXMock, headers: dict[str, str]) -> None:
    httpx_mock.add_response(status_code=429, headers=headers)
    httpx_mock.add_response(status_code=503, headers={"retry-after": "3"})
    httpx_mock.add_response(status_code=201, json={"id": "1"})
    assert ask("POST", document={}) == {"id": "1"}


def broken(cause: OSError | None) -> httpx.ReadError:
    """What httpx says of a connection that broke for this reason."""
    error = httpx.ReadError("gone")
    error.__cause__ = cause
    return error


ENDED = [500, 503, 505, 507, 508, 511, broken(None), broken(ConnectionResetError()), httpx.RemoteProtocolError("gone")]
ON_ITS_WAY = [
    408,
    502,
    504,
    520,
    524,
    527,
    599,
    httpx.ReadTimeout("late"),
    broken(TimeoutError()),
    broken(OSError(113)),
]
LOST = [*((fault, True) for fault in ENDED), *((fault, False) for fault in ON_ITS_WAY)]


@pytest.mark.parametrize(("fault", "is_over"), LOST)
def test_a_create_that_may_have_been_carried_out_is_never_sent_twice(
    httpx_mock: HTTPXMock, fault: Exception | int, *, is_over: bool
) -> None:
    """What the service itself has ended can't arrive any more; what a gateway or a time limit gave up may."""
    if isinstance(fault, int):
        httpx_mock.add_response(status_code=fault)
    else:
        httpx_mock.add_exception(fault)
    with pytest.raises(errors.ResponseLost) as caught:
        ask("POST", document={})
    assert caught.value.is_over is is_over


@pytest.mark.parametrize(
    "body", [b'{"id": "1', b'{"a": "G\xf6del"}', b"OK", b"[" * 100_000], ids=["cut", "latin", "text", "deep"]
)
def test_a_create_whose_answer_cannot_be_read_may_have_been_carried_out(httpx_mock: HTTPXMock, body: bytes) -> None:
    httpx_mock.add_response(status_code=201, content=body)
    words = r"The response to POST /Users isn't complete JSON \(201\)"
    with pytest.raises(errors.ResponseLost, match=words) as caught:
        ask("POST", document={})
    assert caught.value.is_over


def test_tries_come_to_an_end(httpx_mock: HTTPXMock) -> None:
    clock = FakeClock()
    for _ in range(3):
        httpx_mock.add_response(status_code=502, text="upstream is away")
    with pytest.raises(errors.Unavailable, match=r"can't answer GET /Users now \(502\). Heap says: upstream is away"):
        ask(timing=clock.timing())
    assert clock.slept == [0.5, 1.0]


def test_a_limit_that_never_ends_ends_the_request(httpx_mock: HTTPXMock) -> None:
    clock = FakeClock()
    httpx_mock.add_response(status_code=429, headers={"retry-after": "200"}, is_reusable=True)
    with pytest.raises(errors.Unavailable, match="429"):
        ask(timing=clock.timing(), limits=RequestLimits(retries=1, longest_pause=60.0))
    assert len(httpx_mock.get_requests()) == 2
    assert clock.slept == [60.0]


def test_a_pause_asked_of_one_request_is_kept_by_all(httpx_mock: HTTPXMock) -> None:
    clock = FakeClock()
    httpx_mock.add_response(status_code=429, headers={"retry-after": "9"})
    httpx_mock.add_response(json=EMPTY_LIST, is_reusable=True)

    async def whole() -> int:
        transport = httpx.AsyncHTTPTransport()
        limits = RequestLimits(max_in_flight=1)
        async with open_session(BASE, SecretStr(TOKEN), limits, timing=clock.timing(), transport=transport) as session:
            await asyncio.gather(*(session.send("GET", "/Users") for _ in range(20)))
            return session.sent.total()

    assert asyncio.run(whole()) == 21
    assert (clock.slept, clock.at) == ([9.0], 1009.0)


@pytest.mark.parametrize(
    ("date", "offset"), [("Tue, 14 Nov 2023 22:15:20 GMT", 120.0), ("yesterday", None), ("", None)]
)
def test_the_first_answer_tells_how_far_the_servers_clock_is_ahead(
    httpx_mock: HTTPXMock, date: str, offset: float | None
) -> None:
    httpx_mock.add_response(json=EMPTY_LIST, headers={"date": date})
    clock = FakeClock(at=1_700_000_000.0)

    async def whole() -> float | None:
        transport = httpx.AsyncHTTPTransport()
        async with open_session(BASE, SecretStr(TOKEN), timing=clock.timing(), transport=transport) as session:
            await session.send("GET", "/Users")
            return session.clock_offset

    assert asyncio.run(whole()) == offset
