"""Rehearsal JumpClouds for tests, over real sockets, and the directory that reads them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from heapscim.cli.root import TIMING
from heapscim.directory.connection import DirectoryContext, SecretPlace
from heapscim.directory.jumpcloud.constants import API_KEY
from heapscim.directory.jumpcloud.directory import JumpCloud, open_jumpcloud
from heapscim.directory.jumpcloud.settings import JumpCloudSettings
from heapscim.http.auth import Endpoint
from heapscim.http.rate_limit import RequestLimits
from heapscim.http.session import HttpSession, session_with
from heapscim.model.attribute_mapping import DEFAULT_MAPPING
from heapscim.model.secret import SecretStr
from heapscim.sandbox.jumpcloud.app import JumpCloudServer, new_jumpcloud
from heapscim.sandbox.jumpcloud.store import JumpCloudBehaviour, JumpCloudStore, sample
from tests.fakes.clocks import HurriedClock
from tests.fakes.servers import SERVER

KEY = "jca_key-for-tests"


async def _at_once(seconds: float) -> None:
    del seconds


@dataclass
class World:
    """What a directory may use in a test: secrets of its own, no waiting."""

    secrets: dict[SecretPlace, SecretStr] = field(default_factory=lambda: {API_KEY: SecretStr(KEY)})
    moved: dict[str, str] = field(default_factory=dict)
    """Addresses that stand for others: JumpCloud's regions are played by servers of this machine."""
    transport: Callable[[], httpx.AsyncBaseTransport | None] = lambda: None
    """Makes what carries requests in place of a run's own transport: httpx's own, which pytest-httpx hears."""
    clock: HurriedClock = field(default_factory=HurriedClock)

    def connect(
        self, endpoint: Endpoint, *, max_in_flight: int | None = None, retries: int | None = None
    ) -> AbstractAsyncContextManager[HttpSession]:
        here = Endpoint(self.moved.get(endpoint.base_url, endpoint.base_url), endpoint.auth, endpoint.service)
        limits = RequestLimits(max_in_flight or 8, retries=2 if retries is None else retries)
        return session_with(here, limits, timing=replace(TIMING, sleep=_at_once), transport=self.transport())

    def directory(self, application: str = "Heap", **settings: object) -> JumpCloud:
        table = JumpCloudSettings.model_validate(settings)
        context = DirectoryContext(table, self.secrets.get, self.connect, self.clock.timing(), DEFAULT_MAPPING)
        return open_jumpcloud(application, context)


@dataclass(frozen=True)
class RunningJumpCloud:
    """A rehearsal JumpCloud that answers."""

    base_url: str
    server: JumpCloudServer

    @property
    def store(self) -> JumpCloudStore:
        """What it holds."""
        return self.server.store

    def behave(self, **behaviour: Any) -> None:  # noqa: ANN401 - a value of any switch
        """Changes how it behaves from now on."""
        self.server.behaviour = replace(self.server.behaviour, **behaviour)


@contextmanager
def running_jumpcloud(store: JumpCloudStore | None = None, **behaviour: object) -> Iterator[RunningJumpCloud]:
    """A JumpCloud with the sample organisation, or another one, and the given switches."""
    switches = JumpCloudBehaviour(**behaviour)  # type: ignore[arg-type]
    server = new_jumpcloud(store or sample(), KEY, switches)
    with SERVER.mounted("/jumpcloud", lambda _: server.app()) as base_url:
        yield RunningJumpCloud(base_url, server)


def crowd(people: int, *groups: tuple[str, range]) -> JumpCloudStore:
    """Many users ``u0`` … and groups of some of them, all bound to Heap."""
    store = JumpCloudStore()
    for number in range(people):
        store.add_user({"username": f"u{number}", "email": f"u{number}@x.org"})
    for name, members in groups:
        store.add_group(name, *(f"u{number}" for number in members))
    store.add_application("Heap", *(name for name, _ in groups))
    return store
