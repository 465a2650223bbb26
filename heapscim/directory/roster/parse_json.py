"""Parses JSON into a tree with positions: the json module decodes each value, this walks the brackets around them."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from heapscim.directory.roster.tree import Entries, Items, Malformed, Node, Scalar, check_depth

_SPACE = re.compile(r"[ \t\r\n]*")


def parse_json(text: str) -> Node:
    """Returns the tree of a JSON text; raises Malformed."""
    walk = _Walk(text)
    end, root = walk.value(walk.skip(0), 0)
    if walk.skip(end) != len(text):
        raise Malformed(
            walk.skip(end), "more follows after the end of the roster; JSON Lines aren't read: write one list"
        )
    return root


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't a JSON value")


_WORDS = {True: "true", False: "false", None: None}
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_number)


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text

    def skip(self, at: int) -> int:
        """Returns the position after white space."""
        found = _SPACE.match(self._text, at)
        return at if found is None else found.end()

    def value(self, at: int, depth: int) -> tuple[int, Node]:
        """Returns the end of the value that begins at a position, and the value."""
        opening = self._text[at : at + 1]
        if opening == "{":
            return self._entries(at, depth + 1)
        if opening == "[":
            return self._items(at, depth + 1)
        return self._scalar(at)

    def _scalar(self, at: int) -> tuple[int, Scalar]:
        try:
            found, end = _DECODER.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            what = "a value is expected here" if error.msg == "Expecting value" else error.msg
            raise Malformed(min(error.pos, len(self._text)), f"this isn't JSON: {what}") from None
        except ValueError as error:
            raise Malformed(at, f"this isn't JSON: {error}") from None
        return end, Scalar(at, found if isinstance(found, str) else _WORDS[found])

    def _items(self, at: int, depth: int) -> tuple[int, Items]:
        check_depth(depth, at)
        nodes: list[Node] = []
        here = self.skip(at + 1)
        if self._text[here : here + 1] == "]":
            return here + 1, Items(at, ())
        while True:
            here, node = self.value(here, depth)
            nodes.append(node)
            here, ended = self._next(here, "]")
            if ended:
                return here, Items(at, tuple(nodes))

    def _entries(self, at: int, depth: int) -> tuple[int, Entries]:
        check_depth(depth, at)
        pairs: list[tuple[Scalar, Node]] = []
        here = self.skip(at + 1)
        if self._text[here : here + 1] == "}":
            return here + 1, Entries(at, ())
        while True:
            here, key = self._key(here)
            here, node = self.value(here, depth)
            pairs.append((key, node))
            here, ended = self._next(here, "}")
            if ended:
                return here, Entries(at, tuple(pairs))

    def _key(self, at: int) -> tuple[int, Scalar]:
        if self._text[at : at + 1] != '"':
            raise Malformed(at, "this isn't JSON: a key in double quotes is expected here")
        end, key = self._scalar(at)
        end = self.skip(end)
        if self._text[end : end + 1] != ":":
            raise Malformed(end, "this isn't JSON: ':' is expected here")
        return self.skip(end + 1), key

    def _next(self, at: int, closing: str) -> tuple[int, bool]:
        """Steps over a comma, or over the bracket that ends a list or mapping."""
        here = self.skip(at)
        found = self._text[here : here + 1]
        if found == closing:
            return here + 1, True
        if found != ",":
            ended = "; the file may have been cut off" if not found else ""
            raise Malformed(here, f"this isn't JSON: ',' or {closing!r} is expected here{ended}")
        return self.skip(here + 1), False
