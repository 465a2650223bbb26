"""What a sync asks of a tenant: how it keeps to a rate limit, and what one membership of a large group costs."""

from collections.abc import Iterator
from dataclasses import replace

from tests.benchmarks.measuring import Cost, in_turns
from tests.benchmarks.scene import Scene, a_scene, expect
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.table import Goal, Row, seconds
from tests.benchmarks.world import World


def rate_limited(sizes: Sizes) -> Iterator[Row]:
    """Measures the first sync at a tenant with a rate limit: how much of it is used, and how much is refused."""
    world = World(sizes.limited)
    options = replace(sizes.options, rate=sizes.rate, burst=sizes.burst)
    counted: list[dict[str, float]] = []

    def run() -> Cost:
        with a_scene(World(0), world, options, 8) as scene:
            scene.server.counts()
            cost = scene.sync().run()
            counted.append(scene.server.counts())
            expect("The tenant after a first sync", scene.server.world()["fingerprint"], world.fingerprint())
            return cost

    costs = in_turns({"ours": run}, sizes.turns)["ours"]
    requests, refused = (max(counts[name] for counts in counted) for name in ("requests", "refused"))
    limit = f"{sizes.rate:g} requests/s, burst {sizes.burst}"
    alone = f"the rate alone {(requests - sizes.burst) / sizes.rate:.2f} s"
    yield Row(f"first sync of {world.people:,} people, {limit}", seconds(costs.spread()), alone)
    used = min(counts["requests"] / (sizes.burst + sizes.rate * counts["seconds"]) for counts in counted)
    yield Row("  of the rate, used at least", f"{requests} requests", "", used * 100, Goal(97, "≥"), " %")
    share = max(counts["refused"] / (counts["requests"] + counts["refused"]) for counts in counted)
    yield Row("  refused (429), at most", f"{refused} requests", "", share * 100, Goal(0.5), " %")


def membership(sizes: Sizes) -> Iterator[Row]:
    """Counts the writes and their bytes when one person joins or leaves a large group, against a small one."""
    large, small = (_moves(sizes, members) for members in (sizes.group, 10))
    for what in ("joins", "leaves"):
        (writes, size), (_, other) = large[what], small[what]
        noun = f"one person {what} a group of {sizes.group:,}"
        yield Row(f"{noun}: writes", str(writes), "", writes, Goal(1))
        yield Row(f"{noun}: bytes of their bodies", str(size), f"a group of 10: {other}", size / other, Goal(1.1))


def _moves(sizes: Sizes, members: int) -> dict[str, tuple[int, int]]:
    """Returns the writes, and the bytes of their bodies, of a person who joins a group and leaves it again."""
    before, after = World(members + 1, 1, members), World(members + 1, 1, members + 1)
    with a_scene(before, before, sizes.options, 8) as scene:
        scene.sync().run()
        return {"joins": _move(scene, after), "leaves": _move(scene, before)}


def _move(scene: Scene, wanted: World) -> tuple[int, int]:
    scene.server.counts()
    wanted.write_roster(scene.roster)
    scene.sync().run()
    counts = scene.server.counts()
    expect("The tenant after the change", scene.server.world()["fingerprint"], wanted.fingerprint())
    return counts["writes"], counts["body_bytes"]
