"""The demo: the README's first command."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE


def test_the_demo_tells_the_whole_story_and_leaves_nothing_behind(
    heapscim: CommandLine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = heapscim("demo")
    told = capfd.readouterr().out
    assert (ran.exit_code, ran.stdout) == (0, "That was the demo. Nothing is left behind.\n")
    assert "Successfully verified: http://127.0.0.1:" in told
    assert "grace@example.com" in told
    assert re.findall(r"Run \S+: (\d+ done)\.", told) == ["5 done", "7 done"]
    assert "No write is needed." in told
    assert "The connection is deactivated." in told
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_one_document_in_json(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "heapscim", "demo", "--output", "json"]
    ran = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=2 * PATIENCE)
    assert ran.returncode == 0, ran.stderr
    data = json.loads(ran.stdout)["data"]
    assert [command.split()[1] for command in data["commands"]] == [
        "activate", "plan", "sync", "plan", "sync", "sync", "status", "deactivate",
    ]  # fmt: skip
    assert data["writes"] == 12
    assert "Successfully verified" in ran.stderr
