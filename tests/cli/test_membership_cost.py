"""What it costs that one person joins or leaves a large group: one write, and its size follows the change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heapscim.sandbox.heap.app import Tenant
from heapscim.sandbox.heap.service import HeapService
from heapscim.sandbox.heap.store import Store
from heapscim.sandbox.heap.switches import parse_behaviour
from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine
from tests.fakes.servers import SERVER
from tests.fakes.tenants import TOKEN

MEMBERS = 500
LARGE, SMALL = "Everyone", "Newcomers"


@dataclass
class Line:
    """The bytes that went over the line: each write with the size of its body, and each read of single groups."""

    app: ASGIApp
    writes: list[tuple[str, int]] = field(default_factory=list)
    group_reads: list[int] = field(default_factory=list)
    """The size of each response to a read of one group."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"].removeprefix(scope["root_path"])
        sizes = [0, 0]

        async def receiving() -> Message:
            message = await receive()
            sizes[0] += len(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            sizes[1] += len(message.get("body", b""))
            await send(message)

        await self.app(scope, receiving, sending)
        if method != "GET":
            self.writes.append((method, sizes[0]))
        elif path.startswith("/Groups/"):
            self.group_reads.append(sizes[1])


@contextmanager
def measured_sandbox(**behaviour: object) -> Iterator[tuple[Sandbox, Line]]:
    service = HeapService(Store(), parse_behaviour(f"{key}={value}" for key, value in behaviour.items()))
    tenant = Tenant(service, TOKEN)
    line = Line(tenant.app(""))

    def app(base_url: str) -> ASGIApp:
        service.base_url = base_url
        return line

    with SERVER.mounted("/scim/v2", app) as base_url:
        yield Sandbox(base_url, TOKEN, tenant), line


def roster(*newcomers: int) -> str:
    """Everybody in the large group, but the newcomers in the small one."""
    rows = (f"u{n},p{n}@x.org,{SMALL if n in newcomers else LARGE}" for n in range(MEMBERS))
    return "\n".join(["id,username,groups", *rows, ""])


def synced(heapscim: CommandLine, line: Line, text: str) -> Line:
    """What one sync sent, which must have gone well."""
    heapscim.roster(text)
    before, line.writes, line.group_reads = line.writes, [], []
    ran = heapscim("sync", "--yes", "--allow-updates", "9")
    assert ran.exit_code == 0, ran.stderr
    sent = Line(line.app, line.writes, line.group_reads)
    line.writes = before
    return sent


@pytest.mark.parametrize(
    "behaviour", [{}, {"member_addition": "pathless"}, {"patch_operations": "one"}, {"answer": "empty"}]
)
def test_one_membership_is_one_patch_whose_size_follows_the_change(
    heapscim: CommandLine, behaviour: dict[str, object]
) -> None:
    with measured_sandbox(**behaviour) as (sandbox, line):
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim, line, roster(0, 1, 2))
        synced(heapscim, line, roster(0, 1, 2, 3))  # what this tenant understands is known from here on
        synced(heapscim, line, roster(0, 1, 2))
        for text in (roster(0, 1, 2, 3), roster(0, 1, 2)):  # out of the large group and into the small one, and back
            sent = synced(heapscim, line, text)
            assert [method for method, _ in sent.writes] == ["PATCH", "PATCH"]
            assert max(size for _, size in sent.writes) < 300
            large = [size for size in sent.group_reads if size > 10 * MEMBERS]
            assert len(large) <= 2  # whether the list cuts members short, and whether the first change had its effect


def test_where_only_a_put_is_understood_it_carries_the_whole_group(heapscim: CommandLine) -> None:
    """RFC 7644 has no other way there: a PUT replaces all members (§3.5.1)."""
    with measured_sandbox(patch="no") as (sandbox, line):
        heapscim.activate(sandbox, "--directory", "people.csv")
        synced(heapscim, line, roster(0, 1, 2))
        synced(heapscim, line, roster(0, 1, 2, 3))
        sent = synced(heapscim, line, roster(0, 1, 2))
        assert [method for method, _ in sent.writes] == ["PUT", "PUT"]
        assert max(size for _, size in sent.writes) > 10 * MEMBERS
