"""Lines for a pipe: the same with and without Rich."""

import subprocess
import sys

from tests.fakes.patience import PATIENCE

LINES = [
    "Grüße [bold]x[/bold] :smile: " + "long " * 3000,
    "  two  blanks  ",
    "",
    "a\x1b[2Jb\tc\u202ed",
    "http://127.0.0.1:80/x 12 'text' True",
]
"""What Rich could take for markup, wrap, crop or colour, and what a terminal would obey."""
CODE = """
import os, sys
from heapscim.output.console import Screen
screen = Screen(environ=os.environ)
for line in {lines!r}:
    screen.print(line, "bold red")
    screen.notice(line)
assert screen.width == 10_000
"""


def _written(*, before: str = "", **environ: str) -> tuple[str, str]:
    program = [sys.executable, "-c", before + CODE.format(lines=LINES)]
    env = {"PATH": "", "PYTHONIOENCODING": "utf-8", **environ}
    done = subprocess.run(program, env=env, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stdout, done.stderr


def test_a_pipe_gets_without_rich_what_rich_would_write() -> None:
    plain = _written(before="import sys; sys.modules['rich'] = None")
    by_rich = _written(before="import heapscim.output.console as c; c._FORCED = {'PATH'}")
    assert plain == by_rich
    assert plain[0].count("\n") == len(LINES)


def test_colours_that_are_forced_reach_a_pipe() -> None:
    for variable in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        out, err = _written(**{variable: "1"}, TERM="xterm-256color")
        assert "\x1b[1;31m" in out
        assert "\x1b[33m" in err
