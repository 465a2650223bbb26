"""Checks names and values of a roster for what a spreadsheet, a script or a paste left there: wrong in silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from heapscim.directory.roster.headers import GROUPS, canonical, is_header
from heapscim.directory.roster.rows import Place, Problems, Row
from heapscim.directory.roster.values import (
    are_plain,
    damaged,
    doubtful,
    is_address,
    is_suspect,
    look,
    odd_space,
    unseen,
)
from heapscim.model.directory import USERNAME
from heapscim.model.state import match_key

Find: TypeAlias = Callable[[], Place]

_RETYPE = "type it again by hand"
_ASKED = "Heap's documentation asks for one"


@dataclass(slots=True)
class Checks:
    """Notes problems and notices of values, and compares the names of one file when all are known."""

    problems: Problems
    _odd: dict[str, list[tuple[str, Find]]] = field(default_factory=lambda: defaultdict(list))
    """Names with spaces or with letters beyond ASCII, by noun: they may look like others."""
    _has_addresses: bool = False
    _others: list[tuple[str, Find]] = field(default_factory=list)
    """userNames that aren't addresses."""

    def values(self, row: Row) -> None:
        """Checks each value of a person."""
        for column, value in row.values.items() if not are_plain(row.values.values()) else ():
            if value and is_suspect(value):
                self._value(column, value, partial(row.at, column))

    def user_name(self, name: str, row: Row, column: str) -> None:
        """Checks a userName, which a row makes of a column."""
        if name.isascii() and name.isprintable() and is_address(name):
            self._has_addresses = True
            return
        find = partial(row.at, column)
        if canonical(name) == column and is_header(row.values):
            self.problems.add(find(), "this line repeats the header; take it out, if files were put together")
        elif trouble := unseen(name):
            self.problems.add(find(), f"userName {trouble}; {_RETYPE}")
        elif found := odd_space(name):
            self.problems.add(find(), f"userName {name!r} contains the space {found}; {_RETYPE}")
        else:
            self._odd["userName"].append((name, find))
            if is_address(name):
                self._has_addresses = True
            elif not (trouble := damaged(USERNAME, name)):
                self._others.append((name, find))
            elif column != USERNAME:
                self.problems.add(find(), trouble)

    def group(self, name: str, find: Find) -> None:
        """Checks the name of a group."""
        if trouble := unseen(name):
            self.problems.add(find(), f"group {trouble}; {_RETYPE}")
            return
        if found := odd_space(name):
            self.problems.tell("unusual spaces", find, f"group {name!r} contains the space {found}")
        self._value(GROUPS, name, find)
        self._odd["group"].append((name, find))

    def addresses(self) -> None:
        """Tells of userNames that aren't e-mail addresses: of each, or in one line if the file has no others."""
        if len(self._others) > 1 and not self._has_addresses:
            what = f"none of {len(self._others):,} userNames is an e-mail address; {_ASKED}"
            self.problems.tell("userNames", self._others[0][1], what)
            return
        for name, find in self._others:
            what = f"userName {name!r} isn't an e-mail address; {_ASKED}"
            self.problems.tell("userNames that aren't e-mail addresses", find, what)

    def looks(self, noun: str, spelling: Callable[[str], str | None]) -> None:
        """Refuses names that look the same as another name and aren't; ``spelling`` returns the name of a match key."""
        looks: dict[str, str] = {}
        for name, find in self._odd[noun]:
            seen = look(name)
            other = looks.setdefault(seen, name)
            if match_key(other) == match_key(name):
                other = spelling(seen) or name
            if match_key(other) != match_key(name):
                what = f"{noun} {name!r} looks the same as {other!r}, and isn't; write both in one way"
                self.problems.add(find(), what)

    def commas(self, names: Mapping[str, Find]) -> None:
        """Checks the groups that cells name: a comma in one may have been meant to part two."""
        keys = set(map(match_key, names))
        for name, find in names.items():
            parts = [part.strip() for part in name.split(",")]
            if len(parts) == 1 or damaged(GROUPS, name):
                continue
            if any(match_key(part) in keys for part in parts):
                self.problems.add(find(), f"group {name!r} has a comma; write {'; '.join(parts)} for several groups")
            else:
                what = f"{name!r} is one group; write {'; '.join(parts)} for several"
                self.problems.tell("groups with a comma", find, what)

    def _value(self, column: str, value: str, find: Find) -> None:
        if trouble := damaged(column, value):
            self.problems.add(find(), trouble)
        elif doubt := doubtful(column, value):
            self.problems.tell("values that are probably not meant", find, doubt)
