"""What callers rely on when they add people to a directory, of every kind."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from heapscim.errors import DirectoryError, HeapscimError
from heapscim.model.directory import Added, NewPerson
from heapscim.model.state import match_key
from tests.contracts.directory.reading import members_of, name_of, person_of, read, unheard
from tests.contracts.directory.sources import Source
from tests.fakes.patience import PATIENCE

EMMY = NewPerson({"username": "emmy@x.org", "firstname": "Emmy", "lastname": "Noether"})
CARL = NewPerson({"username": "carl@x.org", "lastname": "Gauß"})
NAMELESS = NewPerson({"username": " "})


def add(source: Source, *people: NewPerson, group: str | None = None) -> list[Added]:
    """Adds people as an import does, which has read the directory before and asked it for usernames."""
    outcomes: list[Added] = []

    async def whole() -> None:
        directory = source.open()
        snapshot = await directory.read(unheard)
        proposed = directory.proposed(people, snapshot.people)
        assert [entry.account if isinstance(entry, NewPerson) else entry.user_name for entry in proposed] == [
            person.account for person in people
        ]
        assert all(entry.status == "failed" and entry.message for entry in proposed if isinstance(entry, Added))
        outcomes.extend(entry for entry in proposed if isinstance(entry, Added))
        taken = [entry for entry in proposed if isinstance(entry, NewPerson)]
        await directory.add_people(taken, group=group, report=outcomes.append)

    asyncio.run(whole())
    return outcomes


def statuses(outcomes: Sequence[Added]) -> dict[str, str]:
    assert len({outcome.user_name for outcome in outcomes}) == len(outcomes), "somebody was reported twice"
    return {outcome.user_name: outcome.status for outcome in outcomes}


def test_who_was_added_is_read_with_the_id_and_the_values_that_were_reported(source: Source) -> None:
    outcomes = add(source, EMMY, CARL)
    assert statuses(outcomes) == {"emmy@x.org": "added", "carl@x.org": "added"}
    snapshot = read(source.open())
    assert len(snapshot.people) == 5
    for outcome in outcomes:
        person = person_of(snapshot, outcome.user_name)
        assert person.external_id == outcome.external_id
        assert (outcome.holds or {}).items() <= person.attributes.items()
        assert person.active
    names = {name: value for name, value in EMMY.attributes.items() if name != "username"}
    assert names.items() <= person_of(snapshot, "emmy@x.org").attributes.items()


def test_the_usernames_of_the_proposal_are_those_that_are_written_and_the_same_each_time(source: Source) -> None:
    held = read(source.open()).people
    twins = [EMMY, NewPerson({"username": "Emmy@Y.org"}), CARL]
    proposed = source.open().proposed(twins, held)
    assert source.open().proposed(twins, held) == proposed
    people = [entry for entry in proposed if isinstance(entry, NewPerson)]
    assert [person.account for person in people] == ["emmy@x.org", "Emmy@Y.org", "carl@x.org"]
    assert statuses(add(source, *twins)) == {person.account: "added" for person in people}
    names = {match_key(person.user_name) for person in read(source.open()).people}
    assert names == {match_key(name) for name in [*(one.user_name for one in held), *(one.user_name for one in people)]}
    assert len(names) == 6


def test_who_was_there_stays_as_they_are(source: Source) -> None:
    before = {person.external_id: person for person in read(source.open()).people}
    add(source, EMMY)
    assert before.items() <= {person.external_id: person for person in read(source.open()).people}.items()


def test_a_person_who_is_there_is_present_and_nothing_is_changed(source: Source) -> None:
    id, before = person_of(read(source.open()), "ada@x.org").external_id, source.content()
    outcomes = add(source, NewPerson({"username": "Ada@X.org", "firstname": "Augusta"}))
    assert outcomes == [Added("Ada@X.org", "present", id)]
    assert source.content() == before


def test_asking_twice_adds_once(source: Source) -> None:
    (first,) = add(source, EMMY)
    assert add(source, EMMY) == [Added("emmy@x.org", "present", first.external_id)]
    assert len(read(source.open()).people) == 4


def test_one_who_cannot_be_added_is_named_with_a_reason_and_stops_nobody(source: Source) -> None:
    outcomes = add(source, NAMELESS, EMMY, NewPerson({"username": "ada@x.org"}))
    assert statuses(outcomes) == {" ": "failed", "emmy@x.org": "added", "ada@x.org": "present"}
    assert next(outcome.message for outcome in outcomes if outcome.status == "failed")
    assert len(read(source.open()).people) == 4


def test_nobody_to_add_changes_nothing(source: Source) -> None:
    before = source.content()
    assert add(source) == []
    assert source.content() == before


def test_who_is_added_to_a_group_is_in_it_afterwards(source: Source) -> None:
    assert statuses(add(source, EMMY, group="design")) == {"emmy@x.org": "added"}
    snapshot = read(source.open())
    assert members_of(snapshot, "Design") == {"ada@x.org", "kurt@x.org", "emmy@x.org"}
    assert members_of(snapshot, "Logic") <= {"grace@x.org"}


@pytest.mark.parametrize("group", ["Desing", "Logic"])
def test_a_group_that_is_not_bound_or_not_there_is_an_error_before_anybody_is_added(
    binding: Source, group: str
) -> None:
    before = binding.content()
    with pytest.raises(HeapscimError, match=group) as refused:
        add(binding, EMMY, group=group)
    assert refused.value.hint
    assert binding.content() == before


def test_an_inactive_person_is_inactive_afterwards_or_is_not_added(source: Source) -> None:
    (outcome,) = add(source, NewPerson({"username": "emmy@x.org"}, active=False))
    found = [person.active for person in read(source.open()).people if name_of(person) == "emmy@x.org"]
    assert found == ([False] if outcome.status == "added" else [])
    assert outcome.status == "added" or outcome.message


def test_a_change_of_another_hand_since_the_read_is_not_lost(source: Source) -> None:
    async def meanwhile() -> None:
        directory = source.open()
        await directory.read(unheard)
        source.rename_person("ada@x.org", "ada.king@x.org")
        with suppress(DirectoryError):
            await directory.add_people([EMMY], group=None, report=lambda _: None)

    asyncio.run(meanwhile())
    snapshot = read(source.open())
    assert set(map(name_of, snapshot.people)) >= {"ada.king@x.org", "grace@x.org", "kurt@x.org"}


def test_a_directory_that_is_out_of_reach_takes_nobody_and_says_so(source: Source) -> None:
    directory = source.open()
    read(directory)
    source.close()
    with pytest.raises(DirectoryError) as failed:
        asyncio.run(directory.add_people([EMMY], group=None, report=lambda _: None))
    assert failed.value.message


@pytest.mark.parametrize("steps", [0, 1, 5, 50, 200])
def test_an_addition_that_was_stopped_can_be_done_again_and_adds_nobody_twice(source: Source, steps: int) -> None:
    reported: list[Added] = []

    async def stopped() -> None:
        directory = source.open()
        held = (await directory.read(unheard)).people
        people = [entry for entry in directory.proposed([EMMY, CARL], held) if isinstance(entry, NewPerson)]
        adding = asyncio.create_task(directory.add_people(people, group="Design", report=reported.append))
        for _ in range(steps):
            await asyncio.sleep(0)
        adding.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(adding, PATIENCE)

    asyncio.run(stopped())
    held = set(map(name_of, read(source.open()).people))
    assert {outcome.user_name for outcome in reported if outcome.status != "failed"} <= held
    assert set(statuses(add(source, EMMY, CARL, group="Design")).values()) <= {"added", "present"}
    names = map(name_of, read(source.open()).people)
    assert sorted(names) == ["ada@x.org", "carl@x.org", "emmy@x.org", "grace@x.org", "kurt@x.org"]
