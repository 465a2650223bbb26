"""What tests of ``doctor`` share: set-ups, servers of few words, and its findings by their part."""

import json
import socket
from collections.abc import Mapping
from typing import NamedTuple

import keyring

from heapscim.sandbox.server import Sandbox
from tests.conftest import CommandLine, Ran
from tests.fakes.sockets import Behave, answer
from tests.fakes.tenants import TOKEN

PARTS = [
    "versions", "settings", "files", "keyring", "token", "connection", "proxy", "server", "certificate", "clock",
    "access", "accounts and groups", "dialect", "directory", "ledger", "last run", "lock",
]  # fmt: skip
EMPTY = json.dumps({"totalResults": 0, "Resources": []}).encode()


class Found(NamedTuple):
    state: str
    words: str
    next_step: str | None


def findings(ran: Ran) -> Mapping[str, Found]:
    return {one["part"]: Found(one["state"], one["found"], one["next_step"]) for one in ran.data["findings"]}


def healthy(heapscim: CommandLine, sandbox: Sandbox) -> None:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster("id,username,groups\n1,ada@x.org,Design\n")))
    assert heapscim("sync", "--yes").exit_code == 0


def connect(heapscim: CommandLine, url: str) -> None:
    """A profile for a server that no activation would accept."""
    profile = heapscim.folder / "config" / "profiles" / "default.toml"
    profile.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    profile.write_text(f'base_url = "{url}"\n')
    profile.chmod(0o600)
    keyring.set_password("heapscim", "default", TOKEN)


def serving(*headers: str, status: str = "200 OK", users: bytes = EMPTY) -> Behave:
    def behave(stream: socket.socket, request: bytes) -> bool:
        stream.sendall(answer(users if b"/Users" in request else EMPTY, status, *headers))
        return True

    return behave
