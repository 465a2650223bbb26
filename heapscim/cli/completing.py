"""Candidates for the Tab key. No network, no keyring, and never an error: no candidates instead."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, TypeAlias

Completer: TypeAlias = Callable[[str], list[str]]


def profiles(incomplete: str) -> list[str]:
    """Profiles that begin so."""
    from heapscim.profiles import user_folders

    try:
        return [name for name in user_folders().profile_names() if name.startswith(incomplete)]
    except OSError:
        return []


def users(incomplete: str) -> list[str]:
    """Names of accounts in Heap as last read."""
    return _cached("user", incomplete)


def groups(incomplete: str) -> list[str]:
    """Group names in Heap as last read."""
    return _cached("group", incomplete)


def _cached(type: Literal["user", "group"], incomplete: str) -> list[str]:
    from heapscim.errors import UsageError
    from heapscim.ledger.names import cached_names
    from heapscim.profiles import DEFAULT_PROFILE, user_folders

    profile = os.environ.get("HEAPSCIM_PROFILE") or DEFAULT_PROFILE
    try:
        return cached_names(user_folders().ledger_file(profile), type, incomplete)
    except (UsageError, OSError):
        return []
