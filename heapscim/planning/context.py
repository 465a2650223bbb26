"""Gathers everything that a planning stage may look at, with what several stages derive from it.

Who is who is decided before (`matching`); the stages after it read this value and decide what must change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from heapscim.model.changes import Deactivation, Deprovision, MemberRef
from heapscim.model.desired import DesiredState, Skip
from heapscim.model.state import CurrentState, CurrentUser, Link, Links, holders_of, match_key
from heapscim.planning.departures import NO_GRACE, Grace
from heapscim.planning.fresh_links import FreshLinks
from heapscim.planning.matching import Pairing


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Holds what the profile and the command line say about planning."""

    tenant: str
    command: str = "sync"
    deprovision: Deprovision = "deactivate"
    replace_renamed: bool = False
    """Whether a changed userName becomes a new account and the old one is deactivated (article row 5)."""
    only: str | None = None
    """A userName or Heap id; restricts the plan to that person."""
    unreadable: frozenset[str] = frozenset()
    """Attributes that the tenant takes and doesn't show; compared with what was last sent."""
    admin_role: str = "Admin"
    another_directory: bool = False
    """Whether the directory isn't the profile's: a person whom it doesn't hold may never have been in it."""
    deactivation: Deactivation = "auto"
    fresh: FreshLinks = FreshLinks()
    """What became managed at the beginning of this run, only because it looks like what an earlier run created."""
    grace: Grace = NO_GRACE
    """How long the removal of a person who left waits."""


@dataclass(frozen=True)
class PlanningContext:
    """Holds both sides, the links between them, who is who, and the options."""

    desired: DesiredState
    current: CurrentState
    links: Links
    """The links that the directory decides about."""
    pairing: Pairing
    options: PlanOptions
    by_hand: Links = Links()
    """The links that are managed by hand."""

    @cached_property
    def account_of(self) -> Mapping[str, str]:
        """Maps external ids to Heap ids, for each person in scope who has an account (in a conflict or unread, too)."""
        held = self.pairing.held_users
        known = {
            link.external_id: link.id
            for link in self.links.users
            if link.id in self.current.users_by_id or link.external_id in held
        }
        known.update((found.desired.external_id, found.current.id) for found in self.pairing.users)
        for external_id, account in self.replacements.items():
            if account is not None:
                known[external_id] = account.id
            else:  # a person whose account is replaced by a new one has none until that one is created
                known.pop(external_id, None)
        return known

    @cached_property
    def user_names(self) -> Mapping[str, str]:
        """Maps the external id of each person in scope to the userName."""
        return {user.external_id: user.user_name for user in self.desired.users}

    @cached_property
    def with_account(self) -> frozenset[str]:
        """Returns the external ids of the people in scope who have an account or get one by this plan."""
        created = (user.external_id for user in self.pairing.missing_users)
        return _less(frozenset(self.account_of).union(created, self.replacements), self.pairing.held_users)

    @cached_property
    def replacements(self) -> Mapping[str, CurrentUser | None]:
        """Maps the external id of each person whose account is replaced to the account that takes its place.

        None stands for an account that is still to be created. A managed account, or one of several of the same name,
        never takes another's place.
        """
        if not self.options.replace_renamed:
            return {}
        found: dict[str, CurrentUser | None] = {}
        for renamed in self.pairing.renamed:
            match self.current.users_by_key.get(renamed.desired.match_key, ()):
                case ():
                    found[renamed.desired.external_id] = None
                case (only,) if only.id not in self.managed_user_ids:
                    found[renamed.desired.external_id] = only
                case _:
                    pass
        return found

    @cached_property
    def managed_user_ids(self) -> frozenset[str]:
        """Returns the Heap ids of linked or matched accounts."""
        return frozenset(self.links.users_by_id).union(found.current.id for found in self.pairing.users)

    @cached_property
    def our_user_ids(self) -> frozenset[str]:
        """Returns the Heap ids of accounts that a plan may change: managed or standing in, undisputed and readable."""
        standing_in = {account.id for account in self.replacements.values() if account is not None}
        unread = {found.id for found in self.current.broken_of("user") if found.id is not None}
        ours = self.managed_user_ids | standing_in if standing_in else self.managed_user_ids
        return _less(ours, self.pairing.disputed_users | unread)

    @cached_property
    def user_ids_by_hand(self) -> frozenset[str]:
        """Returns the Heap ids of accounts that are managed by hand and can't belong to a person in scope."""
        return frozenset(self.by_hand.users_by_id) - self.our_user_ids - self.pairing.disputed_users

    @cached_property
    def refused_by_hand(self) -> Mapping[str, Skip]:
        """Maps the Heap id of each active account that is managed by hand and must not exist to the person it is of."""
        refusals = {match_key(skip.user_name): skip for skip in self.desired.skips if skip.is_refused}
        users = [self.current.users_by_id[id] for id in sorted(self.user_ids_by_hand & self.current.active_user_ids)]
        return {user.id: refusals[user.match_key] for user in users if user.match_key in refusals}

    @cached_property
    def group_ids_by_hand(self) -> frozenset[str]:
        """Returns the Heap ids of groups that are managed by hand and that the directory doesn't bind."""
        return frozenset(self.by_hand.groups_by_id) - self.managed_group_ids - self.pairing.disputed_groups

    @cached_property
    def managed_group_ids(self) -> frozenset[str]:
        """Returns the Heap ids of linked or matched groups."""
        return frozenset(self.links.groups_by_id) | {found.current.id for found in self.pairing.groups}

    @cached_property
    def abandoned_groups(self) -> Mapping[str, Link]:
        """Maps the Heap ids of managed groups that the directory no longer binds or holds to their links.

        A group that was taken over for another group of the directory isn't among them.
        """
        if self.desired.groups is None:
            return {}
        wanted = {group.external_id for group in self.desired.groups}
        taken = {found.current.id for found in self.pairing.groups} | self.pairing.disputed_groups
        return {
            link.id: link
            for link in self.links.groups
            if link.external_id not in wanted and link.id not in taken and link.id in self.current.groups_by_id
        }

    @cached_property
    def managed_groups_of(self) -> Mapping[str, tuple[str, ...]]:
        """Maps the Heap id of each member to the Heap ids of the linked groups that hold them now."""
        return holders_of(group for group in self.current.groups if group.id in self.links.groups_by_id)

    @cached_property
    def external_id_of(self) -> Mapping[str, str]:
        """Maps the Heap ids of linked, matched and standing-in accounts to external ids."""
        linked = {link.id: link.external_id for link in self.links.users}
        paired = {found.current.id: found.desired.external_id for found in self.pairing.users}
        standing_in = {account.id: external_id for external_id, account in self.replacements.items() if account}
        return linked | paired | standing_in

    def member_ref(self, id: str) -> MemberRef:
        """Names an account as a member of a group."""
        user = self.current.users_by_id.get(id)
        return MemberRef(user.user_name if user else id, id, self.external_id_of.get(id))


def _less(ids: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Returns a set without others: the same set, if it has none of them."""
    return ids if ids.isdisjoint(others) else ids - others
