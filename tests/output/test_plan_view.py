"""What a person reads of a plan, line by line."""

from dataclasses import dataclass, replace

import pytest

from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    MemberRef,
    ReactivateUser,
    ReleaseGroup,
    RemoveMembers,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
)
from heapscim.model.plan import Baseline, Conflict, Covered, Impact, Plan, TakeOver, Unmanaged, Withheld
from heapscim.output.change_labels import KINDS, detail, summary, summary_of_done
from heapscim.output.console import Screen
from heapscim.output.plan_view import show_plan
from heapscim.planning.guards import Violation

ADA = MemberRef("ada@x.org", "1", "a")
MANY = tuple(MemberRef(f"u{number}@x.org", str(number), None) for number in range(1_007))


@dataclass(frozen=True)
class ScreenOf(Screen):
    """stdout of a given width."""

    columns: int = 10_000

    @property
    def width(self) -> int:
        return self.columns


def a_plan(*changes: Change, **found: object) -> Plan:
    impact = Impact(1_999, 2_000, {"Analyst": 1_999}, {"Analyst": 1_999, "": 1})
    plan = Plan("https://heap.example/scim/v2/1", "sync", changes, impact, Baseline(3, 3), source="people.csv")
    return replace(plan, **found)  # type: ignore[arg-type]


def shown(
    plan: Plan, capsys: pytest.CaptureFixture[str], *violations: Violation, width: int = 10_000, full: bool = False
) -> list[str]:
    show_plan(plan, violations, ScreenOf(columns=width), full=full)
    return capsys.readouterr().out.splitlines()


CHANGES = (
    CreateUser("e", "edsger@x.org", {"name.givenName": "Edsger", "role": "Admin"}, "new in people.csv"),
    UpdateUser("1", "a", "ada@x.org", {"name.familyName": None}, {"name.familyName": "King"}, "changed"),
    AddMembers("7", "d", "Design", (ADA,), "in Design in people.csv"),
    DeactivateUser("2", "g", "grace@x.org", "no longer in people.csv"),
)


def test_a_wide_screen_shows_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(a_plan(*CHANGES), capsys) == [
        "Plan: people.csv → https://heap.example/scim/v2/1",
        "",
        "People (3)",
        "  + create      edsger@x.org  Edsger, role Admin · new in people.csv",
        "  ~ update      ada@x.org     familyName (none) → King · changed",
        "  - deactivate  grace@x.org   no longer in people.csv",
        "",
        "Groups (1)",
        "  + add members  Design  ada@x.org · in Design in people.csv",
        "",
        "4 changes: 1 user to create, 1 user to update, 1 group to add members to, 1 user to deactivate",
        "Active seats 1,999 → 2,000 (default role 0 → 1)",
    ]


def test_a_narrow_screen_wraps_what_is_said_under_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(a_plan(*CHANGES[:1], CHANGES[3]), capsys, width=60)[3:6] == [
        "  + create      edsger@x.org  Edsger, role Admin",
        "                              new in people.csv",
        "  - deactivate  grace@x.org   no longer in people.csv",
    ]


def test_a_very_narrow_screen_puts_it_below(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(a_plan(CHANGES[2]), capsys, width=40)[3:6] == [
        "  + add members  Design",
        "      ada@x.org",
        "      in Design in people.csv",
    ]


def test_an_empty_plan_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(a_plan(), capsys)[2:] == [
        "Nothing to do: Heap agrees with people.csv. No write is needed.",
        "Active seats 1,999 → 2,000 (default role 0 → 1)",
    ]
    held = a_plan(withheld=(Withheld(CHANGES[3], "412 said, 400 read."),), source="", command="undo")
    lines = shown(held, capsys)
    assert lines[0] == "Plan: undo → https://heap.example/scim/v2/1"
    assert lines[2:4] == [
        "Withheld: what it rests on isn't proven (1)",
        "  deactivate grace@x.org: 412 said, 400 read.",
    ]
    assert lines[5] == "Nothing to do besides what is withheld: everything is as asked. No write is needed."
    assert lines[-1] == "Withheld: 1 removal. Run the same command again once these reasons are gone."


def test_a_plan_of_conflicts_alone_does_not_say_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    plan = a_plan(conflicts=(Conflict("ambiguous", "b", "b could be any of 2.", "Leave one."),))
    assert "Nothing to do besides what is in conflict: Heap agrees with people.csv." in shown(plan, capsys)[5]
    assert shown(plan, capsys)[5].endswith("1 conflict left for you to decide.")


def test_only_the_first_of_each_kind_are_shown_unless_all_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    many = [CreateUser(str(number), f"u{number:02}@x.org", {}, "new") for number in range(23)]
    plan = a_plan(*many, CHANGES[3], unmanaged=tuple(Unmanaged("user", str(id), f"s{id}") for id in range(7)))
    short = shown(plan, capsys)
    assert [line for line in short if "more" in line] == [
        "  … and 3 more users to create (--full shows all)",
        "  … and 2 more (--full shows all)",
    ]
    assert "  - deactivate  grace@x.org  no longer in people.csv" in short
    assert not [line for line in shown(plan, capsys, full=True) if "more" in line]


def test_every_kind_is_counted_by_what_it_is_and_what_is_to_be_done() -> None:
    one = dict.fromkeys(KINDS, 1)
    assert summary(one).split(", ") == [
        "1 user to create",
        "1 user to update",
        "1 user to reactivate",
        "1 user to deactivate",
        "1 user to delete",
        "1 group to create",
        "1 group to take over",
        "1 group to rename",
        "1 group to add members to",
        "1 group to remove members from",
        "1 user to stop managing",
        "1 group to release",
        "1 group to delete",
    ]
    assert summary({"create_group": 4_000}) == "4,000 groups to create"
    assert summary_of_done({"create_user": 1, "create_group": 400}) == "1 user created, 400 groups created"
    assert all(len(words.split()) > 2 for words in summary_of_done(one).split(", "))


LEAVERS = tuple(DeactivateUser(str(number), None, f"u{number}@x.org", "left") for number in range(3))


def test_members_who_leave_anyway_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    gone, one_stays = MANY[:3], MANY[1:5]
    plan = a_plan(
        *LEAVERS, RemoveMembers("8", "o", "Ops", gone, "left", 9), RemoveMembers("7", "d", "Art", one_stays, "left", 9)
    )
    lines = shown(plan, capsys)
    assert lines[lines.index("Groups (2)") : -3] == [
        "Groups (2)",
        "  - remove members  Art  u3@x.org, u4@x.org · left",
        "  … and 5 memberships of users who leave anyway (--full shows all)",
    ]
    whole = shown(plan, capsys, full=True)
    assert [line for line in whole if line.startswith("  - remove members")] == [
        "  - remove members  Ops  u0@x.org, u1@x.org, u2@x.org · left",
        "  - remove members  Art  u1@x.org, u2@x.org, u3@x.org, u4@x.org · left",
    ]
    assert lines[-2] == whole[-2], "all are counted"
    assert "2 groups to remove members from" in lines[-2]


@pytest.mark.parametrize("leaver", [DeleteUser("1", "a", "ada@x.org", {}, "left"), LEAVERS[1]])
def test_a_group_of_leavers_alone_takes_one_line(leaver: Change, capsys: pytest.CaptureFixture[str]) -> None:
    plan = a_plan(leaver, RemoveMembers("8", "o", "Ops", (ADA,), "left", 9))
    lines = shown(plan, capsys)
    place = lines.index("Groups (1)")
    assert lines[place + 1] == "  … and 1 membership of users who leave anyway (--full shows all)"
    assert not lines[place + 2]


@pytest.mark.parametrize("width", [40, 80, 10_000])
def test_all_members_are_named_where_everything_is_asked_for(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    held = Withheld(RemoveMembers("8", "o", "Ops", MANY, "left", 2_000), "unproven")
    plan = a_plan(CreateGroup("g", "G", MANY, "new"), withheld=(held,))
    named = " ".join(" ".join(shown(plan, capsys, width=width, full=True)).split())
    assert all(named.count(f" {member.user_name}, ") == 2 for member in MANY[1:-1])
    assert named.count("u1006@x.org") == 2, "in the group and in what is withheld"
    assert "and 1,002 more" not in named
    assert "and 1,002 more" in " ".join(" ".join(shown(plan, capsys, width=width)).split())


@pytest.mark.parametrize("width", [40, 80, 100])
def test_a_long_name_is_whole_and_its_details_stand_below(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    long = "a.person.with.quite.a.long.name@department.example.org"
    lines = shown(a_plan(DeactivateUser("1", None, long, "left"), CHANGES[3]), capsys, width=width)
    place = next(number for number, line in enumerate(lines) if long in line)
    assert lines[place] == f"  - deactivate  {long}"
    assert lines[place + 1].strip() == "left"


def test_what_was_found_beside_the_changes_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    plan = a_plan(
        adoptions=(TakeOver("1", "a", "ada@x.org"),),
        covered=(Covered("ada@x.org", "Design", ("Ops", "Research")),),
        conflicts=(Conflict("ambiguous", "b", "b could be any of 2.", "Leave one."),),
        unmanaged=(Unmanaged("user", "9", "z@x.org", active=False), Unmanaged("group", "8", "Old")),
        notices=("ada@x.org becomes Admin.",),
    )
    assert [line for line in shown(plan, capsys) if line][1:-2] == [
        "Taken over as they are (1)",
        "  ada@x.org has an account already; managed from now on",
        "Still covered by another group (1)",
        "  ada@x.org leaves Design, stays in Ops, Research",
        "Conflicts: nothing is done to these (1)",
        "  b could be any of 2. Leave one.",
        "In Heap and managed by nobody here: left alone (2)",
        "  z@x.org (user, inactive)",
        "  Old (group)",
        "Notices (1)",
        "  ada@x.org becomes Admin.",
    ]


def test_what_stands_in_the_way_comes_last(capsys: pytest.CaptureFixture[str]) -> None:
    refused = Violation("removals", "3 of 20 would lose access.", "Look at them.")
    assert shown(a_plan(CHANGES[3]), capsys, refused)[-2:] == ["Refused: 3 of 20 would lose access.", "  Look at them."]


def test_names_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    evil = DeactivateUser("1", "a", "[bold]\x1b[31mx\u202e", "left [red]")
    assert shown(a_plan(evil), capsys)[3] == "  - deactivate  [bold]\\x1b[31mx\\u202e  left [red]"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (CreateUser("a", "a", {}, ""), ""),
        (CreateUser("a", "a", {"urn:x:User:cost": "7"}, ""), "cost 7"),
        (UpdateUser("1", None, "a", {"role": "a → b"}, {"role": " Admin"}, ""), "role 'a → b' → ' Admin'"),
        (ReactivateUser("1", None, "a", {}, {}, ""), ""),
        (DeactivateUser("1", None, "a", ""), ""),
        (
            DeleteUser("1", None, "a", {}, ""),
            "personal charts go with the account; an undo makes a new one without them",
        ),
        (CreateGroup("g", "G", (ADA,), ""), "ada@x.org"),
        (TakeOverGroup("1", "g", "G", ""), ""),
        (RenameGroup("1", "g", "G", "H", ""), "→ H"),
        (
            RemoveMembers("1", "g", "G", MANY, "", 1_007),
            "u0@x.org, u1@x.org, u2@x.org, u3@x.org, u4@x.org and 1,002 more",
        ),
        (ReleaseGroup("1", "g", "G", ""), ""),
        (DeleteGroup("1", "g", "G", (), ""), "no members; an undo makes a new group with a new id"),
        (DeleteGroup("1", "g", "G", (ADA,), ""), "ada@x.org; an undo makes a new group with a new id"),
    ],
    ids=lambda found: getattr(found, "kind", ""),
)
def test_each_kind_says_what_it_does(change: Change, words: str) -> None:
    assert detail(change) == words
