"""Parses YAML into a tree with positions, event by event: aliases and deep nesting are refused before they grow."""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml import events

from heapscim.directory.roster.tree import Entries, Items, Malformed, Node, Scalar, check_depth

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml if PyYAML was built with it: it is fifteen times as fast."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NAMES = frozenset({"Null", "NULL"})
"""Spellings of null that may be a surname, since no program writes null in this way by itself."""
_TEXT = "tag:yaml.org,2002:str"


def parse_yaml(text: str) -> Node:
    """Returns the tree of a YAML text; raises Malformed."""
    try:
        return _root(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context
        at = 0 if mark is None else mark.index
        if text[at : at + 1] == "\t":
            message = "a tab is here; YAML is indented with spaces"
        raise Malformed(at, f"this isn't YAML: {message}") from None
    except yaml.reader.ReaderError as error:
        at = next((at for at, char in enumerate(text) if _is_control(char)), 0)
        raise Malformed(at, f"this isn't YAML: {error.reason}") from None


def _root(stream: Iterator[events.Event]) -> Node:
    root: Node | None = None
    for event in stream:
        if isinstance(event, events.DocumentStartEvent):
            if root is not None:
                raise Malformed(_at(event), "a second document begins here; a roster has only one")
            root = _node(next(stream), stream, 0)
    if root is None:
        raise Malformed(0, "the file is empty")
    return root


def _node(event: events.Event, stream: Iterator[events.Event], depth: int) -> Node:
    at = _at(event)
    if isinstance(event, events.AliasEvent):
        raise Malformed(at, "a roster can't contain aliases (*name)")
    if isinstance(event, events.ScalarEvent):
        if event.tag not in (None, _TEXT):
            raise Malformed(at, f"a roster can't contain tags ({event.tag})")
        plain = not event.style and event.tag is None
        is_null = plain and event.value in _NULLS
        return Scalar(at, None if is_null else event.value, event.value if is_null and event.value in _NAMES else None)
    check_depth(depth + 1, at)
    if isinstance(event, events.SequenceStartEvent):
        return Items(at, tuple(_until(events.SequenceEndEvent, stream, depth + 1)))
    nodes = _until(events.MappingEndEvent, stream, depth + 1)
    return Entries(at, tuple((_key(key), next(nodes)) for key in nodes))


def _until(end: type[events.Event], stream: Iterator[events.Event], depth: int) -> Iterator[Node]:
    for event in stream:
        if isinstance(event, end):
            return
        yield _node(event, stream, depth)


def _key(node: Node) -> Scalar:
    if not isinstance(node, Scalar):
        raise Malformed(node.at, "a key must be text, not a list or mapping")
    return node


def _at(event: events.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.index


def _is_control(char: str) -> bool:
    return char not in "\t\n\r\x85" and not char.isprintable() and (char < "\xa0" or char in "\ufffe\uffff")
