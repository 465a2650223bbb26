"""The targets that must pass the suite unchanged: Heap's tenant over a socket, as it may behave, and the one in memory.

Another target is one more entry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from heapscim.execution.ports import Target
from heapscim.heap.connection import HEAP, open_session
from heapscim.heap.dialect import Dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.http.rate_limit import RequestLimits
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.secret import SecretStr
from heapscim.scim.client import ScimClient
from tests.fakes.clocks import FakeClock
from tests.fakes.memory_tenant import MemoryTenant, a_tenant
from tests.fakes.tenants import TOKEN, running_sandbox

T = TypeVar("T")
Work = Callable[[Target], Awaitable[T]]


class Tenant(Protocol):
    """A tenant, empty at first."""

    def at(self, work: Work[T]) -> T:
        """Lets a test work with it, once more for each call."""
        ...

    def refusing(self, work: Work[T]) -> T:
        """Likewise, while it refuses the token."""
        ...


@dataclass
class Sandbox:
    """A rehearsal tenant over a socket."""

    base_url: str

    def at(self, work: Work[T], token: str = TOKEN) -> T:
        async def whole() -> T:
            limits, timing = RequestLimits(retries=0), FakeClock().timing()
            async with open_session(self.base_url, SecretStr(token), limits, timing=timing) as session:
                client = ScimClient(session, provider=HEAP.name)
                return await work(HeapTenant(client, Dialect(), tuple(DEFAULT_MAPPING)))

        return asyncio.run(whole())

    def refusing(self, work: Work[T]) -> T:
        return self.at(work, token="another")


@dataclass
class Memory:
    """The tenant in memory that the tests of execution use."""

    tenant: MemoryTenant

    def at(self, work: Work[T]) -> T:
        async def whole() -> T:
            return await work(self.tenant)

        return asyncio.run(whole())

    def refusing(self, work: Work[T]) -> T:
        self.tenant.faults = {method: ["unauthenticated"] for method in ("get_user", "create_user", "change_members")}
        return self.at(work)


Open = Callable[[], AbstractContextManager[Tenant]]


def _sandbox(**behaviour: object) -> Open:
    @contextmanager
    def opened() -> Iterator[Tenant]:
        with running_sandbox(**behaviour) as served:
            yield Sandbox(served.base_url)

    return opened


def _memory(*, shows: bool = True) -> Open:
    @contextmanager
    def opened() -> Iterator[Tenant]:
        yield Memory(a_tenant(shows=shows))

    return opened


TENANTS: Mapping[str, Open] = {
    "as documented": _sandbox(),
    "without PATCH": _sandbox(patch="no"),
    "PATCH without paths": _sandbox(patch_form="pathless", rename_form="pathless", member_addition="pathless"),
    "PATCH of one operation": _sandbox(patch_operations="one", member_addition="one"),
    "PUT with the id": _sandbox(patch="no", put_id="wanted"),
    "members removed by value": _sandbox(member_removal="values"),
    "silent writes": _sandbox(answer="empty"),
    "writes that show the past": _sandbox(answer="before"),
    "no filter": _sandbox(filter="no"),
    "filter that finds nothing": _sandbox(filter="empty"),
    "small pages": _sandbox(page_cap=2),
    "pages that are ignored": _sandbox(paging="ignored"),
    "no totals": _sandbox(total="none"),
    "members left out of lists": _sandbox(list_members="no"),
    "numeric ids": _sandbox(numeric_ids="yes"),
    "texts for booleans": _sandbox(string_booleans="yes"),
    "empty lists left out": _sandbox(empty_resources="missing"),
    "in memory": _memory(),
    "in memory, silent": _memory(shows=False),
}
