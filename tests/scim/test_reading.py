"""A list read comes to an end with every server, and says what kept it from being a proof."""

import asyncio
import json
from typing import Any, cast

import httpx
import pytest

from heapscim import errors
from heapscim.model.completeness import MOST_IDLE_PAGES, PAGES_WAITING
from heapscim.scim import reading, received
from heapscim.scim.client import GROUPS
from tests.fakes.listers import Handler, Lister, asking, read_from, some_users

WAYS = 5
"""In which a list is read until one proves it."""
IN_VAIN = MOST_IDLE_PAGES + 8 + PAGES_WAITING
"""Pages that bring nothing until a read is given up, with those that are under way then."""
AROUND = 10
"""Looks at the beginning and beyond the end."""


def test_a_server_that_ignores_count_is_read_at_once() -> None:
    lister = Lister(some_users(250))
    lister.page = lambda start, _rows: lister.rows if start <= 250 else []
    listing = read_from(lister)
    assert (listing.completeness.proven, len(listing.items), lister.requests) == (True, 250, [(1, 100), (251, 100)])


def test_a_server_that_ignores_where_to_start_is_left_unproven_soon() -> None:
    lister = Lister(some_users(100_000), 100)
    lister.page = lambda _start, _rows: lister.rows[:100]
    listing = read_from(lister)
    assert len(lister.requests) <= WAYS * (IN_VAIN + AROUND)
    assert not listing.completeness.proven
    assert "came twice" in listing.completeness.evidence


@pytest.mark.parametrize("total", [10**12, "999999999999"])
def test_a_total_beyond_all_measure_is_not_believed(total: object) -> None:
    lister = Lister(some_users(250), 100, total=lambda _honest: total)
    listing = read_from(lister)
    assert (len(listing.items), listing.completeness.proven) == (250, False)
    assert len(lister.requests) <= WAYS * (IN_VAIN + AROUND)


def test_a_server_that_never_runs_out_of_rows_is_left_at_the_most_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reading, received):
        monkeypatch.setattr(module, "MOST_ROWS", 500)

    def endless(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(404)
        start = int(request.url.params["startIndex"])
        rows = [{"id": str(number), "userName": f"u{number}"} for number in range(start, start + 50)]
        return httpx.Response(200, content=json.dumps({"Resources": rows, "totalResults": totals.pop(0)}))

    every_way: tuple[list[int | None], ...] = ([10**9] * 9999, [None] * 9999, list(range(100, 10**6, 100)))
    for totals in every_way:  # noqa: B007 - the server takes from them
        listing = read_from(endless)
        assert 500 <= len(listing.items) < 9000
        assert not listing.completeness.proven


def test_rows_that_make_no_sense_are_left_out_and_told_of() -> None:
    rows: list[Any] = [*some_users(2), {"userName": "no id"}, None, "text", {"id": "", "userName": "empty id"}]
    listing = read_from(Lister(rows))
    assert [user.id for user in listing.items] == ["1", "2"]
    assert listing.completeness.evidence == (
        "Heap said 6 users, 2 unique read; 4 rows can't be understood: "
        "Heap sent a user that can't be understood: id: field required."
    )


def test_a_list_of_nothing_but_nonsense_is_refused() -> None:
    with pytest.raises(errors.WrongProtocol, match="can't be understood"):
        read_from(Lister([{"name": "no user"}]))


def test_more_than_was_announced_is_told_of() -> None:
    lister = Lister(some_users(10), 5, total=lambda _honest: 5)
    assert read_from(lister).completeness.evidence == ("Heap said 5 users, 10 unique read; 5 more came after the last.")


def test_a_refused_token_ends_the_read_at_once() -> None:
    lister = Lister(some_users(100_000), 10, refuse=lambda start, _end: 401 if start > 500 else None)
    with pytest.raises(errors.Unauthenticated):
        read_from(lister)
    assert len(lister.requests) < 200


def test_a_server_that_fails_on_and_on_is_not_asked_for_every_page() -> None:
    lister = Lister(some_users(100_000), 10, refuse=lambda start, _end: 500 if start > 500 else None)
    listing = read_from(lister)
    assert "a page failed" in listing.completeness.evidence
    assert len(lister.requests) <= WAYS * (500 // 10 + 2 * IN_VAIN + AROUND)


def test_the_end_that_cannot_be_seen_again_leaves_the_list_unproven() -> None:
    lister = Lister(some_users(10))
    lister.refuse = lambda _start, _end: 500 if len(lister.requests) > 1 else None
    listing = read_from(lister)
    assert (len(listing.items), listing.completeness.proven) == (10, False)


@pytest.mark.parametrize(("most", "asked"), [(60, [100, 50]), (50, [100, 50]), (10, [100, 50, 20, 10])])
def test_a_server_that_refuses_large_pages_is_asked_for_smaller_ones(most: int, asked: list[int]) -> None:
    lister = Lister(some_users(120), refuse=lambda start, end: 400 if end - start > most else None)
    listing = read_from(lister)
    assert (len(listing.items), listing.completeness.proven) == (120, True)
    assert [count for start, count in lister.requests if start == 1] == asked
    assert {count for start, count in lister.requests if start > 1} == {asked[-1]}


def test_a_server_that_refuses_every_page_has_refused_the_first() -> None:
    lister = Lister(some_users(1), refuse=lambda _start, _end: 400)
    with pytest.raises(errors.Rejected, match=r"Heap refused GET /Users \(400\)"):
        read_from(lister, page_size=20)
    assert lister.requests == [(1, 20), (1, 10)]


@pytest.mark.parametrize(("members", "at_a_time"), [(1, 8), (9, 4)])
def test_fewer_heavy_pages_are_waited_for_at_a_time(
    monkeypatch: pytest.MonkeyPatch, members: int, at_a_time: int
) -> None:
    monkeypatch.setattr(reading, "_MOST_VALUES_AT_A_TIME", 20)
    rows = [{"id": f"g{at}", "displayName": f"G{at}", "members": [{"value": "u"}] * members} for at in range(40)]
    under_way: list[int] = [0]

    async def respond(request: httpx.Request) -> httpx.Response:
        under_way.append(under_way[-1] + 1)
        for _ in range(20):
            await asyncio.sleep(0)
        under_way.append(under_way[-1] - 1)
        start = int(request.url.params["startIndex"])
        return httpx.Response(200, json={"totalResults": len(rows), "Resources": rows[start - 1 : start]})

    listing = asking(cast("Handler", respond), lambda client: client.read_all(GROUPS))
    assert (len(listing.items), listing.completeness.proven) == (40, True)
    assert max(under_way) == at_a_time
