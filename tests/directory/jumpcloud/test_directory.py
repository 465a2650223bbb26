"""JumpCloud is read whole or not trusted: users, bound groups, effective members, and how each refusal is told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heapscim import errors
from heapscim.directory.jumpcloud.constants import CLIENT
from heapscim.directory.jumpcloud.settings import HOSTS
from heapscim.directory.registry import installed_kinds
from heapscim.directory.roster.roster import read_roster
from heapscim.model.completeness import Completeness
from heapscim.model.directory import DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.secret import SecretStr
from heapscim.sandbox.jumpcloud.store import ORGANISATION, sample
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, World, crowd, running_jumpcloud
from tests.fakes.ports import free_port


@pytest.fixture
def jumpcloud() -> Iterator[RunningJumpCloud]:
    with running_jumpcloud() as running:
        yield running


def read(running: RunningJumpCloud, application: str = "Heap", **settings: object) -> DirectorySnapshot:
    directory = World().directory(application, base_url=running.base_url, **settings)
    return asyncio.run(directory.read(lambda _read, _of: None))


def by_name(snapshot: DirectorySnapshot) -> dict[str, Person]:
    return {person.user_name: person for person in snapshot.people}


def test_the_sample_organisation_is_read_whole(jumpcloud: RunningJumpCloud) -> None:
    store = jumpcloud.store
    ids = {name: str(store.user(f"{name}@example.com")["_id"]) for name in ("ada", "grace", "alan", "edsger", "kurt")}
    group_ids = {name: str(store.group(name)["id"]) for name in ("Research", "Design", "Finance")}
    made = {"created": "2026-01-05T08:00:00.000Z", "creationSource": "jumpcloud:bulk"}
    rest = {"organization": ORGANISATION, "state": "ACTIVATED", **made}

    def person(username: str, first: str, last: str, **more: str) -> Person:
        name = first.lower()
        mail = f"{name}@example.com"
        attributes = {"username": username, "email": mail, "firstname": first, "lastname": last, **rest, **more}
        return Person(ids[name], attributes, active=attributes["state"] == "ACTIVATED")

    assert read(jumpcloud) == DirectorySnapshot(
        source="JumpCloud (Heap)",
        people=(
            person("ada.lovelace", "Ada", "Lovelace", **{"attributes.heapRole": "Admin"}),
            person("grace.hopper", "Grace", "Hopper"),
            person("alan.turing", "Alan", "Turing", **{"attributes.heapRole": "Analyst"}),
            person("edsger.dijkstra", "Edsger", "Dijkstra"),
            person("kurt.goedel", "Kurt", "Gödel", state="SUSPENDED"),
        ),
        groups=(
            DirectoryGroup(group_ids["Research"], "Research", frozenset({ids["ada"], ids["grace"], ids["kurt"]})),
            DirectoryGroup(group_ids["Design"], "Design", frozenset({ids["ada"], ids["alan"]})),
            DirectoryGroup(group_ids["Finance"], "Finance", frozenset(), bound=False),
        ),
        completeness=Completeness(proven=True, evidence="5 users and 2 bound groups read from JumpCloud."),
        default_scope="groups",
        holds_all_members=True,
        certain_people=frozenset({ids["kurt"]}),
        certain_groups=frozenset(group_ids.values()),
    )


def test_members_of_groups_inside_a_group_are_its_members(jumpcloud: RunningJumpCloud) -> None:
    store = jumpcloud.store
    store.nested[store.group("Design")["id"]] = [store.group("Finance")["id"]]
    design = next(group for group in read(jumpcloud).groups or () if group.name == "Design")
    assert store.user("edsger@example.com")["_id"] in design.member_ids


@pytest.mark.parametrize(
    ("state", "settings", "active"),
    [
        ({"state": "ACTIVATED"}, {}, True),
        ({"state": "STAGED"}, {}, False),
        ({"state": "SUSPENDED"}, {}, False),
        ({"state": "ACTIVATED", "suspended": True}, {}, False),
        ({"password_expired": True}, {}, True),
        ({"password_expired": True}, {"password_expired_is_inactive": True}, False),
    ],
)
def test_who_is_activated_and_not_suspended_is_eligible(
    jumpcloud: RunningJumpCloud, state: dict[str, object], settings: dict[str, Any], active: object
) -> None:
    jumpcloud.store.user("ada@example.com").update(state)
    assert by_name(read(jumpcloud, **settings))["ada.lovelace"].active is active


def test_the_first_group_of_the_role_table_gives_the_role(jumpcloud: RunningJumpCloud) -> None:
    finance = str(jumpcloud.store.group("Finance")["id"])
    table = {"design": "Architect", "Research": "Analyst", finance: "Consumer", "Gone": "Admin"}
    snapshot = read(jumpcloud, role_from_groups=table)
    roles = {name: person.attributes.get("role") for name, person in by_name(snapshot).items()}
    assert roles == {
        "ada.lovelace": "Architect",
        "alan.turing": "Architect",
        "grace.hopper": "Analyst",
        "kurt.goedel": "Analyst",
        "edsger.dijkstra": "Consumer",
    }
    assert [group.bound for group in snapshot.groups or ()] == [True, True, False]
    assert snapshot.notices == (
        "role_from_groups: JumpCloud has no user group 'Gone'. It gives no one the role Admin.",
    )


@pytest.mark.parametrize(
    "behaviour",
    [
        {},
        {"links": "no"},
        {"totals": "no"},
        {"totals": "no", "links": "no"},
        {"page_cap": 40},
        {"page_cap": 40, "totals": "no"},
    ],
    ids=str,
)
def test_every_page_is_read_however_the_server_counts(behaviour: dict[str, object]) -> None:
    with running_jumpcloud(crowd(230, ("All", range(230)), ("Some", range(110))), **behaviour) as running:
        snapshot = read(running)
    assert len(snapshot.people) == 230
    assert [len(group.member_ids) for group in snapshot.groups or ()] == [230, 110]
    assert snapshot.completeness.proven
    assert snapshot.completeness.method == ("read twice" if behaviour.get("totals") == "no" else "counted")


def test_the_cost_of_a_read_is_its_pages() -> None:
    with running_jumpcloud(crowd(230, ("All", range(230)), ("Some", range(90)))) as running:
        read(running)
        assert dict(running.server.requests) == {
            "GET /api/applications": 1,
            "GET /api/systemusers": 4,
            "GET /api/v2/usergroups": 1,
            "GET /api/v2/applications/{id}/associations": 1,
            "GET /api/v2/applications/{id}/associations?targets=user": 1,
            "GET /api/v2/usergroups/{id}/membership": 5,
        }


@pytest.mark.parametrize("size", [9, 100])
def test_null_records_make_short_pages_and_stop_nothing(size: int) -> None:
    store = crowd(120, ("All", range(120)))
    for number in (0, 5, 99, 110):
        store.remove_user(f"u{number}@x.org")
    with running_jumpcloud(store) as running:
        snapshot = read(running, page_size=size)
    assert [len(group.member_ids) for group in snapshot.groups or ()] == [116]
    assert snapshot.completeness.proven


@pytest.mark.parametrize("totals", ["yes", "no"])
def test_members_that_are_left_out_of_pages_are_no_reason_to_stop(totals: str) -> None:
    store = crowd(250, ("All", range(250)))
    for number in range(0, 250, 25):
        store.remove_user(f"u{number}@x.org")
    with running_jumpcloud(store, null_members="dropped", totals=totals) as running:
        snapshot = read(running)
    assert [len(group.member_ids) for group in snapshot.groups or ()] == [240]
    assert snapshot.completeness.proven is (totals == "no")


@pytest.mark.parametrize(
    ("behaviour", "evidence"),
    [
        ({"lost_page": "systemusers@100"}, "JumpCloud said 230 users, 130 read; a page failed"),
        ({"empty_page": "systemusers@200"}, "JumpCloud said 230 users, 200 read."),
        ({"lost_page": "membership@100"}, "All: JumpCloud said 230 members, 130 read; a page failed"),
        ({"lost_page": "membership@0"}, "All: its members can't be read"),
        ({"empty_page": "membership@0"}, "All: JumpCloud said 230 members, 130 read."),
        ({"lost_page": "membership@100", "totals": "no"}, "All: 100 members read; a page failed"),
        ({"wrong_total": 3}, "JumpCloud said 233 users, 230 read."),
        ({"moving_total": "yes"}, "the total changed to"),
    ],
    ids=str,
)
def test_a_read_that_loses_something_is_unproven(behaviour: dict[str, object], evidence: str) -> None:
    with running_jumpcloud(crowd(230, ("All", range(230))), **behaviour) as running:
        snapshot = read(running)
    assert not snapshot.completeness.proven
    assert evidence in snapshot.completeness.evidence


def test_a_group_that_goes_while_it_is_read_makes_the_read_unproven(jumpcloud: RunningJumpCloud) -> None:
    id = jumpcloud.store.group("Design")["id"]
    del jumpcloud.store.groups[id]
    snapshot = read(jumpcloud)
    assert not snapshot.completeness.proven
    assert f"The bound group {id} is not in the list of groups." in snapshot.completeness.evidence
    assert f"{id}: its members can't be read: JumpCloud found nothing" in snapshot.completeness.evidence


def test_many_doubtful_lists_are_told_by_the_first_and_their_number() -> None:
    store = crowd(1, *((f"G{number:02}", range(1)) for number in range(14)))
    with running_jumpcloud(store, strange="membership") as running:
        evidence = read(running).completeness.evidence
    assert evidence.count("its members can't be read") == 10
    assert evidence.endswith("4 more lists can't prove to be complete.")


def test_a_group_that_gives_roles_and_cannot_be_read_ends_the_read(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(strange="membership")
    with pytest.raises(errors.DirectoryError, match=r"GET /api/v2/usergroups/\w+/membership isn't a list"):
        read(jumpcloud, role_from_groups={"Design": "Admin"})


def test_a_bound_group_that_the_list_leaves_out_makes_the_read_unproven() -> None:
    with running_jumpcloud(empty_page="usergroups@0", wrong_total=-1) as running:
        id = running.store.group("Design")["id"]
        snapshot = read(running)
    assert not snapshot.completeness.proven
    assert f"The bound group {id} is not in the list of groups." in snapshot.completeness.evidence


@pytest.mark.parametrize(
    ("path", "words"),
    [("/api/systemusers", "isn.t a list"), ("/api/v2/usergroups", "isn.t a list")],
)
def test_an_answer_in_another_shape_is_told(jumpcloud: RunningJumpCloud, path: str, words: str) -> None:
    jumpcloud.behave(strange=path)
    with pytest.raises(errors.DirectoryError, match=words):
        read(jumpcloud)


@pytest.mark.parametrize("gone", [(), ("u4@x.org",)], ids=["whole", "with nulls"])
def test_pages_that_never_end_are_given_up(gone: tuple[str, ...]) -> None:
    store = crowd(5, ("All", range(5)))
    for name in gone:
        del store.users[str(store.user(name)["_id"])]
    with running_jumpcloud(store, totals="no", endless="yes") as running:
        snapshot = read(running)
    assert "its pages never end" in snapshot.completeness.evidence


@pytest.mark.parametrize("page_cap", [100, 7])
def test_a_total_that_is_far_too_high_costs_few_requests_and_proves_nothing(page_cap: int) -> None:
    with running_jumpcloud(crowd(250, ("All", range(3))), wrong_total=5_000_000, page_cap=page_cap) as running:
        snapshot = read(running)
        assert (len(snapshot.people), snapshot.completeness.proven) == (250, False)
        # Three windows bring people in 15 pages each, while seven workers look beyond the end; then 25 bring nothing.
        assert max(running.server.requests.values()) <= 200


def test_records_without_an_id_make_the_read_unproven(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.store.user("ada@example.com")["_id"] = ""
    assert "1 without an id." in read(jumpcloud).completeness.evidence


def test_one_group_name_twice_is_never_guessed_at(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.store.add_group("finance")
    directory = World().directory(base_url=jumpcloud.base_url)
    with pytest.raises(errors.AmbiguousInDirectory, match="2 groups called 'Finance'"):
        asyncio.run(directory.set_bound("Finance", bound=True))


def test_an_application_must_be_named() -> None:
    with pytest.raises(errors.UsageError, match="The JumpCloud application is missing"):
        World().directory(" ")


def test_a_user_without_a_username_makes_the_read_unproven(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.store.user("ada@example.com")["username"] = ""
    snapshot = read(jumpcloud)
    assert (len(snapshot.people), snapshot.completeness.evidence) == (4, "1 user without a username.")


def test_a_hurried_reader_waits_and_loses_nothing() -> None:
    with running_jumpcloud(crowd(120, ("All", range(120))), rate=4) as running:
        snapshot = read(running)
    assert (len(snapshot.people), snapshot.completeness.proven) == (120, True)


@pytest.mark.parametrize("wanted", ["Heap EU", "heap eu", "ID"])
def test_an_application_is_found_by_label_or_id(jumpcloud: RunningJumpCloud, wanted: str) -> None:
    id = jumpcloud.store.add_application("Heap EU", "Finance")
    snapshot = read(jumpcloud, id if wanted == "ID" else wanted)
    assert snapshot.source == "JumpCloud (Heap EU)"
    assert [group.name for group in snapshot.groups or () if group.bound] == ["Finance"]


def test_an_application_nobody_knows_lists_those_there_are(jumpcloud: RunningJumpCloud) -> None:
    with pytest.raises(errors.NotInDirectory) as raised:
        read(jumpcloud, "Heaps")
    id = next(iter(jumpcloud.store.applications))
    assert (raised.value.message, raised.value.hint) == (
        "JumpCloud has no application 'Heaps'.",
        f"It has Heap ({id}).",
    )


def test_two_applications_of_one_name_are_never_guessed_at(jumpcloud: RunningJumpCloud) -> None:
    second = jumpcloud.store.add_application("Heap")
    first = next(iter(jumpcloud.store.applications))
    with pytest.raises(errors.AmbiguousInDirectory) as raised:
        read(jumpcloud)
    assert raised.value.hint == f"Give the id: Heap ({first}); Heap ({second})."


def test_a_bad_key_is_told(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.server.key = "another"
    with pytest.raises(errors.DirectoryUnauthenticated) as raised:
        read(jumpcloud)
    assert raised.value.message == "JumpCloud rejected the API key (401). JumpCloud says: Unauthorized"
    assert KEY not in str(raised.value.hint)


def test_no_key_at_all_is_told(jumpcloud: RunningJumpCloud) -> None:
    directory = World(secrets={}).directory(base_url=jumpcloud.base_url)
    with pytest.raises(errors.DirectoryUnauthenticated, match="There is no key for JumpCloud"):
        asyncio.run(directory.verify())


def test_a_key_of_another_region_is_told_with_the_region(jumpcloud: RunningJumpCloud) -> None:
    with running_jumpcloud(wrong_region="yes") as elsewhere:
        moved = {HOSTS["us"]: elsewhere.base_url, HOSTS["eu"]: elsewhere.base_url, HOSTS["in"]: jumpcloud.base_url}
        with pytest.raises(errors.WrongRegion) as raised:
            asyncio.run(World(moved=moved).directory().verify())
        assert raised.value.message == "JumpCloud's region us doesn't know the API key; region in does."
        assert raised.value.hint == "Run `heapscim activate --set jumpcloud.region=in`."
        nowhere = dict.fromkeys(HOSTS.values(), elsewhere.base_url)
        with pytest.raises(errors.DirectoryUnauthenticated) as refused:
            asyncio.run(World(moved=nowhere).directory().verify())
        assert type(refused.value) is errors.DirectoryUnauthenticated


@pytest.mark.parametrize("path", ["/api/applications", "/api/systemusers", "/api/v2/usergroups"])
def test_a_missing_permission_is_told_by_its_request(jumpcloud: RunningJumpCloud, path: str) -> None:
    jumpcloud.behave(forbidden=path)
    with pytest.raises(errors.DirectoryForbidden, match=rf"The API key doesn't allow GET {path}.* \(403\)"):
        read(jumpcloud)


def test_an_organisation_must_be_chosen_where_there_are_several(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(organisations=2)
    with pytest.raises(errors.OrganisationNeeded, match=r"sees several JumpCloud organisations.*Organisation 2"):
        read(jumpcloud)
    with pytest.raises(errors.OrganisationNeeded, match="doesn't see the JumpCloud organisation 77"):
        read(jumpcloud, org_id="77")
    assert read(jumpcloud, org_id=ORGANISATION).completeness.proven


def test_a_service_account_buys_its_token_and_a_new_one_when_it_is_withdrawn() -> None:
    with running_jumpcloud(crowd(230, ("All", range(230)))) as running:
        world = World(secrets={CLIENT: SecretStr("client-id:client-secret")})
        directory = world.directory(base_url=running.base_url, max_in_flight=1)
        snapshot = asyncio.run(directory.read(lambda _read, _of: running.server.revoke_tokens()))
        assert (len(snapshot.people), snapshot.completeness.proven) == (230, True)
        assert running.server.requests["POST /oauth2/token"] > 1


def test_a_service_account_that_is_refused_is_told(jumpcloud: RunningJumpCloud) -> None:
    wrong = World(secrets={CLIENT: SecretStr("client-id:wrong")}).directory(base_url=jumpcloud.base_url)
    with pytest.raises(errors.DirectoryUnauthenticated, match=r"rejected the service account \(401\)") as raised:
        asyncio.run(wrong.verify())
    assert "client-id:wrong" not in raised.value.message + str(raised.value.hint)


def test_an_organisation_that_is_down_is_unavailable(jumpcloud: RunningJumpCloud) -> None:
    jumpcloud.behave(lost_page="applications@0")
    with pytest.raises(errors.DirectoryUnavailable, match="can't answer GET /api/applications now"):
        read(jumpcloud)


@pytest.mark.parametrize("setting", ["base_url", "region"])
def test_where_nobody_answers_the_hint_names_what_says_where(setting: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    world = World() if setting == "base_url" else World(moved={HOSTS["us"]: address})
    directory = world.directory(**({"base_url": address} if setting == "base_url" else {}))
    with pytest.raises(errors.DirectoryUnavailable, match="can't be reached") as raised:
        asyncio.run(directory.verify())
    assert str(raised.value.hint).startswith(f"Check jumpcloud.{setting} in the profile, the network and")


def test_the_default_scope_is_the_one_that_is_read(jumpcloud: RunningJumpCloud, tmp_path: Path) -> None:
    roster = tmp_path / "people.csv"
    roster.write_text("username\nada@x.org\n")
    kinds = installed_kinds()
    assert kinds["jumpcloud"].default_scope == read(jumpcloud).default_scope
    assert kinds["roster"].default_scope == read_roster(roster).default_scope


def test_progress_counts_users(jumpcloud: RunningJumpCloud) -> None:
    told: list[tuple[int, int | None]] = []
    directory = World().directory(base_url=jumpcloud.base_url)
    asyncio.run(directory.read(lambda done, of: told.append((done, of))))
    assert told == [(5, 5)]


def test_a_web_page_in_its_place_is_told() -> None:
    with running_jumpcloud(sample()) as running:
        directory = World().directory(base_url=f"{running.base_url}/nowhere")
        with pytest.raises(errors.NotInDirectory, match="JumpCloud found nothing for GET /api/applications"):
            asyncio.run(directory.verify())
