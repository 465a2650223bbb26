"""A ledger moves into a real PostgreSQL server and back, with a sync in each place."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from heapscim.ledger.entries import StoredRow
from heapscim.ledger.sql import copying
from heapscim.ledger.sql.connection import Connection
from heapscim.sandbox.server import Sandbox
from tests.cli.test_history import PEOPLE
from tests.conftest import CommandLine
from tests.fakes.ports import free_port
from tests.fakes.postgres import BASE, PostgresServer, schema_for, shared_server


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"{shared_server().url()}?schema={schema_for(tmp_path)}"


@pytest.fixture
def synced(heapscim: CommandLine, sandbox: Sandbox) -> CommandLine:
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)))
    assert heapscim("sync", "--yes").exit_code == 0
    return heapscim


def test_a_ledger_moves_to_a_database_and_back_with_a_sync_in_each_place(synced: CommandLine, url: str) -> None:
    first = synced("ledger", "head").stdout.split()
    moved = synced.json("ledger", "move", url)
    assert (moved.exit_code, moved.data["to"], moved.data["head"]) == (0, url, first[1]), moved.stdout
    assert synced("ledger", "head").stdout.split() == first
    synced.roster(PEOPLE.replace("Grace", "Grace B."))
    assert synced("sync", "--yes", "--allow-updates", "5").exit_code == 0
    second = synced("ledger", "head").stdout.split()
    assert int(second[0]) > int(first[0])
    runs = synced.json("history").data
    assert synced.json("ledger", "move", "local").data["head"] == second[1]
    assert synced.json("history").data == runs
    assert synced("ledger", "verify", "--head", first[1]).exit_code == 0
    assert synced("undo", "last", "--yes", "--allow-updates", "5").exit_code == 0
    assert synced("ledger", "move", url).exit_code == 0, "over the older copy that is there"
    assert synced("ledger", "verify", "--head", second[1]).exit_code == 0
    kinds = {change["kind"] for change in synced.json("plan").data["plan"]["changes"]}
    assert kinds == {"update_user"}, "everybody is still linked; one change was taken back"


def test_a_machine_with_the_old_settings_is_told_where_the_ledger_went(synced: CommandLine, url: str) -> None:
    settings = synced.folder / "config" / "profiles" / "default.toml"
    before = settings.read_text("utf-8")
    assert synced("ledger", "move", url).exit_code == 0
    settings.write_text(before, "utf-8")
    for command in (("sync", "--yes"), ("history",), ("ledger", "head")):
        ran = synced(*command)
        assert ran.exit_code == 1
        assert f"This ledger was moved to {url}" in "".join(ran.stderr.splitlines())
    assert synced("profiles", "set", f"ledger.url={url}").exit_code == 0
    assert synced("sync", "--yes").exit_code == 0


def test_a_second_administrator_s_own_ledger_is_not_put_over_the_shared_one(
    synced: CommandLine, sandbox: Sandbox, url: str
) -> None:
    assert synced("ledger", "move", url).exit_code == 0
    second = ("--profile", "second")
    synced.activate(sandbox, "--directory", str(synced.roster(PEOPLE, "other.csv")), *second)
    assert synced("sync", "--yes", *second).exit_code == 0
    ran = synced("ledger", "move", url, *second)
    assert ran.exit_code == 1
    assert "There is another ledger already" in ran.stderr
    assert synced("profiles", "set", f"ledger.url={url}", *second).exit_code == 0
    assert synced.json("history", *second).data == synced.json("history").data


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    server = PostgresServer(BASE / f"heapscim-move-{os.getpid()}").make().start()
    yield server
    server.delete()


def test_a_connection_that_is_cut_during_a_move_changes_nothing_and_the_next_try_succeeds(
    synced: CommandLine, own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, url, real = synced("ledger", "head").stdout, own_server.url(), copying.replace_all

    def cut() -> None:
        with own_server.connect() as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'heapscim'")

    def replace_all(connection: Connection, rows: Iterable[StoredRow]) -> None:
        def until(most: int) -> Iterator[StoredRow]:
            for number, row in enumerate(rows):
                if number == most:
                    cut()
                yield row

        real(connection, until(most))
        if most < 0:
            cut()

    with monkeypatch.context() as patched:
        patched.setattr(copying, "replace_all", replace_all)
        for most in (-1, 0, 5, 12):
            ran = synced("ledger", "move", url)
            assert ran.exit_code != 0, most
            assert "Traceback" not in ran.stderr
            assert synced("ledger", "head").stdout == head
            assert "ledger.url" not in (synced.folder / "config" / "profiles" / "default.toml").read_text()
    assert synced("sync", "--yes").exit_code == 0
    assert synced("ledger", "move", url).exit_code == 0
    assert synced("ledger", "head").stdout == head
    assert synced("ledger", "verify").exit_code == 0


def test_a_database_that_is_not_there_is_an_error_that_changes_nothing(synced: CommandLine) -> None:
    head = synced("ledger", "head").stdout
    ran = synced("ledger", "move", f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")
    assert ran.exit_code != 0
    assert synced("ledger", "head").stdout == head
