"""What may be imported before a command runs: start-up is paid at every Tab, and by every command of a script."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from heapscim.cli.tables.pages import PAGES
from heapscim.sandbox.server import Sandbox
from tests.fakes.ledgers import remember
from tests.fakes.patience import PATIENCE
from tests.fakes.tenants import TOKEN

_TABLES = {"cli", "cli.tables"}
HELP = {"__main__", *_TABLES, "cli.quick_help", "cli.tables.pages"}
OF_KINDS = {"directory", "directory.our_kinds"}
TAB = {
    "__main__", *_TABLES, "cli.tables.words", "cli.completion", "cli.completion.answer", "cli.completion.shell_words",
    "model", "model.caseless",
}  # fmt: skip
OF_NAMES = {"config", "config.plain_folders", "ledger", "ledger.completion_names"}
"""Modules of ours that each way may load."""
TRANSPORT = {"cython_runtime", "httptools"}
"""What may carry requests below httpx."""
PACKAGES = {"httpx", "idna", "typer", "annotated_doc", "shellingham"} | TRANSPORT
"""Packages of others that a command may load which asks a tenant, and changes nothing. typer brings the last two."""
SELDOM = {"importlib.metadata", "html", "pickle", "zipfile", "multiprocessing", "smtplib", "email.generator"}
"""Parts of Python's library that take milliseconds and are for other work."""
ELSEWHERE = (
    "config.profile", "directory.jumpcloud.directory", "directory.roster.add_people", "directory.roster.settings",
    "directory.roster.write_csv", "directory.roster.write_document", "execution.apply", "execution.creation",
    "execution.in_doubt", "output.mail", "output.picker", "sandbox", "undo", "workflows.importing",
    "workflows.resolver",
)  # fmt: skip
"""Modules and packages of ours that are for other work: changes, other directories, settings that aren't plain."""
_SHOW = """\
import atexit, sys
atexit.register(lambda: sys.stderr.write("\\n".join(sys.modules)))
sys.argv = ["heapscim", *sys.argv[1:]]
from heapscim.__main__ import main
main()
"""


def _bare() -> dict[str, str]:
    """The environment without what a measurement of coverage, which imports much, begins by."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("HEAPSCIM", "COV"))}


@cache
def _loaded_by(modules: str) -> frozenset[str]:
    """What is there once Python has started and imported some modules."""
    program = [sys.executable, "-I", "-c", f"import {modules}, sys; print(*sys.modules)"]
    return frozenset(subprocess.check_output(program, env=_bare(), text=True, timeout=PATIENCE).split())


def _imported(folder: Path, *words: str, **environ: str) -> tuple[set[str], set[str]]:
    """The modules of ours that a way loads, and the others that Python didn't need to start."""
    folders = {"HEAPSCIM_CONFIG_DIR": str(folder), "HEAPSCIM_STATE_DIR": str(folder)}
    program = [sys.executable, "-I", "-c", _SHOW, *words]
    done = subprocess.run(
        program, env=_bare() | folders | environ, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert done.stdout
    loaded = set(done.stderr.splitlines())
    ours = {name for name in loaded if name.partition(".")[0] == "heapscim"}
    return {name.removeprefix("heapscim.") for name in ours - {"heapscim"}}, loaded - ours - _loaded_by(
        "__future__, atexit, gc"
    )


def test_the_version_imports_nothing(tmp_path: Path) -> None:
    assert _imported(tmp_path, "--version") == ({"__main__"}, set())


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_page_of_help_imports_nothing_but_what_wraps_its_lines(tmp_path: Path, page: tuple[str, ...]) -> None:
    ours, others = _imported(tmp_path, *page, "--help")
    assert ours == (HELP | OF_KINDS if PAGES[page][3] else HELP)
    assert others <= _loaded_by("textwrap")


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("pl",), set()),
        (("plan", "--on"), set()),
        (("plan", "--directory", ""), set()),
        (("plan", "--directory", "people"), OF_KINDS),
        (("status", "--profile", ""), OF_NAMES),
        (("users", "show", "a"), OF_NAMES),
        (("users", "list", "--role", ""), OF_NAMES),
        (("undo", ""), OF_NAMES),
        (("profiles", "set", "limits."), set()),
        (("help", ""), set()),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "powershell"])
def test_a_tab_imports_next_to_nothing(tmp_path: Path, words: tuple[str, ...], more: set[str], shell: str) -> None:
    remember(tmp_path, "default", ["ada@x.org"])
    line = {"COMP_LINE": " ".join(("heapscim", *words))} if shell == "bash" else {}
    sent = ("heapscim",) if shell == "bash" else words
    ours, others = _imported(tmp_path / "state", *sent, _HEAPSCIM_COMPLETE=shell, **line)
    assert (ours, others) == (TAB | more, {"unicodedata"})


@pytest.fixture
def connected(tmp_path: Path, sandbox: Sandbox) -> Path:
    """A folder with a connection to a rehearsal tenant, and a roster of three people."""
    (tmp_path / "people.csv").write_text("username,role\nada@x.org,Admin\nbob@x.org,Analyst\ncyd@x.org,Analyst\n")
    settings = tmp_path / "profiles" / "default.toml"
    settings.parent.mkdir(mode=0o700)
    settings.write_text(
        f'base_url = "{sandbox.base_url}"\ndirectory = "{tmp_path / "people.csv"}"\nadmin_role = "Admin"\n'
    )
    settings.chmod(0o600)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("plan", "--only", "ada@x.org", "--output", "table", "--full"),
        ("status",),
        ("status", "--quiet"),
        ("review", "--output", "csv", "--quiet"),
        ("review", "--changes", "--output", "json", "--quiet"),
    ],
    ids=" ".join,
)
def test_a_look_at_a_tenant_loads_what_it_needs(connected: Path, words: tuple[str, ...]) -> None:
    ours, others = _imported(connected, *words, HEAPSCIM_TOKEN=TOKEN)
    assert {name for name in ours if f"{name}.".startswith(tuple(f"{left}." for left in ELSEWHERE))} == set()
    families = {name.partition(".")[0] for name in others if not name.startswith("_")}
    assert families - sys.stdlib_module_names <= PACKAGES
    assert {name for name in others if name in SELDOM} == set()


def test_only_a_page_needs_what_writes_pages(connected: Path) -> None:
    _, without = _imported(connected, "review", "--output", "csv", HEAPSCIM_TOKEN=TOKEN)
    _, others = _imported(connected, "review", "--html", str(connected / "review.html"), HEAPSCIM_TOKEN=TOKEN)
    assert {"jinja2", "markupsafe"} & without == set()
    assert {"jinja2", "markupsafe"} <= others


def test_a_process_that_writes_into_a_pipe_needs_no_rich_and_no_validator(connected: Path) -> None:
    _, others = _imported(connected, "plan", HEAPSCIM_TOKEN=TOKEN)
    assert not {"rich", "pygments", "click", "pydantic", "filelock", "keyring", "yaml", "platformdirs"} & others
