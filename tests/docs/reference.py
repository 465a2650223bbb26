"""The generated parts of the reference pages, made from the program itself.

A page holds such a part between ``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any

from pydantic import BaseModel
from typer.testing import CliRunner

from heapscim import errors
from heapscim.cli.app import COMMANDS, app, load
from heapscim.config import profile as settings
from heapscim.directory.registry import installed_kinds
from heapscim.heap.dialect import Dialect
from heapscim.sandbox.heap import switches as behaviour
from heapscim.sandbox.jumpcloud.store import JumpCloudBehaviour
from heapscim.workflows import exit_codes
from tests.docs.house import docstring_of, first_line, modules_of, rooms

_PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_parts(text: str) -> str:
    """Returns the page with every generated part as the program is now."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def cli() -> str:
    """Returns what --help prints for the program and for every command."""
    return "\n".join(
        f"## {' '.join(('heapscim', *path))}\n\n```text\n{_help_of(path)}\n```\n" for path in command_paths()
    )


def command_paths() -> Iterator[tuple[str, ...]]:
    """Yields the words that lead to each command, in the order of the help."""
    yield ()
    for name in COMMANDS:
        yield (name,)
        yield from ((name, child) for child in getattr(load(name), "commands", ()))


def _help_of(path: tuple[str, ...]) -> str:
    ran = CliRunner(env={"COLUMNS": "100", "TERMINAL_WIDTH": "100"}).invoke(
        app, [*path, "--help"], prog_name="heapscim"
    )
    assert ran.exit_code == 0, ran.output
    return "\n".join(line.rstrip() for line in ran.stdout.strip().splitlines())


def exit_code_table() -> str:
    """Returns the table of exit codes and their meanings."""
    return _table(("code", "meaning"), [(str(code), words) for code, words in exit_codes.MEANINGS.items()])


def error_table() -> str:
    """Returns the table of error codes, each with its exit code."""
    rows = [(f"`{kind.code}`", str(exit_codes.exit_code_of(_instance(kind))), _first_line(kind)) for kind in _kinds()]
    return _table(("error code", "exit code", "meaning"), rows)


def _kinds(kind: type[errors.HeapscimError] = errors.HeapscimError) -> Iterator[type[errors.HeapscimError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _kinds(child)


def _instance(kind: type[errors.HeapscimError]) -> errors.HeapscimError:
    made = kind.__new__(kind)
    Exception.__init__(made)
    return made


def _first_line(kind: type) -> str:
    return _paragraphs(kind.__doc__ or "").split("\n\n")[0]


def settings_tables() -> str:
    """Returns every key of a profile, table by table."""
    kinds = installed_kinds().values()
    models = [
        *_models("Top level", settings.Profile),
        *((f"`[{kind.name}]`", kind.settings()) for kind in kinds if kind.settings is not None),
    ]
    return "\n".join(f"## {title}\n\n{_model_table(model)}" for title, model in models)


def _models(title: str, model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    yield title, model
    for name, entry in model.model_fields.items():
        for kind in _kinds_in(entry.annotation):
            inner = f"{path}{entry.alias or name}"
            yield from _models(f"`[{inner}]`", kind, f"{inner}.")


def _kinds_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _kinds_in(inner)


def _model_table(model: type[BaseModel]) -> str:
    words = docstrings(model)
    rows = []
    for name, entry in model.model_fields.items():
        if any(_kinds_in(entry.annotation)):
            default = "the table below"
        elif entry.is_required():
            default = "required"
        else:
            default = _value(entry.get_default(call_default_factory=True, validated_data={}))
        rows.append((f"`{entry.alias or name}`", default, words[name]))
    return _table(("key", "default", "meaning"), rows)


def directory_table() -> str:
    """Returns the kinds of directory: how to name one, its default scope, and the variables that hold its key."""
    rows = []
    for kind in installed_kinds().values():
        keys = (" and ".join(f"`{name}`" for name in place.variables) for place in kind.secret_places)
        rows.append((kind.form, f"`{kind.default_scope}`", ", or ".join(filter(None, keys)) or "none"))
    return _table(("`directory`", "default `scope`", "variables that hold its key"), rows)


def source_attribute_table() -> str:
    """Returns the attributes that a mapping may use, for each kind of directory."""
    rows = []
    for kind in installed_kinds().values():
        if kind.attributes is not None:
            names = ", ".join(f"`{name}`" for name in kind.attributes.names)
            more = f"; and custom attributes as `{kind.attributes.prefix}NAME`" if kind.attributes.prefix else ""
            rows.append((kind.title, names + more))
    return _table(("directory", "attributes"), rows)


def dialect_table() -> str:
    """Returns every key of [dialect]."""
    words, defaults = docstrings(Dialect), Dialect()
    rows = [(f"`{entry.name}`", _value(getattr(defaults, entry.name)), words[entry.name]) for entry in fields(Dialect)]
    return _table(("key", "default", "meaning"), rows)


def sandbox_table(start: "behaviour.Behaviour | JumpCloudBehaviour") -> str:
    """Returns every switch of one side of the sandbox."""
    words = docstrings(type(start))
    rows = [
        (f"`{switch['name']}`", switch["values"], f"`{switch['default']}`", words[switch["name"]])
        for switch in behaviour.switches(start)
    ]
    return _table(("switch", "values", "default", "meaning"), rows)


def house() -> str:
    """Returns every room with its modules."""
    parts = []
    for room in rooms():
        rows = [(f"`{path.removesuffix('__init__.py')}`", first_line(path)) for path in modules_of(room)]
        parts.append(
            f"## {room}\n\n{docstring_of(f'{room}/__init__.py')}\n\n{_table(('module', 'what it holds'), rows)}"
        )
    return "\n".join(parts)


def docstrings(kind: type) -> dict[str, str]:
    """Returns the text under each field of a class and of the classes that it inherits from."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("heapscim."):
            found |= dict(_own_docstrings(base))
    return found


def _own_docstrings(kind: type) -> Iterator[tuple[str, str]]:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    for entry, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name):
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield entry.target.id, _line(str(said))


def _value(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, tuple | list):
        return "`[]`" if not value else f"`{list(value)}`"
    if isinstance(value, dict):
        return "empty" if not value else ", ".join(f"`{key}` = `{entry}`" for key, entry in value.items())
    return f"`{value}`"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in row) + " |\n" for row in lines)


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(_line(part) for part in (text or "").replace("\b", "").split("\n\n"))


PARTS: dict[str, Callable[[], str]] = {
    "cli": cli,
    "exit-codes": exit_code_table,
    "errors": error_table,
    "settings": settings_tables,
    "directories": directory_table,
    "source-attributes": source_attribute_table,
    "dialect": dialect_table,
    "house": house,
    "sandbox": lambda: sandbox_table(behaviour.Behaviour()),
    "sandbox-jumpcloud": lambda: sandbox_table(JumpCloudBehaviour()),
}
