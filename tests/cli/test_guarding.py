"""Guards through the real command line: shown by plan, enforced by every command that writes, passed by a number."""

import time
from contextlib import closing

import pytest

from heapscim.ledger.sqlite.store import open_ledger
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran

TWELVE = "username,role\nu0@x.org,Admin\n" + "".join(f"u{number}@x.org,\n" for number in range(1, 12))
GROUPS = """\
people: [{username: a@x.org}, {username: b@x.org}]
groups:
- {id: 1, name: One, members: [a@x.org]}
- {id: 2, name: Two, members: [b@x.org]}
"""


@pytest.fixture
def twelve(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    """Twelve people in Heap, one of them an Admin."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(TWELVE)))
    assert heapscim("sync", "--yes").exit_code == 0
    return heapscim


def codes(ran: Ran) -> list[str]:
    return [violation["code"] for violation in ran.data["violations"]]


def test_a_directory_that_lost_its_groups_deletes_none_of_them(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(GROUPS, "people.yaml")))
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(GROUPS.partition("- {id")[0].replace("groups:", "groups: []"), "people.yaml")
    before = sandbox.tenant.writes
    shown = heapscim.json("plan")
    assert (shown.exit_code, codes(shown)) == (0, ["empty_source", "group_deletions"])
    refused = heapscim("sync", "--yes")
    assert (refused.exit_code, sandbox.tenant.writes) == (6, before)
    assert "lists no group, and 2 managed groups would be deleted." in refused.stdout
    assert heapscim("sync", "--yes", "--allow-group-deletions", "1").exit_code == 6
    assert heapscim("sync", "--yes", "--allow-group-deletions", "2").exit_code == 0
    assert sandbox.store.snapshot()["groups"] == {}


def test_the_number_that_was_given_is_recorded(twelve: CommandLine, sandbox: Sandbox) -> None:
    names = ("u1@x.org", "u2@x.org")
    assert codes(twelve.json("users", "deactivate", *names, "--yes")) == ["removals"]
    assert twelve("users", "deactivate", *names, "--yes", "--allow-removals", "2").exit_code == 0
    ledger = open_ledger(twelve.folder / "state" / "ledgers" / "default.sqlite3", sandbox.base_url, time.time)
    with closing(ledger):
        run = ledger.last_run()
    assert run is not None
    assert (run.command, run.allowances) == ("users deactivate", {"removals": 2})


@pytest.mark.parametrize("kind", ["removals", "updates", "member-removals", "group-deletions"])
def test_a_number_below_zero_allows_nothing(heapscim: CommandLine, kind: str) -> None:
    ran = heapscim("sync", f"--allow-{kind}", "-1")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert f"'--allow-{kind}': -1 is below 0." in ran.stderr


def test_one_person_by_hand_is_never_a_share(twelve: CommandLine, sandbox: Sandbox) -> None:
    settings = twelve.folder / "config" / "profiles" / "default.toml"
    settings.write_text(settings.read_text() + "\n[limits]\nremoval_share = 0.01\n")
    assert twelve("users", "deactivate", "u3@x.org", "--yes").exit_code == 0
    assert sandbox.store.user_named("u3@x.org")["active"] is False  # type: ignore[index]


def test_protected_people_and_the_last_admin_are_kept_by_hand_too(twelve: CommandLine, sandbox: Sandbox) -> None:
    settings = twelve.folder / "config" / "profiles" / "default.toml"
    settings.write_text('protect = ["u5@*"]\n' + settings.read_text())
    before = sandbox.tenant.writes
    protected = twelve.json("users", "update", "u5@x.org", "--given-name", "Ada", "--yes")
    last = twelve.json("users", "update", "u0@x.org", "--role", "Analyst", "--yes")
    assert (protected.exit_code, codes(protected)) == (6, ["protected"])
    assert (last.exit_code, codes(last)) == (6, ["last_admin"])
    assert sandbox.tenant.writes == before


def test_a_change_to_admin_is_called_out_wherever_it_comes_from(twelve: CommandLine) -> None:
    ran = twelve("users", "update", "u7@x.org", "--role", "admin", "--yes")
    assert (ran.exit_code, "u7@x.org becomes Admin." in ran.stdout) == (0, True)
    twelve.roster(TWELVE.replace("u0@x.org,Admin", "u0@x.org,Analyst").replace("u2@x.org,", "u2@x.org,Admin"))
    shown = twelve("plan").stdout
    assert "u0@x.org is no longer Admin." in shown
    assert "u2@x.org becomes Admin." in shown


def test_a_run_that_withheld_a_removal_says_so_last_and_what_brings_it_about(twelve: CommandLine) -> None:
    twelve.roster(TWELVE.replace("u11@x.org,\n", "u12@x.org,"))
    ran = twelve("sync", "--yes")
    run = twelve.json("history", "last").data["run"]["run"]
    assert ran.exit_code == 8
    assert ran.stdout.splitlines()[-2:] == [
        "Withheld: 1 removal. Run the same command again once these reasons are gone.",
        f"Run {run}: 1 done, 1 withheld. 1 user created.",
    ]


EIGHT = "username,groups\n" + "".join(f"u{number}@x.org,All\n" for number in range(8))


@pytest.fixture
def eight(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    """Eight people in Heap, all in one group."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(EIGHT)))
    assert heapscim("sync", "--yes").exit_code == 0
    return heapscim


def without(*numbers: int) -> str:
    return "".join(line for line in EIGHT.splitlines(keepends=True) if line[1:2] not in map(str, numbers))


@pytest.mark.parametrize("gone", [(0, 1), (0, 1, 2, 3), (0, 1, 2, 3, 4, 5, 6)])
def test_an_unattended_run_does_not_halve_a_small_team(
    eight: CommandLine, sandbox: Sandbox, gone: tuple[int, ...]
) -> None:
    eight.roster(without(*gone))
    before = sandbox.tenant.writes
    refused = eight("sync", "--yes")
    assert (refused.exit_code, sandbox.tenant.writes) == (6, before)
    number = len(gone)
    assert (
        f"Refused: {number} of 8 managed accounts would lose access; the limit of fewer than 10 is 1." in refused.stdout
    )
    assert f"if they are right, `--allow-removals {number}`." in refused.stdout
    assert "Small team (8 managed accounts, fewer than 10): at most 1 removal in a run" in eight("plan").stdout
    assert eight("sync", "--yes", "--allow-removals", str(number - 1)).exit_code == 6
    numbers = ("--allow-removals", str(number), "--allow-member-removals", str(number))
    assert eight("sync", "--yes", *numbers).exit_code == 0
    assert sum(user["active"] is True for user in sandbox.store.users.values()) == 8 - number


def test_one_leaver_of_a_small_team_goes_and_the_plan_says_the_limit(eight: CommandLine, sandbox: Sandbox) -> None:
    eight.roster(without(3))
    ran = eight.json("sync", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"remove_members": 1, "deactivate_user": 1})
    assert ran.data["plan"]["notices"] == [
        "Small team (8 managed accounts, fewer than 10): at most 1 removal in a run without `--allow-removals`."
    ]
    assert sandbox.store.user_named("u3@x.org")["active"] is False  # type: ignore[index]
    assert eight.json("plan").data["plan"]["notices"] == []


def test_people_of_a_small_team_who_are_named_by_hand_are_no_surprise(eight: CommandLine, sandbox: Sandbox) -> None:
    assert eight("users", "deactivate", "u1@x.org", "u2@x.org", "u3@x.org", "--yes").exit_code == 0
    assert sum(user["active"] is True for user in sandbox.store.users.values()) == 5
    undone = eight("undo", "last", "--yes")
    assert undone.exit_code == 0, undone.stdout


def test_a_small_group_is_not_emptied_and_a_small_team_not_rewritten_in_silence(eight: CommandLine) -> None:
    eight.roster(EIGHT.replace(",All", ","))
    assert codes(eight.json("sync", "--yes")) == ["member_removals"]
    eight.roster(EIGHT.replace("username,groups", "username,groups,firstname").replace(",All\n", ",All,X\n"))
    assert codes(eight.json("sync", "--yes")) == ["updates"]
    assert eight("sync", "--yes", "--allow-updates", "8").exit_code == 0


def test_a_small_team_is_taken_over_with_its_names_at_first(heapscim: CommandLine, sandbox: Sandbox) -> None:
    for number in range(8):
        sandbox.store.add_user({"userName": f"u{number}@x.org"})
    roster = heapscim.roster(EIGHT.replace("username,groups", "username,firstname").replace(",All", ",Given"))
    heapscim.activate(sandbox, "--directory", str(roster))
    ran = heapscim.json("sync", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"update_user": 8})


def test_a_profile_may_set_what_a_small_team_is(eight: CommandLine) -> None:
    eight("activate", "--set", "limits.min_population=20")
    eight.roster(without(3, 4))
    assert eight("sync", "--yes").exit_code == 0
    eight("activate", "--set", "limits.removal_count=0")
    eight.roster(without(2, 3, 4))
    ran = eight.json("sync", "--yes")
    assert (ran.exit_code, codes(ran)) == (6, ["removals"])
    assert "at most 0 removals" in ran.data["plan"]["notices"][0]
