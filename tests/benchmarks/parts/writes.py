"""The first sync of an empty tenant: against a raw loop, and for each person against the peers."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.measuring import Cost, Costs, Program, in_turns
from tests.benchmarks.scene import Scene, expect, serving
from tests.benchmarks.server import Options
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.table import Goal, Row, processor, wall
from tests.benchmarks.world import World

_GOALS = {8: 1.2, 32: 1.5}
_CREATE = 2.9
"""The goal of 1.0 ms is that of a machine on which raw aiohttp takes 0.35 ms: as a ratio, it holds on any machine."""
_FEW = World(3)
_XARGS = """\
exec xargs -a bodies.json -d '\\n' -n 1 -P 16 curl --silent --show-error --fail --output /dev/null \
    -H "Authorization: Bearer $HEAPSCIM_TOKEN" -H 'Content-Type: application/scim+json' "$URL/Users" --data
"""
_LOOP = """\
while IFS= read -r body; do
    printf '%s' "$body" | SCIM_CLI_URL=$URL SCIM_CLI_HEADERS="Authorization: Bearer $HEAPSCIM_TOKEN" \
        "$SCIM2" create user || exit
done < bodies.json
"""


def server_alone(sizes: Sizes) -> Iterator[Row]:
    """Measures what the server can do: the raw loop's creates without latency, and its own processor time for each."""
    world = sizes.created
    with serving(World(0), Options(0.0, sizes.page)) as server, TemporaryDirectory() as folder:
        scene = Scene(Path(folder), server)
        world.write_roster(scene.roster)
        scene.peer("raw_loop", scene.roster, 32).run()
        counts = server.counts()
    each = f"{counts['processor'] / counts['requests'] * 1000:.2f} ms of its processor time for each"
    ours = f"{counts['requests'] / counts['seconds']:,.0f} a second"
    yield Row("the server alone: creates by the raw loop, no latency", ours, each)


def first_sync(sizes: Sizes) -> Iterator[Row]:
    """Measures the first sync with so many in flight, and the processor time of one create."""
    world = sizes.created
    for in_flight in sizes.in_flight:
        measured: dict[str, Callable[[], Cost]] = {}
        for name, wanted in {"all": world, "few": _FEW}.items():
            measured[f"ours {name}"] = partial(_created, sizes.options, wanted, in_flight, Scene.sync)
            raw_loop = partial(_raw_loop, in_flight=in_flight)
            measured[f"raw {name}"] = partial(_created, sizes.options, wanted, in_flight, raw_loop)
        costs = in_turns(measured, sizes.turns)
        what = f"first sync, {world.people:,} people and {world.groups} groups, {_at(sizes)}, {in_flight} in flight"
        yield wall(what, costs["ours all"], "raw loop", costs["raw all"], _GOALS.get(in_flight))
        yield processor(costs["ours all"], "raw loop", costs["raw all"])
        ours, raw = (_each(costs[f"{who} all"], costs[f"{who} few"], world) for who in ("ours", "raw"))
        cells = (f"{ours:.2f} ms", f"raw loop {raw:.2f} ms")
        yield Row("  on the processor, one create", *cells, ours, Goal(1.0), " ms")
        yield Row("  the same, as a ratio", *cells, ours / raw, Goal(_CREATE))


def peers(sizes: Sizes) -> Iterator[Row]:
    """Measures one person's share of the creation of many, by each peer; the slow ones create fewer people."""
    worlds = {
        "ours": World(sizes.created.people),
        "scim2-client script": World(sizes.scripted),
        "xargs -P16 curl": World(sizes.scripted * 2),
        "scim2-cli loop": World(sizes.looped),
    }
    starts: dict[str, Callable[[Scene], Program]] = {
        "ours": Scene.sync,
        "scim2-client script": lambda scene: scene.peer("scim2_client_script", scene.roster),
        "xargs -P16 curl": partial(_shell, script=_XARGS),
        "scim2-cli loop": partial(_shell, script=_LOOP),
    }
    contestants = {name: partial(_created, sizes.options, worlds[name], 16, start) for name, start in starts.items()}
    costs = in_turns(contestants, sizes.turns)
    each = {name: costs[name].spread().median / world.people * 1000 for name, world in worlds.items()}
    ours = f"{each['ours']:.2f} ms of {worlds['ours'].people:,}"
    for name, goal in {"scim2-client script": 12, "xargs -P16 curl": 2.5, "scim2-cli loop": 500}.items():
        against = f"{each[name]:.2f} ms of {worlds[name].people:,}"
        what = f"one of many creates, {_at(sizes)}, 16 in flight: faster than {name}"
        yield Row(what, ours, against, each[name] / each["ours"], Goal(goal, "≥"))


def _at(sizes: Sizes) -> str:
    return f"{sizes.latency * 1000:g} ms"


def _created(options: Options, world: World, in_flight: int, start: Callable[[Scene], Program]) -> Cost:
    """Fills a new, empty server and checks that it holds exactly this world then."""
    with serving(World(0), options) as server, TemporaryDirectory() as folder:
        scene = Scene(Path(folder), server)
        scene.activate(world, in_flight)
        bodies = "".join(f"{json.dumps(user)}\n" for user in world.users())
        (scene.folder / "bodies.json").write_text(bodies, "utf-8")
        cost = start(scene).run()
        expect("The tenant after a first sync", server.world()["fingerprint"], world.fingerprint())
        return cost


def _raw_loop(scene: Scene, in_flight: int) -> Program:
    return scene.peer("raw_loop", scene.roster, in_flight)


def _shell(scene: Scene, script: str) -> Program:
    more = {"URL": scene.server.base_url, "SCIM2": str(Path(sys.executable).with_name("scim2"))}
    return Program(["sh", "-c", script], scene.environ | more, str(scene.folder))


def _each(many: Costs, few: Costs, world: World) -> float:
    """Returns the milliseconds of processor time that one more create takes."""
    cost, start = (costs.spread(lambda cost: cost.processor).median for costs in (many, few))
    return (cost - start) / (world.people + world.groups - _FEW.people) * 1000
