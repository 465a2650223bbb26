"""What is wrong by how a run ended, and what that end proves to be over."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapscim.errors import Busy, HeapscimError, LedgerError, RosterInvalid, TokenMissing, Unavailable, UsageError
from heapscim.model.changes import CreateUser, DeactivateUser
from heapscim.model.outcomes import Outcome, RunResult, Status
from heapscim.model.plan import Baseline, Impact, Plan, Withheld
from heapscim.model.state import Broken
from heapscim.output.ending import Ending
from heapscim.output.envelope import Caller, Result, Work
from heapscim.planning.guards import Violation
from heapscim.workflows.ends import End
from heapscim.workflows.news.told import Told, told_in
from heapscim.workflows.news.troubles import Findings, findings_of
from tests.builders import TENANT

DAY = 86_400.0
PLAN = Plan(TENANT, "sync", (), Impact(0, 0, {}, {}), Baseline(0, 0))
CREATE = CreateUser("p1", "Ada@x.org", {}, "joined")


def ended(exit_code: int, *work: Work, error: HeapscimError | None = None, command: str = "sync") -> Ending:
    result = None if error else Result({}, exit_code=exit_code, work=work)
    return Ending(Caller(command, "default"), 0.0, 10.0, exit_code, result, error, is_whole=command == "sync")


def ran(status: Status, plan: Plan = PLAN) -> Work:
    outcomes = (Outcome(CREATE, status, message="Heap refused it."),)
    return Work(replace(plan, changes=(CREATE,)), (), RunResult("r1", outcomes))


def found(ending: Ending) -> Findings:
    return findings_of(ending, 14)


def keys(ending: Ending) -> list[str]:
    return [trouble.key.partition(":")[0] for trouble in found(ending).troubles]


def test_a_run_without_trouble_says_that_all_of_them_are_over() -> None:
    findings = found(ended(0, Work(PLAN, ())))
    assert findings.troubles == ()
    for key in (
        "error:unavailable",
        "busy",
        "refused:removals",
        "withheld:unproven",
        "failed:1",
        "unread:1",
        "command:undo",
    ):
        assert findings.is_over(key)
    assert not findings.is_over("ends:certificate:Heap")


@pytest.mark.parametrize("code", [130, 9])
def test_an_interruption_and_a_no_say_nothing(code: int) -> None:
    assert found(ended(code, ran("failed"))) == Findings()


@pytest.mark.parametrize(
    "error", [TokenMissing("There is none."), LedgerError("It is damaged."), Unavailable("It is down.")]
)
def test_an_error_leaves_open_what_it_can_not_tell(error: HeapscimError) -> None:
    findings = found(ended(1, error=error))
    assert [trouble.key for trouble in findings.troubles] == [f"error:{error.code}"]
    assert not any(map(findings.is_over, ("error:other", "failed:1", "refused:removals", f"error:{error.code}")))


def test_an_error_that_sums_up_several_problems_names_the_first_ones() -> None:
    error = RosterInvalid(
        "people.csv has 30 problems.", problems=tuple(f"line {at}: bad." for at in range(30)), hint="Fix."
    )
    [trouble] = found(ended(1, error=error)).troubles
    assert (trouble.key, trouble.title) == ("error:roster_invalid", "people.csv has 30 problems.")
    assert trouble.detail.startswith("line 0: bad. line 1: bad. ")
    assert trouble.detail.endswith("line 9: bad. Fix.")


def test_another_run_that_holds_the_profile_is_news_only_if_it_lasts() -> None:
    findings = found(ended(5, error=Busy("Another run is in progress.")))
    assert [(trouble.key, trouble.patience) for trouble in findings.troubles] == [("busy", 3600.0)]
    assert not findings.is_over("error:unavailable")


def test_a_refused_plan_says_nothing_of_failed_changes() -> None:
    work = Work(PLAN, (Violation("removals", "Too many.", "See `plan`."), Violation("updates", "Too many.", "")))
    findings = found(ended(6, work))
    assert [trouble.key for trouble in findings.troubles] == ["refused:removals", "refused:updates"]
    assert not findings.is_over("failed:1")
    assert findings.is_over("error:unavailable")


def test_the_same_change_has_the_same_key_in_every_run() -> None:
    one, other = (found(ended(7, ran("failed"))).troubles[0] for _ in range(2))
    assert one.key == other.key
    assert one.title == "create Ada@x.org failed"
    assert found(ended(0, ran("done"))).is_over(one.key)


def test_a_change_that_was_not_tried_is_neither_failed_nor_over() -> None:
    key = found(ended(7, ran("failed"))).troubles[0].key
    assert not found(ended(7, ran("not_attempted"))).is_over(key)


def test_all_that_is_unproven_is_one_trouble_and_each_thing_changed_back_is_one() -> None:
    leavers = [DeactivateUser(str(number), f"p{number}", f"u{number}@x.org", "left") for number in range(30)]
    unproven = [Withheld(leaver, "the list has no end") for leaver in leavers]
    back = [Withheld(leaver, "others changed it back", "changed_back") for leaver in leavers[:2]]
    ending = ended(8, Work(replace(PLAN, withheld=(*unproven, *back)), ()))
    assert keys(ending) == ["withheld"] * 3
    [first, *_] = found(ending).troubles
    assert first.key == "withheld:unproven"
    assert first.detail.startswith("30 removals: deactivate u0@x.org: the list has no end; ")
    assert first.detail.endswith("; and 20 more.")


def test_what_can_not_be_read_is_named() -> None:
    broken = Broken("user", "u1", None, "It has no userName.")
    assert keys(ended(7, Work(replace(PLAN, broken=(broken,)), ()))) == ["unread"]


def test_another_command_has_a_trouble_of_its_own_that_a_good_sync_ends() -> None:
    failed = found(ended(7, ran("failed"), command="undo"))
    [trouble] = failed.troubles
    assert (trouble.key, trouble.title) == ("command:undo", "`heapscim undo` ended with exit code 7")
    assert trouble.detail.endswith("; create Ada@x.org failed")
    assert found(ended(0, ran("done"), command="undo")).is_over("command:undo")
    assert not found(ended(0, ran("done"), command="resume")).is_over("command:undo")
    assert not found(ended(0, ran("done"), command="undo")).is_over("failed:1")
    assert found(ended(0, Work(PLAN, ()))).is_over("command:undo")
    assert found(ended(2, error=UsageError("No such run."), command="undo")).troubles == ()


def test_what_ends_soon_is_a_trouble_until_it_is_renewed() -> None:
    key = ("Heap", "certificate")
    soon = replace(ended(0, Work(PLAN, ())), ends={key: 13 * DAY})
    [trouble] = found(soon).troubles
    assert (trouble.key, trouble.title) == ("ends:certificate:Heap", "The certificate of Heap ends on 1970-01-14")
    assert "That is in 12 days." in trouble.detail
    renewed = found(replace(soon, ends={key: 90 * DAY}))
    assert renewed.troubles == ()
    assert renewed.is_over(trouble.key)
    assert found(replace(ended(1, error=Unavailable("It is down.")), ends={key: 13 * DAY})).troubles[1:] == (trouble,)


NAMES = ("ada@x.org", "bob@x.org", "cyd@x.org")


def _sync_of(statuses: dict[str, Status], withheld: bool, refused: bool) -> Ending:  # noqa: FBT001
    changes = tuple(CreateUser(name, name, {}, "joined") for name in statuses)
    held = (Withheld(DeactivateUser("1", "p1", "u@x.org", "left"), "no proof"),) if withheld else ()
    plan = replace(PLAN, changes=changes, withheld=held)
    if refused:
        return ended(6, Work(plan, (Violation("removals", "Too many.", ""),)))
    outcomes = tuple(Outcome(change, status) for change, status in zip(changes, statuses.values(), strict=True))
    code = 7 if any(status != "done" for status in statuses.values()) else 8 if withheld else 0
    return ended(code, Work(plan, (), RunResult("r1", outcomes)))


ENDINGS = st.one_of(
    st.builds(
        _sync_of,
        st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("done", "failed", "not_attempted"))),
        st.booleans(),
        st.booleans(),
    ),
    st.sampled_from(
        (
            ended(0, Work(PLAN, ())), ended(130), ended(9), ended(3, error=TokenMissing("None.")),
            ended(5, error=Unavailable("Down.")), ended(5, error=Busy("Another run.")),
            ended(7, ran("failed"), command="undo"), ended(0, ran("done"), command="undo"),
            replace(ended(5, error=Unavailable("Down.")), ends={("Heap", "certificate"): DAY}),
        )
    ),
)  # fmt: skip


@given(st.lists(st.tuples(ENDINGS, st.booleans()), max_size=14))
def test_each_trouble_is_told_once_and_once_when_it_is_over(runs: list[tuple[Ending, bool]]) -> None:
    told, open_now = Told(), set[str]()
    for at, (ending, delivers) in enumerate(runs):
        findings, now = found(ending), at * 600.0
        told = told.seen(findings, now)
        news = told.news("mail", findings, now)
        if delivers:
            new = {trouble.title for trouble in news.new}
            over = {note.title for note in news.over}
            assert not new & open_now, "told twice"
            assert over <= open_now, "over, and was never told"
            open_now = (open_now | new) - over
            told = told.after("mail", news)
            due = {trouble.title for trouble in findings.troubles if not trouble.patience}
            assert due <= open_now, "wrong, and not told"
            if ending.is_whole and ending.exit_code == 0:
                assert {title for title in open_now if "certificate" not in title} == set()
        told = told_in([told.to_text()])


def test_an_end_that_the_profile_tells_counts_unless_the_secret_tells_its_own() -> None:
    key = ("Heap", "token or key")
    sync, told = ended(0, Work(PLAN, ())), {key: End(13 * DAY, "ends.token")}
    [trouble] = findings_of(sync, 14, told).troubles
    assert (trouble.key, trouble.title) == ("ends:token or key:Heap", "The token or key of Heap ends on 1970-01-14")
    assert trouble.detail.endswith("store it before that day, and set ends.token to its last day.")
    assert findings_of(replace(sync, ends={key: None}), 14, told).troubles == (trouble,)
    for renewed in (
        findings_of(replace(sync, ends={key: 90 * DAY}), 14, told),
        findings_of(replace(sync, ends={key: None}), 14),
        findings_of(sync, 14, {key: End(90 * DAY, "ends.token")}),
    ):
        assert (renewed.troubles, renewed.is_over(trouble.key)) == ((), True)
    [past] = findings_of(sync, 14, {key: End(-1.0, "ends.token")}).troubles
    assert past.title == "The token or key of Heap ended on 1969-12-31"
