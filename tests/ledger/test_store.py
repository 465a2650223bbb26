"""What the ledger keeps of runs, operations and links."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from heapscim.errors import LedgerError
from heapscim.ledger.entries import Operation, OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.sqlite.history import _HISTORY
from heapscim.ledger.sqlite.queries import RunFilter
from heapscim.ledger.sqlite.store import Ledger, open_ledger
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    RemoveMembers,
    RenameGroup,
    UpdateUser,
    subject,
)
from heapscim.model.outcomes import Outcome, Recorded
from heapscim.model.plan import TakeOver
from heapscim.model.state import Link, Links
from tests.builders import TENANT, a_person, a_snapshot, a_team, an_account, desired_of, in_heap, plan_of
from tests.ledger.conftest import Clock

CONTEXT = RunContext("ada", "desk", 42, {"removals": 40})
HEAD = RunHead("import", "people.csv", "", CONTEXT)
ADA = CreateUser("1", "ada@x.org", {"name.givenName": "Ada"}, "is in scope")


def a_draft(subject: str = "ada@x.org", kind: str = "add_person") -> OperationDraft:
    return OperationDraft(kind, subject, "asked for by hand", json.dumps({"username": subject}))


def as_draft(change: Change) -> OperationDraft:
    return OperationDraft(change.kind, subject(change), "r", json.dumps(asdict(change)))


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
    run = ledger.begin_run(plan, CONTEXT)
    assert ledger.recorded(run) == (Recorded(0, plan.changes[0], "planned", None),)
    summary = ledger.last_run()
    assert summary is not None
    assert (summary.fingerprint, summary.allowances, summary.counts) == (
        plan.fingerprint,
        {"removals": 40},
        {"planned": 1},
    )


def test_a_created_account_is_linked_with_what_was_sent(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft(kind="create_user")])
    ledger.record(run, [(0, Settlement.of(Outcome(ADA, "done", id="u1")))])
    assert ledger.links() == Links((Link("1", "u1", "ada@x.org", {"name.givenName": "Ada"}),))
    update = UpdateUser("u1", "1", "ada@x.org", {"role": None}, {"role": "Admin"}, "differs")
    ledger.record(run, [(0, Settlement.of(Outcome(update, "done", id="u1")))])
    assert ledger.links().users[0].sent == {"name.givenName": "Ada", "role": "Admin"}


def test_a_history_holds_what_was_tried_with_a_resource_under_all_its_names(ledger: Ledger) -> None:
    renamed = RenameGroup("t", "g", "Design", "Studio", "r")
    plans: tuple[tuple[Change, ...], ...] = (
        (ADA, CreateUser("2", "bob@x.org", {}, "r"), CreateGroup("g", "Design", (), "r")),
        (UpdateUser("u1", "1", "Ada@x.org", {}, {"role": "Admin"}, "r"), renamed),
        (DeactivateUser("u1", None, "Ada@x.org", "r"), DeactivateUser("u2", "2", "bob@x.org", "r")),
        (AddMembers("t", None, "Studio", (), "r"),),
        (CreateUser("1", "ada@x.org", {}, "r"),),
    )
    runs = [ledger.begin(HEAD, [as_draft(change) for change in plan]) for plan in plans]
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


def test_no_history_is_read_row_by_row(ledger: Ledger) -> None:
    """Whoever asks after some resources never pays for all that a ledger holds."""
    plan = ledger._connection.execute(f"EXPLAIN QUERY PLAN {_HISTORY}", {"ids": "[]"}).fetchall()
    scanned = [words for *_, words in plan if words.startswith("SCAN") and "json_each" not in words]
    assert set(scanned) <= {"SCAN named"}


def test_an_account_that_was_created_is_ours_even_where_the_change_failed(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft(kind="create_user"), a_draft("grace@x.org", kind="create_user")])
    ledger.record(run, [(0, Settlement.of(Outcome(ADA, "failed", id="u1")))])
    ledger.record(run, [(1, Settlement.of(Outcome(ADA, "failed")))])
    assert [link.id for link in ledger.links().users] == ["u1"]


def test_what_a_tenant_makes_of_a_change_is_noted_beside_the_link_and_in_the_chain(ledger: Ledger) -> None:
    team = CreateGroup("g", "Ops", (), "bound")
    kept, unseen = {"displayName": "ops"}, ("m1", "m2")
    run = ledger.begin(HEAD, [as_draft(ADA), as_draft(team)])
    created = Outcome(ADA, "failed", id="u1", kept={"userName": "P/ada@x.org", "name.givenName": "ADA"})
    ledger.record(run, [(0, Settlement.of(created))])
    ledger.record(run, [(1, Settlement.of(Outcome(team, "done", id="t1", kept=kept, unseen=unseen)))])
    user, group = ledger.links().users[0], ledger.links().groups[0]
    assert user.sent == {"name.givenName": "Ada"}
    assert user.kept == {"userName": ("ada@x.org", "P/ada@x.org"), "name.givenName": ("Ada", "ADA")}
    assert (group.kept, group.unseen, group.sent) == ({"displayName": ("Ops", "ops")}, frozenset(unseen), {})
    settled = [
        json.loads(row[0]) for row in ledger._connection.execute("SELECT content FROM events WHERE kind = 'settled'")
    ]
    assert [(event.get("kept"), event.get("unseen")) for event in settled] == [
        (created.kept, None),
        (kept, ["m1", "m2"]),
    ]
    assert ledger.prove().problems == ()


def test_notes_change_with_the_changes_that_are_done(ledger: Ledger) -> None:
    run = ledger.begin(HEAD, [a_draft()])
    outcomes = [
        Outcome(CreateGroup("g", "Ops", (), "bound"), "done", id="t1", unseen=("m1", "m2")),
        Outcome(RenameGroup("t1", "g", "Ops", "Ops 2", ""), "failed", id="t1", kept={"displayName": "no"}),
        Outcome(RenameGroup("t1", "g", "Ops", "Ops 3", ""), "done", id="t1", kept={"displayName": "ops 3"}),
        Outcome(AddMembers("t1", "g", "Ops", (), ""), "failed", id="t1", unseen=("m3",)),
        Outcome(RemoveMembers("t1", "g", "Ops", (), "", 3), "done", id="t1", unseen=("m1",)),
    ]
    for outcome in outcomes:
        ledger.record(run, [(0, Settlement.of(outcome))])
    assert ledger.links().groups == (
        Link("g", "t1", "Ops 3", kept={"displayName": ("Ops 3", "ops 3")}, unseen=frozenset({"m2", "m3"})),
    )


def test_the_accounts_a_run_took_over_are_remembered_with_it(ledger: Ledger) -> None:
    adoption = TakeOver("u1", "1", "ada@x.org", replaces="u0")
    run = ledger.begin(HEAD, [a_draft()], [adoption])
    other = ledger.begin(HEAD, [a_draft()])
    assert (ledger.adoptions(run), ledger.adoptions(other)) == ((adoption,), ())


def test_adoptions_are_links(ledger: Ledger) -> None:
    ledger.begin(HEAD, [], [TakeOver("u1", "1", "ada@x.org")])
    ledger.begin(HEAD, [], [TakeOver("u2", "2", "grace@x.org")])
    assert ledger.links() == Links((Link("1", "u1", "ada@x.org"), Link("2", "u2", "grace@x.org")))


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
def test_a_ledger_belongs_to_one_tenant(path: Path) -> None:
    with pytest.raises(LedgerError, match=r"belongs to https://heap\.example/scim/v2/1, not to https://other"):
        open_ledger(path, "https://other/scim/v2/2")


def test_what_was_recorded_is_there_after_closing(ledger: Ledger, path: Path) -> None:
    run = ledger.begin(HEAD, [a_draft()])
    ledger.close()
    again = open_ledger(path, TENANT)
    assert [operation.subject for operation in again.operations(run)] == ["ada@x.org"]
    again.close()


def test_two_runs_of_one_second_have_names_of_their_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["0a0a", "0a0a", "0b0b"])
    monkeypatch.setattr("heapscim.ledger.sqlite.store.token_hex", lambda _bytes: next(drawn))
    ledger = open_ledger(path, TENANT, lambda: 1_700_000_000.0)
    first, second = ledger.begin(HEAD, [a_draft()]), ledger.begin(HEAD, [a_draft()])
    ledger.close()
    assert (first, second) == ("20231114-221320-0a0a", "20231114-221320-0b0b")


def test_a_ledger_that_is_moved_away_takes_no_entries_until_it_is_back(ledger: Ledger, path: Path) -> None:
    run, elsewhere = ledger.begin(HEAD, [a_draft()]), path.with_name("moved.sqlite3")
    path.rename(elsewhere)
    with pytest.raises(LedgerError, match="was moved, deleted or replaced while it was in use"):
        ledger.record(run, [(0, None)])
    elsewhere.rename(path)
    ledger.record(run, [(0, None)])
    assert ledger.prove().problems == ()


def test_a_ledger_that_another_file_replaces_takes_no_more_entries(ledger: Ledger, path: Path) -> None:
    path.unlink()
    path.touch(mode=0o600)
    with pytest.raises(LedgerError, match="was moved, deleted or replaced while it was in use"):
        ledger.begin(HEAD, [a_draft()])


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("UPDATE runs SET allowances = 'x'", lambda ledger, _: ledger.runs()),
        ("UPDATE operations SET change = 'x'", lambda ledger, run: ledger.recorded(run)),
        ("UPDATE operations SET change = '{}'", lambda ledger, run: ledger.recorded(run)),
        ("UPDATE links SET sent = 'x'", lambda ledger, _: ledger.links()),
    ],
)
def test_rows_that_cannot_be_read_back_are_damage(
    ledger: Ledger, statement: str, read: Callable[[Ledger, str], object]
) -> None:
    run = ledger.begin_run(plan_of(desired_of(a_snapshot([a_person("ada")])), in_heap()), CONTEXT)
    ledger.record(run, [(0, Settlement.of(Outcome(ADA, "done", id="u1")))])
    ledger._connection.execute(statement)
    with pytest.raises(LedgerError, match=r"is damaged: .*\."):
        read(ledger, run)


def test_names_that_cannot_be_kept_stop_nobody_and_lose_no_names(ledger: Ledger) -> None:
    ledger.remember_names(in_heap([an_account("1", "ada@x.org")]), groups=True)
    ledger._connection.execute("PRAGMA query_only = ON")
    ledger.remember_names(in_heap([an_account("2", "grace@x.org")]), groups=True)
    assert ledger._connection.execute("SELECT type, name, id FROM names").fetchall() == [("user", "ada@x.org", "1")]
    with pytest.raises(LedgerError, match="can't be used"):
        ledger.begin(HEAD, [a_draft()])


def test_a_change_that_was_sent_again_knows_both_moments(ledger: Ledger) -> None:
    plan = plan_of(desired_of(a_snapshot([a_person("ada"), a_person("grace")])), in_heap())
    run = ledger.begin_run(plan, CONTEXT)
    ledger.record(run, [(0, None), (1, None)])
    ledger.record(run, [(0, None)])
    first, second = ledger.unsettled()[run]
    assert (first.first_sent, first.last_sent) == (1_700_000_002.0, 1_700_000_003.0)
    assert (second.first_sent, second.last_sent) == (1_700_000_002.0, 1_700_000_002.0)


def test_links_after_settlements_are_told_and_not_kept(ledger: Ledger) -> None:
    ledger.begin(HEAD, (), [TakeOver("H1", "1", "ada@x.org")])
    before = ledger.links()
    grace = CreateUser("1", "grace@x.org", {}, "new", replaces="H1")
    after = ledger.links_after([Settlement("failed", id="H2", change=grace), Settlement("not_attempted", change=ADA)])
    assert [(link.external_id, link.id) for link in after.users] == [("1 (replaced H1)", "H1"), ("1", "H2")]
    assert ledger.links() == before


def test_what_was_read_is_known_by_id_from_the_moment_it_was_first_read(ledger: Ledger) -> None:
    later = 2_000_000_000.0
    assert ledger.known_ids("user", before=later) == frozenset()
    ledger.remember_names(in_heap([an_account("1"), an_account("2")], [a_team("t")]), groups=True)
    (first,) = ledger._connection.execute("SELECT max(seen) FROM names").fetchone()
    ledger.remember_names(in_heap([an_account("2"), an_account("3")]), groups=False)
    assert ledger.known_ids("user", before=first) == frozenset("2")
    assert ledger.known_ids("user", before=later) == frozenset("23")
    assert ledger.known_ids("group", before=first) == frozenset("t")
