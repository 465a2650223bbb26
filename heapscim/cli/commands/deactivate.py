"""``heapscim deactivate``: forgets a connection; Heap stays as it is (article rows 18 and 19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heapscim.cli.options import YesOption, command
from heapscim.workflows.common import Common

if TYPE_CHECKING:
    from pathlib import Path

    from heapscim.ledger.opening import LedgerPlace
    from heapscim.output.console import Screen
    from heapscim.output.envelope import Result

app = typer.Typer()


@app.command("deactivate")
@command("deactivate")
def deactivate(
    common: Common,
    delete_profile: Annotated[
        bool, typer.Option("--delete-profile", help="Also delete the settings and the ledger of what is managed.")
    ] = False,
    yes: YesOption = False,
) -> Result:
    """Disconnect: forget the token and leave Heap as it is."""
    from contextlib import suppress

    from heapscim.config.credentials import SMTP_ACCOUNT, VARIABLE, forget_secret, forget_token, given_token
    from heapscim.config.paths import user_folders
    from heapscim.errors import CredentialError, KeyringMissing, UsageError
    from heapscim.ledger.opening import LedgerPlace
    from heapscim.output.console import Screen
    from heapscim.output.envelope import Result
    from heapscim.output.facts import facts_table
    from heapscim.workflows import exit_codes
    from heapscim.workflows.directory_secret import forget_directory_secrets, secrets_that_may_remain
    from heapscim.workflows.profiles import load_profile

    folders, screen = user_folders(), Screen(common.output, common.quiet)
    settings = folders.settings_file(common.profile)
    profile = load_profile(settings)
    if not yes and not _agreed(screen, common.profile, delete_profile=delete_profile):
        return Result({"deactivated": False}, show=lambda screen: screen.note("Nothing was changed."))
    ledger = LedgerPlace(folders, common.profile)
    deleted, notices = (_delete(settings, ledger), []) if delete_profile else ([], _mark(settings, ledger))
    had_token, keys, trouble = False, 0, False
    try:
        had_token = forget_token(common.profile)
        keys = forget_directory_secrets(common.profile, profile)
        forget_secret(common.profile, SMTP_ACCOUNT)
        notices += secrets_that_may_remain(common.profile, profile)
    except CredentialError as error:
        notices.append(f"No token was forgotten: {error.message} {error.hint or ''}".rstrip())
        trouble = not isinstance(error, KeyringMissing)
    with suppress(CredentialError, UsageError):
        if given := given_token(common.profile):
            where = "in this environment" if given.source == VARIABLE else "for this unit"
            notices.append(f"{given.source} is still set {where}. Nothing is written with it until `activate`.")
    data = {"deactivated": True, "token_forgotten": had_token, "directory_keys_forgotten": keys, "deleted": deleted}
    return Result(
        data,
        facts_table(data),
        show=lambda screen: _show(screen, had_token=None if trouble else had_token, keys=keys, deleted=deleted),
        exit_code=exit_codes.PARTIAL if trouble else exit_codes.DONE,
        notices=tuple(notices),
    )


def _agreed(screen: Screen, profile: str, *, delete_profile: bool) -> bool:
    from heapscim.errors import UsageError

    if not screen.is_interactive:
        raise UsageError("Without a terminal to ask at, --yes is needed.", hint="Heap is left as it is either way.")
    if delete_profile:
        return screen.typed(f"Settings and ledger go for good. Type the profile's name ({profile}): ", profile)
    return screen.confirm(f"Deactivate the connection of profile {profile}?")


def _mark(settings: Path, ledger: LedgerPlace) -> list[str]:
    """Marks the profile, so that nothing writes from now on; tells of a run that is under way."""
    from heapscim.errors import Busy
    from heapscim.workflows.profiles import mark_disconnected

    mark_disconnected(settings)
    try:
        if ledger.exists():
            with ledger.lock().held("deactivate"):
                pass  # whatever begins after this reads the mark
    except Busy as error:
        return [f"What is under way goes on to its end, and nothing after it. {error.message}"]
    return []


def _delete(settings: Path, ledger: LedgerPlace) -> list[str]:
    """Deletes ledger and settings, while no run holds the profile; raises Busy where one does."""
    from heapscim.config.private_files import remove

    with ledger.lock().held("deactivate"):
        return [*ledger.delete(), *([str(settings)] if remove(settings) else [])]


def _show(screen: Screen, *, had_token: bool | None, keys: int, deleted: list[str]) -> None:
    screen.print("The connection is deactivated.", "bold green")
    if had_token is not None:
        screen.print("The token is forgotten." if had_token else "There was no token in the keyring.")
    if keys:
        screen.print("The directory's key is forgotten, too.")
    if deleted:
        screen.print("The profile's settings and ledger are deleted.")
    screen.print("Users and groups in Heap are left as they are.")
