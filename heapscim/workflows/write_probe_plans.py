"""Names the throw-away accounts and group of a write probe, and carries its plans out (rule 1)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from heapscim.errors import RequestError, Unauthenticated, Unsafe, UsageError
from heapscim.ledger.protocol import Ledger
from heapscim.model.changes import (
    Change,
    CreateGroup,
    CreateUser,
    DeactivateUser,
    DeleteGroup,
    DeleteUser,
    ReleaseUser,
    subject,
)
from heapscim.model.outcomes import Outcome
from heapscim.model.plan import Baseline, Plan, in_order
from heapscim.model.state import CurrentState, Link
from heapscim.output.envelope import Work
from heapscim.planning.guards import Allowances
from heapscim.planning.impact import impact_of
from heapscim.workflows.recover import resolve_cut_off
from heapscim.workflows.session import Session

COMMAND = "doctor"
MARK = "heapscim-probe:"
"""How the external ids of throw-away accounts and groups begin: by it, the next run finds what is left of them."""
REASON = "a probe of this tenant"
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_ALLOWED = Allowances(removals=9, updates=9, member_removals=9, group_deletions=9)
"""A probe removes only what it has made, which is never more than this."""


class Interrupted(Exception):
    """Says that the run of a plan was told to stop."""


@dataclass(frozen=True, slots=True)
class Names:
    """Holds the names of what a probe makes."""

    first: str
    second: str
    group: str

    @property
    def all(self) -> frozenset[str]:
        """Returns all of them."""
        return frozenset({self.first, self.second, self.group, self.renamed})

    @property
    def renamed(self) -> str:
        """Returns the name that the group gets."""
        return f"{self.group} renamed"


def names_of(address: str) -> Names:
    """Returns the names for an address; raises UsageError for what isn't one."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"{address!r} isn't an e-mail address.", hint="--probe-address takes one, without a name.")
    local, _, domain = address.rpartition("@")
    second = f"{local}-2@{domain}" if "+" in local else f"{local}+2@{domain}"
    return Names(address, second, f"heapscim probe {address}")


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Holds what probes have made and what is still there, as far as the ledger knows."""

    users: tuple[Link, ...] = ()
    groups: tuple[Link, ...] = ()
    in_doubt: tuple[str, ...] = ()
    """Names whose creation was sent, and of which nobody knows yet whether they were made."""

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the names of them all."""
        return tuple(dict.fromkeys((*(link.name for link in (*self.users, *self.groups)), *self.in_doubt)))

    def __bool__(self) -> bool:
        return bool(self.users or self.groups or self.in_doubt)


def leftovers_in(ledger: Ledger) -> Leftovers:
    """Returns what is left of probes, by the links and the creates in doubt of a ledger."""
    links = ledger.links()
    in_doubt = [entry.change for entries in ledger.in_doubt().values() for entry in entries]
    creates = [change for change in in_doubt if isinstance(change, CreateUser | CreateGroup)]
    return Leftovers(
        tuple(link for link in links.users if link.external_id.startswith(MARK)),
        tuple(link for link in links.groups if link.external_id.startswith(MARK)),
        tuple(subject(change) for change in creates if str(change.external_id).startswith(MARK)),
    )


@dataclass
class Plans:
    """Carries out the plans of one probe."""

    session: Session
    before: CurrentState
    """Heap before the probe: the guards' baseline."""
    work: list[Work] = field(default_factory=list)
    """Every plan so far with its run."""
    used: frozenset[str] = frozenset()
    """Names that were free when this probe began, and that it uses."""

    async def run(self, *changes: Change) -> Sequence[Outcome]:
        """Carries changes out as one plan; returns their outcomes in the order of an apply.

        Raises Unsafe where a guard refuses the plan, and Interrupted.
        """
        session, active = self.session, self.before.active_user_ids
        plan = Plan(
            tenant=session.profile.base_url,
            command=COMMAND,
            changes=in_order(changes),
            impact=impact_of(changes, self.before),
            populations=Baseline(len(active), len(active), managed_groups=len(self.before.groups)),
        )
        if violations := session.check_guards(plan, _ALLOWED):
            raise Unsafe(violations[0].message, hint=violations[0].hint)
        result = await session.execute(plan, Allowances())
        self.work.append(Work(plan, (), result))
        if result.interrupted:
            raise Interrupted
        return result.outcomes

    async def one(self, change: Change) -> Outcome:
        """Carries one change out."""
        return (await self.run(change))[0]

    @property
    def left(self) -> Leftovers:
        """Returns what this probe and earlier ones have left, as far as is known by now."""
        return leftovers_in(self.session.ledger)

    async def clean_up(self) -> tuple[str, ...]:
        """Removes everything that probes have made; returns a sentence about each thing that stays."""
        await resolve_cut_off(self.session)
        stay: list[str] = []
        changes = self._linked()
        try:
            changes += await self._unlinked({change.id for change in changes})
        except Unauthenticated:
            raise
        except RequestError as error:
            stay.append(f"Whether something else is left of the probe can't be seen: {error.message}")
        ending: list[DeactivateUser] = []
        for outcome in await self.run(*changes) if changes else ():
            change = outcome.change
            if outcome.status == "done":
                stay += [f"{subject(change)} (id {outcome.id}): {outcome.message}"] if outcome.message else []
            elif isinstance(change, DeleteUser):
                ending.append(DeactivateUser(change.id, change.external_id, change.user_name, REASON))
            else:
                stay.append(f"The group {subject(change)} is still there: {outcome.message}")
        stay += await self._end(ending) if ending else ()
        await resolve_cut_off(self.session)
        stay += [f"{name} may still be created: its request got no answer." for name in self.left.in_doubt]
        return tuple(stay)

    async def _end(self, changes: Sequence[DeactivateUser]) -> Sequence[str]:
        """Deactivates accounts that can't be deleted; returns a sentence about each one that is still there."""
        stay: list[str] = []
        for outcome in await self.run(*changes):
            name, change = subject(outcome.change), outcome.change
            if isinstance(change, DeactivateUser) and await self.session.tenant.get_user(change.id) is None:
                if change.external_id is not None:  # it is gone: nothing is left to be managed
                    await self.one(ReleaseUser(change.id, change.external_id, name, REASON))
                continue
            state = "is deactivated and can't be deleted over SCIM" if outcome.status == "done" else "is still active"
            stay.append(f"The account {name} {state}: delete it in Heap itself.")
        return stay

    def _linked(self) -> list[DeleteUser | DeleteGroup]:
        """Returns the removal of everything that the ledger knows."""
        left = self.left
        groups = [DeleteGroup(link.id, link.external_id, link.name, (), REASON, by_hand=True) for link in left.groups]
        users = [DeleteUser(link.id, link.external_id, link.name, {}, REASON, by_hand=True) for link in left.users]
        return [*groups, *users]

    async def _unlinked(self, known: Collection[str]) -> list[DeleteUser | DeleteGroup]:
        """Returns the removal of what has a name of a probe and isn't linked, since a lost answer hid its id.

        Each of these names was free when the probe began that uses it.
        """
        tenant, names = self.session.tenant, {*self.left.names, *self.used}
        if not names:
            return []
        users = await tenant.look_up_users(names=names)
        groups = await tenant.look_up_groups(names=names) if self.session.profile.manage_groups else ()
        return [
            *(DeleteGroup(one.id, None, one.name, (), REASON) for one in groups if one.id not in known),
            *(DeleteUser(one.id, None, one.user_name, {}, REASON) for one in users if one.id not in known),
        ]
