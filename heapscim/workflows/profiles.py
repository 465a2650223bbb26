"""Reads and writes profiles by the kinds of directory that are installed here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from heapscim.config import profile as stored
from heapscim.config.profile import Profile
from heapscim.directory.registry import installed_kinds, kind_of
from heapscim.model.attribute_mapping import source_attributes


def load_profile(path: Path) -> Profile:
    """Reads a profile; raises SettingsError, naming file and key, for a missing or wrong one."""
    profile = stored.load_profile(path, installed_kinds())
    check_sources(profile, profile.directory)
    return profile


def with_changes(profile: Profile, changes: Iterable[str]) -> Profile:
    """Returns a profile with ``KEY=VALUE`` changes; raises UsageError, or SettingsError for a wrong value."""
    changed = stored.with_changes(profile, changes, installed_kinds())
    check_sources(changed, changed.directory)
    return changed


def save_profile(path: Path, profile: Profile) -> None:
    """Writes a profile in one step, so that no reader sees half of it."""
    stored.save_profile(path, profile, installed_kinds())


def mark_disconnected(path: Path) -> None:
    """Marks a profile as deactivated, in one step."""
    stored.mark_disconnected(path, installed_kinds())


def check_sources(profile: Profile, spec: str | None) -> None:
    """Raises SettingsError if the mapping uses an attribute that this directory's people can't have."""
    kind = None if spec is None else kind_of(spec)
    if kind is not None:
        kind.check_attributes(source_attributes(profile.mapping))
