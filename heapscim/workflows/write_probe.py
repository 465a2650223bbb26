"""Finds out what a tenant really does: with throw-away accounts and a group, which are removed again at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, cast

from heapscim.errors import HeapscimError, Unavailable, UsageError
from heapscim.model.phrases import listed
from heapscim.model.state import CurrentState, match_key, match_keys
from heapscim.output.console import Screen
from heapscim.output.envelope import Result, Work
from heapscim.output.progress import ReadingProgress, progress_bar
from heapscim.planning.guards import is_protected
from heapscim.workflows import exit_codes
from heapscim.workflows.after_run import by_hand
from heapscim.workflows.consent import confirmed, declined
from heapscim.workflows.context import Context
from heapscim.workflows.findings import Finding, Grade, findings_result
from heapscim.workflows.profiles import read_profile
from heapscim.workflows.recover import resolve_cut_off
from heapscim.workflows.session import Session, in_session
from heapscim.workflows.write_probe_accounts import EXTERNAL_ID, Accounts, NoAccount
from heapscim.workflows.write_probe_answers import Answers
from heapscim.workflows.write_probe_groups import Groups
from heapscim.workflows.write_probe_plans import (
    COMMAND,
    Interrupted,
    Leftovers,
    Names,
    Plans,
    leftovers_in,
    names_of,
)

_REMOVE = "The next `heapscim doctor --write-probe` tries to remove it again; or remove it in Heap."
_NAMES_OF_PEOPLE = ("name.givenName", "name.familyName")


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """Holds the options of a write probe."""

    address: str | None = None
    """The address of the throw-away accounts; None asks for it at a terminal."""
    role: str | None = None
    """A role that they may have."""
    yes: bool = False


@dataclass
class ProbeReport:
    """Holds what a probe found."""

    findings: tuple[Finding, ...] = ()
    left: tuple[str, ...] = ()
    """A sentence about each thing that the probe couldn't remove."""
    work: tuple[Work, ...] = ()
    recorded: Mapping[str, Any] = field(default_factory=dict)
    """The keys of [dialect] that the profile has now and hadn't before."""
    error: HeapscimError | None = None
    """What ended the probe early."""
    is_interrupted: bool = False


def probe_by_writing(context: Context, options: ProbeOptions) -> ProbeReport | None:
    """Asks, probes and cleans up; returns None if the answer was no."""
    names = names_of(_address(context.screen, options))
    before = read_profile(context.settings_file).dialect
    report = in_session(context, lambda session: _probe(session, names, options))
    if report is not None:  # the session has kept what it learned by now
        after = read_profile(context.settings_file).dialect
        report.recorded = {name: value for name, value in after.items() if before.get(name) != value}
        if media_type := report.recorded.get("media_type"):
            words = f"Heap takes only this one (dialect.media_type={media_type})"
            report.findings = (Finding("media type", "pass", words), *report.findings)
    return report


def offer_removal(context: Context) -> None:
    """Asks at a terminal whether to remove what an earlier probe left; does nothing if there is none."""
    left = leftovers_of(context)
    if not left or not context.screen.is_interactive or context.screen.format != "table":
        return
    if context.screen.confirm(f"A probe left in Heap: {listed(left.names)}. Remove that now?"):
        try:
            removed = by_hand(context, COMMAND, _remove)
        except HeapscimError as error:  # it must not hide what else is wrong
            context.screen.error(error)
            return
        for sentence in removed.notices:
            context.screen.notice(sentence)


def leftovers_of(context: Context) -> Leftovers:
    """Returns what earlier probes have left, by the ledger; none if there is no ledger, or none that can be read."""
    try:
        if not context.ledger.exists():
            return Leftovers()
        with closing(context.ledger.inspect(read_profile(context.settings_file).base_url)) as ledger:
            return leftovers_in(ledger)
    except (HeapscimError, OSError):  # whoever asks says by other means what is wrong with the ledger
        return Leftovers()


async def _remove(session: Session) -> Result:
    session.check_connected()
    with session.lock.held(COMMAND):
        plans = Plans(session, await _read(session))
        stay = await plans.clean_up()
    return Result(None, notices=stay, work=tuple(plans.work))


def _address(screen: Screen, options: ProbeOptions) -> str:
    """Returns the address that may be used; it is never guessed."""
    if options.address is not None:
        return options.address
    hint = "Give an address that no one uses, in a domain of yours: --probe-address probe+heapscim@example.com"
    if not screen.is_interactive:
        raise UsageError("The probe needs an address for its throw-away accounts.", hint=hint)
    return screen.line("Address for the throw-away accounts (such as probe+heapscim@example.com): ")


async def _probe(session: Session, names: Names, options: ProbeOptions) -> ProbeReport | None:
    session.check_connected()
    _check_role(session, options.role)
    with session.lock.held(COMMAND):
        await resolve_cut_off(session)
        start = session.tenant.dialect
        plans = Plans(session, await _read(session))
        _check_names(plans, names, plans.left)
        if not options.yes and not _agreed(plans, names):
            return None
        report = ProbeReport()
        if plans.left:
            report.left = await plans.clean_up()
            plans.before = await _read(session)
            _check_names(plans, names, Leftovers())
            _check_nothing_arrives(plans, names)
        plans.used = names.all
        answers = Answers(session.tenant, start, manages_groups=session.profile.manage_groups)
        await _find_out(plans, answers, names, options.role, report)
        report.findings, report.work = tuple(answers.found), tuple(plans.work)
        return report


async def _find_out(plans: Plans, answers: Answers, names: Names, role: str | None, report: ProbeReport) -> None:
    """Asks every question, and removes what was made, however that ends."""
    try:
        await _ask_everything(plans, answers, names, role)
    except NoAccount:
        pass
    except (Interrupted, asyncio.CancelledError):
        _go_on_to_the_end(report)
    except HeapscimError as error:
        report.error = error
    try:
        report.left = tuple(dict.fromkeys((*report.left, *await plans.clean_up())))
    except (Interrupted, asyncio.CancelledError):
        _go_on_to_the_end(report)
        report.left += plans.left.names
    except HeapscimError as error:
        report.error = report.error or error
        report.left += plans.left.names


def _go_on_to_the_end(report: ProbeReport) -> None:
    """Notes an interruption that must not cut off the cleaning; a second signal ends the process at once."""
    report.is_interrupted = True
    if (task := asyncio.current_task()) is not None:
        task.uncancel()


async def _ask_everything(plans: Plans, answers: Answers, names: Names, role: str | None) -> None:
    _judge_lists(plans.before, answers)
    answers.tenant.watch((EXTERNAL_ID, *_NAMES_OF_PEOPLE))
    accounts = Accounts(plans, answers, names, role)
    await accounts.create()
    await accounts.roles()  # before any update: a PUT is sent only where the role is seen
    await accounts.update()
    if answers.manages_groups:
        groups = Groups(plans, answers, names, accounts)
        if await groups.create():
            await groups.same_name()
            await groups.lists()
            await groups.change()
    else:
        await accounts.read(groups=False)
    await accounts.filters()
    await accounts.deactivate()


def _judge_lists(current: CurrentState, answers: Answers) -> None:
    dialect = answers.tenant.dialect
    reads = [("list of users", current.completeness)]
    if answers.manages_groups:
        reads.append(("list of groups", current.groups_completeness))
    for part, completeness in reads:
        grade: Grade = "pass" if completeness.proven else "warn"
        step = "" if completeness.proven else "Each sync looks for single accounts as well, which costs requests."
        answers.add(part, grade, completeness.evidence, next_step=step)
    for name in ("list_method", "page_size"):
        if getattr(dialect, name) != getattr(answers.start, name):
            value = getattr(dialect, name)
            answers.record("reading lists", f"They are read with {name} = {value}.", name, value)


async def _read(session: Session) -> CurrentState:
    with progress_bar(session.screen) as bar:
        progress = ReadingProgress(bar, "Reading Heap")
        return await session.tenant.read(groups=session.profile.manage_groups, progress=progress)


def _check_role(session: Session, role: str | None) -> None:
    """Raises UsageError if throw-away accounts would get the role of an administrator, even for a moment."""
    admin = session.profile.admin_role
    if role is not None and match_key(admin) in match_keys((role, session.tenant.dialect.to_wire_role(role))):
        raise UsageError(f"--probe-role can't be {admin}.", hint="Give a role that may do little.")


def _check_names(plans: Plans, names: Names, left: Leftovers) -> None:
    """Raises UsageError if a name of the probe is protected, or belongs to what isn't about to be removed."""
    session = plans.session
    ours = set(match_keys(left.names))
    current = plans.before
    for name in (names.first, names.second):
        if is_protected(name, session.profile.protect):
            raise UsageError(f"{name} is protected by the profile.", hint="Use another --probe-address.")
        if match_key(name) not in ours and match_key(name) in current.users_by_key:
            raise UsageError(f"Heap has an account {name} already.", hint="Use an address that no one has.")
    for name in (names.group, names.renamed):
        if match_key(name) not in ours and match_key(name) in current.groups_by_key:
            raise UsageError(f"Heap has a group {name} already.", hint="Use another --probe-address.")


def _check_nothing_arrives(plans: Plans, names: Names) -> None:
    """Raises Unavailable if an earlier probe's request for one of the names may still be carried out."""
    if awaited := names.all.intersection(plans.left.in_doubt):
        raise Unavailable(
            f"An earlier probe was cut off, and may still create {listed(sorted(awaited))}.",
            hint="Run the probe again in a few minutes, or with another --probe-address.",
        )


def _agreed(plans: Plans, names: Names) -> bool:
    """Says what the probe does to the tenant, and asks."""
    session, left = plans.session, plans.left
    group = session.profile.manage_groups
    told = (
        f"The probe of {session.profile.base_url}",
        *((f"  removes what an earlier probe left: {listed(left.names)}",) if left else ()),
        f"  creates the accounts {names.first} and {names.second}, and tries a second {names.first},",
        *((f"  creates the group {names.group!r}, renames it, and changes its members,",) if group else ()),
        "  changes the first account, deactivates it, and activates it again,",
        "  and removes everything that it has made. It touches nothing else. Heap may send mail to these addresses.",
    )
    for line in told:
        session.screen.tell(line)
    return confirmed(session.screen, "Go on?", hint="Nothing was changed.")


def probe_result(report: ProbeReport | None) -> Result:
    """Returns what a probe found as the result of a command."""
    if report is None:
        return declined({"findings": []})
    left = [Finding("leftovers", "warn", "\n".join(report.left), _REMOVE)] if report.left else []
    ended = [Finding.failed("the probe itself", report.error)] if report.error else []
    result = findings_result((*ended, *report.findings, *left))
    runs = [work.run.run_id for work in report.work if work.run is not None]
    data = {**cast("dict[str, object]", result.data), "recorded": dict(report.recorded), "runs": runs}
    code = exit_codes.INTERRUPTED if report.is_interrupted else result.exit_code
    return replace(result, data=data, exit_code=code, pages=False, work=report.work)
