"""Plans a sync: from who is who to what must change, with the reason for each change.

It touches only what is managed: an account or group that neither a link nor a match ties to the directory is reported
and left alone. A removal without a proof is withheld. Linear in people plus memberships.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from heapscim.model.desired import DesiredState
from heapscim.model.plan import ByHand, Impact, Plan, Unmanaged, in_order
from heapscim.model.state import CurrentState, Links, match_key
from heapscim.planning import email_addresses, group_changes, new_ledger, user_changes
from heapscim.planning.as_sent import as_asked, as_last_sent
from heapscim.planning.context import PlanningContext, PlanOptions
from heapscim.planning.departures import defer
from heapscim.planning.fresh_links import withhold_fresh
from heapscim.planning.impact import admin_notices, baseline_of, impact_of, strange_roles
from heapscim.planning.matching import pair
from heapscim.planning.namesakes import lookalikes
from heapscim.planning.narrowing import only_about
from heapscim.planning.reversibility import shortcomings
from heapscim.planning.withholding import Proofs, doubts, withhold_unproven


def plan(desired: DesiredState, current: CurrentState, links: Links, options: PlanOptions) -> Plan:
    """Plans one sync. The order of people, groups, accounts and links never matters."""
    seen = as_last_sent(as_asked(current, links, desired), links, options.unreadable)
    only = None if options.only is None else _as_asked(options.only, current, seen)
    ours = links.for_the_directory
    context = PlanningContext(desired, seen, ours, pair(desired, seen, ours), options, links.made_by_hand)
    proofs = Proofs.of(desired, seen)
    made = _everything(context, proofs)
    if only is not None:
        made = only_about(made, only)
    # What a plan comes to is counted last: a plan for one person comes to less.
    return replace(
        _sorted(made),
        impact=impact_of(made.changes, seen),
        shortcomings=shortcomings(made.changes, options),
        notices=(
            *made.notices,
            *doubts(proofs, made.changes),
            *strange_roles(made.changes, seen, options.admin_role),
            *admin_notices(made.changes, options.admin_role),
        ),
    )


def _as_asked(name: str, current: CurrentState, seen: CurrentState) -> str:
    """Returns the userName that the plan knows a person by; a tenant may show another, and ``--only`` takes both."""
    pairs = zip(current.users, seen.users, strict=True)
    return next((one.user_name for user, one in pairs if user is not one and user.match_key == match_key(name)), name)


def _everything(context: PlanningContext, proofs: Proofs) -> Plan:
    desired, current, options = context.desired, context.current, context.options
    users = user_changes.decide(context)
    groups = group_changes.decide(context)
    proven, unproven = withhold_unproven((*users.changes, *groups.changes), proofs)
    sure, fresh = withhold_fresh(proven, options.fresh)
    refused = {skip.external_id for skip in desired.skips if skip.is_refused}
    changes, deferred = defer(sure, options.grace, no_leavers=refused.union(context.user_names))
    return Plan(
        tenant=options.tenant,
        command=options.command,
        source=desired.source,
        changes=in_order(changes),
        adoptions=users.taken_over,
        conflicts=(*context.pairing.conflicts, *users.conflicts),
        skips=desired.skips,
        unmanaged=tuple(_unmanaged(context)),
        by_hand=tuple(_by_hand(context)),
        covered=groups.covered,
        withheld=(*unproven, *fresh),
        deferred=deferred,
        broken=current.broken,
        notices=(
            *desired.notices,
            *groups.notices,
            *email_addresses.advice(desired.users, current, desired.source),
            *lookalikes(context.pairing.missing_users, context.pairing.missing_groups, current),
            *new_ledger.notices(context),
        ),
        impact=Impact(0, 0, {}, {}),
        populations=baseline_of(desired, current, context.links),
    )


def _unmanaged(context: PlanningContext) -> Iterator[Unmanaged]:
    users = context.our_user_ids | context.pairing.disputed_users | context.user_ids_by_hand
    groups = context.managed_group_ids | context.pairing.disputed_groups | context.group_ids_by_hand
    for user in context.current.users:
        if user.id not in users:
            yield Unmanaged("user", user.id, user.user_name, user.active)
    for group in context.current.groups if context.desired.groups is not None else ():
        if group.id not in groups:
            yield Unmanaged("group", group.id, group.name)


def _by_hand(context: PlanningContext) -> Iterator[ByHand]:
    for user in context.current.users:
        if user.id in context.user_ids_by_hand and user.id not in context.refused_by_hand:
            yield ByHand("user", user.id, user.user_name, user.active)
    for group in context.current.groups if context.desired.groups is not None else ():
        if group.id in context.group_ids_by_hand:
            yield ByHand("group", group.id, group.name)


def _sorted(made: Plan) -> Plan:
    """Sorts everything that isn't a change, so that input order never shows."""
    return replace(
        made,
        adoptions=tuple(sorted(made.adoptions, key=lambda found: (found.user_name, found.id))),
        conflicts=tuple(sorted(made.conflicts, key=lambda found: (found.kind, found.name, found.message))),
        skips=tuple(sorted(made.skips, key=lambda found: (found.user_name, found.external_id))),
        unmanaged=tuple(sorted(made.unmanaged, key=lambda found: (found.type, found.name, found.id))),
        by_hand=tuple(sorted(made.by_hand, key=lambda found: (found.type, found.name, found.id))),
        deferred=tuple(sorted(made.deferred, key=lambda found: (found.due, found.change.user_name, found.change.id))),
        covered=tuple(sorted(made.covered, key=lambda found: (found.user_name, found.lost))),
        broken=tuple(
            sorted(made.broken, key=lambda found: (found.type, found.name or "", found.id or "", found.message))
        ),
    )
