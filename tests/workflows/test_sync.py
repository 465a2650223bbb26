"""Plan and sync, below the command line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from heapscim.errors import Busy, Disconnected, SettingsError, Unsafe, UsageError
from heapscim.model.plan import Plan, plan_to_json
from heapscim.output.envelope import Result
from heapscim.workflows import exit_codes
from heapscim.workflows.plan import plan
from heapscim.workflows.profiles import mark_disconnected
from heapscim.workflows.reconcile import SyncOptions
from tests.fakes.contexts import a_context
from tests.workflows.conftest import YES, House, Person


def planned(result: Result) -> Plan:
    data: Any = result.data
    found: Plan = data["plan"]
    return found


def test_a_sync_does_what_its_plan_says_and_the_next_one_nothing(house: House) -> None:
    first = house.do(lambda session: plan(session, SyncOptions(), out=None, report_pending=False))
    assert planned(first).counts == {"create_user": 2}
    assert house.active == set()
    assert house.sync().exit_code == exit_codes.DONE
    assert house.active == {"ada@x.org", "bob@x.org"}
    again = house.sync()
    assert (planned(again).is_empty, again.exit_code) == (True, exit_codes.DONE)


def test_pending_changes_are_an_exit_code_only_if_asked_for(house: House) -> None:
    def code(*, asked: bool) -> int:
        return house.do(lambda session: plan(session, SyncOptions(), out=None, report_pending=asked)).exit_code

    assert (code(asked=False), code(asked=True)) == (exit_codes.DONE, exit_codes.CHANGES_PENDING)
    house.sync()
    assert code(asked=True) == exit_codes.DONE


@pytest.mark.parametrize(("answer", "active"), [("yes", 2), ("no", 0)])
def test_a_person_at_a_terminal_is_asked_once(house: House, answer: str, active: int) -> None:
    person = Person(answers=[answer])
    house.context = a_context(screen=person)
    house.sync(SyncOptions())
    assert len(house.active) == active
    assert len(person.asked) == 1


def test_without_a_terminal_nothing_is_done_unless_yes_was_said(house: House) -> None:
    house.context = a_context()
    with pytest.raises(UsageError, match="--yes"):
        house.sync(SyncOptions())
    assert house.active == set()


def test_a_saved_plan_is_carried_out_only_while_it_fits(house: House, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    house.do(lambda session: plan(session, SyncOptions(), out=saved, report_pending=False))
    assert saved.stat().st_mode & 0o777 == 0o600
    house.roster("ada@x.org", "bob@x.org", "cy@x.org")
    with pytest.raises(Unsafe, match="no longer fits"):
        house.sync(YES, saved)
    assert house.active == set()
    house.roster("ada@x.org", "bob@x.org")
    assert house.sync(YES, saved).exit_code == exit_codes.DONE
    assert house.active == {"ada@x.org", "bob@x.org"}


def test_a_saved_plan_of_another_tenant_or_none_at_all_is_refused(house: House, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    made = planned(house.do(lambda session: plan(session, SyncOptions(), out=None, report_pending=False)))
    saved.write_text(plan_to_json(replace(made, tenant="https://other/scim/v2/1")), "utf-8")
    with pytest.raises(Unsafe, match="was made for"):
        house.sync(YES, saved)
    with pytest.raises(SettingsError, match="can't be read"):
        house.sync(YES, tmp_path / "none.json")
    assert house.active == set()


def test_the_rows_of_a_plan_name_every_member(house: House) -> None:
    names = [f"p{number}@x.org" for number in range(9)]
    (house.folder / "people.csv").write_text("username,groups\n" + "".join(f"{name},Crew\n" for name in names), "utf-8")
    found = house.do(lambda session: plan(session, SyncOptions(), out=None, report_pending=False))
    assert found.table is not None
    assert found.table.rows[-1] == ("Crew", "create_group", ", ".join(names), "bound in people.csv")


def test_one_run_at_a_time_holds_a_profile(house: House) -> None:
    with house.context.ledger.lock().held("undo"), pytest.raises(Busy):
        house.sync()
    assert house.active == set()


def test_a_guard_refuses_before_anything_is_asked_or_sent(house: House) -> None:
    house.roster(*(f"p{number}@x.org" for number in range(20)))
    house.sync()
    house.roster("p0@x.org")
    person = Person()
    house.context = a_context(screen=person)
    assert house.sync(SyncOptions()).exit_code == exit_codes.UNSAFE
    assert (len(house.active), person.asked) == (20, [])


def test_a_deactivated_connection_writes_nothing(house: House) -> None:
    mark_disconnected(house.context.settings_file)
    with pytest.raises(Disconnected):
        house.sync()
    assert house.active == set()


def test_only_one_person_is_planned_where_one_is_named(house: House) -> None:
    house.sync(replace(YES, only="bob@x.org"))
    assert house.active == {"bob@x.org"}
