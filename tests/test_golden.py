"""Profiles, ledgers, saved plans and rosters of an earlier version open, prove, resume and undo with this one."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from heapscim.ledger.protocol import Ledger
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.contexts import a_context
from tests.fakes.golden import GOLDEN, golden, put_golden

TENANT = "http://127.0.0.1:47113/scim/v2/1234567"
LEDGERS = pytest.mark.parametrize("left", ["whole", "cut-off", "pruned"], indirect=True)
WIDE = ("--yes", "--allow-updates", "20", "--allow-removals", "20")


@pytest.fixture
def left(
    request: pytest.FixtureRequest, heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The name of what the earlier version left, once it is there."""
    put_golden(request.param, heapscim, sandbox, monkeypatch)
    return str(request.param)


def opened() -> Ledger:
    return a_context().ledger.open(TENANT)


def as_written(name: str, query: str, *values: str) -> list[Any]:
    """What the ledger says as the earlier version wrote it, in its own words."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript((GOLDEN / name / "ledger.sql").read_text("utf-8"))
        return connection.execute(query, values).fetchall()


def proof(heapscim: CommandLine) -> Any:  # noqa: ANN401
    ran = heapscim.json("history", "--verify")
    assert ran.exit_code == 0, ran.stdout
    return ran.data


def last_sync(name: str) -> str:
    ((run,),) = as_written(name, "SELECT max(run) FROM runs WHERE command = 'sync'")
    return str(run)


@LEDGERS
def test_a_ledger_is_whole_and_keeps_its_head(heapscim: CommandLine, left: str) -> None:
    notes = dict(as_written(left, "SELECT key, value FROM meta"))
    found = proof(heapscim)
    assert (found["whole"], found["head"], found["events"]) == (True, notes["chain_head"], int(notes["chain_count"]))
    assert heapscim.json("history", "--verify", "--head", notes["chain_head"]).exit_code == 0


@LEDGERS
@pytest.mark.usefixtures("left")
def test_a_ledger_that_was_changed_is_told_of(heapscim: CommandLine) -> None:
    opened().close()
    with closing(sqlite3.connect(heapscim.folder / "state" / "ledgers" / "default.sqlite3")) as connection, connection:
        connection.execute("UPDATE links SET name = 'eve@x.org' WHERE type = 'user'")
    ran = heapscim.json("history", "--verify")
    assert ran.exit_code == 1
    assert "was changed: name." in "\n".join(ran.data["problems"])


@LEDGERS
def test_runs_are_listed_as_they_were(left: str) -> None:
    rows = as_written(left, "SELECT run, command, outcome, who, host, started FROM runs ORDER BY run DESC")
    ledger = opened()
    assert [(run.run, run.command, run.outcome, run.who, run.host, run.started) for run in ledger.runs()] == rows
    for run in ledger.runs():
        changes = as_written(left, "SELECT subject, state, id FROM operations WHERE run = ? ORDER BY seq", run.run)
        assert [(entry.subject, entry.state, entry.id) for entry in ledger.operations(run.run)] == changes
    ledger.close()


@LEDGERS
def test_everybody_who_was_managed_is_and_everybody_who_was_seen_is_known(left: str) -> None:
    links = as_written(left, "SELECT type, external_id, id, name, by_hand FROM links ORDER BY type, id")
    seen = as_written(left, "SELECT id, seen FROM names WHERE type = 'user'")
    ledger = opened()
    found = [("group", link) for link in ledger.links().groups] + [("user", link) for link in ledger.links().users]
    rows = [(type, link.external_id, link.id, link.name, int(link.by_hand)) for type, link in found]
    assert sorted(rows, key=lambda row: (row[0], row[2])) == links
    moments = sorted({at for _, at in seen}) or [0.0]
    for moment in (moments[0] - 1, *moments):
        assert ledger.known_ids("user", before=moment) == {id for id, at in seen if at <= moment}
    ledger.close()


@pytest.mark.parametrize("left", ["whole", "pruned"], indirect=True)
def test_the_last_sync_is_undone_as_that_version_did(heapscim: CommandLine, sandbox: Sandbox, left: str) -> None:
    ran = heapscim("undo", last_sync(left), *WIDE)
    assert ran.exit_code == 0, ran.stdout
    assert sandbox.store.snapshot() == golden(left, "undone.json")
    assert proof(heapscim)["whole"]


@pytest.mark.parametrize("left", ["pruned"], indirect=True)
def test_a_sync_after_it_finds_nothing_to_do(heapscim: CommandLine, left: str) -> None:
    assert left == "pruned"
    ran = heapscim.json("sync", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {}), ran.stdout
    assert proof(heapscim)["whole"]


@pytest.mark.parametrize("command", [("resume", "last", "--yes"), ("sync", "--yes")])
@pytest.mark.parametrize("left", ["cut-off"], indirect=True)
def test_a_run_that_was_cut_off_is_finished(
    heapscim: CommandLine, sandbox: Sandbox, left: str, command: tuple[str, ...]
) -> None:
    in_doubt = as_written(left, "SELECT subject FROM operations WHERE state = 'sent' ORDER BY seq")
    lost = sandbox.store.user_named(in_doubt[0][0])
    assert lost is not None
    sandbox.store.remove_user(lost["id"])  # one of the requests never arrived
    ran = heapscim(*command)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    content = sandbox.store.snapshot()
    names = [f"u{number:02}@x.org" for number in range(24)]
    assert (sorted(content["users"]), content["groups"]) == (names, {"Staff": names})
    assert heapscim.json("plan").data["counts"] == {}
    assert proof(heapscim)["whole"]


@pytest.mark.parametrize("left", ["whole"], indirect=True)
def test_a_saved_plan_is_the_plan_of_today_and_is_applied(heapscim: CommandLine, sandbox: Sandbox, left: str) -> None:
    shutil.copy(GOLDEN / left / "plan.json", heapscim.folder / "plan.json")
    planned = heapscim.json("plan").data
    saved = golden(left, "plan.json")
    assert (planned["fingerprint"], planned["plan"]["changes"]) == (saved["fingerprint"], saved["plan"]["changes"])
    ran = heapscim("sync", "--plan", "plan.json", "--yes")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    content = sandbox.store.snapshot()
    assert content["users"]["donald@x.org"]["active"]
    assert {"donald@x.org", "emmy@x.org"} <= set(content["groups"]["Ops"])
    assert proof(heapscim)["whole"]


@pytest.mark.parametrize("left", ["whole"], indirect=True)
def test_a_saved_plan_that_no_longer_fits_is_refused(heapscim: CommandLine, sandbox: Sandbox, left: str) -> None:
    shutil.copy(GOLDEN / left / "plan.json", heapscim.folder / "plan.json")
    sandbox.store.add_user({"userName": "donald@x.org"})
    before = sandbox.store.snapshot()
    assert heapscim("sync", "--plan", "plan.json", "--yes").exit_code == 6
    assert sandbox.store.snapshot() == before


@pytest.mark.parametrize("left", ["whole"], indirect=True)
def test_a_saved_plan_of_another_hand_is_refused(heapscim: CommandLine, sandbox: Sandbox, left: str) -> None:
    document = golden(left, "plan.json")
    document["plan"]["changes"][0]["user_name"] = "eve@x.org"
    (heapscim.folder / "plan.json").write_text(json.dumps(document), "utf-8")
    before = sandbox.store.snapshot()
    ran = heapscim("sync", "--plan", "plan.json", "--yes")
    assert (ran.exit_code, "was changed after it was saved" in ran.stderr) == (1, True)
    assert sandbox.store.snapshot() == before


@LEDGERS
def test_a_profile_goes_with_all_that_belongs_to_it(heapscim: CommandLine, left: str) -> None:
    assert heapscim("plan").exit_code in (0, 6), left
    assert heapscim("deactivate", "--delete-profile", "--yes").exit_code == 0
    there = [path.name for path in heapscim.folder.rglob("default*") if path.is_file()]
    assert there == ["default.sqlite3.lock"]


@pytest.mark.parametrize("name", sorted(golden("rosters", "plans.json")))
def test_a_roster_is_read_as_it_was(heapscim: CommandLine, sandbox: Sandbox, name: str) -> None:
    shutil.copy(GOLDEN / "rosters" / name, heapscim.folder / name)
    heapscim.activate(sandbox)
    ran = heapscim.json("plan", "--directory", name)
    plan = ran.data["plan"]
    changes = [{key: value for key, value in change.items() if key != "reason"} for change in plan["changes"]]
    assert golden("rosters", "plans.json")[name] == {
        "exit_code": ran.exit_code,
        "counts": ran.data["counts"],
        "changes": changes,
        "skips": [skip["user_name"] for skip in plan["skips"]],
        "impact": plan["impact"],
    }


def test_what_is_kept_names_no_machine() -> None:
    for path in GOLDEN.rglob("*"):
        assert path.is_dir() or not any(word in path.read_text("utf-8") for word in ("/root", "/home")), path
    assert Path(GOLDEN / "rosters" / "semicolons.csv").read_bytes().count(b"\r\n") == 3
