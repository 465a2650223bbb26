"""What a kind of another package fails with names that kind and package, whatever its code raises."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapscim.directory.registry import installed_kinds
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.kinds import install

MODULE = """
from dataclasses import dataclass
from pydantic import BaseModel, field_validator
from heapscim.directory.connection import DirectoryContext, SecretPlace
from heapscim.directory.kind import DirectoryKind

def failing(where):
    if where == "{where}":
        {fails}

class Settings(BaseModel):
    page: int = 1

    @field_validator("page")
    @classmethod
    def _checked(cls, page):
        failing("rules")
        return page

@dataclass
class Shaky:
    rest: str
    context: DirectoryContext

    def __post_init__(self):
        failing("open")

    @property
    def spec(self):
        return "shaky:" + self.rest

    async def read(self, progress):
        self.context.secret(SecretPlace("shaky", ("SHAKY_KEY",)))
        failing("read")

    async def add_people(self, people, *, group, report):
        failing("add_people")

def settings():
    failing("settings")
    return Settings

KIND = DirectoryKind("shaky", "the shaky one", "shaky:NAME", Shaky, settings=settings)
"""
KEY = "key-of-the-shaky-one"
RAISES = {
    "import no_such_sdk": "ModuleNotFoundError: No module named 'no_such_sdk'",
    "raise RuntimeError('no such office.')": "RuntimeError: no such office",
    "raise KeyError": "KeyError",
}


@pytest.fixture
def shaky(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the module goes; it is imported when a command first uses it."""
    install(heapscim.folder, "shaky", "")
    monkeypatch.syspath_prepend(str(heapscim.folder))
    monkeypatch.delitem(sys.modules, "shaky_kind", raising=False)
    monkeypatch.setenv("SHAKY_KEY", KEY)
    installed_kinds.cache_clear()
    yield heapscim.folder / "shaky_kind.py"
    installed_kinds.cache_clear()
    sys.modules.pop("shaky_kind", None)


@pytest.mark.parametrize("fails", RAISES)
@pytest.mark.parametrize("where", ["open", "settings", "read"])
def test_whatever_it_raises_names_the_kind_and_its_package(
    heapscim: CommandLine, sandbox: Sandbox, shaky: Path, where: str, fails: str
) -> None:
    heapscim.activate(sandbox)
    shaky.write_text(MODULE.format(where=where, fails=fails), "utf-8")
    ran = heapscim("plan", "--directory", "shaky:x")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.splitlines() == [
        f"Error: The directory kind shaky of the package heapscim-shaky 1.0 fails with {RAISES[fails]}.",
        "Run the same command with --debug, and report what it says to those who make that package.",
    ]
    debugged = heapscim("plan", "--directory", "shaky:x", "--debug").stderr
    assert "Traceback" in debugged
    assert f"in {'__post_init__' if where == 'open' else where}" in debugged
    assert "should not happen" not in debugged


def test_what_its_rules_raise_names_its_table(heapscim: CommandLine, sandbox: Sandbox, shaky: Path) -> None:
    heapscim.activate(sandbox)
    shaky.write_text(MODULE.format(where="rules", fails="raise RuntimeError('no such office.')"), "utf-8")
    ran = heapscim.json("activate", "--set", "shaky.page=2")
    assert ran.envelope["error"] == {
        "code": "settings",
        "message": "The profile: the rules for [shaky] fail with RuntimeError: no such office.",
        "hint": "Check that table, and the package that brings the kind shaky.",
    }


@pytest.mark.parametrize("where", ["open", "settings", "read"])
def test_status_and_deactivate_go_on(heapscim: CommandLine, sandbox: Sandbox, shaky: Path, where: str) -> None:
    shaky.write_text(MODULE.format(where="", fails="pass"), "utf-8")
    heapscim.activate(sandbox, "--directory", "shaky:x", "--set", "shaky.page=2")
    shaky.write_text(MODULE.format(where=where, fails="raise RuntimeError"), "utf-8")
    sys.modules.pop("shaky_kind")
    status = heapscim.json("status").data
    assert (status["directory_found"]["answers"], status["reachable"]) == (False, True)
    assert heapscim("deactivate", "--yes").exit_code == 0


def test_a_secret_in_what_it_raises_is_masked(heapscim: CommandLine, sandbox: Sandbox, shaky: Path) -> None:
    shaky.write_text(MODULE.format(where="read", fails=f"raise RuntimeError('{KEY} is wrong')"), "utf-8")
    heapscim.activate(sandbox, "--directory", "shaky:x")
    told = [heapscim(*line.split()) for line in ("plan --debug", "status", "users create ada@x.org --yes")]
    assert [KEY in ran.stdout + ran.stderr for ran in told] == [False, False, False]
    assert ["is wrong" in ran.stdout + ran.stderr for ran in told] == [True, True, True]


def _may_remain(kind: str) -> str:
    return (
        f"The directory kind {kind} isn't installed or can't be loaded, so its secrets may still be in the keyring. "
        "Look there for the service heapscim and user names that begin with default: and delete them, "
        f"such as with `keyring del heapscim default:{kind}`."
    )


@pytest.mark.parametrize("options", [(), ("--delete-profile",)])
@pytest.mark.parametrize("how", ["can't be loaded", "isn't installed"])
def test_deactivate_says_whose_secrets_may_remain(
    heapscim: CommandLine, sandbox: Sandbox, shaky: Path, how: str, options: tuple[str, ...]
) -> None:
    shaky.write_text(MODULE.format(where="", fails="pass"), "utf-8")
    heapscim.activate(sandbox, "--directory", "shaky:x", "--set", "directories.gone.host=ldap.example")
    heapscim.keyring.kept |= {("heapscim", f"default:{account}"): KEY for account in ("jumpcloud", "shaky", "smtp")}
    shaky.write_text("import no_such_sdk", "utf-8")
    sys.modules.pop("shaky_kind")
    if how == "isn't installed":
        shutil.rmtree(heapscim.folder / "heapscim_shaky-1.0.dist-info")
        installed_kinds.cache_clear()
    ran = heapscim.json("deactivate", "--yes", *options)
    assert (ran.exit_code, ran.data["token_forgotten"], ran.data["directory_keys_forgotten"]) == (0, True, 1)
    assert ran.envelope["notices"] == [_may_remain("gone"), _may_remain("shaky")]
    assert heapscim.keyring.kept == {("heapscim", "default:shaky"): KEY}


def test_deactivate_says_nothing_of_kinds_that_told_where_their_secrets_are(
    heapscim: CommandLine, sandbox: Sandbox, shaky: Path
) -> None:
    shaky.write_text(MODULE.format(where="", fails="pass"), "utf-8")
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n", "a:b.csv")))
    assert heapscim.json("deactivate", "--yes").envelope["notices"] == []
