"""The people and groups of a benchmark: how many, what they are called, and how a roster and a tenant hold them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

GIVEN_NAME, ROLE = "Ada", "Analyst"


@dataclass(frozen=True, slots=True)
class World:
    """Says how many people and groups there are; the members of the groups take turns."""

    people: int
    groups: int = 0
    members: int = 0
    """The members of each group."""

    def teams(self) -> Iterator[range]:
        """Yields the members of each group as numbers, which count on after the last person with the first one."""
        for group in range(self.groups):
            yield range(group * self.members, (group + 1) * self.members)

    def users(self) -> Iterator[dict[str, Any]]:
        """Yields each person as a SCIM resource."""
        for number in range(self.people):
            yield user(user_name(number), GIVEN_NAME, family_name(number), ROLE)

    def write_roster(self, path: Path) -> None:
        """Writes everybody into a CSV file."""
        groups: list[list[str]] = [[] for _ in range(self.people)]
        for group, members in enumerate(self.teams()):
            for number in members:
                groups[number % self.people].append(group_name(group))
        rows = (
            f"e{number},{user_name(number)},{GIVEN_NAME},{family_name(number)},{ROLE},{';'.join(groups[number])}\n"
            for number in range(self.people)
        )
        path.write_text("id,username,firstname,lastname,role,groups\n" + "".join(rows), "utf-8")

    def fingerprint(self) -> str:
        """Returns the fingerprint of a tenant that holds exactly these people and groups."""
        teams = (
            (group_name(group), [user_name(number % self.people) for number in members])
            for group, members in enumerate(self.teams())
        )
        return fingerprint(self.users(), teams)


def user(user_name: str, given_name: str, family_name: str, role: str) -> dict[str, Any]:
    """Returns an active person as a SCIM resource without an id: what a client sends to create one."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "active": True,
        "name": {"givenName": given_name, "familyName": family_name},
        "role": role,
    }


def user_name(number: int) -> str:
    """Returns the userName of a person."""
    return f"person{number}@example.org"


def family_name(number: int) -> str:
    """Returns the family name of a person."""
    return f"Lovelace {number}"


def group_name(number: int) -> str:
    """Returns the name of a group."""
    return f"Team {number}"


def fingerprint(users: Iterable[dict[str, Any]], teams: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Returns a hash of people and groups that doesn't depend on their ids and order."""
    people = (
        f"{user['userName']} {user['name']['givenName']} {user['name']['familyName']} {user['role']} {user['active']}"
        for user in users
    )
    groups = (f"{name}: {' '.join(sorted(members))}" for name, members in teams)
    return sha256("\n".join([*sorted(people), *sorted(groups)]).encode()).hexdigest()
