"""Mails the summary of a large import (article section "Importing Users"). A mail that fails is only a notice."""

from __future__ import annotations

from collections.abc import Iterator

from heapscim.errors import CredentialError, MailError
from heapscim.model.secret import SecretStr
from heapscim.output.text import cropped
from heapscim.workflows.context import Context
from heapscim.workflows.importing.report import in_words
from heapscim.workflows.importing.run import ImportRun
from heapscim.workflows.mailing import NO_PASSWORD, Mailing
from heapscim.workflows.session import Session

MANY = 100
"""Up to so many people, no summary is mailed."""
_MOST_FAILURES = 100


def prepare_mail(session: Session, number: int) -> Mailing | None:
    """Finds or asks for the password before a long run begins; None if no summary is to be mailed."""
    settings, credentials = session.profile.notify, session.context.credentials
    if settings is None or settings.smtp_host is None or number <= MANY:
        return None
    if settings.username is None:
        return Mailing(settings, None)
    try:
        password = credentials.smtp_password()
        if password is None and session.screen.is_interactive:
            credentials.keyring.check_can_store(credentials.smtp_account)
            question = (
                f"Password of {settings.username} at {settings.smtp_host}, kept in the keyring (it isn't shown): "
            )
            password = SecretStr(session.screen.secret(question))
            credentials.keyring.store(credentials.smtp_account, password)
    except CredentialError as error:
        return Mailing(settings, None, f"{error.message} {error.hint}")
    if password is None:
        return Mailing(settings, None, NO_PASSWORD)
    session.context.redacting.secrets.add(password.get_secret_value())
    return Mailing(settings, password)


async def mail_summary(context: Context, mailing: Mailing, run: ImportRun, where: str) -> tuple[str, ...]:
    """Mails what a run did; returns what to tell the user about it."""
    profile = context.profile
    if mailing.trouble is not None:
        return (f"No summary was mailed to {mailing.who}. {mailing.trouble}",)
    counts = f"{run.count('added')} added, {run.count('failed')} failed"
    cut_off = ", interrupted" if run.interrupted else ""
    subject = f"heapscim: import of profile {profile}: {counts}{cut_off}"
    try:
        await mailing.send(subject, _lines(run, profile, where))
    except MailError as failure:
        error = context.redacting.cleaned(failure)
        return (f"No summary was mailed to {mailing.who}. {error.message} {error.hint}",)
    return (f"A summary was mailed to {mailing.who}.",)


def _lines(run: ImportRun, profile: str, where: str) -> Iterator[str]:
    """Yields the counts and the failures; people who were added are only counted."""
    ended = "was interrupted" if run.interrupted else "is done"
    yield f"The import from Heap with profile {profile} {ended}."
    yield cropped(in_words(run, where), 500)
    yield f"Run {run.id}: `heapscim history {run.id}` shows each person."
    if run.interrupted:
        yield f"`heapscim resume {run.id}` does the rest."
    failed = [added for added in run.outcomes if added.status == "failed"]
    if failed:
        yield ""
        yield "Failed:"
    for added in failed[:_MOST_FAILURES]:
        yield f"  {cropped(added.user_name, 100)}: {cropped(added.message or '', 300)}"
    if len(failed) > _MOST_FAILURES:
        yield f"  … and {len(failed) - _MOST_FAILURES:,} more"
