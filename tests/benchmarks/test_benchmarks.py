"""The benchmark at tiny sizes: it still runs when it is needed, and never measures a command that fails."""

import subprocess
import sys

import pytest

from tests.benchmarks.__main__ import PARTS, main
from tests.benchmarks.measuring import Cost, Costs, FailedError, Program
from tests.benchmarks.parts.writes import server_alone
from tests.benchmarks.scene import a_scene, expect
from tests.benchmarks.server import Bucket, Options
from tests.benchmarks.sizes import QUICK
from tests.benchmarks.table import Goal, wall
from tests.benchmarks.world import World


def _printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> list[list[str]]:
    monkeypatch.setattr(sys, "argv", ["python -m tests.benchmarks", "--quick", "--markdown", *words])
    main()
    _, _, _, _, *lines = capsys.readouterr().out.splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_a_person_who_joins_or_leaves_a_large_group_is_one_write(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _printed(capsys, monkeypatch, "member")
    assert [row[1] for row in rows if row[0].endswith(": writes")] == ["1", "1"]
    assert {row[-1] for row in rows} == {"yes"}


@pytest.mark.long
def test_every_part_runs_at_tiny_sizes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("aiohttp")
    pytest.importorskip("scim2_cli")
    rows = _printed(capsys, monkeypatch, "--full", *PARTS)
    assert {row[-1] for row in rows} <= {"yes", "no", ""}
    assert len(rows) > 2 * len(PARTS)


def test_a_sync_leaves_the_server_as_the_roster_says() -> None:
    world = World(7, 2, 3)
    with a_scene(World(2, 1, 2), world, Options(page=3), 2) as scene:
        scene.sync().run()
        assert scene.server.world() == {"users": 7, "groups": 2, "memberships": 6, "fingerprint": world.fingerprint()}
        assert scene.server.counts()["writes"] == 7
        assert World(7, 2, 4).fingerprint() != world.fingerprint()


def test_a_program_that_fails_or_shows_something_else_is_not_measured() -> None:
    with pytest.raises(FailedError, match="ended with 3"):
        Program([sys.executable, "-c", "print('half done'); raise SystemExit(3)"]).run()
    with pytest.raises(FailedError, match="nothing of it"):
        Program([sys.executable, "-c", "print('nothing of it')"], shows="all of it").run()
    with pytest.raises(FailedError, match="3 instead of 4"):
        expect("people", 3, 4)


def test_a_program_on_a_terminal_sees_its_width() -> None:
    asking = "import os, sys; print(sys.stdin.isatty(), sys.stderr.isatty(), os.get_terminal_size().columns)"
    cost = Program([sys.executable, "-c", asking], shows="True True 120").run_on_terminal(120)
    assert cost.wall > 0


def test_processor_time_and_memory_are_those_of_the_process_and_its_children() -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass\nheld = bytearray(200 << 20)"
    child = f"import subprocess, sys; subprocess.check_call([sys.executable, '-c', {busy!r}])"
    cost = Program([sys.executable, "-c", child]).run()
    assert cost.processor >= 0.2
    assert cost.peak >= 200


def test_a_row_is_the_ratio_of_medians_and_says_whether_the_goal_is_met() -> None:
    ours, other = (Costs(tuple(Cost(wall, 0, 0) for wall in walls)) for walls in ((9.0, 3.0, 2.0), (2.0, 1.0, 9.0)))
    assert wall("x", ours, "y", other, 1.5).cells == (
        "x", "3.00 s (2.00–9.00)", "y 2.00 s (1.00–9.00)", "1.50", "≤ 1.5", "yes",
    )  # fmt: skip
    assert wall("x", ours, "y", other, 1.4).cells[-1] == "no"
    assert Goal(97, "≥").is_met(96) is False


def test_the_bucket_gives_a_burst_and_then_its_rate() -> None:
    bucket = Bucket(rate=4, burst=3)
    assert [bucket.wait(100.0) for _ in range(4)] == [0, 0, 0, 1]
    assert [bucket.wait(100.25) for _ in range(2)] == [0, 1]
    assert [Bucket(rate=0, burst=1).wait(1.0) for _ in range(3)] == [0, 0, 0]


def test_the_raw_loop_fills_the_server() -> None:
    pytest.importorskip("aiohttp")
    (row,) = server_alone(QUICK)
    assert row.ours.endswith("a second")


def test_an_unknown_part_is_refused() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "everything"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "there is no part everything" in ran.stderr
