"""One tenant, one profile and one roster that can be put back to where they began."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from heapscim.sandbox.behaviour import parse_behaviour
from heapscim.sandbox.server import Sandbox
from heapscim.sandbox.store import Store
from tests.chaos.forking import Ended, Forker
from tests.chaos.town import Document, write_town
from tests.fakes.tenants import TOKEN, running_sandbox

LIMITS = ("--allow-removals", "--allow-updates", "--allow-member-removals", "--allow-group-deletions")
SYNC = ["sync", "--yes", *(word for limit in LIMITS for word in (limit, "9999"))]


@dataclass(frozen=True)
class Tenancy:
    """A tenant with the profile that manages it."""

    sandbox: Sandbox
    forker: Forker
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HEAPSCIM_CONFIG_DIR": str(self.folder / "config"),
            "HEAPSCIM_STATE_DIR": str(self.folder / "state"),
            "HEAPSCIM_TOKEN": TOKEN,
        }

    @property
    def content(self) -> Document:
        return self.sandbox.store.snapshot()

    def run(self, *arguments: str) -> Ended:
        return self.forker.run(list(arguments), self.folder, self.environment)

    def sync(self, town: Document) -> Ended:
        write_town(self.folder / "people.json", town)
        return self.run(*SYNC)

    def start_sync(self, town: Document) -> int:
        write_town(self.folder / "people.json", town)
        return self.forker.start(SYNC, self.folder, self.environment)

    def behave(self, **switches: object) -> None:
        self.sandbox.behave(parse_behaviour(f"{key}={value}" for key, value in switches.items()))

    def keep(self, place: Path) -> None:
        """Keeps all of it, to be put back any number of times."""
        place.mkdir()
        self.sandbox.store.save(place / "tenant.json")
        for part in ("config", "state"):
            shutil.copytree(self.folder / part, place / part)

    def put_back(self, place: Path) -> None:
        store = Store()
        store.load(place / "tenant.json")
        self.sandbox.tenant.service.store = store
        for part in ("config", "state"):
            shutil.rmtree(self.folder / part)
            shutil.copytree(place / part, self.folder / part)


@contextmanager
def a_tenancy(
    folder: Path, forker: Forker, town: Document, *settings: str, latency: float = 0.0, **switches: object
) -> Iterator[Tenancy]:
    """A tenant that was activated for a town and is still empty."""
    write_town(folder / "people.json", town)
    with running_sandbox(latency, **switches) as sandbox:
        tenancy = Tenancy(sandbox, forker, folder)
        activated = tenancy.run("activate", "--base-url", sandbox.base_url, "--directory", "people.json")
        assert activated.exit_code == 0, activated.said
        if settings:
            profile = folder / "config" / "profiles" / "default.toml"
            profile.write_text(profile.read_text("utf-8") + "\n" + "\n".join(settings) + "\n", "utf-8")
        yield tenancy
