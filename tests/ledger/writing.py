"""Runs as a sync writes them."""

from collections.abc import Iterable

from heapscim.ledger.entries import OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.protocol import Ledger
from heapscim.model.changes import (
    Change,
    CreateGroup,
    CreateUser,
    DeleteGroup,
    DeleteUser,
    ReactivateUser,
    ReleaseUser,
    RenameGroup,
    TakeOverGroup,
    UpdateUser,
    subject,
)
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import TakeOver

DAY = 86_400.0
HEAD = RunHead("sync", "people.csv", "f00d", RunContext("ada", "desk", 42, {"removals": 40}))


def do(ledger: Ledger, *changes: Change, adoptions: Iterable[TakeOver] = ()) -> str:
    """A run that carries changes out; what it creates is given ids after the names."""
    run = ledger.begin(HEAD, [OperationDraft.of(change) for change in changes], adoptions)
    for seq, change in enumerate(changes):
        ledger.record(run, [(seq, None)])
        id = getattr(change, "id", None) or f"id of {subject(change)}"
        ledger.record(run, [(seq, Settlement.of(Outcome(change, "done", id=id)))])
    ledger.end_run(run, "done")
    return run


def create(name: str, external_id: str | None = None, *, replaces: str | None = None) -> CreateUser:
    return CreateUser(external_id or name, name, {"name.givenName": "Zoë"}, "new in people.csv", replaces)


def a_run(ledger: Ledger, *names: str, ends: bool = True) -> str:
    """A run that adds people to a directory and takes an account over; one that doesn't end leaves all in doubt."""
    drafts = [OperationDraft("add_person", name, "chosen", "{}") for name in names]
    run = ledger.begin(HEAD, drafts, [TakeOver("u9", "9", "kurt@x.org")])
    for seq, _ in enumerate(names):
        ledger.record(run, [(seq, None)])
        if ends:
            ledger.record(run, [(seq, Settlement("done", id=f"u{seq}", attempts=1, seconds=0.25))])
    if ends:
        ledger.end_run(run, "done")
    return run


def every_kind_of_link(ledger: Ledger) -> None:
    """Writes runs with a change of each kind that links or unlinks."""
    do(ledger, create("ada@x.org"), create("grace@x.org"), create("alan@x.org"), adoptions=[TakeOver("u9", "9", "k@x")])
    do(
        ledger,
        UpdateUser("id of ada@x.org", "ada@x.org", "ada@x.org", {"role": None}, {"role": "Admin"}, "role changed"),
        create("new@x.org", "grace@x.org", replaces="id of grace@x.org"),
        CreateGroup("lab", "Lab", (), "bound"),
        TakeOverGroup("g7", "den", "Den", "bound"),
    )
    back = ReactivateUser(
        "id of grace@x.org", "grace@x.org", "grace@x.org", {}, {"role": None}, "back", replaces="id of new@x.org"
    )
    do(
        ledger,
        back,
        RenameGroup("g7", "den", "Den", "Nest", "renamed"),
        DeleteGroup("id of Lab", "lab", "Lab", (), "deleted"),
        DeleteUser("id of alan@x.org", "alan@x.org", "alan@x.org", {}, "left"),
        ReleaseUser("u9", "9", "k@x", "undo"),
    )
