"""``sync --watch``: a change in the directory starts a run."""

import gc
import signal
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran
from tests.fakes.clocks import WatchingClock
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud
from tests.fakes.processes import ended, interrupt, next_line, started, wait_until
from tests.fakes.tenants import running_sandbox

HOUR = 3_600.0


def test_it_needs_yes_and_takes_neither_a_plan_nor_a_pipe(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    for words in (("--watch",), ("--watch", "--yes", "--plan", "p.json"), ("--watch", "--yes", "--directory", "-")):
        ran = heapscim("sync", *words)
        assert (ran.exit_code, "--watch" in ran.stderr) == (2, True), ran.stderr
    assert sandbox.tenant.writes == 0


def _replaced(path: Path, text: str) -> None:
    beside = path.with_name("beside.csv")
    beside.write_text(text)
    beside.replace(path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_while_it_waits(heapscim: CommandLine, sandbox: Sandbox, number: int) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    with started("sync", "--watch", "--yes") as process:
        assert ": 1 done" in next_line(process.stdout)
        interrupt(process, number)
        code, _, stderr = ended(process)
    assert (code, stderr) == (0, "Stopped after 1 run.\n")


@pytest.mark.parametrize("words", [("--watch",), ("--every", "1h")], ids=" ".join)
def test_a_signal_ends_it_in_the_middle_of_a_run(heapscim: CommandLine, words: tuple[str, ...]) -> None:
    with running_sandbox(0.3) as sandbox:
        people = "".join(f"p{number}@x.org\n" for number in range(24))
        heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\n" + people)))
        with started("sync", *words, "--yes") as process:
            wait_until(lambda: len(sandbox.store.snapshot()["users"]) > 3)
            interrupt(process, signal.SIGTERM)
            code, stdout, stderr = ended(process)
        assert (code, stderr) == (130, "Stopped after 1 run.\n")
        assert "not attempted" in stdout
        assert heapscim("sync", "--yes").exit_code == 0
        assert len(sandbox.store.snapshot()["users"]) == 24


def test_a_changed_roster_is_synced(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("username\nada@x.org\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    with started("sync", "--watch", "--yes") as process:
        assert ": 1 done" in next_line(process.stdout)
        _replaced(roster, "username\nada@x.org\ngrace@x.org\n")
        assert ": 1 done" in next_line(process.stdout)
        roster.write_text("username\nada@x.org\ngrace@x.org\nalan@x.org\n")
        assert ": 1 done" in next_line(process.stdout)
        interrupt(process, signal.SIGTERM)
        code, _, stderr = ended(process)
    assert (code, stderr) == (0, "Stopped after 3 runs.\n")
    assert set(sandbox.store.snapshot()["users"]) == {"ada@x.org", "grace@x.org", "alan@x.org"}


def test_a_mounted_file_is_synced_when_its_folder_is_swapped(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """As Kubernetes updates a ConfigMap: the file is a link into a linked folder, and that link is replaced."""
    mount = heapscim.folder / "mount"
    for name, text in (("..one", "username\nada@x.org\n"), ("..two", "username\nada@x.org\ngrace@x.org\n")):
        (mount / name).mkdir(parents=True)
        (mount / name / "people.csv").write_text(text)
    (mount / "..data").symlink_to("..one")
    (mount / "people.csv").symlink_to("..data/people.csv")
    heapscim.activate(sandbox)
    with started("sync", "--watch", "--yes", "--directory", str(mount / "people.csv")) as process:
        assert ": 1 done" in next_line(process.stdout)
        (mount / "..new").symlink_to("..two")
        (mount / "..new").replace(mount / "..data")
        assert ": 1 done" in next_line(process.stdout)
        interrupt(process)
        assert ended(process)[0] == 0
    assert set(sandbox.store.snapshot()["users"]) == {"ada@x.org", "grace@x.org"}


def test_a_roster_that_is_written_in_pieces_is_never_read_in_half(heapscim: CommandLine, sandbox: Sandbox) -> None:
    people = [f"p{number}@x.org\n" for number in range(8)]
    roster = heapscim.roster("username\n" + "".join(people))
    heapscim.activate(sandbox, "--directory", str(roster), "--set", "limits.min_population=100")
    with started("sync", "--watch", "--yes") as process:
        assert ": 8 done" in next_line(process.stdout)
        paused = threading.Event()
        with roster.open("w") as file:  # in pieces of whole lines, with pauses that no wait for quiet time sees through
            for line in ["username\n", *people, "new@x.org\n"]:
                file.write(line)
                file.flush()
                paused.wait(0.3 if line != people[4] else 3.0)
        assert ": 1 done" in next_line(process.stdout)
        interrupt(process)
        assert ended(process)[0] == 0
    users = sandbox.store.snapshot()["users"]
    assert len(users) == 9
    assert all(user["active"] for user in users.values()), "nobody was removed meanwhile"


def test_a_roster_that_vanishes_is_an_error_and_synced_when_it_is_back(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("username\nada@x.org\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    with started("sync", "--watch", "--yes") as process:
        assert ": 1 done" in next_line(process.stdout)
        roster.unlink()
        assert "error: " in next_line(process.stdout)
        roster.write_text("username\nada@x.org\ngrace@x.org\n")
        assert ": 1 done" in next_line(process.stdout)
        interrupt(process, signal.SIGTERM)
        assert ended(process)[0] == 0
    assert len(sandbox.store.snapshot()["users"]) == 2


@pytest.fixture
def jumpcloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningJumpCloud]:
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as running:
        yield running


@pytest.fixture
def watching(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud, monkeypatch: pytest.MonkeyPatch
) -> Callable[[WatchingClock], Ran]:
    settings = (f"jumpcloud.base_url={jumpcloud.base_url}", "mapping.userName=email")
    options = [word for setting in settings for word in ("--set", setting)]
    heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", *options)

    def watch(clock: WatchingClock) -> Ran:
        monkeypatch.setattr("heapscim.cli.root.TIMING", clock.timing())
        return heapscim("sync", "--watch", "--yes")

    return watch


EVENTS = "POST /insights/directory/v1/events"


def test_an_hour_without_changes_costs_a_request_a_minute_and_none_to_heap(
    watching: Callable[[WatchingClock], Ran], sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    counts: list[tuple[int, int, int]] = []

    def count(_: float) -> None:
        others = sum(number for name, number in jumpcloud.server.requests.items() if name != EVENTS)
        counts.append((others, sandbox.tenant.requests.total(), jumpcloud.server.requests[EVENTS]))

    ran = watching(WatchingClock(HOUR - 1, notice=count))
    assert (ran.exit_code, ran.stderr) == (0, "Stopped after 1 run.\n")
    assert counts[0][:2] == counts[-1][:2], "neither Heap nor the rest of JumpCloud was asked"
    assert counts[-1][2] == 60


def test_what_the_feed_shows_is_in_heap_within_five_seconds(
    watching: Callable[[WatchingClock], Ran], sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    arrived: dict[str, float] = {}

    def look(now: float) -> None:
        for name in sandbox.store.snapshot()["users"]:
            arrived.setdefault(name, now)

    def join() -> None:
        edsger = jumpcloud.store.user("edsger.dijkstra")["_id"]
        jumpcloud.store.members[jumpcloud.store.group("Design")["id"]][edsger] = None

    watching(WatchingClock(HOUR - 1, {130.0: join}, look))
    assert 180 <= arrived["edsger@example.com"] <= 185, "shown at the third minute"


def test_a_plan_without_insights_is_synced_every_hour_and_told_once(
    watching: Callable[[WatchingClock], Ran], jumpcloud: RunningJumpCloud
) -> None:
    jumpcloud.behave(insights="forbidden")
    ran = watching(WatchingClock(HOUR * 5 + 10))
    assert ran.stdout.count("\n") == 6
    assert ran.stderr.splitlines() == [
        (
            "JumpCloud gives this API key no Directory Insights (403). The organisation's plan may lack it, or the "
            "key's role may not read it; else check jumpcloud.insights_url in the profile. Until that is over, changes "
            "start no run; one still starts at the time of --every."
        ),
        "Stopped after 6 runs.",
    ]
    assert jumpcloud.server.requests[EVENTS] <= 15


@pytest.mark.parametrize("insights", ["endless", "twice", "shuffled", "strange"])
def test_odd_events_start_no_endless_runs(
    watching: Callable[[WatchingClock], Ran], jumpcloud: RunningJumpCloud, insights: str
) -> None:
    jumpcloud.behave(insights=insights)
    changes = {float(at): lambda: jumpcloud.store.add_group("More") for at in (100, 110, 120, 700)}
    ran = watching(WatchingClock(HOUR - 1, changes))
    assert (ran.exit_code, ran.stderr) == (0, "Stopped after 3 runs.\n")


def test_a_feed_that_fails_for_a_while_is_told_once_and_once_when_it_works_again(
    watching: Callable[[WatchingClock], Ran], jumpcloud: RunningJumpCloud
) -> None:
    changes: dict[float, Callable[[], object]] = {
        100.0: lambda: jumpcloud.behave(insights="broken"),
        200.0: lambda: jumpcloud.store.add_group("More"),
        400.0: lambda: jumpcloud.behave(insights="yes"),
    }
    ran = watching(WatchingClock(HOUR - 1, changes))
    told = ran.stderr.splitlines()
    assert len(told) == 3
    assert "Until that is over" in told[0]
    assert told[1:] == ["jumpcloud:Heap tells of its changes again: a change starts a run.", "Stopped after 2 runs."]


def test_a_failed_run_is_tried_again_sooner_than_in_an_hour(
    watching: Callable[[WatchingClock], Ran], jumpcloud: RunningJumpCloud, sandbox: Sandbox
) -> None:
    jumpcloud.behave(forbidden="/api/systemusers")
    changes: dict[float, Callable[[], object]] = {200.0: lambda: jumpcloud.behave(forbidden="")}
    ran = watching(WatchingClock(HOUR - 1, changes))
    errors = [line for line in ran.stdout.splitlines() if "error" in line]
    assert 2 <= len(errors) <= 4
    assert "done" in ran.stdout.splitlines()[-1]
    assert len(sandbox.store.snapshot()["users"]) == 3


@pytest.mark.long
def test_a_process_follows_jumpcloud_in_real_time(
    heapscim: CommandLine, sandbox: Sandbox, jumpcloud: RunningJumpCloud
) -> None:
    settings = ("--set", f"jumpcloud.base_url={jumpcloud.base_url}", "--set", "mapping.userName=email")
    heapscim.activate(sandbox, "--directory", "jumpcloud:Heap", *settings)
    with started("sync", "--watch", "--yes") as process:
        assert " done" in next_line(process.stdout)
        jumpcloud.store.members[jumpcloud.store.group("Design")["id"]].clear()
        began = time.monotonic()
        assert " done" in next_line(process.stdout)
        print(f"{time.monotonic() - began:.1f} s from the change to the end of the run")
        interrupt(process)
        assert ended(process)[0] == 0


@pytest.mark.long
def test_memory_stays_flat_over_a_thousand_runs(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in two runs writes; the first two hundred may still fill what is filled once."""
    roster = heapscim.roster("username\nada@x.org\n" + "".join(f"p{number}@x.org\n" for number in range(200)))
    heapscim.activate(sandbox, "--directory", str(roster))
    runs = 1_000
    kept: list[int] = []

    def change(now: float) -> None:
        turn = round(now // 60)
        if turn > len(kept):
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0])
            if turn % 2:
                names = f"username,lastname\nada@x.org,Turn {turn}\n"
                _replaced(roster, names + "".join(f"p{number}@x.org,\n" for number in range(200)))

    monkeypatch.setattr("heapscim.cli.root.TIMING", WatchingClock(runs * 60.0, notice=change).timing())
    monkeypatch.setitem(sys.modules, "watchfiles", None)  # its waits are of real time
    tracemalloc.start()
    try:
        ran = heapscim("sync", "--watch", "--every", "1m", "--yes", "--quiet")
    finally:
        tracemalloc.stop()
    assert ran.stdout.count(": 1 done") >= runs / 3
    early, late = max(kept[200:300]), max(kept[-100:])
    print(f"{len(kept):,} turns, {early / 1e6:.1f} MB at the 300th, {late / 1e6:.1f} MB at the end")
    assert late < early * 1.1
