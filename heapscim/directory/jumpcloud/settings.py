"""Reads the ``[jumpcloud]`` table of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from heapscim.model.base_url import base_url_setting
from heapscim.model.state import match_key

HOSTS = {
    "us": "https://console.jumpcloud.com",
    "eu": "https://console.eu.jumpcloud.com",
    "in": "https://console.in.jumpcloud.com",
}
TOKEN_URLS = {
    "us": "https://admin-oauth.id.jumpcloud.com/oauth2/token",
    "eu": "https://admin-oauth.id.eu.jumpcloud.com/oauth2/token",
    "in": "https://admin-oauth.id.in.jumpcloud.com/oauth2/token",
}
INSIGHTS_URLS = {
    "us": "https://api.jumpcloud.com/insights/directory/v1",
    "eu": "https://api.eu.jumpcloud.com/insights/directory/v1",
    "in": "https://api.in.jumpcloud.com/insights/directory/v1",
}
_INSIGHTS_URL_HINT = f"It looks like {INSIGHTS_URLS['us']} and replaces the region's address."
_BASE_URL_HINT = "It looks like https://console.jumpcloud.com and replaces the region's address."
_TOKEN_URL_HINT = f"It looks like {TOKEN_URLS['us']} and replaces the region's address."


class JumpCloudSettings(BaseModel):
    """Holds how JumpCloud is reached and read; nothing in it is secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Literal["us", "eu", "in"] = "us"
    """The region of the organisation."""
    base_url: str | None = None
    """The address to use instead of the region's: a rehearsal on this machine, or a gateway (https)."""
    token_url: str | None = None
    """The address where a service account gets its token, instead of the region's (https). With ``base_url`` alone it
    is ``/oauth2/token`` there."""
    insights_url: str | None = None
    """The address of Directory Insights for `sync --watch`, instead of the region's (https). With ``base_url`` alone it
    is ``/insights/directory/v1`` there."""
    insights_lag: int = Field(60, ge=1, le=1_440)
    """The number of minutes that an event may take to appear in Directory Insights."""
    org_id: str | None = None
    """The organisation, if the administrator has several (the header x-org-id). JumpCloud refuses it (403) from an
    administrator of one organisation."""
    direct: bool = False
    """Whether people who are bound to the application themselves, and not only through a group, belong in Heap."""
    password_expired_is_inactive: bool = False
    """Whether an expired password counts as inactive, as it does for JumpCloud's own SCIM client."""
    role_from_groups: Mapping[str, str] = Field(default_factory=dict)
    """JumpCloud group (name or id) → the value of the source attribute ``role``. The first group that the person
    belongs to counts."""
    import_state: Literal["ACTIVATED", "STAGED"] | None = None
    """The state of people whom ``import`` adds. JumpCloud mails nothing to a staged person. Not set: the
    organisation decides."""
    page_size: int = Field(100, ge=1, le=100)
    """The number of records requested at a time; JumpCloud refuses more than 100."""
    max_in_flight: int = Field(8, ge=1, le=64)
    """The number of requests under way at the same time."""
    sees_all: bool = False
    """Whether it is certain that the key's role sees all users and user groups. Then heapscim believes JumpCloud that
    somebody is gone, although a group still names somebody whom JumpCloud doesn't show."""
    most_lookups: int = Field(500, ge=0, le=10_000)
    """The most people and groups that are asked for one by one, by their ids, if a list can't prove itself complete."""

    @field_validator("base_url")
    @classmethod
    def _safe(cls, text: str | None) -> str | None:
        return None if text is None else base_url_setting(text, hint=_BASE_URL_HINT, secret="key")  # noqa: S106

    @field_validator("org_id")
    @classmethod
    def _empty_is_none(cls, text: str | None) -> str | None:
        return text or None  # `--set jumpcloud.org_id=` takes it out

    @field_validator("token_url")
    @classmethod
    def _safe_token_url(cls, text: str | None) -> str | None:
        return None if text is None else base_url_setting(text, hint=_TOKEN_URL_HINT, secret="secret")  # noqa: S106

    @field_validator("insights_url")
    @classmethod
    def _safe_insights_url(cls, text: str | None) -> str | None:
        return None if text is None else base_url_setting(text, hint=_INSIGHTS_URL_HINT, secret="key")  # noqa: S106

    def role_of(self, *names: str) -> str | None:
        """Returns the role that a group with that name or id gives, if any."""
        keys = set(map(match_key, names))
        return next((role for group, role in self.role_from_groups.items() if match_key(group) in keys), None)

    @property
    def host(self) -> str:
        """Returns the URL at which the API begins."""
        return self.base_url or HOSTS[self.region]

    @property
    def token_address(self) -> str:
        """Returns the URL at which a service account gets its token."""
        return self.token_url or (f"{self.base_url}/oauth2/token" if self.base_url else TOKEN_URLS[self.region])

    @property
    def insights_address(self) -> str:
        """Returns the URL at which Directory Insights begins."""
        if self.insights_url is None and self.base_url is not None:
            return f"{self.base_url}/insights/directory/v1"
        return self.insights_url or INSIGHTS_URLS[self.region]
