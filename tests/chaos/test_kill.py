"""kill -9 at any instant of a sync, then a sync: nothing is lost, nothing is done twice."""

from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from tests.chaos.forking import Forker
from tests.chaos.tenancy import Tenancy, a_tenancy
from tests.chaos.town import a_town

PEOPLE, GROUPS = 280, 45


def _cut_off(tenancy: Tenancy, chance: Random, changes: int) -> bool:
    """Kills a sync within a few milliseconds of a random write; answers whether it was still running."""
    later = a_town(PEOPLE, GROUPS, later=True)
    instant, begun = tenancy.sandbox.tenant.writes + chance.randrange(changes), monotonic()
    pid = tenancy.start_sync(later)
    while tenancy.sandbox.tenant.writes < instant and monotonic() - begun < 30:
        sleep(0.0005)
    sleep(chance.random() * 0.01)
    return tenancy.forker.kill(pid).exit_code == -9


def _kill_and_sync(folder: Path, forker: Forker, chance: Random, *, times: int, least: int) -> None:
    before, later = a_town(PEOPLE, GROUPS, later=False), a_town(PEOPLE, GROUPS, later=True)
    with a_tenancy(folder, forker, before, latency=0.002) as tenancy:
        assert tenancy.sync(before).exit_code == 0
        tenancy.keep(folder / "kept")
        written = tenancy.sandbox.tenant.writes
        done = tenancy.sync(later)
        assert done.exit_code == 0, done.said
        wanted, changes = tenancy.content, tenancy.sandbox.tenant.writes - written
        assert changes >= 300
        cut_off = 0
        for _ in range(times):
            tenancy.put_back(folder / "kept")
            cut_off += _cut_off(tenancy, chance, changes)
            ended = tenancy.sync(later)
            assert ended.exit_code == 0, ended.said
            assert tenancy.content == wanted
            assert tenancy.run("plan", "--exit-code").exit_code == 0
            verified = tenancy.run("history", "--verify")
            assert verified.exit_code == 0, verified.said
        assert cut_off >= least


def test_a_killed_sync_is_made_good_by_the_next_one(tmp_path: Path, forker: Forker, chance: Random) -> None:
    _kill_and_sync(tmp_path, forker, chance, times=6, least=3)


@pytest.mark.long
def test_a_sync_killed_at_many_instants_is_made_good_each_time(tmp_path: Path, forker: Forker, chance: Random) -> None:
    _kill_and_sync(tmp_path, forker, chance, times=240, least=200)
