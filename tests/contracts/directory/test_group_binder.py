"""What callers rely on when they connect a directory's groups to Heap, of every kind that can say so."""

import asyncio
from dataclasses import replace

import pytest

from heapscim.directory.protocol import Supposed
from heapscim.errors import HeapscimError, NotInDirectory
from heapscim.model.directory import DirectorySnapshot
from tests.contracts.directory.reading import group_named, members_of, read, unheard
from tests.contracts.directory.sources import MEMBERS, SOURCES, Source

CHANGES = pytest.mark.parametrize(("group", "bound"), [("Logic", True), ("Design", False)])


def bind(source: Source, group: str, *, bound: bool) -> None:
    asyncio.run(source.open().set_bound(group, bound=bound))


def read_as_if(source: Source, group: str, *, bound: bool) -> Supposed:
    return asyncio.run(source.open().read_as_if(group, bound=bound, progress=unheard))


def bound_groups(snapshot: DirectorySnapshot) -> dict[str, bool]:
    return {group.name: group.bound for group in snapshot.groups or ()}


@CHANGES
def test_a_group_is_as_asked_afterwards_and_all_else_is_as_it_was(binding: Source, group: str, *, bound: bool) -> None:
    before = read(binding.open())
    bind(binding, group, bound=bound)
    after = read(binding.open())
    assert bound_groups(after) == {**bound_groups(before), group: bound}
    assert (after.people, after.completeness.proven) == (before.people, True)
    if bound:
        assert members_of(after, group) == MEMBERS[group]


@CHANGES
def test_a_group_is_known_by_its_id_and_by_its_name_in_any_case(binding: Source, group: str, *, bound: bool) -> None:
    bind(binding, group_named(read(binding.open()), group).external_id, bound=bound)
    assert bound_groups(read(binding.open()))[group] is bound
    bind(binding, group.upper(), bound=not bound)
    assert bound_groups(read(binding.open()))[group] is not bound


@CHANGES
def test_a_group_that_is_so_already_is_a_success_and_changes_nothing(
    binding: Source, group: str, *, bound: bool
) -> None:
    before = binding.content()
    bind(binding, group, bound=not bound)
    assert binding.content() == before
    assert not read_as_if(binding, group, bound=not bound).changes_anything


def test_a_group_that_is_not_there_is_named_and_nothing_is_changed(binding: Source) -> None:
    before = binding.content()
    for attempt in (bind, read_as_if):
        with pytest.raises(NotInDirectory, match="Desing") as refused:
            attempt(binding, "Desing", bound=True)
        assert "Design" in str(refused.value.hint)
    assert binding.content() == before


@CHANGES
def test_what_is_supposed_changes_nothing_and_is_what_is_read_once_it_is_so(
    binding: Source, group: str, *, bound: bool
) -> None:
    content, before = binding.content(), read(binding.open())
    found = read_as_if(binding, group, bound=bound)
    assert binding.content() == content
    assert found.changes_anything
    assert (found.group.name, found.group.bound) == (group, bound)
    assert members_of(found.before, group) == members_of(found.after, group) == MEMBERS[group]
    assert bound_groups(found.before) == bound_groups(before)
    assert bound_groups(found.after) == {**bound_groups(before), group: bound}
    assert replace(found.after, groups=found.before.groups) == found.before
    bind(binding, group, bound=bound)
    after = read(binding.open())
    assert (after.people, bound_groups(after)) == (found.after.people, bound_groups(found.after))
    assert members_of(after, "Logic" if bound else "Design") <= MEMBERS[group]


@pytest.mark.parametrize("source", [name for name in SOURCES if name == "csv"], indirect=True)
def test_a_kind_that_cannot_say_so_refuses_and_changes_nothing(source: Source) -> None:
    before = source.content()
    for attempt in (bind, read_as_if):
        with pytest.raises(HeapscimError, match="bound") as refused:
            attempt(source, "Design", bound=False)
        assert refused.value.hint
    assert source.content() == before
