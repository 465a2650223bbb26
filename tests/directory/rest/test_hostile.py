"""A service that means harm, or whose paging is broken, ends in a right result or a clear error, in few requests."""

import asyncio
import itertools
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from heapscim import errors
from heapscim.cli.root import TIMING
from heapscim.directory.rest import client, reading
from heapscim.directory.rest.client import RestClient
from heapscim.directory.rest.paging import BodyLink, LinkHeader, Offset, PageToken, Paging, Source
from heapscim.directory.rest.reading import RestListing
from heapscim.http.auth import BearerToken, Endpoint
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.responses import JsonResponse
from heapscim.http.session import session_with
from heapscim.model.completeness import MOST_IDLE_PAGES, PAGES_WAITING
from heapscim.model.secret import SecretStr
from tests.directory.rest.test_lists import SERVICE, TOKEN, at_once, explain
from tests.fakes.sockets import RawServer, answer, raw_server

ALL: dict[str, Paging] = {
    "offset": Offset(size=3),
    "link header": LinkHeader(),
    "link in the body": BodyLink(("next",)),
    "token": PageToken(("next",), "page"),
}
each_way = pytest.mark.parametrize("way", ALL)
AT_A_TIME = 8 + PAGES_WAITING
SOURCE = Source("/people", "people", ("id",))
Serve = Callable[[int, int], dict[str, Any]]
"""Makes the answer to a request from its number and the records or pages before it: rows, and what else is there."""


def read(way: str, serve: Serve) -> tuple[RestListing, RawServer]:
    """Reads a list from a server of its own, whose page leads to the next one in the way that is asked for."""

    numbers = itertools.count()

    def behave(stream: socket.socket, request: bytes) -> bool:
        query = parse_qs(urlsplit(request.split(b" ", 2)[1].decode()).query)
        place = query.get("skip", query.get("page", ["0"]))[0]
        before = int(place) if place.isdecimal() and len(place) < 10 else 0
        found = {"total": None, "headers": [], "last": False, **serve(next(numbers), before)}
        link = f"{server.url}/people?page={before + 1}"
        following = {"link in the body": link, "token": str(before + 1)}.get(way)
        document = {"rows": found["rows"], "total": found["total"], "next": None if found["last"] else following}
        onward = [f'Link: <{link}>; rel="next"'] if way == "link header" and not found["last"] else []
        body = json.dumps(document).encode()
        stream.sendall(answer(body, "200 OK", *found["headers"], *onward, type="application/json"))
        return True

    async def reading_it() -> RestListing:
        endpoint = Endpoint(server.url, BearerToken(SecretStr(TOKEN)), SERVICE)
        async with session_with(
            endpoint, RequestLimits(max_in_flight=8, retries=0), timing=replace(TIMING, sleep=at_once)
        ) as session:
            return await RestClient(session, explain, "Acme", ALL[way], rows_of).read_list(SOURCE)

    with raw_server(behave) as server:
        return asyncio.run(reading_it()), server


def rows_of(response: JsonResponse) -> tuple[list[Any], int | None] | None:
    document = response.document
    return (document["rows"], document["total"]) if isinstance(document, dict) else None


def rows(*numbers: int, ballast: int = 0) -> list[dict[str, str]]:
    return [{"id": f"u{number}", "ballast": "x" * ballast} for number in numbers]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """A small limit of rows: the real one takes minutes."""
    for module in (client, reading):
        monkeypatch.setattr(module, "MOST_ROWS", 40)
    return 40


@each_way
@pytest.mark.parametrize("total", [None, 10**9, 41], ids=["no total", "a huge total", "one too many"])
def test_a_list_with_ever_new_people_is_left_at_the_most_that_is_read(few: int, way: str, total: int | None) -> None:
    listing, server = read(way, lambda number, _: {"rows": rows(number), "total": total})
    assert (len(listing.records) >= few, listing.completeness.proven) == (True, False)
    assert "a list of 40 people or more isn't read to its end." in listing.completeness.evidence
    assert len(server.requests) <= few + AT_A_TIME


def test_somebody_after_the_last_is_not_counted_for_one_who_is_missing() -> None:
    places = (1, 2, 3, 3, 4, 5)  # person 3 came twice, so of the five that the total counts only four came
    listing, server = read(
        "offset", lambda _, skip: {"rows": rows(*places[skip : min(skip + 3, max(skip + 1, 5))]), "total": 5}
    )
    assert (len(listing.records), listing.completeness.proven) == (5, False)
    assert listing.completeness.evidence == "Acme said 5 people, 5 read; 1 more came after the last."
    assert len(server.requests) == 2 * 3


@each_way
def test_a_total_that_grows_with_each_page_is_followed_twice_at_most(few: int, way: str) -> None:
    listing, server = read(way, lambda number, _: {"rows": rows(number), "total": number + 10})
    assert not listing.completeness.proven
    assert len(server.requests) <= 2 * (few + AT_A_TIME)


@pytest.mark.usefixtures("few")
def test_a_page_with_more_than_was_asked_for_is_taken_once() -> None:
    listing, server = read("offset", lambda number, _: {"rows": rows(*range(number * 1_000, number * 1_000 + 1_000))})
    assert (len(listing.records), len(server.requests)) == (1_000, 1)
    assert "a list of 40 people or more isn't read to its end." in listing.completeness.evidence


@pytest.mark.parametrize("total", [5_000, 10**40, int("9" * 4_300)], ids=["too high", "far too high", "4,300 digits"])
def test_a_total_that_is_far_too_high_is_given_up_after_some_pages_that_bring_nothing(total: int) -> None:
    listing, server = read("offset", lambda _, before: {"rows": rows(1, 2, 3) if before == 0 else [], "total": total})
    assert (len(listing.records), listing.completeness.proven) == (3, False)
    assert listing.completeness.evidence.endswith(f", 3 read; {MOST_IDLE_PAGES} pages in a row brought nothing new.")
    assert len(listing.completeness.evidence) < 200
    assert len(server.requests) <= MOST_IDLE_PAGES + AT_A_TIME


MB = 2**20


@each_way
def test_pages_of_ten_megabytes_are_read(way: str) -> None:
    pages = [rows(1, 2, 3, ballast=3 * MB), rows(4, ballast=10 * MB), []]
    listing, server = read(way, lambda number, _: {"rows": pages[number], "total": 4, "last": number == 2})
    assert (len(listing.records), listing.completeness.proven, len(server.requests)) == (4, True, 3)


@each_way
def test_a_page_beyond_measure_leaves_the_list_unproven_and_is_named(way: str) -> None:
    pages = [rows(1, 2, 3), rows(4, ballast=65 * MB), []]
    listing, _ = read(way, lambda number, _: {"rows": pages[min(number, 2)], "total": 4, "last": number == 2})
    assert (len(listing.records), listing.completeness.proven) == (3, False)
    assert "; a page failed: " in listing.completeness.evidence
    assert "is larger than 64 MB" in listing.completeness.evidence
    with pytest.raises(errors.DirectoryError, match="is larger than 64 MB"):
        read(way, lambda _, __: {"rows": rows(1, ballast=65 * MB)})


@each_way
@pytest.mark.parametrize("total", [None, 10**9], ids=["no total", "a huge total"])
def test_large_pages_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch, way: str, total: int | None) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 20 * MB)
    listing, server = read(way, lambda number, _: {"rows": rows(number, ballast=2 * MB), "total": total})
    assert (listing.completeness.proven, len(server.requests) <= 20 + AT_A_TIME) == (False, True)
    assert listing.completeness.evidence.endswith("a list of 20 MB or more isn't read to its end.")


@pytest.mark.parametrize("link", ["?limit=3", "?skip=x", "?skip=" + "9" * 5_000])
def test_an_offset_that_a_link_does_not_say_is_no_end_of_the_list(link: str) -> None:
    headers: list[list[str]] = [[f"Link: <{link}>; rel=next"], []]
    listing, server = read("offset", lambda number, _: {"rows": rows(number), "headers": headers[min(number, 1)]})
    assert (len(listing.records), listing.completeness.proven, len(server.requests)) == (2, False, 2)
    assert listing.completeness.evidence == (
        "2 people read; a page failed: where its next page begins can't be told from its links."
    )


def test_an_offset_that_leads_in_a_circle_ends_the_read() -> None:
    circle = ["Link: <?skip=0&limit=3>; rel=next"]
    listing, server = read("offset", lambda number, _: {"rows": rows(number), "headers": circle})
    assert (listing.completeness.proven, len(server.requests)) == (False, 2)
    assert listing.completeness.evidence == "2 people read; a page failed: its next page is one that was read before."


def test_an_offset_behind_a_link_to_another_origin_is_asked_of_the_service_itself() -> None:
    with raw_server(lambda _, __: False) as thief:
        away = [f"Link: <{thief.url}/people?skip=3&limit=3>; rel=next"]
        pages = {0: rows(1, 2, 3), 3: rows(4), 4: []}
        listing, _ = read("offset", lambda _, before: {"rows": pages[before], "headers": [] if before else away})
    assert thief.requests == []
    assert listing.completeness.proven
