"""A pager as git has it, at a real terminal of 24 lines: for long output of commands that only read."""

import os
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN
from tests.fakes.terminals import exit_code_of, on_a_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")

PEOPLE = "username,groups\n" + "".join(f"u{number:03}@x.org,Design\n" for number in range(60))
READING = ["plan", "plan --full", "history last", "users list", "groups show Design", "import --list"]
Typed = Callable[..., tuple[int | None, str]]


@pytest.fixture
def pager(heapscim: CommandLine) -> Path:
    """A pager that says how it was called, and keeps what it was given."""
    script = heapscim.folder / "pager.sh"
    kept = heapscim.folder / "paged.txt"
    script.write_text(f'#!/bin/sh\ncat > "{kept}"\necho "PAGED $* LESS=$LESS"\n', "utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


@pytest.fixture
def paged(pager: Path) -> Callable[[], str]:
    """What the pager was given since the last look; nothing if it wasn't called."""
    kept = pager.with_name("paged.txt")

    def look() -> str:
        text = kept.read_text("utf-8") if kept.exists() else ""
        kept.unlink(missing_ok=True)
        return text

    return look


@pytest.fixture
def typed(heapscim: CommandLine, sandbox: Sandbox) -> Typed:
    """Runs a command line at a terminal after a first sync of 60 people; returns its exit code and what is seen."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(PEOPLE + "".join(f"v{number:03}@x.org,Art\n" for number in range(60)))
    unset = ("HEAPSCIM_PAGER", "PAGER", "LESS", "COLUMNS", "LINES", "NO_COLOR")
    here = {name: value for name, value in os.environ.items() if name not in unset}

    def run(line: str, *, keys: str = "", wait_for: str = "", **environ: str) -> tuple[int | None, str]:
        child: pexpect.spawn[str] = pexpect.spawn(
            "/bin/sh",
            ["-c", f"{sys.executable} -m heapscim {line}"],
            env={**here, "TERM": "xterm-256color", "HEAPSCIM_TOKEN": TOKEN, **environ},
            encoding="utf-8",
            dimensions=(24, 100),
            timeout=PATIENCE,
        )
        seen = ""
        if wait_for:
            child.expect_exact(wait_for)
            seen = (child.before or "") + wait_for
            child.send(keys)
        child.expect(pexpect.EOF)
        return exit_code_of(child), seen + (child.before or "")

    return run


@pytest.mark.parametrize("line", READING)
def test_what_is_longer_than_the_screen_goes_through_the_pager(
    typed: Typed, pager: Path, paged: Callable[[], str], line: str
) -> None:
    code, seen = typed(line, PAGER=f"{pager} --flag 'a b'")
    assert code == 0
    assert "PAGED --flag a b LESS=FRX" in seen
    text = paged()
    assert len(text.splitlines()) >= 24
    assert "\x1b[" in text, "colours are kept"
    assert text.splitlines()[-1] not in seen, "it isn't printed twice"


def test_our_own_variable_comes_first_and_an_empty_one_means_none(
    typed: Typed, pager: Path, paged: Callable[[], str]
) -> None:
    assert "PAGED mine LESS=-R" in typed("users list", PAGER="false", HEAPSCIM_PAGER=f"{pager} mine", LESS="-R")[1]
    assert "u059@x.org" in paged()
    for none in ("", "cat", " "):
        code, seen = typed("users list", PAGER=str(pager), HEAPSCIM_PAGER=none)
        assert (code, "u059@x.org" in seen, paged()) == (0, True, "")


@pytest.mark.parametrize(
    "line",
    [
        "users list --no-pager",
        "users list --output json",
        "users list --output csv",
        "users list | tail -3",
        "users list > out.txt",
        "users list < /dev/null",
        "groups list",
        "status",
    ],
)
def test_it_is_left_out_where_nobody_reads_or_all_fits(
    typed: Typed, pager: Path, paged: Callable[[], str], line: str
) -> None:
    assert typed(line, PAGER=str(pager))[0] == 0
    assert paged() == ""


def test_a_dumb_terminal_has_no_pager(typed: Typed, pager: Path, paged: Callable[[], str]) -> None:
    assert typed("users list", PAGER=str(pager), TERM="dumb")[0] == 0
    assert paged() == ""


def test_neither_a_question_nor_what_was_done_waits_for_a_pager(
    typed: Typed, pager: Path, paged: Callable[[], str]
) -> None:
    code, seen = typed("sync", keys="n\n", wait_for="[y/N] ", PAGER=str(pager))
    assert (code, paged()) == (9, "")
    assert "v000@x.org" in seen
    assert typed("sync --yes --full", PAGER=str(pager))[0] == 0
    assert paged() == ""
    assert typed("undo last --yes --full", PAGER=str(pager))[0] == 6
    assert paged() == ""


def test_what_is_told_comes_after_what_is_read(typed: Typed, pager: Path) -> None:
    seen = typed("users list", PAGER=str(pager))[1]
    assert seen.index("PAGED") < seen.index("60 users, 60 managed")


@pytest.mark.parametrize("closed", ["true", "head -n 1", "sh -c 'exec <&-'"])
def test_a_pager_that_is_closed_early_is_no_error(typed: Typed, closed: str) -> None:
    code, seen = typed("plan --full --exit-code", PAGER=closed)
    assert code == 10
    assert not [word for word in ("Traceback", "Error", "Broken", "stdout") if word in seen]


def test_a_pager_that_cannot_be_started_loses_nothing(typed: Typed) -> None:
    code, seen = typed("users list", PAGER="no-such-pager-anywhere")
    assert code == 0
    assert "u059@x.org" in seen


def test_less_is_used_where_nobody_has_chosen_and_q_leaves_it(heapscim: CommandLine, typed: Typed) -> None:
    if not Path("/usr/bin/less").exists():
        pytest.skip("there is no less")
    assert typed("groups list")[0] == 0, "it fits"
    kept = {name: os.environ[name] for name in ("PATH", "HEAPSCIM_CONFIG_DIR", "HEAPSCIM_STATE_DIR")}
    environ = {
        **kept,
        "HEAPSCIM_TOKEN": TOKEN,
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "HOME": str(heapscim.folder),
    }
    with on_a_terminal("-m", "heapscim", "users", "list", environ=environ) as terminal:
        terminal.wait_for("u010@x.org")
        assert "u059@x.org" not in terminal.text
        terminal.press("\x03")  # Ctrl-C is the pager's own
        terminal.press("G")
        terminal.wait_for("u059@x.org")
        terminal.press("q")
        terminal.wait_for("60 users, 60 managed")
        assert terminal.end() == 0


def test_a_signal_ends_the_pager_too(heapscim: CommandLine, typed: Typed) -> None:
    assert typed("groups list")[0] == 0
    waiting = heapscim.folder / "waiting.sh"
    waiting.write_text("#!/bin/sh\ncat > /dev/null\necho WAITING\nexec sleep 10000\n", "utf-8")
    waiting.chmod(0o700)
    child: pexpect.spawn[str] = pexpect.spawn(
        sys.executable,
        ["-m", "heapscim", "users", "list"],
        env={**os.environ, "TERM": "xterm-256color", "HEAPSCIM_TOKEN": TOKEN, "HEAPSCIM_PAGER": str(waiting)},
        encoding="utf-8",
        dimensions=(24, 100),
        timeout=PATIENCE,
    )
    child.expect("WAITING")
    child.kill(signal.SIGTERM)
    child.expect(pexpect.EOF)
    assert exit_code_of(child) == 130
