"""Asks for the secret of a directory if none is known, tries it, and stores it only if it works."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heapscim.config.credentials import Credentials, FoundSecret, checked_secret
from heapscim.config.system_keyring import SERVICE
from heapscim.directory.connection import Authenticated, SecretPlace
from heapscim.directory.protocol import Directory, PeopleSampler
from heapscim.directory.registry import installed_kinds, kind_of
from heapscim.errors import CredentialError, DirectoryError, DirectoryUnauthenticated, UsageError
from heapscim.model.directory import Person
from heapscim.model.secret import SecretStr
from heapscim.workflows.context import Context
from heapscim.workflows.open_directory import directory_of
from heapscim.workflows.signals import run_for

if TYPE_CHECKING:
    from heapscim.config.profile import Profile


@dataclass(frozen=True, slots=True)
class Verified:
    """Holds the answer of a directory that accepted its secret."""

    words: str
    """What the directory said."""
    asked: tuple[SecretPlace, SecretStr] | None = None
    """A secret that the user has just given, which isn't stored yet."""
    people: Sequence[Person] = ()
    """Some people of the directory, if it can show them without a whole read."""

    def keeping(self, credentials: Credentials) -> AbstractContextManager[None]:
        """Stores a new secret in the keyring once the block ends without an error."""
        if self.asked is None:
            return nullcontext()
        place, secret = self.asked
        return credentials.keyring.keeping(credentials.secret_account(place.account, place.variables), secret)


def verify_directory(context: Context, profile: Profile) -> Verified | None:
    """Tries the profile's directory with its secret; returns None if it needs none.

    Raises DirectoryError or UsageError.
    """
    if profile.directory is None:
        return None
    directory = directory_of(context, profile)
    if not isinstance(directory, Authenticated):
        return None
    found = found_secret(context, directory)
    if found is None:
        return _ask(context, profile, directory)
    try:
        return run_for(context.screen, lambda: _verified(directory))
    except DirectoryUnauthenticated as error:
        if found.source != "keyring" or not context.screen.is_interactive:
            raise
        context.screen.notice(error.message)
        return _ask(context, profile, directory)


def found_secret(context: Context, directory: Authenticated) -> FoundSecret | None:
    """Returns the directory's secret and where it comes from; None if there is none, or no keyring to ask."""
    for place in directory.secret_places:
        try:
            found = context.credentials.secret(place.account, place.variables)
        except CredentialError:  # without a keyring nothing is known
            found = None
        if found is not None:
            return found
    return None


def forget_directory_secrets(context: Context, profile: Profile) -> int:
    """Removes the secrets of every kind of directory from the keyring; returns how many there were.

    Raises CredentialError.
    """
    places = {place for kind in installed_kinds().usable() for place in kind.secret_places}
    if profile.directory is not None:
        try:
            directory: Directory | None = directory_of(context, profile)
        except (UsageError, DirectoryError):  # a kind that isn't installed any more, or can't be loaded
            directory = None
        if isinstance(directory, Authenticated):
            places.update(directory.secret_places)
    credentials = context.credentials
    accounts = {place.account: credentials.secret_account(place.account, place.variables) for place in places}
    return sum(credentials.keyring.delete(accounts[name]) for name in sorted(accounts))


def secrets_that_may_remain(context: Context, profile: Profile) -> list[str]:
    """Says what to look for in the keyring, for each installed or named kind that can't be loaded."""
    kinds = installed_kinds()
    kind, colon, _ = (profile.directory or "").partition(":")
    named = {kind} if colon and kind_of(profile.directory or "") is None else set()
    return [
        f"The directory kind {unknown} isn't installed or can't be loaded, so its secrets may still be in the keyring. "
        f"Look there for the service {SERVICE} and user names that begin with {context.profile}: and delete them, "
        f"such as with `keyring del {SERVICE} {context.profile}:{unknown}`."
        for unknown in sorted({*kinds, *profile.directories, *named})
        if kinds.found(unknown) is None
    ]


def _ask(context: Context, profile: Profile, directory: Authenticated) -> Verified:
    if not context.screen.is_interactive:
        named = [" and ".join(place.variables) for place in directory.secret_places if place.variables]
        credential = f"load the systemd credential heapscim.{context.profile}.{directory.secret_places[0].account}"
        hint = f"Set {named[0]}." if named else f"Activate at a terminal, or {credential}."
        raise UsageError("There is no terminal to ask for the directory's key.", hint=hint)
    credentials, usual = context.credentials, directory.secret_places[0]
    credentials.keyring.check_can_store(credentials.secret_account(usual.account, usual.variables))
    secret = checked_secret(context.screen.secret(directory.secret_prompt))
    place = directory.place_of(secret.get_secret_value())
    credentials.keyring.check_length(credentials.secret_account(place.account, place.variables), secret)
    trial = directory_of(context, profile, secret={place: secret}.get)
    if not isinstance(trial, Authenticated):
        raise TypeError(f"{trial!r} asked for a secret and takes none")
    return replace(run_for(context.screen, lambda: _verified(trial)), asked=(place, secret))


async def _verified(directory: Authenticated) -> Verified:
    words = await directory.verify()
    try:
        people = await directory.sample() if isinstance(directory, PeopleSampler) else ()
    except DirectoryError:  # they only serve a proposal
        people = ()
    return Verified(words, people=people)
