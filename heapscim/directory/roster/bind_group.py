"""Writes into the YAML or JSON form of a roster whether a group is bound: one word changes, or one key is added.

Everything else stays byte for byte. The result is read back before it is written.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from heapscim.directory.protocol import group_of, supposed
from heapscim.directory.roster.assembly import parse_roster
from heapscim.directory.roster.reading import DEFAULT, Reading
from heapscim.directory.roster.text import form_of, text_of
from heapscim.directory.roster.write_csv import line_end
from heapscim.directory.roster.write_document import Insertion, Node, compose, inserted, line_start
from heapscim.errors import DirectoryError, UsageError
from heapscim.model.state import match_key

_REST_OF_LINE = re.compile(r"[^\r\n]*")


def with_binding(content: bytes, path: Path, group: str, *, bound: bool, reading: Reading = DEFAULT) -> bytes:
    """Returns the content with a group bound, or not; unchanged if that is so already.

    Raises UsageError for a CSV roster, NotInDirectory for an unknown group, and DirectoryError for a group that only
    the people's rows name.
    """
    refuse_csv(path)
    before = parse_roster(content, path, reading)
    found = group_of(before, group)
    if found.bound is bound:
        return content
    source = text_of(content, path, reading.encoding)
    change = _change(source.text, found.name, bound=bound, json=form_of(path) == "json")
    after = source.mark + inserted(source.text, [change]).encode(source.encoding)
    wanted = supposed(before, group, bound=bound).after
    if replace(parse_roster(after, path, reading), notices=wanted.notices) != wanted:  # notices count lines
        raise DirectoryError(
            f"{path.name} is written in a way that makes it unsafe to change `bound`; nothing was written.",
            hint="Change it by hand.",
        )
    return after


def refuse_csv(path: Path) -> None:
    """Raises UsageError for CSV, which can't say which groups are bound."""
    if form_of(path) == "csv":
        raise UsageError(
            f"{path.name} can't say which groups are bound: in CSV, every group that a row names is bound.",
            hint="Use a YAML or JSON roster, whose groups have a key `bound`.",
        )


def _change(text: str, name: str, *, bound: bool, json: bool) -> Insertion:
    word = "true" if bound else "false"
    for node in _groups(compose(text, json=json)):
        keys = {str(key.value): (key, value) for key, value in node.value}
        if match_key(str(keys["name"][1].value)) != match_key(name):
            continue
        if "bound" in keys:
            start, end = (mark.index for mark in (keys["bound"][1].start_mark, keys["bound"][1].end_mark))
            at = start if end > start else keys["bound"][0].end_mark.index + 1
            return Insertion(at, word if end > start else f" {word}", end - start)
        return _new_key(text, node, keys["name"], f'"bound": {word}' if json else f"bound: {word}")
    raise DirectoryError(
        f"Only people's rows name {name}, so there is no place to say whether it is bound.",
        hint="Add it to the list `groups` of the roster.",
    )


def _new_key(text: str, node: Node, named: tuple[Node, Node], written: str) -> Insertion:
    """Returns the insertion of a key after the name, on a line of its own if the name has one."""
    key, value = named
    before = text[line_start(text, key.start_mark.index) : key.start_mark.index]
    margin = line_end(text) + (before if not before.strip() else " " * key.start_mark.column)
    if not node.flow_style:
        rest = _REST_OF_LINE.match(text, value.end_mark.index)
        return Insertion(rest.end() if rest else len(text), margin + written)
    return Insertion(value.end_mark.index, "," + (margin if not before.strip() else " ") + written)


def _groups(root: Node) -> list[Node]:
    for key, value in root.value:
        if key.value == "groups":
            return [node for node in value.value if node.id == "mapping"] if value.id == "sequence" else []
    return []
