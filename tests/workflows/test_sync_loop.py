"""The sync loop: what it says of each run, when the next one begins, and what ends it."""

from dataclasses import dataclass, field, replace

import pytest

from heapscim.errors import HeapscimError, SettingsError, Unavailable, UsageError
from heapscim.http.rate_limit import Timing
from heapscim.model.changes import DeactivateUser
from heapscim.model.plan import Baseline, ChangedBack, Conflict, Impact, Plan, Withheld
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.workflows.context import Context
from heapscim.workflows.sync_loop import interval, keep_syncing
from tests.builders import TENANT
from tests.fakes.contexts import a_context

PLAN = Plan(TENANT, "sync", (), Impact(0, 0, {}, {}), Baseline(0, 0))
LEAVING = Withheld(DeactivateUser("1", "p1", "ada@x.org", "gone"), "unproven")
NOTHING: dict[str, object] = {"violations": [], "plan": PLAN}


@dataclass
class Turns:
    """A standing process that is stopped after so many turns, with a clock of its own."""

    results: list[Result | HeapscimError]
    takes: float = 10.0
    at: float = 0.0
    slept: list[float] = field(default_factory=list)
    seen: list[Context] = field(default_factory=list)

    def once(self, context: Context) -> Result:
        self.seen.append(context)
        self.at += self.takes
        found = self.results.pop(0)
        if isinstance(found, HeapscimError):
            raise found
        return found

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
        if not self.results:
            raise KeyboardInterrupt

    def run(self, screen: Screen | None = None) -> Result:
        timing = Timing(clock=lambda: self.at, now=lambda: self.at, sleep=self.sleep, chance=lambda: 0.5)
        return keep_syncing(a_context(screen=screen, timing=timing), 60.0, self.once)


def test_each_run_begins_at_its_time_and_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = {"id": "r1", "counts": {"done": 3, "failed": 1, "not_attempted": 0}}
    turns = Turns([
        Result(NOTHING),
        Result({**NOTHING, "run": done}, exit_code=7),
        Result({**NOTHING, "violations": [{"message": "Too many."}]}, exit_code=6),
        Unavailable("Heap can't answer."),
        Result({**NOTHING, "plan": replace(PLAN, withheld=(LEAVING, LEAVING))}, exit_code=8),
    ])  # fmt: skip
    result = turns.run()
    assert capsys.readouterr().out.splitlines() == [
        "1970-01-01T00:00:10+00:00 nothing to do",
        "1970-01-01T00:01:10+00:00 run r1: 3 done, 1 failed",
        "1970-01-01T00:02:10+00:00 refused: Too many.",
        "1970-01-01T00:03:10+00:00 error: Heap can't answer.",
        "1970-01-01T00:04:10+00:00 nothing to do, 2 removals withheld",
    ]
    assert turns.slept == [50.0] * 5
    assert {(seen.profile, seen.screen.format, seen.screen.quiet) for seen in turns.seen} == {("default", "json", True)}
    assert len({id(seen.credentials.keyring) for seen in turns.seen}) == 5, "a keyring that failed is asked again"
    assert (result.exit_code, result.data) == (8, {"runs": 5, "last_exit_code": 8})


def test_quiet_prints_only_runs_that_changed_something(capsys: pytest.CaptureFixture[str]) -> None:
    done = {"id": "r1", "counts": {"done": 3, "failed": 0, "not_attempted": 0}}
    conflict = Conflict("ambiguous", "b", "b could be any of 2.", "Leave one.")
    Turns([
        Result(NOTHING),
        Result({**NOTHING, "run": done}),
        Unavailable("Heap can't answer."),
        Result({**NOTHING, "plan": replace(PLAN, conflicts=(conflict,))}),
    ]).run(Screen(quiet=True))  # fmt: skip
    captured = capsys.readouterr()
    assert [line.partition(" ")[2] for line in captured.out.splitlines()] == [
        "run r1: 3 done",
        "nothing to do, 1 in conflict",
    ]
    assert [line.partition(" ")[2] for line in captured.err.splitlines()] == ["error: Heap can't answer."]


def test_a_line_says_what_others_changed_back(capsys: pytest.CaptureFixture[str]) -> None:
    once = ChangedBack("user", "ada@x.org", "deactivate_user", (), "r1", 1, withheld=False)
    twice = replace(once, times=2, withheld=True)
    held = replace(PLAN, withheld=(LEAVING, LEAVING), changed_back=(once, twice))
    Turns([
        Result({**NOTHING, "plan": replace(PLAN, changed_back=(once,))}),
        Result({**NOTHING, "plan": held}, exit_code=8),
    ]).run()  # fmt: skip
    assert [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "nothing to do, 1 changed back by somebody else",
        "nothing to do, 2 changed back by somebody else, 2 changes withheld",
    ]


def test_a_run_that_takes_longer_than_its_turn_is_followed_at_once() -> None:
    turns = Turns([Result(NOTHING), Result(NOTHING)], takes=90.0)
    turns.run()
    assert turns.slept == [0.0, 0.0]


def test_a_document_keeps_stdout_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    Turns([Result(NOTHING)]).run(Screen("json"))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "1970-01-01T00:00:10+00:00 nothing to do\n")


def test_what_only_a_person_can_mend_ends_it() -> None:
    with pytest.raises(SettingsError):
        Turns([SettingsError("No profile.")]).run()


def test_a_run_that_was_interrupted_is_the_last() -> None:
    done = {"id": "r1", "counts": {"done": 3, "failed": 0, "not_attempted": 9}}
    turns = Turns([Result({**NOTHING, "run": done}, exit_code=130), Result(NOTHING)])
    assert turns.run().exit_code == 130
    assert turns.slept == [], "it ends at once, and not after its turn"


@pytest.mark.parametrize("text", ["", "15", "m", "0m", "50ms", "-5m", "9999999s", "soon"])
def test_a_span_that_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        interval(text)


def test_spans() -> None:
    assert [interval(text) for text in ("30s", "15m", "1.5h", "12H", "7d", "2w")] == [
        30,
        900,
        5_400,
        43_200,
        604_800,
        1_209_600,
    ]
