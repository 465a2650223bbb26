"""Choosing people on a real terminal of 80 by 24, with 2,000 accounts."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import TOKEN
from tests.fakes.terminals import Terminal, on_a_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")

KEYS = "Space tick · a all new · n new only · / search · Enter go on · q cancel"
ACCOUNTS = 2_000


@pytest.fixture
def roster(heapscim: CommandLine, sandbox: Sandbox) -> Path:
    sandbox.store.add_user({"userName": "ada@x.org", "name": {"givenName": "Ada"}, "role": "Admin"})
    for number in range(ACCOUNTS - 2):
        sandbox.store.add_user({"userName": f"u{number:04}@x.org", "name": {"givenName": "U", "familyName": "李" * 30}})
    sandbox.store.add_user({"userName": "zoe@x.org", "name": {"givenName": "\x1b[31mZoe"}, "active": False})
    roster = heapscim.roster("username,active\nada@x.org,\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    return roster


@pytest.fixture
def environ(roster: Path) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HEAPSCIM_CONFIG_DIR", "HEAPSCIM_STATE_DIR")}
    return kept | {"HEAPSCIM_TOKEN": TOKEN, "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(roster.parent)}


@pytest.fixture
def terminal(environ: Mapping[str, str]) -> Iterator[Terminal]:
    with on_a_terminal("-m", "heapscim", "import", environ=environ) as terminal:
        terminal.wait_for(KEYS)
        yield terminal


def test_the_list_fits_the_screen_with_new_ones_first_and_its_keys_shown(terminal: Terminal) -> None:
    assert len(terminal.lines) == 24
    assert terminal.lines[0] == "Import into people.csv: 2,000 accounts, 1,999 new; 0 ticked"
    assert terminal.lines[2] == "[ ] u0000@x.org                 U 李李李李李李李…  Analyst    active   New"
    assert terminal.lines[-1] == KEYS
    terminal.press("\x1b[F")
    terminal.wait_for(" -  ada@x.org")
    assert "[ ] zoe@x.org                   \\x1b[31mZoe        Analyst    inactive New" in terminal.lines


def test_people_are_found_ticked_and_imported(terminal: Terminal, roster: Path) -> None:
    terminal.press("/u1234")
    terminal.wait_for("/u1234_  1 found")
    terminal.press("\r ")
    terminal.wait_for("[x] u1234@x.org")
    terminal.press("\x1b")
    terminal.wait_for("u0000@x.org")
    terminal.press(" ")
    terminal.wait_for("2 ticked")
    terminal.press("\r")
    terminal.wait_for("Write 2 people into people.csv? [y/N]")
    terminal.press("y\n")
    terminal.wait_for("2 people added to people.csv.")
    assert "u0000@x.org: added" in terminal.text
    assert terminal.end() == 0
    assert roster.read_text("utf-8") == "username,active\nada@x.org,\nu0000@x.org,\nu1234@x.org,\n"


def test_all_new_ones_are_ticked_by_one_key(terminal: Terminal, roster: Path) -> None:
    terminal.press("na")
    terminal.wait_for("1,999 ticked")
    terminal.wait_for("Only new ones are shown.")
    terminal.press("/u00\ra")
    terminal.wait_for("1,899 ticked")
    terminal.press("\r")
    terminal.wait_for("Write 1,899 people into people.csv? [y/N]")
    terminal.press("y\n")
    terminal.wait_for("1,899 people added to people.csv.")
    assert terminal.end() == 0
    assert roster.read_text("utf-8").count("\n") == 1_901


@pytest.mark.parametrize("keys", ["q", "\x1b", "\x03"])
def test_leaving_the_list_imports_nobody(terminal: Terminal, roster: Path, keys: str) -> None:
    terminal.press("a")
    terminal.wait_for("1,999 ticked")
    terminal.press(keys)
    terminal.wait_for("No one was imported.")
    assert terminal.end() == 9
    assert roster.read_text("utf-8") == "username,active\nada@x.org,\n"


def test_a_dumb_terminal_is_no_place_to_choose_at(environ: Mapping[str, str]) -> None:
    with on_a_terminal("-m", "heapscim", "import", environ={**environ, "TERM": "dumb"}) as terminal:
        terminal.wait_for("there is no terminal to choose at")
        assert terminal.end() == 2
