"""One run of an import, with directories that fail in every way."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

from heapscim.directory.protocol import Report
from heapscim.errors import DirectoryError
from heapscim.model.directory import Added, NewPerson, Person
from heapscim.sandbox.server import Sandbox
from heapscim.workflows.importing.run import Addition, ImportRun, run_additions
from heapscim.workflows.session import Session, in_session
from tests.conftest import CommandLine
from tests.fakes.contexts import a_context

ADDITIONS = [Addition(NewPerson({"username": name}), "people.csv", None) for name in ("ada", "bob")]


@dataclass
class Failing:
    """Adds the first so many people, and then raises or returns."""

    works_for: int
    then: BaseException | None

    def proposed(self, people: Sequence[NewPerson], held: Iterable[Person]) -> Sequence[NewPerson | Added]:
        raise NotImplementedError

    def warnings(self, people: Sequence[NewPerson]) -> tuple[str, ...]:
        raise NotImplementedError

    async def add_people(self, people: Sequence[NewPerson], *, group: str | None, report: Report) -> None:
        assert group is None
        for person in people[: self.works_for]:
            report(Added(person.user_name, "added", person.user_name))
        if self.then is not None:
            raise self.then


def run(directory: Failing) -> tuple[ImportRun | DirectoryError, list[str], str | None]:
    """What came back, the state of each operation, and how the run ended."""

    async def work(session: Session) -> tuple[ImportRun | DirectoryError, list[str], str | None]:
        answer: ImportRun | DirectoryError
        try:
            answer = await run_additions(session, directory, ADDITIONS)
        except DirectoryError as error:
            answer = error
        last = session.ledger.last_run()
        assert last is not None
        return answer, [entry.state for entry in session.ledger.operations(last.run)], last.outcome

    return in_session(a_context(), work)


@pytest.fixture(autouse=True)
def _activated(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)


def statuses(answer: ImportRun | DirectoryError) -> list[tuple[str, str | None]]:
    assert isinstance(answer, ImportRun)
    return [(added.status, added.message) for added in answer.outcomes]


def test_an_error_before_anybody_was_written_is_raised() -> None:
    error = DirectoryError("people.csv has changed since it was read; nothing was written.")
    assert run(Failing(0, error)) == (error, ["failed", "failed"], "failed")


def test_an_error_after_somebody_was_written_fails_the_rest() -> None:
    answer, states, outcome = run(Failing(1, DirectoryError("JumpCloud is gone.")))
    assert statuses(answer) == [("added", None), ("failed", "JumpCloud is gone.")]
    assert (states, outcome) == (["done", "failed"], "failed")


def test_who_is_never_reported_has_failed() -> None:
    answer, states, outcome = run(Failing(1, None))
    assert statuses(answer)[1] == ("failed", "The directory didn't report what it did with this person.")
    assert (states, outcome) == (["done", "failed"], "failed")


def test_an_interrupted_run_leaves_the_rest_to_be_looked_for() -> None:
    answer, states, outcome = run(Failing(1, asyncio.CancelledError()))
    assert isinstance(answer, ImportRun)
    assert (answer.interrupted, [added.user_name for added in answer.outcomes]) == (True, ["ada"])
    assert (states, outcome) == (["done", "sent"], "interrupted")


def test_an_addition_is_read_from_the_ledger_as_it_was_also_one_of_an_earlier_version() -> None:
    person = NewPerson({"username": "ada", "email": "ada@x.org"}, active=False, account="ada@x.org")
    addition = Addition(person, "jumpcloud:Heap", "Design")
    assert Addition.from_json(addition.to_json()) == addition
    earlier = (
        '{"person": {"attributes": {"username": "ada@x.org"}, "active": true}, "into": "people.csv", "group": null}'
    )
    assert Addition.from_json(earlier).person.account == "ada@x.org"
