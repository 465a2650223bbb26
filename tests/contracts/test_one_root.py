"""Time, sleep, chance, the environment and the machine's names enter at the root of the command line, and nowhere else.

So a test that brings its own ``Context`` decides about all of them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import heapscim

PACKAGE = Path(heapscim.__file__).parent
WORLD = {
    "asyncio": {"sleep"},
    "datetime": {"now", "today", "utcnow"},
    "getpass": {"getuser"},
    "os": {"environ", "environb", "getenv", "getpid", "getlogin", "urandom"},
    "platform": {"node"},
    "random": {"random", "uniform", "choice", "randint", "shuffle", "Random"},
    "socket": {"gethostname", "getfqdn"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep"},
}
"""Module, or class, → what it tells of the world."""
HOMES = {
    "cli/root.py": "the root",
    "__main__.py": "before anything is imported: which of the two programs this is, and how a pipe is encoded",
    "cli/app.py": "a command line that makes no sense never becomes a command with a context",
    "cli/completion/answer.py": "the Tab key's own root, which a context would make slow",
    "http/proxies.py": "names the variable from which httpx took a proxy, which httpx reads by itself",
    "ledger/postgres/place.py": "tells others which process really holds it",
    "ledger/sqlite/lock.py": "tells others which process really holds it",
    "ledger/sqlite/database.py": "waits in real time for another process that has the file",
}
"""Files that may use it, and why. The sandbox is another program, with a root of its own."""


def used(path: Path) -> Iterator[str]:
    """Yields what a file takes from the world, by whatever name: ``time.sleep``, or ``from time import sleep``."""
    tree = ast.parse(path.read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    names = {one.asname: one.name for node in imports for one in node.names if one.asname}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(module) | ast.Attribute(attr=module), attr=name):
                if name in WORLD.get(names.get(module, module), ()):
                    yield f"{names.get(module, module)}.{name}"
            case ast.ImportFrom(module=str(module), names=found):
                yield from (f"{module}.{one.name}" for one in found if one.name in WORLD.get(module, ()))


def test_only_the_root_takes_anything_from_the_world() -> None:
    found = {
        str(path.relative_to(PACKAGE)): sorted(set(used(path)))
        for path in PACKAGE.rglob("*.py")
        if "sandbox" not in path.relative_to(PACKAGE).parts[:1]
    }
    takers = {name: what for name, what in found.items() if what}
    assert takers.keys() == HOMES.keys(), {name: what for name, what in takers.items() if name not in HOMES}
    assert {"time.monotonic", "asyncio.sleep", "os.environ"} <= set(takers["cli/root.py"]), "it sees what there is"


def test_it_finds_what_is_hidden_behind_another_name(tmp_path: Path) -> None:
    file = tmp_path / "hidden.py"
    file.write_text(
        "import time as t\nfrom os import environ as e\nimport datetime\nt.sleep(1)\ndatetime.datetime.now()\n"
    )
    assert set(used(file)) == {"time.sleep", "os.environ", "datetime.now"}
