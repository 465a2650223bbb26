"""What may be imported before a command runs: start-up is paid at every Tab."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.fakes.ledgers import remember
from tests.fakes.patience import PATIENCE

HEAVY = frozenset(
    {"httpx", "pydantic", "keyring", "rich", "asyncio", "sqlite3", "platformdirs", "typer", "importlib", "inspect"}
)
"""Families that cost more than a few milliseconds. ``importlib`` stands for importlib.metadata,
``inspect`` for dataclasses."""
_OF_COMMANDS = ["cli.app", "cli.help_pages", "cli.options", "config.paths", "errors", "output"]
_OF_DIRECTORIES = [
    "directory.connection", "directory.jumpcloud.constants", "directory.jumpcloud.kind", "directory.kind",
    "directory.pipes", "directory.registry", "directory.roster.headers", "directory.roster.kind", "model.completeness",
    "model.directory",
]  # fmt: skip
OURS = {
    "--version": [],
    "--help": ["cli.app", "cli.help_pages"],
    "users --help": [*_OF_COMMANDS, "cli.commands.users"],
    "users list --help": [*_OF_COMMANDS, "cli.commands.users"],
    "plan --help": [*_OF_COMMANDS, "cli.commands.plan", *_OF_DIRECTORIES],
}
"""Modules of ours that each way may load, besides the packages that they are in. Kinds of directory are loaded where a
page names them."""
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


def _imported(folder: Path, *words: str, **environ: str) -> set[str]:
    folders = {"HEAPSCIM_CONFIG_DIR": str(folder), "HEAPSCIM_STATE_DIR": str(folder)}
    program = [sys.executable, "-I", "-c", _SHOW, *words]
    done = subprocess.run(
        program, env=_bare() | folders | environ, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert done.stdout
    return set(done.stderr.splitlines())


def _families(modules: set[str]) -> set[str]:
    found = {name.partition(".")[0] for name in modules} & HEAVY - {"importlib"}
    return found | {"importlib"} if "importlib.metadata" in modules else found


@cache
def _metadata() -> set[str]:
    """What importlib.metadata alone imports: in some versions of Python, inspect as well."""
    program = [sys.executable, "-I", "-c", "import importlib.metadata, sys; print(*sys.modules)"]
    return _families(set(subprocess.check_output(program, env=_bare(), text=True, timeout=PATIENCE).split()))


@pytest.mark.parametrize("line", OURS)
def test_help_and_version_import_nothing_heavy_but_typer(tmp_path: Path, line: str) -> None:
    imported = _imported(tmp_path, *line.split())
    packages = {name.rpartition(".")[0] for name in imported}
    ours = {name for name in imported - packages if name.startswith("heapscim.")} - {"heapscim.__main__"}
    assert ours == {f"heapscim.{name}" for name in OURS[line]}
    expected = set() if line == "--version" else {"typer", "inspect"}  # typer brings the second
    assert _families(imported) == expected | (_metadata() if "heapscim.directory.registry" in imported else set())


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (("plan", "--on"), set()),
        (("plan", "--directory", ""), set()),
        (("plan", "--directory", "people"), _metadata()),
        (("status", "--profile", ""), set()),
        (("users", "show", "a"), set()),
        (("users", "list", "--role", ""), set()),
        (("undo", ""), set()),
        (("profiles", "set", "limits."), set()),
        (("help", ""), set()),
    ],
)
def test_a_tab_imports_neither_typer_nor_anything_heavy(
    tmp_path: Path, words: tuple[str, ...], heavy: set[str]
) -> None:
    remember(tmp_path, "default", ["ada@x.org"])
    imported = _imported(tmp_path / "state", *words, _HEAPSCIM_COMPLETE="zsh")
    assert _families(imported) == heavy
    assert not [name for name in imported if name.startswith("heapscim.directory.") and name.endswith(".kind")]
