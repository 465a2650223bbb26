"""Two ledgers on one tenant: named when the second one comes, and held back from a war without an end."""

import shutil
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from heapscim.ledger.sqlite.store import open_ledger
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran
from tests.fakes.tenants import TOKEN, running_sandbox

HEAD = "id,username,firstname,lastname,role,groups\n"
ADA = "1,ada@x.org,Ada,Lovelace,Admin,Design\n"
BOB = "2,bob@x.org,Bob,Bit,Analyst,Design\n"
CY = "3,cy@x.org,Cy,Cole,Analyst,Design\n"


class Two:
    """Two profiles of one tenant, each with a ledger and a roster of its own."""

    def __init__(self, heapscim: CommandLine, sandbox: Sandbox, ours: str, theirs: str = "") -> None:
        self.heapscim = heapscim
        self.sandbox = sandbox
        self.ours(ours)
        self.theirs(theirs or ours)
        heapscim.activate(sandbox, "--directory", "ours.csv")
        heapscim.activate(sandbox, "--directory", "theirs.csv", "--profile", "other")

    def ours(self, rows: str) -> None:
        self.heapscim.roster(HEAD + rows, "ours.csv")

    def theirs(self, rows: str) -> None:
        self.heapscim.roster(HEAD + rows, "theirs.csv")

    def sync(self, *options: str) -> Ran:
        return self.heapscim.json("sync", "--yes", *options)

    def other(self, *options: str) -> Ran:
        return self.sync("--profile", "other", *options)

    def user(self, name: str) -> dict[str, object]:
        found = self.sandbox.store.user_named(name)
        assert found is not None
        return found


def kinds(ran: Ran) -> dict[str, int]:
    return dict(ran.data["counts"])


def withheld(ran: Ran) -> list[tuple[str, str]]:
    return [(entry["change"]["kind"], entry["cause"]) for entry in ran.data["plan"]["withheld"]]


def said(ran: Ran) -> list[str]:
    return [words for words in ran.data["plan"]["notices"] if "changed back" in words]


def turn(two: Two) -> None:
    """Each syncs once: what one does, the other takes back."""
    two.sync()
    two.other()


@pytest.fixture
def two(heapscim: CommandLine, sandbox: Sandbox) -> Two:
    """Both have provisioned Ada and Bob; ours then lost Bob."""
    found = Two(heapscim, sandbox, ADA + BOB)
    assert (found.sync().exit_code, found.other().exit_code) == (0, 0)
    found.ours(ADA)
    return found


def test_two_ledgers_in_turn_come_to_a_rest_and_say_why(two: Two) -> None:
    runs = [two.sync(), two.other(), two.sync(), two.other()]
    assert [ran.exit_code for ran in runs] == [0, 0, 0, 0]
    assert [said(ran) for ran in runs[:2]] == [[], []]
    first = runs[0].data["run"]["id"]
    assert said(runs[2])[0].startswith(
        f"1 account and 1 group were changed back by somebody else since run {first}: bob@x.org, Design. "
    )
    before = two.sandbox.tenant.writes
    held, calm = two.sync(), two.other()
    assert (held.exit_code, calm.exit_code, two.sandbox.tenant.writes) == (8, 0, before)
    assert withheld(held) == [("remove_members", "changed_back"), ("deactivate_user", "changed_back")]
    assert held.data["plan"]["withheld"][1]["evidence"] == (
        f"changed back 2 times by somebody else, the last time since run {runs[2].data['run']['id']}"
    )
    assert [(entry["name"], entry["kind"], entry["what"], entry["times"], entry["withheld"])
            for entry in held.data["plan"]["changed_back"]] == [
        ("Design", "remove_members", ["bob@x.org"], 2, True),
        ("bob@x.org", "deactivate_user", [], 2, True),
    ]  # fmt: skip
    assert two.user("bob@x.org")["active"] is True


def test_what_is_withheld_is_named_and_a_number_leads_past_it(two: Two) -> None:
    for _ in range(2):
        turn(two)
    shown = two.heapscim("plan")
    assert shown.exit_code == 8
    assert "Withheld: others change it back each time (2)" in shown.stdout
    assert "  deactivate bob@x.org: changed back 2 times by somebody else" in shown.stdout
    assert "  remove members Design (bob@x.org): changed back 2 times" in shown.stdout
    assert "to make them once more, `--allow-changed-back 2`." in shown.stdout
    assert "both sides can be read whole" not in shown.stdout
    assert two.heapscim.json("plan", "--exit-code").exit_code == 8
    assert two.sync("--allow-changed-back", "1").exit_code == 8
    ran = two.sync("--allow-changed-back", "2")
    assert (ran.exit_code, kinds(ran)) == (0, {"remove_members": 1, "deactivate_user": 1})
    assert [entry["withheld"] for entry in ran.data["plan"]["changed_back"]] == [False, False]
    assert two.user("bob@x.org")["active"] is False
    run = two.heapscim.json("history", "last").data["run"]
    assert run["allowances"] == {"changed_back": 2}
    assert two.other().exit_code == 8


def test_everything_else_is_done_while_something_is_withheld(two: Two) -> None:
    for _ in range(2):
        turn(two)
    two.ours(ADA.replace("Ada,", "Adah,") + CY)
    ran = two.sync()
    assert (ran.exit_code, kinds(ran)) == (8, {"create_user": 1, "update_user": 1, "add_members": 1})
    assert ran.data["plan"]["impact"]["seats_after"] == 3
    assert ran.data["run"]["counts"] == {"done": 3, "failed": 0, "not_attempted": 0}


def test_values_in_turn_are_withheld_by_attribute(heapscim: CommandLine, sandbox: Sandbox) -> None:
    two = Two(heapscim, sandbox, ADA + BOB, ADA + BOB.replace("Bit", "Byte").replace("Analyst", "Architect"))
    two.sync()
    assert [two.other().exit_code, two.sync().exit_code, two.other().exit_code] == [0, 0, 0]
    held = two.sync()
    assert (held.exit_code, held.data["plan"]["changed_back"][0]["what"]) == (8, ["name.familyName", "role"])
    two.ours(ADA + BOB.replace("Bob,", "Rob,"))
    ran = two.sync()
    assert (ran.exit_code, kinds(ran)) == (8, {"update_user": 1})
    assert ran.data["plan"]["changes"][0]["after"] == {"name.givenName": "Rob"}
    assert ran.data["plan"]["withheld"][0]["change"]["after"] == {"name.familyName": "Bit", "role": "Analyst"}
    two.ours(ADA + BOB)
    assert (two.other().exit_code, two.sync().exit_code, two.user("bob@x.org")["role"]) == (0, 8, "Architect")


def test_an_account_that_somebody_deletes_each_time_is_made_once_more(two: Two) -> None:
    two.ours(ADA + BOB)
    two.sandbox.store.remove_user(str(two.user("bob@x.org")["id"]))
    again = two.sync()
    assert (again.exit_code, kinds(again)) == (0, {"create_user": 1, "add_members": 1})
    assert said(again)[0].startswith("1 account was changed back by somebody else since run ")
    two.sandbox.store.remove_user(str(two.user("bob@x.org")["id"]))
    held = two.sync()
    assert (held.exit_code, withheld(held)) == (8, [("create_user", "changed_back"), ("add_members", "changed_back")])
    assert held.data["plan"]["withheld"][1]["evidence"] == "can't be done without what is withheld"
    assert two.sync("--allow-changed-back", "2").exit_code == 0
    assert two.user("bob@x.org")["active"] is True


def _rename_group(two: Two) -> None:
    (id,) = two.sandbox.store.groups
    two.sandbox.store.rename_group(id, "Theirs")


def _delete_group(two: Two) -> None:
    (id,) = two.sandbox.store.groups
    two.sandbox.store.remove_group(id)


def _empty_group(two: Two) -> None:
    (id,) = two.sandbox.store.groups
    two.sandbox.store.set_members(id, ())


@pytest.mark.parametrize(
    ("interfere", "kind"),
    [(_rename_group, "rename_group"), (_delete_group, "create_group"), (_empty_group, "add_members")],
)
def test_a_group_that_somebody_changes_back_is_put_right_once(
    two: Two, interfere: Callable[[Two], None], kind: str
) -> None:
    two.ours(ADA + BOB)
    codes: list[tuple[int, dict[str, int], list[tuple[str, str]]]] = []
    while (8, {}) not in [code[:2] for code in codes]:
        interfere(two)
        ran = two.sync()
        codes.append((ran.exit_code, kinds(ran), withheld(ran)))
        assert said(ran)[0].startswith("1 group was changed back by somebody else since run ")
    assert codes == [(0, {kind: 1}, []), (8, {}, [(kind, "changed_back")])]


def test_a_directory_that_goes_back_and_forth_is_nobody_else(two: Two) -> None:
    for _ in range(3):
        for rows in (ADA, ADA + BOB.replace("Bit", "Byte"), ADA + BOB):
            two.ours(rows)
            ran = two.sync()
            assert (ran.exit_code, said(ran), ran.data["plan"]["changed_back"]) == (0, [], [])


def test_our_own_undo_is_nobody_else(two: Two) -> None:
    for _ in range(3):
        ran = two.sync()
        assert (ran.exit_code, said(ran), kinds(ran)) == (0, [], {"remove_members": 1, "deactivate_user": 1})
        assert two.heapscim("undo", "last", "--yes").exit_code == 0
        assert two.user("bob@x.org")["active"] is True


def test_what_was_done_by_hand_is_nobody_else(two: Two) -> None:
    two.ours(ADA + BOB)
    for _ in range(3):
        for words in (
            ("users", "deactivate", "bob@x.org"),
            ("users", "update", "bob@x.org", "--family-name", "Hand"),
            ("groups", "remove", "Design", "ada@x.org"),
            ("groups", "rename", "Design", "By hand"),
        ):
            assert two.heapscim(*words, "--yes").exit_code == 0
        ran = two.sync()
        assert (ran.exit_code, said(ran)) == (0, [])


@pytest.mark.parametrize("behaviour", [{"deactivate": "ignored"}, {"patch_members": "empties"}], ids=str)
def test_changes_that_failed_were_never_ours(heapscim: CommandLine, behaviour: dict[str, object]) -> None:
    with running_sandbox(**behaviour) as sandbox:
        two = Two(heapscim, sandbox, ADA + BOB + CY)
        two.sync()
        two.ours(ADA + BOB.replace("Design", "") + CY if "patch_members" in behaviour else ADA + CY)
        for _ in range(4):
            ran = two.sync()
            assert (said(ran), withheld(ran)) == ([], []), ran.data["plan"]


@pytest.mark.parametrize("behaviour", [{"deactivate": "removes"}, {"list_inactive": "no"}], ids=str)
def test_what_a_tenant_does_along_with_a_deactivation_is_nobody_else(
    heapscim: CommandLine, behaviour: dict[str, object]
) -> None:
    with running_sandbox(**behaviour) as sandbox:
        two = Two(heapscim, sandbox, ADA + BOB)
        for rows in (ADA + BOB, ADA) * 3:
            two.ours(rows)
            ran = two.sync()
            assert (ran.exit_code, said(ran)) == (0, [])


def test_a_ledger_that_was_put_back_from_a_backup_withholds_nothing(two: Two) -> None:
    ledgers = two.heapscim.folder / "state" / "ledgers"
    backup = two.heapscim.folder / "backup"
    shutil.copytree(ledgers, backup)
    assert two.sync().exit_code == 0
    shutil.rmtree(ledgers)
    shutil.copytree(backup, ledgers)
    for rows in (ADA, ADA + BOB, ADA, ADA + BOB):
        two.ours(rows)
        assert two.sync().exit_code == 0


def test_what_the_ledger_has_forgotten_it_holds_against_nobody(two: Two) -> None:
    for _ in range(2):
        turn(two)
    assert two.sync().exit_code == 8
    path = two.heapscim.folder / "state" / "ledgers" / "default.sqlite3"
    with closing(open_ledger(path, two.sandbox.base_url, time.time)) as ledger:
        ledger.prune(keep=0)
    ran = two.sync()
    assert (ran.exit_code, said(ran), kinds(ran)) == (0, [], {"remove_members": 1, "deactivate_user": 1})


def test_one_person_alone_is_held_back_too(two: Two) -> None:
    for _ in range(2):
        turn(two)
    ran = two.sync("--only", "bob@x.org")
    assert (ran.exit_code, len(ran.data["plan"]["withheld"])) == (8, 2)
    assert two.sync("--only", "ada@x.org").exit_code == 0
    explained = two.heapscim.json("users", "explain", "bob@x.org").data
    assert any(entry["finding"].startswith("withheld: deactivate: changed back 2 times") for entry in explained)


def test_a_saved_plan_holds_for_the_number_it_was_made_with(two: Two) -> None:
    for _ in range(2):
        turn(two)
    assert two.heapscim("plan", "--allow-changed-back", "2", "--out", "plan.json").exit_code == 0
    assert two.heapscim("sync", "--yes", "--plan", "plan.json").exit_code == 6
    assert two.sync("--plan", "plan.json", "--allow-changed-back", "2").exit_code == 0


def test_a_number_below_zero_makes_nothing_again(heapscim: CommandLine) -> None:
    ran = heapscim("sync", "--allow-changed-back", "-1")
    assert (ran.exit_code, "'--allow-changed-back': -1 is below 0." in ran.stderr) == (2, True)


def _spelled(base_url: str) -> list[str]:
    return [base_url, base_url + "/", base_url.replace("http:", "HTTP:"), f" {base_url}// "]


@pytest.mark.parametrize("spelling", range(4))
def test_a_second_profile_of_the_same_tenant_is_named(heapscim: CommandLine, sandbox: Sandbox, spelling: int) -> None:
    first = heapscim.activate(sandbox)
    assert "same Base URL" not in first.stderr
    profiles = heapscim.folder / "config" / "profiles"
    written = (profiles / "default.toml").read_text()
    (profiles / "default.toml").write_text(written.replace(sandbox.base_url, _spelled(sandbox.base_url)[spelling]))
    ran = heapscim.json("activate", "--base-url", sandbox.base_url, "--token-stdin", "--profile", "two", stdin=TOKEN)
    assert (ran.exit_code, ran.data["same_tenant"]) == (0, ["default"])
    assert "The profile default has the same Base URL." in ran.envelope["notices"][0]
    told = heapscim.activate(sandbox, "--profile", "two")
    assert "`heapscim deactivate --profile default --delete-profile`" in told.stderr
    assert "The profile two has the same Base URL." in heapscim.activate(sandbox).stderr


def test_profiles_that_say_nothing_of_a_tenant_are_passed_over(heapscim: CommandLine, sandbox: Sandbox) -> None:
    profiles = heapscim.folder / "config" / "profiles"
    heapscim.activate(sandbox)
    for name, text in (
        ("binary", b"\xff\xfe"),
        ("broken", b"base_url = "),
        ("elsewhere", b'base_url = "https://heap.example/scim"'),
        ("none", b""),
        ("number", b"base_url = 7"),
        ("nonsense", b'base_url = "nowhere"'),
    ):
        (profiles / f"{name}.toml").write_bytes(text)
    (profiles / "folder.toml").mkdir()
    (profiles / "dangling.toml").symlink_to(profiles / "gone")
    assert heapscim.json("activate").data["same_tenant"] == []
    (profiles / "old.toml").write_text(f'base_url = "{sandbox.base_url}"\nno_such_key = 1\n')
    assert heapscim.json("activate").data["same_tenant"] == ["old"]
