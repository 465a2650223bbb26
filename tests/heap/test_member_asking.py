"""Members that a group doesn't show: which way of asking is believed, and what is learnt of a tenant."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from heapscim.cli.root import TIMING
from heapscim.execution.ports import Membership
from heapscim.heap.connection import HEAP, open_session
from heapscim.heap.dialect import Dialect, read_dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.model.secret import SecretStr
from heapscim.sandbox.server import Sandbox
from heapscim.scim.client import ScimClient
from tests.fakes.tenants import TOKEN, running_sandbox


@contextmanager
def a_sandbox(*sizes: int, **behaviour: object) -> Iterator[Sandbox]:
    """A tenant of 130 people, with groups of the first so many of them."""
    with running_sandbox(**behaviour) as sandbox:
        ids = [
            sandbox.store.add_user({"userName": f"p{number}@x.org", "id": str(number)})["id"] for number in range(130)
        ]
        for number, size in enumerate(sizes):
            sandbox.store.add_group({"displayName": f"G{number}", "members": ids[:size], "id": f"g{number}"})
        yield sandbox


def asked(
    sandbox: Sandbox, *ids: str, dialect: Dialect = Dialect(), before: int | None = None
) -> tuple[Membership, Dialect]:
    async def ask() -> tuple[Membership, Dialect]:
        async with open_session(sandbox.base_url, SecretStr(TOKEN), timing=TIMING) as http:
            tenant = HeapTenant(ScimClient(http, provider=HEAP.name, filters=dialect.filters), dialect, ())
            await tenant.read(groups=True, progress=lambda _read, _of: None)
            return await tenant.ask_members("g0", ids, before=before), tenant.dialect

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("way", "behaviour"),
    [
        ("members", {}),
        ("users_of_group", {"user_groups": "yes"}),
        ("groups_of_user", {"user_groups": "yes", "filter": "no"}),
        ("groups_of_user", {"user_groups": "yes", "filter": "ignored"}),
    ],
)
def test_the_first_way_that_tells_a_member_from_a_stranger_is_believed_and_learnt(
    way: str, behaviour: dict[str, object]
) -> None:
    with a_sandbox(12, members_shown=10, **behaviour) as sandbox:
        membership, dialect = asked(sandbox, "11", "5", "99")
    assert membership == Membership({"5": True, "11": True, "99": False}, hides=True)
    assert (dialect.member_lookup, dialect.members_shown) == (way, 10)


@pytest.mark.parametrize("shown", ["10", "never"])
@pytest.mark.parametrize("member_filter", ["no", "empty", "ignored"])
def test_a_way_that_takes_a_stranger_for_a_member_or_finds_nobody_is_none(shown: str, member_filter: str) -> None:
    with a_sandbox(12, 12, members_shown=shown, member_filter=member_filter) as sandbox:
        membership, dialect = asked(sandbox, "11")
    assert membership == Membership(hides=True)
    assert (dialect.member_lookup, dialect.members_shown) == ("none", 10 if shown == "10" else 0)


def test_that_nobody_is_a_member_is_believed_only_of_a_way_that_is_proven() -> None:
    with a_sandbox(12, members_shown="never") as sandbox:
        assert asked(sandbox, "99")[0] == Membership(hides=True)
        learnt = read_dialect({"member_lookup": "members", "members_shown": 0})
        assert asked(sandbox, "99", dialect=learnt)[0] == Membership({"99": False}, hides=True)


@pytest.mark.parametrize(
    ("sizes", "shown", "before", "hides"),
    [
        ((12, 1), "10", 10, False),
        ((12, 1), "10", 9, True),
        ((12, 12), "10", 10, True),
        ((60, 1), "50", 50, True),
        ((12, 12), "11", 5, False),
        ((0, 3), "all", 0, False),
        ((0, 3), "never", 0, True),
    ],
)
def test_without_a_way_a_group_hides_members_only_where_its_size_looks_like_a_limit(
    sizes: tuple[int, ...], shown: str, before: int, *, hides: bool
) -> None:
    with a_sandbox(*sizes, members_shown=shown, member_filter="no") as sandbox:
        assert asked(sandbox, "99", before=before)[0].hides is hides


def test_a_tenant_that_shows_all_as_the_settings_say_is_not_asked() -> None:
    with a_sandbox(12, members_shown="10") as sandbox:
        before = sandbox.tenant.requests.total()
        assert asked(sandbox, "11", dialect=read_dialect({"members_shown": "all"}))[0] == Membership()
        assert sandbox.tenant.requests.total() - before <= 8


def test_of_very_many_some_from_all_over_are_asked_for() -> None:
    with a_sandbox(130, members_shown="never") as sandbox:
        membership, _ = asked(sandbox, *map(str, range(130)))
        assert len(membership.known) == 100
        assert all(membership.known.values())
        assert "129" not in membership.known
        assert "128" in membership.known


def test_a_group_that_shows_more_than_the_limit_refutes_it() -> None:
    with a_sandbox(12, 20, members_shown="all") as sandbox:
        _, dialect = asked(sandbox, "11", dialect=read_dialect({"members_shown": 10, "member_lookup": "none"}))
    assert dialect.members_shown == "some"
    assert not dialect.shows_all_of(0)
