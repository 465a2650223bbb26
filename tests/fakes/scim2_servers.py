"""scim2-server, a service provider by other hands, in a process of its own."""

import json
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection
from typing import Any

from tests.fakes.patience import PATIENCE
from tests.fakes.ports import free_port

TOKEN = "token-for-tests"


@dataclass(frozen=True)
class Scim2Server:
    """A running server, and what it holds."""

    base_url: str

    def rows(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while (
            len(found) < (page := json.loads(self._ask("GET", f"{kind}?startIndex={len(found) + 1}")))["totalResults"]
        ):
            found += page["Resources"]
        return found

    def empty(self) -> None:
        """Takes everything away."""
        for kind in ("Groups", "Users"):
            for row in self.rows(kind):
                self._ask("DELETE", f"{kind}/{row['id']}")

    def snapshot(self) -> dict[str, Any]:
        """Everything by name, without ids."""
        users = {user["id"]: user for user in self.rows("Users")}
        return {
            "users": {
                user["userName"]: {name: user.get(name) for name in ("active", "name", "roles")}
                for user in sorted(users.values(), key=lambda user: str(user["userName"]))
            },
            "groups": {
                group["displayName"]: sorted(users[member["value"]]["userName"] for member in group.get("members", ()))
                for group in sorted(self.rows("Groups"), key=lambda group: str(group["displayName"]))
            },
        }

    def _ask(self, method: str, path: str) -> bytes:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"{self.base_url}/{path}", method=method, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            body: bytes = answer.read()
        return body


@contextmanager
def running_scim2_server() -> Iterator[Scim2Server]:
    port = free_port()
    program = Path(sysconfig.get_path("scripts")) / ("scim2-server.exe" if sys.platform == "win32" else "scim2-server")
    arguments = [str(program), "--port", str(port), "--bearer-token", TOKEN]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_until_it_listens(port, server)
            yield Scim2Server(f"http://127.0.0.1:{port}/v2")
        finally:
            server.kill()


def _wait_until_it_listens(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert server.poll() is None, "scim2-server ended"
        try:
            create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("scim2-server does not listen")
