"""Opens a session: from a profile to its settings, token, tenant, directory and ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from heapscim.config.credentials import FoundSecret
from heapscim.directory.protocol import Directory
from heapscim.errors import Disconnected, TokenMissing
from heapscim.heap.connection import HEAP, endpoint_of
from heapscim.heap.dialect import Dialect, read_dialect
from heapscim.heap.tenant import HeapTenant
from heapscim.http.auth import Endpoint, NoAuth
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.session import HttpSession, session_with
from heapscim.ledger.completion_names import keep_names, keep_runs, names_file, runs_file
from heapscim.ledger.entries import RunContext
from heapscim.ledger.protocol import Ledger, RunLock
from heapscim.model.changes import CreateGroup, CreateUser, subject
from heapscim.model.multi_valued import entry_path
from heapscim.model.plan import Plan
from heapscim.model.state import ROLE, CurrentState, Kind, match_key
from heapscim.output.console import Screen
from heapscim.output.holdups import telling_holdups
from heapscim.output.progress import ApplyProgress, progress_bar
from heapscim.planning.context import PlanOptions
from heapscim.planning.fresh_links import NOTHING_FRESH, FreshLinks
from heapscim.planning.guards import Allowances, Limits, Violation, check
from heapscim.planning.marks import EXTERNAL_ID
from heapscim.scim.client import ScimClient
from heapscim.workflows.context import Context
from heapscim.workflows.open_directory import directory_of, naming_source, request_limits
from heapscim.workflows.profiles import load_profile, read_profile, save_profile
from heapscim.workflows.signals import run_for

if TYPE_CHECKING:
    from heapscim.config.profile import Profile
    from heapscim.execution.creation import Pending
    from heapscim.model.outcomes import RunResult

T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """Holds one profile's connection, ready to work."""

    context: Context
    profile: Profile
    tenant: HeapTenant
    ledger: Ledger
    lock: RunLock
    possibly_made: dict[tuple[Kind, str], str] = field(default_factory=dict)
    """Creates of earlier runs that may have made what Heap shows under another name, by kind and folded name."""

    @property
    def screen(self) -> Screen:
        """Returns the screen. All output uses one screen, so messages appear above a moving progress bar."""
        return self.context.screen

    def directory(self, spec: str | None = None) -> Directory:
        """Returns the profile's directory, or the one that ``spec`` names."""
        return directory_of(self.context, self.profile, spec)

    def plan_options(
        self, command: str, *, only: str | None = None, replace_renamed: bool = False, fresh: FreshLinks = NOTHING_FRESH
    ) -> PlanOptions:
        """Returns what planning needs to know of the profile, and of links that were found just now."""
        return PlanOptions(
            tenant=self.profile.base_url,
            command=command,
            deprovision=self.tenant.dialect.deprovision,
            replace_renamed=replace_renamed,
            only=only,
            unreadable=self.unreadable,
            admin_role=self.profile.admin_role,
            deactivation=self.tenant.dialect.deactivation,
            mark=self.mark,
            fresh=fresh,
        )

    @property
    def mark(self) -> str | None:
        """Returns the name of the ledger in the marks of accounts; None if this tenant's accounts aren't marked."""
        return self.profile.ledger.mark if self.tenant.dialect.external_id == "kept" else None

    @property
    def unreadable(self) -> frozenset[str]:
        """Returns the attributes that this tenant doesn't show."""
        dialect = self.tenant.dialect
        entries = {path: found.attribute for path in self.profile.mapping if (found := entry_path(path))}
        hidden = [path for path, attribute in entries.items() if attribute in dialect.unreadable]
        return frozenset({*dialect.unreadable, *hidden, *([ROLE] if dialect.role_readable == "no" else [])})

    @property
    def arrival(self) -> float:
        """Returns the seconds after sending in which a request without a response may still arrive."""
        return request_limits(self.profile.http).arrival

    @property
    def pending(self) -> Mapping[tuple[Kind, str], Pending]:
        """Returns the creates of earlier runs whose outcome is unknown, by kind and folded name."""
        from heapscim.execution.claims import Sending
        from heapscim.execution.creation import Pending
        from heapscim.execution.in_doubt import kind_of

        found: dict[tuple[Kind, str], Pending] = {}
        for run, entries in self.ledger.in_doubt().items():
            for entry in entries:
                if isinstance(entry.change, CreateUser | CreateGroup) and entry.last_sent is not None:
                    sending = Sending(entry.first_sent or entry.last_sent, entry.last_sent, self.arrival)
                    key = kind_of(entry.change), match_key(subject(entry.change))
                    found[key] = Pending(run, sending, self.possibly_made.get(key))
        return found

    def check_guards(self, plan: Plan, allowances: Allowances) -> tuple[Violation, ...]:
        """Returns what the guards refuse."""
        return check(plan, self.limits, allowances)

    @property
    def limits(self) -> Limits:
        """Returns the limits for the guards."""
        profile, limits = self.profile, self.profile.limits
        return Limits(
            limits.removal_share,
            limits.removal_count,
            limits.update_share,
            limits.member_removal_share,
            limits.group_deletion_share,
            limits.min_population,
            profile.protect,
            profile.admin_role,
        )

    def check_connected(self) -> None:
        """Raises Disconnected if the connection is deactivated by now. Call it before anything is written."""
        if read_profile(self.context.settings_file).disconnected:
            raise _disconnected(self.context.profile)

    async def execute(self, plan: Plan, allowances: Allowances, *, continues: str | None = None) -> RunResult:
        """Applies a plan with journal and progress, while no other run holds the profile."""
        from heapscim.execution.apply import ApplyOptions, apply
        from heapscim.ledger.journal import LedgerJournal, begin_run

        http = self.profile.http
        with self.lock.held(plan.command), progress_bar(self.screen) as bar:
            self.check_connected()
            self._forget_old_runs()
            options = ApplyOptions(
                self.context.timing,
                workers=http.max_in_flight,
                unreadable=self.unreadable,
                arrival=self.arrival,
                retries=http.retries,
                pending=self.pending,
                links=self.ledger.links(),
            )
            run = begin_run(self.ledger, plan, self.run_context(allowances), continues=continues)
            self.remember_run(run, plan.command)
            with LedgerJournal(self.ledger, run) as journal:
                observer = ApplyProgress(bar, tell=self.screen.notice)
                result = await apply(plan, self.tenant, journal, observer, options=options)
            self.ledger.end_run(run, "interrupted" if result.interrupted else "failed" if result.failures else "done")
        return result

    def take_over(self, plan: Plan) -> None:
        """Records a run that takes accounts over as they are; sends nothing."""
        from heapscim.ledger.journal import begin_run

        with self.lock.held(plan.command):
            self.check_connected()
            run = begin_run(self.ledger, plan, self.run_context())
            self.remember_run(run, plan.command)
            self.ledger.end_run(run, "done")

    def remember(self, current: CurrentState, *, groups: bool) -> None:
        """Keeps what a full read has seen. Without ``groups``, groups were not read."""
        self.ledger.remember_seen(current, groups=groups)
        keep_names(names_file(self.context.folders, self.context.profile), current, groups=groups)

    def remember_run(self, run: str, command: str) -> None:
        """Keeps the name of a run that begins, for the Tab key."""
        keep_runs(runs_file(self.context.folders, self.context.profile), [(run, command)])

    def run_context(self, allowances: Allowances = Allowances()) -> RunContext:  # noqa: B008 - a frozen value
        """Returns who runs the command, where, and past which limits, for the ledger."""
        given = {name: number for name, number in asdict(allowances).items() if number is not None}
        return replace(self.context.actor, allowances=given)

    def _forget_old_runs(self) -> None:
        if (days := self.profile.history.keep_days) is not None:
            self.ledger.prune(keep=days * 86_400.0)


def in_session(context: Context, work: Callable[[Session], Awaitable[T]]) -> T:
    """Opens the profile's session, does the work in it and closes it."""

    async def whole() -> T:
        async with _open(context) as session:
            return await work(session)

    return run_for(context.screen, whole)


@asynccontextmanager
async def _open(context: Context) -> AsyncIterator[Session]:
    profile = read_profile(context.settings_file)
    dialect = read_dialect(profile.dialect)
    try:
        token = context.credentials.token()
    except TokenMissing:
        if profile.disconnected:
            raise _disconnected(context.profile) from None
        raise
    context.redacting.secrets.add(token.secret.get_secret_value())
    ledger = context.ledger.open(profile.base_url)
    try:
        limits = request_limits(profile.http)
        async with heap_connection(context, profile, token, limits) as http:
            tenant = tenant_over(http, profile, dialect)
            used = http.media_type
            try:
                yield Session(context, profile, tenant, ledger, context.ledger.lock())
                if profile.disconnected:
                    said = _disconnected(context.profile).message
                    context.screen.notice(f"{said} Nothing is written until `heapscim activate`.")
            finally:  # what was learned is true even if the rest failed
                media_type = {} if http.media_type == used else {"media_type": http.media_type}
                _remember(context, {**tenant.dialect.learned(dialect), **media_type})
    finally:
        ledger.close()


def tenant_over(http: HttpSession, profile: Profile, dialect: Dialect) -> HeapTenant:
    """Returns the tenant behind a connection, as the profile's dialect describes it."""
    if dialect.media_type != "auto":
        http.media_type = dialect.media_type
    client = ScimClient(http, provider=HEAP.name, page_size=dialect.page_size, filters=dialect.filters, way=dialect.way)
    offset = lambda: http.clock_offset  # noqa: E731 - known once the first answer came
    marks = () if profile.ledger.mark is None else (EXTERNAL_ID,)
    return HeapTenant(client, dialect, (*profile.mapping, *marks), clock_offset=offset)


@asynccontextmanager
async def heap_connection(
    context: Context, profile: Profile, token: FoundSecret | None, limits: RequestLimits
) -> AsyncIterator[HttpSession]:
    """Opens a session with Heap, whose errors name where the token comes from; None sends no token."""
    if token is None:
        endpoint = Endpoint(profile.base_url, NoAuth(), HEAP)
    else:
        endpoint = endpoint_of(profile.base_url, token.secret, naming_source(HEAP, token))
    async with session_with(endpoint, limits, timing=context.timing) as http:
        with telling_holdups(context.screen, HEAP.name, lambda: http.throttling):
            yield http


def _disconnected(profile: str) -> Disconnected:
    return Disconnected(f"The connection of profile {profile} is deactivated.", hint="Run `heapscim activate` first.")


def _remember(context: Context, learned: dict[str, object]) -> None:
    """Keeps in the profile what was learned about the tenant's dialect."""
    if learned:
        path = context.settings_file
        profile = load_profile(path)
        save_profile(path, profile.model_copy(update={"dialect": {**profile.dialect, **learned}}))
