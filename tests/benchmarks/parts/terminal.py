"""What it costs to show a plan on a terminal, against the same plan that only says how many changes it has."""

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.measuring import in_turns
from tests.benchmarks.scene import a_scene
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.table import Row, wall
from tests.benchmarks.world import World, user_name

_COLUMNS = 120


def shown_plan(sizes: Sizes) -> Iterator[Row]:
    """Measures a plan of many creates on a terminal: with all its changes, and with the first ones of each kind."""
    world = sizes.created
    with a_scene(World(0), world, sizes.options, 8) as scene:
        quiet = scene.heapscim("plan", "--quiet", shows=f"{world.people:,} users to create")
        full = scene.heapscim("plan", "--full", "--no-pager", shows=user_name(world.people - 1))
        short = scene.heapscim("plan", "--no-pager", shows=f"{world.people:,} users to create")
        costs = in_turns(
            {
                "quiet": quiet.run,
                "full": partial(full.run_on_terminal, _COLUMNS),
                "short": partial(short.run_on_terminal, _COLUMNS),
            },
            max(sizes.turns, min(5, sizes.short_turns)),
            warm_up=True,
        )
    changes = f"{world.people + world.groups:,} changes"
    yield wall(
        f"plan --full of {changes}, on a terminal", costs["full"], "plan --quiet, no terminal", costs["quiet"], 1.1
    )
    yield wall(f"plan of {changes}, on a terminal", costs["short"], "plan --quiet, no terminal", costs["quiet"], 1.1)
