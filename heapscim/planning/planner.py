"""The planner: from who is who to what must change, with the reason for each change.

It touches only what is managed: an account or group that neither a link nor a match ties to the directory is reported
and left alone. A removal that nothing proves is withheld. Linear in people plus memberships.
"""

from __future__ import annotations

from dataclasses import replace

from heapscim.model.desired import DesiredState
from heapscim.model.plan import ByHand, Plan, Unmanaged, in_order
from heapscim.model.state import CurrentState, Links, match_key
from heapscim.planning import group_changes, new_ledger, user_changes
from heapscim.planning.as_sent import as_asked, as_last_sent
from heapscim.planning.context import PlanningContext, PlanOptions
from heapscim.planning.fresh_links import withhold_fresh
from heapscim.planning.impact import admin_notices, impact_of, populations_of
from heapscim.planning.lookalikes import lookalikes
from heapscim.planning.matching import pair
from heapscim.planning.narrowing import only_about
from heapscim.planning.reversibility import shortcomings
from heapscim.planning.withholding import Proofs, doubts, withhold_unproven


def plan(desired: DesiredState, current: CurrentState, links: Links, options: PlanOptions) -> Plan:
    """Plans one sync. The order of people, groups, accounts and links never matters."""
    seen = as_last_sent(as_asked(current, links, desired), links, options.unreadable)
    return _plan(desired, seen, links, replace(options, only=_as_asked(options.only, current, seen)))


def _as_asked(name: str | None, current: CurrentState, seen: CurrentState) -> str | None:
    """The userName that the plan knows somebody by whom the command line calls as the tenant does."""
    if name is None:
        return None
    pairs = zip(current.users, seen.users, strict=True)
    return next((one.user_name for user, one in pairs if user is not one and user.match_key == match_key(name)), name)


def _plan(desired: DesiredState, current: CurrentState, links: Links, options: PlanOptions) -> Plan:
    ours, by_hand = links.for_the_directory, links.made_by_hand
    context = PlanningContext(desired, current, ours, pair(desired, current, ours), options, by_hand)
    users = user_changes.decide(context)
    groups = group_changes.decide(context)
    proofs = Proofs(current, desired.completeness, desired.gone)
    proven, unproven = withhold_unproven((*users.changes, *groups.changes), proofs)
    changes, fresh = withhold_fresh(proven, options.fresh)
    made = Plan(
        tenant=options.tenant,
        command=options.command,
        source=desired.source,
        changes=in_order(changes),
        adoptions=users.adoptions,
        conflicts=(*context.pairing.conflicts, *users.conflicts),
        skips=desired.skips,
        unmanaged=_unmanaged(context),
        by_hand=_by_hand(context),
        covered=groups.covered,
        withheld=(*unproven, *fresh),
        broken=current.broken,
        notices=(
            *desired.notices,
            *groups.notices,
            *lookalikes(context.pairing, current),
            *new_ledger.notices(context),
        ),
        impact=impact_of((), current),
        populations=populations_of(desired, current, ours),
    )
    if options.only is not None:
        made = only_about(made, options.only)
    return replace(
        _sorted(made),
        impact=impact_of(made.changes, current),
        shortcomings=shortcomings(made.changes, options),
        notices=(*made.notices, *doubts(proofs, made.changes), *admin_notices(made.changes, options.admin_role)),
    )


def _unmanaged(context: PlanningContext) -> tuple[Unmanaged, ...]:
    """What is in Heap and neither linked, paired nor part of a conflict is nobody's here."""
    users = context.our_user_ids | context.pairing.disputed_users | context.user_ids_by_hand
    groups = context.managed_group_ids | context.pairing.disputed_groups | context.group_ids_by_hand
    found = [
        Unmanaged("user", user.id, user.user_name, user.active)
        for user in context.current.users
        if user.id not in users
    ]
    if context.desired.groups is not None:
        found += [
            Unmanaged("group", group.id, group.name) for group in context.current.groups if group.id not in groups
        ]
    return tuple(found)


def _by_hand(context: PlanningContext) -> tuple[ByHand, ...]:
    """What is managed by hand, and for which the directory asks nothing."""
    found = [
        ByHand("user", user.id, user.user_name, user.active)
        for user in context.current.users
        if user.id in context.user_ids_by_hand and user.id not in context.refused_by_hand
    ]
    if context.desired.groups is not None:
        found += [
            ByHand("group", group.id, group.name)
            for group in context.current.groups
            if group.id in context.group_ids_by_hand
        ]
    return tuple(found)


def _sorted(made: Plan) -> Plan:
    """Puts everything that isn't a change into an order of its own, so that input order never shows."""
    return replace(
        made,
        adoptions=tuple(sorted(made.adoptions, key=lambda found: (found.user_name, found.id))),
        conflicts=tuple(sorted(made.conflicts, key=lambda found: (found.kind, found.name, found.message))),
        skips=tuple(sorted(made.skips, key=lambda found: (found.user_name, found.external_id))),
        unmanaged=tuple(sorted(made.unmanaged, key=lambda found: (found.type, found.name, found.id))),
        by_hand=tuple(sorted(made.by_hand, key=lambda found: (found.type, found.name, found.id))),
        covered=tuple(sorted(made.covered, key=lambda found: (found.user_name, found.lost))),
        broken=tuple(
            sorted(made.broken, key=lambda found: (found.type, found.name or "", found.id or "", found.message))
        ),
    )
