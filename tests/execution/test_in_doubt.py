"""What became of changes that nobody recorded, as a look tells."""

import asyncio

from heapscim.execution.in_doubt import ResolveContext, resolve
from heapscim.execution.verification import Verifier
from heapscim.model.changes import AddMembers, Change, CreateGroup, CreateUser, DeactivateUser, MemberRef
from heapscim.model.outcomes import Outcome, Recorded
from heapscim.model.state import Links
from tests.builders import a_team, an_account, links
from tests.fakes.journals import Naps
from tests.fakes.memory_tenant import MemoryTenant, a_tenant

CREATE = CreateUser("p1", "1@x.org", {"role": "Admin"}, "new")
DEACTIVATE = DeactivateUser("1", "p1", "1@x.org", "left")
SENT = 1_700_000_000.0
NOW = SENT + 3600
NOT_DONE = "Looked for after the run was cut off: it had not been carried out."


def settled(tenant: MemoryTenant, change: Change, tied: Links = Links(), *, id: str | None = None) -> Outcome:
    verifier = Verifier(tenant, unreadable=frozenset(), timing=Naps().timing)
    sight = ResolveContext(
        tenant, verifier, tied, now=NOW, arrival=60.0, known={"user": frozenset(), "group": frozenset()}
    )
    (outcome,) = asyncio.run(resolve([Recorded(0, change, "sent", id, SENT, SENT)], sight))
    return outcome


def test_what_is_so_was_done() -> None:
    assert settled(a_tenant(an_account("1", active=False)), DEACTIVATE) == Outcome(DEACTIVATE, "done", id="1")


def test_what_is_not_so_was_not_attempted() -> None:
    assert settled(a_tenant(an_account("1")), DEACTIVATE) == Outcome(DEACTIVATE, "not_attempted", message=NOT_DONE)
    assert settled(a_tenant(), CREATE) == Outcome(CREATE, "not_attempted", message=NOT_DONE)


def test_a_group_with_a_part_of_its_members_is_ours_and_not_all_that_was_asked_for() -> None:
    making = CreateGroup("g", "T", (MemberRef("1@x.org", "1", "p1"),), "bound")
    group = settled(a_tenant(an_account("1"), a_team("t", name="T")), making)
    assert (group.status, group.id, group.error_code) == ("failed", "t", "unchanged")


def test_what_was_made_is_looked_for_by_the_id_that_was_noted() -> None:
    namesakes = (an_account("1", role="Admin"), an_account("2", "1@x.org", role="Admin"))
    assert settled(a_tenant(*namesakes), CREATE, id="2") == Outcome(CREATE, "done", id="2")


def test_what_cannot_be_seen_now_stays_uncertain() -> None:
    outcome = settled(a_tenant(an_account("1"), faults={"get_user": ["refused"] * 9}), DEACTIVATE)
    assert (outcome.status, outcome.uncertain) == ("failed", True)


def test_members_whose_accounts_were_made_in_that_run_are_looked_for_by_their_ids() -> None:
    adding = AddMembers("t", "g", "T", (MemberRef("1@x.org", None, "p1"),), "joined")
    outcome = settled(a_tenant(an_account("1"), a_team("t", "1", name="T")), adding, links({"p1": "1"}))
    assert (outcome.status, outcome.id) == ("done", "t")
