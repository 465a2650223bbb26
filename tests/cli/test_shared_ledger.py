"""Several machines share a ledger: one runs at a time, and what one leaves unfinished another finishes."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.clocks import HurriedClock
from tests.fakes.cutting import Cutter, Way, a_cutter
from tests.fakes.postgres import PostgresServer, folder_for, schema_for, shared_server
from tests.fakes.processes import ended, started, wait_until
from tests.fakes.tenants import TOKEN

TOWN = "username,groups\n" + "".join(f"u{number}@x.org,{'Staff' if number % 2 else 'Lab'}\n" for number in range(40))
VILLAGE = "username,groups\nu0@x.org,Staff\nu1@x.org,Lab\n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return shared_server().url(f"?schema={schema_for(tmp_path)}")


def activate(heapscim: CommandLine, sandbox: Sandbox, url: str, town: str = TOWN) -> None:
    roster = str(heapscim.roster(town))
    unique = ("--set", "dialect.unique_user_names=yes", "--set", "dialect.unique_group_names=yes")  # no create waits
    more = (*unique, "--set", "http.max_in_flight=2")
    heapscim.activate(sandbox, "--directory", roster, "--groups", "--set", f"ledger.url={url}", *more)


def on_another_machine(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEAPSCIM_STATE_DIR", str(heapscim.folder / "other state"))
    monkeypatch.setattr("socket.gethostname", lambda: "standby")


def is_in_good_order(heapscim: CommandLine) -> None:
    assert heapscim("plan", "--exit-code").exit_code == 0
    assert heapscim("history", "--verify").exit_code == 0


def test_one_runs_at_a_time_and_who_is_killed_is_resumed_on_another_machine(
    heapscim: CommandLine, sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate(heapscim, sandbox, url)
    here = socket.gethostname()
    sandbox.tenant.latency = 0.05
    with started("sync", "--yes") as runner:
        wait_until(lambda: sandbox.tenant.writes > 5)
        on_another_machine(heapscim, monkeypatch)
        refused = heapscim("sync", "--yes")
        assert refused.exit_code == 5
        assert f"`heapscim sync`, process {runner.pid} on {here}, since" in refused.stderr
        runner.send_signal(signal.SIGKILL)
        assert ended(runner)[0] == -signal.SIGKILL
    sandbox.tenant.latency = 0.0
    resumed = heapscim("resume", "last", "--yes")
    assert resumed.exit_code == 0, resumed.stderr
    assert len(sandbox.store.snapshot()["users"]) == 40
    assert 42 <= sandbox.tenant.writes <= 44, "what was under way is sent again at most"
    is_in_good_order(heapscim)
    resume, cut_off = heapscim.json("history").data
    assert (resume["host"], cut_off["host"]) == ("standby", here)
    assert not (heapscim.folder / "state" / "ledgers" / "default.sqlite3").exists()


def test_two_syncs_in_processes_of_their_own_do_the_work_once(
    heapscim: CommandLine, sandbox: Sandbox, url: str
) -> None:
    activate(heapscim, sandbox, url)
    with started("sync", "--yes") as one, started("sync", "--yes") as other:
        codes = sorted((ended(one)[0], ended(other)[0]))
    assert codes in ([0, 0], [0, 5], [0, 6], [0, 7])
    assert heapscim("sync", "--yes").exit_code == 0
    assert len(sandbox.store.snapshot()["users"]) == 40
    is_in_good_order(heapscim)


def test_a_password_in_the_url_is_refused_and_not_repeated(heapscim: CommandLine, sandbox: Sandbox) -> None:
    ran = heapscim(
        "activate", "--base-url", sandbox.base_url, "--token-stdin", "--set", "ledger.url=postgresql://a:s3cret@db/x"
    )
    assert ran.exit_code != 0
    assert "doesn't belong in the URL" in ran.stderr
    assert "HEAPSCIM_LEDGER_PASSWORD" in ran.stderr
    assert "s3cret" not in ran.stderr + ran.stdout


def test_a_profile_goes_and_its_shared_ledger_stays(heapscim: CommandLine, sandbox: Sandbox, url: str) -> None:
    activate(heapscim, sandbox, url, VILLAGE)
    assert heapscim("sync", "--yes").exit_code == 0
    gone = heapscim("deactivate", "--delete-profile", "--yes")
    assert gone.exit_code == 0, gone.stderr
    assert "The ledger stays in its database" in gone.stderr
    activate(heapscim, sandbox, url, VILLAGE)
    assert "sync" in heapscim("history").stdout
    is_in_good_order(heapscim)


def test_a_database_that_is_down_stops_everything_but_the_end_of_the_connection(
    heapscim: CommandLine, sandbox: Sandbox, url: str
) -> None:
    activate(heapscim, sandbox, url, VILLAGE)
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    profile.write_text(profile.read_text().replace(f":{shared_server().port}/", ":1/"))
    ran = heapscim("sync", "--yes")
    assert (ran.exit_code, "can't be reached" in ran.stderr, sandbox.tenant.writes) == (1, True, 0)
    assert heapscim("deactivate", "--yes").exit_code == 0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(folder_for(schema_for(tmp_path))).make().start()
    try:
        yield server
    finally:
        server.delete()


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_sync_whose_database_restarts_is_made_good_by_the_next(
    heapscim: CommandLine, sandbox: Sandbox, own: PostgresServer, how: str
) -> None:
    activate(heapscim, sandbox, own.url())
    sandbox.tenant.latency = 0.2
    with started("sync", "--yes") as runner:
        wait_until(lambda: sandbox.tenant.writes > 5)
        own.stop(how)
        code, _, said = ended(runner)
    own.start()
    assert (code, "When the database is back, the next run finds out" in said) == (1, True), said
    assert 5 < sandbox.tenant.writes < 20, "what can't be recorded isn't sent"
    sandbox.tenant.latency = 0.0
    again = heapscim("sync", "--yes")
    assert again.exit_code == 0, again.stderr
    assert len(sandbox.store.snapshot()["users"]) == 40
    assert 42 <= sandbox.tenant.writes <= 44, "what was under way is sent again at most"
    is_in_good_order(heapscim)


@pytest.fixture
def cutter() -> Iterator[Cutter]:
    with a_cutter(shared_server().port) as found:
        yield found


def walk(heapscim: CommandLine, sandbox: Sandbox, cutter: Cutter, way: Way, *, step: int) -> int:
    """Cuts a sync off at each ``step``-th message, and runs another; returns how many were stopped."""
    activate(heapscim, sandbox, shared_server().url(f"?schema={schema_for(heapscim.folder)}"), VILLAGE)
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    text, number, stopped = profile.read_text(), 0, 0
    while True:
        sandbox.tenant.service.store = Store()
        schema = f"{schema_for(heapscim.folder)}_{number}"
        near = text.replace(schema_for(heapscim.folder), schema)
        profile.write_text(near)
        assert heapscim("plan").exit_code == 0
        profile.write_text(near.replace(f":{shared_server().port}/", f":{cutter.port}/"))
        cutter.cut(way, number * step)
        ran = heapscim("sync", "--yes")
        cutter.wait()
        if not cutter.was_cut:
            assert ran.exit_code == 0
            return stopped
        number, stopped = number + 1, stopped + (ran.exit_code != 0)
        assert ran.exit_code in {0, 1}, ran.stderr
        again = heapscim("sync", "--yes")
        assert again.exit_code == 0, again.stderr
        assert sandbox.store.snapshot()["users"].keys() == {"u0@x.org", "u1@x.org"}
        is_in_good_order(heapscim)


def test_a_sync_whose_ledger_breaks_off_is_made_good_by_the_next(
    heapscim: CommandLine, sandbox: Sandbox, cutter: Cutter
) -> None:
    assert walk(heapscim, sandbox, cutter, "to the client", step=101) >= 3


@pytest.mark.long
@pytest.mark.parametrize("way", ["to the server", "to the client"])
def test_a_sync_whose_ledger_breaks_off_anywhere(
    heapscim: CommandLine, sandbox: Sandbox, cutter: Cutter, way: Way
) -> None:
    stopped = walk(heapscim, sandbox, cutter, way, step=3)
    print(f"{way}: {stopped} syncs were cut off and made good by the next")
    assert stopped > 50


def test_a_password_is_kept_in_the_keyring_and_forgotten_with_the_connection(
    heapscim: CommandLine, sandbox: Sandbox, url: str
) -> None:
    roster = str(heapscim.roster(VILLAGE))
    options = ("--directory", roster, "--set", f"ledger.url={url}", "--ledger-password-stdin")
    ran = heapscim("activate", "--base-url", sandbox.base_url, "--token-stdin", *options, stdin=f"{TOKEN}\ns3cret\n")
    assert ran.exit_code == 0, ran.stderr
    assert heapscim.keyring.kept["heapscim", "default:ledger"] == "s3cret"
    assert heapscim("deactivate", "--yes").exit_code == 0
    assert ("heapscim", "default:ledger") not in heapscim.keyring.kept


def test_the_grace_of_a_leaver_counts_from_the_look_of_the_first_machine(
    heapscim: CommandLine, sandbox: Sandbox, url: str, clock: HurriedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate(heapscim, sandbox, url, VILLAGE + "u2@x.org,Lab\n")
    assert heapscim("profiles", "set", "grace=7d").exit_code == 0
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(VILLAGE)
    assert heapscim("sync", "--yes").exit_code == 0
    on_another_machine(heapscim, monkeypatch)
    for days, active in ((6, True), (1.1, False)):
        clock.ahead += days * 86_400
        ran = heapscim("sync", "--yes", "--allow-removals", "1")
        assert ran.exit_code == 0, ran.stderr
        assert sandbox.store.snapshot()["users"]["u2@x.org"]["active"] is active
