"""Shows every step with the real commands and real HTTP, against a sandbox that is deleted afterwards."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from heapscim.errors import HeapscimError
from heapscim.output.envelope import Result
from heapscim.workflows.context import Context
from heapscim.workflows.signals import stopping_at_once

_ROSTER = """\
id,username,firstname,lastname,role,groups
17,ada@example.com,Ada,Lovelace,Admin,Research;Design
23,grace@example.com,Grace,Hopper,,Research
42,alan@example.com,Alan,Turing,Analyst,Design
"""
_LATER = """\
id,username,firstname,lastname,role,groups
17,ada@example.com,Ada,King,Admin,Research
42,alan@example.com,Alan,Turing,Analyst,Design;Research
51,edsger@example.com,Edsger,Dijkstra,,Design
"""


def demonstrate(context: Context) -> Result:
    """Runs the demo from start to end; raises HeapscimError if the sandbox isn't installed."""
    try:
        from heapscim.sandbox.server import SandboxOptions, running
    except ImportError as error:
        raise HeapscimError("The sandbox isn't installed.", hint="pip install 'heapscim[sandbox]'") from error
    with (
        stopping_at_once(),  # nothing is left behind
        tempfile.TemporaryDirectory(prefix="heapscim-demo-") as folder,
        running(SandboxOptions()) as sandbox,
    ):
        story = _Story(context, Path(folder), sandbox.token)
        story.tell(sandbox.base_url)
        writes = sandbox.tenant.writes
    return Result(
        data={"commands": story.commands, "writes": writes},
        show=lambda screen: screen.print("That was the demo. Nothing is left behind.", "bold green"),
        pages=False,
    )


class _Story:
    def __init__(self, context: Context, folder: Path, token: str) -> None:
        self._screen = context.screen
        self._folder = folder
        self._environ = {
            **{name: value for name, value in context.environ.items() if not name.startswith("HEAPSCIM_")},
            "HEAPSCIM_CONFIG_DIR": str(folder / "config"),
            "HEAPSCIM_STATE_DIR": str(folder / "state"),
            "HEAPSCIM_TOKEN": token,
            "HEAPSCIM_PAGER": "",
        }
        self.commands: list[str] = []

    def tell(self, base_url: str) -> None:
        roster = self._folder / "people.csv"
        roster.write_text(_ROSTER, "utf-8")
        self._say("A roster of three people in two groups, and an empty tenant. Connect to it:")
        self._run("activate", "--base-url", base_url, "--directory", "people.csv")
        self._say("What would a sync do?")
        self._run("plan")
        self._say("Do it:")
        self._run("sync", "--yes")
        roster.write_text(_LATER, "utf-8")
        self._say("Grace leaves, Edsger joins, Ada has a new name and leaves Design. What now?")
        self._run("plan")
        self._run("sync", "--yes")
        self._say("Once more, with nothing changed:")
        self._run("sync", "--yes")
        self._say("Where things stand, and good-bye:")
        self._run("status")
        self._run("deactivate", "--yes", "--delete-profile")

    def _say(self, words: str) -> None:
        self._screen.err.print(f"\n# {words}", style="bold cyan", highlight=False)

    def _run(self, *arguments: str) -> None:
        """Runs one real command, as if it were typed."""
        self.commands.append(" ".join(("heapscim", *arguments)))
        self._screen.err.print(f"$ {self.commands[-1]}", style="bold", highlight=False, soft_wrap=True)
        stream = None if self._screen.format == "table" else sys.stderr
        program = [sys.executable, "-m", "heapscim", *arguments]
        sys.stdout.flush()
        done = subprocess.run(  # noqa: S603 - our own program with arguments of our own
            program, cwd=self._folder, env=self._environ, stdout=stream, check=False
        )
        if done.returncode:
            raise HeapscimError(
                f"`{self.commands[-1]}` ended with {done.returncode}.", hint="This should not happen: please report it."
            )
