"""``heapscim activate``: verifies a connection with a real request, and only then remembers it (article row 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import Common, DirectoryOption, command

if TYPE_CHECKING:
    from pydantic import SecretStr

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
        str, typer.Option("--base-url", help="The URL that Heap shows beside the Bearer Token.", metavar="URL")
    ],
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
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
) -> Result:
    """Connect to a Heap tenant: check the token and remember it."""
    import os

    from heapscim.base_url import normalise_base_url
    from heapscim.credentials import VARIABLE, store_token
    from heapscim.output.console import Screen
    from heapscim.output.envelope import Result
    from heapscim.profiles import user_folders
    from heapscim.settings import save_profile

    screen = Screen(common.output, common.quiet)
    path = user_folders().settings_file(common.profile)
    profile = _profile(path, normalise_base_url(base_url), directory=directory, groups=groups, scope=scope)
    token = _token(screen, from_stdin=token_stdin)
    facts = _verify(common, profile, token)
    from_environment = bool(os.environ.get(VARIABLE)) and not token_stdin
    if not from_environment:
        store_token(common.profile, token)
    save_profile(path, profile)
    kept = (
        "HEAPSCIM_TOKEN is used; nothing was put in the keyring" if from_environment else "The token is in the keyring"
    )
    return Result(
        data={"base_url": profile.base_url, "users": facts.users, "groups": facts.groups, "patch": facts.patch,
              "filter": facts.filter, "token": "environment" if from_environment else "keyring"},
        show=lambda screen: _show(screen, profile, facts, kept),
    )  # fmt: skip


def _show(screen: Screen, profile: Profile, facts: Facts, kept: str) -> None:
    users = "its users" if facts.users is None else f"{facts.users:,} users"
    screen.print(f"Successfully verified: {profile.base_url} answers with {users}.", "bold green")
    screen.print(f"{kept}. Groups are {'managed' if profile.manage_groups else 'not managed'}.")
    screen.print("Next: `heapscim plan`" if profile.directory else "Next: `heapscim plan --directory people.csv`")


def _profile(path: object, base_url: str, *, directory: str | None, groups: bool | None, scope: str | None) -> Profile:
    from pathlib import Path

    from heapscim.directory.opening import absolute_spec, open_directory
    from heapscim.errors import UsageError
    from heapscim.settings import Profile, load_profile

    if scope not in (None, "all", "groups"):
        raise UsageError(f"--scope can't be {scope!r}.", hint="It takes all or groups.")
    file = Path(str(path))
    profile = load_profile(file) if file.exists() else Profile(base_url=base_url)
    changes: dict[str, object] = {"base_url": base_url}
    if directory is not None:
        open_directory(directory)
        changes["directory"] = absolute_spec(directory)
    if groups is not None:
        changes["manage_groups"] = groups
    if scope is not None:
        changes["scope"] = scope
    return profile.model_copy(update=changes)


def _token(screen: Screen, *, from_stdin: bool) -> SecretStr:
    import os
    import sys

    from heapscim.credentials import VARIABLE, checked_token
    from heapscim.errors import UsageError

    if from_stdin:
        return checked_token(sys.stdin.readline())
    if text := os.environ.get(VARIABLE):
        return checked_token(text)
    if screen.is_interactive:
        return checked_token(screen.secret("Bearer token (it isn't shown): "))
    raise UsageError(
        "There is no terminal to ask for the token.", hint="Pipe it in with --token-stdin, or set HEAPSCIM_TOKEN."
    )


def _verify(common: Common, profile: Profile, token: SecretStr) -> Facts:
    import asyncio
    import time

    from heapscim.cli.running import redacting
    from heapscim.cli.session import pace_of
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
