"""Every help page: plain, whole, and the same words in the list as on the page."""

import re
from typing import Any

import pytest

from heapscim.cli.app import COMMANDS, load
from tests.conftest import CommandLine


def _pages() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        below: dict[str, Any] = getattr(load(name), "commands", {})
        found += [(name,), *((name, verb) for verb in below)]
    return found


PAGES = _pages()


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_page_is_plain_and_names_its_options(heapscim: CommandLine, page: tuple[str, ...]) -> None:
    ran = heapscim(*page, "--help")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"Usage: heapscim {' '.join(page)} ")
    assert not {"╭", "│", "\x1b", "--install-completion"} & {*ran.stdout, *ran.stdout.split()}
    assert max(map(len, ran.stdout.splitlines())) <= 80


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_page_calls_values_by_what_they_are(heapscim: CommandLine, page: tuple[str, ...]) -> None:
    assert re.findall(r"<[^>|]+>", heapscim(*page, "--help").stdout) == []


@pytest.mark.parametrize(
    ("page", "arguments"),
    [
        ("users show", "USER"),
        ("users create", "[USER]"),
        ("groups create", "NAME USER..."),
        ("groups add", "GROUP [USER...]"),
        ("import", ""),
    ],
)
def test_the_usage_line_says_what_may_be_left_out_and_repeated(
    heapscim: CommandLine, page: str, arguments: str
) -> None:
    first = heapscim(*page.split(), "--help").stdout.splitlines()[0]
    assert first == f"Usage: heapscim {page} [OPTIONS] {arguments}".strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_page_says(name: str) -> None:
    assert COMMANDS[name].help == load(name).help


def test_every_command_has_the_common_options(heapscim: CommandLine) -> None:
    leaves = [page for page in PAGES if not any(other[:1] == page for other in PAGES if other != page)]
    for page in leaves:
        section = heapscim(*page, "--help").stdout.partition("Common options:")[2]
        names = [line.split()[0].rstrip(",") for line in section.splitlines() if line.startswith("  -")]
        assert names == ["--profile", "-o", "-q", "--no-pager", "--debug"], page


def test_the_root_lists_every_command(heapscim: CommandLine) -> None:
    for ran in (heapscim("--help"), heapscim("-h")):
        section = ran.stdout.partition("Commands:\n")[2]
        assert [line.split()[0] for line in section.splitlines() if line[2:3] != " "] == list(COMMANDS)
    assert "Usage: heapscim" in heapscim().stderr + heapscim().stdout


def test_the_version_is_said(heapscim: CommandLine) -> None:
    from heapscim import __version__

    assert heapscim("--version").stdout == f"heapscim {__version__}\n"


def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(heapscim: CommandLine) -> None:
    ran = heapscim("user", "list")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[0] == "Error: There is no command user. Did you mean `heapscim users`?"
    assert heapscim("zzz").stderr.splitlines()[0] == "Error: There is no command zzz."
