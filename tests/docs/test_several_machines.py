"""Does what the how-tos for several machines say, as written: shell blocks, workflows, and the CronJob's command."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.docs.machines import DATABASE, TENANT, Machine, blocks
from tests.fakes.postgres import schema_for, shared_server

PEOPLE = "id,username,groups\n1,ada@x.org,Design\n2,grace@x.org,Design\n"
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def machine(folder: Path, sandbox: Sandbox, database: str) -> Machine:
    """A machine that reaches the tenant and the database, with people."""
    folder.mkdir(exist_ok=True)
    (folder / "people.csv").write_text(PEOPLE, "utf-8")
    return Machine(folder, {DATABASE: database, TENANT: sandbox.base_url})


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"{shared_server().url()}?schema={schema_for(tmp_path)}"


@pytest.fixture
def first(heapscim: CommandLine, sandbox: Sandbox, database: str) -> Machine:
    """The machine that has run heapscim until now."""
    here = machine(heapscim.folder, sandbox, database)
    heapscim.activate(sandbox, "--directory", str(here.folder / "people.csv"))
    assert heapscim("sync", "--yes").exit_code == 0
    return here


@pytest.fixture
def moved(first: Machine, heapscim: CommandLine, database: str) -> Machine:
    """The same, whose ledger is in the database."""
    assert heapscim("ledger", "move", database).exit_code == 0
    return first


def test_what_the_page_on_several_machines_says_works_as_written(
    first: Machine, tmp_path: Path, sandbox: Sandbox, database: str
) -> None:
    move, back, join, go_on, standby, mark, head = blocks("several-machines.md", "sh")
    assert "whole" in first.run(move)
    first.run(back)
    second = machine(tmp_path / "second", sandbox, database)
    assert "sync" in second.run(join)
    assert second.run("heapscim ledger head") == first.run("heapscim ledger head")
    second.run(go_on)
    second.run(standby)
    assert "externalId" in first.run(mark)
    first.run("heapscim sync --yes --allow-updates 2")
    assert {user["externalId"] for user in sandbox.store.users.values()} == {"heapscim:main:1", "heapscim:main:2"}
    assert "whole" in first.run(head)
    assert (first.folder / "heads").read_text().count("\n") == 1


def test_a_standby_that_finds_the_profile_held_is_content(first: Machine) -> None:
    standby = blocks("several-machines.md", "sh")[4]
    first.run(standby.replace("heapscim sync --yes", "(exit 5)"))
    first.run(standby.replace("heapscim sync --yes", "(exit 7)"), exit_code=1)


def workflow(number: int) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(blocks("github-actions.md", "yaml")[number])
    return found


def steps(number: int) -> list[dict[str, Any]]:
    (job,) = workflow(number)["jobs"].values()
    return list(job["steps"])


@pytest.mark.parametrize("number", [0, 1])
def test_a_workflow_has_pinned_actions_and_least_rights(number: int) -> None:
    used = [step["uses"] for step in steps(number) if "uses" in step]
    assert used
    assert all(map(PINNED.fullmatch, used))
    rights = workflow(number)["permissions"]
    assert rights == ({"contents": "read", "pull-requests": "write"} if number == 0 else {"contents": "read"})
    for step in steps(number):
        assert "secrets." not in step.get("run", ""), "a secret in a script is in its text"
        assert step.get("with", {}).get("persist-credentials", False) is False
        assert ("secrets." in str(step.get("env"))) <= step.get("run", "").startswith("chmod"), step


def scripts(number: int) -> list[str]:
    return [step["run"] for step in steps(number) if "run" in step and "pip install" not in step["run"]]


def in_repository(moved: Machine, folder: str) -> None:
    """Puts the settings where the workflows have them, as git checks them out."""
    moved.run(f"mkdir -p {folder} && cp -r config/profiles {folder}/")
    moved.run(f"chmod -R go+rX {folder}; rm -rf config state")


def test_the_plan_of_a_pull_request_is_its_comment(moved: Machine, sandbox: Sandbox) -> None:
    in_repository(moved, "base/heapscim")
    moved.run("mkdir -p head bin; printf '%s' \"$PEOPLE\" > head/people.csv", PEOPLE=PEOPLE + "3,new@x.org,Design\n")
    moved.run("printf '#!/bin/sh\\necho \"$@\" > said; cat plan.md > comment\\n' > bin/gh; chmod +x bin/gh")
    before = sandbox.tenant.writes
    plan, comment = scripts(0)
    moved.run(plan, HEAPSCIM_CONFIG_DIR=str(moved.folder / "base" / "heapscim"))
    moved.run(f'PATH="$PWD/bin:$PATH"; {comment}', PULL_REQUEST="7")
    assert "| + create | `new@x.org` |" in (moved.folder / "comment").read_text("utf-8")
    assert (moved.folder / "said").read_text().startswith("pr comment 7 --body-file plan.md")
    assert sandbox.tenant.writes == before


def test_a_merge_is_applied_and_its_report_is_shown(moved: Machine, sandbox: Sandbox) -> None:
    in_repository(moved, "heapscim")
    (moved.folder / "people.csv").write_text(PEOPLE + "3,new@x.org,Design\n", "utf-8")
    summary = moved.folder / "summary"
    for script in scripts(1):
        moved.run(script, HEAPSCIM_CONFIG_DIR=str(moved.folder / "heapscim"), GITHUB_STEP_SUMMARY=str(summary))
    assert "new@x.org" in {user["userName"] for user in sandbox.store.users.values()}
    assert "Head of the ledger: " in summary.read_text("utf-8")
    assert len(sandbox.store.users) == 3, "the ledger in the database knew the others"


def test_the_cron_job_syncs_from_a_folder_that_it_may_not_write(moved: Machine, sandbox: Sandbox) -> None:
    job = yaml.safe_load(blocks("kubernetes.md", "yaml")[0])
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    moved.run("mkdir settings work; cp config/profiles/default.toml settings/")
    moved.run("cp people.csv settings/ && echo 3,new@x.org,Design >> settings/people.csv && rm -rf config state")
    moved.run("chmod 555 settings && chmod 444 settings/*")
    here = {f"/{name}/": f"{moved.folder}/{name}/" for name in ("settings", "work")}
    script = container["command"][-1]
    values = {entry["name"]: entry["value"] + "/" for entry in container["env"] if "value" in entry}
    for there, ours in here.items():
        script = script.replace(there, ours)
        values = {name: value.replace(there, ours) for name, value in values.items()}
    assert container["command"][:2] == ["sh", "-ec"]
    moved.run(script, **values)
    assert "new@x.org" in {user["userName"] for user in sandbox.store.users.values()}
