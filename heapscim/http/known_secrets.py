"""Finds what is a secret in the environment and in URLs. Imports nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SHORTEST = 4
"""The shortest part of a URL that counts: masking shorter ones would make messages unreadable."""
_LEAST = 8
"""Characters of a variable's value, or of a part of a secret URL, that counts."""
_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_USER_INFO = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:/+)?(.+)@", re.IGNORECASE | re.DOTALL)
_WORDS = re.compile(r"[a-z-]+|[\d-]+")
"""A part of a URL that is a word, a version or a date, which many messages may hold."""
_SECRET_NAME = re.compile(
    r"(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)$", re.IGNORECASE
)


def environment_secrets(environ: Mapping[str, str]) -> frozenset[str]:
    """Returns what may be a secret in the environment: by the variable's name, or as a password in a URL."""
    found: set[str] = set()
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _LEAST:
            found.add(value)
        elif name.upper().endswith("WEBHOOK_URL"):
            found |= address_secrets(value)
        elif "@" in value and ("proxy" in name.casefold() or _URL.match(value)):
            found |= url_secrets(value)
    return frozenset(found)


def url_secrets(url: str) -> frozenset[str]:
    """Returns the user name and password of a URL, as they are and decoded. The last @ ends them.

    A slash or # in a password ends it early for a parser, which would then show the first part as a port. So each part
    counts as a secret, too.
    """
    from urllib.parse import unquote

    match = _USER_INFO.match(url)
    if match is None:
        return frozenset()
    password = match[1].partition(":")[2] or match[1]
    parts = (match[1], password, unquote(password), *re.split(r"[/?#@\s]", password))
    return frozenset(part for part in parts if len(part) >= _SHORTEST)


def address_secrets(url: str) -> frozenset[str]:
    """Returns the parts of a secret URL that make it one: in its path and query, whatever isn't a word."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return frozenset({url})
    pieces = re.split(r"[/?&=;#]", f"{parts.path}?{parts.query}#{parts.fragment}")
    found = {piece for piece in pieces if len(piece) >= _LEAST and not _WORDS.fullmatch(piece)}
    return url_secrets(url) | found | {unquote(piece) for piece in found}
