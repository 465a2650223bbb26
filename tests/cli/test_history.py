"""The provisioning log as a person and as a script read it."""

import csv
import io
import re
import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from heapscim.errors import UsageError
from heapscim.ledger.entries import OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.sandbox.server import Sandbox
from heapscim.workflows.history import moment
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

PEOPLE = """\
id,username,firstname,role,groups
1,ada@x.org,Ada,Admin,Research
2,grace@x.org,Grace,Analyst,Research
"""


def ledger_file(heapscim: CommandLine) -> Path:
    return heapscim.folder / "state" / "ledgers" / "default.sqlite3"


@pytest.fixture
def two_runs(heapscim: CommandLine, sandbox: Sandbox) -> list[str]:
    """A first sync, and a second one in which Grace leaves and Ada becomes an analyst; newest first."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    sandbox.store.add_user({"userName": "root@x.org", "role": "Admin"})
    heapscim.roster("id,username,firstname,role,groups\n1,ada@x.org,Ada,Analyst,Research\n")
    assert heapscim("sync", "--yes", "--allow-removals", "5").exit_code == 0
    return [run["run"] for run in heapscim.json("history").data]


def test_runs_are_listed_with_who_when_host_what_and_outcome(heapscim: CommandLine, two_runs: list[str]) -> None:
    ran = heapscim("history")
    head, second, first = (line.split("\t") for line in ran.stdout.splitlines())
    assert head == ["run", "started", "command", "by", "changes", "outcome"]
    assert [second[0], second[2], *second[4:]] == [two_runs[0], "sync --allow-removals 5", "3 done", "done"]
    assert [first[0], first[2], *first[4:]] == [two_runs[1], "sync", "3 done", "done"]
    data = heapscim.json("history").data[0]
    assert data["allowances"] == {"removals": 5}
    assert second[3] == f"{data['who']}@{data['host']}"
    assert second[1] == data["started"]
    assert datetime.fromisoformat(data["started"]).tzinfo is not None


def test_a_run_is_shown_change_by_change(heapscim: CommandLine, two_runs: list[str]) -> None:
    changes = {change["kind"]: change for change in heapscim.json("history", two_runs[0]).data["changes"]}
    update = changes["update_user"]
    assert (update["before"], update["after"]) == ({"role": "Admin"}, {"role": "Analyst"})
    assert (update["attempts"], update["state"], update["seconds"] > 0) == (1, "done", True)
    assert changes["remove_members"]["before"] == {"members": ["grace@x.org"]}
    assert changes["deactivate_user"]["after"] == {"active": False}
    ran = heapscim("history", two_runs[0])
    assert f"Run {two_runs[0]}: sync --allow-removals 5, by " in ran.stdout
    rows = [line.split("\t") for line in ran.stdout.splitlines()[1:]]
    assert next(row[:2] for row in rows if row[0] == "ada@x.org") == ["ada@x.org", "update: role Admin → Analyst"]


def test_the_last_run_needs_no_name(heapscim: CommandLine, two_runs: list[str]) -> None:
    run = heapscim.json("history", "last").data["run"]
    assert run["run"] == two_runs[0]
    assert heapscim.json("status").data["last_run"] == run


def test_the_beginning_of_a_name_is_enough_if_only_one_run_begins_so(
    heapscim: CommandLine, two_runs: list[str]
) -> None:
    newer, older = two_runs
    common = newer[: next(place for place, letter in enumerate(newer) if letter != older[place])]
    assert heapscim.json("history", newer[: len(common) + 1]).data["run"]["run"] == newer
    ran = heapscim("history", common)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == f"Error: 2 runs begin with {common}.\nGive more of the name: {newer}, {older}.\n"
    assert heapscim("undo", common, "--yes").exit_code == heapscim("resume", common, "--yes").exit_code == 2
    assert heapscim("history", "").exit_code == heapscim("history", newer + "0").exit_code == 2
    assert heapscim("undo", newer[:-1], "--yes").exit_code == 0
    assert heapscim.json("history", "last").data["run"]["source"].endswith(newer)


def test_every_column_is_in_the_csv(heapscim: CommandLine, two_runs: list[str]) -> None:
    ran = heapscim("history", two_runs[1], "--output", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert list(rows[0]) == [
        "run", "seq", "name", "kind", "before", "after", "reason", "sent", "settled", "attempts", "seconds", "id",
        "error", "message", "state",
    ]  # fmt: skip
    assert [(row["name"], row["kind"], row["state"]) for row in rows] == [
        ("ada@x.org", "create_user", "done"),
        ("grace@x.org", "create_user", "done"),
        ("Research", "create_group", "done"),
    ]
    assert rows[2]["after"] == "members ada@x.org; grace@x.org"


def test_a_person_is_followed_through_all_runs(heapscim: CommandLine, two_runs: list[str]) -> None:
    changes = heapscim.json("history", "--user", "GRACE@x.org").data["changes"]
    assert [(change["run"], change["kind"]) for change in changes] == [
        (two_runs[0], "remove_members"),
        (two_runs[0], "deactivate_user"),
        (two_runs[1], "create_user"),
        (two_runs[1], "create_group"),
    ]
    only = heapscim.json("history", two_runs[1], "--user", "grace@x.org").data["changes"]
    assert [change["kind"] for change in only] == ["create_user", "create_group"]
    assert "deactivate" in heapscim("history", "--user", "grace@x.org").stdout


def test_a_person_is_followed_by_either_id_and_by_the_address_that_was_sent(heapscim: CommandLine) -> None:
    with running_sandbox(entries="as_asked") as sandbox:
        roster = heapscim.roster("id,username,email,groups\nA-1,ada,ada@x.org,Research\nA-2,bob,bob@x.org,Research\n")
        heapscim.activate(sandbox, "--directory", str(roster), "--set", "mapping.emails=email")
        assert heapscim("sync", "--yes").exit_code == 0
        heapscim.roster("id,username,email,groups\nA-1,ada,ada@x.org,\nA-2,bob,bob@x.org,Research\n")
        assert heapscim("sync", "--yes", "--allow-member-removals", "9").exit_code == 0
        id = heapscim.json("users", "show", "ada").data["id"]
        found = [
            [(change["subject"], change["kind"]) for change in heapscim.json("history", "--user", name).data["changes"]]
            for name in ("ada", "ADA@x.org", "A-1", id)
        ]
    assert found[0] == [("Research", "remove_members"), ("ada", "create_user"), ("Research", "create_group")]
    assert found[1] == found[2] == found[0]
    assert found[3] == found[0][:2]  # who is created together with a group has no id yet
    assert heapscim.json("history", "--user", "nobody@x.org").data["changes"] == []


def test_since_narrows_the_list(heapscim: CommandLine, two_runs: list[str]) -> None:
    assert [run["run"] for run in heapscim.json("history", "--since", "7d").data] == two_runs
    later = datetime.fromtimestamp(time.time() + 60).astimezone().isoformat()
    ran = heapscim("history", "--since", later)
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr.startswith("No run since ")


def test_a_profile_without_a_run_says_so(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("history")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "No run yet.\n")


def test_the_words_of_the_server_and_every_try_are_kept(heapscim: CommandLine) -> None:
    with running_sandbox(list_inactive="no", filter="ignored") as sandbox:
        sandbox.store.add_user({"userName": "grace@x.org", "active": False})
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
        assert heapscim("sync", "--yes").exit_code == 7
        run = heapscim.json("history").data[0]
        assert (run["outcome"], run["counts"]) == ("failed", {"done": 1, "failed": 2})
        changes: list[dict[str, Any]] = heapscim.json("history", run["run"]).data["changes"]
        failed = next(change for change in changes if change["state"] == "failed" and change["kind"] == "create_user")
        assert (failed["error_code"], failed["attempts"]) == ("taken", 1)
        assert "409" in failed["message"]


def test_a_run_of_which_some_failed_names_the_next_step_until_another_carries_it_on(heapscim: CommandLine) -> None:
    with running_sandbox(deactivate="ignored") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
        assert heapscim("sync", "--yes").exit_code == 0
        ran = heapscim("users", "deactivate", "grace@x.org", "--yes", "--quiet")
        assert (ran.exit_code, ran.stdout) == (7, "")
        assert "Failed: deactivate grace@x.org: " in ran.stderr
        ran = heapscim("users", "deactivate", "grace@x.org", "--yes")
        run = heapscim.json("history", "last").data["run"]["run"]
        assert ran.stderr.splitlines()[-1] == f"`heapscim resume {run}` tries again what failed."
        assert heapscim("history", run).stderr == f"1 failed. `heapscim resume {run}` tries the rest again.\n"
        assert heapscim("resume", run, "--yes").exit_code == 7
        later = heapscim.json("history", "last").data["run"]["run"]
        assert heapscim("history", run).stderr == f"Run {later} carried it on.\n"


def test_history_needs_no_token_and_no_heap(heapscim: CommandLine, two_runs: list[str]) -> None:
    assert heapscim("deactivate", "--yes").exit_code == 0
    assert heapscim.json("history").data[0]["run"] == two_runs[0]


def test_the_log_is_proven_whole_until_somebody_touches_it(heapscim: CommandLine, two_runs: list[str]) -> None:
    whole = heapscim.json("history", "--verify")
    assert (whole.exit_code, whole.data["whole"], whole.data["problems"]) == (0, True, [])
    head = whole.data["head"]
    assert heapscim("history", "--verify", "--head", head).stdout == (
        f"The log is whole: {whole.data['events']} events.\nHead: {head}\n"
    )
    connection = sqlite3.connect(ledger_file(heapscim))
    connection.execute("UPDATE operations SET state = 'failed' WHERE kind = 'deactivate_user'")
    connection.commit()
    connection.close()
    ran = heapscim("history", "--verify")
    assert ran.exit_code == 1
    assert f"What became of change 2 of run {two_runs[0]} (grace@x.org) was changed." in ran.stdout
    assert "The log is not as heapscim wrote it." in ran.stdout


def test_old_runs_are_forgotten_where_the_profile_says_so(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    old = open_ledger(ledger_file(heapscim), sandbox.base_url, lambda: time.time() - 100 * 86_400)
    run = old.begin(RunHead("sync", "", "", RunContext("ada", "desk", 1, {})), [])
    old.end_run(run, "done")
    old.close()
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    settings.write_text(settings.read_text() + "\n[history]\nkeep_days = 30\n")
    assert heapscim("sync", "--yes").exit_code == 0
    (kept,) = heapscim.json("history").data
    assert kept["run"] != run
    proof = heapscim.json("history", "--verify")
    assert (proof.data["whole"], proof.data["pruned"]) == (True, 2)
    assert "(2 of them no longer kept)" in heapscim("history", "--verify").stdout


def test_a_run_that_was_cut_off_says_how_to_go_on(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ledger = open_ledger(ledger_file(heapscim), sandbox.base_url, time.time)
    drafts = [OperationDraft("delete_user", "ada@x.org", "left", '{"before": {"role": "Admin"}}')]
    run = ledger.begin(RunHead("sync", "people.csv", "", RunContext("ada", "desk", 1, {})), drafts)
    ledger.close()
    ran = heapscim("history", run)
    assert "delete: role Admin → –" in ran.stdout
    assert f"then `heapscim resume {run}` does the rest." in ran.stderr
    assert "\tnot ended\n" in heapscim("history").stdout


def test_a_run_that_was_cut_off_is_not_to_be_resumed_once_a_later_one_changed_heap(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    ledger = open_ledger(ledger_file(heapscim), sandbox.base_url, time.time)
    drafts = [OperationDraft("delete_user", "ada@x.org", "left", '{"before": {"role": "Admin"}}')]
    run = ledger.begin(RunHead("sync", "people.csv", "", RunContext("ada", "desk", 1, {})), drafts)
    ledger.close()
    assert heapscim("sync", "--yes").exit_code == 0
    said = heapscim("history", run).stderr
    assert said == "A later run has changed Heap: what is left of this one may be wrong by now. A sync decides again.\n"


def test_every_kind_of_change_has_its_before_and_after(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    kinds = {
        "rename_group": ('{"name": "Lab", "new_name": "Den"}', "rename group: name Lab → Den"),
        "reactivate_user": ('{"before": {"role": "Admin"}, "after": {"role": null}}', "reactivate: role Admin → –"),
        "take_over_group": ('{"name": "Lab"}', "take over"),
        "release_group": ('{"name": "Lab"}', "release"),
        "delete_group": ('{"members": [{"user_name": "a"}, {"user_name": "b"}]}', "delete group: members a; b → –"),
    }
    ledger = open_ledger(ledger_file(heapscim), sandbox.base_url, time.time)
    drafts = [OperationDraft(kind, "x", "", change) for kind, (change, _) in kinds.items()]
    run = ledger.begin(RunHead("undo", "", "", RunContext("ada", "desk", 1, {})), drafts)
    ledger.close()
    shown = [line.split("\t")[1] for line in heapscim("history", run).stdout.splitlines()[2:]]
    assert shown == [words for _, words in kinds.values()]


def test_runs_of_other_commands_are_shown_by_their_own_words(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ledger = open_ledger(ledger_file(heapscim), sandbox.base_url, time.time)
    drafts = [OperationDraft("add_person", "ada@x.org", "chosen", '{"username": "ada@x.org", "active": true}')]
    run = ledger.begin(RunHead("import", "people.csv", "", RunContext("ada", "desk", 1, {})), drafts)
    ledger.record(run, [(0, None)])
    ran = heapscim("history", run)
    assert "ada@x.org\tadd_person: username ada@x.org\tchosen\t\t\topen" in ran.stdout
    assert "was cut off; then its command does the rest." in ran.stderr
    ledger.record(run, [(0, Settlement("done", attempts=1, seconds=0.5))])
    ledger.end_run(run, "done")
    ledger.close()
    assert "\t1 in 0.50 s\t\tdone" in heapscim("history", run).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("--since", "yesterday"),
        ("--since", "9999999d9"),
        ("--head", "x"),
        ("--verify", "--user", "ada@x.org"),
        ("x", "--verify"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    heapscim: CommandLine, sandbox: Sandbox, arguments: tuple[str, ...]
) -> None:
    heapscim.activate(sandbox)
    assert heapscim("history", *arguments).exit_code == 2


def test_moments() -> None:
    assert moment("90m", 10_000.0) == 4_600.0
    assert moment("2W", 2_000_000.0) == 2_000_000.0 - 14 * 86_400
    assert moment("2025-03-01T00:00:00+00:00", 0.0) == 1_740_787_200.0
    with pytest.raises(UsageError):
        moment("", 0.0)


def tampered(heapscim: CommandLine, *statements: str) -> None:
    connection = sqlite3.connect(ledger_file(heapscim), isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_link_that_somebody_added_or_removed_is_named(heapscim: CommandLine, two_runs: list[str]) -> None:
    assert two_runs
    tampered(
        heapscim,
        "DELETE FROM links WHERE name = 'ada@x.org'",
        "INSERT INTO links (type, external_id, id, name) VALUES ('user', 'r', '1002', 'root@x.org')",
    )
    ran = heapscim("history", "--verify")
    assert ran.exit_code == 1
    assert re.search(r"The user ada@x.org \(id 100\d\) is missing among what is managed\.", ran.stdout)
    assert "The user root@x.org (id 1002) is managed, but no event says since when." in ran.stdout


def test_the_newest_run_is_the_newest_of_the_log(heapscim: CommandLine, two_runs: list[str]) -> None:
    tampered(heapscim, "UPDATE runs SET rowid = 100 - rowid")
    assert [run["run"] for run in heapscim.json("history").data] == two_runs
    assert heapscim.json("history", "last").data["run"]["run"] == two_runs[0]
    assert heapscim("undo", "last", "--yes").exit_code == 0
    assert heapscim.json("history").data[0]["source"].endswith(two_runs[0])
    assert "The runs were put in another order than they began in" in heapscim("history", "--verify").stdout


@pytest.mark.parametrize("command", [("sync", "--yes"), ("plan",), ("undo", "last", "--yes"), ("users", "list")])
def test_nothing_goes_on_with_a_ledger_that_has_a_trigger(
    heapscim: CommandLine, sandbox: Sandbox, two_runs: list[str], command: tuple[str, ...]
) -> None:
    assert two_runs
    tampered(heapscim, "CREATE TRIGGER t AFTER INSERT ON events BEGIN UPDATE links SET id = '1002'; END")
    before = sandbox.store.snapshot()
    heapscim.roster("id,username\n1,ada@x.org\n7,eve@x.org\n")
    ran = heapscim(*command)
    assert ran.exit_code == 1
    assert "was changed by another hand, so it isn't used: The trigger 't' is not heapscim's." in ran.stderr
    assert sandbox.store.snapshot() == before
    proof = heapscim.json("history", "--verify")
    assert (proof.exit_code, proof.data["problems"]) == (1, ["The trigger 't' is not heapscim's."])


def test_a_connection_can_be_ended_whatever_was_done_to_its_ledger(
    heapscim: CommandLine, sandbox: Sandbox, two_runs: list[str]
) -> None:
    assert two_runs
    tampered(heapscim, "CREATE TABLE t (x)")
    assert heapscim("status").exit_code in (0, 1)
    assert heapscim("deactivate", "--delete-profile", "--yes").exit_code == 0
    assert not ledger_file(heapscim).exists()
    assert sandbox.store.users
