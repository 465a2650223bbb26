"""Adds people to the YAML or JSON form of a roster: inserts text where the parsed document says the list ends.

What is there already stays byte for byte: comments, order, indentation and quotes. New entries follow the layout of the
last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from heapscim.directory.roster.headers import ACTIVE, GROUPS, canonical
from heapscim.directory.roster.write_csv import line_end
from heapscim.errors import DirectoryError

Node: TypeAlias = Any
Entry: TypeAlias = Mapping[str, str | tuple[str, ...]]
"""One person by canonical key; groups are a tuple."""

_REST_OF_LINE = re.compile(r"[^\r\n]*")
_LINE = re.compile(r"([ \t]*)([^\r\n]*)(?:\r\n|\n|\r)?")
_NOT_YAML = re.compile("[^\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = re.compile(r"[^\W\d_][\w.@+'-]*(?: [\w.@+'-]+)*")
_NOT_TEXT_ELSEWHERE = re.compile(r"(?i:true|false|yes|no|on|off|y|n|null)")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')
_TO_COMMA = re.compile(r"(?:\s|#[^\r\n]*)*,")


@dataclass(frozen=True, slots=True)
class Insertion:
    """Holds text to insert at an index, ``replacing`` some characters of an empty value (``~``)."""

    at: int
    text: str
    replacing: int = 0


def compose(text: str, *, json: bool) -> Node:
    """Returns the YAML nodes of a roster that can be read; raises DirectoryError for JSON that isn't YAML."""
    import yaml

    # JSON is YAML, except for tabs and control characters, which YAML refuses: spaces keep every index as it is. And
    # libyaml refuses the escapes of characters beyond U+FFFF, which JSON writes in two halves.
    loader = yaml.SafeLoader if json else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(_NOT_YAML.sub(" ", text) if json else text, Loader=loader)
    except yaml.YAMLError as error:
        raise DirectoryError(
            "This roster is written in a way that heapscim can't add to; nothing was written.",
            hint="Change it by hand.",
        ) from error


def with_entries(text: str, entries: Sequence[Entry], *, json: bool) -> str:
    """Returns the text with more entries in its list of people."""
    document = _Document(text, json=json)
    return inserted(text, document.insertions(entries))


def inserted(text: str, insertions: Iterable[Insertion]) -> str:
    """Returns the text with all insertions."""
    for insertion in sorted(insertions, key=lambda entry: entry.at, reverse=True):
        text = text[: insertion.at] + insertion.text + text[insertion.at + insertion.replacing :]
    return text


def end_of(node: Node) -> int:
    """Returns the index right after a node's last character: block collections end with their last item."""
    if node.id == "scalar" or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return end_of(last[1] if node.id == "mapping" else last)


class _Document:
    def __init__(self, text: str, *, json: bool) -> None:
        self.text = text
        self.end = line_end(text)
        self.root = compose(text, json=json)
        self.key, self.people = next((key, node) for key, node in self.root.value if key.value == "people")
        items = self.people.value if self.people.id == "sequence" else []
        self.layout = _Layout(text, items, json=json)

    def insertions(self, entries: Sequence[Entry]) -> Iterator[Insertion]:
        if self.people.id == "scalar":
            return self._into_nothing(entries)
        if self.people.flow_style:
            return self._into_flow(entries)
        return self._into_block(entries)

    def _into_block(self, entries: Sequence[Entry]) -> Iterator[Insertion]:
        dash = self.people.start_mark.index
        margin = self.text[line_start(self.text, dash) : dash]
        margin = margin if not margin.strip() else " " * self.people.start_mark.column
        last = self.people.value[-1]
        at = self._after_comments(self._next_line(end_of(last)), self.people.start_mark.column)
        flow = bool(last.flow_style) or last.id != "mapping"
        yield self._lines(at, [self.layout.item(entry, margin, flow=flow) for entry in entries])

    def _into_nothing(self, entries: Sequence[Entry]) -> Iterator[Insertion]:
        """Yields a block list for ``people:`` without a value, or a flow list inside a flow mapping."""
        empty = self.people.end_mark.index - self.people.start_mark.index
        if self.root.flow_style:
            written = ", ".join(self.layout.flow(entry) for entry in entries)
            at = self.people.start_mark.index if empty else self.key.end_mark.index + 1
            yield Insertion(at, f"[{written}]" if empty else f" [{written}]", empty)
            return
        if empty:
            yield Insertion(self.people.start_mark.index, "", empty)
        margin = " " * (self.key.start_mark.column + 2)
        at = self._next_line(self.key.end_mark.index)
        yield self._lines(at, [self.layout.item(entry, margin, flow=False) for entry in entries])

    def _into_flow(self, entries: Sequence[Entry]) -> Iterator[Insertion]:
        if not self.people.value:
            yield self._into_brackets(entries)
            return
        last = self.people.value[-1]
        margin = self._flow_margin(last)
        written = [self.layout.like(entry, last) for entry in entries]
        end = last.end_mark.index
        comma = _TO_COMMA.match(self.text, end)
        if comma is not None:
            at = self._line_end(comma.end()) if margin.strip(" ") else comma.end()
            yield Insertion(at, "".join(f"{margin}{item}," for item in written))
        elif margin.strip(" ") and (rest := self._rest_of_line(end)).strip().startswith("#"):
            yield Insertion(end, ",")
            yield Insertion(end + len(rest), ",".join(margin + item for item in written))
        else:
            yield Insertion(end, "".join(f",{margin}{item}" for item in written))

    def _into_brackets(self, entries: Sequence[Entry]) -> Insertion:
        at = self.people.start_mark.index + 1
        length = self.people.end_mark.index - 1 - at
        if self.key.start_mark.line == self.root.start_mark.line or not self.root.flow_style:
            return Insertion(at, ", ".join(self.layout.flow(entry) for entry in entries))
        margin = self.text[line_start(self.text, self.key.start_mark.index) : self.key.start_mark.index]
        inner = self.end + margin + (margin if not margin.strip() else "  ")
        written = ("," + inner).join(self.layout.flow(entry) for entry in entries)
        blank = not self.text[at : at + length].strip()
        return Insertion(at, f"{inner}{written}{self.end}{margin}", length if blank else 0)

    def _flow_margin(self, last: Node) -> str:
        """Returns what comes before an item: a line break and its indentation, a space, or nothing."""
        start = last.start_mark.index
        before = self.text[line_start(self.text, start) : start]
        if not before.strip():
            return self.end + before
        return "" if self.layout.tight else " "

    def _lines(self, at: int, lines: Sequence[str]) -> Insertion:
        """Returns whole lines, inserted at the beginning of a line or after a last line without a line break."""
        if at and self.text[at - 1] not in "\r\n":
            return Insertion(at, "".join(self.end + line for line in lines))
        return Insertion(at, "".join(line + self.end for line in lines))

    def _after_comments(self, at: int, column: int) -> int:
        """Returns the index after the comments of the last item, which are indented deeper than its dash."""
        while (line := _LINE.match(self.text, at)) and line.group(2).startswith("#") and len(line.group(1)) > column:
            at = line.end()
        return at

    def _rest_of_line(self, at: int) -> str:
        found = _REST_OF_LINE.match(self.text, at)
        return found.group() if found else ""

    def _line_end(self, at: int) -> int:
        return at + len(self._rest_of_line(at))

    def _next_line(self, at: int) -> int:
        if at and at == line_start(self.text, at):
            return at  # after a block scalar, which ends with its line
        end = self._line_end(at)
        return end + len(self.end) if self.text.startswith(self.end, end) else end


class _Layout:
    """Holds how this file writes a person: spelling and order of keys, quotes, and spaces."""

    def __init__(self, text: str, items: Sequence[Node], *, json: bool) -> None:
        self.text = text
        self.end = line_end(text)
        mappings = [item for item in items if item.id == "mapping" and item.value]
        self.spelling = {
            canonical(str(key.value)): text[key.start_mark.index : key.end_mark.index]
            for item in mappings
            for key, _ in item.value
        }
        self.order = [canonical(str(key.value)) for key, _ in mappings[-1].value] if mappings else []
        self.quoted_keys = json or any(name.startswith('"') for name in self.spelling.values())
        self.quoted = json or (bool(mappings) and all(value.style == '"' for _, value in mappings[-1].value))
        self.tight = bool(mappings) and bool(mappings[-1].flow_style) and self._is_tight(mappings[-1])

    def item(self, entry: Entry, margin: str, *, flow: bool) -> str:
        """Returns a person as an item of a block list."""
        if flow:
            return f"{margin}- {self.flow(entry)}"
        pairs = [f"{key}: {value}" for key, value in self._pairs(entry)]
        return f"{margin}- " + f"{self.end}{margin}  ".join(pairs)

    def like(self, entry: Entry, last: Node) -> str:
        """Returns a person as an item of a flow list, on several lines if the last one is."""
        if last.id != "mapping" or not last.value or last.value[0][0].start_mark.line == last.start_mark.line:
            return self.flow(entry)
        first, close = last.value[0][0].start_mark.index, last.end_mark.index - 1
        inner = self.end + self.text[line_start(self.text, first) : first]
        outer = self.text[line_start(self.text, close) : close]
        pairs = ("," + inner).join(self._flow_pairs(entry))
        return "{" + inner + pairs + (self.end + outer if not outer.strip() else "") + "}"

    def flow(self, entry: Entry) -> str:
        """Returns a person on one line."""
        return "{" + (", ", ",")[self.tight].join(self._flow_pairs(entry)) + "}"

    def _flow_pairs(self, entry: Entry) -> list[str]:
        return [key + (": ", ":")[self.tight] + value for key, value in self._pairs(entry)]

    def _pairs(self, entry: Entry) -> Iterator[tuple[str, str]]:
        for name in sorted(entry, key=lambda name: self.order.index(name) if name in self.order else len(self.order)):
            plain = f'"{name}"' if self.quoted_keys else name
            yield self.spelling.get(name, plain), self._value(name, entry[name])

    def _value(self, name: str, value: str | tuple[str, ...]) -> str:
        if name == GROUPS:
            names = [scalar(group, quoted=self.quoted) for group in value]
            return "[" + (", ", ",")[self.tight].join(names) + "]"
        return str(value) if name == ACTIVE else scalar(str(value), quoted=self.quoted)

    def _is_tight(self, mapping: Node) -> bool:
        """Reports whether there is no space after the colon."""
        key, value = mapping.value[0]
        return bool(key.style) and self.text[key.end_mark.index : value.start_mark.index] == ":"


def line_start(text: str, index: int) -> int:
    """Returns the index at which the line of an index begins."""
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def scalar(value: str, *, quoted: bool = False) -> str:
    """Returns a value, quoted if that was asked for or if a YAML reader could misread it."""
    if not quoted and _PLAIN.fullmatch(value) and not _NOT_TEXT_ELSEWHERE.fullmatch(value):
        return value
    return '"' + _UNSAFE.sub(_escaped, value) + '"'


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    return _ESCAPES.get(char) or f"\\u{ord(char):04x}"
