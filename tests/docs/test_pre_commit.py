"""A roster in git is checked before each commit, by pre-commit itself, as the how-to says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.fakes.patience import PATIENCE

PAGE = ROOT / "docs" / "how-to" / "roster-in-git.md"
GOOD = "username,lastname\nada@example.com,Lovelace\n"
TWICE = GOOD + "ada@example.com,Byron\n"


def git(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
    return subprocess.run(
        ["git", *who, *words],
        cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, "PRE_COMMIT_HOME": str(folder.parent / "cache"), "HEAPSCIM_CONFIG_DIR": str(folder.parent)},
    )  # fmt: skip


@pytest.fixture
def rosters(tmp_path: Path) -> Path:
    """A repository with the configuration of the page, which takes the hook from a repository of ours."""
    ours, folder = tmp_path / "heapscim", tmp_path / "rosters"
    for made in (ours, folder):
        made.mkdir()
        git(made, "init", "--quiet")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", ours)
    git(ours, "add", ".")
    assert git(ours, "commit", "--quiet", "-m", "Begin").returncode == 0
    assert git(ours, "tag", "v0.1.0").returncode == 0
    found = re.search(r"^```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    config = re.sub(r"https://\S+", str(ours), found[1])
    # An environment of its own would be the package from a registry: this one has what is tested.
    config = config.replace("id: roster-check\n", "id: roster-check\n        language: system\n")
    (folder / ".pre-commit-config.yaml").write_text(config, "utf-8")
    ran = subprocess.run(["pre-commit", "install"], cwd=folder, capture_output=True, timeout=PATIENCE, check=True)
    assert b"installed" in ran.stdout
    return folder


def commit(folder: Path, roster: str) -> "subprocess.CompletedProcess[str]":
    (folder / "people.csv").write_text(roster, "utf-8")
    git(folder, "add", ".")
    return git(folder, "commit", "-m", "Change people")


def test_a_commit_with_a_mistake_in_the_roster_is_refused(rosters: Path) -> None:
    assert commit(rosters, GOOD).returncode == 0
    refused = commit(rosters, TWICE)
    assert refused.returncode != 0
    assert "ada@example.com" in refused.stdout + refused.stderr
    assert git(rosters, "show", "HEAD:people.csv").stdout == GOOD


def test_a_commit_without_a_change_of_the_roster_is_not_checked(rosters: Path) -> None:
    assert commit(rosters, GOOD).returncode == 0
    (rosters / "README").write_text("People.\n", "utf-8")
    git(rosters, "add", ".")
    ran = git(rosters, "commit", "-m", "Say what this is")
    assert (ran.returncode, "Skipped" in ran.stdout + ran.stderr) == (0, True)
