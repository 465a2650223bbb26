"""The planner: from who is who to what must change, with the reason for each change.

It touches only what is managed: an account or group that neither a link nor a match ties to the directory is reported
and left alone. A removal that rests on an unproven read is withheld. Linear in people plus memberships.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from heapscim.provisioning import group_changes, user_changes
from heapscim.provisioning.fresh_links import withhold_fresh
from heapscim.provisioning.impact import admin_notices, impact_of, populations_of
from heapscim.provisioning.matching import pair
from heapscim.provisioning.narrowing import only_about
from heapscim.provisioning.observing import as_last_sent
from heapscim.provisioning.plan import Plan, Unmanaged, in_order
from heapscim.provisioning.reversibility import shortcomings
from heapscim.provisioning.situation import PlanOptions, Situation
from heapscim.provisioning.state import CurrentState, DesiredState, Links
from heapscim.provisioning.withholding import withhold_unproven


def plan(desired: DesiredState, current: CurrentState, links: Links, options: PlanOptions) -> Plan:
    """Plans one sync. The order of people, groups, accounts and links never matters."""
    with _no_collections():
        return _plan(desired, as_last_sent(current, links, options.unreadable), links, options)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Holds back the garbage collector: a plan is many values and no garbage, and each collection visits all."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _plan(desired: DesiredState, current: CurrentState, links: Links, options: PlanOptions) -> Plan:
    situation = Situation(desired, current, links, pair(desired, current, links), options)
    users = user_changes.decide(situation)
    groups = group_changes.decide(situation)
    reads = (desired.completeness, current.completeness, current.groups_completeness)
    proven, unproven = withhold_unproven((*users.changes, *groups.changes), reads)
    changes, fresh = withhold_fresh(proven, options.fresh)
    made = Plan(
        tenant=options.tenant,
        command=options.command,
        source=desired.source,
        changes=in_order(changes),
        adoptions=users.adoptions,
        conflicts=(*situation.pairing.conflicts, *users.conflicts),
        skips=desired.skips,
        unmanaged=_unmanaged(situation),
        covered=groups.covered,
        withheld=(*unproven, *fresh),
        notices=(*desired.notices, *groups.notices),
        impact=impact_of((), current),
        populations=populations_of(desired, current, links),
    )
    if options.only is not None:
        made = only_about(made, options.only)
    return replace(
        _sorted(made),
        impact=impact_of(made.changes, current),
        shortcomings=shortcomings(made.changes, options),
        notices=(*made.notices, *admin_notices(made.changes, options.admin_role)),
    )


def _unmanaged(situation: Situation) -> tuple[Unmanaged, ...]:
    """What is in Heap and neither linked, paired nor part of a conflict is nobody's here."""
    users = situation.our_user_ids | situation.pairing.disputed_users
    groups = situation.managed_group_ids | situation.pairing.disputed_groups
    found = [
        Unmanaged("user", user.id, user.user_name, user.active)
        for user in situation.current.users
        if user.id not in users
    ]
    if situation.desired.groups is not None:
        found += [
            Unmanaged("group", group.id, group.name) for group in situation.current.groups if group.id not in groups
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
        covered=tuple(sorted(made.covered, key=lambda found: (found.user_name, found.lost))),
    )
