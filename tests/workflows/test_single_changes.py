"""Single users and groups, changed by hand below the command line."""

from collections.abc import Callable
from typing import Any

import pytest

from heapscim.errors import NotFound, Rejected
from heapscim.output.envelope import Result
from heapscim.workflows import groups, users
from heapscim.workflows.list_users import Wanted, list_users
from heapscim.workflows.session import Session
from tests.workflows.conftest import YES, House


def rows(house: House, work: Callable[[Session], Any]) -> list[tuple[str, ...]]:
    table = house.do(work).table
    assert table is not None
    return [tuple(row) for row in table.rows]


def listed(house: House) -> dict[str, tuple[str, str]]:
    """userName → who manages the account, and its state."""
    found = rows(house, lambda session: list_users(session, Wanted()))
    return {row[0]: (row[4], row[5]) for row in found}


def test_a_user_is_created_updated_deactivated_and_reactivated(house: House) -> None:
    house.do(lambda session: users.create_users(session, ("eve@x.org", {"role": "Analyst"}), yes=True))
    assert listed(house) == {"eve@x.org": ("by hand", "active")}
    house.do(lambda session: users.update_user(session, "EVE@x.org", {"role": "Editor"}, YES))
    assert house.sandbox.store.snapshot()["users"]["eve@x.org"]["role"] == "Editor"
    before = house.sandbox.tenant.writes
    house.do(lambda session: users.update_user(session, "eve@x.org", {"role": "Editor"}, YES))
    assert house.sandbox.tenant.writes == before, "nothing differs"
    house.do(lambda session: users.deactivate_users(session, ["eve@x.org", "EVE@x.org"], YES))
    assert listed(house) == {"eve@x.org": ("by hand", "inactive")}
    house.do(lambda session: users.reactivate_users(session, ["eve@x.org"], YES))
    assert house.active == {"eve@x.org"}


def test_a_roster_creates_those_who_have_no_account(house: House) -> None:
    house.do(lambda session: users.create_users(session, ("ada@x.org", {}), yes=True))
    result = house.do(lambda session: users.create_users(session, house.folder / "people.csv", yes=True))
    data: Any = result.data
    assert data["plan"].notices == ("1 of 2 already have an account; they are left as they are.",)
    assert house.active == {"ada@x.org", "bob@x.org"}


def test_who_is_not_there_is_named(house: House) -> None:
    for work in (
        lambda session: users.show_user(session, "nobody@x.org"),
        lambda session: users.update_user(session, "nobody@x.org", {"role": "Editor"}, YES),
        lambda session: groups.show_group(session, "Nobody"),
        lambda session: groups.delete_group(session, "Nobody", YES),
    ):
        with pytest.raises((NotFound, Rejected), match=r"[Nn]obody"):
            house.do(work)
    assert house.sandbox.tenant.writes == 0


def test_a_group_is_created_filled_emptied_renamed_and_deleted(house: House) -> None:
    house.sync()
    house.do(lambda session: groups.create_group(session, "Design", ["ada@x.org"], YES))
    house.do(lambda session: groups.add_members(session, "design", ["ada@x.org", "bob@x.org"], YES))
    assert members(house, "Design") == {"ada@x.org", "bob@x.org"}
    house.do(lambda session: groups.remove_members(session, "Design", ["ada@x.org"], YES))
    assert members(house, "Design") == {"bob@x.org"}
    house.do(lambda session: groups.rename_group(session, "Design", "Art", YES))
    assert [row[0] for row in rows(house, groups.list_groups)] == ["Art"]
    house.do(lambda session: groups.delete_group(session, "Art", YES))
    assert rows(house, groups.list_groups) == []
    assert house.active == {"ada@x.org", "bob@x.org"}, "its members stay users"


def members(house: House, group: str) -> set[str]:
    found: Result = house.do(lambda session: groups.show_group(session, group))
    data: Any = found.data
    return {member["userName"] for member in data["members"]}
