"""A directory before and after a busy day: some 300 changes of every kind a sync knows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Document = dict[str, Any]


def a_town(people: int, groups: int, *, later: bool) -> Document:
    """A roster; ``later`` it is the same town after joiners, leavers, returners, new names and other groups."""
    rows = [row for number in range(people) if (row := _person(number, later=later)) is not None]
    there = {row["username"] for row in rows if row["active"]}
    listed = [group for number in range(groups) if (group := _group(number, people, there, later=later)) is not None]
    return {"people": rows, "groups": listed}


def write_town(path: Path, town: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(town), "utf-8")


def _person(number: int, *, later: bool) -> Document | None:
    """By number modulo 10: 0 to 3 join later, 4 leaves, 5 goes on leave, 6 returns, 7 and 8 get another name."""
    kind = number % 10
    if (kind <= 3 and not later) or (kind == 4 and later):
        return None
    active = {5: not later, 6: later}.get(kind, True)
    last_name = f"Name{number}{'b' if later and kind in (7, 8) else ''}"
    person = {"id": f"p{number}", "username": f"u{number}@x.org", "firstname": f"U{number}", "lastname": last_name}
    return {**person, "role": "Analyst", "active": active}


def _group(number: int, people: int, there: set[str], *, later: bool) -> Document | None:
    """By number modulo 5: 0 is new later, 1 is deleted, 2 is unbound, 3 is renamed; members move in all."""
    kind = number % 5
    if (kind == 0 and not later) or (kind == 1 and later):
        return None
    shift = 3 if later else 0
    members = [f"u{(number * 7 + step + shift) % people}@x.org" for step in range(12)]
    name = f"Group {number}{' (new)' if later and kind == 3 else ''}"
    return {
        "id": f"g{number}",
        "name": name,
        "bound": not (later and kind == 2),
        "members": [member for member in members if member in there],
    }
