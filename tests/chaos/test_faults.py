"""A tenant that is in trouble a fifth of the time: the sync gets there, does nothing twice, and doesn't storm."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.chaos.forking import Forker
from tests.chaos.tenancy import Tenancy, a_tenancy
from tests.chaos.town import Document, a_town

FAULTS = "429_seconds,429_date,500,502,503,reset_before,reset_after,truncate,stall,html"
MOST_SYNCS = 4


@dataclass(frozen=True)
class Trouble:
    """How long a stalled answer waits, and how long the client does (seconds); how many requests are no storm."""

    stall: float
    timeout: float
    most: float
    """Times the requests of a tenant without faults, besides one retry for each fault. The fewer requests a run has,
    the more chance decides."""


def _faultless(folder: Path, forker: Forker, town: Document) -> tuple[Document, int]:
    """What a tenant without faults holds in the end, and how many requests that took."""
    folder.mkdir()
    with a_tenancy(folder, forker, town) as tenancy:
        before = tenancy.sandbox.tenant.faults.arrived
        assert tenancy.sync(town).exit_code == 0
        return tenancy.content, tenancy.sandbox.tenant.faults.arrived - before


def _converges(tenancy: Tenancy, town: Document) -> int:
    """Syncs until all is done; answers how many further syncs that took."""
    further = 0
    while (ended := tenancy.sync(town)).exit_code != 0:
        assert ended.exit_code in (5, 7), ended.said
        assert further < MOST_SYNCS, ended.said
        further += 1
    return further


def _get_there(folder: Path, forker: Forker, chance: Random, town: Document, trouble: Trouble) -> None:
    wanted, fewest = _faultless(folder / "calm", forker, town)
    (folder / "rough").mkdir()
    settings = ("[http]", f"timeout = {trouble.timeout}", "retries = 8")
    seed = chance.randrange(10**6)
    with a_tenancy(folder / "rough", forker, town, *settings, fault_seed=seed) as tenancy:
        faults = tenancy.sandbox.tenant.faults
        before = faults.arrived
        tenancy.behave(fault_rate=0.2, faults=FAULTS, stall_seconds=trouble.stall)
        further = _converges(tenancy, town)
        arrived, happened = faults.arrived - before, faults.happened.copy()
        tenancy.behave()
        assert tenancy.content == wanted
        assert len(happened) > len(FAULTS.split(",")) / 2
        before = faults.arrived
        assert tenancy.run("plan", "--exit-code").exit_code == 0
        reads = faults.arrived - before
        assert tenancy.run("history", "--verify").exit_code == 0
        allowed = trouble.most * fewest + happened.total() + further * reads
        print(f"{fewest} requests without faults; {arrived} with {happened.total()} faults and {further} more syncs")
        assert arrived <= allowed, f"{arrived} requests, {allowed} allowed: {happened}"


def test_a_sync_gets_there_though_a_fifth_of_requests_fail(tmp_path: Path, forker: Forker, chance: Random) -> None:
    _get_there(tmp_path, forker, chance, a_town(200, 30, later=True), Trouble(stall=3, timeout=1.5, most=1.6))


@pytest.mark.long
def test_two_thousand_people_get_there_though_a_fifth_of_requests_fail(
    tmp_path: Path, forker: Forker, chance: Random
) -> None:
    town = a_town(2500, 180, later=True)
    assert len(town["people"]) >= 2000
    assert len(town["groups"]) >= 100
    _get_there(tmp_path, forker, chance, town, Trouble(stall=30, timeout=5, most=1.3))
