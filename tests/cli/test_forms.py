"""A walk over the forms of a write: whatever a tenant knows, people and groups end as they ought to, and it is learnt.

Each tenant sees a whole story: create, update, deactivate, reactivate, rename, add, remove. Each sync ends with 0, the
next one writes nothing, and nobody is ever left out of a group who was not to leave it.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from heapscim.sandbox.heap.switches import Behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.tenants import running_sandbox

HEADER = "id,username,firstname,lastname,role,groups\n"
ADA, ALAN = "1,ada@x.org,Ada,Lovelace,Admin,Design;Art\n", "2,alan@x.org,Alan,Turing,Analyst,Design\n"
GRACE, KURT = "3,grace@x.org,Grace,Hopper,Analyst,Design;Art\n", "4,kurt@x.org,Kurt,Goedel,Analyst,Design\n"
EMMY = "5,emmy@x.org,Emmy,Noether,Analyst,Design\n"
ALL = HEADER + ADA + ALAN + GRACE + KURT + EMMY


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heapscim.execution.verification.LOOKS_AGAIN_AFTER", (0.0, 0.0))


def learned(heapscim: CommandLine) -> Mapping[str, Any]:
    profile = tomllib.loads((heapscim.folder / "config" / "profiles" / "default.toml").read_text("utf-8"))
    dialect: Mapping[str, Any] = profile.get("dialect", {})
    return {name: value for name, value in dialect.items() if name in ("forms", "media_type")}


def synced(heapscim: CommandLine, sandbox: Sandbox, roster: str) -> None:
    """Syncs, twice; the second time nothing is written."""
    heapscim.roster(roster)
    ran = heapscim.json("sync", "--yes", "--allow-removals", "4")
    assert ran.exit_code == 0, ran.data["run"]["remarks"] if ran.stdout else ran.stderr
    writes = sandbox.tenant.writes
    again = heapscim.json("sync", "--yes")
    assert (again.exit_code, again.data["counts"], sandbox.tenant.writes) == (0, {}, writes)


def told(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """The whole story, with what must be so after each chapter."""
    heapscim.roster(ALL)
    if not (heapscim.folder / "config" / "profiles" / "default.toml").exists():
        heapscim.activate(sandbox, "--directory", "people.csv")
    synced(heapscim, sandbox, ALL)
    everybody = ["ada@x.org", "alan@x.org", "emmy@x.org", "grace@x.org", "kurt@x.org"]
    assert groups(sandbox) == {"Art": ["ada@x.org", "grace@x.org"], "Design": everybody}
    left = (
        ALL.replace("Lovelace,Admin", "Byron,Admin").replace("Analyst,Design;Art", "Analyst,Design").replace(KURT, "")
    )
    synced(heapscim, sandbox, left.replace(ALAN, ALAN.replace("Design", "Art")))
    assert groups(sandbox) == {
        "Art": ["ada@x.org", "alan@x.org"],
        "Design": ["ada@x.org", "emmy@x.org", "grace@x.org"],
    }
    users = sandbox.store.snapshot()["users"]
    assert users["ada@x.org"] == {
        "active": True,
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "role": "Admin",
        "userName": "ada@x.org",
    }
    assert [name for name, user in users.items() if not user["active"]] == ["kurt@x.org"]
    synced(heapscim, sandbox, ALL)
    assert groups(sandbox) == {"Art": ["ada@x.org", "grace@x.org"], "Design": everybody}
    users = sandbox.store.snapshot()["users"]
    assert all(user["active"] for user in users.values())
    assert users["ada@x.org"]["name"] == {"givenName": "Ada", "familyName": "Lovelace"}
    renamed = heapscim("groups", "rename", "Art", "Arts", "--yes")
    assert renamed.exit_code == 0, renamed.stderr
    assert groups(sandbox) == {"Arts": ["ada@x.org", "grace@x.org"], "Design": everybody}


def without_retries(heapscim: CommandLine, sandbox: Sandbox) -> None:
    """A server error is one at once."""
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)), "--set", "http.retries=0")


def groups(sandbox: Sandbox) -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = sandbox.store.snapshot()["groups"]
    return found


USERS_PATHLESS = {"user_deactivate": "patch_pathless", "user_update": "patch_pathless"}
USERS_PUT = {"user_deactivate": "put", "user_update": "put"}


@pytest.mark.parametrize(("unknown_form", "write_body"), [("400", "no"), ("404", "yes"), ("ignored", "no")])
@pytest.mark.parametrize(
    ("behaviour", "forms"),
    [
        ({"patch_form": "pathless"}, USERS_PATHLESS),
        ({"rename_form": "pathless"}, {"group_rename": "patch_pathless"}),
        ({"rename_form": "none"}, {"group_rename": "put"}),
        ({"member_removal": "values"}, {"member_removal": "patch_values"}),
        ({"member_removal": "none"}, {"member_removal": "put"}),
        ({"member_addition": "pathless"}, {"member_add": "patch_pathless"}),
        ({"member_addition": "none"}, {"member_add": "put"}),
    ],
    ids=str,
)
def test_a_tenant_that_knows_one_form_is_found_out_by_its_effect(
    heapscim: CommandLine, behaviour: dict[str, str], forms: dict[str, str], unknown_form: str, write_body: str
) -> None:
    with running_sandbox(**behaviour, unknown_form=unknown_form, write_body=write_body) as sandbox:
        told(heapscim, sandbox)
        assert learned(heapscim) == {"forms": forms}


ALL_PUT = {"user_deactivate", "user_update", "group_rename", "member_add", "member_removal"}
ONLY_PUT = {"patch_form": "pathless", "rename_form": "none", "member_addition": "none", "member_removal": "none"}


@pytest.mark.parametrize("unknown_form", ["405", "422", "ignored"])
def test_a_tenant_that_knows_hardly_any_form_is_found_out(heapscim: CommandLine, unknown_form: str) -> None:
    with running_sandbox(**ONLY_PUT, unknown_form=unknown_form, put_id="wanted") as sandbox:
        told(heapscim, sandbox)
        groups = dict.fromkeys(("group_rename", "member_add", "member_removal"), "put_id")
        assert learned(heapscim) == {"forms": {**USERS_PATHLESS, **groups}}


def test_no_role_that_is_not_shown_is_reset_by_a_put_that_nobody_needs(heapscim: CommandLine) -> None:
    behaviour = {"role": "hidden", "put_without_role": "resets"}
    with running_sandbox(**behaviour, patch_operations="one", unknown_form="422") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)), "--set", "dialect.role_readable=no")
        synced(heapscim, sandbox, ALL)
        ada = next(user for user in sandbox.store.users.values() if user["userName"] == "ada@x.org")
        ada["role"] = "Admin"
        sandbox.behave(Behaviour(**behaviour, patch_form="none"))  # type: ignore[arg-type]
        heapscim.roster(ALL.replace("Lovelace", "Byron").replace(KURT, ""))
        ran = heapscim.json("sync", "--yes", "--allow-removals", "4")
        assert ran.exit_code == 7
        assert [remark["change"]["user_name"] for remark in ran.data["run"]["remarks"]] == ["ada@x.org"]
        users = sandbox.store.snapshot()["users"]
        assert (users["ada@x.org"]["role"], users["kurt@x.org"]["active"]) == ("Admin", False)


@pytest.mark.parametrize(("put_id", "form"), [("ignored", "put"), ("wanted", "put_id")])
@pytest.mark.parametrize("write_body", ["yes", "no"])
def test_a_tenant_without_patch_is_put(heapscim: CommandLine, put_id: str, form: str, write_body: str) -> None:
    with running_sandbox(patch="no", put_id=put_id, write_body=write_body) as sandbox:
        told(heapscim, sandbox)
        assert learned(heapscim) == {"forms": dict.fromkeys(ALL_PUT, form)}


@pytest.mark.parametrize(
    "behaviour", [{"patch_form": "pathless"}, {"member_removal": "values"}, {"member_addition": "pathless"}], ids=str
)
def test_a_form_that_is_done_in_its_answer_alone_is_found_out(heapscim: CommandLine, behaviour: dict[str, str]) -> None:
    """One leaver at once, and several people and groups by the second sync."""
    with running_sandbox(**behaviour, unknown_form="repeated") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
        for _ in range(2):
            assert heapscim("sync", "--yes").exit_code in (0, 7)
        synced(heapscim, sandbox, ALL)
        synced(heapscim, sandbox, ALL.replace(KURT, ""))
        assert [user["userName"] for user in sandbox.store.users.values() if not user["active"]] == ["kurt@x.org"]
        fewer = ALL.replace("Lovelace", "Byron").replace("Hopper", "H.").replace(";Art", "").replace(KURT, "")
        heapscim.roster(fewer)
        for _ in range(2):
            assert heapscim("sync", "--yes", "--allow-updates", "9").exit_code in (0, 7)
        synced(heapscim, sandbox, fewer)
        names = {user["name"]["familyName"] for user in sandbox.store.users.values()}
        assert names == {"Byron", "H.", "Turing", "Noether", "Goedel"}
        assert groups(sandbox)["Design"] == ["ada@x.org", "alan@x.org", "emmy@x.org", "grace@x.org"]


@pytest.mark.parametrize("unknown_form", ["400", "500", "ignored"])
def test_a_tenant_that_takes_one_operation_at_a_time_is_sent_one(heapscim: CommandLine, unknown_form: str) -> None:
    with running_sandbox(patch_operations="one", unknown_form=unknown_form) as sandbox:
        without_retries(heapscim, sandbox)
        told(heapscim, sandbox)
        heapscim.roster(ALL.replace("Alan,Turing,Analyst", "A.,T.,Viewer").replace(GRACE, "").replace(KURT, ""))
        ran = heapscim.json("sync", "--yes", "--allow-removals", "4")
        assert ran.exit_code == 0, ran.data["run"]["remarks"]
        users = {"400": "patch_pathless", "500": "patch_pathless", "ignored": "patch_pathless"}[unknown_form]
        assert learned(heapscim) == {"forms": {"user_update": users, "member_removal": "patch_one"}}


@pytest.mark.parametrize("unknown_form", ["400", "404", "ignored"])
@pytest.mark.parametrize("put", ["yes", "no"])
def test_a_list_of_values_that_empties_a_group_is_mended_at_once_and_never_used_again(
    heapscim: CommandLine, unknown_form: str, put: str
) -> None:
    with running_sandbox(member_removal="empties", unknown_form=unknown_form, put=put) as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
        synced(heapscim, sandbox, ALL)
        heapscim.roster(ALL.replace(ALAN, ALAN.replace("Design", "")))
        ran = heapscim.json("sync", "--yes")
        remark = ran.data["run"]["remarks"][0]["message"]
        for name in ("ada@x.org", "emmy@x.org", "grace@x.org", "kurt@x.org"):
            assert name in remark
        assert "put back at once" in remark
        stay = ["ada@x.org", "emmy@x.org", "grace@x.org", "kurt@x.org"]
        assert (ran.exit_code, groups(sandbox)["Design"]) == (0, stay)
        assert learned(heapscim)["forms"]["member_removal_empties"] == "patch"
        heapscim.roster(ALL.replace(EMMY, EMMY.replace("Design", "")))
        again = heapscim.json("sync", "--yes")
        assert again.exit_code == (0 if put == "yes" else 7)
        assert [remark["hint"] for remark in again.data["run"]["remarks"]] == [
            "A PATCH empties groups of this tenant, so none is sent. Remove the member in Heap itself."
        ] * (put == "no")


def test_a_form_is_not_learnt_where_an_emptied_group_would_look_the_same(heapscim: CommandLine) -> None:
    with running_sandbox(member_removal="values") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
        synced(heapscim, sandbox, ALL)
        synced(heapscim, sandbox, ALL.replace(";Art", ""))
        assert (groups(sandbox)["Art"], learned(heapscim)) == ([], {})


@pytest.mark.parametrize(
    ("answer", "patch"),
    [
        *((answer, "yes") for answer in ("before", "other_name", "other_id", "empty", "list", "wrapped", "location")),
        ("before", "no"),
        ("other_name", "no"),
    ],
)
def test_an_answer_that_contradicts_what_was_asked_is_no_verdict(
    heapscim: CommandLine, answer: str, patch: str
) -> None:
    with running_sandbox(answer=answer, patch=patch) as sandbox:
        told(heapscim, sandbox)


@pytest.mark.parametrize("behaviour", [{"media_type": "json"}, {"accept": "json"}], ids=str)
def test_a_tenant_that_speaks_plain_json_is_spoken_to_so_from_then_on(
    heapscim: CommandLine, behaviour: dict[str, str]
) -> None:
    with running_sandbox(**behaviour) as sandbox:
        told(heapscim, sandbox)
        assert learned(heapscim) == {"media_type": "application/json"}


@pytest.mark.parametrize("answer", ["before", "empty"])
def test_a_change_that_takes_a_moment_is_sent_once_and_teaches_nothing(
    heapscim: CommandLine, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("heapscim.execution.verification.LOOKS_AGAIN_AFTER", (0.0, 0.0, 0.0))
    with running_sandbox() as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
        synced(heapscim, sandbox, ALL)
        sandbox.behave(Behaviour(lag=2, answer=answer))  # type: ignore[arg-type]
        writes = sandbox.tenant.writes
        heapscim.roster(ALL.replace("Lovelace", "Byron").replace(KURT, "").replace(GRACE, GRACE.replace("Design;", "")))
        ran = heapscim.json("sync", "--yes", "--allow-removals", "4")
        assert (ran.exit_code, ran.data["run"]["counts"]["done"]) == (0, 3), ran.data["run"]["remarks"]
        assert (sandbox.tenant.writes - writes, learned(heapscim)) == (3, {})


def test_a_form_that_a_later_release_of_the_tenant_takes_otherwise_is_given_up(heapscim: CommandLine) -> None:
    with running_sandbox(member_removal="values") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
        synced(heapscim, sandbox, ALL)
        synced(heapscim, sandbox, ALL.replace(EMMY, EMMY.replace("Design", "")))
        assert learned(heapscim) == {"forms": {"member_removal": "patch_values"}}
        sandbox.behave(Behaviour())  # a list of values empties the group now
        heapscim.roster(ALL.replace(EMMY, EMMY.replace("Design", "")).replace(ALAN, ALAN.replace("Design", "")))
        ran = heapscim.json("sync", "--yes")
        stay = ["ada@x.org", "grace@x.org", "kurt@x.org"]
        assert (ran.exit_code, groups(sandbox)["Design"]) == (7, stay)
        assert all(name in ran.data["run"]["remarks"][0]["message"] for name in stay)
        synced(heapscim, sandbox, ALL.replace(EMMY, EMMY.replace("Design", "")))
        synced(heapscim, sandbox, ALL.replace(EMMY, EMMY.replace("Design", "")).replace(KURT, ""))
        assert learned(heapscim) == {"forms": {"member_removal_empties": "patch"}}


def test_a_form_the_profile_asks_for_is_the_only_one(heapscim: CommandLine) -> None:
    with running_sandbox(put="no") as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
        synced(heapscim, sandbox, ALL)
        heapscim("activate", "--set", "dialect.update_method=put", "--set", "dialect.group_update_method=put")
        heapscim.roster(ALL.replace("Lovelace", "Byron").replace(GRACE, GRACE.replace("Design;", "")))
        ran = heapscim.json("sync", "--yes")
        assert ran.exit_code == 7
        assert [remark["hint"] for remark in ran.data["run"]["remarks"]] == [
            f"The profile says so: `heapscim activate --set dialect.{name}=auto` finds out what works."
            for name in ("update_method", "group_update_method")
        ]
        heapscim("activate", "--set", "dialect.update_method=auto", "--set", "dialect.group_update_method=patch_one")
        assert heapscim("sync", "--yes").exit_code == 0


@pytest.mark.parametrize("behaviour", [ONLY_PUT, {"patch_form": "pathless", "member_removal": "values"}], ids=str)
def test_a_tenant_that_answers_500_to_a_form_is_sent_the_next_one(
    heapscim: CommandLine, behaviour: dict[str, str]
) -> None:
    with running_sandbox(**behaviour, unknown_form="500") as sandbox:
        without_retries(heapscim, sandbox)
        told(heapscim, sandbox)


@pytest.mark.parametrize(
    ("status", "user_hint", "group_hint"),
    [
        (
            405,
            "Set deprovision under [dialect] to deactivate, or delete the account in Heap.",
            "This tenant deletes no groups over SCIM: delete it in Heap itself.",
        ),
        (404, *["This tenant seems to delete nothing over SCIM: delete it in Heap itself."] * 2),
    ],
)
def test_a_tenant_without_delete_is_told_in_clear_words(
    heapscim: CommandLine, status: int, user_hint: str, group_hint: str
) -> None:
    with running_sandbox(delete="no", unsupported_status=status) as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)), "--set", "dialect.deprovision=delete")
        synced(heapscim, sandbox, ALL)
        heapscim.roster(ALL.replace(KURT, ""))
        for hint, ran in (
            (user_hint, heapscim.json("sync", "--yes", "--allow-removals", "4")),
            (group_hint, heapscim.json("groups", "delete", "Art", "--yes")),
        ):
            assert ran.exit_code == 7
            assert [remark["hint"] for remark in ran.data["run"]["remarks"]] == [hint]


def test_a_media_type_that_is_refused_later_is_learnt_anew(heapscim: CommandLine) -> None:
    with running_sandbox(media_type="scim") as sandbox:
        roster = str(heapscim.roster(ALL))
        heapscim.activate(sandbox, "--directory", roster, "--set", "dialect.media_type=application/json")
        synced(heapscim, sandbox, ALL)
        assert learned(heapscim) == {"media_type": "application/scim+json"}


def test_a_tenant_that_knows_the_first_forms_has_nothing_to_be_learnt(heapscim: CommandLine) -> None:
    with running_sandbox() as sandbox:
        told(heapscim, sandbox)
        assert learned(heapscim) == {}


def test_what_was_found_out_is_kept_also_where_the_command_fails(heapscim: CommandLine) -> None:
    with running_sandbox() as sandbox:
        heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
        synced(heapscim, sandbox, ALL)
        assert heapscim("users", "show", "nobody@x.org").exit_code == 1
        profile = tomllib.loads((heapscim.folder / "config" / "profiles" / "default.toml").read_text("utf-8"))
        assert profile["dialect"] == {"filter": "yes"}
