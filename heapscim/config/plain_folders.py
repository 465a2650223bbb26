"""Finds the folders of profiles and state as text, where the environment says plainly where they are.

The Tab key comes here: pathlib costs it as much as half a start of Python, and platformdirs more than a whole one.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_VARIABLE = "HEAPSCIM_CONFIG_DIR"
STATE_VARIABLE = "HEAPSCIM_STATE_DIR"
_LONGEST = 64
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def plain_folders(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Returns the folders for settings and state; None where the environment doesn't say, and platformdirs has to.

    On Linux they are where platformdirs has them, by the XDG Base Directory Specification.
    """
    config = environ.get(CONFIG_VARIABLE) or _on_linux(environ, "XDG_CONFIG_HOME", ".config")
    state = environ.get(STATE_VARIABLE) or _on_linux(environ, "XDG_STATE_HOME", ".local/state")
    return (config, state) if config and state else None


def _on_linux(environ: Mapping[str, str], variable: str, below_home: str) -> str | None:
    if sys.platform != "linux" or "ANDROID_ROOT" in environ:
        return None
    if (base := environ.get(variable, "")).startswith("/"):
        return f"{base.rstrip('/')}/heapscim"
    home = environ.get("HOME", "")
    return f"{home.rstrip('/')}/{below_home}/heapscim" if home.startswith("/") else None


def is_profile_name(name: str) -> bool:
    """Reports whether a text can be a profile's name: letters, digits, dots, dashes, underscores; not a path."""
    return 0 < len(name) <= _LONGEST and name[0] in _LETTERS and not {*name} - _LETTERS - {".", "-", "_"}
