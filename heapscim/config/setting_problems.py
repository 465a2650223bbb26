"""Explains wrong settings: names the key, shows what it holds, and says what it takes, with an example to copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Literal, Union, get_args, get_origin

from heapscim.errors import SettingsError
from heapscim.model.phrases import nearest

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_ADVICE = "`heapscim help settings` lists every key and what it takes."
_MOST_SHOWN = 60
_MOST_KNOWN = 20
_ADDRESS = "ops@example.com"
_NUMBER = 20
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """Says what is wrong with one setting."""

    message: str
    """Begins with the key."""
    remedy: str | None = None
    """A sentence that says what the setting takes."""

    def __str__(self) -> str:
        remedy = "" if self.remedy is None else f" {self.remedy}"
        return f"{self.message}.{remedy}"


def refuse_settings(where: str, problems: Iterable[SettingProblem]) -> None:
    """Raises SettingsError, which names all problems, if there are any; ``where`` is the file, or what is changed."""
    found = list(dict.fromkeys(problems))
    if len(found) == 1:
        raise SettingsError(f"{where}: {found[0].message}.", hint=found[0].remedy or _ADVICE)
    if found:
        message = f"{where} has {len(found)} wrong settings."
        raise SettingsError(message, problems=tuple(map(str, found)), hint=_ADVICE)


def explained(
    error: ValidationError, model: type[BaseModel], *table: str, also: Iterable[str] = ()
) -> Iterator[SettingProblem]:
    """Yields what pydantic refuses, in our words; ``table`` leads to what the model describes.

    ``also`` are keys beside those of the model.
    """
    keys: set[str] = set()
    for entry in error.errors(include_url=False):
        place = _place(model, entry["loc"])
        key = ".".join((*table, *place.path))
        if key in keys:  # another entry of a list, or another member of a union
            continue
        keys.add(key)
        match entry["type"]:
            case "extra_forbidden":
                known = [*place.known, *(also if len(place.path) == 1 else ())]
                yield unknown_key(key, place.path[-1], known)
            case "missing":
                yield SettingProblem(f"{key} is missing", place.takes)
            case "value_error":
                words = str(entry["ctx"]["error"])
                yield from (SettingProblem(f"{key}: {line.rstrip('.')}") for line in words.splitlines())
            case _ if place.takes is not None:
                yield SettingProblem(f"{key} is {shown(entry['input'])}", place.takes)
            case _:  # a rule of another package
                yield SettingProblem(f"{key}: {entry['msg'].rstrip('.')}")


def unknown_key(key: str, name: str, known: Sequence[str]) -> SettingProblem:
    """Returns the problem of a key that doesn't exist, with the nearest one, or with all of them if they are few."""
    near, few = nearest(name, known), len(known) <= _MOST_KNOWN
    remedy = f"Did you mean {near}?" if near else f"Known: {', '.join(known)}." if known and few else None
    return SettingProblem(f"there is no setting {key}", remedy)


def shown(value: object) -> str:
    """Returns a value as TOML has it, shortened; a table isn't repeated."""
    text = "a table" if isinstance(value, Mapping) else as_toml(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def as_toml(value: object) -> str:
    """Returns a value as TOML has it on one line."""
    if isinstance(value, Mapping):
        entries = (f"{_key(str(name))} = {as_toml(entry)}" for name, entry in value.items())
        return f"{{ {', '.join(entries)} }}" if value else "{}"
    return json.dumps(value, ensure_ascii=False, default=str)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Place:
    path: tuple[str, ...]
    """The keys that lead to a setting. pydantic adds places in lists, and names of its own for members of a union."""
    takes: str | None
    """A sentence with the form of the setting and an example; None for a form that isn't known here."""
    known: tuple[str, ...]
    """The keys of the innermost table on the way."""


def _place(model: type[BaseModel], location: Sequence[int | str]) -> _Place:
    path: list[str] = []
    kind: object = model
    metadata: Sequence[object] = ()
    default: object = None
    known: tuple[str, ...] = ()
    for step in location:
        plain = _plain(kind)
        if (table := _model(plain)) is not None:
            known = tuple(table.model_fields)
            field = table.model_fields.get(str(step))
            path.append(str(step))
            if field is None:
                return _Place(tuple(path), None, known)
            kind, metadata = field.annotation, field.metadata
            default = field.examples[0] if field.examples else field.default
        elif _is_table(plain) and str(step) != "[key]":
            path.append(str(step))
            kind, metadata, default = get_args(plain)[1], (), None
        elif get_origin(plain) is tuple:
            kind, metadata, default = get_args(plain)[0], (), None
    words = _form(kind, metadata, default)
    return _Place(tuple(path), None if words is None else f"It takes {words}.", known)


def _model(kind: object) -> type[BaseModel] | None:
    from pydantic import BaseModel

    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _form(annotation: object, metadata: Sequence[object], default: object) -> str | None:
    plain = _plain(annotation)
    if get_origin(plain) is Annotated:
        inner, *more = get_args(plain)
        return _form(inner, [*metadata, *_limits(more)], default)
    if get_origin(plain) in (Union, UnionType):
        forms = [_form(kind, (), None) for kind in get_args(plain)]
        return " or ".join(form for form in forms if form)
    if get_origin(plain) is Literal:
        return f"one of {', '.join(map(shown, get_args(plain)))}"
    if plain is bool:
        return "true or false"
    if plain in (int, float):
        return _number_form(plain is int, metadata, default)
    if plain is str:
        if any("@" in str(getattr(rule, "pattern", "")) for rule in metadata):
            return f"an e-mail address, such as {shown(_ADDRESS)}"
        return f"a text in quotes, such as {shown(default)}" if isinstance(default, str) else "a text in quotes"
    if plain is date:
        return "a date, such as 2027-03-31"
    if get_origin(plain) is tuple:
        return f"a list, such as [{shown(_ADDRESS)}]"
    return "a table" if _model(plain) or _is_table(plain) else None


def _number_form(is_whole: bool, metadata: Sequence[object], default: object) -> str:  # noqa: FBT001
    limits = {name: getattr(rule, name) for rule in metadata for name in ("ge", "gt", "le") if hasattr(rule, name)}
    kind = "a whole number" if is_whole else "a number"
    low = f" from {limits['ge']}" if "ge" in limits else f" above {limits['gt']}" if "gt" in limits else ""
    high = f" to {limits['le']}" if "le" in limits else ""
    return f"{kind}{low}{high}, such as {default if isinstance(default, int | float) else _NUMBER}"


def _limits(rules: Iterable[object]) -> Iterator[object]:
    from pydantic.fields import FieldInfo

    for rule in rules:
        yield from rule.metadata if isinstance(rule, FieldInfo) else (rule,)


def _plain(annotation: object) -> object:
    """Returns a type without None."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def _is_table(plain: object) -> bool:
    origin = get_origin(plain)
    return isinstance(origin, type) and issubclass(origin, Mapping)
