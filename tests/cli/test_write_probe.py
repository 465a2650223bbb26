"""``doctor --write-probe`` as a person runs it: stopped, killed, and asked again."""

import os
import signal

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.clocks import HurriedClock
from tests.fakes.processes import ended, interrupt, started, wait_until

PROBE = ("doctor", "--write-probe", "--probe-address", "probe+heapscim@x.org", "--yes")
EMPTY: dict[str, dict[str, object]] = {"users": {}, "groups": {}}


@pytest.fixture
def connected(heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\n")))
    return sandbox


def test_the_report_names_each_part_and_what_was_recorded(heapscim: CommandLine, connected: Sandbox) -> None:
    ran = heapscim.json(*PROBE)
    assert ran.exit_code == 0, ran.stderr
    assert {one["state"] for one in ran.data["findings"]} == {"pass"}
    assert ran.data["recorded"]["external_id"] == "kept"
    assert connected.store.snapshot() == EMPTY
    runs = heapscim.json("history").data
    assert {run["command"] for run in runs} == {"doctor"}
    assert {run["run"] for run in runs} == set(ran.data["runs"])
    assert heapscim.json("history", "--verify").data["whole"] is True
    assert heapscim.json("status").data["managed"] == {"users": 0, "groups": 0}


@pytest.mark.usefixtures("connected")
def test_its_options_mean_nothing_without_it(heapscim: CommandLine) -> None:
    ran = heapscim("doctor", "--probe-address", "probe@x.org")
    assert ran.exit_code == 2
    assert "--write-probe" in ran.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process can catch")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cleans_up_before_it_ends(heapscim: CommandLine, connected: Sandbox, number: int) -> None:
    connected.tenant.latency = 0.1
    with started(*PROBE, "--output", "json") as run:
        wait_until(lambda: bool(connected.store.groups))
        interrupt(run, number)
        code, _, stderr = ended(run)
    assert code == 130, stderr
    assert connected.store.snapshot() == EMPTY
    assert heapscim.json("history", "--verify").data["whole"] is True


@pytest.mark.parametrize("writes", [1, 4, 6, 13])
def test_what_a_kill_leaves_is_named_and_removed_by_the_next_one(
    heapscim: CommandLine, connected: Sandbox, clock: HurriedClock, writes: int
) -> None:
    connected.tenant.latency = 0.05
    with started(*PROBE) as run:
        wait_until(lambda: connected.tenant.writes >= writes)
        run.kill()
        ended(run)
    connected.tenant.latency = 0.0
    parts = {one["part"]: one for one in heapscim.json("doctor").data["findings"]}
    assert parts["leftovers"]["state"] == "warn"
    assert "probe+heapscim@x.org" in parts["leftovers"]["found"]
    again = heapscim.json(*PROBE)
    if again.exit_code == 5:  # the request that was under way may still arrive
        assert "may still create" in again.envelope["error"]["message"]
        clock.ahead += 300
        again = heapscim.json(*PROBE)
    assert again.exit_code == 0, again.stdout
    assert connected.store.snapshot() == EMPTY
    assert "leftovers" not in {one["part"] for one in heapscim.json("doctor").data["findings"]}
