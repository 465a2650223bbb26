"""A kind of directory that only a test installs: a staff book, which is one JSON file, and opens to those with a key.

Its text is copied to where it is installed: it must import nothing of the tests.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from heapscim.directory.connection import DirectoryContext, SecretPlace
from heapscim.directory.kind import DirectoryKind, SourceAttributes
from heapscim.directory.protocol import Look, Report, Supposed, group_of, group_to_join, supposed
from heapscim.errors import DirectoryError, DirectoryUnauthenticated
from heapscim.model.completeness import Completeness, ReadProgress
from heapscim.model.directory import Added, DirectoryGroup, DirectorySnapshot, NewPerson, Person
from heapscim.model.state import match_key

BADGE = SecretPlace("staffbook", ("STAFFBOOK_KEY",))
SEAL = SecretPlace("staffbook-seal", ())
"""A seal is in the keyring, or in a systemd credential; no environment variable holds it."""


class StaffBookSettings(BaseModel):
    """The ``[staffbook]`` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    """Where the book is."""
    leavers: Literal["inactive", "left out"] = "inactive"
    """What those who have left are."""


@dataclass(frozen=True)
class StaffBook:
    """The directory ``staffbook:OFFICE``."""

    office: str
    context: DirectoryContext

    @property
    def spec(self) -> str:
        return f"staffbook:{self.office}"

    @property
    def secret_prompt(self) -> str:
        return "Key or seal of the staff book (it isn't shown): "

    @property
    def secret_places(self) -> tuple[SecretPlace, ...]:
        return KIND.secret_places

    def place_of(self, secret: str) -> SecretPlace:
        return SEAL if secret.startswith("seal-") else BADGE

    async def verify(self) -> str:
        return f"The staff book of {self._book()['office']} opens"

    async def read(self, progress: ReadProgress) -> DirectorySnapshot:
        book = self._book()
        known = KIND.attributes.names if KIND.attributes else ()
        people = tuple(
            Person(str(row["id"]), {name: row[name] for name in known if row.get(name)}, active=not row.get("left"))
            for row in book["people"]
            if not row.get("left") or self._settings.leavers == "inactive"
        )
        groups = tuple(
            DirectoryGroup(group["id"], group["name"], frozenset(map(str, group["members"])), bound=group["bound"])
            for group in book["groups"]
        )
        progress(len(people), len(people))
        whole = Completeness(proven=True, evidence=f"The staff book holds {len(people)} people.")
        return DirectorySnapshot("the staff book", people, groups, whole, default_scope="groups")

    async def read_as_if(self, group: str, *, bound: bool, progress: ReadProgress) -> Supposed:
        return supposed(await self.read(progress), group, bound=bound)

    async def look(self, mark: object | None) -> Look:
        found = self._book()
        for _ in range(60):
            if mark is None or found != mark:
                break
            await self.context.timing.sleep(1.0)
            found = self._book()
        return Look(found, changed=mark is not None and found != mark)

    async def set_bound(self, group: str, *, bound: bool) -> None:
        book = self._book()
        id = group_of(await self.read(lambda _read, _of: None), group).external_id
        next(known for known in book["groups"] if known["id"] == id)["bound"] = bound
        self._write(book)

    def proposed(self, people: Sequence[NewPerson], held: Iterable[Person]) -> Sequence[NewPerson | Added]:
        del held
        return people

    def warnings(self, people: Sequence[NewPerson]) -> tuple[str, ...]:
        return tuple(f"{person.account} gets a desk." for person in people)

    async def add_people(self, people: Sequence[NewPerson], *, group: str | None, report: Report) -> None:
        book = self._book()
        joined = None if group is None else group_to_join(await self.read(lambda _read, _of: None), group)
        ids = {match_key(row["username"]): row["id"] for row in book["people"]}
        for person in people:
            key = match_key(person.user_name)
            if not key:
                report(Added(person.account, "failed", None, "The userName is empty."))
                continue
            is_there = key in ids
            id = ids.setdefault(key, 1 + max(ids.values(), default=0))
            if not is_there:
                book["people"].append({"id": id, "left": not person.active, **person.attributes})
            for known in book["groups"]:
                if joined is not None and known["id"] == joined.external_id and id not in known["members"]:
                    known["members"].append(id)
            self._write(book)
            report(
                Added(person.account, "present", str(id))
                if is_there
                else Added(person.account, "added", str(id), None, person.attributes)
            )

    @property
    def _settings(self) -> StaffBookSettings:
        if not isinstance(self.context.settings, StaffBookSettings):
            raise TypeError(self.context.settings)
        return self.context.settings

    def _book(self) -> dict[str, Any]:
        secrets = filter(None, map(self.context.secret, self.secret_places))
        secret = next((secret.get_secret_value() for secret in secrets), None)
        try:
            book: dict[str, Any] = json.loads(self._settings.file.read_text("utf-8"))
        except OSError as error:
            raise DirectoryError(f"There is no staff book: {error.strerror}.", hint="Check staffbook.file.") from error
        except ValueError as error:
            raise DirectoryError("Pages of the staff book are missing.", hint="Restore it from a backup.") from error
        if secret not in book["opens_to"]:
            raise DirectoryUnauthenticated("The staff book stays closed.", hint="Activate with another key.")
        return book

    def _write(self, book: Mapping[str, Any]) -> None:
        self._settings.file.write_text(json.dumps(book), "utf-8")


KIND = DirectoryKind(
    name="staffbook",
    title="the staff book",
    form="staffbook:OFFICE",
    open=StaffBook,
    attributes=SourceAttributes(("username", "email", "firstname", "lastname", "role", "desk")),
    default_scope="groups",
    settings=lambda: StaffBookSettings,
    example="leavers=inactive",
    secret_places=(BADGE, SEAL),
)
