"""The ledger gives out in the middle of a run: the run stops, and whatever left had been written down before."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from time import sleep

import pytest

from tests.chaos.services import Content, a_sandbox
from tests.chaos.tenancy import ALLOWED, DONE, Grounds, Tenancy, a_tenancy
from tests.chaos.town import a_town

TOWN = a_town(200, 20, later=True)
BUSY, ERROR = 5, 1


def ledger_file(tenancy: Tenancy) -> Path:
    return tenancy.folder / "state" / "ledgers" / "default.sqlite3"


def start_slowly(tenancy: Tenancy) -> int:
    """Starts a sync and comes back in the middle of it."""
    assert tenancy.service.sandbox is not None
    tenancy.service.sandbox.tenant.latency = 0.02
    pid = tenancy.start_sync(TOWN)
    while tenancy.proxy.writes < 40:
        assert tenancy.forker.is_running()
        sleep(0.001)
    return pid


def written_down(tenancy: Tenancy) -> set[str]:
    """Everybody whose account may have been made, by the journal."""
    with closing(sqlite3.connect(ledger_file(tenancy))) as ledger:
        rows = ledger.execute(
            "SELECT subject FROM operations WHERE kind = 'create_user' AND state IN ('sent', 'done')"
        ).fetchall()
    return {str(subject) for (subject,) in rows}


def made(tenancy: Tenancy) -> set[str]:
    return {str(user["userName"]) for user in tenancy.content["users"]}


def made_good(tenancy: Tenancy) -> Content:
    """What is there once a further sync has done the rest."""
    ended = tenancy.sync(TOWN)
    assert ended.exit_code == DONE, ended.said
    tenancy.is_in_good_order()
    return tenancy.content


@pytest.fixture
def wanted(grounds: Grounds) -> Content:
    """What a sync without any trouble brings about."""
    with a_tenancy(grounds.at("calm"), TOWN, a_sandbox) as tenancy:
        return made_good(tenancy)


def test_a_ledger_that_another_process_seizes_stops_the_run(grounds: Grounds, wanted: Content) -> None:
    with a_tenancy(grounds.at("rough"), TOWN, a_sandbox) as tenancy:
        start_slowly(tenancy)
        with closing(sqlite3.connect(ledger_file(tenancy), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ended = tenancy.forker.wait()
        assert (ended.exit_code, "is in use" in ended.said) == (BUSY, True), ended.said
        assert "Traceback" not in ended.said
        assert 0 < len(made(tenancy)) < len(TOWN["people"])
        assert made(tenancy) <= written_down(tenancy)
        assert made_good(tenancy) == wanted


def test_a_ledger_that_is_deleted_stops_the_run(grounds: Grounds, wanted: Content) -> None:
    with a_tenancy(grounds.at("rough"), TOWN, a_sandbox) as tenancy:
        start_slowly(tenancy)
        for kept in ledger_file(tenancy).parent.glob("default.sqlite3*"):
            kept.unlink()
        ended = tenancy.forker.wait()
        assert (ended.exit_code, "was moved, deleted or replaced" in ended.said) == (ERROR, True), ended.said
        assert 0 < len(made(tenancy)) < len(TOWN["people"])
        assert made_good(tenancy) == wanted


def test_a_ledger_that_is_lost_in_the_middle_of_a_run_is_made_good_by_name(grounds: Grounds, wanted: Content) -> None:
    """The tenant would let everybody be made a second time."""
    with a_tenancy(grounds.at("rough"), TOWN, a_sandbox) as tenancy:
        os.kill(start_slowly(tenancy), signal.SIGKILL)
        tenancy.forker.wait()
        sleep(0.3)  # what was under way is still carried out
        written, file = tenancy.proxy.writes, ledger_file(tenancy)
        for kept in file.parent.glob("default.sqlite3-*"):
            kept.unlink()
        file.write_bytes(b"SQLite format 3\x00" + b"\x01" * 4096)
        refused = tenancy.sync(TOWN)
        assert (refused.exit_code, "is damaged" in refused.said) == (ERROR, True), refused.said
        assert tenancy.proxy.writes == written
        file.unlink()
        assert made_good(tenancy) == wanted


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place where nobody may write, not even root")
def test_a_place_where_no_ledger_can_be_sends_nothing(grounds: Grounds) -> None:
    with a_tenancy(grounds, TOWN, a_sandbox) as tenancy:
        environment = {**tenancy.environment, "HEAPSCIM_STATE_DIR": "/proc/self/heapscim"}
        ended = tenancy.forker.run(["sync", *ALLOWED], grounds.folder, environment)
        assert (ended.exit_code, tenancy.proxy.writes) == (ERROR, 0), ended.said
        assert "/proc/self/heapscim" in ended.said
        assert "Traceback" not in ended.said
