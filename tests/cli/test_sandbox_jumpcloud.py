"""`heapscim sandbox --with-jumpcloud` serves both sides, and prints how to connect them."""

import re

import pytest

from tests.conftest import CommandLine
from tests.fakes.processes import ended, interrupt, next_line, started


def test_both_sides_are_served_and_what_is_printed_connects_them(
    heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started("sandbox", "--jumpcloud", "page_cap=2") as served:
        printed: list[str] = []
        while not (printed and "heapscim activate" in printed[-1]):
            printed.append(next_line(served.stdout))
            assert printed[-1], "the sandbox ended"
        export = re.fullmatch(r"export (\w+)=(\S+)\n", printed[-2])
        activation = re.fullmatch(r"echo (\S+) \| heapscim (.*)\n", printed[-1])
        assert export is not None
        assert activation is not None
        monkeypatch.setenv(export[1], export[2])
        assert heapscim(*activation[2].split(), stdin=activation[1] + "\n").exit_code == 0
        ran = heapscim.json("sync", "--yes")
        assert (ran.exit_code, ran.data["counts"]) == (0, {"create_user": 3, "create_group": 2})
        interrupt(served)
        assert ended(served)[0] == 0


def test_an_unknown_switch_is_refused_with_the_nearest(heapscim: CommandLine) -> None:
    ran = heapscim("sandbox", "--jumpcloud", "bulks=no")
    assert (ran.exit_code, "Did you mean bulk?" in ran.stderr) == (2, True)
