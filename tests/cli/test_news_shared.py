"""News of machines that share a ledger: what one has told, another doesn't tell again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from heapscim.sandbox.heap.switches import Behaviour
from heapscim.sandbox.server import Sandbox
from tests.cli.test_news import PEOPLE, refuse_creates, sync
from tests.conftest import CommandLine
from tests.fakes.chats import Receiver
from tests.fakes.postgres import schema_for, shared_server
from tests.fakes.sockets import raw_server


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    found = Receiver()
    with raw_server(found.behave) as found.server:
        monkeypatch.setenv("HEAPSCIM_WEBHOOK_URL", found.url)
        yield found


@pytest.fixture
def role(tmp_path: Path) -> Iterator[str]:
    """A role of the test's own, which the ledger is reached as."""
    name = f"n_{schema_for(tmp_path)}"
    with shared_server().connect() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER LOGIN").format(sql.Identifier(name)))
    yield name
    with shared_server().connect() as connection:
        connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def told(heapscim: CommandLine, sandbox: Sandbox, receiver: Receiver, role: str) -> CommandLine:
    """A profile with news and a shared ledger, after a first sync that had no news."""
    url = shared_server().url(f"?schema={schema_for(heapscim.folder)}", user=role)
    options = ("--set", "notify.webhook=auto", "--set", f"ledger.url={url}")
    heapscim.activate(sandbox, "--directory", str(heapscim.roster(PEOPLE)), *options)
    assert (sync(heapscim).exit_code, receiver.bodies) == (0, [])
    return heapscim


def test_a_trouble_and_its_end_are_told_once_by_all_machines_together(
    told: CommandLine, sandbox: Sandbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_creates(told, sandbox)
    assert sync(told).exit_code == 7
    monkeypatch.setenv("HEAPSCIM_STATE_DIR", str(told.folder / "other state"))
    assert sync(told).exit_code == 7
    assert len(receiver.bodies) == 1
    sandbox.behave(Behaviour())
    assert sync(told).exit_code == 0
    monkeypatch.setenv("HEAPSCIM_STATE_DIR", str(told.folder / "state"))
    assert sync(told).exit_code == 0
    _, over = receiver.texts
    assert over.startswith("heapscim default: over: create cyd@")


def test_a_ledger_that_only_reads_is_told_once(told: CommandLine, receiver: Receiver, role: str) -> None:
    told.roster(PEOPLE + "cyd@x.org\n")
    with shared_server().connect() as connection:
        read_only = sql.SQL("ALTER ROLE {} SET default_transaction_read_only = {}")
        connection.execute(read_only.format(sql.Identifier(role), sql.Literal("on")))
        assert [sync(told).exit_code for _ in range(2)] == [1, 1]
        [said] = receiver.texts
        assert "read-only replica" in said
        connection.execute(read_only.format(sql.Identifier(role), sql.Literal("off")))
    assert [sync(told).exit_code for _ in range(2)] == [0, 0]
    assert len(receiver.bodies) == 2
