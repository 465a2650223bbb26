"""Everything a planning stage may look at, gathered once, with the indexes they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from heapscim.model.changes import MemberRef
from heapscim.model.state import (
    CurrentGroup,
    CurrentState,
    CurrentUser,
    DesiredState,
    Link,
    Links,
    Skip,
    holders_of,
    match_key,
)
from heapscim.planning.fresh_links import FreshLinks
from heapscim.planning.matching import Pairing

Deprovision: TypeAlias = Literal["deactivate", "delete"]
Deactivation: TypeAlias = Literal["auto", "keeps", "removes"]


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the profile and the command line say about planning."""

    tenant: str
    command: str = "sync"
    deprovision: Deprovision = "deactivate"
    replace_renamed: bool = False
    """Whether a changed userName becomes a new account and the old one is deactivated (article row 5)."""
    only: str | None = None
    """A userName or Heap id; restricts the plan to that person."""
    unreadable: frozenset[str] = frozenset()
    """Attributes the tenant takes but doesn't show; compared with what was last sent."""
    admin_role: str = "Admin"
    another_directory: bool = False
    """Whether the directory is another one than the profile's: it may never have held whom it doesn't hold now."""
    deactivation: Deactivation = "auto"
    """Whether the tenant keeps an account that is deactivated; ``auto`` as long as that isn't known."""
    fresh: FreshLinks = FreshLinks()
    """What became ours at the beginning of this run, by a look alone."""


@dataclass(frozen=True)
class PlanningContext:
    """Both sides, what ties them together, and the options."""

    desired: DesiredState
    current: CurrentState
    links: Links
    """Those the directory decides about."""
    pairing: Pairing
    options: PlanOptions
    by_hand: Links = Links()
    """Those that are managed by hand."""

    @cached_property
    def users_by_id(self) -> Mapping[str, CurrentUser]:
        """Accounts by Heap id."""
        return {user.id: user for user in self.current.users}

    @cached_property
    def users_by_key(self) -> Mapping[str, tuple[CurrentUser, ...]]:
        """Accounts by folded userName."""
        found: defaultdict[str, tuple[CurrentUser, ...]] = defaultdict(tuple)
        for user in self.current.users:
            found[user.match_key] += (user,)
        return found

    @cached_property
    def groups_by_id(self) -> Mapping[str, CurrentGroup]:
        """Heap groups by Heap id."""
        return {group.id: group for group in self.current.groups}

    @cached_property
    def user_links(self) -> Mapping[str, Link]:
        """Links of users by external id."""
        return {link.external_id: link for link in self.links.users}

    @cached_property
    def group_links(self) -> Mapping[str, Link]:
        """Links of groups by external id."""
        return {link.external_id: link for link in self.links.groups}

    @cached_property
    def linked_groups(self) -> frozenset[str]:
        """External ids of groups that are or were managed."""
        return frozenset(link.external_id for link in self.links.groups)

    @cached_property
    def account_of(self) -> Mapping[str, str]:
        """External id → Heap id, of everybody in scope who has an account (also in a conflict, or unread)."""
        held = self.pairing.held_users
        linked = {
            link.external_id: link.id
            for link in self.links.users
            if link.id in self.users_by_id or link.external_id in held
        }
        paired = {found.desired.external_id: found.current.id for found in self.pairing.users}
        standing_in = {external_id: account.id for external_id, account in self.replacements.items() if account}
        known = linked | paired | standing_in
        return {external_id: id for external_id, id in known.items() if self.replacements.get(external_id, id)}

    @cached_property
    def with_account(self) -> frozenset[str]:
        """External ids of everybody in scope who has an account or is given one by this plan."""
        created = {user.external_id for user in self.pairing.missing_users}
        return (frozenset(self.account_of) | created | frozenset(self.replacements)) - self.pairing.held_users

    @cached_property
    def replacements(self) -> Mapping[str, CurrentUser | None]:
        """External id of each person whose account is to be replaced → the account that stands in, None for a new one.

        Nobody is replaced by an account that is managed already, or by one of several of the same name.
        """
        if not self.options.replace_renamed:
            return {}
        managed = self.managed_user_ids
        found: dict[str, CurrentUser | None] = {}
        for renamed in self.pairing.renamed:
            match self.users_by_key.get(renamed.desired.match_key, ()):
                case ():
                    found[renamed.desired.external_id] = None
                case (only,) if only.id not in managed:
                    found[renamed.desired.external_id] = only
                case _:
                    pass
        return found

    @cached_property
    def managed_user_ids(self) -> frozenset[str]:
        """Heap ids of linked or matched accounts."""
        return frozenset(link.id for link in self.links.users) | {found.current.id for found in self.pairing.users}

    @cached_property
    def our_user_ids(self) -> frozenset[str]:
        """Heap ids of accounts that are managed or stand in for one that is, undisputed and readable."""
        standing_in = {account.id for account in self.replacements.values() if account is not None}
        unread = {found.id for found in self.current.broken_of("user")}
        return (self.managed_user_ids | standing_in) - self.pairing.disputed_users - unread

    @cached_property
    def links_by_hand(self) -> frozenset[str]:
        """Heap ids of all accounts and groups that are managed by hand up to this plan."""
        return frozenset(link.id for link in (*self.by_hand.users, *self.by_hand.groups))

    @cached_property
    def user_ids_by_hand(self) -> frozenset[str]:
        """Heap ids of accounts that are managed by hand, and that nobody in scope has or may have."""
        linked = frozenset(link.id for link in self.by_hand.users) - self.our_user_ids
        return linked - self.pairing.disputed_users

    @cached_property
    def refused_by_hand(self) -> Mapping[str, Skip]:
        """Heap id of each active account that is managed by hand, and whose person is to have none → the person."""
        refusals = {match_key(skip.user_name): skip for skip in self.desired.skips if skip.is_refused}
        users = [self.users_by_id[id] for id in sorted(self.user_ids_by_hand) if id in self.users_by_id]
        return {user.id: refusals[user.match_key] for user in users if user.active and user.match_key in refusals}

    @cached_property
    def group_ids_by_hand(self) -> frozenset[str]:
        """Heap ids of groups that are managed by hand, and that the directory doesn't bind."""
        linked = frozenset(link.id for link in self.by_hand.groups) - self.managed_group_ids
        return linked - self.pairing.disputed_groups

    @cached_property
    def managed_group_ids(self) -> frozenset[str]:
        """Heap ids of linked or matched groups."""
        return frozenset(link.id for link in self.links.groups) | {found.current.id for found in self.pairing.groups}

    @cached_property
    def abandoned_groups(self) -> tuple[tuple[Link, CurrentGroup], ...]:
        """Managed groups that the directory no longer binds or holds, and that nobody took over."""
        if self.desired.groups is None:
            return ()
        wanted = {group.external_id for group in self.desired.groups}
        taken = {found.current.id for found in self.pairing.groups} | self.pairing.disputed_groups
        return tuple(
            (link, self.groups_by_id[link.id])
            for link in self.links.groups
            if link.external_id not in wanted and link.id not in taken and link.id in self.groups_by_id
        )

    @cached_property
    def abandoned_links(self) -> Mapping[str, Link]:
        """Heap id of each abandoned group → its link."""
        return {group.id: link for link, group in self.abandoned_groups}

    @cached_property
    def managed_groups_of(self) -> Mapping[str, tuple[str, ...]]:
        """Heap id of a user → Heap ids of the linked groups that hold them now."""
        return holders_of(self.groups_by_id[link.id] for link in self.links.groups if link.id in self.groups_by_id)

    @cached_property
    def groups_of(self) -> Mapping[str, tuple[str, ...]]:
        """Heap id of a user → Heap ids of all groups that hold them now."""
        return holders_of(self.current.groups)

    @cached_property
    def external_id_of(self) -> Mapping[str, str]:
        """Heap id → external id, of linked and matched accounts."""
        linked = {link.id: link.external_id for link in self.links.users}
        paired = {found.current.id: found.desired.external_id for found in self.pairing.users}
        standing_in = {account.id: external_id for external_id, account in self.replacements.items() if account}
        return linked | paired | standing_in

    @cached_property
    def group_external_id_of(self) -> Mapping[str, str]:
        """Heap id → external id, of linked groups."""
        return {link.id: link.external_id for link in self.links.groups}

    @cached_property
    def sent_unseen(self) -> Mapping[str, frozenset[str]]:
        """Heap id of a group → Heap ids of members that were sent, and that Heap didn't show afterwards."""
        return {link.id: link.unseen for link in self.links.groups if link.unseen}

    def member_ref(self, id: str) -> MemberRef:
        """Names an account as a member of a group."""
        user = self.users_by_id.get(id)
        return MemberRef(user.user_name if user else id, id, self.external_id_of.get(id))
