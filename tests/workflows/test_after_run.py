"""What follows a run: it gets one value that says how the run ended, whatever that end was."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from heapscim.errors import Unavailable
from heapscim.output.ending import Ending
from heapscim.output.envelope import Result
from heapscim.workflows import after_run
from heapscim.workflows.after_run import Following, followed
from heapscim.workflows.context import Context
from heapscim.workflows.session import in_session
from heapscim.workflows.sync import sync
from tests.fakes.clocks import FakeClock
from tests.fakes.contexts import a_context
from tests.workflows.conftest import YES, House


@dataclass
class Followers:
    """Keeps each ending that is to be followed."""

    endings: list[Ending] = field(default_factory=list)
    fails: BaseException | None = None

    def steps(self, _context: Context, ending: Ending, _following: Following) -> list[tuple[str, Callable[[], None]]]:
        def keep() -> None:
            self.endings.append(ending)
            if self.fails is not None:
                raise self.fails

        return [("Nothing followed", keep)]


@pytest.fixture
def followers(monkeypatch: pytest.MonkeyPatch) -> Followers:
    found = Followers()
    monkeypatch.setattr(after_run, "_steps", found.steps)
    return found


def _raising(error: BaseException, _: Context) -> Result:
    raise error


def test_a_run_is_described_with_its_changes_and_requests(house: House, followers: Followers) -> None:
    once = lambda context: in_session(context, lambda session: sync(session, YES))  # noqa: E731
    result = followed(house.context, "sync", once, Following(is_whole=True))
    [ending] = followers.endings
    assert (ending.exit_code, ending.result, ending.error) == (0, result, None)
    assert ending.changes == {("create_user", "done"): 2}
    assert ending.plan is not None
    assert len(ending.runs) == 1
    assert ending.requests["Heap", "POST"] == 2
    assert ending.is_whole


def test_the_time_of_a_run_is_that_of_its_clock(followers: Followers) -> None:
    clock = FakeClock()

    def takes_long(_: Context) -> Result:
        clock.at += 90.0
        return Result({})

    followed(a_context(timing=clock.timing()), "sync", takes_long)
    assert [(ending.began, ending.seconds) for ending in followers.endings] == [(1000.0, 90.0)]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (Unavailable("Heap can't answer."), 5, "Heap can't answer."),
        (ValueError("oops"), 1, "This should not happen: ValueError: oops."),
        (KeyboardInterrupt(), 130, None),
    ],
)
def test_a_run_that_has_no_result_is_followed_and_still_fails(
    followers: Followers, error: BaseException, code: int, message: str | None
) -> None:
    with pytest.raises(type(error)):
        followed(a_context(), "sync", partial(_raising, error))
    [ending] = followers.endings
    assert (ending.exit_code, ending.error and ending.error.message) == (code, message)


def test_an_error_has_no_secret_in_it(followers: Followers) -> None:
    context = a_context()
    context.redacting.secrets.add("sekret-token-0123456789")
    with pytest.raises(Unavailable):
        followed(context, "sync", partial(_raising, Unavailable("Heap says sekret-token-0123456789.")))
    [ending] = followers.endings
    assert ending.error is not None
    assert "sekret" not in ending.error.message


@pytest.mark.parametrize("error", [Unavailable("It is down."), ValueError("oops"), KeyboardInterrupt()])
def test_what_fails_afterwards_changes_nothing(
    followers: Followers, error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    followers.fails = error
    assert followed(a_context(), "sync", lambda _: Result({"a": 1}, exit_code=7)) == Result({"a": 1}, exit_code=7)
    assert capsys.readouterr().err.startswith("Nothing followed: ")


def test_an_interruption_afterwards_reaches_a_loop(followers: Followers) -> None:
    followers.fails = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        followed(a_context(), "sync", lambda _: Result({}), Following(repeats=True))
