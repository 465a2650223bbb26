"""Runs as a sync writes them."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from heapscim.ledger.entries import OperationDraft, RunContext, RunHead, Settlement
from heapscim.ledger.sqlite.store import Ledger
from heapscim.model.changes import Change, CreateUser, subject
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import TakeOver

DAY = 86_400.0
HEAD = RunHead("sync", "people.csv", "f00d", RunContext("ada", "desk", 42, {"removals": 40}))


def do(ledger: Ledger, *changes: Change, adoptions: Iterable[TakeOver] = ()) -> str:
    """A run that carries changes out; what it creates is given ids after the names."""
    run = ledger.begin(HEAD, [draft_of(change) for change in changes], adoptions)
    for seq, change in enumerate(changes):
        ledger.record(run, [(seq, None)])
        id = getattr(change, "id", None) or f"id of {subject(change)}"
        ledger.record(run, [(seq, Settlement.of(Outcome(change, "done", id=id)))])
    ledger.end_run(run, "done")
    return run


def draft_of(change: Change) -> OperationDraft:
    return OperationDraft(change.kind, subject(change), change.reason, json.dumps(asdict(change)))


def create(name: str, external_id: str | None = None, *, replaces: str | None = None) -> CreateUser:
    return CreateUser(external_id or name, name, {"name.givenName": "Zoë"}, "new in people.csv", replaces)
