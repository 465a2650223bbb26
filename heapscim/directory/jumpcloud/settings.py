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
TOKEN_URL = "https://admin-oauth.id.jumpcloud.com/oauth2/token"  # noqa: S105 - an address
_BASE_URL_HINT = "It looks like https://console.jumpcloud.com and replaces the region's address."


class JumpCloudSettings(BaseModel):
    """Holds how JumpCloud is reached and read; nothing in it is secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Literal["us", "eu", "in"] = "us"
    """The region of the organisation."""
    base_url: str | None = None
    """The address to use instead of the region's: a rehearsal on this machine, or a gateway (https)."""
    org_id: str | None = None
    """The organisation, if the administrator has several (the header x-org-id)."""
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

    @field_validator("base_url")
    @classmethod
    def _safe(cls, text: str | None) -> str | None:
        return None if text is None else base_url_setting(text, hint=_BASE_URL_HINT, secret="key")  # noqa: S106

    def role_of(self, *names: str) -> str | None:
        """Returns the role that a group with that name or id gives, if any."""
        keys = set(map(match_key, names))
        return next((role for group, role in self.role_from_groups.items() if match_key(group) in keys), None)

    @property
    def host(self) -> str:
        """Returns the URL at which the API begins."""
        return self.base_url or HOSTS[self.region]

    @property
    def token_url(self) -> str:
        """Returns the URL at which a service account gets its token."""
        return f"{self.base_url}/oauth2/token" if self.base_url else TOKEN_URL
