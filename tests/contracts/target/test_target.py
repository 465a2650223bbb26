"""What execution relies on when it works with a target, of every kind."""

from collections.abc import Iterable

import pytest

from heapscim.errors import NotFound, RequestError, Taken, Unauthenticated
from heapscim.execution.ports import Sought, Target
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser
from tests.contracts.target.tenants import Tenant

ADA = {"name.givenName": "Ada", "name.familyName": "Lovelace", "role": "Analyst"}


async def read(target: Target) -> CurrentState:
    return await target.read(groups=True, progress=lambda _read, _of: None)


async def made(target: Target, name: str = "ada@x.org", **attributes: str) -> str:
    """The id of a new account, looked up by its name: a write may show nothing."""
    await target.create_user(name, attributes or {"name.familyName": "Lovelace"})
    found = await target.find_user(name)
    assert found is not None
    return found.id


async def joined(target: Target, name: str, members: Iterable[str]) -> str:
    await target.create_group(name, list(members))
    found = await target.find_group(name)
    assert found is not None
    return found.id


async def user_of(target: Target, id: str) -> CurrentUser:
    found = await target.get_user(id)
    assert found is not None
    return found


async def group_of(target: Target, id: str) -> CurrentGroup:
    found = await target.get_group(id)
    assert found is not None
    return found


def test_a_created_account_is_found_by_name_by_id_and_in_the_list(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        await target.create_user("ada@x.org", ADA)
        by_name = await target.find_user("ADA@x.org")
        assert by_name is not None
        assert (by_name.user_name, by_name.active) == ("ada@x.org", True)
        assert ADA.items() <= by_name.attributes.items()
        assert await target.get_user(by_name.id) == by_name
        assert (await read(target)).users == (by_name,)

    tenant.at(work)


def test_another_session_finds_what_was_made(tenant: Tenant) -> None:
    id = tenant.at(made)
    assert tenant.at(lambda target: user_of(target, id)).user_name == "ada@x.org"


def test_what_a_create_shows_is_what_it_made(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        shown = await target.create_user("ada@x.org", ADA)
        assert shown is None or shown == await target.find_user("ada@x.org")
        id = (await user_of(target, (await target.look_up_users(names=["ada@x.org"]))[0].id)).id
        group = await target.create_group("Design", [id])
        assert group is None or group == await target.find_group("Design")

    tenant.at(work)


def test_what_is_not_there_is_none_and_not_an_error(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        assert await target.get_user("4711") is None
        assert await target.find_user("nobody@x.org") is None
        assert await target.get_group("4711") is None
        assert await target.find_group("Nothing") is None
        assert await target.look_up_users(ids=["4711"], names=["nobody@x.org"]) == ()
        assert await target.look_up_groups(ids=["4711"], names=["Nothing"]) == ()

    tenant.at(work)


def test_a_second_account_or_group_of_one_name_is_refused_and_the_first_stays(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        id = await made(target)
        await joined(target, "Design", [id])
        before = await read(target)
        with pytest.raises(Taken):
            await target.create_user("Ada@x.org", {"name.givenName": "Other"})
        with pytest.raises(Taken):
            await target.create_group("design", [])
        assert await read(target) == before

    tenant.at(work)


def test_an_update_changes_what_was_asked_and_nothing_else(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        await target.create_user("ada@x.org", ADA)
        (before,) = await target.look_up_users(names=["ada@x.org"])
        await target.update_user(before.id, {"name.familyName": "King"})
        after = await user_of(target, before.id)
        assert (after.user_name, after.active) == (before.user_name, True)
        assert after.attributes == {**before.attributes, "name.familyName": "King"}

    tenant.at(work)


def test_a_value_can_be_taken_away(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        await target.create_user("ada@x.org", ADA)
        (before,) = await target.look_up_users(names=["ada@x.org"])
        await target.update_user(before.id, {"name.givenName": None})
        after = await user_of(target, before.id)
        assert after.attributes == {key: value for key, value in before.attributes.items() if key != "name.givenName"}

    tenant.at(work)


def test_an_account_is_deactivated_and_comes_back_as_it_was(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        await target.create_user("ada@x.org", ADA)
        (before,) = await target.look_up_users(names=["ada@x.org"])
        await target.update_user(before.id, {}, active=False)
        idle = await user_of(target, before.id)
        assert (idle.active, idle.attributes) == (False, before.attributes)
        await target.update_user(before.id, {"role": "Admin"}, active=True)
        back = await user_of(target, before.id)
        assert (back.active, back.attributes) == (True, {**before.attributes, "role": "Admin"})

    tenant.at(work)


def test_a_change_of_what_is_gone_says_that_it_is_gone(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        with pytest.raises(NotFound):
            await target.update_user("4711", {"name.givenName": "Ada"})
        with pytest.raises(NotFound):
            await target.rename_group("4711", "Design")
        with pytest.raises(NotFound):
            await target.change_members("4711", add=[await made(target)])

    tenant.at(work)


def test_a_delete_leaves_nothing_and_may_be_repeated(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        ada, bob = await made(target), await made(target, "bob@x.org")
        group = await joined(target, "Design", [ada, bob])
        for _ in range(2):
            await target.delete_user(ada)
        assert await target.get_user(ada) is None
        assert (await group_of(target, group)).member_ids == {bob}
        for _ in range(2):
            await target.delete_group(group)
        assert await target.get_group(group) is None
        assert await target.get_user(bob) is not None, "a group is deleted without its members"

    tenant.at(work)


def test_a_whole_read_holds_everybody_once_and_proves_it(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        ids = [await made(target, f"u{number}@x.org") for number in range(5)]
        groups = {await joined(target, f"G{number}", ids[number:]): frozenset(ids[number:]) for number in range(3)}
        state = await read(target)
        assert sorted(user.id for user in state.users) == sorted(ids)
        assert {group.id: group.member_ids for group in state.groups} == groups
        assert (state.completeness.proven, state.groups_completeness.proven, state.broken) == (True, True, ())
        assert target.listed("user") == {user.id: user.user_name for user in state.users}
        assert target.listed("group") == {group.id: group.name for group in state.groups}
        assert (await target.read(groups=False, progress=lambda _read, _of: None)).groups == ()

    tenant.at(work)


def test_members_join_and_leave_and_the_others_stay(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        a, b, c = [await made(target, f"{name}@x.org") for name in "abc"]
        group = await joined(target, "Design", [a])
        await target.change_members(group, add=[b, c])
        assert (await group_of(target, group)).member_ids == {a, b, c}
        await target.change_members(group, remove=[b])
        assert (await group_of(target, group)).member_ids == {a, c}
        await target.change_members(group, add=[b], remove=[a])
        assert (await group_of(target, group)).member_ids == {b, c}

    tenant.at(work)


def test_a_member_who_is_in_already_and_one_who_is_out_already_are_no_error(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        a, b = [await made(target, f"{name}@x.org") for name in "ab"]
        group = await joined(target, "Design", [a])
        await target.change_members(group, add=[a])
        await target.change_members(group, remove=[b])
        assert (await group_of(target, group)).member_ids == {a}

    tenant.at(work)


def test_a_stranger_is_refused_and_the_members_stay(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        a = await made(target)
        group = await joined(target, "Design", [a])
        with pytest.raises(RequestError):
            await target.change_members(group, add=["4711"])
        assert (await group_of(target, group)).member_ids == {a}

    tenant.at(work)


def test_a_group_keeps_its_id_and_its_members_under_a_new_name(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        a, b = [await made(target, f"{name}@x.org") for name in "ab"]
        group = await joined(target, "Design", [a, b])
        await target.rename_group(group, "Product design")
        assert await group_of(target, group) == CurrentGroup(group, "Product design", frozenset({a, b}))
        assert await target.find_group("Design") is None

    tenant.at(work)


def test_an_empty_group_is_made_and_read_as_empty(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        group = await joined(target, "Design", [])
        assert await group_of(target, group) == CurrentGroup(group, "Design", frozenset())

    tenant.at(work)


def test_those_who_are_looked_up_come_once_each_and_nobody_else(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        ids = [await made(target, f"u{number}@x.org") for number in range(6)]
        found = await target.look_up_users(ids=[*ids[:4], "4711"], names=["U3@x.org", "u4@x.org", "nobody@x.org"])
        assert {user.user_name for user in found} == {f"u{number}@x.org" for number in range(5)}
        groups = [await joined(target, f"G{number}", ids[number:]) for number in range(4)]
        teams = await target.look_up_groups(ids=[groups[0], "4711"], names=["g2", "Nothing"])
        assert {team.id: team.member_ids for team in teams} == {
            groups[0]: frozenset(ids), groups[2]: frozenset(ids[2:]),
        }  # fmt: skip

    tenant.at(work)


def test_what_a_create_in_doubt_has_made_is_sighted_by_its_name(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        before = await made(target, "before@x.org")
        await read(target)
        ada = await made(target)
        sighting = await target.look_for("user", Sought(("ada@x.org", "bob@x.org"), for_sure=("ada@x.org",)))
        assert [found.id for found in sighting.named] == [ada]
        assert before not in {found.id for found in sighting.unexplained}

    tenant.at(work)


def test_who_was_in_a_group_is_known_without_asking(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        assert target.members_of("4711") is None
        a = await made(target)
        group = await joined(target, "Design", [a])
        await read(target)
        assert target.members_of(group) == {a: "ada@x.org"}

    tenant.at(work)


def test_a_refused_token_is_said_by_reads_and_by_writes(tenant: Tenant) -> None:
    async def ask(target: Target) -> None:
        with pytest.raises(Unauthenticated):
            await target.get_user("1")
        with pytest.raises(Unauthenticated):
            await target.create_user("ada@x.org", ADA)
        with pytest.raises(Unauthenticated):
            await target.change_members("1", add=["2"])

    tenant.refusing(ask)


def test_what_is_remembered_of_a_tenant_is_remembered(tenant: Tenant) -> None:
    async def work(target: Target) -> None:
        assert target.members_per_request >= 1
        assert not target.names_are_unique("group")
        target.note_unique_names("group")
        assert target.names_are_unique("group")

    tenant.at(work)
