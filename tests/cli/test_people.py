"""Single people by hand: every verb, by userName and id, and what is said where there is nothing to do."""

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox


@pytest.fixture
def ids(heapscim: CommandLine, sandbox: Sandbox) -> dict[str, str]:
    """A tenant with two active people and an inactive one; their ids by name."""
    heapscim.activate(sandbox)
    people = (
        {"userName": "Ada@x.org", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "role": "Admin"},
        {"userName": "grace@x.org", "role": "Analyst"},
        {"userName": "kurt@x.org", "active": False},
    )
    return {
        str(person["userName"]).partition("@")[0].casefold(): sandbox.store.add_user(person)["id"] for person in people
    }


def user(sandbox: Sandbox, name: str) -> dict[str, object]:
    found = sandbox.store.user_named(name)
    assert found is not None
    return found


def test_a_list_is_said_whole(heapscim: CommandLine, ids: dict[str, str]) -> None:
    def entry(name: str, *, active: bool = True, **attributes: str) -> dict[str, object]:
        paths = {"given": "name.givenName", "family": "name.familyName", "role": "role"}
        known = {paths[key]: value for key, value in attributes.items()}
        id = ids[name.partition("@")[0].casefold()]
        return {"id": id, "user_name": name, "active": active, "attributes": known, "managed": False, "by_hand": False}

    assert heapscim.json("users", "list").envelope == {
        "version": 1,
        "command": "users list",
        "profile": "default",
        "exit_code": 0,
        "data": [
            entry("Ada@x.org", given="Ada", family="Lovelace", role="Admin"),
            entry("grace@x.org", role="Analyst"),
            entry("kurt@x.org", role="Analyst", active=False),
        ],
        "notices": [],
        "error": None,
    }


def test_a_list_is_plain_rows_in_a_pipe(heapscim: CommandLine, ids: dict[str, str]) -> None:
    rows = [
        ["userName", "name", "role", "id", "managed", "state"],
        ["Ada@x.org", "Ada Lovelace", "Admin", ids["ada"], "unmanaged", "active"],
        ["grace@x.org", "", "Analyst", ids["grace"], "unmanaged", "active"],
        ["kurt@x.org", "", "Analyst", ids["kurt"], "unmanaged", "inactive"],
    ]
    assert [line.split("\t") for line in heapscim("users", "list").stdout.splitlines()] == rows
    assert [line.split(",") for line in heapscim("users", "list", "-o", "csv").stdout.splitlines()] == rows


def test_an_empty_list_is_a_success(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("users", "list")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "Nothing to list.\n")
    assert heapscim("users", "list", "--quiet").stderr == ""
    assert heapscim("users", "list", "-o", "csv").stdout == "userName,name,role,id,managed,state\n"
    assert heapscim.json("users", "list").data == []


@pytest.mark.parametrize(("dialect", "by_whom"), [("yes", "Heap"), ("no", "heapscim"), ("ignored", "heapscim")])
def test_a_filter_finds_the_same_wherever_it_is_applied(heapscim: CommandLine, dialect: str, by_whom: str) -> None:
    with running_sandbox(filter=dialect) as sandbox:
        heapscim.activate(sandbox)
        for name in ("ada@x.org", "alan@x.org", "grace@x.org"):
            sandbox.store.add_user({"userName": name})
        ran = heapscim.json("users", "list", "--filter", 'userName sw "A"')
        assert [entry["user_name"] for entry in ran.data] == ["ada@x.org", "alan@x.org"]
        assert len(ran.envelope["notices"]) == 1
        assert by_whom.casefold() in ran.envelope["notices"][0].casefold()


def test_a_filter_that_is_none_is_a_usage_error(heapscim: CommandLine, ids: dict[str, str]) -> None:
    assert ids
    ran = heapscim.json("users", "list", "--filter", "userName is ada")
    assert (ran.exit_code, ran.envelope["error"]["code"]) == (2, "usage")


@pytest.mark.parametrize("named", ["Ada@x.org", "ada@X.ORG", "the id"])
def test_one_person_is_shown_by_name_or_id(heapscim: CommandLine, ids: dict[str, str], named: str) -> None:
    name = ids["ada"] if named == "the id" else named
    shown = heapscim.json("users", "show", name).data
    assert (shown["id"], shown["userName"], shown["name"]) == (
        ids["ada"],
        "Ada@x.org",
        {"givenName": "Ada", "familyName": "Lovelace"},
    )
    lines = heapscim("users", "show", name).stdout.splitlines()
    assert "name.givenName\tAda" in lines
    assert "active\ttrue" in lines


@pytest.mark.parametrize(
    "line",
    [
        "users show x",
        "users update x --role Admin",
        "users deactivate x",
        "users reactivate x",
        "users deactivate grace@x.org x",
    ],
)
def test_somebody_unknown_is_named_and_nothing_is_sent(
    heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str], line: str
) -> None:
    assert ids
    ran = heapscim.json(*line.split(), *([] if "show" in line else ["--yes"]))
    assert (ran.exit_code, ran.envelope["error"]["code"], sandbox.tenant.writes) == (1, "not_found", 0)
    assert ran.envelope["error"]["message"] == "Heap has no user x."


def test_a_person_is_created_with_what_is_given(heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str]) -> None:
    assert ids
    given = ("--given-name", "Alan", "--family-name", "Turing", "--role", "Architect")
    ran = heapscim.json("users", "create", "alan@x.org", *given, "--yes")
    assert (ran.exit_code, ran.data["counts"], ran.data["run"]["counts"]["done"]) == (0, {"create_user": 1}, 1)
    assert {key: user(sandbox, "alan@x.org")[key] for key in ("name", "role", "active")} == {
        "name": {"givenName": "Alan", "familyName": "Turing"},
        "role": "Architect",
        "active": True,
    }


def test_a_role_that_is_not_given_is_not_sent(heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str]) -> None:
    assert ids
    ran = heapscim.json("users", "create", "alan@x.org", "--yes")
    assert ran.data["plan"]["changes"][0]["attributes"] == {}
    assert user(sandbox, "alan@x.org")["role"] == "Analyst"


def test_many_are_created_from_a_file_and_who_is_there_is_left(
    heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str]
) -> None:
    assert ids
    heapscim.roster("username,firstname,active\nADA@x.org,Other,\nalan@x.org,Alan,\nzed@x.org,Zed,no\n")
    ran = heapscim.json("users", "create", "--from", "people.csv", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"create_user": 1})
    assert ran.data["plan"]["notices"] == ["1 of 2 already have an account; they are left as they are."]
    assert user(sandbox, "Ada@x.org")["name"] == {"givenName": "Ada", "familyName": "Lovelace"}
    assert sandbox.store.user_named("zed@x.org") is None
    again = heapscim("users", "create", "--from", "people.csv", "--yes")
    assert again.exit_code == 0
    assert "Nothing to do" in again.stdout


@pytest.mark.parametrize(
    ("emails", "why"),
    [
        (("ada@x.org", ""), "3:5: the userName is empty"),
        (("ada@x.org", "ADA@x.org"), "3:5: userName 'ADA@x.org' is already in line 2"),
    ],
)
def test_a_file_whose_people_can_not_be_told_apart_creates_nobody(
    heapscim: CommandLine, sandbox: Sandbox, emails: tuple[str, str], why: str
) -> None:
    heapscim.activate(sandbox, "--set", "mapping.userName=email")
    heapscim.roster("username,email\nada,{}\nbob,{}\n".format(*emails))
    ran = heapscim.json("users", "create", "--from", "people.csv", "--yes")
    assert (ran.exit_code, ran.envelope["error"]["problems"]) == (1, [f"people.csv:{why}"])
    assert sandbox.tenant.writes == 0


def test_everybody_active_in_a_file_is_created_whatever_the_scope_of_a_sync(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox, "--scope", "groups")
    heapscim.roster("username,groups,active\nada@x.org,,\nbob@x.org,Design,\nzed@x.org,,no\n")
    assert heapscim("users", "create", "--from", "people.csv", "--yes").exit_code == 0
    assert sorted(sandbox.store.snapshot()["users"]) == ["ada@x.org", "bob@x.org"]


@pytest.mark.parametrize(
    "line",
    [
        "users create",
        "users create a --from people.csv",
        "users create --from people.doc",
        "users update Ada@x.org",
    ],
)
def test_a_wish_that_is_none_is_a_usage_error(
    heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str], line: str
) -> None:
    assert ids
    ran = heapscim.json(*line.split(), "--yes")
    assert (ran.exit_code, ran.envelope["error"]["code"], sandbox.tenant.writes) == (2, "usage", 0)


def test_an_update_sends_what_differs_alone(heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str]) -> None:
    wish = ("--given-name", "Ada", "--family-name", "King")
    ran = heapscim.json("users", "update", ids["ada"], *wish, "--yes", "--allow-updates", "1")
    (change,) = ran.data["plan"]["changes"]
    assert (change["before"], change["after"]) == ({"name.familyName": "Lovelace"}, {"name.familyName": "King"})
    assert user(sandbox, "Ada@x.org")["name"] == {"givenName": "Ada", "familyName": "King"}
    before = sandbox.tenant.writes
    assert "Nothing to do" in heapscim("users", "update", "ada@x.org", *wish, "--yes").stdout
    assert sandbox.tenant.writes == before


def test_people_are_deactivated_and_reactivated(heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str]) -> None:
    ran = heapscim.json("users", "deactivate", "GRACE@x.org", ids["kurt"], "grace@x.org", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"deactivate_user": 1})
    assert user(sandbox, "grace@x.org")["active"] is False
    ran = heapscim.json("users", "reactivate", "grace@x.org", "kurt@x.org", "Ada@x.org", "--yes")
    assert (ran.exit_code, ran.data["counts"]) == (0, {"reactivate_user": 2})
    assert [user(sandbox, name)["active"] for name in ("grace@x.org", "kurt@x.org")] == [True, True]
    assert heapscim.json("users", "reactivate", "grace@x.org", "--yes").data["counts"] == {}


@pytest.mark.parametrize(
    "line", ["users deactivate grace@x.org", "users create new@x.org", "users reactivate kurt@x.org"]
)
def test_without_a_terminal_yes_is_needed(
    heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str], line: str
) -> None:
    assert ids
    ran = heapscim.json(*line.split())
    assert (ran.exit_code, sandbox.tenant.writes) == (2, 0)
    assert ran.envelope["error"]["message"] == "There is no terminal to ask at, so --yes is needed."


def test_the_last_admin_stays(heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str]) -> None:
    ran = heapscim.json("users", "deactivate", ids["ada"], "--yes")
    assert (ran.exit_code, sandbox.tenant.writes) == (6, 0)
    assert ran.data["violations"]


def test_somebody_protected_stays(heapscim: CommandLine, sandbox: Sandbox, ids: dict[str, str]) -> None:
    assert ids
    heapscim("activate", "--set", 'protect=["gr*"]')
    ran = heapscim.json("users", "deactivate", "grace@x.org", "--yes")
    assert (ran.exit_code, sandbox.tenant.writes) == (6, 0)


def test_who_is_still_in_the_directory_will_be_back(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("username\nada@x.org\ngrace@x.org\n")))
    heapscim("sync", "--yes")
    heapscim.roster("username\nada@x.org\n")
    ran = heapscim("users", "deactivate", "ada@x.org", "grace@x.org", "--yes")
    assert ran.exit_code == 0, ran.stdout
    assert "ada@x.org is still in" in ran.stderr
    assert "grace@x.org is still" not in ran.stderr
    (heapscim.folder / "people.csv").unlink()
    heapscim("users", "reactivate", "ada@x.org", "--yes")
    assert (
        "It isn't known whether the next sync brings them back"
        in heapscim("users", "deactivate", "ada@x.org", "--yes").stderr
    )


def stages(heapscim: CommandLine, *arguments: str) -> dict[str, str]:
    ran = heapscim.json("users", "explain", *arguments)
    assert ran.exit_code == 0, ran.stderr
    return {entry["stage"]: entry["finding"] for entry in ran.data}


def test_a_person_is_explained_from_the_directory_to_the_decision(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("username,groups,active\nada@x.org,Design,\nkurt@x.org,,no\n")
    heapscim.activate(sandbox, "--directory", str(roster))
    assert stages(heapscim, "ada@x.org") == {
        "read": "people.csv holds ada@x.org with the id ada@x.org",
        "scope": "in, held by Design",
        "map": "userName only",
        "match": "no account in Heap",
        "decision": "create: new in people.csv",
    }
    assert stages(heapscim, "kurt@x.org")["scope"].startswith("out: ")
    assert stages(heapscim, "nobody@x.org")["read"] == "people.csv doesn't hold nobody@x.org"
    heapscim("sync", "--yes")
    id = str(user(sandbox, "ada@x.org")["id"])
    found = stages(heapscim, id)
    assert (found["match"], found["decision"]) == (
        f"account {id}, active, linked to ada@x.org, managed",
        "nothing to do",
    )


def test_a_person_whose_user_name_changed_is_explained_by_either_name_and_by_id(
    heapscim: CommandLine, sandbox: Sandbox
) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("id,username\n1,ada@x.org\n")))
    heapscim("sync", "--yes")
    heapscim.roster("id,username\n1,ada.king@x.org\n")
    id = str(user(sandbox, "ada@x.org")["id"])
    for asked in ("ada@x.org", "ada.king@x.org", id):
        found = stages(heapscim, asked)
        assert found["read"] == "people.csv holds ada.king@x.org with the id 1"
        assert found["match"] == f"account {id} ada@x.org, active, linked to 1, managed"
        assert found["decision"].startswith("conflict: ada@x.org is now ada.king@x.org in the directory")


def test_an_account_that_nobody_manages_is_explained_as_left_alone(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("id,username\n1,ada@x.org\n")))
    sandbox.store.add_user({"userName": "bob@x.org"})
    found = stages(heapscim, "bob@x.org")
    assert found["read"] == "people.csv doesn't hold bob@x.org"
    assert found["decision"] == "left alone: bob@x.org isn't managed"


def test_a_protected_person_is_explained_as_such(heapscim: CommandLine, sandbox: Sandbox) -> None:
    roster = heapscim.roster("id,username,firstname\n1,ada@x.org,\n")
    heapscim.activate(sandbox, "--directory", str(roster), "--set", 'protect=["ADA*"]')
    heapscim("sync", "--yes")
    heapscim.roster("id,username,firstname\n1,ada@x.org,Ada\n")
    found = stages(heapscim, "ada@x.org")
    assert found["decision"].startswith("update: ")
    assert found["guard"].startswith("ada@x.org is protected: ")


def test_two_accounts_of_one_name_are_both_explained(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("id,username\n1,ada@x.org\n")))
    for id in ("7", "8"):
        sandbox.store.users[id] = {"id": id, "userName": "ada@x.org", "active": True, "role": "Analyst"}
    ran = heapscim.json("users", "explain", "ada@x.org")
    assert [entry["finding"] for entry in ran.data if entry["stage"] == "match"] == [
        f"account {id}, active, by userName; not managed yet" for id in ("7", "8")
    ]
    assert "could be any of 2 accounts" in ran.data[-1]["finding"]


def test_explaining_needs_a_directory(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox)
    ran = heapscim("users", "explain", "ada@x.org")
    assert (ran.exit_code, sandbox.tenant.writes) == (2, 0)
    other = heapscim.roster("username\nada@x.org\n", "other.csv")
    assert stages(heapscim, "ada@x.org", "--directory", str(other))["read"].startswith("other.csv holds")


def test_who_is_managed_is_reactivated_by_name_where_lists_leave_inactive_accounts_out(heapscim: CommandLine) -> None:
    heapscim.roster("id,username\n17,ada@x.org\n23,grace@x.org\n")
    with running_sandbox(list_inactive="no") as sandbox:
        heapscim.activate(sandbox, "--directory", "people.csv")
        for line in ("sync --yes", "users deactivate ada@x.org --yes", "users reactivate ADA@x.org --yes"):
            ran = heapscim(*line.split())
            assert ran.exit_code == 0, ran.stderr
        assert user(sandbox, "ada@x.org")["active"] is True
