"""Finds whom a name means: a person by userName, e-mail address, username or id, and the accounts of that person.

Every USER of the command line is looked up here, so that all commands mean the same person by the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from heapscim.errors import AmbiguousInDirectory
from heapscim.model.attribute_mapping import Rule
from heapscim.model.directory import EMAIL, Person
from heapscim.model.state import USER_NAME, CurrentState, CurrentUser, Links, match_key
from heapscim.planning.mapping import account_name


@dataclass(frozen=True)
class NameIndex:
    """Holds accounts, links and people by every name that a user may give."""

    current: CurrentState
    links: Links
    people: Sequence[Person] = ()
    """Everyone in the directory, also people out of scope; none if it wasn't read."""
    mapping: Mapping[str, Rule] = field(default_factory=dict)
    source: str = "the directory"

    def accounts(self, name: str) -> tuple[CurrentUser, ...]:
        """Returns the accounts of whom a name means; raises AmbiguousInDirectory.

        What an account itself is called counts first: its userName, the one that was asked for, its id. Then the person
        counts whom the directory knows by that name.
        """
        if found := self.accounts_called(name):
            return found
        person = self.person(name)
        return () if person is None else self.accounts_of(person)

    def accounts_called(self, name: str) -> tuple[CurrentUser, ...]:
        """Returns the accounts with a userName, or with an id: Heap's, or the directory's of a managed account."""
        by_id = self.current.users_by_id
        named = self.current.users_by_key.get(match_key(name), ()) or self._kept.get(match_key(name), ())
        link = None if named else self.links.users_by_external_id.get(name)
        ids = {name, *(account.id for account in named), *([link.id] if link else [])}
        return tuple(by_id[id] for id in sorted(ids & by_id.keys()))

    def accounts_of(self, person: Person) -> tuple[CurrentUser, ...]:
        """Returns the account that is linked to a person, or those of the userName that the mapping gives them."""
        link = self.links.for_the_directory.users_by_external_id.get(person.external_id)
        if link is not None and link.id in self.current.users_by_id:
            return (self.current.users_by_id[link.id],)
        managed = self.links.for_the_directory.users_by_id
        named = self.current.users_by_key.get(match_key(account_name(person, self.mapping)), ())
        return tuple(account for account in named if account.id not in managed)

    def person(self, name: str) -> Person | None:
        """Returns the person with a userName, an e-mail address, a username or an id, or whose account is called so.

        UserName and ids count first. Raises AmbiguousInDirectory, listing everyone, if several people are meant.
        """
        key, links = match_key(name), self.links.for_the_directory
        ids = {name, *(links.external_id_of_user(account.id) for account in self.accounts_called(name))}
        first = [*self._by_user_name.get(key, ()), *(self._by_id[id] for id in ids if id in self._by_id)]
        found = {one.external_id: one for one in first or self._by_other_name.get(key, ())}
        match list(found.values()):
            case []:
                return None
            case [only]:
                return only
        raise ambiguous(name, {id: account_name(one, self.mapping) for id, one in found.items()}, self.source)

    @cached_property
    def _kept(self) -> Mapping[str, Sequence[CurrentUser]]:
        """Maps the folded names that were asked for to accounts that the tenant calls otherwise."""
        found: dict[str, Sequence[CurrentUser]] = {}
        for link in self.links.users:
            if link.kept and link.id in self.current.users_by_id:
                for name in link.kept.get(USER_NAME, ()):
                    found.setdefault(match_key(name), (self.current.users_by_id[link.id],))
        return found

    @cached_property
    def _by_id(self) -> Mapping[str | None, Person]:
        return {person.external_id: person for person in self.people}

    @cached_property
    def _by_user_name(self) -> Mapping[str, Sequence[Person]]:
        return _grouped((account_name(person, self.mapping), person) for person in self.people)

    @cached_property
    def _by_other_name(self) -> Mapping[str, Sequence[Person]]:
        """Maps the folded usernames and e-mail addresses of the directory to people."""
        return _grouped((name, person) for person in self.people for name in names_in_directory(person))


def names_in_directory(person: Person) -> tuple[str, str]:
    """Returns the username and the e-mail address, which is empty if there is none."""
    return person.user_name, person.attributes.get(EMAIL, "")


def ambiguous(name: str, people: Mapping[str, str], source: str) -> AmbiguousInDirectory:
    """Returns the error that lists everyone whom a name could mean, by external id and userName."""
    everyone = ", ".join(f"{user_name} (id {id})" for id, user_name in sorted(people.items()))
    return AmbiguousInDirectory(
        f"{name} could be any of {len(people)} people in {source}.",
        hint=f"Give the userName or the id of one of them: {everyone}.",
    )


def _grouped(pairs: Iterable[tuple[str, Person]]) -> Mapping[str, Sequence[Person]]:
    found: defaultdict[str, list[Person]] = defaultdict(list)
    for name, person in pairs:
        if key := match_key(name):
            found[key].append(person)
    return found
