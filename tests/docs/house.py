"""The map of the house: each room with its docstring, and each of its modules with the first line of its own."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "heapscim"


def rooms() -> Iterator[str]:
    """The rooms from the lowest floor to the highest, as the contract of the floors has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    floors = next(entry for entry in settings["tool"]["importlinter"]["contracts"] if entry["type"] == "layers")
    for floor in reversed(floors["layers"]):
        yield from (room for room in floor.split(" | ") if (PACKAGE / room).is_dir())


def modules_of(room: str) -> Iterator[str]:
    """The modules of a room, those of a package within it behind the package's own docstring."""
    for path in sorted((PACKAGE / room).rglob("*.py")):
        if path != PACKAGE / room / "__init__.py":
            yield path.relative_to(PACKAGE).as_posix()


def docstring_of(path: str) -> str:
    """What a module or package says it is."""
    return ast.get_docstring(ast.parse((PACKAGE / path).read_text("utf-8"))) or ""


def first_line(path: str) -> str:
    """The first paragraph of that."""
    return docstring_of(path).split("\n\n")[0]
