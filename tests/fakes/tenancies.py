"""A Heap tenant of ours over HTTP without a socket: a handler answers, a test works with the tenant."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from heapscim.heap.dialect import Dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.scim.client import ScimClient
from tests.fakes.listers import Handler, asking

T = TypeVar("T")
PATHS = ("userName", "name.givenName", "role")


def at_tenant(handler: Handler, work: Callable[[HeapTenant], Awaitable[T]], dialect: Dialect = Dialect()) -> T:
    """Lets a test work with a tenant of this dialect."""

    async def whole(client: ScimClient) -> T:
        client.filters = dialect.filters
        return await work(HeapTenant(client, dialect, PATHS))

    return asking(handler, whole)
