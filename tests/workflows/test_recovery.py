"""History, undo, resume and deactivation, below the command line."""

from typing import Any

import pytest

from heapscim.errors import Disconnected, Unsafe, UsageError
from heapscim.planning.guards import Allowances
from heapscim.workflows import exit_codes
from heapscim.workflows.deactivate import deactivate_connection
from heapscim.workflows.history import HistoryOptions, history
from heapscim.workflows.reconcile import SyncOptions
from heapscim.workflows.resume import resume
from heapscim.workflows.status import status_report
from heapscim.workflows.undo import undo
from tests.conftest import MemoryKeyring
from tests.fakes.contexts import a_context
from tests.workflows.conftest import YES, House, Person


def data(result: Any) -> Any:  # noqa: ANN401
    return result.data


def test_the_log_tells_runs_and_what_each_did(house: House) -> None:
    assert data(history(house.context, HistoryOptions())) == []
    house.sync()
    (run,) = data(history(house.context, HistoryOptions()))
    assert (run["command"], run["outcome"]) == ("sync", "done")
    for options in (HistoryOptions(run="last"), HistoryOptions(run=run["run"]), HistoryOptions(user="ada@x.org")):
        changes = data(history(house.context, options))["changes"]
        assert {change["kind"] for change in changes} == {"create_user"}
    assert data(history(house.context, HistoryOptions(verify=True)))["whole"] is True


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (HistoryOptions(run="r9"), "no run r9"),
        (HistoryOptions(head="abc"), "--verify"),
        (HistoryOptions(verify=True, run="last"), "whole log"),
        (HistoryOptions(since="soon"), "isn't a date"),
    ],
)
def test_what_makes_no_sense_is_refused(house: House, options: HistoryOptions, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        history(house.context, options)


def test_an_undo_takes_a_run_back_after_a_question(house: House) -> None:
    house.sync()
    person = Person(answers=["n", "y"])
    house.context = a_context(screen=person)
    refused = house.do(lambda session: undo(session, "last", SyncOptions()))
    assert (refused.exit_code, person.asked) == (exit_codes.UNSAFE, []), "a guard holds for an undo, too"
    allowed = SyncOptions(allowances=Allowances(removals=2))
    for left in (2, 0):
        house.do(lambda session: undo(session, "last", allowed))
        assert len(house.active) == left
    assert len(person.asked) == 2


def test_a_run_that_is_done_has_nothing_left_to_resume(house: House) -> None:
    house.sync()
    writes = house.sandbox.tenant.writes
    assert house.do(lambda session: resume(session, "last", YES)).exit_code == exit_codes.DONE
    assert house.sandbox.tenant.writes == writes


def test_only_the_newest_run_is_resumed(house: House) -> None:
    house.sync()
    (first,) = data(history(house.context, HistoryOptions()))
    house.roster("ada@x.org", "bob@x.org", "cy@x.org")
    house.sync()
    with pytest.raises(Unsafe, match="was followed by"):
        house.do(lambda session: resume(session, first["run"], YES))


def test_a_connection_is_deactivated_only_after_a_yes(
    house: House, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.sync()
    memory_keyring.kept["heapscim", "default"] = "kept"
    no, yes = a_context(screen=Person(answers=["n"])), a_context(screen=Person(answers=["y"]))
    assert data(deactivate_connection(no, delete_profile=False, yes=False)) == {"deactivated": False}
    assert memory_keyring.kept
    found = deactivate_connection(yes, delete_profile=False, yes=False)
    assert (found.exit_code, data(found)["token_forgotten"], memory_keyring.kept) == (0, True, {})
    assert "HEAPSCIM_TOKEN is still set" in found.notices[0]
    with pytest.raises(Disconnected):
        house.sync()
    assert house.active == {"ada@x.org", "bob@x.org"}, "Heap is left as it is"
    monkeypatch.delenv("HEAPSCIM_TOKEN")
    assert deactivate_connection(house.context, delete_profile=True, yes=True).exit_code == exit_codes.DONE
    assert not house.context.settings_file.exists()
    assert not house.context.ledger.exists()


def test_a_report_of_a_tenant_that_cannot_be_reached_is_still_one(house: House) -> None:
    house.sync()
    good = data(status_report(house.context))
    house.sandbox.tenant._token = "another"
    bad = data(status_report(house.context))
    assert (good["reachable"], bad["reachable"]) == (True, False)
    assert good["managed"] == bad["managed"]
