"""Terminals of 80 and of 40 columns: who it is, what was done and how it ended can be read, and nothing is cut off."""

import os
import re
import sys
from collections.abc import Callable

import pexpect
import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN
from tests.fakes.terminals import exit_code_of, on_a_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")

LONG = "alan.turing.with.a.long.name@department.example.org"
PEOPLE = f"""id,username,firstname,lastname,role,groups
1,ada.lovelace@example.com,Ada,Lovelace,Admin,Design;Research and Development
2,grace.hopper@example.com,Grace,Hopper,Admin,Design
3,{LONG},Alan,Turing,,Design
"""
ALLOWED = ("--allow-removals", "9", "--allow-updates", "9", "--allow-member-removals", "9")

Shown = Callable[[str], list[str]]


@pytest.fixture(params=[80, 40])
def columns(request: pytest.FixtureRequest) -> int:
    width: int = request.param
    return width


@pytest.fixture
def shown(heapscim: CommandLine, sandbox: Sandbox, columns: int) -> Shown:
    """What a command shows on a terminal of that width, after two syncs."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(PEOPLE.replace("Lovelace,Admin", "King,Analyst").replace(f"3,{LONG},Alan,Turing,,Design\n", ""))
    assert heapscim("sync", "--yes", *ALLOWED).exit_code == 0

    here = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}

    def show(line: str) -> list[str]:
        child: pexpect.spawn[str] = pexpect.spawn(
            sys.executable,
            ["-m", "heapscim", *line.split(), "--quiet"],
            env={**here, "TERM": "xterm", "NO_COLOR": "1", "HEAPSCIM_TOKEN": TOKEN},
            encoding="utf-8",
            dimensions=(24, columns),
            timeout=PATIENCE,
        )
        child.expect(pexpect.EOF)
        assert exit_code_of(child) == 0
        return re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", child.before or "").splitlines()

    return show


def run_together(lines: list[str]) -> str:
    """The lines as one text without gaps, so that a word that goes on in the next line is found."""
    return "".join("".join(lines).split())


def test_a_run_in_the_log_shows_what_changed(shown: Shown, columns: int) -> None:
    heading, *lines = shown("history last")
    assert "1 user updated, 1 group with members removed, 1 user deactivated." in heading
    text = run_together(lines)
    assert "update:name.familyNameLovelace→King,roleAdmin→Analyst" in text
    assert f"removemembers:members{LONG}→–" in text
    assert text.count(LONG) == 2, "who left, and from which group"
    assert text.count("nolongerinpeople.csv") == 1
    assert text.count("done") == 3
    assert "…" not in text
    assert max(len(line) for line in lines if line != LONG) <= columns


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("users list", ("ada.lovelace@example.com", LONG, "inactive", "Analyst", "Ada", "King")),
        ("groups list", ("Design", "Research and Development", "managed")),
        ("groups show Design", ("ada.lovelace@example.com", "grace.hopper@example.com", "active")),
        ("import --list", ("ada.lovelace@example.com", LONG, "Imported", "New")),
        ("users show ada.lovelace@example.com", ("ada.lovelace@example.com", "King", "urn:ietf:params:scim:schemas")),
        ("status", ("people.csv", "managed", "http://127.0.0.1:")),
        (f"users explain {LONG}", (LONG,)),
        ("history", ("done", "sync", "began")),
        (f"history --user {LONG}", (LONG, "deactivate", "create")),
    ],
)
def test_no_list_cuts_off_what_counts(shown: Shown, columns: int, line: str, words: tuple[str, ...]) -> None:
    lines = shown(line)
    text = run_together(lines)
    for word in words:
        if word != LONG:
            assert "".join(word.split()) in text, word
    # A cell of several lines is followed by the next cells: the pieces of a long name stand in one column.
    if LONG in words and LONG not in text:
        column = [cells.split(" ")[0] for cells in lines]
        assert LONG in "".join(column)
    assert max(len(part) for part in lines if part != LONG) <= columns


def test_a_long_list_of_members_says_where_the_rest_is(shown: Shown, heapscim: CommandLine) -> None:
    names = [f"p{number:02}@example.com" for number in range(30)]
    heapscim.roster(PEOPLE + "".join(f"{name},{name},,,,Crew\n" for name in names))
    assert heapscim("sync", "--yes", *ALLOWED).exit_code == 0
    text = run_together(shown("history last"))
    assert f"{'; '.join(names[:20])} and 10 more (--output csv names all)".replace(" ", "") in text
    assert "; ".join(names) in heapscim("history", "last", "--output", "csv").stdout
    assert "; ".join(names) in heapscim("history", "last").stdout, "a pipe gets all"


def test_runs_keep_their_names(shown: Shown, heapscim: CommandLine) -> None:
    text = "\n".join(shown("history"))
    for run in heapscim.json("history").data:
        assert run["run"] in text
        assert "--allow-removals" not in text or "3 done" in text


@pytest.mark.parametrize("columns", [40], indirect=True)
def test_the_tick_list_of_a_narrow_screen_says_who_and_what_to_press(
    heapscim: CommandLine, sandbox: Sandbox, columns: int
) -> None:
    for number in range(3):
        sandbox.store.add_user({"userName": f"person{number}@example.com", "name": {"givenName": "P" * 30}})
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\n")))
    kept = {name: os.environ[name] for name in ("PATH", "HEAPSCIM_CONFIG_DIR", "HEAPSCIM_STATE_DIR")}
    environ = {**kept, "HEAPSCIM_TOKEN": TOKEN, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with on_a_terminal("-m", "heapscim", "import", environ=environ, columns=columns) as terminal:
        terminal.wait_for("Space tick · Enter go on · q cancel")
        assert terminal.lines[0].startswith("0 ticked; Import into people.csv")
        assert terminal.lines[2] == "[ ] person0@example.com        New"
        terminal.press("q")
        assert terminal.end() == 9
