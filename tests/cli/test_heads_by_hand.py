"""The head of the ledger is kept after every change by hand, as after a sync; no such change is news."""

import pytest

from heapscim.cli.commands import groups, users
from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.cli.hands import after_a_sync
from tests.conftest import CommandLine
from tests.fakes.chats import Receiver, running_chat

WRITING = {
    "users create": "users create eve@x.org",
    "users update": "users update ada@x.org --role Admin",
    "users deactivate": "users deactivate carl@x.org",
    "users reactivate": "users reactivate carl@x.org",
    "groups create": "groups create Research ada@x.org",
    "groups rename": "groups rename Design Drawing",
    "groups add": "groups add Sales carl@x.org",
    "groups remove": "groups remove Design carl@x.org --allow-member-removals 9",
    "groups delete": "groups delete Sales",
}
BEFORE = {
    "users reactivate": ("users deactivate carl@x.org",),
    "groups add": ("groups create Sales ada@x.org",),
    "groups delete": ("groups create Sales ada@x.org",),
}
METHODS = {"users create": "POST", "groups create": "POST", "groups delete": "DELETE"}
"""What a command sends, unless it is PATCH."""
OTHERS = {"users list", "users show", "users explain", "groups list", "groups show", "groups bind", "groups unbind"}


@pytest.fixture
def kept(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    """A profile after a sync, whose heads are to go to a file."""
    after_a_sync(heapscim, sandbox)
    assert heapscim("profiles", "set", f"ledger.head_file={heapscim.folder / 'heads'}").exit_code == 0
    return heapscim


def keeps(heapscim: CommandLine, line: str, chat: Receiver) -> int:
    """Runs a command; checks that its head is kept in one more line and one more message; returns its exit code."""
    heads = heapscim.folder / "heads"
    before = heads.read_text("utf-8").splitlines() if heads.exists() else []
    told = len(chat.texts)
    ran = heapscim(*line.split(), "--yes")
    run = heapscim.json("history", "last").data["run"]["run"]
    number, head = heapscim("ledger", "head").stdout.split()
    *others, last = heads.read_text("utf-8").splitlines()
    assert (others, last.split()[1:]) == (before, [run, number, head]), ran.stdout + ran.stderr
    assert chat.texts[told:] == [f"heapscim default: head of the ledger {number} {head}\nAfter run {run}."]
    return ran.exit_code


def tell(heapscim: CommandLine, chat: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEAPSCIM_WEBHOOK_URL", chat.url)
    for setting in ("notify.webhook=auto", "ledger.head_webhook=true"):
        assert heapscim("profiles", "set", setting).exit_code == 0


def test_every_command_that_writes_is_named_here() -> None:
    apps = {"users": users.app, "groups": groups.app}
    found = {f"{noun} {entry.name}" for noun, app in apps.items() for entry in app.registered_commands}
    assert found == WRITING.keys() | OTHERS


@pytest.mark.parametrize("name", WRITING)
def test_a_change_by_hand_keeps_the_head(kept: CommandLine, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in BEFORE.get(name, ()):
        assert kept(*line.split(), "--yes").exit_code == 0
    with running_chat() as chat:
        tell(kept, chat, monkeypatch)
        assert keeps(kept, WRITING[name], chat) == 0


@pytest.mark.parametrize("name", WRITING)
def test_a_change_by_hand_that_fails_keeps_the_head_and_is_no_news(
    kept: CommandLine, sandbox: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in BEFORE.get(name, ()):
        assert kept(*line.split(), "--yes").exit_code == 0
    with running_chat() as chat:
        tell(kept, chat, monkeypatch)
        sandbox.behave(parse_behaviour(["fault_rate=1", f"fault_on={METHODS.get(name, 'PATCH')}", "faults=403"]))
        assert keeps(kept, WRITING[name], chat) == 7
