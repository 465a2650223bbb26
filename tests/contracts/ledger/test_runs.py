"""What a ledger keeps of runs and their operations, in every kind of store."""

import asyncio
import json
import threading
from collections.abc import Iterator

import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.entries import Entry, Operation, OperationDraft, RunContext, RunFilter, RunHead, Settlement
from heapscim.ledger.journal import LedgerJournal, begin_run
from heapscim.ledger.protocol import Ledger
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    MemberRef,
    RenameGroup,
    UpdateUser,
)
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import TakeOver
from heapscim.model.state import Links
from tests.builders import TENANT, a_person, a_snapshot, desired_of, in_heap, plan_of
from tests.contracts.ledger.stores import Store
from tests.ledger.conftest import Clock

CONTEXT = RunContext("ada", "desk", 42, {"removals": 40})
HEAD = RunHead("import", "people.csv", "", CONTEXT)
ADA = CreateUser("1", "ada@x.org", {"name.givenName": "Ada"}, "is in scope")


def a_draft(subject: str = "ada@x.org", kind: str = "add_person") -> OperationDraft:
    return OperationDraft(kind, subject, "asked for by hand", json.dumps({"username": subject}))


def test_any_command_may_record_a_run_with_operations_of_its_own(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft("ada@x.org"), a_draft("grace@x.org")])
    ledger.record(run, [(0, None)])
    ledger.record(run, [(0, Settlement("failed", error_code="taken", message="No.", attempts=2, seconds=0.5))])
    first, second = ledger.operations(run)
    assert first == Operation(
        run=run,
        seq=0,
        kind="add_person",
        subject="ada@x.org",
        reason="asked for by hand",
        change='{"username": "ada@x.org"}',
        state="failed",
        sent_at=1_700_000_002.0,
        settled_at=1_700_000_003.0,
        id=None,
        error_code="taken",
        message="No.",
        attempts=2,
        seconds=0.5,
    )
    assert (second.subject, second.state, second.sent_at) == ("grace@x.org", "planned", None)
    assert ledger.recorded(run) == ()
    assert ledger.links() == Links()


def test_a_plan_is_recorded_with_its_changes_as_values(ledger: Ledger) -> None:
    plan = plan_of(desired_of(a_snapshot([a_person("ada", firstname="Ada")])), in_heap())
    run = begin_run(ledger, plan, CONTEXT)
    assert ledger.recorded(run) == (Recorded(0, plan.changes[0], "planned", None),)
    summary = ledger.last_run()
    assert summary is not None
    assert (summary.fingerprint, summary.allowances, summary.counts) == (
        plan.fingerprint,
        {"removals": 40},
        {"planned": 1},
    )


def test_a_history_holds_what_was_tried_with_a_resource_under_all_its_names(ledger: Ledger) -> None:
    renamed = RenameGroup("t", "g", "Design", "Studio", "r")
    plans: tuple[tuple[Change, ...], ...] = (
        (ADA, CreateUser("2", "bob@x.org", {}, "r"), CreateGroup("g", "Design", (), "r")),
        (UpdateUser("u1", "1", "Ada@x.org", {}, {"role": "Admin"}, "r"), renamed),
        (DeactivateUser("u1", None, "Ada@x.org", "r"), DeactivateUser("u2", "2", "bob@x.org", "r")),
        (AddMembers("t", None, "Studio", (), "r"),),
        (CreateUser("1", "ada@x.org", {}, "r"),),
    )
    runs = [ledger.begin(HEAD, [OperationDraft.of(change) for change in plan]) for plan in plans]
    ledger.record(runs[0], [(seq, Settlement("done", id=id)) for seq, id in enumerate(("u1", "u2", "t"))])
    ledger.record(runs[2], [(0, Settlement("failed")), (1, None)])
    ledger.record(runs[1], [(0, Settlement("done", id="u1")), (1, Settlement("done", id="t"))])
    ledger.record(runs[4], [(0, Settlement("done", id="u9"))])
    found = {id: [(runs.index(run), entry.seq, entry.state) for run, entry in ledger.history([id])]
             for id in ("u1", "u9", "u2", "t", "nobody")}  # fmt: skip
    ada = [(0, 0, "done"), (1, 0, "done"), (2, 0, "failed"), (4, 0, "done")]
    assert (found["u1"], found["u9"]) == (ada, [ada[0], ada[-1]])
    assert (found["u2"], found["t"], found["nobody"]) == (
        [(0, 1, "done"), (2, 1, "sent")],
        [(0, 2, "done"), (1, 1, "done")],
        [],
    )
    assert ledger.history(["u1"])[0] == (runs[0], Recorded(0, ADA, "done", "u1"))
    assert ledger.history([]) == ()


def test_the_accounts_a_run_took_over_are_remembered_with_it(ledger: Ledger) -> None:
    adoption = TakeOver("u1", "1", "ada@x.org", replaces="u0")
    run = ledger.begin(HEAD, [a_draft()], [adoption])
    other = ledger.begin(HEAD, [a_draft()])
    assert (ledger.take_overs(run), ledger.take_overs(other)) == ((adoption,), ())


def test_runs_are_listed_newest_first_and_can_be_narrowed(ledger: Ledger, clock: Clock) -> None:
    first = ledger.begin(HEAD, [a_draft("Ada@x.org")])
    ledger.end_run(first, "done")
    clock.now += 1_000
    second = ledger.begin(HEAD, [a_draft("grace@x.org")])
    assert [summary.run for summary in ledger.runs()] == [second, first]
    assert [summary.run for summary in ledger.runs(RunFilter(since=clock.now - 10))] == [second]
    assert [summary.run for summary in ledger.runs(RunFilter(about="ADA@x.org"))] == [first]
    assert [summary.run for summary in ledger.runs(RunFilter(most=1))] == [second]
    found = ledger.run_named(first)
    assert found is not None
    assert (found.outcome, found.ended) == ("done", found.started + 1)
    assert ledger.run_named("nothing") is None


@pytest.mark.usefixtures("ledger")
def test_a_ledger_belongs_to_one_tenant(store: Store, clock: Clock) -> None:
    with pytest.raises(LedgerError, match=r"belongs to https://heap\.example/scim/v2/1, not to https://other"):
        store.open(clock, "https://other/scim/v2/2")


@pytest.mark.usefixtures("ledger")
def test_a_tenant_is_the_same_however_its_base_url_is_written(store: Store, clock: Clock) -> None:
    store.open(clock, TENANT.replace("heap", "HEAP") + "/").close()


def test_what_was_recorded_is_there_after_closing(ledger: Ledger, store: Store, clock: Clock) -> None:
    run = ledger.begin(HEAD, [a_draft()])
    ledger.close()
    again = store.open(clock)
    assert [operation.subject for operation in again.operations(run)] == ["ada@x.org"]
    again.close()


def test_a_change_that_was_sent_again_knows_both_moments(ledger: Ledger) -> None:
    plan = plan_of(desired_of(a_snapshot([a_person("ada"), a_person("grace")])), in_heap())
    run = begin_run(ledger, plan, CONTEXT)
    ledger.record(run, [(0, None), (1, None)])
    ledger.record(run, [(0, None)])
    first, second = ledger.in_doubt()[run]
    assert (first.first_sent, first.last_sent) == (1_700_000_002.0, 1_700_000_003.0)
    assert (second.first_sent, second.last_sent) == (1_700_000_002.0, 1_700_000_002.0)


def test_two_that_have_the_ledger_open_see_what_the_other_wrote(ledger: Ledger, store: Store, clock: Clock) -> None:
    other = store.open(clock)
    run = ledger.begin(HEAD, [a_draft()], [TakeOver("u1", "1", "ada@x.org")])
    assert [link.id for link in other.links().users] == ["u1"]
    other.record(run, [(0, None)])
    assert [operation.state for operation in ledger.operations(run)] == ["sent"]
    other.close()
    assert ledger.prove().problems == ()


def test_nothing_of_a_commit_stays_where_a_part_of_it_fails(ledger: Ledger) -> None:
    def drafts() -> Iterator[OperationDraft]:
        yield a_draft()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.begin(HEAD, drafts(), [TakeOver("u1", "1", "ada@x.org")])
    assert (ledger.runs(), ledger.links()) == ((), Links())
    run = ledger.begin(HEAD, [a_draft(), a_draft()])

    def entries() -> Iterator[Entry]:
        yield 0, None
        yield 1, Settlement("done")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.record(run, entries())
    assert [operation.state for operation in ledger.operations(run)] == ["planned", "planned"]
    assert ledger.prove().problems == ()


def test_a_run_that_is_carried_on_and_the_last_change_are_found(ledger: Ledger) -> None:
    assert (ledger.last_run(), ledger.last_change(), ledger.continuation_of("r")) == (None, None, None)
    first = ledger.begin(HEAD, [OperationDraft.of(ADA)])
    second = ledger.begin(RunHead("resume", "", "", CONTEXT, continues=first), [OperationDraft.of(ADA)])
    third = ledger.begin(HEAD, [a_draft()])
    newest = ledger.last_run()
    assert newest is not None
    assert (newest.run, ledger.last_change(), ledger.continuation_of(first)) == (third, second, second)
    assert ledger.continuation_of(second) is None


def test_operations_are_found_by_name_in_any_case_and_by_membership(ledger: Ledger) -> None:
    member = MemberRef("Strauß@x.org", "u1", "1")
    run = ledger.begin(HEAD, [a_draft("straUß@x.org"), OperationDraft.of(AddMembers("t", "g", "Ops", (member,), "r"))])
    assert [operation.seq for operation in ledger.operations(run, about="STRAUß@x.org")] == [0, 1]
    assert [operation.seq for operation in ledger.operations(run, about="ops")] == [1]
    assert ledger.operations(run, about="strauss@x.org") == ()


def test_a_journal_writes_from_another_thread_while_the_ledger_is_read(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft(f"u{number}@x.org") for number in range(50)])

    async def work() -> None:
        journal = LedgerJournal(ledger, run)
        waiting = [asyncio.create_task(journal.sent(seq)) for seq in range(50)]
        while not all(task.done() for task in waiting):
            await asyncio.sleep(0)
            ledger.links()
        await asyncio.gather(*waiting)

    asyncio.run(work())
    assert {operation.state for operation in ledger.operations(run)} == {"sent"}
    assert ledger.prove().problems == ()


def test_two_ledgers_at_work_keep_one_chain(ledger: Ledger, store: Store, clock: Clock) -> None:
    other = store.open(clock)
    runs = [one.begin(HEAD, [a_draft() for _ in range(20)]) for one in (ledger, other)]

    def write(one: Ledger, run: str) -> None:
        for seq in range(20):
            one.record(run, [(seq, None)])

    threads = [threading.Thread(target=write, args=pair) for pair in zip((ledger, other), runs, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert {operation.state for run in runs for operation in ledger.operations(run)} == {"sent"}
    assert ledger.prove().problems == ()
