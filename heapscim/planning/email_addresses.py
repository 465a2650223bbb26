"""Decides what e-mail addresses tell: a person who has an account under the address, and userNames that should be one.

A directory whose usernames aren't addresses would otherwise give each person a second account, without a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from heapscim.model.attribute_mapping import Rule
from heapscim.model.desired import DesiredUser
from heapscim.model.directory import EMAIL
from heapscim.model.phrases import listed
from heapscim.model.plan import Conflict
from heapscim.model.state import USER_NAME, CurrentState, CurrentUser, Links, match_key
from heapscim.planning.name_forms import NameForms

SETTING = f"mapping.{USER_NAME}={EMAIL}"
"""The setting that makes the e-mail address the userName."""
REMEDY = f"`heapscim activate --set {SETTING}`"


def known_by_email(
    missing: Collection[DesiredUser], current: CurrentState, links: Links, paired: Collection[str]
) -> tuple[tuple[DesiredUser, ...], tuple[Conflict, ...], frozenset[str]]:
    """Parts new people from those whose e-mail address is the userName of an account that nobody manages.

    Returns the new people, the conflicts, and the Heap ids of the accounts that these are about. A person with a link
    stays among the new ones, and so does one whose address is the name of an account of another person.
    """
    if not missing:
        return (), (), frozenset()
    managed = links.users_by_id.keys() | paired
    unread = {broken.match_key for broken in current.broken_of("user") if broken.id not in managed}
    forms = NameForms(links)
    new: list[DesiredUser] = []
    owners: defaultdict[str, list[DesiredUser]] = defaultdict(list)
    for user in missing:
        keys = {match_key(user.email), *forms.keys("user", user.email)} if user.email else set()
        found = [one.id for key in keys for one in current.users_by_key.get(key, ()) if one.id not in managed]
        if user.external_id in links.users_by_external_id or (not found and unread.isdisjoint(keys)):
            new.append(user)
            continue
        for id in found:  # none if the account can't be read, which is reported already
            owners[id].append(user)
    conflicts = tuple(
        _conflict(user, current.users_by_id[id], [other.user_name for other in users if other is not user])
        for id, users in owners.items()
        for user in users
    )
    return tuple(new), conflicts, frozenset(owners)


def advice(users: Sequence[DesiredUser], current: CurrentState, source: str) -> tuple[str, ...]:
    """Returns one sentence if no userName of the directory is an address, though each one in Heap is."""
    if not users or not current.users or any("@" in user.user_name for user in users):
        return ()
    if not all("@" in account.user_name for account in current.users):
        return ()
    have_addresses = all("@" in user.email for user in users)
    remedy = f"Make the e-mail address the userName: {REMEDY}." if have_addresses else "Map an attribute that has one."
    return (f"No userName from {source} is an e-mail address, and every userName in Heap is one. {remedy}",)


def should_be_user_name(people: Iterable[tuple[str, str]], rule: Rule | None) -> bool:
    """Reports whether people, given by userName and e-mail address, should have the address as their userName.

    That is so if no userName is an address, and each person has an address of their own.
    """
    everybody = list(people)
    addresses = {match_key(email) for _, email in everybody if "@" in email}
    named = any("@" in user_name for user_name, _ in everybody)
    return rule != EMAIL and bool(everybody) and not named and len(addresses) == len(everybody)


def _conflict(user: DesiredUser, account: CurrentUser, others: Sequence[str]) -> Conflict:
    name = user.user_name
    whose = f"{user.email} is the e-mail address of {listed([name, *sorted(others)])}"
    held = f"Heap has an account {account.user_name} (id {account.id}) that sync doesn't manage"
    if others:
        message = f"{whose}. {held}: whose it is can't be told."
        hint = "Give each person an e-mail address of their own in the directory."
    else:
        message = f"{whose}. {held}: with the userName {name}, the person would get a second account."
        hint = (
            f"If it is theirs, make the e-mail address the userName: {REMEDY}. "
            "If it is another person's, correct the address in the directory."
        )
    return Conflict("known_by_email", name, message, hint)
