"""``heapscim help``: the pages that a user without a browser or a checkout reads."""

import os
import re
import sys
import tomllib
from pathlib import Path

import pexpect
import pytest

from heapscim.cli.app import COMMANDS
from heapscim.output.pages import with_lists
from heapscim.workflows import help_topics
from heapscim.workflows.help_topics import topic_text, topics
from tests.conftest import CommandLine
from tests.docs.pages import ROOT
from tests.fakes.patience import PATIENCE

NAMED = re.compile(r"`heapscim help ([a-z][a-z -]*)`")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_a_terminal(columns: int, *words: str) -> list[str]:
    """The lines that a person sees at a terminal of so many columns."""
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environ |= {"TERM": "xterm-256color", "HEAPSCIM_PAGER": ""}
    child: pexpect.spawn[str] = pexpect.spawn(
        sys.executable,
        ["-m", "heapscim", "help", *words],
        env=environ,
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(40, columns),
    )
    child.expect(pexpect.EOF)
    shown = ANSI.sub("", child.before or "")
    child.close()
    assert child.exitstatus == 0, shown
    return [line.rstrip() for line in shown.replace("\r\n", "\n").split("\n")]


@pytest.mark.parametrize("topic", topics())
def test_a_piped_topic_is_its_page_without_comments_and_links(heapscim: CommandLine, topic: str) -> None:
    ran = heapscim("help", topic)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"# {topics()[topic]}\n")
    prose = re.sub(r"^```.*?^```$", "", ran.stdout, flags=re.MULTILINE | re.DOTALL)
    assert "<!--" not in prose
    assert "](" not in prose
    assert heapscim.json("help", topic).data == {"topic": topic, "text": ran.stdout}


def test_the_topics_that_messages_and_administrators_need_are_there(heapscim: CommandLine) -> None:
    assert {"rosters", "settings", "exit-codes", "dialect", "guards", "json", "keyring"} <= set(topics())
    assert "| `removal_share` | `0.1` |" in heapscim("help", "settings").stdout
    assert "| 6 | unsafe" in heapscim("help", "exit codes").stdout
    assert heapscim("help", "exit", "codes").stdout == heapscim("help", "Exit_Codes").stdout
    dialect = heapscim("help", "dialect").stdout
    assert "| `page_size` | `100` |" in dialect
    assert dialect.count("## `[dialect]`") == 1


def test_a_link_to_another_page_becomes_the_command_that_shows_it() -> None:
    assert "profile (`heapscim help settings`) uses them" in topic_text("rosters")


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("topic", ["rosters", "settings", "exit-codes", "dialect"])
@pytest.mark.usefixtures("heapscim")
def test_a_topic_is_readable_on_a_terminal_of_any_width(topic: str, columns: int) -> None:
    lines = on_a_terminal(columns, topic)
    assert max(map(len, lines)) <= columns
    text = " ".join(" ".join(lines).split())
    assert topics()[topic] in text
    assert "---" not in text
    assert "**" not in text
    assert not [line for line in lines if line.startswith("|")]
    if topic in ("settings", "dialect"):  # a key is never broken
        assert "max_members_per_patch" in text


def test_a_table_becomes_a_list_where_it_would_not_fit() -> None:
    table = "| key | default | meaning |\n| --- | --- | --- |\n| `a` | `1` | one \\| two |\n| `b` |  | two |\n"
    rows = "- **`a`** (default: `1`): one \\| two\n- **`b`**: two\n"
    assert with_lists(f"before\n\n{table}\nafter\n") == f"before\n\n{rows}\nafter\n"
    code = "```text\n| a | b |\n| --- | --- |\n```\n"
    assert with_lists(code) == code


@pytest.mark.parametrize("line", ["users create", "users", "sync"])
def test_help_of_a_command_is_what_its_option_prints(heapscim: CommandLine, line: str) -> None:
    ran = heapscim("help", *line.split())
    assert ran.exit_code == 0
    assert ran.stdout == heapscim(*line.split(), "--help").stdout


def test_help_alone_shows_the_commands_and_the_topics(heapscim: CommandLine) -> None:
    ran = heapscim("help")
    assert ran.stdout.startswith(heapscim("--help").stdout)
    for topic, title in topics().items():
        assert re.search(rf"^  {topic} +{re.escape(title)}$", ran.stdout, re.MULTILINE)
    assert heapscim.json("help").data["topics"] == topics()
    assert heapscim("help", "-o", "csv").stdout.splitlines()[0] == "topic,title"


def test_an_unknown_topic_names_the_nearest_and_lists_all(heapscim: CommandLine) -> None:
    ran = heapscim("help", "setings")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Error: There is no help on setings.\nDid you mean settings? Topics: exit-codes, ")
    assert heapscim("help", "quantum").stderr.splitlines()[1].startswith("Topics: ")
    assert heapscim("help", "users", "frobnicate").exit_code == 2


def test_every_page_that_a_message_or_a_page_names_is_there(heapscim: CommandLine) -> None:
    texts = [
        *(ROOT / "heapscim").rglob("*.py"),
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
    named = {words for text in texts for words in NAMED.findall(text.read_text("utf-8"))}
    assert {"rosters", "settings", "users create"} <= named
    assert [words for words in sorted(named) if heapscim("help", *words.split()).exit_code] == []
    for topic in topics():  # a link becomes such a hint, too
        assert {words.split()[0] for words in NAMED.findall(topic_text(topic))} <= {*topics(), *COMMANDS}


def test_every_page_of_a_topic_is_in_the_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    included: dict[str, str] = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for path in help_topics._pages().values():
        place = path.relative_to(ROOT / "docs")
        homes = [there for here, there in included.items() if (ROOT / here) in (path, *path.parents)]
        assert [home.removesuffix(f"/{place.name}") for home in homes] == [f"heapscim/pages/{place.parent}"]


def test_an_installation_without_pages_says_so(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    help_topics._pages.cache_clear()
    monkeypatch.setattr(help_topics, "_FOLDERS", (Path("/nowhere/pages"),))
    ran = heapscim("help", "rosters")
    help_topics._pages.cache_clear()
    assert (ran.exit_code, ran.stderr.splitlines()[0]) == (1, "Error: The help pages are missing: /nowhere/pages.")
