"""A question that is answered with no ends every command in one way: nothing is changed, one line says so, code 9."""

import pytest

from heapscim.output.console import Screen
from heapscim.sandbox.server import Sandbox
from tests.cli.hands import after_a_sync, groups
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

QUESTIONS = (
    "users create zoe@x.org",
    "users update ada@x.org --role Editor",
    "users deactivate ada@x.org --allow-removals 9",
    "users reactivate off@x.org",
    "groups create Ops ada@x.org",
    "groups rename Design Art",
    "groups add Design kim@x.org",
    "groups remove Design ada@x.org --allow-member-removals 9",
    "groups delete Design",
    "import --all",
    "undo last --allow-removals 9 --allow-member-removals 9 --allow-group-deletions 9",
    "deactivate",
    "deactivate --delete-profile",
)
"""Every command that asks, after a sync; `sync`, `resume` and `groups bind` need other surroundings."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A person who answers each question with no, and what they were asked."""
    questions: list[str] = []

    def no(_screen: Screen, question: str) -> str:
        questions.append(question)
        return "no\n"

    monkeypatch.setattr(Screen, "is_interactive", property(lambda _screen: True))
    monkeypatch.setattr(Screen, "_ask", no)
    return questions


@pytest.mark.parametrize("output", ["table", "json", "csv", "table --quiet"])
@pytest.mark.parametrize("line", QUESTIONS)
def test_a_no_changes_nothing_and_ends_with_its_own_code(
    heapscim: CommandLine, sandbox: Sandbox, asked: list[str], line: str, output: str
) -> None:
    after_a_sync(heapscim, sandbox)
    for name, active in (("off@x.org", False), ("kim@x.org", True)):
        sandbox.store.add_user({"userName": name, "active": active})
    settings = (heapscim.folder / "config" / "profiles" / "default.toml").read_bytes()
    before = sandbox.store.snapshot(), sandbox.tenant.writes, (heapscim.folder / "people.csv").read_bytes()
    ran = heapscim(*line.split(), "--output", *output.split())
    assert (ran.exit_code, len(asked)) == (9, 1), ran.stderr
    assert (sandbox.store.snapshot(), sandbox.tenant.writes, (heapscim.folder / "people.csv").read_bytes()) == before
    assert (heapscim.folder / "config" / "profiles" / "default.toml").read_bytes() == settings
    if output == "json":
        assert (ran.envelope["exit_code"], ran.envelope["error"]) == (9, None)
    else:
        assert ran.stderr.splitlines()[-1].endswith("Nothing was changed.")
        assert ran.stderr.count("Nothing was changed.") == 1


def test_a_sync_and_a_resume_that_are_declined_end_alike(heapscim: CommandLine, asked: list[str]) -> None:
    with running_sandbox(deactivate="ignored") as sandbox:
        after_a_sync(heapscim, sandbox)
        heapscim.roster("id,username,groups\n1,ada@x.org,Design\n")
        assert heapscim("sync", "--allow-removals", "9", "--allow-member-removals", "9").exit_code == 9
        assert heapscim("sync", "--yes", "--allow-removals", "9", "--allow-member-removals", "9").exit_code == 7
        writes = sandbox.tenant.writes
        assert heapscim("resume", "last", "--allow-removals", "9").exit_code == 9
        assert (sandbox.tenant.writes, len(asked)) == (writes, 2)


def test_binding_a_group_is_declined_like_the_rest(heapscim: CommandLine, sandbox: Sandbox, asked: list[str]) -> None:
    roster = heapscim.roster(
        "people:\n  - username: ada@x.org\n    groups: [Design]\ngroups:\n  - name: Design\n    bound: false\n",
        "people.yaml",
    )
    heapscim.activate(sandbox, "--directory", str(roster))
    before = roster.read_bytes()
    assert heapscim("groups", "bind", "Design").exit_code == 9
    assert (roster.read_bytes(), len(asked), groups(sandbox)) == (before, 1, {})
