"""The units of systemd in the how-to are units that systemd takes."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.fakes.patience import PATIENCE

PAGE = ROOT / "docs" / "how-to" / "unattended.md"
UNITS = dict(
    re.findall(r"^```ini\n# /etc/systemd/system/(\S+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
)
SECTIONS = {
    ".service": {"Unit", "Service", "Install"},
    ".timer": {"Unit", "Timer", "Install"},
}


def test_the_page_shows_a_timer_and_a_service_that_keeps_running() -> None:
    assert {"heapscim.service", "heapscim.timer", "heapscim-watch.service"} <= UNITS.keys()
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNITS["heapscim-watch.service"])
    service = unit["Service"]
    assert (service["Type"], service["Restart"]) == ("exec", "on-failure")
    assert "--watch --yes" in service["ExecStart"]
    assert "130" in service["SuccessExitStatus"].split(), "a stop in the middle of a run isn't a failure"


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_has_the_sections_of_its_kind(name: str) -> None:
    sections = set(re.findall(r"^\[(\w+)\]$", UNITS[name], re.MULTILINE))
    assert sections <= SECTIONS[Path(name).suffix]
    lines = [line for line in UNITS[name].splitlines() if line and not line.startswith("[")]
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+=.*", line) for line in lines), lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="the form alone is checked without systemd")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name, text in UNITS.items():
        (tmp_path / name).write_text(text.replace("/usr/local/bin/heapscim", "/bin/true"))
    program = ["systemd-analyze", "verify", *(str(tmp_path / name) for name in UNITS)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
