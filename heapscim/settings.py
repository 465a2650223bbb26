"""The settings of one profile: a TOML file that people may edit. No secret ever stands in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator

from heapscim.directory.attributes import JUMPCLOUD, check_attributes
from heapscim.directory.jumpcloud_settings import JumpCloudSettings
from heapscim.errors import SettingsError, UsageError
from heapscim.private_files import check_private, private_folder, write_private
from heapscim.provisioning.mapping import DEFAULT_MAPPING, Rule, check_mapping, source_attributes

_SAYS_CONNECTED = re.compile(r"^\s*disconnected\s*=.*\n?", re.MULTILINE)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LimitSettings(_Table):
    """The ``[limits]`` table: how much one plan may take away or change."""

    removal_share: float = Field(0.10, ge=0, le=1)
    """Most accounts to lose access, as a share of the managed ones that are active."""
    removal_count: int | None = Field(None, ge=0)
    """Most accounts to lose access, as a number. Not set: only the share counts."""
    update_share: float = Field(0.30, ge=0, le=1)
    """Most accounts to be updated, as a share of the managed ones that are active."""
    member_removal_share: float = Field(0.50, ge=0, le=1)
    """Most members to leave one group, as a share of its members."""
    group_deletion_share: float = Field(0.10, ge=0, le=1)
    """Most groups to be deleted, as a share of the managed ones; one alone is never past it."""
    min_population: int = Field(10, ge=0)
    """Fewer accounts or members count as this many: by default a team below 10 may lose 1 account in a run."""


class HttpSettings(_Table):
    """The ``[http]`` table: how fast and how patiently requests are sent."""

    max_in_flight: int = Field(8, ge=1, le=256)
    """Requests under way at a time."""
    timeout: float = Field(30.0, gt=0)
    """Seconds for one request."""
    retries: int = Field(5, ge=0)
    """Tries after the first one."""
    late_margin: float | None = Field(None, ge=0)
    """Seconds beyond the time limit for which a create whose answer was lost may still arrive; until then, that name
    isn't sent again. Not set: as long as the time limit, and 10 at least."""
    longest_pause: float = Field(300.0, ge=0)
    """Most seconds that a Retry-After is followed."""


class HistorySettings(_Table):
    """The ``[history]`` table: how long the log of runs is kept."""

    keep_days: int | None = Field(None, ge=1)
    """Runs that saw nothing for so many days are forgotten when the next run begins. Not set: all are kept."""


_Address = Annotated[str, Field(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$")]


class NotifySettings(_Table):
    """The ``[notify]`` table: where summaries are mailed. The password is in the keyring, never here."""

    smtp_host: str
    """The mail server."""
    port: int | None = Field(None, ge=1, le=65535)
    """Its port. Not set: 587 with starttls, 465 with tls, 25 with none."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted."""
    sender: _Address
    """The address that summaries come from."""
    recipients: tuple[_Address, ...] = Field(min_length=1)
    """The addresses that they go to."""
    username: str | None = None
    """Whom to sign in as; not set: nobody signs in."""


class Profile(_Table):
    """Everything that is remembered of one connection."""

    base_url: str
    """The SCIM base URL of the tenant."""
    directory: str | None = None
    """The directory: the path of a roster, or ``kind:rest``. `--directory` stands in for it."""
    manage_groups: bool = True
    """Whether groups and memberships are managed, besides people."""
    scope: Literal["all", "groups"] | None = None
    """Who belongs in Heap: every active person, or the active members of bound groups. Not set: as is usual for the
    directory, all for a roster and groups for JumpCloud."""
    protect: tuple[str, ...] = ()
    """userNames, globs allowed, that a plan may not change or take access from."""
    admin_role: str = "Admin"
    """The role of which one active holder must stay."""
    mapping: Mapping[str, Rule] = Field(default_factory=lambda: dict(DEFAULT_MAPPING))
    """Heap's attribute → the directory's attribute, a template such as ``{firstname} {lastname}``, or
    ``{constant = "Analyst"}``. Laid over the defaults; empty text leaves an attribute out."""
    dialect: Mapping[str, Any] = Field(default_factory=dict)
    """How this tenant differs; see the dialect's own keys."""
    limits: LimitSettings = LimitSettings()
    """Guards."""
    http: HttpSettings = HttpSettings()
    """Pace."""
    history: HistorySettings = HistorySettings()
    """The log of runs."""
    notify: NotifySettings | None = None
    """Mail; none is sent without it."""
    jumpcloud: JumpCloudSettings = JumpCloudSettings()
    """How JumpCloud is reached and read."""
    disconnected: bool = False
    """Whether the connection is deactivated: nothing is written, wherever a token comes from, until `activate`."""
    directories: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """A table for each kind of directory that is installed besides."""

    @field_validator("mapping", mode="before")
    @classmethod
    def _over_the_defaults(cls, table: object) -> object:
        if not isinstance(table, Mapping):
            return table
        return {target: rule for target, rule in {**DEFAULT_MAPPING, **table}.items() if rule != ""}

    @field_validator("mapping")
    @classmethod
    def _sensible(cls, mapping: Mapping[str, Rule]) -> Mapping[str, Rule]:
        check_mapping(mapping)
        return mapping

    @field_serializer("mapping")
    def _as_written(self, mapping: Mapping[str, Rule]) -> dict[str, Rule]:
        """What differs from the defaults."""
        left_out = {target: "" for target in DEFAULT_MAPPING if target not in mapping}
        return left_out | {target: rule for target, rule in mapping.items() if rule != DEFAULT_MAPPING.get(target)}

    @property
    def by_kind(self) -> Mapping[str, object]:
        """The table of each kind of directory."""
        return {**self.directories, JUMPCLOUD: self.jumpcloud}


def load_profile(path: Path) -> Profile:
    """Reads a profile; raises SettingsError, naming file and key, for a missing or wrong one."""
    check_private(path)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise no_profile(path) from None
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}.", hint="Check its permissions.") from error
    except ValueError as error:
        raise SettingsError(f"{path} isn't TOML: {error}.", hint="Correct the file.") from error
    profile = _validated(table, str(path))
    check_sources(profile, profile.directory)
    return profile


def base_url_in(path: Path) -> str | None:
    """The Base URL as a profile's file has it, whatever else is wrong there; None where it can't be read."""
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("base_url") if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def with_changes(profile: Profile, changes: Iterable[str]) -> Profile:
    """A profile with ``KEY=VALUE`` changes; a key may lead into a table (``jumpcloud.region``), a value may be TOML.

    Raises UsageError for what is no such change, SettingsError where the profile would make no sense.
    """
    table: dict[str, Any] = profile.model_dump(mode="json", exclude_unset=True)
    for change in changes:
        key, mark, text = change.partition("=")
        if not mark or not key.strip():
            raise UsageError(f"{change!r} is no KEY=VALUE.", hint="Such as jumpcloud.region=eu.")
        *tables, name = _steps(key.strip())
        place = table
        for step in tables:
            place = place.setdefault(step, {})
        place[name] = _value_of(text.strip())
    changed = _validated(table, "The profile")
    check_sources(changed, changed.directory)
    return changed


def check_sources(profile: Profile, directory: str | None) -> None:
    """Raises SettingsError where the mapping uses what people of that directory can't have."""
    if directory is not None:
        check_attributes(directory, source_attributes(profile.mapping))


def _steps(key: str) -> list[str]:
    """The tables that a key leads through; dots behind ``mapping.`` are part of an attribute path."""
    table, mark, path = key.partition(".")
    return [table, path] if mark and table == "mapping" else key.split(".")


def _validated(table: Mapping[str, Any], where: str) -> Profile:
    try:
        return Profile.model_validate(table)
    except ValidationError as error:
        raise _explained(where, error) from None


def _value_of(text: str) -> Any:  # noqa: ANN401 - any value of TOML
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        return text


def no_profile(path: Path) -> SettingsError:
    """The error for a profile that isn't there."""
    return SettingsError(f"There is no profile {path.stem}.", hint="Run `heapscim activate --base-url URL` first.")


def save_profile(path: Path, profile: Profile) -> None:
    """Writes a profile in one step. What equals a default is left out; so are comments."""
    import tomli_w

    private_folder(path.parent)
    table = profile.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    if not table.get("mapping"):
        table.pop("mapping", None)
    write_private(path, tomli_w.dumps(table))


def mark_disconnected(path: Path) -> None:
    """Marks a profile as deactivated in one step; the rest of its file, comments too, stays as it is."""
    profile = load_profile(path)
    if profile.disconnected:
        return
    text = path.read_text("utf-8")
    if "disconnected" in profile.model_fields_set:
        text = _SAYS_CONNECTED.sub("", text, count=1)
    write_private(path, f"disconnected = true\n{text}")
    if not load_profile(path).disconnected:  # the line that was taken out belonged to another table
        save_profile(path, profile.model_copy(update={"disconnected": True}))


def _explained(path: str, error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False)[0]
    key = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = _known_keys(first["loc"])
        near = get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
        return SettingsError(f"{path} has an unknown key {key}.", hint=hint)
    words = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"].lower()
    return SettingsError(f"{path}: {key}: {words.rstrip('.')}.", hint="Correct that value.")


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    tables: dict[str, type[BaseModel]] = {
        "limits": LimitSettings,
        "http": HttpSettings,
        "history": HistorySettings,
        "notify": NotifySettings,
        "jumpcloud": JumpCloudSettings,
    }
    return list(tables.get(str(location[0]), Profile).model_fields)
