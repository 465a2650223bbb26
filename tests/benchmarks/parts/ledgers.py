"""The first sync with its ledger in PostgreSQL, against the same sync with its ledger in a file."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from tests.benchmarks.measuring import Cost, in_turns
from tests.benchmarks.scene import Scene, expect, serving
from tests.benchmarks.server import Options
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.table import Row, processor, wall
from tests.benchmarks.world import World
from tests.fakes.postgres import PostgresServer

_IN_FLIGHT = 8
_GOAL = 1.5


def shared_ledger(sizes: Sizes) -> Iterator[Row]:
    """Measures the first sync with either ledger. Both write to the disk of the machine, and wait for it."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = PostgresServer(Path(folder) / "server", settings={}).make().start()
        try:
            for latency in (sizes.latency, 0.0):
                yield from _rows(sizes, Options(latency, sizes.page), server)
        finally:
            server.delete()


def _rows(sizes: Sizes, options: Options, server: PostgresServer) -> Iterator[Row]:
    world = sizes.created
    contestants = {"file": None, "postgres": server}
    costs = in_turns({name: partial(_created, options, world, at) for name, at in contestants.items()}, sizes.turns)
    at = f"{options.latency * 1000:g} ms, {_IN_FLIGHT} in flight"
    what = f"first sync, {world.people:,} people and {world.groups} groups, {at}, ledger in PostgreSQL"
    yield wall(what, costs["postgres"], "in a file", costs["file"], _GOAL)
    yield processor(costs["postgres"], "in a file", costs["file"])


def _created(options: Options, world: World, server: PostgresServer | None) -> Cost:
    """Fills a new, empty tenant, with a new ledger."""
    with serving(World(0), options) as tenant, TemporaryDirectory() as folder:
        scene = Scene(Path(folder), tenant)
        scene.activate(world, _IN_FLIGHT)
        if server is not None:
            url = server.url(f"?schema=b{token_hex(8)}")
            scene.heapscim("profiles", "set", f"ledger.url={url}").run()
        cost = scene.sync().run()
        expect("The tenant after a first sync", tenant.world()["fingerprint"], world.fingerprint())
        return cost
