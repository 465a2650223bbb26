"""Markdown: whatever a name holds, a parser reads it back as text, and nothing else."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from heapscim.output.markdown import MOST_CHARACTERS, Page, Section, code, prose
from heapscim.output.text import visible

HOSTILE = (
    "a|b", "a\\|b", "`a`", "``", "<img src=x onerror=alert(1)>", "@octocat please", "[x](http://evil.example)", "***",
    "a\nb", "| --- |", "<!-- ", "&lt;script&gt;", "\u202eevil", "~~x~~", "$x$", "![](http://evil.example/pixel)", " ",
    "https://evil.example", "\\", "_x_", "#1",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
_UNBROKEN = re.compile(r"(?<![A-Za-z0-9])@[A-Za-z0-9]")


def _cells(markdown: str) -> list[Token]:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return [token for token in parser.parse(markdown) if token.type == "inline"]


def _shown(token: Token) -> str:
    kinds = {child.type for child in token.children or ()}
    html = "".join(child.content for child in token.children or () if child.type == "html_inline")
    assert kinds <= {"text", "code_inline", "html_inline", "text_special"}
    assert html in ("", "<code></code>")
    return "".join(child.content for child in token.children or () if child.type != "html_inline")


@given(TEXTS)
@example("`|")
def test_a_name_in_a_table_stays_one_cell_and_is_shown_as_it_is(name: str) -> None:
    page = Page()
    page.add_section(Section("Names", ("Name", "Reason"), [(code(name), "because")]))
    *_, cell, reason = _cells(page.text())
    assert (_shown(cell).strip(), _shown(reason)) == (visible(name).strip(), "because")


@given(TEXTS)
def test_a_sentence_in_a_table_is_shown_as_it_is_and_mentions_nobody(words: str) -> None:
    page = Page()
    page.add_section(Section("Sentences", ("What", "Why"), [(f"x {prose(words)}", "because")]))
    *_, cell, reason = _cells(page.text())
    shown = _shown(cell)
    assert not _UNBROKEN.search(shown)
    assert shown.replace("\u200b", "").strip() == f"x {visible(words)}".replace("\u200b", "").strip()
    assert _shown(reason) == "because"


def test_an_address_stays_as_it_is() -> None:
    assert prose("ada@example.com left Design.") == "ada@example.com left Design."
    assert code("ada@example.com") == "`ada@example.com`"


def test_a_page_that_would_be_too_long_says_what_is_left_out() -> None:
    page = Page()
    page.add("## Title")
    page.add_section(Section("Changes", ("Name",), [(code(f"person{number}@example.com"),) for number in range(9_000)]))
    page.add_section(Section("Notices", ("What",), [("🌊" * 100,)] * 3))
    text = page.text()
    assert len(text.encode("utf-16-le")) // 2 < MOST_CHARACTERS < 65_536
    shown = text.count("person")
    assert f"Left out, since the report would be too long: {9_000 - shown:,} of Changes" in text
    assert text.startswith("## Title")
