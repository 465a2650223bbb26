"""What the tenant reads is whole or said not to be; what it finds goes by userName and by id."""

import json
from typing import Any

import httpx
import pytest

from heapscim import errors
from heapscim.heap.dialect import Dialect, read_dialect
from heapscim.heap.probe import Facts, find_facts
from heapscim.heap.tenant import HeapTenant
from heapscim.model.changes import Deactivation
from heapscim.model.completeness import Completeness
from heapscim.model.state import CurrentState, CurrentUser
from tests.fakes.listers import asking
from tests.fakes.tenancies import at_tenant

USERS = [{"id": str(number), "userName": f"u{number}"} for number in range(1, 5)]


class Teams:
    """A server of groups whose list may keep members back; ``refused`` ids answer a status when read alone.

    Those ``leaving`` are gone from the list as well, once they were read alone.
    """

    leaving: frozenset[str] = frozenset()

    def __init__(self, listed: dict[str, list[str] | None], whole: dict[str, list[str]], **refused: int) -> None:
        self.listed = listed
        self.whole = whole
        self.refused = refused
        self.read: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        kind, _, id = request.url.path.removeprefix("/scim/").partition("/")
        if kind == "Users":
            return _listing([row for row in USERS if self._asked_from_one(request)])
        if not id:
            rows = [self._group(name, members) for name, members in self.listed.items() if not self._has_left(name)]
            count = len(USERS) - len(self.leaving.intersection(self.read))
            return _listing(rows if self._asked_from_one(request) else [], count)
        self.read.append(id)
        if id in self.refused:
            return httpx.Response(self.refused[id])
        return httpx.Response(200, json=self._group(id, self.whole[id]))

    def _has_left(self, id: str) -> bool:
        return id in self.leaving and id in self.read

    def _asked_from_one(self, request: httpx.Request) -> bool:
        return request.url.params["startIndex"] == "1"

    def _group(self, id: str, members: list[str] | None) -> dict[str, Any]:
        shown = {} if members is None else {"members": [{"value": member} for member in members]}
        return {"id": id, "displayName": id.title(), **shown}


def _listing(rows: list[dict[str, Any]], total: int = len(USERS)) -> httpx.Response:
    return httpx.Response(200, json={"totalResults": total, "Resources": rows} if rows else {"totalResults": total})


def read(teams: Teams, dialect: Dialect = Dialect()) -> tuple[dict[str, list[str]], Completeness, str]:
    async def work(tenant: HeapTenant) -> tuple[CurrentState, str]:
        found = await tenant.read(groups=True, progress=lambda _read, _of: None)
        return found, tenant.dialect.list_members

    state, learned = at_tenant(teams, work, dialect)
    return {group.id: sorted(group.member_ids) for group in state.groups}, state.groups_completeness, learned


WHOLE = {"a": ["1", "2", "3"], "b": ["1"], "c": [], "d": ["2"]}


def test_a_list_that_holds_all_members_costs_one_look_at_the_largest_group() -> None:
    teams = Teams({**WHOLE, "c": ["4"]}, {**WHOLE, "c": ["4"]})
    assert read(teams)[0] == {**WHOLE, "c": ["4"]}
    assert teams.read == ["a"]


def test_groups_without_members_in_the_list_are_read_one_by_one() -> None:
    teams = Teams({**WHOLE, "c": None}, WHOLE)
    found, completeness, learned = read(teams)
    assert (found, completeness.proven, learned) == (WHOLE, True, "auto")
    assert sorted(teams.read) == ["a", "c"]


@pytest.mark.parametrize(
    "listed",
    [
        {"a": ["1", "2"], "b": ["1"], "c": [], "d": ["2"]},
        {"a": ["1", "2", "3"], "b": [], "c": [], "d": ["2"]},
        {"a": None, "b": None, "c": None, "d": None},
        {"a": [], "b": [], "c": [], "d": []},
    ],
    ids=["cut short", "left out of one", "left out", "empty"],
)
def test_a_list_that_keeps_members_back_is_found_out_and_remembered(listed: dict[str, list[str] | None]) -> None:
    found, completeness, learned = read(Teams(listed, WHOLE))
    assert (found, completeness.proven, learned) == (WHOLE, True, "no")


def test_a_dialect_that_says_so_is_believed() -> None:
    trusting, doubting = Teams({**WHOLE}, WHOLE), Teams({**WHOLE}, WHOLE)
    read(trusting, Dialect(list_members="yes"))
    read(doubting, Dialect(list_members="no"))
    assert (trusting.read, sorted(doubting.read)) == ([], ["a", "b", "c", "d"])


def test_a_group_that_goes_away_during_the_read_leaves_the_groups_unproven() -> None:
    teams = Teams({**WHOLE}, WHOLE, c=404)
    teams.leaving = frozenset("c")
    _, completeness, _ = read(teams)
    assert completeness == Completeness(proven=False, evidence="1 group went away during the read.")


@pytest.mark.parametrize("status", [403, 404, 405, 410, 500])
def test_a_group_listed_without_members_that_cannot_be_read_is_broken_and_no_doubt_about_others(
    status: int,
) -> None:
    teams = Teams({**WHOLE}, WHOLE, c=status)
    state = at_tenant(teams, lambda tenant: tenant.read(groups=True, progress=lambda _read, _of: None))
    assert (state.groups_completeness.proven, [group.id for group in state.groups]) == (True, ["a", "b", "d"])
    assert [(entry.type, entry.id, entry.name) for entry in state.broken] == [("group", "c", "C")]
    assert str(status) in state.broken[0].message


@pytest.mark.parametrize("status", [403, 404, 405, 410, 500])
def test_the_largest_group_is_what_the_list_shows_where_it_can_not_be_read_by_itself(status: int) -> None:
    listed = {**WHOLE, "c": ["4"]}
    assert read(Teams({**listed}, listed, a=status)) == (
        listed,
        Completeness(proven=True, evidence="Heap said 4 groups, 4 unique read."),
        "auto",
    )


def test_a_row_is_not_believed_about_members_where_lists_are_known_to_leave_some_out() -> None:
    teams = Teams({**WHOLE, "b": ["1"], "d": []}, WHOLE, b=404)  # d has one that the list keeps back
    state = at_tenant(teams, lambda tenant: tenant.read(groups=True, progress=lambda _read, _of: None))
    assert [(entry.id, entry.name) for entry in state.broken] == [("b", "B")]
    assert [group.id for group in state.groups] == ["a", "c", "d"]


def test_a_token_refused_among_groups_ends_the_read() -> None:
    with pytest.raises(errors.Unauthenticated):
        read(Teams({**WHOLE}, WHOLE, c=401))


def test_without_groups_only_people_are_read() -> None:
    teams = Teams({}, {})
    state = at_tenant(teams, lambda tenant: tenant.read(groups=False, progress=lambda _read, _of: None))
    assert (len(state.users), state.groups, state.completeness.proven) == (4, (), True)


def one_by_one(request: httpx.Request) -> httpx.Response:
    """A server that reads ids of digits only, and filters by userName."""
    id = request.url.path.removeprefix("/scim/Users").removeprefix("/")
    if not id:
        wanted = request.url.params.get("filter", "")
        rows = [row for row in USERS if not wanted or wanted == f'userName eq "{row["userName"]}"']
        return httpx.Response(200, json={"totalResults": len(rows), "Resources": rows})
    if not id.isdigit():
        return httpx.Response(400, text="That is no id.")
    return httpx.Response(200, json=USERS[int(id) - 1]) if int(id) <= len(USERS) else httpx.Response(404)


@pytest.mark.parametrize(("text", "found"), [("u2", "2"), ("U3", "3"), ("4", "4"), ("9", None), ("nobody", None)])
def test_a_person_is_found_by_user_name_or_id(text: str, found: str | None) -> None:
    def lenient(request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_merge_params(
            {name: value.casefold().replace("username", "userName") for name, value in request.url.params.items()}
        )
        return one_by_one(request)

    user = at_tenant(lenient, lambda tenant: tenant.user_of(text))
    assert user == (None if found is None else CurrentUser(found, f"u{found}", active=True, attributes={}))


def test_what_was_found_out_of_filters_is_part_of_the_dialect() -> None:
    async def work(tenant: HeapTenant) -> str:
        await tenant.find_user("u2")
        return tenant.dialect.filter

    assert at_tenant(one_by_one, work) == "yes"
    assert at_tenant(one_by_one, work, Dialect(filter="no")) == "no"


def test_two_of_one_name_are_refused() -> None:
    rows = [{"id": "1", "userName": "ada"}, {"id": "2", "userName": "ADA"}]

    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"totalResults": 2, "Resources": rows})

    with pytest.raises(errors.Rejected, match="Heap has 2 resources named ada"):
        at_tenant(handler, lambda tenant: tenant.find_user("ada"), Dialect(filter="no"))


def test_a_name_taken_elsewhere_is_explained() -> None:
    with pytest.raises(errors.Taken) as caught:
        at_tenant(lambda _request: httpx.Response(409), lambda tenant: tenant.create_user("ada", {}))
    assert "another organisation" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("extras", "mapped", "sent"),
    [
        ((), {}, {}),
        (("emails",), {}, {"emails": [{"value": "ada", "type": "work", "primary": True}]}),
        (("displayName", "externalId"), {}, {"displayName": "ada", "externalId": "ada"}),
        (("displayName",), {"name.givenName": "Ada"}, {"displayName": "Ada", "name": {"givenName": "Ada"}}),
        (("externalId",), {"externalId": "7"}, {"externalId": "7"}),
    ],
)
def test_a_new_account_has_what_the_tenant_needs_and_the_mapping_comes_first(
    extras: tuple[str, ...], mapped: dict[str, str], sent: dict[str, Any]
) -> None:
    bodies: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(201, json={"id": "1", **bodies[-1]})

    at_tenant(handler, lambda tenant: tenant.create_user("ada", mapped), Dialect(create_with=extras))
    (body,) = bodies
    assert {name: value for name, value in body.items() if name not in ("schemas", "userName", "active")} == sent


@pytest.mark.parametrize("value", ["emails", ["phone"], 1])
def test_a_new_account_can_be_given_only_what_is_known(value: object) -> None:
    with pytest.raises(errors.SettingsError, match="create_with"):
        read_dialect({"create_with": value})


def test_a_group_found_by_name_is_read_with_its_members() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        row = {"id": "5", "displayName": "Design"}
        if request.url.path.endswith("/5"):
            return httpx.Response(200, json={**row, "members": ["1", {"display": "a guest"}]})
        return httpx.Response(200, json={"totalResults": 1, "Resources": [row]})

    found = at_tenant(handler, lambda tenant: tenant.find_group("design"))
    assert found is not None
    assert found.member_ids == {"1"}


@pytest.mark.parametrize(
    ("config", "patch", "filter"),
    [({"patch": {"supported": True}, "filter": {"supported": "false"}}, True, False), (None, None, None)],
)
def test_first_facts_are_found_by_reading_alone(config: object, patch: bool | None, filter: bool | None) -> None:  # noqa: FBT001
    methods = []

    def handler(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if request.url.path.endswith("Config"):
            return httpx.Response(404) if config is None else httpx.Response(200, json=config)
        return httpx.Response(200, json={"Resources": []} if "Groups" in request.url.path else {"totalResults": "7"})

    clock = iter([1.0, 3.0])
    facts = asking(handler, lambda client: find_facts(client, lambda: next(clock), groups=True))
    assert facts == Facts(users=7, groups=None, patch=patch, filter=filter, answered_in=2.0)
    assert set(methods) == {"GET"}


@pytest.mark.parametrize("writes", ["create", "update"])
def test_a_refused_person_with_a_role_is_told_where_roles_are_translated(writes: str) -> None:
    async def work(tenant: HeapTenant) -> object:
        if writes == "create":
            return await tenant.create_user("ada", {"role": "Boss"})
        return await tenant.update_user("1", {"role": "Boss"})

    with pytest.raises(errors.Rejected) as caught:
        at_tenant(lambda _request: httpx.Response(400, text="No."), work, Dialect(role_values={"Boss": "Admin"}))
    assert caught.value.hint == "Should it be the role, 'Admin': role_values under [dialect] says how Heap calls it."


@pytest.mark.parametrize(("said", "known"), [("auto", "removes"), ("keeps", "keeps"), ("removes", "removes")])
def test_what_becomes_of_deactivated_accounts_is_remembered_once(said: Deactivation, known: Deactivation) -> None:
    async def work(tenant: HeapTenant) -> Dialect:
        tenant.note_deactivation(kept=False)
        tenant.note_deactivation(kept=True)
        return tenant.dialect

    found = at_tenant(lambda _request: httpx.Response(500), work, Dialect(deactivation=said))
    assert found == Dialect(deactivation=known)


def test_a_dialect_is_read_from_its_table() -> None:
    assert read_dialect({"filter": "no", "page_size": 5}) == Dialect(filter="no", page_size=5)
    assert Dialect(filter="yes").learned(Dialect()) == {"filter": "yes"}
    assert [Dialect(filter=choice).filters for choice in ("auto", "yes", "no")] == [None, True, False]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"filtr": "no"}, "no setting dialect.filtr. Did you mean filter?"),
        ({"filter": True}, 'filter is true. It takes one of "auto", "yes", "no".'),
        ({"update_method": "post"}, 'update_method is "post"'),
        ({"update_method": "patch_values"}, 'update_method is "patch_values"'),
        ({"media_type": "text/html"}, 'media_type is "text/html"'),
        ({"forms": {"member_add": 1}}, "a table of forms"),
        ({"deactivation": "yes"}, 'deactivation is "yes"'),
        ({"role_values": {"Admin": 3}}, "role_values"),
        ({"role_attribute": ""}, "role_attribute"),
        ({"page_size": 0}, "page_size is 0"),
        ({"page_size": True}, "page_size is true"),
    ],
)
def test_a_dialect_that_makes_no_sense_is_refused(table: dict[str, object], words: str) -> None:
    with pytest.raises(errors.SettingsError) as caught:
        read_dialect(table)
    assert words in f"{caught.value.message} {caught.value.hint}"


def test_pages_that_were_refused_for_their_size_are_not_asked_for_again() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return (
            httpx.Response(400)
            if int(request.url.params["count"]) > 50
            else httpx.Response(200, json={"totalResults": 0})
        )

    async def work(tenant: HeapTenant) -> int:
        await tenant.read(groups=True, progress=lambda _read, _of: None)
        return tenant.dialect.page_size

    assert at_tenant(handler, work) == 50
