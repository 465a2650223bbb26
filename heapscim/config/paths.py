"""Finds the folders of profiles and state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from heapscim.config.plain_folders import CONFIG_VARIABLE, STATE_VARIABLE, is_profile_name, plain_folders
from heapscim.errors import SettingsError, UsageError

DEFAULT_PROFILE = "default"
PROFILE_VARIABLE = "HEAPSCIM_PROFILE"


class Folders(NamedTuple):
    """Holds the user's folders for settings and for state."""

    config: Path
    state: Path
    named: str | None = None
    """What HEAPSCIM_PROFILE holds: no message repeats it."""

    def settings_file(self, profile: str) -> Path:
        """Returns the TOML file of a profile."""
        return self.config / "profiles" / f"{checked_name(profile, self.named)}.toml"

    def profile_names(self) -> tuple[str, ...]:
        """Returns the names of all profiles, sorted."""
        found = (path.stem for path in (self.config / "profiles").glob("*.toml"))
        return tuple(sorted(name for name in found if is_profile_name(name)))


def user_folders(environ: Mapping[str, str]) -> Folders:
    """Returns the platform's folders, or those that HEAPSCIM_CONFIG_DIR and HEAPSCIM_STATE_DIR name.

    Raises SettingsError if the user has no home folder.
    """
    named = environ.get(PROFILE_VARIABLE)
    if (plain := plain_folders(environ)) is not None:
        return Folders(Path(plain[0]), Path(plain[1]), named)
    from platformdirs import PlatformDirs

    config, state = environ.get(CONFIG_VARIABLE), environ.get(STATE_VARIABLE)

    folders = PlatformDirs("heapscim", appauthor=False)
    try:
        return Folders(Path(config or folders.user_config_dir), Path(state or folders.user_state_dir), named)
    except RuntimeError:
        raise SettingsError(
            "This user has no home folder, so there is no place for settings.",
            hint=f"Set HOME, or {CONFIG_VARIABLE} and {STATE_VARIABLE}.",
        ) from None


def shown_name(profile: str, named: str | None) -> str:
    """Returns a profile's name for a message; the variable's name where it is ``named`` there and can't be one."""
    nonsense = not is_profile_name(profile) and profile == named
    return PROFILE_VARIABLE if nonsense else profile


def checked_name(profile: str, named: str | None) -> str:
    """Returns a profile's name; raises UsageError if it can't be part of a file name."""
    if not is_profile_name(profile):
        raise UsageError(
            f"{shown_name(profile, named)!r} can't be the name of a profile.",
            hint="Use at most 64 letters, digits, dots, dashes and underscores; begin with a letter or digit.",
        )
    return profile
