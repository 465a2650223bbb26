"""Shows facts about one thing: names with their values, instead of a table with a row for each thing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from heapscim.output.envelope import Result
from heapscim.output.tables import Table, show_pairs


def facts_result(data: object, columns: tuple[str, str], facts: tuple[tuple[str, str], ...]) -> Result:
    """Returns facts as a command's result: name beside value for a person, two columns in CSV."""
    return Result(data, Table(columns, facts), lambda screen: show_pairs(facts, screen))


def facts_table(data: Mapping[str, object]) -> Table:
    """Returns the CSV form of a result that a person reads as sentences."""
    return Table(("fact", "value"), flattened(data))


def flattened(document: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Returns a JSON object as names and values; a nested value is named by its path (``name.givenName``)."""
    return tuple(_leaves(document, ""))


def _leaves(document: Mapping[str, object], path: str) -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{name}.")
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            yield f"{path}{name}", ", ".join(value)
        else:
            yield f"{path}{name}", value if isinstance(value, str) else json.dumps(value)
