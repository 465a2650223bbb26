"""Makes the usernames of people who are to be added to JumpCloud.

A JumpCloud username starts with a letter, holds no space and no ``@``, and has at most 30 characters. Heap's userName
is an e-mail address, so the username is made from its local part, as JumpCloud's own import does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, count

from heapscim.model.directory import EMAIL, USERNAME, Added, NewPerson, Person
from heapscim.model.state import match_key

NO_EMAIL = "JumpCloud needs an e-mail address, and Heap has none: the userName isn't one."
_MOST = 30
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
"""Latin letters that Unicode doesn't take apart into a plain letter and an accent."""
_NOT_ALLOWED = re.compile(r"[^a-z0-9._-]")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


def with_usernames(people: Sequence[NewPerson], held: Iterable[Person]) -> Sequence[NewPerson | Added]:
    """Returns each person with a username that no one else has, in any case; one without an e-mail address has failed.

    Of two people with the same local part, the second becomes ``ada2``.
    """
    taken = {match_key(person.user_name) for person in held}
    found: list[NewPerson | Added] = []
    for person in people:
        email = email_of(person)
        if email is None:
            found.append(Added(person.account, "failed", message=NO_EMAIL))
            continue
        username = _free(_cleaned(email if "@" in person.user_name else person.user_name), taken)
        taken.add(username)
        found.append(replace(person, attributes={**person.attributes, USERNAME: username, EMAIL: email}))
    return found


def email_of(person: NewPerson) -> str | None:
    """Returns a person's e-mail address: the mapped one, or else the userName in Heap if it is an address."""
    found = (person.attributes.get(EMAIL, "").strip(), person.account.strip())
    return next((text for text in found if _ADDRESS.fullmatch(text)), None)


def _cleaned(text: str) -> str:
    """Returns a username in lower case and plain letters, made from an address or a name."""
    local = text.partition("@")[0]
    # JumpCloud's own import fails on ``ada+heap@x.org``. The tag says nothing about the person.
    untagged = local.partition("+")[0] or local
    apart = unicodedata.normalize("NFKD", untagged.casefold().translate(_LETTERS))
    name = _NOT_ALLOWED.sub("", ".".join(apart.split())).strip("._-")
    return name if name[:1].isalpha() else f"user{name}"


def _free(name: str, taken: set[str]) -> str:
    """Returns the name, cut to 30 characters, with the first number from 2 on that makes it free if it is taken."""
    candidates = (name[: _MOST - len(tail)].rstrip("._-") + tail for tail in chain([""], map(str, count(2))))
    return next(candidate for candidate in candidates if candidate not in taken)
