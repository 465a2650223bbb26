"""At a real terminal: what is asked, what isn't shown, what a key stops, and what moves while it works."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN, running_sandbox
from tests.fakes.terminals import exit_code_of

PEOPLE = "username,groups\n" + "".join(f"u{number}@x.org,Design\n" for number in range(60))
KEYRING = """\
import json, os, pathlib
from keyring import backend
class FileKeyring(backend.KeyringBackend):
    priority = 9
    file = pathlib.Path(os.environ["TEST_KEYRING"])
    def _all(self): return json.loads(self.file.read_text()) if self.file.exists() else {}
    def get_password(self, service, username): return self._all().get(username)
    def set_password(self, service, username, password):
        self.file.write_text(json.dumps(self._all() | {username: password}))
    def delete_password(self, service, username):
        self.file.write_text(json.dumps({name: kept for name, kept in self._all().items() if name != username}))
"""


class Terminal:
    """Starts commands on a pseudo-terminal of 80 columns, with a keyring of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.kept = folder / "kept.json"
        self.environ = {
            "PYTHON_KEYRING_BACKEND": "test_keyring.FileKeyring",
            "PYTHONPATH": str(folder),
            "TEST_KEYRING": str(self.kept),
        }
        (folder / "test_keyring.py").write_text(KEYRING)

    def start(self, *arguments: str, **environ: str) -> "pexpect.spawn[str]":
        child: pexpect.spawn[str] = pexpect.spawn(
            sys.executable,
            ["-m", "heapscim", *arguments],
            env={**os.environ, "TERM": "xterm-256color", **self.environ, **environ},
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=PATIENCE,
        )
        return child


@pytest.fixture
def terminal(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal(heapscim.folder)


def end_of(child: "pexpect.spawn[str]") -> tuple[int | None, str]:
    """Exit code and what was still written."""
    child.expect(pexpect.EOF)
    return exit_code_of(child), child.before or ""


@pytest.fixture
def connected(terminal: Terminal, heapscim: CommandLine, sandbox: Sandbox) -> Sandbox:
    heapscim.roster(PEOPLE)
    child = terminal.start("activate", "--base-url", sandbox.base_url, "--directory", "people.csv")
    child.expect("Bearer token")
    child.sendline(TOKEN)
    assert end_of(child)[0] == 0
    return sandbox


def test_the_token_is_asked_for_and_not_shown(terminal: Terminal, sandbox: Sandbox) -> None:
    child = terminal.start("activate", "--base-url", sandbox.base_url)
    child.expect("Bearer token \\(it isn't shown\\): ")
    child.sendline(TOKEN)
    code, said = end_of(child)
    assert code == 0
    assert "Successfully verified" in said
    assert TOKEN not in said
    assert TOKEN in terminal.kept.read_text()


def test_a_secret_that_stdin_is_to_hold_is_asked_for_and_not_shown(terminal: Terminal, connected: Sandbox) -> None:
    options = ("smtp_host=127.0.0.1", "sender=heapscim@x.org", 'recipients=["it@x.org"]', "username=heapscim")
    settings = [word for option in options for word in ("--set", f"notify.{option}")]
    child = terminal.start("activate", "--token-stdin", "--smtp-password-stdin", *settings)
    child.expect("Bearer token \\(it isn't shown\\): ")
    child.sendline(TOKEN)
    child.expect("The mail server's password \\(it isn't shown\\): ")
    child.sendline("correct horse")
    code, said = end_of(child)
    assert (code, "correct horse" in said, TOKEN in said) == (0, False, False)
    assert json.loads(terminal.kept.read_text())["default:smtp"] == "correct horse"
    assert connected.tenant.writes == 0


def test_nothing_is_kept_where_the_question_for_the_token_is_left(terminal: Terminal, sandbox: Sandbox) -> None:
    for leave, code, words in (("sendintr", 130, "Interrupted."), ("sendeof", 2, "The token is empty.")):
        child = terminal.start("activate", "--base-url", sandbox.base_url)
        child.expect("isn't shown\\): ")
        getattr(child, leave)()
        if child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=10):  # in the instant before the read began
            getattr(child, leave)()
            child.expect(pexpect.EOF)
        assert (exit_code_of(child), words in (child.before or "")) == (code, True)
    assert terminal.kept.read_text() == "{}", "a trial was stored and deleted"
    assert sandbox.tenant.requests.total() == 0


def test_a_refused_token_is_asked_for_again(terminal: Terminal, connected: Sandbox) -> None:
    terminal.kept.write_text('{"default": "revoked"}')
    child = terminal.start("activate", "--no-groups")
    child.expect("Heap rejected the token from the keyring \\(401\\)")
    child.expect("isn't shown\\): ")
    child.sendline(TOKEN)
    assert end_of(child)[0] == 0
    assert TOKEN in terminal.kept.read_text()
    assert connected.tenant.writes == 0


@pytest.mark.parametrize("answer", ["", "n", "no", "x"])
def test_no_is_the_default_answer_to_a_sync(terminal: Terminal, connected: Sandbox, answer: str) -> None:
    child = terminal.start("sync")
    child.expect("Apply .*\\[y/N\\] ")
    child.sendline(answer)
    code, said = end_of(child)
    assert (code, connected.tenant.writes) == (9, 0)
    assert "Nothing was changed." in said


@pytest.mark.parametrize("answer", ["y", "Yes"])
def test_yes_applies_the_plan(terminal: Terminal, connected: Sandbox, answer: str) -> None:
    child = terminal.start("sync")
    child.expect("\\[y/N\\] ")
    assert connected.tenant.writes == 0
    child.sendline(answer)
    assert end_of(child)[0] == 0
    assert len(connected.store.snapshot()["users"]) == 60


def test_ctrl_c_at_the_question_changes_nothing(terminal: Terminal, connected: Sandbox) -> None:
    child = terminal.start("sync")
    child.expect("\\[y/N\\] ")
    child.sendintr()
    code, said = end_of(child)
    assert (code, connected.tenant.writes) == (130, 0)
    assert "Traceback" not in said


def test_deleting_a_profile_asks_for_its_name(terminal: Terminal, connected: Sandbox, heapscim: CommandLine) -> None:
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    child = terminal.start("deactivate", "--delete-profile")
    child.expect("Type the profile's name \\(default\\): ")
    child.sendline("yes")
    code, said = end_of(child)
    assert (code, settings.exists()) == (9, True)
    assert "That isn't the name of the profile (default). Nothing was changed." in said
    child = terminal.start("deactivate", "--delete-profile")
    child.expect("\\(default\\): ")
    child.sendline("default")
    code, said = end_of(child)
    assert (code, settings.exists(), terminal.kept.read_text()) == (0, False, "{}")
    assert "Users and groups in Heap are left as they are." in said
    assert connected.tenant.writes == 0


def test_deactivating_asks_first(terminal: Terminal, connected: Sandbox) -> None:
    for answer, left, code in (("n", True, 9), ("y", False, 0)):
        child = terminal.start("deactivate")
        child.expect("Deactivate the connection of profile default\\? \\[y/N\\] ")
        child.sendline(answer)
        assert end_of(child)[0] == code
        assert (TOKEN in terminal.kept.read_text()) is left
    assert connected.tenant.writes == 0


def test_progress_moves_on_stderr_alone(heapscim: CommandLine) -> None:
    heapscim.roster(PEOPLE)
    with running_sandbox() as slow:
        heapscim.activate(slow, "--directory", "people.csv")
        slow.tenant.latency = 0.3
        command = f"{sys.executable} -m heapscim sync --yes > out.txt"
        child = pexpect.spawn(
            "/bin/sh",
            ["-c", command],
            env={**os.environ, "TERM": "xterm-256color", "HEAPSCIM_TOKEN": TOKEN},
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=PATIENCE,
        )
        code, said = end_of(child)
    assert code == 0
    assert "Applying" in said
    assert "━" in said
    assert "\x1b[?25h" in said, "the cursor is shown again"
    out = (heapscim.folder / "out.txt").read_text()
    assert "\x1b" not in out
    assert "Applying" not in out


def test_quiet_shows_no_progress(terminal: Terminal, connected: Sandbox) -> None:
    child = terminal.start("sync", "--yes", "--quiet")
    code, said = end_of(child)
    assert (code, len(connected.store.snapshot()["users"])) == (0, 60)
    assert "Applying" not in said


def test_colour_is_left_out_where_it_is_not_wanted(terminal: Terminal, connected: Sandbox) -> None:
    assert connected.tenant.writes == 0
    assert "\x1b[1;" in end_of(terminal.start("plan"))[1] or "\x1b[32m" in end_of(terminal.start("plan"))[1]
    said = end_of(terminal.start("plan", NO_COLOR="1"))[1]
    assert not [number for number in (31, 32, 33, 36) if f"\x1b[{number}m" in said or f";{number}m" in said]


def test_a_closed_pipe_is_no_traceback(terminal: Terminal, connected: Sandbox) -> None:
    assert end_of(terminal.start("sync", "--yes"))[0] == 0
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", f"{sys.executable} -m heapscim users list --quiet --output csv | head -1"],
        env={**os.environ, "HEAPSCIM_TOKEN": TOKEN},
        encoding="utf-8",
        timeout=PATIENCE,
    )
    said = end_of(child)[1]
    assert said.split() == ["userName,name,role,id,managed,state"]
    assert connected.tenant.writes


@pytest.mark.usefixtures("connected")
def test_lists_and_facts_fit_the_screen(terminal: Terminal) -> None:
    assert end_of(terminal.start("sync", "--yes"))[0] == 0
    for command in (("users", "list"), ("groups", "list"), ("status",), ("users", "show", "u1@x.org")):
        code, said = end_of(terminal.start(*command, "--quiet", NO_COLOR="1"))
        lines = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", said).splitlines()
        assert (code, max(map(len, lines)) <= 80) == (0, True), command
    assert "60 users, 60 managed" in end_of(terminal.start("users", "list"))[1]


@pytest.fixture
def bad_night(heapscim: CommandLine) -> Iterator[tuple[str, str]]:
    """Two runs, newest first; the newer one is past two guards, and the tenant ignored its deactivation."""
    with running_sandbox(deactivate="ignored") as served:
        heapscim.roster("username,groups\nada@x.org,Design\ngrace@x.org,Design\n")
        heapscim.activate(served, "--directory", "people.csv")
        assert heapscim("sync", "--yes").exit_code == 0
        heapscim.roster("username,groups\nada@x.org,Design\n")
        assert heapscim("sync", "--yes", "--allow-removals", "40", "--allow-updates", "40").exit_code == 7
        newer, older = (run["run"] for run in heapscim.json("history").data)
        yield newer, older


def lines_of(child: "pexpect.spawn[str]") -> list[str]:
    return re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", end_of(child)[1]).splitlines()


def test_the_name_of_a_run_is_whole_on_the_screen(terminal: Terminal, bad_night: tuple[str, str]) -> None:
    head, _, newer, older = lines_of(terminal.start("history"))
    assert head.split()[0] == "run"
    assert (newer.split()[0], older.split()[0]) == bad_night
    assert newer.endswith("1 done, 1 failed")
    assert max(map(len, (head, newer, older))) <= 80


def test_what_went_wrong_stands_last_in_the_servers_words(terminal: Terminal, bad_night: tuple[str, str]) -> None:
    run = bad_night[0]
    *_, words, next_step = lines_of(terminal.start("history", "last"))
    (failed,) = (
        change["message"]
        for change in json.loads(end_of(terminal.start("history", run, "--output", "json"))[1])["data"]["changes"]
        if change["state"] == "failed"
    )
    assert "".join(lines_of(terminal.start("history", "last"))).count(failed) == 1
    assert words.endswith(failed[-20:])
    assert next_step == f"1 done, 1 failed. `heapscim resume {run}` tries the rest again."


def test_a_person_is_followed_with_the_names_of_the_runs(terminal: Terminal, bad_night: tuple[str, str]) -> None:
    newer, older = bad_night
    shown = (line.rstrip() for line in lines_of(terminal.start("history", "--user", "grace@x.org")))
    rows = [line for line in shown if line.endswith(bad_night)]
    endings = [f"done in {newer}", f"failed in {newer}", f"done in {older}", f"done in {older}"]
    assert [line[-len(ending) :] for line, ending in zip(rows, endings, strict=True)] == endings
    assert max(map(len, rows)) <= 80
