"""Reads and writes profiles by the rules of this program and of the kinds of directory that are installed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.config import profile_file as stored
from heapscim.config.profile_file import Rules
from heapscim.config.setting_problems import SettingProblem, refuse_settings
from heapscim.directory.registry import installed_kinds, kind_of
from heapscim.heap.dialect import dialect_problems
from heapscim.model.attribute_mapping import source_attributes

if TYPE_CHECKING:
    from heapscim.config.profile import Profile


def load_profile(path: Path) -> Profile:
    """Reads a profile; raises SettingsError, naming the file and every wrong key, for a missing or wrong one."""
    return stored.load_profile(path, _rules())


def read_profile(path: Path) -> Profile:
    """Reads a profile likewise, only to read its settings, which takes less time where they are plain."""
    return stored.read_profile(path, _rules())


def with_changes(profile: Profile, changes: Iterable[str], *, without: Iterable[str] = ()) -> Profile:
    """Returns a profile with ``KEY=VALUE`` changes, and ``without`` some keys.

    Raises UsageError, or SettingsError for wrong values.
    """
    return stored.with_changes(profile, changes, _rules(), without=without)


def save_profile(path: Path, profile: Profile) -> None:
    """Writes a profile in one step, so that no reader sees half of it."""
    stored.save_profile(path, profile, installed_kinds())


def mark_disconnected(path: Path) -> None:
    """Marks a profile as deactivated, in one step."""
    stored.mark_disconnected(path, _rules())


def check_sources(profile: Profile, spec: str | None) -> None:
    """Raises SettingsError if the mapping uses attributes that this directory's people can't have."""
    refuse_settings("The profile", _unknown_sources(profile, spec))


def _rules() -> Rules:
    return Rules(installed_kinds(), dialect_problems, lambda profile: _unknown_sources(profile, profile.directory))


def _unknown_sources(profile: Profile, spec: str | None) -> Iterator[SettingProblem]:
    kind = None if spec is None else kind_of(spec)
    if kind is not None:
        title = kind.title[:1].upper() + kind.title[1:]
        for name, remedy in kind.unknown_attributes(source_attributes(profile.mapping)):
            yield SettingProblem(f"{title} has no attribute {name}, which [mapping] uses", remedy)
