"""Holds the documentation against the program: what it shows is what happens."""

import ast
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from heapscim.cli.app import COMMANDS, help_of, load
from heapscim.workflows.help_topics import topics
from tests.docs import screenshots
from tests.docs.console import shell_blocks
from tests.docs.house import first_line, modules_of, rooms
from tests.docs.manual import MANUAL, manual_pages
from tests.docs.pages import BY_OTHER_TESTS, PAGES, ROOT, RUN, name_of, played
from tests.docs.pictures import FOLDER, THEMES
from tests.docs.reference import PARTS, with_parts
from tests.fakes.patience import PATIENCE

ALLOWED = {"http://www.w3.org/2000/svg", "https://www.textualize.io", "http://127.0.0.1:8025/scim/v2/1234567"}
"""Addresses in a picture that nothing is fetched from."""
ANEW = "run `python -m tests.docs`"
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```(?:console|sh|ini|yaml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ALL = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_the_commands_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text("utf-8")
    after, pictures = played(page, text, tmp_path.resolve())
    assert after == text, ANEW
    for path, picture in pictures.items():
        assert path.read_text("utf-8") == picture, f"{path.name}: {ANEW}"
        assert f"pictures/{path.name}" in text, f"the page doesn't show {path.name}"


@ALL
def test_every_shell_block_of_a_page_can_be_run(page: Path) -> None:
    text = page.read_text("utf-8")
    fences = re.findall(r"^[ \t>]*(?:```|~~~)[ {]*(?:sh|bash|zsh|shell|console)\b.*$", text, re.MULTILINE)
    assert len(fences) == shell_blocks(text), fences


def test_what_a_page_s_commands_need_besides_the_sandbox_a_test_of_its_own_has() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [page.name for page in BY_OTHER_TESTS if f'"{page.name}"' not in tests] == []


def test_every_picture_is_drawn_for_a_page_and_needs_no_network() -> None:
    text = "".join(page.read_text("utf-8") for page in RUN)
    names = set(re.findall(r"^<!-- picture (\S+) \d+ lines$", text, re.MULTILINE))
    drawn = {FOLDER / f"{name}-{theme}.svg" for name in names for theme in THEMES}
    assert set(FOLDER.iterdir()) == drawn | set(screenshots.NAMES.values())
    for path in drawn:
        assert set(re.findall(r"https?://[^\s<\"\[]+", path.read_text("utf-8"))) <= ALLOWED


def test_the_pictures_of_a_review_show_the_page_as_it_is_now() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    now = screenshots.digest(screenshots.page())
    for path in screenshots.NAMES.values():
        assert screenshots.digest_in(path) == now, f"{path.name}: {ANEW}"
        assert path.stat().st_size < 150_000
        assert f"pictures/{path.name}" in text, f"no page shows {path.name}"


@ALL
def test_the_generated_parts_of_a_page_are_as_the_program_is(page: Path) -> None:
    text = page.read_text("utf-8")
    assert with_parts(text) == text, ANEW


def test_every_generated_part_stands_on_some_page() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert {name for name in PARTS if f"<!-- generated: {name} -->" not in text} == set()


def test_the_manual_pages_are_as_the_program_is_and_man_shows_them_without_a_warning() -> None:
    pages = manual_pages()
    assert {path: path.read_text("utf-8") for path in MANUAL.iterdir()} == pages, ANEW
    groff = ["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", *map(str, pages)]
    shown = subprocess.run(groff, check=True, capture_output=True, text=True, timeout=PATIENCE)
    assert shown.stderr == ""
    assert "heapscim-sync - Make Heap agree with the directory" in shown.stdout.replace("‐", "-").replace("−", "-")


@ALL
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text("utf-8"))
    missing = [link for link in LINK.findall(text) if not _is_there(page, link)]
    assert missing == []


def test_every_page_can_be_found_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link).resolve() for link in LINK.findall(index.read_text("utf-8")) if "://" not in link}
    assert {page for page in PAGES[1:] if page != index} - linked == set()


def test_every_module_and_every_room_says_what_it_holds() -> None:
    silent = [path for room in rooms() for path in (f"{room}/__init__.py", *modules_of(room)) if not first_line(path)]
    assert silent == []


def test_every_help_that_a_message_points_to_is_there() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "heapscim").rglob("*.py"))
    named = set(re.findall(r"`heapscim help ([a-z][a-z -]*)`", sources))
    assert {"rosters", "settings"} <= named
    assert {name for name in named if name not in topics() and help_of(name.split()) is None} == set()
    assert re.findall(r"docs/[\w/-]+\.\w+", sources) == []


def test_the_changelog_says_nothing_twice() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").partition("## [Unreleased]")[2].split("\n## ")[0].splitlines()
    said = [line for line in lines if line.startswith(("- ", "#"))]
    assert [line for line in dict.fromkeys(said) if said.count(line) > 1] == []


def test_every_variable_of_the_environment_is_listed() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "heapscim").rglob("*.py"))
    listed = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    used = set(re.findall(r"\bHEAPSCIM_[A-Z_]+\b", sources))
    assert {name for name in used if f"`{name}`" not in listed} == set()


def test_the_readme_tests_with_the_command_of_the_checks() -> None:
    (command,) = re.findall(r"^python -m pytest .*$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert f"&& {command}\n" in (ROOT / "README.md").read_text("utf-8")


def test_the_articles_promises_name_the_tests_that_hold_them() -> None:
    page = (ROOT / "docs" / "explanation" / "the-article.md").read_text("utf-8")
    named = re.findall(r"\[([^\]]*)\]\(\.\./\.\./tests/test_article\.py\)", page)
    tree = ast.parse((ROOT / "tests" / "test_article.py").read_text("utf-8"))
    tests = [entry.name for entry in tree.body if isinstance(entry, ast.FunctionDef) and entry.name.startswith("test_")]
    assert sorted(f"test_{words.replace(' ', '_')}" for words in named) == sorted(tests)


def test_no_promise_of_the_article_is_left_out() -> None:
    page = (ROOT / "docs" / "explanation" / "the-article.md").read_text("utf-8")
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == set(range(1, 21))


@ALL
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    lines = [*CODE.findall(text), *re.findall(r"`(heapscim [^`]+)`", text)]
    found = re.findall(r"(?:^|[ /`|(])heapscim ((?:[a-z]+ ?){1,2}[^\n|;&)`'\"]*)", "\n".join(lines), re.MULTILINE)
    wrong = [line for line in found if not _exists(line.split())]
    assert wrong == []


def _is_there(page: Path, link: str) -> bool:
    if "://" in link:
        return True
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target.read_text("utf-8"))


def _anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.casefold()).replace(" ", "-") for title in titles}


def _exists(words: list[str]) -> bool:
    if words[0] not in COMMANDS:
        return False
    command: Any = load(words[0])
    if children := getattr(command, "commands", None):
        if len(words) < 2 or words[1] == "[OPTIONS]":
            return True
        if words[1] not in children:
            return False
        command = children[words[1]]
    known = {name for entry in command.params for name in (*entry.opts, *entry.secondary_opts)} | {"--help", "-h"}
    options = [word.partition("=")[0].strip("[]") for word in words if re.match(r"\[?-{1,2}[a-z]", word)]
    return all(part in known for option in options for part in option.split("/"))
