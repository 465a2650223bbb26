"""A connection that was deactivated: nothing is written until it is activated, wherever a token comes from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keyring
import pytest

from heapscim.cli.root import TIMING
from heapscim.errors import Disconnected
from heapscim.model.plan import Baseline, Impact, Plan
from heapscim.output.envelope import Result
from heapscim.sandbox.server import Sandbox
from heapscim.workflows.context import Context
from heapscim.workflows.session import in_session
from heapscim.workflows.sync_loop import keep_syncing
from tests.cli.test_token_secrecy import LINES
from tests.conftest import CommandLine
from tests.fakes.contexts import a_context
from tests.fakes.keyrings import LockedKeyring
from tests.fakes.processes import ended, next_line, started
from tests.fakes.tenants import TOKEN

ROSTER = (
    "people:\n  - {username: ada@x.org, groups: [Design]}\n  - {username: new@x.org}\ngroups:\n  - {name: Design}\n"
)
READING = {
    "status", "plan --out plan.json", "users list", "users list --filter userName+eq+'x'", "users show ada@x.org",
    "users explain ada@x.org", "groups list", "groups show Design", "history", "history --verify", "import",
    "ledger verify", "ledger head", "doctor", "export", "review", "review --html review.html",
    "help rosters", "profiles list", "profiles show", "roster check people.csv",
}  # fmt: skip
"""Lines that write nothing to Heap; all others are refused."""
ELSEWHERE = {
    "ledger move local", "activate --groups", "deactivate --yes", "sandbox --dialect nonsense",
    "profiles delete default", "profiles set http.timeout=60", "profiles unset http.timeout",
}  # fmt: skip
"""Lines that change this machine alone."""
WRITING = sorted(line for lines in LINES.values() for line in lines if line not in READING | ELSEWHERE)


@pytest.fixture
def settings(heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a profile that managed people, was deactivated, and has a token in the environment."""
    heapscim.roster(ROSTER.replace("new@", "old@"), "people.yaml")
    heapscim.activate(sandbox, "--directory", "people.yaml")
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(ROSTER, "people.yaml")
    heapscim.roster("username\nadded@x.org\n")
    monkeypatch.setenv("HEAPSCIM_TOKEN", TOKEN)
    ran = heapscim("deactivate", "--yes")
    assert ran.exit_code == 0
    assert "HEAPSCIM_TOKEN is still set in this environment. Nothing is written with it until" in ran.stderr
    return heapscim.folder / "config" / "profiles" / "default.toml"


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("line", WRITING)
def test_no_command_writes(heapscim: CommandLine, sandbox: Sandbox, line: str) -> None:
    before, roster = sandbox.tenant.writes, (heapscim.folder / "people.yaml").read_bytes()
    words = line.replace("20200101-000000-0000", "last").split()
    ran = heapscim.json(*(word.replace("+", " ") for word in words))
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (3, "disconnected"), ran.stderr
    assert ran.envelope["error"]["message"] == "The connection of profile default is deactivated."
    assert sandbox.tenant.writes == before
    assert (heapscim.folder / "people.yaml").read_bytes() == roster
    assert not (heapscim.folder / "imported.csv").exists()


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("line", ["plan", "users list", "groups list", "users explain ada@x.org"])
def test_what_only_reads_works_and_says_so(heapscim: CommandLine, line: str) -> None:
    ran = heapscim(*line.split())
    assert ran.exit_code == 0, ran.stderr
    assert "The connection of profile default is deactivated. Nothing is written until `heapscim act" in ran.stderr


@pytest.mark.usefixtures("settings")
def test_status_shows_it_and_an_activation_ends_it(heapscim: CommandLine, sandbox: Sandbox) -> None:
    assert "deactivated: nothing is written until" in heapscim("status").stdout
    assert heapscim.json("status").data["disconnected"] is True
    assert heapscim("activate").exit_code == 0
    assert heapscim.json("status").data["disconnected"] is False
    assert heapscim("sync", "--yes", "--allow-removals", "1").exit_code == 0
    assert "new@x.org" in sandbox.store.snapshot()["users"]


def test_the_rest_of_the_settings_stays(heapscim: CommandLine, settings: Path) -> None:
    heapscim("activate")
    own = f"# ours\ndisconnected = false # yet\n{settings.read_text()}[limits]\n# careful\nremoval_share = 0.05\n"
    settings.write_text(own)
    assert heapscim("deactivate", "--yes").exit_code == 0
    assert settings.read_text() == "disconnected = true\n" + own.replace("disconnected = false # yet\n", "")
    assert heapscim("deactivate", "--yes").exit_code == 0
    assert heapscim("activate").exit_code == 0
    assert "removal_share = 0.05" in settings.read_text()
    assert "disconnected" not in settings.read_text()


def test_without_a_token_it_is_still_said_why(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    heapscim("deactivate", "--yes")
    ran = heapscim.json("users", "list")
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (3, "disconnected")


def test_a_token_that_cannot_be_forgotten_writes_nothing_either(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    keyring.set_keyring(LockedKeyring())
    assert heapscim("deactivate", "--yes").exit_code == 7
    keyring.set_keyring(heapscim.keyring)
    assert heapscim("sync", "--yes").exit_code == 3
    assert sandbox.tenant.writes == 0


def test_a_sync_that_stays_stops_at_its_next_run(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    nothing = Plan(sandbox.base_url, "sync", (), Impact(0, 0, {}, {}), Baseline(0, 0))

    async def then_deactivated(_seconds: float) -> None:
        assert heapscim("deactivate", "--yes").exit_code == 0

    def once(silent: Context) -> Result:
        async def work(session: object) -> Result:
            session.check_connected()  # type: ignore[attr-defined]
            return Result({"run": None, "violations": [], "plan": nothing})

        return in_session(silent, work)

    with pytest.raises(Disconnected):
        keep_syncing(a_context(timing=replace(TIMING, sleep=then_deactivated)), 60, once)


def test_a_sync_that_stays_in_a_process_of_its_own_says_why_it_stops(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    with started("sync", "--yes", "--every", "1s") as process:
        assert "1 done" in next_line(process.stdout)
        assert heapscim("deactivate", "--yes").exit_code == 0
        code, _, stderr = ended(process)
    assert code == 3
    assert "The connection of profile default is deactivated." in stderr


def test_a_run_that_is_under_way_is_told_of(
    heapscim: CommandLine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    told: list[str] = []
    deactivating(monkeypatch, lambda: told.append(heapscim("deactivate", "--yes").stderr))
    assert heapscim("sync", "--yes").exit_code == 3
    assert "What is under way goes on to its end, and nothing after it. Another run holds this profile" in told[0]
    assert sandbox.tenant.writes == 0


def deactivating(monkeypatch: pytest.MonkeyPatch, deactivate: Callable[[], None]) -> None:
    """Deactivates between the plan and its first change."""
    from heapscim.workflows.reconcile import make_plan

    async def then(*arguments: object, **named: object) -> object:
        plan = await make_plan(*arguments, **named)  # type: ignore[arg-type]
        deactivate()
        return plan

    monkeypatch.setattr("heapscim.workflows.sync.make_plan", then)
