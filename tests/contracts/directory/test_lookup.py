"""What callers rely on when they ask a directory about single people and groups, of every kind that answers."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

import pytest

from heapscim.directory.protocol import DirectoryLookup
from heapscim.errors import DirectoryError
from heapscim.model.completeness import Completeness
from heapscim.model.directory import DirectorySnapshot
from tests.contracts.directory.reading import group_named, members_of, person_of, read
from tests.contracts.directory.sources import Source

DOUBT = Completeness(proven=False, evidence="A page failed.")


@pytest.fixture
def answering(source: Source) -> Source:
    """One that answers about single people and groups."""
    if not isinstance(source.open(), DirectoryLookup):
        pytest.skip("this kind is read whole or not at all")
    return source


def asked(
    source: Source, snapshot: DirectorySnapshot, people: Collection[str] = (), groups: Collection[str] = ()
) -> DirectorySnapshot:
    directory = source.open()
    assert isinstance(directory, DirectoryLookup)
    return asyncio.run(directory.look_up(snapshot, people=people, groups=groups))


def without(snapshot: DirectorySnapshot, *names: str) -> DirectorySnapshot:
    """The same read, if a page of it had failed: some people are neither listed nor in a group."""
    lost = {person_of(snapshot, name).external_id for name in names}
    return replace(
        snapshot,
        people=tuple(person for person in snapshot.people if person.external_id not in lost),
        groups=tuple(replace(group, member_ids=group.member_ids - lost) for group in snapshot.groups or ()),
        completeness=DOUBT,
        certain_people=snapshot.certain_people - lost,
    )


def test_who_is_gone_is_certain_and_nobody_else_becomes_so(answering: Source) -> None:
    before = read(answering.open())
    grace = person_of(before, "grace@x.org").external_id
    answering.remove_person("grace@x.org")
    doubted = replace(read(answering.open()), completeness=DOUBT)
    found = asked(answering, doubted, people=[grace])
    assert found == replace(doubted, certain_people=doubted.certain_people | {grace})


def test_who_was_only_left_out_is_there_again_and_in_their_groups(answering: Source) -> None:
    whole = read(answering.open())
    ada, kurt = (person_of(whole, name) for name in ("ada@x.org", "kurt@x.org"))
    # Somebody must be known to be in a group: else nothing is believed about groups.
    found = asked(answering, without(whole, "ada@x.org"), people=[ada.external_id])
    assert person_of(found, "ada@x.org") == ada
    assert members_of(found, "Design") == {"ada@x.org", "kurt@x.org"}
    assert found.completeness == DOUBT
    again = asked(answering, without(whole, "kurt@x.org"), people=[kurt.external_id])
    assert person_of(again, "kurt@x.org") == kurt
    assert kurt.external_id in again.certain_people


def test_a_person_who_left_a_group_is_certain_to_be_out_of_it(answering: Source) -> None:
    whole = replace(read(answering.open()), completeness=DOUBT)
    grace = person_of(whole, "grace@x.org").external_id  # her group isn't bound
    assert grace in asked(answering, whole, people=[grace]).certain_people


def test_a_group_that_is_there_is_never_certain_to_be_gone(answering: Source) -> None:
    whole = read(answering.open())
    design, logic = (group_named(whole, name) for name in ("Design", "Logic"))
    listed = replace(whole, completeness=DOUBT, certain_groups=frozenset())
    found = asked(answering, listed, groups=[design.external_id, logic.external_id, "unheard-of"])
    assert {design.external_id, logic.external_id} & found.certain_groups == {logic.external_id}
    assert "unheard-of" in found.certain_groups
    assert found.groups == whole.groups
    lost = replace(listed, groups=(design,))
    assert group_named(asked(answering, lost, groups=[logic.external_id]), "Logic").bound is False


def test_a_directory_that_does_not_answer_makes_nobody_certain(answering: Source) -> None:
    whole = read(answering.open())
    doubted = without(whole, "ada@x.org")
    ids = [person.external_id for person in whole.people]
    answering.close()
    with suppress(DirectoryError):
        assert asked(answering, doubted, people=ids, groups=["unheard-of"]) == doubted


def test_asking_changes_nothing(answering: Source) -> None:
    whole, before = read(answering.open()), answering.content()
    asked(answering, replace(whole, completeness=DOUBT), people=[person.external_id for person in whole.people])
    assert answering.content() == before
