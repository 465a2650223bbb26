"""``heapscim activate``: verifies a connection with a real request, and only then remembers it (article row 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import Common, DirectoryOption, command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import SecretStr

    from heapscim.credentials import Token
    from heapscim.heap.probe import Facts
    from heapscim.output.console import Screen
    from heapscim.output.envelope import Result
    from heapscim.settings import Profile

app = typer.Typer()


@app.command("activate")
@command("activate")
def activate(
    common: Common,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            help="The URL that Heap shows beside the Bearer Token. Left out: as it was, with the token that is kept.",
            metavar="URL",
        ),
    ] = None,
    directory: DirectoryOption = None,
    groups: Annotated[
        bool | None, typer.Option("--groups/--no-groups", help="Whether groups and memberships are managed.")
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(
            "--scope", help="Who belongs in Heap: all people, or the members of bound groups.", metavar="all|groups"
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other setting: jumpcloud.region=eu; repeatable."),
    ] = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
) -> Result:
    """Connect to a Heap tenant: check the token and remember it."""
    from heapscim.cli.directory_secret import verify_directory
    from heapscim.credentials import store_token
    from heapscim.output.console import Screen
    from heapscim.output.envelope import Result
    from heapscim.profiles import user_folders
    from heapscim.settings import save_profile

    screen = Screen(common.output, common.quiet)
    path = user_folders().settings_file(common.profile)
    profile = _profile(path, base_url, directory=directory, groups=groups, scope=scope, changes=changes or ())
    token = _known_token(common.profile) if base_url is None and not token_stdin else None
    if token is None:
        token = _token(screen, from_stdin=token_stdin)
    facts = _verify(common, profile, token.secret)
    verified = verify_directory(common.profile, profile, screen)
    if token.source == "keyring":
        store_token(common.profile, token.secret)
    if verified is not None:
        verified.keep(common.profile)
    save_profile(path, profile)
    kept = "The token is in the keyring" if token.source == "keyring" else (
        f"The token comes from {token.source}; nothing was put in the keyring"
    )  # fmt: skip
    return Result(
        data={"base_url": profile.base_url, "users": facts.users, "groups": facts.groups, "patch": facts.patch,
              "filter": facts.filter, "token": "keyring" if token.source == "keyring" else "environment",
              "directory": profile.directory},
        show=lambda screen: _show(screen, profile, facts, [kept, *([verified.words] if verified else [])]),
    )  # fmt: skip


def _show(screen: Screen, profile: Profile, facts: Facts, said: list[str]) -> None:
    users = "its users" if facts.users is None else f"{facts.users:,} users"
    screen.print(f"Successfully verified: {profile.base_url} answers with {users}.", "bold green")
    for words in said:
        screen.print(f"{words}.")
    screen.print(f"Groups are {'managed' if profile.manage_groups else 'not managed'}.")
    screen.print("Next: `heapscim plan`" if profile.directory else "Next: `heapscim plan --directory people.csv`")


def _profile(
    file: Path,
    base_url: str | None,
    *,
    directory: str | None,
    groups: bool | None,
    scope: str | None,
    changes: Sequence[str],
) -> Profile:
    from heapscim.base_url import normalise_base_url
    from heapscim.cli.directories import directory_of
    from heapscim.directory.opening import absolute_spec
    from heapscim.errors import UsageError
    from heapscim.settings import Profile, load_profile, with_changes

    if scope not in (None, "all", "groups"):
        raise UsageError(f"--scope can't be {scope!r}.", hint="It takes all or groups.")
    if base_url is None and not file.exists():
        raise UsageError("Nobody said which tenant.", hint="Give --base-url: it stands where Heap shows the token.")
    url = None if base_url is None else normalise_base_url(base_url)
    profile = load_profile(file) if file.exists() else Profile(base_url=url or "")
    wanted = {
        "base_url": url,
        "directory": None if directory is None else absolute_spec(directory),
        "manage_groups": groups,
        "scope": scope,
    }
    profile = profile.model_copy(update={name: value for name, value in wanted.items() if value is not None})
    profile = with_changes(profile, changes)
    if profile.directory is not None:
        directory_of(file.stem, profile)
    return profile


def _known_token(profile: str) -> Token | None:
    from heapscim.credentials import read_token
    from heapscim.errors import TokenMissing

    try:
        return read_token(profile)
    except TokenMissing:
        return None


def _token(screen: Screen, *, from_stdin: bool) -> Token:
    """A token as given now; one that isn't in the environment is to be kept in the keyring."""
    import os
    import sys

    from heapscim.credentials import VARIABLE, Token, checked_token
    from heapscim.errors import UsageError

    if from_stdin:
        return Token(checked_token(sys.stdin.readline()), "keyring")
    if text := os.environ.get(VARIABLE):
        return Token(checked_token(text), "HEAPSCIM_TOKEN")
    if screen.is_interactive:
        return Token(checked_token(screen.secret("Bearer token (it isn't shown): ")), "keyring")
    raise UsageError(
        "There is no terminal to ask for the token.", hint="Pipe it in with --token-stdin, or set HEAPSCIM_TOKEN."
    )


def _verify(common: Common, profile: Profile, token: SecretStr) -> Facts:
    import asyncio
    import time

    from heapscim.cli.directories import pace_of
    from heapscim.cli.running import redacting
    from heapscim.heap.probe import find_facts
    from heapscim.http import open_session
    from heapscim.output.console import Screen
    from heapscim.scim.client import ScimClient

    redacting.secrets.add(token.get_secret_value())
    Screen(common.output, common.quiet).note(f"Asking {profile.base_url} …")

    async def ask() -> Facts:
        async with open_session(profile.base_url, token, pace_of(profile.http)) as http:
            return await find_facts(ScimClient(http), time.monotonic, groups=profile.manage_groups)

    return asyncio.run(ask())
