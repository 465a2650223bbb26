"""Describes the settings of one profile, table by table. They never hold a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from heapscim.config.ledger_url import ledger_url_setting
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


def _absolute(path: str) -> str:
    if not Path(path).expanduser().is_absolute():
        raise ValueError("It takes a whole path: commands run in different folders.")
    return path


class LedgerSettings(_Table):
    """Holds the ``[ledger]`` table: where it is kept whom heapscim manages. The password is never here."""

    url: Annotated[str, AfterValidator(ledger_url_setting)] | None = None
    """The PostgreSQL database of a ledger that several machines share: ``postgresql://user@host:5432/database``. Not
    set: a file on this machine. The password comes from HEAPSCIM_LEDGER_PASSWORD, a systemd credential, the file that
    PGPASSFILE names, or the keyring."""
    head_file: Annotated[str, AfterValidator(_absolute)] | None = None
    """A file that gets a line after each run: time, run, and number and hash of the ledger's newest event. With
    ``heapscim ledger verify --head FILE`` it reveals a ledger that was written anew. Not set: no file."""
    head_webhook: bool = False
    """Whether the head goes to the webhook of [notify] after each run, too."""
    mark: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")] | None = None
    """The name of this ledger in the mark ``heapscim:NAME:PERSON``, which every managed account bears as its externalId
    if the tenant keeps one. No other ledger of the tenant may have this name. Not set: accounts aren't marked."""


_Address = Annotated[str, Field(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$")]


DAYS_BEFORE_END = 14
"""How many days before its end something ends soon, unless ``[notify]`` says otherwise."""
_LEFT_OUT = object()
_OF_MAIL = ("smtp_host", "sender", "recipients")


class NotifySettings(_Table):
    """Holds the ``[notify]`` table: where news goes. Password and webhook URL are secrets, and never here."""

    smtp_host: str | None = None
    """The mail server. Needs ``sender`` and ``recipients``. Not set: nothing is mailed."""
    port: int | None = Field(None, ge=1, le=65535)
    """The port of the mail server. Not set: 587 with starttls, 465 with tls, 25 with none."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted."""
    sender: _Address | None = None
    """The address that mail comes from."""
    recipients: tuple[_Address, ...] = Field((), min_length=1)
    """The addresses that mail goes to."""
    username: str | None = None
    """The user name for the mail server. Not set: heapscim doesn't sign in."""
    webhook: Literal["auto", "slack", "teams"] | None = None
    """The form of messages to a webhook: that of Slack or Teams; ``auto`` tells it by the host. The URL is a secret and
    isn't a setting. Not set: nothing is sent to a webhook."""
    days_before_end: int = Field(DAYS_BEFORE_END, ge=1, le=365)
    """How many days before a certificate, token or key ends that is news, and a warning of `doctor`."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, table: object) -> object:
        """Marks what mail needs and the table lacks, unless it says nothing of mail and names a webhook."""
        if not isinstance(table, Mapping):
            return table
        of_mail = {*_OF_MAIL, "port", "tls", "username"}
        if table.get("webhook") is not None and of_mail.isdisjoint(table):
            return table
        return {**dict.fromkeys(_OF_MAIL, _LEFT_OUT), **table}

    @field_validator(*_OF_MAIL, mode="before")
    @classmethod
    def _not_left_out(cls, value: object) -> object:
        if value is _LEFT_OUT:
            raise PydanticCustomError("missing", "Field required")
        return value


def _no_number(value: object) -> object:
    if isinstance(value, int | float):  # pydantic would count it as seconds since 1970
        raise PydanticCustomError("date_type", "Not a date")
    return value


_Day = Annotated[date, BeforeValidator(_no_number)]


class EndSettings(_Table):
    """Holds the ``[ends]`` table: the last day of each secret that doesn't tell its own end, as a JWT does.

    No service tells it in a response. Heap's article shows a token without an end. The keys and client secrets of
    directories end after 30 to 365 days, as an administrator chose, or after 30 days without use.
    """

    token: _Day | None = None
    """The last day of Heap's token."""
    directory_key: _Day | None = None
    """The last day of the key or client secret that opens the directory of this profile."""
    smtp_password: _Day | None = None
    """The last day of the mail server's password."""
    webhook_url: _Day | None = None
    """The last day of the webhook's URL."""
    ledger_password: _Day | None = None
    """The last day of the password of a shared ledger."""


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
    grace: str = Field("0s", pattern=r"^\d{1,6}(\.\d{1,6})?([smhdwSMHDW]|[mM][sS])$", examples=["7d"])
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
    ledger: LedgerSettings = LedgerSettings()
    """Where it is kept whom heapscim manages, and what it did."""
    notify: NotifySettings | None = None
    """Where news and summaries go. Without this table, none are sent."""
    ends: EndSettings = EndSettings()
    """When secrets end, such as ``token = "2027-03-31"``: `doctor` warns before that day, and it is news."""
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

    @model_validator(mode="after")
    def _with_what_it_needs(self) -> Self:
        if self.ledger.mark is not None and "externalId" in self.mapping:
            raise ValueError("ledger.mark writes externalId, and so does [mapping]. Leave one of them out.")
        if self.ledger.head_webhook and (self.notify is None or self.notify.webhook is None):
            raise ValueError("ledger.head_webhook needs a webhook. Set notify.webhook.")
        return self

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
