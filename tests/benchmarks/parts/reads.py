"""A sync with nothing to do, against a raw reader of the same pages."""

import math
from collections.abc import Iterator
from functools import partial

from tests.benchmarks.measuring import Cost, in_turns
from tests.benchmarks.scene import Scene, a_scene, expect
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.table import Goal, Row, processor, wall
from tests.benchmarks.world import World

_GOALS = {8: 1.5, 32: 2.0}


def unchanged_sync(sizes: Sizes) -> Iterator[Row]:
    """Measures the sync of a world that is as it should be, and counts its requests."""
    world = sizes.unchanged
    with a_scene(world, world, sizes.options, 8) as scene:
        scene.sync().run()
        for in_flight in sizes.in_flight:
            scene.heapscim("profiles", "set", f"http.max_in_flight={in_flight}").run()
            raw_reader = scene.peer("raw_reader", in_flight)
            costs = in_turns({"ours": partial(_unchanged, scene), "raw": raw_reader.run}, sizes.turns, warm_up=True)
            what = f"unchanged sync, {_size(world)}, {sizes.latency * 1000:g} ms, {in_flight} in flight"
            yield wall(what, costs["ours"], "raw reader", costs["raw"], _GOALS.get(in_flight))
            yield processor(costs["ours"], "raw reader", costs["raw"])
        scene.server.counts()
        scene.sync().run()
        requests, pages = scene.server.counts()["requests"], _pages(world, sizes.page)
    yield Row("  requests, beside the pages", str(requests), f"{pages} pages", requests - pages, Goal(2))


def large_worlds(sizes: Sizes) -> Iterator[Row]:
    """Measures a large world that is as it should be, and a tenth of it."""
    world = sizes.large
    if world is None:
        return
    tenth, in_flight = World(world.people // 10, world.groups // 10, world.members), sizes.in_flight[0]
    with (
        a_scene(world, world, sizes.options, in_flight) as large,
        a_scene(tenth, tenth, sizes.options, in_flight) as small,
    ):
        for scene in (large, small):
            scene.sync().run()
        raw_reader = large.peer("raw_reader", in_flight)
        ours = {"large": partial(_unchanged, large), "small": partial(_unchanged, small)}
        costs = in_turns({**ours, "raw": raw_reader.run}, sizes.turns)
    what = f"unchanged sync, {_size(world)}, {sizes.latency * 1000:g} ms, {in_flight} in flight"
    yield wall(what, costs["large"], "raw reader", costs["raw"], 4)
    yield processor(costs["large"], "raw reader", costs["raw"])
    peak = costs["large"].spread(lambda cost: cost.peak)
    yield Row("  memory at its peak", f"{peak.median:.0f} MiB", "", peak.median, Goal(300), " MiB")
    yield wall(f"  {tenth.people:,} → {world.people:,} people", costs["large"], f"{tenth.people:,}", costs["small"], 11)


def _unchanged(scene: Scene) -> Cost:
    """Syncs, and checks that nothing was written."""
    scene.server.counts()
    cost = scene.heapscim("sync", "--yes", shows="Nothing to do").run()
    expect("Writes of an unchanged sync", scene.server.counts()["writes"], 0)
    return cost


def _pages(world: World, most: int) -> int:
    """Returns the pages of both lists for clients that ask for 100 resources."""
    page = min(most, 100)
    return math.ceil(world.people / page) + math.ceil(world.groups / page)


def _size(world: World) -> str:
    groups = f"{world.groups:,} groups of {world.members}"
    return f"{world.people:,} people, {groups}"
