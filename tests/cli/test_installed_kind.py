"""A kind of directory that a package brings is used as heapscim's own are, while no room knows its name."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from heapscim.directory.registry import installed_kinds
from heapscim.sandbox.server import Sandbox
from tests.cli.test_terminal import Terminal, end_of
from tests.conftest import CommandLine, Ran
from tests.fakes import staffbook
from tests.fakes.kinds import install
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN

KEY, SEAL = "badge-of-ours", "seal-of-the-office"
BOOK = {
    "office": "Delft",
    "opens_to": [KEY, SEAL],
    "people": [
        {"id": 1, "username": "ada@x.org", "firstname": "Ada", "lastname": "Lovelace", "role": "Analyst"},
        {"id": 2, "username": "carl@x.org", "lastname": "Gauss"},
        {"id": 3, "username": "emmy@x.org", "lastname": "Noether", "left": True},
        {"id": 4, "username": "kurt@x.org", "lastname": "Gödel"},
    ],
    "groups": [
        {"id": "d", "name": "Design", "bound": True, "members": [1, 2, 3]},
        {"id": "l", "name": "Logic", "bound": False, "members": [4]},
    ],
}


@dataclass
class Office:
    """A folder with the staff book and the package that reads it, and processes of heapscim that find both."""

    folder: Path
    terminal: Terminal

    def __post_init__(self) -> None:
        install(self.folder, "staffbook", Path(staffbook.__file__).read_text("utf-8"))
        self.file.write_text(json.dumps(BOOK), "utf-8")

    @property
    def file(self) -> Path:
        return self.folder / "book.json"

    @property
    def book(self) -> dict[str, Any]:
        book: dict[str, Any] = json.loads(self.file.read_text("utf-8"))
        return book

    @property
    def kept(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self.terminal.kept.read_text("utf-8"))
        return kept

    def __call__(self, line: str, **environ: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "heapscim", *line.split()],
            env={**os.environ, **self.terminal.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def data(self, line: str, **environ: str) -> Any:  # noqa: ANN401
        ran = self(f"{line} --output json", **environ)
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        return ran.data


@dataclass
class NearOffice(Office):
    """The same, but its commands run in this process."""

    heapscim: CommandLine

    def __call__(self, line: str, **environ: str) -> Ran:
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(self.folder)
            for name, value in environ.items():
                patch.setenv(name, value)
            installed_kinds.cache_clear()
            try:
                return self.heapscim(*line.split())
            finally:
                installed_kinds.cache_clear()
                sys.modules.pop("staffbook_kind", None)


@pytest.fixture
def office(heapscim: CommandLine) -> Office:
    return Office(heapscim.folder, Terminal(heapscim.folder))


@pytest.fixture
def near_office(heapscim: CommandLine) -> NearOffice:
    return NearOffice(heapscim.folder, Terminal(heapscim.folder), heapscim)


ACTIVATE = "activate --directory staffbook:Delft --set staffbook.file={file} --base-url {url}"


def activate(office: Office, sandbox: Sandbox, secret: str = KEY) -> str:
    """Activates at a terminal, where the token and the secret are asked for; returns what was said."""
    line = ACTIVATE.format(file=office.file, url=sandbox.base_url)
    child = office.terminal.start(*line.split())
    child.expect("Bearer token \\(it isn't shown\\): ")
    child.sendline(TOKEN)
    child.expect("Key or seal of the staff book \\(it isn't shown\\): ")
    child.sendline(secret)
    code, said = end_of(child)
    assert code == 0, said
    return said


def members(sandbox: Sandbox) -> dict[str, list[str]]:
    found: dict[str, list[str]] = sandbox.store.snapshot()["groups"]
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
@pytest.mark.parametrize(("secret", "account"), [(KEY, "default:staffbook"), (SEAL, "default:staffbook-seal")])
def test_a_connection_lives_from_activate_to_deactivate(
    office: Office, sandbox: Sandbox, secret: str, account: str
) -> None:
    assert "The staff book of Delft opens." in activate(office, sandbox, secret)
    assert office.kept == {"default": TOKEN, account: secret}

    assert office.data("plan")["counts"] == {"create_user": 2, "create_group": 1}
    assert office.data("sync --yes")["run"]["counts"] == {"done": 3, "failed": 0, "not_attempted": 0}
    assert members(sandbox) == {"Design": ["ada@x.org", "carl@x.org"]}
    assert office.data("plan")["counts"] == {}

    status = office("status")
    rows = dict(re.findall(r"^(\S.*?)(?:  +|\t)(.*?)\s*$", status.stdout, re.MULTILINE))
    assert (status.exit_code, rows["directory"], rows["key from"]) == (0, "staffbook:Delft", "keyring")
    assert rows["directory answers"] == "yes: The staff book of Delft opens"
    assert rows["scope"] == "members of bound groups, the default for the staff book"

    sandbox.store.add_user({"userName": "zoe@x.org", "name": {"familyName": "Zhou"}})
    imported = office.data("import --user zoe@x.org --group Design --yes")
    assert imported["counts"] == {"added": 1, "present": 0, "failed": 0}
    assert office.book["people"][4:] == [{"id": 5, "left": False, "username": "zoe@x.org", "lastname": "Zhou"}]

    assert office.data("groups bind Logic --yes")["changed"]
    assert office.data("sync --yes --allow-removals 9 --allow-updates 9")["run"]["counts"]["failed"] == 0
    assert members(sandbox) == {"Design": ["ada@x.org", "carl@x.org", "zoe@x.org"], "Logic": ["kurt@x.org"]}
    assert office.data("groups unbind Logic --yes --allow-removals 9")["changed"]
    assert [group["bound"] for group in office.book["groups"]] == [True, False]

    done = office.data("deactivate --yes")
    assert (done["token_forgotten"], done["directory_keys_forgotten"], office.kept) == (True, 1, {})
    assert office("plan", HEAPSCIM_TOKEN=TOKEN).exit_code != 0


def test_the_environment_gives_the_key(near_office: NearOffice, sandbox: Sandbox) -> None:
    line = ACTIVATE.format(file=near_office.file, url=sandbox.base_url)
    closed = near_office(line, HEAPSCIM_TOKEN=TOKEN)
    assert (closed.exit_code, "Set STAFFBOOK_KEY." in closed.stderr) == (2, True)
    opened = {"HEAPSCIM_TOKEN": TOKEN, "STAFFBOOK_KEY": KEY}
    assert near_office(line, **opened).exit_code == 0
    assert near_office.data("plan", **opened)["counts"] == {"create_user": 2, "create_group": 1}
    assert near_office.heapscim.keyring.kept == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            "--set staffbook.leavers=gone",
            'The profile: staffbook.leavers is "gone".\nIt takes one of "inactive", "left out".',
        ),
        ("--set staffbook.leaver=x", "The profile: there is no setting staffbook.leaver.\nDid you mean leavers?"),
        (
            "--set mapping.title=desks",
            "The staff book has no attribute desks, which [mapping] uses.\nDid you mean desk?",
        ),
    ],
)
def test_what_its_table_or_its_people_cannot_hold_is_refused(
    near_office: NearOffice, sandbox: Sandbox, changes: str, said: str
) -> None:
    line = ACTIVATE.format(file=near_office.file, url=sandbox.base_url)
    ran = near_office(f"{line} {changes}", HEAPSCIM_TOKEN=TOKEN, STAFFBOOK_KEY=KEY)
    assert ran.exit_code != 0
    assert said in ran.stderr
    assert not (near_office.folder / "config").exists()


def test_a_setting_that_it_needs_is_asked_for(near_office: NearOffice, sandbox: Sandbox) -> None:
    line = f"activate --base-url {sandbox.base_url} --directory staffbook:Delft"
    ran = near_office(line, HEAPSCIM_TOKEN=TOKEN, STAFFBOOK_KEY=KEY)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "The profile: staffbook.file is missing." in ran.stderr


def test_its_settings_are_shown_and_changed_like_all_others(near_office: NearOffice, sandbox: Sandbox) -> None:
    near_office(ACTIVATE.format(file=near_office.file, url=sandbox.base_url), HEAPSCIM_TOKEN=TOKEN, STAFFBOOK_KEY=KEY)

    def shown() -> dict[str, tuple[object, str]]:
        return {
            entry["key"]: (entry["value"], entry["from"]) for entry in near_office.data("profiles show")["settings"]
        }

    assert shown()["staffbook.file"] == (str(near_office.file), "set")
    assert shown()["staffbook.leavers"][1] == "default"
    near_office.data("profiles set staffbook.leavers=inactive")
    refused = near_office("profiles unset staffbook.file")
    assert "The profile: staffbook.file is missing." in refused.stderr
    settings = near_office.folder / "config" / "profiles" / "default.toml"
    settings.write_text(settings.read_text("utf-8").partition("[staffbook]")[0], "utf-8")
    assert shown()["staffbook.file"] == (None, "default")


def test_help_and_hints_speak_of_it(office: Office, sandbox: Sandbox) -> None:
    forms = "a roster (.csv, .tsv, .yaml, .json), jumpcloud:APPLICATION, or staffbook:OFFICE."
    assert forms in " ".join(office("plan --help").stdout.split())
    assert office(f"activate --base-url {sandbox.base_url}", HEAPSCIM_TOKEN=TOKEN).exit_code == 0
    assert f"It can be {forms}" in office("plan --directory people.doc", HEAPSCIM_TOKEN=TOKEN).stderr


BROKEN = {
    "no kind": ("KIND = 'staffbook'", "leads to a str, not to a DirectoryKind."),
    "fails": ("import no_such_sdk", "fails with ModuleNotFoundError: No module named 'no_such_sdk'."),
    "nothing there": ("", "fails with AttributeError: module 'staffbook_kind' has no attribute 'KIND'."),
    "another name": (
        "from heapscim.directory.kind import DirectoryKind\nKIND = DirectoryKind('other', 'x', 'x', open)",
        "leads to a DirectoryKind of another name, other.",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_kind_that_cannot_be_loaded_stops_only_those_who_use_it(
    near_office: NearOffice, heapscim: CommandLine, sandbox: Sandbox, how: str
) -> None:
    module, why = BROKEN[how]
    (near_office.folder / "staffbook_kind.py").write_text(module, "utf-8")
    environ = {"HEAPSCIM_TOKEN": TOKEN}
    roster = heapscim.roster("username\nada@x.org\n")
    table = f"--set directories.staffbook.file={near_office.file}"
    ran = near_office(f"activate --base-url {sandbox.base_url} --directory {roster} {table}", **environ)
    assert ran.exit_code == 0, ran.stderr
    assert near_office.data("plan", **environ)["counts"] == {"create_user": 1}
    assert near_office("plan --help").exit_code == 0
    used = near_office("plan --directory staffbook:Delft", **environ)
    entry = "the entry point staffbook = staffbook_kind:KIND of the package heapscim-staffbook 1.0"
    assert (used.exit_code, used.stderr.splitlines()) == (
        1,
        [
            f"Error: The directory kind staffbook can't be loaded: {entry} {why}",
            "Install a version of that package that fits this heapscim, or uninstall it.",
        ],
    )
    assert why in near_office("plan --directory people.doc", **environ).stderr
    assert near_office("deactivate --yes", **environ).exit_code == 0
