"""Reads the secrets that ``activate`` is given: from the environment, from stdin line by line, or typed unseen."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from heapscim.config.credentials import FoundSecret, checked_token, checked_webhook_url
from heapscim.config.profile import NotifySettings
from heapscim.config.system_keyring import KeyringAccount
from heapscim.errors import UsageError
from heapscim.model.secret import SecretStr
from heapscim.output.console import Screen
from heapscim.output.news import Message
from heapscim.workflows.context import Context
from heapscim.workflows.signals import run_for


def given_token(context: Context, *, from_stdin: bool) -> FoundSecret:
    """Returns the token that is given now; one that isn't in the environment goes into the keyring."""
    credentials, screen = context.credentials, context.screen
    if not from_stdin:
        if given := credentials.given_token():
            return given
        if not screen.is_interactive:
            raise UsageError(
                "There is no terminal to ask for the token.",
                hint="Pipe it in with --token-stdin, or set HEAPSCIM_TOKEN.",
            )
    credentials.keyring.check_can_store(credentials.token_account)
    what = "Bearer token"
    token = checked_token(_from_stdin(screen, what) if from_stdin else _typed(screen, what))
    credentials.keyring.check_length(credentials.token_account, token)
    return FoundSecret(token, "keyring")


def secrets_for_messages(
    context: Context, notify: NotifySettings | None, *, password: bool, url: bool
) -> Iterator[tuple[KeyringAccount, SecretStr]]:
    """Reads the secrets for mail and webhook from the next lines of stdin, after the token if that is read there."""
    credentials = context.credentials
    if password:
        given = secret_line(context, credentials.smtp_account, "The mail server's password")
        if notify is None or notify.username is None:
            raise UsageError(
                "The profile has no mail server to sign in to.",
                hint="Set notify.username and the settings beside it.",
            )
        yield credentials.smtp_account, SecretStr(given)
    if url:
        address = checked_webhook_url(secret_line(context, credentials.webhook_account, "The webhook's URL"))
        if notify is None or notify.webhook is None:
            raise UsageError("The profile sends nothing to a webhook.", hint="Add `--set notify.webhook=auto`.")
        from heapscim.workflows.news.channels import post_message

        form = notify.webhook
        welcome = Message(f"heapscim {context.profile}: news of this profile will come here.", ())
        run_for(context.screen, lambda: post_message(context, address, form, welcome))
        yield credentials.webhook_account, address


def secret_line(context: Context, account: KeyringAccount, what: str) -> str:
    """Reads a secret from the next line of stdin.

    Raises CredentialError if the keyring can't keep it for the account, and UsageError if the line is empty.
    """
    context.credentials.keyring.check_can_store(account)
    if not (line := _from_stdin(context.screen, what).rstrip("\r\n")):
        raise UsageError(f"{what} is empty.", hint="It is the line after the token's, if any.")
    return line


def _typed(screen: Screen, what: str) -> str:
    return screen.secret(f"{what} (it isn't shown): ")


def _from_stdin(screen: Screen, what: str) -> str:
    """Reads a secret from stdin; if that is a terminal, it asks for it, and the terminal doesn't show what is typed."""
    return _typed(screen, what) if sys.stdin.isatty() else sys.stdin.readline()
