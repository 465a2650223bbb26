"""Reads the tree of a YAML or JSON roster into rows, and checks its keys and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from heapscim.directory.roster.headers import (
    ACTIVE,
    GROUPS,
    ID,
    MOST_LIKENESSES,
    UNREAD,
    Headers,
    Meaning,
    likely_column,
    unknown,
    unknown_column,
)
from heapscim.directory.roster.rows import GroupRow, Place, Problems, Row, Rows
from heapscim.directory.roster.text import RosterText
from heapscim.directory.roster.tree import Entries, Items, Malformed, Node, Scalar
from heapscim.directory.roster.values import truth

SECTIONS = ("people", "groups")
GROUP_KEYS = ("id", "name", "bound", "members")
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")


def read_document(source: RosterText, problems: Problems, headers: Headers, *, json: bool) -> Rows:
    """Reads rows from YAML or JSON; problems go to ``problems``."""
    if not source.text.strip():
        problems.add(Place(1), "the file is empty; it holds a mapping with a list 'people'")
        return Rows(())
    try:
        if json:
            from heapscim.directory.roster.parse_json import parse_json

            root = parse_json(source.text)
        else:
            from heapscim.directory.roster.parse_yaml import parse_yaml

            root = parse_yaml(source.text)
    except Malformed as error:
        problems.add(source.place(error.at), error.message)
        return Rows(())
    return _Reader(source, problems, headers).rows(root)


class _Reader:
    def __init__(self, source: RosterText, problems: Problems, headers: Headers) -> None:
        self._source = source
        self._problems = problems
        self._headers = headers
        self._unread: dict[str, None] = {}
        self._unknown = 0

    def rows(self, root: Node) -> Rows:
        if isinstance(root, Items):
            self._add(root, "a roster is a mapping, not a list; write the list under the key 'people'")
            return Rows(())
        sections = {}
        for key, value in self._entries(root, "the roster"):
            if key.text not in SECTIONS:
                self._add(key, unknown("key", str(key.text), SECTIONS))
            sections[key.text] = value
        if "people" not in sections:
            if isinstance(root, Entries):
                self._add(root, f"there is no list 'people'{self._other_list(root)}")
            return Rows(())
        found = (self._person(node) for node in self._items(sections["people"], "people"))
        people = tuple(person for person in found if person is not None)
        groups = self._groups(sections[GROUPS]) if GROUPS in sections else None
        mentions = any(row.groups is not None for row in people)
        return Rows(people, groups, mentions_groups=mentions, unread=tuple(self._unread))

    def _other_list(self, root: Entries) -> str:
        """Returns what to do with a list of mappings that has another name, as in answers of services."""
        for key, value in root.pairs:
            if (
                key.text not in SECTIONS
                and isinstance(value, Items)
                and isinstance(next(iter(value.nodes), None), Entries)
            ):
                return f"; if {key.text!r} is that list, and complete, rename it"
        return ""

    def _groups(self, node: Node) -> tuple[GroupRow, ...]:
        """Returns the list of groups. An empty value isn't a list: a file cut off there would remove every group."""
        if isinstance(node, Scalar) and node.text is None:
            self._add(node, f"{GROUPS!r} is empty; write [] if there are no groups")
            return ()
        found = (self._group(entry) for entry in self._items(node, GROUPS))
        return tuple(group for group in found if group is not None)

    def _person(self, node: Node) -> Row | None:
        if not isinstance(node, Entries):
            self._add(node, "a person must be a mapping of keys to values")
            return None
        values: dict[str, str] = {}
        places: dict[str, int] = {}
        groups: dict[str, None] | None = None
        for key, value in self._entries(node, "a person"):
            name = str(key.text)
            meaning = self._headers.meaning(name)
            if meaning is None:
                self._note_unknown(key, name)
            elif not meaning.column:
                self._unread.update({name: None} if meaning == UNREAD else {})
            elif meaning.column == GROUPS:
                places[GROUPS] = value.at
                items = (value,) if meaning.single else self._items(value, GROUPS)
                named = (self._text(item, "a group's name") for item in items)
                groups = {} if groups is None else groups
                groups.update(dict.fromkeys(filter(None, named)))
            elif meaning.column in values and meaning.column != ACTIVE:
                self._add(key, f"key {meaning.column!r} appears twice")
            else:
                text = self._text(value, name, null_is_word=meaning.column not in (ID, ACTIVE))
                values[meaning.column] = (
                    self._activity(values, text, meaning, key) if meaning.column == ACTIVE else text
                )
                places[meaning.column] = value.at
        source, start = self._source, node.at
        named_groups = None if groups is None else tuple(groups)
        return Row(values, lambda column: source.place(places.get(column, start)), named_groups)

    def _activity(self, values: dict[str, str], text: str, meaning: Meaning, key: Scalar) -> str:
        """Returns what several keys together say of a person: inactive, if any of them says so."""
        found = truth(text, str(key.text))
        if found is None and truth(text) is not None:
            self._add(key, f"key {key.text!r} is read as active, and {text!r} may be a place")
            self._problems.unwanted.append(str(key.text))
        if text and found is not None:
            text = str(found is not meaning.inverted)
        return values[ACTIVE] if truth(values.get(ACTIVE, "")) is False else text

    def _note_unknown(self, key: Scalar, name: str) -> None:
        self._unknown += 1
        likely = likely_column(name) if self._unknown <= MOST_LIKENESSES else None
        self._add(key, unknown_column("key", name, likely))
        self._problems.unwanted += () if likely else (name,)

    def _group(self, node: Node) -> GroupRow | None:
        found: dict[str, Node] = {}
        for key, value in self._entries(node, "a group"):
            if key.text not in GROUP_KEYS:
                self._add(key, unknown("key", str(key.text), GROUP_KEYS))
            found[str(key.text)] = value
        texts: dict[str, str] = {key: self._text(found[key], key) for key in ("id", "name", "bound") if key in found}
        if not texts.get("name"):
            if isinstance(node, Entries):
                self._add(node, "the group has no name")
            return None
        bound = truth(texts.get("bound", ""))
        if bound is None:
            self._add(found["bound"], f"bound is {texts['bound']!r}; write true or false")
        nodes = self._items(found["members"], "members") if "members" in found else ()
        read = ((self._text(member, "a member"), member) for member in nodes)
        members = tuple((name, node.at) for name, node in read if isinstance(node, Scalar))
        return GroupRow(self._source.place, node.at, texts["name"], texts.get(ID) or None, bound is not False, members)

    def _entries(self, node: Node, what: str) -> Iterator[tuple[Scalar, Node]]:
        if not isinstance(node, Entries):
            self._add(node, f"{what} must be a mapping of keys to values")
            return
        seen: set[str | None] = set()
        for key, value in node.pairs:
            if key.text in seen:
                self._add(key, f"key {key.text!r} appears twice")
            else:
                seen.add(key.text)
                yield key, value

    def _items(self, node: Node, what: str) -> tuple[Node, ...]:
        if isinstance(node, Items):
            return node.nodes
        if not (isinstance(node, Scalar) and node.text is None):
            self._add(node, f"{what!r} must be a list")
        return ()

    def _text(self, node: Node, what: str, *, null_is_word: bool = False) -> str:
        if not isinstance(node, Scalar):
            self._add(node, f"{what} must be text, not a list or mapping")
            return ""
        text = node.text or (node.word if null_is_word else None) or ""
        if not text.isprintable() and (found := _UNSENDABLE.search(text)):
            self._add(node, f"{what} contains \\u{ord(found[0]):04x}, which isn't a character")
        return text.strip()

    def _add(self, node: Node, message: str) -> None:
        self._problems.add(self._source.place(node.at), message)
