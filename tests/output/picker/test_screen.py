"""The keys of the tick list, typed at a terminal."""

import asyncio
import sys

import pytest

from heapscim.output.picker.screen import pick
from heapscim.output.picker.state import Entry
from tests.fakes.terminals import Window, at_a_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")

PEOPLE = [Entry((f"u{number:02}@x.org", "U", "", "active", "New"), tickable=number % 10 > 0) for number in range(60)]
NEW = tuple(number for number in range(60) if number % 10)
HOME, END, UP, DOWN, PAGE_UP, PAGE_DOWN = "\x1b[H", "\x1b[F", "\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~"


def picked(window: Window, keys: str) -> tuple[int, ...] | None:
    window.press(keys)
    return asyncio.run(pick(PEOPLE, "Import", (10, 10, 8, 8), colours=True))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("\r", ()),
        (f"{DOWN} {DOWN} {UP}{UP} \r", (1, 2, 3)),
        (f"{END} {HOME}{DOWN} {PAGE_DOWN} \r", (1, 22, 59)),
        (f"{END}{PAGE_UP} {PAGE_DOWN} \r", (39, 59)),
        ("a\r", NEW),
        ("aa\r", ()),
        ("n \r", (1,)),
        ("/u4\ra\r", tuple(range(41, 50))),
        ("/nobody\r \r", ()),
        ("/u4x\x7f7\r \r", (47,)),
        ("/u99\x15u07\r \r", (7,)),
        ("/\x1b[200~u0\n3\x1b[201~\r \r", (3,)),
        ("/u\t\x0105\r \r", (5,)),
        (f"/u1{DOWN}\r \r", (11,)),
        ("q", None),
        ("\x1b", None),
        ("/q\x03", None),
    ],
)
def test_keys_choose(monkeypatch: pytest.MonkeyPatch, keys: str, expected: tuple[int, ...] | None) -> None:
    with at_a_terminal(monkeypatch) as window:
        found = picked(window, keys)
    assert found == expected


def test_escape_clears_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    with at_a_terminal(monkeypatch) as window:
        window.play(("  1 found", "\x1b"), (" -  u00@x.org", "a\r"))
        found = picked(window, "/u11\r")
    assert found == NEW


def test_colour_is_left_out_where_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with at_a_terminal(monkeypatch) as window:
        window.play(("[ ] u01@x.org", "a"), ("[x] u01@x.org", "\r"))
        assert picked(window, "") == NEW
    assert b"32m" not in window.drawn
