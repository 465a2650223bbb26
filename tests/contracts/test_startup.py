"""What may be imported before a command runs: start-up is paid at every Tab."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.ledgers import remember

HEAVY = frozenset(
    {"httpx", "pydantic", "keyring", "rich", "asyncio", "sqlite3", "platformdirs", "typer", "importlib", "inspect"}
)
"""Families that cost more than a few milliseconds. ``importlib`` stands for importlib.metadata,
``inspect`` for dataclasses."""
_OF_COMMANDS = ["cli.app", "cli.help_pages", "cli.options", "config.paths", "errors", "workflows.common"]
OURS = {
    "--version": [],
    "--help": ["cli.app", "cli.help_pages"],
    "users --help": [*_OF_COMMANDS, "cli.commands.users"],
    "plan --help": [*_OF_COMMANDS, "cli.commands.plan"],
}
"""Modules of ours that each way may load, besides the packages that they are in."""
_SHOW = """\
import atexit, sys
atexit.register(lambda: sys.stderr.write("\\n".join(sys.modules)))
sys.argv = ["heapscim", *sys.argv[1:]]
from heapscim.__main__ import main
main()
"""


def _imported(folder: Path, *words: str, **environ: str) -> set[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("HEAPSCIM", "COV"))}
    folders = {"HEAPSCIM_CONFIG_DIR": str(folder), "HEAPSCIM_STATE_DIR": str(folder)}
    program = [sys.executable, "-I", "-c", _SHOW, *words]
    done = subprocess.run(program, env=bare | folders | environ, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout
    return set(done.stderr.splitlines())


def _families(modules: set[str]) -> set[str]:
    found = {name.partition(".")[0] for name in modules} & HEAVY - {"importlib"}
    return found | {"importlib"} if "importlib.metadata" in modules else found


def _brought_by_typer(folder: Path) -> set[str]:
    """What a Typer app of one empty command imports on its own way to a command's help."""
    lines = (
        "import atexit, sys, typer",
        "atexit.register(lambda: sys.stderr.write('\\n'.join(sys.modules)))",
        "app = typer.Typer(rich_markup_mode=None, add_completion=False)",
        "app.command('one')(lambda: None)",
        "app.command('two')(lambda: None)",
        "app(['one', '--help'])",
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        timeout=60,
    )
    return _families(set(done.stderr.splitlines()))


@pytest.mark.parametrize("line", OURS)
def test_help_and_version_import_no_more_than_typer_itself(tmp_path: Path, line: str) -> None:
    imported = _imported(tmp_path, *line.split())
    packages = {name.rpartition(".")[0] for name in imported}
    ours = {name for name in imported - packages if name.startswith("heapscim.")} - {"heapscim.__main__"}
    assert ours == {f"heapscim.{name}" for name in OURS[line]}
    brought = set() if line == "--version" else _brought_by_typer(tmp_path)
    assert _families(imported) <= brought
    assert not _families(imported) & {"httpx", "keyring", "rich", "asyncio", "sqlite3", "platformdirs"}


@pytest.mark.parametrize("words", [("plan", "--on"), ("status", "--profile", ""), ("users", "show", "a")])
def test_a_tab_imports_neither_typer_nor_anything_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    remember(tmp_path, "default", ["ada@x.org"])
    folder = tmp_path / "state"
    assert not _families(_imported(folder, *words, _HEAPSCIM_COMPLETE="zsh"))
