"""Runs a page's ``console`` blocks in order, as a reader would, and writes their real output into the page.

An ``sh`` block shows no output. It must end without a fault; its questions are answered with yes, and the sandbox
stands in for Heap. The program in a comment ``<!-- stand-in NAME … -->`` stands in for one that a test
machine hasn't got.

A block with ``title=people.csv`` is written to that file first. Commands in a comment ``<!-- console … -->`` are run
but not shown. The command in a comment ``<!-- picture NAME 24 lines … -->`` is drawn, by steps if there are any.
The sandbox runs in the background until the end of the page, on a free port in place of 8025.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pexpect

from tests.docs.pictures import drawn, played
from tests.fakes.patience import PATIENCE
from tests.fakes.ports import free_port

PORT = "8025"
FOLDER = "/home/you"
WIDTH = 100
_STAND_INS = ".programs"
_BLOCK = re.compile(
    r"^```console\n(.*?)^```$|^<!-- console\n(.*?)^-->$|^```\w+ title=(\S+)\n(.*?)^```$"
    r"|^<!-- picture (\S+) (\d+) lines\n\$ (.*?)\n(.*?)^-->$"
    r"|^<!-- stand-in (\S+)\n(.*?)^-->$|^ *```sh\n(.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_VOLATILE = tuple(
    (re.compile(pattern, re.MULTILINE), stand_in)
    for pattern, stand_in in (
        (r"\d{8}-\d{6}-[0-9a-f]{4}|\b\d{8}-[\da-f-]*…", "RUN"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+00:00)?", "TIME"),
        (r"\b20\d\d-\d\d-\d\d\b", "DAY"),
        (r"\b\d\d-\d\d \d\d:\d\d\b", "TIME"),
        (r"\b1[6-9]\d{8}\.\d+\b", "SECONDS"),
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        (r"\b\d+(\.\d+)? m?s\b", "DURATION"),
        (r'("(answered_in|seconds)": )[0-9.e-]+', r"\1SECONDS"),
        (r'("pid": )\d+', r"\1PID"),
        (r"by you on \S+\s\(process \d+\),\sTIME:\s", "by SOMEBODY, TIME: "),
        (r"\b10\d\d\b", "ID"),
        (r'("(host|user|who)": )"[^"]*"', r"\1SOMEBODY"),
        (r"\byou@\S+", "SOMEBODY"),
        (r"─+", "─"),
        (r"(?<=\S) {2,}", "  "),
        (r" +$", ""),
    )
)
"""Patterns of text that differs from run to run, each with the text to compare instead."""


def shell_blocks(text: str) -> int:
    """Returns how many blocks of a page hold commands that can be run."""
    return sum(found[1] is not None or found[11] is not None for found in _BLOCK.finditer(text))


def renewed(text: str, folder: Path, *, runs_shell: bool) -> tuple[str, dict[Path, str]]:
    """Returns the page with the current output of each command, and its pictures by file.

    What differs only in ids and times stays.
    """
    reader = _Reader(folder, runs_shell)
    try:
        return _BLOCK.sub(reader.block, text), reader.pictures
    finally:
        reader.leave()


@dataclass
class _Reader:
    """Runs the commands of a page one after the other, as a reader at a terminal does."""

    folder: Path
    runs_shell: bool
    environment: dict[str, str] = field(init=False)
    port: str = field(init=False)
    served: list["subprocess.Popen[str]"] = field(default_factory=list)
    pictures: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("HEAPSCIM_", "COV_"))}
        self.environment = outer | {
            "PATH": os.pathsep.join(
                map(str, (self.folder / _STAND_INS, Path(sys.executable).parent, os.environ["PATH"]))
            ),
            "HOME": str(self.folder),
            "HEAPSCIM_CONFIG_DIR": str(self.folder / ".config"),
            "HEAPSCIM_STATE_DIR": str(self.folder / ".state"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "LOGNAME": "you",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "COLUMNS": str(WIDTH),
            "LINES": "40",
        }
        (self.folder / _STAND_INS).mkdir()
        self.port = str(free_port())

    def block(self, found: "re.Match[str]") -> str:
        shown, hidden, file, content, picture, lines, command, steps, stand_in, program, shell = found.groups()
        if picture:
            self._draw(picture, command, steps, int(lines))
            return found[0]
        if stand_in:
            (self.folder / _STAND_INS / stand_in).write_text(program, "utf-8")
            (self.folder / _STAND_INS / stand_in).chmod(0o755)
            return found[0]
        if shell is not None:
            if self.runs_shell:
                self._run_shell(shell)
            return found[0]
        if file:
            (self.folder / file).write_text(content, "utf-8")
            return found[0]
        if hidden:
            for command, _ in _commands(hidden):
                self._run(command)
            return found[0]
        outputs = [(command, expected, self._run(command)) for command, expected in _commands(shown)]
        written = (f"$ {command}\n{_kept(expected, now)}" for command, expected, now in outputs)
        return "```console\n" + "".join(written) + "```"

    def leave(self) -> None:
        for server in self.served:
            server.kill()
            server.communicate(timeout=PATIENCE)

    def _draw(self, name: str, command: str, steps: str, lines: int) -> None:
        plain = ("NO_COLOR", "COLUMNS", "LINES")
        environ = {key: value for key, value in self.environment.items() if key not in plain} | {
            "TERM": "xterm-256color",
            "HEAPSCIM_PAGER": "",
        }
        screen = played(command.replace(PORT, self.port), steps, environ, self.folder, lines)
        self.pictures |= drawn(name, command, screen, {str(self.folder): FOLDER, self.port: PORT})

    def _run(self, command: str) -> str:
        if exported := re.fullmatch(r"export (\w+)=(\S+)", command):
            self.environment[exported[1]] = exported[2]
            return ""
        command = command.replace(PORT, self.port)
        if command.startswith("heapscim sandbox"):
            return self._serve(command)
        child: pexpect.spawn[str] = pexpect.spawn(
            "bash",
            ["-c", command],
            env=self.environment,
            cwd=str(self.folder),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(40, WIDTH),
        )
        child.expect(pexpect.EOF)
        output = child.before or ""
        child.close()  # one that is left to the garbage collector is ended by some later fork, slowly
        return self._shown(output.replace("\r\n", "\n"))

    def _run_shell(self, block: str) -> None:
        """Runs a block, and keeps the variables that it exports, for the blocks after it."""
        served = f"http://127.0.0.1:{self.port}/scim/v2/1234567"
        script = re.sub(r"https://heapanalytics\.com/scim/v2/\d+", served, block).replace(PORT, self.port)
        kept = self.folder / _STAND_INS / ".environment"
        if script.startswith("heapscim sandbox "):
            self._serve(script)
            return
        child: pexpect.spawn[str] = pexpect.spawn(
            "bash",
            ["-ec", f"{script}\nenv -0 >{shlex.quote(str(kept))}"],
            env=self.environment,
            cwd=str(self.folder),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(40, WIDTH),
        )
        said = ""
        if "read -rs" in script:
            child.sendline(self.environment["HEAPSCIM_SANDBOX_TOKEN"])
        while child.expect([pexpect.EOF, r"\[y/N\]|Type the profile's name \((\w+)\)"]):
            said += f"{child.before}{child.after}"
            assert isinstance(child.match, re.Match)
            child.sendline(child.match[1] or "y")
        said += child.before or ""
        child.close()
        assert child.exitstatus == 0, f"{block}\nends with {child.exitstatus}:\n{said}"
        for entry in kept.read_text("utf-8").split("\0"):
            name, _, value = entry.partition("=")
            if name.startswith("HEAPSCIM_"):
                self.environment[name] = value

    def _serve(self, command: str) -> str:
        server = subprocess.Popen(
            shlex.split(command), env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, text=True
        )
        self.served.append(server)
        assert server.stdout is not None
        lines = iter(server.stdout.readline, "")
        return self._shown("".join(_until("heapscim activate", lines)))

    def _shown(self, output: str) -> str:
        plain = output.replace(str(self.folder), FOLDER).replace(self.port, PORT)
        lines = [line.rstrip() for line in plain.strip("\n").splitlines()]
        return "".join(f"{line}\n" for line in lines)


def _until(words: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if words in line:
            return


def _commands(block: str) -> list[tuple[str, str]]:
    """Returns each command with the output that follows it."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def _kept(expected: str, now: str) -> str:
    blank = "\n" if expected.endswith("\n\n") or expected == "\n" else ""
    return expected if _essence(expected) == _essence(now) else now + blank


def _essence(output: str) -> str:
    essence = output.strip("\n")
    for pattern, stand_in in _VOLATILE:
        essence = pattern.sub(stand_in, essence)
    return essence
