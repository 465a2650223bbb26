"""Answers as sloppy and hostile servers send them, over real sockets: a right result or an error, within limits."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import pairwise, repeat

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.http import response_reader, transport
from heapscim.http.response_reader import ResponseReader
from heapscim.http.transport import ConnectionPool
from heapscim.http.unpacking import UnreadableBody, unpacked
from tests.fakes.sockets import answer
from tests.fakes.wires import Talk, Wire, a_request, answering, wire

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TWO = b"Content-Length: 2\r\n\r\n{}"
END = b"2\r\n{}\r\n0\r\n\r\n"

READ = {
    "plain": HEAD + TWO,
    "no reason": b"HTTP/1.1 200\r\n" + TWO,
    "an empty reason": b"HTTP/1.1 200 \r\n" + TWO,
    "a reason in latin-1": b"HTTP/1.1 200 \xf6k\r\n" + TWO,
    "blanks around a length": HEAD + b"Content-Length: \t 2 \t \r\n\r\n{}",
    "a blank before a colon": HEAD + b"Content-Length : 2\r\n\r\n{}",
    "lines that end with LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "a folded line": HEAD + b"X: a\r\n b\r\n" + TWO,
    "a control character": HEAD + b"X: a\x01b\r\n" + TWO,
    "a header in latin-1": HEAD + b"X: a\xf6b\r\n" + TWO,
    "an empty line first": b"\r\n" + HEAD + TWO,
    "until the end": HEAD + b"\r\n{}",
    "HTTP/1.0 until the end": b"HTTP/1.0 200 OK\r\n\r\n{}",
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + HEAD + TWO,
    "an interim answer with a length": b"HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n" + HEAD + TWO,
    "chunks": CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    "chunks with extensions": CHUNKED + b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "chunks with blanks": CHUNKED + b"2  \r\n{}\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 9\r\nX: 1\r\n\r\n",
    "a length beside chunks": HEAD + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    "chunks beside a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n" + END,
    "an upgrade that is offered": HEAD + b"Upgrade: h2,h2c\r\nConnection: Upgrade\r\n" + TWO,
    "gzip": answer(gzip.compress(b"{}", mtime=0), "200 OK", "Content-Encoding: gzip"),
    "deflate": answer(zlib.compress(b"{}"), "200 OK", "Content-Encoding: DEFLATE"),
    "deflate without a header": answer(zlib.compress(b"{}", wbits=-15), "200 OK", "Content-Encoding: deflate"),
    "gzip without its end": answer(gzip.compress(b"{}", mtime=0)[:-8], "200 OK", "Content-Encoding: gzip"),
}
EMPTY = {
    "204 with a length": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
    "304 with a length": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
    "gzip of nothing": answer(b"", "200 OK", "Content-Encoding: gzip"),
    "an end at once": HEAD + b"\r\n",
}
REFUSED = {
    "nothing": b"",
    "half a head": HEAD + b"Content-Le",
    "half a body": HEAD + b"Content-Length: 3\r\n\r\n{}",
    "half a chunk": CHUNKED + b"3\r\n{}",
    "no last chunk": CHUNKED + b"2\r\n{}\r\n",
    "only an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/0.9": b"<html>{}</html>",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/2 settings": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nabc",
    "a bare switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\n\r\nabc",
    "a status of two digits": b"HTTP/1.1 20 OK\r\n" + TWO,
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n" + TWO,
    "a status below 100": b"HTTP/1.1 099 OK\r\n" + TWO,
    "a negative length": HEAD + b"Content-Length: -2\r\n\r\n{}",
    "a length with a sign": HEAD + b"Content-Length: +2\r\n\r\n{}",
    "a length in words": HEAD + b"Content-Length: two\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a list of lengths": HEAD + b"Content-Length: 2, 3\r\n\r\n{}",
    "a length beyond 64 bits": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "a chunk beyond 63 bits": CHUNKED + b"8000000000000000\r\n{}",
    "a chunk beyond 64 bits": CHUNKED + b"80000000000000000\r\n{}",
    "a negative chunk": CHUNKED + b"-2\r\n{}",
    "a chunk that is longer than it says": CHUNKED + b"1\r\n{}\r\n0\r\n\r\n",
    "an unknown coding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + END,
    "the coding of nothing": HEAD + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
    "a NUL in a value": HEAD + b"X: a\0b\r\n" + TWO,
    "a NUL in a name": HEAD + b"X\0: ab\r\n" + TWO,
    "a blank in a name": HEAD + b"Content Length: 2\r\n\r\n{}",
    "a line without a colon": HEAD + b"garbage\r\n" + TWO,
    "a header without a name": HEAD + b": 2\r\n" + TWO,
}
_KB = bytes(1024).replace(b"\0", b"a")
ENDLESS = {
    "a line": (HEAD + b"X: ", _KB),
    "a name": (HEAD, _KB),
    "headers": (HEAD, b"X: 1\r\n" * 100),
    "a reason": (b"HTTP/1.1 200 ", _KB),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 10),
    "empty lines": (b"", b"\r\n" * 500),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: 1\r\n" * 100),
    "a chunk's extension": (CHUNKED + b"2;", _KB),
    "zeros of a chunk's size": (CHUNKED, b"0" * 1024),
}


async def asked(sent: bytes, method: str = "GET") -> httpx.Response:
    """Sends a request to a server that answers with these bytes and ends the connection."""

    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await served.request(reader)
            writer.write(sent)

        return each

    async with wire(talk) as served, ConnectionPool(1, proxy=None) as pool:
        try:
            return await pool.handle_async_request(a_request(served.url, method))
        finally:
            assert served.connections == 1


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_read(name: str) -> None:
    response = asyncio.run(asked(READ[name]))
    assert (response.status_code, response.content) == (200, b"{}")
    assert "content-encoding" not in response.headers


def test_trailers_and_interim_answers_bring_no_header() -> None:
    for name in ("trailers", "interim answers"):
        assert not {"x", "link"} & set(asyncio.run(asked(READ[name])).headers)
    assert asyncio.run(asked(READ["trailers"])).headers.get("content-length") != "9"


@pytest.mark.parametrize("name", EMPTY)
def test_an_answer_without_a_body_is_complete(name: str) -> None:
    assert asyncio.run(asked(EMPTY[name])).content == b""


def test_an_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    response = asyncio.run(asked(HEAD + b"Content-Length: 200\r\n\r\n", "HEAD"))
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "200")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_whole_answer_is_a_protocol_error(name: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=r"\w"):
        asyncio.run(asked(REFUSED[name], "POST"))


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_given_up(name: str) -> None:
    first, again = ENDLESS[name]

    def talk(served: Wire) -> Talk:
        async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await served.request(reader)
            for part in (first, *repeat(again, 2**20 // len(again))):
                writer.write(part)
                await writer.drain()
            await reader.read()

        return each

    async def whole() -> None:
        async with wire(talk) as served, ConnectionPool(1, proxy=None) as pool:
            with pytest.raises(httpx.RemoteProtocolError):
                await pool.handle_async_request(a_request(served.url))

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (answer(bytes(2**21)), "larger than 1 MB"),
        (CHUNKED + b"200000\r\n" + bytes(2**21), "larger than 1 MB"),
        (HEAD + b"\r\n" + bytes(2**21), "larger than 1 MB"),
        (answer(gzip.compress(bytes(2**21), mtime=0), "200 OK", "Content-Encoding: gzip"), "larger than 1 MB"),
        (answer(zlib.compress(bytes(2**21)), "200 OK", "Content-Encoding: deflate"), "larger than 1 MB"),
        (answer(b"{}", "200 OK", "Content-Encoding: gzip", "Content-Encoding: deflate"), "wasn't asked for"),
        (answer(b"{}", "200 OK", "Content-Encoding: zstd"), "wasn't asked for"),
    ],
)
def test_a_body_beyond_the_limits_is_unreadable(monkeypatch: pytest.MonkeyPatch, sent: bytes, words: str) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 2**20)
    with pytest.raises(UnreadableBody, match=words):
        asyncio.run(asked(sent))


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_body_that_cannot_be_unpacked_is_an_error(packing: str) -> None:
    with pytest.raises(httpx.DecodingError):
        asyncio.run(asked(answer(b"\x1f\x8b but not gzip", "200 OK", f"Content-Encoding: {packing}")))


def test_a_body_is_not_unpacked_beyond_the_limit() -> None:
    packed = gzip.compress(bytes(2**25), 1)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableBody):
            unpacked(packed, "gzip", 1000)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_an_answer_that_ends_is_not_read_on() -> None:
    """Each answer is followed by the beginning of another one; the connection that carried it is not used again."""

    async def whole() -> int:
        async with wire(answering(HEAD + TWO + HEAD)) as served, ConnectionPool(1, proxy=None) as pool:
            for _ in range(5):
                assert (await pool.handle_async_request(a_request(served.url))).content == b"{}"
            return served.connections

    assert asyncio.run(whole()) == 5


def pieces(wire: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]
    return (wire[start:end] for start, end in pairwise(places) if end > start)


@given(st.sampled_from(sorted({**READ, **EMPTY})), st.lists(st.integers(0, 10_000), max_size=12))
def test_how_an_answer_is_cut_into_pieces_makes_no_difference(name: str, cuts: list[int]) -> None:
    sent = {**READ, **EMPTY}[name]
    found = [_read(iter([sent])), _read(pieces(sent, cuts)), _read(sent[at : at + 1] for at in range(len(sent)))]
    assert found[0] == found[1] == found[2]


def _read(parts: Iterator[bytes]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    reader = ResponseReader("GET", 2**20)
    for part in parts:
        if not reader.is_complete:
            reader.feed(part)
    if not reader.is_complete:
        reader.end(None)
    return reader.status, reader.headers, reader.body()


@given(st.binary(max_size=300))
def test_noise_is_refused_or_read_but_never_anything_else(noise: bytes) -> None:
    for sent in (noise, HEAD + noise, CHUNKED + noise):
        try:
            _read(iter([sent]))
        except (httpx.RemoteProtocolError, httpx.DecodingError):
            continue


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate"]), st.integers(0, 4000))
def test_what_was_packed_is_unpacked_up_to_the_limit(body: bytes, packing: str, most: int) -> None:
    packed = gzip.compress(body, mtime=0) if packing == "gzip" else zlib.compress(body)
    if len(body) <= most:
        assert unpacked(packed, packing, most) == body
    else:
        with pytest.raises(UnreadableBody):
            unpacked(packed, packing, most)


def test_the_limit_for_heads_is_larger_than_any_of_a_sound_server() -> None:
    assert response_reader._MOST_HEAD >= 100 * 2**10
