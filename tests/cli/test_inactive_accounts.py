"""How a tenant says that an account is inactive is learnt from a deactivation; no list alone makes anybody inactive."""

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from heapscim.sandbox.heap.switches import Behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran
from tests.fakes.tenants import running_sandbox

HEADER = "id,username,firstname,lastname,groups\n"
ADA, KURT, EMMY = "1,ada@x.org,Ada,L,Design\n", "2,kurt@x.org,Kurt,G,Design\n", "3,emmy@x.org,Emmy,N,Design\n"
ALL, WITHOUT_KURT = HEADER + ADA + KURT + EMMY, HEADER + ADA + EMMY


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heapscim.execution.verification.LOOKS_AGAIN_AFTER", (0.0, 0.0))


def begun(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(ALL)))
    assert heapscim("sync", "--yes").exit_code == 0


def synced(heapscim: CommandLine, sandbox: Sandbox, roster: str) -> tuple[Ran, int]:
    """A sync with this roster, and how often it wrote."""
    heapscim.roster(roster)
    writes = sandbox.tenant.writes
    ran = heapscim.json("sync", "--yes", "--allow-removals", "2", "--allow-member-removals", "2")
    return ran, sandbox.tenant.writes - writes


def dialect(heapscim: CommandLine) -> Mapping[str, Any]:
    text = (heapscim.folder / "config" / "profiles" / "default.toml").read_text("utf-8")
    found: Mapping[str, Any] = tomllib.loads(text).get("dialect", {})
    return found


def active(sandbox: Sandbox) -> list[str]:
    users = sandbox.store.snapshot()["users"]
    return [name.partition("@")[0] for name, user in users.items() if user["active"]]


OMITTING = [
    {},
    {"write_body": "no"},
    {"answer": "before"},
    {"string_booleans": "yes"},
    {"list_inactive": "no"},
    {"filter": "no"},
    {"patch": "no"},
    {"patch_form": "pathless"},
    {"patch_form": "pathless", "unknown_form": "ignored"},
]


@pytest.mark.parametrize("behaviour", OMITTING, ids=str)
def test_a_tenant_that_leaves_active_out_when_it_is_false_is_understood(
    heapscim: CommandLine, behaviour: dict[str, Any]
) -> None:
    with running_sandbox(inactive="omitted", **behaviour) as sandbox:
        begun(heapscim, sandbox)
        ran, _ = synced(heapscim, sandbox, WITHOUT_KURT)
        assert (ran.exit_code, active(sandbox)) == (0, ["ada", "emmy"]), ran.data["run"]
        assert dialect(heapscim)["inactive"] == "omitted"
        ran, writes = synced(heapscim, sandbox, WITHOUT_KURT)
        assert (ran.exit_code, ran.data["counts"], writes) == (0, {}, 0)
        ran, _ = synced(heapscim, sandbox, ALL)
        assert (ran.exit_code, active(sandbox)) == (0, ["ada", "emmy", "kurt"]), ran.data["run"]
        assert synced(heapscim, sandbox, ALL)[1] == 0
        ran, _ = synced(heapscim, sandbox, HEADER + ADA)
        assert (ran.exit_code, active(sandbox)) == (0, ["ada"]), ran.data["run"]
        assert synced(heapscim, sandbox, HEADER + ADA)[1] == 0


def test_an_account_that_still_shows_its_state_of_before_is_looked_at_again(heapscim: CommandLine) -> None:
    with running_sandbox(inactive="omitted", lag=1) as sandbox:
        begun(heapscim, sandbox)
        ran, _ = synced(heapscim, sandbox, WITHOUT_KURT)
        assert (ran.exit_code, dialect(heapscim)["inactive"]) == (0, "omitted")


def test_the_first_deactivation_is_learnt_from_without_another_form(heapscim: CommandLine) -> None:
    with running_sandbox(inactive="omitted") as sandbox:
        begun(heapscim, sandbox)
        _, writes = synced(heapscim, sandbox, WITHOUT_KURT)
        assert (writes, dialect(heapscim).get("forms", {})) == (2, {})  # out of the team, and inactive


def test_a_learnt_tenant_that_ignores_a_deactivation_is_still_found_out(heapscim: CommandLine) -> None:
    with running_sandbox(inactive="omitted") as sandbox:
        begun(heapscim, sandbox)
        synced(heapscim, sandbox, WITHOUT_KURT)
        sandbox.tenant.service.behaviour = Behaviour(inactive="omitted", deactivate="ignored")
        ran, _ = synced(heapscim, sandbox, HEADER + ADA)
        assert (ran.exit_code, active(sandbox)) == (7, ["ada", "emmy"])


def test_people_are_deactivated_and_reactivated_by_hand(heapscim: CommandLine) -> None:
    with running_sandbox(inactive="omitted") as sandbox:
        heapscim.activate(sandbox)
        for name in ("ada@x.org", "kurt@x.org"):
            sandbox.store.add_user({"userName": name})
        assert heapscim("users", "deactivate", "kurt@x.org", "--yes").exit_code == 0
        assert [row["active"] for row in heapscim.json("users", "list").data] == [True, False]
        assert heapscim("users", "reactivate", "kurt@x.org", "--yes").exit_code == 0
        assert active(sandbox) == ["ada", "kurt"]


def test_an_inactive_account_stays_so_when_it_is_updated_by_a_put(heapscim: CommandLine) -> None:
    with running_sandbox(inactive="omitted", patch="no") as sandbox:
        begun(heapscim, sandbox)
        synced(heapscim, sandbox, WITHOUT_KURT)
        ran = heapscim("users", "update", "kurt@x.org", "--family-name", "Goedel", "--yes")
        assert (ran.exit_code, active(sandbox)) == (0, ["ada", "emmy"]), ran.stderr


@pytest.mark.parametrize("inactive", ["shown", "omitted"])
@pytest.mark.parametrize("active_in", ["none", "single", "lists"])
def test_where_answers_of_a_kind_never_show_active_nothing_is_learnt_and_leavers_are_deactivated(
    heapscim: CommandLine, inactive: str, active_in: str
) -> None:
    with running_sandbox(inactive=inactive, active_in=active_in) as sandbox:
        begun(heapscim, sandbox)
        ran, _ = synced(heapscim, sandbox, WITHOUT_KURT)
        assert (ran.exit_code, active(sandbox)) == (
            0 if (inactive, active_in) == ("shown", "single") else 7,
            ["ada", "emmy"],
        )
        assert "inactive" not in dialect(heapscim)
        synced(heapscim, sandbox, HEADER + ADA)
        assert (active(sandbox), "inactive" in dialect(heapscim)) == (["ada"], False)


def test_a_tenant_that_shows_active_by_id_alone_makes_nobody_inactive(heapscim: CommandLine) -> None:
    """Its lists show nobody's state, and a deactivation takes it away by id: no reason to believe the lists."""
    with running_sandbox(inactive="omitted", active_in="single") as sandbox:
        begun(heapscim, sandbox)
        synced(heapscim, sandbox, WITHOUT_KURT)
        assert {row["active"] for row in heapscim.json("users", "list").data} == {True}
        plan = heapscim.json("plan").data["plan"]["changes"]
        assert [(change["kind"], change["user_name"]) for change in plan] == [("deactivate_user", "kurt@x.org")]


@pytest.mark.parametrize(("said", "code"), [("shown", 7), ("omitted", 0)])
def test_a_profile_that_says_how_is_believed(heapscim: CommandLine, said: str, code: int) -> None:
    with running_sandbox(inactive="omitted") as sandbox:
        begun(heapscim, sandbox)
        assert heapscim("activate", "--set", f"dialect.inactive={said}").exit_code == 0
        ran, _ = synced(heapscim, sandbox, WITHOUT_KURT)
        assert (ran.exit_code, dialect(heapscim)["inactive"]) == (code, said)
