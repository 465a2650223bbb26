"""Activates a connection: builds the profile, checks token and directory, and keeps only what works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from heapscim.config.credentials import VARIABLE, FoundSecret
from heapscim.config.profile import Profile
from heapscim.config.profile_file import base_url_in
from heapscim.directory.registry import absolute_spec, is_file
from heapscim.errors import DirectoryError, RosterInvalid, TokenMissing, Unauthenticated, UsageError
from heapscim.heap.connection import BASE_URL_HINT
from heapscim.heap.probe import Facts
from heapscim.ledger.opening import LedgerPlace
from heapscim.model.base_url import normalise_base_url, same_tenant
from heapscim.model.directory import Person, Scope
from heapscim.model.phrases import nearest
from heapscim.model.secret import SecretStr
from heapscim.model.state import USER_NAME
from heapscim.output.change_labels import counted
from heapscim.output.console import Screen
from heapscim.output.envelope import Result
from heapscim.output.facts import facts_table
from heapscim.workflows.context import Context
from heapscim.workflows.directory_check import holdings, read_once
from heapscim.workflows.directory_secret import Verified, verify_directory
from heapscim.workflows.ends import DIRECTORY_KEY, OTHERS, TOKEN, outdated_ends, own_end
from heapscim.workflows.given_secrets import given_token, secret_line, secrets_for_messages
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.profiles import load_profile, save_profile
from heapscim.workflows.settings import with_settings
from heapscim.workflows.signals import stopping_at_once
from heapscim.workflows.tenant_check import probe_tenant
from heapscim.workflows.user_name_proposal import with_proposal


@dataclass(frozen=True, slots=True)
class ActivateOptions:
    """Holds the options of ``activate``; None leaves a setting as it is."""

    base_url: str | None
    directory: str | None
    groups: bool | None
    scope: Scope | None
    changes: tuple[str, ...]
    token_stdin: bool
    smtp_password_stdin: bool = False
    webhook_url_stdin: bool = False
    ledger_password_stdin: bool = False


def activate_connection(context: Context, options: ActivateOptions) -> Result:
    """Verifies a connection and keeps it. A failure leaves everything as it was."""
    path = context.settings_file
    profile = _new_profile(context, options)
    if not options.ledger_password_stdin:
        _refuse_other_tenant(profile, context.ledger.at(profile.ledger.url))
    token, facts = _verified(context, profile, options)
    directory = verify_directory(context, profile)
    roster = _look_at_roster(context, profile)
    profile, proposals = _with_proposal(context, profile, options, directory.people if directory else roster.people)
    same_tenant_profiles = _profiles_of_the_same_tenant(context, profile)
    for_messages = list(
        secrets_for_messages(
            context, profile.notify, password=options.smtp_password_stdin, url=options.webhook_url_stdin
        )
    )
    ledger_password = _ledger_password(context, profile) if options.ledger_password_stdin else None
    credentials, keeping = context.credentials, context.credentials.keyring.keeping
    with stopping_at_once(), ExitStack() as until_saved:
        if token.source == "keyring":
            until_saved.enter_context(keeping(credentials.token_account, token.secret))
        if directory is not None:
            until_saved.enter_context(directory.keeping(credentials))
        for account, secret in for_messages:
            until_saved.enter_context(keeping(account, secret))
        if ledger_password is not None:
            until_saved.enter_context(keeping(credentials.ledger_account, ledger_password))
        save_profile(path, profile)
    data: dict[str, object] = {
        "base_url": profile.base_url,
        "directory": profile.directory,
        "scope": profile.scope,
        "manage_groups": profile.manage_groups,
        "users": facts.users,
        "groups": facts.groups,
        "patch": facts.patch,
        "filter": facts.filter,
        "token_source": token.source,
        "roster": roster.holds,
        "same_tenant": list(same_tenant_profiles),
    }
    return Result(
        data,
        facts_table(data),
        show=lambda screen: _show(screen, profile, facts, tuple(_sentences(token, directory, roster.holds))),
        notices=(
            *_notices(context, token),
            *outdated_ends(profile, options.changes, _new_secrets(token, directory, options), context.timing.now()),
            *roster.doubts,
            *proposals,
            *map(_same_tenant_notice, same_tenant_profiles),
        ),
        pages=False,
    )


def _new_profile(context: Context, options: ActivateOptions) -> Profile:
    path = context.settings_file
    url = None if options.base_url is None else normalise_base_url(options.base_url, hint=BASE_URL_HINT)
    if path.exists():
        profile = load_profile(path)
    elif url is None:
        near = nearest(context.profile, context.folders.profile_names())
        hint = "Give --base-url: Heap shows it beside the token." + (f" Did you mean --profile {near}?" if near else "")
        raise UsageError("Which tenant? There is no Base URL.", hint=hint)
    else:
        profile = Profile(base_url=url)
    wanted = {
        "base_url": url,
        "directory": None if options.directory is None else absolute_spec(options.directory),
        "manage_groups": options.groups,
        "scope": options.scope,
    }
    profile = profile.model_copy(update={name: value for name, value in wanted.items() if value is not None})
    return with_settings(context, profile, options.changes).model_copy(update={"disconnected": False})


def _refuse_other_tenant(profile: Profile, place: LedgerPlace) -> None:
    """Raises LedgerError if the profile already manages people of another tenant, or its ledger can't be asked."""
    if place.exists():
        place.open(profile.base_url).close()


def _profiles_of_the_same_tenant(context: Context, profile: Profile) -> tuple[str, ...]:
    """Returns the other profiles with this Base URL, in any spelling; a profile that can't be read is ignored."""
    folders = context.folders
    others = (other for other in folders.profile_names() if other != context.profile)
    return tuple(other for other in others if same_tenant(base_url_in(folders.settings_file(other)), profile.base_url))


def _same_tenant_notice(other: str) -> str:
    return (
        f"The profile {other} has the same Base URL. Neither profile knows what the other one changed, so each may "
        f"undo the other's changes: keep one of them (`heapscim deactivate --profile {other} --delete-profile`)."
    )


def _verified(context: Context, profile: Profile, options: ActivateOptions) -> tuple[FoundSecret, Facts]:
    """Returns a token that Heap accepts, and what Heap said.

    If Heap refuses the token in the keyring, the user is asked for another one.
    """
    screen = context.screen
    known = _known(context) if options.base_url is None and not options.token_stdin else None
    token = known or given_token(context, from_stdin=options.token_stdin)
    screen.note(f"Asking {profile.base_url} …")
    try:
        return token, probe_tenant(context, profile, token)
    except Unauthenticated as error:
        if known is None or known.source != "keyring" or not screen.is_interactive:
            raise
        screen.notice(error.message)
    token = given_token(context, from_stdin=options.token_stdin)
    return token, probe_tenant(context, profile, token)


def _known(context: Context) -> FoundSecret | None:
    try:
        return context.credentials.token()
    except TokenMissing:
        return None


def _ledger_password(context: Context, profile: Profile) -> SecretStr:
    """Reads the password of a shared ledger from the next line of stdin, after all others there, and tries it."""
    password = SecretStr(secret_line(context, context.credentials.ledger_account, "The ledger's password"))
    if profile.ledger.url is None:
        raise UsageError("The ledger of this profile is a file, which needs no password.", hint="Set ledger.url.")
    _refuse_other_tenant(profile, replace(context.ledger, url=profile.ledger.url, passwords=(lambda: password,)))
    return password


def _with_proposal(
    context: Context, profile: Profile, options: ActivateOptions, people: Sequence[Person]
) -> tuple[Profile, tuple[str, ...]]:
    """Proposes another userName if a directory is named now; who names a userName has decided already."""
    decided = any(change.startswith(f"mapping.{USER_NAME}=") for change in options.changes)
    if options.directory is None or decided:
        return profile, ()
    return with_proposal(profile, people, context.screen)


@dataclass(frozen=True, slots=True)
class _Roster:
    """Holds what a roster has, and why it can't be used yet."""

    holds: str | None = None
    doubts: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()


def _look_at_roster(context: Context, profile: Profile) -> _Roster:
    """Reads a roster; the connection works without it."""
    if profile.directory is None or not is_file(profile.directory):
        return _Roster()
    try:
        snapshot = read_once(directory_of(context, profile), context.screen)
    except RosterInvalid as error:
        return _Roster(doubts=(f"{error.message} See `heapscim plan`.",))
    except DirectoryError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return _Roster(doubts=(f"{profile.directory} doesn't exist yet.",))
        return _Roster(doubts=(" ".join(filter(None, (error.message, error.hint))),))
    empty = () if snapshot.people else (f"{snapshot.source} holds no people yet.",)
    return _Roster(f"{snapshot.source}: {holdings(snapshot)}", (*snapshot.notices, *empty), snapshot.people)


def _notices(context: Context, token: FoundSecret) -> Iterator[str]:
    if token.source == "keyring" and context.environ.get(VARIABLE):
        yield "HEAPSCIM_TOKEN is set in this environment and is used before the keyring."


def _new_secrets(token: FoundSecret, directory: Verified | None, options: ActivateOptions) -> Iterator[str]:
    """Yields the names in ``[ends]`` of the secrets that were stored now and don't tell their own end."""
    key = None if directory is None or directory.asked is None else directory.asked[1]
    stored = {TOKEN: None if token.place else token.secret, DIRECTORY_KEY: key}
    yield from (name for name, secret in stored.items() if secret is not None and own_end(secret) is None)
    yield from (name for name in OTHERS if getattr(options, f"{name}_stdin"))


def _sentences(token: FoundSecret, directory: Verified | None, holds: str | None) -> Iterator[str]:
    if token.source == "keyring":
        yield "The token is in the keyring"
    else:
        yield f"The token comes from {token.place}; nothing was put in the keyring"
    yield from (words for words in (directory and directory.words, holds) if words)


def _show(screen: Screen, profile: Profile, facts: Facts, sentences: tuple[str, ...]) -> None:
    users = "its users" if facts.users is None else counted(facts.users, "user")
    screen.print(f"Successfully verified: {profile.base_url} answers with {users}.", "bold green")
    if screen.quiet:
        return
    for words in sentences:
        screen.print(f"{words}.")
    screen.print(f"Groups are {'managed' if profile.manage_groups else 'not managed'}.")
    screen.print("Next: `heapscim plan`" if profile.directory else "Next: `heapscim plan --directory people.csv`")
