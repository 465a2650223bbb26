"""A table on a screen of any width: what must be whole is never cropped, and no line is wider than the screen."""

import string
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heapscim.output.console import Screen
from heapscim.output.tables import Table, show_pairs, show_table
from heapscim.output.text import wrapped


@dataclass(frozen=True)
class Terminal(Screen):
    """A terminal of a given width."""

    columns: int = 80

    @property
    def is_pretty(self) -> bool:
        return True

    @property
    def width(self) -> int:
        return self.columns


WORDS = st.text(string.ascii_letters + "@. ", min_size=1, max_size=70).map(lambda text: " ".join(text.split()) or "x")
ROWS = st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS), min_size=1, max_size=4)
FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@FIXTURES
@given(ROWS, st.integers(30, 200))
def test_what_must_be_whole_is(capsys: pytest.CaptureFixture[str], rows: list[tuple[str, ...]], width: int) -> None:
    table = Table(("name", "note", "id", "state"), tuple(rows), whole=frozenset({"name", "state"}), spare=("id",))
    show_table(table, Terminal(columns=width))
    out = capsys.readouterr().out
    names = [row[0] for row in rows]
    lines = [line.rstrip() for line in out.splitlines()]
    assert all(len(line) <= width for line in lines if line not in names)
    if "─" not in out:  # a block for each row: its identity alone on a line, and everything below it
        assert [line for line in lines if not line.startswith("  ")] == names
        assert [line.split()[0] for line in lines].count("id") >= len(rows)
        return
    head, _, *body = out.splitlines()
    places = {name: head.index(name) for name in ("name", "state")}
    ends = {"name": head.index("note"), "state": None}
    for name, column in (("name", 0), ("state", 3)):
        shown = "".join("".join(line[places[name] : ends[name]].split()) for line in body)
        assert shown == "".join("".join(row[column].split()) for row in rows)


def test_ids_are_left_out_before_a_row_becomes_a_block(capsys: pytest.CaptureFixture[str]) -> None:
    row = ("ada@x.org", "1" * 36, "active")
    table = Table(
        ("userName", "id", "state"), (row,), whole=frozenset({"userName", "state"}), spare=("id",), sum="1 user"
    )
    show_table(table, Terminal(columns=30))
    shown = capsys.readouterr()
    assert [line.split() for line in shown.out.splitlines() if "─" not in line] == [
        ["userName", "state"],
        ["ada@x.org", "active"],
    ]
    assert shown.err == "1 user. The screen is too narrow for: id.\n"
    show_table(table, Terminal(columns=80))
    assert "1" * 36 in capsys.readouterr().out


def test_facts_with_long_names_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    facts = (("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department", "Tooling " * 9), ("id", "7"))
    show_pairs(facts, Terminal(columns=40))
    name, *value, last_name, last = capsys.readouterr().out.splitlines()
    assert (name, last_name, last) == (facts[0][0], "id", "  7")
    assert " ".join(" ".join(value).split()) == facts[0][1].strip()
    assert max(map(len, value)) <= 40


@given(WORDS, st.integers(5, 80))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) <= width for line in lines)
