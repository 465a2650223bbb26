"""Import, below the command line."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from heapscim.errors import UsageError
from heapscim.workflows import exit_codes, users
from heapscim.workflows.importing.choose import Selection
from heapscim.workflows.importing.import_people import ImportRequest, import_people
from heapscim.workflows.importing.write import ImportOptions
from tests.fakes.contexts import a_context
from tests.workflows.conftest import House, Person


@pytest.fixture(autouse=True)
def _in_heap_alone(house: House) -> None:
    """Two accounts that the roster lacks, one whose person it holds."""
    for name in ("ada@x.org", "eve@x.org", "kim@x.org"):
        house.do(partial(users.create_users, wanted=(name, {}), yes=True))


def test_a_list_says_who_is_new_and_writes_nothing(house: House) -> None:
    before = (house.folder / "people.csv").read_bytes()
    request = ImportRequest(Selection(), ImportOptions(), only_list=True, sort="userName")
    table = house.do(lambda session: import_people(session, request)).table
    assert table is not None
    assert [(row[0], row[-1]) for row in table.rows] == [
        ("ada@x.org", "Imported"),
        ("eve@x.org", "New"),
        ("kim@x.org", "New"),
    ]
    assert (house.folder / "people.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("wanted", "written"),
    [(Selection(every=True), ["eve@x.org", "kim@x.org"]), (Selection(users=("kim@*",)), ["kim@x.org"])],
)
def test_the_chosen_are_appended_and_the_rest_of_the_roster_stays(
    house: House, wanted: Selection, written: list[str]
) -> None:
    roster = house.folder / "people.csv"
    before = roster.read_text("utf-8")
    request = ImportRequest(wanted, ImportOptions(yes=True))
    result = house.do(lambda session: import_people(session, request))
    assert result.exit_code == exit_codes.DONE
    assert roster.read_text("utf-8").startswith(before)
    assert roster.read_text("utf-8").removeprefix(before).split() == written


def test_a_question_that_is_answered_with_no_writes_nothing(house: House) -> None:
    person = Person(answers=["no"])
    house.context = a_context(screen=person)
    before = (house.folder / "people.csv").read_bytes()
    house.do(lambda session: import_people(session, ImportRequest(Selection(every=True), ImportOptions())))
    assert ((house.folder / "people.csv").read_bytes(), len(person.asked)) == (before, 1)


def test_another_roster_is_made_where_one_is_named(house: House, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    request = ImportRequest(Selection(every=True), ImportOptions(yes=True), into=new)
    result: Any = house.do(lambda session: import_people(session, request))
    assert result.exit_code == exit_codes.DONE
    assert "eve@x.org" in new.read_text("utf-8")


def test_nobody_chosen_and_nobody_to_ask_is_refused(house: House) -> None:
    house.context = a_context()
    with pytest.raises(UsageError, match="No one is chosen"):
        house.do(lambda session: import_people(session, ImportRequest(Selection(), ImportOptions())))
