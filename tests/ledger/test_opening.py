"""Where a ledger is, and what goes with it when it is deleted."""

import sys
import time
from pathlib import Path

import pytest

from heapscim.config.paths import Folders
from heapscim.errors import Busy, LedgerError, SettingsError
from heapscim.ledger.completion_names import keep_names, names_file
from heapscim.ledger.opening import LedgerPlace
from tests.builders import TENANT, an_account, in_heap


@pytest.fixture
def place(tmp_path: Path) -> LedgerPlace:
    return LedgerPlace(Folders(tmp_path / "config", tmp_path / "state"), "prod", time.time, "host")


def files(place: LedgerPlace) -> list[str]:
    return sorted(path.name for path in (place.folders.state / "ledgers").iterdir())


def test_a_ledger_is_there_once_it_was_opened(place: LedgerPlace) -> None:
    assert not place.exists()
    place.open(TENANT).close()
    assert place.exists()
    assert files(place) == ["prod.sqlite3"]


def test_a_lock_needs_no_ledger(place: LedgerPlace) -> None:
    with place.lock().held("sync"), pytest.raises(Busy, match="`heapscim sync`"), place.lock().held("undo"):
        pytest.fail("two hold the profile")
    assert not place.exists()


def test_the_ledger_of_another_tenant_is_not_opened_in_any_way(place: LedgerPlace) -> None:
    place.open(TENANT).close()
    for way in (place.open, place.inspect):
        with pytest.raises(LedgerError, match="belongs to"):
            way("https://other/scim/v2/2")


def test_a_deletion_takes_all_that_lies_beside_the_ledger(place: LedgerPlace) -> None:
    ledger = place.open(TENANT)
    ledger.remember_seen(in_heap([an_account("1")]), groups=True)
    keep_names(names_file(place.folders, "prod"), in_heap([an_account("1")]), groups=True)
    there = files(place)
    assert there == ["prod.names", "prod.sqlite3", "prod.sqlite3-shm", "prod.sqlite3-wal"]
    other = LedgerPlace(place.folders, "prod.names", time.time, "host")
    other.open(TENANT).close()
    assert sorted(Path(path).name for path in place.delete()) == there
    ledger.close()
    assert place.delete() == []
    assert files(place) == ["prod.names.sqlite3"]


def test_what_cannot_be_deleted_is_said(place: LedgerPlace) -> None:
    (place.folders.state / "ledgers" / "prod.sqlite3").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"prod\.sqlite3 can't be deleted"):
        place.delete()


def test_a_driver_that_is_missing_is_named(place: LedgerPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "heapscim.ledger.postgres.place", None)
    with pytest.raises(LedgerError, match="driver can't be loaded") as refused:
        place.at("postgresql://db.example.com/x").open(TENANT)
    assert "heapscim[postgres]" in (refused.value.hint or "")
    assert not place.at(None).exists()
