"""The whole story over a socket against scim2-server, a strict service provider by other hands.

It refuses attributes it has no schema for, so the role stands in RFC 7643's own ``roles``; that is what the dialect's
``role_attribute`` is for. It answers members only where there are any, and pages of its own choosing.
"""

from collections.abc import Iterator

import pytest

from tests.conftest import CommandLine
from tests.fakes.scim2_servers import TOKEN, Scim2Server, running_scim2_server

PEOPLE = """\
id,username,firstname,lastname,role,active,groups
1,ada@x.org,Ada,Lovelace,Admin,,Research;Design
2,grace@x.org,Grace,Hopper,,yes,Research
3,alan@x.org,Alan,Turing,Analyst,,Design
4,kurt@x.org,Kurt,Gödel,,no,Design
"""
ADA = {"active": True, "name": {"givenName": "Ada", "familyName": "Lovelace"}, "roles": [{"value": "Admin"}]}
GRACE = {"active": True, "name": {"givenName": "Grace", "familyName": "Hopper"}, "roles": None}
ALAN = {"active": True, "name": {"givenName": "Alan", "familyName": "Turing"}, "roles": [{"value": "Analyst"}]}
BEGINNING = {
    "users": {"ada@x.org": ADA, "alan@x.org": ALAN, "grace@x.org": GRACE},
    "groups": {"Design": ["ada@x.org", "alan@x.org"], "Research": ["ada@x.org", "grace@x.org"]},
}


@pytest.fixture(scope="module")
def one_server() -> Iterator[Scim2Server]:
    with running_scim2_server() as server:
        yield server


@pytest.fixture
def server(one_server: Scim2Server) -> Scim2Server:
    """The module's server, emptied."""
    one_server.empty()
    return one_server


def connected(heapscim: CommandLine, server: Scim2Server, dialect: str = "") -> None:
    roster = heapscim.roster(PEOPLE)
    ran = heapscim(
        "activate", "--base-url", server.base_url, "--token-stdin", "--directory", str(roster), stdin=TOKEN + "\n"
    )
    assert ran.exit_code == 0, ran.stderr
    settings = heapscim.folder / "config" / "profiles" / "default.toml"
    settings.write_text(settings.read_text() + f'\n[dialect]\nrole_attribute = "roles"\n{dialect}')


@pytest.mark.parametrize(
    "dialect", ["", 'update_method = "put"\ngroup_update_method = "put"\n', 'page_size = 1\nfilter = "no"\n']
)
def test_the_whole_story_holds_against_another_server(heapscim: CommandLine, server: Scim2Server, dialect: str) -> None:
    connected(heapscim, server, dialect)
    assert heapscim.json("plan", "--exit-code").exit_code == 10
    first = heapscim.json("sync", "--yes")
    assert (first.exit_code, first.data["run"]["counts"]["done"]) == (0, 5), first.stdout
    assert server.snapshot() == BEGINNING

    again = heapscim.json("sync", "--yes")
    assert (again.exit_code, again.data["counts"]) == (0, {})

    left = PEOPLE.replace("Turing", "T.").replace("2,grace@x.org,Grace,Hopper,,yes,Research\n", "")
    heapscim.roster(left.replace("Analyst", "Architect"))
    second = heapscim.json("sync", "--yes")
    assert (second.exit_code, second.data["counts"]) == (
        0,
        {"update_user": 1, "remove_members": 1, "deactivate_user": 1},
    ), second.stdout
    assert server.snapshot() == {
        "users": {
            "ada@x.org": ADA,
            "alan@x.org": {
                **ALAN,
                "name": {"givenName": "Alan", "familyName": "T."},
                "roles": [{"value": "Architect"}],
            },
            "grace@x.org": {**GRACE, "active": False},
        },
        "groups": {"Design": ["ada@x.org", "alan@x.org"], "Research": ["ada@x.org"]},
    }

    heapscim.roster(PEOPLE)
    third = heapscim.json("sync", "--yes")
    assert (third.exit_code, third.data["counts"]) == (0, {"update_user": 1, "reactivate_user": 1, "add_members": 1}), (
        third.stdout
    )
    assert server.snapshot() == BEGINNING
    assert heapscim.json("plan", "--exit-code").exit_code == 0


def test_single_people_and_groups_are_changed_by_hand(heapscim: CommandLine, server: Scim2Server) -> None:
    connected(heapscim, server)
    for command in (
        ("users", "create", "ada@x.org", "--given-name", "Ada", "--family-name", "Byron", "--role", "Analyst"),
        ("users", "update", "ADA@x.org", "--family-name", "Lovelace"),
        ("groups", "create", "Design", "ada@x.org"),
        ("groups", "rename", "Design", "Art"),
        ("users", "deactivate", "ada@x.org", "--allow-removals", "1"),
        ("users", "reactivate", "ada@x.org"),
    ):
        ran = heapscim(*command, "--yes")
        assert ran.exit_code == 0, (command, ran.stdout, ran.stderr)
    assert server.snapshot() == {
        "users": {"ada@x.org": {**ADA, "roles": [{"value": "Analyst"}]}},
        "groups": {"Art": ["ada@x.org"]},
    }
    shown = heapscim.json("users", "show", "ada@x.org")
    assert (shown.exit_code, shown.data["userName"]) == (0, "ada@x.org")
    assert heapscim.json("users", "show", shown.data["id"]).data == shown.data
    assert heapscim("users", "show", "nobody@x.org").exit_code == 1


def test_filtering_is_left_to_the_server(heapscim: CommandLine, server: Scim2Server) -> None:
    connected(heapscim, server)
    heapscim("sync", "--yes")
    listed = heapscim.json("users", "list", "--filter", 'userName sw "a" and active eq true')
    assert [user["user_name"] for user in listed.data] == ["ada@x.org", "alan@x.org"]
    assert "Filtered by Heap." in heapscim("users", "list", "--filter", 'userName sw "a"').stderr


def test_a_token_the_server_does_not_know_is_refused(heapscim: CommandLine, server: Scim2Server) -> None:
    ran = heapscim("activate", "--base-url", server.base_url, "--token-stdin", stdin="wrong\n")
    assert (ran.exit_code, heapscim.keyring.kept) == (3, {})


def test_a_write_probe_finds_out_what_this_server_does(heapscim: CommandLine, server: Scim2Server) -> None:
    roster = heapscim.roster(PEOPLE)
    ran = heapscim(
        "activate", "--base-url", server.base_url, "--token-stdin", "--directory", str(roster), stdin=TOKEN + "\n"
    )
    assert ran.exit_code == 0, ran.stderr
    probe = heapscim.json(
        "doctor", "--write-probe", "--probe-address", "probe@x.org", "--probe-role", "Analyst", "--yes"
    )
    assert probe.exit_code == 0, probe.stdout
    assert server.snapshot() == {"users": {}, "groups": {}}
    assert probe.data["recorded"] == {
        "role_attribute": "roles",
        "external_id": "kept",
        "deactivation": "keeps",
        "filter": "yes",
        "unique_user_names": "yes",
        "unique_group_names": "no",
    }
    assert heapscim.json("sync", "--yes").exit_code == 0
    assert server.snapshot() == BEGINNING
