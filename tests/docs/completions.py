"""The completion scripts of four shells and the table of what they complete.

``python -m tests.docs`` writes them from the app. A test holds the files to what it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from heapscim.cli.app import COMMANDS, load, root_command
from heapscim.cli.completion.scripts import SCRIPTS
from heapscim.cli.help_pages import with_kinds
from heapscim.config.profile import Profile
from heapscim.directory.registry import installed_kinds
from heapscim.heap.dialect import _CHOICES, Dialect
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.sandbox.heap.switches import Behaviour, switches
from heapscim.sandbox.jumpcloud.store import JumpCloudBehaviour
from heapscim.workflows.help_topics import topics
from tests.docs.reference import _kinds_in
from tests.docs.tables import modules

if TYPE_CHECKING:
    from typer._click.core import Command, Parameter

_ROOT = Path(__file__).parents[2]
_BY_METAVAR = {
    "USER": "users", "GROUP": "groups", "FILE": "files", "PROFILE": "profiles", "RUN": "runs", "ROLE": "roles"
}  # fmt: skip
_ENCODINGS = [
    "utf-8", "windows-1252", "utf-16", "iso-8859-1", "iso-8859-15", "mac-roman", "windows-1250", "windows-1251",
    "cp437", "cp850", "big5", "euc-kr", "gb18030", "shift_jis"
]  # fmt: skip
"""What spreadsheets of the world's offices write, the most common ones first."""
_SWITCHES = {"dialect": "dialect", "jumpcloud": "jumpcloud"}
"""Options of the sandbox, with the set of their keys; every other KEY is a setting."""
_CONNECTION = ("base_url", "disconnected")
"""Settings that only `activate` and `deactivate` change."""


def completion_table() -> dict[str, Any]:
    """Every command with its options and arguments, by its words."""
    commands = {name: load(name) for name in COMMANDS}
    table = {"": _entry(root_command()) | {"commands": {name: entry.help for name, entry in COMMANDS.items()}}}
    for name, found in commands.items():
        table[name] = _entry(found)
        for below, verb in getattr(found, "commands", {}).items():
            table[f"{name} {below}"] = _entry(verb)
    keys = {"settings": _settings(), "dialect": _switches(Behaviour()), "jumpcloud": _switches(JumpCloudBehaviour())}
    return table | {"=": keys}


def _settings() -> dict[str, list[str]]:
    """Every key of a profile, with the values of those that take one of a few."""
    found = {key: values for key, values in _of_model(Profile, "") if key not in _CONNECTION}
    found |= {f"dialect.{entry.name}": list(_CHOICES.get(entry.name, ())) for entry in fields(Dialect)}
    for kind in installed_kinds().values():
        found |= dict(_of_model(kind.settings(), f"{kind.name}.")) if kind.settings is not None else {}
    return found | {"roster.encoding": _ENCODINGS}


def _of_model(model: type[BaseModel], path: str) -> Iterator[tuple[str, list[str]]]:
    for name, entry in model.model_fields.items():
        inner = next(_kinds_in(entry.annotation), None)
        if inner is not None:
            yield from _of_model(inner, f"{path}{name}.")
        elif name == "mapping":
            yield from ((f"mapping.{target}", []) for target in DEFAULT_MAPPING)
        elif name not in ("dialect", "directories"):
            yield f"{path}{name}", _few(entry.annotation)


def _few(annotation: Any) -> list[str]:  # noqa: ANN401
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    if bool in kinds:
        return ["true", "false"]
    return [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]


def _switches(start: Any) -> dict[str, list[str]]:  # noqa: ANN401
    """Every switch of one side of the sandbox, with the values of those that take one of a few."""
    hints = get_type_hints(type(start))
    return {switch["name"]: _few(hints[switch["name"]]) for switch in switches(start)}


def write_all() -> None:
    """Writes the tables and the scripts."""
    for path, text in modules(completion_table()).items():
        path.write_text(text, "utf-8")
    for script in SCRIPTS.values():
        (_ROOT / "completions" / script.file).write_text(script.text, "utf-8")


def _entry(command: Command) -> dict[str, Any]:
    options = {"--help": {"help": "Show this message and exit."}, "-h": {"help": "Show this message and exit."}}
    entry: dict[str, Any] = {"options": {}}
    if below := getattr(command, "commands", {}):
        entry["commands"] = {name: verb.help for name, verb in below.items()}
    for parameter in (parameter for parameter in command.params if not getattr(parameter, "hidden", False)):
        if parameter.param_type_name == "argument":
            entry.setdefault("arguments", []).append(_takes(parameter))
            entry["repeats"] = parameter.nargs == -1
        else:
            entry["options"] |= {name: _option(parameter) for name in (*parameter.opts, *parameter.secondary_opts)}
    entry["options"] |= options
    return entry


def _option(parameter: Parameter) -> dict[str, Any]:
    said: dict[str, Any] = {"help": with_kinds(getattr(parameter, "help", "") or "")}
    return said if getattr(parameter, "is_flag", False) else said | {"takes": _takes(parameter)}


def _takes(parameter: Parameter) -> str | list[str] | dict[str, Any]:
    """What a parameter's value is: one of some choices, a kind of name, a file, or nothing that could be known.

    Before a colon stands a kind of directory, but for those that are files.
    """
    if parameter.metavar in ("KEY", "KEY=VALUE"):
        with_values = parameter.metavar == "KEY=VALUE"
        return {"keys": _SWITCHES.get(str(parameter.name), "settings"), "with_values": with_values}
    if parameter.metavar == "TOPIC":
        return [*topics(), *COMMANDS]
    if parameter.metavar == "SPEC":
        return {"kinds_but": [kind.name for kind in installed_kinds().values() if kind.suffixes]}
    if parameter.name == "encoding":
        return _ENCODINGS
    descriptor: Any = parameter.type_descriptor  # type: ignore[attr-defined]
    if descriptor.is_choice:
        return list(descriptor.choices)
    if descriptor.is_path or descriptor.is_file:
        return "files"
    return "profiles" if parameter.name == "profile" else _BY_METAVAR.get(parameter.metavar or "", "")
