"""What callers rely on when they read a directory, of every kind."""

import asyncio
from contextlib import suppress

import pytest

from heapscim.errors import DirectoryError
from tests.contracts.directory.reading import group_named, members_of, name_of, person_of, read, unheard
from tests.contracts.directory.sources import ADA, GRACE, KURT, MEMBERS, Source
from tests.fakes.patience import PATIENCE


def test_everybody_is_read_with_what_the_directory_holds_of_them(source: Source) -> None:
    snapshot = read(source.open())
    assert {name_of(person): person.active for person in snapshot.people} == {
        "ada@x.org": True, "grace@x.org": True, "kurt@x.org": False,
    }  # fmt: skip
    for known in (ADA, GRACE, KURT):
        person = person_of(snapshot, known["username"])
        names = {name: person.attributes.get(name) for name in ("firstname", "lastname")}
        assert {"username": name_of(person), **names} == {
            "firstname": None, "lastname": None, **known,
        }  # fmt: skip


def test_a_value_that_is_missing_is_left_out_and_never_empty(source: Source) -> None:
    assert [value for person in read(source.open()).people for value in person.attributes.values() if not value] == []


def test_no_two_people_and_no_two_groups_share_an_id(source: Source) -> None:
    snapshot = read(source.open())
    for ids in (
        [person.external_id for person in snapshot.people],
        [group.external_id for group in snapshot.groups or ()],
    ):
        assert len(set(ids)) == len(ids)
        assert all(ids)


def test_members_are_people_of_the_same_read(source: Source) -> None:
    snapshot = read(source.open())
    assert members_of(snapshot, "Design") == MEMBERS["Design"]
    known = {person.external_id for person in snapshot.people}
    assert all(group.member_ids <= known for group in snapshot.groups or ())
    assert [group.name for group in snapshot.groups or () if group.bound] == (
        ["Design"] if source.lists_groups else ["Design", "Logic"]
    )


def test_a_whole_read_proves_itself_in_a_sentence(source: Source) -> None:
    completeness = read(source.open()).completeness
    assert completeness.proven
    assert completeness.evidence.endswith(".")


def test_two_reads_say_the_same(source: Source) -> None:
    directory = source.open()
    assert read(directory) == read(directory) == read(source.open())


def test_reading_changes_nothing(source: Source) -> None:
    before = source.content()
    read(source.open())
    assert source.content() == before


def test_an_id_survives_a_new_user_name(source: Source) -> None:
    before = person_of(read(source.open()), "ada@x.org").external_id
    source.rename_person("ada@x.org", "ada.king@x.org")
    after = read(source.open())
    assert person_of(after, "ada.king@x.org").external_id == before
    assert members_of(after, "Design") == {"ada.king@x.org", "kurt@x.org"}


def test_the_id_of_a_group_survives_a_new_name(source: Source) -> None:
    if not source.lists_groups:
        pytest.skip("a group of this kind has its name alone")
    before = group_named(read(source.open()), "Design").external_id
    source.rename_group("Design", "Product design")
    assert group_named(read(source.open()), "Product design").external_id == before


def test_a_person_who_has_left_is_in_no_list_and_in_no_group(source: Source) -> None:
    source.remove_person("ada@x.org")
    snapshot = read(source.open())
    assert set(map(name_of, snapshot.people)) == {"grace@x.org", "kurt@x.org"}
    assert members_of(snapshot, "Design") == {"kurt@x.org"}
    assert snapshot.completeness.proven


def test_a_read_that_is_cut_off_is_unproven_or_an_error(source: Source) -> None:
    source.cut_off()
    with suppress(DirectoryError):
        assert not read(source.open()).completeness.proven


def test_a_directory_that_cannot_be_read_is_an_error_that_says_what_to_do(source: Source) -> None:
    source.close()
    with pytest.raises(DirectoryError) as failed:
        read(source.open())
    assert failed.value.message
    assert failed.value.hint


def test_progress_never_goes_back_and_never_passes_the_total(source: Source) -> None:
    told: list[tuple[int, int | None]] = []
    asyncio.run(source.open().read(lambda read, of: told.append((read, of))))
    counts = [count for count, _ in told]
    assert counts == sorted(counts)
    assert all(of is None or count <= of for count, of in told)
    assert counts[-1] == len(MEMBERS["Design"] | MEMBERS["Logic"])


@pytest.mark.parametrize("steps", [0, 1, 5, 50])
def test_a_read_that_is_cancelled_ends_and_can_be_done_again(source: Source, steps: int) -> None:
    whole = read(source.open())

    async def cancelled_and_again() -> object:
        directory = source.open()
        reading = asyncio.create_task(directory.read(unheard))
        for _ in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(reading, PATIENCE)
        return await directory.read(unheard)

    assert asyncio.run(cancelled_and_again()) == whole
