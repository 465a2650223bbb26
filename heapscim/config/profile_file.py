"""Reads and writes a profile: a TOML file that people may edit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heapscim.config.paths import DEFAULT_PROFILE
from heapscim.config.plain_profile import plain_profile
from heapscim.config.private_files import check_private, private_folder, write_private
from heapscim.config.setting_problems import SettingProblem, explained, refuse_settings, shown
from heapscim.errors import DirectoryError, SettingsError, UsageError
from heapscim.model.phrases import nearest, reason_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapscim.config.profile import Kinds, NotifySettings, Profile

_SAYS_CONNECTED = re.compile(r"^\s*disconnected\s*=.*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rules:
    """Holds what other rooms know of a profile's settings."""

    kinds: Kinds
    dialect: Callable[[Mapping[str, Any]], Iterable[SettingProblem]]
    """Returns what is wrong with the table ``[dialect]``."""
    whole: Callable[[Profile], Iterable[SettingProblem]]
    """Returns what is wrong with settings that don't fit together."""


def load_profile(path: Path, rules: Rules) -> Profile:
    """Reads a profile; raises SettingsError, which names the file and every wrong key, if it is missing or wrong."""
    return _validated(_table_of(path), str(path), rules)


def read_profile(path: Path, rules: Rules) -> Profile:
    """Reads a profile likewise, only to read its settings: plain ones need no pydantic."""
    table = _table_of(path)
    if (plain := plain_profile(table)) is None:
        return _validated(table, str(path), rules)
    refuse_settings(str(path), [*rules.dialect(plain.dialect), *rules.whole(plain)])
    return plain


def _table_of(path: Path) -> dict[str, Any]:
    check_private(path)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise no_profile(path) from None
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {reason_of(error)}.", hint="Check its permissions.") from error
    except ValueError as error:
        raise SettingsError(f"{path} isn't TOML: {error}.", hint="Correct the file.") from error


def base_url_in(path: Path) -> str | None:
    """Returns the Base URL in a profile's file, even if other settings are wrong; None if it can't be read."""
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("base_url") if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def ledger_url_in(path: Path) -> str | None:
    """Returns the URL of the ledger in a profile's file likewise; None if the ledger is a file of this machine."""
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("ledger") if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    url = found.get("url") if isinstance(found, dict) else None
    return url if isinstance(url, str) else None


def notify_in(path: Path) -> NotifySettings | None:
    """Returns the table ``[notify]`` of a profile's file, even if other settings are wrong.

    Returns None if there is none, or it can't be read.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8")).get("notify") if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    if table is None:
        return None
    from pydantic import ValidationError

    from heapscim.config.profile import NotifySettings

    try:
        return NotifySettings.model_validate(table)
    except ValidationError:
        return None


def with_changes(profile: Profile, changes: Iterable[str], rules: Rules, *, without: Iterable[str] = ()) -> Profile:
    """Returns a profile with ``KEY=VALUE`` changes, and ``without`` some keys, which go back to their defaults.

    A key may lead into a table (``http.timeout``), a value be TOML. Raises UsageError if changes have another form, and
    SettingsError, which names every wrong setting, if the profile would be invalid.
    """
    table = set_values(profile, rules.kinds)
    pairs = [(change, *map(str.strip, change.partition("="))) for change in changes]
    if wrong := [change for change, key, mark, _ in pairs if not (key and mark)]:
        words = f"{wrong[0]!r} isn't" if len(wrong) == 1 else f"{', '.join(map(repr, wrong))} aren't"
        raise UsageError(f"{words} KEY=VALUE.", hint="Write it like limits.removal_count=20.")
    for _, key, _, text in pairs:
        place, name = _entry(table, key)
        place[name] = _value_of(text)
    for key in without:
        place, name = _entry(table, key.strip())
        place.pop(name, None)
    return _validated(table, "The profile", rules)


def _entry(table: dict[str, Any], key: str) -> tuple[dict[str, Any], str]:
    """Returns the table that a key leads to, which is made if it is missing, and the last part of the key."""
    # Dots behind ``mapping.`` are part of an attribute path such as name.givenName.
    *tables, name = key.split(".", 1 if key.startswith("mapping.") else -1)
    place: Any = table
    for step in tables:
        place = place.setdefault(step, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise UsageError(f"{key} leads through a setting that isn't a table.", hint="Check the key.")
    return place, name


def _validated(table: Mapping[str, Any], where: str, rules: Rules) -> Profile:
    """Returns a profile; raises SettingsError, which names every wrong setting."""
    from pydantic import ValidationError

    from heapscim.config.profile import Profile

    kinds, problems = rules.kinds, list[SettingProblem]()
    own = {name: value for name, value in table.items() if name in Profile.model_fields or name not in kinds}
    others = {name: value for name, value in table.items() if name not in own}
    for name in [name for name, value in others.items() if not isinstance(value, Mapping)]:
        problems.append(SettingProblem(f"{name} is {shown(others.pop(name))}", "It takes a table."))
    if others and isinstance(own.get("directories", {}), Mapping):
        own["directories"] = {**own.get("directories", {}), **others}
    profile = None
    try:
        profile = Profile.model_validate(own)
    except ValidationError as error:
        problems += explained(error, Profile, also=kinds)
    if isinstance(own.get("dialect"), Mapping):
        problems += rules.dialect(own["dialect"])
    for name, entries in (others if profile is None else profile.directories).items():
        if (model := _model_of(name, kinds)) is not None:
            problems += _problems_of(entries, name, model, where)
    problems += () if profile is None else rules.whole(profile)
    refuse_settings(where, problems)
    return profile or Profile.model_validate(own)


def settings_of(profile: Profile, kind: str, model: type[BaseModel], where: str = "The profile") -> BaseModel:
    """Returns a directory kind's table; raises SettingsError, which names each key that is wrong or missing."""
    table = profile.directories.get(kind, {})
    refuse_settings(where, _problems_of(table, kind, model, where))
    return model.model_validate(table)


def _problems_of(table: Mapping[str, Any], kind: str, model: type[BaseModel], where: str) -> list[SettingProblem]:
    from pydantic import ValidationError

    try:
        model.model_validate(table)
    except ValidationError as error:
        return [*explained(error, model, kind)]
    except Exception as error:  # another package's rules may raise anything
        why = f"{type(error).__name__}: {error}".rstrip(":. ")
        hint = f"Check that table, and the package that brings the kind {kind}."
        raise SettingsError(f"{where}: the rules for [{kind}] fail with {why}.", hint=hint) from error
    return []


def _model_of(kind: str, kinds: Kinds) -> type[BaseModel] | None:
    try:
        load = kinds[kind].settings if kind in kinds else None
        return None if load is None else load()
    except DirectoryError:  # the kind can't be loaded: only commands that use it say so, and its table stays as it is
        return None


def set_values(profile: Profile, kinds: Kinds) -> dict[str, Any]:
    """Returns what a profile's file says, as its tables; what is left to the defaults isn't there."""
    return _spread(profile.model_dump(mode="json", exclude_unset=True), kinds)


def _spread(table: dict[str, Any], kinds: Kinds) -> dict[str, Any]:
    """Returns a profile's table with those of installed directory kinds at the top, as in the file."""
    from heapscim.config.profile import Profile

    tables = table.pop("directories", {})
    rest = {name: value for name, value in tables.items() if name not in kinds or name in Profile.model_fields}
    spread = {name: value for name, value in tables.items() if name not in rest}
    return table | spread | ({"directories": rest} if rest else {})


def _value_of(text: str) -> Any:  # noqa: ANN401 - any value of TOML
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        return text


def no_profile(path: Path) -> SettingsError:
    """Returns the error for a profile that doesn't exist; its hint names the nearest one, or all that there are."""
    names = sorted(other.stem for other in path.parent.glob("*.toml"))
    near = nearest(path.stem, names)
    there = f"There {'is' if len(names) == 1 else 'are'} {', '.join(names)}." if names else ""
    make = f"`heapscim activate{'' if path.stem == DEFAULT_PROFILE else f' --profile {path.stem}'} --base-url URL`"
    hint = f"Did you mean {near}? {there}" if near else f"{there} {make} makes it.".lstrip()
    return SettingsError(f"There is no profile {path.stem}.", hint=hint)


def save_profile(path: Path, profile: Profile, kinds: Kinds) -> None:
    """Writes a profile in one step. Values that equal a default are left out, and so are comments."""
    import tomli_w

    private_folder(path.parent)
    table = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    if not table.get("mapping"):
        table.pop("mapping", None)
    for name in table.get("directories", {}):
        if (model := _model_of(name, kinds)) is not None:
            read = settings_of(profile, name, model)
            table["directories"][name] = read.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    table["directories"] = {name: settings for name, settings in table.get("directories", {}).items() if settings}
    write_private(path, tomli_w.dumps(_spread(table, kinds)))


def mark_disconnected(path: Path, rules: Rules) -> None:
    """Marks a profile as deactivated, in one step. The rest of its file stays as it is, with its comments."""
    profile = load_profile(path, rules)
    if profile.disconnected:
        return
    text = path.read_text("utf-8")
    if "disconnected" in profile.model_fields_set:
        text = _SAYS_CONNECTED.sub("", text, count=1)
    write_private(path, f"disconnected = true\n{text}")
    if not load_profile(path, rules).disconnected:  # the line that was taken out belonged to another table
        save_profile(path, profile.model_copy(update={"disconnected": True}), rules.kinds)
