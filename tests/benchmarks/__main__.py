"""What heapscim costs, as ratios of things measured side by side in one run; the median of several turns counts.

start-up    --version, --help and one Tab, against an interpreter that does nothing: `python -c pass`
creates     2,000 people created through plan, apply, journal and session on a server 20 ms away, against a loop of raw
            aiohttp that sends the same bodies; below it the processor time of one create
sync        a sync of 5,000 people with nothing to do, against the two reads it can't do without
planning    processor time for each person and membership of 50,000, against 5,000; 1.00 would be exactly linear;
            below it the memory for each person at its peak
transports  processor time of one POST by each transport that speaks httpx's API, bare and in our session, against raw
            aiohttp: the ground of the choice in heapscim/http/transport.py

Needs the dependency group `benchmark`. The whole takes about four minutes of a calm machine.
"""

import argparse
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from tests.benchmarks.measuring import side_by_side
from tests.benchmarks.scenes import PlannedWorld, an_unchanged_sync, create_all
from tests.benchmarks.serving import serving
from tests.benchmarks.transports import BODIES, bare_posts, raw_posts, session_posts, transports

LATENCY = "0.020"
_WIDTH = 58


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: str
    against: str
    ratio: str


def start_up(*, quick: bool) -> Iterator[Row]:
    """The three things that everybody waits for, against an interpreter that does nothing."""
    tab = {
        "_HEAPSCIM_COMPLETE": "bash",
        "COMP_LINE": "heapscim sy",
        "COMP_POINT": "11",
        "COMP_WORDS": "heapscim sy",
        "COMP_CWORD": "1",
    }
    heapscim = [sys.executable, "-m", "heapscim"]

    def ran(arguments: list[str], more: dict[str, str]) -> Callable[[], object]:
        return partial(subprocess.run, arguments, env=os.environ | more, capture_output=True, check=True)

    costs = side_by_side(
        {
            "python -c pass": ran([sys.executable, "-c", "pass"], {}),
            "heapscim --version": ran([*heapscim, "--version"], {}),
            "heapscim --help": ran([*heapscim, "--help"], {}),
            "one Tab": ran([*heapscim, "heapscim", "sy"], tab),
        },
        3 if quick else 21,
    )
    base = costs.pop("python -c pass").seconds
    for what, cost in costs.items():
        yield _against(what, cost.seconds, "python -c pass", base)


def creates(*, quick: bool) -> Iterator[Row]:
    """Creates through plan, apply, journal and session, against the fastest loop there is."""
    count = 200 if quick else 2000
    with serving() as origin:
        for in_flight in (8, 32):
            costs = side_by_side(
                {
                    "ours": partial(create_all, f"{origin}/{LATENCY}", in_flight, count),
                    "raw": partial(raw_posts, f"{origin}/{LATENCY}", in_flight, BODIES[:count]),
                },
                1 if quick else 3,
            )
            what = f"{count:,} creates at 20 ms, {in_flight} in flight"
            yield _against(what, costs["ours"].seconds, "raw aiohttp", costs["raw"].seconds)
            ours, raw = (costs[name].cpu / count * 1000 for name in ("ours", "raw"))
            yield Row("  on the processor, each", f"{ours:.2f} ms", f"raw aiohttp {raw:.2f} ms", f"{ours / raw:.2f}")


def unchanged_sync(*, quick: bool) -> Iterator[Row]:
    """A sync with nothing to do, against the two reads it can't do without."""
    people = 500 if quick else 5000
    with serving(people) as origin, an_unchanged_sync(f"{origin}/{LATENCY}", people) as scene:
        costs = side_by_side({"sync": scene.sync, "reads": scene.reads}, 1 if quick else 5)
        what = f"unchanged sync of {people:,} people"
        yield _against(what, costs["sync"].seconds, "its two reads", costs["reads"].seconds)


def planning(*, quick: bool) -> Iterator[Row]:
    """Time for each person and membership, at ten times the number; and memory for each person."""
    few, many = (500, 5000) if quick else (5000, 50000)
    small, large = PlannedWorld(few), PlannedWorld(many)
    costs = side_by_side({"few": small.plan, "many": large.plan}, 1 if quick else 3)
    each, base = costs["many"].cpu / (2 * many) * 1e6, costs["few"].cpu / (2 * few) * 1e6
    what = f"planning {many:,} people and memberships, each"
    yield Row(what, f"{each:.1f} µs", f"{base:.1f} µs of {few:,}", f"{each / base:.2f}")
    tracemalloc.start()
    plan = large.plan()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    yield Row(f"  peak memory, each of {many:,}", f"{peak / many:.0f} bytes", f"{len(plan.changes):,} changes", "")


def posts(*, quick: bool) -> Iterator[Row]:
    """The transports to choose from."""
    count = 200 if quick else 2000
    with serving() as origin:
        for in_flight in (8, 32):
            target = f"{origin}/0.005"
            contestants: dict[str, Callable[[], object]] = {
                "raw aiohttp": partial(raw_posts, target, in_flight, BODIES[:count])
            }
            for name, make in transports(in_flight).items():
                contestants[name] = partial(bare_posts, target, in_flight, make, count)
                contestants[f"{name}, in our session"] = partial(session_posts, target, in_flight, make, count)
            costs = side_by_side(contestants, 1 if quick else 3)
            base = costs["raw aiohttp"].cpu / count * 1000
            for name, cost in costs.items():
                each = cost.cpu / count * 1000
                against = f"raw aiohttp {base:.2f} ms"
                yield Row(f"POST, {in_flight} in flight: {name}", f"{each:.2f} ms", against, f"{each / base:.2f}")


def _against(what: str, ours: float, name: str, other: float) -> Row:
    return Row(what, f"{ours * 1000:.0f} ms", f"{name} {other * 1000:.0f} ms", f"{ours / other:.2f}")


PARTS = {
    "start-up": start_up,
    "creates": creates,
    "sync": unchanged_sync,
    "planning": planning,
    "transports": posts,
}


def main() -> None:
    """Prints the table, line by line as it is measured."""
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure, all by default: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="take a tenth of everything, to see that it runs")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    _show(Row("what", "ours", "against", "ratio"))
    for name in options.parts or PARTS:
        for row in PARTS[name](quick=options.quick):
            _show(row)


def _show(row: Row) -> None:
    sys.stdout.write(f"{row.what:<{_WIDTH}}  {row.ours:>10}  {row.against:<26}  {row.ratio:>5}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
