"""What hangs on people plus memberships walks through the links a fixed number of times, however many are asked for."""

import asyncio
from collections.abc import Sequence

import pytest

from heapscim.execution.in_doubt import ResolveContext, resolve
from heapscim.execution.resume import remaining
from heapscim.execution.verification import Verifier
from heapscim.model.changes import (
    AddMembers,
    Change,
    CreateUser,
    DeactivateUser,
    MemberRef,
    ReleaseGroup,
    ReleaseUser,
    RemoveMembers,
)
from heapscim.model.outcomes import Recorded
from heapscim.model.plan import Baseline, Impact, Plan
from heapscim.model.state import CurrentState, Link, Links
from heapscim.planning.changed_back import Ground, concerned, held_against
from heapscim.planning.context import PlanOptions
from heapscim.planning.review.review import ReviewContext, review
from heapscim.planning.review.values import PastRun, Period
from heapscim.undo.context import UndoOptions
from heapscim.undo.planner import plan_back
from heapscim.workflows.manual_change import HeapIndex
from tests.builders import PROVEN, TENANT, a_team, an_account
from tests.fakes.journals import Naps
from tests.fakes.memory_tenant import a_tenant
from tests.fakes.walks import Walked

MANY = 60
IDS = [str(number) for number in range(MANY)]
WALKS = 12
"""Far fewer than MANY, and more than anybody needs."""


def everybody() -> tuple[CurrentState, Links]:
    """Accounts in a team each, and nothing linked to any of them but to others."""
    users, groups = Walked(map(an_account, IDS)), Walked(a_team(f"t{id}", id) for id in IDS)
    strangers = (
        Walked(Link(f"p{id}", f"x{id}", f"p{id}") for id in IDS),
        Walked(Link(f"g{id}", f"y{id}", "") for id in IDS),
    )
    return CurrentState(users, groups, PROVEN, PROVEN), Links(*strangers)


def walks(*rows: Sequence[object]) -> int:
    return max(row.walks for row in rows if isinstance(row, Walked))


def recorded(changes: Sequence[Change]) -> list[Recorded]:
    return [Recorded(seq, change, "done", getattr(change, "id", None)) for seq, change in enumerate(changes)]


@pytest.mark.parametrize(
    "changes",
    [
        [ReleaseUser(id, f"q{id}", f"{id}@x.org", "r") for id in IDS],
        [ReleaseGroup(f"t{id}", f"h{id}", f"T{id}", "r") for id in IDS],
        [Recorded(0, CreateUser(f"q{id}", f"{id}@x.org", {}, "r"), "done", id) for id in IDS],
    ],
    ids=["people released", "groups released", "people made"],
)
def test_an_undo(changes: list[Change | Recorded]) -> None:
    current, tied = everybody()
    entries = [entry if isinstance(entry, Recorded) else recorded([entry])[0] for entry in changes]
    options = UndoOptions("run-1", PlanOptions(TENANT, "undo run-1", deprovision="delete"))
    plan = plan_back(entries, current, tied, options)
    assert len(plan.changes) + len(plan.adoptions) == MANY
    assert walks(tied.users, tied.groups, current.users, current.groups) <= WALKS


def test_a_resume_and_what_it_settles_first() -> None:
    current, tied = everybody()
    adding = [AddMembers(f"t{id}", f"h{id}", f"T{id}", (MemberRef("p", None, f"p{id}"),), "r") for id in IDS]
    rest = remaining([Recorded(0, change, "planned", None) for change in adding], current, tied)
    assert [change.members[0].id for change in rest.changes if isinstance(change, AddMembers)] == [
        f"x{id}" for id in IDS
    ]
    verifier = Verifier(a_tenant(), unreadable=frozenset(), timing=Naps().timing)
    sight = ResolveContext(a_tenant(), verifier, tied, now=0.0, arrival=60.0)
    making: list[Change] = [CreateUser(f"p{id}", f"{id}@x.org", {}, "new") for id in IDS]
    asyncio.run(resolve([Recorded(0, change, "sent", None) for change in [*making, *adding]], sight))
    assert walks(tied.users, tied.groups, current.users, current.groups) <= WALKS


def test_what_was_changed_back() -> None:
    """A history is walked through once, and so is what a plan would do, however many of them others undo."""
    members = tuple(MemberRef(f"{id}@x.org", id, f"p{id}") for id in IDS)
    changes: Walked[Change] = Walked(
        [
            *(DeactivateUser(id, f"p{id}", f"{id}@x.org", "r") for id in IDS),
            RemoveMembers("t", "g", "T", members, "r", MANY),
        ]
    )
    tied = Links(Walked(Link(f"p{id}", id, f"p{id}") for id in IDS), Walked([Link("g", "t", "T")]))
    current = CurrentState(Walked(map(an_account, IDS)), Walked([a_team("t", *IDS)]), PROVEN, PROVEN)
    plan = Plan(TENANT, "sync", changes, Impact(0, 0, {}, {}), Baseline(MANY, MANY))
    assert len(concerned(plan, tied)) == MANY + 1
    history = Walked([("run", entry) for _ in range(2) for entry in recorded(changes)])
    held = held_against(plan, history, Ground(current, tied, PlanOptions(TENANT)))
    assert (held.changes, len(held.withheld)) == ((), MANY + 1)
    assert walks(changes, history, tied.users, tied.groups, current.users, current.groups) <= WALKS


def test_who_is_named_by_hand() -> None:
    current, tied = everybody()
    scene = HeapIndex(current, tied)
    names = [*IDS, *(f"{id}@X.org" for id in IDS)]
    assert scene.members(names) == tuple(MemberRef(f"{id}@x.org", id, None) for id in IDS)
    assert [scene.group(f"t{id}").id for id in IDS] == [f"t{id}" for id in IDS]
    assert tied.external_id_of_user("x7") == "p7"
    assert [scene.id_for_user(f"p{id}") for id in IDS] == [f"p{id} (by hand)" for id in IDS]
    assert walks(tied.users, tied.groups, current.users, current.groups) <= WALKS


def test_a_review() -> None:
    current, tied = everybody()
    joining = {id: AddMembers(f"t{id}", f"h{id}", f"T{id}", (MemberRef("p", id, f"p{id}"),), "r") for id in IDS}
    runs = [PastRun(f"run-{id}", float(id), "kim", tuple(recorded([change]))) for id, change in joining.items()]
    found = review(ReviewContext(current, tied, runs), Period(0.0, 100.0), now=100.0)
    assert {one.id: one.memberships[0].since.run for one in found.people} == {id: f"run-{id}" for id in IDS}
    assert walks(tied.users, tied.groups, current.users, current.groups) <= WALKS
