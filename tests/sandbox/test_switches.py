"""Every switch of the sandbox does what it says, as a client sees it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from heapscim.errors import HeapscimError, UsageError
from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.heap.switches import Behaviour, parse_behaviour, switches
from heapscim.sandbox.server import Sandbox, SandboxOptions, running
from tests.fakes.patience import PATIENCE
from tests.fakes.processes import wait_until
from tests.fakes.tenants import TOKEN, running_sandbox

GRACE = {"userName": "grace@x.org"}
ADA = {"userName": "ada@x.org", "name": {"givenName": "Ada"}}


@contextmanager
def serving(**behaviour: object) -> Iterator[tuple[httpx.Client, Sandbox]]:
    """A client of a sandbox that holds Ada, inactive Kurt, and a team of Ada's."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with running_sandbox(**behaviour) as sandbox:
        ada = sandbox.store.add_user(dict(ADA))
        sandbox.store.add_user({"userName": "kurt@x.org", "active": False})
        sandbox.store.add_group({"displayName": "Research", "members": [ada["id"]]})
        with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=PATIENCE) as client:
            yield client, sandbox


def names(answer: httpx.Response) -> list[str]:
    return [row["userName"] for row in answer.json().get("Resources", ())]


def a_patch(path: str, value: object) -> dict[str, object]:
    return {"Operations": [{"op": "replace", "path": path, "value": value}]}


def test_the_default_is_what_heap_documents() -> None:
    with serving() as (client, sandbox):
        made = client.post("/Users", json={"userName": "Grace@x.org"})
        assert (made.status_code, made.headers["location"]) == (201, f"{sandbox.base_url}/Users/{made.json()['id']}")
        assert (made.json()["role"], made.json()["active"]) == ("Analyst", True)
        taken = client.post("/Users", json={"userName": "grace@X.ORG"})
        assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
        assert client.post("/Users", json={"userName": "b", "emails": [{"value": "b@x"}]}).json().get("emails") is None


@pytest.mark.parametrize(
    ("patch_members", "joined", "left"),
    [("as_asked", ["1000", "1001"], ["1001"]), ("replaces", ["1001"], ["1001"]), ("empties", ["1000", "1001"], [])],
)
def test_a_patch_of_members_may_be_taken_otherwise(patch_members: str, joined: list[str], left: list[str]) -> None:
    def patched(op: str, path: str, value: object) -> list[str]:
        operation = {"op": op, "path": path, "value": value}
        team = client.patch(f"/Groups/{group}", json={"Operations": [operation]}).json()
        return [member["value"] for member in team.get("members", ())]

    with serving(patch_members=patch_members) as (client, _):
        group = client.get("/Groups").json()["Resources"][0]["id"]
        assert patched("add", "members", [{"value": "1001"}]) == joined
        assert patched("remove", 'members[value eq "1000"]', None) == left


def test_names_need_not_be_unique(tmp_path: Path) -> None:
    with serving(unique_names="no") as (client, sandbox):
        other = client.post("/Users", json=ADA).json()["id"]
        twice = client.get("/Users", params={"filter": 'userName eq "ADA@x.org"'})
        assert [row["id"] for row in twice.json()["Resources"]] == ["1000", other]
        teams = [client.post("/Groups", json={"displayName": "Research", "members": [{"value": other}]}) for _ in "ab"]
        assert [made.status_code for made in teams] == [201, 201]
        assert client.delete("/Users/1000").status_code == 204
        assert names(client.get("/Users", params={"filter": 'userName eq "ada@x.org"'})) == ["ada@x.org"]
        client.post("/Users", json=ADA)
        sandbox.store.save(tmp_path / "kept.json")
        again = Store()
        again.load(tmp_path / "kept.json", unique=False)
        assert (again.users, again.groups) == (sandbox.store.users, sandbox.store.groups)


def test_a_changed_user_name_makes_a_second_account() -> None:
    with serving() as (client, sandbox):
        changed = client.patch("/Users/1000", json=a_patch("userName", "lovelace@x.org"))
        assert (changed.json()["userName"], changed.json()["id"]) == ("lovelace@x.org", "1003")
        assert sandbox.store.user_named("ada@x.org") is not None


@pytest.mark.parametrize(
    ("header", "status", "text"),
    [
        ({}, 400, "Invalid bearer token header."),
        ({"Authorization": "Bearer"}, 400, "Invalid bearer token header."),
        ({"Authorization": "Bearer two words"}, 400, "Invalid bearer token header."),
        ({"Authorization": "Basic abc"}, 400, "Invalid bearer token header."),
        ({"Authorization": "Bearer wrong"}, 401, "The token is not valid."),
    ],
)
def test_a_bad_token_is_refused_in_heaps_words(header: Mapping[str, str], status: int, text: str) -> None:
    with running_sandbox() as sandbox:
        answer = httpx.get(sandbox.base_url + "/Users", headers=header)
    assert (answer.status_code, text in answer.text) == (status, True)
    assert answer.headers["content-type"].startswith("text/plain" if status == 400 else "application/scim+json")


@pytest.mark.parametrize("status", [405, 501])
@pytest.mark.parametrize("method", ["patch", "put"])
def test_a_method_may_be_missing(method: str, status: int) -> None:
    with serving(**{method: "no", "unsupported_status": status}) as (client, _):
        bodies = {"patch": a_patch("role", "Admin"), "put": {**ADA, "role": "Admin"}}
        answers = {name: client.request(name, "/Users/1000", json=body).status_code for name, body in bodies.items()}
    assert answers == {"patch": 200, "put": 200} | {method: status}


@pytest.mark.parametrize(
    ("switch", "some", "none"),
    [
        ("yes", (200, ["ada@x.org"]), (200, [])),
        ("no", (400, None), (400, None)),
        ("ignored", (200, ["ada@x.org", "kurt@x.org"]), (200, ["ada@x.org", "kurt@x.org"])),
        ("empty", (200, []), (200, [])),
        ("not_found", (200, ["ada@x.org"]), (404, None)),
        ("fails", (500, None), (500, None)),
    ],
)
def test_filters_may_be_treated_in_every_way(
    switch: str, some: tuple[int, list[str] | None], none: tuple[int, list[str] | None]
) -> None:
    with serving(filter=switch) as (client, _):
        for name, expected in (("ada@x.org", some), ("nobody", none)):
            answer = client.get("/Users", params={"filter": f'userName eq "{name}"'})
            found = names(answer) if answer.status_code == 200 else None
            assert (answer.status_code, found) == expected
        assert names(client.get("/Users")) == ["ada@x.org", "kurt@x.org"]


def test_a_filter_that_makes_no_sense_is_refused() -> None:
    with serving() as (client, _):
        assert client.get("/Users", params={"filter": "userName is"}).json()["scimType"] == "invalidFilter"


def test_the_configuration_may_be_missing() -> None:
    with serving(service_provider_config="no") as (client, _):
        assert client.get("/ServiceProviderConfig").status_code == 404
    with serving(patch="no") as (client, _):
        assert client.get("/ServiceProviderConfig").json()["patch"] == {"supported": False}


def test_pages_may_be_capped_and_totals_wrong() -> None:
    with serving(page_cap=1, wrong_total=3) as (client, _):
        page = client.get("/Users", params={"count": 50, "startIndex": 2}).json()
    assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (5, 1, 2)


@pytest.mark.parametrize(("switch", "listed"), [("yes", [{"value": "1000"}]), ("no", None), ("empty", [])])
def test_members_may_be_left_out_of_lists(switch: str, listed: object) -> None:
    with serving(list_members=switch) as (client, _):
        group = client.get("/Groups").json()["Resources"][0]
        shown = group.get("members")
        assert shown == listed or [{"value": row["value"]} for row in shown] == listed
        assert client.get(f"/Groups/{group['id']}").json()["members"][0]["value"] == "1000"


@pytest.mark.parametrize(("switch", "status"), [("yes", 200), ("empty", 200), ("404", 404), ("405", 405), ("500", 500)])
def test_what_lists_show_may_not_be_read_by_its_id(switch: str, status: int) -> None:
    with serving(single_users=switch, single_groups=switch) as (client, sandbox):
        for kind, rows in (("Users", sandbox.store.users), ("Groups", sandbox.store.groups)):
            id = next(iter(rows))
            answer = client.get(f"/{kind}/{id}")
            assert (answer.status_code, answer.json().get("id") == id) == (status, switch == "yes")
            assert id in [row["id"] for row in client.get(f"/{kind}").json()["Resources"]]


def test_booleans_may_be_text_and_ids_numbers() -> None:
    with serving(string_booleans="yes", numeric_ids="yes") as (client, _):
        rows = client.get("/Users").json()["Resources"]
    assert [(row["id"], row["active"]) for row in rows] == [(1000, "True"), (1001, "False")]


@pytest.mark.parametrize(
    ("active_in", "lists", "single"),
    [("all", True, True), ("single", False, True), ("lists", True, False), ("none", False, False)],
)
def test_active_may_be_left_out_in_some_answers_and_where_it_is_false(
    active_in: str, *, lists: bool, single: bool
) -> None:
    with serving(active_in=active_in, inactive="omitted") as (client, sandbox):
        ada, kurt = client.get("/Users").json()["Resources"]
        assert ("active" in ada, "active" in kurt) == (lists, False)
        assert ["active" in client.get(f"/Users/{id}").json() for id in ("1000", "1001")] == [single, False]
        assert ("active" in client.patch("/Users/1000", json=a_patch("role", "Admin")).json()) == single
        assert client.patch("/Users/1001", json=a_patch("role", "Admin")).status_code == 200
        assert [user["active"] for user in sandbox.store.snapshot()["users"].values()] == [True, False]
        inactive = client.get("/Users", params={"filter": "active eq false"})
        assert names(inactive) == ["kurt@x.org"]


@pytest.mark.parametrize(("switch", "afterwards"), [("keeps", False), ("removes", None), ("ignored", True)])
def test_deactivation_may_mean_many_things(switch: str, afterwards: bool | None) -> None:  # noqa: FBT001
    with serving(deactivate=switch) as (client, sandbox):
        answer = client.patch("/Users/1000", json=a_patch("active", value=False))
        assert answer.status_code == (204 if switch == "removes" else 200)
        kept = sandbox.store.user_named("ada@x.org")
        assert (None if kept is None else kept["active"]) is afterwards


@pytest.mark.parametrize(
    ("switch", "status", "found"), [("lower_case", 201, []), ("case_folding", 409, ["weiß@x.org"])]
)
def test_names_may_be_the_same_by_case_folding(switch: str, status: int, found: list[str]) -> None:
    with serving(same_names=switch) as (client, sandbox):
        sandbox.store.add_user({"userName": "weiß@x.org"})
        assert names(client.get("/Users", params={"filter": 'userName eq "weiss@x.org"'})) == found
        assert client.post("/Users", json={"userName": "WEISS@x.org"}).status_code == status
        assert client.post("/Users", json={"userName": "WEIẞ@x.org"}).status_code == 409


def test_inactive_accounts_may_be_left_out_of_lists() -> None:
    with serving(list_inactive="no") as (client, _):
        assert names(client.get("/Users")) == ["ada@x.org"]
        assert names(client.get("/Users", params={"filter": 'userName eq "kurt@x.org"'})) == []
        assert client.get("/Users/1001").json()["userName"] == "kurt@x.org"


@pytest.mark.parametrize(
    ("switch", "shown"),
    [
        ("top", {"role": "Analyst"}),
        ("roles", {"roles": [{"value": "Analyst"}]}),
        ("extension", {"urn:heap:2.0:User": {"role": "Analyst"}}),
        ("hidden", {}),
    ],
)
def test_the_role_may_stand_anywhere(switch: str, shown: dict[str, object]) -> None:
    with serving(role=switch) as (client, _):
        user = client.get("/Users/1000").json()
    assert {name: user[name] for name in ("role", "roles", "urn:heap:2.0:User") if name in user} == shown


@pytest.mark.parametrize(("switch", "role"), [("keeps", "Admin"), ("resets", "Analyst")])
def test_a_put_without_a_role_may_reset_it(switch: str, role: str) -> None:
    with serving(put_without_role=switch) as (client, _):
        client.patch("/Users/1000", json=a_patch("role", "Admin"))
        assert client.put("/Users/1000", json=ADA).json()["role"] == role


def test_an_empty_list_may_lack_its_rows_and_types_may_be_odd() -> None:
    with running_sandbox(empty_resources="missing", content_type="text/json;charset=utf-8") as sandbox:
        answer = httpx.get(sandbox.base_url + "/Users", headers={"Authorization": f"Bearer {TOKEN}"})
    assert "Resources" not in answer.json()
    assert answer.headers["content-type"] == "text/json;charset=utf-8"


@pytest.mark.parametrize(
    ("switch", "type", "body"),
    [
        ("scim", "application/scim+json", '"detail":"Users has no 9."'),
        ("json", "application/scim+json", '{"error":{"message":"Users has no 9."}}'),
        ("text", "text/plain; charset=utf-8", "Users has no 9."),
        ("html", "text/html; charset=utf-8", "<html>"),
        ("empty", None, ""),
    ],
)
def test_errors_come_in_every_dress(switch: str, type: str | None, body: str) -> None:
    with serving(error_body=switch) as (client, _):
        answer = client.get("/Users/9")
    assert (answer.status_code, answer.headers.get("content-type"), body in answer.text) == (404, type, True)


def test_writes_may_be_answered_without_a_word() -> None:
    with serving(write_body="no") as (client, sandbox):
        answer = client.patch("/Users/1000", json=a_patch("role", "Admin"))
        assert (answer.status_code, answer.content) == (204, b"")
        assert sandbox.store.users["1000"]["role"] == "Admin"


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_too_many_requests_are_told_when_to_come_back(form: str) -> None:
    with serving(rate=2, retry_after=form) as (client, _):
        statuses = [client.get("/Users").status_code for _ in range(3)]
        said = client.get("/Users").headers.get("retry-after")
    assert statuses == [200, 200, 429]
    match form:
        case "seconds":
            assert said == "1"
        case "date":
            assert parsedate_to_datetime(str(said)).year > 2000
        case _:
            assert said is None


@pytest.mark.parametrize(("status", "said"), [("429_seconds", "1"), ("429", None), ("500", None)])
def test_faults_are_answers_with_a_status(status: str, said: str | None) -> None:
    with serving(fault_rate=1, faults=status) as (client, sandbox):
        answer = client.post("/Users", json={"userName": "b"})
        assert (answer.status_code, answer.headers.get("retry-after")) == (int(status[:3]), said)
        assert sandbox.store.user_named("b") is None


@pytest.mark.parametrize(
    ("fault", "done"), [("reset_before", False), ("reset_after", True), ("truncate", True)], ids=str
)
def test_faults_cut_the_connection_before_or_after_the_work(fault: str, done: bool) -> None:  # noqa: FBT001
    with serving(fault_rate=1, faults=fault) as (client, sandbox):
        with pytest.raises(httpx.TransportError):
            client.post("/Users", json={"userName": "b"})
        assert (sandbox.store.user_named("b") is not None) is done


def test_faults_may_be_a_web_page_or_silence() -> None:
    with serving(fault_rate=1, faults="html") as (client, _):
        assert client.get("/Users").text == "<html>trouble</html>"
    with serving(fault_rate=1, faults="stall", stall_seconds=0.05) as (client, _):
        assert client.get("/Users").elapsed.total_seconds() > 0.05


@pytest.mark.parametrize("fault", ["504_late", "stall_late"])
def test_what_was_given_up_may_be_done_later(fault: str) -> None:
    switches = {
        "faults": fault,
        "fault_on": "POST /Groups",
        "most_faults": 1,
        "late_commit": 0.2,
        "stall_seconds": 0.05,
    }
    with serving(fault_rate=1, **switches) as (client, sandbox):
        before = len(sandbox.store.groups)
        assert client.get("/Users").status_code == client.post("/Users", json=GRACE).status_code - 1 == 200
        if fault == "504_late":
            assert client.post("/Groups", json={"displayName": "Late"}).status_code == 504
        else:
            with pytest.raises(httpx.TransportError):
                client.post("/Groups", json={"displayName": "Late"})
        assert len(sandbox.store.groups) == before
        wait_until(lambda: len(sandbox.store.groups) == before + 1)
        assert client.post("/Groups", json={"displayName": "Other"}).status_code == 201


@pytest.mark.parametrize("created", ["yes", "no"])
def test_resources_may_say_when_they_were_made(created: str) -> None:
    with serving(created=created) as (client, _):
        meta = client.post("/Users", json=GRACE).json()["meta"]
        assert ("created" in meta) == (created == "yes")
        if created == "yes":
            assert abs(datetime.fromisoformat(meta["created"]).timestamp() - time.time()) < 60


def test_faults_repeat_with_their_seed() -> None:
    def statuses() -> list[int]:
        with serving(fault_rate=0.5, faults="500,502", fault_seed=3) as (client, _):
            return [client.get("/Users").status_code for _ in range(20)]

    assert statuses() == statuses()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("patch", "isn't a KEY=VALUE"),
        ("pach=no", "isn't a KEY=VALUE"),
        ("patch=maybe", "can't be 'maybe'"),
        ("page_cap=many", "can't be 'many'"),
        ("page_cap=0", "a number above 0"),
        ("rate=-1", "a number from 0"),
        ("fault_rate=2", "from 0 to 1"),
        ("faults=500,fire", "isn't a fault"),
        ("faults=200", "isn't a fault"),
        ("unsupported_status=418", "404, 405 or 501"),
        ("lag=-1", "lag takes a number from 0"),
    ],
)
def test_a_switch_that_is_none_is_refused(setting: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_behaviour([setting])


def test_every_switch_is_described() -> None:
    described = {switch["name"]: switch["default"] for switch in switches()}
    assert described == {name: str(value) for name, value in vars_of(Behaviour()).items()}


def vars_of(behaviour: Behaviour) -> dict[str, Any]:
    return {name: getattr(behaviour, name) for name in Behaviour.__dataclass_fields__}


def test_latency_delays_each_answer() -> None:
    with running(SandboxOptions(token=TOKEN, latency=0.05), Store()) as sandbox:
        answer = httpx.get(sandbox.base_url + "/Users", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.elapsed.total_seconds() >= 0.05


def test_the_content_is_kept_between_runs(tmp_path: Path) -> None:
    state, headers = tmp_path / "tenant.json", {"Authorization": f"Bearer {TOKEN}"}
    options = SandboxOptions(token=TOKEN, state=state)
    with running(options) as sandbox, httpx.Client(base_url=sandbox.base_url, headers=headers) as client:
        made = client.post("/Users", json={**ADA, "role": "Admin"}).json()
        team = client.post("/Groups", json={"displayName": "Research", "members": [{"value": made["id"]}]}).json()
        assert '"Research"' in state.read_text("utf-8"), "each write is kept at once"
        before = sandbox.store.snapshot()
    with running(options) as sandbox, httpx.Client(base_url=sandbox.base_url, headers=headers) as client:
        assert sandbox.store.snapshot() == before
        assert client.get(f"/Users/{made['id']}").json()["role"] == "Admin"
        assert client.get(f"/Groups/{team['id']}").json()["members"][0]["value"] == made["id"]
        assert int(client.post("/Users", json={"userName": "b"}).json()["id"]) > int(team["id"])


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"users": [{}]}',
        '{"users": [{"userName": "a"}, {"userName": "A"}]}',
        '{"groups": [{"displayName": "g", "members": ["nobody"]}]}',
    ],
)
def test_content_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tenant.json"
    path.write_text(content)
    with pytest.raises(UsageError, match="can't be read as the content of a tenant"):
        Store().load(path)
    with pytest.raises(UsageError, match="can't be read as the content of a tenant"):
        Store().load(tmp_path / "nowhere.json")


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with running_sandbox() as sandbox:
        port = httpx.URL(sandbox.base_url).port
        with pytest.raises(HeapscimError, match="can't be used"), running(SandboxOptions(port=int(port or 0))):
            pass


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/Nothing", None, 404),
        ("GET", "/Users/9", None, 404),
        ("DELETE", "/Users", None, 405),
        ("POST", "/Users/1000", {}, 405),
        ("POST", "/Schemas", {}, 405),
        ("GET", "/Schemas/urn:nothing", None, 404),
        ("GET", "/Users?count=many", None, 400),
        ("POST", "/Users", [], 400),
        ("POST", "/Users", {"userName": ""}, 400),
        ("POST", "/Groups", {"displayName": "g", "members": [{"value": "9"}]}, 400),
        ("POST", "/Groups", {"displayName": "research"}, 409),
        ("PUT", "/Groups/1002", {"displayName": "Other"}, 200),
        ("PATCH", "/Users/1000", {}, 400),
        ("PATCH", "/Users/1000", {"Operations": ["x"]}, 400),
        ("PATCH", "/Users/1000", {"Operations": [{"op": "jump"}]}, 400),
        ("PATCH", "/Users/1000", {"Operations": [{"op": "remove"}]}, 400),
        ("PATCH", "/Users/1000", {"Operations": [{"op": "add", "value": 3}]}, 400),
        ("PATCH", "/Users/1000", {"Operations": [{"op": "add", "path": "a b", "value": 3}]}, 400),
        ("PATCH", "/Users/1000", {"Operations": [{"op": "add", "path": 'emails[type eq "x"].value', "value": 3}]}, 400),
    ],
)
def test_requests_that_make_no_sense_are_refused(method: str, path: str, body: object, status: int) -> None:
    with serving() as (client, _):
        assert client.request(method, path, json=body).status_code == status


def test_a_body_that_is_no_json_is_refused() -> None:
    with serving() as (client, _):
        assert client.post("/Users", content=b"{").json()["scimType"] == "invalidSyntax"


def test_attributes_can_be_chosen_and_searches_sent_as_a_post() -> None:
    with serving() as (client, _):
        query = {"attributes": "name.givenName,urn:ietf:params:scim:schemas:core:2.0:User:role"}
        assert client.get("/Users/1000", params=query).json() == {
            "id": "1000",
            "name": {"givenName": "Ada"},
            "role": "Analyst",
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        }
        less = client.get("/Users/1000", params={"excludedAttributes": "name.givenName,meta,id"}).json()
        assert less == {
            "id": "1000",
            "active": True,
            "name": {},
            "role": "Analyst",
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada@x.org",
        }
        search = {"filter": 'userName sw "a"', "attributes": ["userName"], "count": 5}
        assert names(client.post("/Users/.search", json=search)) == ["ada@x.org"]
        everything = client.post("/.search", json={"count": 1, "startIndex": 3}).json()
        assert (everything["totalResults"], everything["Resources"][0]["displayName"]) == (3, "Research")
        assert client.post("/Groups/.search", json=None).json()["totalResults"] == 1


@pytest.mark.parametrize(
    ("needs", "wanted"),
    [
        ("emails", ("emails",)),
        ("display_name", ("displayName",)),
        ("emails_and_display_name", ("emails", "displayName")),
        ("all", ("emails", "displayName", "externalId")),
    ],
)
def test_a_new_account_needs_what_the_switch_says(needs: str, wanted: tuple[str, ...]) -> None:
    whole = {**GRACE, "emails": [{"value": "grace@x.org"}], "displayName": "Grace", "externalId": "7"}
    with serving(create_needs=needs) as (client, _):
        for name in wanted:
            rest = {key: value for key, value in whole.items() if key != name}
            assert client.post("/Users", json=rest).status_code == 400
        assert client.post("/Users", json=whole).status_code == 201


def test_an_external_id_is_kept_or_dropped_or_refused() -> None:
    asked = {**GRACE, "externalId": "7"}
    for how, status, shown in (("kept", 201, "7"), ("ignored", 201, None), ("refused", 400, None)):
        with serving(external_id=how) as (client, _):
            answer = client.post("/Users", json=asked)
            assert (answer.status_code, answer.json().get("externalId")) == (status, shown)


def test_filters_may_tell_upper_from_lower_case() -> None:
    with serving(filter_case="exact") as (client, _):
        for kind, name, value in (("Users", "userName", "ada@x.org"), ("Groups", "displayName", "Research")):
            for text, total in ((value, 1), (value.upper(), 0)):
                answer = client.get(f"/{kind}", params={"filter": f'{name} eq "{text}"'})
                assert answer.json()["totalResults"] == total


def test_an_unknown_role_may_be_refused() -> None:
    with serving(roles="known") as (client, _):
        assert client.post("/Users", json={**GRACE, "role": "Boss"}).status_code == 400
        assert client.post("/Users", json={**GRACE, "role": "Consumer"}).status_code == 201


@pytest.mark.parametrize(("switch", "status"), [("yes", 200), ("ignored", 200), ("refused", 400)])
def test_an_inactive_account_may_stay_so(switch: str, status: int) -> None:
    with serving(reactivate=switch) as (client, sandbox):
        kurt = sandbox.store.user_named("kurt@x.org")
        assert kurt is not None
        operation = {"op": "replace", "path": "active", "value": True}
        answer = client.patch(f"/Users/{kurt['id']}", json={"Operations": [operation]})
        assert (answer.status_code, kurt["active"]) == (status, switch == "yes")
