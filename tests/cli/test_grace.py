"""``grace``: who left keeps the account and its groups until the day; who is suspended doesn't."""

import re

import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.hands import ADA, CARL, HEADER, PAST, changes, groups, user
from tests.conftest import CommandLine
from tests.fakes.clocks import HurriedClock
from tests.fakes.tenants import running_sandbox

DAY = 86_400.0


@pytest.fixture
def synced(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    """ada and carl are in Design; leavers have seven days."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(HEADER + ADA + CARL)), "--set", "grace=7d")
    assert heapscim("sync", "--yes").exit_code == 0
    return heapscim


def sync(heapscim: CommandLine, *options: str) -> list[tuple[str, str]]:
    ran = heapscim.json("sync", *PAST, "--allow-member-removals", "9", *options)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    return [(kind, name) for kind, name, _ in changes(ran)]


def test_who_left_keeps_everything_until_the_day(synced: CommandLine, sandbox: Sandbox, clock: HurriedClock) -> None:
    synced.roster(HEADER + ADA)
    before = sandbox.store.snapshot()
    assert sync(synced) == []
    ran = synced("plan")
    assert ran.exit_code == 0
    assert re.search(r"deactivate carl@x\.org on \d{1,2} [A-Z][a-z]+ 20\d\d: no longer in people\.csv", ran.stdout)
    assert "Deferred: 1 removal." in ran.stdout
    clock.ahead += 7 * DAY - 60
    assert sync(synced) == []
    assert sandbox.store.snapshot() == before
    clock.ahead += 120
    assert sync(synced) == [("remove_members", "Design"), ("deactivate_user", "carl@x.org")]
    assert user(sandbox, "carl@x.org")["active"] is False


def test_a_plan_starts_no_time_and_who_returns_is_forgotten(synced: CommandLine, clock: HurriedClock) -> None:
    synced.roster(HEADER + ADA)
    assert synced("plan").exit_code == 0
    clock.ahead += 8 * DAY
    assert sync(synced) == []
    synced.roster(HEADER + ADA + CARL)
    assert sync(synced) == []
    clock.ahead += 8 * DAY
    synced.roster(HEADER + ADA)
    assert sync(synced) == []
    clock.ahead += 8 * DAY
    assert ("deactivate_user", "carl@x.org") in sync(synced)


def test_a_suspended_person_and_one_named_with_now_do_not_wait(synced: CommandLine, sandbox: Sandbox) -> None:
    synced.roster(HEADER + ADA.replace(",\n", ",no\n"))
    found = sync(synced)
    assert ("deactivate_user", "ada@x.org") in found
    assert ("deactivate_user", "carl@x.org") not in found
    assert groups(sandbox)["Design"] == ["carl@x.org"]
    assert ("deactivate_user", "carl@x.org") in sync(synced, "--now", "2")
    assert synced("plan", "--now", "nobody@x.org").exit_code == 2


def test_by_hand_is_at_once(synced: CommandLine, sandbox: Sandbox) -> None:
    assert synced("users", "deactivate", "carl@x.org", "--yes").exit_code == 0
    assert user(sandbox, "carl@x.org")["active"] is False


def test_a_saved_plan_fits_although_somebody_waits(synced: CommandLine, clock: HurriedClock) -> None:
    synced.roster(HEADER + "1,ada@x.org,Byron,Analyst,Design,\n")
    path = str(synced.folder / "saved.json")
    assert synced("plan", "--out", path).exit_code == 0
    clock.ahead += DAY
    assert ("update_user", "ada@x.org") in sync(synced, "--plan", path)


def test_an_unproven_read_starts_no_time(synced: CommandLine, clock: HurriedClock) -> None:
    synced.roster((HEADER + ADA).rstrip("\n"))  # may be cut off
    assert synced("sync", "--yes").exit_code == 8
    clock.ahead += 8 * DAY
    synced.roster(HEADER + ADA)
    assert sync(synced) == []


def test_guards_count_only_what_is_done_now(heapscim: CommandLine, clock: HurriedClock) -> None:
    with running_sandbox() as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(HEADER + ADA + CARL)), "--set", "grace=7d")
        assert heapscim("sync", "--yes").exit_code == 0
        heapscim.roster(HEADER + "9,new@x.org,,,,\n")
        assert heapscim("sync", "--yes").exit_code == 0
        clock.ahead += 8 * DAY
        assert heapscim("sync", "--yes").exit_code == 6
        assert ("deactivate_user", "carl@x.org") in sync(heapscim), "a refusal doesn't start the time again"


def test_a_grace_that_is_no_duration_is_refused(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("profiles", "set", "grace=soon")
    assert ran.exit_code != 0
    assert "grace" in ran.stderr


def test_a_grace_that_is_no_duration_is_told_what_it_takes(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("profiles", "set", "grace=7x")
    assert ran.exit_code == 1
    assert 'grace is "7x"' in ran.stderr
    assert 'such as "7d"' in ran.stderr


def test_explain_says_until_which_day(synced: CommandLine) -> None:
    synced.roster(HEADER + ADA)
    assert sync(synced) == []
    said = synced("users", "explain", "carl@x.org").stdout
    assert re.search(r"on \d{1,2} [A-Z][a-z]+ 20\d\d", said), said


def test_only_one_person_waits_no_less(synced: CommandLine, clock: HurriedClock) -> None:
    synced.roster(HEADER + ADA)
    assert sync(synced) == []
    clock.ahead += DAY
    assert sync(synced, "--only", "carl@x.org") == []
    clock.ahead += 6 * DAY + 60
    assert ("deactivate_user", "carl@x.org") in sync(synced, "--only", "carl@x.org")


def test_an_only_about_somebody_else_keeps_the_time(synced: CommandLine, clock: HurriedClock) -> None:
    synced.roster(HEADER + ADA)
    assert sync(synced) == []
    clock.ahead += 6 * DAY
    assert sync(synced, "--only", "ada@x.org") == []
    clock.ahead += DAY + 60
    assert ("deactivate_user", "carl@x.org") in sync(synced)


def test_a_clock_that_is_set_back_starts_the_time_again(synced: CommandLine, clock: HurriedClock) -> None:
    synced.roster(HEADER + ADA)
    clock.ahead += 30 * DAY
    assert sync(synced) == []
    clock.ahead -= 30 * DAY
    assert sync(synced) == []
    clock.ahead += 7 * DAY + 60
    assert ("deactivate_user", "carl@x.org") in sync(synced)


def test_the_undo_of_a_run_leaves_a_leaver_who_waits_alone(synced: CommandLine, clock: HurriedClock) -> None:
    synced.roster(HEADER + "1,ada@x.org,Byron,Analyst,Design,\n")
    assert sync(synced) == [("update_user", "ada@x.org")]
    ran = synced.json("undo", "last", *PAST)
    assert (ran.exit_code, [name for _, name, _ in changes(ran)]) == (0, ["ada@x.org"])
    clock.ahead += 7 * DAY + 60
    assert ("deactivate_user", "carl@x.org") in sync(synced)


def test_a_leaver_waits_although_the_group_is_deleted(
    synced: CommandLine, sandbox: Sandbox, clock: HurriedClock
) -> None:
    synced.roster(HEADER + "1,ada@x.org,Lovelace,Analyst,,\n")
    found = sync(synced, "--allow-group-deletions", "9")
    assert ("deactivate_user", "carl@x.org") not in found
    assert user(sandbox, "carl@x.org")["active"] is True
    clock.ahead += 7 * DAY + 60
    assert ("deactivate_user", "carl@x.org") in sync(synced)


def test_a_leaver_waits_although_the_group_is_released(
    heapscim: CommandLine, sandbox: Sandbox, clock: HurriedClock
) -> None:
    people = "people: [{username: ada@x.org}, {username: carl@x.org}]\n"
    bound = people + "groups:\n  - {name: Design, members: [ada@x.org, carl@x.org]}\n"
    roster = heapscim.roster(bound + "  - {name: Lab, members: [ada@x.org]}\n", "people.yaml")
    heapscim.activate(sandbox, "--directory", str(roster), "--set", "grace=7d", "--set", "scope=groups")
    assert heapscim("sync", "--yes").exit_code == 0
    assert heapscim("groups", "unbind", "Design", "--yes").exit_code == 0
    assert sync(heapscim) == [("release_group", "Design")]
    assert groups(sandbox)["Design"] == ["ada@x.org", "carl@x.org"]
    clock.ahead += 7 * DAY - 60
    assert sync(heapscim) == []
    clock.ahead += 120
    assert sync(heapscim) == [("deactivate_user", "carl@x.org")]
    assert groups(sandbox)["Design"] == ["ada@x.org", "carl@x.org"], "a released group is left as it is"


def test_an_account_is_deleted_only_after_the_grace(synced: CommandLine, sandbox: Sandbox, clock: HurriedClock) -> None:
    assert synced("profiles", "set", "dialect.deprovision=delete").exit_code == 0
    synced.roster(HEADER + ADA)
    before = sandbox.store.snapshot()
    assert sync(synced) == []
    clock.ahead += 7 * DAY - 60
    assert sync(synced) == []
    assert sandbox.store.snapshot() == before
    clock.ahead += 120
    assert ("delete_user", "carl@x.org") in sync(synced)
    assert "carl@x.org" not in sandbox.store.snapshot()["users"]
