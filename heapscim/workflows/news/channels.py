"""Opens the channels that a profile's settings name: mail and a webhook. Each delivers within a bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heapscim.errors import CredentialError, Unavailable
from heapscim.http.auth import Endpoint, SecretAddress
from heapscim.http.known_secrets import address_secrets
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.responses import JSON, Service
from heapscim.http.session import session_with
from heapscim.model.secret import SecretStr
from heapscim.output.news import Message, slack_body, teams_body
from heapscim.workflows.context import Context
from heapscim.workflows.mailing import NO_PASSWORD, Mailing
from heapscim.workflows.news.told import Channel

if TYPE_CHECKING:
    from heapscim.config.profile import NotifySettings

Deliver = Callable[[Message], Awaitable[None]]
"""Delivers a message; raises HeapscimError if it may not have arrived."""

_OF_TEAMS = (
    ".logic.azure.com", ".logic.azure.us", ".api.powerplatform.com", ".api.powerplatform.us", ".webhook.office.com",
)  # fmt: skip
"""How the hosts of Teams' workflows and of its older connectors end."""
_MOST_SECONDS = 60.0
_LIMITS = RequestLimits(max_in_flight=1, timeout=20.0, retries=2, longest_pause=20.0, longest_wait=5.0)
_STORE = "Set HEAPSCIM_WEBHOOK_URL, or store it again with `heapscim activate --webhook-url-stdin`."
_WEBHOOK = Service(
    name="The webhook",
    secret="URL",  # noqa: S106 - what it is called
    protocol="HTTP",
    media_type=JSON,
    on_refused=_STORE,
    on_forbidden=_STORE,
    on_nothing_there=_STORE,
    address="the webhook's URL",
)


def channels_of(context: Context, settings: NotifySettings) -> Iterator[tuple[Channel, Deliver]]:
    """Yields each channel that the settings name, with the way to deliver a message."""
    if settings.smtp_host is not None:
        yield "mail", _by_mail(context, settings)
    if settings.webhook is not None:
        yield "webhook", _by_webhook(context, settings.webhook)


def _by_mail(context: Context, settings: NotifySettings) -> Deliver:
    async def deliver(message: Message) -> None:
        password = None
        if settings.username is not None:
            password = context.credentials.smtp_password()
            if password is None:
                raise CredentialError(NO_PASSWORD)
            context.redacting.secrets.add(password.get_secret_value())
        await Mailing(settings, password).send(message.header, message.for_mail())

    return deliver


def _by_webhook(context: Context, form: str) -> Deliver:
    async def deliver(message: Message) -> None:
        url = context.credentials.webhook_url()
        if url is None:
            raise CredentialError("There is no URL for the webhook.", hint=_STORE)
        context.redacting.secrets |= address_secrets(url.get_secret_value())
        await _post(context, url, teams_body(message) if _is_teams(form, url) else slack_body(message))

    return deliver


async def _post(context: Context, url: SecretStr, body: dict[str, object]) -> None:
    endpoint = Endpoint(url.get_secret_value(), SecretAddress(url), _WEBHOOK)
    try:
        async with asyncio.timeout(_MOST_SECONDS), session_with(endpoint, _LIMITS, timing=context.timing) as session:
            await session.deliver(body)
    except TimeoutError:
        raise Unavailable(f"The webhook didn't take the message within {_MOST_SECONDS:g} s.") from None


def _is_teams(form: str, url: SecretStr) -> bool:
    host = urlsplit(url.get_secret_value()).hostname or ""
    return form == "teams" or (form == "auto" and host.endswith(_OF_TEAMS))
