"""The kinds of directory that must pass the suites of directories and of those that can be written unchanged.

Each holds the same people and groups, and lets somebody change it in its own ways. Another kind is one more entry.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

from heapscim.cli.root import TIMING
from heapscim.directory.connection import DirectoryContext
from heapscim.directory.protocol import Directory, GroupBinder, PeopleWriter
from heapscim.directory.roster.roster import Roster
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.secret import SecretStr
from heapscim.sandbox.jumpcloud.store import JumpCloudStore
from tests.fakes.clocks import FakeClock
from tests.fakes.jumpcloud import RunningJumpCloud, World, running_jumpcloud
from tests.fakes.staffbook import StaffBook, StaffBookSettings

Rows = list[dict[str, Any]]
Open = Callable[[Path], AbstractContextManager["Source"]]
ADA = {"username": "ada@x.org", "firstname": "Ada", "lastname": "Lovelace"}
GRACE = {"username": "grace@x.org", "firstname": "Grace"}
KURT = {"username": "kurt@x.org", "lastname": "Gödel"}
"""He is inactive."""
MEMBERS = {"Design": {"ada@x.org", "kurt@x.org"}, "Logic": {"grace@x.org"}}
"""Design is bound. Logic isn't, where the directory can say so."""


class Writable(Directory, PeopleWriter, GroupBinder, Protocol):
    """A directory that can do all that directories may."""


class Source(Protocol):
    """Where the people and groups are, and what somebody else may do there."""

    lists_groups: bool
    """Whether it says of each group which id it has and whether it is bound; else groups are names in people's rows."""

    def open(self) -> Writable:
        """Opens it once more, as another process would."""
        ...

    def content(self) -> object:
        """All that it holds, to be compared."""
        ...

    def rename_person(self, user_name: str, to: str) -> None: ...

    def rename_group(self, name: str, to: str) -> None: ...

    def remove_person(self, user_name: str) -> None: ...

    def cut_off(self) -> None:
        """From now on, a part of it can't be read."""
        ...

    def close(self) -> None:
        """From now on, nothing of it can be read."""
        ...


@dataclass
class File:
    """A directory that is one file, which somebody else edits and saves."""

    path: Path
    written: Callable[[Rows, Rows], str]
    lists_groups: bool = True
    people: Rows = field(
        default_factory=lambda: [{"id": 1, **ADA}, {"id": 2, **GRACE}, {"id": 3, **KURT, "active": False}]
    )
    groups: Rows = field(
        default_factory=lambda: [
            {"id": f"g{number}", "name": name, "bound": name == "Design", "members": members}
            for number, (name, members) in enumerate(MEMBERS.items())
        ]
    )

    def __post_init__(self) -> None:
        self._save()

    def open(self) -> Writable:
        return Roster(str(self.path), timing=TIMING)

    def content(self) -> object:
        return self.path.read_bytes()

    def rename_person(self, user_name: str, to: str) -> None:
        next(row for row in self.people if row["username"] == user_name)["username"] = to
        for group in self.groups:
            group["members"] = {to if member == user_name else member for member in group["members"]}
        self._save()

    def rename_group(self, name: str, to: str) -> None:
        next(row for row in self.groups if row["name"] == name)["name"] = to
        self._save()

    def remove_person(self, user_name: str) -> None:
        self.people = [row for row in self.people if row["username"] != user_name]
        for group in self.groups:
            group["members"] = group["members"] - {user_name}
        self._save()

    def cut_off(self) -> None:
        content = self.path.read_bytes()
        self.path.write_bytes(content[: content.index(b"Grace") + 2])

    def close(self) -> None:
        self.path.unlink()

    def _save(self) -> None:
        self.path.write_text(self.written(self.people, self.groups), "utf-8")


def _csv(people: Rows, groups: Rows) -> str:
    out = io.StringIO()
    columns = ("id", "username", "lastname", "active", "groups", "firstname")
    writer = csv.DictWriter(out, columns, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for row in people:
        names = [group["name"] for group in groups if row["username"] in group["members"]]
        writer.writerow({**row, "active": row.get("active", True), "groups": ";".join(names)})
    return out.getvalue()


def _document(people: Rows, groups: Rows) -> dict[str, Rows]:
    def names(person: Mapping[str, Any]) -> list[str]:
        return [group["name"] for group in groups if person["username"] in group["members"]]

    return {
        "people": [{**row, "groups": names(row)} for row in people],
        "groups": [{key: group[key] for key in ("id", "name", "bound")} for group in groups],
    }


def _yaml(people: Rows, groups: Rows) -> str:
    return yaml.safe_dump(_document(people, groups), allow_unicode=True, sort_keys=False)


def _json(people: Rows, groups: Rows) -> str:
    return json.dumps(_document(people, groups), indent=2)


def _staffbook(people: Rows, groups: Rows) -> str:
    ids = {row["username"]: row["id"] for row in people}
    rows = [{"left": not row.get("active", True), **row} for row in people]
    teams = [{**group, "members": sorted(ids[member] for member in group["members"])} for group in groups]
    return json.dumps({"office": "Delft", "opens_to": ["key"], "people": rows, "groups": teams})


class StaffBookFile(File):
    """The kind that only tests know."""

    def open(self) -> Writable:
        def connect(*_: object, **__: object) -> Any:  # noqa: ANN401
            raise AssertionError("a book needs no connection")

        settings = StaffBookSettings(file=self.path)
        return StaffBook(
            "delft",
            DirectoryContext(settings, lambda _: SecretStr("key"), connect, FakeClock().timing(), DEFAULT_MAPPING),
        )


@dataclass
class Service:
    """A JumpCloud that is played on this machine, over a socket."""

    running: RunningJumpCloud
    lists_groups: bool = True

    def open(self) -> Writable:
        return World().directory(base_url=self.running.base_url, page_size=2)

    def content(self) -> object:
        store = self.running.store
        return deepcopy((store.users, store.groups, store.members, store.bound))

    def rename_person(self, user_name: str, to: str) -> None:
        self.running.store.user(_local(user_name)).update(username=_local(to), email=to)

    def rename_group(self, name: str, to: str) -> None:
        self.running.store.group(name)["name"] = to

    def remove_person(self, user_name: str) -> None:
        self.running.store.remove_user(_local(user_name))

    def cut_off(self) -> None:
        self.running.behave(lost_page="systemusers@2")

    def close(self) -> None:
        self.running.behave(wrong_region="yes")


def _local(name: str) -> str:
    """The username that JumpCloud has beside an e-mail address."""
    return name.partition("@")[0]


@contextmanager
def _jumpcloud(_folder: Path) -> Iterator[Source]:
    store = JumpCloudStore()
    for person in (ADA, GRACE, {**KURT, "state": "SUSPENDED"}):
        store.create_user({**person, "username": _local(person["username"]), "email": person["username"]})
    for name, members in MEMBERS.items():
        store.add_group(name, *sorted(map(_local, members)))
    store.add_application("Heap", "Design")
    with running_jumpcloud(store) as running:
        yield Service(running)


def _file(
    name: str, written: Callable[[Rows, Rows], str], *, kind: type[File] = File, lists_groups: bool = True
) -> Open:
    @contextmanager
    def opened(folder: Path) -> Iterator[Source]:
        yield kind(folder / name, written, lists_groups)

    return opened


SOURCES: Mapping[str, Open] = {
    "csv": _file("people.csv", _csv, lists_groups=False),
    "yaml": _file("people.yaml", _yaml),
    "json": _file("people.json", _json),
    "jumpcloud": _jumpcloud,
    "staffbook": _file("book.json", _staffbook, kind=StaffBookFile),
}
