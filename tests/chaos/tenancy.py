"""One tenant behind a proxy, one profile and one roster."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heapscim.sandbox.heap.store import Store
from tests.chaos.forking import Ended, Forker
from tests.chaos.proxy import Proxy, running_proxy
from tests.chaos.services import Content, Serve, Service
from tests.chaos.town import Document, write_town
from tests.fakes.jumpcloud import KEY
from tests.fakes.tenants import TOKEN

LIMITS = ("--allow-removals", "--allow-updates", "--allow-member-removals", "--allow-group-deletions")
ALLOWED = ("--yes", *(word for limit in LIMITS for word in (limit, "9999")))
DONE, PARTIAL, PENDING, INTERRUPTED = 0, 7, 10, 130


@dataclass(frozen=True)
class Grounds:
    """Where heapscim runs, and what runs it."""

    folder: Path
    forker: Forker

    def at(self, name: str) -> "Grounds":
        return Grounds(self.folder / name, self.forker)


@dataclass(frozen=True)
class Tenancy:
    """A tenant with the profile that manages it."""

    service: Service
    proxy: Proxy
    grounds: Grounds

    @property
    def folder(self) -> Path:
        return self.grounds.folder

    @property
    def forker(self) -> Forker:
        return self.grounds.forker

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HEAPSCIM_CONFIG_DIR": str(self.folder / "config"),
            "HEAPSCIM_STATE_DIR": str(self.folder / "state"),
            "HEAPSCIM_TOKEN": TOKEN,
            "HEAPSCIM_JUMPCLOUD_API_KEY": KEY,
        }

    @property
    def content(self) -> Content:
        return self.service.content()

    def run(self, *arguments: str) -> Ended:
        return self.forker.run(list(arguments), self.folder, self.environment)

    def start(self, *arguments: str) -> int:
        return self.forker.start(list(arguments), self.folder, self.environment)

    def sync(self, town: Document) -> Ended:
        write_town(self.folder / "people.json", town)
        return self.run("sync", *ALLOWED)

    def start_sync(self, town: Document) -> int:
        write_town(self.folder / "people.json", town)
        return self.start("sync", *ALLOWED)

    def last_run(self) -> str:
        found: Any = json.loads(self.run("status", "--output", "json").said)
        return str(found["data"]["last_run"]["run"])

    def is_in_good_order(self) -> None:
        """Nothing is left to do, and the ledger is whole."""
        planned = self.run("plan", "--exit-code")
        assert planned.exit_code == DONE, planned.said
        verified = self.run("history", "--verify")
        assert verified.exit_code == DONE, verified.said

    def keep(self, place: Path) -> None:
        """Keeps all of it, to be put back any number of times; only of a rehearsal tenant."""
        assert self.service.sandbox is not None
        place.mkdir()
        self.service.sandbox.store.save(place / "tenant.json")
        for part in ("config", "state"):
            shutil.copytree(self.folder / part, place / part)

    def put_back(self, place: Path) -> None:
        assert self.service.sandbox is not None
        store = Store()
        store.load(place / "tenant.json")
        self.service.sandbox.tenant.service.store = store
        for part in ("config", "state"):
            shutil.rmtree(self.folder / part)
            shutil.copytree(place / part, self.folder / part)


@contextmanager
def a_tenancy(
    grounds: Grounds, town: Document, serve: Serve, *, seed: int = 0, options: tuple[str, ...] = ()
) -> Iterator[Tenancy]:
    """A tenant that was activated for a town, with more options where there are any, and is still empty."""
    folder = grounds.folder
    folder.mkdir(exist_ok=True)
    write_town(folder / "people.json", town)
    with serve() as service, running_proxy(service.port, seed) as proxy:
        tenancy = Tenancy(service, proxy, grounds)
        base_url = f"http://127.0.0.1:{proxy.port}{service.path}"
        words = ("--base-url", base_url, "--directory", "people.json", *setting(*service.dialect), *options)
        activated = tenancy.run("activate", *words)
        assert activated.exit_code == DONE, activated.said
        yield tenancy


def setting(*settings: str) -> tuple[str, ...]:
    """The options of ``activate`` that change these settings (``KEY=VALUE``)."""
    return tuple(word for each in settings for word in ("--set", each))
