"""Describes the settings of one profile, table by table. They never hold a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Protocol, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_serializer, field_validator

from heapscim.model.attribute_mapping import DEFAULT_MAPPING, Rule, mapping_problems
from heapscim.model.base_url import base_url_setting
from heapscim.model.directory import Scope


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
    grace: str = Field("0s", pattern=r"^\d{1,6}(\.\d{1,6})?([smhdwSMHDW]|[mM][sS])$")
    """How long a person who left keeps the account and its groups, such as ``7d``, counted from the first sync that
    sees it. A person whom the directory suspends is deactivated at once."""
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
        if problems := [*mapping_problems(mapping)]:
            raise ValueError("\n".join(problems))
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
