"""A profile that is connected to a rehearsal tenant, without a command line in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.sandbox.server import Sandbox
from heapscim.workflows.activate import ActivateOptions, activate_connection
from heapscim.workflows.context import Context
from heapscim.workflows.reconcile import SyncOptions
from heapscim.workflows.session import Session, in_session
from heapscim.workflows.sync import sync
from tests.conftest import CommandLine
from tests.fakes.contexts import a_context
from tests.fakes.tenants import TOKEN

YES = SyncOptions(yes=True)


@dataclass(frozen=True)
class Person(Screen):
    """A terminal with somebody at it who has answers ready."""

    answers: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def is_interactive(self) -> bool:
        return True

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0)


@dataclass
class House:
    """One administrator's profile, roster and tenant."""

    folder: Path
    sandbox: Sandbox
    context: Context

    def do(self, work: Callable[[Session], Any]) -> Result:
        found: Result = in_session(self.context, work)
        return found

    def sync(self, options: SyncOptions = YES, saved: Path | None = None) -> Result:
        return self.do(lambda session: sync(session, options, saved))

    def roster(self, *names: str) -> Path:
        path = self.folder / "people.csv"
        path.write_text("\n".join(["username", *names, ""]), "utf-8")
        return path

    @property
    def active(self) -> set[str]:
        return {name for name, user in self.sandbox.store.snapshot()["users"].items() if user["active"]}


@pytest.fixture
def house(heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    found = House(heapscim.folder, sandbox, a_context(screen=Person()))
    roster = str(found.roster("ada@x.org", "bob@x.org"))
    options = ActivateOptions(sandbox.base_url, roster, groups=True, scope=None, changes=(), token_stdin=False)
    assert activate_connection(found.context, options).exit_code == 0
    return found
