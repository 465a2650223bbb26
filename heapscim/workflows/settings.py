"""Changes settings of a profile by key, and lists every setting with its value and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from heapscim.config.profile import Profile
from heapscim.config.profile_file import set_values
from heapscim.config.setting_problems import refuse_settings, unknown_key
from heapscim.directory.registry import absolute_spec, installed_kinds, kind_of
from heapscim.heap.dialect import Dialect
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.workflows.context import Context
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.profiles import with_changes


@dataclass(frozen=True, slots=True)
class Setting:
    """Holds one setting of a profile."""

    key: str
    value: Any
    """As JSON has it; None if it is not set."""
    is_set: bool
    """Whether the profile's file says so; otherwise it is the default."""


def with_settings(
    context: Context, profile: Profile, changes: Sequence[str], *, without: Sequence[str] = ()
) -> Profile:
    """Returns a profile with ``KEY=VALUE`` changes and ``without`` some keys, after all checks that need no request.

    A roster that is named keeps its place when commands run in another folder. Raises UsageError or SettingsError.
    """
    _refuse_unknown(profile, without)
    changed = with_changes(profile, changes, without=without)
    if changed.directory is not None and any(change.partition("=")[0].strip() == "directory" for change in changes):
        changed = changed.model_copy(update={"directory": absolute_spec(changed.directory)})
    if changed.directory is not None:
        directory_of(context, changed)
    return changed


def every_setting(profile: Profile) -> tuple[Setting, ...]:
    """Returns every setting that the profile has or could have, in the order of the reference page."""
    written = set_values(profile, installed_kinds())
    return tuple(
        Setting(key, value, _is_in(written, key)) for key, value in (*_own(profile, profile, ""), *_of_kinds(profile))
    )


def _own(profile: Profile, table: BaseModel, path: str) -> Iterator[tuple[str, Any]]:
    for name in type(table).model_fields:
        value = getattr(table, name)
        match f"{path}{name}":
            case "directories":
                continue
            case "mapping":
                rules: Mapping[str, Any] = {**dict.fromkeys(DEFAULT_MAPPING, ""), **profile.mapping}
                yield from ((f"mapping.{target}", rule) for target, rule in rules.items())
            case "dialect":
                known = {**asdict(Dialect()), **profile.dialect}
                yield from ((f"dialect.{key}", entry) for key, entry in known.items())
            case key if isinstance(value, BaseModel):
                yield from _own(profile, value, f"{key}.")
            case key if isinstance(value, date):
                yield key, value.isoformat()
            case key:
                yield key, list(value) if isinstance(value, tuple) else value


def _of_kinds(profile: Profile) -> Iterator[tuple[str, Any]]:
    """Yields the settings of the profile's kind of directory, and of others whose tables it has."""
    used = None if profile.directory is None else kind_of(profile.directory)
    kinds = installed_kinds()
    for name in dict.fromkeys((*((used.name,) if used is not None else ()), *profile.directories)):
        kind = kinds.found(name)
        table = profile.directories.get(name, {})
        if kind is not None and kind.settings is not None:
            model = kind.settings()
            known = model.model_construct(**table).model_dump(mode="json", warnings=False)
            table = dict.fromkeys(model.model_fields) | known  # what is required and missing is not set
        yield from ((f"{name}.{key}", value) for key, value in table.items())


def _is_in(written: Mapping[str, Any], key: str) -> bool:
    # Dots behind ``mapping.`` are part of an attribute path such as name.givenName.
    place: Any = written
    for step in key.split(".", 1 if key.startswith("mapping.") else -1):
        if not isinstance(place, Mapping) or step not in place:
            return False
        place = place[step]
    return True


def _refuse_unknown(profile: Profile, keys: Sequence[str]) -> None:
    """Raises SettingsError for keys that are neither a setting nor a table."""
    if not keys:
        return
    known = [setting.key for setting in every_setting(profile)]
    tables = {key.partition(".")[0] for key in known} | set(installed_kinds())
    wrong = [key for key in keys if key not in known and key not in tables]
    near = {key: [name for name in known if name.partition(".")[0] == key.partition(".")[0]] or known for key in wrong}
    refuse_settings("The profile", (unknown_key(key, key, near[key]) for key in wrong))
