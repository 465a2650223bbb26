"""Reads the YAML and JSON form of a roster into rows, by way of one tree that knows where each value stands.

Scalars are taken as written: ``no`` and ``007`` stay text. Aliases and deep nesting are refused: a small file must not
become a large one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from heapscim.directory.roster_rows import (
    GROUPS,
    ID,
    GroupRow,
    Place,
    Problems,
    Row,
    Rows,
    canonical,
    distinct,
    truth,
    unknown_column,
)

_MOST_DEPTH = 20
_GROUP_KEYS = ("id", "name", "bound", "members")


def read_document(text: str, problems: Problems) -> Rows:
    """Reads rows from YAML, of which JSON is a part; problems go to ``problems``."""
    root = _compose(text, problems)
    if root is None:
        return Rows(())
    sections = dict(_entries(root, "the roster", problems))
    for name, (place, _) in sections.items():
        if name not in ("people", "groups"):
            problems.add(place, f"unknown key {name!r}; a roster has 'people' and 'groups'")
    if "people" not in sections:
        problems.add(_place(root), "there is no list 'people'")
        return Rows(())
    people = tuple(_person(node, problems) for node in _items(sections["people"][1], "people", problems))
    groups = None
    if GROUPS in sections:
        nodes = _items(sections[GROUPS][1], GROUPS, problems)
        groups = tuple(group for node in nodes if (group := _group(node, problems)) is not None)
    return Rows(people, groups, mentions_groups=any(row.groups is not None for row in people))


def _compose(text: str, problems: Problems) -> Any:  # noqa: ANN401 - a node of ruamel.yaml
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if not text.strip():
        problems.add(Place(1), "the file is empty")
        return None
    try:
        _refuse_bombs(text)
        return YAML(typ="safe", pure=True).compose(text)
    except _Refused as error:
        problems.add(error.place, error.message)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1)
        problems.add(place, f"this is neither YAML nor JSON: {error.problem or error.context}")
    except (YAMLError, RecursionError, ValueError) as error:
        problems.add(Place(1), f"this is neither YAML nor JSON: {str(error).splitlines()[0]}")
    return None


class _Refused(Exception):
    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


def _refuse_bombs(text: str) -> None:
    """Walks the events before anything is built."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import (
        AliasEvent,
        MappingEndEvent,
        MappingStartEvent,
        SequenceEndEvent,
        SequenceStartEvent,
    )

    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, AliasEvent):
            raise _Refused(place, "aliases (*name) aren't taken in a roster")
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
        if depth > _MOST_DEPTH:
            raise _Refused(place, f"nested deeper than {_MOST_DEPTH}")


def _entries(node: Any, what: str, problems: Problems) -> Iterator[tuple[str, tuple[Place, Any]]]:  # noqa: ANN401
    if node.id != "mapping":
        problems.add(_place(node), f"{what} must be a mapping of keys to values")
        return
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        if name in seen:
            problems.add(_place(key), f"key {name!r} stands twice")
        seen.add(name)
        yield name, (_place(key), value)


def _items(node: Any, what: str, problems: Problems) -> list[Any]:  # noqa: ANN401
    if node.id == "sequence":
        return list(node.value)
    if not (node.id == "scalar" and _text(node) == ""):
        problems.add(_place(node), f"{what!r} must be a list")
    return []


def _person(node: Any, problems: Problems) -> Row:  # noqa: ANN401
    values: dict[str, str] = {}
    places: dict[str, Place] = {}
    groups: tuple[str, ...] | None = None
    for name, (place, value) in _entries(node, "a person", problems):
        column = canonical(name)
        if column is None:
            problems.add(place, unknown_column(name).replace("column", "key", 1))
        elif column == GROUPS:
            groups = distinct(_scalar(item, "a group's name", problems) for item in _items(value, GROUPS, problems))
        elif column in values:
            problems.add(place, f"key {column!r} stands twice")
        else:
            values[column] = _scalar(value, name, problems)
            places[column] = _place(value)
    return Row(_place(node), values, places, groups)


def _group(node: Any, problems: Problems) -> GroupRow | None:  # noqa: ANN401
    found = dict(_entries(node, "a group", problems))
    for name, (place, _) in found.items():
        if name not in _GROUP_KEYS:
            problems.add(place, f"unknown key {name!r}; a group has {', '.join(_GROUP_KEYS)}")
    texts: dict[str, str] = {
        key: _scalar(found[key][1], key, problems) for key in ("id", "name", "bound") if key in found
    }
    if not texts.get("name"):
        problems.add(_place(node), "the group has no name")
        return None
    bound = truth(texts.get("bound", ""))
    if bound is None:
        problems.add(_place(found["bound"][1]), f"{texts['bound']!r} is no truth value; write true or false")
    nodes = _items(found["members"][1], "members", problems) if "members" in found else []
    members = tuple((_scalar(member, "a member", problems), _place(member)) for member in nodes)
    return GroupRow(_place(node), texts["name"], texts.get(ID, "") or None, bound is not False, members)


def _scalar(node: Any, what: str, problems: Problems) -> str:  # noqa: ANN401
    if node.id != "scalar":
        problems.add(_place(node), f"{what} must be text, not a list or mapping")
        return ""
    return _text(node).strip()


def _text(node: Any) -> str:  # noqa: ANN401
    plain = node.style is None
    return "" if plain and node.value in ("null", "Null", "NULL", "~") else str(node.value)


def _place(node: Any) -> Place:  # noqa: ANN401
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
