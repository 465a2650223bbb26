"""Names are shown, not obeyed: by terminals and by spreadsheets."""

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.output.tables import Table, fitting_widths
from heapscim.output.text import cropped, flowed, spreadsheet_safe, visible, width_of
from tests.fakes.effort import processor_seconds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ada@x.org", "ada@x.org"),
        ("Gödel 漢字 👩", "Gödel 漢字 👩"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\x07\x00\x7f\x9bb", "a\\x07\\x00\\x7f\\x9bb"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\u202egro.x\u2066", "\\u202egro.x\\u2066"),
        ("a\u200bb\ufeff\u2028", "a\\u200bb\\ufeff\\u2028"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_that_is_shown_controls_a_terminal(text: str) -> None:
    assert not {unicodedata.category(char) for char in visible(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(), st.integers(1, 40))
def test_a_cropped_name_is_never_longer_than_asked(text: str, width: int) -> None:
    assert len(cropped(text, width)) <= width


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two three four", ["one two three", "four"]),
        ("  one two three four", ["  one two", "  three four"]),
        ("Run `heapscim plan --out plan.json`, and look.", ["Run", "`heapscim plan --out plan.json`,", "and look."]),
        ("see https://example.com/a/long/one here", ["see", "https://example.com/a/long/one", "here"]),
        ("a lone ` and more", ["a lone ` and", "more"]),
        ("漢字漢字 漢字漢字", ["漢字漢字", "漢字漢字"]),
    ],
)
def test_a_message_is_parted_between_words_and_a_command_stays_whole(text: str, lines: list[str]) -> None:
    assert flowed(text, 14).split("\n") == lines


@given(st.text("ab `漢"), st.integers(1, 12))
def test_a_parted_message_says_the_same_and_only_a_word_is_wider_than_the_screen(text: str, width: int) -> None:
    lines = flowed(text, width).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    too_wide = [re.sub("`[^`]*`", "", line).strip() for line in lines if width_of(line) > width]
    assert [line for line in too_wide if " " in line] == []


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("ada", "ada"),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(cell: str, safe: str) -> None:
    assert spreadsheet_safe(cell) == safe


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert spreadsheet_safe(text).lstrip()[:1] not in ("=", "+", "-", "@")


def test_csv_can_be_read_back() -> None:
    table = Table(("name", "members"), (('say "hi", Ada', "2"), ("=HYPERLINK(1)", "0"), ("line\nbreak", "1")))
    assert table.to_csv().count("\r\n") == 4
    assert list(csv.reader(io.StringIO(table.to_csv(), newline=""))) == [
        ["name", "members"],
        ['say "hi", Ada', "2"],
        ["'=HYPERLINK(1)", "0"],
        ["line\\nbreak", "1"],
    ]


@pytest.mark.parametrize(
    ("natural", "available", "widths"),
    [
        ((10, 10, 10), 100, (10, 10, 10)),
        ((30, 30, 9), 61, (30, 22, 9)),
        ((75, 45, 9, 4, 9, 8), 105, (50, 25, 9, 4, 9, 8)),
        ((40, 8), 24, (16, 8)),
        ((40, 12, 12), 10, (12, 12, 12)),
    ],
)
def test_columns_give_way_to_who_it_is(natural: tuple[int, ...], available: int, widths: tuple[int, ...]) -> None:
    assert fitting_widths(natural, available) == widths


@pytest.mark.parametrize(
    ("natural", "available", "widths"),
    [
        ((22, 11, 40, 12, 17), 80, (22, 11, 18, 12, 17)),
        ((22, 11, 40, 12, 40), 80, (22, 11, 12, 12, 23)),
        ((22, 30), 24, (22, 12)),
    ],
)
def test_what_must_be_whole_gives_way_last(natural: tuple[int, ...], available: int, widths: tuple[int, ...]) -> None:
    assert fitting_widths(natural, available, {0, 1, len(natural) - 1}) == widths


def test_a_name_of_a_hundred_thousand_characters_is_no_burden() -> None:
    def shown() -> None:
        for text in ("x" * 100_000, "\u202e" * 100_000, "=" * 100_000):
            assert cropped(text, 60).endswith("…")
            assert len(spreadsheet_safe(text)) >= 100_000

    assert processor_seconds(shown) < 60
