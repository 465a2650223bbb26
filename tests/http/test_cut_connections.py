"""A connection that breaks at any byte: what may have been carried out is never called unsent, and never sent twice."""

import asyncio
from collections.abc import Callable

import pytest

from heapscim import errors
from heapscim.heap.connection import open_session
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.session import HttpSession
from heapscim.model.secret import SecretStr
from tests.asking import TOKEN
from tests.fakes.clocks import FakeClock
from tests.fakes.patience import PATIENCE
from tests.fakes.sockets import answer
from tests.fakes.wires import Talk, Wire, answering, cut, wire

ANSWER = answer(b'{"id": "1"}', "201 Created", 'ETag: W/"1"')
DOCUMENT = {"userName": "ada@example.org"}


def cutting(*, reset: bool, kept: bool, after: int | None = None, before: int | None = None) -> Callable[[Wire], Talk]:
    """Cuts the first connection, after so many bytes of a request or before the rest of an answer; then all is well."""

    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if served.connections == 1:
                if kept:
                    await served.request(reader)
                    writer.write(ANSWER)
                if after is not None:
                    served.requests.append(await reader.readexactly(after))
                else:
                    await served.request(reader)
                    writer.write(ANSWER[:before])
                cut(writer, reset=reset)
                return
            while await served.request(reader):
                writer.write(ANSWER)

        return each

    return talk


async def one_more(method: str, *, kept: bool, talk: Callable[[Wire], Talk]) -> tuple[object, Wire]:
    """Sends a request, on a connection that was used before or a new one; returns its result or error."""

    async def ask(session: HttpSession) -> object:
        try:
            return await session.send(method, "/Users", document=DOCUMENT if method == "POST" else None)
        except errors.RequestError as error:
            return error

    async with wire(talk) as served:
        limits = RequestLimits(retries=2, timeout=PATIENCE, max_in_flight=1)
        async with open_session(served.url, SecretStr(TOKEN), limits, timing=FakeClock().timing()) as session:
            if kept:
                assert await session.send("GET", "/Users") == {"id": "1"}
                served.requests.clear()
            return await ask(session), served


async def length_of(method: str) -> int:
    _, served = await one_more(method, kept=False, talk=answering(ANSWER))
    return len(served.requests[0])


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
def test_a_post_that_is_cut_at_any_byte_is_lost_and_never_sent_again(*, kept: bool, reset: bool) -> None:
    async def whole() -> None:
        for place in range(1 if kept else 0, await length_of("POST")):
            found, served = await one_more("POST", kept=kept, talk=cutting(reset=reset, kept=kept, after=place))
            assert isinstance(found, errors.ResponseLost), (place, found)
            assert (found.is_over, served.connections, len(served.requests)) == (True, 1, 1), place

    asyncio.run(whole())


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
def test_a_post_whose_answer_is_cut_at_any_byte_is_lost_and_never_sent_again(*, kept: bool, reset: bool) -> None:
    async def whole() -> None:
        for place in range(len(ANSWER)):
            found, served = await one_more("POST", kept=kept, talk=cutting(reset=reset, kept=kept, before=place))
            assert isinstance(found, errors.ResponseLost), (place, found)
            assert (found.is_over, served.connections, len(served.requests)) == (True, 1, 1), place
        found, served = await one_more("POST", kept=kept, talk=cutting(reset=reset, kept=kept, before=len(ANSWER)))
        assert (found, served.connections, len(served.requests)) == ({"id": "1"}, 1, 1)

    asyncio.run(whole())


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
def test_a_read_that_is_cut_at_any_byte_is_sent_again(*, kept: bool, reset: bool) -> None:
    async def whole() -> None:
        cuts = [
            cutting(reset=reset, kept=kept, after=place) for place in range(1 if kept else 0, await length_of("GET"))
        ]
        cuts += [cutting(reset=reset, kept=kept, before=place) for place in range(len(ANSWER))]
        for talk in cuts:
            found, served = await one_more("GET", kept=kept, talk=talk)
            assert (found, served.connections, len(served.requests)) == ({"id": "1"}, 2, 2)

    asyncio.run(whole())


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_connection_that_was_closed_before_the_request_loses_nothing(*, reset: bool) -> None:
    """The end may still be unread when the request comes: it is looked for before a byte is written."""
    found, served = asyncio.run(one_more("POST", kept=True, talk=cutting(reset=reset, kept=True, after=0)))
    assert (found, served.connections) == ({"id": "1"}, 2)
    assert [request[:4] for request in served.requests if request] == [b"POST"]
