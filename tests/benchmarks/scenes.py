"""What the benchmarks play: an apply as the command line makes it, an unchanged sync, a world to plan."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from heapscim.cli.root import TIMING
from heapscim.directory.roster.roster import Roster
from heapscim.execution.apply import ApplyOptions, apply
from heapscim.execution.backfill import with_unlisted
from heapscim.heap.connection import HEAP, open_session
from heapscim.heap.dialect import Dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.http.rate_limit import RequestLimits
from heapscim.ledger.entries import RunContext
from heapscim.ledger.journal import LedgerJournal, begin_run
from heapscim.ledger.protocol import Ledger
from heapscim.ledger.sqlite.store import open_ledger
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.changes import CreateUser
from heapscim.model.directory import DirectoryGroup, DirectorySnapshot, Person
from heapscim.model.plan import Baseline, Impact, Plan
from heapscim.model.secret import SecretStr
from heapscim.model.state import CurrentGroup, CurrentState, CurrentUser, Link, Links
from heapscim.planning import mapping, planner, scoping
from heapscim.planning.context import PlanOptions
from heapscim.scim.client import ScimClient
from tests.benchmarks.serving import PEOPLE_IN_A_GROUP, group_name, user_name
from tests.benchmarks.transports import TOKEN
from tests.builders import PROVEN, TENANT
from tests.fakes.journals import Watcher


@contextmanager
def a_ledger() -> Iterator[Ledger]:
    with TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder) / "state" / "ledger.sqlite3", TENANT, TIMING.now)
        try:
            yield ledger
        finally:
            ledger.close()


def in_tenant(origin: str, in_flight: int, work: Callable[[HeapTenant], Awaitable[object]]) -> None:
    """Does work with a tenant, as a session of the command line would."""

    async def whole() -> None:
        async with open_session(
            origin, SecretStr(TOKEN), RequestLimits(max_in_flight=in_flight), timing=TIMING
        ) as http:
            await work(HeapTenant(ScimClient(http, provider=HEAP.name), Dialect(), tuple(DEFAULT_MAPPING)))

    asyncio.run(whole())


def create_all(origin: str, in_flight: int, count: int) -> None:
    """Creates so many people by way of a plan, the real apply, and a journal on disk."""
    attributes = {"name.givenName": "Ada", "name.familyName": "Lovelace", "role": "Analyst"}
    changes = tuple(CreateUser(str(number), user_name(number), attributes, "new") for number in range(count))
    plan = Plan(TENANT, "sync", changes, Impact(0, count, {}, {}), Baseline(0, count))
    with a_ledger() as ledger:

        async def work(tenant: HeapTenant) -> None:
            run = begin_run(ledger, plan, RunContext(getpass.getuser(), "here", 1, {}))
            result = await apply(
                plan, tenant, LedgerJournal(ledger, run), Watcher(), options=ApplyOptions(TIMING, workers=in_flight)
            )
            assert result.failures == ()

        in_tenant(origin, in_flight, work)


class UnchangedSync:
    """A roster and a ledger that agree with what the server holds."""

    def __init__(self, origin: str, people: int, folder: Path, ledger: Ledger) -> None:
        self._origin = origin
        self._roster = folder / "people.csv"
        self._ledger = ledger
        rows = (
            f"u{number},{user_name(number)},Ada,Lovelace {number},Analyst,{group_name(number)}\n"
            for number in range(people)
        )
        self._roster.write_text("id,username,firstname,lastname,role,groups\n" + "".join(rows), "utf-8")
        in_tenant(origin, 8, self._take_over)

    def reads(self) -> None:
        """Both reads alone."""

        async def work(tenant: HeapTenant) -> None:
            await self._read(tenant)

        in_tenant(self._origin, 8, work)

    def sync(self) -> None:
        """All that ``heapscim sync`` does where nothing changed: reads, decides, writes nothing."""

        async def work(tenant: HeapTenant) -> None:
            plan = await self._plan(tenant)
            assert (plan.changes, plan.adoptions) == ((), ())

        in_tenant(self._origin, 8, work)

    async def _take_over(self, tenant: HeapTenant) -> None:
        """The first sync: people and groups are there as they are to be, and are managed from then on."""
        plan = await self._plan(tenant)
        assert {change.kind for change in plan.changes} == {"take_over_group"}
        run = begin_run(self._ledger, plan, RunContext(getpass.getuser(), "here", 1, {}))
        await apply(plan, tenant, LedgerJournal(self._ledger, run), Watcher(), options=ApplyOptions(TIMING))
        self._ledger.end_run(run, "done")

    async def _plan(self, tenant: HeapTenant) -> Plan:
        snapshot, current = await self._read(tenant)
        self._ledger.remember_seen(current, groups=True)
        desired = mapping.desired(snapshot, scoping.select(snapshot, "all"), DEFAULT_MAPPING, manage_groups=True)
        links = self._ledger.links()
        current, _ = await with_unlisted(current, desired, links, tenant)
        return planner.plan(desired, current, links, PlanOptions(TENANT))

    async def _read(self, tenant: HeapTenant) -> tuple[DirectorySnapshot, CurrentState]:
        return await asyncio.gather(
            Roster(str(self._roster)).read(lambda _read, _of: None),
            tenant.read(groups=True, progress=lambda _read, _of: None),
        )


@contextmanager
def an_unchanged_sync(origin: str, people: int) -> Iterator[UnchangedSync]:
    with a_ledger() as ledger, TemporaryDirectory() as folder:
        yield UnchangedSync(origin, people, Path(folder), ledger)


class PlannedWorld:
    """A directory of so many people in groups, of whom a tenth are new, a tenth left and a tenth changed."""

    def __init__(self, people: int) -> None:
        known = range(people // 10, people)
        staying = range(people * 9 // 10)
        self._snapshot = DirectorySnapshot(
            "people.csv",
            tuple(
                Person(f"p{number}", {"username": user_name(number), "firstname": "A" if number % 10 else "B"})
                for number in staying
            ),
            tuple(
                DirectoryGroup(f"g{first}", group_name(first), frozenset(f"p{n}" for n in _group(first, staying)))
                for first in range(0, people, PEOPLE_IN_A_GROUP)
            ),
            PROVEN,
        )
        self._current = CurrentState(
            tuple(CurrentUser(f"u{n}", user_name(n), active=True, attributes={"name.givenName": "A"}) for n in known),
            tuple(
                CurrentGroup(f"t{first}", group_name(first), frozenset(f"u{n}" for n in _group(first, known)))
                for first in range(0, people, PEOPLE_IN_A_GROUP)
            ),
            PROVEN,
            PROVEN,
        )
        self._links = Links(
            tuple(Link(f"p{number}", f"u{number}", user_name(number)) for number in known),
            tuple(Link(f"g{first}", f"t{first}", group_name(first)) for first in range(0, people, PEOPLE_IN_A_GROUP)),
        )

    def plan(self) -> Plan:
        """Scope, map, match and plan."""
        in_scope = scoping.select(self._snapshot, "all")
        desired = mapping.desired(self._snapshot, in_scope, DEFAULT_MAPPING, manage_groups=True)
        return planner.plan(desired, self._current, self._links, PlanOptions(TENANT))


def _group(first: int, among: range) -> range:
    return range(max(first, among.start), min(first + PEOPLE_IN_A_GROUP, among.stop))
