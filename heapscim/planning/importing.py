"""Decides an import: which of Heap's accounts the directory has already, which are chosen, and what would be written.

Heap is the source here and the directory the target. A person who is in the directory is never changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeGuard, TypeVar

from heapscim.model.attribute_mapping import Rule
from heapscim.model.caseless import glob_matches
from heapscim.model.directory import EMAIL, USERNAME, NewPerson, Person
from heapscim.model.state import ROLE, USER_NAME, CurrentUser, Link, match_key
from heapscim.planning.mapping import mapped
from heapscim.planning.user_changes import differs
from heapscim.planning.whom import ambiguous, names_in_directory

T = TypeVar("T")
SortKey: TypeAlias = Literal["userName", "name", "role", "status"]

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class New:
    """Holds an account that belongs to no person of the directory."""

    account: CurrentUser
    status: Literal["New"] = "New"


@dataclass(frozen=True, slots=True)
class Imported:
    """Holds an account of a person who is in the directory."""

    account: CurrentUser
    person: Person
    status: Literal["Imported"] = "Imported"
    linked: bool = field(default=False, compare=False)
    """Whether the ledger says so; else it was found by its userName or the person's e-mail address."""


@dataclass(frozen=True, slots=True)
class ImportConflict:
    """Holds an account that can't be told to be one person's: it is reported and never imported."""

    account: CurrentUser
    message: str
    status: Literal["Conflict"] = "Conflict"


Finding: TypeAlias = New | Imported | ImportConflict


@dataclass(frozen=True, slots=True)
class Choice:
    """Holds the accounts to import, and those that were named and can't be imported."""

    new: tuple[New, ...]
    imported: tuple[Imported, ...] = ()
    """Named, and in the directory already."""
    conflicts: tuple[ImportConflict, ...] = ()
    """Named, and in a conflict."""
    unknown: tuple[str, ...] = ()
    """Names and patterns that match no account in Heap."""


def find(
    accounts: Sequence[CurrentUser], people: Iterable[Person], links: Iterable[Link], mapping: Mapping[str, Rule]
) -> tuple[Finding, ...]:
    """Finds for each account whether the directory has it: by ledger link first, then by userName or e-mail address.

    All people count, also inactive ones and those out of scope. If an account's userName is the e-mail address of a
    person with another userName, it is that person's.
    """
    everybody = {person.external_id: person for person in people}
    owners = {link.id: everybody[link.external_id] for link in links if link.external_id in everybody}
    names = (
        (match_key(_user_name_in_heap(person, mapping) or person.user_name), person) for person in everybody.values()
    )
    mails = ((match_key(person.attributes.get(EMAIL, "")), person) for person in everybody.values())
    known = _Known(
        owners=owners,
        with_account={owners[account.id].external_id for account in accounts if account.id in owners},
        people_named=_grouped(names),
        people_mailed=_grouped(mails),
        unlinked=_grouped((account.match_key, account.id) for account in accounts if account.id not in owners),
    )
    return tuple(map(known.find, accounts))


@dataclass(frozen=True, slots=True)
class _Known:
    """Holds the people of the directory by what an account can be found by."""

    owners: Mapping[str, Person]
    """Heap id → the linked person."""
    with_account: Collection[str]
    """External ids of people whose linked account is in Heap."""
    people_named: Mapping[str, Sequence[Person]]
    people_mailed: Mapping[str, Sequence[Person]]
    unlinked: Mapping[str, Sequence[str]]
    """Folded userName → Heap ids of accounts without a linked person."""

    def find(self, account: CurrentUser) -> Finding:
        if person := self.owners.get(account.id):
            return Imported(account, person, linked=True)
        name, key = account.user_name, account.match_key
        people = self.people_named.get(key) or self.people_mailed.get(key, ())
        ids = self.unlinked.get(key, ())
        if len(people) > 1:
            who = ", ".join(sorted(person.external_id for person in people))
            return ImportConflict(account, f"{name} could be any of {len(people)} people (ids {who}).")
        if len(ids) > 1:
            return ImportConflict(account, f"{len(ids)} accounts in Heap are called {name} (ids {', '.join(ids)}).")
        if people and people[0].external_id in self.with_account:
            return ImportConflict(account, f"{name} has another account in Heap already, under an older name.")
        if people:
            return Imported(account, people[0])
        return New(account)


def in_order(findings: Iterable[Finding], by: SortKey) -> tuple[Finding, ...]:
    """Sorts findings; ``status`` puts new accounts first. Equal ones are sorted by userName."""
    rank = {"New": "1", "Conflict": "2", "Imported": "3"}
    keys: Mapping[SortKey, Callable[[Finding], str]] = {
        "userName": lambda _: "",
        "name": lambda finding: match_key(full_name(finding.account)),
        "role": lambda finding: match_key(finding.account.attributes.get(ROLE, "")),
        "status": lambda finding: rank[finding.status],
    }
    return tuple(
        sorted(findings, key=lambda finding: (keys[by](finding), finding.account.match_key, finding.account.id))
    )


def choose(findings: Sequence[Finding], names: Iterable[str], *, every: bool = False) -> Choice:
    """Picks accounts by userName, by another name or id of their person, or by glob (any case), or all new ones.

    Each is picked once. Raises AmbiguousInDirectory if a name means several people.
    """
    by_key = _grouped((finding.account.match_key, finding) for finding in findings)
    by_other_name = _grouped(pair for finding in findings for pair in _other_names(finding))
    picked: dict[str, Finding] = {}
    unknown: list[str] = []
    if every:
        picked.update((finding.account.id, finding) for finding in findings if isinstance(finding, New))
    for name in dict.fromkeys(names):
        found = by_key.get(match_key(name), [])
        if not found and _GLOB & set(name):
            meant = (key for key in by_key if glob_matches(key, name.strip()))
            found = [entry for key in meant for entry in by_key[key]]
        if not found:
            found = by_other_name.get(match_key(name), [])
            meant_people = {
                entry.person.external_id: entry.account.user_name for entry in found if isinstance(entry, Imported)
            }
            if len(meant_people) > 1:
                raise ambiguous(name, meant_people, "the directory")
        picked.update((finding.account.id, finding) for finding in found)
        if not found:
            unknown.append(name)
    chosen = picked.values()
    return Choice(
        tuple(finding for finding in chosen if isinstance(finding, New)),
        tuple(finding for finding in chosen if isinstance(finding, Imported)),
        tuple(finding for finding in chosen if isinstance(finding, ImportConflict)),
        tuple(unknown),
    )


def _other_names(finding: Finding) -> Iterator[tuple[str, Finding]]:
    """Returns the folded names beside the userName that an account is found by."""
    yield match_key(finding.account.id), finding
    if isinstance(finding, Imported):
        for name in (finding.person.external_id, *names_in_directory(finding.person)):
            yield match_key(name), finding


def person_of(account: CurrentUser, mapping: Mapping[str, Rule], *, with_role: bool) -> NewPerson:
    """Returns what a directory must hold so that the profile's mapping leads to this account.

    Only plain attributes can be read backwards. What a template or constant fills stays empty, and so does an attribute
    that two of Heap's attributes would fill differently. The role is left out unless asked for: once written down,
    Heap's default role would overrule what is chosen in Heap (article row 4).
    """
    values = {USER_NAME: account.user_name.strip(), **account.attributes}
    targets: defaultdict[str, set[str]] = defaultdict(set)
    held_back = None if with_role else mapping.get(ROLE)
    for target, source in mapping.items():
        if _is_plain(source) and source != held_back:
            targets[source].add(values.get(target, ""))
    attributes = {source: found for source, texts in targets.items() if len(texts) == 1 and (found := min(texts))}
    if _is_plain(by_name := mapping[USER_NAME]):
        attributes[by_name] = values[USER_NAME]
    attributes.setdefault(USERNAME, values[USER_NAME])
    return NewPerson(attributes, account.active, account.user_name)


def leads_back(person: NewPerson, mapping: Mapping[str, Rule]) -> bool:
    """Reports whether the mapping makes of the person the userName of their account.

    If it doesn't, the next sync would give the person a second account.
    """
    return match_key(_user_name_in_heap(Person("", person.attributes), mapping)) == match_key(person.account)


def by_email(mapping: Mapping[str, Rule]) -> Mapping[str, Rule]:
    """Returns the mapping with the e-mail address as userName."""
    return {**mapping, USER_NAME: EMAIL}


def known_by_email(findings: Iterable[Finding], mapping: Mapping[str, Rule]) -> tuple[str, ...]:
    """Returns the accounts of people whose e-mail address is the userName, though the mapping makes another one."""
    return tuple(
        finding.account.user_name
        for finding in findings
        if isinstance(finding, Imported)
        and not finding.linked
        and match_key(finding.person.attributes.get(EMAIL, "")) == finding.account.match_key
        and match_key(_user_name_in_heap(finding.person, mapping)) != finding.account.match_key
    )


def accounts_held(people: Iterable[NewPerson], held: Iterable[Person]) -> frozenset[str]:
    """Returns the accounts of the people whom a directory holds by now.

    They are told by the e-mail address or, unless both people have one, by the username.
    """
    named = {match_key(person.user_name): match_key(person.attributes.get(EMAIL, "")) for person in held}
    mailed = set(filter(None, named.values()))
    found: set[str] = set()
    for person in people:
        name, mail = match_key(person.user_name), match_key(person.attributes.get(EMAIL, ""))
        if mail in mailed or (name in named and not (mail and named[name])):
            found.add(person.account)
    return frozenset(found)


def not_as_in_heap(account: CurrentUser, held: Mapping[str, str], mapping: Mapping[str, Rule]) -> tuple[str, ...]:
    """Returns the target attributes that a plan would change if the directory held these of the account's person."""
    try:
        wanted = mapped(Person("", held), mapping)[1]
    except ValueError:
        return ()
    return tuple(path for path, value in wanted.items() if differs(path, value, account.attributes.get(path)))


def full_name(account: CurrentUser) -> str:
    """Returns first and last name, as far as Heap shows them."""
    names = (account.attributes.get("name.givenName"), account.attributes.get("name.familyName"))
    return " ".join(filter(None, names))


def _is_plain(rule: object) -> TypeGuard[str]:
    """Returns whether a rule of the mapping is the name of an attribute, not a template or a constant."""
    return isinstance(rule, str) and not {"{", "}"} & set(rule)


def _grouped(pairs: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    """Groups values by key, in order; a value with an empty key is left out."""
    found: defaultdict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        if key:
            found[key].append(value)
    return found


def _user_name_in_heap(person: Person, mapping: Mapping[str, Rule]) -> str:
    """Returns the userName that a person has in Heap, or would have; empty if the mapping gives none."""
    try:
        return mapped(person, mapping)[0]
    except ValueError:
        return ""
