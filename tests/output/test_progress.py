"""What a bar says on a terminal of any width, when it is drawn, and what it says of a limit."""

import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.execution.ports import Observer
from heapscim.http.rate_limit import Throttling
from heapscim.model.changes import CreateUser
from heapscim.model.outcomes import Outcome
from heapscim.output import progress
from heapscim.output.console import Screen
from heapscim.output.holdups import holdup_of, telling_holdups
from heapscim.output.import_progress import import_progress
from heapscim.output.progress import ApplyProgress, ReadingProgress, Task, progress_bar
from heapscim.output.progress_line import Drawn, line_of
from tests.conftest import CommandLine
from tests.fakes.processes import wait_until
from tests.fakes.tenants import TOKEN, running_sandbox
from tests.fakes.terminals import Window, at_a_terminal, on_a_terminal

ALL_OF_IT = "Applying  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  1,000/4,000  0:30 left  100/s"


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (100, ALL_OF_IT),
        (60, f"Applying  {'━' * 19}  1,000/4,000  0:30 left  100/s"),
        (40, "Applying  1,000/4,000  0:30 left  100/s"),
        (38, "Applying  1,000/4,000  0:30 left"),
        (22, "Applying  1,000/4,000"),
        (12, "Applying"),
        (4, "Appl"),
    ],
)
def test_a_narrow_screen_leaves_out_what_matters_least(width: int, line: str) -> None:
    assert line_of(Drawn("Applying", 1000, 4000, 100.0, 10.0), width).plain == line


@pytest.mark.parametrize(
    ("drawn", "line"),
    [
        (Drawn("Reading Heap", 0, None, None, 4.2), "Reading Heap  0:04"),
        (Drawn("Reading Heap", 700, None, 50.0, 14.0), "Reading Heap  700  0:14  50/s"),
        (Drawn("Applying", 0, 20, None, 7275.0), f"Applying  {'━' * 40}  2:01:15"),
        (Drawn("Applying", 1, 20, 0.5, 2.0), f"Applying  {'━' * 40}  1/20  0:38 left  0.5/s"),
        (Drawn("Applying", 20, 20, 9.0, 2.0), f"Applying  {'━' * 40}  20/20  0:02  9.0/s"),
    ],
)
def test_what_is_not_known_is_not_shown(drawn: Drawn, line: str) -> None:
    assert line_of(drawn, 100).plain == line


@given(
    st.builds(
        Drawn,
        st.sampled_from(["Applying", "Reading the directory", "Applying (1,234 failed)"]),
        st.integers(0, 10**7),
        st.none() | st.integers(0, 10**7),
        st.none() | st.floats(1e-6, 1e6),
        st.floats(0, 1e6),
    ),
    st.integers(1, 200),
)
def test_no_line_is_wider_than_the_screen(drawn: Drawn, width: int) -> None:
    assert len(line_of(drawn, width).plain) <= width


@pytest.mark.parametrize(
    ("throttling", "words"),
    [
        (Throttling(29.2, 25.0), "Heap asks for a pause of 30 s."),
        (Throttling(0.3, None), "Waiting for Heap's limit."),
        (Throttling(0.0, 24.7), "Waiting for Heap's limit: about 25 requests a second."),
        (Throttling(0.0, 1.2), "Waiting for Heap's limit: about 1 request a second."),
        (Throttling(0.0, 0.1), "Waiting for Heap's limit: about one request in 10 s."),
    ],
)
def test_a_limit_is_put_into_words(throttling: Throttling, words: str) -> None:
    assert holdup_of("Heap", throttling) == words


@contextmanager
def at_a_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """A terminal where a line feed begins a new line, as it does for every program that doesn't ask for raw mode."""
    with at_a_terminal(monkeypatch) as window:
        attributes = termios.tcgetattr(sys.stderr.fileno())
        attributes[1] |= termios.OPOST | termios.ONLCR
        termios.tcsetattr(sys.stderr.fileno(), termios.TCSANOW, attributes)
        yield window


def test_short_work_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_FIRST", 3600.0)
    with at_a_usual_terminal(monkeypatch) as window:
        screen = Screen()
        with progress_bar(screen, "Planning") as board:
            ReadingProgress(board, "Reading Heap")(3, 4)
        screen.tell("The end.")
        wait_until(lambda: "The end." in window.text)
        assert window.drawn.split() == [b"The", b"end."]


def test_long_work_is_drawn_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_FIRST", 0.0)
    monkeypatch.setattr(progress, "_NEXT", 0.01)
    held = [Throttling(29.2, None)]
    with at_a_usual_terminal(monkeypatch) as window:
        screen = Screen()
        with progress_bar(screen) as board, telling_holdups(screen, "Heap", lambda: held[0]):
            reading = ReadingProgress(board, "Reading Heap")
            wait_until(lambda: "Reading Heap" in window.text)
            assert "Heap asks for a pause of 30 s." in window.text
            reading(300, 400)
            wait_until(lambda: "300/400" in window.text)
            screen.notice("Something happened.")
            wait_until(
                lambda: window.text.split("\n")[0] == "Something happened." and "300/400" in window.text.split("\n")[1]
            )
        screen.tell("The end.")
        wait_until(lambda: "The end." in window.text)
        assert window.text.split("\n")[:3] == ["Something happened.", "The end.", ""]
        assert screen.holdups == []


def test_results_of_an_import_stand_above_its_bar_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for first in (0.0, 3600.0):
        monkeypatch.setattr(progress, "_FIRST", first)
        with at_a_usual_terminal(monkeypatch) as window:
            with import_progress(Screen(), 3) as shown:
                shown.settled("ada@x.org", "added", None)
                shown.settled("[bold]", "failed", "It is\x1b[31m taken.")
            results = ["ada@x.org: added", "[bold]: failed. It is\\x1b[31m taken.", ""]
            wait_until(lambda: window.text.split("\n")[:3] == results)  # noqa: B023 - called at once


def test_the_observer_says_what_a_run_does() -> None:
    task = Task("Applying", 2)
    observer = ApplyProgress(task=task)
    told: Observer = observer
    change = CreateUser("1", "ada@x.org", {}, "new")
    told.looking(2)
    assert task.words == "Looking at 2 changes"
    told.finished(Outcome(change, "done"))
    assert (task.words, task.done) == ("Applying", 1)
    told.finished(Outcome(change, "failed"))
    assert (task.words, task.done) == ("Applying (1 failed)", 2)


@pytest.mark.parametrize("columns", [80, 40])
def test_a_run_at_a_limit_says_how_long_it_takes_and_why(heapscim: CommandLine, columns: int) -> None:
    people = "".join(f"u{number}@x.org,Design\n" for number in range(120))
    heapscim.roster("username,groups\n" + people)
    with running_sandbox(rate=20) as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        environ = {"HEAPSCIM_TOKEN": TOKEN, "TERM": "xterm-256color"}
        with on_a_terminal(
            "-m", "heapscim", "sync", "--yes", environ=environ | heapscim_folders(heapscim), columns=columns
        ) as terminal:
            terminal.wait_for_pattern(r"Applying .*\d+/121 .*\d:\d\d left")
            terminal.wait_for("Heap's limit")
            assert terminal.end() == 0
            assert "Applying" not in terminal.text
            assert "121 done" in " ".join(terminal.text.split())
            assert not terminal.hides_cursor


def heapscim_folders(heapscim: CommandLine) -> dict[str, str]:
    return {
        "HEAPSCIM_CONFIG_DIR": str(heapscim.folder / "config"),
        "HEAPSCIM_STATE_DIR": str(heapscim.folder / "state"),
    }
