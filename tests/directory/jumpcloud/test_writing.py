"""JumpCloud is written with a look at what came of it: people are added once, groups bound and unbound."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from heapscim import errors
from heapscim.directory.protocol import GroupBinder, PeopleWriter
from heapscim.model.directory import Added, NewPerson
from tests.fakes.jumpcloud import RunningJumpCloud, World, crowd, running_jumpcloud


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud() as running:
        yield running


def new(name: str, *, active: bool = True, **attributes: str) -> NewPerson:
    email = f"{name}@example.com"
    return NewPerson({"username": name.lower(), "email": email, **attributes}, active, email)


def added(running: RunningJumpCloud, people: Sequence[NewPerson], group: str | None = None) -> list[Added]:
    outcomes: list[Added] = []
    directory = World().directory(base_url=running.base_url)
    asyncio.run(directory.add_people(people, group=group, report=outcomes.append))
    return outcomes


def held(running: RunningJumpCloud, name: str) -> dict[str, Any]:
    """The user with that local part of the e-mail address."""
    (user,) = (user for user in running.store.users.values() if user["email"] == f"{name}@example.com")
    return user


def id_of(running: RunningJumpCloud, name: str) -> str:
    return str(held(running, name)["_id"])


def test_jumpcloud_is_a_directory_that_can_be_written() -> None:
    directory = World().directory()
    assert isinstance(directory, PeopleWriter)
    assert isinstance(directory, GroupBinder)


def test_people_are_added_in_bulk_and_put_into_their_group(jumpcloud: RunningJumpCloud) -> None:
    values: dict[str, str] = {"firstname": "Barbara", "role": "Admin", "attributes.heapRole": "Admin"}
    barbara = NewPerson(
        {"username": "barbara", "email": "barbara@example.com", **values}, account="barbara@example.com"
    )
    outcomes = added(jumpcloud, [barbara, new("Ada")], "design")
    assert outcomes == [
        Added("Ada@example.com", "present", id_of(jumpcloud, "ada")),
        Added("barbara@example.com", "added", id_of(jumpcloud, "barbara")),
    ]
    user = held(jumpcloud, "barbara")
    assert user["username"] == "barbara"
    assert (user["firstname"], user["email"], user["attributes"], user["creationSource"], "role" in user) == (
        "Barbara", "barbara@example.com", [{"name": "heapRole", "value": "Admin"}], "jumpcloud:scim", False,
    )  # fmt: skip
    members = {
        jumpcloud.store.users[id]["email"] for id in jumpcloud.store.members[jumpcloud.store.group("Design")["id"]]
    }
    assert members == {"ada@example.com", "alan@example.com", "barbara@example.com"}
    requests = jumpcloud.server.requests
    assert (requests["POST /api/v2/bulk/users"], requests["POST /api/systemusers"]) == (1, 0)


def test_many_people_go_in_batches_of_a_hundred() -> None:
    with running_jumpcloud(crowd(3, ("All", range(3)))) as running:
        outcomes = added(running, [new(f"n{number}") for number in range(250)])
        assert [outcome.status for outcome in outcomes] == ["added"] * 250
        assert running.server.requests["POST /api/v2/bulk/users"] == 3
        assert len(running.store.users) == 253


def test_the_proof_of_a_batch_costs_the_newest_users_and_not_everybody() -> None:
    with running_jumpcloud(crowd(1_000, ("All", range(3)))) as running:
        assert {found.status for found in added(running, [new(f"n{number}") for number in range(200)])} == {"added"}
        assert running.server.requests["GET /api/systemusers"] == 11 + 2 * 2


@pytest.mark.parametrize("bulk", ["yes", "pretends"])
def test_where_the_newest_do_not_come_first_everybody_is_read(bulk: str) -> None:
    with running_jumpcloud(crowd(450, ("All", range(3))), ignores_sort="yes", bulk=bulk) as running:
        assert {found.status for found in added(running, [new(f"n{number}") for number in range(50)])} == {"added"}
        assert running.server.requests["POST /api/systemusers"] == (0 if bulk == "yes" else 50)
        assert len(running.store.users) == 500


@pytest.mark.parametrize("bulk", ["pretends", "refused", "slow"])
def test_a_job_is_no_proof(jumpcloud: RunningJumpCloud, bulk: str) -> None:
    jumpcloud.behave(bulk=bulk)
    outcomes = added(jumpcloud, [new("barbara"), new("edith")])
    assert [(outcome.user_name, outcome.status) for outcome in outcomes] == [
        ("barbara@example.com", "added"),
        ("edith@example.com", "added"),
    ]
    assert len(jumpcloud.store.users) == 7
    alone = jumpcloud.server.requests["POST /api/systemusers"]
    assert alone == (2 if bulk in ("pretends", "refused") else 0)


def test_a_job_is_waited_for_as_long_as_people_arrive() -> None:
    with running_jumpcloud(crowd(3, ("All", range(3))), bulk="slow") as running:
        assert {found.status for found in added(running, [new(f"n{number}") for number in range(9)])} == {"added"}
        assert (running.server.requests["POST /api/systemusers"], len(running.store.users)) == (0, 12)


def test_a_person_whom_a_job_leaves_out_is_created_singly_without_a_long_wait(jumpcloud: RunningJumpCloud) -> None:
    outcomes = added(jumpcloud, [new("barbara"), new("edith", username="_edith")])
    assert [(found.status, "username must start with a letter" in str(found.message)) for found in outcomes] == [
        ("added", False),
        ("failed", True),
    ]
    assert jumpcloud.server.requests["POST /api/systemusers"] == 1
    assert jumpcloud.server.requests["GET /api/systemusers"] <= 10


def test_lost_answers_are_looked_up_and_nobody_is_created_twice(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(lost_answer="POST /api/v2/bulk/users")
    assert [found.status for found in added(jumpcloud, [new("barbara"), new("edith")])] == ["added", "added"]
    assert jumpcloud.server.requests["POST /api/systemusers"] == 0
    jumpcloud.behave(lost_answer="POST /api/systemusers", bulk="refused")
    assert [found.status for found in added(jumpcloud, [new("donald")])] == ["added"]
    assert (len(jumpcloud.store.users), jumpcloud.server.requests["POST /api/systemusers"]) == (8, 1)


def test_a_group_that_takes_nobody_is_told_with_each_person(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(lost_answer="POST /api/v2/usergroups/{id}/members")
    outcome = added(jumpcloud, [new("barbara")], "Design")[0]
    assert (outcome.status, outcome.message) == ("added", None)
    jumpcloud.behave(lost_answer="", forbidden=f"/api/v2/usergroups/{jumpcloud.store.group('Design')['id']}/members")
    outcome = added(jumpcloud, [new("edith")], "Design")[0]
    assert (outcome.status, "It isn't certain whether it is in Design" in str(outcome.message)) == ("failed", True)


def test_a_member_that_was_accepted_and_not_made_is_told(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(ignores_bindings="yes")
    outside = "It is not in Design: JumpCloud accepted it and didn't do it."
    id = None
    for said in ("It was added.", "It was there already."):
        (outcome,) = added(jumpcloud, [new("barbara")], "Design")
        assert (outcome.status, outcome.message) == ("failed", f"{said} {outside}")
        id = outcome.external_id
    assert added(jumpcloud, [new("barbara")]) == [Added("barbara@example.com", "present", id)]


def test_who_is_there_already_is_put_into_the_group_and_not_changed(jumpcloud: RunningJumpCloud) -> None:
    (first,) = added(jumpcloud, [new("barbara")])
    before = dict(held(jumpcloud, "barbara"))
    assert added(jumpcloud, [new("barbara", firstname="Other")], "Design") == [
        Added(first.user_name, "present", first.external_id)
    ]
    assert held(jumpcloud, "barbara") == before
    assert "barbara@example.com" in jumpcloud.store.member_emails("Design")


def test_a_key_that_may_not_write_writes_nothing(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(read_only="yes")
    with pytest.raises(errors.DirectoryForbidden, match=r"doesn't allow POST /api/systemusers \(403\)"):
        added(jumpcloud, [new("barbara")])


def test_a_look_that_fails_leaves_nobody_unreported(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(bulk="pretends_and_breaks")
    outcomes = added(jumpcloud, [new("barbara"), new("edith")])
    assert [(found.status, "isn't certain" in str(found.message)) for found in outcomes] == [("failed", True)] * 2


def test_who_was_added_active_although_inactive_in_heap_is_a_failure(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(ignores_state="yes")
    outcome = added(jumpcloud, [new("barbara", active=False)])[0]
    assert (outcome.status, "suspend it in JumpCloud" in str(outcome.message)) == ("failed", True)


def test_nobody_is_created_singly_on_an_unproven_look(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(bulk="pretends_and_lies")
    outcome = added(jumpcloud, [new("barbara")])[0]
    assert (outcome.status, "isn't certain" in str(outcome.message)) == ("failed", True)
    assert jumpcloud.server.requests["POST /api/systemusers"] == 0


def test_one_failed_person_never_stops_the_others(jumpcloud: RunningJumpCloud) -> None:
    people = [
        new("barbara"),
        new("kim", username="kim@example.com"),
        NewPerson({"username": "donald"}),
        new("edith", email="ada@example.com"),
    ]
    outcomes = added(jumpcloud, people)
    ada = held(jumpcloud, "ada")["username"]
    rule = "username must start with a letter and hold no space or @, with at most 30 characters"
    refused = "JumpCloud refused POST /api/systemusers (400)"
    assert sorted((outcome.user_name, outcome.status, outcome.message) for outcome in outcomes) == [
        ("barbara@example.com", "added", None),
        ("donald", "failed", "JumpCloud needs an e-mail address, and Heap has none: the userName isn't one."),
        ("edith@example.com", "failed", f"Its e-mail address ada@example.com is that of {ada} in JumpCloud."),
        ("kim@example.com", "failed", f"{refused}. JumpCloud says: {rule}"),
    ]
    assert jumpcloud.server.requests["POST /api/systemusers"] == 1


def test_who_is_inactive_in_heap_is_added_suspended(jumpcloud: RunningJumpCloud) -> None:
    assert added(jumpcloud, [new("barbara", active=False)])[0].status == "added"
    assert held(jumpcloud, "barbara")["state"] == "SUSPENDED"


def test_a_staged_user_is_told(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(default_state="STAGED")
    outcome = added(jumpcloud, [new("barbara")])[0]
    assert (outcome.status, outcome.message) == (
        "added",
        "JumpCloud added it as STAGED: it is managed as soon as it is activated there.",
    )


def test_a_group_that_would_manage_nobody_is_refused_before_anything_is_written(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.store.group("Design")["membershipMethod"] = "DYNAMIC_AUTOMATED"
    for group, words in (("Finance", "is not bound to Heap"), ("Design", "decides by a rule who is in Design")):
        with pytest.raises(errors.UsageError, match=words):
            added(jumpcloud, [new("barbara")], group)
    with pytest.raises(errors.NotInDirectory, match="no user group 'Designs'") as raised:
        added(jumpcloud, [new("barbara")], "Designs")
    assert (raised.value.hint, jumpcloud.server.writes) == ("Did you mean Design?", 0)


def test_nothing_is_added_where_who_is_there_can_not_be_told(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(wrong_total=1)
    with pytest.raises(errors.DirectoryError, match="It isn't certain who is in JumpCloud"):
        added(jumpcloud, [new("barbara")])
    assert jumpcloud.server.writes == 0


def test_where_bulk_jobs_are_not_allowed_people_are_created_singly(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(forbidden="/api/v2/bulk")
    assert added(jumpcloud, [new("barbara")])[0].status == "added"
    assert jumpcloud.server.requests["POST /api/systemusers"] == 1


def bound(running: RunningJumpCloud, group: str, *, bound: bool) -> list[str]:
    asyncio.run(World().directory(base_url=running.base_url).set_bound(group, bound=bound))
    return running.store.bound_names("Heap")


def test_groups_are_bound_and_unbound(jumpcloud: RunningJumpCloud) -> None:
    assert bound(jumpcloud, "finance", bound=True) == ["Design", "Finance", "Research"]
    assert bound(jumpcloud, str(jumpcloud.store.group("Design")["id"]), bound=False) == ["Finance", "Research"]
    writes = jumpcloud.server.writes
    assert bound(jumpcloud, "Design", bound=False) == ["Finance", "Research"]
    assert jumpcloud.server.writes == writes


def test_a_binding_whose_answer_was_lost_is_looked_up(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(lost_answer="POST /api/v2/applications/{id}/associations")
    assert bound(jumpcloud, "Design", bound=False) == ["Research"]
    jumpcloud.behave(ignores_bindings="yes")
    with pytest.raises(errors.DirectoryResponseLost):
        bound(jumpcloud, "Research", bound=False)


def test_a_binding_that_was_accepted_and_not_made_is_found_out(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(ignores_bindings="yes")
    with pytest.raises(errors.DirectoryError, match="accepted the change, but Design is still bound to Heap"):
        bound(jumpcloud, "Design", bound=False)
    with pytest.raises(errors.DirectoryError, match="accepted the change, but Finance is not bound to Heap"):
        bound(jumpcloud, "Finance", bound=True)


def test_what_would_be_is_read_with_the_members_of_the_group(jumpcloud: RunningJumpCloud) -> None:
    directory = World().directory(base_url=jumpcloud.base_url)

    def groups(name: str, *, bound: bool) -> dict[str, tuple[bool, int]]:
        found = asyncio.run(directory.read_as_if(name, bound=bound, progress=lambda _read, _of: None))
        return {group.name: (group.bound, len(group.member_ids)) for group in found.after.groups or ()}

    assert groups("Finance", bound=True) == {"Research": (True, 3), "Design": (True, 2), "Finance": (True, 1)}
    assert groups("Design", bound=False) == {"Research": (True, 3), "Design": (False, 2), "Finance": (False, 0)}
    assert jumpcloud.server.writes == 0


def test_a_username_that_was_taken_meanwhile_is_not_replaced_by_one_that_was_never_shown(
    jumpcloud: RunningJumpCloud,
) -> None:
    jumpcloud.store.add_user({"username": "Barbara", "email": "barbara@other.org"})
    (outcome,) = added(jumpcloud, [new("barbara")])
    words = "By now, barbara@other.org has the username barbara in JumpCloud. Import again."
    assert (outcome.status, outcome.message, jumpcloud.server.writes) == ("failed", words, 0)


def test_two_people_with_one_e_mail_address_are_not_taken_for_one(jumpcloud: RunningJumpCloud) -> None:
    first, second = added(jumpcloud, [new("barbara"), new("edith", email="Barbara@example.com")])[::-1]
    assert (first.status, second.status) == ("added", "failed")
    assert second.message == "Its e-mail address Barbara@example.com is also that of barbara@example.com."


def test_a_person_is_found_by_e_mail_address_whatever_their_username_is(jumpcloud: RunningJumpCloud) -> None:
    id = jumpcloud.store.add_user({"username": "liskov", "email": "Barbara@Example.com"})["_id"]
    assert added(jumpcloud, [new("barbara")]) == [Added("barbara@example.com", "present", id)]
    assert jumpcloud.server.writes == 0


@pytest.mark.parametrize(("number", "silenced"), [(100, True), (101, False)])
def test_the_administrators_mail_about_more_than_a_hundred_people_is_left_on(
    jumpcloud: RunningJumpCloud, number: int, *, silenced: bool
) -> None:
    people = [new(f"n{count}") for count in range(number)]
    added(jumpcloud, people)
    assert len(jumpcloud.server.job_mails) == (0 if silenced else 2)
    said = World().directory(base_url=jumpcloud.base_url).warnings(people)
    assert ("JumpCloud mails the results of 2 jobs to the administrator." in said) is not silenced


def test_people_are_added_staged_and_nobody_is_mailed_if_the_profile_says_so(jumpcloud: RunningJumpCloud) -> None:
    directory = World().directory(base_url=jumpcloud.base_url, import_state="STAGED")
    people = [new("barbara"), new("edith", active=False)]
    outcomes: list[Added] = []
    asyncio.run(directory.add_people(people, group=None, report=outcomes.append))
    assert [outcome.status for outcome in outcomes] == ["added", "added"]
    assert (held(jumpcloud, "barbara")["state"], held(jumpcloud, "edith")["state"]) == ("STAGED", "SUSPENDED")
    (said,) = directory.warnings(people)
    assert said.startswith("1 user will be staged (jumpcloud.import_state).")


def test_who_will_be_mailed_is_said(jumpcloud: RunningJumpCloud) -> None:
    directory = World().directory(base_url=jumpcloud.base_url)
    (said,) = directory.warnings([new("barbara"), new("edith", active=False)])
    assert said.startswith("1 user will get JumpCloud's activation e-mail, unless the organisation holds it back.")
    assert directory.warnings([new("edith", active=False)]) == ()
