"""Import: which of Heap's accounts the directory knows already, who is chosen, and what would be written of them.

Heap is the source here and the directory the target. Nobody who is in the directory is ever changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeGuard, TypeVar

from heapscim.model.attribute_mapping import Rule
from heapscim.model.caseless import glob_matches
from heapscim.model.directory import EMAIL, USERNAME, NewPerson, Person
from heapscim.model.state import ROLE, USER_NAME, CurrentUser, Link, match_key
from heapscim.planning.mapping import mapped
from heapscim.planning.user_changes import differs

T = TypeVar("T")
Status: TypeAlias = Literal["New", "Imported", "Conflict"]
SortKey: TypeAlias = Literal["userName", "name", "role", "status"]

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class New:
    """An account that nobody in the directory has."""

    account: CurrentUser
    status: Literal["New"] = "New"


@dataclass(frozen=True, slots=True)
class Imported:
    """An account of somebody who is in the directory."""

    account: CurrentUser
    person: Person
    status: Literal["Imported"] = "Imported"


@dataclass(frozen=True, slots=True)
class ImportConflict:
    """An account that could be several people's, or one of several that could be one person's: never imported."""

    account: CurrentUser
    message: str
    status: Literal["Conflict"] = "Conflict"


Finding: TypeAlias = New | Imported | ImportConflict


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is to be imported, and who was named and can't be."""

    new: tuple[New, ...]
    imported: tuple[Imported, ...] = ()
    """Named, and in the directory already."""
    conflicts: tuple[ImportConflict, ...] = ()
    """Named, and not to be decided here."""
    unknown: tuple[str, ...] = ()
    """Names and patterns that no account in Heap fits."""


def find(
    accounts: Sequence[CurrentUser], people: Iterable[Person], links: Iterable[Link], mapping: Mapping[str, Rule]
) -> tuple[Finding, ...]:
    """Says of each account whether the directory has it: by ledger link first, then by userName.

    All people count: inactive ones and those out of scope are in the directory, too. An account whose name is the
    e-mail address of somebody with another userName isn't new: whether that is one person isn't decided here.
    """
    by_id = {person.external_id: person for person in people}
    linked = {link.id: by_id[link.external_id] for link in links if link.external_id in by_id}
    holders = {person.external_id for account in accounts if (person := linked.get(account.id))}
    people_of = _grouped((_key_of(person, mapping), person) for person in by_id.values())
    mailed_to = _grouped((match_key(person.attributes.get(EMAIL, "")), person) for person in by_id.values())
    rivals = _grouped((account.match_key, account.id) for account in accounts if account.id not in linked)

    def judge(account: CurrentUser) -> Finding:
        if person := linked.get(account.id):
            return Imported(account, person)
        key = account.match_key
        namesakes, ids = people_of.get(key, []), rivals.get(key, [])
        if len(namesakes) > 1:
            who = ", ".join(sorted(person.external_id for person in namesakes))
            return ImportConflict(account, f"{account.user_name} could be any of {len(namesakes)} people (ids {who}).")
        if len(ids) > 1:
            return ImportConflict(
                account, f"{len(ids)} accounts in Heap are called {account.user_name} (ids {', '.join(ids)})."
            )
        if namesakes and namesakes[0].external_id in holders:
            return ImportConflict(
                account, f"{account.user_name} has another account in Heap already, under an older name."
            )
        if namesakes:
            return Imported(account, namesakes[0])
        if others := mailed_to.get(key):
            words = (
                f"{account.user_name} is the e-mail address of {others[0].user_name}, whose userName is another one."
            )
            return ImportConflict(account, words)
        return New(account)

    return tuple(map(judge, accounts))


def in_order(findings: Iterable[Finding], by: SortKey) -> tuple[Finding, ...]:
    """Sorts; ``status`` puts the new ones first. Ties go by userName."""
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
    """Picks accounts by userName or glob (any case), or all new ones. Each is picked once."""
    by_key = _grouped((finding.account.match_key, finding) for finding in findings)
    picked: dict[str, Finding] = {}
    unknown: list[str] = []
    if every:
        picked.update((finding.account.id, finding) for finding in findings if isinstance(finding, New))
    for name in dict.fromkeys(names):
        found = by_key.get(match_key(name), [])
        if not found and _GLOB & set(name):
            meant = (key for key in by_key if glob_matches(key, name.strip()))
            found = [entry for key in meant for entry in by_key[key]]
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


def person_of(account: CurrentUser, mapping: Mapping[str, Rule], *, with_role: bool) -> NewPerson:
    """What a directory would have to hold of an account, the profile's mapping read backwards.

    Only plain attributes can be read backwards; what a template or constant feeds stays empty, and so does an
    attribute that two of Heap's would fill differently. The role is left out unless asked for: Heap's default role,
    written down, would from then on overrule what is chosen in Heap (article row 4). Raises ValueError where the
    mapping wouldn't give this userName back.
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
    if match_key(_user_name_in_heap(Person("", attributes), mapping)) != account.match_key:
        raise ValueError(f"the profile's mapping would make another userName than {account.user_name}")
    return NewPerson(attributes, account.active)


def not_as_in_heap(account: CurrentUser, held: Mapping[str, str], mapping: Mapping[str, Rule]) -> tuple[str, ...]:
    """The target attributes that a plan would change for somebody of whom the directory holds this."""
    try:
        wanted = mapped(Person("", held), mapping)[1]
    except ValueError:
        return ()
    return tuple(path for path, value in wanted.items() if differs(path, value, account.attributes.get(path)))


def full_name(account: CurrentUser) -> str:
    """First and last name, as far as Heap shows them."""
    names = (account.attributes.get("name.givenName"), account.attributes.get("name.familyName"))
    return " ".join(filter(None, names))


def _is_plain(rule: object) -> TypeGuard[str]:
    """Whether a rule of the mapping is the name of an attribute, not a template or a constant."""
    return isinstance(rule, str) and not {"{", "}"} & set(rule)


def _grouped(pairs: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    """Values by key, in order; what has no key is left out."""
    found: defaultdict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        if key:
            found[key].append(value)
    return found


def _key_of(person: Person, mapping: Mapping[str, Rule]) -> str:
    return match_key(_user_name_in_heap(person, mapping) or person.user_name)


def _user_name_in_heap(person: Person, mapping: Mapping[str, Rule]) -> str:
    """The userName a person has in Heap, or would have; empty where the mapping gives none."""
    try:
        return mapped(person, mapping)[0]
    except ValueError:
        return ""
