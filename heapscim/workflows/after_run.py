"""Gives how a command ended to everything that follows a run, also if the run failed before it began.

What fails here is told, and never changes what the command did or how it ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from heapscim.config.paths import PROFILE_VARIABLE, shown_name
from heapscim.config.private_files import write_private, write_public
from heapscim.config.profile_file import notify_in
from heapscim.errors import HeapscimError, SettingsError, UsageError, unexpected
from heapscim.http.request_stats import traffic
from heapscim.ledger.entries import ChainHead
from heapscim.model.state import Kind
from heapscim.output.ending import Ending
from heapscim.output.envelope import Caller, Result
from heapscim.workflows import exit_codes
from heapscim.workflows.context import Context
from heapscim.workflows.existing_ledger import existing_ledger
from heapscim.workflows.profiles import read_profile
from heapscim.workflows.session import Session, in_session

if TYPE_CHECKING:
    from heapscim.config.profile import LedgerSettings
    from heapscim.output.report import ReportForm


@dataclass(frozen=True, slots=True)
class Following:
    """Says what is to follow a command, besides what the profile's settings ask for."""

    report: Path | None = None
    metrics: Path | None = None
    is_whole: bool = False
    """Whether the command is about everyone, as a plain `sync` is."""
    sends_news: bool = True
    """Whether its end may be news. A plan does nothing, an import has a summary of its own, and the person who makes a
    change by hand sees what becomes of it."""


def followed(
    context: Context,
    command: str,
    body: Callable[[Context], Result],
    following: Following = Following(),
) -> Result:
    """Runs a command; whatever its end is, what follows a run gets it before the caller does."""
    _check(following)
    timing, name = context.timing, shown_name(context.profile, context.environ.get(PROFILE_VARIABLE))
    began, clock = timing.now(), timing.clock()
    with traffic() as found:

        def follow(exit_code: int, *, result: Result | None = None, error: HeapscimError | None = None) -> None:
            shown = None if error is None else context.redacting.cleaned(error)
            ending = Ending(
                Caller(command, name),
                began,
                timing.clock() - clock,
                exit_code,
                result,
                shown,
                dict(found.requests),
                dict(found.ends),
                following.is_whole,
            )
            if ending.runs:
                ending = replace(ending, head=_head(context))
            _follow(context, ending, following)

        try:
            result = body(context)
        except KeyboardInterrupt:
            _safely(context, partial(follow, exit_codes.INTERRUPTED))
            raise
        except HeapscimError as error:
            _safely(context, partial(follow, exit_codes.exit_code_of(error), error=error))
            raise
        except Exception as error:
            _safely(context, partial(follow, exit_codes.ERROR, error=unexpected(error)))
            raise
        _safely(context, partial(follow, result.exit_code, result=result))
    return result


def by_hand(context: Context, command: str, work: Callable[[Session], Awaitable[Result]]) -> Result:
    """Makes a change by hand in a session. Its end is followed as any other, but is no news for the person at work."""
    return followed(context, command, lambda context: in_session(context, work), Following(sends_news=False))


def _safely(context: Context, follow: Callable[[], None]) -> None:
    """Follows the end of a run, whose outcome stays what it is. Only an interruption must end a loop, too."""
    try:
        _attempt(context, "What follows a run failed", follow)
    except KeyboardInterrupt:
        if context.unattended:
            raise


def _follow(context: Context, ending: Ending, following: Following) -> None:
    for what, step in _steps(context, ending, following):
        try:
            _attempt(context, what, step)
        except KeyboardInterrupt:
            context.screen.tell(f"{what}: interrupted.")
            raise


def _attempt(context: Context, what: str, step: Callable[[], None]) -> None:
    """Takes a step, and only tells why it failed."""
    try:
        step()
    except HeapscimError as error:
        said = context.redacting.cleaned(error)
        context.screen.tell(f"{what}: {said.message} {said.hint or ''}".rstrip())
    except Exception as error:  # noqa: BLE001 - a mistake of ours; the run is done all the same
        context.screen.tell(f"{what}: {context.redacting.clean(unexpected(error).message)}")


def _steps(context: Context, ending: Ending, following: Following) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yields each step with the words for its failure; a step loads what it needs when it runs."""
    settings = _ledger_settings(context)
    if following.report is not None:
        yield "The report wasn't written", partial(_write_report, following.report, ending)
    if settings.head_file is not None:
        yield "The head of the ledger wasn't kept", partial(_append_head, context, settings.head_file)
    if settings.head_webhook and ending.head is not None:
        yield "The head of the ledger wasn't sent", partial(_send_head, context, ending, ending.head)
    if following.metrics is not None:
        yield "The metrics weren't written", partial(_write_metrics, context, following.metrics, ending)
    if following.sends_news:
        yield "News couldn't be sent", partial(_send_news, context, ending)


def _ledger_settings(context: Context) -> LedgerSettings:
    """Returns the table ``[ledger]``; the defaults if the profile can't be read, as the run has said."""
    try:
        return read_profile(context.settings_file).ledger
    except HeapscimError:
        from heapscim.config.profile import LedgerSettings

        return LedgerSettings()


def _head(context: Context) -> ChainHead | None:
    """Returns the head of the ledger; None if it can't tell."""
    try:
        with existing_ledger(context) as ledger:
            return None if ledger is None else ledger.head()
    except HeapscimError:
        return None


def _append_head(context: Context, file: str) -> None:
    from heapscim.workflows.kept_head import append_head

    append_head(context, file)


def _send_head(context: Context, ending: Ending, head: ChainHead) -> None:
    from heapscim.workflows.kept_head import send_head

    send_head(context, ending, head)


def _write_report(path: Path, ending: Ending) -> None:
    from heapscim.output.report import report_text

    form: ReportForm = "json" if path.suffix.lower() == ".json" else "md"
    write_private(path, report_text(ending, form, exit_codes.MEANINGS))


def _write_metrics(context: Context, path: Path, ending: Ending) -> None:
    from importlib.util import find_spec

    from heapscim.output.metrics import metrics_text

    if find_spec("prometheus_client") is None:
        raise SettingsError("prometheus-client isn't installed.", hint="Install heapscim[metrics].")
    before = ""
    with suppress(OSError, ValueError):
        before = path.read_text("utf-8")
    write_public(path, metrics_text(ending, _managed(context), before))


def _managed(context: Context) -> Mapping[Kind, int]:
    """Counts what is managed; empty if the ledger can't tell."""
    try:
        with existing_ledger(context) as ledger:
            if ledger is None:
                return {}
            links = ledger.links()
            return {"user": len(links.users), "group": len(links.groups)}
    except HeapscimError:
        return {}


def _send_news(context: Context, ending: Ending) -> None:
    try:
        settings = notify_in(context.settings_file)
    except HeapscimError:  # there can't be such a profile, as the run has said
        return
    if settings is not None:
        from heapscim.workflows.news.send import send_news

        send_news(context, settings, ending)


def _check(following: Following) -> None:
    """Raises UsageError, before the command begins, for a file whose name says that it can't be right.

    Whatever may go wrong later, such as a folder that was removed, must never keep a sync from running.
    """
    report, metrics = following.report, following.metrics
    if report is not None and report.suffix.lower() not in (".md", ".json"):
        raise UsageError(f"--report {report} says no format.", hint="Name a file that ends in .md or .json.")
    if metrics is not None and metrics.suffix != ".prom":
        raise UsageError(f"--metrics {metrics} doesn't end in .prom.", hint="node_exporter reads no other files.")
