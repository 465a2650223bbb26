"""Reads and writes the settings of one profile: a TOML file that people may edit. It never holds a secret."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator

from heapscim.config.private_files import check_private, private_folder, write_private
from heapscim.errors import DirectoryError, SettingsError, UsageError
from heapscim.model.attribute_mapping import DEFAULT_MAPPING, Rule, check_mapping
from heapscim.model.base_url import base_url_setting
from heapscim.model.directory import Scope

_SAYS_CONNECTED = re.compile(r"^\s*disconnected\s*=.*\n?", re.MULTILINE)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LimitSettings(_Table):
    """Holds the ``[limits]`` table: how much one plan may take away or change."""

    removal_share: float = Field(0.10, ge=0, le=1)
    """The most accounts that may lose access, as a share of the managed active accounts."""
    removal_count: int | None = Field(None, ge=0)
    """The most accounts that may lose access, as a number. Not set: only the share counts."""
    update_share: float = Field(0.30, ge=0, le=1)
    """The most accounts that may be updated, as a share of the managed active accounts."""
    member_removal_share: float = Field(0.50, ge=0, le=1)
    """The most members that may leave one group, as a share of its members."""
    group_deletion_share: float = Field(0.10, ge=0, le=1)
    """The most groups that may be deleted, as a share of the managed groups. One group is always allowed."""
    min_population: int = Field(10, ge=0)
    """If there are fewer accounts or members, shares are taken of this number: by default, a team below 10 may lose 1
    account in a run."""


class HttpSettings(_Table):
    """Holds the ``[http]`` table: how fast and how patiently requests are sent."""

    max_in_flight: int = Field(8, ge=1, le=256)
    """The number of requests under way at the same time."""
    timeout: float = Field(30.0, gt=0)
    """The time limit of one request, in seconds."""
    retries: int = Field(5, ge=0)
    """The number of tries after the first one."""
    late_margin: float | None = Field(None, ge=0)
    """How many seconds after the time limit a create without a response may still arrive. Until then, heapscim doesn't
    send that name again. Not set: the same as the time limit, but at least 10."""
    longest_pause: float = Field(300.0, ge=0)
    """The longest Retry-After that heapscim follows, in seconds."""


class HistorySettings(_Table):
    """Holds the ``[history]`` table: how long the log of runs is kept."""

    keep_days: int | None = Field(None, ge=1)
    """Runs in which nothing has happened for this many days are forgotten when the next run begins. Not set: all runs
    are kept."""


_Address = Annotated[str, Field(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$")]


class NotifySettings(_Table):
    """Holds the ``[notify]`` table: where summaries are mailed. The password is in the keyring, never here."""

    smtp_host: str
    """The mail server."""
    port: int | None = Field(None, ge=1, le=65535)
    """The port of the mail server. Not set: 587 with starttls, 465 with tls, 25 with none."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted."""
    sender: _Address
    """The address that the summaries come from."""
    recipients: tuple[_Address, ...] = Field(min_length=1)
    """The addresses that the summaries go to."""
    username: str | None = None
    """The user name for the mail server. Not set: heapscim doesn't sign in."""


class Profile(_Table):
    """Holds everything that is remembered of one connection."""

    base_url: Annotated[str, AfterValidator(base_url_setting)]
    """The SCIM base URL of the tenant."""
    directory: str | None = None
    """The directory: the path of a file, or ``kind:rest``. `--directory` overrides it."""
    manage_groups: bool = True
    """Whether heapscim manages groups and memberships as well as people."""
    scope: Scope | None = None
    """Who belongs in Heap: every active person, or the active members of bound groups. Not set: the default of the kind
    of directory."""
    protect: tuple[str, ...] = ()
    """userNames that no plan may change or take access from. Patterns such as ``*@example.com`` work."""
    admin_role: str = "Admin"
    """The role that at least one active account must keep."""
    mapping: Mapping[str, Rule] = Field(default_factory=lambda: dict(DEFAULT_MAPPING))
    """Heap's attribute → the directory's attribute, a template such as ``{firstname} {lastname}``, or
    ``{constant = "Analyst"}``. The table adds to the defaults; an empty text leaves an attribute out."""
    dialect: Mapping[str, Any] = Field(default_factory=dict)
    """How this tenant differs: see the keys of the dialect below."""
    limits: LimitSettings = LimitSettings()
    """The limits of the guards."""
    http: HttpSettings = HttpSettings()
    """How fast requests are sent."""
    history: HistorySettings = HistorySettings()
    """How long the log of runs is kept."""
    notify: NotifySettings | None = None
    """Where summaries are mailed. Without this table, no mail is sent."""
    disconnected: bool = False
    """Whether the connection is deactivated: until `activate`, no command writes, wherever a token comes from."""
    directories: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """The table of each kind of directory, as written. In the file, the table of an installed kind is at the top, under
    its name."""

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
        """Returns the entries that differ from the defaults."""
        left_out = {target: "" for target in DEFAULT_MAPPING if target not in mapping}
        return left_out | {target: rule for target, rule in mapping.items() if rule != DEFAULT_MAPPING.get(target)}


class HasSettings(Protocol):
    """Describes what a profile needs to know of a kind of directory."""

    @property
    def settings(self) -> Callable[[], type[BaseModel]] | None:
        """Loads the model of its table, which forbids unknown keys; None if the kind has no settings."""
        ...


Kinds: TypeAlias = Mapping[str, HasSettings]
"""The installed directory kinds by name. A kind is looked up only if the profile has a table for it."""


def load_profile(path: Path, kinds: Kinds) -> Profile:
    """Reads a profile; raises SettingsError, which names file and key, if it is missing or wrong."""
    check_private(path)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise no_profile(path) from None
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}.", hint="Check its permissions.") from error
    except ValueError as error:
        raise SettingsError(f"{path} isn't TOML: {error}.", hint="Correct the file.") from error
    return _validated(table, str(path), kinds)


def base_url_in(path: Path) -> str | None:
    """Returns the Base URL in a profile's file, even if other settings are wrong; None if it can't be read."""
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("base_url") if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def with_changes(profile: Profile, changes: Iterable[str], kinds: Kinds) -> Profile:
    """Returns a profile with ``KEY=VALUE`` changes. A key may lead into a table (``http.timeout``), a value be TOML.

    Raises UsageError if a change has another form, and SettingsError if the profile would be invalid.
    """
    table = _spread(profile.model_dump(mode="json", exclude_unset=True), kinds)
    for change in changes:
        key, mark, text = change.partition("=")
        if not mark or not key.strip():
            raise UsageError(f"{change!r} isn't KEY=VALUE.", hint="Write it like limits.removal_count=20.")
        # Dots behind ``mapping.`` are part of an attribute path such as name.givenName.
        *tables, name = key.strip().split(".", 1 if key.strip().startswith("mapping.") else -1)
        place: Any = table
        for step in tables:
            place = place.setdefault(step, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise UsageError(f"{key.strip()} leads through a setting that isn't a table.", hint="Check the key.")
        place[name] = _value_of(text.strip())
    return _validated(table, "The profile", kinds)


def _validated(table: Mapping[str, Any], where: str, kinds: Kinds) -> Profile:
    own = {name: value for name, value in table.items() if name in Profile.model_fields or name not in kinds}
    others = {name: value for name, value in table.items() if name not in own}
    if others and isinstance(own.get("directories", {}), Mapping):
        own["directories"] = {**own.get("directories", {}), **others}
    try:
        profile = Profile.model_validate(own)
    except ValidationError as error:
        raise _explained(where, error, Profile) from None
    for name in profile.directories:
        if (model := _model_of(name, kinds)) is not None:
            settings_of(profile, name, model, where)
    return profile


def settings_of(profile: Profile, kind: str, model: type[BaseModel], where: str = "The profile") -> BaseModel:
    """Returns a directory kind's table; raises SettingsError, which names the key, if it is wrong or incomplete."""
    try:
        return model.model_validate(profile.directories.get(kind, {}))
    except ValidationError as error:
        raise _explained(where, error, model, kind) from None
    except Exception as error:  # another package's rules may raise anything
        why = f"{type(error).__name__}: {error}".rstrip(":. ")
        hint = f"Check that table, and the package that brings the kind {kind}."
        raise SettingsError(f"{where}: the rules for [{kind}] fail with {why}.", hint=hint) from error


def _model_of(kind: str, kinds: Kinds) -> type[BaseModel] | None:
    try:
        load = kinds[kind].settings if kind in kinds else None
        return None if load is None else load()
    except DirectoryError:  # the kind can't be loaded: only commands that use it say so, and its table stays as it is
        return None


def _spread(table: dict[str, Any], kinds: Kinds) -> dict[str, Any]:
    """Returns a profile's table with those of installed directory kinds at the top, as in the file."""
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
    """Returns the error for a profile that doesn't exist."""
    return SettingsError(f"There is no profile {path.stem}.", hint="Run `heapscim activate --base-url URL` first.")


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


def mark_disconnected(path: Path, kinds: Kinds) -> None:
    """Marks a profile as deactivated, in one step. The rest of its file stays as it is, with its comments."""
    profile = load_profile(path, kinds)
    if profile.disconnected:
        return
    text = path.read_text("utf-8")
    if "disconnected" in profile.model_fields_set:
        text = _SAYS_CONNECTED.sub("", text, count=1)
    write_private(path, f"disconnected = true\n{text}")
    if not load_profile(path, kinds).disconnected:  # the line that was taken out belonged to another table
        save_profile(path, profile.model_copy(update={"disconnected": True}), kinds)


def _explained(path: str, error: ValidationError, model: type[BaseModel] | None, *table: str) -> SettingsError:
    """Returns a validation error in plain words; ``table`` leads to what the model describes."""
    first = error.errors(include_url=False)[0]
    key = ".".join(map(str, (*table, *first["loc"])))
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, first["loc"])
        near = get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
        return SettingsError(f"{path} has an unknown key {key}.", hint=hint)
    words = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"].lower()
    return SettingsError(f"{path}: {key}: {words.rstrip('.')}.", hint="Correct that value.")


def _known_keys(model: type[BaseModel] | None, location: tuple[int | str, ...]) -> list[str]:
    """Returns the known keys of the table that a location lies in."""
    for step in location[:-1]:
        field = None if model is None else model.model_fields.get(str(step))
        kinds = () if field is None else (field.annotation, *get_args(field.annotation))
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return [] if model is None else list(model.model_fields)
