"""A read of Heap is proven only when it saw everything, whatever the server does to its pages."""

from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from heapscim import errors
from tests.fakes.listers import Lister, Row, read_from, some_users

sizes = st.integers(1, 60)
counts = st.integers(0, 150)
somebody = st.integers(1, 150)


@given(counts, sizes, sizes, st.sampled_from([int, str, float]), st.randoms(use_true_random=False))
def test_an_honest_server_is_proven_whatever_its_pages(
    count: int, cap: int, page_size: int, spell: Callable[[int], object], chance: Random
) -> None:
    rows = some_users(count)
    lister = Lister(rows, cap, total=spell, page=lambda _start, page: page[: chance.randint(1, max(1, len(page)))])
    listing = read_from(lister, page_size=page_size)
    assert listing.completeness.proven, listing.completeness.evidence
    assert sorted(user.id for user in listing.items) == sorted(row["id"] for row in rows)
    assert listing.requests == len(lister.requests)


@given(counts, sizes, st.sampled_from([400, 404, 416]))
def test_a_server_that_refuses_to_look_beyond_its_end_is_proven_all_the_same(count: int, cap: int, status: int) -> None:
    lister = Lister(some_users(count), cap, refuse=lambda start, _end: status if start > max(count, 1) else None)
    listing = read_from(lister)
    assert (listing.completeness.proven, len(listing.items)) == (True, count)


@given(st.integers(1, 150), sizes, sizes, somebody, st.integers(1, 60))
def test_a_server_that_loses_a_stretch_of_rows_is_never_proven(
    count: int, cap: int, page_size: int, first: int, length: int
) -> None:
    first = (first - 1) % count + 1
    lost = {str(number) for number in range(first, first + length)}
    lister = Lister(some_users(count), cap, page=lambda _start, page: [row for row in page if row["id"] not in lost])
    assert not read_from(lister, page_size=page_size).completeness.proven


@given(st.integers(2, 150), sizes, somebody, somebody)
def test_a_server_that_shows_somebody_twice_in_the_place_of_another_is_never_proven(
    count: int, cap: int, one: int, other: int
) -> None:
    one, other = (one - 1) % count + 1, (other - 1) % count + 1
    rows = some_users(count)
    if one == other:
        rows.append(rows[one - 1])
    else:
        rows[other - 1] = rows[one - 1]
    assert not read_from(Lister(rows, cap)).completeness.proven


@given(st.integers(2, 150), sizes, st.integers(2, 150), st.sampled_from([-1, 1]))
def test_a_server_whose_rows_shift_between_pages_is_never_proven(count: int, cap: int, after: int, by: int) -> None:
    rows = some_users(count)
    after = (after - 2) % (count - 1) + 2

    def shifted(start: int, page: list[Row]) -> list[Row]:
        begin = start - 1 + by if start >= after else start - 1
        return rows[begin : begin + len(page)]

    listing = read_from(Lister(rows, cap, page=shifted))
    seen_all = {user.id for user in listing.items} == {row["id"] for row in rows}
    assert not listing.completeness.proven or seen_all


@given(st.integers(1, 150), sizes, st.integers(-150, 150).filter(bool))
def test_a_server_that_lies_about_its_total_is_never_proven(count: int, cap: int, by: int) -> None:
    lister = Lister(some_users(count), cap, total=lambda honest: max(honest + by, 0))
    assert not read_from(lister).completeness.proven


@given(counts, sizes, st.sampled_from([None, -1, "many", "", 1.5, True, [3], {"a": 1}, "9" * 5000]))
def test_a_server_without_a_usable_total_is_read_twice(count: int, cap: int, total: object) -> None:
    lister = Lister(some_users(count), cap, total=lambda _honest: total)
    try:
        listing = read_from(lister)
    except errors.WrongProtocol:
        assert count == 0
        return
    assert len(listing.items) == count
    evidence = listing.completeness.evidence
    assert listing.completeness.proven == (
        count > 0 and "a page failed" not in evidence
    )  # an empty page may say nothing
    assert not listing.completeness.proven or listing.completeness.method == "read twice"


@given(st.integers(1, 150), sizes, somebody, st.sampled_from([403, 404, 429, 500, 503]))
def test_a_page_that_fails_is_never_read_as_absence(count: int, cap: int, row: int, status: int) -> None:
    row = (row - 1) % count + 1
    lister = Lister(some_users(count), cap, refuse=lambda start, end: status if start <= row < end else None)
    try:
        listing = read_from(lister)
    except errors.RequestError:
        assert row <= cap
        return
    assert not listing.completeness.proven
    assert "a page failed" in listing.completeness.evidence or listing.broken


@given(st.integers(1, 150), sizes, st.integers(2, 6))
def test_a_total_that_changes_once_is_read_again_and_proven(count: int, cap: int, when: int) -> None:
    rows = some_users(count)
    lister = Lister(rows, cap)

    def total(honest: int) -> int:
        if len(lister.requests) == when:
            rows.append({"id": "new", "userName": "new@x.org"})
        return honest

    lister.total = total
    listing = read_from(lister)
    assert listing.completeness.proven
    assert len(listing.items) in (count, count + 1)


@given(st.integers(1, 150), sizes)
def test_a_total_that_never_rests_is_read_twice_and_left_unproven(count: int, cap: int) -> None:
    lister = Lister(some_users(count), cap)
    lister.total = lambda honest: honest + len(lister.requests)
    listing = read_from(lister)
    assert not listing.completeness.proven
    assert sum(start == 1 and size > 1 for start, size in lister.requests) == 2
