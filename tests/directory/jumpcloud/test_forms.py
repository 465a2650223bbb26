"""What JumpCloud writes in more than one way is read rightly, or told in words of its own."""

import asyncio
from collections.abc import Iterator

import pytest

from heapscim import errors
from heapscim.model.directory import DirectorySnapshot, Person
from heapscim.sandbox.jumpcloud.store import JumpCloudStore
from tests.fakes.jumpcloud import RunningJumpCloud, World, running_jumpcloud

READS = {
    "applications": "applications",
    "systemusers": "users",
    "usergroups": "user groups",
    "associations": "what is bound to applications",
    "membership": "the members of user groups",
}


def company(people: int = 3) -> JumpCloudStore:
    store = JumpCloudStore()
    names = [f"p{number}" for number in range(people)]
    for name in names:
        store.add_user({"username": name, "email": f"{name}@x.org"})
    store.add_group("Crew", *names)
    store.add_application("Charts", "Crew")
    return store


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud(company()) as running:
        yield running


def read(running: RunningJumpCloud, **settings: object) -> DirectorySnapshot:
    directory = World().directory("Charts", base_url=running.base_url, **settings)
    return asyncio.run(directory.read(lambda _read, _of: None))


def verify(running: RunningJumpCloud) -> str:
    return asyncio.run(World().directory("Charts", base_url=running.base_url).verify())


def person(snapshot: DirectorySnapshot, name: str) -> Person:
    return next(person for person in snapshot.people if person.user_name == name)


@pytest.mark.parametrize("form", ["no", "null", "absent"])
def test_an_empty_list_is_empty_however_it_is_written(form: str) -> None:
    with running_jumpcloud(company(0), null_lists=form) as running:
        snapshot = read(running)
    assert (snapshot.people, snapshot.completeness.proven) == ((), True)
    assert [group.member_ids for group in snapshot.groups or ()] == [frozenset()]


def test_null_without_a_total_proves_nothing() -> None:
    with running_jumpcloud(company(0), null_lists="null", totals="no") as running:
        snapshot = read(running)
    assert not snapshot.completeness.proven
    assert "null instead of a list, and no total says that it is empty" in snapshot.completeness.evidence


def test_pages_that_end_with_null_are_read_whole() -> None:
    with running_jumpcloud(company(9), null_lists="null", totals="no", links="no") as running:
        snapshot = read(running, page_size=4, direct=True)
    # Who is in the group is proven by two passes; nobody is bound directly, which is null without a total.
    assert [len(group.member_ids) for group in snapshot.groups or ()] == [9]
    assert snapshot.completeness.evidence.startswith("0 users bound directly read; a page failed: it is null")


@pytest.mark.parametrize("path", ["systemusers", "usergroups", "membership", "applications"])
def test_a_list_that_cannot_be_sorted_is_read_without_an_order(path: str) -> None:
    with running_jumpcloud(company(9), refuses_sort=path) as running:
        snapshot = read(running, page_size=4)
        assert verify(running)
    assert [len(group.member_ids) for group in snapshot.groups or ()] == [9]
    assert (len(snapshot.people), snapshot.completeness.proven) == (9, True)


def test_a_list_in_no_order_and_without_a_total_proves_nothing() -> None:
    with running_jumpcloud(company(9), refuses_sort="membership", totals="no") as running:
        snapshot = read(running, page_size=4)
    assert [len(group.member_ids) for group in snapshot.groups or ()] == [9]
    assert snapshot.completeness.evidence == (
        "Crew: 9 members read twice, the same each time, but in no order: without a total, rows may be missing."
    )


def test_an_order_that_is_refused_once_is_not_asked_for_again() -> None:
    store = company()
    for number in range(20):
        id = store.add_group(f"G{number}")
        store.bound[next(iter(store.bound))][id] = None
    with running_jumpcloud(store, refuses_sort="membership") as running:
        read(running)
        assert running.server.requests["GET /api/v2/usergroups/{id}/membership"] == 1 + 21


def test_another_bad_request_is_not_taken_for_a_refused_order(jumpcloud: RunningJumpCloud) -> None:
    """JumpCloud refuses more than 100 records at a time with the same status."""
    jumpcloud.behave(strange="usergroups")
    with pytest.raises(errors.DirectoryError, match="isn't a list"):
        read(jumpcloud)


def test_an_inactive_application_is_told(jumpcloud: RunningJumpCloud) -> None:
    assert verify(jumpcloud) == "JumpCloud knows the key and the application Charts"
    assert read(jumpcloud).notices == ()
    jumpcloud.behave(inactive_applications="yes")
    assert verify(jumpcloud) == "JumpCloud knows the key and the application Charts, which is inactive there"
    told = "The application Charts is inactive in JumpCloud, so nobody signs in to Heap through it."
    assert read(jumpcloud).notices == (told,)


@pytest.mark.parametrize("word", ["ON_LEAVE", "deleted", "0"])
def test_an_unknown_state_puts_one_person_in_doubt(jumpcloud: RunningJumpCloud, word: str) -> None:
    jumpcloud.behave(states=f"p1:{word}")
    snapshot = read(jumpcloud)
    found = person(snapshot, "p1")
    assert (found.active, found.doubt) == (False, f"JumpCloud's state of p1 is {word!r}, which heapscim doesn't know.")
    assert found.external_id not in snapshot.certain_people
    assert [other.doubt for other in snapshot.people if other is not found] == ["", ""]
    assert snapshot.notices == (f"{found.doubt.removesuffix('.')}: nothing is done about them.",)
    assert snapshot.completeness.proven


@pytest.mark.parametrize("state", ["activated", " ACTIVATED "])
def test_a_known_state_may_be_written_otherwise(jumpcloud: RunningJumpCloud, state: str) -> None:
    jumpcloud.store.user("p1")["state"] = state
    snapshot = read(jumpcloud)
    assert (person(snapshot, "p1").active, snapshot.notices) == (True, ())


def test_a_state_and_a_suspension_that_disagree_are_told(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.store.user("p1").update(state="ACTIVATED", suspended=True)
    jumpcloud.store.user("p2").update(state="SUSPENDED", suspended=False)
    snapshot = read(jumpcloud)
    assert [person.active for person in snapshot.people] == [True, False, False]
    assert snapshot.notices == ("JumpCloud says of 1 user (p1) both ACTIVATED and suspended: they count as suspended.",)


def test_a_missing_state_is_told(jumpcloud: RunningJumpCloud) -> None:
    del jumpcloud.store.user("p1")["state"]
    jumpcloud.store.user("p2").update(state=None, suspended=True)
    snapshot = read(jumpcloud)
    assert [person.active for person in snapshot.people] == [True, True, False]
    told = "JumpCloud states no state of 2 users (p1, p2): they count as active unless they are suspended."
    assert snapshot.notices == (told,)


@pytest.mark.parametrize("path", READS)
def test_a_connection_is_verified_by_each_read_that_a_plan_needs(jumpcloud: RunningJumpCloud, path: str) -> None:
    jumpcloud.behave(lost_page=f"{path}@0")
    with pytest.raises(errors.DirectoryUnavailable, match=path):
        verify(jumpcloud)


@pytest.mark.parametrize(("path", "what"), READS.items())
def test_the_permission_that_is_missing_is_named(jumpcloud: RunningJumpCloud, path: str, what: str) -> None:
    group, application = jumpcloud.store.group("Crew")["id"], next(iter(jumpcloud.store.bound))
    places = {"membership": f"/api/v2/usergroups/{group}", "associations": f"/api/v2/applications/{application}"}
    jumpcloud.behave(forbidden=places.get(path, f"/api/{'v2/' if path == 'usergroups' else ''}{path}"))
    for attempt in (verify, read):
        with pytest.raises(errors.DirectoryForbidden, match=path) as raised:
            attempt(jumpcloud)
        assert str(raised.value.hint).startswith(f"Its role lacks the permission to read {what}. A plan needs")
