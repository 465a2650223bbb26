"""What heapscim costs as its users meet it: whole processes, against the limit and the peers, in turns in one run.

server      what the benchmark's own server can do, so that it isn't what is measured
start-up    --version, --help, the slowest help of a command and one Tab, against an interpreter that does nothing
plan        a plan of three people, against the import of the libraries that it needs
first       the first sync of an empty tenant, against a raw aiohttp loop that sends the same bodies
ledger      the first sync with its ledger in PostgreSQL, against the same with its ledger in a file
peers       the creation of one person, against a scim2-client script, curl and scim2-cli
unchanged   a sync with nothing to do, against a raw aiohttp reader of the same pages; its requests
limit       the first sync at a tenant with a rate limit: how much of it is used, and how much is refused
member      one person joins or leaves a large group: the writes, and the bytes of their bodies
terminal    a plan of thousands of changes on a terminal, against the same plan in one line
large       with --full: 100,000 people and 400,000 memberships, their memory, and a tenth of them

Each row shows the median and, in brackets, the minimum and maximum of its turns. The parts that have peers need the
dependency group `benchmark`, curl and xargs. docs/explanation/performance.md explains the method and holds the last
table.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.parts.ledgers import shared_ledger
from tests.benchmarks.parts.reads import large_worlds, unchanged_sync
from tests.benchmarks.parts.startup import small_plan, start_up
from tests.benchmarks.parts.tenants import membership, rate_limited
from tests.benchmarks.parts.terminal import shown_plan
from tests.benchmarks.parts.writes import first_sync, peers, server_alone
from tests.benchmarks.sizes import LARGE, QUICK, Sizes
from tests.benchmarks.table import COLUMNS, Row, line
from tests.benchmarks.world import World

PARTS: dict[str, Callable[[Sizes], Iterator[Row]]] = {
    "server": server_alone,
    "start-up": start_up,
    "plan": small_plan,
    "first": first_sync,
    "ledger": shared_ledger,
    "peers": peers,
    "unchanged": unchanged_sync,
    "limit": rate_limited,
    "member": membership,
    "terminal": shown_plan,
    "large": large_worlds,
}
WITH_PEERS = {"server", "first", "peers", "unchanged", "large"}
"""The parts that need the dependency group."""


def main() -> None:
    """Prints the table, line by line as it is measured."""
    asked = _arguments()
    parts = asked.parts or list(PARTS)
    if WITH_PEERS.intersection(parts) and not all(map(find_spec, ("aiohttp", "scim2_client", "scim2_cli"))):
        sys.exit("The peers aren't installed. Run `pip install --group benchmark` and try again.")
    sizes = _sizes(asked)
    print(machine(), end="\n\n", flush=True)
    print(line(COLUMNS, markdown=asked.markdown))
    if asked.markdown:
        print(line(["---"] * len(COLUMNS), markdown=True))
    for name in parts:
        for row in PARTS[name](sizes):
            print(line(row.cells, markdown=asked.markdown), flush=True)


def machine() -> str:
    """Returns what the table was measured on and with."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0))
    known = {one.name: one.version for one in distributions()}
    named = ("heapscim", "httpx", "aiohttp", "scim2-client", "scim2-cli")
    packages = ", ".join(f"{name} {known[name]}" for name in named if name in known)
    return (
        f"{cores} cores of {models[0] if models else platform.machine()}, {platform.system()} {platform.release()}, "
        f"{platform.python_implementation()} {platform.python_version()}; {packages}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure; all by default")
    parser.add_argument("--full", action="store_true", help="add the large worlds, which take minutes to set up")
    parser.add_argument("--quick", action="store_true", help="use tiny sizes, to see that everything runs")
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="the time before each response (0.02)")
    parser.add_argument("--page", type=int, metavar="N", help="the most resources on a page; clients ask for 100")
    parser.add_argument("--people", type=int, metavar="N", help="the people of the first and the unchanged sync")
    parser.add_argument("--groups", type=int, metavar="N", help="the groups of both")
    parser.add_argument("--members", type=int, metavar="N", help="the members of each group")
    parser.add_argument("--in-flight", type=int, nargs="+", metavar="N", help="the requests under way at once (8 32)")
    parser.add_argument("--rate", type=float, metavar="N", help="the requests per second of the limited tenant (25)")
    parser.add_argument("--burst", type=int, metavar="N", help="its burst (50)")
    parser.add_argument("--repeat", type=int, metavar="N", help="the turns of each contestant (3; 21 for short ones)")
    parser.add_argument("--markdown", action="store_true", help="print the table for a page")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return asked


def _sizes(asked: argparse.Namespace) -> Sizes:
    sizes = QUICK if asked.quick else Sizes()
    if asked.full or "large" in asked.parts:
        sizes = replace(sizes, large=World(1_000, 20, 20) if asked.quick else LARGE)
    if asked.in_flight:
        sizes = replace(sizes, in_flight=tuple(asked.in_flight))
    if asked.repeat:
        sizes = replace(sizes, turns=asked.repeat, short_turns=asked.repeat)
    same = {name: getattr(asked, name) for name in ("latency", "page", "rate", "burst")}
    sizes = replace(sizes, **{name: value for name, value in same.items() if value is not None})
    size = {name: getattr(asked, name) for name in ("people", "groups", "members")}
    size = {name: value for name, value in size.items() if value is not None}
    return replace(sizes, created=replace(sizes.created, **size), unchanged=replace(sizes.unchanged, **size))


if __name__ == "__main__":
    main()
