"""The article "Integrate with Heap" from top to bottom: a test for each promise, over real HTTP on both sides.

Each test quotes the sentence it holds heapscim to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran
from tests.fakes.jumpcloud import KEY, RunningJumpCloud, running_jumpcloud
from tests.fakes.mail import running_inbox
from tests.fakes.tenants import TOKEN, running_sandbox

SURE = ("--yes", "--allow-removals", "9", "--allow-updates", "9", "--allow-group-deletions", "9")


@dataclass
class Office:
    """An administrator's desk: JumpCloud on one side, Heap on the other, heapscim in between."""

    heapscim: CommandLine
    jumpcloud: RunningJumpCloud
    heap: Sandbox

    def activate(self, *options: str) -> Ran:
        # The article maps username to userName. A username of JumpCloud holds no @, and Heap wants an e-mail address.
        place = ("--directory", "jumpcloud:Heap", "--set", f"jumpcloud.base_url={self.jumpcloud.base_url}",
                 "--set", "mapping.userName=email")  # fmt: skip
        return self.heapscim.activate(self.heap, *place, *options)

    def sync(self, *options: str) -> Ran:
        ran = self.heapscim.json("sync", *SURE, *options)
        assert ran.exit_code == 0, ran.stderr
        return ran

    def plan(self, *options: str) -> dict[str, Any]:
        found: dict[str, Any] = self.heapscim.json("plan", *options).data["plan"]
        return found

    @property
    def teams(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.heap.store.snapshot()["groups"]
        return found

    def account(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.heap.store.snapshot()["users"][f"{name}@example.com"]
        return found

    @property
    def active(self) -> list[str]:
        users: dict[str, Any] = self.heap.store.snapshot()["users"]
        return [name.removesuffix("@example.com") for name, user in users.items() if user["active"]]


@pytest.fixture
def office(heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Research (Ada, Grace, the suspended Kurt) and Design (Ada, Alan) are bound to Heap; Finance (Edsger) is not."""
    monkeypatch.setenv("HEAPSCIM_JUMPCLOUD_API_KEY", KEY)
    with running_jumpcloud() as jumpcloud, running_sandbox() as heap:
        yield Office(heapscim, jumpcloud, heap)


@pytest.fixture
def synced(office: Office) -> Office:
    """The same office after the first sync."""
    office.activate()
    office.sync()
    return office


# Integrate with Heap


def test_users_and_groups_are_provisioned_updated_and_deprovisioned(synced: Office) -> None:
    """Automatically provision, update and deprovision users and groups in Heap from JumpCloud."""
    assert synced.active == ["ada", "alan", "grace"]
    assert synced.teams == {
        "Design": ["ada@example.com", "alan@example.com"],
        "Research": ["ada@example.com", "grace@example.com"],
    }
    synced.jumpcloud.store.user("ada@example.com")["lastname"] = "King"
    synced.jumpcloud.store.user("alan@example.com").update(state="SUSPENDED", suspended=True)
    synced.sync()
    assert synced.account("ada")["name"]["familyName"] == "King"
    assert synced.active == ["ada", "grace"]


# Important Considerations


def test_the_api_is_scim_2_0(office: Office) -> None:
    """Heap SCIM API is based on version 2.0 of the SCIM standard."""
    office.activate()
    office.sync()
    assert office.heap.base_url.split("/")[-3:-1] == ["scim", "v2"]
    assert set(office.heap.tenant.requests) <= {
        ("GET", "ServiceProviderConfig"), ("GET", "Users"), ("GET", "Groups"), ("POST", "Users"), ("POST", "Groups"),
    }  # fmt: skip


def test_an_account_outside_the_organisation_must_be_deleted_first(office: Office) -> None:
    """If a user already has a Heap account outside your organization, they will need to delete their account."""
    office.activate()
    office.heap.store.add_user({"userName": "grace@example.com", "active": False})
    office.heap.behave(type(office.heap.tenant.service.behaviour)(list_inactive="no"))
    ran = office.heapscim("sync", *SURE)
    assert ran.exit_code == 7
    assert "account in another organisation must have that account deleted" in ran.stdout
    assert office.active == ["ada", "alan"]


def test_teammates_added_otherwise_are_reported_and_left_alone(synced: Office) -> None:
    """Once SCIM provisioning is enabled, you will be unable to add or remove teammates in Heap."""
    synced.heap.store.add_user({"userName": "old@example.com"})
    assert [entry["name"] for entry in synced.plan()["unmanaged"]] == ["old@example.com"]
    synced.sync()
    assert "old" in synced.active


def test_a_changed_email_is_a_new_separate_account(synced: Office) -> None:
    """Trying to update a user's email will result in a new, separate account being created for the new email."""
    synced.jumpcloud.store.user("alan@example.com")["email"] = "turing@example.com"
    plan = synced.plan()
    assert (plan["changes"], [entry["kind"] for entry in plan["conflicts"]]) == ([], ["user_name_changed"])
    synced.sync("--replace-renamed")
    assert synced.active == ["ada", "grace", "turing"]
    assert synced.account("alan")["active"] is False
    assert synced.teams["Design"] == ["ada@example.com", "turing@example.com"]
    assert synced.plan()["changes"] == []


# Group Management Important Considerations


def test_groups_are_managed_only_where_that_is_enabled(office: Office) -> None:
    """You must select the Enable management of User Groups and Group Membership in this application option."""
    office.activate("--no-groups")
    office.sync()
    assert (office.active, office.teams) == (["ada", "alan", "grace"], {})
    office.heapscim("activate", "--groups")
    office.sync()
    assert sorted(office.teams) == ["Design", "Research"]


def test_empty_groups_are_not_created(office: Office) -> None:
    """Empty groups are not created."""
    store = office.jumpcloud.store
    id = store.add_group("Empty", "kurt@example.com")
    store.bound[next(iter(store.applications))][id] = None
    office.activate()
    office.sync()
    assert sorted(office.teams) == ["Design", "Research"]


def test_a_managed_group_that_becomes_empty_stays(synced: Office) -> None:
    """Empty groups are not created: one that is there already is left, empty."""
    store = synced.jumpcloud.store
    store.members[store.group("Design")["id"]].clear()
    synced.sync("--allow-member-removals", "9")
    assert synced.teams["Design"] == []


def test_a_group_of_the_same_name_is_taken_over(office: Office) -> None:
    """JumpCloud takes over management of existing groups in the application when the user group name matches."""
    ada = office.heap.store.add_user({"userName": "ada@example.com"})
    group = office.heap.store.add_group({"displayName": "design", "members": [ada["id"]]})
    office.activate()
    assert "take_over_group" in [change["kind"] for change in office.plan()["changes"]]
    office.sync()
    assert list(office.heap.store.groups) == [group["id"], *list(office.heap.store.groups)[1:]]
    assert office.teams["Design"] == ["ada@example.com", "alan@example.com"]


def test_all_bound_groups_are_synced_at_every_change(synced: Office) -> None:
    """All user groups associated with the application in JumpCloud are synced."""
    store = synced.jumpcloud.store
    store.members[store.group("Research")["id"]][store.user("alan@example.com")["_id"]] = None
    store.members[store.group("Design")["id"]][store.user("grace@example.com")["_id"]] = None
    synced.sync()
    assert all(len(members) == 3 for members in synced.teams.values())


def test_a_renamed_group_is_renamed(synced: Office) -> None:
    """Group renaming is supported."""
    before = list(synced.heap.store.groups)
    synced.jumpcloud.store.group("Design")["name"] = "Product Design"
    assert [change["kind"] for change in synced.plan()["changes"]] == ["rename_group"]
    synced.sync()
    assert list(synced.heap.store.groups) == before
    assert sorted(synced.teams) == ["Product Design", "Research"]


def test_an_unbound_group_is_left_and_its_members_are_deactivated_unless_covered(synced: Office) -> None:
    """All members of that user group are deactivated unless they are associated with another active group."""
    before = synced.teams
    assert synced.heapscim("groups", "unbind", "Design", *SURE[:3]).exit_code == 0
    plan = synced.plan()
    assert [(entry["user_name"], entry["held_by"]) for entry in plan["covered"]] == [("ada@example.com", ["Research"])]
    synced.sync()
    assert synced.active == ["ada", "grace"]
    assert synced.teams == before


def test_a_group_bound_again_is_managed_again(synced: Office) -> None:
    """You can now connect user groups to the application in JumpCloud to provision the members of that group."""
    synced.heapscim("groups", "unbind", "Design", *SURE[:3])
    synced.sync()
    assert synced.heapscim("groups", "bind", "Design", "--yes").exit_code == 0
    synced.sync()
    assert synced.active == ["ada", "alan", "grace"]
    assert synced.teams["Design"] == ["ada@example.com", "alan@example.com"]


# Group Deletion


def test_a_deleted_group_is_deleted_and_its_members_are_deactivated_unless_covered(synced: Office) -> None:
    """Managed groups deleted in JumpCloud are deleted in the application."""
    synced.jumpcloud.store.remove_group("Research")
    plan = synced.plan()
    assert [(entry["user_name"], entry["held_by"]) for entry in plan["covered"]] == [("ada@example.com", ["Design"])]
    synced.sync()
    assert sorted(synced.teams) == ["Design"]
    assert synced.active == ["ada", "alan"]


# Disabling Group Management


def test_disabled_group_management_leaves_groups_and_goes_on_with_users(synced: Office) -> None:
    """The managed groups and group membership are left as-is; the user's identity will continue to be managed."""
    before = synced.teams
    assert synced.heapscim("activate", "--no-groups").exit_code == 0
    store = synced.jumpcloud.store
    store.members[store.group("Design")["id"]][store.user("grace@example.com")["_id"]] = None
    store.user("grace@example.com")["lastname"] = "H."
    ran = synced.sync()
    assert ran.data["counts"] == {"update_user": 1}
    assert synced.teams == before
    assert synced.heapscim("activate", "--groups").exit_code == 0
    synced.sync()
    assert synced.teams["Design"] == ["ada@example.com", "alan@example.com", "grace@example.com"]


# Configuring the Identity Management Integration


def test_new_users_get_the_role_that_heap_gives_by_default(synced: Office) -> None:
    """Select the role you would like new users to be given by default. It can be edited later, for each user."""
    assert synced.account("grace")["role"] == "Analyst"
    synced.heap.store.user_named("grace@example.com")["role"] = "Architect"  # type: ignore[index]
    assert synced.sync().data["counts"] == {}
    assert synced.account("grace")["role"] == "Architect"


def test_activation_is_verified_with_base_url_and_token(office: Office) -> None:
    """You will receive a confirmation that the Identity Management integration has been successfully verified."""
    assert "Successfully verified" in office.activate().stdout
    refused = office.heapscim("activate", "--base-url", office.heap.base_url, "--token-stdin", stdin="wrong\n")
    assert refused.exit_code == 3
    assert office.heapscim.keyring.kept["heapscim", "default"] == TOKEN


# Attribute Mappings


def test_the_attributes_of_the_table_are_sent_and_no_others(office: Office) -> None:
    """username is userName, firstname is name.givenName, lastname is name.familyName, and role is Heap's role."""
    office.activate("--set", "mapping.role=attributes.heapRole")
    office.sync()
    names = {"givenName": "Ada", "familyName": "Lovelace"}
    assert office.account("ada") == {"active": True, "name": names, "role": "Admin", "userName": "ada@example.com"}


def test_the_group_attribute_of_the_table_is_sent(synced: Office) -> None:
    """name is displayName."""
    assert {group["displayName"] for group in synced.heap.store.groups.values()} == {"Design", "Research"}


# Importing Users


@pytest.fixture
def grown(synced: Office) -> Office:
    """The office after somebody made three accounts in Heap that JumpCloud knows nothing of."""
    for name in ("barbara", "donald", "frances"):
        synced.heap.store.add_user(
            {"userName": f"{name}@example.com", "name": {"givenName": name.title(), "familyName": "X."}}
        )
    return synced


def test_accounts_are_listed_as_new_or_imported(grown: Office) -> None:
    """New: the user has not been imported. Imported: user has been imported and has an account in JumpCloud."""
    rows = grown.heapscim("import", "--list", "--output", "csv").stdout.splitlines()[1:]
    assert [(row.split("@")[0], row.rsplit(",", 1)[1]) for row in rows] == [
        ("barbara", "New"), ("donald", "New"), ("frances", "New"),
        ("ada", "Imported"), ("alan", "Imported"), ("grace", "Imported"),
    ]  # fmt: skip


def test_new_users_alone_can_be_shown(grown: Office) -> None:
    """Try using the New Users-only filter when selecting users to import."""
    listed = grown.heapscim("import", "--list", "--new-only", "--output", "csv").stdout.splitlines()[1:]
    assert [row.split("@")[0] for row in listed] == ["barbara", "donald", "frances"]


def test_selected_users_are_created_and_the_results_displayed(grown: Office) -> None:
    """Select the users you want to create. Less than 100: your import results will display in real time."""
    ran = grown.heapscim("import", "--user", "barbara@example.com", "--user", "d*@example.com", "--yes")
    assert ran.exit_code == 0, ran.stderr
    assert "2 people added" in ran.stdout + ran.stderr
    user = grown.jumpcloud.store.user("barbara")
    assert (user["firstname"], user["lastname"], user["creationSource"]) == ("Barbara", "X.", "jumpcloud:scim")
    left = grown.heapscim("import", "--list", "--new-only", "--output", "csv").stdout.splitlines()[1:]
    assert [row.split("@")[0] for row in left] == ["frances"]


def test_more_than_a_hundred_users_are_also_told_by_email(synced: Office) -> None:
    """If you have more than 100 users being imported, JumpCloud will send you an email when your import is complete."""
    for number in range(101):
        synced.heap.store.add_user({"userName": f"u{number:03}@example.com"})
    with running_inbox() as inbox:
        mail = ("notify.smtp_host=127.0.0.1", f"notify.port={inbox.port}", "notify.tls=none",
                "notify.sender=heapscim@example.com", 'notify.recipients=["it@example.com"]')  # fmt: skip
        wished = synced.heapscim("activate", *(word for setting in mail for word in ("--set", setting)))
        assert wished.exit_code == 0, wished.stderr
        ran = synced.heapscim("import", "--all", "--yes")
        assert ran.exit_code == 0, ran.stderr
    (letter,) = inbox.letters
    assert b"101 people added" in letter.content


def test_imported_users_must_be_in_a_bound_group_to_be_managed(grown: Office) -> None:
    """Warning: Imported users must be members of a user group bound to an application for JumpCloud to manage them."""
    ran = grown.heapscim.json("import", "--user", "barbara@example.com", "--yes")
    assert "1 person isn't managed yet" in ran.envelope["notices"][-1]
    assert "barbara@example.com" in [entry["name"] for entry in grown.plan()["unmanaged"]]
    bound = grown.heapscim.json("import", "--user", "donald@example.com", "--group", "Design", "--yes")
    assert bound.exit_code == 0, bound.stderr
    assert grown.jumpcloud.store.member_emails("Design") == [
        "ada@example.com",
        "alan@example.com",
        "donald@example.com",
    ]
    assert [entry["user_name"] for entry in grown.plan()["adoptions"]] == ["donald@example.com"]


# Removing the Integration


def test_a_deactivated_connection_leaves_heap_as_it_is(synced: Office) -> None:
    """Click the Deactivate IdM connection link, confirm; if successful, you will receive a confirmation message."""
    before = synced.heap.store.snapshot()
    ran = synced.heapscim("deactivate", "--yes")
    assert (ran.exit_code, synced.heapscim.keyring.kept) == (0, {})
    assert "The connection is deactivated." in ran.stdout
    assert synced.heap.store.snapshot() == before
    assert synced.heapscim("sync", "--yes").exit_code == 3


def test_a_deleted_profile_is_gone(synced: Office) -> None:
    """Enter the number of the applications you are deleting; you will see a deletion confirmation."""
    ran = synced.heapscim("deactivate", "--yes", "--delete-profile")
    assert "settings and ledger are deleted" in ran.stdout
    assert synced.heapscim("status").exit_code == 1
