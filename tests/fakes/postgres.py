"""A real PostgreSQL server: one that all tests of a machine share, or one of a test's own.

The Debian package ``postgresql`` has its programs. The server refuses to run as root, and then runs as its own user.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg

from tests.fakes.patience import PATIENCE
from tests.fakes.ports import free_port

BASE = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())  # noqa: S108
HASTE: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}
"""For what a test doesn't look at: whether a commit survives the machine."""


def programs() -> Path:
    """Where the programs of the newest PostgreSQL on this machine are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError("These tests need a PostgreSQL server: install the Debian package postgresql.")
    return (found[-1] if found else Path(str(on_path))).parent


def as_server() -> dict[str, Any]:
    """Who runs the server's programs, for subprocess: not root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


@dataclass
class PostgresServer:
    """A server in a folder, on a port of 127.0.0.1."""

    folder: Path
    port: int = 0
    settings: Mapping[str, str] = field(default_factory=lambda: HASTE)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> "PostgresServer":
        """Makes the server's files; nobody needs a password, but for the role ``guarded``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        shutil.copytree(_made(), self.data)
        self.give_to_server(self.data)
        return self

    def start(self) -> "PostgresServer":
        self.port = self.port or free_port()
        options = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder)}
        given = [f"--{name}={value}" for name, value in {**options, **self.settings}.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [programs() / "postgres", "-D", self.data, *given],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **as_server(),
            )
        self.wait()
        return self

    def stop(self, how: str = "fast") -> None:
        """Stops the server: ``fast`` in good order, ``immediate`` as a crash would."""
        command = [str(programs() / "pg_ctl"), "stop", "-D", str(self.data), "-m", how, "-w"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **as_server())
        self.process.wait(PATIENCE)

    def delete(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def give_to_server(self, path: Path) -> None:
        """Makes the server the owner of files."""
        if os.geteuid() == 0:
            for each in (path, *path.rglob("*")):
                shutil.chown(each, "postgres", "postgres")

    def connect(self, user: str = "postgres", database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, dbname=database, autocommit=True, sslmode="disable"
        )

    def url(self, query: str = "", *, user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/postgres{query}"


@cache
def _made() -> Path:
    """A folder with the files of a new server, which each server begins with a copy of."""
    folder = _shared() / "new"
    with _Exclusive(_shared() / "making"):
        if not folder.exists():
            part = _shared() / "part"
            shutil.rmtree(part, ignore_errors=True)
            command = [str(programs() / "initdb"), "-D", str(part), "-A", "trust", "-U", "postgres", "-E", "UTF8"]
            command += ["--locale=C", "--no-sync"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=_shared(), **as_server())
            rules = part / "pg_hba.conf"
            rules.write_text(
                "host all guarded all scram-sha-256\nlocal all guarded scram-sha-256\n" + rules.read_text()
            )
            part.rename(folder)
    return folder


@cache
def _shared() -> Path:
    folder = BASE / f"heapscim-postgres-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    return folder


class _Exclusive:
    """Lets one process at a time into a block."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


@cache
def shared_server() -> PostgresServer:
    """The server that all tests share, each in a schema of its own; it ends when the last process that uses it does."""
    folder = _shared() / "server"
    with _Exclusive(_shared() / "starting"):
        user = (_shared() / "users").open("w")
        fcntl.flock(user, fcntl.LOCK_SH)  # held until this process ends
        _USING.append(user)
        if not (folder / "port").exists():
            keeper = [sys.executable, "-m", "tests.fakes.postgres"]
            root = Path(__file__).parents[2]
            _USING.append(subprocess.Popen(keeper, cwd=root, start_new_session=True, stdout=subprocess.DEVNULL))
        end = time.monotonic() + PATIENCE
        while not (folder / "port").exists():
            if time.monotonic() > end:
                raise RuntimeError("PostgreSQL did not start.")
            time.sleep(0.05)
    return PostgresServer(folder, int((folder / "port").read_text()))


_USING: list[Any] = []


def schema_for(folder: Path) -> str:
    """The name of a schema that belongs to a test's folder alone."""
    kept = folder / "schema"  # a folder of the same name may have been another test's
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(f"t_{token_hex(8)}", "utf-8")
    return kept.read_text("utf-8")


def folder_for(schema: str) -> Path:
    """A folder for a server of a test's own; the temporary folders of tests are closed to the server's user."""
    return _shared() / f"own-{schema}"


def _keep() -> None:
    """Runs the shared server for as long as a process uses it."""
    server = PostgresServer(_shared() / "server", settings={**HASTE, "max_connections": "200"})
    shutil.rmtree(server.folder, ignore_errors=True)
    server.make().start()
    port = server.folder / "port"
    port.with_suffix(".part").write_text(str(server.port))
    port.with_suffix(".part").rename(port)
    with (_shared() / "users").open("w") as users:
        while True:
            time.sleep(1)
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                port.unlink()
                break
    server.delete()


if __name__ == "__main__":
    _keep()
