"""Builders for the values of a plan, with what a test doesn't care about filled in."""

from collections.abc import Iterable, Mapping

from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.completeness import Completeness
from heapscim.model.desired import DesiredState
from heapscim.model.directory import DirectoryGroup, DirectorySnapshot, Person, Scope
from heapscim.model.plan import Plan
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser, Link, Links
from heapscim.planning import mapping, planner, scoping
from heapscim.planning.context import PlanOptions

PROVEN = Completeness(proven=True, evidence="all read")
UNPROVEN = Completeness(proven=False, evidence="Heap said 3 users, 2 unique read.")
TENANT = "https://heap.example/scim/v2/1"


def a_person(id: str, *, active: bool = True, **attributes: str) -> Person:
    return Person(id, {"username": f"{id}@x.org", **attributes}, active)


def a_group(id: str, *members: str, bound: bool = True, name: str | None = None) -> DirectoryGroup:
    return DirectoryGroup(id, name or id.title(), frozenset(members), bound)


def a_snapshot(
    people: Iterable[Person] = (), groups: Iterable[DirectoryGroup] | None = (), *, lists_groups: bool = True
) -> DirectorySnapshot:
    found = None if groups is None else tuple(groups)
    return DirectorySnapshot("people.csv", tuple(people), found, PROVEN, lists_groups)


def desired_of(snapshot: DirectorySnapshot, *, scope: Scope = "all", groups: bool = True) -> DesiredState:
    in_scope = scoping.select(snapshot, scope)
    return mapping.desired(snapshot, in_scope, DEFAULT_MAPPING, manage_groups=groups)


def an_account(id: str, name: str | None = None, *, active: bool = True, **attributes: str) -> CurrentUser:
    paths = {"given": "name.givenName", "family": "name.familyName", "role": "role"}
    return CurrentUser(
        id, name or f"{id.lower()}@x.org", active, {paths[key]: value for key, value in attributes.items()}
    )


def a_team(id: str, *members: str, name: str | None = None) -> CurrentGroup:
    return CurrentGroup(id, name or id.title(), frozenset(members))


def in_heap(users: Iterable[CurrentUser] = (), groups: Iterable[CurrentGroup] = ()) -> CurrentState:
    return CurrentState(tuple(users), tuple(groups), PROVEN, PROVEN)


def links(users: Mapping[str, str] | None = None, groups: Mapping[str, str] | None = None) -> Links:
    return Links(
        tuple(Link(external_id, id, external_id) for external_id, id in (users or {}).items()),
        tuple(Link(external_id, id, external_id) for external_id, id in (groups or {}).items()),
    )


def plan_of(desired: DesiredState, current: CurrentState, tied: Links = Links(), **options: object) -> Plan:
    return planner.plan(desired, current, tied, PlanOptions(TENANT, **options))  # type: ignore[arg-type]


def said(plan: Plan) -> list[tuple[str, str, str]]:
    """Each change as kind, subject and reason."""
    return [
        (change.kind, str(getattr(change, "user_name", "") or getattr(change, "name", "")), change.reason)
        for change in plan.changes
    ]
