"""Makes a profile of plain settings without pydantic, which takes as long to load as three starts of Python.

It makes the same as ``Profile`` of the same table, or nothing: whatever isn't plain, and whatever may be wrong, is left
to pydantic, whose errors name it. A property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from heapscim.config.defaults import DEFAULTS
from heapscim.model.attribute_mapping import DEFAULT_MAPPING, mapping_problems
from heapscim.model.base_url import base_url_setting

if TYPE_CHECKING:
    from heapscim.config.profile import Profile

_TEXTS = ("base_url", "directory", "admin_role")
_SWITCHES = ("manage_groups", "disconnected")
_TABLES = ("limits", "http", "history", "ledger", "ends")
"""Tables whose settings are read like those of a profile. Only ``http`` may be in the file of a plain one."""
_RIGHT_FOR_ANY = range(1, 257)
"""Whole numbers that every setting of ``http`` may have."""
_PLAIN: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        **dict.fromkeys(_TEXTS, lambda value: isinstance(value, str)),
        **dict.fromkeys(_SWITCHES, lambda value: isinstance(value, bool)),
        "scope": lambda value: value in ("all", "groups"),
        "protect": lambda value: isinstance(value, list) and all(isinstance(entry, str) for entry in value),
        "mapping": lambda value: isinstance(value, dict) and all(isinstance(rule, str) for rule in value.values()),
        "dialect": lambda value: isinstance(value, dict),
        "http": lambda value: (
            isinstance(value, dict)
            and value.keys() <= DEFAULTS["http"].keys()
            and all(type(number) is int and number in _RIGHT_FOR_ANY for number in value.values())
        ),
    }
)


class _Settings:
    """Holds settings as attributes. What else is asked of them, they ask of the profile that pydantic makes."""

    def __init__(self, settings: Mapping[str, Any], whole: Callable[[], object]) -> None:
        self.__dict__.update(settings)
        self.__dict__["_whole"] = whole

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the profile has
        return getattr(self.__dict__["_whole"](), name)


def plain_profile(table: Mapping[str, Any]) -> Profile | None:
    """Returns the profile of a table, to read; None if pydantic has to make it, or to say what is wrong with it."""
    if "base_url" not in table or not all(name in _PLAIN and _PLAIN[name](value) for name, value in table.items()):
        return None
    rules = {**DEFAULT_MAPPING, **table.get("mapping", {})}
    mapping = {target: rule for target, rule in rules.items() if rule != ""}
    try:
        base_url = base_url_setting(table["base_url"])
    except ValueError:
        return None
    if any(mapping_problems(mapping)):
        return None

    def whole() -> Profile:
        from heapscim.config.profile import Profile

        return Profile.model_validate(table)

    def of_table(name: str) -> _Settings:
        return _Settings(DEFAULTS[name] | table.get(name, {}), lambda: getattr(whole(), name))

    own = {"base_url": base_url, "protect": tuple(table.get("protect", ())), "mapping": mapping}
    tables = {name: of_table(name) for name in _TABLES}
    return cast("Profile", _Settings({**DEFAULTS, **table, **own, **tables}, whole))
