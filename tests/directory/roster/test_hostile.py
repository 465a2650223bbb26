"""A roster that was made to take long takes time in proportion to its size, or is refused at once."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from heapscim.directory.roster.assembly import parse_roster
from heapscim.errors import RosterInvalid
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.effort import processor_seconds

HIDDEN = "x\u200b"


def _json_of_groups(number: int) -> str:
    groups = ", ".join(f'"group{i}": "g{i}"' for i in range(number))
    return f'{{"people": [{{"username": "a", {groups}}}]}}'


WIDE: dict[str, tuple[str, Callable[[int], str]]] = {
    "unknown columns": ("a.csv", lambda n: "username," + ",".join(f"colum{i}" for i in range(n)) + "\n"),
    "one column again and again": ("a.csv", lambda n: "username," + ",".join("email" for _ in range(n)) + "\n"),
    "columns without a name": ("a.csv", lambda n: "username," + "," * n + "\n"),
    "cells that can't be": (
        "a.csv",
        lambda n: f"username,{','.join(f'group{i}' for i in range(n))}\nada,{','.join([HIDDEN] * n)}\n",
    ),
    "unknown keys": ("a.yaml", lambda n: f"people: [{{username: a, {', '.join(f'colu{i}: b' for i in range(n))}}}]\n"),
    "groups, one to a key": (
        "a.yaml",
        lambda n: f"people: [{{username: a, {', '.join(f'group{i}: g{i}' for i in range(n))}}}]\n",
    ),
    "groups, one to a key of JSON": ("a.json", _json_of_groups),
    "unknown keys at the top": ("a.json", lambda n: '{"people": [],' + ",".join(f'"k{i}": 1' for i in range(n)) + "}"),
}


def seconds(name: str, text: str) -> float:
    def parsed() -> None:
        with suppress(RosterInvalid):
            parse_roster(text.encode(), Path(name))

    return processor_seconds(parsed)


@pytest.mark.parametrize("kind", WIDE)
def test_what_is_wide_takes_linear_time(kind: str) -> None:
    """Quadratic time would be 16 times as much, and was a minute for the larger one."""
    name, text = WIDE[kind]
    few, many = min(seconds(name, text(300)) for _ in range(3)), min(seconds(name, text(1_200)) for _ in range(2))
    assert many < 9 * few + 0.1
    assert seconds(name, text(20_000)) < 60


def test_a_header_of_too_many_columns_is_refused_at_once() -> None:
    with pytest.raises(RosterInvalid) as caught:
        parse_roster(WIDE["unknown columns"][1](20_000).encode(), Path("a.csv"))
    assert caught.value.problems == ("a.csv:1:1: the header has 20,001 columns; a roster has 2,000 at most",)


def test_of_very_many_problems_a_person_sees_the_first_ones(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.roster("username,active\n" + "".join(f"p{number}@x.org,perhaps\n" for number in range(3_000)))
    heapscim.activate(sandbox)
    ran = heapscim("plan", "--directory", "people.csv")
    assert ran.exit_code == 1
    assert "… and 2,000 more (--output json names all)" in ran.stderr
    assert len(heapscim.json("plan", "--directory", "people.csv").envelope["error"]["problems"]) == 3_000


@pytest.mark.parametrize("name", ["b" * 5_000, "é" * 5_000, "user name " * 500])
def test_long_names_are_cut_and_compared_with_nothing(name: str) -> None:
    header = ",".join(f"{name}{number}" for number in range(100))
    assert seconds("a.csv", f"username,{header}\n") < 60
    with pytest.raises(RosterInvalid) as caught:
        parse_roster(f"username,{header}\n".encode(), Path("a.csv"))
    assert max(map(len, caught.value.problems)) < 300


def test_each_cell_is_named_with_its_place_in_whatever_order_they_are_asked_for() -> None:
    text = 'username,"co, lumn",username,x\nada@x,a,b,c\n'
    with pytest.raises(RosterInvalid) as caught:
        parse_roster(text.encode(), Path("a.csv"))
    assert [problem.split(" ")[0] for problem in caught.value.problems] == ["a.csv:1:10:", "a.csv:1:21:", "a.csv:1:30:"]
