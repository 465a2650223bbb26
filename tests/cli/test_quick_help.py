"""Quick help: to the letter the page that Typer makes, at every width, and Typer itself where anything is unusual."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from heapscim.cli.app import context_of
from heapscim.cli.quick_help import quick_help
from heapscim.cli.tables.pages import PAGES
from tests.conftest import Ran
from tests.fakes.kinds import install
from tests.fakes.patience import PATIENCE
from tests.fakes.terminals import on_a_terminal

WIDTHS = ["-1", "1", "40", "52", "53", "61", "72", "79", "80", "81", "101", "102", "103", "120", "1000", " 90 ", "wide"]
NOTHING: Mapping[str, str] = {}
BROWSING = {"HEAPSCIM_PROFILE": "no such name", "HEAPSCIM_OUTPUT": "nothing", "HEAPSCIM_CONFIG_DIR": "/nowhere"}
"""Variables that no help looks at, with values that no command would take."""


@pytest.mark.parametrize("columns", WIDTHS)
def test_each_page_is_what_typer_says_at_every_width(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    pages = {path: quick_help(path, {"COLUMNS": columns}) for path in PAGES}
    contexts = {path: context_of(path) for path in PAGES}
    assert pages == {path: context and context.get_help() for path, context in contexts.items()}


QUICK, TYPER = "heapscim.__main__ import main", "heapscim.cli.app import run as main"


def _ran(
    folder: Path, words: Sequence[str], environ: Mapping[str, str] = NOTHING, *, by: str = QUICK, without: str = ""
) -> Ran:
    """Runs the program, or Typer alone; importing what it is to do ``without`` fails."""
    code = f"import sys; sys.modules[{without!r}] = None; sys.argv[0] = 'heapscim'; from {by}; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={"COLUMNS": "90", "PATH": "", "HEAPSCIM_STATE_DIR": str(folder), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        cwd=folder,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("environ", [{}, BROWSING], ids=["bare", "variables"])
@pytest.mark.parametrize(
    "words", ["--help", "-h", "users --help", "users list -h", "plan --help", "profiles set --help"]
)
def test_a_process_shows_it_without_typer(tmp_path: Path, words: str, environ: dict[str, str]) -> None:
    quick = _ran(tmp_path, words.split(), environ, without="typer")
    assert quick == _ran(tmp_path, words.split(), environ, by=TYPER)
    assert (quick.exit_code, quick.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--help", "users"),
        ("users", "--help", "list"),
        ("users", "list", "--help", "--limit", "3"),
        ("users", "list", "--quiet", "--help"),
        ("users", "list", "--nothing", "--help"),
        ("users", "list", "ada", "--help"),
        ("users list", "--help"),
        ("users", "", "--help"),
        ("", "--help"),
        ("plan", "--only", "--help"),
        ("plan", "--", "--help"),
        ("users",),
        ("user", "--help"),
        ("users", "lst", "-h"),
        ("--nothing", "--help"),
        ("--version", "--help"),
        ("--help", "--help"),
        ("--help=yes",),
        ("help", "plan"),
        ("-hh",),
    ],
    ids=" ".join,
)
def test_what_is_unusual_is_left_to_typer(tmp_path: Path, words: tuple[str, ...]) -> None:
    folders = {"HEAPSCIM_CONFIG_DIR": str(tmp_path), "HEAPSCIM_STATE_DIR": str(tmp_path)}
    assert _ran(tmp_path, words, folders) == _ran(tmp_path, words, folders, by=TYPER)


def test_it_is_as_wide_as_the_terminal(tmp_path: Path) -> None:
    context = context_of(["users", "list"])
    assert context is not None
    for columns in (60, 95):
        environ = {"PATH": "", "TERM": "xterm"}
        with on_a_terminal(
            "-m", "heapscim", "users", "list", "-h", environ=environ, columns=columns, lines=60, cwd=tmp_path
        ) as shown:
            shown.end()
            page = quick_help(["users", "list"], {"COLUMNS": str(columns)})
            assert shown.text.rstrip() == page


@pytest.mark.parametrize(("words", "stays_quick"), [("plan --help", "no"), ("users list --help", "yes")])
def test_a_page_that_names_the_kinds_waits_for_those_of_other_packages(
    tmp_path: Path, words: str, stays_quick: str
) -> None:
    kind = "from heapscim.directory.kind import DirectoryKind\nKIND = DirectoryKind('juniper', 'x', 'juniper:X', open)"
    install(tmp_path, "juniper", kind)
    environ = {"PYTHONPATH": str(tmp_path)}
    shown = _ran(tmp_path, words.split(), environ)
    assert (shown.exit_code, "juniper:X" in shown.stdout) == (0, stays_quick == "no")
    without = _ran(tmp_path, words.split(), environ, without="typer")
    assert (without.exit_code == 0) == (stays_quick == "yes")
