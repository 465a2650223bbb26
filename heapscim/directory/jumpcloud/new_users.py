"""Writes new users in JumpCloud's form, and says who is mailed about them."""

from __future__ import annotations

from collections.abc import Sequence

from heapscim.directory.jumpcloud.constants import ATTRIBUTES
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.directory.jumpcloud.usernames import email_of
from heapscim.model.directory import EMAIL, ROLE, NewPerson
from heapscim.model.phrases import counted

BATCH = 100
"""How many people one job creates."""
MANY = 100
"""Up to so many people, JumpCloud mails the administrator nothing about its jobs (article, "Importing Users")."""
_READ_ONLY = frozenset({ROLE, "organization", "creationSource", "created", "state", "manager"})
_WRITABLE = frozenset(ATTRIBUTES.names) - _READ_ONLY


def warnings(people: Sequence[NewPerson], settings: JumpCloudSettings) -> tuple[str, ...]:
    """Returns who is mailed if these people are added."""
    active = sum(person.active for person in people)
    users = counted(active, "user")
    said: list[str] = []
    if active and settings.import_state == "STAGED":
        said.append(
            f"{users} will be staged (jumpcloud.import_state). Until somebody activates them in JumpCloud, it mails "
            "them nothing, and heapscim doesn't manage them."
        )
    elif active:
        said.append(
            f"{users} will get JumpCloud's activation e-mail, unless the organisation holds it back. "
            "To add people without it: `heapscim activate --set jumpcloud.import_state=STAGED`."
        )
    if len(people) > MANY:
        jobs = -(-len(people) // BATCH)
        said.append(f"JumpCloud mails the results of {counted(jobs, 'job')} to the administrator.")
    return tuple(said)


def document_of(person: NewPerson, settings: JumpCloudSettings) -> dict[str, object]:
    """Returns a user in JumpCloud's form. The role is stored only if a custom attribute holds it."""
    document: dict[str, object] = {name: value for name, value in person.attributes.items() if name in _WRITABLE}
    document[EMAIL] = email_of(person)
    custom = [
        {"name": name.removeprefix(ATTRIBUTES.prefix), "value": value}
        for name, value in person.attributes.items()
        if name.startswith(ATTRIBUTES.prefix)
    ]
    if custom:
        document["attributes"] = custom
    state = settings.import_state if person.active else "SUSPENDED"
    if state is not None:
        document["state"] = state
    return document
