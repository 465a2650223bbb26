"""A create that may have been carried out: nothing is ours that we did not make, and nothing is made twice."""

import asyncio
import signal
import threading
from typing import Any

import pytest

from heapscim.model.changes import CreateGroup, CreateUser, MemberRef
from heapscim.sandbox.heap.lists import Refused
from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.cli.test_resume import AN_HOUR, cut_off, ready, states, the_ledger
from tests.conftest import CommandLine
from tests.fakes.clocks import HurriedClock
from tests.fakes.patience import PATIENCE
from tests.fakes.processes import ended, started, wait_until

__all__ = ["ready"]

GRACE = CreateUser("g", "grace@x.org", {"name.givenName": "Grace"}, "new")
QUICK = ("--set", "http.timeout=1", "--set", "http.late_margin=3")


def an_account(sandbox: Sandbox, name: str, *, given: str = "Grace", ago: float | None = 0.0) -> str:
    """Somebody's account that was made some seconds ago; nobody knows when where that is None."""
    user = {"userName": name, "active": True, "name": {"givenName": given}}
    id = str(sandbox.store.add_user(user)["id"])
    made = sandbox.store.created.pop(id)
    if ago is not None:
        sandbox.store.created[id] = made - ago
    return id


STRANGERS = [
    ("Eve", 0.0, 0.0, ""),
    ("Eve", None, AN_HOUR, "its name.givenName is 'Eve', not 'Grace'"),
    ("Grace", 2 * AN_HOUR, AN_HOUR, "it was made before the request was sent"),
    ("Grace", 0.0, AN_HOUR, "it was made long after the request"),
]
"""The given name, how long ago the account was made and the request sent, and why it isn't ours."""


@pytest.mark.parametrize("stranger", STRANGERS, ids=["somebody else", "at a time unknown", "before", "long after"])
def test_an_account_that_others_made_is_not_ours_and_stays(
    heapscim: CommandLine, ready: Sandbox, stranger: tuple[str, float | None, float, str]
) -> None:
    given, made, sent, said = stranger
    id = an_account(ready, "grace@x.org", given=given, ago=made)
    run = cut_off(heapscim, ready, GRACE, ago=sent)
    for _ in range(2):
        ran = heapscim.json("sync", "--yes")
        assert ready.store.users[id]["active"], ran.stderr
        assert id in {found["id"] for found in ran.data["plan"]["unmanaged"]}
    assert heapscim.json("status").data["managed"]["users"] == 1, "ada alone"
    with the_ledger(heapscim, ready) as ledger:
        (operation,) = ledger.operations(run)
    if said:
        assert (operation.state, operation.error_code, operation.id) == ("failed", "not_ours", None)
        assert said in (operation.message or "")
    else:
        assert operation.state == "sent", "ours may still arrive"


def test_whose_account_it_is_is_said(heapscim: CommandLine, ready: Sandbox) -> None:
    id = an_account(ready, "grace@x.org", given="Eve")
    cut_off(heapscim, ready, GRACE)
    ran = heapscim.json("sync", "--yes")
    words = f"The account grace@x.org (id {id}) isn't what was asked for: its name.givenName is 'Eve', not 'Grace'."
    assert words in ran.stderr
    assert any(words in notice for notice in ran.data["plan"]["notices"])


def test_a_group_that_others_made_is_not_ours_and_stays(heapscim: CommandLine, ready: Sandbox) -> None:
    people = [an_account(ready, f"u{number}@x.org") for number in range(4)]
    team = str(ready.store.add_group({"displayName": "Lab", "members": people})["id"])
    asked = CreateGroup("lab", "Lab", (MemberRef("u0@x.org", people[0], "u0"),), "is bound")
    cut_off(heapscim, ready, asked)
    runs = [heapscim("sync", "--yes", "--allow-group-deletions", "9", "--allow-removals", "9") for _ in range(2)]
    assert set(ready.store.groups[team]["members"]) == set(people)
    assert all("3 of its 4 members were not asked for" in ran.stderr for ran in runs)


def test_a_group_that_was_asked_for_is_deleted_only_by_the_next_run(heapscim: CommandLine, ready: Sandbox) -> None:
    grace = an_account(ready, "grace@x.org")
    team = str(ready.store.add_group({"displayName": "Lab", "members": [grace]})["id"])
    heapscim("sync", "--yes", "--directory", str(heapscim.roster('{"people": [], "groups": []}', "none.json")))
    asked = CreateGroup("lab", "Lab", (MemberRef("grace@x.org", grace, None),), "is bound")
    cut_off(heapscim, ready, asked)
    roster = heapscim.roster('{"people": [{"id": "ada", "username": "ada@x.org"}], "groups": []}', "ada.json")
    words = ("sync", "--yes", "--directory", str(roster), "--allow-group-deletions", "9")
    first = heapscim.json(*words)
    assert (first.exit_code, team in ready.store.groups) == (8, True), first.stderr
    assert [entry["change"]["kind"] for entry in first.data["plan"]["withheld"]] == ["delete_group"]
    then = heapscim.json(*words)
    assert (then.exit_code, then.data["counts"], team in ready.store.groups) == (0, {"delete_group": 1}, False)


def test_undo_takes_nothing_back_because_of_what_a_look_has_just_made_ours(
    heapscim: CommandLine, ready: Sandbox
) -> None:
    id = an_account(ready, "grace@x.org")
    run = cut_off(heapscim, ready, GRACE)
    first = heapscim.json("undo", run, "--yes")
    assert (first.exit_code, ready.store.users[id]["active"]) == (8, True), first.stderr
    then = heapscim.json("undo", run, "--yes")
    assert (then.exit_code, ready.store.users[id]["active"]) == (0, False), then.stderr


@pytest.mark.parametrize("given", ["Grace", "Eve"])
def test_a_plan_shows_what_a_sync_would_do_after_a_run_that_was_cut_off(
    heapscim: CommandLine, ready: Sandbox, given: str
) -> None:
    an_account(ready, "grace@x.org", given=given)
    run = cut_off(heapscim, ready, GRACE)
    planned = heapscim.json("plan")
    assert states(heapscim, ready, run) == [("sent", None)], "a plan records nothing"
    assert any(
        run in notice and "The next sync records this first." in notice for notice in planned.data["plan"]["notices"]
    )
    saved = heapscim.folder / "plan.json"
    assert heapscim("plan", "--out", str(saved)).exit_code == planned.exit_code
    synced = heapscim.json("sync", "--yes", "--plan", str(saved))
    assert synced.data["fingerprint"] == planned.data["fingerprint"]
    assert planned.exit_code == synced.exit_code == (8 if given == "Grace" else 0)


def test_a_plan_beside_a_run_that_is_under_way_says_so(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\n")))
    sandbox.behave(parse_behaviour(["fault_rate=1", "fault_on=POST", "faults=stall", "stall_seconds=3"]))
    with started("sync", "--yes") as run:
        wait_until(lambda: bool(heapscim.json("history").data))
        wait_until(lambda: sandbox.tenant.faults.happened > 0)
        planned = heapscim.json("plan")
        assert any(
            "Another run is in progress: `heapscim sync`" in notice for notice in planned.data["plan"]["notices"]
        )
        run.send_signal(signal.SIGKILL)
        ended(run)


def test_a_name_that_may_still_arrive_is_held_back(heapscim: CommandLine, ready: Sandbox) -> None:
    heapscim("sync", "--yes")
    run = cut_off(heapscim, ready, CreateUser("grace@x.org", "grace@x.org", {}, "new"))
    heapscim.roster("username,groups\nada@x.org,Research\ngrace@x.org,\n")
    posts = ready.tenant.requests["POST", "Users"]
    for words in (("sync", "--yes"), ("users", "create", "GRACE@x.org", "--yes")):
        ran = heapscim(*words)
        assert ran.exit_code == 7, ran.stderr
        assert f"run {run} sent it, its answer was lost, and it may still arrive" in ran.stdout
    assert ready.tenant.requests["POST", "Users"] == posts
    assert states(heapscim, ready, run) == [("sent", None)]


def test_a_name_known_to_be_unique_is_not_held_back(heapscim: CommandLine, ready: Sandbox) -> None:
    heapscim.activate(ready, "--set", "dialect.unique_user_names=yes")
    run = cut_off(heapscim, ready, CreateUser("grace@x.org", "grace@x.org", {}, "new"))
    heapscim.roster("username,groups\nada@x.org,Research\ngrace@x.org,\n")
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert heapscim("sync", "--yes").exit_code == 0
    assert states(heapscim, ready, run)[0][0] == "done"
    assert len(ready.store.users_named("grace@x.org")) == 1


def test_a_name_that_can_no_longer_arrive_is_made(heapscim: CommandLine, ready: Sandbox) -> None:
    run = cut_off(heapscim, ready, CreateUser("grace@x.org", "grace@x.org", {}, "new"), ago=AN_HOUR)
    heapscim.roster("username,groups\nada@x.org,Research\ngrace@x.org,\n")
    assert heapscim("sync", "--yes").exit_code == 0
    assert states(heapscim, ready, run) == [("not_attempted", None)]
    assert len(ready.store.users_named("grace@x.org")) == 1


def once(sandbox: Sandbox, fault: str, on: str, **switches: Any) -> None:  # noqa: ANN401
    """Lets one request go wrong, in a tenant in which a name may be had twice."""
    settings = {"unique_names": "no", "fault_rate": 1, "most_faults": 1, "faults": fault, "fault_on": on, **switches}
    sandbox.behave(parse_behaviour(f"{key}={value}" for key, value in settings.items()))


@pytest.mark.parametrize("kind", ["Users", "Groups"])
@pytest.mark.parametrize("fault", ["504_late", "stall_late"])
def test_what_is_made_after_its_answer_was_lost_is_made_once(
    heapscim: CommandLine, ready: Sandbox, clock: HurriedClock, fault: str, kind: str
) -> None:
    clock.waits = True
    heapscim.activate(ready, *QUICK)
    once(ready, fault, f"POST /{kind}", late_commit=2, stall_seconds=9)
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 0, ran.stdout
    wait_until(lambda: not ready.tenant.faults.late)
    assert ready.tenant.requests["POST", kind] == 1
    assert (len(ready.store.users), len(ready.store.groups)) == (1, 1)
    then = heapscim.json("plan", "--exit-code")
    assert (then.exit_code, then.data["plan"]["unmanaged"], then.data["plan"]["conflicts"]) == (0, [], [])


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_what_never_arrives_is_sent_again_once_it_no_longer_can(
    heapscim: CommandLine, ready: Sandbox, clock: HurriedClock, kind: str
) -> None:
    heapscim.activate(ready, *QUICK)
    once(ready, "504", f"POST /{kind}")
    now = clock.timing().clock
    before = now()
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 0, ran.stdout
    assert now() - before > 4, "a second request leaves when the first can't arrive any more"
    assert (len(ready.store.users), len(ready.store.groups)) == (1, 1)


@pytest.mark.parametrize("fault", ["500", "503", "reset_before"])
def test_what_is_over_is_sent_again_at_once(heapscim: CommandLine, ready: Sandbox, fault: str) -> None:
    once(ready, fault, "POST", most_faults=3)
    ran = heapscim.json("sync", "--yes")
    assert ran.exit_code == 0, ran.stdout
    assert (len(ready.store.users), len(ready.store.groups)) == (1, 1)


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_a_run_that_is_killed_while_its_create_is_under_way_makes_nothing_twice(
    heapscim: CommandLine, ready: Sandbox, kind: str
) -> None:
    once(ready, "stall_late", f"POST /{kind}")
    arrives = threading.Event()
    ready.tenant.faults.sleep = lambda _: asyncio.to_thread(arrives.wait, PATIENCE)
    with started("sync", "--yes") as run:
        wait_until(lambda: bool(ready.tenant.faults.late))  # the whole request is there, its body too
        run.send_signal(signal.SIGKILL)
        ended(run)
    at_once = heapscim("sync", "--yes")
    assert at_once.exit_code == 7, at_once.stdout
    assert "Held back until" in at_once.stdout
    arrives.set()
    wait_until(lambda: not ready.tenant.faults.late)
    assert ready.tenant.requests["POST", kind] == 1
    then = heapscim.json("sync", "--yes")
    assert then.exit_code == 0, then.stderr
    assert (len(ready.store.users), len(ready.store.groups)) == (1, 1)
    assert heapscim.json("status").data["managed"] == {"users": 1, "groups": 1}


@pytest.mark.parametrize("kind", ["user", "group"])
def test_two_of_one_name_are_a_conflict_also_where_one_is_ours(
    heapscim: CommandLine, ready: Sandbox, kind: str
) -> None:
    assert heapscim("sync", "--yes").exit_code == 0
    store = ready.store
    if kind == "user":
        ours, other = next(iter(store.users)), str(store.add_user({"userName": "ADA@x.org"}, unique=False)["id"])
    else:
        ours, other = next(iter(store.groups)), str(store.add_group({"displayName": "research"}, unique=False)["id"])
    (conflict,) = heapscim.json("plan").data["plan"]["conflicts"]
    assert conflict["kind"] == "doubled"
    assert f"id {ours} is managed, id {other} isn't" in conflict["message"]


def test_what_came_about_twice_all_the_same_is_reported(heapscim: CommandLine, ready: Sandbox) -> None:
    """The service said that it had failed, and made the group later."""
    heapscim.activate(ready, *QUICK)
    once(ready, "500", "POST /Groups")

    real = ready.tenant.service.create

    def create(kind: str, document: Any) -> Any:  # noqa: ANN401
        made = real(kind, document)
        if kind == "Groups":
            real(kind, document)
        return made

    ready.tenant.service.create = create  # type: ignore[method-assign]
    ran = heapscim("sync", "--yes")
    assert ran.exit_code == 7, ran.stdout
    assert "Heap has 2 groups of that name now" in ran.stdout
    assert heapscim.json("status").data["managed"]["groups"] == 1


@pytest.mark.parametrize(("first", "beside"), [("ann@x.org", "mary-ann@x.org"), ("j.smith@x.org", "adm-j.smith@x.org")])
def test_an_account_whose_name_only_holds_ours_is_never_taken_for_it(
    heapscim: CommandLine, ready: Sandbox, first: str, beside: str
) -> None:
    """This tenant keeps names as they are sent: ada's is known."""
    assert heapscim("sync", "--yes").exit_code == 0
    id = an_account(ready, beside)
    roster = f"username,firstname,groups\nada@x.org,,Research\n{first},Grace,\n"
    heapscim.roster(roster)
    cut_off(heapscim, ready, CreateUser(first, first, {"name.givenName": "Grace"}, "new"), ago=AN_HOUR)
    ready.store.created[id] -= AN_HOUR
    assert heapscim("sync", "--yes").exit_code == 0
    assert len(ready.store.users_named(first)) == 1
    heapscim.roster("username,groups\nada@x.org,Research\n")
    assert heapscim("sync", "--yes", "--allow-removals", "9").exit_code == 0
    assert ready.store.users[id]["active"]


@pytest.mark.parametrize("beside", ["EMEA Ops", "Ops (old)"])
def test_a_group_whose_name_only_holds_ours_is_never_taken_for_it(
    heapscim: CommandLine, ready: Sandbox, beside: str
) -> None:
    assert heapscim("sync", "--yes").exit_code == 0
    real = ready.tenant.service.create

    def create(kind: str, document: Any) -> Any:  # noqa: ANN401
        if ready.tenant.requests["POST", "Groups"] == 2:  # Research was the first
            ready.store.add_group({"displayName": beside, "members": []})
            raise Refused(500, "Try again.")
        return real(kind, document)

    ready.tenant.service.create = create  # type: ignore[method-assign]
    heapscim.roster("username,groups\nada@x.org,Research;Ops\n")
    assert heapscim("sync", "--yes").exit_code == 0
    sizes = {group["displayName"]: len(group["members"]) for group in ready.store.groups.values()}
    assert sizes == {"Research": 1, "Ops": 1, beside: 0}
    assert [found["name"] for found in heapscim.json("plan").data["plan"]["unmanaged"]] == [beside]


@pytest.mark.parametrize("form", ["prefixed", "slug", "plain"])
@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_what_a_killed_run_made_under_another_name_is_found_though_runs_came_between(
    heapscim: CommandLine, ready: Sandbox, clock: HurriedClock, kind: str, form: str
) -> None:
    """Both runs read the list that holds it, before anything can be told of it."""
    heapscim.activate(ready, *QUICK)
    names = {"user_names": form, "group_names": form}
    ready.behave(parse_behaviour(f"{key}={value}" for key, value in {"unique_names": "no", **names}.items()))
    assert heapscim("sync", "--yes").exit_code == 0
    heapscim.roster(
        "username,firstname,groups\nada@x.org,,Research;R & D\n"
        if kind == "Groups"
        else "username,firstname,groups\nada@x.org,,Research\nGrácé@x.org,Grace,\n"
    )
    once(ready, "stall_late", f"POST /{kind}", late_commit=0.1, stall_seconds=9, **names)
    with started("sync", "--yes") as run:
        wait_until(lambda: len(ready.store.users) + len(ready.store.groups) == 3)
        run.send_signal(signal.SIGKILL)
        ended(run)
    for _ in range(20):
        if heapscim("sync", "--yes").exit_code == 0:
            break
        clock.ahead += 1
    assert ready.tenant.requests["POST", kind] == 2
    assert (len(ready.store.users), len(ready.store.groups)) == ((1, 2) if kind == "Groups" else (2, 1))
    before = ready.tenant.writes
    assert (heapscim("sync", "--yes").exit_code, ready.tenant.writes) == (0, before)
    assert heapscim.json("plan").data["plan"]["unmanaged"] == []


def test_what_may_be_ours_under_another_name_is_named_and_not_sent_again(heapscim: CommandLine, ready: Sandbox) -> None:
    """Nothing is known of how this tenant keeps names, and the group has no member that would tell."""
    team = str(ready.store.add_group({"displayName": "PRIMARY/Lab", "members": []})["id"])
    ready.store.created[team] -= AN_HOUR
    people = an_account(ready, "ada@x.org", given="Ada")
    run = cut_off(
        heapscim, ready, CreateGroup("Lab", "Lab", (MemberRef("ada@x.org", people, "ada@x.org"),), "bound"), ago=AN_HOUR
    )
    heapscim.roster("username,groups\nada@x.org,Lab\n")
    for _ in range(2):
        ran = heapscim.json("sync", "--yes")
        assert ran.exit_code == 7, ran.stdout
        assert f"The group PRIMARY/Lab (id {team}) may be it" in ran.stderr
        assert [group["displayName"] for group in ready.store.groups.values()] == ["PRIMARY/Lab"]
    assert states(heapscim, ready, run) == [("sent", None)]
    ready.store.rename_group(team, "Old")
    assert heapscim("sync", "--yes").exit_code == 0
    assert {group["displayName"] for group in ready.store.groups.values()} == {"Lab", "Old"}


def test_an_admin_whom_nobody_asked_for_is_somebody_elses(heapscim: CommandLine, ready: Sandbox) -> None:
    boss = ready.store.add_user({"userName": "bob@x.org", "active": True, "role": "Admin"})
    ready.store.created.pop(str(boss["id"]))
    cut_off(heapscim, ready, CreateUser("bob@x.org", "bob@x.org", {}, "new"), ago=AN_HOUR)
    for _ in range(2):
        assert heapscim("sync", "--yes", "--allow-removals", "9").exit_code == 0
    assert boss["active"]
    assert heapscim.json("status").data["managed"]["users"] == 1, "ada alone"


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_an_answer_that_shows_what_is_somebody_elses_links_nobody_to_it(
    heapscim: CommandLine, ready: Sandbox, kind: str
) -> None:
    """Each create is answered with what the first one has made."""
    real = ready.tenant.service.create
    first: dict[str, Any] = {}

    def create(asked: str, document: Any) -> Any:  # noqa: ANN401
        made = real(asked, document)
        return first.setdefault(asked, made) if asked == kind else made

    ready.tenant.service.create = create  # type: ignore[method-assign, assignment]
    heapscim.roster("username,groups\n" + "".join(f"p{number}@x.org,T{number}\n" for number in range(6)))
    assert heapscim("sync", "--yes").exit_code == 0
    assert (len(ready.store.users), len(ready.store.groups)) == (6, 6)
    assert heapscim.json("status").data["managed"] == {"users": 6, "groups": 6}
    assert sorted(len(group["members"]) for group in ready.store.groups.values()) == [1] * 6
    heapscim.roster("username,groups\n" + "".join(f"p{number}@x.org,T{number}\n" for number in range(5)))
    assert heapscim("sync", "--yes", "--allow-removals", "9", "--allow-group-deletions", "9").exit_code == 0
    left = {user["userName"] for user in ready.store.users.values() if not user["active"]}
    assert left == {"p5@x.org"}
