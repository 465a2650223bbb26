"""How many requests it takes to look at some resources again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from heapscim.cli.root import TIMING
from heapscim.heap.connection import HEAP, open_session
from heapscim.heap.dialect import Dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.secret import SecretStr
from heapscim.model.state import CurrentGroup, CurrentUser
from heapscim.sandbox.server import Sandbox
from heapscim.scim.client import ScimClient
from tests.fakes.tenants import TOKEN, running_sandbox

PEOPLE = 30


@contextmanager
def a_sandbox(**behaviour: object) -> Iterator[Sandbox]:
    with running_sandbox(**behaviour) as sandbox:
        ids = [sandbox.store.add_user({"userName": f"p{number}@x.org"})["id"] for number in range(PEOPLE)]
        for number in range(12):
            sandbox.store.add_group({"displayName": f"G{number}", "members": [ids[number]]})
        yield sandbox


def users_seen(sandbox: Sandbox, *, ids: int = 0, names: int = 0, trust_absence: bool = False) -> tuple[list[str], int]:
    """userNames that a look finds after a full read, and the requests it took."""

    async def look() -> tuple[tuple[CurrentUser, ...], int]:
        async with open_session(sandbox.base_url, SecretStr(TOKEN), timing=TIMING) as http:
            tenant = HeapTenant(ScimClient(http, provider=HEAP.name), Dialect(), tuple(DEFAULT_MAPPING))
            await tenant.read(groups=True, progress=lambda _read, _of: None)
            wanted = [*list(sandbox.store.users)[: max(ids - 1, 0)], *["gone"][: min(ids, 1)]]
            before = sandbox.tenant.requests["GET", "Users"]
            found = await tenant.look_up_users(
                ids=wanted, names=[f"P{number}@x.org" for number in range(names)], trust_absence=trust_absence
            )
            return found, sandbox.tenant.requests["GET", "Users"] - before

    found, requests = asyncio.run(look())
    return [user.user_name for user in found], requests


def test_few_are_asked_for_one_by_one_and_many_by_a_list() -> None:
    with a_sandbox(page_cap=10) as sandbox:
        assert users_seen(sandbox, ids=3) == (["p0@x.org", "p1@x.org"], 3)
        seen, requests = users_seen(sandbox, ids=21)
        assert (sorted(seen), requests) == (sorted(f"p{number}@x.org" for number in range(20)), 4 + 1)
        assert users_seen(sandbox, ids=21, trust_absence=True)[1] == 4


def test_what_is_known_by_name_is_found_too() -> None:
    with a_sandbox(page_cap=10) as sandbox:
        assert users_seen(sandbox, names=2)[0] == ["p0@x.org", "p1@x.org"]
        seen, requests = users_seen(sandbox, names=20)
        assert len(seen) == 20
        assert requests <= 6


@pytest.mark.parametrize(("list_members", "most"), [("yes", 2), ("no", 12), ("empty", 12)])
def test_groups_are_seen_with_their_members_whatever_a_list_holds(list_members: str, most: int) -> None:
    with a_sandbox(list_members=list_members) as sandbox:

        async def look() -> tuple[tuple[CurrentGroup, ...], int]:
            async with open_session(sandbox.base_url, SecretStr(TOKEN), timing=TIMING) as http:
                tenant = HeapTenant(ScimClient(http, provider=HEAP.name), Dialect(), tuple(DEFAULT_MAPPING))
                await tenant.read(groups=True, progress=lambda _read, _of: None)
                before = sandbox.tenant.requests["GET", "Groups"]
                found = await tenant.look_up_groups(ids=list(sandbox.store.groups))
                return found, sandbox.tenant.requests["GET", "Groups"] - before

        found, requests = asyncio.run(look())
        assert ({group.name: len(group.member_ids) for group in found}, requests) == (
            {f"G{number}": 1 for number in range(12)},
            most,
        )


def test_a_look_without_a_read_before_it_finds_out_for_itself() -> None:
    with a_sandbox(list_members="no") as sandbox:

        async def look() -> tuple[tuple[CurrentGroup, ...], tuple[CurrentGroup, ...]]:
            async with open_session(sandbox.base_url, SecretStr(TOKEN), timing=TIMING) as http:
                tenant = HeapTenant(ScimClient(http, provider=HEAP.name), Dialect(), tuple(DEFAULT_MAPPING))
                many = await tenant.look_up_groups(ids=list(sandbox.store.groups))
                return many, await tenant.look_up_groups(names=["g3"])

        many, named = asyncio.run(look())
        assert [len(group.member_ids) for group in (*many, *named)] == [1] * 13
