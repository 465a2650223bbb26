"""What everybody waits for: the start of a command, against an interpreter that does nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.measuring import Program, in_turns
from tests.benchmarks.scene import HEAPSCIM, ROOT, a_scene, environ_in
from tests.benchmarks.server import Options
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.table import Row, processor, wall
from tests.benchmarks.world import World, user_name

_NOTHING = "python -c pass"
_PATHS = "import json; from tests.docs.reference import command_paths; print(json.dumps(list(command_paths())))"


def start_up(sizes: Sizes) -> Iterator[Row]:
    """Measures --version, --help, the slowest help of a command, and the Tab key on a profile with many names."""
    with a_scene(World(sizes.known), World(3), Options(0.0, sizes.page), 8) as scene:
        scene.heapscim("plan").run()
        names = next((scene.folder / "state").rglob("*.names")).read_text("utf-8")
        last = user_name(sizes.known - 1)
        assert last in names
        slowest = _slowest_help(sizes)
        goals = {
            "heapscim --version": (Program([HEAPSCIM, "--version"], scene.environ, shows="heapscim"), 1.5),
            "one Tab: a command": (_tab(scene.environ, "heapscim dea", "deactivate"), 2),
            "one Tab: an option": (_tab(scene.environ, "heapscim sync --allow-up", "--allow-updates"), 2),
            f"one Tab: a user name of {sizes.known:,}": (
                _tab(scene.environ, f"heapscim users show {last[:-6]}", last),
                2,
            ),
            "heapscim --help": (Program([HEAPSCIM, "--help"], scene.environ, shows="Usage"), 3),
            "heapscim users --help": (Program([HEAPSCIM, "users", "--help"], scene.environ, shows="Usage"), 5),
            f"heapscim {' '.join(slowest)} --help, the slowest": (
                Program([HEAPSCIM, *slowest, "--help"], scene.environ, shows="Usage"),
                5,
            ),
        }
        base = Program([sys.executable, "-c", "pass"], scene.environ)
        contestants = {_NOTHING: base.run, **{what: program.run for what, (program, _) in goals.items()}}
        costs = in_turns(contestants, sizes.short_turns, warm_up=True)
    for what, (_, goal) in goals.items():
        yield wall(what, costs[what], _NOTHING, costs[_NOTHING], goal)


def small_plan(sizes: Sizes) -> Iterator[Row]:
    """Measures the plan of three people on a server without latency, against the imports that it needs."""
    name = "import httpx, pydantic, typer"
    with a_scene(World(0), World(3), replace(sizes.options, latency=0.0), 8) as scene:
        base = Program([sys.executable, "-c", name], scene.environ)
        contestants = {name: base.run, "plan": scene.heapscim("plan", shows="3 users to create").run}
        costs = in_turns(contestants, sizes.short_turns, warm_up=True)
    yield wall("plan of three people, no latency", costs["plan"], name, costs[name], 1.5)
    yield processor(costs["plan"], "the imports", costs[name])


def _tab(environ: dict[str, str], text: str, offers: str) -> Program:
    """Returns what bash starts when the Tab key is pressed behind a text, which must offer something."""
    asked = {"_HEAPSCIM_COMPLETE": "bash", "COMP_LINE": text, "COMP_WORDBREAKS": " \t\n\"'><=;|&(:"}
    return Program([HEAPSCIM, "heapscim"], environ | asked, shows=offers)


def _slowest_help(sizes: Sizes) -> list[str]:
    """Returns the words of the command whose help takes longest, by the least of a few turns."""
    paths: list[list[str]] = json.loads(subprocess.check_output([sys.executable, "-c", _PATHS], cwd=ROOT, text=True))
    with TemporaryDirectory() as folder:
        programs = {
            " ".join(path): Program([HEAPSCIM, *path, "--help"], environ_in(Path(folder)), shows="Usage")
            for path in paths
        }
        costs = in_turns({words: program.run for words, program in programs.items()}, min(3, sizes.short_turns))
    return max(costs, key=lambda words: costs[words].spread(lambda cost: cost.processor).least).split()
