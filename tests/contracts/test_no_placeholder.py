"""Nothing that ships says that it still has to be written: a reader can't tell what such a place will say."""

import ast
import re
from pathlib import Path

import pytest

import heapscim

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(heapscim.__file__).parent
PLACEHOLDER = re.compile(r"\b(todo|fixme|xxx|tbd|tba|lorem ipsum)\b", re.IGNORECASE)
LEAST_WORDS = 4
"""Of a module's docstring, which the page about the house is made from."""


def found_in(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if PLACEHOLDER.search(line)]


def says_nothing(module: str) -> bool:
    return len((ast.get_docstring(ast.parse(module)) or "").split()) < LEAST_WORDS


@pytest.mark.parametrize(
    ("folder", "suffixes"),
    [
        (PACKAGE, {".py", ".json"}),
        (REPOSITORY / "docs", {".md", ".json"}),
        (REPOSITORY / "completions", {"", ".bash", ".fish", ".ps1"}),
    ],
)
def test_nothing_is_left_to_be_written(folder: Path, suffixes: set[str]) -> None:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix in suffixes]
    assert files
    left = {str(file.relative_to(folder)): found_in(file.read_text("utf-8")) for file in files}
    assert {file: lines for file, lines in left.items() if lines} == {}


def test_every_module_says_what_it_is() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))
    assert [str(file.relative_to(PACKAGE)) for file in modules if says_nothing(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("text", ['"""TODO."""', "x = 1  # fixme: later", "Set `XXX` here.", "| `page` | TBD |"])
def test_a_placeholder_is_found_wherever_it_stands(text: str) -> None:
    assert found_in(f"first\n{text}\nlast") == [text]


@pytest.mark.parametrize("module", ["", "x = 1", '"""TODO."""', '"""The client."""'])
def test_a_module_that_says_nothing_is_found(module: str) -> None:
    assert says_nothing(module)
