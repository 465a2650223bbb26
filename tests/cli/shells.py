"""Real shells with heapscim's completion, on a terminal of their own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.fakes.patience import PATIENCE
from tests.fakes.terminals import put_an_end_to

COMPLETIONS = Path(__file__).parents[2] / "completions"
CTRL_A, CTRL_E = "\x01", "\x05"


def shell_path(name: str) -> str:
    """Where a shell is. In CI a missing one is a failure; elsewhere the test is skipped."""
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("CI"), f"{name} is missing: .ci/run installs it"
        pytest.skip(f"{name} is not installed")
    return found


def shell_environment(folder: Path) -> dict[str, str]:
    """An environment that finds our program and the profiles of a test's folder, and nothing of the user's."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
        "HEAPSCIM_CONFIG_DIR": str(folder / "config"),
        "HEAPSCIM_STATE_DIR": str(folder / "state"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
    }


class TypedShell:
    """A shell at which somebody types a line and presses Tab; answers the words the line then has."""

    def __init__(self, program: str, arguments: list[str], setup: str, folder: Path) -> None:
        self._shell = pexpect.spawn(
            program, arguments, env=shell_environment(folder), encoding="utf-8", dimensions=(40, 200), cwd=str(folder)
        )
        self._shell.timeout = PATIENCE
        self._shell.sendline(setup)
        self._shell.expect("READY\r?\n")
        self._shell.expect("@> ")

    def words(self, line: str) -> list[str]:
        self._shell.send(line + "\t")
        self._shell.send(CTRL_A + "printf '[%s]' " + CTRL_E)
        self._shell.sendline(" ; echo =")
        self._shell.expect("\\]=\r?\n")
        shown = (self._shell.before or "").rpartition("\n")[2] + "]"
        self._shell.expect("@> ")
        return re.findall(r"\[([^\]%]*)\]", shown)

    def close(self) -> None:
        put_an_end_to(self._shell)


def typed_bash(folder: Path) -> TypedShell:
    setup = f"bind 'set enable-bracketed-paste off'; source {COMPLETIONS}/heapscim.bash; PS1='@> '; echo REA''DY"
    return TypedShell(shell_path("bash"), ["--norc", "--noprofile", "-i"], setup, folder)


def typed_zsh(folder: Path) -> TypedShell:
    setup = (
        f"fpath=({COMPLETIONS} $fpath); autoload -Uz compinit; compinit -D -u; unsetopt zle_bracketed_paste prompt_sp;"
        "bindkey -e; PS1='@> '; echo REA''DY"
    )
    return TypedShell(shell_path("zsh"), ["-f", "-i"], setup, folder)


def fish_offers(folder: Path, line: str) -> list[str]:
    """The words fish offers for a line."""
    script = f"source {COMPLETIONS}/heapscim.fish; complete -C {_fish_quoted(line)}"
    done = subprocess.run(
        [shell_path("fish"), "--no-config", "-c", script],
        env=shell_environment(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return [offer.partition("\t")[0] for offer in done.stdout.splitlines()]


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
