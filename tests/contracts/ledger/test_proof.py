"""A ledger proves that it is whole, in every kind of store. What tampering looks like is for each store to test."""

from heapscim.ledger.entries import OperationDraft, RunHead, Settlement
from heapscim.ledger.protocol import Ledger
from heapscim.model.changes import DeleteUser, ReleaseUser
from tests.ledger.conftest import Clock
from tests.ledger.writing import DAY, HEAD, a_run, create, do, every_kind_of_link


def test_a_ledger_that_only_heapscim_wrote_is_whole(ledger: Ledger, clock: Clock) -> None:
    assert ledger.prove().problems == ()
    run = a_run(ledger, "ada@x.org", ends=False)
    a_run(ledger, "grace@x.org")
    ledger.record(run, [(0, Settlement("not_attempted", message="Looked for."))])
    ledger.record(run, [(0, None)])
    clock.now += DAY
    ledger.end_run(run, "failed")
    proof = ledger.prove()
    assert (proof.problems, proof.events, proof.pruned) == ((), 11, 0)


def test_a_head_that_was_noted_is_found_until_it_is_pruned(ledger: Ledger, clock: Clock) -> None:
    a_run(ledger, "ada@x.org")
    noted = ledger.head()
    a_run(ledger, "grace@x.org")
    assert ledger.prove(noted=[noted]).problems == ()
    clock.now += 10 * DAY
    a_run(ledger, "alan@x.org")
    assert ledger.prune(keep=DAY) == 2
    (problem,) = ledger.prove(noted=[noted]).problems
    assert problem.startswith(f"The head {noted.hash} that was noted is not part of the chain")


def test_what_is_managed_follows_from_the_log(ledger: Ledger) -> None:
    every_kind_of_link(ledger)
    assert {link.name for link in ledger.links().users} == {"ada@x.org", "grace@x.org", "new@x.org"}
    proof = ledger.prove()
    assert (proof.problems, proof.links) == ((), 4)


def test_old_runs_can_be_forgotten_and_the_rest_is_still_proven(ledger: Ledger, clock: Clock) -> None:
    a_run(ledger, "ada@x.org")
    old = ledger.head()
    clock.now += 10 * DAY
    kept = a_run(ledger, "grace@x.org")
    assert ledger.prune(keep=30 * DAY) == 0
    assert ledger.prune(keep=5 * DAY) == 1
    assert ledger.prune(keep=5 * DAY) == 0
    assert [summary.run for summary in ledger.runs()] == [kept]
    proof = ledger.prove(noted=[old])
    assert (proof.problems, proof.pruned, proof.events) == ((), 5, 11)
    assert [link.id for link in ledger.links().users] == ["u9"]


def test_a_run_that_is_still_open_is_never_forgotten(ledger: Ledger, clock: Clock) -> None:
    first = a_run(ledger, "ada@x.org")
    opened = a_run(ledger, "grace@x.org", ends=False)
    later = a_run(ledger, "alan@x.org")
    clock.now += 10 * DAY
    assert ledger.prune(keep=DAY) == 1
    assert [summary.run for summary in ledger.runs()] == [later, opened]
    assert ledger.run_named(first) is None
    ledger.record(opened, [(0, Settlement("done"))])
    assert ledger.prune(keep=DAY) == 0, "it was settled just now"
    clock.now += 10 * DAY
    assert ledger.prune(keep=DAY) == 2
    assert ledger.runs() == ()
    assert ledger.prove().problems == ()


def test_links_are_proven_after_the_runs_that_made_them_are_forgotten(ledger: Ledger, clock: Clock) -> None:
    every_kind_of_link(ledger)
    for name in ("kurt@x.org", "emmy@x.org"):
        clock.now += 10 * DAY
        do(ledger, create(name), ReleaseUser("id of ada@x.org", "ada@x.org", "ada@x.org", "undo"))
        assert ledger.prune(keep=5 * DAY) > 0
        assert ledger.prove().problems == ()
    clock.now += 10 * DAY
    do(ledger, DeleteUser("id of kurt@x.org", "kurt@x.org", "kurt@x.org", {}, "left"))
    assert ledger.prune(keep=DAY) > 0
    assert ledger.prove().problems == ()
    assert {link.name for link in ledger.links().users} == {"grace@x.org", "new@x.org", "emmy@x.org"}


def test_what_is_in_doubt_comes_oldest_first_whatever_the_clock_said(ledger: Ledger, clock: Clock) -> None:
    def cut_off(name: str) -> str:
        run = ledger.begin(RunHead("sync", "", "", HEAD.context, continues="r"), [OperationDraft.of(create(name))])
        ledger.record(run, [(0, None)])
        return run

    first = cut_off("ada@x.org")
    clock.now -= DAY
    second = cut_off("grace@x.org")
    assert second < first
    assert list(ledger.in_doubt()) == [first, second]
    assert ledger.continuation_of("r") == first
