"""``--quiet`` in a scheduler: nothing if nothing changed, one line if something did, and stderr for what went wrong."""

import re

import pytest

from heapscim.sandbox.server import Sandbox
from tests.cli.hands import ADA, CARL, HEADER, after_a_sync
from tests.conftest import CommandLine, Ran
from tests.fakes.tenants import running_sandbox

ALLOWED = ("--allow-removals", "9", "--allow-member-removals", "9", "--allow-group-deletions", "9")


def quiet(heapscim: CommandLine, line: str) -> Ran:
    return heapscim(*line.split(), "--quiet")


def said(ran: Ran) -> tuple[int, list[str], list[str]]:
    """Exit code, stdout and stderr, with the names of runs left out."""
    lines = (re.sub(r"\d{8}-\d{6}-[0-9a-f]{4}", "RUN", text).splitlines() for text in (ran.stdout, ran.stderr))
    out, err = lines
    return ran.exit_code, out, err


def test_a_sync_says_one_line_if_it_changed_something_and_nothing_otherwise(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(HEADER + ADA + CARL)))
    assert said(quiet(heapscim, "plan")) == (0, ["3 changes: 2 users to create, 1 group to create"], [])
    done = ["Run RUN: 3 done. 2 users created, 1 group created."]
    assert said(quiet(heapscim, "sync --yes")) == (0, done, [])
    for command in ("sync --yes", "sync", "plan", "resume last --yes"):
        assert said(quiet(heapscim, command)) == (0, [], []), command
    undone = ["Run RUN: 3 done. 2 users deactivated, 1 group deleted."]
    assert said(quiet(heapscim, f"undo last --yes {' '.join(ALLOWED)}")) == (0, undone, [])


def test_accounts_that_are_taken_over_are_a_line_too(heapscim: CommandLine, sandbox: Sandbox) -> None:
    sandbox.store.add_user({"userName": "ada@x.org"})
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    assert said(quiet(heapscim, "sync --yes")) == (0, ["1 user taken over as they are."], [])
    assert said(quiet(heapscim, "sync --yes")) == (0, [], [])


def test_what_failed_is_told_on_stderr(heapscim: CommandLine) -> None:
    with running_sandbox(deactivate="ignored") as sandbox:
        after_a_sync(heapscim, sandbox)
        heapscim.roster(HEADER + ADA)
        code, out, err = said(quiet(heapscim, f"sync --yes {' '.join(ALLOWED)}"))
    assert (code, out) == (7, ["Run RUN: 1 done, 1 failed. 1 group with members removed."])
    assert len(err) == 1
    assert err[0].startswith("Failed: deactivate carl@x.org: ")


def test_a_refused_plan_is_told_on_stderr_alone(heapscim: CommandLine, sandbox: Sandbox) -> None:
    after_a_sync(heapscim, sandbox)
    heapscim.roster(HEADER)
    for command in ("sync --yes", "undo last --yes", "plan"):
        code, out, err = said(quiet(heapscim, command))
        assert (code, out) == (0 if command == "plan" else 6, []), command
        assert any(line.startswith("Refused: ") for line in err), command


def test_conflicts_are_told_by_every_sync_and_counted(heapscim: CommandLine, sandbox: Sandbox) -> None:
    after_a_sync(heapscim, sandbox)
    heapscim.roster(HEADER + ADA + CARL.replace("carl@", "charles@"))
    for command in ("plan", "sync --yes"):
        code, out, err = said(quiet(heapscim, command))
        assert (code, out) == (0, []), "nothing failed, and the way out is named each time"
        assert len(err) == 1
        assert err[0].startswith("Conflict: ")
        assert "1 conflict left for you to decide." in heapscim(*command.split()).stdout
    heapscim.roster(HEADER + ADA + CARL.replace("carl@", "charles@") + "3,zoe@x.org,,,,\n")
    code, out, err = said(quiet(heapscim, "sync --yes"))
    assert (code, out, len(err)) == (0, ["Run RUN: 1 done, 1 in conflict. 1 user created."], 1)


def test_what_is_withheld_is_told_on_stderr(heapscim: CommandLine, sandbox: Sandbox) -> None:
    after_a_sync(heapscim, sandbox)
    heapscim.roster((HEADER + ADA).rstrip("\n"))  # it may be cut off: nobody is removed because of it
    code, out, err = said(quiet(heapscim, "sync --yes"))
    assert (code, out) == (8, [])
    assert [line.partition(":")[0] for line in err] == ["Withheld"] * len(err)
    assert any("deactivate carl@x.org" in line for line in err)


def test_other_commands_follow_the_same_rule(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster(
        "people:\n- {username: ada@x.org, groups: [Design]}\ngroups:\n- {name: Design}\n", "p.yaml"
    )
    activated = heapscim("activate", "--base-url", sandbox.base_url, "--token-stdin", "--directory", str(roster),
                         "--quiet", stdin=f"{sandbox.token}\n")  # fmt: skip
    assert (len(activated.stdout.splitlines()), activated.stderr) == (1, "")
    assert said(quiet(heapscim, "groups bind Design --yes")) == (0, [], [])
    assert said(quiet(heapscim, "groups unbind Design --yes")) == (0, ["Design is not bound now in p.yaml."], [])
    sandbox.store.add_user({"userName": "eve@x.org"})
    code, out, err = said(quiet(heapscim, "import --user eve@x.org --user nobody@x.org --yes"))
    assert (code, out) == (7, ["1 person added to p.yaml, 1 failed. Run RUN."])
    assert err == ["Failed: nobody@x.org: Heap has no account with that userName."]
    assert said(quiet(heapscim, "import --user eve@x.org --yes")) == (0, [], [])
    assert said(quiet(heapscim, "deactivate --yes")) == (0, ["The connection is deactivated."], [])


@pytest.mark.parametrize("command", ["users list", "groups list", "history"])
def test_what_is_asked_for_is_shown_all_the_same(heapscim: CommandLine, sandbox: Sandbox, command: str) -> None:
    after_a_sync(heapscim, sandbox)
    ran = quiet(heapscim, command)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, heapscim(*command.split()).stdout, "")
