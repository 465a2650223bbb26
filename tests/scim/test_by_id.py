"""What a look at one resource says is held against what lists and filters showed, at the cost of few requests."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from heapscim import errors
from heapscim.cli.root import TIMING
from heapscim.heap.connection import HEAP, open_session
from heapscim.http.rate_limit import RequestLimits
from heapscim.model.secret import SecretStr
from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from heapscim.scim.client import GROUPS, USERS, ScimClient
from tests.fakes.tenants import TOKEN, running_sandbox

T = TypeVar("T")

ADA, BEN, CREW, EMPTY = "1000", "1001", "1010", "1011"
STATUSES = ["400", "403", "404", "405", "410", "500", "501", "empty"]


def looking(
    work: Callable[[ScimClient, Sandbox], Awaitable[T]], *, filters: bool | None = True, **behaviour: object
) -> tuple[T, Counter[tuple[str, str]]]:
    """What comes of looks once the lists were read, and the requests they take."""

    async def whole(sandbox: Sandbox) -> tuple[T, Counter[tuple[str, str]]]:
        async with open_session(sandbox.base_url, SecretStr(TOKEN), RequestLimits(retries=0), timing=TIMING) as http:
            client = ScimClient(http, provider=HEAP.name, filters=filters)
            await client.read_all(USERS)
            await client.read_all(GROUPS)
            before = sandbox.tenant.requests.copy()
            found = await work(client, sandbox)
            return found, sandbox.tenant.requests - before

    with running_sandbox(**behaviour) as sandbox:
        for number in range(10):
            sandbox.store.add_user({"userName": f"p{number}@x.org"})
        sandbox.store.add_group({"displayName": "Crew", "members": [ADA, BEN]})
        sandbox.store.add_group({"displayName": "Empty"})
        return asyncio.run(whole(sandbox))


async def nobody(client: ScimClient, _sandbox: Sandbox) -> object:
    return await client.get(USERS, "nobody")


async def ada_and_crew(client: ScimClient, _sandbox: Sandbox) -> tuple[str | None, int]:
    ada, crew = await client.get(USERS, ADA), await client.get(GROUPS, CREW)
    return (ada.user_name if ada else None), len(crew.members) if crew else 0


def test_what_answers_by_its_id_costs_that_look_alone() -> None:
    assert looking(ada_and_crew) == (("p0@x.org", 2), {("GET", "Users"): 1, ("GET", "Groups"): 1})


def test_what_was_never_shown_is_gone_without_another_look() -> None:
    assert looking(nobody) == (None, {("GET", "Users"): 1})


@pytest.mark.parametrize("answer", STATUSES)
def test_what_a_list_shows_is_there_whatever_its_id_answers(answer: str) -> None:
    seen = looking(ada_and_crew, single_users=answer, single_groups=answer)
    assert seen == (("p0@x.org", 2), {("GET", "Users"): 2, ("GET", "Groups"): 2})


@pytest.mark.parametrize("filter", ["no", "ignored", "empty", "fails"])
def test_where_filters_are_worth_nothing_a_list_tells(filter: str) -> None:
    found, _ = looking(ada_and_crew, filters=None, filter=filter, single_users="404", single_groups="404")
    assert found == ("p0@x.org", 2)


def test_a_server_in_trouble_is_not_asked_in_another_way() -> None:
    with pytest.raises(errors.Unavailable):
        looking(ada_and_crew, failing="p0@x.org", failing_answers="single", failing_status=503)


def test_a_refused_token_is_no_doubt_about_one() -> None:
    with pytest.raises(errors.Unauthenticated):
        looking(ada_and_crew, failing="p0@x.org", failing_answers="single", failing_status=401)


def test_who_went_away_is_gone_by_name_too_and_not_asked_for_twice() -> None:
    async def twice(client: ScimClient, sandbox: Sandbox) -> tuple[object, object]:
        sandbox.store.remove_user(ADA)
        return await client.get(USERS, ADA), await client.get(USERS, ADA)

    assert looking(twice) == ((None, None), {("GET", "Users"): 3})


def test_what_was_deleted_is_gone_without_another_look() -> None:
    async def deleted(client: ScimClient, _sandbox: Sandbox) -> object:
        await client.delete(USERS, ADA)
        return await client.get(USERS, ADA)

    assert looking(deleted) == (None, {("DELETE", "Users"): 1, ("GET", "Users"): 1})


def test_a_delete_is_seen_in_a_list_where_no_id_answers() -> None:
    async def deleted(client: ScimClient, _sandbox: Sandbox) -> tuple[bool, object]:
        there = await client.get(GROUPS, CREW) is not None
        await client.delete(GROUPS, CREW)
        return there, await client.get(GROUPS, CREW)

    for answer in ("404", "405"):
        assert looking(deleted, single_groups=answer)[0] == (True, None)


def test_a_renamed_group_is_found_in_a_list() -> None:
    async def renamed(client: ScimClient, sandbox: Sandbox) -> str | None:
        sandbox.store.rename_group(CREW, "Team", unique=True)
        found = await client.get(GROUPS, CREW)
        return found.display_name if found else None

    assert looking(renamed, single_groups="404")[0] == "Team"


def test_what_a_create_answered_is_there_though_no_list_has_shown_it() -> None:
    async def made(client: ScimClient, _sandbox: Sandbox) -> str | None:
        created = await client.create(USERS, {"userName": "new@x.org"})
        found = await client.get(USERS, created.id) if created else None
        return found.user_name if found else None

    assert looking(made, single_users="404", lists="cut_off", rows_shown=2)[0] == "new@x.org"


def test_an_id_that_never_answers_is_no_longer_asked_for_what_lists_show() -> None:
    async def ten(client: ScimClient, sandbox: Sandbox) -> int:
        return sum([await client.get(USERS, id) is not None for id in list(sandbox.store.users)])

    assert looking(ten, single_users="500") == (10, {("GET", "Users"): 3 + 10})


def test_looks_side_by_side_share_list_reads() -> None:
    async def ten(client: ScimClient, sandbox: Sandbox) -> int:
        found = await asyncio.gather(*(client.get(USERS, id) for id in list(sandbox.store.users)))
        return sum(one is not None for one in found)

    count, requests = looking(ten, filters=False, filter="no", single_users="404")
    assert (count, requests["GET", "Users"] <= 10 + 2 * 2) == (10, True)


@pytest.mark.parametrize("answer", ["404", "410"])
def test_a_group_that_a_list_shows_without_members_is_there_and_can_not_be_read(answer: str) -> None:
    async def look(client: ScimClient, _sandbox: Sandbox) -> object:
        return await client.get(GROUPS, EMPTY)

    with pytest.raises(errors.NotImplementedByService, match=f"({answer})"):
        looking(look, single_groups=answer)


def test_a_group_whose_last_member_left_is_empty_where_lists_showed_some() -> None:
    async def emptied(client: ScimClient, sandbox: Sandbox) -> int | None:
        sandbox.store.set_members(CREW, [])
        found = await client.get(GROUPS, CREW)
        return None if found is None else len(found.members)

    assert looking(emptied, single_groups="404")[0] == 0


def test_a_row_tells_nothing_of_members_where_lists_leave_some_out() -> None:
    async def look(client: ScimClient, _sandbox: Sandbox) -> object:
        client.by_id.lists_members = lambda: False
        return await client.get(GROUPS, CREW)

    with pytest.raises(errors.NotImplementedByService, match="who is in it can't be known"):
        looking(look, single_groups="404")


@pytest.mark.parametrize("broken_row", ["no_name", "active"])
def test_a_row_that_can_not_be_read_is_there_all_the_same(broken_row: str) -> None:
    async def look(client: ScimClient, _sandbox: Sandbox) -> object:
        return await client.get(USERS, ADA)

    with pytest.raises(errors.WrongProtocol):
        looking(look, broken_user="p0@x.org", broken_row=broken_row, single_users="404")


def test_whether_one_is_gone_is_not_told_by_half_a_list() -> None:
    async def look(client: ScimClient, sandbox: Sandbox) -> object:
        sandbox.behave(
            parse_behaviour(["filter=no", "wrong_total=5", "single_users=404", "lists=cut_off", "rows_shown=2"])
        )
        return await client.get(USERS, "1005")

    with pytest.raises(errors.Unavailable, match="isn't known whether"):
        looking(look, filters=False)
