"""Proposes the e-mail address as userName, where the userNames of a directory aren't addresses.

A terminal is asked, and yes writes the setting. Elsewhere a notice names the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from heapscim.model.directory import EMAIL, Person
from heapscim.model.state import USER_NAME
from heapscim.output.console import Screen
from heapscim.planning.email_addresses import REMEDY, SETTING, should_be_user_name
from heapscim.planning.mapping import account_name
from heapscim.workflows.profiles import with_changes

if TYPE_CHECKING:
    from heapscim.config.profile import Profile


def with_proposal(profile: Profile, people: Sequence[Person], screen: Screen) -> tuple[Profile, tuple[str, ...]]:
    """Returns the profile, with the e-mail address as userName if the user agrees, and notices.

    Nothing is proposed unless each of these people has an address of their own and no userName is one.
    """
    named = [(account_name(one, profile.mapping), one.attributes.get(EMAIL, "")) for one in people if one.active]
    if not should_be_user_name(named, profile.mapping[USER_NAME]):
        return profile, ()
    name, email = named[0]
    problem = f"Heap's userName is an e-mail address, and no userName of this directory is one, such as {name}."
    if not screen.is_interactive or screen.format != "table":
        return profile, (f"{problem} To use the address instead ({email}): {REMEDY}.",)
    if not screen.confirm(f"{problem}\nUse the e-mail address instead, such as {email}?", default=True):
        return profile, ()
    return with_changes(profile, [SETTING]), (f"The e-mail address is the userName now ({SETTING}).",)
