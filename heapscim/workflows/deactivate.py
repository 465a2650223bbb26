"""Forgets a connection: its token, its keys and, if asked, its settings and its ledger. Heap stays as it is."""

from __future__ import annotations

from contextlib import suppress

from heapscim.config.credentials import VARIABLE
from heapscim.config.private_files import remove
from heapscim.config.profile import Profile
from heapscim.errors import Busy, CredentialError, KeyringMissing, LedgerError, UsageError
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_table
from heapscim.workflows import exit_codes
from heapscim.workflows.consent import confirmed, declined
from heapscim.workflows.context import Context
from heapscim.workflows.directory_secret import forget_directory_secrets, secrets_that_may_remain
from heapscim.workflows.news.memory import told_file
from heapscim.workflows.profiles import load_profile, mark_disconnected


def deactivate_connection(context: Context, *, delete_profile: bool, yes: bool) -> Result:
    """Disconnects a profile after a question; a keyring that fails is reported and stops nothing."""
    profile = load_profile(context.settings_file)
    if not yes and not _confirmed(context, delete_profile=delete_profile):
        wrong = f"That isn't the name of the profile ({context.profile})." if delete_profile else ""
        return declined({"deactivated": False}, wrong)
    deleted, notices = _delete(context, profile) if delete_profile else ([], _mark(context))
    keys, trouble, credentials = 0, False, context.credentials
    had_token: bool | None = None
    try:
        had_token = credentials.keyring.delete(credentials.token_account)
        keys = forget_directory_secrets(context, profile)
        credentials.keyring.delete(credentials.smtp_account)
        credentials.keyring.delete(credentials.ledger_account)
        credentials.keyring.delete(credentials.webhook_account)
        notices += secrets_that_may_remain(context, profile)
    except KeyringMissing:
        notices.append("There is no keyring here. A token that another session stored in its keyring is still there.")
    except CredentialError as error:
        own = f"Remove what it keeps for heapscim and {context.profile} with the keyring's own program."
        notices.append(
            f"No token was forgotten: {error.message} {own if delete_profile else error.hint or ''}".rstrip()
        )
        trouble = True
    with suppress(CredentialError, UsageError):
        if given := credentials.given_token():
            where = "in this environment" if given.source == VARIABLE else "for this unit"
            notices.append(f"{given.source} is still set {where}. Nothing is written with it until `activate`.")
    data = {
        "deactivated": True,
        "token_forgotten": bool(had_token),
        "directory_keys_forgotten": keys,
        "deleted": deleted,
    }
    return Result(
        data,
        facts_table(data),
        show=lambda screen: _show(
            screen, had_token=None if trouble else had_token, keys=keys, deleted=deleted, trouble=trouble
        ),
        exit_code=exit_codes.PARTIAL if trouble else exit_codes.DONE,
        notices=tuple(notices),
        pages=False,
    )


def _confirmed(context: Context, *, delete_profile: bool) -> bool:
    name, hint = context.profile, "Heap is left as it is either way."
    if delete_profile:
        gone = "Settings and ledger go" if context.ledger.url is None else "The settings go"
        question = f"{gone} for good. Type the profile's name ({name}): "
        return confirmed(context.screen, question, hint=hint, typing=name)
    return confirmed(context.screen, f"Deactivate the connection of profile {name}?", hint=hint)


def _mark(context: Context) -> list[str]:
    """Marks the profile, so that nothing is written from now on; returns a notice if a run is in progress."""
    mark_disconnected(context.settings_file)
    try:
        if context.ledger.exists():
            with context.ledger.lock().held("deactivate"):
                pass  # whatever begins after this reads the mark
    except Busy as error:
        return [f"What is under way goes on to its end, and nothing after it. {error.message}"]
    except LedgerError as error:  # a database that is down: the mark holds all the same
        return [f"It can't be told whether a run is under way. {error.message}"]
    return []


def _delete(context: Context, profile: Profile) -> tuple[list[str], list[str]]:
    """Deletes the ledger and the settings while no run holds the profile; raises Busy if one does.

    Returns what was deleted, and a notice about a ledger that isn't.
    """
    settings = context.settings_file
    with context.ledger.lock().held("deactivate"):
        files = (told_file(context), settings)
        deleted = [*context.ledger.delete(), *(str(file) for file in files if remove(file))]
    stays = "The ledger stays in its database: other machines may go by it. If none does, drop its schema there."
    return deleted, [] if profile.ledger.url is None else [stays]


def _show(screen: Screen, *, had_token: bool | None, keys: int, deleted: list[str], trouble: bool) -> None:
    screen.print("The connection is deactivated.", "bold green")
    if screen.quiet:
        if trouble:
            screen.tell("The keyring failed: its secrets may still be there.")
        return
    if had_token is not None:
        screen.print("The token is forgotten." if had_token else "There was no token in the keyring.")
    if keys:
        screen.print("The directory's key is forgotten, too.")
    if deleted:
        screen.print("The profile's settings and ledger are deleted.")
    screen.print("Users and groups in Heap are left as they are.")
