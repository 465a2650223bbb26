"""A connection is made with a proven server and a right password, and everything else is said in plain words."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from weakref import WeakSet

import pytest
import trustme

from heapscim.config.ledger_url import ledger_url
from heapscim.errors import LedgerError, SettingsError
from heapscim.ledger.entries import OperationDraft
from heapscim.ledger.postgres.place import PostgresPlace
from heapscim.model.secret import SecretStr
from tests.builders import TENANT
from tests.fakes.ports import free_port
from tests.fakes.postgres import HASTE, PostgresServer, as_server, folder_for, programs
from tests.ledger.writing import HEAD, a_run

SECRET = "p ss'w\\rd"


@pytest.fixture
def guarded(server: PostgresServer, place: PostgresPlace) -> PostgresPlace:
    """A place whose role needs a password."""
    with server.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(1)")  # other tests may make the role now
        if connection.execute("SELECT FROM pg_roles WHERE rolname = 'guarded'").fetchone() is None:
            connection.execute("SET password_encryption = 'scram-sha-256'")
            connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'p ss''w\\rd'")
            connection.execute("GRANT CREATE ON DATABASE postgres TO guarded")
    return replace(place, url=ledger_url(server.url(user="guarded")))


def given(text: str | None) -> SecretStr | None:
    return None if text is None else SecretStr(text)


def test_a_password_is_looked_for_in_turn_and_only_if_it_is_asked_for(
    guarded: PostgresPlace, place: PostgresPlace
) -> None:
    asked: list[str] = []

    def keyring() -> SecretStr:
        asked.append("keyring")
        return SecretStr(SECRET)

    replace(guarded, passwords=(lambda: given(None), keyring)).open(TENANT).close()
    assert len(asked) >= 1
    replace(guarded, passwords=(lambda: given(SECRET), pytest.fail)).open(TENANT).close()
    replace(place, schema=f"{place.schema}_b", passwords=(lambda: given(None), pytest.fail)).open(TENANT).close()


def test_a_password_file_is_read(guarded: PostgresPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pgpass"
    escaped = SECRET.replace("\\", "\\\\")
    file.write_text(f"127.0.0.1:{guarded.url.port}:*:guarded:{escaped}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    replace(guarded, passwords=(lambda: given(None), pytest.fail)).open(TENANT).close()


@pytest.mark.parametrize(("password", "says"), [("wrong", "password authentication failed"), (None, "there is none")])
def test_a_wrong_password_is_said_and_never_shown(guarded: PostgresPlace, password: str | None, says: str) -> None:
    with pytest.raises(LedgerError, match=says) as refused:
        replace(guarded, passwords=(lambda: given(password), lambda: None)).open(TENANT)
    assert "HEAPSCIM_LEDGER_PASSWORD" in (refused.value.hint or "")
    assert "wrong" not in refused.value.message


def test_a_server_that_is_down_is_said(place: PostgresPlace) -> None:
    with pytest.raises(LedgerError, match=r"can't be reached: .*Connection refused\."):
        replace(place, url=replace(place.url, port=free_port())).open(TENANT)


def test_a_role_without_rights_is_told_so(server: PostgresServer, place: PostgresPlace) -> None:
    role = f"r_{place.schema}"
    with server.connect() as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        few = replace(place, url=ledger_url(server.url(user=role)))
        with pytest.raises(LedgerError, match=r"too few rights .*permission denied for database") as refused:
            few.open(TENANT)
        assert "heapscim help sharing" in (refused.value.hint or "")
        place.open(TENANT).close()
        with pytest.raises(LedgerError, match="too few rights"):
            few.open(TENANT)
        connection.execute(f"DROP ROLE {role}".encode())


def test_a_role_that_only_reads_reads(server: PostgresServer, place: PostgresPlace) -> None:
    with pytest.raises(LedgerError, match="read-only replica"):
        reader(server, place).open(TENANT)
    ledger = place.open(TENANT)
    a_run(ledger, "ada@x.org")
    ledger.close()
    reading = reader(server, place).open(TENANT)
    assert reading.prove().problems == ()
    reading.keep_memo("troubles", "may be lost")
    with pytest.raises(LedgerError, match="read-only replica") as refused:
        reading.begin(HEAD, [])
    assert refused.value.hint == "Set ledger.url to the server that takes writes."
    with pytest.raises(LedgerError, match="read-only replica"), reader(server, place).lock().held("sync"):
        pytest.fail("nothing can be written")
    reading.close()


def reader(server: PostgresServer, place: PostgresPlace) -> PostgresPlace:
    with server.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        if connection.execute("SELECT FROM pg_roles WHERE rolname = 'reader'").fetchone() is None:
            connection.execute("CREATE ROLE reader SUPERUSER LOGIN")
            connection.execute("ALTER ROLE reader SET default_transaction_read_only = on")
    return replace(place, url=ledger_url(server.url(user="reader")))


@pytest.fixture
def own(schema: str) -> Iterator[PostgresServer]:
    """A server of the test's own, not started yet."""
    server = PostgresServer(folder_for(schema))
    server.make()
    yield server
    server.delete()


def test_a_server_proves_by_its_certificate_who_it_is(
    own: PostgresServer, place: PostgresPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(own.data / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(own.data / "cert.pem")
    own.give_to_server(own.data)
    (own.data / "key.pem").chmod(0o600)
    own.settings = {**HASTE, "ssl": "on", "ssl_key_file": "key.pem", "ssl_cert_file": "cert.pem"}
    own.start()
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(roots)

    def at(query: str, host: str = "localhost") -> PostgresPlace:
        return replace(place, url=ledger_url(f"postgresql://postgres@{host}:{own.port}/postgres?{query}"))

    at(f"sslmode=verify-full&sslrootcert={roots}").open(TENANT).close()
    with pytest.raises(LedgerError, match="certificate verify failed"):
        at("sslmode=verify-full").open(TENANT)
    with pytest.raises(LedgerError, match="does not match host name"):
        at(f"sslmode=verify-full&sslrootcert={roots}", "127.0.0.1").open(TENANT)
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    at("sslmode=verify-full").open(TENANT).close()
    assert at("").exists()


def test_a_server_without_tls_is_refused_where_it_has_to_prove_itself(place: PostgresPlace) -> None:
    with pytest.raises(LedgerError, match="does not support SSL"):
        replace(place, url=replace(place.url, verified=True)).open(TENANT)


@pytest.mark.parametrize("mode", ["disable", "prefer", "require", "verify-ca"])
def test_another_machine_is_never_asked_without_proof(mode: str) -> None:
    with pytest.raises(SettingsError, match=f"sslmode={mode} lets another server pass for db.example"):
        ledger_url(f"postgresql://db.example/x?sslmode={mode}")
    assert ledger_url("postgresql://db.example/x").verified


def test_a_socket_of_this_machine_needs_no_proof(own: PostgresServer, place: PostgresPlace) -> None:
    own.start()
    url = ledger_url(f"postgresql://postgres@/postgres?host={own.folder}")
    replace(place, url=replace(url, port=own.port)).open(TENANT).close()


def test_a_restart_in_mid_run_ends_it_and_another_machine_goes_on(own: PostgresServer, place: PostgresPlace) -> None:
    own.start()
    here = replace(place, url=ledger_url(own.url()), locks=WeakSet())
    ledger = here.open(TENANT)
    with here.lock().held("sync"):
        run = ledger.begin(HEAD, [OperationDraft("add_person", "ada@x.org", "r", "{}")] * 2)
        ledger.record(run, [(0, None)])
        own.stop("immediate")
        own.start()
        for _ in range(2):
            with pytest.raises(LedgerError, match="can't be used"):
                ledger.record(run, [(1, None)])
    ledger.close()
    there = replace(here, host="standby", locks=WeakSet())
    again = there.open(TENANT)
    with there.lock().held("resume"):
        again.record(run, [(1, None)])
    assert [operation.state for operation in again.operations(run)] == ["sent", "sent"]
    assert again.prove().problems == ()
    again.close()


def test_a_standby_can_be_read_and_says_that_it_cannot_be_written(own: PostgresServer, place: PostgresPlace) -> None:
    own.start()
    here = replace(place, url=ledger_url(own.url()), locks=WeakSet())
    ledger = here.open(TENANT)
    a_run(ledger, "ada@x.org")
    ledger.close()
    standby = PostgresServer(own.folder.with_name(own.folder.name + "-standby"))
    standby.make()
    subprocess.run(["rm", "-r", standby.data], check=True)
    copy = [str(programs() / "pg_basebackup"), "-D", str(standby.data), "-R", "-c", "fast", "-h", "127.0.0.1"]
    subprocess.run([*copy, "-p", str(own.port), "-U", "postgres"], check=True, cwd=own.folder, **as_server())
    standby.start()
    try:
        there = replace(here, url=ledger_url(standby.url()), locks=WeakSet())
        copied = there.open(TENANT)
        assert copied.prove().problems == ()
        with pytest.raises(LedgerError, match="read-only replica"):
            copied.begin(HEAD, [])
        copied.close()
    finally:
        standby.delete()
